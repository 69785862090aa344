"""Cells with equal cover sets, merged exactly (cover mode).

A cell j and a travel-time band b of worth q_b are covered by the open sites of
N_jb = {i : quality_ij >= q_b}; being covered is worth d_j (q_b - q_next). All (j, b) with the
same N_jb become one group whose worths add up. With one band and many cells per site set, a
million cells and a hundred sites become some thousand groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Bools, Floats, Ints, PlanProblem

_HASH_SEED = 20_240_817  # any fixed value: equal hashes are compared site by site below


@dataclass(frozen=True, slots=True, eq=False)
class CoverGroups:
    """Groups of equal cover sets.

    Parameters
    ----------
    weight_kwh_day : ndarray, shape (n_groups,)
        What covering the group is worth.
    start : ndarray of int64, shape (n_groups + 1,)
        Group g is covered by ``site[start[g]:start[g + 1]]``.
    site : ndarray of int64
        Sites of each group, rising within the group.
    """

    weight_kwh_day: Floats
    start: Ints
    site: Ints

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.weight_kwh_day)


def make_empty_groups() -> CoverGroups:
    """Make no groups."""
    return CoverGroups(np.empty(0), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))


def build_cover_groups(problem: PlanProblem, can_serve: Bools) -> CoverGroups:
    """Build the groups of a problem, in the order in which their first cell and band appear.

    Parameters
    ----------
    problem : PlanProblem
    can_serve : ndarray of bool, shape (n_sites,)
        Sites that stand or may be built; pairs of others cover nothing.
    """
    row, site, weight = _list_cover_sets(problem, can_serve)
    if len(row) == 0:
        return make_empty_groups()
    size = np.bincount(row, minlength=len(weight))
    start = np.concatenate([[0], np.cumsum(size)])
    group_of = _group_equal_rows(start, site)
    n_groups = int(group_of.max()) + 1
    first = np.full(n_groups, len(group_of), dtype=np.int64)
    np.minimum.at(first, group_of, np.arange(len(group_of)))
    group_size = size[first]
    group_start = np.concatenate([[0], np.cumsum(group_size)])
    entry = np.repeat(start[first] - group_start[:-1], group_size) + np.arange(group_start[-1])
    worth = np.bincount(group_of, weight, n_groups).astype(np.float64)
    return CoverGroups(worth, group_start, site[entry])


def _list_cover_sets(problem: PlanProblem, can_serve: Bools) -> tuple[Ints, Ints, Floats]:
    """List all (cell, band) cover sets as entries sorted by row and site, and the worth of each row."""
    usable = can_serve[problem.pair_site]
    qualities = np.unique(problem.pair_quality[usable])[::-1]
    steps = qualities - np.append(qualities[1:], 0.0)
    rows, sites, weights = [], [], []
    for band, (quality, step) in enumerate(zip(qualities, steps, strict=True)):  # at most ten bands
        within = usable & (problem.pair_quality >= quality)
        rows.append(problem.pair_cell[within] * len(qualities) + band)
        sites.append(problem.pair_site[within])
        weights.append(problem.demand_kwh_day * step)
    key = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    site = np.concatenate(sites) if sites else np.empty(0, dtype=np.int64)
    step, site_step = np.diff(key), np.diff(site)
    if np.any((step < 0) | ((step == 0) & (site_step < 0))):  # with one band they are in order already
        order = np.lexsort((site, key))
        key, site = key[order], site[order]
    is_first = np.append(True, key[1:] != key[:-1])[: len(key)]
    worth = np.stack(weights, axis=1).ravel() if weights else np.empty(0)
    return np.cumsum(is_first) - 1, site, worth[key[is_first]]


def _group_equal_rows(start: Ints, site: Ints) -> Ints:
    """Give rows with the same sites the same number, in order of appearance.

    Rows are sorted by size and two 64-bit sums of random keys; neighbours that agree are then
    compared site by site, so that a clash of hashes cannot merge different sets.
    """
    n_rows = len(start) - 1
    size = np.diff(start)
    keys = np.random.default_rng(_HASH_SEED).integers(
        0, 2**64, size=(2, int(site.max()) + 1), dtype=np.uint64
    )
    first, second = (np.add.reduceat(key[site], start[:-1]) for key in keys)
    order = np.lexsort((np.arange(n_rows), second, first, size))
    same = (
        (size[order][1:] == size[order][:-1])
        & (first[order][1:] == first[order][:-1])
        & (second[order][1:] == second[order][:-1])
    )
    candidate = np.flatnonzero(same)
    entry_count = size[order][candidate + 1]
    offset = np.arange(entry_count.sum()) - np.repeat(np.cumsum(entry_count) - entry_count, entry_count)
    left = site[np.repeat(start[order[candidate]], entry_count) + offset]
    right = site[np.repeat(start[order[candidate + 1]], entry_count) + offset]
    differs = np.zeros(n_rows - 1, dtype=bool)
    differs[np.repeat(candidate, entry_count)[left != right]] = True
    label = np.empty(n_rows, dtype=np.int64)
    label[order] = np.concatenate([[0], np.cumsum(~same | differs)])
    _, first_row, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first_row), dtype=np.int64)
    rank[np.argsort(first_row)] = np.arange(len(first_row))
    return rank[inverse]
