"""The cheapest shares for given open sites: a transport problem."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Floats, Ints
from chargeplan.solve.quiet import keep_stdout_clean

_DUST = 1e-9


def find_cheapest_shares(
    costs: Floats, demand: Floats, capacity: Floats, sites: Ints, *, time_limit_s: float
) -> Floats | None:
    """Find the shares that serve every cell whole at least cost; None when the sites cannot.

    Parameters
    ----------
    costs : ndarray, shape (n_cells, n_sites)
        Cost of serving the whole of each cell; infinite where there is no way.
    demand : ndarray, shape (n_cells,)
    capacity : ndarray, shape (n_sites,)
    sites : ndarray of int64
        Open sites.
    time_limit_s : float

    Returns
    -------
    ndarray, shape (n_cells, len(sites)), or None
    """
    from scipy.optimize import linprog

    part = costs[:, sites]
    cell, place = np.nonzero(np.isfinite(part))
    if len(np.unique(cell)) < len(costs) or capacity[sites].sum() < demand.sum() * (1 - 1e-12):
        return None
    at = np.arange(len(cell))
    once = sp.csr_array((np.ones(len(cell)), (cell, at)), shape=(len(costs), len(cell)))
    room = np.minimum(capacity[sites], demand.sum())
    unit = np.maximum(room, 1e-300)
    load = sp.csr_array((demand[cell] / unit[place], (place, at)), shape=(len(sites), len(cell)))
    with keep_stdout_clean():
        answer = linprog(
            part[cell, place],
            A_ub=load,
            b_ub=(room > 0).astype(np.float64),
            A_eq=once,
            b_eq=np.ones(len(costs)),
            bounds=(0, None),
            method="highs-ds",
            options={"time_limit": max(0.05, time_limit_s)},
        )
    if answer.x is None or answer.status != 0:
        return None
    share = np.zeros(part.shape)
    share[cell, place] = np.where(answer.x < _DUST, 0.0, answer.x)
    share /= share.sum(axis=1, keepdims=True)
    loads = demand @ share
    if np.any(loads > capacity[sites] * (1 + 1e-7) + 1e-9):
        return None
    return share
