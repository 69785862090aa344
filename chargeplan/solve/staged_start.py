"""A first plan where few plans keep every limit: the limits on money or stations give way until they need not.

The linear relaxation of the elastic model says which stations matter and how large they are. Rounded up they keep
all other limits; where they do not, the solver chooses among them. Neighbourhoods are then solved exactly with the
rest held until nothing gives way.
What comes out is a proposal: it is a plan only when settled, and nothing is proven by finding none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import SolverError
from chargeplan.solve.closeness import pick_around
from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult
from chargeplan.solve.soft_model import drop_backups, open_everything, soften, take_relevant_part
from chargeplan.solve.soft_rows import Limit, list_soft_rows
from chargeplan.solve.values import clean_values, fix_columns, solve_small

if TYPE_CHECKING:
    import scipy.sparse as sp

    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, Ints
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.staged_plans import PlanMaker
    from chargeplan.solve.values import ValuePlan

RunMilp = Callable[..., MilpResult]

_SOFTEST = (Limit.BUDGET, Limit.COUNT)  # with these two given up, everything can stand at its largest
_OTHERWISE = (Limit.BACKUP, Limit.FLOOR, Limit.GINI)
_KEPT = 1e-7  # of weights and sums near 1: nothing gives way
_USED = 1e-6
_ROUNDINGS = (1.0, 1.2, 1.5, 2.0, 100.0)
_KERNEL_SHARE = 0.4  # of the time
_KERNEL_NODES = 300
_AROUND_NODES = 60
_AROUND_S = 1.0
_SITES_AROUND = (10, 15, 22)
_LEAST_LEFT_S, _LEAST_FIT_S = 0.3, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class StartMeans:
    """What the making of a first plan is given.

    Parameters
    ----------
    run : callable
        Runs one MILP.
    deadline : Deadline
    closeness : sparse array, shape (n_sites, n_sites)
        Cells that sites share.
    node_limit : int or None
        Search to limits of nodes and rounds, so that the same run ends the same way.
    threads, seed : int
    """

    run: RunMilp
    deadline: Deadline
    closeness: sp.csr_array
    node_limit: int | None
    threads: int
    seed: int


def find_start_plan(maker: PlanMaker, means: StartMeans) -> ValuePlan | None:
    """Find a plan of a problem whose stations are hard to choose.

    Parameters
    ----------
    maker : PlanMaker
        Of the problem.
    means : StartMeans
    """
    soft = {each.limit: each for each in list_soft_rows(maker.problem, maker.model)}
    limits = tuple(each for each in _SOFTEST if each in soft) or tuple(
        each for each in _OTHERWISE if each in soft
    )
    if not limits:
        return None
    part = take_relevant_part(maker.model, soft)
    repair = Repair(maker, soften(part, soft, limits), part.columns, means)
    relaxed = repair.relax()
    if relaxed is None:
        return None
    if repair.measure(relaxed) > _KEPT:
        return None
    values = repair.approach(relaxed)
    if values is None or repair.measure(values) > _KEPT:
        return None
    whole = np.zeros(maker.model.n_columns)
    whole[part.columns] = values[: len(part.columns)]
    return maker.settle(whole, deadline=means.deadline)


class Repair:
    """Values of a model with slack columns, whose slack is driven to nothing."""

    def __init__(self, maker: PlanMaker, model: LinearModel, columns: Ints, means: StartMeans) -> None:
        self.model, self.means, self.n_sites = model, means, maker.problem.n_sites
        plan, n_types = maker.columns, maker.problem.staging.n_types
        site = np.full(maker.model.n_columns, -1, dtype=np.int64)  # of which a column speaks
        site[plan.list_columns("open")] = plan.open_site
        site[plan.list_columns("level")] = plan.level_slot // n_types
        site[maker.serve] = maker.serve_site
        self.site = np.append(site[columns], np.full(model.n_columns - len(columns), -1))
        capacity = np.zeros(maker.model.n_columns)
        capacity[plan.list_columns("level")] = maker.problem.level_capacity_kwh_day[
            plan.level_slot, plan.level_number
        ]
        self.capacity_kwh_day = np.append(capacity[columns], np.zeros(model.n_columns - len(columns)))
        self.stands = plan.is_existing
        self.n_levels = maker.problem.level_cost_pkr.shape[1]
        self.rng = np.random.default_rng(means.seed)

    def measure(self, values: Floats) -> float:
        """Measure what gives way."""
        return -float(self.model.objective @ values)

    def relax(self) -> Floats | None:
        """Solve the relaxation; stations of which it builds nothing are of little use."""
        relaxed = replace(self.model, is_integer=np.zeros(self.model.n_columns, dtype=np.bool_))
        smaller = merge_alike(relaxed)
        values = solve_small(smaller.model, time_limit_s=self.means.deadline.left_s)
        return None if values is None else values[smaller.column]

    def approach(self, relaxed: Floats, start: Floats | None = None) -> Floats | None:
        """Find values of which as little as can be gives way within the limits; None when none were found.

        `start` is used where the relaxation cannot be rounded up.
        """
        at = self.site >= 0
        amount = np.zeros(self.n_sites)
        np.maximum.at(amount, self.site[at], np.where(self.model.is_integer, relaxed, 0.0)[at])
        values = self._round(relaxed)
        if values is None or (start is not None and self.measure(start) < self.measure(values)):
            values = start
        if values is None:
            values = self._solve_kernel((amount > _USED) | self.stands)
        if values is None:
            values = self._solve_kernel(np.ones(self.n_sites, dtype=np.bool_))
        return None if values is None else self._repair_around(values)

    def _repair_around(self, values: Floats) -> Floats:
        """Choose stations anew around one site after the other, in wider circles where no circle brings anything."""
        closeness = self.means.closeness
        size, is_tired = _SITES_AROUND[0], np.zeros(self.n_sites, dtype=np.bool_)
        while self.measure(values) > _KEPT and not self._is_over():
            if is_tired.all():
                larger = [each for each in _SITES_AROUND if each > size]
                if not larger:
                    break
                size, is_tired[:] = larger[0], False
            centre = int(self.rng.choice(np.flatnonzero(~is_tired)))
            near = pick_around(closeness, centre, self.rng, size=size)
            before, values = values, self._solve_around(near, values)
            if values is before:
                is_tired[centre] = True
            else:
                is_tired[near] = False
                is_tired[closeness.indices[closeness.indptr[centre] : closeness.indptr[centre + 1]]] = False
        return values

    def _is_over(self) -> bool:
        return self.means.deadline.left_s < _LEAST_LEFT_S

    def _round(self, relaxed: Floats) -> Floats | None:
        """Round the relaxation up: stations large enough for what it builds there, larger ones if need be."""
        model = self.model
        level, opens = model.find_columns("level"), model.find_columns("open")
        kwh = self.capacity_kwh_day[level]
        whole = open_everything(model, self.n_levels)
        if len(level) == 0:
            return self._fit(model, whole)
        slot = np.unique(model.column_number[level] // self.n_levels, return_inverse=True)[1]
        built = np.bincount(slot, kwh * relaxed[level])
        most = np.zeros(len(built))
        np.maximum.at(most, slot, kwh)
        for factor in _ROUNDINGS:
            asked = np.where(built > _USED * most, np.minimum(factor * built, most), np.inf)[slot]
            is_enough = kwh >= asked * (1 - _USED)
            is_first = is_enough & ~np.append(False, is_enough[:-1] & (slot[1:] == slot[:-1]))
            values = whole.copy()
            values[level] = is_first
            is_open = np.zeros(self.n_sites, dtype=np.bool_)
            is_open[self.site[level[is_first]]] = True
            values[opens] *= is_open[self.site[opens]]
            drop_backups(model, values)
            found = self._fit(model, values)
            if found is not None:
                return found
        return None

    def _solve_kernel(self, keep: Bools) -> Floats | None:
        """Let the solver choose among some sites, from all of them at their largest."""
        if self._is_over():
            return None
        model, means = self.model, self.means
        is_free = (self.site < 0) | keep[self.site] | (model.column_lower > 0)
        fixed = fix_columns(model, is_free, np.zeros(model.n_columns))
        if not fixed.is_possible:
            return None
        start = self._fit(fixed.model, open_everything(fixed.model, self.n_levels))
        smaller = merge_alike(fixed.model)
        request = MilpRequest(
            model=smaller.model,
            start_values=None if start is None else smaller.merge_values(start),
            gap=1e-4,
            target_kwh_day=-_KEPT / 2,
            time_limit_s=_KERNEL_SHARE * means.deadline.left_s,
            node_limit=None if means.node_limit is None else min(means.node_limit, _KERNEL_NODES),
            threads=means.threads,
            seed=means.seed,
        )
        try:
            result = means.run(request, tell=_ignore_news, ask_stop=means.deadline.should_stop)
        except SolverError:  # a start plan is a help: the search goes on without it
            return None if start is None else fixed.expand(start)
        if result.integer_values is not None:
            start = self._fit(fixed.model, result.integer_values[smaller.column])
        return None if start is None else fixed.expand(start)

    def _solve_around(self, sites: Ints, values: Floats) -> Floats:
        """Choose the stations of some sites anew, the others held; who serves whom is free at all that stand."""
        model, means = self.model, self.means
        is_near, is_open = np.zeros(self.n_sites, dtype=np.bool_), self.stands.copy()
        is_near[sites] = True
        is_open[self.site[(self.site >= 0) & model.is_integer & (values > 0.5)]] = True
        is_free = (self.site < 0) | is_near[self.site] | (~model.is_integer & is_open[self.site])
        fixed = fix_columns(model, is_free, values)
        if not fixed.is_possible:
            return values
        left_s = means.deadline.left_s
        smaller = merge_alike(fixed.model)
        found = solve_small(
            smaller.model,
            node_limit=_AROUND_NODES,
            time_limit_s=left_s if means.node_limit is not None else min(left_s, _AROUND_S),
        )
        if found is None:
            return values
        new = fixed.expand(clean_values(fixed.model, found[smaller.column]))
        return new if self.measure(new) < self.measure(values) else values

    def _fit(self, model: LinearModel, values: Floats) -> Floats | None:
        """Fit the continuous columns to whole ones."""
        fixed = fix_columns(model, ~model.is_integer, np.where(model.is_integer, np.round(values), 0.0))
        if not fixed.is_possible:
            return None
        flows = solve_small(fixed.model, time_limit_s=max(self.means.deadline.left_s, _LEAST_FIT_S))
        return None if flows is None else fixed.expand(clean_values(fixed.model, flows))


def _ignore_news(_news: MilpProgress) -> None:
    """Listen to nothing."""
