"""Prove a cover plan, or find a better one: tighten what is left, then branch on single sites.

The bound comes from `chargeplan.solve.cover_probe` alone, in plain arithmetic over the multipliers;
HiGHS only says which multipliers to look at.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from chargeplan.records import Floats, Ints
from chargeplan.solve.cover_kernel import choose_kernel
from chargeplan.solve.cover_node import CoverNode, close_site, keep_sites, make_node, open_site
from chargeplan.solve.cover_search import compute_cover_kwh_day, improve_cover
from chargeplan.solve.cover_tighten import Tightened, tighten_node
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.reduce import CoverRows

_SAFETY_SHARE = 1e-9
_WHOLE_STEP = 1.0 - 1e-6
_LARGEST_EXACT = 2.0**50
_LEAST_STEP_SHARE = 1e-9
_BRANCH_ROUNDS = 8
_SWAPS = 20
_INTEGRAL = 1e-6
_KERNEL_NODES = 40
_ROUNDING = 1e-6

TellPlan = Callable[[Ints], None]
TellBound = Callable[[float], None]
Tree = list[tuple[float, int, "Tightened"]]  # heap: bound with its sign turned, number, node


@dataclass(frozen=True, slots=True, eq=False)
class CoverProof:
    """How far the proof came.

    Parameters
    ----------
    columns : ndarray of int64
        Best plan, as columns of the rows.
    value : float
        Its worth.
    bound : float
        No plan of the whole problem is worth more.
    n_nodes : int
        Nodes that were tightened.
    has_failed : bool
        Whether the relaxations came to nothing before the time was up.
    """

    columns: Ints
    value: float
    bound: float
    n_nodes: int
    has_failed: bool


def prove_cover(
    rows: CoverRows,
    columns: Ints,
    *,
    candidates: Ints,
    promise: Floats,
    bound: float,
    gap: float = 0.0,
    seed: int = 1,
    node_limit: int | None = None,
    deadline: Deadline | None = None,
    tell_plan: TellPlan | None = None,
    tell_bound: TellBound | None = None,
) -> CoverProof:
    """Prove that no plan is better than the one given by more than the gap, or find a better one.

    Parameters
    ----------
    rows : CoverRows
    columns : ndarray of int64
        A plan.
    candidates : ndarray of int64
        Columns that a plan better than the given one may open; all others are ruled out.
    promise : ndarray, shape (n_candidates,)
        The larger, the sooner a site is tried.
    bound : float
        No plan is worth more.
    gap : float
        Share of the plan's worth that a better plan has to bring to be looked for.
    seed : int
    node_limit : int, optional
        Branches to look at, at most.
    deadline : Deadline, optional
        Without it the same result comes back for the same seed.
    tell_plan, tell_bound : callable, optional
        Told of every better plan (its columns) and of every better bound.
    """
    proof = _Proof(rows, columns, bound=bound, gap=gap, seed=seed, deadline=deadline)
    proof.tell_plan, proof.tell_bound = tell_plan, tell_bound
    proof.run(candidates, promise, node_limit)
    return CoverProof(proof.columns, proof.value, proof.bound, proof.n_nodes, proof.has_failed)


def improve_by_kernel(
    rows: CoverRows,
    columns: Ints,
    *,
    candidates: Ints,
    promise: Floats,
    seed: int = 1,
    deadline: Deadline | None = None,
) -> Ints:
    """Find the best plan with the most promising candidates alone, and search around it.

    However large the problem, its kernel is small: rows that tell none of the sites apart are one.

    Parameters
    ----------
    rows, columns, candidates, promise, seed, deadline
        As in `prove_cover`.

    Returns
    -------
    ndarray of int64
        A plan at least as good.
    """
    proof = _Proof(rows, columns, bound=math.inf, gap=0.0, seed=seed, deadline=deadline)
    chosen = choose_kernel(np.zeros(len(candidates)), promise)
    proof.solve_kernel(make_node(rows, candidates[chosen]))
    return proof.columns


class _Proof:
    """One proof; see `prove_cover`."""

    def __init__(
        self,
        rows: CoverRows,
        columns: Ints,
        *,
        bound: float,
        gap: float,
        seed: int,
        deadline: Deadline | None,
    ) -> None:
        self.rows, self.columns, self.seed, self.deadline = rows, np.sort(columns), seed, deadline
        self.value = compute_cover_kwh_day(rows, columns)
        self.bound, self.gap = bound, gap
        self.safety = _SAFETY_SHARE * (rows.base_kwh_day + float(rows.row_weight_kwh_day.sum()))
        self.step = find_step(rows)
        self.n_nodes = 0
        self.has_failed = False
        self.tell_plan: TellPlan | None = None
        self.tell_bound: TellBound | None = None

    @property
    def goal(self) -> float:
        """What a plan worth looking for reaches."""
        return self.value + max(self.step, self.gap * self.value, _LEAST_STEP_SHARE * self.value)

    def run(self, candidates: Ints, promise: Floats, node_limit: int | None) -> None:
        """Solve kernels of promising sites for a plan, tighten the root, and branch until nothing is open."""
        root = make_node(self.rows, candidates[promise >= self.goal])
        first = self._tighten(root, parent=self.bound, rounds=None)
        while first is not None:
            before = self.value
            self.solve_kernel(keep_sites(first.node, choose_kernel(first.opened, first.worth)))
            if self.value <= before:
                break
            first = self._tighten(first.node, parent=first.bound, rounds=None)
        tree = [] if first is None else [(-first.bound, self.n_nodes, first)]
        self._explore(tree, node_limit, settle=self._settle)

    def _explore(self, tree: Tree, node_limit: int | None, *, settle: Callable[[Tree], None]) -> None:
        """Branch until nothing is open or a limit is reached."""
        last = None if node_limit is None else self.n_nodes + node_limit
        settle(tree)
        while tree and not self._is_over() and (last is None or self.n_nodes < last):
            entry = heapq.heappop(tree)
            worst = entry[2]
            if worst.bound < self.goal:
                continue
            at = choose_branch(worst)
            children = [
                self._tighten(child, parent=worst.bound, rounds=_BRANCH_ROUNDS)
                for child in (open_site(worst.node, at), close_site(worst.node, at))
            ]
            for child in children:
                if child is not None:
                    heapq.heappush(tree, (-child.bound, self.n_nodes, child))
                    self.n_nodes += 1  # a number for each, so that equal bounds never compare nodes
            settle(tree)

    def solve_kernel(self, kernel: CoverNode) -> None:
        """Solve a node that has some sites only, and search around the plan that comes out."""
        if self._is_over():
            return
        part = self._tighten(kernel, parent=self.bound, rounds=None)
        if part is not None:
            self._explore([(-part.bound, self.n_nodes, part)], _KERNEL_NODES, settle=_ignore_tree)
        self._offer(
            improve_cover(
                self.rows, self.columns, seed=self.seed, max_iterations=_SWAPS, deadline=self.deadline
            )
        )

    def _tighten(self, node: CoverNode, *, parent: float, rounds: int | None) -> Tightened | None:
        """Tighten a node; None when no plan in it reaches the goal."""
        self.n_nodes += 1
        limits = {} if rounds is None else {"rounds": rounds}
        if node.budget < 0 or node.max_sites < 0:
            return None
        found = tighten_node(node, goal=self.goal, safety=self.safety, deadline=self.deadline, **limits)
        if found.node.n_sites == 0 or found.node.max_sites <= 0 or len(found.node.weight) == 0:
            self._offer(np.array(found.node.opened, dtype=np.int64))
            return None
        self.has_failed |= found.has_failed
        self._round(found)
        bound = min(found.bound, parent)
        if bound < self.goal:
            return None
        return replace(found, bound=bound)

    def _round(self, found: Tightened) -> None:
        """Take the plan that the relaxation opens, or the sites that it opens most."""
        node = found.node
        order = np.lexsort((np.arange(node.n_sites), -found.opened))[: node.max_sites]
        order = order[found.opened[order] > _INTEGRAL]
        order = order[np.cumsum(node.cost[order]) <= node.budget]
        self._offer(np.concatenate([np.array(node.opened, dtype=np.int64), node.site[order]]))

    def _is_over(self) -> bool:
        return self.has_failed or is_over(self.deadline)

    def is_feasible(self, columns: Ints) -> bool:
        """Tell whether a set of columns is within budget and count."""
        cost = float(self.rows.cost_pkr[columns].sum())
        return len(columns) <= self.rows.max_sites and cost <= self.rows.budget_pkr

    def _offer(self, columns: Ints) -> None:
        """Keep a plan when it is the best."""
        if not self.is_feasible(columns):
            return
        value = compute_cover_kwh_day(self.rows, columns)
        if value > self.value * (1 + _LEAST_STEP_SHARE):
            self.columns, self.value = np.sort(columns), value
            if self.tell_plan is not None:
                self.tell_plan(self.columns)

    def _settle(self, tree: Tree) -> None:
        """Take the largest bound of what is open; plans that do not reach the goal are below it."""
        tree[:] = [each for each in tree if -each[0] >= self.goal]
        heapq.heapify(tree)
        unsought = self.value if self.gap <= 0 else self.goal
        if self.step == _WHOLE_STEP:  # what does not reach the goal is a whole number below it
            unsought = max(self.value, math.ceil(unsought - _ROUNDING) - 1.0)
        bound = max(unsought, -tree[0][0] if tree else -math.inf)
        if self.step == _WHOLE_STEP:
            bound = max(self.value, math.floor(bound + _ROUNDING))
        if bound < self.bound:
            self.bound = bound
            if self.tell_bound is not None:
                self.tell_bound(bound)


def _ignore_tree(_tree: Tree) -> None:
    """Take no bound from a tree: it is not of the whole problem."""


def find_step(rows: CoverRows) -> float:
    """Find by how much plans of different worth differ at least: 1 where all weights are whole, else 0."""
    parts = np.append(rows.row_weight_kwh_day, rows.base_kwh_day)
    is_whole = bool(np.all(parts == np.round(parts))) and float(parts.sum()) < _LARGEST_EXACT
    return _WHOLE_STEP if is_whole else 0.0


def choose_branch(found: Tightened) -> int:
    """Choose the site to branch on: undecided, and with much at stake."""
    opened = found.opened
    stake: Floats = found.node.cover.T @ found.node.weight
    score = np.minimum(opened, 1.0 - opened) * stake
    if score.max() <= _INTEGRAL:  # nothing is undecided, and yet the bound is above the goal
        score = np.where(opened > 1.0 - _INTEGRAL, stake, 0.0) + 1e-12 * stake
    return int(np.argmax(score))
