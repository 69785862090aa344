"""From a plain problem to one with years, charger types, groups of classes and further limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import ConfigError, InfeasibleError
from chargeplan.model.competitors import compute_competitor_kwh_day
from chargeplan.model.problem import choose_pairs, grade_drives
from chargeplan.plan_limits import PlanLimits
from chargeplan.records import PlanProblem, PlanStages
from chargeplan.words import PlanMode, PlanObjective, SiteStatus

if TYPE_CHECKING:
    from chargeplan.grid_assets import GridAssets
    from chargeplan.model.spacing import SpacingCliques
    from chargeplan.records import (
        Bools,
        CandidateSites,
        DemandCells,
        Floats,
        Ints,
        PlanRequest,
        TravelTable,
    )
    from chargeplan.rules.rows import RuleRows


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What a plan must respect beside its own settings.

    Parameters
    ----------
    grid : GridAssets or None
    rules : RuleRows or None
        With a period for each year that is planned for.
    spacing : SpacingCliques or None
    """

    grid: GridAssets | None = None
    rules: RuleRows | None = None
    spacing: SpacingCliques | None = None

    @property
    def has_any(self) -> bool:
        """Tell whether there is anything to respect."""
        has_rules = self.rules is not None and bool(self.rules.must.any())
        return self.grid is not None or has_rules or self.spacing is not None


@dataclass(frozen=True, slots=True, eq=False)
class ChargerTypes:
    """The charger types of a request, on one list of levels.

    Parameters
    ----------
    power_kw, cost_pkr : ndarray, shape (n_types,)
    levels : ndarray of int64, shape (n_levels,)
        All numbers of chargers that any type may have.
    is_offered : ndarray of bool, shape (n_types, n_levels)
    """

    power_kw: Floats
    cost_pkr: Floats
    levels: Ints
    is_offered: Bools


def is_plain_request(request: PlanRequest, around: Surroundings) -> bool:
    """Tell whether a request asks for one year and one charger type, and for budget and count alone."""
    return (
        len(request.charger_types) == 0
        and len(request.years) <= 1
        and request.objective is not PlanObjective.WORST_ZONE
        and len(request.zone_floors) == 0
        and np.isinf(request.gini_cap)
        and request.least_station_kw == 0
        and np.isinf(request.largest_station_kw)
        and request.backup_share == 0
        and not around.has_any
    )


def list_charger_types(request: PlanRequest) -> ChargerTypes:
    """List the charger types of a request; one when it names none."""
    table = request.charger_types
    if len(table) == 0:
        offered = (request.station_chargers,) if request.mode is PlanMode.COVER else request.levels
        levels = np.array(offered, dtype=np.int64)
        return ChargerTypes(
            np.array([request.charger_power_kw]),
            np.array([request.charger_cost_pkr]),
            levels,
            np.ones((1, len(levels)), dtype=np.bool_),
        )
    by_type = [[int(number) for number in text.split()] for text in table["levels"]]
    levels = np.unique(np.concatenate(by_type)).astype(np.int64)
    return ChargerTypes(
        table["power_kw"].to_numpy(dtype=np.float64),
        table["cost_pkr"].to_numpy(dtype=np.float64),
        levels,
        np.array([np.isin(levels, numbers) for numbers in by_type]),
    )


def group_classes(request: PlanRequest, cells: DemandCells) -> tuple[Bools, Ints]:
    """Group the vehicle classes that can use the same charger types.

    Without a list of charger types every class uses the one there is, as `evaluate` warns.

    Returns
    -------
    can_use : ndarray of bool, shape (n_groups, n_types)
    group_of_class : ndarray of int64, shape (n_classes,)
        -1 for classes that can use none.
    """
    if len(request.charger_types) == 0:
        return np.ones((1, 1), dtype=np.bool_), np.zeros(len(cells.classes), dtype=np.int64)
    kw = request.charger_types["power_kw"].to_numpy(dtype=np.float64)
    by_class = np.stack([cells.can_use(float(each)) for each in kw], axis=1)
    usable: Bools = np.asarray(by_class.any(axis=1), dtype=np.bool_)
    if not usable.any():
        raise InfeasibleError(
            f"no vehicle class can use a charger of {', '.join(f'{each:g}' for each in kw)} kW; give "
            "model.chargers other powers, or demand.fleet.classes other charger_types"
        )
    can_use, row = np.unique(by_class[usable], axis=0, return_inverse=True)
    group = np.full(len(usable), -1, dtype=np.int64)
    group[usable] = row
    return np.asarray(can_use, dtype=np.bool_), group


