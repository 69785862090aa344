"""Measure plan, bound and proven gap of real Islamabad with years, charger types, classes, grid and floors.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.solve.staged_islamabad configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

Three years with a budget each, slow and fast chargers, the classes that can use one, the other or both, a
floor for the eight zones of most demand, and a SYNTHETIC grid (`benchmarks.solve.grid_headroom`): its
headroom is drawn by chance and is no utility's.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.solve.allocate_islamabad import find_gap_at, measure_own_peak_mb
from benchmarks.solve.grid_headroom import make_headroom
from chargeplan.config.load import load_settings
from chargeplan.config.settings import ChargerTypeSettings, Settings, YearSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.model.problem import build_problem
from chargeplan.model.stages import Surroundings, stage_problem
from chargeplan.pipeline import build_records
from chargeplan.records import PlanProblem
from chargeplan.request import make_request
from chargeplan.runlog import RunLog, ignore_event
from chargeplan.solve.search import solve_problem
from chargeplan.tables import ZONE_FLOORS, make_table

CHARGERS = (
    ChargerTypeSettings(name="slow", power_kw=7.0, levels=[2, 4, 8, 12]),
    ChargerTypeSettings(name="fast", power_kw=120.0, levels=[1, 2, 4, 6, 8]),
)
YEARS = (
    YearSettings(year=2026, budget_pkr=60e6),
    YearSettings(year=2028, budget_pkr=70e6),
    YearSettings(year=2030, budget_pkr=70e6),
)
FLOOR_SHARE, N_FLOORS = 0.05, 8
MARKS_S = (60.0, 120.0, 300.0, 600.0)


def pose_problem(config: Path, overrides: list[str]) -> tuple[PlanProblem, Settings]:
    """Pose the problem of the study with years, types, grid and floors."""
    loaded = load_settings(config, overrides)
    model = loaded.settings.model.model_copy(
        update={"budget_pkr": None, "chargers": list(CHARGERS), "years": list(YEARS)}
    )
    settings = loaded.settings.model_copy(update={"model": model})
    records = build_records(replace(loaded, settings=settings), log=RunLog(ignore_event))
    demand = pd.Series(np.bincount(records.cells.zone_pos, records.cells.total_kwh_day))
    top = records.cells.zones["zone_id"].iloc[demand.nlargest(N_FLOORS).index.sort_values()].tolist()
    floors = make_table(ZONE_FLOORS, {"zone_id": top, "floor_share": [FLOOR_SHARE] * len(top)})
    request = replace(make_request(settings, records.cells), zone_floors=floors)
    sites, travel = records.sites, records.travel
    lonlat = sites.table[["lon", "lat"]].to_numpy(dtype=np.float64)
    grid = make_headroom(lonlat, np.full(len(lonlat), 480.0), seed=1, tightness=1.0)
    plain = build_problem(records.cells, sites, travel, request)
    around = Surroundings(grid=grid)
    return stage_problem(plain, request, records.cells_by_year, sites, travel, around), settings


def measure(config: Path, overrides: list[str], *, limit_s: float = 600.0) -> dict[str, Any]:
    """Solve it once."""
    problem, settings = pose_problem(config, overrides)
    started, started_cpu = time.perf_counter(), time.process_time()
    model = build_linear_model(problem)
    built_cpu_s = time.process_time() - started_cpu
    solution = solve_problem(
        problem,
        model,
        settings.solve.model_copy(update={"time_limit_s": limit_s, "gap": 0.0, "node_limit": None}),
        seed=settings.study.seed,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    return {
        "study": settings.study.name,
        "years": len(problem.staging.years),
        "types": problem.staging.n_types,
        "groups": problem.staging.n_groups,
        "pairs": problem.n_pairs,
        "rows": model.n_rows,
        "columns": model.n_columns,
        "limit_s": limit_s,
        "plan_kwh_day": solution.objective_kwh_day,
        "bound_kwh_day": solution.bound_kwh_day,
        "gap": solution.gap,
        "gap_at_s": {f"{at_s:g}": find_gap_at(solution, at_s) for at_s in MARKS_S if at_s <= limit_s},
        "stopped_by": solution.stopped_by,
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - started_cpu,
        "model_cpu_s": built_cpu_s,
        "peak_mb": measure_own_peak_mb(),
        "solver": solution.solver,
    }


def main() -> None:
    """Read the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--limit-s", type=float, default=600.0)
    options = parser.parse_args()
    print(json.dumps(measure(options.config, options.overrides, limit_s=options.limit_s), indent=2))


if __name__ == "__main__":
    main()
