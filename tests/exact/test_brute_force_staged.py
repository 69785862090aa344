"""Years, charger types, groups and every family of limits against brute force: 927 tiny problems.

The truth is `staged_problems`, which knows nothing of the rows. The MILP runs in this process. The
environment variable CHARGEPLAN_MORE_CASES=5 tries five times as many.
"""

import collections
import math
import os
from dataclasses import replace

import numpy as np
import pytest
import staged_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve import staged_search
from chargeplan.solve.cbc import find_cbc, solve_by_cbc
from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.search import solve_problem
from chargeplan.solve.second_opinion import keeps_rows
from chargeplan.solve.staged_bound import compute_staged_bound
from chargeplan.solve.staged_dual import StagedDual
from chargeplan.solve.staged_merge import merge_units
from chargeplan.words import Outcome, PlanObjective

TIMES = int(os.environ.get("CHARGEPLAN_MORE_CASES", "1"))
N_SEARCHED = 200 * TIMES
N_MODELS = 500 * TIMES
N_EACH_FAMILY = 15 * TIMES
N_MERGED = 100 * TIMES
N_BOUNDED = 60 * TIMES
N_TWO_SOLVERS = 80 * TIMES
N_LARGE_WAY = 16 * TIMES
PRECISION = 1e-6


def search(problem):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=60.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
        name_things=None,  # why there is no plan is asked in test_explain_impossible
    )


def solve_model(model, *, use_presolve=True):
    return solve_milp(MilpRequest(model, None, 0.0, math.inf, 30.0, None, 1, 1, use_presolve=use_presolve))


def is_same(first: float, second: float) -> bool:
    return abs(first - second) <= PRECISION * max(1.0, abs(first))


def sum_weighted_demand(problem) -> float:
    """What a share of the worst zone is multiplied with in the objective."""
    return float(problem.staging.year_weight @ problem.staging.unit_kwh_day.sum(axis=(1, 2)))


def check_search(seed: int, problem, best: float | None) -> bool:
    """Hold the search to the truth; tell whether there is a plan."""
    if best is None:
        with pytest.raises(InfeasibleError):
            search(problem)
        return False
    solution = search(problem)
    assert solution.outcome is Outcome.PROVEN_OPTIMAL, (seed, solution.gap, solution.stopped_by)
    if problem.objective is PlanObjective.WORST_ZONE:
        total = sum_weighted_demand(problem)
        assert is_same(solution.worst_share * total, best), (seed, solution.worst_share * total, best)
        assert solution.worst_share_bound * total >= best - PRECISION * max(1.0, best), seed
        problem, best = hold_worst(problem, best / max(total, 1e-300))
        tolerance = 1e-4 * max(1.0, best)  # a share held to 1e-6 may cost more than that elsewhere
    else:
        tolerance = PRECISION * max(1.0, best)
    assert abs(solution.objective_kwh_day - best) <= tolerance, (seed, solution.objective_kwh_day, best)
    assert solution.bound_kwh_day >= best - tolerance, (seed, solution.bound_kwh_day, best)
    return True


def hold_worst(problem, share: float):
    """Second part of the lexicographic optimum: most served with the worst zone at its best."""
    floors = np.zeros(2)
    floors[: len(problem.limits.zone_floor_share)] = problem.limits.zone_floor_share
    reached = np.unique(problem.limits.cell_zone[problem.pair_cell])
    floors[reached] = np.maximum(floors[reached], share * (1 - 1e-9) - 1e-9)
    held = replace(
        problem, objective=PlanObjective.SERVED, limits=replace(problem.limits, zone_floor_share=floors)
    )
    best = staged_problems.solve_by_brute_force(held)
    assert best is not None
    return held, best


def check_model(seed, model, best: float | None) -> bool:
    result = solve_model(model)
    if best is None:
        assert result.status is MilpStatus.INFEASIBLE, seed
        return False
    assert result.status is MilpStatus.OPTIMAL, seed
    assert is_same(best, result.objective_kwh_day), (seed, result.objective_kwh_day, best)
    assert result.bound_kwh_day >= best - PRECISION * max(1.0, best), seed
    return True


def test_the_search_finds_what_brute_force_finds():
    n_solved = sum(check_search(seed, *staged_problems.solve_seed(seed)) for seed in range(N_SEARCHED))
    assert N_SEARCHED / 2 < n_solved < N_SEARCHED


def test_the_model_is_worth_what_brute_force_finds():
    n_solved = 0
    for seed in range(N_SEARCHED, N_SEARCHED + N_MODELS):
        problem, best = staged_problems.solve_seed(seed)
        n_solved += check_model(seed, build_linear_model(problem), best)
    assert N_MODELS / 2 < n_solved < N_MODELS


@pytest.mark.parametrize("family", staged_problems.FAMILIES)
def test_each_family_alone_is_worth_what_brute_force_finds(family):
    """With two years or with two types."""
    n_solved = 0
    for seed in range(2000, 2000 + N_EACH_FAMILY):
        families = tuple({family: 1, "years" if seed % 2 else "types": 1})
        problem, best = staged_problems.solve_seed(seed, families)
        n_solved += check_model((family, seed), build_linear_model(problem), best)
    assert n_solved >= N_EACH_FAMILY / 4


