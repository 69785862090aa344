"""Spread the squares of a people grid over the cells they cover, by road length."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import compute_figure
from chargeplan.demand.people import CellPeople
from chargeplan.errors import DataError
from chargeplan.geo import to_metric

if TYPE_CHECKING:
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.people_grid import PeopleGrid
    from chargeplan.records import Bools, Floats, Ints

LOG = logging.getLogger(__name__)

# Three dots along the edge of a cell (some 27 in a cell) tell the part of a square in it to about a
# tenth of the cell; the rest of the weight, the length of road, is not known better.
_DOTS_PER_EDGE = 3
_MOST_DOTS_PER_SIDE = 500
_DOTS_PER_BLOCK = 1_000_000
# Roads through empty land are no fault; a grid of another town leaves far more than this uncounted.
_LARGEST_UNCOUNTED_ROAD_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Overlap:
    """How many dots of each square lie in each cell; cell -1 is outside."""

    square_pos: Ints
    cell_pos: Ints
    n_dots: Ints


def spread_grid(grid: PeopleGrid, cover: CellCover, road_m: Floats) -> CellPeople:
    """Spread the people of each square over its cells by covered area times road length.

    The share of a square outside all cells, by area, is reported as outside. Where the part
    inside has no road, its people are spread by area. Areas are counted with dots on a grid.

    Parameters
    ----------
    grid : PeopleGrid
    cover : CellCover
    road_m : ndarray of float64, shape (n_cells,)
        Road length in each cell, metres.

    Returns
    -------
    CellPeople
        ``people_in`` is everyone in the grid; ``people_outside`` those not in a cell.

    Raises
    ------
    DataError
        When the grid counts nobody, or nobody in the study area.
    """
    people_in = float(grid.people.sum())
    if not people_in > 0:
        raise DataError(f"demand.population: {grid.origin} counts 0 people; check the column or the band")
    near = np.flatnonzero(_is_near(grid, cover) & (grid.people > 0))
    dots_x, dots_y = _lay_dots(grid, cover)
    people = np.zeros(cover.n_cells)
    is_touched = np.zeros(cover.n_cells, dtype=np.bool_)
    people_outside = float(np.delete(grid.people, near).sum())
    people_without_road = 0.0
    block = max(_DOTS_PER_BLOCK // len(dots_x), 1)
    for start in range(0, len(near), block):
        squares = near[start : start + block]
        overlap = _count_dots(grid, squares, dots_x, dots_y, cover)
        inside = overlap.cell_pos >= 0
        square, cell, n_dots = overlap.square_pos[inside], overlap.cell_pos[inside], overlap.n_dots[inside]
        is_touched[cell] = True
        inside_share = np.bincount(square, n_dots, len(squares)) / len(dots_x)
        people_inside = grid.people[squares] * inside_share
        people_outside += float((grid.people[squares] * (1 - inside_share)).sum())
        by_road = n_dots * road_m[cell]
        has_road = np.bincount(square, by_road, len(squares)) > 0
        weight = np.where(has_road[square], by_road, n_dots.astype(np.float64))
        total = np.bincount(square, weight, len(squares))
        people += np.bincount(cell, people_inside[square] * weight / total[square], cover.n_cells)
        people_without_road += float(people_inside[~has_road].sum())
    uncounted_road_m = float(road_m[~is_touched].sum())
    if uncounted_road_m > _LARGEST_UNCOUNTED_ROAD_SHARE * float(road_m.sum()):
        LOG.warning(
            "%.0f %% of the road length of the study area lies where %s counts nobody, in %d of %d cells; "
            "check that the population covers the study area",
            100 * uncounted_road_m / float(road_m.sum()),
            grid.origin,
            np.count_nonzero(~is_touched & (road_m > 0)),
            cover.n_cells,
        )
    n_untouched = int(np.count_nonzero(~is_touched))
    return _conclude(grid, cover, people, people_outside, people_without_road, n_untouched)


def _conclude(
    grid: PeopleGrid,
    cover: CellCover,
    people: Floats,
    people_outside: float,
    people_without_road: float,
    n_untouched: int,
) -> CellPeople:
    people_in = float(grid.people.sum())
    if not people.sum() > 0:
        _refuse_elsewhere(grid, cover)
    side_x_m, side_y_m = grid.measure_sides_m(cover.crs)
    LOG.info("%.0f people read, %.0f of them outside the study area", people_in, people_outside)
    return CellPeople(
        people,
        people_in,
        people_outside,
        (
            compute_figure("squares of the population grid", len(grid.people), "squares", grid.origin),
            compute_figure("side of a square, west to east", side_x_m, "m", grid.squares_from),
            compute_figure("side of a square, south to north", side_y_m, "m", grid.squares_from),
            compute_figure("people read", people_in, "people", grid.origin),
            compute_figure("people outside the study area", people_outside, "people"),
            compute_figure("people spread by area, for want of roads", people_without_road, "people"),
            compute_figure("cells in no square with people", n_untouched, "cells"),
        ),
    )


def _refuse_elsewhere(grid: PeopleGrid, cover: CellCover) -> None:
    lon, lat = grid.locate(grid.x, grid.y)
    west, south = cover.lonlat.min(axis=0)
    east, north = cover.lonlat.max(axis=0)
    raise DataError(
        f"demand.population: nobody of {grid.origin} lives in the study area; it spans longitude "
        f"{lon.min():.3f} to {lon.max():.3f} and latitude {lat.min():.3f} to {lat.max():.3f}, the area "
        f"{west:.3f} to {east:.3f} and {south:.3f} to {north:.3f}; use a layer of this area"
    )


def _is_near(grid: PeopleGrid, cover: CellCover) -> Bools:
    """Tell which squares may touch the cover, by boxes in metres."""
    margin_m = sum(grid.measure_sides_m(cover.crs)) + 2 * cover.edge_m
    low, high = cover.xy_m.min(axis=0) - margin_m, cover.xy_m.max(axis=0) + margin_m
    xy_m = np.column_stack(to_metric(*grid.locate(grid.x, grid.y), cover.crs))
    return np.asarray(((xy_m >= low) & (xy_m <= high)).all(axis=1))


def _lay_dots(grid: PeopleGrid, cover: CellCover) -> tuple[Floats, Floats]:
    """Offsets of evenly laid dots from the centre of a square, in units of the grid's CRS."""
    spacing_m = cover.edge_m / _DOTS_PER_EDGE
    offsets = []
    for side_m, half in zip(grid.measure_sides_m(cover.crs), (grid.half_x, grid.half_y), strict=True):
        n_dots = int(np.clip(np.ceil(side_m / spacing_m), 1, _MOST_DOTS_PER_SIDE))
        offsets.append(((np.arange(n_dots) + 0.5) / n_dots * 2 - 1) * half)
    dots_x, dots_y = np.meshgrid(offsets[0], offsets[1])
    return dots_x.ravel(), dots_y.ravel()


def _count_dots(
    grid: PeopleGrid, squares: Ints, dots_x: Floats, dots_y: Floats, cover: CellCover
) -> _Overlap:
    x = (grid.x[squares, None] + dots_x).ravel()
    y = (grid.y[squares, None] + dots_y).ravel()
    cell_pos = cover.find_cells(*grid.locate(x, y))
    square_pos = np.repeat(np.arange(len(squares)), len(dots_x))
    pair, n_dots = np.unique(square_pos * (cover.n_cells + 1) + cell_pos + 1, return_counts=True)
    return _Overlap(pair // (cover.n_cells + 1), pair % (cover.n_cells + 1) - 1, n_dots)
