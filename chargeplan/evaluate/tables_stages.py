"""The figures of a plan with years, charger types, a grid, fairness or rules, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.evaluate.flows import derive_flows, list_cells_by_year
from chargeplan.evaluate.spending import derive_new_kw, list_years, read_chargers, split_spending_pkr
from chargeplan.evaluate.verify_stage_fairness import compute_gini, compute_zone_shares
from chargeplan.evaluate.verify_stages import compute_asset_load_kw
from chargeplan.words import ServiceRule, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.evaluate.verify import PlanCase

Metric = tuple[str, float, str, str]
USABLE = "demand left by competitors of classes that can use a charger of the plan"

YEARS = {
    "year": "int64",
    "demand_kwh_day": "float64",
    "usable_kwh_day": "float64",
    "served_kwh_day": "float64",
    "served_share": "float64",
    "served_usable_share": "float64",
    "new_sites": "int64",
    "new_chargers": "int64",
    "new_power_kw": "float64",
    "money_pkr": "float64",
    "cost_pkr": "float64",
    "stations_pkr": "float64",
    "risk_pkr": "float64",
    "upgrades_pkr": "float64",
    "left_pkr": "float64",
    "worst_zone_id": "str",
    "worst_zone_share": "float64",
    "gini": "float64",
}
STATION_YEARS = {
    "year": "int64",
    "site_id": "str",
    "charger_type": "str",
    "power_kw": "float64",
    "chargers": "int64",
    "served_kwh_day": "float64",
    "capacity_kwh_day": "float64",
}
ZONE_YEARS = {
    "year": "int64",
    "zone_id": "str",
    "zone_name": "str",
    "demand_kwh_day": "float64",
    "usable_kwh_day": "float64",
    "served_kwh_day": "float64",
    "served_share": "float64",
    "served_usable_share": "float64",
    "floor_share": "float64",
}
GRID_YEARS = {
    "year": "int64",
    "asset_id": "str",
    "name": "str",
    "parent_id": "str",
    "load_kw": "float64",
    "headroom_kw": "float64",
    "steps": "int64",
    "limit_kw": "float64",
    "is_unknown": "bool",
    "is_synthetic": "bool",
}
RULE_PLACES = {
    "year": "int64",
    "rule_id": "str",
    "must": "bool",
    "place": "str",
    "reached": "float64",
    "required": "float64",
    "unit": "str",
    "state": "str",
}


@dataclass(frozen=True, slots=True, eq=False)
class StageTables:
    """What a plan does by year; tables without rows where there is nothing to tell.

    Parameters
    ----------
    years, station_years, zone_years, grid_years, rule_places : pandas.DataFrame
        See the fields of the same names of `chargeplan.records.Evaluation`.
    """

    years: pd.DataFrame
    station_years: pd.DataFrame
    zone_years: pd.DataFrame
    grid_years: pd.DataFrame
    rule_places: pd.DataFrame


def tabulate_stages(plan: PlanCase) -> StageTables:
    """Tabulate a plan by year; a plain plan has rows for its rules alone, when only reported ones were asked."""
    is_staged = not plan.is_plain
    return StageTables(
        years=_make_table(YEARS, _describe_years(plan) if is_staged else ()),
        station_years=_make_table(STATION_YEARS, _describe_stations(plan) if is_staged else ()),
        zone_years=_make_table(ZONE_YEARS, _describe_zones(plan) if is_staged else ()),
        grid_years=_make_table(GRID_YEARS, _describe_grid(plan) if is_staged else ()),
        rule_places=_make_table(RULE_PLACES, _describe_rules(plan)),
    )


def compute_stage_metrics(plan: PlanCase, tables: StageTables) -> list[Metric]:
    """Compute the figures that only some plans have: grid, worst zone, queues."""
    metrics: list[Metric] = []
    if len(tables.years):
        last = tables.years.iloc[-1]
        metrics += [
            ("usable", float(last["usable_kwh_day"]), "kWh/day", USABLE),
            ("served_usable_share", float(last["served_usable_share"]), "share", "served / usable"),
        ]
    if not np.isnan(plan.solution.worst_share):
        worst = float(tables.years["worst_zone_share"].min())
        metrics += [
            (
                "worst_zone_share",
                worst,
                "share",
                "served of the worst-served zone that sites reach, all years",
            ),
            (
                "worst_zone_share_bound",
                plan.solution.worst_share_bound,
                "share",
                "no plan of the stated problem can serve its worst zone better",
            ),
        ]
    if plan.request.service_rule is not ServiceRule.UTILISATION:
        target, peak = plan.request.service_target_share, plan.request.peak_share
        metrics += [
            ("peak_share", peak, "share", "part of a day's energy that is asked for in its busiest hour"),
            (
                "service_target",
                target,
                "share",
                f"most drivers then, by the rule {plan.request.service_rule}",
            ),
        ]
    return metrics


def _make_table(columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


def _describe_years(plan: PlanCase) -> Iterable[dict[str, Any]]:
    chargers, flows = read_chargers(plan), derive_flows(plan)
    each_kw = np.array(plan.request.type_power_kw)
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING)
    served = np.bincount(flows.year, flows.kwh_day, len(chargers))
    money = np.cumsum(plan.request.year_budget_pkr or (plan.request.budget_pkr,))
    share, demand = compute_zone_shares(plan)
    zone_id = plan.cells.zones["zone_id"].to_numpy()
    # A zone that no site reaches is worst in every plan; it tells nothing about this one.
    is_reached = np.isin(np.arange(len(zone_id)), plan.cells.zone_pos[plan.problem.pair_cell])
    for row, (year, cells) in enumerate(zip(list_years(plan), list_cells_by_year(plan), strict=True)):
        wanted, usable = float(cells.total_kwh_day.sum()), float(demand[row].sum())
        parts = split_spending_pkr(plan, row)
        cost_pkr = sum(parts.values())
        compared = np.flatnonzero((demand[row] > 0) & is_reached)
        worst = compared[np.argmin(share[row][compared])] if len(compared) else -1
        is_limited = np.isfinite(money[row])
        new = np.where(is_new[:, None], chargers[row], 0)
        yield {
            "year": year,
            "demand_kwh_day": wanted,
            "usable_kwh_day": usable,
            "served_kwh_day": served[row],
            "served_share": served[row] / wanted if wanted > 0 else 0.0,
            "served_usable_share": served[row] / usable if usable > 0 else 0.0,
            "new_sites": int((new.sum(axis=1) > 0).sum()),
            "new_chargers": int(new.sum()),
            "new_power_kw": float((new @ each_kw).sum()),
            "money_pkr": money[row] if is_limited else np.nan,
            "cost_pkr": cost_pkr,
            "stations_pkr": parts["sites"] + parts["chargers"],
            "risk_pkr": parts["risk"],
            "upgrades_pkr": parts["upgrades"],
            "left_pkr": money[row] - cost_pkr if is_limited else np.nan,
            "worst_zone_id": str(zone_id[worst]) if worst >= 0 else "",
            "worst_zone_share": share[row, worst] if worst >= 0 else np.nan,
            "gini": compute_gini(share[row], demand[row]),
        }


def _describe_stations(plan: PlanCase) -> Iterable[dict[str, Any]]:
    chargers, flows = read_chargers(plan), derive_flows(plan)
    type_kw, names = np.array(plan.request.type_power_kw), plan.request.type_names
    load = np.zeros(chargers.shape)
    np.add.at(load, (flows.year, flows.site, flows.kind), flows.kwh_day)
    is_existing = plan.sites.has_status(SiteStatus.EXISTING)
    standing_kw = plan.sites.table["existing_power_kw"].to_numpy()
    years, site_id = list_years(plan), plan.sites.table["site_id"].to_numpy()
    year, site, kind = np.nonzero(chargers > 0)
    number = chargers[year, site, kind]
    together_kw = np.where(is_existing[site], standing_kw[site], number * type_kw[kind])
    capacity = plan.request.compute_capacity_kwh_day(together_kw, plan.sites.has_backup[site], number)
    for at in range(len(year)):
        yield {
            "year": years[year[at]],
            "site_id": site_id[site[at]],
            "charger_type": names[kind[at]],
            "power_kw": together_kw[at] / number[at],
            "chargers": number[at],
            "served_kwh_day": load[year[at], site[at], kind[at]],
            "capacity_kwh_day": capacity[at],
        }


def _describe_zones(plan: PlanCase) -> Iterable[dict[str, Any]]:
    share, demand = compute_zone_shares(plan)
    table = plan.request.zone_floors
    floors = dict(zip(table["zone_id"], table["floor_share"], strict=True))
    zones = plan.cells.zones[["zone_id", "zone_name"]].to_dict("records")
    for row, (year, cells) in enumerate(zip(list_years(plan), list_cells_by_year(plan), strict=True)):
        wanted = np.bincount(cells.zone_pos, cells.total_kwh_day, len(zones))
        served = share[row] * demand[row]
        for pos, zone in enumerate(zones):
            yield {
                "year": year,
                **zone,
                "demand_kwh_day": wanted[pos],
                "usable_kwh_day": demand[row, pos],
                "served_kwh_day": served[pos],
                "served_share": served[pos] / wanted[pos] if wanted[pos] > 0 else 0.0,
                "served_usable_share": share[row, pos],
                "floor_share": floors.get(zone["zone_id"], np.nan),
            }


def _describe_grid(plan: PlanCase) -> Iterable[dict[str, Any]]:
    grid = plan.grid
    if grid is None:
        return
    table, headroom, parent = grid.table, grid.headroom_kw, grid.parent_pos
    ids, new_kw = table["asset_id"].to_numpy(), derive_new_kw(plan)
    for row, year in enumerate(list_years(plan)):
        load = compute_asset_load_kw(plan, new_kw[row])
        steps = plan.solution.asset_steps[row]
        for asset in np.flatnonzero((load > 0) | (steps > 0)).tolist():
            yield {
                "year": year,
                "asset_id": ids[asset],
                "name": table["name"].iloc[asset],
                "parent_id": ids[parent[asset]] if parent[asset] >= 0 else "",
                "load_kw": load[asset],
                "headroom_kw": headroom[asset],
                "steps": steps[asset],
                "limit_kw": headroom[asset] + steps[asset] * grid.step_kw[asset],
                "is_unknown": np.isnan(headroom[asset]),
                "is_synthetic": bool(table["is_synthetic"].iloc[asset]),
            }


def _describe_rules(plan: PlanCase) -> Iterable[dict[str, Any]]:
    if plan.rules is None:
        return
    from chargeplan.rules.evaluate import evaluate_plan_rules

    type_kw = np.array(plan.request.type_power_kw)
    for row, year in enumerate(list_years(plan)):
        report = evaluate_plan_rules(plan.rules, plan.sites, read_chargers(plan)[row], type_kw, period=row)
        for place in report.places.to_dict("records"):
            yield {"year": year, **{str(name): value for name, value in place.items()}}
