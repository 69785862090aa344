"""Contract chains of degree-two nodes, keeping travel times exact.

Every segment is two *darts*, one for each direction: dart ``2 s`` runs from start to end of
segment s, dart ``2 s + 1`` back, so ``dart ^ 1`` is the same stretch the other way round.
A dart whose head is contracted has one follower. Following all darts to the end of their
chains at once takes log2(longest chain) rounds of pointer doubling: each round, every dart
takes over the sums and the target of the dart it points to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chargeplan.network.segments import Segments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Cells and sites are joined to nodes. Contracting a long road to its two ends would leave
# places along it far from every node, so a node stays about every so many metres.
NODE_SPACING_M = 400.0


@dataclass(frozen=True, slots=True)
class Chains:
    """Pieces of road between kept nodes; both directions are one piece.

    Parameters
    ----------
    start, end : ndarray of int64, shape (n,)
        Rows of the kept nodes in `Segments`; equal for a loop.
    forward_s, backward_s : ndarray of float64, shape (n,)
        Driven seconds, inf where not allowed.
    length_m : ndarray of float64, shape (n,)
    piece : ndarray of int64, shape (m,)
        Piece of each segment.
    step : ndarray of int64, shape (m,)
        Place of the segment in its piece, from 0 at `start`.
    head : ndarray of int64, shape (m,)
        Row of the node at the far end of the segment, seen from `start`.
    """

    start: Ints
    end: Ints
    forward_s: Floats
    backward_s: Floats
    length_m: Floats
    piece: Ints
    step: Ints
    head: Ints


def contract_chains(segments: Segments, kind: Ints, kept: Bools | None = None) -> Chains:
    """Contract nodes at which a driver has no choice.

    Parameters
    ----------
    segments : Segments
        Strongly connected.
    kind : ndarray of int64, shape (m,)
        Nodes between segments of different kind are kept (the drawn road class).
    kept : ndarray of bool, shape (n_nodes,), optional
        Nodes to keep besides, as a network that was contracted before brings them; long
        chains are then not given nodes once more.

    Notes
    -----
    A node is contracted when exactly two segments meet there, of one kind, and whoever may
    enter by one may leave by the other, in the same directions. Times between kept nodes
    are therefore those of the whole network.
    """
    darts = _Darts(segments)
    is_kept = ~_find_passed_nodes(darts, kind)
    if kept is not None:
        is_kept |= kept
    if not is_kept.any():  # the whole network is one ring
        is_kept[0] = True
    if kept is None:
        is_kept |= _find_spaced_nodes(darts, _follow(darts, is_kept), is_kept)
    return _make_chains(darts, _follow(darts, is_kept), is_kept)


class _Darts:
    """Both directions of every segment, side by side."""

    def __init__(self, segments: Segments) -> None:
        self.n_nodes = segments.node_id.size
        self.tail = _interleave(segments.start, segments.end)
        self.head = _interleave(segments.end, segments.start)
        self.seconds = _interleave(segments.forward_s, segments.backward_s)
        self.length_m = np.repeat(segments.length_m, 2)
        self.reverse = np.arange(self.tail.size) ^ 1


@dataclass(frozen=True, slots=True)
class _Run:
    """For each dart: the last dart of its chain, and sums from the dart to there, inclusive."""

    last: Ints
    length_m: Floats
    seconds: Floats
    steps: Ints

    def find_first(self, darts: _Darts) -> Ints:
        """Find the first dart of each dart's chain: the reverse chain ends at its reverse."""
        return np.asarray(self.last[darts.reverse] ^ 1, np.int64)


def _interleave(first: NDArray[np.generic], second: NDArray[np.generic]) -> NDArray:  # type: ignore[type-arg]
    return np.column_stack([first, second]).ravel()


def _find_passed_nodes(darts: _Darts, kind: Ints) -> Bools:
    """Find the nodes at which a driver has no choice."""
    is_passed = np.bincount(darts.tail, minlength=darts.n_nodes) == 2
    by_tail = np.argsort(darts.tail, kind="stable")
    pairs = by_tail[is_passed[darts.tail[by_tail]]].reshape(-1, 2)
    one, other = pairs[:, 0], pairs[:, 1]
    is_open = np.isfinite(darts.seconds)
    is_same = kind[one // 2] == kind[other // 2]
    is_same &= is_open[one ^ 1] == is_open[other]
    is_same &= is_open[other ^ 1] == is_open[one]
    result = np.zeros(darts.n_nodes, np.bool_)
    result[darts.tail[one[is_same]]] = True
    return result


def _follow(darts: _Darts, is_kept: Bools) -> _Run:
    """Follow every dart to the kept node at the end of its chain."""
    n_darts = darts.tail.size
    last = np.arange(n_darts)
    passed = np.argsort(darts.tail, kind="stable")
    pairs = passed[~is_kept[darts.tail[passed]]].reshape(-1, 2)
    last[pairs[:, 0] ^ 1] = pairs[:, 1]
    last[pairs[:, 1] ^ 1] = pairs[:, 0]
    is_end = is_kept[darts.head]
    length_m = np.where(is_end, 0.0, darts.length_m)
    seconds = np.where(is_end, 0.0, darts.seconds)
    steps = np.where(is_end, 0, 1)
    while not is_end[last].all():
        length_m = length_m + length_m[last]
        seconds = seconds + seconds[last]
        steps = steps + steps[last]
        last = last[last]
    return _Run(last, length_m + darts.length_m[last], seconds + darts.seconds[last], steps + 1)


def _find_spaced_nodes(darts: _Darts, run: _Run, is_kept: Bools) -> Bools:
    """Find the shape nodes that stay in long chains, and one or more in each loop."""
    first = run.find_first(darts)
    # Of a chain and its reverse, the one with the lower first dart decides for both.
    is_leading = first < (run.last ^ 1)
    is_loop = darts.tail[first] == darts.head[run.last]
    chain_m = run.length_m[first]
    n_parts = np.maximum(np.rint(chain_m / NODE_SPACING_M), np.where(is_loop, 2, 1))
    part_at_tail = np.floor((chain_m - run.length_m) / chain_m * n_parts)
    part_at_head = np.floor((chain_m - run.length_m + darts.length_m) / chain_m * n_parts)
    is_end = is_kept[darts.head]
    is_spaced = is_leading & ~is_end & (part_at_head > part_at_tail)
    has_spaced = np.zeros(first.size, np.bool_)
    has_spaced[first[is_spaced]] = True
    result = np.zeros(darts.n_nodes, np.bool_)
    result[darts.head[is_spaced]] = True
    # The middle of a loop may lie on its last segment: the near end of that stands in for it.
    result[darts.tail[is_leading & is_loop & is_end & ~has_spaced[first]]] = True
    return result & ~is_kept


def _make_chains(darts: _Darts, run: _Run, is_kept: Bools) -> Chains:
    first = run.find_first(darts)
    is_leading = first < (run.last ^ 1)
    leaders = np.flatnonzero(is_leading & is_kept[darts.tail])
    leading = np.flatnonzero(is_leading)  # one dart of each segment, in the order of the segments
    piece = np.searchsorted(leaders, first[leading])
    return Chains(
        darts.tail[leaders],
        darts.head[run.last[leaders]],
        run.seconds[leaders],
        run.seconds[run.last[leaders] ^ 1],
        run.length_m[leaders],
        piece,
        run.steps[first[leading]] - run.steps[leading],
        darts.head[leading],
    )
