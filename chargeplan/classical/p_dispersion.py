"""p-dispersion: choose p sites whose least distance from each other is as large as possible."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_deadline, make_linear_model, solve_model
from chargeplan.classical.inputs import InputReader
from chargeplan.classical.result import ClassicalResult, judge_gap, measure_gap
from chargeplan.errors import name_rows
from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.outcome import MilpStatus

_STARTS = 12


def solve_p_dispersion(
    distance: Any, *, p: int, time_limit_s: float = 60.0, seed: int = 1
) -> ClassicalResult:
    """Solve the p-dispersion problem of Kuby (1987).

    Choose `p` of the sites so that the least distance between two of them is as large as possible.
    The answer is one of the distances: a bisection asks for which of them p sites can keep clear of
    each other, where no two sites of a clique of near ones can.

    Parameters
    ----------
    distance : array_like, shape (n_sites, n_sites), or GeoDataFrame
        The same in both directions; the diagonal is not used; infinite where there is no way. Or
        points in a projected CRS.
    p : int
        At least 2.
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        ``cells`` has the nearest chosen site of each site. The objective is infinite when p sites
        have no way between them.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.

    Examples
    --------
    >>> solve_p_dispersion([[0, 1, 5], [1, 0, 4], [5, 4, 0]], p=2).sites
    array([0, 2])
    """
    reader = InputReader()
    distances = reader.read_distances((distance, distance) if hasattr(distance, "crs") else distance)
    count = reader.read_count(p, distances.n_sites, least=2)
    if distances.n_cells != distances.n_sites:
        reader.add(
            f"distance: has shape ({distances.n_cells}, {distances.n_sites}); expected distances between sites, "
            "as many rows as columns"
        )
        reader.raise_if_any()
    matrix = distances.fill().copy()
    np.fill_diagonal(matrix, 0.0)
    differs = np.flatnonzero((~np.isclose(matrix, matrix.T, rtol=1e-9, atol=0.0)).any(axis=1))
    if differs.size:
        reader.add(
            f"distance: rows {name_rows(differs)} differ from the columns; expected the same in both directions"
        )
    reader.raise_if_any()
    matrix = np.minimum(matrix, matrix.T)
    sites, bound = _DispersionSearch(matrix, count, make_deadline(time_limit_s), seed).run()
    objective = _measure(matrix, sites)
    bound = max(bound, objective)
    outcome = judge_gap(0.0 if bound == objective else measure_gap(objective, bound, is_minimised=False))
    nearest = sites[np.argmin(matrix[:, sites], axis=1)]
    return ClassicalResult(sites, nearest, objective, bound, outcome)


def _measure(matrix: Floats, sites: Ints) -> float:
    between = matrix[np.ix_(sites, sites)].copy()
    np.fill_diagonal(between, np.inf)
    return float(between.min())


class _DispersionSearch:
    """The bisection: the sites found keep ``values[low]`` clear, ``values[high]`` is ruled out."""

    def __init__(self, matrix: Floats, p: int, deadline: Deadline, seed: int) -> None:
        self.matrix, self.p, self.deadline = matrix, p, deadline
        self.rng = np.random.default_rng(seed)
        self.values = np.unique(matrix[np.triu_indices(len(matrix), k=1)])
        self.low, self.high = 0, len(self.values)
        self.sites: Ints = np.arange(p)
        self._offer(self.sites)

    def run(self) -> tuple[Ints, float]:
        """Bisect until one distance is left or the deadline; return sites and bound."""
        for start in self.rng.permutation(len(self.matrix))[:_STARTS]:
            self._offer(self._improve(self._spread(int(start))))
        while self.high - self.low > 1 and not is_over(self.deadline):
            middle = (self.low + self.high) // 2
            if self._rule_out(middle):
                self.high = middle
            elif not self._decide(middle):
                break
        return self.sites, float(self.values[self.high - 1])

    def _offer(self, sites: Ints) -> None:
        at = int(np.searchsorted(self.values, _measure(self.matrix, sites)))
        if at > self.low:
            self.low, self.sites = at, np.sort(sites)

    def _spread(self, start: int) -> Ints:
        """Add the farthest site again and again."""
        picked = [start]
        nearest = self.matrix[start].copy()
        while len(picked) < self.p:
            nearest[picked] = -np.inf
            picked.append(int(np.argmax(nearest)))
            nearest = np.minimum(nearest, self.matrix[picked[-1]])
        return np.array(picked, dtype=np.int64)

    def _improve(self, sites: Ints) -> Ints:
        """Move one of the two nearest sites to where it keeps most clear, while that helps."""
        while not is_over(self.deadline):
            between = self.matrix[np.ix_(sites, sites)].copy()
            np.fill_diagonal(between, np.inf)
            least = float(between.min())
            moved = False
            for place in np.unravel_index(int(np.argmin(between)), between.shape):
                others = np.delete(sites, place)
                clear = self.matrix[:, others].min(axis=1)
                clear[sites] = -np.inf
                new = int(np.argmax(clear))
                rest = between[
                    np.ix_(np.delete(np.arange(self.p), place), np.delete(np.arange(self.p), place))
                ]
                if min(float(clear[new]), float(rest.min(initial=np.inf))) > least:
                    sites, moved = np.append(others, new), True
                    break
            if not moved:
                return sites
        return sites

    def _rule_out(self, at: int) -> bool:
        """Tell whether fewer than p cliques of near sites hold all of them."""
        near = self.matrix < self.values[at]
        left: Bools = np.ones(len(near), dtype=bool)
        n_cliques = 0
        while left.any():
            members = _grow_clique(near, left)
            left[members] = False
            n_cliques += 1
            if n_cliques >= self.p:
                return False
        return True

    def _decide(self, at: int) -> bool:
        """Let the solver find p sites that keep a distance clear or prove that there are none."""
        near = self.matrix < self.values[at]
        np.fill_diagonal(near, val=False)
        rows = _cover_by_cliques(near)
        model = make_linear_model(
            np.ones(len(near)), rows, np.ones(rows.shape[0]), np.ones(len(near), dtype=bool)
        )
        result = solve_model(model, deadline=self.deadline, target=float(self.p))
        if result.integer_values is not None and np.count_nonzero(result.integer_values) >= self.p:
            found = np.flatnonzero(result.integer_values > 0)
            sites = found[: self.p]
            if _measure(self.matrix, sites) >= self.values[at]:
                self._offer(sites)
                return True
        if result.status is MilpStatus.OPTIMAL and result.bound_kwh_day < self.p - 1e-3:
            self.high = at
            return True
        return False


def _grow_clique(near: Bools, left: Bools) -> Ints:
    """Grow a clique of near sites among those that are left, by most near ones."""
    degree = np.where(left, near[:, left].sum(axis=1), -1)
    members = [int(np.argmax(degree))]
    able = left & near[members[0]]
    able[members[0]] = False
    while able.any():
        new = int(np.argmax(np.where(able, near[:, able].sum(axis=1), -1)))
        members.append(new)
        able &= near[new]
        able[new] = False
    return np.array(members, dtype=np.int64)


def _cover_by_cliques(near: Bools) -> sp.csr_array:
    """Cover every near pair by cliques: a row for each, of which one site can be chosen."""
    uncovered = near.copy()
    sites, rows, n_rows = [], [], 0
    while uncovered.any():
        first = int(np.argmax(uncovered.sum(axis=1)))
        second = int(np.argmax(uncovered[first]))
        members = [first, second]
        able = near[first] & near[second]
        while able.any():
            new = int(np.argmax(np.where(able, uncovered[:, members].sum(axis=1), -1)))
            members.append(new)
            able &= near[new]
        uncovered[np.ix_(members, members)] = False
        sites += members
        rows += [n_rows] * len(members)
        n_rows += 1
    return sp.csr_array((np.ones(len(sites)), (rows, sites)), shape=(n_rows, len(near)))
