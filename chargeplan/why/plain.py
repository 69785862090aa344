"""A plain plan in hand: what it loses without a station, and who takes the station's place best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import DataError
from chargeplan.solve.deadline import is_over
from chargeplan.solve.plan import (
    MONEY_TOLERANCE_PKR,
    Plan,
    compute_cost_pkr,
    count_new_sites,
    find_allowed_levels,
    find_required_sites,
    make_plan,
)
from chargeplan.solve.settle import fit_shares
from chargeplan.sweep.carry import read_plan
from chargeplan.why.answers import Neighbour
from chargeplan.why.prices import Prices, bound_gain_kwh_day, compute_prices

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, PlanProblem, Solution
    from chargeplan.solve.deadline import Deadline

# Beside the size of a plan this is the rounding of a transport problem, not a gain.
_SAME_SHARE = 1e-9


class PlainHand:
    """The plan of a plain problem.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution

    Raises
    ------
    DataError
        When the solution is no plan of the problem.
    """

    def __init__(self, problem: PlanProblem, solution: Solution) -> None:
        plan = read_plan(problem, solution)
        if plan is None:
            raise DataError("the plan of the run breaks a rule of its problem; run the study again")
        self.problem, self.plan = problem, plan
        self.allowed = find_allowed_levels(problem)
        self._prices: Prices | None = None
        by_site = np.argsort(problem.pair_site, kind="stable")
        ends = np.cumsum(np.bincount(problem.pair_site, minlength=problem.n_sites))
        self._pairs = np.split(by_site, ends[:-1])

    @property
    def prices(self) -> Prices:
        """Prices of the whole plan."""
        if self._prices is None:
            self._prices = compute_prices(self.problem, self.plan.level_pos)
        return self._prices

    @property
    def left_pkr(self) -> float:
        """Money that the plan leaves."""
        return self.problem.budget_pkr - compute_cost_pkr(self.problem, self.plan.level_pos)

    def close(self, site: int) -> float:
        """Compute what the other stations serve when one closes, kWh per day."""
        return self._serve(self._without(site))

    def open_cheapest(self, site: int, forced: PlanProblem) -> float:
        """Compute what is served with the cheapest station at a closed site too, kWh per day; NaN when none fits.

        `forced` is the problem that requires a station there.
        """
        problem, level_pos = self.problem, self.plan.level_pos.copy()
        cost = np.where(self.allowed[site], problem.level_cost_pkr[site], math.inf)
        level_pos[site] = int(np.argmin(cost))
        is_too_many = 0 <= forced.max_sites < count_new_sites(forced, level_pos)
        if is_too_many or not cost.min() <= self.left_pkr + MONEY_TOLERANCE_PKR:
            return math.nan
        return self._serve(level_pos)

    def make_start(self, site: int) -> Plan:
        """Make the plan without a station, for a search that forbids it."""
        level_pos = self._without(site)
        return make_plan(self.problem, level_pos, fit_shares(self.problem, level_pos))

    def bound_gain(self, site: int) -> float:
        """Bound what a station of the largest size at a closed site adds to the plan, were it free."""
        allowed = np.flatnonzero(self.allowed[site])
        if len(allowed) == 0:
            return 0.0
        capacity = float(self.problem.level_capacity_kwh_day[site, allowed].max())
        gain = bound_gain_kwh_day(self.problem, self.prices, self._pairs[site], capacity)
        rounding = _SAME_SHARE * max(self.prices.bound_kwh_day, 1.0)
        return gain if gain > rounding else 0.0

    def find_neighbour(self, site: int, *, deadline: Deadline) -> Neighbour:
        """Find the closed site that takes a station's place best, by the largest station that money allows.

        The sites are tried in the order of a bound on what each can add; one whose bound is below what
        is already found ends the search with the proof.
        """
        problem, base = self.problem, self._without(site)
        prices = compute_prices(problem, base)
        nothing = self._serve(base)
        rounding = _SAME_SHARE * max(self.plan.objective_kwh_day, 1.0)
        level = self._choose_levels(base, site)
        bounds = np.full(problem.n_sites, -math.inf)
        for each in np.flatnonzero(level >= 0).tolist():
            capacity = float(problem.level_capacity_kwh_day[each, level[each]])
            gain = bound_gain_kwh_day(problem, prices, self._pairs[each], capacity)
            bounds[each] = prices.bound_kwh_day + gain
        best, best_site, is_proven = nothing + rounding, -1, True
        for each in np.argsort(-bounds, kind="stable").tolist():
            if bounds[each] <= best:
                break
            if is_over(deadline):
                is_proven = False
                break
            level_pos = base.copy()
            level_pos[each] = level[each]
            served = self._serve(level_pos)
            if served > best:
                best, best_site = served, each
        served = best if best_site >= 0 else nothing
        chargers = int(problem.level_chargers[level[best_site]]) if best_site >= 0 else 0
        return Neighbour(best_site, chargers, self.plan.objective_kwh_day - served, is_proven)

    def _choose_levels(self, base: Ints, site: int) -> Ints:
        """Choose for each closed site the affordable level that delivers most, the cheaper of equals."""
        problem = self.problem
        left = problem.budget_pkr - compute_cost_pkr(problem, base) + MONEY_TOLERANCE_PKR
        level = np.full(problem.n_sites, -1, dtype=np.int64)
        if 0 <= problem.max_sites <= count_new_sites(problem, base):
            return level
        fits = self.allowed & (problem.level_cost_pkr <= left)
        fits[base >= 0] = False
        fits[site] = False
        worth: Floats = np.where(fits, problem.level_capacity_kwh_day, -np.inf)
        cost = np.where(worth == worth.max(axis=1, keepdims=True), problem.level_cost_pkr, np.inf)
        has = fits.any(axis=1)
        level[has] = np.argmin(np.where(fits, cost, np.inf), axis=1)[has]
        return level

    def _without(self, site: int) -> Ints:
        level_pos = self.plan.level_pos.copy()
        level_pos[site] = -1
        return level_pos

    def _serve(self, level_pos: Ints) -> float:
        share = fit_shares(self.problem, level_pos)
        return make_plan(self.problem, level_pos, share).objective_kwh_day

    def is_required(self, site: int) -> bool:
        """Tell whether the planner requires a new station at a site."""
        return bool(find_required_sites(self.problem)[site])
