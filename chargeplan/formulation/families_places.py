"""The constraint families of single places: BAYS, POWER, GRID, SPACING and RULES."""

from __future__ import annotations

import numpy as np

from chargeplan.formulation.columns import ColumnPlan
from chargeplan.formulation.rows import RowFamily, join_families, make_empty_family, make_family, number_rows
from chargeplan.records import Bools, Floats, Ints, PlanProblem


def build_bays_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """BAYS: a charger takes a parking bay, sum_kl n_l u_iklt <= bays_i y_it."""
    bays = problem.limits.bays
    if len(bays) == 0:
        return make_empty_family("bays")
    chargers = problem.level_chargers[columns.level_number].astype(np.float64)
    return _limit_levels("bays", problem, columns, chargers, most=bays.astype(np.float64))


def build_power_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """POWER: a station draws no more than its connection bears, sum_kl P_k n_l u_iklt <= connection_i y_it."""
    most = problem.limits.largest_kw
    if len(most) == 0:
        return make_empty_family("power")
    return _limit_levels("power", problem, columns, compute_level_kw(problem, columns), most=most)


def compute_level_kw(problem: PlanProblem, columns: ColumnPlan) -> Floats:
    """Compute the power of the chargers behind each level column, kW."""
    kw = problem.staging.charger_kw[columns.level_slot % problem.staging.n_types]
    return np.asarray(kw * problem.level_chargers[columns.level_number], dtype=np.float64)


def _limit_levels(
    name: str,
    problem: PlanProblem,
    columns: ColumnPlan,
    amount: Floats,
    *,
    most: Floats | None = None,
    least: Floats | None = None,
    first_number: int = 0,
) -> RowFamily:
    """Limit the sum of an amount over the levels of a station to a multiple of its opening."""
    limit = most if most is not None else least
    if limit is None:
        return make_empty_family(name)
    site = columns.level_slot // problem.staging.n_types
    is_limited = np.isfinite(limit) & (limit > 0 if most is None else True)
    at = np.flatnonzero(is_limited[site])
    number, row = number_rows(columns.level_year[at] * problem.n_sites + site[at])
    year, row_site = np.divmod(number, problem.n_sites)
    return make_family(
        name,
        first_number + number,
        np.concatenate([row, np.arange(len(number))]),
        np.concatenate([columns.list_columns("level")[at], columns.open_of[year, row_site]]),
        np.concatenate([amount[at], -limit[row_site]]),
        lower=-np.inf if most is not None else 0.0,
        upper=0.0 if most is not None else np.inf,
    )


def build_grid_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """GRID: new stations below an asset draw at most its headroom, with the steps bought for it.

    sum over the sites below a of P_k n_l u_iklt <= headroom_a + sum_m step_a s_amt. An asset whose headroom
    nobody knows limits nothing; what is built below it is charged a risk instead.
    """
    limits = problem.limits
    known = np.isfinite(limits.asset_headroom_kw)
    is_below = find_sites_below(limits.site_asset, limits.asset_parent)
    if not known.any() or len(columns.level_slot) == 0:
        return make_empty_family("grid")
    kw = compute_level_kw(problem, columns)
    site = columns.level_slot // problem.staging.n_types
    n_assets = len(known)
    keys, column, value = [], [], []
    for asset in np.flatnonzero(known).tolist():  # some hundred assets
        at = np.flatnonzero(is_below[asset][site])
        keys.append(columns.level_year[at] * n_assets + asset)
        column.append(columns.list_columns("level")[at])
        value.append(kw[at])
    number, row = number_rows(np.concatenate(keys))
    year, asset_of_row = np.divmod(number, n_assets)
    step_column = columns.step_of[year, asset_of_row]
    has_step, step = np.nonzero(step_column >= 0)
    return make_family(
        "grid",
        number,
        np.concatenate([row, has_step]),
        np.concatenate([*column, step_column[has_step, step]]),
        np.concatenate([*value, -limits.asset_step_kw[asset_of_row[has_step]]]),
        upper=limits.asset_headroom_kw[asset_of_row],
    )


