"""The Lagrangian dual of capacitated facility location: what each cell would pay to be served."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, Floats, Ints

_GOOD_PICKS = 10
_AVERAGE_WEIGHT = 0.05


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
    must : ndarray of bool, shape (n_sites,), optional
        Sites that are open in any case.
    """

    def __init__(
        self,
        costs_by_site: Floats,
        demand: Floats,
        capacity: Floats,
        opening_cost: Floats,
        must: Bools | None = None,
    ) -> None:
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
        self.must: Bools = np.zeros(n_sites, dtype=bool) if must is None else must
        self.promise = np.zeros(n_sites)
        self._demand_left = max(0.0, float(demand.sum()) - float(capacity[self.must].sum()))
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
        value = float(multipliers.sum() + total[self.must].sum()) + price * self._demand_left
        value += float(np.minimum(reduced, 0.0)[~self.must].sum())
        np.maximum(self.open_bound, value + np.maximum(reduced, 0.0), out=self.open_bound)
        np.maximum(self.closed_bound, value - np.minimum(reduced, 0.0), out=self.closed_bound)
        self.promise += _AVERAGE_WEIGHT * (part - self.promise)
        if value > self.best:
            self.best, self.best_prices = value, multipliers.copy()
            self.picks.append(np.flatnonzero(is_open))
            del self.picks[:-_GOOD_PICKS]
        return -value, part @ share - 1.0

    def _fill_sites(self, prices: Floats) -> tuple[Floats, Floats]:
        """Fill every site with what pays best per unit: worth (n_sites,) and shares (n_sites, n_cells)."""
        gain = self.costs - prices
        np.minimum(gain, 0.0, out=gain)
        # Only so many cells pay at any site: the others need no sorting.
        width = max(1, int(np.count_nonzero(gain, axis=1).max()))
        rate = gain / self._unit
        if width < gain.shape[1]:
            first = np.argpartition(rate, width - 1, axis=1)[:, :width]
            rate = np.take_along_axis(rate, first, axis=1)
            order = np.take_along_axis(first, np.argsort(rate, axis=1), axis=1)
        else:
            order = np.argsort(rate, axis=1)
        flat = order + np.arange(len(gain))[:, None] * gain.shape[1]
        sorted_gain = gain.ravel()[flat]
        wanted = np.where(sorted_gain < 0, self.demand[order], 0.0)
        before = np.cumsum(wanted, axis=1) - wanted
        room = np.clip(self.capacity[:, None] - before, 0.0, wanted)
        sorted_share = np.divide(room, wanted, out=(sorted_gain < 0).astype(np.float64), where=wanted > 0)
        share = np.zeros_like(gain)
        share.ravel()[flat] = sorted_share
        return np.sum(sorted_gain * sorted_share, axis=1), share

    def _open_sites(self, total: Floats) -> tuple[float, Bools, Floats]:
        """Open what pays, and by cost per capacity until all demand fits: price, open sites, shares."""
        capacity, must = self.capacity, self.must
        price, at = 0.0, -1
        left = self._demand_left - float(capacity[(total < 0) & ~must].sum())
        if left > 0:
            able = np.flatnonzero((total >= 0) & ~must & (capacity > 0))
            order = able[np.argsort(total[able] / capacity[able], kind="stable")]
            held = np.cumsum(capacity[order])
            if len(order):
                last = min(int(np.searchsorted(held, left * (1 - 1e-12))), len(order) - 1)
                at = int(order[last])
                price = float(total[at] / capacity[at])
        is_open = must | (total - price * capacity < 0)
        part = is_open.astype(np.float64)
        if at >= 0:
            others = float(capacity[is_open & ~must].sum()) - (capacity[at] if is_open[at] else 0.0)
            part[at] = np.clip((self._demand_left - others) / capacity[at], 0.0, 1.0)
            is_open = is_open.copy()
            is_open[at] = True
        return price, is_open, part
