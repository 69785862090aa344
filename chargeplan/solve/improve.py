"""Make a plan better: swaps in cover mode, neighbourhoods solved exactly in allocate mode."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Bools, Ints, PlanProblem
from chargeplan.solve.bound import Bound, fix_sites
from chargeplan.solve.closeness import count_shared_cells, pick_neighbourhood
from chargeplan.solve.cover_search import improve_cover, make_cover_plan
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.neighbourhood import solve_neighbourhood
from chargeplan.solve.plan import Plan, compute_cost_pkr, find_allowed_levels
from chargeplan.solve.reduce import build_cover_rows
from chargeplan.solve.settle import settle_plan
from chargeplan.solve.start_plan import spend_rest
from chargeplan.words import PlanMode

# Sites set free at once, around one centre or around two (money then moves between the two); fewer
# where many levels are left to each, so that a neighbourhood stays a matter of moments.
_SITES_AROUND_ONE = 16
_SITES_AROUND_TWO = 5
_LEVELS_AT_ONCE = 48
_NODE_LIMIT = 50
_LEAST_GAIN_SHARE = 1e-9
# Money that a plan leaves counts as this share of what the bound says it is worth. Where all stations
# are full, plans serve equal amounts by the charger, and only money saved leads to the next charger.
_MONEY_LEFT_SHARE = 0.2


def improve_plan(
    problem: PlanProblem,
    plan: Plan,
    *,
    seed: int,
    max_iterations: int,
    deadline: Deadline | None = None,
    bound: Bound | None = None,
    best_kwh_day: float | None = None,
) -> Plan:
    """Improve a plan by local search.

    Parameters
    ----------
    problem : PlanProblem
    plan : Plan
        Feasible.
    seed : int
    max_iterations : int
        Perturbations (cover: about 1 ms each) or neighbourhoods (allocate: 0.02 to 1 s each).
    deadline : Deadline, optional
        Value of ``time.monotonic()`` to stop at. Without it the same plan comes back for the
        same seed.
    bound : Bound, optional
        Its bounds on single levels leave out what no plan better than ``best_kwh_day`` has; exact, and
        faster. Its price of money tells what saving some is worth.
    best_kwh_day : float, optional
        Objective of the best plan known, where the search goes on from another one.

    Returns
    -------
    Plan
        Feasible; the given one where nothing better was found. In allocate mode with a bound, money left
        counts a little: the plan may serve slightly less than the given one, and spend less.
    """
    if problem.mode is PlanMode.COVER:
        rows = build_cover_rows(problem)
        is_open = plan.level_pos[rows.site_pos] >= 0
        columns = improve_cover(
            rows, np.flatnonzero(is_open), seed=seed, max_iterations=max_iterations, deadline=deadline
        )
        found = make_cover_plan(problem, rows, columns)
        return found if found.objective_kwh_day > plan.objective_kwh_day else plan
    return _search_neighbourhoods(
        problem,
        plan,
        seed=seed,
        max_iterations=max_iterations,
        deadline=deadline,
        bound=bound,
        best_kwh_day=plan.objective_kwh_day if best_kwh_day is None else best_kwh_day,
    )


def compute_merit(problem: PlanProblem, plan: Plan, bound: Bound | None) -> float:
    """Compute what the local search climbs: the demand served and a little for the money left, kWh per day."""
    left_pkr = problem.budget_pkr - compute_cost_pkr(problem, plan.level_pos)
    return plan.objective_kwh_day + _price_money_left(problem, bound) * (left_pkr if left_pkr < np.inf else 0)


def _price_money_left(problem: PlanProblem, bound: Bound | None) -> float:
    if bound is None or not np.isfinite(problem.budget_pkr):
        return 0.0
    return _MONEY_LEFT_SHARE * bound.price_kwh_day_per_pkr


def _search_neighbourhoods(
    problem: PlanProblem,
    plan: Plan,
    *,
    seed: int,
    max_iterations: int,
    deadline: Deadline | None,
    bound: Bound | None,
    best_kwh_day: float,
) -> Plan:
    merit = compute_merit(problem, plan, bound)
    rng = np.random.default_rng(seed)
    closeness = count_shared_cells(problem)
    for iteration in range(max_iterations):
        left_s = None if deadline is None else deadline.left_s
        if left_s is not None and left_s <= 0:
            break
        best_kwh_day = max(best_kwh_day, plan.objective_kwh_day)
        allowed = _find_levels_worth_trying(problem, plan, bound, best_kwh_day)
        if not allowed.any():
            break
        free_sites = _pick_free_sites(closeness, allowed, rng, around_two=iteration % 2 == 1)
        level_pos = solve_neighbourhood(
            problem,
            plan,
            free_sites,
            level_allowed=allowed,
            node_limit=_NODE_LIMIT,
            time_limit_s=left_s,
            money_kwh_day_per_pkr=_price_money_left(problem, bound),
        )
        if level_pos is None or np.array_equal(level_pos, plan.level_pos):
            continue
        found = settle_plan(problem, level_pos)
        if found is None:
            continue
        found = spend_rest(problem, found)
        found_merit = compute_merit(problem, found, bound)
        is_best = found.objective_kwh_day > best_kwh_day * (1 + _LEAST_GAIN_SHARE)
        if is_best or found_merit > merit + _LEAST_GAIN_SHARE * abs(merit):
            plan, merit = found, found_merit
    return plan


def _find_levels_worth_trying(
    problem: PlanProblem, plan: Plan, bound: Bound | None, best_kwh_day: float
) -> Bools:
    """Find the levels a better plan may have, and those the plan has."""
    if bound is None:
        return find_allowed_levels(problem)
    allowed = fix_sites(problem, bound, incumbent_kwh_day=best_kwh_day).level_allowed.copy()
    new = np.flatnonzero(plan.level_pos >= 0)
    allowed[new, plan.level_pos[new]] = True
    return allowed


def _pick_free_sites(
    closeness: sp.csr_array, allowed: Bools, rng: np.random.Generator, *, around_two: bool
) -> Ints:
    """Pick one or two live sites at random, with those that share most cells with them, somewhat mixed."""
    is_live: Bools = np.any(allowed, axis=1)
    most = int(_LEVELS_AT_ONCE * np.count_nonzero(is_live) / np.count_nonzero(allowed))
    size = min(_SITES_AROUND_TWO, most // 2) if around_two else min(_SITES_AROUND_ONE, most)
    return pick_neighbourhood(closeness, is_live, rng, size=size, n_centres=2 if around_two else 1)
