"""Backup cover: serve weight twice, so that a cell keeps a site when one fails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_deadline, make_linear_model, solve_model
from chargeplan.classical.covering import find_cheapest_cover
from chargeplan.classical.inputs import InputReader, assign_nearest, get_cells_frame
from chargeplan.classical.lscp import refuse_lonely_cells
from chargeplan.classical.result import ClassicalResult, judge_gap, measure_gap
from chargeplan.classical.set_cover import make_cover_matrix
from chargeplan.errors import DataError, InfeasibleError, NoPlanError
from chargeplan.linear_model import LinearModel
from chargeplan.records import Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.reduce import group_equal_rows


def solve_backup_cover(
    weight: Any,
    distance: Any,
    *,
    radius: float,
    p: int,
    first_share: float | None = None,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 1,
) -> ClassicalResult:
    """Solve a backup coverage problem of Hogan and ReVelle (1986).

    Open at most `p` sites. Without `first_share` every cell must be within `radius` (inclusive) of
    one and the weight of those within it of two is as large as possible (BACOP1). With it no cell
    must be covered, and ``first_share`` times the weight covered once or more plus
    ``1 - first_share`` times the weight covered twice or more is as large as possible (BACOP2).

    Parameters
    ----------
    weight : array_like, shape (n_cells,), or str
        As in `chargeplan.solve_mclp`.
    distance : array_like, sparse matrix or tuple
        As in `chargeplan.solve_mclp`.
    radius : float
    p : int
    first_share : float, optional
        0 to 1.
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.
    InfeasibleError
        When `p` sites cannot cover every cell, and how many can (BACOP1).

    Examples
    --------
    >>> solve_backup_cover([3, 1], [[0, 1, 9], [9, 0, 0]], radius=1, p=2).objective
    3.0
    """
    reader = InputReader()
    distances = reader.read_distances(distance, like_cells=weight)
    weights = reader.read_values(weight, distances.n_cells, "weight", source=get_cells_frame(distance))
    limit = reader.read_limit(radius, "radius")
    count = reader.read_count(p, distances.n_sites)
    share = 0.0 if first_share is None else reader.read_limit(first_share, "first_share")
    limit_gap = reader.read_limit(gap, "gap")
    reader.raise_if_any()
    if share > 1:
        raise DataError(f"first_share: got {first_share}; expected a number from 0 to 1")
    deadline = make_deadline(time_limit_s)
    cell, site, _ = distances.find_within(limit)
    cover = make_cover_matrix(cell, site, distances)
    must_cover = first_share is None
    start = np.empty(0, dtype=np.int64)
    if must_cover:
        refuse_lonely_cells(cell, distances, limit)
        start = _cover_all(cover, count, deadline, seed)
    search = _BackupSearch(cover, weights, count, share, 1.0 - share, must_cover=must_cover)
    sites, bound = search.run(start, gap=limit_gap, deadline=deadline, seed=seed)
    objective = search.measure(sites)
    bound = max(bound, objective)
    outcome = judge_gap(measure_gap(objective, bound, is_minimised=False))
    return ClassicalResult(sites, assign_nearest(distances, sites, limit), objective, bound, outcome)


def _cover_all(cover: sp.csr_array, p: int, deadline: Deadline, seed: int) -> Ints:
    """Cover every cell with at most p sites."""
    fewest = find_cheapest_cover(
        cover, np.ones(cover.shape[1]), step=1.0, enough=float(p), deadline=deadline, seed=seed
    )
    if fewest.cost <= p:
        return fewest.columns
    if fewest.bound > p + _BEYOND:
        least = math.ceil(fewest.bound - 1e-6)
        raise InfeasibleError(
            f"to cover every cell once takes at least {least} sites and p is {p}; raise p or the radius, or "
            "give first_share, with which no cell must be covered"
        )
    raise NoPlanError(f"no {p} sites that cover every cell were found in time; raise time_limit_s or p")


_BEYOND = 1e-6  # rounding of a bound


class _BackupSearch:
    """Greedy and swaps for a plan, then the solver, which merges cells with the same sites."""

    def __init__(
        self,
        cover: sp.csr_array,
        weight: Floats,
        p: int,
        first: float,
        second: float,
        *,
        must_cover: bool,
    ) -> None:
        self.p, self.first, self.second, self.must_cover = p, first, second, must_cover
        self.cover, self.weight = cover, weight
        some = np.flatnonzero(np.diff(cover.indptr) > 0)
        covered = sp.csr_array(cover[some])
        first_row, group = group_equal_rows(covered.indptr.astype(np.int64), covered.indices.astype(np.int64))
        self.rows = sp.csr_array(covered[first_row])
        self.row_weight = np.bincount(group, weight[some], len(first_row)).astype(np.float64)

    def measure(self, sites: Ints) -> float:
        """Compute the objective from the cells as they were given."""
        times = (
            np.asarray(self.cover[:, sites].sum(axis=1)).ravel() if len(sites) else np.zeros(len(self.weight))
        )
        worth = self.weight * (self.first * (times >= 1) + self.second * (times >= 2))
        return math.fsum(worth.tolist())

    def run(self, start: Ints, *, gap: float, deadline: Deadline, seed: int) -> tuple[Ints, float]:
        """Search until the proof or the deadline; return sites and bound."""
        sites = self._improve(self._fill_up(start), deadline)
        size = np.diff(self.rows.indptr)
        plain = self.row_weight * (self.first * (size >= 1) + self.second * (size >= 2))
        bound = math.fsum(plain.tolist())
        if self.measure(sites) >= bound or self.rows.shape[0] == 0 or is_over(deadline):
            return sites, bound
        model = self._make_model()
        result = solve_model(model, deadline=deadline, start_values=self._write(sites), gap=gap, seed=seed)
        if result.integer_values is not None:
            found = np.flatnonzero(result.integer_values[: self.rows.shape[1]] > 0)
            if self._keeps_rules(found) and self.measure(found) > self.measure(sites):
                sites = found
        return sites, min(bound, result.bound_kwh_day)

    def _count(self, sites: Ints) -> Floats:
        is_open = np.zeros(self.rows.shape[1])
        is_open[sites] = 1.0
        return np.asarray(self.rows @ is_open, dtype=np.float64)

    def _keeps_rules(self, sites: Ints) -> bool:
        return len(sites) <= self.p and (not self.must_cover or bool(np.all(self._count(sites) >= 1)))

    def _gain(self, times: Floats) -> Floats:
        """Compute what a further site at each row's cells is worth, by how often they are covered."""
        return np.asarray(
            self.row_weight * (self.first * (times == 0) + self.second * (times == 1)), dtype=np.float64
        )

    def _fill_up(self, sites: Ints) -> Ints:
        """Open the site of most worth until there are p; a first cover is worth a hint of its second."""
        picked = sites.tolist()
        by_site = self.rows.T.tocsr()
        while len(picked) < self.p:
            times = self._count(np.array(picked, dtype=np.int64))
            worth = by_site @ (self._gain(times) + 1e-3 * self.second * self.row_weight * (times == 0))
            worth[picked] = -np.inf
            picked.append(int(np.argmax(worth)))
        return np.array(sorted(picked), dtype=np.int64)

    def _improve(self, sites: Ints, deadline: Deadline) -> Ints:
        """Exchange one open site for the best closed one while that helps."""
        by_site = self.rows.T.tocsr()
        improved = True
        while improved and not is_over(deadline):
            improved = False
            value = float(np.sum(self._worth(self._count(sites))))
            for old in sites.tolist():
                others = sites[sites != old]
                times = self._count(others)
                gain = by_site @ self._gain(times)
                if self.must_cover:
                    bare = (times == 0).astype(np.float64)
                    gain[by_site @ bare < bare.sum()] = -np.inf
                gain[others] = -np.inf
                new = int(np.argmax(gain))
                if float(np.sum(self._worth(times))) + gain[new] > value * (1 + 1e-12):
                    sites, improved = np.sort(np.append(others, new)), True
                    break
        return sites

    def _worth(self, times: Floats) -> Floats:
        return np.asarray(
            self.row_weight * (self.first * (times >= 1) + self.second * (times >= 2)), dtype=np.float64
        )

    def _make_model(self) -> LinearModel:
        """Make the model: columns open, first (unless every cell must be covered), second.

        COVER: first + second <= sum of the sites; second <= first. Where every cell must be covered,
        first is 1.
        """
        n_rows, n_sites = self.rows.shape
        unit = sp.eye_array(n_rows, format="csr")
        count = np.concatenate([np.ones(n_sites), np.zeros(n_rows)])
        if self.must_cover:
            matrix = sp.vstack([sp.hstack([-self.rows, unit]), sp.csr_array(count[None, :])]).tocsr()
            objective = np.concatenate([np.zeros(n_sites), self.second * self.row_weight])
            upper = np.concatenate([np.full(n_rows, -1.0), [float(self.p)]])
            whole = np.arange(n_sites + n_rows) < n_sites
            return make_linear_model(objective, matrix, upper, whole)
        count = np.concatenate([count, np.zeros(n_rows)])
        order = sp.hstack([sp.csr_array((n_rows, n_sites)), -unit, unit])
        matrix = sp.vstack([sp.hstack([-self.rows, unit, unit]), order, sp.csr_array(count[None, :])]).tocsr()
        objective = np.concatenate(
            [np.zeros(n_sites), self.first * self.row_weight, self.second * self.row_weight]
        )
        upper = np.concatenate([np.zeros(2 * n_rows), [float(self.p)]])
        # A half of each would be worth more than the whole first where the second is worth more.
        last_whole = n_sites + n_rows if self.second > self.first else n_sites
        return make_linear_model(objective, matrix, upper, np.arange(n_sites + 2 * n_rows) < last_whole)

    def _write(self, sites: Ints) -> Floats | None:
        """Write a plan as values of the columns."""
        if not self._keeps_rules(sites):
            return None
        is_open = np.zeros(self.rows.shape[1])
        is_open[sites] = 1.0
        times = self._count(sites)
        second = (times >= 2).astype(np.float64)
        parts = [is_open, second] if self.must_cover else [is_open, (times >= 1).astype(np.float64), second]
        return np.concatenate(parts)
