"""Cliques that cover the pairs of sites too near each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from chargeplan.records import Bools, Ints


def cover_with_cliques(left: Ints, right: Ints, n_sites: int) -> tuple[Ints, Ints]:
    """Cover the pairs of a graph with few maximal cliques.

    Greedy: sites in the order of their conflicts, most first; from each, cliques grow by the
    neighbour that brings the most pairs not held yet. In the end cliques whose every pair another
    one holds are dropped, small ones first. Fewest cliques is a hard problem of its own; the rows
    need not be the fewest.

    Parameters
    ----------
    left, right : ndarray of int64, shape (n_pairs,)
        Conflicting pairs, each once.
    n_sites : int

    Returns
    -------
    start : ndarray of int64, shape (n_cliques + 1,)
    site : ndarray of int64
        Clique c is ``site[start[c]:start[c + 1]]``, rising; cliques sorted by their sites.
    """
    if len(left) == 0:
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    # Each pair is numbered from 1, in both directions, so that 0 is "no conflict".
    number = np.arange(1, len(left) + 1)
    graph = sp.csr_array(
        (np.tile(number, 2), (np.concatenate([left, right]), np.concatenate([right, left]))),
        shape=(n_sites, n_sites),
    )
    graph.sort_indices()
    is_held = np.zeros(len(left) + 1, dtype=bool)
    is_held[0] = True
    degree = np.diff(graph.indptr)
    cliques: list[Ints] = []
    holds: list[Ints] = []  # numbers of the pairs of each clique
    # Each clique depends on what the ones before it hold: a loop over cliques, vectors inside.
    for hub in np.argsort(-degree, kind="stable").tolist():
        row = slice(graph.indptr[hub], graph.indptr[hub + 1])
        near, to_hub = graph.indices[row], graph.data[row]
        if is_held[to_hub].all():
            continue
        between = graph[near][:, near].toarray()
        while not is_held[to_hub].all():
            members = _grow_clique(between, to_hub, is_held)
            inner = between[np.ix_(members, members)]
            holds.append(np.concatenate([to_hub[members], inner[np.triu_indices(len(members), k=1)]]))
            is_held[holds[-1]] = True
            cliques.append(np.sort(np.append(near[members], hub)).astype(np.int64))
    return _join_cliques(_drop_needless(cliques, holds, len(left)))


def _grow_clique(between: Ints, to_hub: Ints, is_held: Bools) -> Ints:
    """Grow a maximal clique among the neighbours of a hub that holds a pair not held yet.

    Parameters
    ----------
    between : ndarray of int64, shape (n, n)
        Number of the pair of two neighbours, 0 where they do not conflict.
    to_hub : ndarray of int64, shape (n,)
        Number of the pair of each neighbour with the hub.
    is_held : ndarray of bool
        By number of the pair.
    """
    is_new = ~is_held[between]
    gain = (~is_held[to_hub]).astype(np.int64)
    may_join = np.ones(len(to_hub), dtype=bool)
    adjacent = between > 0
    n_common = adjacent.sum(axis=1)
    members = []
    while may_join.any():
        # Most new pairs with the members; where equal, the one that leaves the most to join.
        rank = np.where(may_join, gain * (len(to_hub) + 1) + n_common, -1)
        chosen = int(rank.argmax())
        members.append(chosen)
        gain += is_new[chosen]
        lost = may_join & ~adjacent[chosen]
        n_common -= adjacent[lost].sum(axis=0)
        may_join &= adjacent[chosen]
    return np.array(members, dtype=np.int64)


def _drop_needless(cliques: list[Ints], holds: list[Ints], n_pairs: int) -> list[Ints]:
    """Drop cliques whose every pair another one holds, small ones first."""
    times = np.bincount(np.concatenate(holds), minlength=n_pairs + 1)
    stays = np.ones(len(cliques), dtype=bool)
    for at in np.argsort([len(clique) for clique in cliques], kind="stable").tolist():
        if (times[holds[at]] > 1).all():
            times[holds[at]] -= 1
            stays[at] = False
    return [clique for clique, stay in zip(cliques, stays, strict=True) if stay]


def _join_cliques(cliques: list[Ints]) -> tuple[Ints, Ints]:
    cliques = sorted(cliques, key=lambda clique: clique.tolist())
    sizes = [len(clique) for clique in cliques]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), np.concatenate(cliques)
