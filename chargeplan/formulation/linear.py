"""The linear model of a planning problem: columns, rows, objective."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.formulation.columns import COLUMN_FAMILIES, ColumnPlan, plan_columns
from chargeplan.formulation.families_fairness import build_backup_rows, build_equity_rows
from chargeplan.formulation.families_money import build_budget_rows, build_count_rows, list_costs
from chargeplan.formulation.families_places import (
    build_bays_rows,
    build_grid_rows,
    build_power_rows,
    build_rule_rows,
    build_spacing_rows,
)
from chargeplan.formulation.families_serving import (
    build_assign_rows,
    build_capacity_rows,
    build_cover_rows,
    build_level_rows,
    build_link_rows,
    build_persist_rows,
    build_target_rows,
)
from chargeplan.formulation.rows import RowFamily
from chargeplan.linear_model import LinearModel
from chargeplan.records import Floats, Ints, PlanProblem
from chargeplan.words import PlanMode, PlanObjective


def build_linear_model(problem: PlanProblem) -> LinearModel:
    """Build the linear model of a problem.

    It maximises the demand served, weighted by its worth and the weights of the years, or the served share
    of the worst zone (times the demand, so that it is of the same size), or minus the money in PKR that all
    is to cost by the last year. In cover mode the
    shares are projected out: ``cover`` columns stand for merged groups of cells and bands. Required
    sites have ``open`` fixed at 1 from the first year on.
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
    families += [
        build_budget_rows(problem, columns),
        build_count_rows(problem, columns),
        build_persist_rows(columns),
        build_bays_rows(problem, columns),
        build_power_rows(problem, columns),
        build_grid_rows(problem, columns),
        build_spacing_rows(problem, columns),
        build_rule_rows(problem, columns),
        build_equity_rows(problem, columns),
        build_backup_rows(problem, columns),
        build_target_rows(problem, columns),
    ]
    return _assemble(problem, columns, families)


def _write_objective(problem: PlanProblem, columns: ColumnPlan) -> Floats:
    staging = problem.staging
    objective = np.zeros(sum(columns.sizes))
    if problem.objective is PlanObjective.WORST_ZONE:
        objective[columns.worst] = float(staging.year_weight @ staging.unit_kwh_day.sum(axis=(1, 2)))
        return objective
    if problem.objective is PlanObjective.COST:
        year, column, cost_pkr = list_costs(problem, columns)
        is_last = (year == staging.n_years - 1) & (column >= 0)
        objective[column[is_last]] = -cost_pkr[is_last]
        return objective
    demand = staging.unit_kwh_day[
        columns.serve_year, problem.pair_cell[columns.serve_pair], columns.serve_group
    ]
    weight = staging.year_weight[columns.serve_year]
    objective[columns.list_columns("serve")] = demand * problem.pair_quality[columns.serve_pair] * weight
    objective[columns.list_columns("cover")] = columns.groups.weight_kwh_day
    return objective


def _number_columns(problem: PlanProblem, columns: ColumnPlan) -> Ints:
    """Give each column the position of what it speaks of as its number."""
    staging = problem.staging
    n_slots, n_levels = problem.level_cost_pkr.shape
    pair = columns.serve_year * problem.n_pairs + columns.serve_pair
    return np.concatenate(
        [
            columns.open_year * problem.n_sites + columns.open_site,
            (columns.level_year * n_slots + columns.level_slot) * n_levels + columns.level_number,
            (pair * staging.n_groups + columns.serve_group) * staging.n_types + columns.serve_type,
            np.arange(columns.groups.n_groups),
            np.flatnonzero(columns.step_of.ravel() >= 0),
            np.flatnonzero(columns.share_of.ravel() >= 0),
            np.flatnonzero(columns.differ_of.ravel() >= 0),
            np.arange(int(columns.worst >= 0)),
            np.flatnonzero(columns.backup_of.ravel() >= 0),
        ]
    ).astype(np.int64)


def _assemble(problem: PlanProblem, columns: ColumnPlan, families: list[RowFamily]) -> LinearModel:
    n_columns = sum(columns.sizes)
    family_of = np.repeat(np.arange(len(COLUMN_FAMILIES)), columns.sizes)
    whole = [COLUMN_FAMILIES.index(name) for name in ("open", "level", "step", "backup")]
    lower, upper = np.zeros(n_columns), np.ones(n_columns)
    lower[columns.list_columns("open")] = problem.is_forced_open[columns.open_site]
    site = problem.pair_site[columns.serve_pair]
    can_serve = columns.is_existing[site] | (columns.open_of[columns.serve_year, site] >= 0)
    upper[columns.list_columns("serve")] = can_serve
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
        objective=_write_objective(problem, columns),
        matrix=matrix,
        row_lower=np.concatenate([family.lower for family in families]),
        row_upper=np.concatenate([family.upper for family in families]),
        column_lower=lower,
        column_upper=upper,
        is_integer=np.isin(family_of, whole),
        column_families=COLUMN_FAMILIES,
        column_family=family_of,
        column_number=_number_columns(problem, columns),
        row_families=tuple(family.name for family in families),
        row_family=np.repeat(np.arange(len(families)), row_counts),
        row_number=np.concatenate([family.number for family in families]),
    )
