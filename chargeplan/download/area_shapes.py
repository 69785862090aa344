"""Shapes of areas in degrees: built from a box or a circle, measured and widened anywhere on earth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.errors import ConfigError, DataError
from chargeplan.geo import WGS84, is_in_pakistan, project_geometry, round_to_osm
from chargeplan.units import METRES_PER_KM, SQUARE_METRES_PER_KM2

if TYPE_CHECKING:
    from collections.abc import Sequence


_LARGEST_RADIUS_KM = 200.0
# Wider shapes than this have no use here, and a UTM zone cannot measure them.
_WIDEST_DEG = 20.0
_CIRCLE_SEGMENTS = 32


def measure_km2(geometry: shapely.Geometry) -> float:
    """Measure the area of polygons (EPSG:4326) in the UTM zone of their middle, anywhere on earth.

    Returns
    -------
    float
        km2; 0 for points and lines, infinite where the shape is too wide to be measured.
    """
    if geometry.is_empty or shapely.area(geometry) == 0.0:
        return 0.0
    west, south, east, north = geometry.bounds
    if not -180.0 <= west <= east <= 180.0 or not -90.0 <= south <= north <= 90.0:
        raise DataError(f"the area reaches from {west:g}, {south:g} to {east:g}, {north:g}; expected degrees")
    if east - west > _WIDEST_DEG or north - south > _WIDEST_DEG:
        return math.inf
    crs = find_metric_crs((west + east) / 2, (south + north) / 2)
    return float(project_geometry(geometry, WGS84, crs).area / SQUARE_METRES_PER_KM2)


def find_metric_crs(lon_deg: float, lat_deg: float) -> str:
    """Find the UTM zone of a place, also outside Pakistan.

    Examples
    --------
    >>> find_metric_crs(73.05, 33.7), find_metric_crs(-58.4, -34.6)
    ('EPSG:32643', 'EPSG:32721')
    """
    zone = min(int((lon_deg + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if lat_deg >= 0 else 32700) + zone}"


def widen_area(boundary: shapely.Geometry, buffer_km: float) -> shapely.Geometry:
    """Build the area with everything within `buffer_km` of it (EPSG:4326), anywhere on earth.

    It lies on the grid of OpenStreetMap's coordinates, so that a manifest tells it exactly.
    """
    widened = boundary
    if buffer_km > 0.0:
        west, south, east, north = boundary.bounds
        crs = find_metric_crs((west + east) / 2, (south + north) / 2)
        in_metres = project_geometry(boundary, WGS84, crs).buffer(buffer_km * METRES_PER_KM)
        widened = project_geometry(in_metres, crs, WGS84)
    return round_to_osm(widened)


def build_box(box: Sequence[float]) -> shapely.Geometry:
    """Build a box from west, south, east, north in degrees."""
    west, south, east, north = box
    _refuse_swapped("--box", [west, east], [south, north], f"{join_numbers([south, west, north, east])}")
    if not (west < east and south < north):
        raise ConfigError(
            f"--box: got {join_numbers(box)}; expected west, south, east, north in degrees with west < east and "
            f"south < north"
        )
    if not (west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0):
        raise ConfigError(
            f"--box: got {join_numbers(box)}; expected longitudes of -180 to 180 and latitudes of -90 to 90"
        )
    return shapely.box(west, south, east, north)


def build_circle(circle: Sequence[float]) -> shapely.Geometry:
    """Build a circle from longitude, latitude in degrees and radius in km."""
    lon, lat, radius_km = circle
    _refuse_swapped("--circle", [lon], [lat], join_numbers([lat, lon, radius_km]))
    # Near the poles and the date line a circle is no plain polygon of degrees.
    if not (abs(lon) <= 170.0 and abs(lat) <= 80.0):
        raise ConfigError(
            f"--circle: got the centre {join_numbers([lon, lat])}; expected longitude and latitude in degrees"
        )
    if not 0.0 < radius_km <= _LARGEST_RADIUS_KM:
        raise ConfigError(
            f"--circle: got a radius of {radius_km:g} km; expected more than 0 and at most {_LARGEST_RADIUS_KM:.0f} km"
        )
    crs = find_metric_crs(lon, lat)
    centre = project_geometry(shapely.Point(lon, lat), WGS84, crs)
    return project_geometry(centre.buffer(radius_km * METRES_PER_KM, quad_segs=_CIRCLE_SEGMENTS), crs, WGS84)


def _refuse_swapped(option: str, lon_deg: list[float], lat_deg: list[float], swapped: str) -> None:
    """Refuse longitude and latitude in the wrong order, which in Pakistan is plain to see."""
    lon, lat = np.array(lon_deg), np.array(lat_deg)
    if not is_in_pakistan(lon, lat).any() and is_in_pakistan(lat, lon).all():
        raise ConfigError(f"{option}: longitude and latitude are swapped; did you mean {option} {swapped}?")


def join_numbers(numbers: Sequence[float]) -> str:
    """Write numbers as an option takes them."""
    return ",".join(f"{number:.10g}" for number in numbers)
