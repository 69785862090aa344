"""Rows of one family as triplets, and how they are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class RowFamily:
    """Rows of one kind, as triplets.

    Parameters
    ----------
    name : str
    number : ndarray of int64, shape (n_rows,)
        Number of each row, part of its name.
    row, column : ndarray of int64, shape (n_nonzeros,)
        Row within the family, column of the model.
    value : ndarray, shape (n_nonzeros,)
    lower, upper : ndarray, shape (n_rows,)
    """

    name: str
    number: Ints
    row: Ints
    column: Ints
    value: Floats
    lower: Floats
    upper: Floats


def make_family(
    name: str,
    number: Ints | list[int],
    row: Ints | Floats | list[int],
    column: Ints | list[int],
    value: Floats | list[float],
    *,
    lower: float | Floats = -np.inf,
    upper: float | Floats = np.inf,
) -> RowFamily:
    """Make the rows of a family; bounds given once hold for all rows."""
    n_rows = len(number)
    return RowFamily(
        name,
        np.asarray(number, dtype=np.int64),
        np.asarray(row, dtype=np.int64),
        np.asarray(column, dtype=np.int64),
        np.asarray(value, dtype=np.float64),
        np.broadcast_to(np.asarray(lower, dtype=np.float64), (n_rows,)).copy(),
        np.broadcast_to(np.asarray(upper, dtype=np.float64), (n_rows,)).copy(),
    )


def make_empty_family(name: str) -> RowFamily:
    """Make a family without rows."""
    return make_family(name, [], [], [], [])


def join_families(name: str, parts: list[RowFamily]) -> RowFamily:
    """Put rows of several makes into one family, one below the other."""
    first = np.cumsum([0] + [len(part.number) for part in parts])
    return RowFamily(
        name,
        np.concatenate([part.number for part in parts]),
        np.concatenate([part.row + start for part, start in zip(parts, first[:-1], strict=True)]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.lower for part in parts]),
        np.concatenate([part.upper for part in parts]),
    )


def number_rows(key: Ints) -> tuple[Ints, Ints]:
    """Give equal keys the same row, in rising order; return the key of each row and the row of each key."""
    keys, row = np.unique(key, return_inverse=True)
    return keys, np.asarray(row, dtype=np.int64)
