"""What a study stands on: its area, its sources, land and places of the map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from chargeplan.records.promises import Bools, require, require_length
from chargeplan.tables import (
    LAND_AREAS,
    PLACES,
    SETTLEMENTS,
    check_table,
    make_table,
)


@dataclass(frozen=True, slots=True, eq=False)
class StudyArea:
    """Where demand is counted and stations may stand.

    Parameters
    ----------
    name, title : str
        Short name (folder) and shown title.
    boundary : shapely.Geometry
        Valid (multi)polygon, EPSG:4326.
    crs : str
        Metric CRS of the study, one of EPSG:32641 to EPSG:32643.
    area_km2 : float
        Area of the boundary, 5 to 10,000.
    is_schematic : bool
        True when the streets are drawn from a plan.
    """

    name: str
    title: str
    boundary: shapely.Geometry
    crs: str
    area_km2: float
    is_schematic: bool

    def __post_init__(self) -> None:
        require(self.boundary.is_valid and not self.boundary.is_empty, "the boundary must be a valid polygon")
        require(
            self.crs in {"EPSG:32641", "EPSG:32642", "EPSG:32643"}, f"no metric CRS of Pakistan: {self.crs}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class DataSource:
    """One input file, for the run record and the attribution.

    Parameters
    ----------
    key : str
        Config key that named the file.
    file_name : str
        Name without folder.
    sha256 : str
        Checksum of the bytes.
    size_bytes : int
    licence : str
        Licence or "not stated".
    attribution : str
        Text to show on the map, or empty.
    data_date : str
        Date of the state of the data or of its newest element (ISO), or empty when unknown.
    endpoint : str
        Address of the server that gave the data, or empty.
    limits : tuple of str
        What the data cannot tell or lack, in words that a planner understands.
    """

    key: str
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    attribution: str
    data_date: str
    endpoint: str = ""
    limits: tuple[str, ...] = ()


def _have_no_land() -> LandAreas:
    none = make_table(LAND_AREAS, {column.name: [] for column in LAND_AREAS})
    return LandAreas(none, np.zeros(0, dtype=object))


def _have_no_settlements() -> pd.DataFrame:
    return make_table(SETTLEMENTS, {column.name: [] for column in SETTLEMENTS})


@dataclass(frozen=True, slots=True, eq=False)
class Settlements:
    """Cities, their parts and villages, to find one's way on the map by.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.SETTLEMENTS`, sorted by place_id.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        check_table(self.table, SETTLEMENTS, "settlements")

    def select_near(self, bounds: tuple[float, float, float, float]) -> Settlements:
        """Keep those in a box: west, south, east, north in degrees (EPSG:4326)."""
        west, south, east, north = bounds
        kept = self.table["lon"].between(west, east) & self.table["lat"].between(south, north)
        return Settlements(self.table[kept].reset_index(drop=True))


@dataclass(frozen=True, slots=True, eq=False)
class LandAreas:
    """Areas of land whose use matters, such as cemeteries and industrial estates.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.LAND_AREAS`, sorted by land_id.
    outline : ndarray of shapely.Geometry, shape (n,)
        Valid (multi)polygons, EPSG:4326; one for each row.
    """

    table: pd.DataFrame
    outline: NDArray[np.object_]

    def __post_init__(self) -> None:
        check_table(self.table, LAND_AREAS, "land areas")
        require_length(len(self.table), outline=self.outline)

    def select(self, is_wanted: Bools) -> LandAreas:
        """Keep the areas of some rows."""
        return LandAreas(self.table[is_wanted].reset_index(drop=True), self.outline[is_wanted])


@dataclass(frozen=True, slots=True, eq=False)
class MapPlaces:
    """Places read from an OpenStreetMap file or a layer.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.PLACES`, sorted by place_id.
    land : LandAreas
        Areas of land whose use matters; none when the file was not asked for them.
    settlements : pandas.DataFrame
        Columns of `tables.SETTLEMENTS`, sorted by place_id: named cities, sectors, suburbs and villages in or
        near the study area, to name zones by and to write on the map.
    """

    table: pd.DataFrame
    land: LandAreas = field(default_factory=_have_no_land)
    settlements: pd.DataFrame = field(default_factory=_have_no_settlements)

    def __post_init__(self) -> None:
        check_table(self.table, PLACES, "places")
        check_table(self.settlements, SETTLEMENTS, "settlements")
