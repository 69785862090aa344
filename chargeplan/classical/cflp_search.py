"""The search for a cheapest capacitated plan: prices, plans from them, fixing, then the solver."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.cflp_dual import FacilityDual
from chargeplan.classical.core import make_linear_model, solve_model
from chargeplan.classical.result import find_cutoff
from chargeplan.classical.transport import find_cheapest_shares
from chargeplan.linear_model import LinearModel
from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.outcome import MilpStatus
from chargeplan.solve.quiet import keep_stdout_clean

_ITERATIONS = 500
_OPTIONS = DescentOptions(patience=15, last_step=0.005)
_AGAIN_OPTIONS = DescentOptions(patience=15, last_step=0.005, first_step=0.5)
_NODE_ITERATIONS = 60
_NODE_OPTIONS = DescentOptions(patience=8, last_step=0.02, first_step=0.3)
_SOLVER_PAIRS = 20_000  # what the solver takes on; larger ones are branched by prices
_ALL_LINKS = 8_000  # pairs up to which every link row is in the model from the start
_CUT_ROUNDS = 12
_VIOLATION = 1e-4
_SWAP_TRIES = 60


@dataclass(frozen=True, slots=True, order=True)
class _Node:
    """Plans that open some sites and may open others among those left."""

    bound: float
    number: int
    left: Ints = field(compare=False)
    must: Bools = field(compare=False)
    prices: Floats = field(compare=False)
    promise: Floats = field(compare=False)


class FacilitySearch:
    """Finds the sites with the least cost of opening and serving, every cell served whole.

    Parameters
    ----------
    costs : ndarray, shape (n_cells, n_sites)
        Cost of serving the whole of each cell; infinite where there is no way.
    demand : ndarray, shape (n_cells,)
    capacity, opening_cost : ndarray, shape (n_sites,)
    gap : float
    deadline : Deadline
    """

    def __init__(
        self,
        costs: Floats,
        demand: Floats,
        capacity: Floats,
        opening_cost: Floats,
        *,
        gap: float,
        deadline: Deadline,
    ) -> None:
        self.costs, self.demand = costs, demand
        self.capacity, self.opening_cost = np.minimum(capacity, demand.sum()), opening_cost
        self.gap, self.deadline = gap, deadline
        self.sites: Ints = np.arange(len(capacity))
        self.shares: Floats | None = None
        self.cost = math.inf
        self.tried: set[bytes] = set()
        self.by_site = np.ascontiguousarray(costs.T)
        self.n_nodes = 0

    def run(self) -> tuple[Ints, Floats | None, float]:
        """Search until the proof or the deadline; return sites, shares of these and bound."""
        self._offer(np.arange(len(self.capacity)))
        if self.shares is None:
            return self.sites, None, -math.inf
        dual = FacilityDual(np.ascontiguousarray(self.costs.T), self.demand, self.capacity, self.opening_cost)
        self._descend(dual, dual.guess_prices(), _OPTIONS)
        self._swap(dual)
        if dual.best <= self.cutoff:
            self._descend(dual, dual.best_prices, _AGAIN_OPTIONS)
        bound = dual.best
        if bound <= self.cutoff and not is_over(self.deadline):
            kept = dual.open_bound <= self.cutoff
            is_small = np.count_nonzero(np.isfinite(self.costs[:, kept])) <= _SOLVER_PAIRS
            bound = max(bound, self._solve_rest(dual) if is_small else self._branch(dual))
        return self.sites, self.shares, min(bound, self.cost)

    def _branch(self, root: FacilityDual) -> float:
        """Open or close one site at a time, least bound first; return what that proves."""
        nodes: list[_Node] = []
        every = np.arange(len(self.capacity))
        self._push(nodes, every, root, root.best)
        while nodes and not is_over(self.deadline):
            if not nodes[0].bound <= self.cutoff:
                return self.cutoff
            node = heapq.heappop(nodes)
            free = np.flatnonzero(~node.must)
            if len(free) == 0:
                self._offer(node.left)
                continue
            at = free[np.argmax(node.promise[free])]
            opened = node.must.copy()
            opened[at] = True
            self._open_node(nodes, node.left, opened, node)
            rest = np.arange(len(node.left)) != at
            self._open_node(nodes, node.left[rest], node.must[rest], node)
        return min([self.cutoff, *(node.bound for node in nodes)])

    def _open_node(self, nodes: list[_Node], left: Ints, must: Bools, parent: _Node) -> None:
        """Bound a branch and keep it when it may hold a better plan."""
        if self.capacity[left].sum() < self.demand.sum() * (1 - 1e-9):
            return
        by_site = self.by_site[left]
        if not np.isfinite(by_site).any(axis=0).all():
            return
        dual = FacilityDual(by_site, self.demand, self.capacity[left], self.opening_cost[left], must)
        minimise_dual(
            dual,
            np.clip(parent.prices, dual.lower, dual.upper),
            target=-self.cost,
            max_iterations=_NODE_ITERATIONS,
            deadline=self.deadline,
            options=_NODE_OPTIONS,
            stop_at=-math.nextafter(self.cutoff, math.inf),
        )
        if dual.best <= self.cutoff:
            self._offer(left[dual.picks[-1]])
        self._push(nodes, left, dual, parent.bound)

    def _push(self, nodes: list[_Node], left: Ints, dual: FacilityDual, floor: float) -> None:
        """Keep a branch, less the sites that no better plan has, with those that all of them have."""
        bound = max(dual.best, floor)
        if bound > self.cutoff:
            return
        stays = dual.must | (dual.open_bound <= self.cutoff)
        must = dual.must | (dual.closed_bound > self.cutoff)
        if np.any(must & ~stays):
            return
        self.n_nodes += 1
        heapq.heappush(
            nodes,
            _Node(bound, self.n_nodes, left[stays], must[stays], dual.best_prices, dual.promise[stays]),
        )

    @property
    def cutoff(self) -> float:
        """Bound from which on nothing better is looked for."""
        return find_cutoff(self.cost, step=0.0, gap=self.gap)

    def _offer(self, sites: Ints) -> bool:
        """Serve from some sites, close those that serve nothing, and keep the plan when it is the best."""
        key = np.sort(sites).tobytes()
        if key in self.tried or is_over(self.deadline):
            return False
        self.tried.add(key)
        shares = find_cheapest_shares(
            self.costs, self.demand, self.capacity, np.sort(sites), time_limit_s=self.deadline.left_s
        )
        if shares is None:
            return False
        used = np.flatnonzero(shares.any(axis=0))
        sites, shares = np.sort(sites)[used], shares[:, used]
        served = np.where(shares > 0, self.costs[:, sites], 0.0)
        cost = float(self.opening_cost[sites].sum() + np.sum(served * shares))
        if cost >= self.cost:
            return False
        self.sites, self.shares, self.cost = sites, shares, cost
        return True

    def _descend(self, dual: FacilityDual, prices: Floats, options: DescentOptions) -> None:
        """Better the bound, and make plans of the sites it opened on the way."""
        minimise_dual(
            dual,
            prices,
            target=-self.cost,
            max_iterations=_ITERATIONS,
            deadline=self.deadline,
            options=options,
            stop_at=-math.nextafter(self.cutoff, math.inf),
        )
        for picked in reversed(dual.picks):
            self._offer(picked)

    def _swap(self, dual: FacilityDual) -> None:
        """Close, open or exchange single sites that the bound leaves, some times."""
        tries = 0
        while tries < _SWAP_TRIES and dual.best <= self.cutoff and not is_over(self.deadline):
            stays = np.flatnonzero(dual.open_bound <= self.cutoff)
            closed = np.setdiff1d(stays, self.sites)
            closed = closed[np.argsort(dual.open_bound[closed], kind="stable")][:8]
            doubtful = self.sites[np.argsort(dual.closed_bound[self.sites], kind="stable")][:6]
            moves = [np.setdiff1d(self.sites, [site]) for site in doubtful]
            moves += [np.union1d(self.sites, [site]) for site in closed]
            moves += [
                np.union1d(np.setdiff1d(self.sites, [old]), [new]) for new in closed for old in doubtful
            ]
            for sites in moves:
                tries += 1
                if self._offer(sites):
                    break
                if tries >= _SWAP_TRIES:
                    return
            else:
                return

    def _solve_rest(self, dual: FacilityDual) -> float:
        """Let the solver decide what the bound has left; return the bound it proves."""
        cutoff = self.cutoff
        kept = np.flatnonzero(dual.open_bound <= cutoff)
        must = dual.closed_bound[kept] > cutoff
        part = self.costs[:, kept]
        if not np.isfinite(part).any(axis=1).all():
            return cutoff
        cell, place = np.nonzero(np.isfinite(part))
        linked = np.flatnonzero(self.demand[cell] == 0)
        if len(cell) <= _ALL_LINKS:
            linked = np.arange(len(cell))
        for _ in range(_CUT_ROUNDS):
            model = self._make_model(kept, must, cell, place, linked)
            violated = self._find_violated(model, len(kept), place, linked)
            if len(violated) == 0:
                break
            linked = np.union1d(linked, violated)
        model = self._make_model(kept, must, cell, place, linked)
        result = solve_model(
            model, deadline=self.deadline, gap=self.gap, start_values=self._start(kept, must, cell, place)
        )
        if result.status is MilpStatus.INFEASIBLE:
            return cutoff
        if result.integer_values is not None:
            self._offer(kept[result.integer_values[: len(kept)] > 0])
        return min(-result.bound_kwh_day, cutoff)

    def _make_model(self, kept: Ints, must: Bools, cell: Ints, place: Ints, linked: Ints) -> LinearModel:
        """Make the model: columns open (n_kept,), then shares; rows assign, capacity, demand, link."""
        n_kept, n_pairs, n_cells = len(kept), len(cell), len(self.demand)
        at = np.arange(n_pairs)
        room = np.maximum(self.capacity[kept], 1e-300)
        assign = sp.csr_array((np.ones(n_pairs), (cell, n_kept + at)), shape=(n_cells, n_kept + n_pairs))
        fill = sp.csr_array(
            (
                np.concatenate(
                    [self.demand[cell] / room[place], -(self.capacity[kept] > 0).astype(np.float64)]
                ),
                (
                    np.concatenate([place, np.arange(n_kept)]),
                    np.concatenate([n_kept + at, np.arange(n_kept)]),
                ),
            ),
            shape=(n_kept, n_kept + n_pairs),
        )
        demand = max(float(self.demand.sum()), 1e-300)
        enough = sp.csr_array(np.concatenate([-self.capacity[kept] / demand, np.zeros(n_pairs)])[None, :])
        rows = np.arange(len(linked))
        link = sp.csr_array(
            (
                np.concatenate([np.ones(len(linked)), -np.ones(len(linked))]),
                (np.concatenate([rows, rows]), np.concatenate([n_kept + linked, place[linked]])),
            ),
            shape=(len(linked), n_kept + n_pairs),
        )
        part = self.costs[:, kept][cell, place]
        upper = np.concatenate([np.ones(n_cells), np.zeros(n_kept), [-1.0], np.zeros(len(linked))])
        lower = np.full(len(upper), -np.inf)
        lower[:n_cells] = 1.0
        model = make_linear_model(
            -np.concatenate([self.opening_cost[kept], part]),
            sp.vstack([assign, fill, enough, link]).tocsr(),
            upper,
            np.arange(n_kept + n_pairs) < n_kept,
            row_lower=lower,
        )
        model.column_lower[:n_kept] = must
        return model

    def _find_violated(self, model: LinearModel, n_kept: int, place: Ints, linked: Ints) -> Ints:
        """Find the pairs whose share is larger than their site is open, in the relaxed model."""
        if len(linked) == len(place) or is_over(self.deadline):
            return np.empty(0, dtype=np.int64)
        from scipy.optimize import linprog

        is_equal = model.row_lower == model.row_upper
        with keep_stdout_clean():
            answer = linprog(
                -model.objective,
                A_ub=model.matrix[np.flatnonzero(~is_equal)],
                b_ub=model.row_upper[~is_equal],
                A_eq=model.matrix[np.flatnonzero(is_equal)],
                b_eq=model.row_upper[is_equal],
                bounds=np.column_stack([model.column_lower, model.column_upper]),
                method="highs",
                options={"time_limit": max(0.05, self.deadline.left_s / 3)},
            )
        if answer.x is None or answer.status != 0:
            return np.empty(0, dtype=np.int64)
        share, opened = answer.x[n_kept:], answer.x[:n_kept]
        return np.flatnonzero(share > opened[place] + _VIOLATION)

    def _start(self, kept: Ints, must: Bools, cell: Ints, place: Ints) -> Floats | None:
        """Write the best plan as values of the columns; None when it is not among what is left."""
        if (
            self.shares is None
            or not np.isin(self.sites, kept).all()
            or not np.isin(kept[must], self.sites).all()
        ):
            return None
        opened = np.isin(kept, self.sites).astype(np.float64)
        shares = np.zeros((len(self.demand), len(kept)))
        shares[:, np.searchsorted(kept, self.sites)] = self.shares
        return np.concatenate([opened, shares[cell, place]])
