"""The constraint families of serving and sizing, one function each; docs/explanation/model.md has the mathematics.

Letters as there: t a year, i a site, k a charger type, l a level, j a cell, g a group of vehicle
classes. y_it is ``open``, u_iklt is ``level``, x_ijgkt is ``serve``, z_g is ``cover``. The number of a
row is the position of what it speaks of, the year outermost.
"""

from __future__ import annotations

import numpy as np

from chargeplan.formulation.columns import ColumnPlan
from chargeplan.formulation.rows import RowFamily, join_families, make_empty_family, make_family, number_rows
from chargeplan.records import Ints, PlanProblem


def build_assign_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """ASSIGN: no cell is served more than once, sum_ik x_ijgkt <= 1 for each year and group."""
    number, row = number_rows(_find_units(problem, columns))
    serve = columns.list_columns("serve")
    return make_family("assign", number, row, serve, np.ones(len(serve)), upper=1.0)


def build_link_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """LINK: a closed site serves nothing, sum_k x_ijgkt <= y_it, a row per pair and group (the strong form)."""
    site = problem.pair_site[columns.serve_pair]
    open_column = columns.open_of[columns.serve_year, site]
    at = np.flatnonzero(open_column >= 0)  # not those of existing stations, which are always open
    staging = problem.staging
    year_pair = columns.serve_year[at] * problem.n_pairs + columns.serve_pair[at]
    number, row = number_rows(year_pair * staging.n_groups + columns.serve_group[at])
    first = np.unique(row, return_index=True)[1]
    return make_family(
        "link",
        number,
        np.concatenate([row, np.arange(len(number))]),
        np.concatenate([columns.list_columns("serve")[at], open_column[at][first]]),
        np.concatenate([np.ones(len(at)), -np.ones(len(number))]),
        upper=0.0,
    )


