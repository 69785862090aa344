"""Places of the map page: zones with their outlines, grid assets with their loads, the area's outline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.publish.encode import pack_lines
from chargeplan.publish.hexagons import find_outlines
from chargeplan.publish.run_record import make_finite
from chargeplan.publish.stage_results import describe_zone_floors
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Floats

_THINNING_DEG = 0.0002  # some 20 m


def pack_boundary(bundle: RunBundle) -> str:
    """Pack the rings of the study area's outline."""
    return pack_lines(_list_rings(bundle.area.boundary))


def list_zones(bundle: RunBundle) -> list[list[Any]]:
    """List the zones: name, people, demand, served share, place of its name, share of usable, floor."""
    weight = np.maximum(bundle.cells.people, 1e-9)
    pos, count = bundle.cells.zone_pos, len(bundle.cells.zones)
    total = np.maximum(np.bincount(pos, weights=weight, minlength=count), 1e-12)
    floors = describe_zone_floors(bundle)
    centre = [
        np.bincount(pos, weights=weight * bundle.cells.lonlat[:, axis], minlength=count) for axis in (0, 1)
    ]
    return [
        [
            clean_text(row["zone_name"]),
            round(float(row["people"])),
            round(float(row["demand_kwh_day"]), 1),
            make_finite(round(float(row["served_share"]), 4)),
            round(float(centre[0][number] / total[number]), 5),
            round(float(centre[1][number] / total[number]), 5),
            *floors.get(str(row["zone_id"]), [None, None]),
        ]
        for number, row in enumerate(bundle.evaluation.zones.to_dict("records"))
    ]


def pack_zone_outlines(bundle: RunBundle) -> dict[str, Any]:
    """Pack the outlines of the zones: ``rings``, the number of rings of each zone, and their ``lines``."""
    if bundle.cells.zones_are_cells:
        outlines = find_outlines(bundle.cells.zones["zone_id"].to_numpy().astype(np.str_))
        return {"rings": [1] * len(outlines), "lines": pack_lines(outlines)}
    rings = [[] if zone is None else _list_rings(zone) for zone in bundle.zone_outlines]
    return {
        "rings": [len(each) for each in rings],
        "lines": pack_lines([ring for each in rings for ring in each]),
    }


def describe_assets(bundle: RunBundle, ranked: pd.DataFrame) -> dict[str, Any] | None:
    """Describe the grid assets that have a place; None without a grid.

    Returns
    -------
    dict or None
        ``assets``, each with name, longitude, latitude, row of the asset above (-1 when none),
        headroom as it stands (kW, None when unknown), is synthetic, and for each year its new
        load, limit (kW) and upgrades bought; ``siteAsset``, the row of the asset that each open
        site hangs on (-1 when nobody knows).
    """
    grid = bundle.grid
    if grid is None:
        return None
    table = grid.table
    has_place = table["lon"].notna().to_numpy() & table["lat"].notna().to_numpy()
    row_of = np.full(len(table) + 1, -1, dtype=np.int64)  # the last stands for "none"
    row_of[np.flatnonzero(has_place)] = np.arange(has_place.sum())
    by_year = _list_asset_years(bundle)
    none = [0.0, None, 0]
    return {
        "assets": [
            [
                clean_text(row["name"]) or clean_text(row["asset_id"]),
                round(float(row["lon"]), 5),
                round(float(row["lat"]), 5),
                int(row_of[int(row["parent_pos"])]),
                make_finite(round(float(row["headroom_kw"]), 1)),
                bool(row["is_synthetic"]),
                [
                    year.get(str(row["asset_id"]), [0.0, make_finite(round(float(row["headroom_kw"]), 1)), 0])
                    for year in by_year
                ]
                or [none],
            ]
            for row in table[has_place].to_dict("records")
        ],
        "siteAsset": [int(row_of[pos]) for pos in grid.site_asset_pos[ranked.index.to_numpy()]],
    }


def _list_asset_years(bundle: RunBundle) -> list[dict[str, list[float | int | None]]]:
    """List for each year the load, limit and upgrades of the assets that carry any."""
    table = bundle.evaluation.grid_years
    if table.empty:
        return [{}]
    years = bundle.request.years or tuple(sorted(set(table["year"])))
    listed: list[dict[str, list[float | int | None]]] = []
    for year in years:
        rows = table[table["year"] == year].to_dict("records")
        listed.append(
            {
                str(row["asset_id"]): [
                    round(float(row["load_kw"]), 1),
                    make_finite(round(float(row["limit_kw"]), 1)),
                    int(row["steps"]),
                ]
                for row in rows
            }
        )
    return listed


def _list_rings(outline: shapely.Geometry) -> list[Floats]:
    thinned = outline.simplify(_THINNING_DEG)
    return [
        shapely.get_coordinates(ring)[:-1]
        for polygon in shapely.get_parts(thinned)
        if isinstance(polygon, shapely.Polygon)
        for ring in (polygon.exterior, *polygon.interiors)
    ]
