"""Make a cover problem smaller without changing its optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.plan import (
    find_allowed_levels,
    find_existing_sites,
    find_required_sites,
)

_SITES_PER_BLOCK = 1024
_PLACE_BITS = 40


@dataclass(frozen=True, slots=True, eq=False)
class CoverRows:
    """A cover problem as maximum coverage: a row pays its weight once one of its sites is open.

    A cell with travel-time bands is one row per band (sites within the band; weight: what the band
    is worth more than the next), so that the sum over the rows is exactly the objective. Sites
    that are open in every plan are taken out: what they serve is in ``base_kwh_day``, and the
    budget and the count are what they leave.

    Parameters
    ----------
    row_weight_kwh_day : ndarray, shape (n_rows,)
        Worth of each row, > 0.
    cover : scipy.sparse.csr_array, shape (n_rows, n_free)
        1 where the site (column) covers the row.
    site_pos : ndarray of int64, shape (n_free,)
        Site of each column, rising.
    cost_pkr : ndarray, shape (n_free,)
    base_kwh_day : float
        Served by existing and required sites.
    budget_pkr : float
        Left for the free sites.
    max_sites : int
        Left for the free sites; their number when not limited.
    required_pos : ndarray of int64
        Required sites, open in every plan.
    dominated_pos : ndarray of int64
        Sites left out because another site covers at least the same rows at no more cost.
    """

    row_weight_kwh_day: Floats
    cover: sp.csr_array
    site_pos: Ints
    cost_pkr: Floats
    base_kwh_day: float
    budget_pkr: float
    max_sites: int
    required_pos: Ints
    dominated_pos: Ints


def group_equal_rows(offsets: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """Group rows with the same codes in the same order.

    Rows are compared by two hashes and then entry by entry with the first row of their group; a
    row whose entries differ from it (equal hashes by chance) stays alone, so that groups are
    exact.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n + 1,)
        Row r has ``codes[offsets[r]:offsets[r + 1]]``; no row is empty.
    codes : ndarray of int64

    Returns
    -------
    first_row : ndarray of int64, shape (n_groups,)
        First row of each group, rising.
    group : ndarray of int64, shape (n,)
        Group of each row.
    """
    n_rows = len(offsets) - 1
    if n_rows == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts, size = offsets[:-1], np.diff(offsets)
    within = np.arange(len(codes)) - np.repeat(starts, size)
    # The place goes into the hash, else rows with the same codes in another order would meet.
    placed = codes + (within << _PLACE_BITS)
    hashes = [np.add.reduceat(_scramble(placed, salt), starts) for salt in (1, 2)]
    order = np.lexsort((np.arange(n_rows), hashes[1], hashes[0], size))
    keys = np.stack([size.view(np.uint64), *hashes])[:, order]
    is_start = np.concatenate([[True], np.any(keys[:, 1:] != keys[:, :-1], axis=0)])
    leader = np.empty(n_rows, dtype=np.int64)
    leader[order] = order[np.flatnonzero(is_start)][np.cumsum(is_start) - 1]
    differs = codes != codes[starts[leader].repeat(size) + within]
    is_alone = np.add.reduceat(differs, starts) > 0
    leader[is_alone] = np.flatnonzero(is_alone)
    first_row, group = np.unique(leader, return_inverse=True)
    return first_row, group.astype(np.int64)


def build_cover_rows(problem: PlanProblem) -> CoverRows:
    """Write a cover problem as rows of maximum coverage, merged, without dominated sites."""
    required = find_required_sites(problem)
    is_free = find_allowed_levels(problem)[:, 0] & ~required
    is_open = required | find_existing_sites(problem)
    cell_base = np.zeros(problem.n_cells)
    pair_is_open = is_open[problem.pair_site]
    np.maximum.at(cell_base, problem.pair_cell[pair_is_open], problem.pair_quality[pair_is_open])
    demand = problem.demand_kwh_day
    useful = (
        is_free[problem.pair_site]
        & (problem.pair_quality > cell_base[problem.pair_cell])
        & (demand[problem.pair_cell] > 0)
    )
    site_pos = np.unique(problem.pair_site[useful])
    column = np.searchsorted(site_pos, problem.pair_site[useful])
    offsets, columns, weight = _layer_bands(
        problem.pair_cell[useful], column, problem.pair_quality[useful], demand, cell_base
    )
    first_row, group = group_equal_rows(offsets, columns)
    merged_weight = np.bincount(group, weight, len(first_row))
    all_rows = sp.csr_array((np.ones(len(columns)), columns, offsets), shape=(len(weight), len(site_pos)))
    cover = all_rows[first_row]
    cost = problem.level_cost_pkr[site_pos, 0]
    dominated = find_dominated_columns(cover, cost)
    cover = sp.csr_array(cover[:, ~dominated])
    keeps_site = np.diff(cover.indptr) > 0
    n_free = int(np.count_nonzero(~dominated))
    n_required = int(np.count_nonzero(required))
    return CoverRows(
        row_weight_kwh_day=merged_weight[keeps_site],
        cover=sp.csr_array(cover[keeps_site]),
        site_pos=site_pos[~dominated],
        cost_pkr=cost[~dominated],
        base_kwh_day=float(np.sum(demand * cell_base)),
        budget_pkr=problem.budget_pkr - float(problem.level_cost_pkr[required, 0].sum()),
        max_sites=n_free if problem.max_sites < 0 else max(0, min(n_free, problem.max_sites - n_required)),
        required_pos=np.flatnonzero(required),
        dominated_pos=site_pos[dominated],
    )


def find_dominated_columns(cover: sp.csr_array, cost_pkr: Floats) -> Bools:
    """Find sites whose rows another site covers too, at no more cost.

    Exact for any budget and count: in a plan with the dominated site, the other one can stand in
    its place (or the dominated one can be left out when both are open). Among equal sites the
    first is kept, so that no two sites drop each other.
    """
    n_sites = cover.shape[1]
    by_site = sp.csr_array(cover.T)
    size = np.diff(by_site.indptr)
    dominated = np.zeros(n_sites, dtype=bool)
    for start in range(0, n_sites, _SITES_PER_BLOCK):
        overlap = sp.coo_array(by_site[start : start + _SITES_PER_BLOCK] @ cover)
        small, large = overlap.coords[0] + start, overlap.coords[1]
        is_subset = (overlap.data == size[small]) & (small != large)
        small, large = small[is_subset], large[is_subset]
        cheaper = cost_pkr[large] < cost_pkr[small]
        is_better = cheaper | (
            (cost_pkr[large] == cost_pkr[small])
            & ((size[large] > size[small]) | ((size[large] == size[small]) & (large < small)))
        )
        dominated[small[is_better]] = True
    return dominated


def _layer_bands(
    cell: Ints, column: Ints, quality: Floats, demand: Floats, cell_base: Floats
) -> tuple[Ints, Ints, Floats]:
    """Make a row per cell and band: the sites at least that good, weighed by the step to the next band."""
    if not _is_in_order(cell, -quality, column):  # with one band the pairs are in order already
        order = np.lexsort((column, -quality, cell))
        cell, column, quality = cell[order], column[order], quality[order]
    if len(cell) == 0:
        return np.zeros(1, dtype=np.int64), column, quality
    new_cell = np.concatenate([[True], cell[1:] != cell[:-1]])
    new_band = new_cell | np.concatenate([[True], quality[1:] != quality[:-1]])
    band = np.cumsum(new_band) - 1
    band_cell, band_quality = cell[new_band], quality[new_band]
    is_last = np.concatenate([band_cell[1:] != band_cell[:-1], [True]])
    next_quality = np.where(is_last, cell_base[band_cell], np.concatenate([band_quality[1:], [0.0]]))
    weight = demand[band_cell] * (band_quality - next_quality)
    if is_last.all():  # one band: its rows are the cells
        return _make_offsets(np.bincount(band, minlength=len(weight))), column, weight
    last_band = np.flatnonzero(is_last)[np.cumsum(np.concatenate([[0], is_last[:-1]]))][band]
    repeats = last_band - band + 1
    source = np.repeat(np.arange(len(cell)), repeats)
    row = band[source] + np.arange(len(source)) - np.repeat(_make_offsets(repeats)[:-1], repeats)
    by_row = np.lexsort((column[source], row))
    return _make_offsets(np.bincount(row, minlength=len(weight))), column[source][by_row], weight


def _is_in_order(*keys: Floats | Ints) -> bool:
    """Tell whether rows rise by the first key, of equals by the second, and so on."""
    is_settled = np.zeros(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in keys:
        if np.any((key[1:] < key[:-1]) & ~is_settled):
            return False
        is_settled |= key[1:] > key[:-1]
    return True


def _make_offsets(sizes: Ints) -> Ints:
    """Turn sizes into offsets, shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _scramble(codes: Ints, salt: int) -> NDArray[np.uint64]:
    """Map codes to well-spread 64-bit numbers (splitmix64 finaliser, Steele et al. 2014)."""
    mixed = codes.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15 * salt % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
