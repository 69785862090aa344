"""Where Pakistan lies, and the order of coordinates that follows from it; imports nothing, so it costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

# Rounded outwards from the country's extreme points; longitudes and latitudes do not
# overlap, so swapped coordinates are recognised.
PAKISTAN_LON_RANGE = (60.0, 78.0)
PAKISTAN_LAT_RANGE = (23.0, 38.0)


def is_swapped(lon_deg: float, lat_deg: float) -> bool:
    """Tell whether what is given as a longitude and a latitude is the other way round.

    Examples
    --------
    >>> is_swapped(33.7, 73.05), is_swapped(73.05, 33.7), is_swapped(2.35, 48.85)
    (True, False, False)
    """
    return _is_within(lat_deg, PAKISTAN_LON_RANGE) and _is_within(lon_deg, PAKISTAN_LAT_RANGE)


def order_box(values: Sequence[float]) -> list[float] | None:
    """Put the four numbers of a box into the order west, south, east, north.

    Returns
    -------
    list of float, or None
        None unless they are two longitudes and two latitudes of Pakistan, each of them different.

    Examples
    --------
    >>> order_box([33.6, 72.9, 33.8, 73.2])
    [72.9, 33.6, 73.2, 33.8]
    >>> order_box([2.2, 48.8, 2.4, 48.9]) is None
    True
    """
    lons = sorted({value for value in values if _is_within(value, PAKISTAN_LON_RANGE)})
    lats = sorted({value for value in values if _is_within(value, PAKISTAN_LAT_RANGE)})
    if len(lons) != 2 or len(lats) != 2:
        return None
    return [lons[0], lats[0], lons[1], lats[1]]


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
