"""What the plans and bounds of neighbouring points prove about each other.

Where a larger value only widens a limit (budget, number of sites), every plan for a smaller value
is a plan for a larger one, so that the best plans never get worse along the curve; and a bound for
a larger value holds for a smaller one. The searches of single points know neither; here it is made
true, with nothing but plans that keep the rules and bounds that are proven.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chargeplan.errors import SolversDisagreeError
from chargeplan.records import PROOF_TOLERANCE, Ints, PlanProblem, Solution, compute_gap
from chargeplan.solve.plan import (
    Plan,
    compute_cost_pkr,
    find_broken_rules,
    read_level_pos,
)
from chargeplan.solve.progress import CONTRADICTION_SHARE
from chargeplan.solve.settle import settle_plan
from chargeplan.words import Outcome

_SAME_WORTH_SHARE = 1e-12
_LEAST_SAVING_PKR = 0.5
_PROOF = "proof"


@dataclass(slots=True)
class Solved:
    """A point of the curve with a plan.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
    """

    problem: PlanProblem
    solution: Solution


def read_plan(problem: PlanProblem, solution: Solution) -> Plan | None:
    """Read the plan of a solution in a problem with the same sites and pairs; None when it breaks a rule."""
    level_pos = read_level_pos(problem, solution.chargers)
    if level_pos is None or len(solution.pair_share) != problem.n_pairs:
        return None
    plan = Plan(level_pos, solution.pair_share, solution.objective_kwh_day)
    return None if find_broken_rules(problem, plan) else plan


def make_start(problem: PlanProblem, solution: Solution | None) -> Plan | None:
    """Make the plan a search may start from out of a neighbour's; None when it keeps not every rule here.

    The shares are fitted anew, so that the two problems may differ in pairs and sizes.
    """
    if solution is None:
        return None
    level_pos = read_level_pos(problem, solution.chargers)
    if level_pos is None:
        return None
    bare = Plan(level_pos, np.zeros(problem.n_pairs), 0.0)
    return None if find_broken_rules(problem, bare) else settle_plan(problem, level_pos)


def restate(solution: Solution, *, plan: Solution, bound_kwh_day: float) -> Solution:
    """Say what is proven about a plan with a bound, in the record of a search.

    Parameters
    ----------
    solution : Solution
        The search of the point: how long, by which solver, what ended it.
    plan : Solution
        Whose stations and shares count.
    bound_kwh_day : float
        Proven for the whole problem of the point.

    Raises
    ------
    SolversDisagreeError
        When the plan beats the bound by more than rounding.
    """
    objective = plan.objective_kwh_day
    if objective > bound_kwh_day * (1 + CONTRADICTION_SHARE) + CONTRADICTION_SHARE:
        raise SolversDisagreeError(
            f"a plan that keeps every rule serves {objective:,.3f} kWh/day, more than the proven bound of "
            f"{bound_kwh_day:,.3f} of a wider limit; nothing was published; report this with the config"
        )
    bound = max(bound_kwh_day, objective)
    is_proven = compute_gap(objective, bound) <= solution.gap_asked + PROOF_TOLERANCE
    return replace(
        solution,
        outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
        stopped_by=_PROOF if is_proven else solution.stopped_by,
        objective_kwh_day=objective,
        bound_kwh_day=bound,
        chargers=plan.chargers,
        pair_share=plan.pair_share,
    )


def carry_along(points: Sequence[Solved]) -> None:
    """Carry plans and bounds between points with a plan, in the order of their rising limits."""
    for point, larger in reversed(list(itertools.pairwise(points))):
        _take_when_better(point, larger.solution)
    for smaller, point in itertools.pairwise(points):
        _take_when_better(point, smaller.solution)
    carry_bounds(points)


def carry_bounds(points: Sequence[Solved]) -> None:
    """Carry the bound of each point to all with a smaller limit."""
    bound_kwh_day = np.inf
    for point in reversed(points):
        bound_kwh_day = min(bound_kwh_day, point.solution.bound_kwh_day)
        point.solution = restate(point.solution, plan=point.solution, bound_kwh_day=bound_kwh_day)


def _take_when_better(point: Solved, other: Solution) -> None:
    """Take a neighbour's plan when it keeps the rules here and serves more, or as much for less."""
    own = point.solution
    if other.objective_kwh_day < own.objective_kwh_day * (1 - _SAME_WORTH_SHARE):
        return
    plan = read_plan(point.problem, other)
    if plan is None:
        return
    is_better = other.objective_kwh_day > own.objective_kwh_day
    own_level_pos = read_level_pos(point.problem, own.chargers)
    if not is_better and own_level_pos is not None:
        saving_pkr = compute_cost_pkr(point.problem, own_level_pos) - compute_cost_pkr(
            point.problem, plan.level_pos
        )
        if saving_pkr < _LEAST_SAVING_PKR:
            return
    bound = max(own.bound_kwh_day, other.objective_kwh_day)
    point.solution = restate(own, plan=other, bound_kwh_day=bound)


def keep_stations(problem: PlanProblem, chargers: Ints) -> PlanProblem:
    """Pose the problem of the plans that keep given stations with at least their chargers.

    Every plan of it is a plan of `problem`; its bound says nothing about `problem`.
    """
    level_pos = read_level_pos(problem, chargers)
    if level_pos is None:
        msg = "stations to keep must be stations of the problem"
        raise ValueError(msg)
    kept = level_pos >= 0
    is_smaller = np.arange(len(problem.level_chargers))[None, :] < level_pos[:, None]
    return replace(
        problem,
        is_forced_open=problem.is_forced_open | kept,
        level_allowed=problem.level_allowed & ~is_smaller,
    )
