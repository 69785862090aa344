"""Areas, totals and backups that ask for more than all sites together can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.reasons import UnsureReason
from chargeplan.model.station_sizes import StationSizes, list_areas
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import PlanProblem

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
            f"{most:,.10g}; add sites or bays, {labels.advise_total(total, year, most)}, "
            f"{_OR_REPORT}"
        )
    return told


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
