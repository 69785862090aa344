"""Limits of zones, places, rules and years that arithmetic alone proves impossible.

Each check is a bound that every plan keeps: what is said here needs no solver and no second opinion.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.precheck_zones import list_zone_needs
from chargeplan.rows import count_things
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Bools, Floats, Ints, PlanProblem

_SLACK = 1e-9
_HALVINGS = 40
_DIGITS = 4  # of shares that are proposed
_OR_REPORT = "or move its pack to model.reported_rules"


def check_limits(problem: PlanProblem, labels: PlanLabels) -> list[str]:
    """List the limits that no plan can keep, each with its figures and the cheapest change.

    Parameters
    ----------
    problem : PlanProblem
    labels : PlanLabels
    """
    if problem.is_plain:
        return []
    sizes = StationSizes(problem)
    reasons = [
        *_check_sizes(problem, labels, sizes),
        *_check_spacing(problem, labels),
        *_check_grid(problem, labels, sizes),
        *_check_areas(problem, labels, sizes),
        *_check_totals(problem, labels, sizes),
        *_check_floors(problem, labels, sizes),
        *_check_backup(problem, sizes),
    ]
    return reasons or [
        *_check_count(problem, labels, sizes),
        *_check_money(problem, labels, sizes),
        *_check_floor_money(problem, labels, sizes),
    ]


class StationSizes:
    """What a new station can be at each site, with the bays, the power and the rules about each station.

    Attributes
    ----------
    can_open : ndarray of bool, shape (n_sites,)
    least_kw, cheapest_pkr : ndarray, shape (n_sites,)
        Of any station that may stand there, without cost of the grid; infinite where none may.
    most : ndarray of int64, shape (n_slots,)
        Most chargers of each type.
    most_chargers : ndarray of int64, shape (n_sites,)
        Of all types together.
    """

    def __init__(self, problem: PlanProblem) -> None:
        staging, limits = problem.staging, problem.limits
        n_sites, n_types = problem.n_sites, staging.n_types
        existing = problem.is_forced_open & ~problem.is_counted
        may = problem.is_open_allowed & ~existing
        number = np.concatenate([[0], problem.level_chargers])
        self.can_open = np.zeros(n_sites, dtype=np.bool_)
        self.least_kw, self.cheapest_pkr = np.full(n_sites, np.inf), np.full(n_sites, np.inf)
        self.most = np.zeros((n_sites, n_types), dtype=np.int64)
        self.most_chargers = np.zeros(n_sites, dtype=np.int64)
        self.most_amount = np.zeros((len(limits.total_amount), n_sites))
        allowed = problem.level_allowed.reshape(n_sites, n_types, -1)
        cost = problem.level_cost_pkr.reshape(n_sites, n_types, -1)
        # Some hundred combinations at most: three types of a handful of levels.
        for levels in itertools.product(range(len(number)), repeat=n_types):
            if not any(levels):
                continue
            chargers = number[list(levels)]
            kw = float(chargers @ staging.charger_kw)
            fits, price = may.copy(), staging.open_cost_pkr.copy()
            for kind, level in enumerate(levels):
                if level:
                    fits &= allowed[:, kind, level - 1]
                    price += cost[:, kind, level - 1]
            if len(limits.bays):
                fits &= chargers.sum() <= limits.bays
            if len(limits.largest_kw):
                fits &= kw <= np.where(limits.largest_kw > 0, limits.largest_kw, np.inf) * (1 + _SLACK)
            for amount, least in zip(limits.station_amount, limits.station_least, strict=True):
                fits &= float(chargers @ amount) >= least * (1 - _SLACK)
            at = np.flatnonzero(fits)
            self.can_open[at] = True
            self.least_kw[at] = np.minimum(self.least_kw[at], kw)
            self.cheapest_pkr[at] = np.minimum(self.cheapest_pkr[at], price[at])
            self.most[at] = np.maximum(self.most[at], chargers)
            self.most_chargers[at] = np.maximum(self.most_chargers[at], chargers.sum())
            for total, amount in enumerate(limits.total_amount):
                self.most_amount[total, at] = np.maximum(
                    self.most_amount[total, at], float(chargers @ amount)
                )


def _find_required(problem: PlanProblem) -> Bools:
    return problem.is_forced_open & problem.is_counted


def _name_sites(labels: PlanLabels, sites: Ints) -> str:
    return name_rows([labels.name_site(int(site)) for site in sites])


def _check_sizes(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that each required site, or any, has a size that its bays, the power and the rules allow."""
    limits = problem.limits
    existing = problem.is_forced_open & ~problem.is_counted
    fits = problem.level_allowed.any(axis=1).reshape(problem.n_sites, -1).any(axis=1)
    stuck = fits & problem.is_open_allowed & ~existing & ~sizes.can_open
    required = np.flatnonzero(stuck & _find_required(problem))
    nothing = not sizes.can_open.any() and not existing.any() and stuck.any()
    if not len(required) and not nothing:
        return []
    which = (
        f"{count_things(len(required), 'required site')} can hold no station: {_name_sites(labels, required)}"
        if len(required)
        else f"none of {count_things(int(stuck.sum()), 'site')} can hold a station, so that no plan can serve anything"
    )
    at = required if len(required) else np.flatnonzero(stuck)
    asked, advice = [], []
    for rule, least in enumerate(limits.station_least):
        if least[at].max() > 0:
            asked.append(f"{labels.name_station_rule(rule)} asks for {least[at].max():.10g}")
            advice.append(
                f"lower {labels.name_station_rule(rule)} to {_find_possible(problem, rule, at):.10g}"
            )
    if len(limits.largest_kw) and np.isfinite(limits.largest_kw[at]).any():
        asked.append(f"model.largest_station_kw allows {limits.largest_kw[at].min():.10g} kW")
        # Raising the largest power helps where the bays hold what is asked for.
        need_kw = _find_needed_kw(problem, at)
        if np.isfinite(need_kw):
            advice.append(f"raise model.largest_station_kw to {need_kw:.10g}")
    bays = _count_room(problem)[at]
    asked.append(f"their bays and sizes allow {name_rows(np.unique(bays))} chargers")
    end = ["make them candidates"] if len(required) else []
    return [f"{which}; {', '.join(asked)}; {', or '.join([*advice, *end])}"]


