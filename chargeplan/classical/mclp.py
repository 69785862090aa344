"""MCLP: serve as much weight as possible within a radius of p sites."""

from __future__ import annotations

from typing import Any

import numpy as np

from chargeplan.classical.core import make_problem, search_plan
from chargeplan.classical.inputs import InputReader, assign_nearest, get_cells_frame
from chargeplan.classical.result import ClassicalResult, judge_gap, measure_gap
from chargeplan.words import Outcome, PlanMode


def solve_mclp(
    weight: Any,
    distance: Any,
    *,
    radius: float,
    p: int,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 1,
) -> ClassicalResult:
    """Solve the maximal covering location problem of Church and ReVelle (1974).

    Open at most `p` sites so that the weight of the cells within `radius` of an open site
    (inclusive) is as large as possible.

    Parameters
    ----------
    weight : array_like, shape (n_cells,)
        Weight of each cell, finite and >= 0; or a column of the GeoDataFrame of cells.
    distance : array_like, sparse matrix or tuple
        Distance or time from each cell to each site, in the unit of `radius`: an array of shape
        (n_cells, n_sites), infinite where there is no way, never NaN; a SciPy sparse matrix; three
        arrays (cell, site, distance); or two GeoDataFrames of points (cells, sites) in one
        projected CRS.
    radius : float
    p : int
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        Cells that no open site reaches have -1 in ``cells``.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.

    Examples
    --------
    >>> solve_mclp([3, 1, 2], [[0, 9], [9, 0], [9, 1]], radius=1, p=1).sites
    array([0])
    """
    reader = InputReader()
    distances = reader.read_distances(distance, like_cells=weight)
    weights = reader.read_values(weight, distances.n_cells, "weight", source=get_cells_frame(distance))
    limit = reader.read_limit(radius, "radius")
    count = reader.read_count(p, distances.n_sites, least=0)
    reader.raise_if_any()
    problem = make_problem(PlanMode.COVER, weights, distances.n_sites, distances.find_within(limit), p=count)
    if problem.n_pairs == 0 or count == 0:
        nowhere = np.full(problem.n_cells, -1, dtype=np.int64)
        return ClassicalResult(np.zeros(0, dtype=np.int64), nowhere, 0.0, 0.0, Outcome.PROVEN_OPTIMAL)
    solution = search_plan(problem, gap=gap, time_limit_s=time_limit_s, seed=seed)
    sites = np.flatnonzero(solution.chargers > 0)
    cells = assign_nearest(distances, sites, limit)
    objective = float(weights[cells >= 0].sum())
    bound = max(solution.bound_kwh_day, objective)
    outcome = judge_gap(measure_gap(objective, bound, is_minimised=False))
    return ClassicalResult(sites, cells, objective, bound, outcome)
