"""The limits of a problem with years, charger types or further rules, gathered from request and surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import ConfigError
from chargeplan.plan_limits import PlanLimits
from chargeplan.words import PlanMode, PlanObjective

if TYPE_CHECKING:
    from chargeplan.model.stages import ChargerTypes, Surroundings
    from chargeplan.records import CandidateSites, DemandCells, Floats, Ints, PlanRequest
    from chargeplan.rules.rows import RuleRows


def find_rule_bays(rules: RuleRows) -> Ints:
    """Find how many chargers a rule about bays leaves room for, shape (n_sites,)."""
    most = np.full(len(rules.site_bays), np.iinfo(np.int64).max, dtype=np.int64)
    for rule, per_charger in zip(rules.bays_rule.tolist(), rules.bays_per_charger.tolist(), strict=True):
        if per_charger > 0 and rules.must[rule, -1]:
            known = np.isfinite(rules.site_bays)
            room = np.floor(rules.site_bays[known] / per_charger + 1e-9).astype(np.int64)
            most[known] = np.minimum(most[known], room)
    return most


def gather_limits(
    request: PlanRequest,
    cells: DemandCells,
    sites: CandidateSites,
    chargers: ChargerTypes,
    bays: Ints,
    around: Surroundings,
) -> PlanLimits:
    """Gather the limits of a request, of the grid, of spacing and of the rules that a plan must keep."""
    given: dict[str, object] = {}
    n_sites = len(sites.table)
    if len(chargers.power_kw) > 1:
        given["bays"] = bays
    if np.isfinite(request.largest_station_kw):
        given["largest_kw"] = np.full(n_sites, request.largest_station_kw)
    if around.grid is not None:
        grid = around.grid
        given |= {
            "site_asset": grid.site_asset_pos,
            "asset_parent": grid.parent_pos,
            "asset_headroom_kw": grid.headroom_kw,
            "asset_step_kw": grid.step_kw,
            "asset_step_pkr": grid.step_pkr,
            "asset_max_steps": grid.max_steps,
            "unknown_headroom_pkr_kw": grid.unknown_headroom_pkr_kw,
        }
    if around.spacing is not None:
        given |= {"clique_start": around.spacing.start, "clique_site": around.spacing.site}
    rules = _gather_rules(request, n_sites, chargers, around.rules)
    if request.mode is PlanMode.COVER and ("total_least" in rules or "station_least" in rules):
        raise ConfigError(
            "model.rules: a pack asks for numbers of points, power or bays, which cover mode does not know; use "
            "model.mode allocate, or name the pack in model.reported_rules"
        )
    given |= rules
    if (
        len(request.zone_floors)
        or np.isfinite(request.gini_cap)
        or request.objective is PlanObjective.WORST_ZONE
    ):
        given["cell_zone"] = cells.zone_pos
    if len(request.zone_floors):
        floors = request.zone_floors.set_index("zone_id")["floor_share"]
        given["zone_floor_share"] = cells.zones["zone_id"].map(floors).fillna(0.0).to_numpy(dtype=np.float64)
    given |= {"gini_cap": request.gini_cap, "backup_share": request.backup_share}
    return PlanLimits(**given)  # type: ignore[arg-type]


def _gather_rules(
    request: PlanRequest, n_sites: int, chargers: ChargerTypes, rules: RuleRows | None
) -> dict[str, object]:
    """Write the rules that a plan must keep as sets of sites, totals and amounts of stations."""
    station_amount: list[Floats] = []
    station_least: list[Floats] = []
    given: dict[str, object] = {}
    count = np.ones(len(chargers.power_kw))
    if request.least_station_kw > 0:
        station_amount.append(chargers.power_kw)
        station_least.append(np.full(n_sites, request.least_station_kw))
    if rules is not None:
        given |= _gather_areas(rules)
        totals = np.flatnonzero(rules.must[rules.total_rule].any(axis=1))
        if len(totals):
            standing = np.where(
                rules.total_is_power[totals], rules.standing_kw.sum(), rules.standing_chargers.sum()
            )
            is_due = rules.must[rules.total_rule[totals]]
            given["total_amount"] = np.where(rules.total_is_power[totals][:, None], chargers.power_kw, count)
            given["total_least"] = np.where(
                is_due, np.maximum(rules.total_required[totals] - standing[:, None], 0.0), 0.0
            )
        for row, rule in enumerate(rules.station_rule.tolist()):
            if not rules.must[rule, -1]:
                continue
            station_amount.append(chargers.power_kw)
            station_least.append(np.full(n_sites, rules.station_kw[row]))
            if rules.station_chargers[row] > 0:
                station_amount.append((chargers.power_kw >= rules.station_charger_kw[row]).astype(np.float64))
                station_least.append(np.full(n_sites, float(rules.station_chargers[row])))
        for row, rule in enumerate(rules.bays_rule.tolist()):
            if rules.must[rule, -1]:
                station_amount.append(count)
                station_least.append(np.maximum(rules.bays_points[row], 0).astype(np.float64))
    if station_least:
        given |= {"station_amount": np.array(station_amount), "station_least": np.array(station_least)}
    return given


def _gather_areas(rules: RuleRows) -> dict[str, object]:
    """Take the areas that lack stations, each from the first year on in which its rule must be kept."""
    must = rules.must[rules.area_rule]
    area_of = np.repeat(np.arange(len(rules.area_rule)), np.diff(rules.area_start))
    standing = np.bincount(area_of[rules.site_stands[rules.area_site]], minlength=len(rules.area_rule))
    missing = rules.area_stations - standing
    wanted = np.flatnonzero(must.any(axis=1) & (missing > 0))
    if len(wanted) == 0:
        return {}
    members = [rules.area_site[rules.area_start[at] : rules.area_start[at + 1]] for at in wanted.tolist()]
    ours = [each[rules.site_may_open[each] & ~rules.site_stands[each]] for each in members]
    return {
        "cover_start": np.concatenate([[0], np.cumsum([len(each) for each in ours])]).astype(np.int64),
        "cover_site": np.concatenate(ours).astype(np.int64),
        "cover_least": missing[wanted],
        "cover_year_pos": np.argmax(must[wanted], axis=1).astype(np.int64),
    }
