"""What the maps and the table of stations of a comparison show, as plain data for the page's JSON block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chargeplan.compare.proof import judge_difference
from chargeplan.compare.setting_changes import describe_variant
from chargeplan.compare.stations import StationSize
from chargeplan.publish.attribution import describe_attribution
from chargeplan.publish.map_cells import build_cell_data
from chargeplan.publish.map_data import build_plan_data
from chargeplan.publish.map_roads import pack_road_names, pack_roads
from chargeplan.publish.map_settlements import list_settlements
from chargeplan.publish.run_record import make_finite
from chargeplan.units import format_pkr_twice

if TYPE_CHECKING:
    from chargeplan.compare.records import Comparison

# What the roads, names and cells of the map page read of a plan.
_CELLS_OF_A_RUN = ("values", "years")
_SHARED_PLAN_KEYS = ("bounds", "boundary", "zones", "zonesAreCells", "isSchematic")


def build_compare_data(comparison: Comparison) -> dict[str, Any]:
    """Build the data of the page but its roads."""
    base = build_plan_data(comparison.base.bundle)
    cells = [build_cell_data(run.bundle, last_year_alone=True) for run in comparison.runs]
    return {
        "plan": {key: base[key] for key in _SHARED_PLAN_KEYS} | {"attribution": credit_runs(comparison)},
        "cells": _share_cells(cells),
        "runs": [
            {
                "letter": run.letter,
                "label": run.label,
                "variant": describe_variant(comparison.changes, pos),
                "cellValues": cells[pos]["values"],
            }
            for pos, run in enumerate(comparison.runs)
        ],
        "verdicts": _list_verdicts(comparison),
        "stations": [
            {
                "id": station.site_id,
                "name": station.name,
                "kind": station.kind,
                "lon": round(station.lon, 5),
                "lat": round(station.lat, 5),
                "sizes": [None if size is None else _describe_size(size) for size in station.sizes],
                "changes": [
                    [
                        _name_change(station.find_change(first, second))
                        for second in range(len(comparison.runs))
                    ]
                    for first in range(len(comparison.runs))
                ],
            }
            for station in comparison.stations
        ],
    }


def _share_cells(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Take what all runs share of their cells; a dot of unserved demand stands for the same in each."""
    levels = [
        level | {"fullDot": max(each["levels"][pos]["fullDot"] for each in cells)}
        for pos, level in enumerate(cells[0]["levels"])
    ]
    shared = {key: value for key, value in cells[0].items() if key not in _CELLS_OF_A_RUN}
    return shared | {"fullDot": max(each["fullDot"] for each in cells), "levels": levels}


def build_road_data(comparison: Comparison) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pack the roads of the first run, their names and those of places."""
    network = comparison.base.bundle.network
    return pack_roads(network), {
        **pack_road_names(network),
        "places": list_settlements(comparison.base.bundle),
    }


def credit_runs(comparison: Comparison) -> str:
    """Write the attribution of all runs, each line once."""
    lines: dict[str, None] = {}
    for run in comparison.runs:
        lines |= dict.fromkeys(part for part in describe_attribution(run.bundle).split(" · ") if part)
    return " · ".join(lines)


def _list_verdicts(comparison: Comparison) -> list[list[str]]:
    """Say for each pair of runs what is proven of its difference; empty for a run and itself."""
    count = range(len(comparison.runs))
    return [
        ["" if first == second else judge_difference(comparison, first, second).text for second in count]
        for first in count
    ]


def _name_change(change: Any) -> str:
    return "" if change is None else str(change.value)


def _describe_size(size: StationSize) -> dict[str, Any]:
    return {
        "chargers": size.chargers,
        "powerKw": make_finite(size.power_kw),
        "servedKwhDay": make_finite(round(size.served_kwh_day, 1)),
        "costText": format_pkr_twice(size.cost_pkr) if size.cost_pkr > 0 else "",
        "utilisation": None if size.utilisation_share is None else round(size.utilisation_share, 4),
        "openedYear": size.opened_year,
        "types": ", ".join(f"{count} × {name}" for name, count in size.chargers_by_type),
        "isExisting": size.is_existing,
    }
