"""The independent check of a plan with years, charger types, classes and further limits.

As `chargeplan.evaluate.verify`: recomputed from the raw records, without the model and the solver.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.evaluate.derive import derive_quality, list_charger_types
from chargeplan.evaluate.flows import (
    derive_flows,
    derive_groups,
    derive_unit_kwh_day,
    list_cells_by_year,
)
from chargeplan.evaluate.rebuild_stages import find_stage_faults
from chargeplan.evaluate.spending import compute_spent_pkr, derive_new_kw, list_years, read_chargers
from chargeplan.geo import to_metric
from chargeplan.records import (
    COST_TOLERANCE,
    PROOF_TOLERANCE,
    TARGET_TOLERANCE,
    compute_cost_gap,
    compute_gap,
)
from chargeplan.words import Outcome, PlanMode, PlanObjective, ServiceRule, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats, Ints

Faults = list[str]
_SHARE_TOLERANCE = 1e-6
_RELATIVE = 1e-6
_MONEY_TOLERANCE_PKR = 0.5


def _name_sites(plan: PlanCase, site: Ints) -> str:
    return name_rows(plan.sites.table["site_id"].to_numpy()[np.unique(site)])


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
    if not np.allclose(served, plan.served_kwh_day, rtol=_RELATIVE, atol=_RELATIVE):
        faults.append("the energy shown is not that of the last year")
    return faults


def _check_flows(plan: PlanCase) -> Faults:
    """Nobody is served more than once, by a charger that is not there or that does not fit."""
    if plan.request.mode is PlanMode.COVER:
        return []
    flows, faults = derive_flows(plan), []
    share = plan.solution.flow_share
    if not bool(np.all(np.isfinite(share) & (share >= -_SHARE_TOLERANCE) & (share <= 1 + _SHARE_TOLERANCE))):
        faults.append("shares outside 0 to 1")
    if len(np.unique(plan.solution.flow_at)) != len(plan.solution.flow_at):
        faults.append("flows are repeated")
    can_use, _ = derive_groups(plan)
    unit = (flows.year * plan.problem.n_cells + flows.cell) * len(can_use) + flows.group
    over = np.flatnonzero(np.bincount(unit, share) > 1 + _SHARE_TOLERANCE) if len(unit) else unit
    if over.size:
        faults.append(f"{over.size} demands of a cell, year and group are served more than once")
    unfit = np.flatnonzero(~can_use[flows.group, flows.kind] & (share > _SHARE_TOLERANCE))
    if unfit.size:
        faults.append(f"classes charge where they cannot: sites {_name_sites(plan, flows.site[unfit])}")
    missing = np.flatnonzero(
        (read_chargers(plan)[flows.year, flows.site, flows.kind] == 0) & (share > _SHARE_TOLERANCE)
    )
    if missing.size:
        faults.append(f"chargers that are not there serve: {_name_sites(plan, flows.site[missing])}")
    return faults


def _check_sizes(plan: PlanCase) -> Faults:
    """Numbers of chargers were offered, fit the bays, and what stands is as it was."""
    chargers, table = read_chargers(plan), plan.sites.table
    is_existing = plan.sites.has_status(SiteStatus.EXISTING)
    kinds = list_charger_types(plan.request)
    faults = []
    for kind, (_, _, offered) in enumerate(kinds):
        odd = ~np.isin(chargers[:, :, kind], [0, *offered]) & ~is_existing[None, :]
        if odd.any():
            faults.append(
                f"numbers of chargers that were not offered: {_name_sites(plan, np.nonzero(odd)[1])}"
            )
    full = (chargers.sum(axis=2) > table["max_chargers"].to_numpy()[None, :]) & ~is_existing[None, :]
    if full.any():
        faults.append(f"more chargers than bays: {_name_sites(plan, np.nonzero(full)[1])}")
    stands = table["existing_chargers"].to_numpy()
    changed = (chargers.sum(axis=2) != stands[None, :]) & is_existing[None, :]
    if changed.any():
        faults.append(f"existing sites changed: {_name_sites(plan, np.nonzero(changed)[1])}")
    required = plan.sites.has_status(SiteStatus.REQUIRED)
    closed = (chargers.sum(axis=2) == 0) & required[None, :]
    if closed.any():
        faults.append(f"required sites are closed: {_name_sites(plan, np.nonzero(closed)[1])}")
    return faults


def _check_persistence(plan: PlanCase) -> Faults:
    """Nothing is taken down from one year to the next."""
    fewer = np.nonzero(np.diff(read_chargers(plan), axis=0) < 0)
    faults = []
    if len(fewer[1]):
        faults.append(f"chargers are taken down: {_name_sites(plan, fewer[1])}")
    if np.any(np.diff(plan.solution.asset_steps, axis=0) < 0):
        faults.append("grid upgrades are taken back")
    return faults


def _check_capacity(plan: PlanCase) -> Faults:
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
        over[:, :, kind] = load[:, :, kind] > limit * (1 + _RELATIVE) + _RELATIVE
    if over.any():
        return [f"chargers deliver more than they can: {_name_sites(plan, np.nonzero(over)[1])}"]
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
    return [f"drivers wait more than asked for: {_name_sites(plan, np.array(wrong))}"] if wrong else []


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


def _check_budget(plan: PlanCase) -> Faults:
    """Check that what was built by each year costs at most the money of the years up to it."""
    request = plan.request
    money = np.cumsum(request.year_budget_pkr or (request.budget_pkr,))
    years, faults = list_years(plan), []
    for row, year in enumerate(years):
        spent_pkr = compute_spent_pkr(plan, row)
        if spent_pkr > money[row] + _MONEY_TOLERANCE_PKR:
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


def _check_power(plan: PlanCase) -> Faults:
    """Check that new stations have neither less nor more power than asked for."""
    kw, faults = derive_new_kw(plan), []
    small = (kw > 0) & (kw < plan.request.least_station_kw * (1 - _RELATIVE))
    large = kw > plan.request.largest_station_kw * (1 + _RELATIVE)
    for wrong, word in ((small, "less"), (large, "more")):
        if wrong.any():
            faults.append(f"{word} power than a station may have: {_name_sites(plan, np.nonzero(wrong)[1])}")
    return faults


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
        over = np.flatnonzero(load > limit * (1 + _RELATIVE) + _RELATIVE)  # NaN: nobody knows, no limit
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
    near = np.hypot(x_m[:, None] - x_m[None, :], y_m[:, None] - y_m[None, :]) < spacing_m * (1 - _RELATIVE)
    either_new = ~existing[at][:, None] | ~existing[at][None, :]
    left, right = np.nonzero(np.triu(near & either_new, 1))
    if not len(left):
        return []
    return [f"{len(left)} pairs of stations are too near: {_name_sites(plan, at[np.union1d(left, right)])}"]


def _check_equity(plan: PlanCase) -> Faults:
    """Zones are served at least to their floors, alike enough, and the worst as well as said."""
    request, faults = plan.request, []
    floors = dict(zip(request.zone_floors["zone_id"], request.zone_floors["floor_share"], strict=True))
    share, demand = compute_zone_shares(plan)
    zones = plan.cells.zones["zone_id"].tolist()
    for row, year in enumerate(list_years(plan)):
        for zone, name in enumerate(zones):
            floor = floors.get(name, 0.0)
            if demand[row, zone] > 0 and share[row, zone] < floor - _SHARE_TOLERANCE:
                faults.append(f"in {year} {share[row, zone]:.4f} of {name} is served, the floor is {floor}")
        gini = compute_gini(share[row], demand[row])
        if gini > request.gini_cap + _SHARE_TOLERANCE:
            faults.append(
                f"in {year} the Gini coefficient of zones is {gini:.4f}, the cap {request.gini_cap}"
            )
    if not math.isnan(plan.solution.worst_share):
        is_reached = np.isin(np.arange(len(zones)), plan.cells.zone_pos[plan.problem.pair_cell])
        worst = float(share[(demand > 0) & is_reached[None, :]].min(initial=1.0))
        if worst < plan.solution.worst_share - 10 * _SHARE_TOLERANCE:
            faults.append(
                f"the worst zone is served to {worst:.6f}, said was {plan.solution.worst_share:.6f}"
            )
        if plan.solution.worst_share > plan.solution.worst_share_bound + _SHARE_TOLERANCE:
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


def _check_backup(plan: PlanCase) -> Faults:
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
        if share < least - _SHARE_TOLERANCE:
            faults.append(f"in {year} {share:.4f} of the demand reaches two stations, asked for was {least}")
    return faults


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
    wrong = np.flatnonzero(np.any(np.abs(unit - stages.unit_kwh_day) > _RELATIVE * scale, axis=(0, 2)))
    if wrong.size:
        return [
            f"{wrong.size} cells were planned with another demand: {name_rows(plan.cells.cell_id[wrong])}"
        ]
    return []


def _check_objective(plan: PlanCase) -> Faults:
    """Check that the objective is the energy served times its worth, weighted by the years."""
    if plan.request.mode is PlanMode.COVER:
        quality = derive_quality(plan.request, plan.problem.pair_seconds)
        objective = float(np.sum(plan.served_kwh_day * quality))
        return _compare_objective(plan, objective)
    flows = derive_flows(plan)
    weight = np.array(plan.request.year_weight or (1.0,))
    quality = derive_quality(plan.request, plan.problem.pair_seconds[flows.pair])
    objective = float(np.sum(flows.kwh_day * quality * (weight / weight.sum())[flows.year]))
    return _compare_objective(plan, objective)


def _compare_objective(plan: PlanCase, objective: float) -> Faults:
    claimed = plan.solution.objective_kwh_day
    if abs(objective - claimed) > _RELATIVE * max(abs(objective), 1.0):
        return [f"the objective is {objective:.6f} kWh/day, the solution claims {claimed:.6f}"]
    return []


def _check_proof(plan: PlanCase) -> Faults:
    """Check that the bound is not below the plan, and that the word for the outcome follows from the gap."""
    solution, faults = plan.solution, []
    if solution.bound_kwh_day < solution.objective_kwh_day * (1 - _RELATIVE):
        faults.append("the bound is below the plan")
    weight = np.array(plan.request.year_weight or (1.0,))
    everything = float(derive_unit_kwh_day(plan).sum(axis=(1, 2)) @ (weight / weight.sum()))
    if solution.objective_kwh_day > everything * (1 + _RELATIVE):
        faults.append("the plan serves more than there is")
    gap = compute_gap(solution.objective_kwh_day, solution.bound_kwh_day)
    tolerance = PROOF_TOLERANCE
    if plan.request.objective is PlanObjective.COST:
        faults += _check_least_money(plan)
        gap, tolerance = compute_cost_gap(solution.cost_pkr, solution.cost_bound_pkr), COST_TOLERANCE
    if not math.isnan(solution.worst_share):  # what comes first must be proven too
        gap = max(gap, compute_gap(solution.worst_share, solution.worst_share_bound))
    if (solution.outcome is Outcome.PROVEN_OPTIMAL) != (gap <= plan.request.gap_asked + tolerance):
        faults.append(f"the outcome says {solution.outcome.value} with a gap of {gap:.6f}")
    return faults


def _check_least_money(plan: PlanCase) -> Faults:
    """Check that the plan reaches its target in every year, and that its cost and bound are true."""
    solution, faults = plan.solution, []
    if not 0 <= solution.cost_bound_pkr <= solution.cost_pkr:
        faults.append(f"costs {solution.cost_pkr} with a bound of {solution.cost_bound_pkr} PKR")
    cost_pkr = compute_spent_pkr(plan, len(list_years(plan)) - 1)
    if abs(cost_pkr - solution.cost_pkr) > _MONEY_TOLERANCE_PKR + _RELATIVE * cost_pkr:
        faults.append(f"the plan costs {cost_pkr:,.0f} PKR, the solution claims {solution.cost_pkr:,.0f}")
    unit = derive_unit_kwh_day(plan).sum(axis=(1, 2))
    if plan.request.mode is PlanMode.COVER:
        quality = derive_quality(plan.request, plan.problem.pair_seconds)
        worth = np.array([float(np.sum(plan.served_kwh_day * quality))])
    else:
        flows = derive_flows(plan)
        quality = derive_quality(plan.request, plan.problem.pair_seconds[flows.pair])
        worth = np.bincount(flows.year, flows.kwh_day * quality, len(unit))
    for year, reached, wanted in zip(list_years(plan), worth.tolist(), unit.tolist(), strict=True):
        if reached < plan.request.target_share * wanted * (1 - 2 * TARGET_TOLERANCE):
            faults.append(
                f"in {year} it serves {reached:,.3f} of {wanted:,.3f} kWh/day, not {plan.request.target_share:g}"
            )
    return faults


# In place of the checks of the same name of `chargeplan.evaluate.verify`.
REPLACED_CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "problem": _check_problem,
    "levels": _check_sizes,
    "budget": _check_budget,
    "count": _check_count,
    "capacity": _check_capacity,
    "demand": _check_demand,
    "objective": _check_objective,
    "proof": _check_proof,
}
STAGE_CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "years": _check_shape,
    "flows": _check_flows,
    "persistence": _check_persistence,
    "power": _check_power,
    "grid": _check_grid,
    "spacing": _check_spacing,
    "equity": _check_equity,
    "backup": _check_backup,
    "rules": _check_rules,
}
# What fewer chargers could break when everybody is served as before.
_LIMITS_OF_SIZES = (_check_sizes, _check_power, _check_grid, _check_backup, _check_rules)


def find_limit_faults(plan: PlanCase) -> Faults:
    """Find the limits on the numbers of chargers that a plan breaks, without a look at what they deliver."""
    return [fault for check in _LIMITS_OF_SIZES for fault in check(plan)]
