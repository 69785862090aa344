"""The names of a study's sites, zones, assets and rules, for messages about its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import RecordError
from chargeplan.geo import to_metric
from chargeplan.plan_labels import PlanLabels

if TYPE_CHECKING:
    from chargeplan.model.stages import Surroundings
    from chargeplan.records import CandidateSites, DemandCells, PlanProblem, PlanRequest
    from chargeplan.rules.rows import RuleRows


def label_plan(
    problem: PlanProblem,
    request: PlanRequest,
    cells: DemandCells,
    sites: CandidateSites,
    around: Surroundings,
    *,
    crs: str,
    floor_share: float | None = None,
) -> PlanLabels:
    """Name what a problem knows by position.

    Parameters
    ----------
    problem, request : PlanProblem, PlanRequest
    cells, sites : DemandCells, CandidateSites
    around : Surroundings
    crs : str
        Metric CRS of the study.
    floor_share : float, optional
        `model.equity.floor_share`.
    """
    lon, lat = (sites.table[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    labels = PlanLabels(
        site_id=tuple(sites.table["site_id"].astype(str)),
        site_name=tuple(sites.table["name"].astype(str)),
        zone_id=tuple(cells.zones["zone_id"].astype(str)),
        zone_name=tuple(cells.zones["zone_name"].astype(str)),
        zones_are_cells=cells.zones_are_cells,
        zone_kwh_day=cells.sum_zones_kwh_day(),
        floor_share=floor_share or 0.0,
        asset_id=() if around.grid is None else tuple(around.grid.table["asset_id"].astype(str)),
        has_years=len(request.years) > 0,
        site_xy_m=np.column_stack(to_metric(lon, lat, crs)),
        spacing_m=0.0 if around.spacing is None else around.spacing.spacing_m,
        **_label_rules(request, around.rules),
    )
    limits = problem.limits
    counts = (
        (labels.area_label, limits.cover_least),
        (labels.total_rule, limits.total_least),
        (labels.station_key, limits.station_least),
    )
    if not problem.is_plain and any(len(names) != len(rows) for names, rows in counts):
        raise RecordError("every row of a rule must have a name")
    return labels


def _label_rules(request: PlanRequest, rules: RuleRows | None) -> dict[str, Any]:
    """Name the rows of rules in the order in which `chargeplan.model.stage_limits` writes them."""
    station = ["model.least_station_kw"] if request.least_station_kw > 0 else []
    if rules is None:
        return {"station_key": tuple(station)}
    name = [f"model.rules: {rule_id}" for rule_id in rules.rules["rule_id"]]
    missing = rules.area_stations - rules.count_in_areas(rules.site_stands)
    areas = np.flatnonzero(rules.must[rules.area_rule].any(axis=1) & (missing > 0)).tolist()
    totals = np.flatnonzero(rules.must[rules.total_rule].any(axis=1)).tolist()
    for row, rule in enumerate(rules.station_rule.tolist()):
        if rules.must[rule, -1]:
            station += [f"{name[rule]}, kW"]
            station += [f"{name[rule]}, chargers"] if rules.station_chargers[row] > 0 else []
    station += [f"{name[rule]}, charging points" for rule in rules.bays_rule.tolist() if rules.must[rule, -1]]
    return {
        "area_label": tuple(str(rules.area_label[area]) for area in areas),
        "area_rule": tuple(name[rules.area_rule[area]] for area in areas),
        "total_unit": tuple("kW" if rules.total_is_power[at] else "charging points" for at in totals),
        "total_rule": tuple(name[rules.total_rule[at]] for at in totals),
        "total_vehicles": rules.total_vehicles[totals],
        "total_standing": np.where(
            rules.total_is_power[totals], rules.standing_kw.sum(), rules.standing_chargers.sum()
        ),
        "station_key": tuple(station),
    }
