"""Measure the start plan, the bound and the improvement at the stated sizes; print one line each.

Run from the repository: ``python -m benchmarks.solve.plans_and_bounds``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from benchmarks.solve.instances import make_allocate, make_mclp
from chargeplan.records import PlanProblem
from chargeplan.solve.bound import compute_bound, fix_sites
from chargeplan.solve.improve import improve_plan
from chargeplan.solve.plan import find_broken_rules
from chargeplan.solve.start_plan import find_start_plan, follow_prices
from chargeplan.words import PlanMode

CASES: dict[str, tuple[Callable[[], PlanProblem], int]] = {
    "cover 5,000 x 500, p = 20, seed 1": (make_mclp, 0),
    "cover 5,000 x 500, p = 20, seed 2": (lambda: make_mclp(seed=2), 0),
    "cover 20,000 x 500, p = 20": (lambda: make_mclp(20_000, radius=0.095), 2_000),
    "allocate 150 MWh, 15 stations": (lambda: make_allocate(budget_stations=15), 20),
    "allocate 150 MWh, 60 stations": (lambda: make_allocate(budget_stations=60), 20),
    "allocate 150 MWh, 150 stations": (lambda: make_allocate(budget_stations=150), 20),
    "allocate 30 MWh, 20 stations": (lambda: make_allocate(budget_stations=20, demand_kwh_day=30_000), 60),
    "allocate 30 MWh, 40 stations": (lambda: make_allocate(budget_stations=40, demand_kwh_day=30_000), 60),
}


def measure(name: str, problem: PlanProblem, iterations: int) -> None:
    """Print plan, bound, gap and seconds of each step."""
    started = time.perf_counter()
    plan = find_start_plan(problem, seed=1)
    assert plan is not None
    start_s = time.perf_counter() - started
    started = time.perf_counter()
    bound = compute_bound(problem, incumbent_kwh_day=plan.objective_kwh_day)
    bound_s = time.perf_counter() - started
    left = fix_sites(problem, bound, incumbent_kwh_day=plan.objective_kwh_day).level_allowed
    gap = bound.value_kwh_day / plan.objective_kwh_day - 1
    print(
        f"{name}: {problem.n_pairs} pairs; plan {plan.objective_kwh_day:.1f} in {start_s:.2f} s; "
        f"bound {bound.value_kwh_day:.1f} in {bound_s:.2f} s ({bound.iterations} iterations, "
        f"{1000 * bound_s / bound.iterations:.2f} ms each); gap {100 * gap:.3f} %; "
        f"levels left {left.sum()} of {problem.level_allowed.sum()}",
        flush=True,
    )
    started = time.perf_counter()
    if problem.mode is PlanMode.ALLOCATE:
        plan = follow_prices(problem, plan, bound)
    better = improve_plan(problem, plan, seed=1, max_iterations=iterations, bound=bound)
    assert not find_broken_rules(problem, better)
    gap = bound.value_kwh_day / better.objective_kwh_day - 1
    print(
        f"    {iterations} improvements in {time.perf_counter() - started:.2f} s: gap {100 * gap:.3f} %",
        flush=True,
    )


if __name__ == "__main__":
    for case, (make, n_improvements) in CASES.items():
        if len(sys.argv) < 2 or sys.argv[1] in case:
            measure(case, make(), n_improvements)
