"""Swaps for the p-median: every exchange of an open for a closed site valued at once.

The gain of a swap is the sum of three numbers (Resende and Werneck 2007): what the newcomer saves,
what closing the other costs, and what of that the newcomer takes over.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over

_GAIN_SHARE = 1e-12


def find_two_nearest(costs: Floats, sites: Ints) -> tuple[Ints, Floats, Floats]:
    """Find the cheapest open site of each cell (place in `sites`), its cost and the second one's.

    With one open site the second cost is that of the first.
    """
    to_open = costs[:, sites]
    rows = np.arange(len(costs))
    if len(sites) == 1:
        return np.zeros(len(costs), dtype=np.int64), to_open[:, 0], to_open[:, 0]
    nearest = np.argmin(to_open, axis=1)
    first = to_open[rows, nearest]
    to_open[rows, nearest] = np.inf
    return nearest, first, to_open.min(axis=1)


def improve_by_swaps(costs: Floats, sites: Ints, *, deadline: Deadline | None = None) -> tuple[Ints, float]:
    """Make the best swap until none helps.

    Parameters
    ----------
    costs : ndarray, shape (n_cells, n_sites)
        Cost of serving each cell from each site.
    sites : ndarray of int64
        Open sites to start from.
    deadline : Deadline, optional
        When to stop with what there is.

    Returns
    -------
    sites : ndarray of int64
        Rising.
    cost : float
        Of the plan.
    """
    sites = np.array(sites, dtype=np.int64)
    n_cells, n_open = len(costs), len(sites)
    rows = np.arange(n_cells)
    saved, taken_over = np.empty_like(costs), np.empty_like(costs)
    while True:
        nearest, first, second = find_two_nearest(costs, sites)
        cost = float(first.sum())
        if n_open == 1:
            totals = costs.sum(axis=0)
            sites = np.array([int(np.argmin(totals))])
            return sites, float(totals[sites[0]])
        np.subtract(first[:, None], costs, out=saved)
        np.maximum(saved, 0.0, out=saved)
        np.maximum(costs, first[:, None], out=taken_over)
        np.subtract(second[:, None], taken_over, out=taken_over)
        np.maximum(taken_over, 0.0, out=taken_over)
        by_place = sp.csr_array((np.ones(n_cells), (nearest, rows)), shape=(n_open, n_cells))
        loss = np.bincount(nearest, second - first, n_open)
        change = by_place @ taken_over + saved.sum(axis=0)[None, :] - loss[:, None]
        change[:, sites] = -np.inf
        best = int(np.argmax(change))
        if change.flat[best] <= _GAIN_SHARE * max(cost, 1.0) or is_over(deadline):
            return np.sort(sites), cost
        sites[best // costs.shape[1]] = best % costs.shape[1]