def _count_room(problem: PlanProblem) -> Ints:
    """Count the chargers that bays and levels leave room for, shape (n_sites,)."""
    n_types = problem.staging.n_types
    most = np.where(problem.level_allowed, problem.level_chargers, 0).max(axis=1)
    room = most.reshape(-1, n_types).sum(axis=1)
    bays = problem.limits.bays
    return np.asarray(np.minimum(room, bays) if len(bays) else room, dtype=np.int64)


def _list_stations(problem: PlanProblem, site: int, *, with_power: bool) -> list[tuple[int, ...]]:
    """List the numbers of chargers by type that a site has room for."""
    staging, limits = problem.staging, problem.limits
    options = [
        [0, *problem.level_chargers[problem.level_allowed[slot]].tolist()]
        for slot in range(site * staging.n_types, (site + 1) * staging.n_types)
    ]
    most_kw = limits.largest_kw[site] if with_power and len(limits.largest_kw) else np.inf
    bays = limits.bays[site] if len(limits.bays) else np.inf
    return [
        each
        for each in itertools.product(*options)
        if 0 < sum(each) <= bays and np.dot(each, staging.charger_kw) <= most_kw * (1 + _SLACK)
    ]


def _find_possible(problem: PlanProblem, rule: int, sites: Ints) -> float:
    """Find the most that all of some sites can hold of what a rule asks of each station."""
    amount = problem.limits.station_amount[rule]
    best = [
        max(
            (float(np.dot(each, amount)) for each in _list_stations(problem, int(site), with_power=True)),
            default=0.0,
        )
        for site in sites[:_SHOWN_SITES]
    ]
    return min(best)


