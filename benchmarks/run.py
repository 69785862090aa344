"""Run every benchmark, store its result with machine and versions, and rewrite the README's table.

    python -m benchmarks.run [--quick] [--only NAME ...]

Each benchmark is a process of its own, so that peak memory is its own and one that fails leaves
the others standing. The real extracts are looked for in $CHARGEPLAN_REAL_DATA, then ../shared;
what needs them is skipped, and named, when they are absent. ``--quick`` shows in a few minutes
that everything works: fewer runs, smaller sizes, shorter limits; its results go to
benchmarks/results/quick/ and never into the table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine, list_versions
from benchmarks.table import write_table

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
RESULTS_FOLDER = PROJECT_FOLDER / "benchmarks" / "results"
CONFIG = "configs/islamabad.yaml"
ISLAMABAD_FILES = {
    "network.path": "osm/islamabad/islamabad_ict_2020-07.osm.pbf",
    "demand.population.path": "osm/islamabad/worldpop2020_1km_points_utm43n.gpkg",
}
KARACHI_FILE = "osm/karachi/derived_karachi_south_drive.osm.pbf"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A script of this folder.

    Parameters
    ----------
    name : str
        Of the result file.
    module : str
    options, quick_options : tuple of str
        Command line of the full and of the quick run.
    is_on_islamabad : bool
        Whether it needs the real extracts.
    is_on_instances : bool
        Whether it needs the benchmark instances with published optima.
    is_on_karachi : bool
        Whether it also takes the roads of Karachi, where they are.
    """

    name: str
    module: str
    options: tuple[str, ...] = ()
    quick_options: tuple[str, ...] = ()
    is_on_islamabad: bool = False
    is_on_instances: bool = False
    is_on_karachi: bool = False


BENCHMARKS = (
    Benchmark("help_cpu", "benchmarks.cli.help_cpu"),
    Benchmark(
        "pbf_to_travel_vs_osmnx",
        "benchmarks.network.pbf_to_travel_vs_osmnx",
        ("--runs", "3"),
        ("--runs", "1"),
        is_on_islamabad=True,
    ),
    Benchmark(
        "travel_vs_networkx",
        "benchmarks.travel.travel_vs_networkx",
        ("--runs", "3"),
        ("--runs", "1"),
        is_on_islamabad=True,
    ),
    Benchmark(
        "cut_vs_osmium",
        "benchmarks.download.cut_vs_osmium",
        ("--runs", "3"),
        ("--runs", "1", "--copies", "6"),
        is_on_islamabad=True,
    ),
    Benchmark(
        "mclp_vs_spopt",
        "benchmarks.solve.mclp_vs_spopt",
        (),
        ("--points", "1000", "--sites", "100", "--max-sites", "8", "--limit-s", "2", "--seeds", "1"),
    ),
    Benchmark(
        "cover_sizes",
        "benchmarks.solve.cover_sizes",
        (),
        ("--only", "20,000", "--seeds", "1"),
    ),
    Benchmark(
        "published_optima",
        "benchmarks.solve.published_optima",
        (),
        ("--every", "10"),
        is_on_instances=True,
    ),
    Benchmark("p_median_graphs", "benchmarks.solve.p_median_graphs", (), ("--sizes", "200")),
    Benchmark(
        "allocate_islamabad",
        "benchmarks.solve.allocate_islamabad",
        (),
        ("--limit-s", "10", "--budget-pkr", "200e6"),
        is_on_islamabad=True,
    ),
    Benchmark(
        "staged_islamabad",
        "benchmarks.solve.staged_islamabad",
        (),
        ("--limit-s", "20"),
        is_on_islamabad=True,
    ),
    Benchmark(
        "city_maps",
        "benchmarks.publish.city_maps",
        ("--runs", "3"),
        ("--runs", "1", "--peer-runs", "1"),
        is_on_islamabad=True,
        is_on_karachi=True,
    ),
)


def find_islamabad() -> tuple[dict[str, Path], str]:
    """Find the real extracts of Islamabad; return them by config key, and why not when empty."""
    named = os.environ.get("CHARGEPLAN_REAL_DATA")
    folder = Path(named) if named else PROJECT_FOLDER.parent / "shared"
    found = {key: folder / name for key, name in ISLAMABAD_FILES.items()}
    missing = [str(path) for path in found.values() if not path.is_file()]
    if missing:
        return {}, f"no {' and no '.join(missing)}; set CHARGEPLAN_REAL_DATA to the folder that holds osm/"
    return found, ""


def find_karachi() -> Path | None:
    """Find the roads of Karachi South."""
    named = os.environ.get("CHARGEPLAN_REAL_DATA")
    folder = Path(named) if named else PROJECT_FOLDER.parent / "shared"
    path = folder / KARACHI_FILE
    return path if path.is_file() else None


def find_instances() -> Path:
    """Return where the benchmark instances are looked for."""
    named = os.environ.get("CHARGEPLAN_REAL_DATA")
    return (Path(named) if named else PROJECT_FOLDER.parent / "shared") / "instances"


def run_benchmark(benchmark: Benchmark, files: dict[str, Path], *, quick: bool) -> dict[str, Any]:
    """Run one benchmark in its own process and return its result.

    Raises
    ------
    subprocess.CalledProcessError
        When it fails; its own words went to the standard error output.
    """
    command = [sys.executable, "-m", benchmark.module]
    if benchmark.is_on_islamabad:
        command += [CONFIG, *(part for key, path in files.items() for part in ("--set", f"{key}={path}"))]
    if benchmark.is_on_karachi and (roads := find_karachi()) is not None:
        command += ["--karachi-pbf", str(roads)]
    if benchmark.is_on_instances:
        command.append(str(find_instances()))
    command += benchmark.quick_options if quick else benchmark.options
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=PROJECT_FOLDER)
    return json.loads(done.stdout)


def run_and_store(benchmark: Benchmark, files: dict[str, Path], *, quick: bool) -> bool:
    """Run one benchmark and store its result; tell whether it worked."""
    started = time.perf_counter()
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    machine = describe_machine()
    try:
        result = run_benchmark(benchmark, files, quick=quick)
    except (subprocess.CalledProcessError, json.JSONDecodeError) as failure:
        print(f"{benchmark.name}: FAILED: {failure}", flush=True)
        return False
    folder = RESULTS_FOLDER / "quick" if quick else RESULTS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stored = {
        "benchmark": benchmark.name,
        "date": date,
        "machine": machine,
        "versions": list_versions(),
        "result": result,
    }
    text = json.dumps(stored, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / f"{benchmark.name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{benchmark.name}: done in {time.perf_counter() - started:.0f} s", flush=True)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, few runs, not for the table")
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    options = parser.parse_args(arguments)
    files, why_not = find_islamabad()
    failed = []
    for benchmark in BENCHMARKS:
        if benchmark.name not in options.only:
            continue
        if benchmark.is_on_islamabad and not files:
            print(f"{benchmark.name}: skipped: {why_not}", flush=True)
            continue
        if benchmark.is_on_instances and not (find_instances() / "optima.csv").is_file():
            print(f"{benchmark.name}: skipped: no {find_instances() / 'optima.csv'}", flush=True)
            continue
        if not run_and_store(benchmark, files, quick=options.quick):
            failed.append(benchmark.name)
    if not options.quick:
        write_table(PROJECT_FOLDER / "benchmarks" / "README.md", RESULTS_FOLDER)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
