"""Where and when: area, zones, year; and the road network."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from chargeplan.config.settings.basics import InputPath, Latitude, Longitude, Name, Positive, Section, Text
from chargeplan.country import is_swapped, order_box
from chargeplan.files import DEVICE_NAMES
from chargeplan.units import DEFAULT_BUFFER_KM


class CircleSettings(Section):
    """A circle on the map."""

    lon: Longitude
    """Longitude of the centre, degrees east."""
    lat: Latitude
    """Latitude of the centre, degrees north."""
    radius_km: Positive
    """Radius in kilometres."""


class AreaSettings(Section):
    """The study area: exactly one of box, polygon or circle."""

    box: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    """West, south, east, north in degrees."""
    polygon: InputPath | None = None
    """A vector file (GeoJSON, GeoPackage, ...) with a CRS; its polygons are united."""
    circle: CircleSettings | None = None
    """Centre and radius."""

    @model_validator(mode="after")
    def _check_exactly_one(self) -> AreaSettings:
        given = [name for name in ("box", "polygon", "circle") if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"give exactly one of box, polygon, circle; got {', '.join(given) or 'none'}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _check_order(self) -> AreaSettings:
        if self.box is not None:
            west, south, east, north = self.box
            meant = order_box(self.box)
            if not (west < east and south < north) or meant not in (None, self.box):
                hint = f"; write {meant}" if meant is not None else ""
                msg = f"box: got {self.box}; expected west, south, east, north in degrees{hint}"
                raise ValueError(msg)
        circle = self.circle
        if circle is not None and is_swapped(circle.lon, circle.lat):
            msg = (
                f"circle: got lon {circle.lon}, lat {circle.lat}, which is lat and lon in Pakistan; write "
                f"{{lon: {circle.lat}, lat: {circle.lon}, radius_km: {circle.radius_km}}}"
            )
            raise ValueError(msg)
        return self


class ZoneSettings(Section):
    """A polygon layer whose features are the zones of the report (districts, tehsils, wards)."""

    path: InputPath
    """A vector file with a CRS."""
    id_column: Text
    """Column with a unique id for each zone."""
    name_column: Text
    """Column with the name to show."""


class StudySettings(Section):
    """What is studied."""

    name: Name
    """Short name; the folder under `publish.folder` gets it. Letters, digits, - and _ only."""
    title: Text
    """Title of the map and the report."""
    year: Annotated[int, Field(ge=2026, le=2040)]
    """Year that is planned for; it sets the stock of vehicles and how many of them are electric."""
    city: Name | None = None
    """City of data/cities.yaml whose share of the national stock, tariff and outages count; without it
    the people of the study share the national stock evenly."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    """Seed of every random choice."""
    area: AreaSettings
    """Where demand is counted and sites may stand."""
    zones: ZoneSettings | None = None
    """Zones for district results; without it H3 cells of resolution 6 stand in."""
    credits: Annotated[list[Text], Field(max_length=10)] = []
    """Who else must be named on the map: the sources of your own layers, such as a population grid."""
    schematic: bool = False
    """True when the streets are drawn from a plan and not surveyed; every output then says so."""

    @model_validator(mode="after")
    def _check_name_is_a_folder_everywhere(self) -> StudySettings:
        if self.name.casefold() in DEVICE_NAMES:
            msg = f"name must not be a device of Windows ({self.name}); choose another"
            raise ValueError(msg)
        return self


class NetworkSettings(Section):
    """The road network."""

    path: InputPath
    """OpenStreetMap file (.osm.pbf, .osm, .osm.gz, .osm.bz2), Overpass answer (.json, .json.gz) or street
    graph saved by osmnx (.graphml, .gpkg); see docs/explanation/road-files.md."""
    buffer_km: Annotated[float, Field(ge=0, le=50)] = DEFAULT_BUFFER_KM
    """Roads are read this far beyond the study area, so that its edge does not cut trips short."""
    speed_factor: Annotated[float, Field(gt=0, le=1.5)] = 0.7
    """Driven speed as a share of the free speed (signals, traffic). Assumption, no source found."""
    speeds: InputPath | None = None
    """CSV of free speeds by road class; default data/network/speeds.csv."""
