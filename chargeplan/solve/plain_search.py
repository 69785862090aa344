"""The search in its order of work: start plan, bound, what the bound decides, MILP, best of all.

For plain problems: one year, one charger type, budget and count. Every plan is settled by our own code and
every bound holds for the whole problem, so that whatever ends the search, the answer is a plan with a proven gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_labels import NameThings, PlanLabels
from chargeplan.records import Solution
from chargeplan.solve.bound import Bound, compute_bound
from chargeplan.solve.charger_count_bound import ChargerCountBound
from chargeplan.solve.cover_steps import prove_by_branching
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.end_search import explain_no_plan, make_claim
from chargeplan.solve.improve import improve_plan
from chargeplan.solve.merge_cells import merge_cells
from chargeplan.solve.milp_steps import MilpSteps
from chargeplan.solve.outcome import StoppedBy
from chargeplan.solve.plan import count_chargers, make_plan
from chargeplan.solve.progress import SearchProgress, compute_plain_bound_kwh_day
from chargeplan.solve.reduce import build_cover_rows
from chargeplan.solve.settle import drop_needless_stations, make_smallest_plan, settle_plan
from chargeplan.solve.start_plan import find_start_plan, follow_prices, spend_rest
from chargeplan.solve.whole_stations import compute_whole_station_bound
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.plan import Plan
    from chargeplan.solve.process import AskStop, RunMilp
    from chargeplan.solve.reduce import CoverRows

# Shares of the time limit after which a step gives way to the next; a net, not a plan: on cities
# of the usual size the steps end long before, by their counts of iterations.
_START_SHARE = 0.35
_BOUND_SHARE = 0.6
_LAST_SHARE = 0.97  # the rest is for settling the last plan
_BOUND_ITERATIONS = 800
# Rounds of local search before the solver's first turn, and rounds without gain before a kernel.
_FIRST_ROUNDS = 3
_STALLED_ROUNDS = 3
_ROUND_ITERATIONS = {PlanMode.COVER: 50, PlanMode.ALLOCATE: 5}
_TINY_PAIRS = 2_000
# With a node limit the counts end the search and not the clock: fewer rounds, so that it ends well
# before a usual time limit on a slow computer too.
_NODE_LIMITED_FIRST_ROUNDS = 2
_NODE_LIMITED_STALLED_ROUNDS = 2
_NODE_LIMITED_ROUNDS = 12
_NODE_LIMITED_KERNELS = 2
_NEEDLESS_TRIES = 20
_TIDY_SHARE = 0.1  # of the time limit, after it, to close stations that nobody needs


class PlainSearch:
    """One search; see `chargeplan.solve.search.solve_problem`."""

    def __init__(
        self,
        problem: PlanProblem,
        model: LinearModel | None,
        settings: SolveSettings,
        seed: int,
        listen: Listener,
        should_stop: AskStop,
        run: RunMilp,
        start: Plan | None,
    ) -> None:
        self.problem = problem
        # Plans and bounds are found on the problem of fewer cells and settled on the whole one.
        self.merged = merge_cells(problem) if problem.mode is PlanMode.ALLOCATE else None
        self.small = problem if self.merged is None else self.merged.problem
        self.written_model = model
        self.settings = settings
        self.seed = seed
        self.should_stop = should_stop
        self.run = run
        self.start = start
        self.progress = SearchProgress(listen, limit_s=settings.time_limit_s, gap_asked=settings.gap)
        self.bound: Bound | None = None
        self.rows: CoverRows | None = None
        self.rounds = 0
        self.counts = ChargerCountBound(self.small)
        self.place: Plan | None = None  # where the local search stands, in the cells of the smaller problem
        self.stopped_by: StoppedBy | None = None
        self.is_infeasible = False
        self.is_counted_out = False  # two solvers say it, never arithmetic alone
        self.name_things: NameThings | None = PlanLabels
        self.steps: MilpSteps | None = None

    @property
    def model(self) -> LinearModel:
        """The linear model of the whole problem, written when it is first asked for."""
        if self.written_model is None:
            self.written_model = build_linear_model(self.problem)
        return self.written_model

    @property
    def asked_model(self) -> LinearModel:
        """The model that the solver was last asked about, the whole one before."""
        return self.model if self.steps is None else self.steps.asked_model

    def prepare(self) -> None:
        """Find a plan and a bound without the solver."""
        progress = self.progress
        progress.offer_plan("required sites", make_smallest_plan(self.problem))
        self._take_start()
        progress.offer_bound("demand in reach", compute_plain_bound_kwh_day(self.problem))
        if progress.plan is None or self._is_over():
            return
        if self.problem.mode is PlanMode.COVER:
            self.rows = build_cover_rows(self.problem)
        deadline = self._deadline(_START_SHARE)
        start = find_start_plan(self.small, seed=self.seed, deadline=deadline, rows=self.rows)
        self._offer("start plan", start)
        if self._is_over() or progress.plan is None:
            return
        self.bound = compute_bound(
            self.small,
            incumbent_kwh_day=progress.incumbent_kwh_day,
            max_iterations=_BOUND_ITERATIONS,
            deadline=self._deadline(_BOUND_SHARE),
            rows=self.rows,
        )
        progress.offer_bound("bound", self.bound.value_kwh_day)
        if self.problem.mode is PlanMode.ALLOCATE and not self._is_tiny():
            self._follow_bound(self.bound)

    def _take_start(self) -> None:
        """Take the plan that was given, and spend on it what the limits leave."""
        self._offer("given plan", self.start)
        plan = self.progress.plan
        if self.start is not None and plan is not None and self.problem.mode is PlanMode.ALLOCATE:
            self._offer("given plan, enlarged", spend_rest(self.problem, plan))

    def _follow_bound(self, bound: Bound) -> None:
        """Build plans by the prices of the bound, and tighten it to whole stations."""
        deadline = self._deadline(_BOUND_SHARE)
        plan = self._take_plan()
        if not self._is_over() and plan is not None:
            self._offer("prices", follow_prices(self.small, plan, bound, deadline=deadline))
        if not self._is_over():
            whole = compute_whole_station_bound(
                self.small,
                bound.multipliers,
                target_kwh_day=self.progress.incumbent_kwh_day,
                deadline=deadline,
            )
            self.progress.offer_bound("whole stations", whole)
        self._count_chargers()

    def _count_chargers(self) -> None:
        """Tighten the bound by the count of chargers, once for each count that plans have beaten."""
        if self.bound is None or self._is_over():
            return
        more = self.counts.tighten(
            self.bound, self.progress, self._deadline(_LAST_SHARE), is_over=self._is_over
        )
        if more is not self.bound:
            self.bound = more
            if self.steps is not None:
                self.steps.bound = more

    def prove(self) -> None:
        """Improve the plan and prove it: cover by branching, else by the solver once little is left."""
        if self._prove_cover() or self._is_over():
            return
        has_node_limit = self.settings.node_limit is not None
        patience = min(_NODE_LIMITED_STALLED_ROUNDS, _STALLED_ROUNDS) if has_node_limit else _STALLED_ROUNDS
        steps = self.steps = MilpSteps(
            self.problem,
            self.model,
            self.settings,
            seed=self.seed,
            progress=self.progress,
            bound=self.bound,
            run=self.run,
            should_stop=self.should_stop,
        )
        stalled = kernels = 0
        if not self._is_tiny():
            for _ in range(_NODE_LIMITED_FIRST_ROUNDS if has_node_limit else _FIRST_ROUNDS):
                stalled = 0 if self._improve() else stalled + 1
        while not self._is_over():
            self._count_chargers()
            if self.progress.plan is None or steps.is_whole_small():
                self.stopped_by = steps.solve_whole()
            elif stalled >= patience or (has_node_limit and self.rounds >= _NODE_LIMITED_ROUNDS):
                before = self.progress.plan
                self.stopped_by, stalled, kernels = steps.solve_kernel(), 0, kernels + 1
                if self.progress.plan is not before:
                    self.place = None  # the local search goes on from the better plan
                if has_node_limit and kernels >= _NODE_LIMITED_KERNELS:
                    self.stopped_by = self.stopped_by or StoppedBy.NODE_LIMIT
            else:
                stalled = 0 if self._improve() else stalled + 1
        self.is_infeasible = steps.is_infeasible

    def _prove_cover(self) -> bool:
        """Prove a cover plan without a MILP; False when that is for the solver."""
        if self.rows is None or self.bound is None or self._is_over():
            return False
        is_done = prove_by_branching(
            self.problem,
            self.rows,
            self.bound,
            self.progress,
            seed=self.seed,
            node_limit=self.settings.node_limit,
            deadline=self._deadline(_LAST_SHARE),
        )
        if is_done and not self._is_over() and self.settings.node_limit is not None:
            self.stopped_by = StoppedBy.NODE_LIMIT
        return is_done

    def finish(self, solver: str) -> Solution:
        """Say what was found, or raise what was not."""
        progress = self.progress
        plan = progress.plan
        if plan is None:
            raise explain_no_plan(self)
        max_tries = 0 if self.stopped_by is StoppedBy.USER else _NEEDLESS_TRIES
        limit_s = (1 + _TIDY_SHARE) * self.settings.time_limit_s
        deadline = Deadline(progress.started + limit_s, self.should_stop)
        plan = drop_needless_stations(self.problem, plan, max_tries=max_tries, deadline=deadline)
        claim = make_claim(plan.objective_kwh_day, self)
        return Solution(
            outcome=claim.outcome,
            gap_asked=self.settings.gap,
            objective_kwh_day=plan.objective_kwh_day,
            bound_kwh_day=claim.bound_kwh_day,
            chargers=count_chargers(self.problem, plan.level_pos),
            pair_share=np.asarray(plan.pair_share, dtype=np.float64) + 0.0,
            wall_s=progress.elapsed_s,
            solver=solver,
            steps=progress.make_steps(),
            stopped_by=claim.stopped_by,
        )

    def _improve(self) -> bool:
        """Search around the best plan for a while; tell whether that brought a better one."""
        plan = self.place or self._take_plan()
        if self._is_over() or plan is None:
            return False
        self.rounds += 1
        found = improve_plan(
            self.small,
            plan,
            seed=self.seed + self.rounds,
            max_iterations=_ROUND_ITERATIONS[self.problem.mode],
            deadline=self._deadline(_LAST_SHARE),
            bound=self.bound,
            best_kwh_day=self.progress.incumbent_kwh_day,
        )
        if found is plan:
            return False
        self.place = found
        return self._offer("swaps" if self.problem.mode is PlanMode.COVER else "neighbourhoods", found)

    def _take_plan(self) -> Plan | None:
        """Take the best plan, in the cells of the smaller problem."""
        plan = self.progress.plan
        if plan is None or self.merged is None:
            return plan
        share = self.merged.merge_shares(self.problem, plan.pair_share)
        return make_plan(self.small, plan.level_pos, share)

    def _offer(self, step: str, plan: Plan | None) -> bool:
        """Settle a plan and keep it when it is the best."""
        if plan is None:
            return False
        return self.progress.offer_plan(step, settle_plan(self.problem, plan.level_pos))

    def _is_tiny(self) -> bool:
        """Tell whether the solver settles the problem sooner than any help for it."""
        return self.problem.n_pairs <= _TINY_PAIRS

    def _deadline(self, share: float) -> Deadline:
        """When a step gives way; with a node limit only the whole limit counts, as a safety net."""
        used_share = 1.0 if self.settings.node_limit is not None else share
        return Deadline(self.progress.started + used_share * self.settings.time_limit_s, self.should_stop)

    def _is_over(self) -> bool:
        if self.stopped_by is None and self.should_stop():
            self.stopped_by = StoppedBy.USER
        return self.stopped_by is not None or self.progress.is_proven or self.progress.left_s <= 0
