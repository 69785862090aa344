"""What the values of a plan's columns say: sizes, loads, and the grid steps that these need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.values import ROW_TOLERANCE

if TYPE_CHECKING:
    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, Ints, PlanProblem


def read_levels(columns: ColumnPlan, values: Floats) -> Ints:
    """Read the level of each slot in each year, shape (n_years, n_slots), -1 where none."""
    levels = np.full(columns.level_of.shape[:2], -1, dtype=np.int64)
    at = np.flatnonzero(values[columns.list_columns("level")] > 0.5)
    levels[columns.level_year[at], columns.level_slot[at]] = columns.level_number[at]
    return levels


def sum_loads(problem: PlanProblem, columns: ColumnPlan, values: Floats) -> Floats:
    """Sum what each slot serves in each year, kWh per day, shape (n_years, n_slots)."""
    cell, slot = problem.pair_cell[columns.serve_pair], problem.pair_site[columns.serve_pair]
    demand = problem.staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
    load = np.zeros(columns.level_of.shape[:2])
    np.add.at(
        load,
        (columns.serve_year, slot * problem.staging.n_types + columns.serve_type),
        demand * values[columns.list_columns("serve")],
    )
    return load


def leave_steps(problem: PlanProblem, model: LinearModel, columns: ColumnPlan, values: Floats) -> Floats:
    """Buy no more grid steps by each year than its stations and those before it need."""
    step_of, limits = columns.step_of, problem.limits
    rows = model.find_rows("grid")
    if step_of.size == 0 or len(rows) == 0:
        return values
    is_step = np.isin(np.arange(model.n_columns), step_of[step_of >= 0])
    year, asset = np.divmod(model.row_number[rows], step_of.shape[1])
    load_kw = model.matrix[rows] @ np.where(is_step, 0.0, values)
    missing_kw = np.zeros(step_of.shape[:2])
    missing_kw[year, asset] = load_kw - model.row_upper[rows]
    step_kw = np.where(limits.asset_step_kw > 0, limits.asset_step_kw, np.inf)
    needed = np.maximum.accumulate(np.ceil(missing_kw / step_kw - ROW_TOLERANCE), axis=0)
    values = values.copy()
    at = np.nonzero(step_of >= 0)
    values[step_of[at]] = at[2] < needed[at[0], at[1]]
    return values
