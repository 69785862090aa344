"""The least money for a target: against brute force, on the toy city on paper, and what cannot be reached."""

import math
from dataclasses import replace

import numpy as np
import pytest
import small_problems
import staged_problems
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve import cheapest as cheapest_module
from chargeplan.solve.cheapest_money import compute_plan_cost_pkr, reaches_target
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode, PlanObjective


def solve(problem, *, listen=ignore_event, should_stop=lambda: False, **settings):
    fields = {"time_limit_s": 60.0, "gap": 0.0} | settings
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(**fields),
        seed=1,
        listen=listen,
        should_stop=should_stop,
        run=solve_milp,
    )


def aim(problem, target_share, **changes):
    return replace(problem, objective=PlanObjective.COST, target_share=target_share, **changes)


def find_least_money(problem):
    """Cost of the cheapest of all choices of stations that reach the target, by trying each; None without."""
    target = problem.target_share * problem.demand_kwh_day.sum()
    existing = problem.is_forced_open & ~problem.is_counted
    best = None
    options = []
    for site in range(problem.n_sites):
        levels = [] if existing[site] else np.flatnonzero(problem.level_allowed[site]).tolist()
        must = problem.is_forced_open[site] and not existing[site]
        options.append(levels if must else [-1, *levels])
    grid = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, problem.n_sites)
    for level_pos in grid:
        new = np.flatnonzero(level_pos >= 0)
        cost = problem.level_cost_pkr[new, level_pos[new]].sum()
        if cost > problem.budget_pkr or 0 <= problem.max_sites < len(new):
            continue
        if best is not None and cost >= best:
            continue
        if small_problems.serve_best(problem, level_pos) >= target - 1e-7:
            best = float(cost)
    return best


def ask_by_budgets(monkeypatch):
    """Let every problem be searched by budgets, tiny ones too."""
    monkeypatch.setattr(cheapest_module, "is_tiny", lambda *_: False)


@pytest.mark.parametrize("by_budgets", [False, True])
@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("seed", range(12))
def test_no_choice_of_stations_that_reaches_the_target_is_cheaper(seed, mode, by_budgets, monkeypatch):
    if by_budgets:
        ask_by_budgets(monkeypatch)
    problem = small_problems.make_small_problem(seed, mode)
    problem = aim(problem, float(np.random.default_rng(seed).uniform(0.1, 0.9)))
    least = find_least_money(problem)
    if least is None:
        with pytest.raises(InfeasibleError):
            solve(problem)
        return
    solution = solve(problem)
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.cost_pkr == pytest.approx(least)
    assert solution.cost_bound_pkr == pytest.approx(least)
    assert compute_plan_cost_pkr(problem, solution) == pytest.approx(least)
    assert reaches_target(problem, solution)
    assert solution.bound_kwh_day >= solution.objective_kwh_day
