"""How many people live where."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chargeplan.config.settings.basics import Count, InputPath, NotNegative, Positive, Section, Share, Text
from chargeplan.words import (
    PopulationSource,
)


class ZoneFigure(Section):
    """The people of one zone."""

    zone: Text
    """Id of its polygon in the column `id_column`."""
    people: NotNegative
    """Number of people."""
    source: Text
    """Where the figure comes from, with its year."""


class ZoneTotals(Section):
    """Totals of people by zone, kept exactly, and the polygons of the zones."""

    path: InputPath
    """A vector file of polygons with a CRS, such as tehsils or wards."""
    id_column: Text
    """Column that tells the zones apart; with `census`, their names."""
    people_column: Text | None = None
    """Column with the people of each zone."""
    census: Literal["tehsil", "district"] | None = None
    """Take the people from the census 2023 in data/cities.yaml, by the names in `id_column`."""
    district_column: Text | None = None
    """With `census: tehsil`, column with the district, for names that several districts use."""
    figures: Annotated[list[ZoneFigure], Field(max_length=1000)] = []
    """The people of each zone, one by one."""

    @model_validator(mode="after")
    def _check_one_source(self) -> ZoneTotals:
        given = [name for name in ("people_column", "census", "figures") if getattr(self, name)]
        if len(given) != 1:
            msg = f"give exactly one of people_column, census, figures; got {', '.join(given) or 'none'}"
            raise ValueError(msg)
        if self.district_column is not None and self.census != "tehsil":
            msg = "district_column goes with census: tehsil; drop it"
            raise ValueError(msg)
        return self


class PopulationGrid(Section):
    """How many people a grid stands for; the grid itself says where they live."""

    total_people: Positive | None = None
    """People of the study area; the whole grid is multiplied so that it counts them there."""
    zones: ZoneTotals | None = None
    """Totals by zone to which this finer grid is raked."""

    @model_validator(mode="after")
    def _check_total_once(self) -> PopulationGrid:
        if self.zones is not None and self.total_people is not None:
            msg = "zones and total_people both say how many people there are; give one of the two"
            raise ValueError(msg)
        return self


class PopulationPoints(PopulationGrid):
    """People from a point layer, such as a population grid exported as points."""

    source: Literal[PopulationSource.POINTS]
    path: InputPath
    """A vector file with points and a CRS."""
    column: Text
    """Column with the number of people of each point."""
    square_m: Positive | None = None
    """Side of the square each point stands for; without it, found from the spacing of the points."""


class PopulationRaster(PopulationGrid):
    """People from a GeoTIFF whose pixels hold counts of people."""

    source: Literal[PopulationSource.RASTER]
    path: InputPath
    """A GeoTIFF with a CRS."""
    band: Count = 1
    """Band with the counts."""


class PopulationCsv(PopulationGrid):
    """People from a CSV grid."""

    source: Literal[PopulationSource.CSV]
    path: InputPath
    """A CSV file with a header line, UTF-8."""
    lon_column: Text = "lon"
    """Column with longitudes (EPSG:4326)."""
    lat_column: Text = "lat"
    """Column with latitudes (EPSG:4326)."""
    column: Text = "people"
    """Column with the number of people of each row."""
    h3_column: Text | None = None
    """Column with H3 cells (such as `h3` in the sets of Kontur) in place of longitudes and latitudes."""
    square_m: Positive | None = None
    """Side of the square each row stands for; without it, found from the spacing of the points."""


class PopulationFigure(Section):
    """A figure for a part of the study area that has no polygon."""

    name: Text
    """What the figure counts, such as a tehsil."""
    people: NotNegative
    """Number of people."""
    share_in_area: Share = 1.0
    """Share of these people who live in the study area; the rest is reported as outside."""
    source: Text
    """Where the figure comes from, with its year."""


class PopulationFigures(Section):
    """Totals, spread over the cells by road length and places."""

    source: Literal[PopulationSource.FIGURES]
    figures: Annotated[list[PopulationFigure], Field(min_length=1, max_length=1000)]
    """The totals; their sum is spread."""


class PopulationZones(Section):
    """Totals of zones, spread over the roads inside each zone; for want of a grid."""

    source: Literal[PopulationSource.ZONES]
    zones: ZoneTotals
    """The totals and the polygons they belong to."""


Population = Annotated[
    PopulationPoints | PopulationRaster | PopulationCsv | PopulationFigures | PopulationZones,
    Field(discriminator="source"),
]
