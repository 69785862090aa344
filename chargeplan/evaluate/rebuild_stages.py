"""Whether the planned problem with years, charger types and limits is the one that was asked for.

Like `chargeplan.evaluate.rebuild`: rebuilt from the raw records, with nothing of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.evaluate.derive import derive_quality, list_charger_types
from chargeplan.evaluate.flows import derive_groups, derive_unit_kwh_day
from chargeplan.geo import to_metric
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Bools, Floats

_RELATIVE = 1e-9


def find_stage_faults(plan: PlanCase) -> list[str]:
    """Find where a planning problem is not the one of the request and the raw records."""
    problem, request = plan.problem, plan.request
    stages = problem.staging
    can_use, _ = derive_groups(plan)
    budget = request.year_budget_pkr or (request.budget_pkr,)
    weight = np.array(request.year_weight or (1.0,))
    expected: dict[str, tuple[object, object]] = {
        "mode": (problem.mode, request.mode),
        "nearest_sites": (problem.nearest_sites, request.nearest_sites),
        "years": (stages.years, request.years or (request.year,)),
        "objective": (problem.objective, request.objective),
        "budgets": (tuple(stages.year_budget_pkr.tolist()), tuple(budget)),
        "max_sites": (
            tuple(stages.year_max_sites.tolist()),
            tuple(request.year_max_sites or (request.max_sites,)),
        ),
        "can_use": (stages.can_use.tolist(), can_use.tolist()),
        "charger_kw": (stages.charger_kw.tolist(), [kw for kw, _, _ in list_charger_types(request)]),
    }
    faults = [
        f"{name} is {given}, asked for was {asked}"
        for name, (given, asked) in expected.items()
        if given != asked
    ]
    if not np.allclose(stages.year_weight, weight / weight.sum()):
        faults.append("the weights of the years are not those asked for")
    return faults or [*_compare_sizes(plan), *_compare_pairs(plan)]


def find_blocked(plan: PlanCase) -> Bools:
    """Find candidates too near to a station that stands or must open, shape (n_sites,)."""
    table, spacing_m = plan.sites.table, plan.request.spacing_m
    blocked = np.zeros(len(table), dtype=np.bool_)
    if spacing_m <= 0:
        return blocked
    lon, lat = (table[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    x_m, y_m = to_metric(lon, lat, plan.network.crs)
    holds = plan.sites.has_status(SiteStatus.EXISTING) | plan.sites.has_status(SiteStatus.REQUIRED)
    for site in np.flatnonzero(holds).tolist():
        blocked |= np.hypot(x_m - x_m[site], y_m - y_m[site]) < spacing_m
    return blocked & plan.sites.has_status(SiteStatus.CANDIDATE)


def _derive_bays(plan: PlanCase) -> Floats:
    """Derive how many chargers a site has room for, less where a rule asks for more bays each."""
    bays: Floats = plan.sites.table["max_chargers"].to_numpy(dtype=np.float64)
    if plan.rules is None:
        return bays
    for row, rule in enumerate(plan.rules.bays_rule.tolist()):
        each = plan.rules.bays_per_charger[row]
        if plan.rules.must[rule, -1] and each > 0:
            room = np.floor(plan.rules.site_bays / each + 1e-9)
            bays = np.where(np.isfinite(room), np.minimum(bays, room), bays)
    return bays


def _derive_allowed(plan: PlanCase) -> Bools:
    """Derive which numbers of each type fit each site, shape (n_sites, n_types, n_levels)."""
    levels = plan.problem.level_chargers
    is_new = plan.sites.has_status(SiteStatus.REQUIRED) | plan.sites.has_status(SiteStatus.CANDIDATE)
    is_new = is_new & ~find_blocked(plan)
    fits = _derive_bays(plan)[:, None] >= levels[None, :]
    kinds = list_charger_types(plan.request)
    offered = np.array([[int(level) in numbers for level in levels] for _, _, numbers in kinds])
    return np.asarray(fits[:, None, :] & offered[None] & is_new[:, None, None], dtype=np.bool_)


def _compare_sizes(plan: PlanCase) -> list[str]:
    """Compare the sizes of new stations: where they fit, what they cost and what they deliver."""
    problem, request, sites = plan.problem, plan.request, plan.sites
    kinds = list_charger_types(request)
    wanted = sorted({number for _, _, numbers in kinds for number in numbers})
    if problem.level_chargers.tolist() != wanted:
        return [f"level_chargers is {problem.level_chargers.tolist()}, asked for was {wanted}"]
    allowed = _derive_allowed(plan)
    is_new = sites.has_status(SiteStatus.REQUIRED) | sites.has_status(SiteStatus.CANDIDATE)
    is_new = is_new & ~find_blocked(plan)
    risk = np.zeros(len(sites.table))
    if plan.grid is not None:
        risk = np.where(plan.grid.is_headroom_unknown, plan.grid.unknown_headroom_pkr_kw, 0.0)
    cost, delivers = np.zeros(allowed.shape), np.full(allowed.shape, np.inf)
    for kind, (kw, price, _) in enumerate(kinds):
        each = price + risk * kw
        cost[:, kind] = np.where(is_new[:, None], each[:, None] * problem.level_chargers[None, :], 0.0)
        if request.mode is PlanMode.ALLOCATE:
            delivers[:, kind] = request.compute_capacity_kwh_day(
                np.broadcast_to(problem.level_chargers * kw, delivers[:, kind].shape),
                sites.has_backup[:, None],
                problem.level_chargers[None, :],
            )
    opening = np.where(is_new, sites.table["fixed_cost_pkr"].to_numpy(), 0.0)
    faults = []
    ids = sites.table["site_id"].to_numpy()
    for name, given, expected in (
        ("level_allowed", problem.level_allowed, allowed),
        ("level_cost_pkr", problem.level_cost_pkr, cost),
        ("level_capacity_kwh_day", problem.level_capacity_kwh_day, delivers),
        ("open_cost_pkr", problem.staging.open_cost_pkr[:, None], opening[:, None, None]),
    ):
        same = np.isclose(given.reshape(expected.shape), expected, rtol=_RELATIVE, atol=_RELATIVE)
        wrong = np.flatnonzero(~same.all(axis=(1, 2)))
        if wrong.size:
            faults.append(f"{name} is not that of the sites and the chargers: {name_rows(ids[wrong])}")
    return faults


def find_serving_sites(plan: PlanCase) -> Bools:
    """Find the sites that can ever serve for us, shape (n_sites,); these count as nearest sites."""
    stands = plan.sites.has_status(SiteStatus.EXISTING) & (
        plan.sites.table["existing_chargers"].to_numpy() > 0
    )
    if plan.request.mode is PlanMode.ALLOCATE:
        stands = stands & (plan.sites.table["existing_power_kw"].to_numpy() > 0)
    return np.asarray(stands | _derive_allowed(plan).any(axis=(1, 2)), dtype=np.bool_)


def _compare_pairs(plan: PlanCase) -> list[str]:
    """Compare the pairs: every one that may be used, no other, with its time and worth."""
    problem, request, travel = plan.problem, plan.request, plan.travel
    can_serve = find_serving_sites(plan)
    wants = derive_unit_kwh_day(plan).sum(axis=(0, 2)) > 0
    keep = []
    starts = np.searchsorted(travel.cell_pos, np.arange(travel.n_cells + 1))
    for cell in np.flatnonzero(wants).tolist():  # some thousand cells with a short list each
        rows = np.arange(starts[cell], starts[cell + 1])
        rows = rows[can_serve[travel.site_pos[rows]] & (travel.seconds[rows] <= request.limit_s)]
        if request.nearest_sites > 0:
            order = np.lexsort((travel.site_pos[rows], travel.seconds[rows]))
            rows = np.sort(rows[order[: request.nearest_sites]])
        keep.append(rows[derive_quality(request, travel.seconds[rows]) > 0])
    rows = np.concatenate(keep) if keep else np.zeros(0, dtype=np.int64)
    same = (
        np.array_equal(travel.cell_pos[rows], problem.pair_cell)
        and np.array_equal(travel.site_pos[rows], problem.pair_site)
        and np.array_equal(travel.seconds[rows], problem.pair_seconds)
        and np.allclose(
            derive_quality(request, travel.seconds[rows]), problem.pair_quality, rtol=0, atol=1e-12
        )
    )
    return [] if same else ["the pairs of cells and sites are not those of the travel table and the limits"]
