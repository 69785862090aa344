"""A lower bound of the least money, by arithmetic alone: what the target costs when demand has a price.

Each kWh of useful service below the target costs the planner so many PKR, and each kWh of a cell's demand has a
price that whoever serves it pays. At any such prices, >= 0, every station chooses its size for itself, and
what all of them earn, taken from what the target is worth, is a bound of the money of every plan (Lagrange;
Geoffrion 1974). Limits on places, zones and the grid are left out, which may only lower it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.records import TARGET_TOLERANCE
from chargeplan.solve.cheapest_money import compute_target_kwh_day
from chargeplan.solve.deadline import is_over
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.plan import find_existing_sites, find_required_sites

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, PlanProblem
    from chargeplan.solve.deadline import Deadline

_ROUNDING_SHARE = 1e-9
_HALVINGS = 50
_WARM_HALVINGS = 24
_WARM_FACTOR = 1.3
_STEPS = DescentOptions(first_step=0.5, patience=12)
_HOPED_GROWTH = 1.02  # a bound is hoped to grow by this when nobody knows a plan's cost
_LEAST_GROWTH = 1e-5  # prices of demand that bring no more are left as they are
_LARGEST_PRICE_FACTOR = 1e3


def bound_least_money_pkr(
    problem: PlanProblem,
    *,
    plan_cost_pkr: float = np.inf,
    max_iterations: int = 80,
    deadline: Deadline | None = None,
) -> float:
    """Bound from below what any plan costs that reaches the target, in PKR.

    Parameters
    ----------
    problem : PlanProblem
        With a ``target_share``; its budget is not looked at.
    plan_cost_pkr : float
        Cost of a plan that reaches the target; guides the steps. Infinite when none is known.
    max_iterations : int
        Steps of the prices; with 0 of them demand costs nothing and is counted at every station in reach.
    deadline : Deadline, optional

    Returns
    -------
    float
        Of several years the dearest: what stands in one year is paid for by the last.
    """
    duals = [MoneyDual(problem, year) for year in range(problem.staging.n_years)]
    first: list[float] = []
    for dual in duals:
        if first and is_over(deadline):
            break
        first.append(-dual.evaluate(np.zeros(len(dual.lower)))[0])
    at = int(np.argmax(first))
    bound_pkr = first[at]
    if max_iterations > 0 and not is_over(deadline):
        known = np.isfinite(plan_cost_pkr)
        target_pkr = plan_cost_pkr if known else _HOPED_GROWTH * max(bound_pkr, 1e-9)
        for _ in range(1 if known else 4):  # a hope that was reached is raised
            value, _, _ = minimise_dual(
                duals[at],
                duals[at].best_prices,
                target=-target_pkr,
                max_iterations=max_iterations if known else max_iterations // 4,
                deadline=deadline,
                options=_STEPS,
            )
            if not known and -value <= bound_pkr * (1 + _LEAST_GROWTH):
                break
            bound_pkr = max(bound_pkr, -value)
            target_pkr = max(target_pkr, _HOPED_GROWTH * bound_pkr)
    return max(bound_pkr * (1 - _ROUNDING_SHARE), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Fill:
    """Every station filled with the demand that pays most; flows in the order of filling."""

    flow: Ints
    before_kwh_day: Floats  # filled into the same station before each flow
    worth: Floats  # of every slot and level, shape (n_slots, n_levels)
    existing_worth: float


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """The stations that pay at a price of the target."""

    level: Ints  # of every slot, -1 without
    worth: float
    earned_pkr: float


class MoneyDual:
    """Minus the bound of one year as a function of what a kWh of each cell's demand costs.

    The prices are in units of the target's, so that 0 to 1 is their range; the price of the target is the best
    for them, found by halving.

    Parameters
    ----------
    problem : PlanProblem
    year : int
        Row of the year.
    """

    def __init__(self, problem: PlanProblem, year: int) -> None:
        staging = problem.staging
        self.problem, self.n_types = problem, staging.n_types
        self.target_kwh_day = float(compute_target_kwh_day(problem)[year]) * (1 - TARGET_TOLERANCE)
        demand = staging.unit_kwh_day[year].ravel()
        self.demand_kwh_day = demand
        group, kind = np.nonzero(staging.can_use)
        pair = np.repeat(np.arange(problem.n_pairs), len(group))
        group, kind = np.tile(group, problem.n_pairs), np.tile(kind, problem.n_pairs)
        unit = problem.pair_cell[pair] * staging.n_groups + group
        slot = problem.pair_site[pair] * staging.n_types + kind
        existing = find_existing_sites(problem)
        may_open = (
            problem.level_allowed & np.repeat(problem.is_open_allowed & ~existing, self.n_types)[:, None]
        )
        stands = np.repeat(existing, self.n_types) & (problem.existing_capacity_kwh_day > 0)
        used = np.flatnonzero((may_open.any(axis=1) | stands)[slot] & (demand[unit] > 0))
        used = used[np.argsort(slot[used], kind="stable")]
        self.unit, self.slot = unit[used], slot[used]
        self.quality, self.kwh_day = problem.pair_quality[pair[used]], demand[unit[used]]
        self.cost_pkr = np.where(may_open, problem.level_cost_pkr, np.inf)
        self.capacity = np.where(may_open, problem.level_capacity_kwh_day, 0.0)
        self.existing_capacity = np.where(stands, problem.existing_capacity_kwh_day, 0.0)
        self.open_cost_pkr = np.where(existing, 0.0, staging.open_cost_pkr)
        has_level = may_open.any(axis=1).reshape(problem.n_sites, self.n_types).any(axis=1)
        self.is_required = find_required_sites(problem) & has_level
        self.lower = np.zeros(len(demand))
        self.upper = np.zeros(len(demand))
        np.maximum.at(self.upper, self.unit, self.quality)
        self.scale = np.divide(1.0, demand, out=np.zeros(len(demand)), where=demand > 0)
        self.price = 0.0
        self.best_prices, self._best = self.lower, np.inf

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Return minus the bound at some prices of demand, and a subgradient."""
        fill = self._fill(multipliers)
        missing = self.target_kwh_day - float(self.demand_kwh_day @ multipliers) - fill.existing_worth
        little, enough, price = self._price_target(fill.worth, missing)
        self.price = price
        value = missing * price - enough.earned_pkr
        share = 1.0
        if enough.worth > little.worth:
            share = float(np.clip((missing - little.worth) / (enough.worth - little.worth), 0.0, 1.0))
        served = share * self._serve(fill, enough) + (1 - share) * self._serve(fill, little)
        if -value < self._best:
            self._best, self.best_prices = -value, multipliers.copy()
        return -value, price * (self.demand_kwh_day - served)

    def _fill(self, multipliers: Floats) -> _Fill:
        """Fill every slot at every level with the demand of most worth above its price."""
        profit = self.quality - multipliers[self.unit]
        flow = np.flatnonzero(profit > 0)
        flow = flow[np.argsort(2.0 * self.slot[flow] - profit[flow], kind="stable")]
        profit, kwh_day = profit[flow], self.kwh_day[flow]
        n_slots = len(self.existing_capacity)
        ends = np.cumsum(np.bincount(self.slot[flow], minlength=n_slots))
        first = np.concatenate([[0], ends[:-1]])
        filled = np.concatenate([[0.0], np.cumsum(kwh_day)])
        earned = np.concatenate([[0.0], np.cumsum(kwh_day * profit)])
        capacity = np.column_stack([self.capacity, self.existing_capacity])
        reach = filled[first][:, None] + capacity
        n_whole = np.minimum(np.searchsorted(filled, reach, side="right") - 1, ends[:, None])
        worth = earned[n_whole] - earned[first][:, None]
        part = n_whole < ends[:, None]
        worth[part] += (reach[part] - filled[n_whole[part]]) * profit[n_whole[part]]
        return _Fill(flow, filled[:-1] - filled[first][self.slot[flow]], worth[:, :-1], worth[:, -1].sum())

    def _price_target(self, worth: Floats, missing_kwh_day: float) -> tuple[_Choice, _Choice, float]:
        """Find the price at which what is missing just pays: the choices on both sides of it, and the price."""
        low, high = 0.0, self.price
        little = enough = self._choose(worth, 0.0)
        if little.worth >= missing_kwh_day:
            return little, enough, 0.0
        halvings = _HALVINGS
        if self.price > 0:
            warm = self._choose(worth, self.price / _WARM_FACTOR)
            if warm.worth < missing_kwh_day:
                low, little, high, halvings = (
                    self.price / _WARM_FACTOR, warm, self.price * _WARM_FACTOR, _WARM_HALVINGS,
                )  # fmt: skip
        largest = self._find_largest_price(worth)
        high = min(high if high > 0 else largest, largest)
        enough = self._choose(worth, high)
        while enough.worth < missing_kwh_day and high < largest:
            low, little, high = high, enough, min(2.0 * high, largest)
            enough = self._choose(worth, high)
        if enough.worth < missing_kwh_day:  # beyond what all stations serve: any price holds
            return enough, enough, high
        for _ in range(halvings):
            price = 0.5 * (low + high)
            choice = self._choose(worth, price)
            if choice.worth >= missing_kwh_day:
                high, enough = price, choice
            else:
                low, little = price, choice
            if low >= high * (1 - 1e-12):
                break
        return little, enough, high

    def _find_largest_price(self, worth: Floats) -> float:
        """Find a price at which every station of any use pays."""
        useful = np.isfinite(self.cost_pkr) & (worth > 1e-12 * max(float(worth.max(initial=0.0)), 1e-300))
        if not useful.any():
            return 0.0
        opening = np.repeat(self.open_cost_pkr, self.n_types)[:, None]
        ratio = (self.cost_pkr + opening)[useful] / worth[useful]
        return _LARGEST_PRICE_FACTOR * float(ratio.max())

    def _choose(self, worth: Floats, price: float) -> _Choice:
        """Let every site choose its levels for itself."""
        net = price * worth - self.cost_pkr
        slots = np.arange(len(net))
        level = net.argmax(axis=1)
        best = net[slots, level].reshape(-1, self.n_types)
        paid = np.maximum(best, 0.0).sum(axis=1)
        must = self.is_required & (paid <= 0)  # the least loss of those that must stand
        paid[must] = best[must].max(axis=1)
        paid -= self.open_cost_pkr
        is_open = (paid > 0) | self.is_required
        is_taken = (best > 0) & is_open[:, None]
        is_taken[np.flatnonzero(must), best[must].argmax(axis=1)] = True
        chosen = np.where(is_taken.ravel(), level, -1)
        at = np.flatnonzero(chosen >= 0)
        return _Choice(chosen, float(worth[at, chosen[at]].sum()), float(paid[is_open].sum()))

    def _serve(self, fill: _Fill, choice: _Choice) -> Floats:
        """Sum what the chosen levels and existing stations serve of each cell and group, kWh per day."""
        slots = np.arange(len(choice.level))
        chosen = self.capacity[slots, np.maximum(choice.level, 0)]
        capacity = np.where(choice.level >= 0, chosen, self.existing_capacity)
        kwh_day = np.minimum(
            np.maximum(capacity[self.slot[fill.flow]] - fill.before_kwh_day, 0.0), self.kwh_day[fill.flow]
        )
        return np.bincount(self.unit[fill.flow], kwh_day, len(self.demand_kwh_day)).astype(np.float64)
