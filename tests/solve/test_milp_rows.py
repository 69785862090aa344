"""Every kind of row and column reaches the solver as it is, against enumeration."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chargeplan.linear_model import LinearModel
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus


def make_model(objective, rows, lower, upper) -> LinearModel:
    matrix = sp.csr_array(np.array(rows, dtype=float).reshape(len(lower), len(objective)))
    n_rows, n_columns = matrix.shape
    return LinearModel(
        objective=np.array(objective, dtype=float),
        matrix=matrix,
        row_lower=np.array(lower, dtype=float),
        row_upper=np.array(upper, dtype=float),
        column_lower=np.zeros(n_columns),
        column_upper=np.ones(n_columns),
        is_integer=np.ones(n_columns, dtype=bool),
        column_families=("open",),
        column_family=np.zeros(n_columns, dtype=np.int64),
        column_number=np.arange(n_columns),
        row_families=("rule",),
        row_family=np.zeros(n_rows, dtype=np.int64),
        row_number=np.arange(n_rows),
    )


def solve(model):
    return solve_milp(MilpRequest(model, None, 0.0, math.inf, 30.0, None, 1, 1))


@pytest.mark.parametrize("seed", range(60))
def test_rows_of_every_sense_are_kept(seed):
    """At most, at least, exactly, between two limits, and no limit at all."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (4, 5))
    middle = rows @ rng.integers(0, 2, 5)
    lower = np.array([-math.inf, middle[1], middle[2], -math.inf])
    upper = np.array([middle[0], math.inf, middle[2] + rng.integers(0, 2), math.inf])
    model = make_model(rng.integers(-9, 10, 5), rows, lower, upper)
    points = np.array(list(itertools.product([0.0, 1.0], repeat=5)))
    fits = np.all((points @ rows.T >= lower) & (points @ rows.T <= upper), axis=1)
    result = solve(model)
    assert result.status is MilpStatus.OPTIMAL
    assert result.objective_kwh_day == pytest.approx((points[fits] @ model.objective).max(), abs=1e-9)
    assert fits[np.flatnonzero((points == result.integer_values).all(axis=1))].all()


def test_columns_without_limits_are_taken():
    """x free and as large as twice b, b whole: x + 3 b with b at 1 is worth 5."""
    model = make_model([1, 3], [[1, -2]], [-math.inf], [0])
    model = replace(
        model,
        column_lower=np.array([-math.inf, 0.0]),
        column_upper=np.array([math.inf, 1.0]),
        is_integer=np.array([False, True]),
    )
    assert solve(model).objective_kwh_day == pytest.approx(5.0)


@pytest.mark.parametrize(("lower", "status"), [(-math.inf, MilpStatus.OPTIMAL), (1.0, MilpStatus.INFEASIBLE)])
def test_a_model_with_nothing_to_choose_is_no_failure(lower, status):
    """All that the bound leaves may be nothing; HiGHS itself calls that "Empty"."""
    result = solve(make_model([], np.zeros((1, 0)), [lower], [5.0]))
    assert result.status is status
    assert (result.bound_kwh_day == 0.0) == (status is MilpStatus.OPTIMAL)
