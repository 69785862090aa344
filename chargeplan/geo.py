"""Coordinates: the metric CRS of a study, Pakistan's box, snapping to nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from chargeplan.country import PAKISTAN_LAT_RANGE, PAKISTAN_LON_RANGE
from chargeplan.errors import DataError

if TYPE_CHECKING:
    from chargeplan.rows import Rows

WGS84 = "EPSG:4326"
# About a centimetre, and all that OpenStreetMap keeps.
OSM_GRID_DEG = 1e-7

_UTM_ZONES = (41, 42, 43)
_UTM_FIRST_ZONE_WEST_DEG = -180.0
_UTM_ZONE_WIDTH_DEG = 6.0


def find_utm_crs(lon_deg: float) -> str:
    """Find the UTM zone (41N to 43N) in which a Pakistani longitude lies.

    Raises
    ------
    DataError
        When the longitude is outside zones 41 to 43.

    Examples
    --------
    >>> find_utm_crs(73.05)
    'EPSG:32643'
    >>> find_utm_crs(67.0)
    'EPSG:32642'
    """
    zone = int((lon_deg - _UTM_FIRST_ZONE_WEST_DEG) // _UTM_ZONE_WIDTH_DEG) + 1
    if zone not in _UTM_ZONES:
        raise DataError(
            f"the study area is centred on longitude {lon_deg:.4f}, which is outside Pakistan "
            f"(60 to 78 E); are longitude and latitude swapped?"
        )
    return f"EPSG:326{zone}"


@lru_cache(maxsize=8)
def _get_transformer(source_crs: str, target_crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source_crs, target_crs, always_xy=True)


def to_metric(
    lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project longitudes and latitudes (EPSG:4326, degrees) to metres in `crs`."""
    x_m, y_m = _get_transformer(WGS84, crs).transform(lon_deg, lat_deg)
    return np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)


def to_degrees(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project metres in `crs` back to longitudes and latitudes (EPSG:4326, degrees)."""
    lon, lat = _get_transformer(crs, WGS84).transform(x_m, y_m)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def project_geometry(geometry: shapely.Geometry, source_crs: str, target_crs: str) -> shapely.Geometry:
    """Project one shapely geometry from one CRS to another."""
    transformer = _get_transformer(source_crs, target_crs)

    def project(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    return shapely.transform(geometry, project)


def round_to_osm(geometry: shapely.Geometry) -> shapely.Geometry:
    """Round to the 1e-7 degrees that OpenStreetMap keeps; as it was where rounding would break it."""
    rounded = shapely.set_precision(geometry, OSM_GRID_DEG)
    return rounded if rounded.is_valid and not rounded.is_empty else geometry


def is_in_pakistan(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which coordinates lie in Pakistan's box (60-78 E, 23-38 N)."""
    return (
        (lon_deg >= PAKISTAN_LON_RANGE[0])
        & (lon_deg <= PAKISTAN_LON_RANGE[1])
        & (lat_deg >= PAKISTAN_LAT_RANGE[0])
        & (lat_deg <= PAKISTAN_LAT_RANGE[1])
    )


def check_coordinates(
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    where: str,
    *,
    rows: Rows | None = None,
    columns: tuple[str, str] = ("longitude", "latitude"),
) -> None:
    """Refuse coordinates that are not finite, are swapped, are no degrees, or all lie elsewhere.

    A row is swapped when it lies outside Pakistan and would lie inside the other way round. Other
    points outside Pakistan are not refused while some lie inside, because data often reach over
    the border.

    Parameters
    ----------
    lon_deg, lat_deg : ndarray of float64, shape (n,)
    where : str
        Key and file, for messages.
    rows : Rows or None
        What the rows are called; None when there is but one.
    columns : (str, str)
        What the longitudes and the latitudes are called.

    Raises
    ------
    DataError
        With the rows at fault and the likely cause.
    """

    def tell(bad: NDArray[np.bool_]) -> str:
        at = np.flatnonzero(bad)
        named = "" if rows is None else f" in {rows.name(at)} ({at.size:,} of {bad.size:,})"
        values = zip(columns, (lon_deg[at[0]], lat_deg[at[0]]), strict=True)
        return f"{named}: {' and '.join(f'{name} is {value:.10g}' for name, value in values)}"

    finite = np.isfinite(lon_deg) & np.isfinite(lat_deg)
    if not finite.all():
        raise DataError(f"{where}: no finite coordinates{tell(~finite)}; mend or drop them")
    inside = is_in_pakistan(lon_deg, lat_deg)
    swapped = ~inside & is_in_pakistan(lat_deg, lon_deg)
    if swapped.any():
        advice = "exchange the two" if swapped.all() else "correct these rows"
        raise DataError(
            f"{where}: longitude and latitude are swapped{tell(swapped)}; expected longitudes from 60 to 78 and "
            f"latitudes from 23 to 38; {advice}"
        )
    beyond = (np.abs(lon_deg) > 180) | (np.abs(lat_deg) > 90)
    if beyond.any():
        raise DataError(
            f"{where}: no degrees{tell(beyond)}; they seem to be in metres: correct the CRS of the layer, or the rows"
        )
    if lon_deg.size and not inside.any():
        raise DataError(
            f"{where}: no point lies in Pakistan (60-78 E, 23-38 N); the first is at "
            f"longitude {lon_deg[0]:.4f}, latitude {lat_deg[0]:.4f}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Snap:
    """Nearest nodes of points.

    Parameters
    ----------
    node_pos : ndarray of int64, shape (n_points,)
        Row of the nearest usable node, -1 where it is farther than the limit.
    distance_m : ndarray of float64, shape (n_points,)
        Straight-line distance to that node, also where it is over the limit.
    """

    node_pos: NDArray[np.int64]
    distance_m: NDArray[np.float64]


def snap_points(
    node_xy_m: NDArray[np.float64],
    usable: NDArray[np.bool_],
    point_xy_m: NDArray[np.float64],
    *,
    limit_m: float,
) -> Snap:
    """Find the nearest usable node of each point, all in the same metric CRS.

    Parameters
    ----------
    node_xy_m : ndarray, shape (n_nodes, 2)
        Node coordinates in metres.
    usable : ndarray of bool, shape (n_nodes,)
        Nodes at which a trip may start or end.
    point_xy_m : ndarray, shape (n_points, 2)
        Point coordinates in metres.
    limit_m : float
        Largest allowed straight-line distance.
    """
    from scipy.spatial import cKDTree

    usable_pos = np.flatnonzero(usable)
    if usable_pos.size == 0 or len(point_xy_m) == 0:
        return Snap(np.full(len(point_xy_m), -1, np.int64), np.full(len(point_xy_m), np.inf))
    distance_m, nearest = cKDTree(node_xy_m[usable_pos]).query(point_xy_m)
    node_pos = np.where(distance_m <= limit_m, usable_pos[nearest], -1).astype(np.int64)
    return Snap(node_pos, np.asarray(distance_m, dtype=np.float64))
