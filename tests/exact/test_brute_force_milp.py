"""The MILP alone, without start plan and bound, against brute force on small problems."""

import math

import numpy as np
import pytest
import small_problems

from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.columns import read_levels
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.settle import settle_plan
from chargeplan.words import PlanMode

N_CASES = 400


def make_request(model, **changes) -> MilpRequest:
    fields = {
        "model": model,
        "start_values": None,
        "gap": 0.0,
        "target_kwh_day": math.inf,
        "time_limit_s": 30.0,
        "node_limit": None,
        "threads": 1,
        "seed": 1,
    } | changes
    return MilpRequest(**fields)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_milp_finds_what_brute_force_finds(mode):
    n_infeasible = 0
    for seed in range(N_CASES):
        problem = small_problems.make_small_problem(seed, mode)
        expected = small_problems.solve_by_brute_force(problem)
        model = build_linear_model(problem)
        result = solve_milp(make_request(model))
        if expected is None:
            assert result.status is MilpStatus.INFEASIBLE, seed
            n_infeasible += 1
            continue
        assert result.status is MilpStatus.OPTIMAL, seed
        assert result.objective_kwh_day == pytest.approx(expected, abs=1e-6), seed
        assert result.bound_kwh_day >= expected - 1e-6, seed
        plan = settle_plan(problem, read_levels(problem, model, result.integer_values))
        assert plan is not None, seed
        assert plan.objective_kwh_day == pytest.approx(expected, abs=1e-6), seed
    assert 0 < n_infeasible < N_CASES / 2  # both answers occur


def test_both_ways_of_the_brute_force_agree():
    """On problems of one quality, the cut of Ford and Fulkerson equals the transport problem."""
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        if not np.all(problem.pair_quality == 1.0):
            continue
        for level_pos in small_problems.list_choices(problem)[:3]:
            is_open = (level_pos >= 0) | (problem.is_forced_open & ~problem.is_counted)
            capacity = problem.existing_capacity_kwh_day.copy()
            capacity[level_pos >= 0] = problem.level_capacity_kwh_day[
                level_pos >= 0, level_pos[level_pos >= 0]
            ]
            pairs = np.flatnonzero(is_open[problem.pair_site])
            assert small_problems.cut_capacity(problem, np.flatnonzero(is_open), capacity) == pytest.approx(
                small_problems.transport(problem, pairs, capacity), abs=1e-9
            )
