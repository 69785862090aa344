"""The independent check of a plan with years, charger types, classes and further limits.

As `chargeplan.evaluate.verify`: recomputed from the raw records, without the model and the solver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.evaluate.check_terms import (
    MONEY_TOLERANCE_PKR,
    RELATIVE_TOLERANCE,
    SHARE_TOLERANCE,
    Faults,
    name_plan_sites,
)
from chargeplan.evaluate.derive import list_charger_types
from chargeplan.evaluate.flows import derive_flows, derive_groups, derive_unit_kwh_day, list_cells_by_year
from chargeplan.evaluate.rebuild_stages import find_stage_faults
from chargeplan.evaluate.spending import compute_spent_pkr, derive_new_kw, list_years, read_chargers
from chargeplan.evaluate.verify_stage_fairness import check_backup, check_equity
from chargeplan.evaluate.verify_stage_proof import check_objective, check_proof
from chargeplan.evaluate.verify_stage_sizes import check_capacity, check_persistence, check_power, check_sizes
from chargeplan.geo import to_metric
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats


def _check_problem(plan: PlanCase) -> Faults:
    """Check that the planned problem is the one of the request."""
    return find_stage_faults(plan)


def _check_shape(plan: PlanCase) -> Faults:
    """Check that the last year's chargers and shares are the plan that is shown."""
    chargers = read_chargers(plan)
    if len(chargers) != len(list_years(plan)) or len(list_cells_by_year(plan)) != len(chargers):
        return [f"{len(chargers)} years of chargers for {len(list_years(plan))} years asked for"]
    faults = []
    if not np.array_equal(chargers[-1].sum(axis=1), plan.solution.chargers):
        faults.append("the chargers shown are not those of the last year")
    if plan.request.mode is PlanMode.COVER:  # no capacity, no flows: the shares shown are the plan
        return faults
    flows = derive_flows(plan)
    last = flows.year == len(chargers) - 1
    served = np.bincount(flows.pair[last], flows.kwh_day[last], plan.problem.n_pairs)
    if not np.allclose(served, plan.served_kwh_day, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE):
        faults.append("the energy shown is not that of the last year")
    return faults


def _check_flows(plan: PlanCase) -> Faults:
    """Nobody is served more than once, by a charger that is not there or that does not fit."""
    if plan.request.mode is PlanMode.COVER:
        return []
    flows, faults = derive_flows(plan), []
    share = plan.solution.flow_share
    if not bool(np.all(np.isfinite(share) & (share >= -SHARE_TOLERANCE) & (share <= 1 + SHARE_TOLERANCE))):
        faults.append("shares outside 0 to 1")
    if len(np.unique(plan.solution.flow_at)) != len(plan.solution.flow_at):
        faults.append("flows are repeated")
    can_use, _ = derive_groups(plan)
    unit = (flows.year * plan.problem.n_cells + flows.cell) * len(can_use) + flows.group
    over = np.flatnonzero(np.bincount(unit, share) > 1 + SHARE_TOLERANCE) if len(unit) else unit
    if over.size:
        faults.append(f"{over.size} demands of a cell, year and group are served more than once")
    unfit = np.flatnonzero(~can_use[flows.group, flows.kind] & (share > SHARE_TOLERANCE))
    if unfit.size:
        faults.append(f"classes charge where they cannot: sites {name_plan_sites(plan, flows.site[unfit])}")
    missing = np.flatnonzero(
        (read_chargers(plan)[flows.year, flows.site, flows.kind] == 0) & (share > SHARE_TOLERANCE)
    )
    if missing.size:
        faults.append(f"chargers that are not there serve: {name_plan_sites(plan, flows.site[missing])}")
    return faults


def _check_budget(plan: PlanCase) -> Faults:
    """Check that what was built by each year costs at most the money of the years up to it."""
    request = plan.request
    money = np.cumsum(request.year_budget_pkr or (request.budget_pkr,))
    years, faults = list_years(plan), []
    for row, year in enumerate(years):
        spent_pkr = compute_spent_pkr(plan, row)
        if spent_pkr > money[row] + MONEY_TOLERANCE_PKR:
            faults.append(
                f"by {year} the plan costs {spent_pkr:,.0f} PKR, the money until then is {money[row]:,.0f} PKR"
            )
    return faults


def _check_count(plan: PlanCase) -> Faults:
    """No more new stations by a year than were asked for."""
    most = plan.request.year_max_sites or (plan.request.max_sites,)
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING)
    count = ((read_chargers(plan).sum(axis=2) > 0) & is_new[None, :]).sum(axis=1)
    return [
        f"{number} new sites by {year}, at most {limit} were asked for"
        for year, number, limit in zip(list_years(plan), count.tolist(), most, strict=True)
        if 0 <= limit < number
    ]


