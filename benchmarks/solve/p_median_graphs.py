"""Prove p-medians of random graphs of the kind of OR-Library's pmed11 to pmed40, and time each.

    python -m benchmarks.solve.p_median_graphs [--limit-s 60] [--sizes 600 700 800 900] [--seeds 1]

As described by Beasley (1985): n nodes, n^2 / 50 edges of whole lengths 1 to 100, connected by a path
through all nodes; of a repeated edge the last length counts; every node is a cell of weight 1 and a
site; p = 5, 10 and n / 10.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import shortest_path

from benchmarks.solve.published_optima import measure_cpu_s
from chargeplan import solve_p_median
from chargeplan.records import Floats
from chargeplan.words import Outcome


def make_graph(n: int, *, seed: int) -> Floats:
    """Make the shortest ways between all nodes of a random graph."""
    rng = np.random.default_rng(seed)
    length = np.zeros((n, n))
    for node in range(1, n):
        length[node - 1, node] = length[node, node - 1] = rng.integers(1, 101)
    n_more = n * n // 50 - n + 1
    first, second = rng.integers(0, n, n_more), rng.integers(0, n, n_more)
    for a, b, cost in zip(first, second, rng.integers(1, 101, n_more), strict=True):
        if a != b:
            length[a, b] = length[b, a] = cost
    return shortest_path(sp.csr_array(length), method="D", directed=False)


def run_one(n: int, p: int, *, seed: int, limit_s: float) -> dict[str, Any]:
    """Solve one and measure it."""
    ways = make_graph(n, seed=seed)
    started, cpu_s = time.perf_counter(), measure_cpu_s()
    result = solve_p_median(ways, p=p, time_limit_s=limit_s)
    return {
        "n": n,
        "p": p,
        "seed": seed,
        "objective": result.objective,
        "bound": result.bound,
        "is_proven": result.outcome is Outcome.PROVEN_OPTIMAL,
        "seconds": time.perf_counter() - started,
        "cpu_s": measure_cpu_s() - cpu_s,
    }


def main() -> None:
    """Run all and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--sizes", type=int, nargs="+", default=[600, 700, 800, 900])
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    done = [
        run_one(n, p, seed=seed, limit_s=options.limit_s)
        for n in options.sizes
        for p in (5, 10, n // 10)
        for seed in range(1, options.seeds + 1)
    ]
    print(json.dumps({"limit_s": options.limit_s, "instances": done}))


if __name__ == "__main__":
    main()
