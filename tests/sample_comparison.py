"""Made-up runs that differ from the sample plan in what a test wants, and in nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.compare.records import ComparedRun
from chargeplan.records import PROOF_TOLERANCE, Solution
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.publish.bundle import RunBundle

CHARGER_KW, CHARGER_PKR, SITE_PKR = 60.0, 4_000_000.0, 2_500_000.0
SETTINGS: dict[str, Any] = {
    "study": {"name": "sample", "year": 2030, "credits": []},
    "demand": {"cell_resolution": 9, "scenario": "bau"},
    "model": {"budget_pkr": 230e6, "bands": [], "mode": "allocate"},
    "network": {"path": "/data/one/roads.osm.pbf"},
    "travel": {"limit_min": 8.0},
    "economics": {"discount_rate_share": None},
    "publish": {"online_tiles": False},
}


def vary_run(
    bundle: RunBundle,
    *,
    chargers: Mapping[int, int] | None = None,
    objective_kwh_day: float | None = None,
    bound_kwh_day: float | None = None,
    settings: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> RunBundle:
    """Change the size of stations by row (0 closes one), the proof, settings by dotted key, metrics by name."""
    counts = bundle.solution.chargers.copy()
    for row, count in (chargers or {}).items():
        counts[row] = count
    solution = _prove(replace(bundle.solution, chargers=counts), objective_kwh_day, bound_kwh_day)
    table = bundle.evaluation.metrics.copy()
    for name, value in (metrics or {}).items():
        table.loc[table["name"] == name, "value"] = value
    evaluation = replace(bundle.evaluation, sites=_resize(bundle, chargers or {}), metrics=table)
    return replace(
        bundle, solution=solution, evaluation=evaluation, settings_as_run=change_settings(settings or {})
    )


def change_settings(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the sample's settings with some changed, by dotted key."""
    settings = {section: dict(values) for section, values in SETTINGS.items()}
    for key, value in changes.items():
        section, name = key.split(".", 1)
        settings[section][name] = value
    return settings


def name_runs(*bundles: RunBundle) -> tuple[ComparedRun, ...]:
    """Letter the runs as the command does."""
    return tuple(
        ComparedRun(letter, f"plan {number}", bundle)
        for number, (letter, bundle) in enumerate(zip("ABCDEFGH", bundles, strict=False), start=1)
    )


def _prove(solution: Solution, objective: float | None, bound: float | None) -> Solution:
    reached = solution.objective_kwh_day if objective is None else objective
    most = solution.bound_kwh_day if bound is None else bound
    is_proven = most <= reached * (1 + PROOF_TOLERANCE)
    return replace(
        solution,
        objective_kwh_day=reached,
        bound_kwh_day=most,
        outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
    )


def _resize(bundle: RunBundle, chargers: Mapping[int, int]) -> pd.DataFrame:
    """Set the figures of the stations that a test changes; a new one is a copy of the largest."""
    table = bundle.evaluation.sites.copy()
    for row, count in chargers.items():
        site_id = bundle.sites.table["site_id"].iloc[row]
        if site_id not in set(table["site_id"]):
            table = pd.concat([table, table.iloc[[0]].assign(site_id=site_id)], ignore_index=True)
        is_site = table["site_id"] == site_id
        table.loc[is_site, ["chargers", "power_kw", "cost_pkr"]] = [
            count,
            count * CHARGER_KW,
            SITE_PKR + count * CHARGER_PKR,
        ]
        if count == 0:
            table = table[~is_site]
    table = table.sort_values("site_id", ignore_index=True)
    return table.assign(rank=np.arange(1, len(table) + 1))