def stage_problem(
    plain: PlanProblem,
    request: PlanRequest,
    cells_by_year: tuple[DemandCells, ...],
    sites: CandidateSites,
    travel: TravelTable,
    around: Surroundings,
) -> PlanProblem:
    """Add years, charger types, groups of classes and further limits to a plain problem.

    Parameters
    ----------
    plain : PlanProblem
        Of the last year, from `chargeplan.model.problem.build_problem`.
    request : PlanRequest
    cells_by_year : tuple of DemandCells
        Of each year that is planned for; the same cells in the same order.
    sites : CandidateSites
    travel : TravelTable
    around : Surroundings

    Raises
    ------
    InfeasibleError
        When no vehicle class can use any charger.
    """
    chargers = list_charger_types(request)
    n_types = len(chargers.power_kw)
    can_use, group = group_classes(request, cells_by_year[-1])
    unit = np.stack(
        [_sum_groups(request, cells, sites, travel, group, len(can_use)) for cells in cells_by_year]
    )
    is_new = sites.has_status(SiteStatus.REQUIRED) | sites.has_status(SiteStatus.CANDIDATE)
    if around.spacing is not None:
        is_new = is_new & ~around.spacing.is_blocked
    bays = sites.table["max_chargers"].to_numpy(dtype=np.int64)
    if around.rules is not None:
        bays = np.minimum(bays, _find_rule_bays(around.rules))
    fits = (bays[:, None, None] >= chargers.levels) & chargers.is_offered & is_new[:, None, None]
    allowed = fits.reshape(-1, len(chargers.levels))
    level_cost: Floats = np.outer(np.tile(chargers.cost_pkr, len(is_new)), chargers.levels.astype(np.float64))
    level_cost += _charge_risk(around.grid, len(is_new), chargers).reshape(level_cost.shape)
    level_cost[~np.repeat(is_new, n_types)] = 0.0
    existing_capacity, existing_chargers = _place_existing(plain, sites, chargers)
    can_serve = allowed.any(axis=1).reshape(-1, n_types).any(axis=1) | (plain.existing_capacity_kwh_day > 0)
    quality = grade_drives(request, travel.seconds)
    wants = unit.sum(axis=(0, 2))
    kept = choose_pairs(travel, quality, wants, can_serve=can_serve, nearest_sites=request.nearest_sites)
    years = request.years or (request.year,)
    weight = np.array(request.year_weight or (1.0,), dtype=np.float64)
    budget = np.array(request.year_budget_pkr or (request.budget_pkr,), dtype=np.float64)
    most = np.array(request.year_max_sites or (request.max_sites,), dtype=np.int64)
    existing = sites.has_status(SiteStatus.EXISTING)
    return replace(
        plain,
        demand_kwh_day=unit[-1].sum(axis=1),
        pair_cell=travel.cell_pos[kept],
        pair_site=travel.site_pos[kept],
        pair_quality=quality[kept],
        pair_seconds=travel.seconds[kept],
        is_open_allowed=existing | allowed.any(axis=1).reshape(-1, n_types).any(axis=1),
        level_chargers=chargers.levels,
        level_allowed=allowed,
        level_cost_pkr=level_cost,
        level_capacity_kwh_day=_compute_capacity(request, sites, chargers),
        existing_capacity_kwh_day=existing_capacity,
        existing_chargers=existing_chargers,
        budget_pkr=float(budget.sum()),
        max_sites=int(most[-1]),
        stages=PlanStages(
            years=years,
            year_weight=weight / weight.sum(),
            year_budget_pkr=budget,
            year_max_sites=most,
            charger_kw=chargers.power_kw,
            can_use=can_use,
            unit_kwh_day=unit,
            open_cost_pkr=np.where(is_new, sites.table["fixed_cost_pkr"].to_numpy(dtype=np.float64), 0.0),
        ),
        limits=_gather_limits(request, cells_by_year[-1], sites, chargers, bays, around),
        objective=request.objective,
        target_share=request.target_share,
    )


