"""Warnings: a plan that is valid but doubtful, and what to change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chargeplan.errors import name_rows
from chargeplan.evaluate.derive import list_allowed_levels, list_charger_types
from chargeplan.evaluate.economics_benefits import split_by_class
from chargeplan.evaluate.spending import compute_spent_pkr, list_years
from chargeplan.evaluate.verify import PlanCase
from chargeplan.evaluate.verify_idle import find_idle_spending, must_spend_well
from chargeplan.records import advise_longer_search
from chargeplan.rows import count_things
from chargeplan.units import format_pkr
from chargeplan.vehicle_words import list_classes
from chargeplan.words import Outcome, PlanMode, PlanObjective, RemovalReason, SiteStatus
from chargeplan.zone_words import describe_stand_ins

OFF_NETWORK_WARNING_SHARE = 0.02
_UNSERVED_WARNING_SHARE = 0.2
_UNUSABLE_WARNING_SHARE = 0.02
_FIRST_PLAN_GAP = 0.2


def compute_unusable_share(plan: PlanCase) -> float:
    """Compute the share of what new stations sell to classes that cannot use their chargers.

    With a list of charger types there is none: the plan serves each class where it can charge.
    """
    if len(plan.request.charger_types):
        return 0.0
    sold = split_by_class(plan)
    cannot = ~plan.cells.can_use(plan.request.charger_power_kw)
    return float(sold[cannot].sum() / sold.sum()) if sold.sum() > 0 else 0.0


def find_warnings(plan: PlanCase, sites: pd.DataFrame) -> tuple[str, ...]:
    """Find what a planner should know before using a plan.

    Parameters
    ----------
    plan : PlanCase
    sites : pandas.DataFrame
        The table of open sites of `Evaluation`.
    """
    warnings = []
    demand = plan.cells.total_kwh_day
    total = max(float(demand.sum()), 1e-12)
    off_network = float(demand[plan.travel.off_network_cell_pos].sum()) / total
    if off_network > OFF_NETWORK_WARNING_SHARE:
        warnings.append(
            f"{off_network:.1%} of the demand lies in {len(plan.travel.off_network_cell_pos)} cells that are "
            "too far from every road of the network; use a fuller road file, or allow a longer way to the road "
            "(demand.snap_limit_m)"
        )
    out_of_reach = float(demand[plan.travel.out_of_reach_cell_pos].sum()) / total
    if out_of_reach > _UNSERVED_WARNING_SHARE:
        warnings.append(
            f"{out_of_reach:.1%} of the demand is beyond {plan.request.limit_s / 60:g} min of every site; "
            "add sites, or allow longer drives (travel.limit_min)"
        )
    removed = plan.sites.removed
    stands = removed["status"].isin([SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value])
    lost = removed[stands & (removed["reason"] == RemovalReason.TOO_FAR_FROM_ROAD.value)]
    if len(lost):
        warnings.append(
            f"left out: {count_things(len(lost), 'station')} standing already, but too far from every road where a "
            f"trip may end: {name_rows(lost['site_id'])}; correct the coordinates, or allow a longer way to the road "
            "(sites.snap_limit_m)"
        )
    if plan.network.imputed_speed_share > 0.5:
        warnings.append(
            f"{plan.network.imputed_speed_share:.0%} of the road length has no usable speed limit; its speed "
            "comes from the table by road class"
        )
    if plan.request.mode is PlanMode.COVER:
        over = sites[sites["served_kwh_day"] > sites["capacity_kwh_day"] * (1 + 1e-9)]
        if len(over):
            warnings.append(
                f"{len(over)} stations get more demand than they can deliver ({name_rows(over['site_id'])}); "
                "the plan was made without capacities, and the economics count only what they can deliver: have it "
                "size the stations (model.mode allocate)"
            )
    idle = sites[(sites["cost_pkr"] > 0) & (sites["served_kwh_day"] <= 0)]
    if len(idle):
        warnings.append(
            f"{len(idle)} new stations serve nothing ({name_rows(idle['site_id'])}): they are required"
        )
    warnings.extend(_describe_early_end(plan))
    if not must_spend_well(plan):
        warnings.extend(f"idle spending: {fault}" for fault in find_idle_spending(plan))
    smallest = min(list_allowed_levels(plan.request))
    is_new = plan.sites.has_status(SiteStatus.CANDIDATE) | plan.sites.has_status(SiteStatus.REQUIRED)
    has_bays = plan.sites.table["max_chargers"].to_numpy() >= smallest
    cheapest = plan.sites.table["fixed_cost_pkr"].to_numpy()[is_new & has_bays].min(initial=np.inf)
    cheapest += min(price * min(numbers) for _, price, numbers in list_charger_types(plan.request))
    if np.isfinite(cheapest) and cheapest > plan.request.budget_pkr:
        warnings.append(
            f"the budget of {format_pkr(plan.request.budget_pkr)} buys no new station: the cheapest costs "
            f"{format_pkr(cheapest)}; give more money (model.budget_pkr)"
        )
    unusable = compute_unusable_share(plan)
    if unusable > _UNUSABLE_WARNING_SHARE:
        can_use = plan.cells.can_use(plan.request.charger_power_kw)
        names = [name for name, is_usable in zip(plan.cells.classes, can_use, strict=True) if not is_usable]
        warnings.append(
            f"{unusable:.0%} of the energy of the new stations, and of what they earn, is of vehicles that cannot "
            f"use chargers of {plan.request.charger_power_kw:g} kW ({list_classes(names)}); plan chargers that they "
            "can use, or say which they use (model.charger.power_kw, charger_types in demand.fleet.classes)"
        )
    if plan.cells.zones_are_cells:
        warnings.extend(filter(None, [describe_stand_ins(_list_zone_keys(plan))]))
    if float(np.sum(demand)) <= 0:
        warnings.append(
            "there is no demand at all; check the people and the vehicles of the study (demand.population, "
            "demand.fleet)"
        )
    if plan.grid is not None and plan.grid.is_synthetic:
        warnings.append(f"the grid is SYNTHETIC, no headroom of it is a utility's figure: {plan.grid.title}")
    warnings.extend(f"where demand lies: {warning}" for warning in plan.cells.warnings)
    warnings.extend(f"road data: {limit.rstrip('.')}" for limit in plan.data_limits)
    return tuple(warnings)


def _describe_early_end(plan: PlanCase) -> list[str]:
    """Say that a plan is a first one and no result, when the search ended far from its bound."""
    solution = plan.solution
    is_proven = solution.outcome is Outcome.PROVEN_OPTIMAL
    if solution.gap <= _FIRST_PLAN_GAP or is_proven or not np.isnan(solution.cost_pkr):
        return []
    years = plan.request.year_budget_pkr
    money_pkr = float(sum(years)) if years else plan.request.budget_pkr
    left_pkr = money_pkr - compute_spent_pkr(plan, len(list_years(plan)) - 1)
    left = f" and {format_pkr(left_pkr)} of the money is left" if np.isfinite(left_pkr) else ""
    return [
        f"this is a first plan and not yet a result: the search ended early ({solution.stopped_by}), and "
        f"{solution.proof_text}{left}; {advise_longer_search(solution.stopped_by)}"
    ]


def _list_zone_keys(plan: PlanCase) -> list[str]:
    """List the settings of a plan that speak of zones."""
    request = plan.request
    speaks = {
        "model.equity.floor_share": len(request.zone_floors) > 0,
        "model.equity.gini_cap": bool(np.isfinite(request.gini_cap)),
        "model.objective worst_zone": request.objective is PlanObjective.WORST_ZONE,
    }
    return [key for key, is_given in speaks.items() if is_given]
