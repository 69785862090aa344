"""run.json, the same on every run of the same input, and timings.json, which is not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chargeplan.publish.attribution import list_sources
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle

RUN_FORMAT_VERSION = 1


def make_finite(value: float) -> float | None:
    """Return the number, or None where JSON has no word for it (NaN, infinity)."""
    number = float(value)
    return number if math.isfinite(number) else None


def describe_outcome(bundle: RunBundle) -> dict[str, Any]:
    """Describe how the search ended and what is proven, as plain data."""
    solution = bundle.solution
    return {
        "outcome": solution.outcome.value,
        "outcome_text": solution.outcome_text,
        "objective_kwh_day": make_finite(solution.objective_kwh_day),
        "bound_kwh_day": make_finite(solution.bound_kwh_day),
        "cost_pkr": make_finite(solution.cost_pkr),
        "cost_bound_pkr": make_finite(solution.cost_bound_pkr),
        "gap_share": make_finite(solution.gap),
        "gap_asked_share": solution.gap_asked,
        "stopped_by": solution.stopped_by,
        "solver": solution.solver,
    }


def describe_limits(bundle: RunBundle) -> dict[str, Any]:
    """Describe the limits of the stated problem; None where there is none."""
    problem = bundle.problem
    return {
        "mode": problem.mode.value,
        "travel_limit_min": bundle.travel.limit_s / 60.0,
        "budget_pkr": make_finite(problem.budget_pkr),
        "max_sites": problem.max_sites if problem.max_sites >= 0 else None,
        "nearest_sites": problem.nearest_sites or None,
    }


def describe_run(bundle: RunBundle) -> dict[str, Any]:
    """Describe the run without any clock: settings, inputs, versions, outcome, figures."""
    return {
        "format_version": RUN_FORMAT_VERSION,
        "study": {
            "name": bundle.area.name,
            "title": clean_text(bundle.area.title),
            "year": bundle.year,
            "area_km2": bundle.area.area_km2,
            "crs": bundle.area.crs,
            "is_schematic": bundle.area.is_schematic,
        },
        "run": dict(bundle.run_info),
        "settings": dict(bundle.settings_as_run),
        "config_sha256": bundle.config_sha256,
        "inputs": list_sources(bundle),
        "result": describe_outcome(bundle),
        "limits": describe_limits(bundle),
        "counts": _count_things(bundle),
        "metrics": _list_rows(bundle.evaluation.metrics),
        "years": _list_rows(bundle.evaluation.years),
        "economics": _list_rows(bundle.evaluation.economics),
        "economics_of_stations": _list_rows(bundle.evaluation.site_economics),
        "checks": _list_rows(bundle.evaluation.checks),
        "warnings": [clean_text(warning) for warning in bundle.evaluation.warnings],
        "repairs": _list_rows(bundle.network.repairs),
    }


def describe_timings(bundle: RunBundle) -> dict[str, Any]:
    """Describe what differs between two runs: clocks, memory, the steps of the search."""
    return {
        **bundle.timings,
        "solve_wall_s": bundle.solution.wall_s,
        "solve_steps": _list_rows(bundle.solution.steps),
    }


def _count_things(bundle: RunBundle) -> dict[str, Any]:
    removed = bundle.sites.removed["reason"].value_counts().sort_index()
    return {
        "road_nodes": len(bundle.network.node_id),
        "road_pieces": len(bundle.network.roads),
        "imputed_speed_share": bundle.network.imputed_speed_share,
        "cells": len(bundle.cells.cell_id),
        "cells_off_network": len(bundle.travel.off_network_cell_pos),
        "cells_out_of_reach": len(bundle.travel.out_of_reach_cell_pos),
        "sites_by_status": {
            str(status): int(count)
            for status, count in bundle.sites.table["status"].value_counts().sort_index().items()
        },
        "sites_removed_by_reason": {str(reason): int(count) for reason, count in removed.items()},
        "pairs": bundle.problem.n_pairs,
    }


def _list_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into plain data, numbers that are not finite into None."""
    return [
        {str(name): _make_plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def _make_plain(value: object) -> object:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return make_finite(value)
    return clean_text(value) if isinstance(value, str) else value