def find_sites_below(site_asset: Ints, asset_parent: Ints) -> Bools:
    """Find the sites that each asset feeds, itself or through others, shape (n_assets, n_sites)."""
    is_below = np.zeros((len(asset_parent), len(site_asset)), dtype=np.bool_)
    at = np.asarray(site_asset, dtype=np.int64).copy()
    while np.any(at >= 0):
        fed = np.flatnonzero(at >= 0)
        is_below[at[fed], fed] = True
        at[fed] = asset_parent[at[fed]]
    return is_below


def build_spacing_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """SPACING: of sites too near to each other one opens at most, sum_(i in clique) y_it <= 1.

    Stations stay, so that the last year speaks for all.
    """
    limits = problem.limits
    n_sets = len(limits.clique_start) - 1
    if n_sets == 0:
        return make_empty_family("spacing")
    last = np.full(n_sets, problem.staging.n_years - 1)
    return _sum_openings(
        "spacing", columns, limits.clique_start, limits.clique_site, year=last, upper=np.ones(n_sets)
    )


def build_rule_rows(problem: PlanProblem, columns: ColumnPlan) -> RowFamily:
    """RULES: stations in each area of a rule, enough chargers or power in all, enough in each station.

    sum_(i in area) y_it >= n from the year on in which it is asked for, sum_ikl a_k n_l u_iklt >= A_t, and
    sum_kl a_k n_l u_iklt >= least_i y_it, with a_k what a charger of the type counts.
    """
    limits, staging = problem.limits, problem.staging
    n_sets, n_totals = len(limits.cover_least), len(limits.total_least)
    parts = [make_empty_family("rules")]
    if n_sets:
        members = np.repeat(np.arange(n_sets), np.diff(limits.cover_start))
        stands = columns.is_existing[limits.cover_site]
        standing = np.bincount(members[stands], minlength=n_sets)
        missing = (limits.cover_least - standing).astype(np.float64)
        parts.append(
            _sum_openings(
                "rules",
                columns,
                limits.cover_start,
                limits.cover_site,
                year=limits.cover_year_pos,
                lower=missing,
                is_wanted=missing > 0,
            )
        )
    level = columns.list_columns("level")
    for total in range(n_totals):
        amount = _count_amount(problem, columns, limits.total_amount[total])
        parts.append(
            make_family(
                "rules",
                n_sets + total * staging.n_years + np.arange(staging.n_years),
                columns.level_year,
                level,
                amount,
                lower=limits.total_least[total],
            )
        )
    for rule, least in enumerate(limits.station_least):
        amount = _count_amount(problem, columns, limits.station_amount[rule])
        first = n_sets + n_totals * staging.n_years + rule * staging.n_years * problem.n_sites
        parts.append(_limit_levels("rules", problem, columns, amount, least=least, first_number=first))
    return join_families("rules", parts)


def _count_amount(problem: PlanProblem, columns: ColumnPlan, amount_of_type: Floats) -> Floats:
    """Count what the chargers behind each level column add to an amount."""
    each = amount_of_type[columns.level_slot % problem.staging.n_types]
    return np.asarray(each * problem.level_chargers[columns.level_number], dtype=np.float64)


def _sum_openings(
    name: str,
    columns: ColumnPlan,
    start: Ints,
    site: Ints,
    *,
    year: Ints,
    lower: Floats | None = None,
    upper: Floats | None = None,
    is_wanted: Bools | None = None,
) -> RowFamily:
    """Limit how many sites of each set are open in a year of the set."""
    n_sets = len(start) - 1
    set_of = np.repeat(np.arange(n_sets), np.diff(start))
    wanted = np.ones(n_sets, dtype=np.bool_) if is_wanted is None else is_wanted
    row_of = np.full(n_sets, -1, dtype=np.int64)
    row_of[wanted] = np.arange(int(wanted.sum()))
    column = columns.open_of[year[set_of], site]
    used = np.flatnonzero((column >= 0) & wanted[set_of])
    return make_family(
        name,
        np.flatnonzero(wanted),
        row_of[set_of[used]],
        column[used],
        np.ones(len(used)),
        lower=-np.inf if lower is None else lower[wanted],
        upper=np.inf if upper is None else upper[wanted],
    )
