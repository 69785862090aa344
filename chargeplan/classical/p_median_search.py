"""The search for a p-median: swaps, a Lagrangian bound, and branching on what the bound leaves.

A plan that opens a site costs no more than that site for any cell, so that every branch has lower
prices and fewer sites; with whole-number costs a branch within less than one of the best plan is
done. Medians of 900 cells and sites with 5 to 300 open are proven so in seconds.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

import numpy as np

from chargeplan.classical.interchange import find_two_nearest, improve_by_swaps
from chargeplan.classical.p_median_dual import MedianDual
from chargeplan.classical.p_median_rest import MedianRest, count_rest_pairs, solve_rest
from chargeplan.classical.result import find_cutoff
from chargeplan.records import Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.descent import DescentOptions, minimise_dual

_ROOT_ITERATIONS = 600
_NODE_ITERATIONS = 80
_ROOT_OPTIONS = DescentOptions(patience=12, last_step=0.01)
_AGAIN_OPTIONS = DescentOptions(patience=12, last_step=0.005, first_step=0.7)
_NODE_OPTIONS = DescentOptions(patience=10, last_step=0.02, first_step=0.3)
_SHAKES = 20  # restarts of the swaps from a shaken plan
_SHAKEN_SITES = 2
_SWAPS_EVERY = 10  # nodes
_NODES_BEFORE_SOLVER = 150
_REST_PAIRS = 30_000  # what the solver takes on


@dataclass(frozen=True, slots=True, order=True)
class _Node:
    """Plans that open some sites and choose the others among some that are left."""

    bound: float
    number: int
    opened: list[int] = field(compare=False)
    left: Ints = field(compare=False)
    prices: Floats = field(compare=False)
    promise: Floats = field(compare=False)


class MedianSearch:
    """Finds `p` of the sites with the least total cost and proves it.

    Parameters
    ----------
    costs : ndarray, shape (n_cells, n_sites)
        Finite, >= 0.
    p : int
        1 to n_sites.
    step : float
        Every total is a multiple of it; 0 when nothing is known.
    gap : float
    seed : int
    deadline : Deadline
    """

    def __init__(
        self, costs: Floats, p: int, *, step: float, gap: float, seed: int, deadline: Deadline
    ) -> None:
        self.costs = costs
        self.by_site = np.ascontiguousarray(costs.T)
        self.p = p
        self.step = step
        self.gap = gap
        self.deadline = deadline
        self.rng = np.random.default_rng(seed)
        self.sites: Ints = np.arange(p)
        self.cost = math.inf
        self.nodes: list[_Node] = []
        self.n_nodes = 0
        self.floor = -math.inf  # of everything, from the root

    def run(self) -> tuple[Ints, float, float]:
        """Search until the proof or the deadline; return sites, cost and bound."""
        self._improve(self.rng.choice(len(self.by_site), self.p, replace=False))
        if self.p == len(self.by_site) or self.p == 1:
            return self.sites, self.cost, self.cost
        everything = np.arange(len(self.by_site))
        _, first, second = find_two_nearest(self.costs, self.sites)
        dual = self._bound([], everything, (first + second) / 2, _ROOT_ITERATIONS, _ROOT_OPTIONS)
        if self._is_open(dual.best):
            self._improve(dual.picked)
            self._shake()
            again = self._bound([], everything, self.prices, _ROOT_ITERATIONS, _AGAIN_OPTIONS)
            np.maximum(again.open_bound, dual.open_bound, out=again.open_bound)
            np.maximum(again.closed_bound, dual.closed_bound, out=again.closed_bound)
            dual = again
        self.floor = dual.best
        rest = MedianRest(dual.open_bound, dual.closed_bound, dual.best, dual.best_worth, self.prices)
        self._push([], everything, dual, dual.best)
        self._branch(_NODES_BEFORE_SOLVER)
        if (
            self.nodes
            and not is_over(self.deadline)
            and count_rest_pairs(self.costs, rest, self.cutoff) <= _REST_PAIRS
        ):
            return self._finish_with_solver(rest)
        self._branch(None)
        return self.sites, self.cost, self._read_bound()

    @property
    def cutoff(self) -> float:
        """Bound from which on nothing better is looked for."""
        return find_cutoff(self.cost, step=self.step, gap=self.gap)

    def _is_open(self, bound: float) -> bool:
        return bound <= self.cutoff

    def _read_bound(self) -> float:
        return min([self.cutoff, *(node.bound for node in self.nodes)])

    def _branch(self, max_nodes: int | None) -> None:
        """Work on the node of least bound until none is left or a limit ends it."""
        while self.nodes and (max_nodes is None or self.n_nodes < max_nodes) and not is_over(self.deadline):
            node = heapq.heappop(self.nodes)
            if not self._is_open(node.bound):
                self.nodes.clear()  # all others have larger bounds
                return
            self.n_nodes += 1
            n_wanted = self.p - len(node.opened)
            if n_wanted == 0 or len(node.left) == n_wanted:
                self._offer(np.array(node.opened + (node.left.tolist() if n_wanted else [])))
                continue
            at = int(np.argmax(node.promise))
            rest = np.delete(node.left, at)
            for opened in ([*node.opened, int(node.left[at])], node.opened):
                self._open_node(opened, rest, node)

    def _open_node(self, opened: list[int], left: Ints, parent: _Node) -> None:
        """Bound a branch and keep it when it may hold a better plan."""
        n_wanted = self.p - len(opened)
        if len(left) < n_wanted:
            return
        if n_wanted in {0, len(left)}:
            self._offer(np.array(opened + (left.tolist() if n_wanted else [])))
            return
        dual = self._bound(opened, left, parent.prices, _NODE_ITERATIONS, _NODE_OPTIONS)
        if self.n_nodes % _SWAPS_EVERY == 0:
            self._improve(np.concatenate([np.array(opened, dtype=np.int64), left[dual.picked]]))
        self._push(opened, left, dual, parent.bound)

    def _push(self, opened: list[int], left: Ints, dual: MedianDual, floor: float) -> None:
        """Keep a branch, less the sites that no better plan has, with those that all of them have."""
        bound = max(dual.best, floor)
        if not self._is_open(bound):
            return
        stays = dual.open_bound <= self.cutoff
        must = dual.closed_bound > self.cutoff
        if np.any(must & ~stays):
            return
        opened = opened + left[must].tolist()
        free = stays & ~must
        if len(opened) > self.p or len(opened) + np.count_nonzero(free) < self.p:
            return
        node = _Node(
            bound, self.n_nodes * 2 + len(self.nodes), opened, left[free], self.prices, dual.promise[free]
        )
        heapq.heappush(self.nodes, node)

    def _bound(
        self, opened: list[int], left: Ints, prices: Floats, max_iterations: int, options: DescentOptions
    ) -> MedianDual:
        """Bound the plans that open some sites and choose among others; leaves its prices in ``prices``."""
        costs = self.by_site if len(left) == len(self.by_site) else self.by_site[left]
        upper = self.by_site[opened].min(axis=0) if opened else costs.max(axis=0)
        if opened:
            costs = np.minimum(costs, upper)
        dual = MedianDual(costs, self.p - len(opened), upper)
        dual.lower = costs.min(axis=0)
        _, self.prices, _ = minimise_dual(
            dual,
            np.clip(prices, dual.lower, upper),
            target=-self.cost,
            max_iterations=max_iterations,
            deadline=self.deadline,
            options=options,
            stop_at=-math.nextafter(self.cutoff, math.inf),
        )
        return dual

    def _offer(self, sites: Ints) -> None:
        cost = float(self.by_site[sites].min(axis=0).sum())
        if cost < self.cost:
            self.sites, self.cost = np.sort(sites), cost

    def _improve(self, sites: Ints) -> None:
        found, _ = improve_by_swaps(self.costs, sites, deadline=self.deadline)
        self._offer(found)

    def _shake(self) -> None:
        """Replace some sites by random ones and swap again, some times."""
        for _ in range(_SHAKES):
            if is_over(self.deadline) or not self._is_open(self.floor):
                return
            sites = self.sites.copy()
            n_shaken = min(_SHAKEN_SITES, self.p, len(self.by_site) - self.p)
            places = self.rng.choice(self.p, n_shaken, replace=False)
            closed = np.setdiff1d(np.arange(len(self.by_site)), sites)
            sites[places] = self.rng.choice(closed, n_shaken, replace=False)
            self._improve(sites)

    def _finish_with_solver(self, rest: MedianRest) -> tuple[Ints, float, float]:
        """Hand what the root bound leaves to the solver; its answer holds for everything."""
        before = self._read_bound()
        sites, bound = solve_rest(
            self.costs,
            self.p,
            rest,
            cost=self.cost,
            cutoff=self.cutoff,
            incumbent=self.sites,
            deadline=self.deadline,
        )
        if sites is not None:
            self._improve(sites)
        return self.sites, self.cost, max(before, min(bound, self.cost))
