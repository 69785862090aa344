"""How full each station is in its busiest hour, and how long a driver waits then.

The demand of a cell starts through the day as its vehicle classes and uses do; what a station serves has the
hours of the cells that it serves. The busiest hour is the one in which the station gives most energy. Each
charger type of a station is a queue of its own, with n chargers and a load of a erlang: energy asked in that
hour over the power of one charger (see `chargeplan.queues`). Power from the grid is taken to be on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.evaluate.flows import derive_flows, derive_groups
from chargeplan.evaluate.spending import list_years, read_chargers
from chargeplan.queues import compute_blocked_share, compute_waiting_share
from chargeplan.units import MINUTES_PER_HOUR
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Bools, Floats, Ints

CHARGE_FIGURE = "charge_battery_share"


@dataclass(frozen=True, slots=True, eq=False)
class ServedEnergy:
    """What goes from cells to chargers in the last year; one entry for each cell, group, site and type.

    Parameters
    ----------
    cell, group, site, kind : ndarray of int64
        `group` is a row of `uses_class`.
    kwh_day : ndarray
    uses_class : ndarray of bool, shape (n_groups, n_classes)
        Vehicle classes of each group.
    """

    cell: Ints
    group: Ints
    site: Ints
    kind: Ints
    kwh_day: Floats
    uses_class: Bools


@dataclass(frozen=True, slots=True, eq=False)
class StationPeak:
    """The busiest hour of each site; NaN where no charger stands, shape (n_sites,) each.

    Parameters
    ----------
    wait_min : ndarray
        Mean wait over all drivers of that hour, those who need not wait among them; NaN too where the line
        would grow without end (a load of n erlang or more), or where nobody knows the battery of the vehicles.
    busy_share : ndarray
        Share of drivers who find every charger busy and wait, in the same queue as `wait_min`; NaN too where
        the line would grow without end.
    blocked_share : ndarray
        Share of drivers who would find every charger busy and drive on if nobody waited: another queue, so
        below `busy_share`.
    """

    wait_min: Floats
    busy_share: Floats
    blocked_share: Floats


def list_served_energy(plan: PlanCase) -> ServedEnergy:
    """List what each charger type of each site gives to each cell in the last year."""
    if plan.is_plain or plan.request.mode is PlanMode.COVER:
        used = plan.used
        none = np.zeros(len(used), dtype=np.int64)
        problem = plan.problem
        return ServedEnergy(
            problem.pair_cell[used],
            none,
            problem.pair_site[used],
            none,
            plan.served_kwh_day[used],
            np.ones((1, len(plan.cells.classes)), dtype=np.bool_),
        )
    flows, (can_use, group) = derive_flows(plan), derive_groups(plan)
    last = np.flatnonzero((flows.year == len(list_years(plan)) - 1) & (flows.kwh_day > 0))
    return ServedEnergy(
        flows.cell[last],
        flows.group[last],
        flows.site[last],
        flows.kind[last],
        flows.kwh_day[last],
        np.arange(len(can_use))[:, None] == group[None, :],
    )


def derive_charger_kw(plan: PlanCase) -> Floats:
    """Derive the power of one charger by site and type, shape (n_sites, n_types), kW."""
    chargers = read_chargers(plan)[-1]
    number = np.maximum(chargers.sum(axis=1), 1)
    standing_kw = plan.sites.table["existing_power_kw"].to_numpy() / number
    is_existing = plan.sites.has_status(SiteStatus.EXISTING)
    type_kw = np.array(plan.request.type_power_kw)[None, :]
    return np.where(is_existing[:, None], standing_kw[:, None], np.broadcast_to(type_kw, chargers.shape))


def compute_station_peaks(plan: PlanCase) -> StationPeak:
    """Compute wait, busy and blocked share of each station in its busiest hour of the last year.

    Notes
    -----
    Wait of M/M/n: C(n, a) / (n - a) times the mean time of a charge, C by Erlang (1917); a driver charges
    the part of the battery that the figure `charge_battery_share` names. Busy: C(n, a) itself. Blocked: B(n, a)
    of M/M/n/n, where nobody waits. Over the charger types of a station all are means over its drivers.
    """
    chargers = read_chargers(plan)[-1]
    n_sites, n_types = chargers.shape
    kwh_h = _sum_peak_kwh_h(plan, list_served_energy(plan), n_sites, n_types)
    charger_kw = derive_charger_kw(plan).ravel()
    number = chargers.ravel().astype(np.int64)
    asked = kwh_h.sum(axis=1)
    stands = (number > 0) & (charger_kw > 0)
    load = np.divide(asked, charger_kw, out=np.zeros(len(asked)), where=stands)
    drivers_h = _count_drivers_h(plan, kwh_h)
    blocked = compute_blocked_share(number, load)
    charge_h = np.divide(load, drivers_h, out=np.zeros(len(load)), where=drivers_h > 0)
    charge_h[np.isnan(drivers_h)] = np.nan
    spare = np.where(number > load, number - load, np.nan)
    busy = np.where(number > load, compute_waiting_share(number, load), np.nan)
    wait_min = np.where(load > 0, busy / spare * charge_h * MINUTES_PER_HOUR, 0.0)
    # Where nobody knows the batteries, energy stands for drivers.
    weight = np.where(np.isnan(drivers_h), asked, drivers_h).reshape(n_sites, n_types)
    has_chargers = stands.reshape(n_sites, n_types).any(axis=1)
    return StationPeak(
        np.where(has_chargers, _average(wait_min, weight), np.nan),
        np.where(has_chargers, _average(busy, weight), np.nan),
        np.where(has_chargers, _average(blocked, weight), np.nan),
    )


def _average(values: Floats, weight: Floats) -> Floats:
    """Average the types of each site by weight, shape (n_sites,); 0 without weight."""
    parts = np.where(weight > 0, values.reshape(weight.shape), 0.0) * weight
    total = weight.sum(axis=1)
    mean: Floats = np.divide(parts.sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)
    return mean


def _count_drivers_h(plan: PlanCase, kwh_h: Floats) -> Floats:
    """Count the drivers who come in an hour in which this energy is asked for by class; NaN when not known."""
    figures = plan.request.figures
    share = figures["value"][figures["name"] == CHARGE_FIGURE].to_numpy()
    if len(share) == 0 or len(plan.cells.battery_kwh) == 0:
        return np.full(len(kwh_h), np.nan)
    return np.asarray(kwh_h @ (1.0 / (plan.cells.battery_kwh * float(share[0]))), dtype=np.float64)


def _sum_peak_kwh_h(plan: PlanCase, served: ServedEnergy, n_sites: int, n_types: int) -> Floats:
    """Sum the energy asked for by class in the busiest hour of each site, shape (n_sites * n_types, n_classes)."""
    by_period = plan.cells.kwh_day_by_period
    n_cells, n_classes, n_periods = by_period.shape
    total = np.zeros((n_sites * n_types, n_classes * n_periods))
    for group, is_used in enumerate(served.uses_class):
        at = np.flatnonzero(served.group == group)
        of_group = by_period * is_used[None, :, None]
        wanted = of_group.sum(axis=(1, 2))
        share = of_group / np.where(wanted > 0, wanted, 1.0)[:, None, None]
        slot = served.site[at] * n_types + served.kind[at]
        given = sp.csr_array(
            (served.kwh_day[at], (slot, served.cell[at])), shape=(n_sites * n_types, n_cells)
        )
        total += given @ share.reshape(n_cells, -1)
    by_hour = total.reshape(n_sites, n_types, n_classes, n_periods) / plan.cells.period_hours
    busiest = by_hour.sum(axis=(1, 2)).argmax(axis=1)
    return np.asarray(by_hour[np.arange(n_sites), :, :, busiest].reshape(-1, n_classes), dtype=np.float64)
