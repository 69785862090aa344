"""Floors of zones that ask for more than all sites within reach can serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.reasons import UnsureReason
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.model.station_sizes import StationSizes
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Floats, Ints, PlanProblem

_SLACK = 1e-9
_DIGITS = 4  # of shares that are proposed
_SLIVERS_SHARE = 0.01  # of all demand; where more would be left out, that is not proposed


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
        f"{labels.name_zone(zone)} ({_write_kwh_day(most[year[zone], zone])} of "
        f"{_write_kwh_day(total[year[zone], zone])} kWh/day{then}, "
        f"{reach[zone]:.1%}, its floor is {floor[zone]:.1%})"
        for zone, then in zip(worst.tolist(), when, strict=True)
    ]
    count = "1 zone asks" if len(stuck) == 1 else f"{len(stuck)} zones ask"
    cause = f"{count} for more than all sites within reach can serve: {name_rows(places)}"
    slivers = _leave_slivers_out(floor, worst, labels)
    advice = ", or ".join([*slivers, *_advise_floors(floor, reach, worst, labels), "raise travel.limit_min"])
    if slivers:  # a search for changes of the other keys would not find the one that fits
        return [f"{cause}; {advice} (the least that is needed; other limits may need more)"]
    return [UnsureReason(cause, advice)]


def _advise_floors(floor: Floats, reach: Floats, stuck: Ints, labels: PlanLabels) -> list[str]:
    """Say what to set, by the keys that hold the floors and that the config takes.

    Parameters
    ----------
    floor, reach : ndarray, shape (n_zones,)
        What is asked for, and the share that all sites within reach can serve.
    stuck : ndarray of int64
        Zones that ask for more.
    labels : PlanLabels
    """
    lowered = np.floor(reach[stuck] * 10**_DIGITS) / 10**_DIGITS
    if labels.zones_are_cells:
        least = float(lowered.min())
        advice = (
            f"lower model.equity.floor_share from {labels.floor_share:.{_DIGITS}g} to {least:.{_DIGITS}g}"
            if least > 0
            else "leave model.equity.floor_share out"
        )
        return [advice, "give study.zones, districts or wards in place of hexagons", "add sites there"]
    kept = np.setdiff1d(np.flatnonzero((floor > 0) & (floor != labels.floor_share)), stuck)
    shares = {
        **dict(zip(stuck.tolist(), lowered.tolist(), strict=True)),
        **{z: float(floor[z]) for z in kept.tolist()},
    }
    new = [f"{labels.key_zone(zone)}: {share:.{_DIGITS}g}" for zone, share in shares.items()]
    is_common = bool(labels.floor_share > 0 and np.any(floor[stuck] == labels.floor_share))
    verb = "set" if is_common else "lower"  # floors of their own, which go before the common one
    return [f"{verb} model.equity.zone_floor_share to {{{', '.join(new)}}}", "add sites there"]


def _leave_slivers_out(floor: Floats, stuck: Ints, labels: PlanLabels) -> list[str]:
    """Say from which demand on the common floor holds, where next to nothing is then left out."""
    wanted = labels.zone_kwh_day
    if len(wanted) == 0 or labels.floor_share <= 0 or np.any(floor[stuck] != labels.floor_share):
        return []
    largest = float(wanted[stuck].max())
    if largest <= 0:
        return []
    step = 10.0 ** (np.floor(np.log10(largest)) - 1)
    least = round((np.floor(largest / step) + 1) * step, 12)
    out = wanted < least
    if wanted[out].sum() > _SLIVERS_SHARE * wanted.sum():
        return []
    return [
        f"set model.equity.floor_least_kwh_day to {least:.10g} (floor_share then leaves out "
        f"{count_things(int(out.sum()), 'zone')} with {wanted[out].sum():.2g} of {wanted.sum():,.0f} kWh/day)"
    ]


def _write_kwh_day(amount: float) -> str:
    """Write an energy with its first digits, however small."""
    return f"{amount:,.1f}" if amount >= 1 or amount == 0 else f"{amount:.2g}"