def build_capacity_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """CAP: chargers deliver at most what their level can, sum_jg d_jgt x_ijgkt <= sum_l C_ikl u_iklt."""
    staging = problem.staging
    n_slots = len(problem.level_cost_pkr)
    slot = problem.pair_site[columns.serve_pair] * staging.n_types + columns.serve_type
    number, serve_row = number_rows(columns.serve_year * n_slots + slot)
    level_key = columns.level_year * n_slots + columns.level_slot
    level_row = np.searchsorted(number, level_key)
    has_row = np.isin(level_key, number)
    demand = staging.unit_kwh_day[
        columns.serve_year, problem.pair_cell[columns.serve_pair], columns.serve_group
    ]
    capacity = problem.level_capacity_kwh_day[columns.level_slot[has_row], columns.level_number[has_row]]
    row_slot = number % n_slots
    is_existing = columns.is_existing[row_slot // staging.n_types]
    return make_family(
        "capacity",
        number,
        np.concatenate([serve_row, level_row[has_row]]),
        np.concatenate([columns.list_columns("serve"), columns.list_columns("level")[has_row]]),
        np.concatenate([demand, -capacity]),
        upper=np.where(is_existing, problem.existing_capacity_kwh_day[row_slot], 0.0),
    )


def build_level_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """LEVEL: an open new station has one size of each type at most, and some size of some type.

    With one type it is sum_l u_ilt = y_it; with more, sum_l u_iklt <= y_it and sum_kl u_iklt >= y_it.
    """
    n_types, n_slots = problem.staging.n_types, len(problem.level_cost_pkr)
    level = columns.list_columns("level")
    site = columns.level_slot // n_types
    open_column = columns.open_of[columns.level_year, site]
    if n_types == 1:
        return _relate_levels(
            "level", columns.level_year * n_slots + site, level, open_column, lower=0.0, upper=0.0
        )
    by_type = _relate_levels(
        "level", columns.level_year * n_slots + columns.level_slot, level, open_column, upper=0.0
    )
    n_all = problem.staging.n_years * n_slots
    any_type = _relate_levels(
        "level", n_all + columns.level_year * problem.n_sites + site, level, open_column, lower=0.0
    )
    return join_families("level", [by_type, any_type])


def _relate_levels(
    name: str, key: Ints, level: Ints, open_column: Ints, *, lower: float = -np.inf, upper: float = np.inf
) -> RowFamily:
    """Relate the levels of each key with the opening of their site: lower <= sum u - y <= upper."""
    number, row = number_rows(key)
    first = np.unique(row, return_index=True)[1]
    return make_family(
        name,
        number,
        np.concatenate([row, np.arange(len(number))]),
        np.concatenate([level, open_column[first]]),
        np.concatenate([np.ones(len(level)), -np.ones(len(number))]),
        lower=lower,
        upper=upper,
    )


def build_persist_rows(columns: ColumnPlan) -> RowFamily:
    """PERSIST: what is built stays, y_it >= y_i,t-1, sum_(m >= l) u_ikmt >= sum_(m >= l) u_ikm,t-1, s_amt >= s_am,t-1.

    The sums over all larger levels say that the number of chargers does not fall, and say it more
    tightly than the numbers themselves.
    """
    later = np.flatnonzero(columns.open_year > 0)
    before = columns.open_of[columns.open_year[later] - 1, columns.open_site[later]]
    n_years, n_sites = columns.open_of.shape
    parts = [
        _compare_years(columns.open_year[later] * n_sites + columns.open_site[later], later, before),
        _compare_levels(columns, n_years * n_sites),
    ]
    step = np.flatnonzero(columns.step_of.ravel() >= 0)
    size_of_year = columns.step_of[0].size
    step = step[step >= size_of_year]
    column = columns.step_of.ravel()
    offset = n_years * n_sites + columns.level_of.size
    parts.append(_compare_years(offset + step, column[step], column[step - size_of_year]))
    return join_families("persist", parts)


def _compare_years(number: Ints, column: Ints, before: Ints) -> RowFamily:
    row = np.arange(len(number))
    return make_family(
        "persist",
        number,
        np.concatenate([row, row]),
        np.concatenate([column, before]),
        np.concatenate([np.ones(len(row)), -np.ones(len(row))]),
        lower=0.0,
    )


def _compare_levels(columns: ColumnPlan, offset: int) -> RowFamily:
    """Compare the sums over each level and all larger ones with those of the year before."""
    n_slots, n_levels = columns.level_of.shape[1:]
    at = np.flatnonzero(columns.level_year > 0)
    year, slot, level = columns.level_year[at], columns.level_slot[at], columns.level_number[at]
    number = offset + (year * n_slots + slot) * n_levels + level
    rows, cols, values = [], [], []
    for larger in range(n_levels):  # at most twenty
        is_in = larger >= level
        for year_used, sign in ((year, 1.0), (year - 1, -1.0)):
            column = columns.level_of[year_used, slot, larger]
            used = np.flatnonzero(is_in & (column >= 0))
            rows.append(used)
            cols.append(column[used])
            values.append(np.full(len(used), sign))
    return make_family(
        "persist", number, np.concatenate(rows), np.concatenate(cols), np.concatenate(values), lower=0.0
    )


def build_cover_rows(columns: ColumnPlan) -> RowFamily:
    """COVER: a group is covered by an open site of its set, z_g <= sum_{i in N_g} y_i."""
    groups = columns.groups
    open_column = columns.open_of[0, groups.site]
    group_of = np.repeat(np.arange(groups.n_groups), np.diff(groups.start))
    always = np.zeros(groups.n_groups, dtype=np.bool_)
    always[group_of[columns.is_existing[groups.site]]] = True
    number = np.flatnonzero(~always)
    row_of_group = np.full(groups.n_groups, -1, dtype=np.int64)
    row_of_group[number] = np.arange(len(number))
    row = row_of_group[group_of]
    used = row >= 0
    return make_family(
        "cover",
        number,
        np.concatenate([np.arange(len(number)), row[used]]),
        np.concatenate([columns.list_columns("cover")[number], open_column[used]]),
        np.concatenate([np.ones(len(number)), -np.ones(int(used.sum()))]),
        upper=0.0,
    )


def _find_units(problem: PlanProblem, columns: ColumnPlan) -> Ints:
    """Find the unit (year, cell, group) of each serve column as one number."""
    cell = problem.pair_cell[columns.serve_pair]
    return (columns.serve_year * problem.n_cells + cell) * problem.staging.n_groups + columns.serve_group


def build_target_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """TARGET: enough is served in each year, sum_ijgk q_ij d_jgt x_ijgkt >= share sum_jg d_jgt.

    Both sides are divided by the right one.
    """
    if problem.target_share <= 0:
        return make_empty_family("target")
    staging = problem.staging
    cell = problem.pair_cell[columns.serve_pair]
    worth = (
        staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
        * problem.pair_quality[columns.serve_pair]
    )
    target = np.maximum(problem.target_share * staging.unit_kwh_day.sum(axis=(1, 2)), 1e-300)
    covers = columns.list_columns("cover")
    year = np.concatenate([columns.serve_year, np.zeros(len(covers), dtype=np.int64)])
    value = np.concatenate([worth, columns.groups.weight_kwh_day]) / target[year]
    wanted = np.flatnonzero(staging.unit_kwh_day.sum(axis=(1, 2)) > 0)
    row_of = np.full(staging.n_years, -1, dtype=np.int64)
    row_of[wanted] = np.arange(len(wanted))
    used = row_of[year] >= 0
    column = np.concatenate([columns.list_columns("serve"), covers])
    return make_family("target", wanted, row_of[year[used]], column[used], value[used], lower=1.0)
