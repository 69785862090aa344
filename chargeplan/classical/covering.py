"""The cheapest columns that cover every row: reductions, greedy, prices, fixing, then the solver.

Shared by `chargeplan.classical.set_cover`, `lscp`, `p_center` and `backup_cover`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from chargeplan.classical.core import make_linear_model, solve_model
from chargeplan.classical.covering_dual import CoveringDual
from chargeplan.classical.covering_greedy import cover_greedily, drop_needless, shake_cover
from chargeplan.classical.covering_reduce import reduce_covering
from chargeplan.classical.result import find_cutoff
from chargeplan.linear_model import LinearModel
from chargeplan.records import Floats, Ints
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.outcome import MilpStatus

_ITERATIONS = 800
_OPTIONS = DescentOptions(patience=15, last_step=0.005)
_SHAKES = 40
_CEILING_MARGIN = 1e-6  # rounding of a bound that seems above the ceiling


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """Columns that cover every row, and what is proven.

    Parameters
    ----------
    columns : ndarray of int64
        Rising.
    cost : float
    bound : float
        No cover is cheaper; where a ceiling was given, anything above it rules out covers within it.
    """

    columns: Ints
    cost: float
    bound: float


def find_cheapest_cover(
    cover: sp.csr_array,
    cost: Floats,
    *,
    step: float,
    deadline: Deadline,
    gap: float = 0.0,
    ceiling: float = math.inf,
    enough: float = -math.inf,
    with_solver: bool = True,
    seed: int = 1,
) -> Cover:
    """Find the cheapest columns that cover every row.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_rows, n_columns)
        1 where the column covers the row; no row is empty.
    cost : ndarray, shape (n_columns,)
        >= 0.
    step : float
        Every cost is a multiple of it; 0 when nothing is known.
    deadline : Deadline
    gap : float
        Stop when the cover is proven this close to the cheapest.
    ceiling : float
        Covers dearer than this are of no interest: stop when the bound is above it.
    enough : float
        Stop at a cover of this cost.
    with_solver : bool
        Whether the solver decides what the prices leave open.
    seed : int
    """
    search = _CoveringSearch(cover, cost, step, deadline, gap, ceiling, enough, seed)
    return search.run(with_solver=with_solver)


class _CoveringSearch:
    """One search; see `find_cheapest_cover`."""

    def __init__(
        self,
        cover: sp.csr_array,
        cost: Floats,
        step: float,
        deadline: Deadline,
        gap: float,
        ceiling: float,
        enough: float,
        seed: int,
    ) -> None:
        self.whole, self.whole_cost = cover, cost
        self.step, self.deadline, self.gap = step, deadline, gap
        self.ceiling, self.enough = ceiling, enough
        self.rng = np.random.default_rng(seed)
        self.columns: Ints = np.arange(len(cost))
        self.cost = math.inf

    def run(self, *, with_solver: bool) -> Cover:
        """Search until the proof, the cover that is enough, or the deadline."""
        self._offer(cover_greedily(self.whole, self.whole_cost))
        small = reduce_covering(self.whole, self.whole_cost, deadline=self.deadline)
        base = float(self.whole_cost[small.forced].sum())
        if small.cover.shape[0] == 0:
            self._offer(small.forced)
            return self._end(base)
        cost = self.whole_cost[small.columns]
        dual = CoveringDual(small.cover, cost, base)
        self._descend(dual, None, small.columns, small.forced)
        if self._is_done(dual.best):
            return self._end(dual.best)
        inside = np.flatnonzero(np.isin(small.columns, self.columns))
        for picked in shake_cover(
            small.cover, cost, inside, dual.best_prices, rng=self.rng, n_shakes=_SHAKES
        ):
            self._offer(np.concatenate([small.forced, small.columns[picked]]))
            if self._is_done(dual.best) or is_over(self.deadline):
                break
        if not self._is_done(dual.best):
            self._descend(dual, dual.best_prices, small.columns, small.forced)
        if not with_solver or self._is_done(dual.best) or is_over(self.deadline):
            return self._end(dual.best)
        return self._end(max(dual.best, self._solve_rest(dual, small.columns, small.forced, base)))

    @property
    def cutoff(self) -> float:
        """Bound from which on nothing better is looked for."""
        return min(find_cutoff(self.cost, step=self.step, gap=self.gap), self.ceiling + _CEILING_MARGIN)

    def _is_done(self, bound: float) -> bool:
        return bound > self.cutoff or self.cost <= self.enough

    def _end(self, bound: float) -> Cover:
        return Cover(np.sort(self.columns), self.cost, min(bound, self.cost))

    def _offer(self, columns: Ints) -> None:
        kept = drop_needless(self.whole, self.whole_cost, columns)
        cost = float(self.whole_cost[kept].sum())
        if cost < self.cost:
            self.columns, self.cost = kept, cost

    def _descend(self, dual: CoveringDual, start: Floats | None, columns: Ints, forced: Ints) -> None:
        """Better the bound, and make covers by its prices."""
        minimise_dual(
            dual,
            dual.guess_prices() if start is None else start,
            target=-self.cost,
            max_iterations=_ITERATIONS,
            deadline=self.deadline,
            options=_OPTIONS,
            stop_at=-math.nextafter(self.cutoff, math.inf),
        )
        for prices in dual.good_prices:
            picked = cover_greedily(dual.cover, dual.cost, prices)
            self._offer(np.concatenate([forced, columns[picked]]))
            if self._is_done(dual.best) or is_over(self.deadline):
                return

    def _solve_rest(self, dual: CoveringDual, columns: Ints, forced: Ints, base: float) -> float:
        """Let the solver decide what the bound has left; return the bound it proves."""
        cutoff = self.cutoff
        stays = dual.open_bound <= cutoff
        must = stays & (dual.closed_bound > cutoff)
        kept = np.flatnonzero(stays & ~must)
        covered = dual.cover @ must.astype(np.float64) > 0
        rows = sp.csr_array(dual.cover[np.flatnonzero(~covered)][:, kept])
        if np.any(np.diff(rows.indptr) == 0):
            return cutoff
        forced = np.concatenate([forced, columns[must]])
        base += float(dual.cost[must].sum())
        small = reduce_covering(rows, dual.cost[kept], deadline=self.deadline)
        forced = np.concatenate([forced, columns[kept[small.forced]]])
        base += float(dual.cost[kept[small.forced]].sum())
        inside = columns[kept[small.columns]]
        if small.cover.shape[0] == 0:
            self._offer(forced)
            return min(base, cutoff)
        n_rows = small.cover.shape[0]
        model = make_linear_model(
            -self.whole_cost[inside], -small.cover, np.full(n_rows, -1.0), np.ones(len(inside), dtype=bool)
        )
        if math.isfinite(self.ceiling):
            model = _limit_cost(model, self.whole_cost[inside], self.ceiling - base)
        start = np.isin(inside, self.columns).astype(np.float64)
        fits = bool(np.all(small.cover @ start > 0)) and not math.isfinite(self.ceiling)
        result = solve_model(
            model,
            deadline=self.deadline,
            start_values=start if fits else None,
            gap=self.gap,
            target=base - self.enough if math.isfinite(self.enough) else math.inf,
        )
        if result.status is MilpStatus.INFEASIBLE:
            return cutoff
        if result.integer_values is not None:
            self._offer(np.concatenate([forced, inside[result.integer_values > 0]]))
        return min(base - result.bound_kwh_day, cutoff)


def _limit_cost(model: LinearModel, cost: Floats, limit: float) -> LinearModel:
    """Add the row "costs at most so much"."""
    return replace(
        model,
        matrix=sp.vstack([model.matrix, sp.csr_array(cost[None, :])]).tocsr(),
        row_lower=np.append(model.row_lower, -np.inf),
        row_upper=np.append(model.row_upper, limit),
        row_family=np.append(model.row_family, 0),
        row_number=np.append(model.row_number, model.n_rows),
    )
