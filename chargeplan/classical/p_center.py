"""p-center: open p sites with the least distance of the farthest cell to its nearest one."""

from __future__ import annotations

from typing import Any

import numpy as np

from chargeplan.classical.core import make_deadline
from chargeplan.classical.covering import find_cheapest_cover
from chargeplan.classical.distances import Distances
from chargeplan.classical.inputs import InputReader, assign_nearest
from chargeplan.classical.result import ClassicalResult, judge_minimum
from chargeplan.classical.set_cover import make_cover_matrix
from chargeplan.errors import InfeasibleError, NoPlanError, name_rows
from chargeplan.records import Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over


def solve_p_center(distance: Any, *, p: int, time_limit_s: float = 60.0, seed: int = 1) -> ClassicalResult:
    """Solve the p-center problem of Hakimi (1964).

    Open `p` sites so that the distance of the farthest cell to its nearest open site is as small as
    possible. The answer is one of the distances: a bisection asks which of them can be kept by p
    sites, by prices alone at first and by the solver where they do not tell.

    Parameters
    ----------
    distance : array_like, sparse matrix or tuple
        As in `chargeplan.solve_mclp`.
    p : int
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
        When no `p` sites reach every cell.

    Examples
    --------
    >>> solve_p_center([[0, 9], [9, 0], [9, 1]], p=1).objective
    9.0
    """
    reader = InputReader()
    distances = reader.read_distances(distance)
    count = reader.read_count(p, distances.n_sites)
    reader.raise_if_any()
    matrix = distances.fill()
    lonely = np.flatnonzero(~np.isfinite(matrix).any(axis=1))
    if lonely.size:
        raise InfeasibleError(
            f"distance: no site can be reached from the cells at rows {name_rows(lonely)}; add sites or ways"
        )
    search = _CenterSearch(matrix, distances, count, make_deadline(time_limit_s), seed)
    sites, bound = search.run()
    cells = assign_nearest(distances, sites)
    objective = float(matrix[np.arange(len(matrix)), cells].max(initial=0.0))
    bound, outcome = judge_minimum(objective, bound, step=0.0)
    return ClassicalResult(sites, cells, objective, bound, outcome, is_minimised=True)


_BEYOND = 5e-7  # rounding of a bound; what the search rules out is twice as far above p


class _CenterSearch:
    """The bisection over distances: below `low` is ruled out, `high` is kept by the sites found."""

    def __init__(self, matrix: Floats, distances: Distances, p: int, deadline: Deadline, seed: int) -> None:
        self.matrix, self.distances, self.p = matrix, distances, p
        self.deadline, self.seed = deadline, seed
        nearest = matrix.min(axis=1, initial=np.inf)
        least = float(nearest.max(initial=0.0))
        values = np.unique(matrix[np.isfinite(matrix)])
        self.values: Floats = values[values >= least]
        self.low, self.high = 0, len(self.values)
        self.sites: Ints = np.arange(p)

    def run(self) -> tuple[Ints, float]:
        """Bisect until one distance is left or the deadline; return sites and bound."""
        if not self._try(len(self.values) - 1, with_solver=True):
            if is_over(self.deadline):
                raise NoPlanError(
                    f"no {self.p} sites that reach every cell were found in time; raise time_limit_s"
                )
            raise InfeasibleError(f"no {self.p} sites reach every cell; raise p, or add sites or ways")
        self._narrow()
        while self.low < self.high and not is_over(self.deadline):
            middle = (self.low + self.high) // 2
            if self._try(middle, with_solver=True) is None:
                break
        return self.sites, float(self.values[self.low])

    def _narrow(self) -> None:
        """Bisect by prices and greedy covers alone, once towards either end of what they leave open."""
        for is_unknown_kept in (False, True):
            low, high = self.low, self.high
            while low < high and not is_over(self.deadline):
                middle = (low + high) // 2
                kept = self._try(middle, with_solver=False)
                if is_unknown_kept if kept is None else kept:
                    high = min(middle, self.high)
                else:
                    low = middle + 1

    def _try(self, at: int, *, with_solver: bool) -> bool | None:
        """Ask whether p sites keep a distance; None when that stays open."""
        if at < self.low:
            return False
        if at >= self.high and self.high < len(self.values):
            return True
        cell, site = np.nonzero(self.matrix <= self.values[at])
        cover = make_cover_matrix(cell, site, self.distances)
        found = find_cheapest_cover(
            cover,
            np.ones(cover.shape[1]),
            step=1.0,
            ceiling=float(self.p),
            enough=float(self.p),
            deadline=self.deadline,
            with_solver=with_solver,
            seed=self.seed,
        )
        if found.cost <= self.p:
            spare = np.setdiff1d(np.arange(self.distances.n_sites), found.columns)
            sites = np.sort(np.concatenate([found.columns, spare])[: self.p])
            farthest = float(self.matrix[:, sites].min(axis=1).max())
            self.high, self.sites = int(np.searchsorted(self.values, farthest)), sites
            return True
        if found.bound > self.p + _BEYOND:
            self.low = max(self.low, at + 1)
            return False
        return None