_SHOWN_SITES = 200  # of which the figures of the advice are found; all are judged


def _find_needed_kw(problem: PlanProblem, sites: Ints) -> float:
    """Find the power that would let all of some sites hold what the rules ask of each station."""
    limits, kw = problem.limits, problem.staging.charger_kw
    needed = []
    for site in sites[:_SHOWN_SITES].tolist():
        enough = [
            float(np.dot(each, kw))
            for each in _list_stations(problem, site, with_power=False)
            if all(
                np.dot(each, amount) >= least[site] * (1 - _SLACK)
                for amount, least in zip(limits.station_amount, limits.station_least, strict=True)
            )
        ]
        needed.append(min(enough, default=np.inf))
    return max(needed)


def _check_spacing(problem: PlanProblem, labels: PlanLabels) -> list[str]:
    limits, required = problem.limits, _find_required(problem)
    clashes = []
    for first, end in itertools.pairwise(limits.clique_start.tolist()):
        both = limits.clique_site[first:end][required[limits.clique_site[first:end]]]
        if len(both) > 1:
            clashes.append(" and ".join(labels.name_site(int(site)) for site in both))
    if not clashes:
        return []
    return [
        f"required sites are closer than model.spacing_m: {name_rows(clashes)}; lower model.spacing_m, or make one "
        "required site of each pair a candidate"
    ]


