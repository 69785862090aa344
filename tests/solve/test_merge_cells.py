"""Merging equal cells changes neither the optimum nor what a plan serves."""

from dataclasses import replace

import numpy as np
import pytest
import small_problems

from chargeplan.solve.merge_cells import merge_cells
from chargeplan.solve.settle import settle_plan
from chargeplan.words import PlanMode


@pytest.mark.parametrize("seed", range(30))
def test_merging_keeps_the_optimum(seed):
    problem = small_problems.make_problem_with_twins(seed)
    merged = merge_cells(problem).problem
    assert merged.n_cells <= (problem.n_cells + 1) // 2
    best = small_problems.solve_by_brute_force(problem)
    found = small_problems.solve_by_brute_force(merged)
    assert found == pytest.approx(best, rel=1e-9) if best is not None else found is None


@pytest.mark.parametrize("seed", range(10))
def test_every_plan_is_worth_the_same_in_both(seed):
    problem = small_problems.make_problem_with_twins(seed)
    merged = merge_cells(problem)
    for level_pos in small_problems.list_choices(problem):
        plan, less = settle_plan(problem, level_pos), settle_plan(merged.problem, level_pos)
        assert less.objective_kwh_day == pytest.approx(plan.objective_kwh_day, rel=1e-9)
        share = merged.merge_shares(problem, plan.pair_share)
        served = merged.problem.demand_kwh_day[merged.problem.pair_cell] * share
        assert float(served @ merged.problem.pair_quality) == pytest.approx(plan.objective_kwh_day)
        spread = merged.spread_over_pairs(less.pair_share)
        worth = problem.demand_kwh_day[problem.pair_cell] * problem.pair_quality * spread
        assert worth.sum() == pytest.approx(plan.objective_kwh_day)


def test_cells_differ_when_one_pair_differs_in_worth_or_site():
    problem = small_problems.make_small_problem(3, PlanMode.ALLOCATE)
    three = replace(
        problem,
        demand_kwh_day=np.array([4.0, 5.0, 6.0, 7.0]),
        competitor_kwh_day=np.zeros(4),
        pair_cell=np.array([0, 0, 1, 1, 2, 2, 3]),
        pair_site=np.array([0, 1, 0, 1, 0, 2, 0]),
        pair_quality=np.array([1.0, 0.6, 1.0, 1.0, 1.0, 0.6, 1.0]),
        pair_seconds=np.full(7, 60.0),
    )
    assert merge_cells(three).problem.n_cells == 4
    without_two = merge_cells(three, site_kept=np.arange(three.n_sites) == 0)
    assert without_two.problem.n_cells == 1
    assert without_two.problem.demand_kwh_day.tolist() == [22.0]
    assert without_two.pair.tolist() == [0, -1, 0, -1, 0, -1, 0]


def test_cells_that_nothing_can_serve_are_left_out():
    problem = small_problems.make_small_problem(3, PlanMode.ALLOCATE)
    merged = merge_cells(problem, site_kept=np.zeros(problem.n_sites, dtype=bool))
    assert merged.problem.n_cells == merged.problem.n_pairs == 0
    assert np.all(merged.group == -1)
