"""A smaller graph with the same driving times between the nodes that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints

# Measured on Islamabad (29,000 nodes, 5,100 kept): 5 leaves 28 % of the nodes and 55 % of the
# edges after 0.04 s and makes the search three times faster; 4 and 6 gain less.
_LARGEST_DEGREE = 5
_SMALLEST_ROUND_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class _Edges:
    """Directed edges without repeats, sorted by tail and head."""

    tail: Ints
    head: Ints
    seconds: Floats


def reduce_graph(seconds: sp.csr_array, is_kept: Bools) -> tuple[sp.csr_array, Ints]:
    """Eliminate nodes between which and other nodes no time is asked for.

    Parameters
    ----------
    seconds : scipy.sparse.csr_array, shape (n, n)
        Seconds from row to column, positive.
    is_kept : ndarray of bool, shape (n,)
        Nodes that must stay.

    Returns
    -------
    tuple of csr_array, shape (m, m), and ndarray of int64, shape (n,)
        The smaller graph, and the row in it of each old node, -1 where eliminated.

    Notes
    -----
    Eliminating node v puts an edge of ``a->v + v->b`` seconds, or keeps a faster one, between
    each pair of its neighbours, so every shortest path between other nodes keeps its length.
    This is Gaussian elimination in the (min, +) algebra, stopped where fill-in would outweigh
    it. Each round takes an independent set, so that all its nodes can go at once.
    """
    n_nodes = len(is_kept)
    coordinates = seconds.tocoo()
    edges = _merge(
        coordinates.row.astype(np.int64), coordinates.col.astype(np.int64), coordinates.data, n_nodes
    )
    # Ties between neighbours are broken by a fixed random rank: node numbers follow the streets
    # and would let only every second node of a long street go.
    rank = np.random.default_rng(0).permutation(n_nodes)
    is_left = np.ones(n_nodes, dtype=bool)
    while True:
        goes = _choose_round(edges, is_left & ~is_kept, rank)
        if goes.sum() <= _SMALLEST_ROUND_SHARE * is_left.sum():
            break
        is_left &= ~goes
        edges = _eliminate(edges, goes)
    row = np.where(is_left, np.cumsum(is_left) - 1, -1)
    n_left = int(is_left.sum())
    smaller = sp.coo_array((edges.seconds, (row[edges.tail], row[edges.head])), shape=(n_left, n_left))
    return smaller.tocsr(), row


def _choose_round(edges: _Edges, may_go: Bools, rank: Ints) -> Bools:
    """Choose nodes of low degree, no two of them neighbours."""
    n_nodes = len(may_go)
    n_out, n_in = np.bincount(edges.tail, minlength=n_nodes), np.bincount(edges.head, minlength=n_nodes)
    goes = may_go & (n_out <= _LARGEST_DEGREE) & (n_in <= _LARGEST_DEGREE)
    both = goes[edges.tail] & goes[edges.head]
    tail, head = edges.tail[both], edges.head[both]
    cost = (n_out + n_in) * n_nodes + rank
    goes[np.where(cost[tail] > cost[head], tail, head)] = False
    return goes


def _eliminate(edges: _Edges, goes: Bools) -> _Edges:
    """Replace the chosen nodes by shortcuts between their neighbours."""
    n_nodes = len(goes)
    enters, leaves = goes[edges.head], goes[edges.tail]
    stays = ~(enters | leaves)
    # Edges are sorted by tail, so the ways out of a node are one run.
    out_head, out_seconds = edges.head[leaves], edges.seconds[leaves]
    n_out = np.bincount(edges.tail[leaves], minlength=n_nodes)
    run_start = np.cumsum(n_out) - n_out
    via = edges.head[enters]
    repeat = n_out[via]
    within_run = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    out = np.repeat(run_start[via], repeat) + within_run
    tail, head = np.repeat(edges.tail[enters], repeat), out_head[out]
    seconds = np.repeat(edges.seconds[enters], repeat) + out_seconds[out]
    is_no_loop = tail != head
    return _merge(
        np.concatenate([edges.tail[stays], tail[is_no_loop]]),
        np.concatenate([edges.head[stays], head[is_no_loop]]),
        np.concatenate([edges.seconds[stays], seconds[is_no_loop]]),
        n_nodes,
    )


def _merge(tail: Ints, head: Ints, seconds: Floats, n_nodes: int) -> _Edges:
    """Sort edges by tail and head and keep the fastest of each pair."""
    key = tail * n_nodes + head
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    fastest = np.minimum.reduceat(seconds[order], first) if len(key) else seconds
    return _Edges(key[first] // n_nodes, key[first] % n_nodes, fastest)
