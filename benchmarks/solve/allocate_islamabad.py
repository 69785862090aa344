"""Measure plan, bound and proven gap of the real Islamabad problem over several budgets.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.solve.allocate_islamabad configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

The problem is the config's own (levels, bands, nearest sites) with each budget in turn. The gap
asked for is 0, so that the search goes on until it is out of time or the plan is proven best.
Each budget is solved in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.config.settings import Settings, SolveSettings
from chargeplan.demand.build import build_demand
from chargeplan.demand.layer import read_layer_figures
from chargeplan.estates import add_listed_estates
from chargeplan.formulation.linear import build_linear_model
from chargeplan.model.precheck import check_problem
from chargeplan.model.problem import build_problem
from chargeplan.network.read import read_network
from chargeplan.records import PlanProblem, Solution, compute_gap
from chargeplan.request import make_request
from chargeplan.runlog import ignore_event, measure_peak_memory_mb
from chargeplan.sites.build import build_sites
from chargeplan.solve.search import solve_problem
from chargeplan.travel.table import build_travel_table

BUDGETS_PKR = (100e6, 200e6, 400e6, 800e6, 1_600e6)  # from scarce to ample
MARKS_S = (5.0, 20.0, 60.0, 120.0)


def find_gap_at(solution: Solution, at_s: float) -> float | None:
    """Find the gap that was proven by a moment of the search; None before the first plan and bound."""
    steps = solution.steps[solution.steps["elapsed_s"] <= at_s]
    plan, bound = steps["incumbent_kwh_day"].max(), steps["bound_kwh_day"].min()
    gap = compute_gap(plan, bound) if len(steps) and not math.isnan(plan) else math.inf
    return gap if math.isfinite(gap) else None


def measure_own_peak_mb() -> float:
    """Measure the largest memory of this process; Linux hands a parent's on to its children elsewhere."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return measure_peak_memory_mb()
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))


def solve_budget(
    problem: PlanProblem, settings: SolveSettings, *, seed: int, limit_s: float
) -> dict[str, Any]:
    """Solve with one budget and return plan, bound, gaps on the way and peak memory."""
    linear = build_linear_model(problem)
    started, started_cpu = time.perf_counter(), time.process_time()
    solution = solve_problem(
        problem,
        linear,
        settings.model_copy(update={"time_limit_s": limit_s, "gap": 0.0}),
        seed=seed,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    return {
        "budget_pkr": problem.budget_pkr,
        "pairs": problem.n_pairs,
        "plan_kwh_day": solution.objective_kwh_day,
        "bound_kwh_day": solution.bound_kwh_day,
        "gap": solution.gap,
        "gap_at_s": {f"{at_s:g}": find_gap_at(solution, at_s) for at_s in MARKS_S if at_s <= limit_s},
        "stations": int((solution.chargers > 0).sum()),
        "chargers": int(solution.chargers.sum()),
        "stopped_by": solution.stopped_by,
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - started_cpu,
        "peak_mb": measure_own_peak_mb(),
        "solver": solution.solver,
    }


def build_budget_problems(settings: Settings, budgets_pkr: tuple[float, ...]) -> list[PlanProblem]:
    """Read the study once, as a run does, and build its problem with each budget."""
    area = build_study_area(settings.study)
    reading = read_network(area, settings.network)
    estate_area_ha = read_layer_figures(settings.demand.figures)["estate_area_ha"].value
    network, places = reading.network, add_listed_estates(reading.places, area, estate_area_ha)
    cells = build_demand(
        area,
        network,
        places,
        settings.demand,
        settings.study.zones,
        year=settings.study.year,
        city=settings.study.city,
        exclusion=settings.sites.exclusion,
        seed=settings.study.seed,
    )
    sites = build_sites(area, network, places, settings.sites)
    travel = build_travel_table(network, cells, sites, settings.travel)
    request = make_request(settings, cells)
    problems = []
    for budget_pkr in budgets_pkr:
        problem = build_problem(cells, sites, travel, replace(request, budget_pkr=budget_pkr))
        check_problem(problem, cells, sites)
        problems.append(problem)
    return problems


def measure(
    config: Path,
    overrides: list[str],
    *,
    limit_s: float = 120.0,
    budgets_pkr: tuple[float, ...] = BUDGETS_PKR,
) -> dict[str, Any]:
    """Read the study once and solve it with each budget."""
    settings = load_settings(config, overrides).settings
    problems = build_budget_problems(settings, budgets_pkr)
    results = []
    for problem in problems:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            asked = process.submit(
                solve_budget, problem, settings.solve, seed=settings.study.seed, limit_s=limit_s
            )
            results.append(asked.result())
    return {
        "study": settings.study.name,
        "cells": problems[0].n_cells,
        "sites": problems[0].n_sites,
        "nearest_sites": settings.model.nearest_sites,
        "demand_kwh_day": float(problems[0].demand_kwh_day.sum()),
        "limit_s": limit_s,
        "budgets": results,
        "peak_mb": max(one["peak_mb"] for one in results),
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
