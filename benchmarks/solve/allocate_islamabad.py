"""Measure plan, bound and proven gap of the real Islamabad problem over several budgets.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.solve.allocate_islamabad configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

The problem is the config's own (levels, bands, nearest sites) with each budget in turn. The gap
asked for is 0, so that the search goes on until it is out of time or the plan is proven best.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.config.settings import Settings
from chargeplan.demand.build import build_demand
from chargeplan.model.linear import build_linear_model
from chargeplan.model.precheck import check_problem
from chargeplan.model.problem import build_problem
from chargeplan.network.read import read_network
from chargeplan.pipeline import make_request
from chargeplan.records import CandidateSites, DemandCells, Solution, TravelTable, compute_gap
from chargeplan.runlog import ignore_event, measure_peak_memory_mb
from chargeplan.sites.build import build_sites
from chargeplan.solve.search import solve_problem
from chargeplan.travel.table import build_travel_table

BUDGETS_PKR = (100e6, 200e6, 400e6)
MARKS_S = (5.0, 20.0, 60.0)


def find_gap_at(solution: Solution, at_s: float) -> float | None:
    """Find the gap that was proven by a moment of the search; None before the first plan and bound."""
    steps = solution.steps[solution.steps["elapsed_s"] <= at_s]
    plan, bound = steps["incumbent_kwh_day"].max(), steps["bound_kwh_day"].min()
    gap = compute_gap(plan, bound) if len(steps) and not math.isnan(plan) else math.inf
    return gap if math.isfinite(gap) else None


def solve_budget(
    settings: Settings,
    cells: DemandCells,
    sites: CandidateSites,
    travel: TravelTable,
    *,
    budget_pkr: float,
    limit_s: float,
) -> dict[str, Any]:
    """Solve with one budget and return plan, bound and gaps on the way."""
    model = settings.model.model_copy(update={"budget_pkr": budget_pkr})
    charger_cost_pkr = make_request(settings).charger_cost_pkr
    problem = build_problem(cells, sites, travel, model, charger_cost_pkr=charger_cost_pkr)
    check_problem(problem, cells, sites)
    linear = build_linear_model(problem)
    started = time.perf_counter()
    solution = solve_problem(
        problem,
        linear,
        settings.solve.model_copy(update={"time_limit_s": limit_s, "gap": 0.0}),
        seed=settings.study.seed,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    seconds = time.perf_counter() - started
    return {
        "budget_pkr": budget_pkr,
        "pairs": problem.n_pairs,
        "plan_kwh_day": solution.objective_kwh_day,
        "bound_kwh_day": solution.bound_kwh_day,
        "gap": solution.gap,
        "gap_at_s": {f"{at_s:g}": find_gap_at(solution, at_s) for at_s in MARKS_S if at_s < limit_s},
        "stations": int((solution.chargers > 0).sum()),
        "chargers": int(solution.chargers.sum()),
        "stopped_by": solution.stopped_by,
        "seconds": seconds,
        "solver": solution.solver,
    }


def measure(
    config: Path,
    overrides: list[str],
    *,
    limit_s: float = 120.0,
    budgets_pkr: tuple[float, ...] = BUDGETS_PKR,
) -> dict[str, Any]:
    """Read the study once and solve it with each budget."""
    settings = load_settings(config, overrides).settings
    area = build_study_area(settings.study)
    reading = read_network(area, settings.network)
    cells = build_demand(area, reading.network, reading.places, settings.demand, settings.study.zones)
    sites = build_sites(area, reading.network, reading.places, settings.sites)
    travel = build_travel_table(reading.network, cells, sites, settings.travel)
    return {
        "study": settings.study.name,
        "cells": len(cells.cell_id),
        "sites": len(sites.table),
        "nearest_sites": settings.model.nearest_sites,
        "demand_kwh_day": float(cells.total_kwh_day.sum()),
        "limit_s": limit_s,
        "budgets": [
            solve_budget(settings, cells, sites, travel, budget_pkr=budget_pkr, limit_s=limit_s)
            for budget_pkr in budgets_pkr
        ],
        "peak_mb": measure_peak_memory_mb(),
    }


def main() -> None:
    """Read the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--limit-s", type=float, default=120.0)
    parser.add_argument("--budget-pkr", type=float, action="append", default=[])
    options = parser.parse_args()
    budgets_pkr = tuple(options.budget_pkr) or BUDGETS_PKR
    result = measure(options.config, options.overrides, limit_s=options.limit_s, budgets_pkr=budgets_pkr)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
