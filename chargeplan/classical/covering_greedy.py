"""Covers without a solver: greedy by prices, needless columns dropped, parts thrown out and filled again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Floats, Ints

_THROWN_SHARE = 0.3


def cover_greedily(
    cover: sp.csr_array, cost: Floats, prices: Floats | None = None, *, kept: Ints | None = None
) -> Ints:
    """Take the column with the least cost, less what its rows pay, for each row it newly covers.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_rows, n_columns)
    cost : ndarray, shape (n_columns,)
    prices : ndarray, shape (n_rows,), optional
        What covering a row pays; nothing when not given.
    kept : ndarray of int64, optional
        Columns taken already.
    """
    by_column = cover.T.tocsr()
    picked = [] if kept is None else kept.tolist()
    is_open = np.ones(cover.shape[0])
    if picked:
        is_open[(cover[:, picked] @ np.ones(len(picked))) > 0] = 0.0
    pays = np.zeros(cover.shape[0]) if prices is None else prices
    n_new = by_column @ is_open
    reduced = cost - by_column @ (is_open * pays)
    while is_open.any():
        useful = np.maximum(n_new, 1e-300)
        score = np.where(reduced > 0, reduced / useful, reduced * n_new)
        best = int(np.argmin(np.where(n_new > 0, score, np.inf)))
        picked.append(best)
        rows = by_column.indices[by_column.indptr[best] : by_column.indptr[best + 1]]
        rows = rows[is_open[rows] > 0]
        is_open[rows] = 0.0
        touched = sp.csr_array(cover[rows])
        counts = np.diff(touched.indptr)
        n_new -= np.bincount(touched.indices, minlength=len(cost))
        reduced += np.bincount(touched.indices, np.repeat(pays[rows], counts), len(cost))
        n_new[best] = 0.0
    return np.array(picked, dtype=np.int64)


def drop_needless(cover: sp.csr_array, cost: Floats, columns: Ints) -> Ints:
    """Drop columns whose rows the others cover, the dearest first."""
    columns = np.unique(columns)
    inside = sp.csc_array(cover[:, columns])
    times = np.asarray(inside.sum(axis=1)).ravel()
    stays = np.ones(len(columns), dtype=bool)
    for at in np.lexsort((columns, -cost[columns])):
        rows = inside.indices[inside.indptr[at] : inside.indptr[at + 1]]
        if np.all(times[rows] > 1):
            stays[at] = False
            times[rows] -= 1
    return np.asarray(columns[stays], dtype=np.int64)


def shake_cover(
    cover: sp.csr_array,
    cost: Floats,
    columns: Ints,
    prices: Floats,
    *,
    rng: np.random.Generator,
    n_shakes: int,
) -> Iterator[Ints]:
    """Throw out a part of a cover and fill it greedily by shaken prices, some times; give each cover."""
    best, best_cost = columns, float(cost[columns].sum())
    for _ in range(n_shakes):
        n_thrown = max(1, round(_THROWN_SHARE * len(best)))
        kept = rng.permutation(best)[n_thrown:]
        shaken = prices * rng.uniform(0.8, 1.2, len(prices))
        found = drop_needless(cover, cost, cover_greedily(cover, cost, shaken, kept=kept))
        found_cost = float(cost[found].sum())
        if found_cost <= best_cost:
            best, best_cost = found, found_cost
        yield found
