"""Make a problem smaller without changing its optimum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.plan import (
    Plan,
    find_allowed_levels,
    find_existing_sites,
    find_required_sites,
    make_plan,
)
from chargeplan.words import PlanMode

_SITES_PER_BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class MergedProblem:
    """A problem whose equal cells are one cell each.

    Parameters
    ----------
    problem : PlanProblem
        The smaller problem; sites and levels keep their positions.
    merged_cell : ndarray of int64, shape (n_cells of the original,)
        Row of each original cell in ``problem``; -1 where a cell cannot be served.
    merged_pair : ndarray of int64, shape (k of the original,)
        Row of each original pair in ``problem``.
    """

    problem: PlanProblem
    merged_cell: Ints
    merged_pair: Ints

    def expand_plan(self, original: PlanProblem, plan: Plan) -> Plan:
        """Turn a plan of the smaller problem into one of the original: equal cells share alike."""
        used = self.merged_pair >= 0
        share = np.where(used, plan.pair_share[self.merged_pair], 0.0)
        return make_plan(original, plan.level_pos, share)

    def merge_plan(self, original: PlanProblem, plan: Plan) -> Plan:
        """Turn a plan of the original into one of the smaller problem of the same worth."""
        used = self.merged_pair >= 0
        kwh_day = original.demand_kwh_day[original.pair_cell] * plan.pair_share
        total = np.bincount(self.merged_pair[used], kwh_day[used], self.problem.n_pairs)
        share = total / self.problem.demand_kwh_day[self.problem.pair_cell]
        return make_plan(self.problem, plan.level_pos, np.minimum(share, 1.0))


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


def merge_equal_cells(problem: PlanProblem) -> MergedProblem:
    """Merge the cells that may use the same sites at the same quality; drop those with no demand.

    Exact in both modes: cells that differ in demand only are interchangeable, so a plan of the
    merged problem is worth the same with the shares given to each of them.
    """
    cell_has_pair = np.bincount(problem.pair_cell, minlength=problem.n_cells) > 0
    is_live = cell_has_pair & (problem.demand_kwh_day > 0)
    used = is_live[problem.pair_cell]
    live_pos = np.flatnonzero(is_live)
    live_row = np.cumsum(is_live) - 1
    size = np.bincount(live_row[problem.pair_cell[used]], minlength=len(live_pos))
    quality_code = np.unique(problem.pair_quality, return_inverse=True)[1]
    code = problem.pair_site * (quality_code.max(initial=0) + 1) + quality_code
    first_of, group = group_equal_rows(_make_offsets(size), code[used])
    merged_cell = np.full(problem.n_cells, -1, dtype=np.int64)
    merged_cell[live_pos] = group
    kept_cell = np.zeros(problem.n_cells, dtype=bool)
    kept_cell[live_pos[first_of]] = True
    kept_pair = kept_cell[problem.pair_cell]
    rank_in_cell = (
        np.arange(problem.n_pairs)
        - _make_offsets(np.bincount(problem.pair_cell, minlength=problem.n_cells))[problem.pair_cell]
    )
    group_offsets = _make_offsets(size[first_of])
    merged_pair = np.full(problem.n_pairs, -1, dtype=np.int64)
    merged_pair[used] = group_offsets[merged_cell[problem.pair_cell[used]]] + rank_in_cell[used]
    smaller = replace(
        problem,
        demand_kwh_day=_sum_by_group(group, problem.demand_kwh_day[live_pos], len(first_of)),
        competitor_kwh_day=_sum_by_group(group, problem.competitor_kwh_day[live_pos], len(first_of)),
        pair_cell=merged_cell[problem.pair_cell[kept_pair]],
        pair_site=problem.pair_site[kept_pair],
        pair_quality=problem.pair_quality[kept_pair],
        pair_seconds=problem.pair_seconds[kept_pair],
    )
    return MergedProblem(smaller, merged_cell, merged_pair)


_PLACE_BITS = 40


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


def drop_useless_levels(problem: PlanProblem) -> PlanProblem:
    """Forbid levels that cannot serve more than a smaller level of the same site at no more cost.

    A level beyond all demand within reach of the site is useless when a smaller one, no dearer,
    already reaches that demand.
    """
    if problem.mode is PlanMode.COVER:
        return problem
    reach = np.bincount(problem.pair_site, problem.demand_kwh_day[problem.pair_cell], problem.n_sites)
    deliverable = np.minimum(problem.level_capacity_kwh_day[None, :], reach[:, None])
    allowed = find_allowed_levels(problem)
    keep = allowed.copy()
    for level in range(1, allowed.shape[1]):
        as_good = (deliverable[:, :level] >= deliverable[:, [level]]) & (
            problem.level_cost_pkr[:, :level] <= problem.level_cost_pkr[:, [level]]
        )
        keep[:, level] &= ~np.any(as_good & keep[:, :level], axis=1)
    return replace(problem, level_allowed=keep)


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
    last_band = np.flatnonzero(is_last)[np.cumsum(np.concatenate([[0], is_last[:-1]]))][band]
    repeats = last_band - band + 1
    source = np.repeat(np.arange(len(cell)), repeats)
    row = band[source] + np.arange(len(source)) - np.repeat(_make_offsets(repeats)[:-1], repeats)
    by_row = np.lexsort((column[source], row))
    return _make_offsets(np.bincount(row, minlength=len(weight))), column[source][by_row], weight


def _sum_by_group(group: Ints, values: Floats, n_groups: int) -> Floats:
    """Sum values by group, shape (n_groups,)."""
    return np.asarray(np.bincount(group, values, n_groups), dtype=np.float64)


def _make_offsets(sizes: Ints) -> Ints:
    """Turn sizes into offsets, shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _scramble(codes: Ints, salt: int) -> NDArray[np.uint64]:
    """Map codes to well-spread 64-bit numbers (splitmix64 finaliser, Steele et al. 2014)."""
    mixed = codes.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15 * salt % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
