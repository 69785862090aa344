"""CFLP: open sites of limited capacity and serve all demand at the least cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.cflp_search import FacilitySearch
from chargeplan.classical.core import make_deadline
from chargeplan.classical.inputs import InputReader, get_cells_frame, get_sites_frame
from chargeplan.classical.result import ClassicalResult, judge_minimum
from chargeplan.errors import InfeasibleError, NoPlanError, name_rows


def solve_cflp(
    cost: Any,
    demand: Any,
    capacity: Any,
    opening_cost: Any,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
) -> ClassicalResult:
    """Solve the capacitated facility location problem whose demand may be split.

    Open sites and serve the whole demand of every cell so that opening and serving cost least.

    Parameters
    ----------
    cost : array_like, sparse matrix or tuple
        Cost of serving the whole demand of each cell from each site (a share costs its part),
        in the forms of `distance` of `chargeplan.solve_mclp`; with points it is the distance times
        the demand.
    demand : array_like, shape (n_cells,), or str
    capacity, opening_cost : array_like, shape (n_sites,), or str
        One number for all, one for each site, or a column of the GeoDataFrame of sites.
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float

    Returns
    -------
    ClassicalResult
        ``shares`` has the share of each cell that each site serves.

    Raises
    ------
    DataError
        When an argument cannot be used; all faults at once.
    InfeasibleError
        When all sites together cannot serve all demand.

    Examples
    --------
    >>> solve_cflp([[1, 5], [5, 1]], demand=[2, 2], capacity=[4, 4], opening_cost=[3, 9]).objective
    9.0
    """
    reader = InputReader()
    distances = reader.read_distances(cost, "cost", like_cells=demand, like_sites=capacity)
    cells_frame, sites_frame = get_cells_frame(cost), get_sites_frame(cost)
    demands = reader.read_values(demand, distances.n_cells, "demand", source=cells_frame)
    capacities = reader.read_values(capacity, distances.n_sites, "capacity", source=sites_frame)
    opening = reader.read_values(opening_cost, distances.n_sites, "opening_cost", source=sites_frame)
    limit_gap = reader.read_limit(gap, "gap")
    reader.raise_if_any()
    matrix = distances.fill()
    if cells_frame is not None:
        matrix = matrix * demands[:, None]
    lonely = np.flatnonzero(~np.isfinite(matrix).any(axis=1))
    if lonely.size:
        raise InfeasibleError(
            f"cost: no site can serve the cells at rows {name_rows(lonely)}; add sites or ways"
        )
    if capacities.sum() < demands.sum() * (1 - 1e-12):
        raise InfeasibleError(
            f"all sites together can serve {capacities.sum():,.6g} of a demand of {demands.sum():,.6g}; "
            "raise capacities or add sites"
        )
    deadline = make_deadline(time_limit_s)
    search = FacilitySearch(matrix, demands, capacities, opening, gap=limit_gap, deadline=deadline)
    sites, shares, bound = search.run()
    if shares is None:
        if deadline.left_s <= 0:
            raise NoPlanError(f"no plan was found in {time_limit_s} s; raise time_limit_s")
        raise InfeasibleError(
            "even with all sites open some cells cannot be served whole: the sites they reach are too small; "
            "raise their capacities or add sites"
        )
    cell, place = np.nonzero(shares)
    whole = sp.csr_array((shares[cell, place], (cell, sites[place])), shape=matrix.shape)
    served = matrix[cell, sites[place]] * shares[cell, place]
    objective = math.fsum(np.concatenate([opening[sites], served]).tolist())
    bound, outcome = judge_minimum(objective, bound, step=0.0)
    cells = sites[np.argmax(shares, axis=1)]
    return ClassicalResult(sites, cells, objective, bound, outcome, is_minimised=True, shares=whole)
