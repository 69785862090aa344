"""The search for problems with years, charger types, groups or limits beyond budget and count.

The order of work is that of `chargeplan.solve.search`: a bound with its prices, plans that follow the prices,
neighbourhoods solved exactly with the rest held, and the solver on what the bound leaves, or on a kernel of
promising stations. Every plan keeps every row of the linear model, every bound holds for the whole.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import (
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolverError,
    SolversDisagreeError,
)
from chargeplan.formulation.columns import plan_columns
from chargeplan.plan_labels import NameThings, PlanLabels
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.explain_impossible import CONFIRMED, explain_impossible
from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.progress import SearchProgress
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion
from chargeplan.solve.staged_bound import StagedBound, compute_staged_bound, find_levels_left
from chargeplan.solve.staged_dual import StagedDual
from chargeplan.solve.staged_plans import PlanMaker, improve_around, pick_neighbourhood
from chargeplan.solve.values import FixedModel, ValuePlan, fix_columns
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.process import AskStop
    from chargeplan.solve.search import RunMilp

LOG = logging.getLogger(__name__)

_TINY_SERVES = 3_000
_WHOLE_SERVES = 15_000
_BOUND_SHARE = 0.5
_LAST_SHARE = 0.97
_BOUND_ITERATIONS = 500
_NEIGHBOURHOOD_NODES = 60
_SITES_AROUND = 8
_STALLED_ROUNDS = 12
_NODE_LIMITED_STALLED_ROUNDS = 2
_NODE_LIMITED_KERNELS = 3
_KERNEL_SHARE = 0.35  # of the time left: the next kernel is larger
_NODE_LIMITED_ROUNDS = 30
_FIRST_KERNEL_SITES = 40
_KERNEL_GROWTH = 1.6
_KERNEL_NODES = 500
_LEAST_TIME_S = 0.3
_LATE_SHARE = 0.95
_LEAST_SETTLING_S = 10.0  # rarely needed: a linear program over the flows of open stations
_PRICE_SHARES = (1.0, 0.98, 0.95, 0.9)
_FLOOR_GROWTH = 1.5
_LEAST_PROMISE = 1e-3
_RESERVE_SHARE = 0.02


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
        self.asked_model = model
        self.should_stop, self.run = should_stop, run
        self.progress = SearchProgress(listen, limit_s=settings.time_limit_s, gap_asked=settings.gap)
        self.columns = plan_columns(problem)
        self.maker = PlanMaker(problem, model, self.columns, is_repeatable=settings.node_limit is not None)
        self.dual: StagedDual | None = None
        self.bound: StagedBound | None = None
        self.rng = np.random.default_rng(seed)
        self.stopped_by: StoppedBy | None = None
        self.is_infeasible = False
        self.kernel_sites = float(_FIRST_KERNEL_SITES)
        self.rounds = 0

    @property
    def plan(self) -> ValuePlan | None:
        """The best plan so far."""
        return self.progress.plan  # type: ignore[return-value]

    def prepare(self) -> None:
        """Bound the problem and make plans by its prices."""
        self._offer("given plan", self.start)
        self.progress.offer_bound("demand in reach", self._compute_plain_bound())
        if self.problem.mode is PlanMode.COVER or self._is_tiny():
            return
        self._offer("smallest", self._make_smallest())
        self.dual = StagedDual(self.problem, self.model)
        self._tighten(_BOUND_ITERATIONS // 2)
        self._follow_prices()
        if not self._is_over():
            self._tighten(_BOUND_ITERATIONS)
            self._follow_prices()

    def _tighten(self, iterations: int) -> None:
        if self._is_over() or self.dual is None:
            return
        incumbent = self.progress.incumbent_kwh_day
        self.bound = compute_staged_bound(
            self.model,
            self.dual,
            incumbent_kwh_day=0.0 if math.isnan(incumbent) else incumbent,
            max_iterations=iterations,
            deadline=self._deadline(
                _BOUND_SHARE if self.kernel_sites == _FIRST_KERNEL_SITES else _LAST_SHARE
            ),
            multipliers=None if self.bound is None else self.bound.multipliers,
        )
        self.progress.offer_bound("bound", self.bound.value_kwh_day)

    def _make_smallest(self) -> ValuePlan | None:
        """Make a plan of what must be and no more."""
        worth = np.zeros(self.columns.sizes[1])
        stations = self.maker.choose_stations(
            worth, may_have=self.model.column_lower > 0, deadline=self._deadline(_BOUND_SHARE)
        )
        return None if stations is None else self._settle(stations)

    def _follow_prices(self) -> None:
        """Make plans of the stations that earn most at the best prices of the bound.

        When the floors of zones are not kept, stations are chosen again with more for them.
        """
        if self.bound is None or self.dual is None:
            return
        may_have: Bools | None = self._find_promising()
        factor = 1.0
        for share, (multipliers, _) in zip(_PRICE_SHARES, reversed(self.bound.picks), strict=False):
            if self._is_over():
                return
            worth = self.dual.price_levels(share * multipliers)
            stations = self.maker.choose_stations(
                worth, may_have=may_have, floor_factor=factor, deadline=self._deadline(_LAST_SHARE)
            )
            if stations is None:
                may_have = None
                continue
            plan = self._settle(stations)
            self._offer("prices", plan)
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

    def _settle(self, stations: Floats) -> ValuePlan | None:
        """Fit shares to stations and tidy up; a plan that was found is worth some seconds beyond the limit."""
        deadline = Deadline(time.monotonic() + max(self.progress.left_s, _LEAST_SETTLING_S))
        plan = self.maker.settle(stations, deadline=deadline)
        return None if plan is None else self.maker.tidy(plan, deadline=deadline)

    def prove(self) -> None:
        """Improve the plan, and let the solver prove it as soon as what is left is small enough."""
        closeness = _count_shared_cells(self.problem)
        patience = _NODE_LIMITED_STALLED_ROUNDS if self.settings.node_limit is not None else _STALLED_ROUNDS
        kernels = 0
        stalled = patience  # a kernel comes first: it brings more than many neighbourhoods
        while not self._is_over():
            if self._is_tiny() or self._is_whole_small():
                self.stopped_by = self._solve(*self._leave_out(), is_whole=True) or StoppedBy.FAILURE
            elif self.plan is None or stalled >= patience or self._has_done_rounds():
                self.stopped_by, stalled = self._solve_kernel(), 0
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
        may_have, _ = self._leave_out()
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
        return self._offer("neighbourhoods", None if plan is None else self.maker.tidy(plan))

    def _offer(self, step: str, plan: ValuePlan | None) -> bool:
        return self.progress.offer_plan(step, plan)  # type: ignore[arg-type]

    def _leave_out(self) -> tuple[Bools, Bools]:
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
        may_have, _ = self._leave_out()
        return int(self._find_serving(may_have).sum()) <= _WHOLE_SERVES

    def _find_serving(self, may_have: Bools) -> Bools:
        """Find the serve columns of slots that may have a level, or stand."""
        columns = self.columns
        may_serve = np.tile(self.maker.is_existing_slot, (columns.open_of.shape[0], 1))
        level = columns.list_columns("level")
        at = may_have[level]
        may_serve[columns.level_year[at], columns.level_slot[at]] = True
        return np.asarray(may_serve[columns.serve_year, self.maker.serve_slot], dtype=np.bool_)

    def _solve_kernel(self) -> StoppedBy | None:
        """Solve the most promising stations, more each time; None when the search may go on."""
        may_have, must = self._leave_out()
        opens = self.columns.list_columns("open")
        site_of = self.columns.open_site
        promise = np.zeros(self.problem.n_sites)
        if self.bound is not None:
            by_slot = self.bound.promise_share.sum(axis=(0, 2))
            promise = by_slot.reshape(self.problem.n_sites, -1).sum(axis=1)
            state_bound = np.where(
                np.isfinite(self.bound.state_bound_kwh_day[:, :, 1:]),
                self.bound.state_bound_kwh_day[:, :, 1:],
                0.0,
            )
            promise += 1e-3 * state_bound.max(axis=(0, 2), initial=0.0) / max(self.bound.value_kwh_day, 1e-12)
        kept = np.zeros(self.problem.n_sites, dtype=np.bool_)
        if self.plan is not None:
            kept[site_of[self.plan.values[opens] > 0.5]] = True
        kept[site_of[must[opens]]] = True
        may_open = np.zeros(self.problem.n_sites, dtype=np.bool_)
        may_open[site_of[may_have[opens]]] = True
        order = np.lexsort((np.arange(self.problem.n_sites), -np.where(may_open, promise, -np.inf)))
        kept[order[: round(self.kernel_sites)]] = True
        self.kernel_sites *= _KERNEL_GROWTH
        if not np.any(may_open & ~kept):
            return self._solve(may_have, must, is_whole=True)
        level = self.columns.list_columns("level")
        kernel = may_have.copy()
        kernel[opens] &= kept[site_of]
        kernel[level] &= kept[self.columns.level_slot // self.problem.staging.n_types]
        return self._solve(kernel, self.model.column_lower > 0, is_whole=False)

    def _solve(self, may_have: Bools, must: Bools, *, is_whole: bool) -> StoppedBy | None:
        """Solve the model of the station columns that may be 1; None when the search may go on."""
        if self._measure_left_s() < _LEAST_TIME_S:
            return StoppedBy.TIME_LIMIT
        model = self.model
        is_free = ~model.is_integer | may_have
        if self.problem.mode is not PlanMode.COVER:
            is_free[self.maker.serve] &= self._find_serving(may_have)
        start = self.plan
        fits = start is not None and bool(
            np.all(is_free | (start.values == 0)) and np.all(start.values[must] > 0.5)
        )
        fixed = fix_columns(model, is_free, np.zeros(model.n_columns))
        lower = np.maximum(fixed.model.column_lower, must[fixed.free])
        fixed = replace(fixed, model=replace(fixed.model, column_lower=lower))
        step = "milp" if is_whole else f"milp of {round(self.kernel_sites / _KERNEL_GROWTH)} sites"
        if np.any(must & ~is_free) or not fixed.is_possible:  # arithmetic: no plan, or none that is better
            if is_whole and start is None:
                self.is_infeasible = True
            elif is_whole:
                self.progress.offer_bound(step, self.progress.incumbent_kwh_day)
            return None
        try:
            result = self._run(fixed, start.values if fits and start is not None else None, step, is_whole)
        except SolverError as error:
            if self.plan is None:
                raise
            LOG.warning("the solver failed and the best plan so far is kept: %s", error)
            return StoppedBy.FAILURE
        self._take(result, fixed, step, fits=fits, is_whole=is_whole)
        if self.progress.is_proven:
            return StoppedBy.PROOF
        if is_whole:
            return result.stopped_by if result.stopped_by is not StoppedBy.PROOF else StoppedBy.FAILURE
        return result.stopped_by if result.stopped_by is StoppedBy.USER else None

    def _run(self, fixed: FixedModel, start: Floats | None, step: str, is_whole: bool) -> MilpResult:
        gap = self.settings.gap
        node_limit = self.settings.node_limit
        if node_limit is None and not is_whole:
            node_limit = _KERNEL_NODES
        known = math.isfinite(self.progress.bound_kwh_day) and gap > 0
        limit_s = self._measure_left_s()
        if self.settings.node_limit is None and not is_whole and self.plan is not None:
            limit_s *= _KERNEL_SHARE
        self.asked_model = fixed.model
        smaller = merge_alike(fixed.model) if self.problem.mode is not PlanMode.COVER else None
        values = None if start is None else start[fixed.free]
        if smaller is not None and values is not None:
            values = smaller.merge_values(values)
        request = MilpRequest(
            model=fixed.model if smaller is None else smaller.model,
            start_values=values,
            gap=max(gap - 1e-9, 0.0),
            target_kwh_day=self.progress.bound_kwh_day / (1 + gap) if known else math.inf,
            time_limit_s=limit_s,
            node_limit=node_limit,
            threads=self.settings.threads,
            seed=self.seed,
        )

        def tell(news: MilpProgress) -> None:
            bound = news.bound_kwh_day if is_whole else math.inf
            self.progress.note_news(step, news.incumbent_kwh_day, bound)

        asked_s = time.monotonic()
        result = self.run(request, tell=tell, ask_stop=self.should_stop)
        is_late = time.monotonic() - asked_s >= _LATE_SHARE * limit_s
        if result.stopped_by is StoppedBy.USER and is_late and not self.should_stop():
            result = replace(result, stopped_by=StoppedBy.TIME_LIMIT)  # the watch asked, at the limit
        if result.status is MilpStatus.INFEASIBLE and start is None:
            opinion = ask_second_opinion(
                request, run=self.run, left_s=self._measure_left_s(), ask_stop=self.should_stop
            )
            if opinion.verdict is Verdict.NO_OPINION:  # an error or a time-out says nothing, either way
                LOG.warning("the solver finds no plan in a model, and nobody confirms it: %s", opinion.words)
                return replace(
                    result,
                    status=MilpStatus.NO_INCUMBENT,
                    bound_kwh_day=math.inf,
                    stopped_by=StoppedBy.USER if self.should_stop() else StoppedBy.TIME_LIMIT,
                )
            if opinion.verdict is Verdict.DISAGREES:
                raise SolversDisagreeError(
                    f"the solver says that the model has no plan; {opinion.words}; nothing was published; "
                    "report this with the config"
                )
        if smaller is not None and result.integer_values is not None:
            return replace(result, integer_values=result.integer_values[smaller.column])
        return result

    def _take(self, result: MilpResult, fixed: FixedModel, step: str, *, fits: bool, is_whole: bool) -> None:
        """Take over what the solver brought."""
        before = self.progress.incumbent_kwh_day
        if result.status is MilpStatus.INFEASIBLE:
            if fits:
                raise SolversDisagreeError(
                    "the solver says that the model has no plan, but there is one that keeps every rule of the "
                    "problem; nothing was published; report this with the config and the data"
                )
            if is_whole and self.plan is None:
                self.is_infeasible = True
            elif is_whole:
                self.progress.offer_bound(step, before)
            return
        if result.integer_values is not None:
            self._offer(step, self._settle(fixed.expand(result.integer_values)))
        if is_whole:
            floor = -math.inf if math.isnan(before) else before
            self.progress.offer_bound(step, max(result.bound_kwh_day, floor))

    def _measure_left_s(self) -> float:
        return self.progress.left_s - min(_RESERVE_SHARE * self.settings.time_limit_s, 1.0)

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

    def _compute_plain_bound(self) -> float:
        """Sum all that could be served at its best: no plan is worth more."""
        model, columns = self.model, self.columns
        if self.problem.mode is PlanMode.COVER or columns.worst >= 0:
            return float(model.objective @ model.column_upper)
        staging = self.problem.staging
        cell = self.problem.pair_cell[columns.serve_pair]
        unit = (columns.serve_year * self.problem.n_cells + cell) * staging.n_groups + columns.serve_group
        best = np.zeros(staging.unit_kwh_day.size)
        np.maximum.at(best, unit, model.objective[columns.list_columns("serve")])
        return float(best.sum())

    def explain_no_plan(self) -> Exception:
        """Say why there is no plan."""
        if self.is_infeasible and self.name_things is None:
            return InfeasibleError(CONFIRMED)
        if self.is_infeasible and self.name_things is not None:
            explanation = explain_impossible(
                self.problem,
                self.model,
                run=self.run,
                limit_s=self.progress.left_s,
                labels=self.name_things(),
                threads=self.settings.threads,
                seed=self.seed,
                should_stop=self.should_stop,
            )
            return InfeasibleError(f"{explanation.text}\n{CONFIRMED}")
        if self.stopped_by is StoppedBy.USER:
            return InterruptedRunError("stopped before there was a plan; run again and wait longer")
        return NoPlanError(
            f"no plan was found within solve.time_limit_s of {self.settings.time_limit_s} s and none was "
            f"ruled out; raise solve.time_limit_s"
        )


def _count_shared_cells(problem: PlanProblem) -> sp.csr_array:
    """Count the cells each two sites have in common, shape (n_sites, n_sites)."""
    uses = sp.csr_array(
        (np.ones(problem.n_pairs), (problem.pair_site, problem.pair_cell)),
        shape=(problem.n_sites, problem.n_cells),
    )
    return sp.csr_array(uses @ uses.T)
