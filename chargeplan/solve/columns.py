"""Between plans and the columns of the linear model, and the model of some sites only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.plan import find_existing_sites
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, Ints, PlanProblem
    from chargeplan.solve.plan import Plan

_HALF = 0.5


def read_levels(problem: PlanProblem, model: LinearModel, values: Floats) -> Ints:
    """Read the level of each new station from the values of the columns, shape (n_sites,)."""
    level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
    n_levels = len(problem.level_chargers)
    if problem.mode is PlanMode.COVER:
        columns = model.find_columns("open")
        level_pos[model.column_number[columns[values[columns] > _HALF]]] = 0
        return level_pos
    columns = model.find_columns("level")
    site, level = np.divmod(model.column_number[columns[values[columns] > _HALF]], n_levels)
    level_pos[site] = level
    return level_pos


def write_values(problem: PlanProblem, model: LinearModel, plan: Plan) -> Floats:
    """Write a plan as values of all columns, shape (n_columns,).

    Sites of the plan must be in the model, when it is the model of some sites only.
    """
    values = np.zeros(model.n_columns)
    columns = model.find_columns("open")
    values[columns] = plan.level_pos[model.column_number[columns]] >= 0
    columns = model.find_columns("level")
    site, level = np.divmod(model.column_number[columns], len(problem.level_chargers))
    values[columns] = plan.level_pos[site] == level
    columns = model.find_columns("serve")
    values[columns] = plan.pair_share[model.column_number[columns]]
    columns = model.find_columns("cover")
    if len(columns):
        n_covering = np.full(model.n_columns, 1.0)  # a group without a row is always covered
        rows = model.find_rows("cover")
        covered_column = columns[np.searchsorted(model.column_number[columns], model.row_number[rows])]
        n_covering[covered_column] = -(model.matrix[rows] @ values)
        values[columns] = n_covering[columns] > _HALF
    return values


def restrict_model(
    problem: PlanProblem, model: LinearModel, *, level_allowed: Bools, must_open: Bools
) -> LinearModel:
    """Take the model of some stations only: all others stay closed.

    Its bound says nothing about the whole problem, unless no better plan of the whole problem
    has other stations.

    Parameters
    ----------
    problem : PlanProblem
    model : LinearModel
    level_allowed : ndarray of bool, shape (n_sites, n_levels)
        Levels that stay. Existing stations always stay.
    must_open : ndarray of bool, shape (n_sites,)
        Sites whose new station is fixed open; each must have a level that stays.
    """
    number = model.column_number
    keep_site: Bools = np.asarray(level_allowed.any(axis=1))
    keep = np.ones(model.n_columns, dtype=bool)
    opens = model.find_columns("open")
    keep[opens] = keep_site[number[opens]]
    levels = model.find_columns("level")
    keep[levels] = level_allowed.ravel()[number[levels]]
    serves = model.find_columns("serve")
    serving = keep_site | find_existing_sites(problem)
    keep[serves] = serving[problem.pair_site[number[serves]]]
    lower = model.column_lower.copy()
    lower[opens] = np.maximum(lower[opens], must_open[number[opens]])
    matrix = sp.csr_array(model.matrix[:, keep])
    keep_row = np.diff(matrix.indptr) > 0
    return replace(
        model,
        objective=model.objective[keep],
        matrix=sp.csr_array(matrix[keep_row]),
        row_lower=model.row_lower[keep_row],
        row_upper=model.row_upper[keep_row],
        column_lower=lower[keep],
        column_upper=model.column_upper[keep],
        is_integer=model.is_integer[keep],
        column_family=model.column_family[keep],
        column_number=number[keep],
        row_family=model.row_family[keep_row],
        row_number=model.row_number[keep_row],
    )


def fits_restriction(plan: Plan, *, level_allowed: Bools, must_open: Bools) -> bool:
    """Tell whether a plan lies within a restricted model, so that it can start it."""
    is_new = np.flatnonzero(plan.level_pos >= 0)
    return bool(
        np.all(level_allowed[is_new, plan.level_pos[is_new]]) and np.all(plan.level_pos[must_open] >= 0)
    )
