"""Reductions never change the optimum, and do reduce."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import small_problems
from hypothesis import given, settings
from hypothesis import strategies as st
from referee_milp import find_optimum, make_town, split_cells

from chargeplan.solve.cover_search import compute_cover_kwh_day, make_cover_plan
from chargeplan.solve.plan import find_broken_rules
from chargeplan.solve.reduce import (
    build_cover_rows,
    drop_useless_levels,
    find_dominated_columns,
    group_equal_rows,
    merge_equal_cells,
)
from chargeplan.solve.start_plan import find_start_plan
from chargeplan.words import PlanMode


@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("seed", range(8))
def test_merging_equal_cells_keeps_the_optimum(mode, seed):
    problem = split_cells(make_town(mode, seed, n_cells=40, n_sites=12))
    merged = merge_equal_cells(problem)
    assert merged.problem.n_cells <= problem.n_cells / 2
    assert find_optimum(merged.problem) == pytest.approx(find_optimum(problem), rel=1e-7)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_a_merged_plan_expands_to_a_plan_of_the_same_worth_and_back(mode):
    problem = split_cells(make_town(mode, 5))
    merged = merge_equal_cells(problem)
    small = find_start_plan(merged.problem, seed=1)
    plan = merged.expand_plan(problem, small)
    assert find_broken_rules(problem, plan) == ()
    assert plan.objective_kwh_day == pytest.approx(small.objective_kwh_day)
    again = merged.merge_plan(problem, plan)
    assert find_broken_rules(merged.problem, again) == ()
    assert again.objective_kwh_day == pytest.approx(small.objective_kwh_day)


def test_merging_keeps_cells_apart_that_differ_in_quality_only():
    problem = split_cells(make_town(PlanMode.COVER, 2, n_cells=20))
    quality = problem.pair_quality.copy()
    quality[problem.pair_cell < 20] *= 0.5
    apart = merge_equal_cells(replace(problem, pair_quality=quality))
    together = merge_equal_cells(problem)
    assert apart.problem.n_cells == 2 * together.problem.n_cells


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=1, max_size=12))
def test_rows_are_grouped_when_and_only_when_equal(rows):
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    first_row, group = group_equal_rows(offsets, np.concatenate([np.array(row) for row in rows]))
    for one, other in itertools.combinations(range(len(rows)), 2):
        assert (group[one] == group[other]) == (rows[one] == rows[other])
    assert [rows[first] for first in first_row[group]] == rows


def test_a_site_is_dropped_only_for_one_that_covers_as_much_at_no_more_cost():
    cover = sp.csr_array(np.array([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=float))
    cheap_small = find_dominated_columns(cover, np.array([1.0, 2.0, 2.0, 9.0]))
    assert cheap_small.tolist() == [False, False, True, False]
    all_alike = find_dominated_columns(cover, np.array([2.0, 2.0, 2.0, 9.0]))
    assert all_alike.tolist() == [True, False, True, False]


@pytest.mark.parametrize("seed", range(60))
def test_cover_rows_have_the_optimum_of_the_problem(seed):
    problem = small_problems.make_small_problem(seed, PlanMode.COVER)
    best = small_problems.solve_by_brute_force(problem)
    if best is None:
        return
    rows = build_cover_rows(problem)
    values = [
        compute_cover_kwh_day(rows, np.array(columns, dtype=np.int64))
        for size in range(min(rows.max_sites, len(rows.site_pos)) + 1)
        for columns in itertools.combinations(range(len(rows.site_pos)), size)
        if rows.cost_pkr[list(columns)].sum() <= rows.budget_pkr
    ]
    assert max(values) == pytest.approx(best)


def test_the_rows_and_the_plan_agree_on_the_worth_of_any_choice():
    problem = make_town(PlanMode.COVER, 9)
    rows = build_cover_rows(problem)
    rng = np.random.default_rng(0)
    for _ in range(20):
        columns = np.sort(rng.choice(len(rows.site_pos), 3, replace=False))
        plan = make_cover_plan(problem, rows, columns)
        assert compute_cover_kwh_day(rows, columns) == pytest.approx(plan.objective_kwh_day)


@pytest.mark.parametrize("seed", range(8))
def test_dropping_useless_levels_keeps_the_optimum(seed):
    town = make_town(PlanMode.ALLOCATE, seed, n_cells=40, n_sites=12)
    problem = replace(town, level_capacity_kwh_day=town.demand_kwh_day.sum() * np.array([0.1, 0.2, 0.4]))
    smaller = drop_useless_levels(problem)
    assert smaller.level_allowed.sum() < problem.level_allowed.sum()
    assert find_optimum(smaller) == pytest.approx(find_optimum(problem), rel=1e-7)
