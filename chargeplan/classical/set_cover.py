"""Set cover with costs, and the location set covering problem as its case of unit costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_deadline
from chargeplan.classical.covering import find_cheapest_cover
from chargeplan.classical.distances import Distances
from chargeplan.classical.inputs import InputReader
from chargeplan.classical.result import ClassicalResult, find_step, judge_minimum
from chargeplan.errors import InfeasibleError, name_rows
from chargeplan.records import Floats, Ints


def solve_set_cover(
    cover: Any, cost: Any = 1.0, *, gap: float = 0.0, time_limit_s: float = 60.0, seed: int = 1
) -> ClassicalResult:
    """Solve the weighted set covering problem: the cheapest columns that cover every row.

    Parameters
    ----------
    cover : array_like, sparse matrix or tuple
        Which column (site) covers which row (cell): an array of 0 and 1 of shape (n_cells, n_sites),
        a SciPy sparse matrix, or two arrays (cell, site).
    cost : array_like, shape (n_sites,)
        >= 0; one number for all, or one for each column.
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        ``cells`` has the first chosen column of each row.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.
    InfeasibleError
        When a row has no column.

    Examples
    --------
    >>> solve_set_cover([[1, 1, 0], [0, 1, 1]], cost=[1, 3, 1]).sites
    array([0, 2])
    """
    reader = InputReader()
    if isinstance(cover, tuple) and len(cover) == 2:
        cover = (*cover, np.ones(len(cover[0])))
    marks = reader.read_distances(cover, "cover", like_sites=cost)
    costs = reader.read_values(cost, marks.n_sites, "cost")
    limit_gap = reader.read_limit(gap, "gap")
    reader.raise_if_any()
    if marks.dense is not None:
        cell, site = np.nonzero(marks.dense)
    else:
        used = marks.value > 0
        cell, site = marks.cell[used], marks.site[used]
    lonely = np.setdiff1d(np.arange(marks.n_cells), cell)
    if lonely.size:
        raise InfeasibleError(f"cover: no column covers the rows {name_rows(lonely)}; add columns for them")
    matrix = make_cover_matrix(cell, site, marks)
    return cover_cheapest(matrix, costs, gap=limit_gap, time_limit_s=time_limit_s, seed=seed)


def make_cover_matrix(cell: Ints, site: Ints, distances: Distances) -> sp.csr_array:
    """Make the matrix with 1 where a site covers a cell, shape (n_cells, n_sites)."""
    shape = (distances.n_cells, distances.n_sites)
    matrix = sp.csr_array((np.ones(len(cell)), (cell, site)), shape=shape)
    matrix.sort_indices()
    return matrix


def cover_cheapest(
    matrix: sp.csr_array, costs: Floats, *, gap: float, time_limit_s: float, seed: int
) -> ClassicalResult:
    """Solve a set cover whose rows all have a column."""
    step = find_step(costs)
    found = find_cheapest_cover(
        matrix, costs, step=step, gap=gap, deadline=make_deadline(time_limit_s), seed=seed
    )
    objective = float(costs[found.columns].sum())
    bound, outcome = judge_minimum(objective, found.bound, step=step)
    cells = np.full(matrix.shape[0], -1, dtype=np.int64)
    for column in found.columns[::-1]:
        cells[matrix[:, [column]].nonzero()[0]] = column
    return ClassicalResult(found.columns, cells, objective, bound, outcome, is_minimised=True)
