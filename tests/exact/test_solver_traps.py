"""Small models on which solvers were wrong in public, each with its answer by hand or enumeration."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp

from chargeplan.linear_model import LinearModel
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus


def make_model(objective, rows, lower, upper) -> LinearModel:
    matrix = sp.csr_array(np.array(rows, dtype=float))
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


def enumerate_best(model: LinearModel) -> float | None:
    points = np.array(list(itertools.product([0.0, 1.0], repeat=model.n_columns)))
    values = points @ model.matrix.toarray().T
    fits = np.all((values >= model.row_lower - 1e-9) & (values <= model.row_upper + 1e-9), axis=1)
    return float((points[fits] @ model.objective).max()) if fits.any() else None


def solve(model: LinearModel, *, use_presolve: bool = True):
    return solve_milp(MilpRequest(model, None, 0.0, math.inf, 30.0, None, 1, 1, use_presolve=use_presolve))


@pytest.mark.parametrize("use_presolve", [True, False])
def test_the_model_that_cbc_calls_infeasible(use_presolve):
    """coin-or/pulp issue 662: columns x0, x1, x2, c0, c1; x all 1 and c all 0 is feasible, worth 0."""
    infinity = math.inf
    model = make_model(
        [0, 0, 0, -1, -1],
        [
            [1, 0, 0, 0, 1],
            [-1, 0, 0, -1, 0],
            [0, 1, 0, 0, 1],
            [0, 0, 0, 1, 1],
            [0, 0, 1, 0, 0],
            [0, -9000, -7200, 0, -10800],
        ],
        [1, -infinity, -infinity, -infinity, 1, -infinity],
        [1, -1, 1, 1, 1, -16200],
    )
    assert enumerate_best(model) == 0.0
    result = solve(model, use_presolve=use_presolve)
    assert result.status is MilpStatus.OPTIMAL
    assert result.objective_kwh_day == pytest.approx(0.0, abs=1e-9)


def test_rows_of_mixed_scale_are_solved_as_by_enumeration():
    """The family on which CBC's preprocessing gave ten wrong answers in 10,000: exact whole numbers,
    rows of sizes 1 to 10,000."""
    n_feasible = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        n_columns, n_rows = int(rng.integers(3, 10)), int(rng.integers(2, 7))
        rows = rng.integers(-9, 10, (n_rows, n_columns)) * 10 ** rng.integers(0, 5, (n_rows, 1))
        upper = rows.sum(axis=1) // 2
        model = make_model(rng.integers(-50, 50, n_columns), rows, np.full(n_rows, -math.inf), upper)
        best = enumerate_best(model)
        result = solve(model)
        if best is None:
            assert result.status is MilpStatus.INFEASIBLE, seed
        else:
            n_feasible += 1
            assert result.objective_kwh_day == pytest.approx(best, abs=1e-6), seed
            assert result.bound_kwh_day >= best - 1e-6, seed
    assert 50 < n_feasible < 150
