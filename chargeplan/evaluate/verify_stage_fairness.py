"""The independent check of fairness: shares of zones, and demand that a second station reaches."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.check_terms import SHARE_TOLERANCE, Faults
from chargeplan.evaluate.flows import derive_flows, derive_unit_kwh_day
from chargeplan.evaluate.spending import list_years, read_chargers

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats


def check_equity(plan: PlanCase) -> Faults:
    """Zones are served at least to their floors, alike enough, and the worst as well as said."""
    request, faults = plan.request, []
    floors = dict(zip(request.zone_floors["zone_id"], request.zone_floors["floor_share"], strict=True))
    share, demand = compute_zone_shares(plan)
    zones = plan.cells.zones["zone_id"].tolist()
    for row, year in enumerate(list_years(plan)):
        for zone, name in enumerate(zones):
            floor = floors.get(name, 0.0)
            if demand[row, zone] > 0 and share[row, zone] < floor - SHARE_TOLERANCE:
                faults.append(f"in {year} {share[row, zone]:.4f} of {name} is served, the floor is {floor}")
        gini = compute_gini(share[row], demand[row])
        if gini > request.gini_cap + SHARE_TOLERANCE:
            faults.append(
                f"in {year} the Gini coefficient of zones is {gini:.4f}, the cap {request.gini_cap}"
            )
    if not math.isnan(plan.solution.worst_share):
        is_reached = np.isin(np.arange(len(zones)), plan.cells.zone_pos[plan.problem.pair_cell])
        worst = float(share[(demand > 0) & is_reached[None, :]].min(initial=1.0))
        if worst < plan.solution.worst_share - 10 * SHARE_TOLERANCE:
            faults.append(
                f"the worst zone is served to {worst:.6f}, said was {plan.solution.worst_share:.6f}"
            )
        if plan.solution.worst_share > plan.solution.worst_share_bound + SHARE_TOLERANCE:
            faults.append("the bound of the worst zone is below its share")
    return faults


def compute_zone_shares(plan: PlanCase) -> tuple[Floats, Floats]:
    """Compute served share and demand left for us by year and zone, each of shape (n_years, n_zones)."""
    flows, n_zones = derive_flows(plan), len(plan.cells.zones)
    unit = derive_unit_kwh_day(plan)
    demand = np.zeros((len(unit), n_zones))
    served = np.zeros((len(unit), n_zones))
    for row, cells in enumerate(unit):
        np.add.at(demand[row], plan.cells.zone_pos, cells.sum(axis=1))
    np.add.at(served, (flows.year, plan.cells.zone_pos[flows.cell]), flows.kwh_day)
    return np.divide(served, demand, out=np.zeros_like(served), where=demand > 0), demand


def compute_gini(share: Floats, weight: Floats) -> float:
    """Compute the Gini coefficient of shares weighted by demand: half the mean difference over the mean.

    Examples
    --------
    >>> compute_gini(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    0.5
    """
    part = weight / max(float(weight.sum()), 1e-300)
    mean = float(part @ share)
    pairs = itertools.combinations(np.flatnonzero(weight > 0).tolist(), 2)
    spread = sum(part[r] * part[s] * abs(share[r] - share[s]) for r, s in pairs)
    return float(spread / mean) if mean > 0 else 0.0


def check_backup(plan: PlanCase) -> Faults:
    """Enough demand reaches two open stations in each year."""
    least = plan.request.backup_share
    if least <= 0:
        return []
    problem, faults = plan.problem, []
    unit = derive_unit_kwh_day(plan).sum(axis=2)
    for row, year in enumerate(list_years(plan)):
        is_open = read_chargers(plan)[row].sum(axis=1) > 0
        reached = np.bincount(problem.pair_cell, is_open[problem.pair_site], problem.n_cells) >= 2
        if unit[row].sum() <= 0:
            continue
        share = float(unit[row][reached].sum()) / float(unit[row].sum())
        if share < least - SHARE_TOLERANCE:
            faults.append(f"in {year} {share:.4f} of the demand reaches two stations, asked for was {least}")
    return faults
