"""Tiny problems without a plan, and the changes that their explanations propose."""

from dataclasses import replace

import numpy as np
import toy_city

from chargeplan.plan_labels import PlanLabels
from chargeplan.plan_limits import PlanLimits
from chargeplan.records import PlanProblem, PlanStages
from chargeplan.solve.soft_rows import Limit

LABELS = PlanLabels(
    site_id=("s1", "s2", "s3"),
    zone_id=("w", "e"),
    zone_name=("West", "East"),
    asset_id=("SUB", "F1", "F2"),
    area_label=("West, square 1", "East, square 2"),
    area_rule=("model.rules: squares", "model.rules: squares"),
    total_unit=("charging points",),
    total_rule=("model.rules: points",),
    station_key=("model.least_station_kw",),
    site_xy_m=np.array([[0.0, 0.0], [400.0, 0.0], [850.0, 0.0]]),
    spacing_m=500.0,
)
YEARS = PlanLabels(**{name: getattr(LABELS, name) for name in LABELS.__slots__} | {"has_years": True})
NO_DEMAND = np.zeros(5)


def make_limited(
    *,
    budget=(np.inf,),
    max_sites=(-1,),
    required=(),
    existing=(),
    types_kw=(10.0,),
    demand=toy_city.DEMAND_KWH_DAY,
    max_chargers=(3, 3, 3),
    **limits,
) -> PlanProblem:
    """The city of one street as a problem with years, types and limits: a site costs 100, a charger 5 PKR per kW.

    A charger of 10 kW delivers 20 kWh/day. s1 serves A, B, C; s2 B, C, D; s3 C, D, E; West is A, B, C.
    """
    n_years, n_types = len(budget), len(types_kw)
    levels = np.array([1, 2, 3])
    forced = np.isin(np.arange(3), [*required, *existing])
    stands = np.isin(np.arange(3), existing)
    kw = np.tile(np.asarray(types_kw), 3)
    slot_stands = np.repeat(stands, n_types)
    allowed = (np.repeat(max_chargers, n_types)[:, None] >= levels) & ~slot_stands[:, None]
    fits = allowed.reshape(3, -1).any(axis=1)
    cost = np.where(slot_stands[:, None], 0.0, 5.0 * kw[:, None] * levels)
    capacity = 2.0 * kw[:, None] * levels
    standing = np.where(np.arange(3 * n_types) % n_types == 0, slot_stands * 20.0, 0.0)
    budgets = np.array(budget, dtype=float)
    request = toy_city.make_request(budget_pkr=float(budgets.sum()), max_sites=int(max_sites[-1]))
    unit = np.tile(demand[None, :, None], (n_years, 1, 1)).astype(float)
    return toy_city.make_problem(
        request,
        demand_kwh_day=unit[-1].sum(axis=1),
        is_forced_open=forced,
        is_counted=~stands,
        is_open_allowed=fits | stands,
        level_chargers=levels,
        level_allowed=allowed,
        level_cost_pkr=cost,
        level_capacity_kwh_day=capacity,
        existing_capacity_kwh_day=standing,
        existing_chargers=(standing > 0).astype(np.int64),
        stages=PlanStages(
            years=tuple(range(2027, 2027 + n_years)),
            year_weight=np.full(n_years, 1.0 / n_years),
            year_budget_pkr=budgets,
            year_max_sites=np.array(max_sites, dtype=np.int64),
            charger_kw=np.array(types_kw),
            can_use=np.ones((1, n_types), dtype=bool),
            unit_kwh_day=unit,
            open_cost_pkr=np.where(stands, 0.0, 100.0),
        ),
        limits=PlanLimits(**limits),
    )


ZONES = {"cell_zone": np.array([0, 0, 0, 1, 1])}


def floors(west: float, east: float) -> dict:
    return ZONES | {"zone_floor_share": np.array([west, east])}


