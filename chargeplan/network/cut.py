"""Which points lie in the study area or near it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.geo import WGS84, project_geometry
from chargeplan.units import METRES_PER_KM

if TYPE_CHECKING:
    from chargeplan.records import StudyArea


def find_inside(
    lon: NDArray[np.float64], lat: NDArray[np.float64], area: StudyArea, buffer_km: float
) -> NDArray[np.bool_]:
    """Find the points (EPSG:4326) in the study area or within `buffer_km` of it.

    Points without coordinates (NaN) lie outside.
    """
    boundary = area.boundary
    if buffer_km > 0:
        metric = project_geometry(boundary, WGS84, area.crs).buffer(buffer_km * METRES_PER_KM)
        boundary = project_geometry(metric, area.crs, WGS84)
    west, south, east, north = boundary.bounds
    is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    near = np.flatnonzero(is_inside)
    shapely.prepare(boundary)
    is_inside[near] = shapely.intersects_xy(boundary, lon[near], lat[near])
    return np.asarray(is_inside, np.bool_)
