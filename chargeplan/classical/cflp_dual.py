"""The Lagrangian dual of capacitated facility location: what each cell would pay to be served."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, Floats, Ints

_GOOD_PICKS = 10


class FacilityDual:
    """Relax "every cell is served whole" with a price per cell; to be minimised, so with its sign turned.

    At given prices every site fills its capacity with the cells that pay most per unit (a fractional
    knapsack); sites are then opened so that their capacities together hold all demand, relaxed to
    shares of sites (Christofides and Beasley 1983).

    Parameters
    ----------
    costs_by_site : ndarray, shape (n_sites, n_cells)
        Cost of serving the whole of each cell; infinite where there is no way.
    demand : ndarray, shape (n_cells,)
    capacity, opening_cost : ndarray, shape (n_sites,)
    """

    def __init__(self, costs_by_site: Floats, demand: Floats, capacity: Floats, opening_cost: Floats) -> None:
        n_sites, n_cells = costs_by_site.shape
        self.costs, self.demand = costs_by_site, demand
        self.capacity, self.opening_cost = capacity, opening_cost
        finite = np.where(np.isfinite(costs_by_site), costs_by_site, -np.inf)
        dearest = finite.max(axis=0)
        self.lower = costs_by_site.min(axis=0)
        self.upper = dearest + float(opening_cost.sum()) + 1.0
        self.scale = np.ones(n_cells)
        self.open_bound = np.full(n_sites, -np.inf)  # no plan with the site is cheaper
        self.closed_bound = np.full(n_sites, -np.inf)  # no plan without it is cheaper
        self.best = -np.inf
        self.best_prices: Floats = self.lower
        self.picks: list[Ints] = []
        self._unit = np.maximum(demand, 1e-300)

    def guess_prices(self) -> Floats:
        """Guess that a cell pays a little more than its second cheapest site."""
        order = np.sort(self.costs, axis=0)
        second = order[min(1, len(order) - 1)]
        opening = float(self.opening_cost.mean()) / max(1.0, len(self.demand) / len(self.costs))
        guess = np.where(np.isfinite(second), second, self.lower) + opening
        return np.asarray(np.clip(guess, self.lower, self.upper), dtype=np.float64)

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Compute the negative of the bound at some prices, and a subgradient of it."""
        worth, share = self._fill_sites(multipliers)
        total = worth + self.opening_cost
        price, is_open, part = self._open_sites(total)
        reduced = total - price * self.capacity
        demand = float(self.demand.sum())
        value = float(multipliers.sum()) + price * demand + float(np.minimum(reduced, 0.0).sum())
        np.maximum(self.open_bound, value + np.maximum(reduced, 0.0), out=self.open_bound)
        np.maximum(self.closed_bound, value - np.minimum(reduced, 0.0), out=self.closed_bound)
        if value > self.best:
            self.best, self.best_prices = value, multipliers.copy()
            self.picks.append(np.flatnonzero(is_open))
            del self.picks[:-_GOOD_PICKS]
        return -value, part @ share - 1.0

    def _fill_sites(self, prices: Floats) -> tuple[Floats, Floats]:
        """Fill every site with what pays best per unit: worth (n_sites,) and shares (n_sites, n_cells)."""
        gain = np.minimum(self.costs - prices, 0.0)
        order = np.argsort(gain / self._unit, axis=1, kind="stable")
        wanted = np.where(gain < 0, self.demand, 0.0)
        sorted_demand = np.take_along_axis(wanted, order, axis=1)
        before = np.cumsum(sorted_demand, axis=1) - sorted_demand
        room = np.clip(self.capacity[:, None] - before, 0.0, sorted_demand)
        sorted_share = np.divide(room, sorted_demand, out=np.ones_like(room), where=sorted_demand > 0)
        share = np.empty_like(sorted_share)
        np.put_along_axis(share, order, sorted_share, axis=1)
        share[gain >= 0] = 0.0
        return np.sum(gain * share, axis=1), share

    def _open_sites(self, total: Floats) -> tuple[float, Bools, Floats]:
        """Open what pays, and by cost per capacity until all demand fits: price, open sites, shares."""
        capacity = self.capacity
        ratio = np.where(
            capacity > 0, total / np.maximum(capacity, 1e-300), np.where(total < 0, -np.inf, np.inf)
        )
        order = np.argsort(ratio, kind="stable")
        held = np.cumsum(capacity[order])
        demand = float(self.demand.sum())
        last = min(int(np.searchsorted(held, demand * (1 - 1e-12))), len(order) - 1)
        price = max(0.0, float(ratio[order[last]])) if demand > 0 else 0.0
        if not np.isfinite(price):
            price = 0.0
        is_open = total - price * capacity < 0
        part = is_open.astype(np.float64)
        if price > 0:
            at = order[last]
            part[at] = np.clip((demand - (held[last] - capacity[at])) / capacity[at], 0.0, 1.0)
            is_open = is_open.copy()
            is_open[at] = True
        return price, is_open, part
