"""The independent check of the chargers of each station, type and year: offered, kept, enough, within power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.check_terms import RELATIVE_TOLERANCE, Faults, name_plan_sites
from chargeplan.evaluate.derive import list_charger_types
from chargeplan.evaluate.flows import derive_flows
from chargeplan.evaluate.spending import derive_new_kw, read_chargers
from chargeplan.words import PlanMode, ServiceRule, SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats


def check_sizes(plan: PlanCase) -> Faults:
    """Numbers of chargers were offered, fit the bays, and what stands is as it was."""
    chargers, table = read_chargers(plan), plan.sites.table
    is_existing = plan.sites.has_status(SiteStatus.EXISTING)
    kinds = list_charger_types(plan.request)
    faults = []
    for kind, (_, _, offered) in enumerate(kinds):
        odd = ~np.isin(chargers[:, :, kind], [0, *offered]) & ~is_existing[None, :]
        if odd.any():
            faults.append(
                f"numbers of chargers that were not offered: {name_plan_sites(plan, np.nonzero(odd)[1])}"
            )
    full = (chargers.sum(axis=2) > table["max_chargers"].to_numpy()[None, :]) & ~is_existing[None, :]
    if full.any():
        faults.append(f"more chargers than bays: {name_plan_sites(plan, np.nonzero(full)[1])}")
    stands = table["existing_chargers"].to_numpy()
    changed = (chargers.sum(axis=2) != stands[None, :]) & is_existing[None, :]
    if changed.any():
        faults.append(f"existing sites changed: {name_plan_sites(plan, np.nonzero(changed)[1])}")
    required = plan.sites.has_status(SiteStatus.REQUIRED)
    closed = (chargers.sum(axis=2) == 0) & required[None, :]
    if closed.any():
        faults.append(f"required sites are closed: {name_plan_sites(plan, np.nonzero(closed)[1])}")
    return faults


def check_persistence(plan: PlanCase) -> Faults:
    """Nothing is taken down from one year to the next."""
    fewer = np.nonzero(np.diff(read_chargers(plan), axis=0) < 0)
    faults = []
    if len(fewer[1]):
        faults.append(f"chargers are taken down: {name_plan_sites(plan, fewer[1])}")
    if np.any(np.diff(plan.solution.asset_steps, axis=0) < 0):
        faults.append("grid upgrades are taken back")
    return faults


def check_capacity(plan: PlanCase) -> Faults:
    """No type of charger at a site delivers more than it can, in any year."""
    if plan.request.mode is PlanMode.COVER:
        return []
    flows, chargers = derive_flows(plan), read_chargers(plan)
    load = np.zeros(chargers.shape)
    np.add.at(load, (flows.year, flows.site, flows.kind), flows.kwh_day)
    is_existing = plan.sites.has_status(SiteStatus.EXISTING)
    backup = plan.sites.has_backup
    over = np.zeros(load.shape, dtype=np.bool_)
    for kind, (kw, _, _) in enumerate(list_charger_types(plan.request)):
        number = chargers[:, :, kind]
        new = plan.request.compute_capacity_kwh_day(number.astype(np.float64) * kw, backup[None, :], number)
        standing_kw = plan.sites.table["existing_power_kw"].to_numpy()
        standing = plan.request.compute_capacity_kwh_day(
            np.broadcast_to(standing_kw, number.shape), backup[None, :], number
        )
        limit = np.where(is_existing[None, :], standing, new)
        over[:, :, kind] = load[:, :, kind] > limit * (1 + RELATIVE_TOLERANCE) + RELATIVE_TOLERANCE
    if over.any():
        return [f"chargers deliver more than they can: {name_plan_sites(plan, np.nonzero(over)[1])}"]
    return _check_service(plan, load)


def _check_service(plan: PlanCase, load: Floats) -> Faults:
    """In the busiest hour the queue of each new station keeps the target, by the plain formulas."""
    rule = plan.request.service_rule
    if rule is ServiceRule.UTILISATION:
        return []
    chargers = read_chargers(plan)
    kinds = list_charger_types(plan.request)
    wrong = []
    for year, site, kind in zip(*np.nonzero(load > 0), strict=True):
        if plan.sites.has_status(SiteStatus.EXISTING)[site]:
            continue
        number, kw = int(chargers[year, site, kind]), kinds[kind][0]
        erlang = load[year, site, kind] * plan.request.peak_share / kw
        if measure_queue(number, erlang, rule, plan.request.service_wait_share) > (
            plan.request.service_target_share * (1 + 1e-4)
        ):
            wrong.append(site)
    return [f"drivers wait more than asked for: {name_plan_sites(plan, np.array(wrong))}"] if wrong else []


def measure_queue(number: int, erlang: float, rule: ServiceRule, wait_share: float) -> float:
    """Measure a queue by the sums of the textbook (Erlang 1917), not by the recursion of the model.

    Returns
    -------
    float
        Share of drivers who leave, who wait, or who wait longer than `wait_share` of a charge.
    """
    terms = [math.exp(n * math.log(erlang) - math.lgamma(n + 1)) for n in range(number + 1)]
    blocked = terms[-1] / sum(terms)
    if rule is ServiceRule.BLOCKED:
        return blocked
    if erlang >= number:
        return 1.0
    last = terms[-1] * number / (number - erlang)
    waiting = last / (sum(terms[:-1]) + last)
    return waiting if rule is ServiceRule.WAITING else waiting * math.exp(-(number - erlang) * wait_share)


def check_power(plan: PlanCase) -> Faults:
    """Check that new stations have neither less nor more power than asked for."""
    kw, faults = derive_new_kw(plan), []
    small = (kw > 0) & (kw < plan.request.least_station_kw * (1 - RELATIVE_TOLERANCE))
    large = kw > plan.request.largest_station_kw * (1 + RELATIVE_TOLERANCE)
    for wrong, word in ((small, "less"), (large, "more")):
        if wrong.any():
            faults.append(
                f"{word} power than a station may have: {name_plan_sites(plan, np.nonzero(wrong)[1])}"
            )
    return faults
