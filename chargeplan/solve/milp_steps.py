"""The solver's part of the search: the whole problem when it is small, else growing kernels.

What the bound decides is taken out first: a station whose own bound is not above the best plan
is in no better plan. A model without such stations is as good as the whole, so its bound, or
the best plan when that is larger, holds for the whole problem. A kernel is a model of the most
promising stations only: it gives plans, never bounds.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import SolverError, SolversDisagreeError
from chargeplan.solve.bound import SiteFixing, fix_sites
from chargeplan.solve.columns import fits_restriction, read_levels, restrict_model, write_values
from chargeplan.solve.merge_cells import merge_cells
from chargeplan.solve.merge_model import average_shares, merge_model
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.plan import find_allowed_levels, find_existing_sites, find_required_sites
from chargeplan.solve.second_opinion import SecondOpinion, Verdict, ask_second_opinion
from chargeplan.solve.settle import settle_plan
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, PlanProblem
    from chargeplan.solve.bound import Bound
    from chargeplan.solve.plan import Plan
    from chargeplan.solve.progress import SearchProgress

LOG = logging.getLogger(__name__)

# Measured with HiGHS 1.15.1: up to these sizes the root of the whole model is done in seconds.
WHOLE_PAIRS = 12_000
WHOLE_COVER_NONZEROS = 2_000_000
FIRST_KERNEL_SITES = 60
KERNEL_GROWTH = 1.6
KERNEL_NODES = 500
_LEAST_TIME_S = 0.3  # below it the process does not even start
_RESERVE_SHARE = 0.02  # of the limit, to settle the last plan
_LARGEST_RESERVE_S = 1.0


class MilpSteps:
    """Runs the solver on the whole of a problem or on a kernel of it.

    Parameters
    ----------
    problem : PlanProblem
    model : LinearModel
    settings : SolveSettings
    seed : int
    progress : SearchProgress
    bound : Bound or None
    run : callable
        Runs one `MilpRequest`.
    should_stop : callable
    """

    def __init__(
        self,
        problem: PlanProblem,
        model: LinearModel,
        settings: SolveSettings,
        *,
        seed: int,
        progress: SearchProgress,
        bound: Bound | None,
        run: Callable[..., MilpResult],
        should_stop: Callable[[], bool],
    ) -> None:
        self.problem = problem
        self.model = model
        self.settings = settings
        self.seed = seed
        self.progress = progress
        self.bound = bound
        self.run = run
        self.should_stop = should_stop
        self.is_infeasible = False
        self.asked_model = model
        self.kernel_sites = float(FIRST_KERNEL_SITES)
        self.kernels_solved: set[bytes] = set()

    def is_whole_small(self) -> bool:
        """Tell whether the solver can take on all that the bound has left of the problem."""
        return self._is_small(self._fix().level_allowed)

    def solve_whole(self) -> StoppedBy:
        """Solve what the bound has left of the problem; return what ended it."""
        return self._solve_safely(self._fix(), is_whole=True) or StoppedBy.FAILURE

    def solve_kernel(self) -> StoppedBy | None:
        """Solve the most promising stations, more each time; None when the search may go on."""
        fixing = self._fix()
        while True:
            kernel = self._choose_kernel(fixing.level_allowed, round(self.kernel_sites))
            self.kernel_sites *= KERNEL_GROWTH
            # The kernel has all levels of the plan's stations: more than the whole may have.
            if not (fixing.level_allowed & ~kernel).any():
                return self.solve_whole()
            if kernel.tobytes() not in self.kernels_solved:
                break
        self.kernels_solved.add(kernel.tobytes())
        return self._solve_safely(
            replace(fixing, level_allowed=kernel, must_open=find_required_sites(self.problem)), is_whole=False
        )

    def _solve_safely(self, fixing: SiteFixing, *, is_whole: bool) -> StoppedBy | None:
        """Solve a model; what fails costs no plan that is there."""
        if self._measure_left_s() < _LEAST_TIME_S:
            return StoppedBy.TIME_LIMIT
        try:
            result = self._solve(fixing, is_whole=is_whole)
        except SolverError as error:
            if self.progress.plan is None:
                raise
            LOG.warning("the solver failed and the best plan so far is kept: %s", error)
            return StoppedBy.FAILURE
        if self.progress.is_proven:
            return StoppedBy.PROOF
        if result.stopped_by is StoppedBy.PROOF or (
            not is_whole and result.stopped_by is StoppedBy.NODE_LIMIT
        ):
            return None
        return result.stopped_by

    def _measure_left_s(self) -> float:
        reserve_s = min(_RESERVE_SHARE * self.settings.time_limit_s, _LARGEST_RESERVE_S)
        return self.progress.left_s - reserve_s

    def _is_late(self, opinion: SecondOpinion) -> bool:
        return opinion.ran_out or self._measure_left_s() < _LEAST_TIME_S

    def _fix(self) -> SiteFixing:
        """Take out what the bound decides against the best plan."""
        if self.bound is None or self.progress.plan is None:
            return SiteFixing(find_allowed_levels(self.problem), find_required_sites(self.problem))
        return fix_sites(self.problem, self.bound, incumbent_kwh_day=self.progress.incumbent_kwh_day)

    def _is_small(self, level_allowed: Bools) -> bool:
        stays = level_allowed.any(axis=1) | find_existing_sites(self.problem)
        if self.problem.mode is PlanMode.COVER:
            return bool(self.model.matrix.nnz <= WHOLE_COVER_NONZEROS)
        if int(np.count_nonzero(stays[self.problem.pair_site])) <= WHOLE_PAIRS:
            return True
        return merge_cells(self.problem, site_kept=stays).problem.n_pairs <= WHOLE_PAIRS

    def _choose_kernel(self, level_allowed: Bools, n_sites: int) -> Bools:
        """Keep the stations of the best plan, the required ones and the most promising others."""
        promise = np.zeros(self.problem.n_sites)
        if self.bound is not None:
            promise = self.bound.promise_share.sum(axis=1)
            promise += (
                1e-3
                * np.max(np.where(level_allowed, self.bound.level_bound_kwh_day, 0.0), axis=1)
                / max(self.bound.value_kwh_day, 1e-12)
            )
        if self.progress.plan is not None:
            promise = np.where(self.progress.plan.level_pos >= 0, np.inf, promise)
        promise = np.where(find_required_sites(self.problem), np.inf, promise)
        may_open = find_allowed_levels(self.problem).any(axis=1)
        order = np.lexsort((np.arange(self.problem.n_sites), -np.where(may_open, promise, -np.inf)))
        chosen = np.zeros(self.problem.n_sites, dtype=bool)
        chosen[order[: max(n_sites, int(np.count_nonzero(np.isposinf(promise))))]] = True
        return (
            np.where(np.isposinf(promise)[:, None], find_allowed_levels(self.problem), level_allowed)
            & (chosen[:, None])
        )

    def _solve(self, fixing: SiteFixing, *, is_whole: bool) -> MilpResult:
        """Solve one model and take over what it brought."""
        plan = self.progress.plan
        before = self.progress.incumbent_kwh_day
        step = "milp" if is_whole else f"milp of {int(fixing.level_allowed.any(axis=1).sum())} sites"
        lacks_level = fixing.must_open & ~fixing.level_allowed.any(axis=1)
        if plan is not None and lacks_level.any():  # the bound rules out every better plan
            self.progress.offer_bound(step, before)
            return MilpResult(MilpStatus.INFEASIBLE, None, math.nan, -math.inf, StoppedBy.PROOF, 0, "bound")
        model = restrict_model(
            self.problem, self.model, level_allowed=fixing.level_allowed, must_open=fixing.must_open
        )
        model, merged = merge_model(self.problem, model)
        if plan is not None and merged is not None:
            plan = average_shares(self.problem, plan, merged)
        fits = plan is not None and fits_restriction(
            plan, level_allowed=fixing.level_allowed, must_open=fixing.must_open
        )
        request = self._make_request(model, plan if fits else None, is_whole=is_whole)
        self.asked_model = model
        result = self._run(request, step, is_whole=is_whole)
        if result.status is MilpStatus.INFEASIBLE:
            stopped_by = self._take_infeasible(request, step, fits=fits, is_whole=is_whole)
            return replace(result, stopped_by=stopped_by)
        if result.integer_values is not None:
            levels = read_levels(self.problem, model, result.integer_values)
            self.progress.offer_plan(step, settle_plan(self.problem, levels))
        if is_whole:
            floor = -math.inf if plan is None else before
            self.progress.offer_bound(step, max(result.bound_kwh_day, floor))
        return result

    def _make_request(self, model: LinearModel, plan: Plan | None, *, is_whole: bool) -> MilpRequest:
        gap = self.settings.gap
        node_limit = self.settings.node_limit
        if node_limit is None and not is_whole:
            node_limit = KERNEL_NODES
        target = self.progress.bound_kwh_day / (1 + gap) if gap > 0 else math.inf
        return MilpRequest(
            model=model,
            start_values=None if plan is None else write_values(self.problem, model, plan),
            gap=max(gap - 1e-9, 0.0),
            target_kwh_day=target,
            time_limit_s=self._measure_left_s(),
            node_limit=node_limit,
            threads=self.settings.threads,
            seed=self.seed,
        )

    def _run(self, request: MilpRequest, step: str, *, is_whole: bool) -> MilpResult:
        def tell(news: MilpProgress) -> None:
            bound = news.bound_kwh_day if is_whole else math.inf
            self.progress.note_news(step, news.incumbent_kwh_day, bound)

        return self.run(request, tell=tell, ask_stop=self.should_stop)

    def _take_infeasible(self, request: MilpRequest, step: str, *, fits: bool, is_whole: bool) -> StoppedBy:
        """Ask for a second opinion before believing that a model has no plan; return what ended it.

        Raises
        ------
        SolversDisagreeError
            When a plan of ours keeps every rule of the model, when the second opinion has one, or
            when there is neither a plan nor a second opinion, though there was time for one.
        """
        if fits:
            raise SolversDisagreeError(
                "the solver says that the model has no plan, but there is one that keeps every rule of the "
                "problem; nothing was published; report this with the config and the data"
            )
        opinion = ask_second_opinion(
            request, run=self.run, left_s=self._measure_left_s(), ask_stop=self.should_stop
        )
        has_plan = self.progress.plan is not None
        if opinion.verdict is Verdict.NO_OPINION and (has_plan or self.should_stop()):
            LOG.warning("HiGHS claims that nothing better is left, which is not proven: %s", opinion.words)
            return StoppedBy.USER if self.should_stop() else StoppedBy.FAILURE
        if opinion.verdict is Verdict.NO_OPINION and self._is_late(opinion):
            LOG.warning("HiGHS claims that there is no plan, which is not proven: %s", opinion.words)
            return StoppedBy.TIME_LIMIT
        if opinion.verdict is not Verdict.CONFIRMED:
            raise SolversDisagreeError(
                f"HiGHS says that the model has no plan, and no second opinion confirms it: {opinion.words}; "
                f"nothing was published; report this with the config"
            )
        if not has_plan:
            self.is_infeasible = True
        elif is_whole:  # the model holds every plan better than ours, and there is none
            self.progress.offer_bound(step, self.progress.incumbent_kwh_day)
        return StoppedBy.PROOF
