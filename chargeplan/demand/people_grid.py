"""A grid of people: squares with counts, whatever file they were read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chargeplan.errors import DataError, name_rows
from chargeplan.geo import WGS84, to_degrees, to_metric
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.errors import FaultCollector
    from chargeplan.records import Floats
    from chargeplan.rows import Rows

# How far a step of a lattice may be from a whole multiple of its spacing. Exported grids
# round their coordinates; 2 % of 0.00833 degrees is 18 m.
_LATTICE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class PeopleGrid:
    """People by square; all squares have the same size and lie along the axes of `crs`.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Centres in `crs` (longitudes and latitudes for EPSG:4326).
    people : ndarray of float64, shape (n,)
        Finite and >= 0.
    half_x, half_y : float
        Half the sides of a square, in units of `crs`.
    crs : str
        EPSG code or WKT.
    origin : str
        File name, for the explanation.
    squares_from : str
        How the sides were found, for the explanation.
    hexagon : ndarray of uint64, shape (n,), or None
        H3 cells, when the grid is made of them and not of squares.
    """

    x: Floats
    y: Floats
    people: Floats
    half_x: float
    half_y: float
    crs: str
    origin: str
    squares_from: str
    hexagon: NDArray[np.uint64] | None = None

    def locate(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Turn coordinates of the grid into longitudes and latitudes (EPSG:4326)."""
        return (x, y) if self.crs == WGS84 else to_degrees(x, y, self.crs)

    def measure_sides_m(self, metric_crs: str) -> tuple[float, float]:
        """Measure the sides of the middle square in metres of the study's CRS."""
        x, y = float(np.median(self.x)), float(np.median(self.y))
        ends_x = np.array([x - self.half_x, x + self.half_x, x, x])
        ends_y = np.array([y, y, y - self.half_y, y + self.half_y])
        x_m, y_m = to_metric(*self.locate(ends_x, ends_y), metric_crs)
        return float(np.hypot(x_m[1] - x_m[0], y_m[1] - y_m[0])), float(
            np.hypot(x_m[3] - x_m[2], y_m[3] - y_m[2])
        )


def make_grid_of_points(
    lon_deg: Floats,
    lat_deg: Floats,
    people: Floats,
    *,
    square_m: float | None,
    crs_options: tuple[str, ...],
    metric_crs: str,
    key: str,
    origin: str,
) -> PeopleGrid:
    """Make a grid of points by finding the square that each point stands for.

    With `square_m` the squares have that side. Without it the points are looked at in each
    CRS of `crs_options`; where they lie on a lattice, its spacing along each axis gives the
    sides (a grid made in degrees has squares that are narrower than high in metres). Points
    on no lattice get squares of their median distance to the nearest other point.

    Raises
    ------
    DataError
        When two points fall together, or the spacing cannot be told.
    """
    lonlat = np.column_stack((lon_deg, lat_deg))
    if square_m is None and len(np.unique(lonlat, axis=0)) < 2:
        raise DataError(
            f"{key}: {origin} has points at one position only, so the square they stand for cannot be "
            f"found; give square_m (side of the square in metres)"
        )
    _refuse_repeats(lon_deg, lat_deg, lonlat, key, origin)
    if square_m is not None:
        x_m, y_m = to_metric(lon_deg, lat_deg, metric_crs)
        return PeopleGrid(x_m, y_m, people, square_m / 2, square_m / 2, metric_crs, origin, f"{key}.square_m")
    for crs in crs_options:
        x, y = (lon_deg, lat_deg) if crs == WGS84 else to_metric(lon_deg, lat_deg, crs)
        step_x, step_y = find_lattice_step(x), find_lattice_step(y)
        if step_x is not None and step_y is not None:
            # Coordinates that differ by rounding alone are the same square.
            square = np.round(np.column_stack(((x - x.min()) / step_x, (y - y.min()) / step_y)))
            _refuse_repeats(lon_deg, lat_deg, square, key, origin)
            return PeopleGrid(
                x, y, people, step_x / 2, step_y / 2, crs, origin, "spacing of the points along each axis"
            )
    return _make_grid_of_scattered_points(lon_deg, lat_deg, people, metric_crs, origin)


