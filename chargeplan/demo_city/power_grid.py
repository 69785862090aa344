"""A SYNTHETIC electricity grid of the embedded city: grid stations, their transformers, their feeders.

No figure of it is a utility's, and no grid station stands where it is drawn. Every asset says so,
and so does the title of the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from chargeplan.demo_city.grid import find_grid_point, locate
from chargeplan.demo_city.tables import Outskirt, Sector, read_rows
from chargeplan.figures import read_figure_file

GRID_TITLE = "SYNTHETIC grid of a schematic Islamabad: headroom drawn by chance, no utility's figures"
_SEED = 21


@dataclass(frozen=True, slots=True)
class DrawnAsset:
    """One asset of the drawn grid; the headroom is None where it is left unknown."""

    asset_id: str
    parent: str
    level: str
    name: str
    lon: float
    lat: float
    headroom_kw: float | None = None


def make_power_grid(sectors: tuple[Sector, ...], outskirts: tuple[Outskirt, ...]) -> dict[str, object]:
    """Make the grid as GeoJSON: a feeder in each quarter of a sector or settlement with people.

    Feeders hang on the transformers of the nearest grid station in turn. Headroom is drawn between
    the limits of data/demo/grid.csv, from a fixed seed, and left blank for the share that it names.
    """
    figures = {
        about: figure.value
        for about, figure in read_figure_file("demo", "grid.csv", ("level", "quantity")).items()
    }
    rng = np.random.default_rng(_SEED)
    assets = [_draw_headroom(asset, figures, rng) for asset in draw_assets(sectors, outskirts)]
    return {
        "type": "FeatureCollection",
        "name": GRID_TITLE,
        "description": "Made to show and to test; see docs/explanation/demo-city.md",
        "features": [_make_feature(asset, figures) for asset in assets],
    }


def draw_assets(sectors: tuple[Sector, ...], outskirts: tuple[Outskirt, ...]) -> list[DrawnAsset]:
    """Draw grid stations, transformers and feeders, in this order and without headroom."""
    count = int(
        read_figure_file("demo", "grid.csv", ("level", "quantity"))["substation", "transformers"].value
    )
    stations, transformers = [], []
    for row in read_rows("grid_stations.csv"):
        lon, lat = locate(float(row["row"]), float(row["column"]))
        asset_id = row["name"].removesuffix(" Grid Station")
        stations.append(DrawnAsset(asset_id, "", "substation", f"{row['name']} (synthetic)", lon, lat))
        transformers += [
            DrawnAsset(
                f"{asset_id} T{number}", asset_id, "transformer",
                f"{row['name']}, transformer {number} (synthetic)", lon, lat,
            )
            for number in range(1, count + 1)
        ]  # fmt: skip
    places = [(find_grid_point(station.lon, station.lat), station.asset_id) for station in stations]
    used = dict.fromkeys((station.asset_id for station in stations), 0)
    feeders = []
    for area, quarters in _list_quarters(sectors, outskirts):
        for number, point in enumerate(quarters, start=1):
            _, station_id = min((math.dist(point, place), asset_id) for place, asset_id in places)
            parent = f"{station_id} T{used[station_id] % count + 1}"
            used[station_id] += 1
            name = f"Feeder {area}/{number} (synthetic)"
            feeders.append(DrawnAsset(f"{area}/{number}", parent, "feeder", name, *locate(*point)))
    return [*stations, *transformers, *feeders]


def _list_quarters(
    sectors: tuple[Sector, ...], outskirts: tuple[Outskirt, ...]
) -> list[tuple[str, list[tuple[float, float]]]]:
    """List the middles of the four quarters of each sector and settlement with people."""
    areas: list[tuple[str, float, float, float, float]] = [
        (sector.name, sector.row, sector.column, 0.24, 0.24) for sector in sectors if sector.people_weight
    ]
    areas += [
        (patch.name, patch.row, patch.column, patch.half_rows / 2, patch.half_columns / 2)
        for patch in outskirts
        if patch.people_weight
    ]
    return [
        (name, [(row + i * rows, column + j * columns) for i in (-1, 1) for j in (-1, 1)])
        for name, row, column, rows, columns in areas
    ]


def _draw_headroom(
    asset: DrawnAsset, figures: dict[tuple[str, ...], float], rng: np.random.Generator
) -> DrawnAsset:
    least, largest = figures[asset.level, "least_headroom_kw"], figures[asset.level, "largest_headroom_kw"]
    is_unknown = rng.random() < figures[asset.level, "unknown_share"]
    headroom_kw = float(round(rng.uniform(least, largest), -1))
    return replace(asset, headroom_kw=None if is_unknown else headroom_kw)


def _make_feature(asset: DrawnAsset, figures: dict[tuple[str, ...], float]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {
            "id": asset.asset_id,
            "parent": asset.parent,
            "name": asset.name,
            "level": asset.level,
            "headroom_kw": asset.headroom_kw,
            "step_kw": figures[asset.level, "step_kw"],
            "step_pkr": figures[asset.level, "step_pkr"],
            "max_steps": int(figures[asset.level, "max_steps"]),
            "synthetic": True,
        },
        "geometry": {"type": "Point", "coordinates": [asset.lon, asset.lat]},
    }
