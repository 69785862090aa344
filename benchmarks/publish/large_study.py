"""A made-up study of 50,000 cells and 2,000 sites, of which 500 are stations, for the map alone.

It is the sample of the tests over a whole division instead of a quarter: the same functions with
larger constants, in a copy of their module of this file's own.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

SAMPLE = Path(__file__).resolve().parents[2] / "tests" / "sample_bundle.py"
# A box of some 5,300 km2 around the sample's own, streets 1.4 km apart.
CONSTANTS = {
    "WEST": 72.66, "SOUTH": 33.36, "EAST": 73.44, "NORTH": 34.11, "_LINES": 160, "_SITES": 2000,
    "_ZONE_LON": (72.92, 73.18), "_ZONE_LAT": (33.58, 33.81), "_BUDGET_PKR": 40e9,
}  # fmt: skip


def build_large_bundle() -> Any:
    """Build the bundle that publication takes."""
    spec = importlib.util.spec_from_file_location("large_sample_bundle", SAMPLE)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SAMPLE)
    sample = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sample)
    for name, value in CONSTANTS.items():
        if not hasattr(sample, name):
            raise AttributeError(f"{SAMPLE.name} has no {name}")
        setattr(sample, name, value)
    sample.build_sample_travel = lambda cells, sites: build_near_travel(sample, cells, sites)
    return sample.build_sample_bundle(title="50,000 cells and 2,000 sites, made up")


def build_near_travel(sample: Any, cells: Any, sites: Any, limit_s: float = 480.0) -> Any:
    """Build driving times as the sample does, without a matrix of all pairs."""
    from chargeplan.geo import to_metric
    from chargeplan.records import TravelTable

    cell_xy = np.column_stack(to_metric(cells.lonlat[:, 0], cells.lonlat[:, 1], sample.CRS))
    table = sites.table
    site_xy = np.column_stack(to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), sample.CRS))
    near = cKDTree(cell_xy).sparse_distance_matrix(
        cKDTree(site_xy), limit_s * sample._METRES_PER_SECOND, output_type="coo_matrix"
    )
    order = np.lexsort((near.col, near.row))
    empty = np.zeros(0, np.int64)
    return TravelTable(
        near.row[order].astype(np.int64), near.col[order].astype(np.int64),
        near.data[order] / sample._METRES_PER_SECOND, len(cell_xy), len(site_xy), limit_s, empty, empty,
    )  # fmt: skip
