"""The check that leftover budget is not spent on nothing.

With everybody served where the plan serves them, no station could be closed, or have fewer chargers of a type, and no
upgrade of a grid asset be left out, so that money is saved and every limit is still kept. Only single changes are
tried: that two changes together, or other drives, would save money is no fault of this kind.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.evaluate.derive import list_charger_types
from chargeplan.evaluate.flows import derive_flows
from chargeplan.evaluate.spending import compute_spent_pkr, list_years, read_chargers
from chargeplan.evaluate.verify_stages import find_limit_faults
from chargeplan.records import NO_LOAD_KWH_DAY
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats, Ints

_CLEARLY_FITS = 1.0 - 1e-7  # a station that is full to the last digit is not too large
_WORTH_SAVING_PKR = 0.5
_CUT_SHORT = ("user", "time limit")  # values of `Solution.stopped_by`


def must_spend_well(plan: PlanCase) -> bool:
    """Tell whether money spent on nothing is a fault of a plan; else it is a warning.

    It is one where the search of a plan that is not plain ended by itself. One that was cut short may have had no
    time to tidy up, and a plan that keeps every limit is not thrown away for that. A plain plan of a nested sweep
    holds what smaller budgets built, of which the check cannot know.
    """
    return not plan.is_plain and plan.solution.stopped_by not in _CUT_SHORT


def find_idle_spending(plan: PlanCase) -> list[str]:
    """Name the stations and grid assets on which the plan spends money for nothing."""
    load, faults = _sum_loads(plan), []
    idle = [site for site, kind in _list_oversized(plan, load) if _is_idle(plan, load, site, kind)]
    if idle:
        ids = plan.sites.table["site_id"].to_numpy()[np.unique(idle)]
        faults.append(f"stations could be closed or smaller and serve the same: {name_rows(ids)}")
    if plan.grid is not None and not plan.is_plain:
        upgraded = np.flatnonzero((plan.solution.asset_steps[-1] > 0) & (plan.grid.step_pkr > 0))
        unused = [asset for asset in upgraded.tolist() if not find_limit_faults(_drop_step(plan, asset))]
        if unused:
            ids = plan.grid.table["asset_id"].to_numpy()[unused]
            faults.append(f"upgrades of grid assets carry nothing: {name_rows(ids)}")
    return faults


def _sum_loads(plan: PlanCase) -> Floats:
    """Sum what the chargers deliver by year, site and type, shape (n_years, n_sites, n_types), kWh per day."""
    shape = read_chargers(plan).shape
    load = np.zeros(shape)
    if plan.is_plain or plan.request.mode is PlanMode.COVER:
        served = np.bincount(plan.problem.pair_site, plan.served_kwh_day, shape[1])
        load[-1, :, 0] = served
        return load
    flows = derive_flows(plan)
    np.add.at(load, (flows.year, flows.site, flows.kind), flows.kwh_day)
    return load


def _list_oversized(plan: PlanCase, load: Floats) -> list[tuple[int, int]]:
    """List new stations and types whose chargers of the last year are more than any year's load needs."""
    now, is_new = read_chargers(plan)[-1], ~plan.sites.has_status(SiteStatus.EXISTING)
    return [
        (int(site), int(kind))
        for site, kind in zip(*np.nonzero((now > 0) & is_new[:, None]), strict=True)
        if _list_smaller(plan, load, int(site), int(kind))
    ]


def _list_smaller(plan: PlanCase, load: Floats, site: int, kind: int) -> list[int]:
    """List the smaller numbers of chargers that could deliver the same, smallest first."""
    now = int(read_chargers(plan)[-1, site, kind])
    most = float(load[:, site, kind].max())
    if most <= NO_LOAD_KWH_DAY:
        first = [0]
    elif plan.request.mode is PlanMode.COVER:
        return []  # no capacity: as many chargers as stations were said to have
    else:
        first = []
    power_kw, _, offered = list_charger_types(plan.request)[kind]
    backup = plan.sites.has_backup[site : site + 1]
    fits = [
        number
        for number in sorted(offered)
        if number < now and most <= _CLEARLY_FITS * _deliver_kwh_day(plan, number, power_kw, backup)
    ]
    return first + fits


def _deliver_kwh_day(plan: PlanCase, number: int, power_kw: float, backup: np.ndarray) -> float:
    delivered = plan.request.compute_capacity_kwh_day(
        np.array([number * power_kw]), backup, np.array([number])
    )
    return float(delivered[0])


def _is_idle(plan: PlanCase, load: Floats, site: int, kind: int) -> bool:
    """Tell whether one of the smaller sizes saves money and keeps every limit."""
    spent_pkr = compute_spent_pkr(plan, len(list_years(plan)) - 1)
    for number in _list_smaller(plan, load, site, kind):
        chargers = read_chargers(plan).copy()
        chargers[:, site, kind] = np.minimum(chargers[:, site, kind], number)
        changed = _replace_chargers(plan, chargers)
        saved_pkr = spent_pkr - compute_spent_pkr(changed, len(list_years(plan)) - 1)
        if saved_pkr > _WORTH_SAVING_PKR and not find_limit_faults(changed):
            return True
    return False


def _replace_chargers(plan: PlanCase, chargers: Ints) -> PlanCase:
    last = chargers[-1].sum(axis=1)
    slots = plan.solution.slot_chargers
    if not plan.is_plain:
        slots = chargers.reshape(slots.shape)
    return dataclasses.replace(
        plan, solution=dataclasses.replace(plan.solution, chargers=last, slot_chargers=slots)
    )


def _drop_step(plan: PlanCase, asset: int) -> PlanCase:
    steps = plan.solution.asset_steps.copy()
    steps[:, asset] = np.minimum(steps[:, asset], steps[-1, asset] - 1)
    return dataclasses.replace(plan, solution=dataclasses.replace(plan.solution, asset_steps=steps))


# For plans that `must_spend_well`; the others get a warning.
IDLE_CHECKS: dict[str, Callable[[PlanCase], list[str]]] = {"idle spending": find_idle_spending}
