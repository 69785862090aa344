"""The constraint families of fairness and resilience: EQUITY and BACKUP."""

from __future__ import annotations

import numpy as np

from chargeplan.formulation.columns import ColumnPlan, sum_zone_demand
from chargeplan.formulation.rows import RowFamily, join_families, make_empty_family, make_family
from chargeplan.records import Floats, PlanProblem


def build_equity_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """EQUITY: served shares of zones: what they are, their floors, the worst of them, their Gini coefficient.

    c_rt = sum d x / D_rt over the cells of the zone; c_rt >= floor_r; worst <= c_rt; and
    sum_(r < s) w_r w_s u_rst <= cap W sum_r w_r c_rt with u_rst >= |c_rt - c_st|, w_r the demand of the zone.
    """
    if not np.any(columns.share_of >= 0):
        return make_empty_family("equity")
    demand = sum_zone_demand(problem)
    n_years, n_zones = demand.shape
    size = n_years * n_zones
    parts = [_define_shares(problem, columns, demand), _set_floors(problem, columns, first_number=size)]
    parts.append(_find_worst(problem, columns, first_number=2 * size))
    if columns.differ_of.size:
        parts += _limit_gini(problem, columns, demand, first_number=3 * size)
    return join_families("equity", parts)


def _define_shares(problem: PlanProblem, columns: ColumnPlan, demand: Floats) -> RowFamily:
    """Say what the served share of each zone is."""
    staging, limits = problem.staging, problem.limits
    n_zones = demand.shape[1]
    cell = problem.pair_cell[columns.serve_pair]
    zone = limits.cell_zone[cell]
    kwh_day = staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
    year, share_zone = np.nonzero(columns.share_of >= 0)
    row_of = np.full(columns.share_of.shape, -1, dtype=np.int64)
    row_of[year, share_zone] = np.arange(len(year))
    row = row_of[columns.serve_year, zone]
    used = np.flatnonzero((row >= 0) & (kwh_day > 0))
    weight = demand[year, share_zone]
    return make_family(
        "equity",
        year * n_zones + share_zone,
        np.concatenate([row[used], np.arange(len(year))]),
        np.concatenate([columns.list_columns("serve")[used], columns.share_of[year, share_zone]]),
        np.concatenate([kwh_day[used] / weight[row[used]], -np.ones(len(year))]),
        lower=0.0,
        upper=0.0,
    )


def _set_floors(problem: PlanProblem, columns: ColumnPlan, *, first_number: int) -> RowFamily:
    floor = problem.limits.zone_floor_share
    if len(floor) == 0:
        return make_empty_family("equity")
    year, zone = np.nonzero((columns.share_of >= 0) & (floor > 0)[None, :])
    return make_family(
        "equity",
        first_number + year * columns.share_of.shape[1] + zone,
        np.arange(len(year)),
        columns.share_of[year, zone],
        np.ones(len(year)),
        lower=floor[zone],
    )


def _find_worst(problem: PlanProblem, columns: ColumnPlan, *, first_number: int) -> RowFamily:
    """Hold the worst share below that of every zone of which any demand reaches a site."""
    if columns.worst < 0:
        return make_empty_family("equity")
    is_reached = np.zeros(columns.share_of.shape[1], dtype=np.bool_)
    is_reached[problem.limits.cell_zone[problem.pair_cell]] = True
    year, zone = np.nonzero((columns.share_of >= 0) & is_reached[None, :])
    row = np.arange(len(year))
    return make_family(
        "equity",
        first_number + year * columns.share_of.shape[1] + zone,
        np.concatenate([row, row]),
        np.concatenate([columns.share_of[year, zone], np.full(len(year), columns.worst)]),
        np.concatenate([np.ones(len(year)), -np.ones(len(year))]),
        lower=0.0,
    )


def _limit_gini(
    problem: PlanProblem, columns: ColumnPlan, demand: Floats, *, first_number: int
) -> list[RowFamily]:
    """Bound the differences of shares from below, and their weighted sum from above."""
    n_zones = demand.shape[1]
    first, second = np.triu_indices(n_zones, 1)
    year, pair = np.nonzero(columns.differ_of >= 0)
    differ = columns.differ_of[year, pair]
    one = columns.share_of[year, first[pair]]
    other = columns.share_of[year, second[pair]]
    row = np.arange(len(year))
    number = first_number + year * len(first) + pair
    parts = []
    for sign, offset in ((1.0, 0), (-1.0, len(demand) * len(first))):
        parts.append(
            make_family(
                "equity",
                number + offset,
                np.concatenate([row, row, row]),
                np.concatenate([differ, one, other]),
                np.concatenate([np.ones(len(row)), np.full(len(row), -sign), np.full(len(row), sign)]),
                lower=0.0,
            )
        )
    weight = demand / np.maximum(demand.sum(axis=1, keepdims=True), 1e-300)
    share_year, zone = np.nonzero(columns.share_of >= 0)
    both = weight[year, first[pair]] * weight[year, second[pair]]
    parts.append(
        make_family(
            "equity",
            first_number + 2 * len(demand) * len(first) + np.arange(len(demand)),
            np.concatenate([year, share_year]),
            np.concatenate([differ, columns.share_of[share_year, zone]]),
            np.concatenate([both, -problem.limits.gini_cap * weight[share_year, zone]]),
            upper=0.0,
        )
    )
    return parts


def build_backup_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """BACKUP: enough demand reaches two open stations.

    sum_(i in N_j) y_it >= 2 zeta_jt and sum_j D_jt zeta_jt >= share sum_j D_jt, the latter in years with demand.
    """
    if problem.limits.backup_share <= 0:
        return make_empty_family("backup")
    n_cells = problem.n_cells
    year, cell = np.nonzero(columns.backup_of >= 0)
    row_of = np.full(columns.backup_of.shape, -1, dtype=np.int64)
    row_of[year, cell] = np.arange(len(year))
    n_years = len(columns.backup_of)
    pair_row = row_of[:, problem.pair_cell].ravel()
    pair_column = columns.open_of[:, problem.pair_site].ravel()
    used = np.flatnonzero(pair_column >= 0)
    stands = (
        columns.is_existing[problem.pair_site]
        & (problem.existing_chargers.reshape(problem.n_sites, -1).sum(axis=1) > 0)[problem.pair_site]
    )
    standing = np.bincount(problem.pair_cell[stands], minlength=n_cells)[cell]
    two_stations = make_family(
        "backup",
        year * n_cells + cell,
        np.concatenate([pair_row[used], np.arange(len(year))]),
        np.concatenate([pair_column[used], columns.backup_of[year, cell]]),
        np.concatenate([np.ones(len(used)), np.full(len(year), -2.0)]),
        lower=-standing.astype(np.float64),
    )
    demand = problem.staging.unit_kwh_day.sum(axis=2)
    total = demand.sum(axis=1)
    asked = np.flatnonzero(total > 0)
    share_row = np.full(n_years, -1, dtype=np.int64)
    share_row[asked] = np.arange(len(asked))
    counted = np.flatnonzero(share_row[year] >= 0)
    year, cell = year[counted], cell[counted]
    enough = make_family(
        "backup",
        n_years * n_cells + asked,
        share_row[year],
        columns.backup_of[year, cell],
        demand[year, cell] / total[year],
        lower=problem.limits.backup_share,
    )
    return join_families("backup", [two_stations, enough])
