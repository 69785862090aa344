"""Make a set cover smaller without losing its cheapest cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.reduce import find_dominated_columns

_ROWS_PER_BLOCK = 1024
_LARGEST_PRODUCT = 3e7  # entries of the overlap of all columns or rows; beyond it costs more than it brings


@dataclass(frozen=True, slots=True, eq=False)
class SmallCovering:
    """What is left of a set cover.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_left_rows, n_left_columns)
        No row and no column is empty.
    columns : ndarray of int64
        Column of the whole for each that is left.
    forced : ndarray of int64
        Columns of the whole that a cheapest cover has.
    """

    cover: sp.csr_array
    columns: Ints
    forced: Ints


def reduce_covering(cover: sp.csr_array, cost: Floats, *, deadline: Deadline | None = None) -> SmallCovering:
    """Take only-columns of a row, drop dominated columns and implied rows, until nothing changes.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_rows, n_columns)
        1 where the column covers the row; no row is empty.
    cost : ndarray, shape (n_columns,)
        >= 0.
    deadline : Deadline, optional
    """
    columns = np.arange(cover.shape[1])
    forced: list[int] = []
    while cover.shape[0] > 0:
        size_before = cover.shape
        only = np.unique(cover.indices[cover.indptr[:-1][np.diff(cover.indptr) == 1]])
        free = np.flatnonzero(cost[columns] == 0)
        taken = np.union1d(only, free)
        if len(taken):
            forced.extend(columns[taken].tolist())
            is_taken = np.zeros(len(columns))
            is_taken[taken] = 1.0
            cover = sp.csr_array(cover[np.flatnonzero((cover @ is_taken) == 0)])
        if cover.shape[0] and not is_over(deadline):
            cover = sp.csr_array(cover[np.flatnonzero(~find_implied_rows(cover))])
        stays = np.asarray(cover.sum(axis=0)).ravel() > 0
        if cover.shape[0] and _measure_product(cover) <= _LARGEST_PRODUCT and not is_over(deadline):
            stays &= ~find_dominated_columns(cover, cost[columns])
        cover, columns = sp.csr_array(cover[:, np.flatnonzero(stays)]), columns[stays]
        cover.sort_indices()
        if cover.shape == size_before:
            break
    return SmallCovering(
        cover, columns if cover.shape[0] else columns[:0], np.array(sorted(forced), dtype=np.int64)
    )


def find_implied_rows(cover: sp.csr_array) -> Bools:
    """Find rows that are covered whenever another is: its columns are all among theirs.

    Of equal rows the first is kept.
    """
    n_rows = cover.shape[0]
    by_column = sp.csr_array(cover.T)
    implied = np.zeros(n_rows, dtype=bool)
    if _measure_product(by_column) > _LARGEST_PRODUCT:
        return implied
    size = np.diff(cover.indptr)
    for start in range(0, n_rows, _ROWS_PER_BLOCK):
        overlap = sp.coo_array(cover[start : start + _ROWS_PER_BLOCK] @ by_column)
        small, large = overlap.coords[0] + start, overlap.coords[1]
        is_inside = (overlap.data == size[small]) & (small != large)
        small, large = small[is_inside], large[is_inside]
        implied[large[(size[large] > size[small]) | (large > small)]] = True
    return implied


def _measure_product(cover: sp.csr_array) -> float:
    """Count the terms of the overlap of all columns."""
    return float(np.sum(np.diff(cover.indptr).astype(np.float64) ** 2))
