"""What the dual of a cover problem says about single sites and about pairs of sites.

At any multipliers >= 0 the relaxed problem bounds every plan. With a site forced open its rows are
served whatever else is open, so nobody may claim them: their multipliers can be 0, which takes
from the worth of every site nearby. Pairs of sites whose bound is below the goal exclude each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Bools, Floats
from chargeplan.solve.cover_node import CoverNode


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Prices of the relaxed rows, each >= 0.

    Parameters
    ----------
    row : ndarray, shape (n_rows,)
        What the sites of a row may claim of it.
    cut : ndarray, shape (n_cuts,)
    count : float
        Of a site.
    budget : float
        Of a unit of money.
    """

    row: Floats
    cut: Floats
    count: float
    budget: float


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Bounds on plans of a node.

    Parameters
    ----------
    value : float
        On every plan.
    with_site : ndarray, shape (n_sites,)
        On plans that open the site.
    without_site : ndarray, shape (n_sites,)
    with_pair : ndarray, shape (n_sites, n_sites)
        On plans that open both.
    """

    value: float
    with_site: Floats
    without_site: Floats
    with_pair: Floats


def probe_sites(node: CoverNode, prices: Multipliers, alive: Bools) -> Probe:
    """Compute the bounds of a node at some multipliers, in plain arithmetic.

    Parameters
    ----------
    node : CoverNode
    prices : Multipliers
        In the order of the node's rows and cuts; any values >= 0 give true bounds.
    alive : ndarray of bool, shape (n_sites,)
        Sites that are not ruled out.
    """
    price = np.maximum(prices.cut, 0.0)
    count, budget = max(prices.count, 0.0), max(prices.budget, 0.0)
    left, worth = node.weight.copy(), np.zeros(node.n_sites)
    for cut, each in zip(node.cuts, price, strict=True):
        if each > 0:
            if cut.row >= 0:
                left[cut.row] -= each
            worth[list(cut.one_of)] -= each
            worth[list(cut.unless)] += each
    left = np.maximum(left, 0.0)
    claim = np.clip(prices.row, 0.0, left)
    worth += node.cover.T @ claim
    worth -= count + budget * node.cost
    rest = count * node.max_sites + (budget * node.budget if budget > 0 else 0.0)
    gain = np.where(alive, np.maximum(worth, 0.0), 0.0)
    value = node.base + float(price.sum() + np.sum(left - claim) + gain.sum()) + rest
    weighed = sp.csr_array(node.cover.multiply(claim[:, None]))
    overlap = np.asarray((node.cover.T @ weighed).todense())
    np.fill_diagonal(overlap, 0.0)
    # A site that would be open loses what the forced ones serve, and all if it does not go with them.
    loss = np.minimum(np.where(node.conflict, np.inf, overlap), gain[None, :])
    lack = np.maximum(-worth, 0.0)
    with_site = np.where(alive, value - lack - loss.sum(axis=1), -np.inf)
    pair_loss = np.zeros_like(overlap)
    for at in np.flatnonzero(gain > 0):
        lost = loss[:, at].copy()
        both = np.maximum(lost[:, None], lost[None, :])
        both[at, :] = both[:, at] = 0.0  # a forced site is not lost
        pair_loss += both
    with_pair = value - lack[:, None] - lack[None, :] - overlap - pair_loss
    np.fill_diagonal(with_pair, np.inf)
    return Probe(value, with_site, np.where(alive, value - gain, value), with_pair)
