"""The figures of a verified plan: in all, by zone, by site, by driving time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chargeplan.evaluate.check_terms import SHARE_TOLERANCE
from chargeplan.evaluate.derive import (
    derive_competitor_kwh_day,
    derive_site_capacity_kwh_day,
    derive_site_cost_pkr,
    derive_site_power_kw,
)
from chargeplan.evaluate.economics import compute_economics
from chargeplan.evaluate.site_figures import describe_stations
from chargeplan.evaluate.spending import list_cost_metrics
from chargeplan.evaluate.tables_stages import compute_stage_metrics, tabulate_stages
from chargeplan.evaluate.verify import PlanCase, verify_plan
from chargeplan.evaluate.warn import compute_unusable_share, find_warnings
from chargeplan.records import Evaluation, Floats, Ints
from chargeplan.units import SECONDS_PER_MINUTE
from chargeplan.words import PlanObjective, SiteStatus


def evaluate_plan(plan: PlanCase) -> Evaluation:
    """Verify a plan and compute its figures.

    Raises
    ------
    VerificationError
        When a check fails.
    """
    checks = verify_plan(plan)
    competitor = derive_competitor_kwh_day(plan.request, plan.cells, plan.sites, plan.travel)
    served = sum_by(plan.problem.pair_cell, plan.served_kwh_day, plan.problem.n_cells)
    sites = _describe_sites(plan)
    economics = compute_economics(plan)
    stages = tabulate_stages(plan)
    rows = (
        *_compute_metrics(plan, served, competitor, sites),
        *_list_least_money(plan),
        *compute_stage_metrics(plan, stages),
        *economics.metrics,
    )
    return Evaluation(
        metrics=pd.DataFrame(rows, columns=["name", "value", "unit", "meaning"]),
        zones=_describe_zones(plan, served, competitor),
        sites=sites,
        travel_histogram=_count_driving_times(plan),
        checks=checks,
        cell_served_kwh_day=served,
        warnings=(*find_warnings(plan, sites), *economics.warnings),
        economics=economics.account,
        site_economics=economics.sites,
        economics_by_year=economics.years,
        years=stages.years,
        station_years=stages.station_years,
        zone_years=stages.zone_years,
        grid_years=stages.grid_years,
        rule_places=stages.rule_places,
    )


def _list_least_money(plan: PlanCase) -> list[tuple[str, float, str, str]]:
    """List what the target costs at least, when that was searched for."""
    if plan.request.objective is not PlanObjective.COST:
        return []
    bound_pkr = plan.solution.cost_bound_pkr
    return [
        ("target_share", plan.request.target_share, "share", "of the demand left to us that must be served"),
        ("least_cost_bound", bound_pkr, "PKR", "no plan that serves the target costs less (proven)"),
    ]


def sum_by(pos: Ints, values: Floats, size: int) -> Floats:
    """Sum values by row number, shape (size,)."""
    return np.asarray(np.bincount(pos, weights=values, minlength=size), dtype=np.float64)


def _describe_sites(plan: PlanCase) -> pd.DataFrame:
    """Describe each open site, most energy first."""
    n_sites = plan.problem.n_sites
    chargers = plan.solution.chargers
    served_pair = plan.served_kwh_day
    minutes = plan.problem.pair_seconds / SECONDS_PER_MINUTE
    load = sum_by(plan.problem.pair_site, served_pair, n_sites)
    drive = sum_by(plan.problem.pair_site, served_pair * minutes, n_sites)
    n_cells = np.bincount(plan.problem.pair_site[plan.used], minlength=n_sites)
    power_kw = derive_site_power_kw(plan.request, plan.sites, plan.chargers_by_type)
    hours_kwh_day = power_kw * plan.request.hours_day
    table = pd.DataFrame(
        {
            "site_id": plan.sites.table["site_id"].to_numpy(),
            "chargers": chargers,
            "power_kw": power_kw,
            "served_kwh_day": load,
            "capacity_kwh_day": derive_site_capacity_kwh_day(plan.request, plan.sites, plan.chargers_by_type),
            "utilisation_share": np.divide(
                load, hours_kwh_day, out=np.zeros(n_sites), where=hours_kwh_day > 0
            ),
            "cost_pkr": derive_site_cost_pkr(plan.request, plan.sites, plan.chargers_by_type),
            "mean_drive_min": np.divide(drive, load, out=np.zeros(n_sites), where=load > 0),
            "n_cells": n_cells,
        }
    ).assign(**describe_stations(plan, power_kw))
    is_open = (chargers > 0) | plan.sites.has_status(SiteStatus.EXISTING)
    table = table[is_open].sort_values(
        ["served_kwh_day", "site_id"], ascending=[False, True], ignore_index=True
    )
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table


def _describe_zones(plan: PlanCase, served: Floats, competitor: Floats) -> pd.DataFrame:
    """Sum people and energy by zone."""
    n_zones = len(plan.cells.zones)

    def total(values: Floats) -> Floats:
        return sum_by(plan.cells.zone_pos, values, n_zones)

    demand = total(plan.cells.total_kwh_day)
    table = plan.cells.zones[["zone_id", "zone_name"]].copy()
    table["people"] = total(plan.cells.people)
    table["demand_kwh_day"] = demand
    table["competitor_kwh_day"] = total(competitor)
    table["served_kwh_day"] = total(served)
    table["served_share"] = np.divide(total(served), demand, out=np.zeros(n_zones), where=demand > 0)
    return table


def _count_driving_times(plan: PlanCase) -> pd.DataFrame:
    """Sum the served energy by minute of driving time."""
    n_bins = max(int(np.ceil(plan.request.limit_s / SECONDS_PER_MINUTE)), 1)
    minutes = plan.problem.pair_seconds / SECONDS_PER_MINUTE
    bin_pos = np.clip(np.ceil(minutes).astype(np.int64) - 1, 0, n_bins - 1)
    energy = np.bincount(bin_pos, weights=plan.served_kwh_day, minlength=n_bins)
    edges = np.arange(n_bins, dtype=np.float64)
    return pd.DataFrame({"from_min": edges, "to_min": edges + 1, "served_kwh_day": energy})


def compute_weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Compute the smallest value below or at which a share of the weight lies; 0 without weight.

    Examples
    --------
    >>> compute_weighted_quantile(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    if cumulative.size == 0 or cumulative[-1] <= 0:
        return 0.0
    return float(values[order][np.searchsorted(cumulative, share * cumulative[-1] * (1 - 1e-12))])


def _compute_metrics(
    plan: PlanCase, served: Floats, competitor: Floats, sites: pd.DataFrame
) -> list[tuple[str, float, str, str]]:
    """Compute the plan's figures, each with its unit and meaning."""
    demand = float(plan.cells.total_kwh_day.sum())
    served_total = float(served.sum())
    costs = list_cost_metrics(plan)
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (plan.solution.chargers > 0)
    minutes = plan.problem.pair_seconds / SECONDS_PER_MINUTE
    weight = plan.served_kwh_day
    off_network = float(plan.cells.total_kwh_day[plan.travel.off_network_cell_pos].sum())
    out_of_reach = float(plan.cells.total_kwh_day[plan.travel.out_of_reach_cell_pos].sum())
    used_share = plan.solution.pair_share > SHARE_TOLERANCE
    power_kw = float(sites["power_kw"].sum())
    return [
        ("demand", demand, "kWh/day", "public charging demand of all cells"),
        ("served", served_total, "kWh/day", "demand served by existing and new stations"),
        ("served_share", served_total / demand if demand > 0 else 0.0, "share", "served / demand"),
        ("competitor", float(competitor.sum()), "kWh/day", "demand that competitors take first"),
        ("unserved", demand - served_total - float(competitor.sum()), "kWh/day", "demand left over"),
        ("off_network", off_network, "kWh/day", "demand in cells that are too far from every road"),
        ("out_of_reach", out_of_reach, "kWh/day", "demand in cells that no site reaches within the limit"),
        (
            "objective",
            plan.solution.objective_kwh_day,
            "kWh/day",
            "served demand times its worth by driving time",
        ),
        (
            "bound",
            plan.solution.bound_kwh_day,
            "kWh/day",
            "no plan of the stated problem can exceed this objective",
        ),
        ("new_sites", float(is_new.sum()), "sites", "stations to build"),
        (
            "existing_sites",
            float(plan.sites.has_status(SiteStatus.EXISTING).sum()),
            "sites",
            "stations that stand",
        ),
        ("new_chargers", float(plan.solution.chargers[is_new].sum()), "chargers", "chargers to build"),
        ("installed_power", power_kw, "kW", "power of all stations, existing ones included"),
        *costs,
        (
            "cost_per_kwh_day",
            costs[0][1] / served_total if served_total > 0 else 0.0,
            "PKR per kWh/day",
            "cost / served",
        ),
        (
            "mean_drive",
            float(np.average(minutes, weights=weight)) if served_total > 0 else 0.0,
            "min",
            "mean drive, weighted by energy",
        ),
        (
            "median_drive",
            compute_weighted_quantile(minutes, weight, 0.5),
            "min",
            "median drive, weighted by energy",
        ),
        (
            "p90_drive",
            compute_weighted_quantile(minutes, weight, 0.9),
            "min",
            "nine tenths of the energy drive at most this",
        ),
        (
            "mean_utilisation",
            served_total / (power_kw * plan.request.hours_day) if power_kw > 0 else 0.0,
            "share",
            "busy share of the opening hours",
        ),
        (
            "outage",
            plan.request.outage_hours_day,
            "hours/day",
            "without grid power at sites without a backup",
        ),
        (
            "unusable_share",
            compute_unusable_share(plan),
            "share",
            "part of what new stations sell that is of classes which cannot use their chargers",
        ),
        ("served_pairs", float(used_share.sum()), "pairs", "pairs of a cell and a station that serve"),
    ]
