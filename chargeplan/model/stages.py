"""From a plain problem to one with years, charger types, groups of classes and further limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import InfeasibleError
from chargeplan.model.competitors import compute_competitor_kwh_day
from chargeplan.model.problem import choose_pairs, grade_drives
from chargeplan.model.stage_limits import find_rule_bays, gather_limits
from chargeplan.records import PlanProblem, PlanStages
from chargeplan.words import PlanMode, PlanObjective, SiteStatus

if TYPE_CHECKING:
    from chargeplan.grid_assets import GridAssets
    from chargeplan.model.spacing import SpacingCliques
    from chargeplan.records import Bools, CandidateSites, DemandCells, Floats, Ints, PlanRequest, TravelTable
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
        bays = np.minimum(bays, find_rule_bays(around.rules))
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
        limits=gather_limits(request, cells_by_year[-1], sites, chargers, bays, around),
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
    risk = grid.site_risk_pkr_kw
    return np.asarray(risk[:, None, None] * kw[None], dtype=np.float64)
