"""MCLP with capacity: serve as much weight as possible from p sites of limited capacity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_problem, search_plan
from chargeplan.classical.inputs import InputReader, get_cells_frame, get_sites_frame
from chargeplan.classical.result import ClassicalResult, judge_gap, measure_gap
from chargeplan.words import Outcome, PlanMode


def solve_capacitated_mclp(
    weight: Any,
    distance: Any,
    capacity: Any,
    *,
    radius: float,
    p: int,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 1,
) -> ClassicalResult:
    """Solve the maximal covering location problem with capacities (Current and Storbeck 1988).

    Open at most `p` sites and share the weight of the cells within `radius` (inclusive) among them so
    that as much as possible is served and no site serves more than its capacity. A cell may be split.

    Parameters
    ----------
    weight : array_like, shape (n_cells,), or str
        As in `chargeplan.solve_mclp`.
    distance : array_like, sparse matrix or tuple
        As in `chargeplan.solve_mclp`.
    capacity : array_like, shape (n_sites,), or str
        Weight that each site can serve: one number for all, one for each site, or a column of the
        GeoDataFrame of sites.
    radius : float
    p : int
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        ``shares`` has the share of each cell that each site serves.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.

    Examples
    --------
    >>> solve_capacitated_mclp([3, 1, 2], [[0, 9], [0, 0], [9, 1]], [3, 2], radius=1, p=2).objective
    5.0
    """
    reader = InputReader()
    distances = reader.read_distances(distance, like_cells=weight, like_sites=capacity)
    weights = reader.read_values(weight, distances.n_cells, "weight", source=get_cells_frame(distance))
    capacities = reader.read_values(capacity, distances.n_sites, "capacity", source=get_sites_frame(distance))
    limit = reader.read_limit(radius, "radius")
    count = reader.read_count(p, distances.n_sites, least=0)
    reader.raise_if_any()
    cell, site, value = distances.find_within(limit)
    useful = (weights[cell] > 0) & (capacities[site] > 0)
    pairs = (cell[useful], site[useful], value[useful])
    problem = make_problem(PlanMode.ALLOCATE, weights, distances.n_sites, pairs, p=count, capacity=capacities)
    shape = (distances.n_cells, distances.n_sites)
    nowhere = np.full(problem.n_cells, -1, dtype=np.int64)
    if problem.n_pairs == 0 or count == 0:
        no_sites = np.zeros(0, dtype=np.int64)
        nothing = sp.csr_array(shape)
        return ClassicalResult(no_sites, nowhere, 0.0, 0.0, Outcome.PROVEN_OPTIMAL, shares=nothing)
    solution = search_plan(problem, gap=gap, time_limit_s=time_limit_s, seed=seed)
    share = solution.pair_share
    objective = math.fsum((weights[problem.pair_cell] * share).tolist())
    bound = max(solution.bound_kwh_day, objective)
    shares = sp.csr_array((share, (problem.pair_cell, problem.pair_site)), shape=shape)
    shares.eliminate_zeros()
    by_share = np.lexsort((-problem.pair_site, share, problem.pair_cell))
    used = by_share[share[by_share] > 0]
    cells = nowhere
    cells[problem.pair_cell[used]] = problem.pair_site[used]  # the last of a cell is its largest share
    outcome = judge_gap(measure_gap(objective, bound, is_minimised=False))
    sites = np.flatnonzero(solution.chargers > 0)
    return ClassicalResult(sites, cells, objective, bound, outcome, shares=shares)
