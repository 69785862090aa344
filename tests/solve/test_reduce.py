"""Reductions never change the optimum, and do reduce."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
import small_problems
from hypothesis import given, settings
from hypothesis import strategies as st
from referee_milp import make_town

from chargeplan.solve.cover_search import compute_cover_kwh_day, make_cover_plan
from chargeplan.solve.reduce import (
    build_cover_rows,
    find_dominated_columns,
    group_equal_rows,
)
from chargeplan.words import PlanMode


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