def find_lattice_step(coordinates: Floats) -> float | None:
    """Find the spacing of coordinates along one axis, None when they are not evenly spaced.

    Rows or columns without any point may be missing from the lattice. Points that share their
    coordinate with no other (fewer than two a row on average) are no lattice.

    Examples
    --------
    >>> find_lattice_step(np.array([0.0, 0.0, 2.0, 2.0, 10.0, 10.0]))
    2.0
    >>> find_lattice_step(np.array([0.0, 0.0, 2.0, 2.0, 2.7, 2.7, 4.0, 4.0])) is None
    True
    """
    rising = np.sort(coordinates)
    gaps = np.diff(rising)
    # Repeated rows and columns differ by rounding only; true gaps are far larger.
    gaps = gaps[gaps > 1e-3 * (gaps.max() if gaps.size else 0.0)]
    if gaps.size == 0:
        return None
    smallest = float(gaps.min())
    step = float(gaps[gaps < 1.5 * smallest].mean())
    multiples = gaps / step
    even = np.abs(multiples - np.round(multiples)) <= _LATTICE_TOLERANCE * np.maximum(1.0, multiples)
    is_lattice = bool(even.all()) and len(gaps) + 1 <= max(2.0, 0.5 * len(coordinates))
    return step if is_lattice else None


def check_people(
    people: Floats,
    rows: Rows,
    faults: FaultCollector,
    *,
    where: str,
    no_number: str = "give each a number, 0 where nobody lives",
    negative: str = "a count is 0 or more; correct it",
) -> None:
    """Add a fault for each kind of count that cannot be: no number, infinite, negative.

    Parameters
    ----------
    people : ndarray of float64
        Counts as read.
    rows : Rows
    faults : FaultCollector
    where : str
        Key, file and column.
    no_number, negative : str
        What to do about a missing and a negative count.
    """
    for bad, what, advice in (
        (np.isnan(people), "no number of people", no_number),
        (np.isinf(people), "an infinite number of people", "correct it"),
        (people < 0, "a negative number of people", negative),
    ):
        if bad.any():
            faults.add(f"{where}: {what} in {rows.name(np.flatnonzero(bad))}; {advice}")


def _refuse_repeats(lon_deg: Floats, lat_deg: Floats, square: NDArray[Any], key: str, origin: str) -> None:
    """Refuse points of which two have the same row of `square`."""
    _, first, count = np.unique(square, axis=0, return_index=True, return_counts=True)
    repeated = np.sort(first[count > 1])
    if repeated.size:
        places = [f"({lon_deg[pos]:.5f}, {lat_deg[pos]:.5f})" for pos in repeated[:5]]
        named = name_rows(places + [""] * (len(repeated) - len(places)))
        raise DataError(
            f"{key}: {origin} has more than one row for {count_things(len(repeated), 'square')}, at longitude and "
            f"latitude {named}; people would be counted twice; remove the repeats or add them up"
        )


def _make_grid_of_scattered_points(
    lon_deg: Floats, lat_deg: Floats, people: Floats, metric_crs: str, origin: str
) -> PeopleGrid:
    from scipy.spatial import cKDTree

    x_m, y_m = to_metric(lon_deg, lat_deg, metric_crs)
    xy_m = np.column_stack((x_m, y_m))
    nearest_m, _ = cKDTree(xy_m).query(xy_m, k=2)
    half_m = float(np.median(nearest_m[:, 1])) / 2
    return PeopleGrid(
        x_m,
        y_m,
        people,
        half_m,
        half_m,
        metric_crs,
        origin,
        "median distance to the nearest point, because the points lie on no regular grid",
    )
