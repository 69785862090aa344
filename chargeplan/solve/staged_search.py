"""The search for problems with years, charger types, groups or limits beyond budget and count.

The order of work is that of `chargeplan.solve.plain_search`: a bound with its prices, plans that follow the prices,
neighbourhoods solved exactly with the rest held, and the solver on what the bound leaves, or on a kernel of
promising stations. Every plan keeps every row of the linear model, every bound holds for the whole.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.formulation.columns import plan_columns
from chargeplan.plan_labels import NameThings, PlanLabels
from chargeplan.solve.closeness import count_shared_cells, pick_neighbourhood
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.outcome import StoppedBy
from chargeplan.solve.progress import SearchProgress
from chargeplan.solve.staged_bound import (
    StagedBound,
    compute_plain_bound,
    compute_staged_bound,
    find_levels_left,
)
from chargeplan.solve.staged_dual import StagedDual
from chargeplan.solve.staged_milp import StagedMilp
from chargeplan.solve.staged_neighbourhood import improve_around
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_start import StartMeans, find_start_plan
from chargeplan.solve.values import ValuePlan
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.process import AskStop, RunMilp

LOG = logging.getLogger(__name__)

_TINY_SERVES = 3_000
_WHOLE_SERVES = 15_000
_BOUND_SHARE = 0.5
_LAST_SHARE = 0.97
_START_SHARE = 0.6
_FIRST_PRICES = 1  # before limits give way
_BOUND_ITERATIONS = 500
_NEIGHBOURHOOD_NODES = 60
_SITES_AROUND = 8
_STALLED_ROUNDS = 12
_NODE_LIMITED_STALLED_ROUNDS = 2
_NODE_LIMITED_KERNELS = 3
_NODE_LIMITED_ROUNDS = 30
_LEAST_SETTLING_S = 10.0  # rarely needed: a linear program over the flows of open stations
_PRICE_SHARES = (1.0, 0.98, 0.95, 0.9)
_FLOOR_GROWTH = 1.5
_LEAST_PROMISE = 1e-3


class StagedSearch:
    """One search; `prepare`, then `prove`, then read `progress` and `plan`.

    Parameters
    ----------
    problem, model, settings, seed, listen, should_stop, run
        As for `chargeplan.solve.search.solve_problem`.
    """

    def __init__(
        self,
        problem: PlanProblem,
        model: LinearModel,
        settings: SolveSettings,
        *,
        seed: int,
        listen: Listener,
        should_stop: AskStop,
        run: RunMilp,
        start: ValuePlan | None = None,
        name_things: NameThings | None = PlanLabels,
    ) -> None:
        self.problem, self.model, self.settings, self.seed = problem, model, settings, seed
        self.start, self.name_things = start, name_things
        self.should_stop, self.run = should_stop, run
        self.progress = SearchProgress(listen, limit_s=settings.time_limit_s, gap_asked=settings.gap)
        self.columns = plan_columns(problem)
        self.maker = PlanMaker(problem, model, self.columns, is_repeatable=settings.node_limit is not None)
        self.dual: StagedDual | None = None
        self.bound: StagedBound | None = None
        self.rng = np.random.default_rng(seed)
        self.stopped_by: StoppedBy | None = None
        self.milp = StagedMilp(self)
        self.rounds = 0
        self.asks_whole = False

    @property
    def is_infeasible(self) -> bool:
        """Whether there is no plan, as two solvers find or arithmetic alone."""
        return self.milp.is_infeasible

    @property
    def is_counted_out(self) -> bool:
        """Whether arithmetic alone says that there is no plan."""
        return self.milp.is_counted_out

    @property
    def failure(self) -> str:
        """What the solver said of the whole problem that came to nothing."""
        return self.milp.failure

    @property
    def asked_model(self) -> LinearModel:
        """The model that the solver was last asked about, the whole one before."""
        return self.milp.asked_model

    @property
    def plan(self) -> ValuePlan | None:
        """The best plan so far."""
        return self.progress.plan  # type: ignore[return-value]

    def prepare(self) -> None:
        """Bound the problem and make plans by its prices."""
        self.offer("given plan", self.start)
        self.progress.offer_bound(
            "demand in reach", compute_plain_bound(self.problem, self.model, self.columns)
        )
        if self.problem.mode is PlanMode.COVER or self._is_tiny():
            return
        self.offer("smallest", self._make_smallest())
        self.dual = StagedDual(self.problem, self.model)
        self._tighten(_BOUND_ITERATIONS // 2)
        self._follow_prices(_FIRST_PRICES)
        self._start_elastic()
        if not self._is_over() and not self.asks_whole:
            self._tighten(_BOUND_ITERATIONS)
            self._follow_prices()

    def _start_elastic(self) -> None:
        """Make a plan from a model whose limits give way, where the prices lead to none."""
        if self.plan is not None or self._is_over():
            return
        means = StartMeans(
            run=self.run,
            deadline=self._deadline(_START_SHARE),
            closeness=count_shared_cells(self.problem),
            node_limit=self.settings.node_limit,
            threads=self.settings.threads,
            seed=self.seed,
        )
        plan = find_start_plan(self.maker, means)
        self.offer("elastic start", None if plan is None else self._tidy(plan))
        self.asks_whole = self.plan is None  # kernels would say no, one after the other

    def _tighten(self, iterations: int) -> None:
        if self._is_over() or self.dual is None:
            return
        incumbent = self.progress.incumbent_kwh_day
        self.bound = compute_staged_bound(
            self.model,
            self.dual,
            incumbent_kwh_day=0.0 if math.isnan(incumbent) else incumbent,
            max_iterations=iterations,
            deadline=self._deadline(_BOUND_SHARE if self.milp.n_kernels == 0 else _LAST_SHARE),
            multipliers=None if self.bound is None else self.bound.multipliers,
        )
        self.progress.offer_bound("bound", self.bound.value_kwh_day)

    def _make_smallest(self) -> ValuePlan | None:
        """Make a plan of what must be and no more."""
        worth = np.zeros(self.columns.sizes[1])
        stations = self.maker.choose_stations(
            worth, may_have=self.model.column_lower > 0, deadline=self._deadline(_BOUND_SHARE)
        )
        return None if stations is None else self.settle(stations)

    def _follow_prices(self, most: int = len(_PRICE_SHARES)) -> None:
        """Make plans of the stations that earn most at the best prices of the bound.

        When the floors of zones are not kept, stations are chosen again with more for them.
        """
        if self.bound is None or self.dual is None:
            return
        may_have: Bools | None = self._find_promising()
        factor = 1.0
        for share, (multipliers, _) in zip(_PRICE_SHARES[:most], reversed(self.bound.picks), strict=False):
            if self._is_over():
                return
            worth = self.dual.price_levels(share * multipliers)
            stations = self.maker.choose_stations(
                worth, may_have=may_have, floor_factor=factor, deadline=self._deadline(_LAST_SHARE)
            )
            if stations is None:
                may_have = None
                continue
            plan = self.settle(stations)
            self.offer("prices", plan)
            if plan is not None:
                return
            factor *= _FLOOR_GROWTH

    def _find_promising(self) -> Bools:
        """Find the station columns that the relaxed problem built lately, and all that a rule may need."""
        columns, limits = self.columns, self.problem.limits
        may_have = self.model.column_upper > 0
        if self.bound is None:
            return may_have
        n_types = self.problem.staging.n_types
        promise = self.bound.promise_share.sum(axis=(0, 2)).reshape(self.problem.n_sites, n_types).sum(axis=1)
        keep = promise > _LEAST_PROMISE
        keep[limits.cover_site] = True
        opens, level = columns.list_columns("open"), columns.list_columns("level")
        may_have[opens] &= keep[columns.open_site]
        may_have[level] &= keep[columns.level_slot // n_types]
        return may_have | (self.model.column_lower > 0)

    def settle(self, stations: Floats) -> ValuePlan | None:
        """Fit shares to stations and tidy up; a plan that was found is worth some seconds beyond the limit."""
        plan = self.maker.settle(stations, deadline=self._make_settling_deadline())
        return None if plan is None else self._tidy(plan)

    def _tidy(self, plan: ValuePlan) -> ValuePlan:
        """Tidy up before a plan is kept: afterwards the user may have no time left for it."""
        return self.maker.tidy(plan, deadline=self._make_settling_deadline())

    def _make_settling_deadline(self) -> Deadline:
        """Give all the time that is left, and some seconds where there is none or the user asked to stop."""
        left_s = 0.0 if self.should_stop() else self.progress.left_s
        return Deadline(time.monotonic() + max(left_s, _LEAST_SETTLING_S))

    def prove(self) -> None:
        """Improve the plan, and let the solver prove it as soon as what is left is small enough."""
        closeness = count_shared_cells(self.problem)
        patience = _NODE_LIMITED_STALLED_ROUNDS if self.settings.node_limit is not None else _STALLED_ROUNDS
        kernels = 0
        stalled = patience  # a kernel comes first: it brings more than many neighbourhoods
        while not self._is_over():
            if self._is_tiny() or self.asks_whole or self._is_whole_small():
                self.stopped_by = self.milp.solve_whole() or StoppedBy.FAILURE
            elif self.plan is None or stalled >= patience or self._has_done_rounds():
                self.stopped_by, stalled = self.milp.solve_kernel(), 0
                kernels += 1
                if self.settings.node_limit is not None and kernels >= _NODE_LIMITED_KERNELS:
                    self.stopped_by = self.stopped_by or StoppedBy.NODE_LIMIT
                if not self._is_over():
                    self._tighten(_BOUND_ITERATIONS)
            else:
                stalled = 0 if self._improve(closeness) else stalled + 1

    def _has_done_rounds(self) -> bool:
        return self.settings.node_limit is not None and self.rounds >= _NODE_LIMITED_ROUNDS

    def _improve(self, closeness: sp.csr_array) -> bool:
        if self.plan is None:
            return False
        self.rounds += 1
        may_have, _ = self.leave_out()
        is_live = np.zeros(self.problem.n_sites, dtype=np.bool_)
        opens = self.columns.list_columns("open")
        is_live[self.columns.open_site[may_have[opens]]] = True
        if not is_live.any():
            return False
        two = self.rounds % 2 == 0
        sites = pick_neighbourhood(
            closeness,
            is_live,
            self.rng,
            size=_SITES_AROUND // 2 if two else _SITES_AROUND,
            n_centres=2 if two else 1,
        )
        plan = improve_around(
            self.maker,
            self.plan,
            sites,
            may_have=may_have,
            node_limit=_NEIGHBOURHOOD_NODES,
            deadline=self._deadline(_LAST_SHARE),
        )
        return self.offer("neighbourhoods", None if plan is None else self.maker.tidy(plan))

    def offer(self, step: str, plan: ValuePlan | None) -> bool:
        """Keep a plan when it is the best so far."""
        return self.progress.offer_plan(step, plan)  # type: ignore[arg-type]

    def leave_out(self) -> tuple[Bools, Bools]:
        """Tell which station columns a better plan may have at 1, and which it must."""
        model, columns = self.model, self.columns
        may_have, must = model.column_upper > 0, model.column_lower > 0
        if self.dual is None or self.bound is None or self.plan is None:
            return may_have, must
        levels, must_open = find_levels_left(
            self.dual, self.bound, incumbent_kwh_day=self.progress.incumbent_kwh_day
        )
        level = columns.list_columns("level")
        may_have[level] = levels[columns.level_year, columns.level_slot, columns.level_number]
        opens = columns.list_columns("open")
        by_slot: Bools = np.asarray(levels.any(axis=2), dtype=np.bool_)
        is_open: Bools = np.asarray(
            by_slot.reshape(len(levels), self.problem.n_sites, -1).any(axis=2), dtype=np.bool_
        )
        may_have[opens] = is_open[columns.open_year, columns.open_site]
        must[opens] |= must_open[columns.open_year, columns.open_site]
        return may_have, must

    def _is_whole_small(self) -> bool:
        if self.problem.mode is PlanMode.COVER:
            return True
        if self.plan is None:
            return False
        may_have, _ = self.leave_out()
        return int(self.maker.find_serving(may_have).sum()) <= _WHOLE_SERVES

    def _is_tiny(self) -> bool:
        return self.columns.sizes[2] <= _TINY_SERVES

    def _deadline(self, share: float) -> Deadline:
        used_share = 1.0 if self.settings.node_limit is not None else share
        return Deadline(self.progress.started + used_share * self.settings.time_limit_s, self.should_stop)

    def _is_over(self) -> bool:
        if self.stopped_by is None and self.should_stop():
            self.stopped_by = StoppedBy.USER
        return (
            self.stopped_by is not None
            or self.is_infeasible
            or self.progress.is_proven
            or self.progress.left_s <= 0
        )
