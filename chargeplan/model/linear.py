"""The linear model of a planning problem: columns, rows, objective; and its restriction."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.linear_model import LinearModel
from chargeplan.model.columns import ColumnPlan, plan_columns
from chargeplan.model.families import (
    RowFamily,
    build_assign_rows,
    build_budget_rows,
    build_capacity_rows,
    build_count_rows,
    build_cover_rows,
    build_level_rows,
    build_link_rows,
)
from chargeplan.records import PlanProblem
from chargeplan.words import PlanMode

COLUMN_FAMILIES = ("open", "level", "serve", "cover")


def build_linear_model(problem: PlanProblem) -> LinearModel:
    """Build the linear model of a problem; it maximises the quality-weighted demand served.

    In cover mode the shares are projected out: ``cover`` columns stand for merged groups of
    cells and bands. Required sites have ``open`` fixed at 1.
    """
    columns = plan_columns(problem)
    if problem.mode is PlanMode.ALLOCATE:
        families = [
            build_assign_rows(problem, columns),
            build_link_rows(problem, columns),
            build_capacity_rows(problem, columns),
            build_level_rows(problem, columns),
        ]
    else:
        families = [build_cover_rows(columns)]
    families += [build_budget_rows(problem, columns), build_count_rows(problem, columns)]
    return _assemble(problem, columns, families)


def _assemble(problem: PlanProblem, columns: ColumnPlan, families: list[RowFamily]) -> LinearModel:
    sizes = [len(columns.open), len(columns.level), len(columns.serve), len(columns.cover)]
    n_columns = sum(sizes)
    objective = np.zeros(n_columns)
    objective[columns.serve] = (
        problem.demand_kwh_day[problem.pair_cell] * problem.pair_quality if len(columns.serve) else 0.0
    )
    objective[columns.cover] = columns.groups.weight_kwh_day
    is_integer = np.zeros(n_columns, dtype=bool)
    is_integer[columns.open] = is_integer[columns.level] = True
    lower = np.zeros(n_columns)
    lower[columns.open] = problem.is_forced_open[columns.open_site]
    upper = np.ones(n_columns)
    if len(columns.serve):
        can_serve = columns.is_existing | (columns.open_of_site >= 0)
        upper[columns.serve] = can_serve[problem.pair_site]
    row_counts = [len(family.number) for family in families]
    first_row = np.concatenate([[0], np.cumsum(row_counts)])
    matrix = sp.csr_array(
        (
            np.concatenate([family.value for family in families]),
            (
                np.concatenate(
                    [family.row + first for family, first in zip(families, first_row[:-1], strict=True)]
                ),
                np.concatenate([family.column for family in families]),
            ),
        ),
        shape=(int(first_row[-1]), n_columns),
    )
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return LinearModel(
        objective=objective,
        matrix=matrix,
        row_lower=np.concatenate([family.lower for family in families]),
        row_upper=np.concatenate([family.upper for family in families]),
        column_lower=lower,
        column_upper=upper,
        is_integer=is_integer,
        column_families=COLUMN_FAMILIES,
        column_family=np.repeat(np.arange(len(sizes)), sizes),
        column_number=np.concatenate(
            [
                columns.open_site,
                columns.level_site * problem.level_cost_pkr.shape[1] + columns.level_number,
                np.arange(len(columns.serve)),
                np.arange(len(columns.cover)),
            ]
        ).astype(np.int64),
        row_families=tuple(family.name for family in families),
        row_family=np.repeat(np.arange(len(families)), row_counts),
        row_number=np.concatenate([family.number for family in families]),
    )
