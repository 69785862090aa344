"""The independent check of what a plain plan claims: objective, bound, least money, outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.check_terms import MONEY_TOLERANCE_PKR, RELATIVE_TOLERANCE, Faults
from chargeplan.evaluate.derive import derive_competitor_kwh_day, derive_quality, derive_site_cost_pkr
from chargeplan.records import (
    COST_TOLERANCE,
    PROOF_TOLERANCE,
    TARGET_TOLERANCE,
    compute_cost_gap,
    compute_gap,
)
from chargeplan.words import Outcome, PlanObjective

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase


def check_objective(plan: PlanCase) -> Faults:
    """The objective is the sum of energy served times its worth."""
    quality = derive_quality(plan.request, plan.problem.pair_seconds)
    objective = float(np.sum(plan.served_kwh_day * quality))
    claimed = plan.solution.objective_kwh_day
    if abs(objective - claimed) > RELATIVE_TOLERANCE * max(abs(objective), 1.0):
        return [f"the objective is {objective:.6f} kWh/day, the solution claims {claimed:.6f}"]
    return []


def check_proof(plan: PlanCase) -> Faults:
    """The bound is not below the plan, and the word for the outcome follows from the gap."""
    solution = plan.solution
    reachable = float(plan.problem.demand_kwh_day[np.unique(plan.problem.pair_cell)].sum())
    faults = []
    if solution.bound_kwh_day < solution.objective_kwh_day * (1 - RELATIVE_TOLERANCE):
        faults.append("the bound is below the plan")
    if solution.objective_kwh_day > reachable * (1 + RELATIVE_TOLERANCE):
        faults.append("the plan serves more than can be reached")
    gap = compute_gap(solution.objective_kwh_day, solution.bound_kwh_day)
    tolerance = PROOF_TOLERANCE
    if plan.request.objective is PlanObjective.COST:
        faults += _check_least_money(plan)
        gap, tolerance = compute_cost_gap(solution.cost_pkr, solution.cost_bound_pkr), COST_TOLERANCE
    is_proven = gap <= plan.request.gap_asked + tolerance
    if (solution.outcome is Outcome.PROVEN_OPTIMAL) != is_proven:
        faults.append(f"the outcome says {solution.outcome.value} with a gap of {gap:.6f}")
    return faults


def _check_least_money(plan: PlanCase) -> Faults:
    """The plan reaches its target in the last year, and its claimed cost and bound fit each other."""
    solution = plan.solution
    faults = []
    if not 0 <= solution.cost_bound_pkr <= solution.cost_pkr:
        faults.append(f"costs {solution.cost_pkr} with a bound of {solution.cost_bound_pkr} PKR")
    quality = derive_quality(plan.request, plan.problem.pair_seconds)
    worth = float(np.sum(plan.served_kwh_day * quality))
    left = float(plan.cells.total_kwh_day.sum()) - float(
        derive_competitor_kwh_day(plan.request, plan.cells, plan.sites, plan.travel).sum()
    )
    if plan.problem.stages is not None:  # of the classes that can use one of its charger types
        left = float(plan.problem.demand_kwh_day.sum())
    if worth < plan.request.target_share * left * (1 - 2 * TARGET_TOLERANCE):
        faults.append(f"it serves {worth:,.3f} kWh/day of {left:,.3f}, not {plan.request.target_share:g}")
    if plan.problem.stages is None:
        cost_pkr = float(derive_site_cost_pkr(plan.request, plan.sites, plan.chargers_by_type).sum())
        if abs(cost_pkr - solution.cost_pkr) > MONEY_TOLERANCE_PKR + RELATIVE_TOLERANCE * cost_pkr:
            faults.append(f"the plan costs {cost_pkr:,.0f} PKR, the solution claims {solution.cost_pkr:,.0f}")
    return faults
