"""The Lagrangian dual of a problem with years, charger types, groups and every limit.

Rows of single stations stay (CAP, LINK, LEVEL, PERSIST, BAYS, POWER, least power); all others get a price: ASSIGN,
BUDGET, COUNT, GRID, SPACING, RULES, EQUITY, BACKUP. Of LINK each type keeps its own part, that no more than the
whole of a demand is served and nothing by a closed site; that all types of a site together serve no more than the
whole is left to the prices of ASSIGN. At given prices every charger type of every site in every year fills each of
its sizes with the demand that pays most (a fractional knapsack); then each site, by itself, chooses its sizes for
all types and years so that nothing is ever taken down: a dynamic program over years whose states are the sizes of
all types together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.station_states import find_states_below
from chargeplan.solve.staged_states import list_states

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, Ints, PlanProblem

_KEPT_FAMILIES = ("link", "capacity", "level", "persist", "bays", "power")
_AVERAGE_WEIGHT = 0.05
_PICKS = 6


class StagedDual:
    """See the head of this file; the dual of `chargeplan.solve.descent.minimise_dual`.

    Parameters
    ----------
    problem : PlanProblem
        In allocate mode.
    model : LinearModel
        Of the same problem.
    """

    def __init__(self, problem: PlanProblem, model: LinearModel) -> None:
        self.problem, self.model = problem, model
        self.columns = columns = plan_columns(problem)
        staging = problem.staging
        self.n_years, self.n_types = staging.n_years, staging.n_types
        self.n_slots, self.n_levels = problem.level_cost_pkr.shape
        kept = [model.row_families.index(name) for name in _KEPT_FAMILIES if name in model.row_families]
        is_priced = ~np.isin(model.row_family, kept)
        if "rules" in model.row_families:  # least power is a matter of single stations
            first = len(problem.limits.cover_least) + len(problem.limits.total_least) * staging.n_years
            is_priced &= ~(
                (model.row_family == model.row_families.index("rules")) & (model.row_number >= first)
            )
        is_priced &= np.isfinite(model.row_lower) | np.isfinite(model.row_upper)  # others ask for nothing
        self.rows = np.flatnonzero(is_priced)
        self.matrix = sp.csr_array(model.matrix[self.rows])
        self.transposed = sp.csr_array(self.matrix.T)
        low, high = model.row_lower[self.rows], model.row_upper[self.rows]
        self.lower = np.where(np.isfinite(low), -np.inf, 0.0)
        self.upper = np.where(np.isfinite(high), np.inf, 0.0)
        self.side = np.where(np.isfinite(high), high, low)
        self.serve, self.level, self.open = (
            columns.list_columns(name) for name in ("serve", "level", "open")
        )
        is_box = np.ones(model.n_columns, dtype=np.bool_)
        is_box[self.serve] = is_box[self.level] = is_box[self.open] = False
        self.box = np.flatnonzero(is_box)
        slot = problem.pair_site[columns.serve_pair] * self.n_types + columns.serve_type
        pool = columns.serve_year * self.n_slots + slot
        cell = problem.pair_cell[columns.serve_pair]
        kwh = staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
        by_pool = np.argsort(pool, kind="stable")
        by_pool = by_pool[kwh[by_pool] > 0]
        # Serve columns by pool, once for all: each iteration sorts within the pools.
        self.pool_serve, self.pool_kwh = self.serve[by_pool], kwh[by_pool]
        self.twice_pool = 2.0 * pool[by_pool]
        self.n_pools = self.n_years * self.n_slots
        self.pool_last = np.cumsum(np.bincount(pool[by_pool], minlength=self.n_pools))
        self.pool_first = np.concatenate([[0], self.pool_last[:-1]])
        self.level_pool = columns.level_year * self.n_slots + columns.level_slot
        self.level_capacity = problem.level_capacity_kwh_day[columns.level_slot, columns.level_number]
        is_existing = np.repeat(columns.is_existing, self.n_types)
        self.standing_kwh = np.tile(
            np.where(is_existing, problem.existing_capacity_kwh_day, 0.0), self.n_years
        )
        self.states = list_states(problem)
        self.scale = self._choose_scale()
        self.sites = np.unique(columns.open_site)
        self.state_bound = np.full((self.n_years, problem.n_sites, len(self.states.level)), np.inf)
        self.promise = np.zeros((self.n_years, self.n_slots, self.n_levels))
        self.picks: list[tuple[Floats, Ints]] = []
        self._best = np.inf

    def _choose_scale(self) -> Floats:
        """Scale each price by what is at stake in its row over the size of the row, squared."""
        model = self.model
        objective = model.objective
        total = max(float(objective.sum()), 1e-12)
        scale = np.ones(len(self.rows))
        absolute = abs(self.matrix)
        largest = np.asarray(absolute.max(axis=1).todense()).ravel()
        size = np.maximum(np.abs(self.side), np.maximum(largest, 1e-12))
        for number, name in enumerate(model.row_families):
            at = np.flatnonzero(model.row_family[self.rows] == number)
            if len(at) == 0:
                continue
            if name == "assign":
                stake = absolute[at] @ np.abs(objective) / np.maximum(np.diff(self.matrix.indptr)[at], 1)
            elif name in {"budget", "count"}:
                stake = np.full(len(at), total / len(at))
            else:
                stake = np.full(len(at), 0.1 * total / len(at))
            scale[at] = stake / size[at] ** 2
        return scale

    def guess_multipliers(self) -> Floats:
        """Guess half of what demand is worth, and the price of money at which a budget is just spent."""
        multipliers = np.zeros(len(self.rows))
        model = self.model
        if "assign" in model.row_families:
            at = np.flatnonzero(model.row_family[self.rows] == model.row_families.index("assign"))
            best = np.asarray(self.matrix[at].multiply(model.objective).max(axis=1).todense()).ravel()
            multipliers[at] = 0.5 * best
        budget = (
            np.flatnonzero(model.row_family[self.rows] == model.row_families.index("budget"))
            if "budget" in model.row_families
            else np.zeros(0, dtype=np.int64)
        )
        if len(budget) == 0:
            return multipliers
        total = max(float(model.objective.sum()), 1e-12)
        high = total / max(float(self.side[budget[-1]]), 1e-12)
        low = 0.0
        for _ in range(12):  # halvings: a guess, to be refined by the descent
            price = 0.5 * (low + high)
            multipliers[budget] = price / len(budget)
            _, slope = self.evaluate(multipliers, remember=False)
            if slope[budget[-1]] < 0:
                low = price
            else:
                high = price
        return multipliers

    def evaluate(self, multipliers: Floats, *, remember: bool = True) -> tuple[float, Floats]:
        """Compute the bound at some prices, and a subgradient: limits less what is used of them."""
        reduced = self.model.objective - self.transposed @ multipliers
        fill = self._fill(reduced)
        worth = self._rate_levels(fill) + reduced[self.level]
        states, value, through = self._choose_states(worth, reduced[self.open], with_bounds=remember)
        standing = self._rate(fill, np.arange(self.n_pools), self.standing_kwh)
        box = reduced[self.box]
        box_lower, box_upper = self.model.column_lower[self.box], self.model.column_upper[self.box]
        box_values = np.where(box > 0, box_upper, box_lower)
        total = float(multipliers @ self.side) + value + float(standing.sum()) + float(box @ box_values)
        values = self._write_values(fill, states, box_values)
        if remember:
            self._remember(total, states, through, multipliers)
        return total, self.side - self.matrix @ values

    def _fill(self, reduced: Floats) -> _Fill:
        """Sort what each pool can serve by profit per kWh, with running sums; losses count as no profit."""
        profit = np.maximum(reduced[self.pool_serve], 0.0)
        profit /= self.pool_kwh
        largest = max(float(profit.max(initial=0.0)), 1e-300)
        order = np.argsort(self.twice_pool - profit / largest, kind="stable")
        kwh, profit = self.pool_kwh[order], profit[order]
        filled, earned = np.zeros(len(order) + 1), np.zeros(len(order) + 1)
        np.cumsum(kwh, out=filled[1:])
        np.cumsum(kwh * profit, out=earned[1:])
        return _Fill(order, kwh, profit, filled, earned)

    def _rate(self, fill: _Fill, pool: Ints, capacity: Floats) -> Floats:
        """Value what pools serve at most with some capacities."""
        first, last = self.pool_first[pool], self.pool_last[pool]
        reach = fill.filled[first] + capacity
        whole = np.minimum(np.searchsorted(fill.filled, reach, side="right") - 1, last)
        worth = fill.earned[whole] - fill.earned[first]
        part = np.flatnonzero(whole < last)
        at = whole[part]
        worth[part] += np.maximum(reach[part] - fill.filled[at], 0.0) * fill.profit[at]
        return np.asarray(worth, dtype=np.float64)

    def _rate_levels(self, fill: _Fill) -> Floats:
        return self._rate(fill, self.level_pool, self.level_capacity)

    def _choose_states(
        self, worth: Floats, open_worth: Floats, *, with_bounds: bool
    ) -> tuple[Ints, float, Floats | None]:
        """Choose the states of all sites over the years; also the best value through each state."""
        n_sites, states = self.problem.n_sites, self.states
        columns = self.columns
        by_level = np.full((self.n_years, self.n_slots, self.n_levels + 1), -np.inf)
        by_level[:, :, 0] = 0.0
        by_level[columns.level_year, columns.level_slot, columns.level_number + 1] = worth
        by_level = by_level.reshape(self.n_years, n_sites, self.n_types, self.n_levels + 1)
        opening = np.zeros((self.n_years, n_sites))
        opening[columns.open_year, columns.open_site] = open_worth
        value = np.zeros((self.n_years, n_sites, len(states.level)))
        for each in range(self.n_types):
            value += by_level[:, :, each, states.level[:, each] + 1]
        value[:, :, 1:] += opening[:, :, None]
        value = np.where(states.is_allowed[None], value, -np.inf)
        is_new = np.zeros(n_sites, dtype=np.bool_)
        is_new[self.sites] = True
        value[:, ~is_new] = -np.inf
        value[:, ~is_new, 0] = 0.0
        best_until = np.empty_like(value)
        best_until[0] = value[0]
        for year in range(1, self.n_years):
            best_until[year] = value[year] + self._take_best_below(best_until[year - 1])
        chosen = np.zeros((self.n_years, n_sites), dtype=np.int64)
        chosen[-1] = np.argmax(best_until[-1], axis=1)
        best = best_until[-1][np.arange(n_sites), chosen[-1]]
        for year in range(self.n_years - 2, -1, -1):
            is_below = find_states_below(states.level, states.level[chosen[year + 1]])
            chosen[year] = np.argmax(np.where(is_below, best_until[year], -np.inf), axis=1)
        through = None
        if with_bounds:
            after = np.zeros_like(value)
            for year in range(self.n_years - 2, -1, -1):
                after[year] = self._take_best_above(value[year + 1] + after[year + 1])
            through = best_until + after - np.where(np.isfinite(best), best, 0.0)[None, :, None]
        return chosen, float(best.sum()), through

    def _shape(self, values: Floats) -> Floats:
        return values.reshape((len(values), *self.states.shape))

    def _take_best_below(self, values: Floats) -> Floats:
        """Take the best over all states from which a site may come into each state."""
        best = self._shape(values)
        for axis in range(1, self.n_types + 1):
            best = np.maximum.accumulate(best, axis=axis)
        return best.reshape(values.shape)

    def _take_best_above(self, values: Floats) -> Floats:
        """Take the best over all states into which a site may come from each state."""
        best = self._shape(values)
        for axis in range(1, self.n_types + 1):
            best = np.flip(np.maximum.accumulate(np.flip(best, axis), axis=axis), axis)
        return best.reshape(values.shape)

    def find_levels(self, states: Ints) -> Ints:
        """Find the level of each slot in chosen states, shape (n_years, n_slots), -1 where none."""
        return self.states.level[states].reshape(self.n_years, self.n_slots)

    def _write_values(self, fill: _Fill, states: Ints, box_values: Floats) -> Floats:
        """Write what the relaxed problem does as values of all columns."""
        values = np.zeros(self.model.n_columns)
        levels = self.find_levels(states)
        year, slot = np.nonzero(levels >= 0)
        values[self.columns.level_of[year, slot, levels[year, slot]]] = 1.0
        year, site = np.nonzero(states > 0)
        values[self.columns.open_of[year, site]] = 1.0
        values[self.box] = box_values
        capacity = self.standing_kwh.copy()
        chosen = np.flatnonzero(levels.ravel() >= 0)
        capacity[chosen] = self.problem.level_capacity_kwh_day[chosen % self.n_slots, levels.ravel()[chosen]]
        pools = np.flatnonzero(capacity > 0)
        first, size = self.pool_first[pools], self.pool_last[pools] - self.pool_first[pools]
        ends = np.cumsum(size)
        at = np.arange(int(size.sum())) + np.repeat(first - (ends - size), size)
        at = at[fill.profit[at] > 0]
        pool = np.searchsorted(self.pool_last, at, side="right")
        room = capacity[pool] - (fill.filled[at] - fill.filled[self.pool_first[pool]])
        values[self.pool_serve[fill.order[at]]] = np.clip(room, 0.0, fill.kwh[at]) / fill.kwh[at]
        return values

    def _remember(self, total: float, states: Ints, through: Floats | None, multipliers: Floats) -> None:
        if not np.isfinite(total):  # says nothing, neither of the whole nor of any station
            return
        if through is not None:
            np.fmin(self.state_bound, total + through, out=self.state_bound)
        self.promise *= 1.0 - _AVERAGE_WEIGHT
        levels = self.find_levels(states)
        year, slot = np.nonzero(levels >= 0)
        self.promise[year, slot, levels[year, slot]] += _AVERAGE_WEIGHT
        if total < self._best:
            self._best = total
            self.picks.append((multipliers.copy(), states.copy()))
            del self.picks[:-_PICKS]

    def price_levels(self, multipliers: Floats) -> Floats:
        """Value each level column by what it can earn at the prices of the demand alone.

        For choosing stations within all rows of the sites themselves: the prices of those rows are left out.
        """
        prices = np.where(np.abs(self.matrix[:, self.serve]).sum(axis=1) > 0, multipliers, 0.0)
        reduced = self.model.objective - self.transposed @ prices
        return self._rate_levels(self._fill(reduced))


@dataclass(frozen=True, slots=True, eq=False)
class _Fill:
    """What each pool (year and slot) can serve, most profitable first."""

    order: Ints  # rows of the dual's table of serve columns
    kwh: Floats
    profit: Floats
    filled: Floats  # running demand over all pools, one more entry than rows
    earned: Floats
