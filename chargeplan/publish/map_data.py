"""What the map page shows, as plain data for its JSON blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chargeplan.energy_table import LEGEND, SUMS, read_demand_table
from chargeplan.publish.attribution import describe_attribution, state_licences
from chargeplan.publish.closed_sites import describe_closed_sites
from chargeplan.publish.map_cells import list_earlier_reach, pack_reach
from chargeplan.publish.map_figures import (
    describe_search,
    list_economics,
    list_figures,
    list_figures_by_year,
)
from chargeplan.publish.map_names import list_urdu_names
from chargeplan.publish.map_places import describe_assets, list_zones, pack_boundary, pack_zone_outlines
from chargeplan.publish.run_record import describe_limits, describe_outcome, make_finite
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.publish.stage_results import (
    describe_grid,
    describe_rules,
    describe_station_stages,
    describe_years,
)
from chargeplan.publish.year_results import describe_earlier_stations, describe_earlier_zones
from chargeplan.text import clean_text
from chargeplan.units import format_pkr_twice
from chargeplan.vehicle_words import name_class
from chargeplan.words import Outcome, RemovalReason, SiteStatus

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

_FORBIDDEN_REASONS = frozenset({RemovalReason.FORBIDDEN.value, RemovalReason.FORBIDDEN_NEARBY.value})
_MAY_OPEN = frozenset({SiteStatus.CANDIDATE.value, SiteStatus.REQUIRED.value})
# Figures of a station that only some studies have: the name on the page, the column, its digits.
_STATION_FIGURES = (
    ("peakWaitMin", "peak_wait_min", 1),
    ("peakBusyShare", "peak_busy_share", 4),
    ("loadKva", "load_kva", 0),
    ("bays", "bays", 0),
    ("feederHeadroomKw", "feeder_headroom_kw", 0),
    ("feederLeftKw", "feeder_left_kw", 0),
    ("aloneKwhDay", "alone_kwh_day", 1),
    ("droppedLossKwhDay", "dropped_loss_kwh_day", 1),
)
_STATION_TEXTS = (("feeder", "feeder_name"), ("zone", "zone_name"), ("connection", "connection"))


def build_plan_data(bundle: RunBundle) -> dict[str, Any]:
    """Build what the cards, the tables and the site layers show."""
    results = build_site_results(bundle)
    ranked = sort_by_rank(results)
    stages = describe_station_stages(bundle)
    return {
        "title": clean_text(bundle.area.title),
        "year": bundle.year,
        "isSchematic": bundle.area.is_schematic,
        "outcome": {
            **describe_outcome(bundle),
            "is_proven": bundle.solution.outcome is Outcome.PROVEN_OPTIMAL,
            "proof": bundle.solution.say_proof(bundle.problem.nearest_sites),
        },
        "limits": describe_limits(bundle),
        "figures": list_figures(bundle),
        "figuresByYear": list_figures_by_year(bundle),
        "economics": list_economics(bundle),
        "proofs": describe_search(bundle),
        "demand": _describe_demand(bundle),
        "openSites": [_describe_open_site(row) | stages[row["site_id"]] for row in ranked.to_dict("records")],
        "years": describe_years(bundle),
        "stationsByYear": describe_earlier_stations(bundle, ranked),
        "zonesByYear": describe_earlier_zones(bundle),
        "rules": describe_rules(bundle),
        "grid": describe_grid(bundle),
        "otherSites": _list_other_sites(bundle, results),
        "removedSites": [
            [
                round(float(row["lon"]), 5),
                round(float(row["lat"]), 5),
                clean_text(row["name"]) or clean_text(row["site_id"]),
                row["kind"],
                clean_text(row["reason"]),
                clean_text(row["detail"]),
                row["reason"] in _FORBIDDEN_REASONS,
            ]
            for row in bundle.sites.removed.to_dict("records")
        ],
        "reach": pack_reach(bundle, ranked),
        "reachByYear": list_earlier_reach(bundle, ranked),
        "types": [clean_text(kind) for kind in bundle.request.charger_types["name"]],
        "assets": describe_assets(bundle, ranked),
        "zones": list_zones(bundle),
        "zoneOutlines": pack_zone_outlines(bundle),
        "zonesAreCells": bundle.cells.zones_are_cells,
        "boundary": pack_boundary(bundle),
        "attribution": describe_attribution(bundle),
        "sources": state_licences(bundle),
        "urduNames": list_urdu_names(bundle, results),
        "warnings": [clean_text(warning) for warning in bundle.evaluation.warnings],
        "bounds": [round(float(value), 5) for value in bundle.area.boundary.bounds],
    }


def _describe_demand(bundle: RunBundle) -> dict[str, Any]:
    """Describe how people became energy, with the figures and words that the run prints."""
    table = read_demand_table(bundle.cells, bundle.request.type_power_kw)
    return {
        "heading": clean_text(table.heading),
        "people": [f"{table.people:,.0f} people in the study area", *map(clean_text, table.counted)],
        "rows": [
            {
                "class": name_class(row.name),
                "assumed": f"{row.n_assumed} of {row.n_behind} figures behind it are assumptions",
                **row.format(),
            }
            for row in table.rows
        ],
        "sums": " ".join(SUMS),
        "hours": [
            f"{word}, kWh by hours: " + ", ".join(f"{hours[0]} {hours[at]:,.0f}" for hours in table.hours)
            for at, word in ((1, "public"), (2, "depots"))
        ],
        "plugs": [clean_text(line) for line in table.plugs],
        "policy": [
            f"{name_class(name)}: {stock:,.0f} electric in the nation in {year} by the scenario's share of sales; "
            f"policy's target {target:,.0f} on the road ({stock - target:+,.0f})"
            for name, year, stock, target in table.policy
        ],
        "legend": LEGEND,
    }


def _describe_open_site(row: dict[str, Any]) -> dict[str, Any]:
    shown = row["shown_name"]
    others = {clean_text(row[key]) for key in ("name", "name_ur")} - {shown, ""}
    return {
        "id": clean_text(row["site_id"]),
        "name": shown,
        "otherNames": sorted(others),
        "kind": row["kind"],
        "status": row["status"],
        "lon": round(float(row["lon"]), 5),
        "lat": round(float(row["lat"]), 5),
        "rank": int(row["rank"]),
        "chargers": int(row["chargers"]),
        "powerKw": make_finite(round(row["power_kw"], 1)),
        "servedKwhDay": make_finite(round(row["served_kwh_day"], 1)),
        "capacityKwhDay": make_finite(round(row["capacity_kwh_day"], 1)),
        "utilisation": make_finite(round(row["utilisation_share"], 4)),
        "costPkr": make_finite(round(row["cost_pkr"])),
        "costText": format_pkr_twice(row["cost_pkr"]) if row["cost_pkr"] > 0 else "",
        "meanDriveMin": make_finite(round(row["mean_drive_min"], 2)),
        "cells": int(row["n_cells"]),
        "openedYear": make_finite(row["opened_year"]),
        "headroomUnknown": bool(row["headroom_unknown"]) if pd.notna(row["headroom_unknown"]) else None,
        **_describe_figures(row),
    }


def _describe_figures(row: dict[str, Any]) -> dict[str, Any]:
    """Describe what only some studies know of a station; what does not exist is left out."""
    known = {
        column: value for column, value in row.items() if pd.api.types.is_scalar(value) and pd.notna(value)
    }
    figures = {
        name: make_finite(round(float(known[column]), digits))
        for name, column, digits in _STATION_FIGURES
        if column in known
    }
    texts = {name: clean_text(known[column]) for name, column in _STATION_TEXTS if column in known}
    return figures | {name: text for name, text in texts.items() if text}


def _list_other_sites(bundle: RunBundle, results: pd.DataFrame) -> list[list[Any]]:
    """List candidates that were not chosen, with what is known of why, and competitors."""
    closed = describe_closed_sites(bundle, results)
    return [
        [
            round(float(row["lon"]), 5),
            round(float(row["lat"]), 5),
            row["shown_name"],
            row["kind"],
            row["status"],
            int(row["max_chargers"]),
            int(row["existing_chargers"]),
            *(closed[at] if row["status"] in _MAY_OPEN else ()),
        ]
        for at, row in enumerate(results.to_dict("records"))
        if not row["is_open"]
    ]
