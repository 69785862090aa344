"""Stations that must open against their number and the money of each year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.precheck_zones import list_zone_needs
from chargeplan.model.reasons import UnsureReason
from chargeplan.model.station_sizes import StationSizes, find_required, list_areas, measure_most_kwh_day
from chargeplan.plan_labels import name_equal_floors
from chargeplan.rows import count_things
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Floats, PlanProblem

_SLACK = 1e-9
_HALVINGS = 40
_DIGITS = 4  # of shares that are proposed


def _find_musts(
    problem: PlanProblem, labels: PlanLabels, sizes: StationSizes, year: int, weight: Floats
) -> tuple[int, float, list[str]]:
    """Bound what must open by a year from below: required sites, and areas and zones that share no site.

    Returns
    -------
    count : int
    worth : float
        Sum of the smallest weights.
    why : list of str
        What asks for these stations.
    """
    required = find_required(problem)
    used = required.copy()
    count, worth = int(required.sum()), float(weight[required].sum())
    why = [count_things(count, "required site")] if count else []
    year_pos = problem.limits.cover_year_pos
    needs = [
        (usable, missing, "")
        for area, usable, missing in list_areas(problem, sizes)
        if year_pos[area] <= year and missing > 0
    ]
    needs += [
        (usable, missing, labels.name_zone(zone))
        for zone, usable, missing in list_zone_needs(problem, measure_most_kwh_day(problem, sizes), year=year)
    ]
    n_in_areas, zones = 0, []
    for usable, missing, zone_name in sorted(needs, key=lambda each: len(each[0])):
        open_already = int(required[usable].sum())
        free = usable[~used[usable]]
        # Sites of other areas may serve both, so that only areas of untouched sites count.
        if len(free) + open_already < len(usable) or missing <= open_already:
            continue
        needed = missing - open_already
        count, worth = count + needed, worth + float(np.sort(weight[free])[:needed].sum())
        used[free] = True
        if zone_name:
            zones.append(f"{needed} in {zone_name}")
        else:
            n_in_areas += needed
    why += [f"{n_in_areas} in areas of rules"] if n_in_areas else []
    why += [f"{name_rows(zones)} for the floors of zones"] if zones else []
    return count, worth, why


def check_count(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check the stations that must open by each year against their largest number."""
    for year, most in enumerate(problem.staging.year_max_sites.tolist()):
        count, _, why = _find_musts(problem, labels, sizes, year, np.zeros(problem.n_sites))
        if 0 <= most < count:
            when = f" by {problem.staging.years[year]}" if labels.has_years else ""
            key = (
                f"max_sites of {problem.staging.years[year]} in model.years"
                if labels.has_years
                else "model.max_sites"
            )
            others = _name_others(problem)
            return [
                UnsureReason(
                    f"{key} allows {count_things(most, 'new station')}, but {count_things(count, 'station')} must "
                    f"open{when}: {' and '.join(why)}",
                    f"raise it to {count}{others}",
                )
            ]
    return []


def _name_others(problem: PlanProblem) -> str:
    """Name what else can give way when stations must open."""
    others = ["make required sites candidates"] if find_required(problem).any() else []
    others += ["move packs to model.reported_rules"] if len(problem.limits.cover_least) else []
    others += ["lower floors of zones"] if np.any(problem.limits.zone_floor_share > 0) else []
    return "".join(f", or {each}" for each in others)