def _sum_groups(
    request: PlanRequest,
    cells: DemandCells,
    sites: CandidateSites,
    travel: TravelTable,
    group: Ints,
    n_groups: int,
) -> Floats:
    """Sum a year's demand by cell and group, less what competitors take of each class alike."""
    status = sites.has_status(SiteStatus.COMPETITOR)
    power = sites.table["existing_power_kw"].to_numpy(dtype=np.float64)
    number = np.maximum(sites.table["existing_chargers"].to_numpy(dtype=np.int64), 1)
    capacity = request.compute_capacity_kwh_day(power, sites.has_backup, number)
    total = cells.total_kwh_day
    taken = compute_competitor_kwh_day(
        total,
        np.where(status, capacity, 0.0),
        pair_cell=travel.cell_pos,
        pair_site=travel.site_pos,
        pair_seconds=travel.seconds,
    )
    left_share = np.divide(np.maximum(total - taken, 0.0), total, out=np.zeros(len(total)), where=total > 0)
    summed = np.zeros((len(total), n_groups))
    for each in range(n_groups):
        summed[:, each] = cells.kwh_day[:, group == each].sum(axis=1)
    return summed * left_share[:, None]


def _compute_capacity(request: PlanRequest, sites: CandidateSites, chargers: ChargerTypes) -> Floats:
    if request.mode is PlanMode.COVER:
        return np.full((len(sites.table), len(chargers.levels)), np.inf)
    by_site = [
        request.compute_capacity_kwh_day(
            chargers.levels[None, :] * kw, sites.has_backup[:, None], chargers.levels[None, :]
        )
        for kw in chargers.power_kw.tolist()
    ]
    return np.stack(by_site, axis=1).reshape(-1, len(chargers.levels))


def _place_existing(plain: PlanProblem, sites: CandidateSites, chargers: ChargerTypes) -> tuple[Floats, Ints]:
    """Count each existing station as of the type whose power is nearest to that of its chargers."""
    n_types = len(chargers.power_kw)
    number = plain.existing_chargers
    power = sites.table["existing_power_kw"].to_numpy(dtype=np.float64)
    each_kw = np.divide(power, number, out=np.zeros(len(number)), where=number > 0)
    nearest = np.argmin(np.abs(each_kw[:, None] - chargers.power_kw[None, :]), axis=1)
    slot = np.arange(len(number)) * n_types + nearest
    capacity = np.zeros(len(number) * n_types)
    capacity[slot] = plain.existing_capacity_kwh_day
    placed = np.zeros(len(number) * n_types, dtype=np.int64)
    placed[slot] = number
    return capacity, placed


def _charge_risk(grid: GridAssets | None, n_sites: int, chargers: ChargerTypes) -> Floats:
    """Charge the risk of unknown headroom for each kW, shape (n_sites, n_types, n_levels)."""
    if grid is None:
        return np.zeros((n_sites, len(chargers.power_kw), len(chargers.levels)))
    kw = np.outer(chargers.power_kw, chargers.levels)
    risk = np.where(grid.is_headroom_unknown, grid.unknown_headroom_pkr_kw, 0.0)
    return np.asarray(risk[:, None, None] * kw[None], dtype=np.float64)


def _find_rule_bays(rules: RuleRows) -> Ints:
    """Find how many chargers a rule about bays leaves room for, shape (n_sites,)."""
    most = np.full(len(rules.site_bays), np.iinfo(np.int64).max, dtype=np.int64)
    for rule, per_charger in zip(rules.bays_rule.tolist(), rules.bays_per_charger.tolist(), strict=True):
        if per_charger > 0 and rules.must[rule, -1]:
            known = np.isfinite(rules.site_bays)
            room = np.floor(rules.site_bays[known] / per_charger + 1e-9).astype(np.int64)
            most[known] = np.minimum(most[known], room)
    return most


def _gather_limits(
    request: PlanRequest,
    cells: DemandCells,
    sites: CandidateSites,
    chargers: ChargerTypes,
    bays: Ints,
    around: Surroundings,
) -> PlanLimits:
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
