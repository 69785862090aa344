"""A plan inside the search: which sites open at which level, and who serves whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.words import PlanMode

RULE_RELATIVE_TOLERANCE = 1e-9
MONEY_TOLERANCE_PKR = 0.25  # half of what the independent check accepts, which adds up in its own order


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan of a `PlanProblem`.

    Parameters
    ----------
    level_pos : ndarray of int64, shape (n_sites,)
        Row of ``problem.level_chargers`` at a new station, -1 where there is none. Existing
        sites have -1: they are always open and their size is given.
    pair_share : ndarray, shape (k,)
        Share of the cell's demand served by each pair, 0 to 1.
    objective_kwh_day : float
        Quality-weighted demand served, kWh per day.
    """

    level_pos: Ints
    pair_share: Floats
    objective_kwh_day: float


def make_plan(problem: PlanProblem, level_pos: Ints, pair_share: Floats) -> Plan:
    """Make a plan, with its objective computed from the shares."""
    return Plan(level_pos.copy(), pair_share.copy(), compute_objective_kwh_day(problem, pair_share))


def compute_objective_kwh_day(problem: PlanProblem, pair_share: Floats) -> float:
    """Compute the quality-weighted demand served, kWh per day."""
    demand = problem.demand_kwh_day[problem.pair_cell]
    return float(np.sum(demand * problem.pair_quality * pair_share))


def find_existing_sites(problem: PlanProblem) -> Bools:
    """Tell which sites already stand, shape (n_sites,)."""
    return problem.is_forced_open & ~problem.is_counted


def find_required_sites(problem: PlanProblem) -> Bools:
    """Tell which sites must get a new station, shape (n_sites,)."""
    return problem.is_forced_open & problem.is_counted


def find_allowed_levels(problem: PlanProblem) -> Bools:
    """Tell which levels a new station may have, shape (n_sites, n_levels); none at existing sites."""
    may_be_new = problem.is_open_allowed & ~find_existing_sites(problem)
    return problem.level_allowed & may_be_new[:, None]


def find_open_sites(problem: PlanProblem, level_pos: Ints) -> Bools:
    """Tell which sites serve demand, existing ones included, shape (n_sites,)."""
    return (level_pos >= 0) | find_existing_sites(problem)


def compute_cost_pkr(problem: PlanProblem, level_pos: Ints) -> float:
    """Compute the cost of the new stations."""
    new = np.flatnonzero(level_pos >= 0)
    return float(problem.level_cost_pkr[new, level_pos[new]].sum())


def count_new_sites(problem: PlanProblem, level_pos: Ints) -> int:
    """Count the stations that count against ``max_sites``."""
    return int(np.count_nonzero((level_pos >= 0) & problem.is_counted))


def compute_site_capacity_kwh_day(problem: PlanProblem, level_pos: Ints) -> Floats:
    """Compute what each site can deliver, shape (n_sites,): 0 where closed, infinite in cover mode."""
    is_new = level_pos >= 0
    existing = find_existing_sites(problem)
    if problem.mode is PlanMode.COVER:
        return np.where(is_new | existing, np.inf, 0.0)
    capacity = np.where(existing, problem.existing_capacity_kwh_day, 0.0)
    capacity[is_new] = problem.level_capacity_kwh_day[is_new, level_pos[is_new]]
    return capacity


def read_level_pos(problem: PlanProblem, chargers: Ints) -> Ints | None:
    """Read the levels of new stations from their chargers, shape (n_sites,); None where one is not offered."""
    level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
    is_new = (chargers > 0) & ~find_existing_sites(problem)
    found = np.searchsorted(problem.level_chargers, chargers[is_new])
    found = np.minimum(found, len(problem.level_chargers) - 1)
    level_pos[is_new] = found
    is_offered = bool(np.all(problem.level_chargers[found] == chargers[is_new]))
    is_allowed = bool(np.all(find_allowed_levels(problem)[is_new, found]))
    return level_pos if is_offered and is_allowed else None


def count_chargers(problem: PlanProblem, level_pos: Ints) -> Ints:
    """Count the chargers at each site, existing ones included, shape (n_sites,)."""
    chargers = np.where(find_existing_sites(problem), problem.existing_chargers, 0)
    is_new = level_pos >= 0
    chargers[is_new] = problem.level_chargers[level_pos[is_new]]
    return np.asarray(chargers, dtype=np.int64)


def find_broken_rules(problem: PlanProblem, plan: Plan) -> tuple[str, ...]:
    """Name every rule of the problem that a plan breaks; empty when the plan is feasible.

    Sums may exceed a limit by a relative 1e-9, the rounding of floating point; the cost by no
    more than 0.25 PKR besides.
    """
    level_pos, share = plan.level_pos, plan.pair_share
    slack = 1.0 + RULE_RELATIVE_TOLERANCE
    is_new = np.flatnonzero(level_pos >= 0)
    is_open = find_open_sites(problem, level_pos)
    served_kwh_day = problem.demand_kwh_day[problem.pair_cell] * share
    cell_share = np.bincount(problem.pair_cell, share, problem.n_cells)
    site_kwh_day = np.bincount(problem.pair_site, served_kwh_day, problem.n_sites)
    capacity = compute_site_capacity_kwh_day(problem, level_pos)
    objective = compute_objective_kwh_day(problem, share)
    is_limited = np.isfinite(capacity)
    rounding_pkr = min(MONEY_TOLERANCE_PKR, problem.budget_pkr * RULE_RELATIVE_TOLERANCE)
    too_many = 0 <= problem.max_sites < count_new_sites(problem, level_pos)
    rules = {
        "shares lie between 0 and 1": np.all((share >= 0) & (share <= slack)),
        "assign: no cell is served more than once": np.all(cell_share <= slack),
        "link: closed sites serve nothing": np.all(share[~is_open[problem.pair_site]] == 0),
        "capacity of each site": np.all(site_kwh_day[is_limited] <= capacity[is_limited] * slack + 1e-9),
        "levels are allowed": np.all(find_allowed_levels(problem)[is_new, level_pos[is_new]]),
        "required sites are open": np.all(is_open[problem.is_forced_open]),
        "budget": compute_cost_pkr(problem, level_pos) <= problem.budget_pkr + rounding_pkr,
        "count of new sites": not too_many,
        "objective is that of the shares": abs(objective - plan.objective_kwh_day)
        <= 1e-9 * max(objective, 1.0),
    }
    return tuple(rule for rule, holds in rules.items() if not holds)
