"""How many drives use each edge, from a sample of starting points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

    from chargeplan.records import Floats, Ints

# Each source brings a tree over all nodes; this many at a time bound the memory.
_SOURCES_PER_BLOCK = 8


@dataclass(frozen=True, slots=True, eq=False)
class DriveSample:
    """Drives over each edge that is used.

    Parameters
    ----------
    start_pos, end_pos : ndarray of int64, shape (n_edges,)
        Nodes of each used edge, sorted by start and end.
    flow : ndarray of float64, shape (n_edges,)
        Drives of the sample over it; one from each source to the whole mass counts 1.
    n_sources : int
        Starting points that were sampled.
    """

    start_pos: Ints
    end_pos: Ints
    flow: Floats
    n_sources: int


def sample_drives(seconds: sp.csr_array, mass: Floats, *, n_sources: int, seed: int) -> DriveSample:
    """Sample starting points by their mass and send their drives over the fastest ways.

    Parameters
    ----------
    seconds : scipy.sparse.csr_array, shape (n_nodes, n_nodes)
        Driving times, positive.
    mass : ndarray of float64, shape (n_nodes,)
        People at each node; drives begin there and end there in proportion.
    n_sources : int
        Fewer are used when fewer nodes have people.
    seed : int

    Notes
    -----
    Brandes (2001) accumulates dependencies along the tree of shortest paths from each source; here
    the tree is unique, because of equally fast ways the search keeps one.
    """
    from scipy.sparse.csgraph import dijkstra

    total = float(mass.sum())
    peopled = np.flatnonzero(mass > 0)
    if not total > 0:
        none = np.zeros(0, dtype=np.int64)
        return DriveSample(none, none, np.zeros(0), 0)
    n_sources = min(n_sources, len(peopled))
    rng = np.random.default_rng(seed)
    sources = np.sort(rng.choice(peopled, n_sources, replace=False, p=mass[peopled] / total))
    keys, flows = [], []
    n_nodes = len(mass)
    for first in range(0, n_sources, _SOURCES_PER_BLOCK):
        block = sources[first : first + _SOURCES_PER_BLOCK]
        reached_s, parents = dijkstra(seconds, indices=block, return_predecessors=True)
        for source_s, parent in zip(reached_s, parents, strict=True):
            carried = _carry_up(source_s, parent, mass / total)
            used = np.flatnonzero((parent >= 0) & (carried > 0))
            keys.append(parent[used].astype(np.int64) * n_nodes + used)
            flows.append(carried[used])
    edge, at = np.unique(np.concatenate(keys), return_inverse=True)
    flow = np.bincount(at, weights=np.concatenate(flows), minlength=len(edge)).astype(np.float64)
    return DriveSample(edge // n_nodes, edge % n_nodes, flow, n_sources)


def _carry_up(reached_s: Floats, parent: Ints, mass: Floats) -> Floats:
    """Sum for each node the mass of all nodes that are reached through it.

    The farthest nodes come first, so each is complete before it is added to its parent; that
    order makes it a loop.
    """
    reached = np.flatnonzero(np.isfinite(reached_s))
    carried = np.where(np.isfinite(reached_s), mass, 0.0).tolist()
    up = parent.tolist()
    for node in reached[np.argsort(-reached_s[reached], kind="stable")].tolist():
        if up[node] >= 0:
            carried[up[node]] += carried[node]
    return np.array(carried, dtype=np.float64)
