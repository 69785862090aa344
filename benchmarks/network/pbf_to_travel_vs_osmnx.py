"""Time a PBF to the travel table against osmnx loading the same roads, both as whole processes.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.network.pbf_to_travel_vs_osmnx configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

Ours: read the config and the PBF, cells, sites, all driving times (all candidates, all cells,
`travel.limit_min`). osmnx: `graph_from_xml` with its simplification, on an `.osm` file with
the ways that our reader takes as drivable and their nodes, made beforehand and not timed.
Both are timed inside their process after the imports, so that start-up is not counted. The
roads are written by a process of their own: on Linux a child's peak memory begins at that of
its parent, so this process has to stay small.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

OURS = """
import sys, time
from pathlib import Path
from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.demand.build import build_demand
from chargeplan.network.read import read_network
from chargeplan.runlog import measure_peak_memory_mb
from chargeplan.sites.build import build_sites
from chargeplan.travel.table import build_travel_table
import geopandas, h3, osmium, pyogrio, rasterio, scipy.sparse.csgraph, scipy.spatial
started = time.perf_counter()
settings = load_settings(Path(sys.argv[1]), sys.argv[2:]).settings
area = build_study_area(settings.study)
reading = read_network(area, settings.network)
cells = build_demand(area, reading.network, reading.places, settings.demand, settings.study.zones)
sites = build_sites(area, reading.network, reading.places, settings.sites)
table = build_travel_table(reading.network, cells, sites, settings.travel)
import json
print(json.dumps({"seconds": time.perf_counter() - started, "peak_mb": measure_peak_memory_mb(),
    "nodes": len(reading.network.node_id), "edges": int(reading.network.seconds.nnz),
    "cells": len(cells.cell_id), "sites": len(sites.table), "pairs": len(table.seconds)}))
"""

ROADS = """
import json, sys
from pathlib import Path
from benchmarks.network.pbf_to_travel_vs_osmnx import write_drivable_roads
print(json.dumps({"ways": write_drivable_roads(Path(sys.argv[1]), Path(sys.argv[2]))}))
"""

OSMNX = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import osmnx
from chargeplan.runlog import measure_peak_memory_mb
started = time.perf_counter()
graph = osmnx.graph_from_xml(sys.argv[1], retain_all=False)
print(json.dumps({"seconds": time.perf_counter() - started, "peak_mb": measure_peak_memory_mb(),
    "nodes": len(graph.nodes), "edges": len(graph.edges)}))
"""


def write_drivable_roads(source: Path, target: Path) -> int:
    """Write the ways that our reader takes as drivable, and their nodes, as OSM XML."""
    import osmium

    from chargeplan.network.tags import CLASS_CODES, is_drivable

    n_ways = 0
    with osmium.BackReferenceWriter(str(target), ref_src=str(source), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
            tags = dict(way.tags)
            if tags.get("highway") in CLASS_CODES and is_drivable(tags.get):
                writer.add(way)
                n_ways += 1
    return n_ways


def run_child(code: str, *arguments: str) -> dict[str, float]:
    """Run code in a fresh interpreter and return the JSON object of its last line."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure(config: Path, overrides: list[str], runs: int) -> dict[str, object]:
    """Run both in turn and return medians and the ratio."""
    from chargeplan.config.load import load_settings

    source = load_settings(config, overrides).settings.network.path
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        roads = Path(folder) / "roads.osm"
        n_ways = run_child(ROADS, str(source), str(roads))["ways"]
        for _ in range(runs):
            ours.append(run_child(OURS, str(config), *overrides))
            theirs.append(run_child(OSMNX, str(roads)))
    ours_s = statistics.median(run["seconds"] for run in ours)
    theirs_s = statistics.median(run["seconds"] for run in theirs)
    return {
        "benchmark": "PBF to travel table against osmnx.graph_from_xml alone",
        "study": config.stem,
        "runs": runs,
        "ways": n_ways,
        "ours": {**ours[0], "seconds": ours_s, "peak_mb": max(run["peak_mb"] for run in ours)},
        "osmnx": {**theirs[0], "seconds": theirs_s, "peak_mb": max(run["peak_mb"] for run in theirs)},
        "ratio_ours_to_osmnx": ours_s / theirs_s,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps(measure(options.config, options.overrides, options.runs), indent=2))