def _check_grid(plan: PlanCase) -> Faults:
    """Check that new stations below an asset draw at most its headroom, with the upgrades bought for it."""
    if plan.grid is None:
        return []
    grid, steps, kw = plan.grid, plan.solution.asset_steps, derive_new_kw(plan)
    faults = []
    if np.any(steps < 0) or np.any(steps > grid.max_steps[None, :]):
        faults.append("more grid upgrades than an asset can have")
    ids = grid.table["asset_id"].to_numpy()
    for row, year in enumerate(list_years(plan)):
        load = compute_asset_load_kw(plan, kw[row])
        limit = grid.headroom_kw + steps[row] * grid.step_kw
        over = np.flatnonzero(
            load > limit * (1 + RELATIVE_TOLERANCE) + RELATIVE_TOLERANCE
        )  # NaN: nobody knows, no limit
        if over.size:
            faults.append(f"by {year} grid assets carry more than they can: {name_rows(ids[over])}")
    return faults


def compute_asset_load_kw(plan: PlanCase, site_kw: Floats) -> Floats:
    """Sum the power of sites up the tree, shape (n_assets,), kW."""
    grid = plan.grid
    if grid is None:
        return np.zeros(0)
    load, parent = np.zeros(grid.n_assets), grid.parent_pos.tolist()
    for site in np.flatnonzero(site_kw > 0).tolist():
        asset = int(grid.site_asset_pos[site])
        while asset >= 0:
            load[asset] += site_kw[site]
            asset = parent[asset]
    return load


def _check_spacing(plan: PlanCase) -> Faults:
    """Check that new stations keep their distance, from each other and from those that stand."""
    spacing_m = plan.request.spacing_m
    if spacing_m <= 0:
        return []
    is_open = plan.solution.chargers > 0
    existing = plan.sites.has_status(SiteStatus.EXISTING)
    at = np.flatnonzero(is_open | existing)
    lon, lat = (plan.sites.table[name].to_numpy(dtype=np.float64)[at] for name in ("lon", "lat"))
    x_m, y_m = to_metric(lon, lat, plan.network.crs)
    near = np.hypot(x_m[:, None] - x_m[None, :], y_m[:, None] - y_m[None, :]) < spacing_m * (
        1 - RELATIVE_TOLERANCE
    )
    either_new = ~existing[at][:, None] | ~existing[at][None, :]
    left, right = np.nonzero(np.triu(near & either_new, 1))
    if not len(left):
        return []
    return [
        f"{len(left)} pairs of stations are too near: {name_plan_sites(plan, at[np.union1d(left, right)])}"
    ]


def _check_rules(plan: PlanCase) -> Faults:
    """Every policy rule that must be kept is kept, in every year."""
    if plan.rules is None:
        return []
    from chargeplan.rules.evaluate import evaluate_plan_rules

    each_kw = np.array([kw for kw, _, _ in list_charger_types(plan.request)])
    faults = []
    for row, year in enumerate(list_years(plan)):
        report = evaluate_plan_rules(plan.rules, plan.sites, read_chargers(plan)[row], each_kw, period=row)
        broken = report.broken
        if len(broken):
            faults.append(f"in {year} rules are broken: {name_rows(broken['place'].to_numpy())}")
    return faults


def _check_demand(plan: PlanCase) -> Faults:
    """Check the demand that was planned for: of cells, classes and years, less what competitors take."""
    unit, stages = derive_unit_kwh_day(plan), plan.problem.staging
    if unit.shape != stages.unit_kwh_day.shape:
        return [f"demand was planned in shape {stages.unit_kwh_day.shape}, the records give {unit.shape}"]
    scale = max(float(unit.max(initial=0.0)), 1.0)
    wrong = np.flatnonzero(
        np.any(np.abs(unit - stages.unit_kwh_day) > RELATIVE_TOLERANCE * scale, axis=(0, 2))
    )
    if wrong.size:
        return [
            f"{wrong.size} cells were planned with another demand: {name_rows(plan.cells.cell_id[wrong])}"
        ]
    return []


# In place of the checks of the same name of `chargeplan.evaluate.verify`.
REPLACED_CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "problem": _check_problem,
    "levels": check_sizes,
    "budget": _check_budget,
    "count": _check_count,
    "capacity": check_capacity,
    "demand": _check_demand,
    "objective": check_objective,
    "proof": check_proof,
}
STAGE_CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "years": _check_shape,
    "flows": _check_flows,
    "persistence": check_persistence,
    "power": check_power,
    "grid": _check_grid,
    "spacing": _check_spacing,
    "equity": check_equity,
    "backup": check_backup,
    "rules": _check_rules,
}
# What fewer chargers could break when everybody is served as before.
_LIMITS_OF_SIZES = (check_sizes, check_power, _check_grid, check_backup, _check_rules)


def find_limit_faults(plan: PlanCase) -> Faults:
    """Find the limits on the numbers of chargers that a plan breaks, without a look at what they deliver."""
    return [fault for check in _LIMITS_OF_SIZES for fault in check(plan)]
