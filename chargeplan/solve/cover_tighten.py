"""Tighten a cover node: relax it, see what the prices exclude, cut off what that rules out, again.

Each step feeds the next: better prices exclude more sites and pairs, these give stronger cuts,
and those better prices. What comes out holds for every plan that reaches the goal; no other plan is better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chargeplan.records import Floats
from chargeplan.solve.cover_cuts import find_cuts
from chargeplan.solve.cover_lp import CoverLp
from chargeplan.solve.cover_node import CoverNode, keep_sites
from chargeplan.solve.cover_probe import probe_sites
from chargeplan.solve.deadline import Deadline, is_over

_ROUNDS = 40
_REBUILD_SHARE = 0.5  # fewer sites than this share of those in the LP: it is made anew, smaller
_STALLED_ROUNDS = 4
_REAL_PROGRESS_SHARE = 0.01  # of the way from the bound to the goal


@dataclass(frozen=True, slots=True, eq=False)
class Tightened:
    """A node after tightening.

    Parameters
    ----------
    bound : float
        No plan of the node that reaches the goal is worth more; below the goal there is none.
    node : CoverNode
        What is left of it.
    opened : ndarray, shape (n_sites,)
        Last relaxed solution, 0 to 1.
    worth : ndarray, shape (n_sites,)
        Bound on plans of the node that open the site.
    has_failed : bool
        Whether the relaxation came to nothing although there was time.
    """

    bound: float
    node: CoverNode
    opened: Floats
    worth: Floats
    has_failed: bool = False


def tighten_node(
    node: CoverNode, *, goal: float, safety: float, deadline: Deadline | None, rounds: int = _ROUNDS
) -> Tightened:
    """Tighten a node towards a goal.

    Parameters
    ----------
    node : CoverNode
    goal : float
        Plans below it are not looked for.
    safety : float
        Added to every bound for the rounding of long sums.
    deadline : Deadline, optional
    rounds : int
        Relaxations to solve at most.
    """
    bound, done = np.inf, 0
    opened, worth = np.zeros(node.n_sites), np.full(node.n_sites, np.inf)
    while True:
        if node.n_sites == 0 or node.max_sites <= 0 or len(node.weight) == 0:
            return Tightened(min(bound, node.base + safety), node, opened, worth)
        lp, alive = CoverLp(node), np.ones(node.n_sites, dtype=bool)
        opened, worth = np.zeros(node.n_sites), np.full(node.n_sites, np.inf)
        waited, marked = 0, bound
        while True:
            left_s = None if deadline is None else deadline.left_s
            relaxed = lp.solve(left_s) if left_s is None or left_s > 0 else None
            if relaxed is None:
                kept = keep_sites(node, alive)
                return Tightened(bound, kept, opened[alive], worth[alive], not is_over(deadline))
            done += 1
            probe = probe_sites(node, relaxed.prices, alive)
            bound = min(bound, probe.value + safety)
            if bound < goal:
                return Tightened(bound, node, relaxed.opened, worth)
            opened, worth = relaxed.opened, np.minimum(worth, probe.with_site + safety)
            n_alive = int(alive.sum())
            alive &= worth >= goal
            conflict = node.conflict | (probe.with_pair + safety < goal)
            n_new = int(np.count_nonzero(conflict != node.conflict))
            node = replace(node, conflict=conflict)
            waited = 0 if bound < marked - _REAL_PROGRESS_SHARE * (marked - goal) else waited + 1
            marked = bound if waited == 0 else marked
            lp.forbid(alive)
            cuts = find_cuts(node, relaxed, alive)
            is_same = not cuts and int(alive.sum()) == n_alive
            if (is_same and n_new == 0) or waited > _STALLED_ROUNDS or done >= rounds:
                return Tightened(bound, keep_sites(node, alive), opened[alive], worth[alive])
            if alive.sum() < _REBUILD_SHARE * node.n_sites or is_same:
                node = keep_sites(replace(node, cuts=(*node.cuts, *cuts)), alive)
                break
            node = replace(node, cuts=(*node.cuts, *cuts))
            lp.add_cuts(cuts)
