"""The independent check of what a plan with years or charger types claims: objective, bound, cost, outcome."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.check_terms import MONEY_TOLERANCE_PKR, RELATIVE_TOLERANCE, Faults
from chargeplan.evaluate.derive import derive_quality
from chargeplan.evaluate.flows import derive_flows, derive_unit_kwh_day
from chargeplan.evaluate.spending import compute_spent_pkr, list_years
from chargeplan.records import (
    COST_TOLERANCE,
    PROOF_TOLERANCE,
    TARGET_TOLERANCE,
    compute_cost_gap,
    compute_gap,
)
from chargeplan.words import Outcome, PlanMode, PlanObjective

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase


def check_objective(plan: PlanCase) -> Faults:
    """Check that the objective is the energy served times its worth, weighted by the years."""
    if plan.request.mode is PlanMode.COVER:
        quality = derive_quality(plan.request, plan.problem.pair_seconds)
        objective = float(np.sum(plan.served_kwh_day * quality))
        return _compare_objective(plan, objective)
    flows = derive_flows(plan)
    weight = np.array(plan.request.year_weight or (1.0,))
    quality = derive_quality(plan.request, plan.problem.pair_seconds[flows.pair])
    objective = float(np.sum(flows.kwh_day * quality * (weight / weight.sum())[flows.year]))
    return _compare_objective(plan, objective)


def _compare_objective(plan: PlanCase, objective: float) -> Faults:
    claimed = plan.solution.objective_kwh_day
    if abs(objective - claimed) > RELATIVE_TOLERANCE * max(abs(objective), 1.0):
        return [f"the objective is {objective:.6f} kWh/day, the solution claims {claimed:.6f}"]
    return []


def check_proof(plan: PlanCase) -> Faults:
    """Check that the bound is not below the plan, and that the word for the outcome follows from the gap."""
    solution, faults = plan.solution, []
    if solution.bound_kwh_day < solution.objective_kwh_day * (1 - RELATIVE_TOLERANCE):
        faults.append("the bound is below the plan")
    weight = np.array(plan.request.year_weight or (1.0,))
    everything = float(derive_unit_kwh_day(plan).sum(axis=(1, 2)) @ (weight / weight.sum()))
    if solution.objective_kwh_day > everything * (1 + RELATIVE_TOLERANCE):
        faults.append("the plan serves more than there is")
    gap = compute_gap(solution.objective_kwh_day, solution.bound_kwh_day)
    tolerance = PROOF_TOLERANCE
    if plan.request.objective is PlanObjective.COST:
        faults += _check_least_money(plan)
        gap, tolerance = compute_cost_gap(solution.cost_pkr, solution.cost_bound_pkr), COST_TOLERANCE
    if not math.isnan(solution.worst_share):  # what comes first must be proven too
        gap = max(gap, compute_gap(solution.worst_share, solution.worst_share_bound))
    if (solution.outcome is Outcome.PROVEN_OPTIMAL) != (gap <= plan.request.gap_asked + tolerance):
        faults.append(f"the outcome says {solution.outcome.value} with a gap of {gap:.6f}")
    return faults


def _check_least_money(plan: PlanCase) -> Faults:
    """Check that the plan reaches its target in every year, and that its cost and bound are true."""
    solution, faults = plan.solution, []
    if not 0 <= solution.cost_bound_pkr <= solution.cost_pkr:
        faults.append(f"costs {solution.cost_pkr} with a bound of {solution.cost_bound_pkr} PKR")
    cost_pkr = compute_spent_pkr(plan, len(list_years(plan)) - 1)
    if abs(cost_pkr - solution.cost_pkr) > MONEY_TOLERANCE_PKR + RELATIVE_TOLERANCE * cost_pkr:
        faults.append(f"the plan costs {cost_pkr:,.0f} PKR, the solution claims {solution.cost_pkr:,.0f}")
    unit = derive_unit_kwh_day(plan).sum(axis=(1, 2))
    if plan.request.mode is PlanMode.COVER:
        quality = derive_quality(plan.request, plan.problem.pair_seconds)
        worth = np.array([float(np.sum(plan.served_kwh_day * quality))])
    else:
        flows = derive_flows(plan)
        quality = derive_quality(plan.request, plan.problem.pair_seconds[flows.pair])
        worth = np.bincount(flows.year, flows.kwh_day * quality, len(unit))
    for year, reached, wanted in zip(list_years(plan), worth.tolist(), unit.tolist(), strict=True):
        if reached < plan.request.target_share * wanted * (1 - 2 * TARGET_TOLERANCE):
            faults.append(
                f"in {year} it serves {reached:,.3f} of {wanted:,.3f} kWh/day, not {plan.request.target_share:g}"
            )
    return faults
