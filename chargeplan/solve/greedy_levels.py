"""Greedy plans for allocate mode: the station or the enlargement of most worth per rupee, again and again."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.plan import (
    compute_cost_pkr,
    compute_site_capacity_kwh_day,
    count_new_sites,
    find_allowed_levels,
)

_LEAST_WORTH_SHARE = 1e-9


class LevelGreedy:
    """Stations that take the demand no other has taken, best quality first.

    Worth of a site and level is what it would serve of the demand still unserved; after each
    choice only the sites that share a cell with the chosen one are valued again.

    Parameters
    ----------
    problem : PlanProblem
    cell_price : ndarray, shape (n_cells,), optional
        Price per kWh of each cell's demand, such as a share of the multipliers of a bound: keeps
        a station from taking demand that others serve more easily. Zero when not given.
    """

    def __init__(self, problem: PlanProblem, *, cell_price: Floats | None = None) -> None:
        self.problem = problem
        profit = problem.pair_quality if cell_price is None else _price(problem, cell_price)
        useful = np.flatnonzero((profit > 0) & (problem.demand_kwh_day[problem.pair_cell] > 0))
        order = np.lexsort((useful, -profit[useful], problem.pair_site[useful]))
        self.pair = useful[order]
        self.cell, self.profit = problem.pair_cell[self.pair], profit[self.pair]
        self.offsets = _offsets(problem.pair_site[self.pair], problem.n_sites)
        by_cell = np.argsort(self.cell, kind="stable")
        self.site_by_cell = problem.pair_site[self.pair][by_cell]
        self.cell_offsets = _offsets(self.cell[by_cell], problem.n_cells)
        self.allowed = find_allowed_levels(problem)
        self.tolerance = _LEAST_WORTH_SHARE * max(1.0, float(problem.demand_kwh_day.sum()))

    def grow(self, level_pos: Ints, pair_kwh_day: Floats) -> tuple[Ints, Floats]:
        """Add to a plan while something useful is affordable.

        Parameters
        ----------
        level_pos : ndarray of int64, shape (n_sites,)
        pair_kwh_day : ndarray, shape (k,)
            Energy each pair serves.

        Returns
        -------
        level_pos, pair_kwh_day
            The larger plan; what was served before is served as before.
        """
        problem = self.problem
        level_pos, flow = level_pos.copy(), pair_kwh_day.copy()
        self.left = problem.demand_kwh_day - np.bincount(problem.pair_cell, flow, problem.n_cells)
        np.maximum(self.left, 0.0, out=self.left)
        used = np.asarray(np.bincount(problem.pair_site, flow, problem.n_sites), dtype=np.float64)
        capacity = compute_site_capacity_kwh_day(problem, level_pos)
        for started in np.flatnonzero(capacity > used):
            self._fill(int(started), capacity, used, flow)
        left_pkr = problem.budget_pkr - compute_cost_pkr(problem, level_pos)
        left_sites = problem.n_sites
        if problem.max_sites >= 0:
            left_sites = problem.max_sites - count_new_sites(problem, level_pos)
        worth = self._rate(np.arange(problem.n_sites), used)
        while True:
            site, level = self._pick(worth, level_pos, left_pkr, left_sites)
            if site < 0:
                return level_pos, flow
            left_pkr -= self._extra_cost(level_pos)[site, level]
            left_sites -= int(level_pos[site] < 0)
            level_pos[site] = level
            capacity[site] = problem.level_capacity_kwh_day[site, level]
            touched = self._fill(site, capacity, used, flow)
            changed = np.union1d(self._sites_of(touched), [site])
            worth[changed] = self._rate(changed, used)

    def _pick(self, worth: Floats, level_pos: Ints, left_pkr: float, left_sites: int) -> tuple[int, int]:
        """Pick the affordable site and level of most worth per cost (most worth without a budget)."""
        extra_pkr = self._extra_cost(level_pos)
        is_useful = self.allowed & (worth > self.tolerance) & (extra_pkr <= left_pkr)
        is_useful &= np.arange(worth.shape[1]) > level_pos[:, None]
        if left_sites <= 0:
            is_useful &= (level_pos >= 0)[:, None]
        if not is_useful.any():
            return -1, -1
        has_budget = np.isfinite(self.problem.budget_pkr)
        score = worth / np.maximum(extra_pkr, 1e-6) if has_budget else worth
        best = int(np.argmax(np.where(is_useful, score, -np.inf)))
        return best // worth.shape[1], best % worth.shape[1]

    def _extra_cost(self, level_pos: Ints) -> Floats:
        cost = self.problem.level_cost_pkr
        sites = np.arange(len(cost))
        return cost - np.where(level_pos >= 0, cost[sites, np.maximum(level_pos, 0)], 0.0)[:, None]

    def _rate(self, sites: Ints, used: Floats) -> Floats:
        """Value the unserved demand that some sites would take at every level, shape (n, n_levels)."""
        start, end = self.offsets[sites], self.offsets[sites + 1]
        size = end - start
        ends = np.cumsum(size)
        first = ends - size
        at = np.arange(ends[-1]) + np.repeat(start - first, size)
        kwh_day = self.left[self.cell[at]]
        filled = np.concatenate([[0.0], np.cumsum(kwh_day)])
        earned = np.concatenate([[0.0], np.cumsum(kwh_day * self.profit[at])])
        room = np.maximum(self.problem.level_capacity_kwh_day[sites] - used[sites][:, None], 0.0)
        reach = filled[first][:, None] + room
        whole = np.minimum(
            np.searchsorted(filled, reach.ravel(), side="right") - 1, np.repeat(ends, reach.shape[1])
        )
        worth = earned[whole] - np.repeat(earned[first], reach.shape[1])
        part = np.flatnonzero(whole < np.repeat(ends, reach.shape[1]))
        worth[part] += (reach.ravel()[part] - filled[whole[part]]) * self.profit[at[whole[part]]]
        return np.asarray(worth.reshape(reach.shape), dtype=np.float64)

    def _fill(self, site: int, capacity: Floats, used: Floats, flow: Floats) -> Ints:
        """Serve unserved demand from a site up to its capacity; return the cells it took from."""
        at = np.arange(self.offsets[site], self.offsets[site + 1])
        kwh_day = self.left[self.cell[at]]
        before = np.cumsum(kwh_day) - kwh_day
        taken = np.clip(capacity[site] - used[site] - before, 0.0, kwh_day)
        took = np.flatnonzero(taken > 0)
        cells = self.cell[at[took]]
        flow[self.pair[at[took]]] += taken[took]
        self.left[cells] -= taken[took]
        used[site] += taken.sum()
        return cells

    def _sites_of(self, cells: Ints) -> Ints:
        start = self.cell_offsets[cells]
        size = self.cell_offsets[cells + 1] - start
        ends = np.cumsum(size)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - size), size)
        return np.unique(self.site_by_cell[at])


def open_required_sites(problem: PlanProblem) -> Ints:
    """Open every required site at its cheapest level, shape (n_sites,)."""
    cost = np.where(find_allowed_levels(problem), problem.level_cost_pkr, np.inf)
    must: Bools = problem.is_forced_open & problem.is_counted
    return np.where(must, np.argmin(cost, axis=1), -1).astype(np.int64)


def _price(problem: PlanProblem, cell_price: Floats) -> Floats:
    return problem.pair_quality - cell_price[problem.pair_cell]


def _offsets(rows: Ints, n_rows: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))]).astype(np.int64)
