"""The study area, read from a box, a circle or a polygon file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.errors import ConfigError, DataError, RecordError
from chargeplan.files import require_file
from chargeplan.geo import WGS84, check_coordinates, find_utm_crs, project_geometry
from chargeplan.units import METRES_PER_KM, SQUARE_METRES_PER_KM2

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import AreaSettings, CircleSettings, StudySettings
    from chargeplan.records import StudyArea

SMALLEST_AREA_KM2 = 5.0
LARGEST_AREA_KM2 = 10_000.0
_LARGEST_REPAIR_SHARE = 0.01
_LARGEST_RADIUS_M = 200_000.0


def build_study_area(settings: StudySettings) -> StudyArea:
    """Build the study area of a config.

    Raises
    ------
    ConfigError
        When a box or a circle is outside Pakistan, or smaller than 5 or larger than 10,000 km2.
    DataError
        When the polygon file cannot be used or has such an area.
    """
    from chargeplan.records import StudyArea  # with it comes pandas, which `measure_area` does without

    boundary, crs, area_km2 = measure_area(settings.area)
    return StudyArea(settings.name, settings.title, boundary, crs, area_km2, settings.schematic)


def measure_area(area: AreaSettings) -> tuple[shapely.Geometry, str, float]:
    """Find the boundary (EPSG:4326), the metric CRS and the size (km2) of a study area.

    Raises
    ------
    ConfigError, DataError
        As `build_study_area`.
    """
    if area.polygon is not None:
        return _measure(read_polygons(area.polygon, "study.area.polygon"), "study.area.polygon")
    try:
        if area.box is not None:
            return _measure(shapely.box(*area.box), "study.area.box")
        if area.circle is not None:
            return _measure(_build_circle(area.circle), "study.area.circle")
    except DataError as error:  # nothing but the config's own numbers is at fault
        raise ConfigError(error.faults) from error
    msg = "AreaSettings promises a box, a polygon or a circle"
    raise RecordError(msg)


def _measure(boundary: shapely.Geometry, key: str) -> tuple[shapely.Geometry, str, float]:
    """Give a boundary with its metric CRS and its size (km2)."""
    centre = boundary.centroid
    check_coordinates(np.array([centre.x]), np.array([centre.y]), key)
    crs = find_utm_crs(centre.x)
    area_km2 = project_geometry(boundary, WGS84, crs).area / SQUARE_METRES_PER_KM2
    if not SMALLEST_AREA_KM2 <= area_km2 <= LARGEST_AREA_KM2:
        raise DataError(
            f"{key}: the area is {area_km2:,.1f} km2; expected {SMALLEST_AREA_KM2:.0f} to "
            f"{LARGEST_AREA_KM2:,.0f} km2; check the corners or the radius"
        )
    return boundary, crs, area_km2


def read_polygons(path: Path, key: str) -> shapely.Geometry:
    """Read a vector layer and unite its polygons, in EPSG:4326.

    Raises
    ------
    DataError
        When the layer has no CRS, no polygons, or polygons so broken that mending them
        changes their area by more than 1 %.
    """
    import geopandas as gpd

    require_file(path, key)
    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio raises many kinds for a damaged file
        raise DataError(f"{key}: {path} cannot be read as a vector layer: {error}") from error
    if layer.crs is None:
        raise DataError(
            f"{key}: {path} has no CRS; write one into the file (for longitudes and latitudes EPSG:4326)"
        )
    geometry = layer.to_crs(WGS84).geometry.dropna()
    polygons = geometry[geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    if polygons.empty:
        kinds = ", ".join(sorted(set(geometry.geom_type))) or "nothing"
        raise DataError(f"{key}: {path} holds {kinds} and no polygon; use a layer of polygons")
    mended = shapely.make_valid(polygons.to_numpy())
    before, after = (
        float(np.sum(np.abs(shapely.area(polygons.to_numpy())))),
        float(np.sum(shapely.area(mended))),
    )
    if abs(after - before) > _LARGEST_REPAIR_SHARE * after:
        raise DataError(
            f"{key}: {path} has invalid polygons; mending them changes the area by "
            f"{abs(after - before) / after:.1%}; repair the layer in a GIS first"
        )
    return shapely.union_all(mended)


def _build_circle(circle: CircleSettings) -> shapely.Geometry:
    check_coordinates(np.array([circle.lon]), np.array([circle.lat]), "study.area.circle")
    crs = find_utm_crs(circle.lon)
    centre = project_geometry(shapely.Point(circle.lon, circle.lat), WGS84, crs)
    radius_m = circle.radius_km * METRES_PER_KM
    if radius_m > _LARGEST_RADIUS_M:
        raise DataError(
            f"study.area.circle.radius_km: {circle.radius_km} km is more than "
            f"{_LARGEST_RADIUS_M / METRES_PER_KM:.0f} km; use a smaller circle"
        )
    return project_geometry(centre.buffer(radius_m, quad_segs=32), crs, WGS84)
