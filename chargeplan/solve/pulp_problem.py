"""A linear model as a PuLP problem, every row and column named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pulp

from chargeplan.errors import SolverError

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel


def build_pulp_problem(model: LinearModel) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Build the PuLP problem of a model, every row and column named; variables in column order.

    A row with two limits that differ becomes two, the lower one named with ``_low``.

    Raises
    ------
    SolverError
        When an integer column may be other than 0 or 1: results are read back as which are 1.
    """
    _refuse_whole_numbers(model)
    problem = pulp.LpProblem("plan", pulp.LpMaximize)
    variables = [
        problem.add_variable(
            name,
            low if math.isfinite(low) else None,
            high if math.isfinite(high) else None,
            pulp.LpInteger if whole else pulp.LpContinuous,
        )
        for name, low, high, whole in zip(
            model.name_columns(),
            model.column_lower.tolist(),
            model.column_upper.tolist(),
            model.is_integer.tolist(),
            strict=True,
        )
    ]
    paid = np.flatnonzero(model.objective)
    problem.setObjective(
        pulp.LpAffineExpression([(variables[at], float(model.objective[at])) for at in paid])
    )
    starts, columns, values = (
        part.tolist() for part in (model.matrix.indptr, model.matrix.indices, model.matrix.data)
    )
    for row, name in enumerate(model.name_rows()):
        inside = slice(starts[row], starts[row + 1])
        terms = pulp.LpAffineExpression(
            [(variables[at], value) for at, value in zip(columns[inside], values[inside], strict=True)]
        )
        low, high = float(model.row_lower[row]), float(model.row_upper[row])
        if math.isfinite(low) and low != high:
            low_name = f"{name}_low" if math.isfinite(high) else name
            problem.addConstraint(pulp.LpConstraint(terms.copy(), pulp.LpConstraintGE, low_name, low))
        if math.isfinite(high):
            sense = pulp.LpConstraintEQ if low == high else pulp.LpConstraintLE
            problem.addConstraint(pulp.LpConstraint(terms, sense, name, high))
    return problem, variables


def _refuse_whole_numbers(model: LinearModel) -> None:
    outside = model.is_integer & ((model.column_lower < 0) | (model.column_upper > 1))
    if outside.any():
        raise SolverError(
            f"{int(outside.sum())} integer columns may be other than 0 or 1; write them with several of 0 or 1"
        )
