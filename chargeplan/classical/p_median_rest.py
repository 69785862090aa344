"""What a bound leaves of a p-median, as a MILP in Elloumi's radius form.

A cell pays its least cost and, for every ring of sites none of which is open, the way to the next
ring (Elloumi 2010). Rings of equal sites merge over all cells; rings that no better plan of the
bound can need are cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_linear_model, solve_model
from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.outcome import MilpStatus
from chargeplan.solve.reduce import group_equal_rows


@dataclass(frozen=True, slots=True, eq=False)
class MedianRest:
    """What a bound says about sites and pairs.

    Parameters
    ----------
    open_bound, closed_bound : ndarray, shape (n_sites,)
        No plan with, and none without, the site is cheaper.
    bound : float
        At the prices below.
    worth : ndarray, shape (n_sites,)
        How much more a plan with the site costs at these prices, >= 0.
    prices : ndarray, shape (n_cells,)
    """

    open_bound: Floats
    closed_bound: Floats
    bound: float
    worth: Floats
    prices: Floats

    def find_pairs(self, costs: Floats, cutoff: float) -> Bools:
        """Tell which cell a better plan may serve from which site, shape (n_cells, n_sites)."""
        beyond = np.maximum(costs - self.prices[:, None], 0.0)
        beyond += self.bound + self.worth[None, :]
        pairs = beyond <= cutoff
        pairs[:, self.open_bound > cutoff] = False
        return np.asarray(pairs)


def count_rest_pairs(costs: Floats, rest: MedianRest, cutoff: float) -> int:
    """Count the pairs that a better plan may use."""
    return int(np.count_nonzero(rest.find_pairs(costs, cutoff)))


def solve_rest(
    costs: Floats,
    p: int,
    rest: MedianRest,
    *,
    cost: float,
    cutoff: float,
    incumbent: Ints,
    deadline: Deadline,
) -> tuple[Ints | None, float]:
    """Solve what a bound leaves; return sites, if there are any, and a bound on every plan.

    Parameters
    ----------
    costs : ndarray, shape (n_cells, n_sites)
    p : int
    rest : MedianRest
    cost : float
        Of the best plan known.
    cutoff : float
        Plans above it are not looked for.
    incumbent : ndarray of int64
        Sites of the best plan known.
    deadline : Deadline
    """
    pairs = rest.find_pairs(costs, cutoff)
    if not pairs.any(axis=1).all():
        return None, cost
    kept = np.flatnonzero(pairs.any(axis=0))
    must = rest.closed_bound[kept] > cutoff
    offsets, sites, weight, is_last, base = _list_rings(costs[:, kept], pairs[:, kept])
    first_row, group = group_equal_rows(offsets, sites)
    n_rings, n_sites = len(first_row), len(kept)
    ring_weight = np.bincount(group, weight, n_rings)
    needed = np.bincount(group, is_last, n_rings) > 0
    rings = sp.csr_array((np.ones(len(sites)), sites, offsets), shape=(len(weight), n_sites))[first_row]
    paid = np.flatnonzero(~needed)
    slack = sp.csr_array((np.ones(len(paid)), (paid, np.arange(len(paid)))), shape=(n_rings, len(paid)))
    count = sp.csr_array(np.concatenate([np.ones(n_sites), np.zeros(len(paid))])[None, :])
    model = make_linear_model(
        np.concatenate([np.zeros(n_sites), -ring_weight[paid]]),
        sp.vstack([-sp.hstack([rings, slack]), count]).tocsr(),
        np.concatenate([np.full(n_rings, -1.0), [float(p)]]),
        np.arange(n_sites + len(paid)) < n_sites,
    )
    model = replace(model, column_lower=np.concatenate([must.astype(np.float64), np.zeros(len(paid))]))
    start = np.concatenate([np.isin(kept, incumbent).astype(np.float64), np.zeros(len(paid))])
    covered = rings @ start[:n_sites] > 0
    start[n_sites:] = ~covered[paid]
    fits = (
        bool(covered[needed].all()) and bool(start[:n_sites][must].all()) and np.isin(incumbent, kept).all()
    )
    result = solve_model(model, deadline=deadline, start_values=start if fits else None)
    if result.status is MilpStatus.INFEASIBLE:
        return None, cost
    if result.integer_values is None:
        return None, base - result.bound_kwh_day
    chosen = kept[result.integer_values[:n_sites] > 0]
    spare = np.setdiff1d(incumbent, chosen)
    return np.concatenate([chosen, spare])[:p], base - result.bound_kwh_day


def _list_rings(costs: Floats, pairs: Bools) -> tuple[Ints, Ints, Floats, Floats, float]:
    """List the rings of every cell: offsets, sites, weight, whether it is the last, and the base cost."""
    cell, site = np.nonzero(pairs)
    value = costs[cell, site]
    order = np.lexsort((site, value, cell))
    cell, site, value = cell[order], site[order], value[order]
    new_cell = np.concatenate([[True], cell[1:] != cell[:-1]])
    new_ring = new_cell | np.concatenate([[True], value[1:] != value[:-1]])
    ring_cell, ring_value = cell[new_ring], value[new_ring]
    is_last = np.concatenate([ring_cell[1:] != ring_cell[:-1], [True]])
    following = np.where(is_last, ring_value, np.concatenate([ring_value[1:], [0.0]]))
    ring_start = np.flatnonzero(new_ring)
    ring_end = np.concatenate([ring_start[1:], [len(cell)]])
    cell_start = np.flatnonzero(new_cell)[np.cumsum(new_cell)[ring_start] - 1]
    size = ring_end - cell_start
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    source = np.arange(offsets[-1]) - np.repeat(offsets[:-1], size) + np.repeat(cell_start, size)
    row = np.repeat(np.arange(len(size)), size)
    by_row = np.lexsort((site[source], row))
    base = float(ring_value[np.concatenate([[True], ring_cell[1:] != ring_cell[:-1]])].sum())
    return offsets, site[source][by_row], following - ring_value, is_last.astype(np.float64), base
