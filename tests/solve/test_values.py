"""Plans as values of columns: money and numbers are kept to the last rupee, shares to rounding."""

from dataclasses import replace

import family_cases
import numpy as np
import pytest

from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.values import find_broken_rows, make_value_plan

MILLION = 1e6


def make_dear_problem(budget_pkr):
    """The tiny street with stations of some ten million; a with 2 chargers and b with 1 cost 35 million."""
    problem = family_cases.make_tiny_problem(budgets=(budget_pkr,))
    return replace(
        problem,
        level_cost_pkr=MILLION * problem.level_cost_pkr,
        stages=replace(problem.staging, open_cost_pkr=MILLION * problem.staging.open_cost_pkr),
    )


def settle_both_sites(problem):
    model, columns = build_linear_model(problem), plan_columns(problem)
    values = np.zeros(model.n_columns)
    values[columns.list_columns("open")] = 1.0
    values[[columns.level_of[0, 0, 1], columns.level_of[0, 1, 0]]] = 1.0
    return model, columns, PlanMaker(problem, model, columns).settle(values)


def test_a_plan_that_costs_just_the_budget_is_one():
    _, _, plan = settle_both_sites(make_dear_problem(35 * MILLION))
    assert plan is not None
    assert plan.objective_kwh_day == pytest.approx(60.0)


@pytest.mark.parametrize("missing_pkr", [0.01, 1.0, 30.0, 1e5])
def test_a_plan_over_the_budget_by_a_rupee_is_none(missing_pkr):
    _, _, plan = settle_both_sites(make_dear_problem(35 * MILLION - missing_pkr))
    assert plan is None


def test_shares_are_kept_to_rounding():
    model, columns, plan = settle_both_sites(make_dear_problem(35 * MILLION))
    serve = columns.list_columns("serve")[plan.values[columns.list_columns("serve")] > 0.99][0]
    for excess, is_broken in ((1e-9, False), (1e-4, True)):
        values = plan.values.copy()
        values[serve] += excess
        assert bool(len(find_broken_rows(model, values))) == is_broken
        assert (make_value_plan(model, values) is None) == is_broken