def grid(sub_kw, west_kw, east_kw, *, step_kw=0.0, steps=0, sites=(1, 1, 2)) -> dict:
    """A substation above two feeders; s1 and s2 hang on F1, s3 on F2."""
    return {
        "site_asset": np.array(sites),
        "asset_parent": np.array([-1, 0, 0]),
        "asset_headroom_kw": np.array([sub_kw, west_kw, east_kw], dtype=float),
        "asset_step_kw": np.full(3, float(step_kw)),
        "asset_step_pkr": np.full(3, 1000.0),
        "asset_max_steps": np.full(3, steps),
    }


def areas(*sets, years=None) -> dict:
    """Sets of (sites, how many of them must be open)."""
    return {
        "cover_start": np.cumsum([0, *(len(sites) for sites, _ in sets)]),
        "cover_site": np.array([site for sites, _ in sets for site in sites], dtype=np.int64),
        "cover_least": np.array([least for _, least in sets]),
        "cover_year_pos": np.zeros(len(sets), dtype=np.int64) if years is None else np.array(years),
    }


def apart(*cliques) -> dict:
    return {
        "clique_start": np.cumsum([0, *map(len, cliques)]),
        "clique_site": np.array([site for clique in cliques for site in clique], dtype=np.int64),
    }


def least_kw(kw: float, *, kinds=(10.0,)) -> dict:
    return {"station_amount": np.array([kinds], dtype=float), "station_least": np.full((1, 3), kw)}


def points(*least) -> dict:
    return {"total_amount": np.ones((1, 1)), "total_least": np.array([least], dtype=float)}


def apply_change(problem: PlanProblem, change, labels: PlanLabels = LABELS) -> PlanProblem:
    """Do what a change proposes."""
    limits, stages, new = problem.limits, problem.stages, change.new
    if change.limit is Limit.REQUIRED:
        return replace(problem, is_forced_open=_put(problem.is_forced_open, dict.fromkeys(new, False)))
    if change.limit is Limit.BUDGET:
        if stages is None:
            return replace(problem, budget_pkr=new[0])
        budget = _put(stages.year_budget_pkr, new)
        changed = replace(stages, year_budget_pkr=budget)
        return replace(problem, stages=changed, budget_pkr=float(budget.sum()))
    if change.limit is Limit.COUNT:
        if stages is None:
            return replace(problem, max_sites=int(new[0]))
        most = _put(stages.year_max_sites, new)
        return replace(problem, stages=replace(stages, year_max_sites=most), max_sites=int(most[-1]))
    names = {
        Limit.FLOOR: "zone_floor_share",
        Limit.GRID: "asset_headroom_kw",
        Limit.AREA: "cover_least",
        Limit.TOTAL: "total_least",
        Limit.BAYS: "bays",
    }
    if change.limit in names:
        name = names[change.limit]
        return replace(problem, limits=replace(limits, **{name: _put(getattr(limits, name), new)}))
    if change.limit is Limit.STATION:
        least = limits.station_least.copy()
        for rule, value in new.items():
            least[rule] = np.minimum(least[rule], value)
        return replace(problem, limits=replace(limits, station_least=least))
    if change.limit is Limit.SPACING:
        return replace(problem, limits=replace(limits, **_space(limits, labels.site_xy_m, new[0])))
    given = {
        Limit.GINI: {"gini_cap": new[0]},
        Limit.BACKUP: {"backup_share": new[0]},
        Limit.POWER: {"largest_kw": np.maximum(limits.largest_kw, new[0])},
    }
    return replace(problem, limits=replace(limits, **given[change.limit]))


def _put(values, new):
    changed = values.copy()
    for item, value in new.items():
        changed.flat[item] = value
    return changed


def _space(limits: PlanLimits, xy_m, spacing_m: float) -> dict:
    """Keep the pairs that are closer than a spacing; without coordinates none is."""
    if len(xy_m) == 0:
        return apart()
    kept = []
    for first, end in zip(limits.clique_start[:-1], limits.clique_start[1:], strict=True):
        members = limits.clique_site[first:end].tolist()
        kept += [
            (one, other)
            for one in members
            for other in members
            if one < other and np.hypot(*(xy_m[one] - xy_m[other])) < spacing_m
        ]
    return apart(*kept)
