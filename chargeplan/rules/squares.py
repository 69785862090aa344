"""The occupied squares of a grid in the study's metric CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import RecordError
from chargeplan.geo import to_degrees

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints

_LARGEST_DEGREES = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """Occupied squares, from south-west to north-east: by row, then by column.

    Parameters
    ----------
    side_m : float
    column, row : ndarray of int64, shape (n,)
        Whole number of sides from the origin of the CRS, to the east and to the north.
    people, kwh_day : ndarray, shape (n,)
        Sums over the demand cells whose centres lie inside.
    middle_xy_m : ndarray, shape (n, 2)
        Middle of the people (of the energy where nobody lives), metres.
    zone_pos : ndarray of int64, shape (n,)
        Zone of most of them; the first where equal.
    """

    side_m: float
    column: Ints
    row: Ints
    people: Floats
    kwh_day: Floats
    middle_xy_m: Floats
    zone_pos: Ints

    def __len__(self) -> int:
        """Return the number of squares."""
        return len(self.row)

    def find(self, xy_m: Floats) -> Ints:
        """Find the square of each point; -1 where it is not an occupied one.

        A point on a border belongs to the square to the east or north of it, and so to one only.
        """
        column, row = locate(xy_m, self.side_m)
        if len(self) == 0:
            return np.full(len(xy_m), -1, dtype=np.int64)
        key = np.stack([self.row, self.column], axis=1)
        wanted = np.stack([row, column], axis=1)
        _, number = np.unique(np.concatenate([key, wanted]), axis=0, return_inverse=True)
        square_of = np.full(int(number.max()) + 1, -1, dtype=np.int64)
        square_of[number[: len(key)]] = np.arange(len(key))
        return square_of[number[len(key) :]]

    def outline_lonlat(self, crs: str) -> Floats:
        """Draw the squares as closed rings, counter-clockwise, shape (n, 5, 2), EPSG:4326."""
        corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
        xy_m = (np.stack([self.column, self.row], axis=1)[:, None, :] + corner[None]) * self.side_m
        lon, lat = to_degrees(xy_m[..., 0].ravel(), xy_m[..., 1].ravel(), crs)
        return np.stack([lon, lat], axis=1).reshape(len(self), 5, 2)


def locate(xy_m: Floats, side_m: float) -> tuple[Ints, Ints]:
    """Find column and row of the square of each point."""
    if len(xy_m) and float(np.abs(xy_m).max()) <= _LARGEST_DEGREES:
        raise RecordError("these coordinates are degrees; squares need metres of a metric CRS")
    at = np.floor(xy_m / side_m).astype(np.int64)
    return at[:, 0], at[:, 1]


def find_occupied_squares(
    xy_m: Floats,
    people: Floats,
    kwh_day: Floats,
    zone_pos: Ints,
    *,
    side_m: float,
    occupied_from: float,
    by_energy: bool,
) -> Squares:
    """Find the squares in which enough people live, or enough energy is wanted.

    Parameters
    ----------
    xy_m : ndarray, shape (n_cells, 2)
        Centres of the demand cells in a metric CRS.
    people, kwh_day : ndarray, shape (n_cells,)
    zone_pos : ndarray of int64, shape (n_cells,)
    side_m : float
    occupied_from : float
        Least people, or kWh per day, of an occupied square; with 0 any that has some.
    by_energy : bool
        True when `occupied_from` is energy.

    Raises
    ------
    RecordError
        When the coordinates are degrees.
    """
    column, row = locate(xy_m, side_m)
    key, square = np.unique(np.stack([row, column], axis=1), axis=0, return_inverse=True)
    n = len(key)
    people_in = np.bincount(square, people, n).astype(np.float64)
    energy_in = np.bincount(square, kwh_day, n).astype(np.float64)
    weight = np.where(people_in[square] > 0, people, np.where(energy_in[square] > 0, kwh_day, 1.0))
    total = np.bincount(square, weight, n)
    middle = np.stack([np.bincount(square, weight * xy_m[:, axis], n) / total for axis in (0, 1)], axis=1)
    measure = energy_in if by_energy else people_in
    kept = np.flatnonzero((measure >= occupied_from) & (measure > 0))
    return Squares(
        side_m,
        key[kept, 1],
        key[kept, 0],
        people_in[kept],
        energy_in[kept],
        middle[kept],
        _find_main_zones(square, zone_pos, weight, n)[kept],
    )


def _find_main_zones(square: Ints, zone_pos: Ints, weight: Floats, n_squares: int) -> Ints:
    """Find the zone that holds most of each square; the first one where equal."""
    n_zones = int(zone_pos.max(initial=0)) + 1
    pair, number = np.unique(square * n_zones + zone_pos, return_inverse=True)
    held = np.bincount(number, weight, len(pair))
    order = np.lexsort((pair, -held, pair // n_zones))
    first = order[np.unique(pair[order] // n_zones, return_index=True)[1]]
    main = np.zeros(n_squares, dtype=np.int64)
    main[pair[first] // n_zones] = pair[first] % n_zones
    return main