def check_money(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Money of each year against the cheapest stations that must be open by then."""
    staging = problem.staging
    money = np.cumsum(staging.year_budget_pkr)
    price = np.where(np.isfinite(sizes.cheapest_pkr), sizes.cheapest_pkr, 0.0)
    for year in range(staging.n_years):
        count, stations_pkr, causes = _find_musts(problem, labels, sizes, year, price)
        needed_pkr = stations_pkr
        why = f"{count_things(count, 'station')} that must open ({' and '.join(causes)})"
        for total, least in enumerate(problem.limits.total_least):
            total_pkr = _price_total(problem, sizes, total, float(least[year]))
            if total_pkr > needed_pkr:
                needed_pkr, why = (
                    total_pkr,
                    f"the {least[year]:,.10g} asked for by {labels.name_total(total)}",
                )
        if needed_pkr <= money[year] * (1 + _SLACK):
            continue
        more = np.ceil(needed_pkr - money[year])
        asked = float(staging.year_budget_pkr[year])
        if labels.has_years:
            key, when = f"budget_pkr of {staging.years[year]} in model.years", f" by {staging.years[year]}"
        else:
            key, when = "model.budget_pkr", ""
        return [
            UnsureReason(
                f"{why} cost {format_pkr(needed_pkr)} at least{when}, the money until then is "
                f"{format_pkr(money[year])}",
                f"raise {key} to {asked + more:.0f} ({more:.0f} more){_name_others(problem)}",
            )
        ]
    return []


def _price_total(problem: PlanProblem, sizes: StationSizes, total: int, least: float) -> float:
    """Bound the money for a total from below: the cheapest amounts first, each at its best price."""
    if least <= 0:
        return 0.0
    by_slot = np.tile(problem.limits.total_amount[total], problem.n_sites)
    amount = np.outer(by_slot, problem.level_chargers).astype(np.float64)
    return _price_amount(problem, sizes, amount, sizes.most_amount[total], least)


def _price_amount(
    problem: PlanProblem, sizes: StationSizes, amount: Floats, most: Floats, least: float
) -> float:
    """Bound the money for an amount over all stations from below.

    Parameters
    ----------
    problem, sizes : PlanProblem, StationSizes
    amount : ndarray, shape (n_slots, n_levels)
    most : ndarray, shape (n_sites,)
        No station has more.
    least : float

    Returns
    -------
    float
        Infinite when all stations together have less.
    """
    staging = problem.staging
    usable = problem.level_allowed & (problem.level_chargers <= sizes.most.ravel()[:, None]) & (amount > 0)
    price = np.where(usable, problem.level_cost_pkr / np.where(amount > 0, amount, 1.0), np.inf)
    each = price.min(axis=1).reshape(problem.n_sites, staging.n_types).min(axis=1)
    opening = np.divide(staging.open_cost_pkr, most, out=np.zeros(problem.n_sites), where=most > 0)
    unit = np.where((most > 0) & np.isfinite(each), each + opening, np.inf)
    order = np.argsort(unit, kind="stable")
    order = order[np.isfinite(unit[order])]
    before = np.cumsum(most[order]) - most[order]
    taken = np.clip(least - before, 0.0, most[order])
    if taken.sum() < least * (1 - _SLACK):
        return float("inf")
    return float((taken * unit[order]).sum())


def check_floor_money(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Compare what the floors of all zones need with what the money of each year can deliver at its best."""
    floor, staging = problem.limits.zone_floor_share, problem.staging
    if not np.any(floor > 0):
        return []
    n_zones = max(int(problem.limits.cell_zone.max(initial=-1)) + 1, len(floor))
    share = np.zeros(n_zones)
    share[: len(floor)] = floor
    allowed = problem.level_allowed & (problem.level_chargers <= sizes.most.ravel()[:, None])
    amount = np.where(allowed, problem.level_capacity_kwh_day, 0.0)
    most = amount.max(axis=1).reshape(problem.n_sites, staging.n_types).sum(axis=1)
    standing = float(problem.existing_capacity_kwh_day.sum())
    money = np.cumsum(staging.year_budget_pkr)
    for year in range(staging.n_years):
        demand = staging.unit_kwh_day[year].sum(axis=1)
        total = float(demand.sum())
        needed = float(share @ np.bincount(problem.limits.cell_zone, demand, n_zones))
        least_pkr = _price_amount(problem, sizes, amount, most, max(needed - standing, 0.0))
        if not np.isfinite(least_pkr) or least_pkr <= money[year] * (1 + _SLACK):
            continue
        when = f" in {staging.years[year]}" if labels.has_years else ""
        asked = float(staging.year_budget_pkr[year])
        more = float(np.ceil(least_pkr - money[year]))
        key = (
            f"budget_pkr of {staging.years[year]} in model.years" if labels.has_years else "model.budget_pkr"
        )
        most_kwh = _find_affordable(problem, sizes, amount, most, float(money[year])) + standing
        cause = (
            f"the floors of all zones ask for {needed:,.0f} of {total:,.0f} kWh/day{when}, whose chargers cost "
            f"{format_pkr(least_pkr)} at the very least; the money of {format_pkr(money[year])} buys "
            f"{most_kwh:,.0f} kWh/day at most, {most_kwh / total:.1%} of the demand"
        )
        advice = (
            f"raise {key} from {asked:.0f} to {asked + more:.0f} or more, or "
            f"{_lower_floors(floor, most_kwh / needed, labels)} (the least that is needed; other limits may need more)"
        )
        return [UnsureReason(cause, advice)]
    return []


def _lower_floors(floor: Floats, factor: float, labels: PlanLabels) -> str:
    """Say to which numbers floors are lowered at least, all by the same factor."""
    lowered = np.floor(floor * factor * 10**_DIGITS) / 10**_DIGITS
    asked = np.unique(floor[floor > 0])
    if len(asked) == 1:
        key = name_equal_floors(labels)
        return f"lower {key} from {asked[0]:.{_DIGITS}g} to {lowered.max():.{_DIGITS}g} or less"
    zones = np.flatnonzero(floor > 0)
    each = [f"{labels.key_zone(zone)}: {lowered[zone]:.{_DIGITS}g}" for zone in zones.tolist()]
    return f"lower model.equity.zone_floor_share to {{{', '.join(each)}}} or less"


def _find_affordable(
    problem: PlanProblem, sizes: StationSizes, amount: Floats, most: Floats, money_pkr: float
) -> float:
    """Find the amount whose least price is the money, by halving."""
    low, high = 0.0, float(most.sum())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _price_amount(problem, sizes, amount, most, middle) <= money_pkr:
            low = middle
        else:
            high = middle
    return high
