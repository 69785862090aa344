"""The bound of staged problems: what says nothing excludes nothing."""

from dataclasses import replace

import family_cases
import numpy as np
import pytest
import staged_problems

from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import PlanProblem
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.staged_bound import compute_staged_bound, find_levels_left
from chargeplan.solve.staged_dual import StagedDual


def empty_first_year(problem: PlanProblem) -> PlanProblem:
    units = problem.staging.unit_kwh_day.copy()
    units[0] = 0.0
    return replace(problem, stages=replace(problem.stages, unit_kwh_day=units))


@pytest.mark.parametrize(
    "families", [("years", "backup"), ("years", "floor"), ("years", "gini"), ("years", "worst")]
)
def test_every_row_asks_for_something_though_a_year_has_no_demand(families):
    for seed in range(12):
        model = build_linear_model(empty_first_year(staged_problems.make_staged_problem(seed, families)))
        asks = np.isfinite(model.row_lower) | np.isfinite(model.row_upper)
        assert asks.all(), np.array(model.name_rows())[~asks]


def test_a_year_without_demand_and_backup_leave_a_bound_that_holds():
    """Both sites must open so that cell 1 has two stations: 30 + 20 + 10 kWh/day of 2027, weight 1/2."""
    problem = empty_first_year(
        family_cases.make_tiny_problem(budgets=(np.inf, np.inf), backup_share=20.0 / 60.0)
    )
    model = build_linear_model(problem)
    dual = StagedDual(problem, model)
    bound = compute_staged_bound(model, dual, incumbent_kwh_day=0.0, max_iterations=40)
    assert 30.0 <= bound.value_kwh_day < np.inf
    assert not np.isnan(bound.state_bound_kwh_day).any()
    may_have, must_open = find_levels_left(dual, bound, incumbent_kwh_day=29.0)
    assert may_have[1].any(axis=1).tolist() == [True, True]
    assert not must_open[0].any()


def test_a_dual_value_that_is_no_number_is_never_remembered(monkeypatch):
    problem = family_cases.make_tiny_problem(budgets=(40.0,), backup_share=0.1)
    model = build_linear_model(problem)
    dual = StagedDual(problem, model)
    dual.side[0] = np.inf  # 0 * inf is NaN
    with np.errstate(invalid="ignore"):
        bound = compute_staged_bound(model, dual, incumbent_kwh_day=1.0, max_iterations=20)
    assert bound.value_kwh_day == np.inf
    assert not np.isnan(bound.state_bound_kwh_day).any()
    may_have, must_open = find_levels_left(dual, bound, incumbent_kwh_day=1.0)
    assert may_have.any(axis=2).all()
    assert not must_open.any()
    blind = replace(bound, state_bound_kwh_day=np.full_like(bound.state_bound_kwh_day, np.nan))
    may_have, must_open = find_levels_left(dual, blind, incumbent_kwh_day=1.0)
    assert may_have.any(axis=2).all()
    assert not must_open.any()


class _Broken:
    """The function |x - 3| that is no number beyond 10: the first step from 0 jumps there."""

    lower, upper, scale = np.full(1, -np.inf), np.full(1, np.inf), np.ones(1)

    def evaluate(self, multipliers):
        x = float(multipliers[0])
        return (np.nan if x > 10 else abs(x - 3.0)), np.array([1.0 if x > 3 else -1.0])


def test_the_descent_comes_back_from_where_the_dual_is_no_number():
    best, at, _ = minimise_dual(
        _Broken(),
        np.zeros(1),
        target=-20.0,
        max_iterations=60,
        deadline=None,
        options=DescentOptions(),
    )
    assert best < 1.0
    assert abs(at[0] - 3.0) == best
