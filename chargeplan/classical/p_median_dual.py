"""The Lagrangian dual of the p-median: what each cell would pay to be served."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Floats, Ints

_AVERAGE_WEIGHT = 0.05


class MedianDual:
    """Relax "every cell is served once" with a price per cell; to be minimised, so with its sign turned.

    At given prices a site is worth what its cells pay above its costs; the best q sites are
    chosen (Cornuejols, Fisher and Nemhauser 1977). Prices need not exceed what a site that is open
    in any case costs.

    Parameters
    ----------
    costs_by_site : ndarray, shape (n_free, n_cells)
        Cost of serving each cell from each site that may be chosen, at most `upper`.
    n_chosen : int
        Sites to choose, 1 to n_free.
    upper : ndarray, shape (n_cells,)
        Largest price of each cell.
    """

    def __init__(self, costs_by_site: Floats, n_chosen: int, upper: Floats) -> None:
        n_free, n_cells = costs_by_site.shape
        self.costs = costs_by_site
        self.n_chosen = n_chosen
        self.lower = np.zeros(n_cells)
        self.upper = upper
        self.scale = np.ones(n_cells)
        self.open_bound = np.full(n_free, -np.inf)  # no plan with the site is cheaper
        self.closed_bound = np.full(n_free, -np.inf)  # no plan without it is cheaper
        self.promise = np.zeros(n_free)
        self.best = -np.inf
        self.best_worth = np.zeros(n_free)
        self.picked: Ints = np.arange(n_chosen)
        self._buffer = np.empty_like(costs_by_site)

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Compute the negative of the bound at some prices, and a subgradient of it."""
        n_free, q = len(self.costs), self.n_chosen
        np.subtract(self.costs, multipliers, out=self._buffer)
        np.minimum(self._buffer, 0.0, out=self._buffer)
        worth = self._buffer.sum(axis=1)
        if q < n_free:
            order = np.argpartition(worth, [q - 1, q])
            chosen, last, next_best = order[:q], worth[order[q - 1]], worth[order[q]]
        else:
            chosen, last, next_best = np.arange(n_free), float(worth.max()), np.inf
        value = float(multipliers.sum() + worth[chosen].sum())
        is_chosen = np.zeros(n_free, dtype=bool)
        is_chosen[chosen] = True
        np.maximum(self.open_bound, value + np.where(is_chosen, 0.0, worth - last), out=self.open_bound)
        closed = value + np.where(is_chosen, next_best - worth, 0.0)
        np.maximum(self.closed_bound, closed, out=self.closed_bound)
        self.promise += _AVERAGE_WEIGHT * (is_chosen - self.promise)
        if value > self.best:
            self.best, self.picked = value, np.sort(chosen)
            self.best_worth = np.where(is_chosen, 0.0, worth - last)
        times_served = np.count_nonzero(self.costs[chosen] < multipliers, axis=0)
        return -value, times_served - 1.0
