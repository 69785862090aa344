"""Pieces of a grid of people, each in one cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.dots import lay_dots

if TYPE_CHECKING:
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.dots import Dots
    from chargeplan.demand.people_grid import PeopleGrid
    from chargeplan.demand.zone_totals import PeopleZones
    from chargeplan.records import Bools, Floats, Ints

_DOTS_PER_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class GridPieces:
    """People of the grid by piece: what of a square lies in one zone and one cell.

    Zone -1 is no zone, cell -1 is outside the study area.
    """

    zone_pos: Ints
    cell_pos: Ints
    people: Floats
    has_road: Bools


def cut_pieces(
    grid: PeopleGrid, near: Ints, cover: CellCover, road_m: Floats, zones: PeopleZones | None
) -> GridPieces:
    """Cut the squares at zones and cells, block by block."""
    dots = lay_dots(grid, cover)
    block = max(_DOTS_PER_BLOCK // dots.n_per_square, 1)
    cut = [
        _cut_block(grid, near[start : start + block], dots, cover, road_m, zones)
        for start in range(0, len(near), block)
    ]
    empty = np.zeros(0, dtype=np.int64)
    return GridPieces(
        np.concatenate([empty, *(pieces.zone_pos for pieces in cut)]),
        np.concatenate([empty, *(pieces.cell_pos for pieces in cut)]),
        np.concatenate([np.zeros(0), *(pieces.people for pieces in cut)]),
        np.concatenate([np.zeros(0, dtype=np.bool_), *(pieces.has_road for pieces in cut)]),
    )


def _cut_block(
    grid: PeopleGrid, squares: Ints, dots: Dots, cover: CellCover, road_m: Floats, zones: PeopleZones | None
) -> GridPieces:
    lon, lat = dots.locate(squares)
    cell_pos = cover.find_cells(lon, lat)
    zone_pos = np.full(len(lon), -1, dtype=np.int64) if zones is None else zones.find_zones(lon, lat)
    n_zones = 0 if zones is None else len(zones.zone_id)
    square_pos = np.repeat(np.arange(len(squares)), dots.n_per_square)
    part_of_dot = square_pos * (n_zones + 1) + zone_pos + 1
    pair, n_dots = np.unique(part_of_dot * (cover.n_cells + 1) + cell_pos + 1, return_counts=True)
    part_key, cell = pair // (cover.n_cells + 1), pair % (cover.n_cells + 1) - 1
    _, first, part = np.unique(part_key, return_index=True, return_inverse=True)
    n_parts = len(first)
    people_per_dot = grid.people[squares] / dots.n_per_square
    inside = cell >= 0
    n_inside = np.bincount(part[inside], n_dots[inside], n_parts)
    by_road = np.where(inside, n_dots * road_m[cell], 0.0)
    has_road = np.bincount(part, by_road, n_parts) > 0
    weight = np.where(has_road[part], by_road, np.where(inside, n_dots, 0.0).astype(np.float64))
    total = np.bincount(part, weight, n_parts)
    share = np.divide(weight, total[part], out=np.zeros(len(weight)), where=inside)
    square = (part_key[first] // (n_zones + 1))[part]
    people = people_per_dot[square] * np.where(inside, n_inside[part] * share, n_dots)
    return GridPieces(part_key % (n_zones + 1) - 1, cell, people, has_road[part])
