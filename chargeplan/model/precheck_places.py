"""Areas, totals, zones and backups that ask for more than all sites together can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.reasons import UnsureReason
from chargeplan.model.station_sizes import StationSizes, list_areas
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Floats, PlanProblem

_SLACK = 1e-9
_DIGITS = 4  # of shares that are proposed
_OR_REPORT = "or move its pack to model.reported_rules"


def check_areas(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that each area has sites enough that can hold a new station."""
    short: dict[str, list[str]] = {}
    for area, usable, missing in list_areas(problem, sizes):
        if len(usable) < missing:
            numbers = f"{count_things(len(usable), 'site')} for {count_things(missing, 'station')}"
            short.setdefault(labels.name_area_rule(area), []).append(f"{labels.name_area(area)} ({numbers})")
    return [
        f"{rule}: {count_things(len(places), 'area')} {'has' if len(places) == 1 else 'have'} too few sites that can "
        f"hold a new station: {name_rows(places)}; add candidates there (sites.kinds, sites.files), {_OR_REPORT}"
        for rule, places in short.items()
    ]


def check_totals(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that all sites together can hold what a rule asks for in all."""
    told = []
    for total, least in enumerate(problem.limits.total_least):
        most = float(sizes.most_amount[total].sum())
        year = int(np.argmax(least))
        if least[year] <= most * (1 + _SLACK):
            continue
        unit = labels.total_unit[total] if total < len(labels.total_unit) else "in all"
        told.append(
            f"{labels.name_total(total)} needs {least[year]:,.10g} {unit} of new stations by "
            f"{problem.staging.years[year]}, but all {count_things(int(sizes.can_open.sum()), 'site')} together hold "
            f"{most:,.10g}; add sites or bays, ask for {least[year] - most:,.10g} less in a pack of your own, "
            f"{_OR_REPORT}"
        )
    return told


def _sum_reach(problem: PlanProblem, sizes: StationSizes) -> tuple[Floats, Floats]:
    """Sum demand and what of it any plan can serve, by year and zone, shape (n_years, n_zones).

    The least of two bounds: the demand of units that reach chargers of a type they can use, and what all
    chargers of the sites that the zone reaches can deliver.
    """
    staging, limits = problem.staging, problem.limits
    n_sites, n_types = problem.n_sites, staging.n_types
    stands = problem.existing_capacity_kwh_day.reshape(n_sites, n_types) > 0
    allowed = problem.level_allowed & (problem.level_chargers <= sizes.most.ravel()[:, None])
    capacity = np.where(allowed, problem.level_capacity_kwh_day, 0.0).max(axis=1).reshape(n_sites, n_types)
    capacity = np.where(stands, problem.existing_capacity_kwh_day.reshape(n_sites, n_types), capacity)
    serves = (sizes.most > 0) | stands
    reached = np.zeros((problem.n_cells, staging.n_groups), dtype=np.bool_)
    for group in range(staging.n_groups):
        useful = (serves & staging.can_use[group]).any(axis=1)
        reached[problem.pair_cell[useful[problem.pair_site]], group] = True
    n_zones = max(int(limits.cell_zone.max(initial=-1)) + 1, len(limits.zone_floor_share))
    demand = staging.unit_kwh_day.sum(axis=2)
    within = (staging.unit_kwh_day * reached).sum(axis=2)
    total, served = (
        np.array([np.bincount(limits.cell_zone, row, n_zones) for row in each]) for each in (demand, within)
    )
    pair = np.unique(np.column_stack([limits.cell_zone[problem.pair_cell], problem.pair_site]), axis=0)
    by_zone = np.bincount(pair[:, 0], capacity.sum(axis=1)[pair[:, 1]], n_zones)
    return total, np.minimum(served, by_zone[None, :])


def check_floors(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that the sites within reach of each zone can serve its floor."""
    floor = problem.limits.zone_floor_share
    if not np.any(floor > 0):
        return []
    total, most = _sum_reach(problem, sizes)
    share = np.divide(most, total, out=np.ones_like(most), where=total > 0)[:, : len(floor)]
    year = share.argmin(axis=0)
    reach = share.min(axis=0, initial=1.0)
    stuck = np.flatnonzero(reach < floor * (1 - _SLACK))
    if not len(stuck):
        return []
    worst = stuck[np.argsort(reach[stuck] - floor[stuck], kind="stable")]
    when = [f" in {problem.staging.years[year[zone]]}" if labels.has_years else "" for zone in worst]
    places = [
        f"{labels.name_zone(zone)} ({most[year[zone], zone]:,.1f} of {total[year[zone], zone]:,.1f} kWh/day{then}, "
        f"{reach[zone]:.1%}, its floor is {floor[zone]:.1%})"
        for zone, then in zip(worst.tolist(), when, strict=True)
    ]
    new = [
        f"{labels.key_zone(zone)}: {np.floor(reach[zone] * 10**_DIGITS) / 10**_DIGITS:.{_DIGITS}g}"
        for zone in worst.tolist()
    ]
    count = "1 zone asks" if len(stuck) == 1 else f"{len(stuck)} zones ask"
    return [
        UnsureReason(
            f"{count} for more than all sites within reach can serve: {name_rows(places)}",
            f"lower model.equity.zone_floor_share to {{{', '.join(new)}}}, or add sites there, or raise "
            "travel.limit_min",
        )
    ]


def check_backup(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that enough demand has two sites within reach."""
    asked = problem.limits.backup_share
    if asked <= 0:
        return []
    stands = problem.is_forced_open & ~problem.is_counted
    stands &= problem.existing_chargers.reshape(problem.n_sites, -1).sum(axis=1) > 0
    usable = sizes.can_open | stands
    n_near = np.bincount(problem.pair_cell[usable[problem.pair_site]], minlength=problem.n_cells)
    demand = problem.staging.unit_kwh_day.sum(axis=2)
    total = demand.sum(axis=1)
    share = np.divide(demand[:, n_near > 1].sum(axis=1), total, out=np.ones_like(total), where=total > 0)
    year = int(share.argmin())
    if share[year] >= asked * (1 - _SLACK):
        return []
    is_spaced = labels.spacing_m > 0  # it takes sites near existing stations away
    where = f"with model.spacing_m of {labels.spacing_m:g} m " if is_spaced else ""
    new = np.floor(share[year] * 10**_DIGITS) / 10**_DIGITS
    return [
        UnsureReason(
            f"model.backup_share asks that {asked:.1%} of the demand reaches two stations, but {where}only "
            f"{share[year]:.1%} has two sites within reach",
            f"lower model.backup_share to {new:.{_DIGITS}g}, or {'lower model.spacing_m, or ' if is_spaced else ''}"
            "raise travel.limit_min or model.nearest_sites",
        )
    ]
