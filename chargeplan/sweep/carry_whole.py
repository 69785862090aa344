"""Plans and bounds of neighbours carried as they are, where `chargeplan.sweep.carry` knows no levels to fit.

A plan of a problem with years, charger types or further limits is carried whole: no share is fitted anew. That
needs neighbours that differ in one limit and in nothing else, so their pairs and demand are compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chargeplan.errors import SolversDisagreeError
from chargeplan.records import PlanProblem, Solution
from chargeplan.sweep.carry import Solved, restate
from chargeplan.units import format_pkr
from chargeplan.words import Outcome, PlanObjective

_PLAN_FIELDS = ("chargers", "pair_share", "slot_chargers", "flow_at", "flow_share", "asset_steps")
_CONTRADICTION_SHARE = 1e-5


def carry_whole(points: Sequence[Solved]) -> None:
    """Carry plans to looser limits and bounds to tighter ones, from the tightest point to the loosest.

    Only between neighbours that serve most and differ in nothing but the limit.
    """
    for tight, loose in itertools.pairwise(points):
        if not _can_compare(tight.problem, loose.problem):
            continue
        is_better = tight.solution.objective_kwh_day > loose.solution.objective_kwh_day
        if is_better and tight.problem.is_plain == loose.problem.is_plain:
            bound = loose.solution.bound_kwh_day
            taken = restate(loose.solution, plan=tight.solution, bound_kwh_day=bound)
            loose.solution = replace(taken, **{name: getattr(tight.solution, name) for name in _PLAN_FIELDS})
    for loose, tight in itertools.pairwise(reversed(points)):
        if not _can_compare(tight.problem, loose.problem):
            continue
        bound = min(tight.solution.bound_kwh_day, loose.solution.bound_kwh_day)
        tight.solution = restate(tight.solution, plan=tight.solution, bound_kwh_day=bound)


def carry_least_money(points: Sequence[Solved]) -> None:
    """Carry the least money between targets, from the smallest to the largest.

    A plan for a larger target reaches a smaller one; a smaller one takes no more money than a larger.
    """
    for larger, smaller in itertools.pairwise(reversed(points)):
        if larger.solution.cost_pkr < smaller.solution.cost_pkr:
            plan, own = larger.solution, smaller.solution
            smaller.solution = restate_cost(own, plan=plan, bound_pkr=own.cost_bound_pkr)
    bound_pkr = 0.0
    for point in points:
        bound_pkr = max(bound_pkr, point.solution.cost_bound_pkr)
        point.solution = restate_cost(point.solution, plan=point.solution, bound_pkr=bound_pkr)


def restate_cost(solution: Solution, *, plan: Solution, bound_pkr: float) -> Solution:
    """Say what is proven about the money of a plan, in the record of a search.

    Raises
    ------
    SolversDisagreeError
        When the plan costs less than is proven to be needed, by more than rounding.
    """
    if plan.cost_pkr < bound_pkr * (1 - _CONTRADICTION_SHARE) - 1.0:
        raise SolversDisagreeError(
            f"a plan costs {format_pkr(plan.cost_pkr)}, less than the {format_pkr(bound_pkr)} proven to be needed "
            "for a smaller target; nothing was published; report this with the config"
        )
    bound_pkr = min(bound_pkr, plan.cost_pkr)
    told = replace(
        plan,
        outcome=Outcome.WITHIN_GAP,
        gap_asked=solution.gap_asked,
        wall_s=solution.wall_s,
        steps=solution.steps,
        solver=solution.solver,
        cost_bound_pkr=bound_pkr,
    )
    if told.gap <= told.gap_asked + told.proof_tolerance:
        return replace(told, outcome=Outcome.PROVEN_OPTIMAL)  # what ended the plan's own search stays said
    return told


def _can_compare(one: PlanProblem, other: PlanProblem) -> bool:
    same = ("demand_kwh_day", "pair_cell", "pair_site", "pair_quality", "level_capacity_kwh_day")
    return (
        one.objective is PlanObjective.SERVED
        and other.objective is PlanObjective.SERVED
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in same)
        and np.array_equal(one.staging.unit_kwh_day, other.staging.unit_kwh_day)
        and np.array_equal(one.staging.year_weight, other.staging.year_weight)
    )
