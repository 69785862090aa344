"""What the map page shows, as plain data for its JSON blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from chargeplan.energy_table import LEGEND, SUMS, read_demand_table
from chargeplan.publish.attribution import describe_attribution, list_sources
from chargeplan.publish.encode import pack_integers, pack_lines
from chargeplan.publish.geopackage import describe_cells
from chargeplan.publish.hexagons import find_outlines
from chargeplan.publish.map_figures import (
    describe_search,
    list_economics,
    list_figures,
    list_figures_by_year,
)
from chargeplan.publish.run_record import describe_limits, describe_outcome, make_finite
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.publish.stage_results import (
    describe_grid,
    describe_rules,
    describe_station_stages,
    describe_years,
    describe_zone_floors,
)
from chargeplan.text import clean_text
from chargeplan.units import format_pkr
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Floats

ENERGY_SCALE = 100  # cells hold hundredths of a kWh/day
SHARE_SCALE = 1000  # shares travel as thousandths
_CLASS_SHARES = (0.30, 0.55, 0.75, 0.90, 0.97)
_SMALLEST_USED_SHARE = 1e-6
_BOUNDARY_THINNING_DEG = 0.0002  # some 20 m


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
            "proof": bundle.solution.proof_text,
        },
        "limits": describe_limits(bundle),
        "figures": list_figures(bundle),
        "figuresByYear": list_figures_by_year(bundle),
        "economics": list_economics(bundle),
        "proofs": describe_search(bundle),
        "demand": _describe_demand(bundle),
        "openSites": [_describe_open_site(row) | stages[row["site_id"]] for row in ranked.to_dict("records")],
        "years": describe_years(bundle),
        "rules": describe_rules(bundle),
        "grid": describe_grid(bundle),
        "otherSites": _list_other_sites(results),
        "removedSites": [
            [
                round(float(row["lon"]), 5),
                round(float(row["lat"]), 5),
                clean_text(row["name"]) or clean_text(row["site_id"]),
                row["kind"],
                clean_text(row["reason"]),
                clean_text(row["detail"]),
            ]
            for row in bundle.sites.removed.to_dict("records")
        ],
        "reach": _pack_reach(bundle, ranked),
        "zones": _list_zones(bundle),
        "zonesAreCells": bundle.cells.zones_are_cells,
        "boundary": _pack_boundary(bundle),
        "attribution": describe_attribution(bundle),
        "sources": list_sources(bundle),
        "warnings": [clean_text(warning) for warning in bundle.evaluation.warnings],
        "bounds": [round(float(value), 5) for value in bundle.area.boundary.bounds],
    }


def build_cell_data(bundle: RunBundle) -> dict[str, Any]:
    """Build the hexagons: outlines, and for each cell its figures as whole numbers.

    ``values`` holds, one stream after the other: zone row, people, demand, demand that
    competitors take, served energy (hundredths of a kWh/day).
    """
    cells = describe_cells(bundle)
    energy = [
        np.rint(cells[column].to_numpy() * ENERGY_SCALE).astype(np.int64)
        for column in ("demand_kwh_day", "competitor_kwh_day", "served_kwh_day")
    ]
    people = np.rint(bundle.cells.people).astype(np.int64)
    return {
        "count": len(cells),
        "outlines": pack_lines(find_outlines(bundle.cells.cell_id)),
        "values": pack_integers(bundle.cells.zone_pos, people, *energy),
        "breaks": find_class_breaks(bundle.cells.total_kwh_day),
    }


def find_class_breaks(kwh_day: Floats) -> list[float]:
    """Choose where the colour classes of demand begin, rounded to two digits, rising.

    The classes hold unequal numbers of cells on purpose: a map of a city has few cells of
    high demand, and they should stand out.

    Examples
    --------
    >>> find_class_breaks(np.arange(1.0, 101.0))
    [31.0, 55.0, 75.0, 90.0, 97.0]
    """
    positive = kwh_day[kwh_day > 0]
    if positive.size == 0:
        return []
    quantiles = np.quantile(positive, _CLASS_SHARES)
    rounded = sorted({float(f"{value:.2g}") for value in quantiles})
    return [value for value in rounded if positive.min() < value <= positive.max()]


def _describe_demand(bundle: RunBundle) -> dict[str, Any]:
    """Describe how people became energy, with the figures and words that the run prints."""
    table = read_demand_table(bundle.cells, bundle.request.type_power_kw)
    return {
        "heading": clean_text(table.heading),
        "people": [f"{table.people:,.0f} people in the study area", *map(clean_text, table.counted)],
        "rows": [
            {
                "class": clean_text(row.name),
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
            f"{clean_text(name)}: {stock:,.0f} electric in the nation in {year} by the scenario's share of sales; "
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
        "costText": format_pkr(row["cost_pkr"]) if row["cost_pkr"] > 0 else "",
        "meanDriveMin": make_finite(round(row["mean_drive_min"], 2)),
        "cells": int(row["n_cells"]),
        "peakWait": make_finite(round(row["peak_wait_min"], 2)),
        "peakBlocked": make_finite(round(row["peak_blocked_share"], 4)),
        "loadKva": make_finite(round(row["load_kva"], 1)),
        "bays": make_finite(row["bays"]),
        "feeder": _describe_feeder(row),
        "aloneKwh": make_finite(round(row["alone_kwh_day"], 1)),
        "droppedLossKwh": make_finite(round(row["dropped_loss_kwh_day"], 1)),
        "zone": clean_text(row["zone_name"]),
        "chargersByType": row["chargers_by_type"],
        "openedYear": make_finite(row["opened_year"]),
        "headroomUnknown": bool(row["headroom_unknown"]) if pd.notna(row["headroom_unknown"]) else None,
    }


def _describe_feeder(row: dict[str, Any]) -> dict[str, Any] | None:
    """Describe the grid asset that a station hangs on; None where nobody knows which."""
    if not row["feeder_id"]:
        return None
    return {
        "name": clean_text(row["feeder_name"]) or clean_text(row["feeder_id"]),
        "headroomKw": make_finite(round(row["feeder_headroom_kw"], 1)),
        "leftKw": make_finite(round(row["feeder_left_kw"], 1)),
    }


def _list_other_sites(results: pd.DataFrame) -> list[list[Any]]:
    """List candidates that were not chosen, and competitors."""
    others = results[~results["is_open"]]
    return [
        [
            round(float(row["lon"]), 5),
            round(float(row["lat"]), 5),
            row["shown_name"],
            row["kind"],
            row["status"],
            int(row["max_chargers"]),
            int(row["existing_chargers"]),
        ]
        for row in others.to_dict("records")
    ]


def _pack_reach(bundle: RunBundle, ranked: pd.DataFrame) -> str:
    """Pack which cells each open site serves.

    Streams: number of cells of each site (in the order of rank), steps between cell rows,
    share of the cell's demand in thousandths, driving time in seconds.
    """
    problem, share = bundle.problem, bundle.solution.pair_share
    used = np.flatnonzero(share > _SMALLEST_USED_SHARE)
    used = used[np.lexsort((problem.pair_cell[used], problem.pair_site[used]))]
    site = problem.pair_site[used]
    starts = np.searchsorted(site, ranked.index.to_numpy(), side="left")
    ends = np.searchsorted(site, ranked.index.to_numpy(), side="right")
    order = np.concatenate([used[start:end] for start, end in zip(starts, ends, strict=True)] or [used[:0]])
    return pack_integers(
        ends - starts,
        np.diff(problem.pair_cell[order], prepend=0),
        np.rint(share[order] * SHARE_SCALE).astype(np.int64),
        np.rint(problem.pair_seconds[order]).astype(np.int64),
    )


def _list_zones(bundle: RunBundle) -> list[list[Any]]:
    """List the zones: name, people, demand, served share, place of its name, share of usable, floor."""
    weight = np.maximum(bundle.cells.people, 1e-9)
    pos, count = bundle.cells.zone_pos, len(bundle.cells.zones)
    total = np.maximum(np.bincount(pos, weights=weight, minlength=count), 1e-12)
    floors = describe_zone_floors(bundle)
    centre = [
        np.bincount(pos, weights=weight * bundle.cells.lonlat[:, axis], minlength=count) for axis in (0, 1)
    ]
    return [
        [
            clean_text(row["zone_name"]),
            round(float(row["people"])),
            round(float(row["demand_kwh_day"]), 1),
            make_finite(round(float(row["served_share"]), 4)),
            round(float(centre[0][number] / total[number]), 5),
            round(float(centre[1][number] / total[number]), 5),
            *floors.get(str(row["zone_id"]), [None, None]),
        ]
        for number, row in enumerate(bundle.evaluation.zones.to_dict("records"))
    ]


def _pack_boundary(bundle: RunBundle) -> str:
    thinned = bundle.area.boundary.simplify(_BOUNDARY_THINNING_DEG)
    rings = [
        ring for polygon in shapely.get_parts(thinned) for ring in (polygon.exterior, *polygon.interiors)
    ]
    return pack_lines([shapely.get_coordinates(ring) for ring in rings])
