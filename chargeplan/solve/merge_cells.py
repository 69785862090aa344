"""Cells that have the same sites at the same worth are one cell: exact, and most of them go.

Whatever stations a plan has, two such cells may share out their demand in the same ways, so the
problem with one cell of their summed demand has the same optimum and the same linear relaxation.
The fewer sites count, the more cells become one: a neighbourhood of a plan has a hundred cells left
of some thousands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.reduce import group_equal_rows


@dataclass(frozen=True, slots=True, eq=False)
class MergedCells:
    """A problem with fewer cells and the same optimum.

    Parameters
    ----------
    problem : PlanProblem
        Sites, levels and limits as they were; the cells are the groups that can be served.
    group : ndarray of int64, shape (n_cells of the original,)
        Row of each original cell in ``problem``; -1 where nothing can be served.
    pair : ndarray of int64, shape (k of the original,)
        Row of each original pair in ``problem``; -1 where it was left out.
    """

    problem: PlanProblem
    group: Ints
    pair: Ints

    def merge_shares(self, original: PlanProblem, pair_share: Floats) -> Floats:
        """Sum shares of original pairs up to shares of merged pairs, shape (k of the merged,)."""
        kept = np.flatnonzero(self.pair >= 0)
        demand = original.demand_kwh_day[original.pair_cell[kept]]
        served = np.bincount(self.pair[kept], demand * pair_share[kept], self.problem.n_pairs)
        whole = self.problem.demand_kwh_day[self.problem.pair_cell]
        return np.asarray(np.clip(served / whole, 0.0, 1.0), dtype=np.float64)

    def spread_over_pairs(self, of_pair: Floats) -> Floats:
        """Give each original pair the value of its merged pair, 0 to those left out."""
        return np.where(self.pair >= 0, np.append(of_pair, 0.0)[self.pair], 0.0)


def merge_cells(problem: PlanProblem, *, site_kept: Bools | None = None) -> MergedCells:
    """Merge cells with the same sites at the same quality.

    Parameters
    ----------
    problem : PlanProblem
        In allocate mode. Driving times of merged pairs are means, weighted by demand.
    site_kept : ndarray of bool, shape (n_sites,), optional
        Sites that may serve; pairs of the others are left out first.
    """
    is_used = problem.demand_kwh_day[problem.pair_cell] > 0
    if site_kept is not None:
        is_used &= site_kept[problem.pair_site]
    used = np.flatnonzero(is_used)
    # Sorted by cell and site, so that equal cells have equal runs of pairs.
    used = used[np.lexsort((problem.pair_site[used], problem.pair_cell[used]))]
    cells, first, size = np.unique(problem.pair_cell[used], return_index=True, return_counts=True)
    site, quality = problem.pair_site[used], problem.pair_quality[used]
    offsets = np.append(first, len(used)).astype(np.int64)
    leaders, group_of_run = group_equal_rows(offsets, _code_pairs(site, quality))
    # Pairs of the merged problem: the runs of the leaders, one after the other.
    merged_first = np.concatenate([[0], np.cumsum(size[leaders])[:-1]]) if len(leaders) else first
    run = np.repeat(np.arange(len(cells)), size)
    merged_pair = merged_first[group_of_run[run]] + np.arange(len(used)) - first[run]
    demand = problem.demand_kwh_day[cells]
    group_demand = np.asarray(np.bincount(group_of_run, demand, len(leaders)), dtype=np.float64)
    n_merged = int(size[leaders].sum())
    pair_cell = np.repeat(np.arange(len(leaders)), size[leaders])
    seconds = np.bincount(merged_pair, demand[run] * problem.pair_seconds[used], n_merged)
    pair_site, pair_quality = np.zeros(n_merged, dtype=np.int64), np.zeros(n_merged)
    pair_site[merged_pair], pair_quality[merged_pair] = site, quality
    group = np.full(problem.n_cells, -1, dtype=np.int64)
    group[cells] = group_of_run
    pair = np.full(problem.n_pairs, -1, dtype=np.int64)
    pair[used] = merged_pair
    merged = replace(
        problem,
        demand_kwh_day=group_demand,
        competitor_kwh_day=np.zeros(len(leaders)),
        pair_cell=pair_cell,
        pair_site=pair_site,
        pair_quality=pair_quality,
        pair_seconds=seconds / group_demand[pair_cell],
    )
    return MergedCells(merged, group, pair)


def _code_pairs(site: Ints, quality: Floats) -> Ints:
    """Give the same number to pairs with the same site and quality."""
    worths, worth = np.unique(quality, return_inverse=True)
    return np.asarray(site * max(1, len(worths)) + worth, dtype=np.int64)
