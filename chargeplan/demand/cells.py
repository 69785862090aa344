"""The H3 cells of a study area: which there are, and in which of them a point lies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.errors import DataError
from chargeplan.geo import to_metric

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, StudyArea

CellKeys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class CellCover:
    """All H3 cells whose centre lies in the study area, wanted or not.

    Parameters
    ----------
    cell_key : ndarray of uint64, shape (n,)
        H3 indexes as numbers, rising; their order is that of the text ids.
    lonlat : ndarray of float64, shape (n, 2)
        Centres, EPSG:4326.
    xy_m : ndarray of float64, shape (n, 2)
        Centres in `crs`, metres.
    resolution : int
        H3 resolution.
    edge_m : float
        Mean edge length of a cell at this resolution.
    crs : str
        Metric CRS of the study.
    boundary : shapely.Geometry
        Of the study area, EPSG:4326; the edge cells reach over it or leave a strip uncovered.
    """

    cell_key: CellKeys
    lonlat: Floats
    xy_m: Floats
    resolution: int
    edge_m: float
    crs: str
    boundary: shapely.Geometry

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.cell_key)

    def find_cells(self, lon_deg: Floats, lat_deg: Floats) -> Ints:
        """Find the row of the cell each point lies in, -1 for points in no cell of the cover."""
        if lon_deg.size == 0:
            return np.zeros(0, dtype=np.int64)
        key = _find_keys(lon_deg, lat_deg, self.resolution)
        pos = np.searchsorted(self.cell_key, key).clip(max=self.n_cells - 1)
        return np.where(self.cell_key[pos] == key, pos, -1).astype(np.int64)


def cover_area(area: StudyArea, resolution: int) -> CellCover:
    """Find the cells whose centre lies in the study area.

    Raises
    ------
    DataError
        When the cells are so large that none has its centre in the area.
    """
    import h3
    import h3.api.numpy_int as h3_int

    keys: list[CellKeys] = [
        h3_int.h3shape_to_cells(h3_int.geo_to_h3shape(part), resolution)
        for part in shapely.get_parts(area.boundary)
        if part.geom_type == "Polygon"
    ]
    cell_key = np.unique(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.uint64)
    if cell_key.size == 0:
        raise DataError(
            f"demand.cell_resolution: no hexagon of resolution {resolution} has its centre in the study "
            f"area of {area.area_km2:,.1f} km2; use a higher resolution (smaller hexagons)"
        )
    lonlat = find_centres(cell_key)
    xy_m = np.column_stack(to_metric(lonlat[:, 0], lonlat[:, 1], area.crs))
    edge_m = float(h3.average_hexagon_edge_length(resolution, unit="m"))
    return CellCover(cell_key, lonlat, xy_m, resolution, edge_m, area.crs, area.boundary)


def find_centres(cell_key: CellKeys) -> Floats:
    """Find the centres of cells as longitude and latitude, shape (n, 2)."""
    import h3.api.numpy_int as h3_int

    latlon = np.array([h3_int.cell_to_latlng(key) for key in cell_key], dtype=np.float64).reshape(-1, 2)
    return latlon[:, ::-1].copy()


def name_cells(cell_key: CellKeys) -> NDArray[np.str_]:
    """Write the keys as H3 text ids."""
    return np.array([f"{int(key):x}" for key in cell_key], dtype=np.str_)


def _find_keys(lon_deg: Floats, lat_deg: Floats, resolution: int) -> CellKeys:
    # h3 takes one point at a time; measured 0.6 s for a million points.
    from h3.api.numpy_int import latlng_to_cell

    keys = map(latlng_to_cell, lat_deg.tolist(), lon_deg.tolist(), repeat(resolution))
    return np.fromiter(keys, dtype=np.uint64, count=lon_deg.size)