def _check_grid(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that the smallest stations of required sites fit the headroom above them with all steps."""
    from chargeplan.formulation.families_places import find_sites_below

    limits, required = problem.limits, _find_required(problem) & sizes.can_open
    if len(limits.site_asset) == 0 or not required.any():
        return []
    told = []
    below = find_sites_below(limits.site_asset, limits.asset_parent)
    for asset in np.flatnonzero(np.isfinite(limits.asset_headroom_kw)).tolist():
        fed = np.flatnonzero(below[asset] & required)
        needed = float(sizes.least_kw[fed].sum())
        headroom = float(limits.asset_headroom_kw[asset])
        steps = int(limits.asset_max_steps[asset]) if limits.asset_step_kw[asset] > 0 else 0
        most = headroom + steps * float(limits.asset_step_kw[asset])
        if needed <= most * (1 + _SLACK) + _SLACK:
            continue
        bought = f" with {count_things(steps, 'step')}" if steps else ""
        told.append(
            f"grid asset {labels.name_asset(asset)} bears {most:,.10g} kW{bought}, but the smallest stations of the "
            f"required sites below it ({_name_sites(labels, fed)}) draw {needed:,.10g} kW; raise its headroom_kw in "
            f"the file of grid.path to {headroom + needed - most:.10g}, or make required sites candidates"
        )
    return told


def _list_areas(problem: PlanProblem, sizes: StationSizes) -> list[tuple[int, Ints, int]]:
    """List area, sites of it that may open, and how many of these must."""
    limits = problem.limits
    stands = problem.is_forced_open & ~problem.is_counted
    areas = []
    for area, (first, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
        members = limits.cover_site[first:end]
        missing = int(limits.cover_least[area]) - int(stands[members].sum())
        areas.append((area, members[sizes.can_open[members]], missing))
    return areas


def _check_areas(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    short: dict[str, list[str]] = {}
    for area, usable, missing in _list_areas(problem, sizes):
        if len(usable) < missing:
            numbers = f"{count_things(len(usable), 'site')} for {count_things(missing, 'station')}"
            short.setdefault(labels.name_area_rule(area), []).append(f"{labels.name_area(area)} ({numbers})")
    return [
        f"{rule}: {count_things(len(places), 'area')} {'has' if len(places) == 1 else 'have'} too few sites that can "
        f"hold a new station: {name_rows(places)}; add candidates there (sites.kinds, sites.files), {_OR_REPORT}"
        for rule, places in short.items()
    ]


def _check_totals(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
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


def _check_floors(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
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
        f"{count} for more than all sites within reach can serve: {name_rows(places)}; lower "
        f"model.equity.zone_floor_share to {{{', '.join(new)}}}, or add sites there, or raise travel.limit_min"
    ]


def _check_backup(problem: PlanProblem, sizes: StationSizes) -> list[str]:
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
    new = np.floor(share[year] * 10**_DIGITS) / 10**_DIGITS
    return [
        f"model.backup_share asks that {asked:.1%} of the demand reaches two stations, but only {share[year]:.1%} "
        f"has two sites within reach; lower model.backup_share to {new:.{_DIGITS}g}, or raise travel.limit_min or "
        "model.nearest_sites"
    ]


def _measure_most_kwh_day(problem: PlanProblem, sizes: StationSizes) -> Floats:
    """Measure what a new station delivers at most, shape (n_sites,)."""
    allowed = problem.level_allowed & (problem.level_chargers <= sizes.most.ravel()[:, None])
    amount = np.where(allowed, problem.level_capacity_kwh_day, 0.0).max(axis=1)
    most = amount.reshape(problem.n_sites, -1).sum(axis=1)
    return np.asarray(np.where(sizes.can_open, most, 0.0), dtype=np.float64)


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
    required = _find_required(problem)
    used = required.copy()
    count, worth = int(required.sum()), float(weight[required].sum())
    why = [count_things(count, "required site")] if count else []
    year_pos = problem.limits.cover_year_pos
    needs = [
        (usable, missing, "")
        for area, usable, missing in _list_areas(problem, sizes)
        if year_pos[area] <= year and missing > 0
    ]
    needs += [
        (usable, missing, labels.name_zone(zone))
        for zone, usable, missing in list_zone_needs(
            problem, _measure_most_kwh_day(problem, sizes), year=year
        )
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


def _check_count(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
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
                f"{key} allows {count_things(most, 'new station')}, but {count_things(count, 'station')} must "
                f"open{when}: {' and '.join(why)}; raise it to {count}{others}"
            ]
    return []


def _name_others(problem: PlanProblem) -> str:
    """Name what else can give way when stations must open."""
    others = ["make required sites candidates"] if _find_required(problem).any() else []
    others += ["move packs to model.reported_rules"] if len(problem.limits.cover_least) else []
    others += ["lower floors of zones"] if np.any(problem.limits.zone_floor_share > 0) else []
    return "".join(f", or {each}" for each in others)


def _check_money(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
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
            f"{why} cost {format_pkr(needed_pkr)} at least{when}, the money until then is {format_pkr(money[year])}; "
            f"raise {key} to {asked + more:.0f} ({more:.0f} more), make required sites candidates, or move packs to "
            "model.reported_rules"
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


def _check_floor_money(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
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
        return [
            f"the floors of all zones ask for {needed:,.0f} of {total:,.0f} kWh/day{when}, whose chargers cost "
            f"{format_pkr(least_pkr)} at the very least; the money of {format_pkr(money[year])} buys "
            f"{most_kwh:,.0f} kWh/day at most, {most_kwh / total:.1%} of the demand; raise {key} from {asked:.0f} "
            f"to {asked + more:.0f} or more, or {_lower_floors(floor, most_kwh / needed, labels)}"
        ]
    return []


def _lower_floors(floor: Floats, factor: float, labels: PlanLabels) -> str:
    """Say to which numbers floors are lowered at least, all by the same factor."""
    lowered = np.floor(floor * factor * 10**_DIGITS) / 10**_DIGITS
    asked = np.unique(floor[floor > 0])
    if len(asked) == 1:
        key = "model.equity.floor_share" if np.all(floor > 0) else "each of model.equity.zone_floor_share"
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
