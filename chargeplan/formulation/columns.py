"""Which columns the linear model has, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.formulation.cover_groups import CoverGroups, build_cover_groups, make_empty_groups
from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.words import PlanMode, PlanObjective

COLUMN_FAMILIES = ("open", "level", "serve", "cover", "step", "share", "differ", "worst", "backup")


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPlan:
    """Positions of the columns, family by family, in the order of `COLUMN_FAMILIES`.

    Letters as in docs/explanation/model.md: t a year, i a site, k a charger type, l a level, j a cell,
    g a group of vehicle classes, r and s zones, a a grid asset. A slot is a site and a type.

    Parameters
    ----------
    is_existing : ndarray of bool, shape (n_sites,)
        Stations that stand, without columns: they are always open.
    open_year, open_site : ndarray of int64
        Year and site of y_it, one for each site that may get a new station.
    open_of : ndarray of int64, shape (n_years, n_sites)
        Column of y_it, -1 where there is none.
    level_year, level_slot, level_number : ndarray of int64
        Year, slot and level of u_iklt (allocate).
    level_of : ndarray of int64, shape (n_years, n_slots, n_levels)
        Column of u_iklt, -1 where there is none.
    serve_year, serve_pair, serve_group, serve_type : ndarray of int64
        Year, pair, group and type of x_ijgkt (allocate); only types that the group can use.
    groups : CoverGroups
        Groups of equal cover sets, one ``cover`` column z_g each; empty in allocate mode.
    step_of : ndarray of int64, shape (n_years, n_assets, n_steps)
        Column of "the step is bought for the asset", s_amt, -1 where there is none.
    share_of : ndarray of int64, shape (n_years, n_zones)
        Column of the served share c_rt of a zone, -1 without equity or demand.
    differ_of : ndarray of int64, shape (n_years, n_zone_pairs)
        Column of the difference of two zones' shares, for the Gini cap.
    worst : int
        Column of the share of the worst zone, -1 when not asked for.
    backup_of : ndarray of int64, shape (n_years, n_cells)
        Column of "the cell has two open stations", -1 where there is none.
    first : dict of str to int
        First column of each family.
    sizes : tuple of int
        Columns of each family.
    """

    is_existing: Bools
    open_year: Ints
    open_site: Ints
    open_of: Ints
    level_year: Ints
    level_slot: Ints
    level_number: Ints
    level_of: Ints
    serve_year: Ints
    serve_pair: Ints
    serve_group: Ints
    serve_type: Ints
    groups: CoverGroups
    step_of: Ints
    share_of: Ints
    differ_of: Ints
    worst: int
    backup_of: Ints
    first: dict[str, int]
    sizes: tuple[int, ...]

    def list_columns(self, family: str) -> Ints:
        """List the columns of a family."""
        size = self.sizes[COLUMN_FAMILIES.index(family)]
        return self.first[family] + np.arange(size, dtype=np.int64)


def plan_columns(problem: PlanProblem) -> ColumnPlan:
    """Decide the columns of a problem's linear model."""
    staging, limits = problem.staging, problem.limits
    n_years, n_types = staging.n_years, staging.n_types
    n_slots, n_levels = problem.level_cost_pkr.shape
    is_existing = problem.is_forced_open & ~problem.is_counted
    fits = problem.level_allowed.any(axis=1).reshape(problem.n_sites, n_types).any(axis=1)
    may_be_new = problem.is_open_allowed & fits & ~is_existing
    open_year, open_site = np.nonzero(np.tile(may_be_new, (n_years, 1)))
    nothing = np.empty(0, dtype=np.int64)
    level_year = level_slot = level_number = nothing
    serve_year = serve_pair = serve_group = serve_type = nothing
    groups = make_empty_groups()
    if problem.mode is PlanMode.ALLOCATE:
        may_have = problem.level_allowed & np.repeat(may_be_new, n_types)[:, None]
        level_year, level_slot, level_number = np.nonzero(np.tile(may_have, (n_years, 1, 1)))
        serve_year, serve_pair, serve_group, serve_type = _list_serves(problem)
    else:
        groups = build_cover_groups(problem, is_existing | may_be_new)
    most_steps = np.where(
        np.isfinite(limits.asset_headroom_kw) & (limits.asset_step_kw > 0), limits.asset_max_steps, 0
    )
    has_step = np.arange(most_steps.max(initial=0)) < most_steps[:, None]
    zone_demand = sum_zone_demand(problem)
    has_share = zone_demand > 0
    n_zones = zone_demand.shape[1]
    is_gini = bool(np.isfinite(limits.gini_cap))
    has_difference = np.zeros((n_years, n_zones * (n_zones - 1) // 2 if is_gini else 0), dtype=np.bool_)
    if is_gini:
        first_zone, second_zone = np.triu_indices(n_zones, 1)
        has_difference = has_share[:, first_zone] & has_share[:, second_zone]
    is_reached = np.zeros(problem.n_cells, dtype=np.bool_)
    if limits.backup_share > 0:
        is_reached[problem.pair_cell] = True
    has_worst = problem.objective is PlanObjective.WORST_ZONE
    flags = {
        "step": np.tile(has_step, (n_years, 1, 1)),
        "share": has_share,
        "differ": has_difference,
        "backup": np.tile(is_reached, (n_years, 1)),
    }
    sizes = (
        len(open_site),
        len(level_slot),
        len(serve_pair),
        groups.n_groups,
        int(flags["step"].sum()),
        int(has_share.sum()),
        int(has_difference.sum()),
        int(has_worst),
        int(flags["backup"].sum()),
    )
    starts = np.concatenate([[0], np.cumsum(sizes)])
    first = {name: int(start) for name, start in zip(COLUMN_FAMILIES, starts, strict=False)}
    open_of = np.full((n_years, problem.n_sites), -1, dtype=np.int64)
    open_of[open_year, open_site] = np.arange(len(open_site))
    level_of = np.full((n_years, n_slots, n_levels), -1, dtype=np.int64)
    level_of[level_year, level_slot, level_number] = first["level"] + np.arange(len(level_slot))
    return ColumnPlan(
        is_existing=is_existing,
        open_year=open_year,
        open_site=open_site,
        open_of=open_of,
        level_year=level_year,
        level_slot=level_slot,
        level_number=level_number,
        level_of=level_of,
        serve_year=serve_year,
        serve_pair=serve_pair,
        serve_group=serve_group,
        serve_type=serve_type,
        groups=groups,
        step_of=_number_flags(flags["step"], first["step"]),
        share_of=_number_flags(has_share, first["share"]),
        differ_of=_number_flags(has_difference, first["differ"]),
        worst=first["worst"] if has_worst else -1,
        backup_of=_number_flags(flags["backup"], first["backup"]),
        first=first,
        sizes=sizes,
    )


def sum_zone_demand(problem: PlanProblem) -> Floats:
    """Sum the demand by year and zone where equity is asked for, shape (n_years, n_zones), kWh per day."""
    limits, demand = problem.limits, problem.staging.unit_kwh_day.sum(axis=2)
    if len(limits.cell_zone) == 0:
        return np.zeros((len(demand), 0))
    n_zones = max(int(limits.cell_zone.max()) + 1, len(limits.zone_floor_share))
    return np.array([np.bincount(limits.cell_zone, each, n_zones) for each in demand])


def _number_flags(flags: Bools, first: int) -> Ints:
    """Give the set flags rising numbers from a first column on, the others -1."""
    numbers = np.full(flags.shape, -1, dtype=np.int64)
    numbers[flags] = first + np.arange(int(flags.sum()))
    return numbers


def _list_serves(problem: PlanProblem) -> tuple[Ints, Ints, Ints, Ints]:
    """List who may be served where: each pair in each year, for groups with the types they can use."""
    staging = problem.staging
    group, charger_type = np.nonzero(staging.can_use)
    year, pair, use = (
        each.ravel()
        for each in np.meshgrid(
            np.arange(staging.n_years), np.arange(problem.n_pairs), np.arange(len(group)), indexing="ij"
        )
    )
    if problem.stages is not None:
        wants = staging.unit_kwh_day[year, problem.pair_cell[pair], group[use]] > 0
        slot = problem.pair_site[pair] * staging.n_types + charger_type[use]
        can_serve = problem.level_allowed.any(axis=1) | (problem.existing_capacity_kwh_day > 0)
        kept = wants & can_serve[slot]
        year, pair, use = year[kept], pair[kept], use[kept]
    return year, pair, group[use], charger_type[use]
