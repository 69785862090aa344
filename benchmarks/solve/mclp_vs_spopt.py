"""Compare our start plan and our whole search on a maximum coverage problem with spopt's MCLP.

Run from the project's folder: ``python -m benchmarks.solve.mclp_vs_spopt``. Both get the same
cost matrix (0 within reach, 2 beyond, radius 1). The time of spopt is building and solving with
PuLP's CBC, which is what its documentation shows; that of our start plan runs from the same
matrix to the plan. ``--stored RESULT.json`` takes spopt's part from an earlier result where that has the instance.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.solve.instances import make_mclp, make_problem
from chargeplan.config.settings import SolveSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import Floats, PlanProblem
from chargeplan.runlog import ignore_event
from chargeplan.solve.plan import find_broken_rules
from chargeplan.solve.search import solve_problem
from chargeplan.solve.start_plan import find_start_plan
from chargeplan.words import PlanMode

RADIUS = 1.0
ROUNDING_SHARE = 1e-9


def make_cost_matrix(problem: PlanProblem) -> Floats:
    """Make a matrix, cells x sites, with 0 within reach and 2 beyond."""
    matrix = np.full((problem.n_cells, problem.n_sites), 2.0 * RADIUS)
    matrix[problem.pair_cell, problem.pair_site] = 0.0
    return matrix


def time_spopt(matrix: Floats, weight: Floats, max_sites: int) -> dict[str, Any]:
    """Build and solve with spopt; return the seconds, the value and the sites."""
    import pulp
    from spopt.locate import MCLP

    started = time.perf_counter()
    model = MCLP.from_cost_matrix(matrix, weight, service_radius=RADIUS, p_facilities=max_sites)
    build_s = time.perf_counter() - started
    model = model.solve(pulp.PULP_CBC_CMD(msg=False))
    total_s = time.perf_counter() - started
    is_open = np.array([variable.value() > 0.5 for variable in model.fac_vars])
    covered = (matrix[:, is_open] <= RADIUS).any(axis=1)
    return {
        "value": float(weight[covered].sum()),  # from the sites, not the solver's own figure
        "status": pulp.LpStatus[model.problem.status],
        "sites": int(is_open.sum()),
        "build_s": build_s,
        "total_s": total_s,
    }


def time_start_plan(matrix: Floats, weight: Floats, max_sites: int, runs: int) -> dict[str, Any]:
    """Go from the matrix to our start plan; return the median seconds and the value."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        cell, site = np.nonzero(matrix <= RADIUS)
        n_sites = matrix.shape[1]
        problem = make_problem(
            PlanMode.COVER, weight, cell, site, np.ones(len(cell)), n_sites, max_sites=max_sites
        )
        plan = find_start_plan(problem, seed=1)
        seconds.append(time.perf_counter() - started)
    if plan is None or find_broken_rules(problem, plan):
        raise RuntimeError("the start plan is missing or breaks a rule")
    return {"value": plan.objective_kwh_day, "median_s": statistics.median(seconds), "first_s": seconds[0]}


def search(problem: PlanProblem, limit_s: float) -> dict[str, Any]:
    """Run our whole search with a time limit; return plan, bound and gap."""
    started = time.perf_counter()
    settings = SolveSettings(time_limit_s=limit_s, gap=0.0)
    solution = solve_problem(
        problem,
        build_linear_model(problem),
        settings,
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    return {
        "limit_s": limit_s,
        "value": solution.objective_kwh_day,
        "bound": solution.bound_kwh_day,
        "gap": solution.gap,
        "stopped_by": solution.stopped_by,
        "seconds_with_model": time.perf_counter() - started,
    }


def compare(
    instance: dict[str, int], *, runs: int, limit_s: float, spopt: dict[str, Any] | None
) -> dict[str, Any]:
    """Measure all three on one instance and compare; with spopt's part given it is not run."""
    problem = make_mclp(
        instance["points"], instance["sites"], max_sites=instance["max_sites"], seed=instance["seed"]
    )
    matrix, weight = make_cost_matrix(problem), problem.demand_kwh_day
    start = time_start_plan(matrix, weight, instance["max_sites"], runs)
    if spopt is None:
        spopt = time_spopt(matrix, weight, instance["max_sites"])
    whole = search(problem, limit_s)
    best = spopt["value"]
    return {
        "instance": instance,
        "pairs": problem.n_pairs,
        "spopt": spopt,
        "start_plan": start,
        "search": whole,
        "start_below_optimum_share": 1.0 - start["value"] / best,
        "start_time_share": start["median_s"] / spopt["total_s"],
        "search_below_optimum_share": 1.0 - whole["value"] / best,
        "bound_holds": whole["bound"] >= best * (1.0 - ROUNDING_SHARE),
        "spopt_is_best_known": best >= max(start["value"], whole["value"]) * (1.0 - ROUNDING_SHARE),
    }


def measure(
    *,
    n_points: int = 5_000,
    n_sites: int = 500,
    max_sites: int = 20,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    runs: int = 7,
    limit_s: float = 60.0,
    stored: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Measure instances that differ in their seed.

    Parameters
    ----------
    n_points, n_sites, max_sites : int
        Of each instance.
    seeds : sequence of int
    runs : int
        Of the start plan; the median counts.
    limit_s : float
        Of the whole search.
    stored : dict, optional
        An earlier result; where it has an instance, spopt's part comes from there.
    """
    known = {} if stored is None else {str(one["instance"]): one["spopt"] for one in stored["instances"]}
    compared = []
    for seed in seeds:
        instance = {"points": n_points, "sites": n_sites, "max_sites": max_sites, "seed": seed}
        before = known.get(str(instance))
        spopt = None if before is None else {**before, "is_stored": True}
        compared.append(compare(instance, runs=runs, limit_s=limit_s, spopt=spopt))
    return {"instances": compared}


def main() -> None:
    """Read the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=5_000)
    parser.add_argument("--sites", type=int, default=500)
    parser.add_argument("--max-sites", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--stored", type=Path, help="earlier result to take spopt's part from")
    options = parser.parse_args()
    stored = None if options.stored is None else json.loads(options.stored.read_text(encoding="utf-8"))
    result = measure(
        n_points=options.points,
        n_sites=options.sites,
        max_sites=options.max_sites,
        seeds=options.seeds,
        limit_s=options.limit_s,
        stored=None if stored is None else stored.get("result", stored),
    )
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
