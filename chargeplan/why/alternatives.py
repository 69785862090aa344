"""Other plans that are nearly as good and stand elsewhere.

A plan differs from another in the sites that are open in one of the two and not in both. A row per plan
found so far holds that number to m or more, sum_(i open) (1 - y_i) + sum_(i closed) y_i >= m, and the best plan of
the model with these rows is the next alternative. In a larger model some stations are closed first and the rest
is planned anew; the rows are for what that does not bring.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import SolverError
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import PROOF_TOLERANCE, compute_gap
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.plan import count_chargers, find_existing_sites
from chargeplan.solve.process import run_milp
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion
from chargeplan.solve.settle import drop_needless_stations, settle_plan
from chargeplan.solve.staged_backup import count_backup
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_solution import write_solution
from chargeplan.sweep.carry import read_plan
from chargeplan.why.answers import Alternative, Alternatives
from chargeplan.why.rows import add_row
from chargeplan.why.variants import close_sites, hold_worst_zone, search_variant
from chargeplan.words import Outcome, PlanMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, PlanProblem, Solution
    from chargeplan.solve.outcome import MilpResult
    from chargeplan.solve.plan import Plan
    from chargeplan.solve.values import ValuePlan
    from chargeplan.why.variants import Means

_TINY_MODEL = 3_000  # columns; what the solver settles at once
_LARGEST_MODEL = 60_000  # columns; beyond, the solver brings nothing in a short while
_TRIES = 3  # searches with other stations closed, for each alternative of a larger model
_LEAST_TIME_S = 1.0
_NEEDLESS_TRIES = 20


class _NoneLeftError(Exception):
    """No further alternative: proven or out of tries; the text says which."""


def find_alternatives(
    problem: PlanProblem,
    solution: Solution,
    means: Means,
    *,
    wanted: int,
    within_share: float,
    n_differ: int,
    tell: Callable[[str], None] = lambda _text: None,
) -> Alternatives:
    """Find other plans within a share of a plan that differ from it, and from each other, in some sites.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
        A plan of it.
    means : Means
        Its limit is for each alternative.
    wanted : int
        How many.
    within_share : float
        Largest loss, as a share of the plan.
    n_differ : int
        Least number of sites that are open in one of two plans and not in both.
    tell : callable
        Gets a line for each alternative.
    """
    search = _Search(hold_worst_zone(problem, solution), solution, means, within_share, n_differ)
    found: list[Alternative] = []
    ended = ""
    while len(found) < wanted:
        if means.should_stop():
            ended = "stopped by the user"
            break
        try:
            plan = search.find_next(found)
        except _NoneLeftError as reason:
            ended = str(reason)
            break
        found.append(plan)
        tell(
            f"alternative {len(found)} of {wanted}: {plan.solution.objective_kwh_day:,.0f} kWh/day, "
            f"{plan.n_different} sites differ"
        )
    return Alternatives(tuple(found), wanted, within_share, n_differ, ended)


class _Search:
    def __init__(
        self, problem: PlanProblem, solution: Solution, means: Means, within_share: float, n_differ: int
    ) -> None:
        self.problem, self.solution, self.means = problem, solution, means
        self.floor_kwh_day = solution.objective_kwh_day * (1 - within_share)
        self.n_differ = n_differ
        self.is_existing = find_existing_sites(problem)
        self.plan_open = self._read_open(solution)
        self.columns = plan_columns(problem)
        self.model = build_linear_model(problem)

    def find_next(self, found: list[Alternative]) -> Alternative:
        """Find one more; raise `_NoneLeftError` with the reason when there is none."""
        taken = [self.plan_open, *(each.is_open for each in found)]
        if self.model.n_columns > _TINY_MODEL:
            plan = self._close_some(taken)
            if plan is not None:
                return plan
        if self.model.n_columns <= _LARGEST_MODEL:
            return self._ask_solver(taken)
        raise _NoneLeftError(
            f"none was found in {_TRIES} searches; raise --time-limit or --within, or lower --differ"
        )

    def _ask_solver(self, taken: list[Bools]) -> Alternative:
        """Solve the model with a row of distance for each plan so far."""
        started = time.monotonic()
        opens = self.columns.list_columns("open")
        is_last = self.columns.open_year == self.columns.open_of.shape[0] - 1
        column, site = opens[is_last], self.columns.open_site[is_last]
        model = self.model
        for is_open in taken:
            at = is_open[site]
            value = np.where(at, -1.0, 1.0)
            model = add_row(model, "differ", column, value, lower=float(self.n_differ - at.sum()))
        least_dropped, needless = (self.n_differ + 1) // 2, False
        for is_strict in (False, True):
            if is_strict:  # stations that nobody needs made the difference: drop some of the plan's own
                for is_open in taken:
                    at = is_open[site]
                    model = add_row(
                        model,
                        "dropped",
                        column[at],
                        -np.ones(int(at.sum())),
                        lower=float(least_dropped - at.sum()),
                    )
            left_s = self.means.limit_s - (time.monotonic() - started)
            result = self._run(model, max(left_s, _LEAST_TIME_S))
            self._refuse_proven(result, least_dropped if is_strict else 0)
            plan = None if result.integer_values is None else self._settle(result.integer_values)
            if plan is not None and self._is_wanted(plan, taken):
                return self._make(plan)
            if plan is not None:
                needless = True
        raise _NoneLeftError(
            "those found differ only by stations that nobody needs; lower --differ"
            if needless
            else "none was found in time; raise --time-limit, or ask for less"
        )

    def _run(self, model: LinearModel, limit_s: float) -> MilpResult:
        request = MilpRequest(
            model=model,
            start_values=None,
            gap=max(self.means.gap, 1e-6),
            target_kwh_day=self.solution.objective_kwh_day,
            time_limit_s=limit_s,
            node_limit=None,
            threads=1,
            seed=self.means.seed,
        )
        try:
            result = run_milp(request, tell=lambda _news: None, ask_stop=self.means.should_stop)
            if result.status is MilpStatus.INFEASIBLE:
                opinion = ask_second_opinion(
                    request, run=run_milp, left_s=limit_s, ask_stop=self.means.should_stop
                )
                if opinion.verdict is not Verdict.CONFIRMED:
                    raise _NoneLeftError(f"the solver says that there is none, unconfirmed: {opinion.words}")
        except SolverError as error:
            raise _NoneLeftError(f"the solver failed: {str(error).splitlines()[0]}") from error
        return result

    def _refuse_proven(self, result: MilpResult, least_dropped: int) -> None:
        """Raise when the result proves that no further plan is near enough."""
        is_none = result.status is MilpStatus.INFEASIBLE
        rounding = PROOF_TOLERANCE * max(self.floor_kwh_day, 1.0)
        if not is_none and result.bound_kwh_day >= self.floor_kwh_day - rounding:
            return
        kind = f"differs in {self.n_differ} sites"
        if least_dropped:
            kind += f" without stations that nobody needs, and closes {least_dropped} of each plan's own"
        raise _NoneLeftError(
            f"proven: no further plan that {kind} keeps every limit"
            if is_none
            else f"proven: a further plan that {kind} serves at most {result.bound_kwh_day:,.1f} kWh/day"
        )

    def _close_some(self, taken: list[Bools]) -> Alternative | None:
        """Search with some of the plan's stations forbidden, others at each try; None when that brings nothing."""
        rng = np.random.default_rng([self.means.seed, len(taken)])
        required = self.problem.is_forced_open & self.problem.is_counted
        may_close = np.flatnonzero(self.plan_open & ~required)
        # Each that closes is mostly replaced, so that half as many differ enough.
        n_closed = min((self.n_differ + 1) // 2, len(may_close))
        if n_closed == 0:
            return None
        load = np.bincount(
            self.problem.pair_site,
            self.problem.demand_kwh_day[self.problem.pair_cell] * self.solution.pair_share,
            self.problem.n_sites,
        )
        times = np.sum([is_open[may_close] for is_open in taken], axis=0)
        means = replace(self.means, limit_s=self.means.limit_s / _TRIES)
        for _ in range(_TRIES):
            # Small stations are lost most cheaply, those that others had closed already are no news;
            # chance makes each try another.
            worth = load[may_close] * rng.uniform(0.5, 1.5, len(may_close)) / times
            closed = may_close[np.argsort(worth, kind="stable")[:n_closed]].tolist()
            variant = search_variant(close_sites(self.problem, closed), means, start=self._make_start(closed))
            if self.means.should_stop():
                raise _NoneLeftError("stopped by the user")
            if variant.solution is not None and self._is_wanted(variant.solution, taken):
                return self._make(variant.solution)
        return None

    def _make_start(self, closed: list[int]) -> Plan | None:
        """Make the plan without some stations, for a search that forbids them."""
        plan = read_plan(self.problem, self.solution) if self.problem.is_plain else None
        if plan is None:
            return None
        level_pos = plan.level_pos.copy()
        level_pos[closed] = -1
        return settle_plan(self.problem, level_pos)

    def _settle(self, values: Floats) -> Solution | None:
        """Make a solution of station columns: shares fitted by our own code, needless stations closed."""
        if not self.problem.is_plain:
            maker = PlanMaker(self.problem, self.model, self.columns)
            staged = maker.settle(count_backup(self.problem, self.columns, values[: self.model.n_columns]))
            if staged is None:
                return None
            return write_solution(
                self.problem, maker.tidy(staged), **self._describe(staged.objective_kwh_day)
            )
        level_pos = np.full(self.problem.n_sites, -1, dtype=np.int64)
        if self.problem.mode is PlanMode.COVER:
            at = values[self.columns.list_columns("open")] > 0.5
            level_pos[self.columns.open_site[at]] = 0
        else:
            at = values[self.columns.list_columns("level")] > 0.5
            level_pos[self.columns.level_slot[at]] = self.columns.level_number[at]
        plan = settle_plan(self.problem, level_pos)
        if plan is None:
            return None
        plan = drop_needless_stations(self.problem, plan, max_tries=_NEEDLESS_TRIES, deadline=None)
        return replace(
            self.solution,
            objective_kwh_day=plan.objective_kwh_day,
            chargers=count_chargers(self.problem, plan.level_pos),
            pair_share=np.asarray(plan.pair_share, dtype=np.float64) + 0.0,
            **self._describe(plan.objective_kwh_day),
        )

    def _write(self, plan: ValuePlan) -> Solution:
        return write_solution(self.problem, plan, **self._describe(plan.objective_kwh_day))

    def _describe(self, objective_kwh_day: float) -> dict[str, Any]:
        """Say what is proven about a plan by the bound of the run."""
        solution = self.solution
        bound = max(solution.bound_kwh_day, objective_kwh_day)
        is_proven = compute_gap(objective_kwh_day, bound) <= solution.gap_asked + PROOF_TOLERANCE
        return {
            "outcome": Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
            "gap_asked": solution.gap_asked,
            "bound_kwh_day": bound,
            "wall_s": 0.0,
            "solver": solution.solver,
            "steps": solution.steps,
            "stopped_by": solution.stopped_by,
        }

    def _make(self, solution: Solution) -> Alternative:
        is_open = self._read_open(solution)
        again = replace(solution, **self._describe(solution.objective_kwh_day))
        if not math.isnan(self.solution.worst_share):
            again = replace(
                again,
                worst_share=self.solution.worst_share,
                worst_share_bound=self.solution.worst_share_bound,
            )
        return Alternative(again, is_open, int((is_open != self.plan_open).sum()))

    def _is_wanted(self, solution: Solution, taken: list[Bools]) -> bool:
        is_open = self._read_open(solution)
        rounding = PROOF_TOLERANCE * max(self.floor_kwh_day, 1.0)
        return solution.objective_kwh_day >= self.floor_kwh_day - rounding and all(
            int((is_open != each).sum()) >= self.n_differ for each in taken
        )

    def _read_open(self, solution: Solution) -> Bools:
        return np.asarray((solution.chargers > 0) & ~self.is_existing, dtype=np.bool_)
