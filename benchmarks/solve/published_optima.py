"""Prove every published optimum of the classical instances, and time each.

    python -m benchmarks.solve.published_optima FOLDER [--limit-s 60] [--only p-median]

FOLDER holds ``optima.csv`` (family, instance, problem, params, value, status, source) and a folder
for each family. Rows whose problem is not solved here (flow refuelling) are counted and left out.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import shortest_path

from chargeplan import solve_cflp, solve_lscp, solve_mclp, solve_p_median, solve_set_cover
from chargeplan.classical import ClassicalResult
from chargeplan.records import Floats
from chargeplan.words import Outcome

TOLERANCE = 1e-6  # the published values have three to four decimals, relative to values above 100
Row = dict[str, str]


def read_params(row: Row) -> dict[str, str]:
    """Read "S=800 m;p=1;euclid" as keys and values."""
    return dict(part.split("=", 1) for part in row["params"].split(";") if "=" in part)


def read_pmed(path: Path) -> tuple[Floats, int]:
    """Read an OR-Library p-median graph: all shortest ways, and p; of a repeated edge the last counts."""
    numbers = np.array(path.read_text("utf-8").split(), dtype=np.int64)
    n, m, p = (int(number) for number in numbers[:3])
    length = np.zeros((n, n))
    for a, b, cost in numbers[3 : 3 + 3 * m].reshape(-1, 3) - [1, 1, 0]:
        length[a, b] = length[b, a] = cost
    return shortest_path(sp.csr_array(length), method="D", directed=False), p


def read_cap(path: Path, *, capacity: float | None = None) -> tuple[Floats, Floats, Floats, Floats]:
    """Read an OR-Library location file: cost of serving each cell whole, demand, capacity, opening cost.

    In the large files the capacity is a word, to be given.
    """
    words = path.read_text("utf-8").split()
    n_sites, n_cells = int(words[0]), int(words[1])
    values = np.array([capacity if word == "capacity" else word for word in words[2:]], dtype=np.float64)
    sites, cells = values[: 2 * n_sites].reshape(-1, 2), values[2 * n_sites :].reshape(n_cells, -1)
    return cells[:, 1:], cells[:, 0], sites[:, 0], sites[:, 1]


def read_scp(path: Path) -> tuple[sp.csr_array, Floats]:
    """Read an OR-Library set cover: which column covers which row, and the costs."""
    numbers = np.array(path.read_text("utf-8").split(), dtype=np.int64)
    n_rows, n_columns = (int(number) for number in numbers[:2])
    cost, rest = numbers[2 : 2 + n_columns].astype(np.float64), numbers[2 + n_columns :]
    starts, columns, at = [0], [], 0
    for _ in range(n_rows):
        columns.append(rest[at + 1 : at + 1 + rest[at]] - 1)
        starts.append(starts[-1] + int(rest[at]))
        at += 1 + int(rest[at])
    indices = np.concatenate(columns)
    return sp.csr_array((np.ones(len(indices)), indices, starts), shape=(n_rows, n_columns)), cost


def read_sjc(folder: Path, name: str) -> tuple[Floats, Floats]:
    """Read an instance of São José dos Campos: weight and distances."""
    xy = np.loadtxt(folder / "sjc" / f"{name.lower()}_data.txt", skiprows=1)
    weight = np.loadtxt(folder / "sjc" / f"{name.lower()}_demand.txt").ravel()
    return weight, measure_distances(xy, xy)


def read_swain(folder: Path) -> tuple[Floats, Floats]:
    """Read the 55 nodes of Swain: weight and distances."""
    numbers = np.array((folder / "swain55" / "swain.txt").read_text("utf-8").split()[1:], dtype=np.float64)
    nodes = numbers.reshape(-1, 4)
    return nodes[:, 3], measure_distances(nodes[:, 1:3], nodes[:, 1:3])


def measure_distances(a: Floats, b: Floats) -> Floats:
    """Measure straight-line distances, shape (n_a, n_b)."""
    return np.hypot(*(a[:, None, :] - b[None, :, :]).transpose(2, 0, 1))


def make_solver(row: Row, folder: Path, limit_s: float) -> Callable[[], ClassicalResult] | None:
    """Read the instance of a row; return what solves it, or None for a problem that is not ours."""
    params, name, problem = read_params(row), row["instance"], row["problem"]
    limit: dict[str, Any] = {"time_limit_s": limit_s}
    if row["family"] == "OR-Library pmed":
        ways, p = read_pmed(folder / "pmed" / f"{name}.txt")
        return lambda: solve_p_median(ways, p=p, **limit)
    if problem.startswith("CFLP"):
        cost, demand, capacity, opening = read_cap(folder / "cap" / f"{name}.txt")
        return lambda: solve_cflp(cost, demand, capacity, opening, **limit)
    if problem.startswith("set covering"):
        cover, price = read_scp(folder / "scp" / f"{name}.txt")
        return lambda: solve_set_cover(cover, price, **limit)
    if name not in {"swain55", "SJC324", "SJC402", "SJC500"}:
        return None
    weight, distance = read_swain(folder) if name == "swain55" else read_sjc(folder, name)
    if problem.startswith("p-median"):
        return lambda: solve_p_median(distance, p=int(params["p"]), weight=weight, **limit)
    radius = float(params["S"].split()[0])
    if problem == "LSCP":
        return lambda: solve_lscp(distance, radius=radius, **limit)
    return lambda: solve_mclp(weight, distance, radius=radius, p=int(params["p"]), **limit)


def list_rows(folder: Path) -> list[Row]:
    """List the rows of the table of optima."""
    with (folder / "optima.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measure_cpu_s() -> float:
    """Measure the processor time of this process and of the solver's."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def run_row(row: Row, solve: Callable[[], ClassicalResult]) -> dict[str, Any]:
    """Solve one instance and compare it with the published value."""
    started, cpu_s = time.perf_counter(), measure_cpu_s()
    result = solve()
    seconds, cpu_s = time.perf_counter() - started, measure_cpu_s() - cpu_s
    published = float(row["value"])
    return {
        "problem": row["problem"].split(" (")[0],
        "instance": row["instance"],
        "params": row["params"],
        "published": published,
        "objective": result.objective,
        "bound": result.bound,
        "is_equal": abs(result.objective - published) <= TOLERANCE * max(1.0, abs(published)),
        "is_proven": result.outcome is Outcome.PROVEN_OPTIMAL,
        "seconds": seconds,
        "cpu_s": cpu_s,
    }


def main() -> None:
    """Run all rows and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--only", default="", help="problems whose name begins so")
    parser.add_argument("--every", type=int, default=1, help="each so many rows only")
    options = parser.parse_args()
    done, left_out = [], 0
    for row in list_rows(options.folder)[:: options.every]:
        solve = make_solver(row, options.folder, options.limit_s)
        if solve is None or not row["problem"].startswith(options.only):
            left_out += 1
            continue
        done.append(run_row(row, solve))
    print(json.dumps({"limit_s": options.limit_s, "left_out": left_out, "instances": done}))


if __name__ == "__main__":
    main()