@pytest.mark.parametrize(
    ("whole_serves", "seeds"), [(0, range(N_LARGE_WAY // 2)), (8, range(N_LARGE_WAY // 2, 2 * N_LARGE_WAY))]
)
def test_the_way_of_large_problems_finds_what_brute_force_finds(whole_serves, seeds, monkeypatch):
    """Bound, prices, neighbourhoods, kernels: what a tiny problem usually needs none of."""
    monkeypatch.setattr(staged_search, "_TINY_SERVES", 0)
    monkeypatch.setattr(staged_search, "_WHOLE_SERVES", whole_serves)
    n_solved = sum(check_search(seed, *staged_problems.solve_seed(seed)) for seed in seeds)
    assert n_solved >= len(seeds) / 4


def test_the_bound_is_never_below_brute_force_whenever_it_stops():
    gaps = collections.defaultdict(list)
    for seed in range(N_BOUNDED):
        problem, best = staged_problems.solve_seed(seed)
        if best is None:
            continue
        model = build_linear_model(problem)
        for iterations in (1, 5, 50):
            dual = StagedDual(problem, model)
            bound = compute_staged_bound(model, dual, incumbent_kwh_day=0.0, max_iterations=iterations)
            assert bound.value_kwh_day >= best - 1e-9 * max(1.0, best), (seed, iterations)
            gaps[iterations].append(bound.value_kwh_day / max(best, 1e-9))
    assert np.median(gaps[50]) < np.median(gaps[1])  # and it does fall


def test_what_the_bound_leaves_out_no_better_plan_has():
    """No plan with a site in a state is better than the bound of the state."""
    n_left_out = 0
    for seed in range(60):
        problem, best = staged_problems.solve_seed(seed)
        if best is None or problem.objective is PlanObjective.WORST_ZONE:
            continue
        model = build_linear_model(problem)
        dual = StagedDual(problem, model)
        bound = compute_staged_bound(model, dual, incumbent_kwh_day=0.0, max_iterations=50)
        states = {tuple(level): at for at, level in enumerate(dual.states.level.tolist())}
        site_at, year_at = np.arange(problem.n_sites)[None], np.arange(problem.staging.n_years)[:, None]
        for choice in list(staged_problems.list_choices(problem))[::7]:
            value = staged_problems.serve_best(problem, choice)
            if value is None:
                continue
            state = np.array([[states[tuple(site)] for site in year] for year in choice.tolist()])
            limit = bound.state_bound_kwh_day[year_at, site_at, state]
            may_be_new = np.zeros(problem.n_sites, bool)
            may_be_new[dual.sites] = True
            assert np.all(limit[:, may_be_new] >= value - 1e-6 * max(1.0, value)), seed
            n_left_out += int((limit[:, may_be_new] < best - 1e-6).sum())
    assert n_left_out > 0


def test_merging_cells_and_columns_keeps_the_optimum():
    n_fewer = collections.Counter()
    for seed in range(N_MERGED):
        problem, best = staged_problems.solve_seed(seed)
        merged, group = merge_units(problem)
        n_fewer["cells"] += merged.n_cells < problem.n_cells
        np.testing.assert_allclose(
            merged.staging.unit_kwh_day.sum(axis=1), problem.staging.unit_kwh_day.sum(axis=1)
        )
        assert len(group) == problem.n_cells
        model = build_linear_model(merged)
        check_model((seed, "cells"), model, best)
        smaller = merge_alike(build_linear_model(problem))
        n_fewer["columns"] += smaller.model.n_columns < len(smaller.column)
        check_model((seed, "columns"), smaller.model, best)
    assert min(n_fewer["cells"], n_fewer["columns"]) > 8


def test_highs_without_presolve_says_the_same():
    for seed in range(N_TWO_SOLVERS):
        problem, best = staged_problems.solve_seed(seed)
        result = solve_model(build_linear_model(problem), use_presolve=False)
        assert (result.status is MilpStatus.INFEASIBLE) == (best is None), seed
        assert best is None or is_same(best, result.objective_kwh_day), seed


@pytest.mark.skipif(find_cbc() is None, reason="CBC, the second solver, is not on this computer")
def test_cbc_says_the_same():
    statuses = collections.Counter()
    for seed in range(N_TWO_SOLVERS):
        problem, best = staged_problems.solve_seed(seed)
        model = build_linear_model(problem)
        answer = solve_by_cbc(model, time_limit_s=30.0)
        statuses[answer.status] += 1
        if answer.status is MilpStatus.NO_INCUMBENT:  # no opinion is not wrong
            continue
        assert (answer.status is MilpStatus.INFEASIBLE) == (best is None), seed
        if answer.values is not None:
            assert is_same(best, float(model.objective @ answer.values)), seed
            assert keeps_rows(model, answer.values), seed
    assert statuses[MilpStatus.OPTIMAL] > N_TWO_SOLVERS / 2
