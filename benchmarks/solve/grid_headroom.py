"""SYNTHETIC headroom for the sites of a benchmark: no figure of it is a utility's.

Print it as GeoJSON for the sites of a published run, to name the file as `grid.path`:

    python -m benchmarks.solve.grid_headroom maps/islamabad/sites.geojson --seed 1 > grid.geojson

or take `make_headroom` for the sites of any record.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from chargeplan.geo import find_utm_crs, to_degrees, to_metric
from chargeplan.grid_assets import GridAssets
from chargeplan.records import Floats, Ints
from chargeplan.tables import GRID_ASSETS, make_table

TITLE = "SYNTHETIC headroom, drawn by chance (seed {seed}); no utility's figures"
# Headroom as a share of the load that is wanted below an asset, drawn evenly between the two.
HEADROOM_SHARE = (0.0, 1.5)
STEP_KW = {"feeder": 500.0, "transformer": 5_000.0, "substation": 10_000.0}
STEP_PKR = {"feeder": 9e6, "transformer": 120e6, "substation": 400e6}
MAX_STEPS = {"feeder": 2, "transformer": 1, "substation": 1}


def make_headroom(
    site_lonlat: Floats,
    site_kw: Floats,
    *,
    seed: int,
    tightness: float = 1.0,
    unknown_share: float = 0.15,
    sites_per_feeder: float = 4.0,
    feeders_per_transformer: float = 6.0,
    transformers_per_substation: float = 2.0,
    max_distance_m: float = 2_000.0,
    unknown_headroom_pkr_kw: float = 15_000.0,
) -> GridAssets:
    """Make a synthetic tree of headroom below which every site hangs on its nearest feeder.

    Feeders stand beside sites drawn by chance, transformers beside feeders, substations beside
    transformers, and each hangs on the nearest of the level above. The headroom of an asset is a
    share, drawn by chance, of the load that the sites below it would want, divided by `tightness`.

    Parameters
    ----------
    site_lonlat : ndarray, shape (n_sites, 2)
        EPSG:4326.
    site_kw : ndarray, shape (n_sites,)
        Load that each site may want, such as that of a usual station.
    seed : int
    tightness : float
        2 halves every headroom.
    unknown_share : float
        Share of the assets whose headroom is unknown.
    sites_per_feeder, feeders_per_transformer, transformers_per_substation : float
    max_distance_m : float
        Sites farther than this from every feeder hang on none.
    unknown_headroom_pkr_kw : float
    """
    rng = np.random.default_rng(seed)
    crs = find_utm_crs(float(np.median(site_lonlat[:, 0])))
    site_xy_m = np.column_stack(to_metric(site_lonlat[:, 0], site_lonlat[:, 1], crs))
    feeders_m = _draw_beside(site_xy_m, sites_per_feeder, 150.0, rng)
    transformers_m = _draw_beside(feeders_m, feeders_per_transformer, 0.0, rng)
    substations_m = _draw_beside(transformers_m, transformers_per_substation, 0.0, rng)
    levels = {"feeder": feeders_m, "substation": substations_m, "transformer": transformers_m}
    first = dict(zip(levels, np.cumsum([0, *(len(xy) for xy in levels.values())]), strict=False))
    parent_pos = np.concatenate(
        [
            first["transformer"] + cKDTree(transformers_m).query(feeders_m)[1],
            np.full(len(substations_m), -1),
            first["substation"] + cKDTree(substations_m).query(transformers_m)[1],
        ]
    )
    metres, nearest = cKDTree(feeders_m).query(site_xy_m)
    site_asset_pos = np.where(metres <= max_distance_m, nearest, -1)
    level = np.repeat(list(levels), [len(xy) for xy in levels.values()])
    xy_m = np.concatenate(list(levels.values()))
    is_unknown = rng.random(len(level)) < unknown_share
    share = rng.uniform(*HEADROOM_SHARE, len(level))
    table = _make_table(level, np.column_stack(to_degrees(xy_m[:, 0], xy_m[:, 1], crs)), parent_pos)
    grid = GridAssets(
        title=TITLE.format(seed=seed),
        table=table,
        site_asset_pos=site_asset_pos.astype(np.int64),
        site_asset_m=metres,
        is_linked=np.zeros(len(metres), dtype=bool),
        max_distance_m=max_distance_m,
        unknown_headroom_pkr_kw=unknown_headroom_pkr_kw,
    )
    wanted_kw = grid.sum_below(np.asarray(site_kw, dtype=np.float64))
    headroom_kw = np.where(is_unknown, np.nan, np.round(share * wanted_kw / tightness))
    return GridAssets(
        grid.title,
        table.assign(headroom_kw=headroom_kw),
        grid.site_asset_pos,
        grid.site_asset_m,
        grid.is_linked,
        max_distance_m,
        unknown_headroom_pkr_kw,
    )


def _draw_beside(xy_m: Floats, per_asset: float, spread_m: float, rng: np.random.Generator) -> Floats:
    """Draw fewer places, each beside one of those given."""
    count = max(math.ceil(len(xy_m) / per_asset), 1)
    at = np.sort(rng.choice(len(xy_m), count, replace=False))
    return np.asarray(xy_m[at] + rng.uniform(-spread_m, spread_m, (count, 2)))


def _make_table(level: Any, lonlat: Floats, parent_pos: Ints) -> pd.DataFrame:
    number = np.arange(len(level))  # levels in the order of their names, so that ids rise
    return make_table(
        GRID_ASSETS,
        {
            "asset_id": [f"{word} {row:06d}" for word, row in zip(level, number, strict=True)],
            "name": [f"synthetic {word} {row}" for word, row in zip(level, number, strict=True)],
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
            "parent_pos": parent_pos,
            "headroom_kw": np.zeros(len(level)),
            "step_kw": [STEP_KW[word] for word in level],
            "step_pkr": [STEP_PKR[word] for word in level],
            "max_steps": [MAX_STEPS[word] for word in level],
            "is_synthetic": [True] * len(level),
        },
    )


def write_geojson(grid: GridAssets) -> str:
    """Write the assets as a file for `grid.path`."""
    ids = [*grid.table["asset_id"], ""]
    features = [
        {
            "type": "Feature",
            "properties": {
                "id": row.asset_id,
                "parent": ids[row.parent_pos],
                "name": row.name,
                "headroom_kw": None if math.isnan(row.headroom_kw) else row.headroom_kw,
                "step_kw": row.step_kw,
                "step_pkr": row.step_pkr,
                "max_steps": row.max_steps,
                "synthetic": True,
            },
            "geometry": {"type": "Point", "coordinates": [round(row.lon, 7), round(row.lat, 7)]},
        }
        for row in grid.table.itertuples(index=False)
    ]
    return json.dumps({"type": "FeatureCollection", "name": grid.title, "features": features}, indent=1)


def main() -> None:
    """Read the arguments, draw, print GeoJSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sites", type=Path, help="sites.geojson of a run, or any GeoJSON of points")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--site-kw", type=float, default=360.0, help="load that each site may want")
    parser.add_argument("--tightness", type=float, default=1.0)
    options = parser.parse_args()
    features = json.loads(options.sites.read_text(encoding="utf-8"))["features"]
    lonlat = np.array([feature["geometry"]["coordinates"] for feature in features], dtype=np.float64)
    site_kw = np.full(len(lonlat), options.site_kw)
    print(write_geojson(make_headroom(lonlat, site_kw, seed=options.seed, tightness=options.tightness)))


if __name__ == "__main__":
    main()
