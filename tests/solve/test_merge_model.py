"""The model of merged cells has the optimum of the model of all cells."""

import numpy as np
import pytest
import small_problems

from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.columns import read_levels, restrict_model, write_values
from chargeplan.solve.merge_model import average_shares, merge_model
from chargeplan.solve.plan import find_allowed_levels, find_required_sites
from chargeplan.solve.settle import settle_plan
from chargeplan.words import PlanMode


def solve(model):
    """Solve a model with SciPy; return the objective and the values."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    answer = milp(
        -model.objective,
        integrality=model.is_integer.astype(int),
        bounds=Bounds(model.column_lower, model.column_upper),
        constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
    )
    return (None, None) if answer.x is None else (-answer.fun, answer.x)


@pytest.mark.parametrize("seed", range(25))
def test_merging_keeps_the_optimum_and_the_start_plan(seed):
    problem = small_problems.make_problem_with_twins(seed)
    model = build_linear_model(problem)
    allowed = find_allowed_levels(problem)
    required = find_required_sites(problem)
    if not required[seed % problem.n_sites]:
        allowed[seed % problem.n_sites] = False  # a restriction
    model = restrict_model(problem, model, level_allowed=allowed, must_open=required)
    smaller, merged = merge_model(problem, model)
    best, _ = solve(model)
    found, values = solve(smaller)
    if best is None:
        assert found is None
        return
    assert found == pytest.approx(best, rel=1e-6)
    if merged is None:
        assert len(model.find_columns("serve")) == 0
        return
    assert smaller.n_rows < model.n_rows
    plan = settle_plan(problem, read_levels(problem, smaller, values))
    assert plan.objective_kwh_day == pytest.approx(best, rel=1e-6)
    start = write_values(problem, smaller, average_shares(problem, plan, merged))
    assert float(smaller.objective @ start) == pytest.approx(best, rel=1e-6)
    row = smaller.matrix @ start
    assert np.all(row <= smaller.row_upper + 1e-6)
    assert np.all(row >= smaller.row_lower - 1e-6)


def test_a_model_with_other_families_is_left_as_it_is():
    problem = small_problems.make_small_problem(1, PlanMode.COVER)
    model = build_linear_model(problem)
    assert merge_model(problem, model) == (model, None)
