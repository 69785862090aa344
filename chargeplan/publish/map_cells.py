"""Demand of the map page: hexagons, their larger parents for the far view, years, and who serves whom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.encode import pack_integers, pack_lines
from chargeplan.publish.geopackage import describe_cells
from chargeplan.publish.hexagons import find_outlines
from chargeplan.publish.year_results import SMALLEST_USED_SHARE, divide_by_wanted, sum_pair_flows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Floats, Ints

ENERGY_SCALE = 100  # cells hold hundredths of a kWh/day
SHARE_SCALE = 1000  # shares travel as thousandths
_CLASS_SHARES = (0.30, 0.55, 0.75, 0.90, 0.97)
_COARSEST_RESOLUTION = 5  # hexagons of some 250 km2
LEAST_LEFT_KWH_DAY = 0.01  # what the energies of the page can hold
_FULL_DOT_SHARE = 0.97
_FEWEST_PARENTS = 60  # fewer hexagons than this tell nothing about a city


def build_cell_data(bundle: RunBundle, *, last_year_alone: bool = False) -> dict[str, Any]:
    """Build the hexagons: outlines, and for each cell its figures as whole numbers.

    ``values`` holds, one stream after the other: zone row, people, demand, demand that
    competitors take, served energy (hundredths of a kWh/day), and why no plan can serve a cell (0: one can, 1: no
    site within the time limit, 2: too far from every road). ``years`` holds the last three
    streams of each year before the last. ``levels`` are the larger hexagons that sum up the
    cells in the far view, from small to large: their outlines and, for each cell, the step from
    the parent of the cell before it to its own. ``fullDot`` is the energy that the largest dot of unserved
    demand stands for, kWh per day, the same in all years.

    Parameters
    ----------
    bundle : RunBundle
    last_year_alone : bool
        Leave out the years before the last, for a page that does not show them: ``years`` is empty, and the dots are
        measured by the last year.
    """
    *earlier, energy = _list_energy(bundle, last_year_alone=last_year_alone)
    left = [_find_left(*each) for each in (*earlier, energy)]
    people = np.rint(bundle.cells.people).astype(np.int64)
    return {
        "count": len(bundle.cells.cell_id),
        "outlines": pack_lines(find_outlines(bundle.cells.cell_id)),
        "values": pack_integers(
            bundle.cells.zone_pos, people, *map(_scale_energy, energy), _tell_hindrance(bundle)
        ),
        "breaks": find_class_breaks(bundle.cells.total_kwh_day),
        "areaKm2": _find_area_km2(bundle.cells.cell_id),
        "fullDot": find_full_dot(left),
        "levels": _list_levels(bundle, left),
        "years": [pack_integers(*map(_scale_energy, each)) for each in earlier],
    }


def list_left(bundle: RunBundle) -> list[Floats]:
    """List for each year, the last at the end, the demand of each cell that nobody serves, kWh per day."""
    return [_find_left(*energy) for energy in _list_energy(bundle)]


def find_class_breaks(kwh_day: Floats) -> list[float]:
    """Choose where the colour classes of demand begin, rounded to two digits, rising.

    The classes hold unequal numbers of cells on purpose: a map of a city has few cells of
    high demand, and they should stand out.

    Examples
    --------
    >>> find_class_breaks(np.arange(1.0, 101.0))
    [31.0, 55.0, 75.0, 90.0, 97.0]
    """
    positive = kwh_day[kwh_day > 0]
    if positive.size == 0:
        return []
    quantiles = np.quantile(positive, _CLASS_SHARES)
    rounded = sorted({float(f"{value:.2g}") for value in quantiles})
    return [value for value in rounded if positive.min() < value <= positive.max()]


def find_full_dot(left_kwh_day: Sequence[Floats]) -> float:
    """Find what the largest dot of unserved demand stands for: a figure of one digit that few hexagons exceed.

    Parameters
    ----------
    left_kwh_day : sequence of ndarray, shape (n_cells,)
        Demand that is not served, for each year.

    Returns
    -------
    float
        kWh per day, above zero.

    Examples
    --------
    >>> find_full_dot([np.arange(0.0, 101.0), np.zeros(101)])
    100.0
    >>> find_full_dot([np.full(9, 3.2)])
    4.0
    """
    fullest = 0.0
    for left in left_kwh_day:
        shown = np.sort(left[left > LEAST_LEFT_KWH_DAY])
        high = float(shown[int(_FULL_DOT_SHARE * (shown.size - 1))]) if shown.size else LEAST_LEFT_KWH_DAY
        power = 10.0 ** math.floor(math.log10(high))
        fullest = max(fullest, float(f"{math.ceil(high / power) * power:.12g}"))
    return fullest


def pack_reach(bundle: RunBundle, ranked: pd.DataFrame) -> str:
    """Pack which cells each open site serves in the last year.

    Streams: number of cells of each site (in the order of rank), steps between cell rows,
    share of the cell's demand in thousandths, driving time in seconds.
    """
    return _pack_shares(bundle, ranked, bundle.solution.pair_share)


def list_earlier_reach(bundle: RunBundle, ranked: pd.DataFrame) -> list[str]:
    """Pack for each year before the last which cells each open site serves; as `pack_reach`."""
    return [
        _pack_shares(bundle, ranked, divide_by_wanted(bundle, kwh_day, year))
        for year, kwh_day in enumerate(sum_pair_flows(bundle)[:-1])
    ]


def _scale_energy(kwh_day: Floats) -> Ints:
    return np.asarray(np.rint(kwh_day * ENERGY_SCALE), dtype=np.int64)


def _tell_hindrance(bundle: RunBundle) -> Ints:
    """Tell for each cell why no plan can serve it; see `build_cell_data`."""
    hindrance = np.zeros(len(bundle.cells.cell_id), dtype=np.int64)
    hindrance[bundle.travel.out_of_reach_cell_pos] = 1
    hindrance[bundle.travel.off_network_cell_pos] = 2
    return hindrance


def _find_area_km2(cell_id: Any) -> float:
    import h3

    return float(f"{h3.cell_area(str(cell_id[0]), unit='km^2'):.2g}") if len(cell_id) else 0.0


def _list_levels(bundle: RunBundle, left: Sequence[Floats]) -> list[dict[str, Any]]:
    """List the coarser hexagons over the cells, as long as there are enough of them to tell something."""
    import h3

    levels: list[dict[str, Any]] = []
    cell_id, demand = bundle.cells.cell_id, bundle.cells.total_kwh_day
    finest = h3.get_resolution(str(cell_id[0])) if len(cell_id) else 0
    for resolution in range(finest - 1, _COARSEST_RESOLUTION - 1, -1):
        ids = np.array([h3.cell_to_parent(str(cell), resolution) for cell in cell_id])
        parents, parent_pos = np.unique(ids, return_inverse=True)
        if len(parents) < _FEWEST_PARENTS:
            break

        def sum_cells(kwh_day: Floats, pos: Ints = parent_pos, count: int = len(parents)) -> Floats:
            return np.bincount(pos, kwh_day, count).astype(np.float64)

        levels.append(
            {
                "count": len(parents),
                "outlines": pack_lines(find_outlines(parents)),
                "parents": pack_integers(np.diff(parent_pos, prepend=0)),
                "breaks": find_class_breaks(sum_cells(demand)),
                "areaKm2": _find_area_km2(parents),
                "fullDot": find_full_dot([sum_cells(each) for each in left]),
            }
        )
    return levels


def _find_left(demand: Floats, taken: Floats, served: Floats) -> Floats:
    return np.maximum(demand - taken - served, 0.0)


def _list_energy(bundle: RunBundle, *, last_year_alone: bool = False) -> list[tuple[Floats, Floats, Floats]]:
    """List for each year, the last at the end, the demand of each cell, what competitors take, what is served."""
    cells = describe_cells(bundle)
    demand, taken, served = (
        cells[column].to_numpy() for column in ("demand_kwh_day", "competitor_kwh_day", "served_kwh_day")
    )
    earlier = [] if last_year_alone else _list_earlier_energy(bundle)
    return [*earlier, (demand, taken, served)]


def _list_earlier_energy(bundle: RunBundle) -> list[tuple[Floats, Floats, Floats]]:
    """List the same for each year before the last."""
    problem, power_kw = bundle.problem, bundle.request.type_power_kw
    listed = []
    for year, (cells, kwh_day) in enumerate(
        zip(bundle.earlier_cells, sum_pair_flows(bundle)[:-1], strict=True)
    ):
        # Competitors take the same share of every class, so what they leave of the usable classes tells it.
        is_usable = np.logical_or.reduce([cells.can_use(kw) for kw in power_kw])
        usable = cells.kwh_day[:, is_usable].sum(axis=1)
        left = problem.staging.unit_kwh_day[year].sum(axis=1)
        left_share = np.divide(left, usable, out=np.ones_like(left), where=usable > 0)
        taken = np.clip(1.0 - left_share, 0.0, 1.0) * cells.total_kwh_day
        served = np.bincount(problem.pair_cell, kwh_day, len(cells.cell_id)).astype(np.float64)
        listed.append((cells.total_kwh_day, taken, served))
    return listed


def _pack_shares(bundle: RunBundle, ranked: pd.DataFrame, share: Floats) -> str:
    problem = bundle.problem
    used = np.flatnonzero(share > SMALLEST_USED_SHARE)
    used = used[np.lexsort((problem.pair_cell[used], problem.pair_site[used]))]
    site = problem.pair_site[used]
    starts = np.searchsorted(site, ranked.index.to_numpy(), side="left")
    ends = np.searchsorted(site, ranked.index.to_numpy(), side="right")
    order = np.concatenate([used[start:end] for start, end in zip(starts, ends, strict=True)] or [used[:0]])
    return pack_integers(
        ends - starts,
        np.diff(problem.pair_cell[order], prepend=0),
        np.rint(share[order] * SHARE_SCALE).astype(np.int64),
        np.rint(problem.pair_seconds[order]).astype(np.int64),
    )
