"""What least money is about: problems of less money, what a plan costs, whether it reaches the target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.records import TARGET_TOLERANCE
from chargeplan.solve.plan import find_existing_sites
from chargeplan.words import PlanMode, PlanObjective

if TYPE_CHECKING:
    from chargeplan.records import Floats, PlanProblem, Solution


def limit_money(problem: PlanProblem, budget_pkr: float) -> PlanProblem:
    """Pose the problem of serving most with so much money in all, and no more by any year than before.

    With several years the target stays, as rows: a plan that serves most over all years may fall
    short in one. With one year it is left to whoever compares.
    """
    served = replace(
        problem,
        objective=PlanObjective.SERVED,
        target_share=problem.target_share if problem.staging.n_years > 1 else 0.0,
    )
    if not np.isfinite(budget_pkr):
        return served
    if problem.stages is None:
        return replace(served, budget_pkr=min(problem.budget_pkr, budget_pkr))
    by_year = np.minimum(np.cumsum(problem.stages.year_budget_pkr), budget_pkr)
    budget = np.diff(by_year, prepend=0.0)
    return replace(
        served,
        budget_pkr=float(budget.sum()),
        stages=replace(problem.stages, year_budget_pkr=budget),
    )


def compute_target_kwh_day(problem: PlanProblem) -> Floats:
    """Compute what must be served in each year, weighted by its worth, shape (n_years,), kWh per day."""
    return np.asarray(problem.target_share * problem.staging.unit_kwh_day.sum(axis=(1, 2)), dtype=np.float64)


def compute_reach_kwh_day(problem: PlanProblem) -> Floats:
    """Compute the worth of all demand at its best stations, which no plan can exceed, shape (n_years,)."""
    best = np.zeros(problem.n_cells)
    np.maximum.at(best, problem.pair_cell, problem.pair_quality)
    return np.asarray(problem.staging.unit_kwh_day.sum(axis=2) @ best, dtype=np.float64)


def compute_served_kwh_day(problem: PlanProblem, solution: Solution) -> Floats:
    """Compute what a plan serves in each year, weighted by its worth, shape (n_years,), kWh per day."""
    staging = problem.staging
    if staging.n_years == 1:
        return np.array([solution.objective_kwh_day])
    rest, kind = np.divmod(solution.flow_at, staging.n_types)
    del kind
    rest, group = np.divmod(rest, staging.n_groups)
    year, pair = np.divmod(rest, problem.n_pairs)
    kwh_day = staging.unit_kwh_day[year, problem.pair_cell[pair], group] * solution.flow_share
    return np.bincount(year, kwh_day * problem.pair_quality[pair], staging.n_years).astype(np.float64)


def find_least_share(problem: PlanProblem, solution: Solution) -> float:
    """Find the share of the demand that a plan serves, weighted by its worth, in the year of the least."""
    served, wanted = compute_served_kwh_day(problem, solution), problem.staging.unit_kwh_day.sum(axis=(1, 2))
    return float(np.divide(served, wanted, out=np.ones(len(served)), where=wanted > 0).min())


def reaches_target(problem: PlanProblem, solution: Solution) -> bool:
    """Tell whether a plan serves the target in every year."""
    served = compute_served_kwh_day(problem, solution)
    return bool(np.all(served >= compute_target_kwh_day(problem) * (1 - TARGET_TOLERANCE)))


def compute_plan_cost_pkr(problem: PlanProblem, solution: Solution) -> float:
    """Compute what a plan costs by its last year: stations, chargers and steps of the grid."""
    n_types = problem.staging.n_types
    chargers = solution.slot_chargers[-1] if solution.slot_chargers.size else solution.chargers
    new = np.flatnonzero((chargers > 0) & ~np.repeat(find_existing_sites(problem), n_types))
    level = np.searchsorted(problem.level_chargers, chargers[new])
    cost_pkr = problem.level_cost_pkr[new, level].sum()
    cost_pkr += problem.staging.open_cost_pkr[np.unique(new // n_types)].sum()
    if solution.asset_steps.size:
        cost_pkr += solution.asset_steps[-1] @ problem.limits.asset_step_pkr
    return float(cost_pkr)


def is_tiny(problem: PlanProblem, n_columns: int) -> bool:
    """Tell whether the solver minimises the money sooner than any search for it."""
    return n_columns <= (2_000 if problem.mode is PlanMode.COVER else 3_000)
