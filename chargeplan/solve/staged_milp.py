"""The solver's turns in the search of a staged problem: kernels of promising stations, then all that is left."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import SolverError, SolversDisagreeError
from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion
from chargeplan.solve.values import FixedModel, fix_columns
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats
    from chargeplan.solve.staged_search import StagedSearch

LOG = logging.getLogger(__name__)

_KERNEL_SHARE = 0.35  # of the time left: the next kernel is larger
_FIRST_KERNEL_SITES = 40
_KERNEL_GROWTH = 1.6
_KERNEL_NODES = 500
_LEAST_TIME_S = 0.3
_LATE_SHARE = 0.95
_RESERVE_SHARE = 0.02


class StagedMilp:
    """Asks the solver about models of a search, and takes over what it brings.

    Parameters
    ----------
    search : StagedSearch
        Its problem, model, settings and progress are shared.

    Attributes
    ----------
    is_infeasible : bool
        Whether there is no plan, as two solvers find or arithmetic alone.
    is_counted_out : bool
        Whether it was arithmetic.
    failure : str
        What the solver said of the whole problem that came to nothing.
    asked_model : LinearModel
        The model that the solver was last asked about, the whole one before.
    """

    def __init__(self, search: StagedSearch) -> None:
        self.search = search
        self.problem, self.model, self.columns = search.problem, search.model, search.columns
        self.settings, self.seed, self.progress = search.settings, search.seed, search.progress
        self.maker, self.run, self.should_stop = search.maker, search.run, search.should_stop
        self.asked_model = search.model
        self.is_infeasible = self.is_counted_out = False
        self.failure = ""
        self.kernel_sites = float(_FIRST_KERNEL_SITES)
        self.n_kernels = 0

    def solve_whole(self) -> StoppedBy | None:
        """Solve all that the bound leaves of the problem; return what ended it."""
        return self._solve(*self.search.leave_out(), is_whole=True)

    def solve_kernel(self) -> StoppedBy | None:
        """Solve the most promising stations, more each time; None when the search may go on."""
        may_have, must = self.search.leave_out()
        opens = self.columns.list_columns("open")
        site_of = self.columns.open_site
        kept = np.zeros(self.problem.n_sites, dtype=np.bool_)
        if self.search.plan is not None:
            kept[site_of[self.search.plan.values[opens] > 0.5]] = True
        kept[site_of[must[opens]]] = True
        may_open = np.zeros(self.problem.n_sites, dtype=np.bool_)
        may_open[site_of[may_have[opens]]] = True
        order = np.lexsort(
            (np.arange(self.problem.n_sites), -np.where(may_open, self._rate_sites(), -np.inf))
        )
        kept[order[: round(self.kernel_sites)]] = True
        self.kernel_sites *= _KERNEL_GROWTH
        self.n_kernels += 1
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
            is_free[self.maker.serve] &= self.maker.find_serving(may_have)
        start = self.search.plan
        fits = start is not None and bool(
            np.all(is_free | (start.values == 0)) and np.all(start.values[must] > 0.5)
        )
        fixed = fix_columns(model, is_free, np.zeros(model.n_columns))
        lower = np.maximum(fixed.model.column_lower, must[fixed.free])
        fixed = replace(fixed, model=replace(fixed.model, column_lower=lower))
        step = "milp" if is_whole else f"milp of {round(self.kernel_sites / _KERNEL_GROWTH)} sites"
        if np.any(must & ~is_free) or not fixed.is_possible:  # arithmetic: no plan, or none that is better
            if is_whole and start is None:
                self.is_infeasible = self.is_counted_out = True
            elif is_whole:
                self.progress.offer_bound(step, self.progress.incumbent_kwh_day)
            return None
        try:
            result = self._run(fixed, start.values if fits and start is not None else None, step, is_whole)
        except SolverError as error:
            if self.search.plan is None:
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
        if self.settings.node_limit is None and not is_whole and self.search.plan is not None:
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
                words = f"the solver finds no plan in a model, and nobody confirms it: {opinion.words}"
                LOG.warning("%s", words)
                is_late = opinion.ran_out or self._measure_left_s() < _LEAST_TIME_S
                if is_whole and not is_late:
                    self.failure = words
                ended = StoppedBy.TIME_LIMIT if is_late else StoppedBy.FAILURE
                return replace(
                    result,
                    status=MilpStatus.NO_INCUMBENT,
                    bound_kwh_day=math.inf,
                    stopped_by=StoppedBy.USER if self.should_stop() else ended,
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
            if is_whole and self.search.plan is None:
                self.is_infeasible = True
            elif is_whole:
                self.progress.offer_bound(step, before)
            return
        if result.integer_values is not None:
            plan = self.search.settle(fixed.expand(result.integer_values))
            self.search.offer(step, plan)
            if plan is None:
                self._note_unsettled(result, fixed, step, is_whole=is_whole)
        if is_whole:
            floor = -math.inf if math.isnan(before) else before
            self.progress.offer_bound(step, max(result.bound_kwh_day, floor))
        if (
            is_whole
            and result.status is MilpStatus.OPTIMAL
            and self.search.plan
            and not self.progress.is_proven
        ):
            LOG.warning(
                "the solver claims the best plan of all, %.9g kWh/day, but ours of its stations is worth %.9g",
                result.objective_kwh_day,
                self.progress.incumbent_kwh_day,
            )

    def _note_unsettled(self, result: MilpResult, fixed: FixedModel, step: str, *, is_whole: bool) -> None:
        """Say that a plan of the solver is lost, and why: our own code finds no shares for its stations."""
        values = result.integer_values
        if values is None or self.should_stop():
            return
        why = self.maker.explain_unsettled(fixed.expand(values))
        words = (
            f"the solver has a plan ({result.status.value}, {result.objective_kwh_day:,.3f} kWh/day) in step "
            f"'{step}' of which our own code can make none: {why}"
        )
        LOG.warning("%s", words)
        if is_whole:
            self.failure = words

    def _measure_left_s(self) -> float:
        return self.progress.left_s - min(_RESERVE_SHARE * self.settings.time_limit_s, 1.0)

    def _rate_sites(self) -> Floats:
        """Rate sites by how often the relaxed problem built there lately, then by what their best state may bring."""
        promise = np.zeros(self.problem.n_sites)
        if self.search.bound is not None:
            by_slot = self.search.bound.promise_share.sum(axis=(0, 2))
            promise = by_slot.reshape(self.problem.n_sites, -1).sum(axis=1)
            state_bound = np.where(
                np.isfinite(self.search.bound.state_bound_kwh_day[:, :, 1:]),
                self.search.bound.state_bound_kwh_day[:, :, 1:],
                0.0,
            )
            promise += (
                1e-3 * state_bound.max(axis=(0, 2), initial=0.0) / max(self.search.bound.value_kwh_day, 1e-12)
            )
        return promise
