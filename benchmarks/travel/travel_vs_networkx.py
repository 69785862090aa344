"""Time the travel table against networkx on the same graph and print the result as JSON.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.travel.travel_vs_networkx configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

Our time is the whole stage: reversing the graph, searching, collecting, sorting, checking.
The time of networkx is its searches alone (one per distinct site node on a reversed graph
that is made beforehand); picking out the cells afterwards is not counted.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import networkx as nx
import numpy as np
import scipy

from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.config.settings import TravelSettings
from chargeplan.demand.build import build_demand
from chargeplan.network.read import read_network
from chargeplan.records import CandidateSites, DemandCells, RoadNetwork, TravelTable
from chargeplan.runlog import measure_peak_memory_mb
from chargeplan.sites.build import build_sites
from chargeplan.travel.table import build_travel_table


def time_networkx(
    graph: nx.DiGraph, nodes: list[int], limit_s: float
) -> tuple[float, dict[int, dict[int, float]]]:
    """Search from every node and return the seconds this took and the driving times."""
    elapsed_s, found = 0.0, {}
    for node in nodes:
        started = time.perf_counter()
        reached = nx.single_source_dijkstra_path_length(graph, node, cutoff=limit_s)
        elapsed_s += time.perf_counter() - started
        found[node] = reached
    return elapsed_s, found


def compare(
    table: TravelTable, cells: DemandCells, sites: CandidateSites, found: dict[int, dict[int, float]]
) -> dict[str, object]:
    """Compare both answers pair by pair."""
    site_node = sites.table["node_pos"].to_numpy()
    differences_s = [
        abs(seconds - found[int(site_node[site])].get(int(cells.node_pos[cell]), np.inf))
        for cell, site, seconds in zip(table.cell_pos, table.site_pos, table.seconds, strict=True)
    ]
    largest_s = float(max(differences_s, default=0.0))
    cells_at = np.bincount(cells.node_pos[cells.node_pos >= 0])
    expected = sum(int(cells_at[node]) for at in site_node for node in found[int(at)] if node < len(cells_at))
    return {
        "pairs": len(table.seconds),
        "pairs_networkx": expected,
        "largest_difference_s": largest_s,
        "equal_to_1e-6": len(table.seconds) == expected and largest_s <= 1e-6,
    }


def measure(
    network: RoadNetwork, cells: DemandCells, sites: CandidateSites, settings: TravelSettings, runs: int
) -> dict[str, object]:
    """Run both in turn and return medians, the ratio and the comparison."""
    graph = nx.from_scipy_sparse_array(network.seconds.T.tocsr(), create_using=nx.DiGraph)
    nodes = np.unique(sites.table["node_pos"]).tolist()
    ours_s, networkx_s = [], []
    for _ in range(runs):
        started = time.perf_counter()
        table = build_travel_table(network, cells, sites, settings)
        ours_s.append(time.perf_counter() - started)
        elapsed_s, found = time_networkx(graph, nodes, table.limit_s)
        networkx_s.append(elapsed_s)
    return {
        "chargeplan_s": ours_s,
        "networkx_s": networkx_s,
        "chargeplan_median_s": statistics.median(ours_s),
        "networkx_median_s": statistics.median(networkx_s),
        "ratio": statistics.median(networkx_s) / statistics.median(ours_s),
        **compare(table, cells, sites, found),
    }


def main() -> None:
    """Read the arguments, prepare the records, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    settings = load_settings(arguments.config, arguments.overrides).settings
    area = build_study_area(settings.study)
    reading = read_network(area, settings.network)
    cells = build_demand(area, reading.network, reading.places, settings.demand, settings.study.zones)
    sites = build_sites(area, reading.network, reading.places, settings.sites)
    result = {
        "study": settings.study.name,
        "nodes": len(reading.network.node_id),
        "edges": int(reading.network.seconds.nnz),
        "cells": len(cells.cell_id),
        "sites": len(sites.table),
        "site_nodes": int(sites.table["node_pos"].nunique()),
        "limit_min": settings.travel.limit_min,
        **measure(reading.network, cells, sites, settings.travel, arguments.runs),
        "peak_memory_mb": measure_peak_memory_mb(),
        "python": platform.python_version(),
        "scipy": scipy.__version__,
        "networkx": nx.__version__,
        "processor": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
