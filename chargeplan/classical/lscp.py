"""LSCP: the fewest sites within a radius of every cell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from chargeplan.classical.distances import Distances
from chargeplan.classical.inputs import InputReader, assign_nearest
from chargeplan.classical.result import ClassicalResult
from chargeplan.classical.set_cover import cover_cheapest, make_cover_matrix
from chargeplan.errors import InfeasibleError, name_rows
from chargeplan.records import Ints


def solve_lscp(
    distance: Any, *, radius: float, gap: float = 0.0, time_limit_s: float = 60.0, seed: int = 1
) -> ClassicalResult:
    """Solve the location set covering problem of Toregas et al. (1971).

    Open as few sites as possible so that every cell is within `radius` of one (inclusive).

    Parameters
    ----------
    distance : array_like, sparse matrix or tuple
        As in `chargeplan.solve_mclp`.
    radius : float
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        ``cells`` has the nearest open site of each cell.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.
    InfeasibleError
        When no site is within the radius of a cell.

    Examples
    --------
    >>> solve_lscp([[0, 9], [9, 0], [9, 1]], radius=1).objective
    2.0
    """
    reader = InputReader()
    distances = reader.read_distances(distance)
    limit = reader.read_limit(radius, "radius")
    limit_gap = reader.read_limit(gap, "gap")
    reader.raise_if_any()
    cell, site, _ = distances.find_within(limit)
    refuse_lonely_cells(cell, distances, limit)
    matrix = make_cover_matrix(cell, site, distances)
    result = cover_cheapest(
        matrix, np.ones(distances.n_sites), gap=limit_gap, time_limit_s=time_limit_s, seed=seed
    )
    return replace(result, cells=assign_nearest(distances, result.sites, limit))


def refuse_lonely_cells(cell: Ints, distances: Distances, radius: float) -> None:
    """Name the cells without a site in reach.

    Raises
    ------
    InfeasibleError
        When there are such cells.
    """
    lonely = np.setdiff1d(np.arange(distances.n_cells), cell)
    if lonely.size:
        raise InfeasibleError(
            f"distance: no site is within the radius of {radius:g} of the cells at rows {name_rows(lonely)}; "
            "raise the radius or add sites near them"
        )
