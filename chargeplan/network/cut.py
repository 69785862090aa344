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


def build_buffered_area(area: StudyArea, buffer_km: float) -> shapely.Geometry:
    """Build the study area with everything within `buffer_km` of it, in EPSG:4326."""
    if buffer_km == 0:
        return area.boundary
    metric = project_geometry(area.boundary, WGS84, area.crs).buffer(buffer_km * METRES_PER_KM)
    return project_geometry(metric, area.crs, WGS84)


def find_inside(
    lon: NDArray[np.float64], lat: NDArray[np.float64], boundary: shapely.Geometry
) -> NDArray[np.bool_]:
    """Find the points in or on a polygon, both in EPSG:4326; points at NaN lie outside."""
    west, south, east, north = boundary.bounds
    is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    near = np.flatnonzero(is_inside)
    shapely.prepare(boundary)
    is_inside[near] = shapely.intersects_xy(boundary, lon[near], lat[near])
    return np.asarray(is_inside, np.bool_)
