"""The constraint families, one function each; the mathematics are in docs/explanation/model.md.

Letters as there: i a site, j a cell, l a level. y_i is ``open``, u_il is ``level``, x_ij is
``serve`` (one column per pair), z_g is ``cover`` (one column per group of equal cover sets).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.model.columns import ColumnPlan
from chargeplan.records import Floats, Ints, PlanProblem

# Solvers keep a row to an absolute 1e-6: with the cheapest station at 1,000 units or more, a plan
# over the budget by a billionth of a station is already refused.
_UNITS_PER_CHEAPEST_STATION = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class RowFamily:
    """Rows of one kind, as triplets.

    Parameters
    ----------
    name : str
    number : ndarray of int64, shape (n_rows,)
        Number of each row, part of its name.
    row, column : ndarray of int64, shape (n_nonzeros,)
        Row within the family, column of the model.
    value : ndarray, shape (n_nonzeros,)
    lower, upper : ndarray, shape (n_rows,)
    """

    name: str
    number: Ints
    row: Ints
    column: Ints
    value: Floats
    lower: Floats
    upper: Floats


def build_assign_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """ASSIGN: no cell is served more than once, sum_i x_ij <= 1."""
    cells, row = np.unique(problem.pair_cell, return_inverse=True)
    return _make_family("assign", cells, row, columns.serve, np.ones(problem.n_pairs), upper=1.0)


def build_link_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """LINK: a closed site serves nothing, x_ij <= y_i, one row per pair (the strong form)."""
    open_column = columns.open_of_site[problem.pair_site]
    pairs = np.flatnonzero(open_column >= 0)  # not those of existing stations, which are always open
    row = np.arange(len(pairs))
    return _make_family(
        "link",
        pairs,
        np.concatenate([row, row]),
        np.concatenate([columns.serve[pairs], open_column[pairs]]),
        np.concatenate([np.ones(len(pairs)), -np.ones(len(pairs))]),
        upper=0.0,
    )


def build_capacity_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """CAP: a station delivers at most what its level can, sum_j d_j x_ij <= sum_l C_il u_il."""
    sites, pair_row = np.unique(problem.pair_site, return_inverse=True)
    site_row = np.full(problem.n_sites, -1, dtype=np.int64)
    site_row[sites] = np.arange(len(sites))
    level_row = site_row[columns.level_site]
    has_row = level_row >= 0
    return _make_family(
        "capacity",
        sites,
        np.concatenate([pair_row, level_row[has_row]]),
        np.concatenate([columns.serve, columns.level[has_row]]),
        np.concatenate(
            [
                problem.demand_kwh_day[problem.pair_cell],
                -problem.level_capacity_kwh_day[columns.level_site[has_row], columns.level_number[has_row]],
            ]
        ),
        upper=np.where(columns.open_of_site[sites] >= 0, 0.0, problem.existing_capacity_kwh_day[sites]),
    )


def build_level_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """LEVEL: an open new station has exactly one level, sum_l u_il = y_i."""
    sites = np.flatnonzero(columns.open_of_site >= 0)
    site_row = np.full(problem.n_sites, -1, dtype=np.int64)
    site_row[sites] = np.arange(len(sites))
    return _make_family(
        "level",
        sites,
        np.concatenate([site_row[columns.level_site], np.arange(len(sites))]),
        np.concatenate([columns.level, columns.open_of_site[sites]]),
        np.concatenate([np.ones(len(columns.level)), -np.ones(len(sites))]),
        lower=0.0,
        upper=0.0,
    )


def build_budget_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """BUDGET: all new stations cost at most the budget, sum c_il u_il <= B, in a round unit of money."""
    if np.isinf(problem.budget_pkr):
        return _make_family("budget", [], [], [], [], upper=0.0)
    if len(columns.level):
        column = columns.level
        cost_pkr = problem.level_cost_pkr[columns.level_site, columns.level_number]
    else:  # cover mode: one level, so that opening costs what the station costs
        column, cost_pkr = columns.open, problem.level_cost_pkr[columns.open_site, 0]
    if not np.any(cost_pkr > 0):
        return _make_family("budget", [], [], [], [], upper=0.0)
    unit_pkr = choose_money_unit_pkr(cost_pkr)
    return _make_single_row("budget", column, cost_pkr / unit_pkr, problem.budget_pkr / unit_pkr)


def choose_money_unit_pkr(cost_pkr: Floats) -> float:
    """Choose the power of ten in which the cheapest station costs 1,000 to 10,000.

    Examples
    --------
    >>> choose_money_unit_pkr(np.array([0.0, 2_500_000.0, 31_000_000.0]))
    1000.0
    """
    positive = cost_pkr[cost_pkr > 0]
    if len(positive) == 0:
        return 1.0
    return float(10.0 ** np.floor(np.log10(positive.min())) / _UNITS_PER_CHEAPEST_STATION)


def build_count_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """COUNT: at most so many new stations, sum y_i <= p."""
    if problem.max_sites < 0:
        return _make_family("count", [], [], [], [], upper=0.0)
    counted = columns.open[problem.is_counted[columns.open_site]]
    return _make_single_row("count", counted, np.ones(len(counted)), float(problem.max_sites))


def build_cover_rows(columns: ColumnPlan) -> RowFamily:
    """COVER: a group is covered by an open site of its set, z_g <= sum_{i in N_g} y_i."""
    groups = columns.groups
    open_column = columns.open_of_site[groups.site]
    group_of = np.repeat(np.arange(groups.n_groups), np.diff(groups.start))
    always = np.zeros(groups.n_groups, dtype=bool)
    always[group_of[columns.is_existing[groups.site]]] = True
    number = np.flatnonzero(~always)
    row_of_group = np.full(groups.n_groups, -1, dtype=np.int64)
    row_of_group[number] = np.arange(len(number))
    row = row_of_group[group_of]
    used = row >= 0
    return _make_family(
        "cover",
        number,
        np.concatenate([np.arange(len(number)), row[used]]),
        np.concatenate([columns.cover[number], open_column[used]]),
        np.concatenate([np.ones(len(number)), -np.ones(int(used.sum()))]),
        upper=0.0,
    )


def _make_single_row(name: str, column: Ints, value: Floats, upper: float) -> RowFamily:
    number = [0] if len(column) else []
    return _make_family(name, number, np.zeros(len(column)), column, value, upper=upper)


def _make_family(
    name: str,
    number: Ints | list[int],
    row: Ints | Floats | list[int],
    column: Ints | list[int],
    value: Floats | list[float],
    *,
    lower: float = -np.inf,
    upper: float | Floats,
) -> RowFamily:
    n_rows = len(number)
    return RowFamily(
        name,
        np.asarray(number, dtype=np.int64),
        np.asarray(row, dtype=np.int64),
        np.asarray(column, dtype=np.int64),
        np.asarray(value, dtype=np.float64),
        np.full(n_rows, lower),
        np.broadcast_to(np.asarray(upper, dtype=np.float64), (n_rows,)).copy(),
    )
