"""A good plan before any solver: greedy, guided by the prices of the bound, then improved."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Floats, Ints, PlanProblem
from chargeplan.solve.bound import Bound, compute_bound
from chargeplan.solve.cover_search import improve_cover, make_cover_plan, pick_cover_greedily
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.descent import DescentOptions
from chargeplan.solve.greedy_levels import LevelGreedy, open_required_sites
from chargeplan.solve.plan import Plan, find_broken_rules, make_plan
from chargeplan.solve.reduce import CoverRows, build_cover_rows
from chargeplan.solve.settle import settle_plan
from chargeplan.words import PlanMode

_COVER_ITERATIONS = 60  # about 1 ms each at 5,000 x 500; later rounds of the search go on
_BOUND_ITERATIONS = 300
# Shares of the bound's prices that guide the greedy: measured on sizing problems from scarce to
# ample budgets, one of these came within 0.1 to 1.4 % of the bound, plain greedy within 0.5 to 10 %.
_PRICE_SHARES = (0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99, 1.0)
# Quick steps: the prices of a rough bound guide as well as those of a tight one.
_QUICK = DescentOptions(patience=10)


def find_start_plan(
    problem: PlanProblem, *, seed: int, deadline: Deadline | None = None, rows: CoverRows | None = None
) -> Plan | None:
    """Find a good plan.

    Parameters
    ----------
    problem : PlanProblem
    seed : int
    deadline : Deadline, optional
        Value of ``time.monotonic()`` to stop at; the first greedy plan is made in any case.
        Without it the same plan comes back for the same seed.
    rows : CoverRows, optional
        The problem's rows in cover mode, when they are built already.

    Returns
    -------
    Plan or None
        None when the required sites alone break the budget or the count.
    """
    required = open_required_sites(problem)
    nothing_served = make_plan(problem, required, np.zeros(problem.n_pairs))
    if find_broken_rules(problem, nothing_served):
        return None
    if problem.mode is PlanMode.COVER:
        rows = rows or build_cover_rows(problem)
        columns = improve_cover(
            rows, pick_cover_greedily(rows), seed=seed, max_iterations=_COVER_ITERATIONS, deadline=deadline
        )
        return make_cover_plan(problem, rows, columns)
    best = grow_plan(problem, required)
    if is_over(deadline):
        return best
    bound = compute_bound(
        problem,
        incumbent_kwh_day=best.objective_kwh_day,
        max_iterations=_BOUND_ITERATIONS,
        deadline=deadline,
        options=_QUICK,
    )
    return follow_prices(problem, best, bound, deadline=deadline)


def follow_prices(
    problem: PlanProblem, plan: Plan, bound: Bound, *, deadline: Deadline | None = None
) -> Plan:
    """Build plans guided by the prices of a bound (allocate mode); return the best, or the given one.

    A station that sees the price of a cell leaves it to others who serve it more easily. The
    nearer the bound, the better the plans: worth repeating after a better bound.
    """
    required = open_required_sites(problem)
    for share in _PRICE_SHARES:
        if is_over(deadline):
            break
        found = grow_plan(problem, required, cell_price=share * bound.multipliers)
        if found.objective_kwh_day > plan.objective_kwh_day:
            plan = found
    return plan


def grow_plan(problem: PlanProblem, level_pos: Ints, *, cell_price: Floats | None = None) -> Plan:
    """Grow stations greedily from given ones, fit the shares, and spend what is left."""
    nothing = np.zeros(problem.n_pairs)
    grown, kwh_day = LevelGreedy(problem, cell_price=cell_price).grow(level_pos, nothing)
    plan = settle_plan(problem, grown)
    if plan is None:  # the shares could not be fitted: keep those of the greedy
        plan = make_plan(problem, grown, _to_share(problem, kwh_day))
    return spend_rest(problem, plan)


def spend_rest(problem: PlanProblem, plan: Plan) -> Plan:
    """Add what is still affordable and useful to a plan."""
    kwh_day = problem.demand_kwh_day[problem.pair_cell] * plan.pair_share
    grown, kwh_day = LevelGreedy(problem).grow(plan.level_pos, kwh_day)
    if np.array_equal(grown, plan.level_pos):
        return plan
    larger = settle_plan(problem, grown)
    if larger is not None and larger.objective_kwh_day > plan.objective_kwh_day:
        return larger
    return plan


def _to_share(problem: PlanProblem, kwh_day: Floats) -> Floats:
    demand = problem.demand_kwh_day[problem.pair_cell]
    share = np.divide(kwh_day, demand, out=np.zeros(len(kwh_day)), where=demand > 0)
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)
