"""Measure plan, proven gap, seconds and peak memory of large maximum coverage problems.

Run from the project's folder: ``python -m benchmarks.solve.cover_sizes``. Each instance is solved in a
process of its own, so that its peak memory is its own. The gap asked for is 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.solve.instances import make_mclp, make_square
from benchmarks.solve.published_optima import measure_cpu_s
from chargeplan.config.settings import SolveSettings
from chargeplan.linear_model import LinearModel
from chargeplan.records import PlanProblem
from chargeplan.runlog import ignore_event, measure_peak_memory_mb
from chargeplan.solve import plain_search
from chargeplan.solve.search import solve_problem

CASES: dict[str, dict[str, Any]] = {
    "20,000 points x 500 sites, p = 20": {"limit_s": 60.0, "gap": 0.0005, "peak_mb": None},
    "1,000,000 points x 100 sites, p = 10": {"limit_s": 60.0, "gap": 0.001, "peak_mb": 4_000.0},
    "1,000,000 points x 1,000 sites, p = 20": {"limit_s": 300.0, "gap": None, "peak_mb": 6_000.0},
}


def make_case(name: str, seed: int) -> PlanProblem:
    """Make an instance of a case."""
    if name.startswith("20,000"):
        return make_mclp(20_000, 500, max_sites=20, radius=0.095, seed=seed)
    is_large = "1,000 sites" in name
    return make_square(n_sites=1_000 if is_large else 100, max_sites=20 if is_large else 10, seed=seed)


class _Stopwatch:
    """Calls a function and sums what that takes."""

    def __init__(self, function: Callable[[PlanProblem], LinearModel]) -> None:
        self.function = function
        self.seconds = self.cpu_s = 0.0
        self.n_calls = 0

    def __call__(self, problem: PlanProblem) -> LinearModel:
        started, cpu_s = time.perf_counter(), measure_cpu_s()
        model = self.function(problem)
        self.seconds += time.perf_counter() - started
        self.cpu_s += measure_cpu_s() - cpu_s
        self.n_calls += 1
        return model


def solve_one(name: str, seed: int) -> dict[str, Any]:
    """Build and solve one instance in this process."""
    problem = make_case(name, seed)
    instance_mb, cpu_s, started = measure_peak_memory_mb(), measure_cpu_s(), time.perf_counter()
    build = _Stopwatch(plain_search.build_linear_model)
    plain_search.build_linear_model = build  # the search writes the model when it first asks the solver
    solution = solve_problem(
        problem,
        None,
        SolveSettings(time_limit_s=CASES[name]["limit_s"], gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    return {
        "case": name,
        "seed": seed,
        "pairs": problem.n_pairs,
        "value": solution.objective_kwh_day,
        "bound": solution.bound_kwh_day,
        "gap": solution.gap,
        "outcome": solution.outcome.value,
        "build_s": build.seconds,
        "build_cpu_s": build.cpu_s,
        "times_built": build.n_calls,
        "seconds": time.perf_counter() - started,
        "cpu_s": measure_cpu_s() - cpu_s,
        "instance_mb": instance_mb,
        "peak_mb": measure_peak_memory_mb(),
    }


def main() -> None:
    """Run all instances, each in its own process, and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--only", default="", help="cases whose name begins so")
    parser.add_argument("--case", help="solve this case with the first seed, in this process")
    options = parser.parse_args()
    if options.case:
        print(json.dumps(solve_one(options.case, options.seeds[0])))
        return
    done = []
    for name, asked in CASES.items():
        for seed in options.seeds if name.startswith(options.only) else []:
            command = [
                sys.executable,
                "-m",
                "benchmarks.solve.cover_sizes",
                "--case",
                name,
                "--seeds",
                str(seed),
            ]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            done.append({**json.loads(answer.stdout), **{f"asked_{key}": of for key, of in asked.items()}})
    print(json.dumps({"instances": done}))


if __name__ == "__main__":
    main()
