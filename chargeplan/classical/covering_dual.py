"""The Lagrangian dual of set cover: a price for covering each row."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Floats

_GOOD_PRICES = 12


class CoveringDual:
    """Relax "every row is covered" with a price per row; to be minimised, so with its sign turned.

    A column is taken when its rows pay more than it costs (Beasley 1987). A price need not exceed
    the cheapest column of its row.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_rows, n_columns)
    cost : ndarray, shape (n_columns,)
    base : float
        Cost of columns that are taken in any case.
    """

    def __init__(self, cover: sp.csr_array, cost: Floats, base: float) -> None:
        self.cover, self.cost, self.base = cover, cost, base
        self.by_column = cover.T.tocsr()
        self.lower = np.zeros(cover.shape[0])
        self.upper = np.minimum.reduceat(cost[cover.indices], cover.indptr[:-1])
        self.scale = np.ones(cover.shape[0])
        self.open_bound = np.full(len(cost), -np.inf)  # no cover with the column is cheaper
        self.closed_bound = np.full(len(cost), -np.inf)  # no cover without it is cheaper
        self.best = -np.inf
        self.best_prices: Floats = self.lower
        self.good_prices: list[Floats] = []

    def guess_prices(self) -> Floats:
        """Guess that a row pays the least cost of its columns, shared among their rows."""
        share = self.cost / np.maximum(np.diff(self.by_column.indptr), 1)
        return np.asarray(np.minimum.reduceat(share[self.cover.indices], self.cover.indptr[:-1]))

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Compute the negative of the bound at some prices, and a subgradient of it."""
        reduced = self.cost - self.by_column @ multipliers
        is_taken = reduced < 0
        value = self.base + float(multipliers.sum() + reduced[is_taken].sum())
        np.maximum(self.open_bound, value + np.maximum(reduced, 0.0), out=self.open_bound)
        np.maximum(self.closed_bound, value - np.minimum(reduced, 0.0), out=self.closed_bound)
        if value > self.best:
            self.best, self.best_prices = value, multipliers.copy()
            self.good_prices.append(self.best_prices)
            del self.good_prices[:-_GOOD_PRICES]
        return -value, self.cover @ is_taken.astype(np.float64) - 1.0
