"""Spread the squares of a people grid over the cells they cover, by road length."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.grid_pieces import GridPieces, cut_pieces
from chargeplan.demand.people import CellPeople
from chargeplan.errors import DataError, name_rows
from chargeplan.geo import to_metric
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.people_grid import PeopleGrid
    from chargeplan.demand.zone_totals import PeopleZones
    from chargeplan.records import Bools, Floats

LOG = logging.getLogger(__name__)

# Roads through empty land are no fault; a grid of another town leaves far more than this uncounted.
_LARGEST_UNCOUNTED_ROAD_SHARE = 0.05


def spread_grid(
    grid: PeopleGrid,
    cover: CellCover,
    road_m: Floats,
    zones: PeopleZones | None = None,
    *,
    total_people: float | None = None,
) -> CellPeople:
    """Spread the people of each square over its cells by covered area times road length.

    The share of a square outside all cells, by area, is reported as outside. Where the part
    inside has no road, its people are spread by area. Areas are counted with dots on a grid.
    With zones, each square is first divided between them by area, and the people of each zone are
    then raked: multiplied so that they sum to its total. People in no zone stay as the grid
    counts them.

    Parameters
    ----------
    grid : PeopleGrid
    cover : CellCover
    road_m : ndarray of float64, shape (n_cells,)
        Road length in each cell, metres.
    zones : PeopleZones or None
    total_people : float or None
        People of the study area; the whole grid is multiplied by one factor so that it counts them.

    Returns
    -------
    CellPeople
        ``people_in`` is everyone in the grid, or in the zones and the grid outside them;
        ``people_outside`` those not in a cell.

    Raises
    ------
    DataError
        When the grid counts nobody, or nobody in the study area, or nobody in a zone of it that
        has people.
    """
    if not grid.people.sum() > 0:
        raise DataError(f"demand.population: {grid.origin} counts 0 people; check the column or the band")
    is_near = _is_near(grid, cover, zones) & (grid.people > 0)
    pieces = cut_pieces(grid, np.flatnonzero(is_near), cover, road_m, zones)
    far_people = float(grid.people[~is_near].sum())
    rake = _find_rake(pieces, cover, zones, grid.origin)
    people = pieces.people * rake.factor[pieces.zone_pos]
    inside = pieces.cell_pos >= 0
    by_cell = np.bincount(pieces.cell_pos[inside], people[inside], cover.n_cells).astype(np.float64)
    outside = float(people[~inside].sum()) + rake.people_elsewhere + far_people
    without_road = float(people[inside & ~pieces.has_road].sum())
    is_touched = np.zeros(cover.n_cells, dtype=np.bool_)
    is_touched[pieces.cell_pos[inside]] = True
    _warn_of_roads_uncounted(grid, road_m, is_touched)
    people_in = (
        float(grid.people.sum())
        if zones is None
        else float(people.sum()) + rake.people_elsewhere + far_people
    )
    n_untouched = int(np.count_nonzero(~is_touched))
    scale = _find_scale(float(by_cell.sum()), total_people, grid.origin)
    return _conclude(
        grid,
        cover,
        by_cell * scale.factor,
        people_in * scale.factor,
        outside * scale.factor,
        without_road * scale.factor,
        n_untouched,
        (*rake.figures, *scale.figures),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rake:
    """By how much the people of each zone are multiplied; the last factor is that of no zone."""

    factor: Floats
    people_elsewhere: float
    figures: tuple[Figure, ...]


def _find_rake(pieces: GridPieces, cover: CellCover, zones: PeopleZones | None, origin: str) -> _Rake:
    """Find the factors that make the people of each zone sum to its total.

    A zone in which the grid counts nobody is refused when the study area reaches into it; else
    its people are outside.
    """
    if zones is None:
        return _Rake(np.ones(1), 0.0, ())
    in_zone = pieces.zone_pos >= 0
    counted = np.bincount(pieces.zone_pos[in_zone], pieces.people[in_zone], len(zones.zone_id))
    is_here = np.isin(np.arange(len(zones.zone_id)), zones.find_zones(*cover.lonlat.T))
    is_empty = (counted <= 0) & (zones.people > 0)
    lost = np.flatnonzero(is_empty & is_here)
    if lost.size:
        named = name_rows(f'"{zones.zone_id[row]}" ({zones.people[row]:,.0f} people)' for row in lost)
        raise DataError(
            f"demand.population.zones: {origin} counts nobody in {count_things(lost.size, 'zone')} of the study area: "
            f"{named}; use a grid that covers all, or source: zones, which spreads them over the roads"
        )
    factor = np.divide(zones.people, counted, out=np.zeros(len(counted)), where=counted > 0)
    told = (
        *zones.explain(),
        *(
            compute_figure(f"people that the grid counts in zone {name}", value, "people", origin)
            for name, value in zip(zones.zone_id, counted, strict=True)
        ),
        *(
            compute_figure(f"factor of zone {name}", value, "ratio", "computed: people of the zone / grid")
            for name, value in zip(zones.zone_id, factor, strict=True)
        ),
        compute_figure(
            "people in no zone, as the grid counts them",
            float(pieces.people[~in_zone].sum()),
            "people",
            origin,
        ),
    )
    return _Rake(np.append(factor, 1.0), float(zones.people[is_empty].sum()), told)


@dataclass(frozen=True, slots=True)
class _Scale:
    """By how much the whole grid is multiplied."""

    factor: float = 1.0
    figures: tuple[Figure, ...] = ()


def _find_scale(counted: float, total: float | None, origin: str) -> _Scale:
    if total is None or not counted > 0:  # a grid that counts nobody here is refused in the end
        return _Scale()
    return _Scale(
        total / counted,
        (
            Figure(
                "people of the study area, as set",
                total,
                "people",
                "demand.population.total_people",
                "planner",
            ),
            compute_figure("people in the study area, as the grid counts them", counted, "people", origin),
            compute_figure(
                "factor of the whole grid",
                total / counted,
                "ratio",
                "computed: demand.population.total_people / grid",
            ),
        ),
    )


def _warn_of_roads_uncounted(grid: PeopleGrid, road_m: Floats, is_touched: Bools) -> None:
    uncounted_m = float(road_m[~is_touched].sum())
    if uncounted_m > _LARGEST_UNCOUNTED_ROAD_SHARE * float(road_m.sum()):
        LOG.warning(
            "%.0f %% of the road length of the study area lies where %s counts nobody, in %d of %d cells; "
            "check that the population covers the study area",
            100 * uncounted_m / float(road_m.sum()),
            grid.origin,
            np.count_nonzero(~is_touched & (road_m > 0)),
            len(road_m),
        )


def _conclude(
    grid: PeopleGrid,
    cover: CellCover,
    people: Floats,
    people_in: float,
    people_outside: float,
    people_without_road: float,
    n_untouched: int,
    rake_figures: tuple[Figure, ...],
) -> CellPeople:
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
            *rake_figures,
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


def _is_near(grid: PeopleGrid, cover: CellCover, zones: PeopleZones | None) -> Bools:
    """Tell which squares may touch the cover or a zone, by boxes in metres."""
    margin_m = sum(grid.measure_sides_m(cover.crs)) + 2 * cover.edge_m
    low, high = cover.xy_m.min(axis=0), cover.xy_m.max(axis=0)
    if zones is not None:
        west, south, east, north = zones.bounds
        lon, lat = np.array([west, east, west, east]), np.array([south, south, north, north])
        corners = np.column_stack(to_metric(lon, lat, cover.crs))
        low, high = np.minimum(low, corners.min(axis=0)), np.maximum(high, corners.max(axis=0))
    xy_m = np.column_stack(to_metric(*grid.locate(grid.x, grid.y), cover.crs))
    return np.asarray(((xy_m >= low - margin_m) & (xy_m <= high + margin_m)).all(axis=1))
