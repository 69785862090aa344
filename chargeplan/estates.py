"""The named industrial estates of data/places/industrial_estates.csv among the places of a map."""

from __future__ import annotations

import csv
import logging
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from chargeplan.figures import read_figure_file
from chargeplan.files import find_data_file
from chargeplan.geo import WGS84, project_geometry
from chargeplan.land import describe_land, join_land, make_land
from chargeplan.places import describe_place, make_places
from chargeplan.records import MapPlaces
from chargeplan.units import SQUARE_METRES_PER_HECTARE
from chargeplan.words import LandKind, PlaceKind

if TYPE_CHECKING:
    from chargeplan.records import StudyArea

LOG = logging.getLogger(__name__)
_SOURCE = "data/places/industrial_estates.csv"


@dataclass(frozen=True, slots=True)
class Estate:
    """A named industrial estate.

    Parameters
    ----------
    name, city : str
    name_on_map : tuple of str
        Parts of names, in lower case, by which it is found among the places of a map.
    lon, lat : float
        Of a point in it (EPSG:4326); NaN when no source gives one.
    area_ha : float
        NaN when no source gives it.
    """

    name: str
    city: str
    name_on_map: tuple[str, ...]
    lon: float
    lat: float
    area_ha: float


@lru_cache(maxsize=1)
def read_estates() -> tuple[Estate, ...]:
    """Read the list of named estates."""
    with find_data_file("places", "industrial_estates.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Estate(
                row["name"],
                row["city"],
                tuple(part.strip().casefold() for part in row["name_on_map"].split("|")),
                *(float(row[column]) if row[column] else math.nan for column in ("lon", "lat", "value")),
            )
            for row in csv.DictReader(file)
        )


def add_listed_estates(places: MapPlaces, area: StudyArea, estate_area_ha: float | None = None) -> MapPlaces:
    """Add the listed estates of the study area that the map does not draw.

    An estate is on the map when an industrial place has one of its names, or an industrial area
    holds its point. Otherwise it is added as a circle of its area around its point. Without a
    point it cannot be placed; nothing is guessed. An estate whose area no source gives gets
    `estate_area_ha`, without it that of data/demand/layers.csv.
    """
    found, added = [], []
    for estate in read_estates():
        if _is_on_map(estate, places):
            found.append(estate.name)
        elif math.isfinite(estate.lon) and shapely.intersects_xy(area.boundary, estate.lon, estate.lat):
            added.append(estate)
    if found:
        LOG.info("listed industrial estates on the map: %s", ", ".join(found))
    if not added:
        return places
    LOG.info(
        "listed industrial estates that the map does not draw, added as circles: %s",
        ", ".join(estate.name for estate in added),
    )
    if estate_area_ha is None:
        estate_area_ha = read_figure_file("demand", "layers.csv", ("quantity",))[("estate_area_ha",)].value
    return _add(places, area, added, estate_area_ha)


def _is_on_map(estate: Estate, places: MapPlaces) -> bool:
    table, land = places.table, places.land
    industrial = table[table["kind"] == PlaceKind.INDUSTRIAL_ESTATE.value]
    names = (industrial["name"] + "|" + industrial["name_en"]).str.casefold()
    if any(names.str.contains(part, regex=False).any() for part in estate.name_on_map):
        return True
    outlines = land.outline[(land.table["kind"] == LandKind.INDUSTRIAL.value).to_numpy(dtype=np.bool_)]
    return math.isfinite(estate.lon) and bool(
        np.any(shapely.intersects(outlines, shapely.Point(estate.lon, estate.lat)))
    )


def _add(places: MapPlaces, area: StudyArea, estates: list[Estate], default_ha: float) -> MapPlaces:
    rows, land_rows, circles = [], [], []
    for estate in estates:
        estate_id = f"estate:{estate.name}"
        area_m2 = (
            estate.area_ha if math.isfinite(estate.area_ha) else default_ha
        ) * SQUARE_METRES_PER_HECTARE
        tags = {"name": estate.name, "name:en": estate.name}
        kind = PlaceKind.INDUSTRIAL_ESTATE
        rows.append(describe_place(estate_id, kind, tags, estate.lon, estate.lat, _SOURCE, area_m2=area_m2))
        land_rows.append(describe_land(estate_id, LandKind.INDUSTRIAL, tags, _SOURCE))
        centre = project_geometry(shapely.Point(estate.lon, estate.lat), WGS84, area.crs)
        circles.append(project_geometry(centre.buffer(math.sqrt(area_m2 / math.pi)), area.crs, WGS84))
    table = pd.concat([places.table, make_places(rows).table]).sort_values("place_id", ignore_index=True)
    land = join_land([places.land, make_land(land_rows, np.array(circles, dtype=object))])
    return MapPlaces(table, land, places.settlements)
