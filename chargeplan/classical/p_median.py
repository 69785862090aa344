"""p-median: open p sites with the least weighted distance of all cells to their nearest one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chargeplan.classical.core import make_deadline
from chargeplan.classical.inputs import InputReader, get_cells_frame
from chargeplan.classical.p_median_search import MedianSearch
from chargeplan.classical.result import ClassicalResult, find_step, judge_minimum
from chargeplan.errors import InfeasibleError, NoPlanError, name_rows
from chargeplan.records import Floats


def solve_p_median(
    distance: Any,
    *,
    p: int,
    weight: Any = 1.0,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 1,
) -> ClassicalResult:
    """Solve the p-median problem of Hakimi (1964).

    Open `p` sites so that the sum over all cells of weight times the distance to the nearest open
    site is as small as possible. Held as a dense matrix, 8 bytes a pair.

    Parameters
    ----------
    distance : array_like, sparse matrix or tuple
        As in `chargeplan.solve_mclp`.
    p : int
    weight : array_like, shape (n_cells,), or str
        One number for all, one for each cell, or a column of the GeoDataFrame of cells.
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        Whole-number distances and weights give whole-number objective and bound.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.
    InfeasibleError
        When no `p` sites reach every cell.

    Examples
    --------
    >>> solve_p_median([[0, 9], [9, 0], [9, 1]], p=1).objective
    10.0
    """
    reader = InputReader()
    distances = reader.read_distances(distance, like_cells=weight)
    weights = reader.read_values(weight, distances.n_cells, "weight", source=get_cells_frame(distance))
    count = reader.read_count(p, distances.n_sites)
    limit_gap = reader.read_limit(gap, "gap")
    reader.raise_if_any()
    deadline = make_deadline(time_limit_s)
    matrix = distances.fill()
    _refuse_lonely_cells(matrix)
    costs, unreachable = _weigh(matrix, weights)
    step = find_step(costs.ravel())
    search = MedianSearch(costs, count, step=step, gap=limit_gap, seed=seed, deadline=deadline)
    sites, cost, bound = search.run()
    if cost >= unreachable:
        if bound >= unreachable:
            raise InfeasibleError(f"no {count} sites reach every cell; raise p, or add sites or ways")
        raise NoPlanError(
            f"no {count} sites that reach every cell were found in {time_limit_s} s; raise it or p"
        )
    cells = sites[np.argmin(matrix[:, sites], axis=1)]
    nearest = matrix[np.arange(len(matrix)), cells]
    objective = math.fsum((weights * nearest).tolist())
    bound, outcome = judge_minimum(objective, bound, step=step)
    return ClassicalResult(sites, cells, objective, bound, outcome, is_minimised=True)


def _refuse_lonely_cells(matrix: Floats) -> None:
    lonely = np.flatnonzero(~np.isfinite(matrix).any(axis=1))
    if lonely.size:
        raise InfeasibleError(
            f"distance: no site can be reached from the cells at rows {name_rows(lonely)}; add sites or ways"
        )


def _weigh(matrix: Floats, weights: Floats) -> tuple[Floats, float]:
    """Weigh the distances; pairs without a way get more than any plan without them costs.

    Returns
    -------
    costs : ndarray
        Of the cells that are not all the same to every plan, equal cells merged.
    unreachable : float
        A plan that costs as much uses a pair without a way; infinite when there is no such pair.
    """
    way = np.isfinite(matrix)
    if way.all():
        costs = matrix * weights[:, None]
        return costs[weights > 0] if np.any(weights > 0) else costs[:1] * 0.0, math.inf
    # A cell of no weight must still be reached.
    finite = np.where(way, matrix, 0.0) * weights[:, None]
    unreachable = math.floor(float(finite.max(axis=1).sum())) + 1.0
    return np.where(way, finite, unreachable), unreachable
