"""The constraint families of money and numbers: BUDGET and COUNT."""

from __future__ import annotations

import numpy as np

from chargeplan.formulation.columns import ColumnPlan
from chargeplan.formulation.rows import RowFamily, make_empty_family, make_family
from chargeplan.records import Floats, Ints, PlanProblem

# Solvers keep a row to an absolute 1e-6: with the cheapest station at 1,000 units or more, a plan
# over the budget by a billionth of a station is already refused.
_UNITS_PER_CHEAPEST_STATION = 1e3


def build_budget_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """BUDGET: all that was built by a year costs at most the money of all years up to it.

    sum_i (F_i y_it + sum_kl c_ikl u_iklt) + sum_am c_a s_amt <= sum_(r <= t) B_r, in a round unit of
    money; money that is left goes over into the next year.
    """
    limit_pkr = np.cumsum(problem.staging.year_budget_pkr)
    year, column, cost_pkr = list_costs(problem, columns)
    limited = np.flatnonzero(np.isfinite(limit_pkr))
    if not np.any(cost_pkr > 0) or len(limited) == 0:
        return make_empty_family("budget")
    unit_pkr = choose_money_unit_pkr(cost_pkr)
    row_of = np.full(len(limit_pkr), -1, dtype=np.int64)
    row_of[limited] = np.arange(len(limited))
    used = np.flatnonzero((row_of[year] >= 0) & (column >= 0))
    return make_family(
        "budget",
        limited,
        row_of[year[used]],
        column[used],
        cost_pkr[used] / unit_pkr,
        upper=limit_pkr[limited] / unit_pkr,
    )


def list_costs(problem: PlanProblem, columns: ColumnPlan) -> tuple[Ints, Ints, Floats]:
    """List year, column and cost in PKR of all that costs money."""
    opening = problem.staging.open_cost_pkr[columns.open_site]
    if len(columns.level_slot) == 0:  # cover mode: one level, so that opening costs what the station costs
        opening = opening + problem.level_cost_pkr[columns.open_site, 0]
    level = problem.level_cost_pkr[columns.level_slot, columns.level_number]
    step_year, asset, step = np.nonzero(columns.step_of >= 0)
    return (
        np.concatenate([columns.open_year, columns.level_year, step_year]),
        np.concatenate(
            [
                columns.list_columns("open"),
                columns.list_columns("level"),
                columns.step_of[step_year, asset, step],
            ]
        ),
        np.concatenate([opening, level, problem.limits.asset_step_pkr[asset]]),
    )


def find_money_unit_pkr(problem: PlanProblem, columns: ColumnPlan) -> float:
    """Find the money that one unit of the budget rows stands for."""
    return choose_money_unit_pkr(list_costs(problem, columns)[2])


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
    """COUNT: at most so many new stations by each year, sum_i y_it <= p_t."""
    most = problem.staging.year_max_sites
    limited = np.flatnonzero(most >= 0)
    row_of = np.full(len(most), -1, dtype=np.int64)
    row_of[limited] = np.arange(len(limited))
    counted = np.flatnonzero(problem.is_counted[columns.open_site] & (row_of[columns.open_year] >= 0))
    if len(counted) == 0:
        return make_empty_family("count")
    return make_family(
        "count",
        limited,
        row_of[columns.open_year[counted]],
        columns.list_columns("open")[counted],
        np.ones(len(counted)),
        upper=most[limited].astype(np.float64),
    )
