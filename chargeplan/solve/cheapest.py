"""The least money that serves a share of the demand, between a plan and a proof.

Arithmetic comes first: at prices of demand no plan costs less than a bound. Which budget is just enough is then
found by asking for the most that smaller and smaller budgets can serve: a plan
that reaches the target costs at least the least money; a bound below the target proves that
its budget, and every smaller one, is not enough. Each question ends as soon as it is answered. A tiny problem
is given to the solver as a whole first, with minus the money as its objective.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import ChargeplanError, InfeasibleError, InterruptedRunError, NoPlanError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import COST_TOLERANCE, TARGET_TOLERANCE, compute_cost_gap
from chargeplan.solve.cheapest_bound import bound_least_money_pkr
from chargeplan.solve.cheapest_budgets import Answer, BudgetChooser
from chargeplan.solve.cheapest_direct import solve_directly
from chargeplan.solve.cheapest_ledger import CheapestLedger
from chargeplan.solve.cheapest_money import (
    compute_reach_kwh_day,
    compute_target_kwh_day,
    find_least_share,
    is_tiny,
    limit_money,
    reaches_target,
)
from chargeplan.solve.cheapest_probe import CheapestMeans, Probe, name_budget
from chargeplan.solve.cheapest_words import explain_no_plan, tell_impossible, tell_most_share
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.outcome import StoppedBy
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem, Solution

_BOUND_SHARE = 0.15  # of the time limit, for the bound by arithmetic
_DIRECT_SHARE = 0.5  # for the solver on the whole of a tiny problem
_CEILING_SHARE = 0.35
_REACH_SHARE, _REACH_GAP = 0.3, 0.005  # for a target that can be reached in place of one that cannot
_PROBE_SHARE = 0.3  # of the time that is left
_LEAST_PROBE_SHARE = 0.06  # of the time limit; a shorter question is not answered
_LAST_SHARE = 0.95
_LEAST_TIME_S = 0.3
_NODE_LIMITED_PROBES = 4  # few, so that they end well before a usual time limit on a slow computer too


def solve_cheapest(problem: PlanProblem, linear_model: LinearModel, means: CheapestMeans) -> Solution:
    """Find the least money that reaches the target, and prove how near it is.

    Parameters
    ----------
    problem : PlanProblem
        With the objective `COST`; its budgets are ceilings.
    linear_model : LinearModel
        Of the same problem.
    means : CheapestMeans

    Raises
    ------
    InfeasibleError
        When it is proven that no plan reaches the target, with the most that can be served.
    NoPlanError
        When neither was found out in time.
    InterruptedRunError
        When the user stopped it before there was a plan, or pressed Ctrl-C twice.
    """
    search = CheapestSearch(problem, linear_model, means)
    try:
        search.check_reach()
        search.search()
    except KeyboardInterrupt as error:  # between the questions, each of which hears Ctrl-C itself
        if means.should_stop():  # the first one was taken as a wish to stop: this is the second
            raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept") from error
        search.is_stopped = True
    return search.finish()


class CheapestSearch:
    """One search; see the head of this file."""

    def __init__(self, problem: PlanProblem, model: LinearModel, means: CheapestMeans) -> None:
        self.problem, self.model, self.means = problem, model, means
        self.ledger = CheapestLedger(problem)
        self.chooser = BudgetChooser(self.ledger, means.settings.gap)
        self.reason: InfeasibleError | None = None
        self.is_stopped = False
        self.n_probes = 0
        self.solver = ""

    @property
    def left_s(self) -> float:
        """Seconds left for questions."""
        return _LAST_SHARE * self.means.settings.time_limit_s - self.ledger.elapsed_s

    @property
    def is_proven(self) -> bool:
        """Tell whether the least money is known to the gap asked for."""
        ledger = self.ledger
        most = self.means.settings.gap + COST_TOLERANCE
        return ledger.best is not None and compute_cost_gap(ledger.cost_pkr, ledger.bound_pkr) <= most

    def check_reach(self) -> None:
        """Refuse a target beyond all that could be served if every station stood and had room for all."""
        reach, total = compute_reach_kwh_day(self.problem), self.problem.staging.unit_kwh_day.sum(axis=(1, 2))
        if np.any(reach < compute_target_kwh_day(self.problem) * (1 - TARGET_TOLERANCE)):
            share = np.divide(reach, total, out=np.ones(len(reach)), where=total > 0).min()
            raise InfeasibleError(tell_most_share(self.problem, float(share), self._find_found_share()))

    def _find_found_share(self) -> float:
        """Find what share of the demand a plan serves with all the money there may be; 0 when none was found."""
        means, problem = (
            self.means,
            replace(limit_money(self.problem, self.problem.budget_pkr), target_share=0.0),
        )
        try:
            solution = means.solve(
                problem,
                build_linear_model(problem),
                self._limit(_REACH_SHARE * self.left_s, gap=_REACH_GAP),
                seed=means.seed,
                listen=Probe(self.ledger, means, self.problem.budget_pkr).hear,
                should_stop=means.should_stop,
                run=means.run,
                disputed_model=means.disputed_model,
                name_things=None,
            )
        except ChargeplanError:  # what is proven of the target is told in any case
            return 0.0
        return find_least_share(self.problem, solution)

    def search(self) -> None:
        """Ask until the least money is proven or the time is up."""
        self._bound_by_arithmetic()
        if is_tiny(self.problem, int(self.model.n_columns)) and not self._is_over():
            self._solve_directly()
        if self.ledger.best is None and not self._is_over():
            self._ask_ceiling()
        while not self._is_over():
            limit_s = max(_PROBE_SHARE * self.left_s, self._find_least_probe_s())
            self._ask(self.chooser.choose(), limit_s)

    def _bound_by_arithmetic(self) -> None:
        means = self.means
        limit_s = math.inf if means.is_repeatable else _BOUND_SHARE * means.settings.time_limit_s
        deadline = Deadline(self.ledger.started + limit_s, means.should_stop)
        self.ledger.raise_bound(bound_least_money_pkr(self.problem, deadline=deadline))
        self.ledger.note("prices of demand")

    def _find_least_probe_s(self) -> float:
        return max(_LEAST_PROBE_SHARE * self.means.settings.time_limit_s, _LEAST_TIME_S)

    def _is_over(self) -> bool:
        if self.means.should_stop():
            self.is_stopped = True
        return (
            self.is_stopped
            or self.is_proven
            or self._has_asked_enough()
            or self.left_s < (_LEAST_TIME_S if self.ledger.best is None else self._find_least_probe_s())
        )

    def _has_asked_enough(self) -> bool:
        """Tell whether counts end the search: the same question again would get the same answer."""
        if not self.means.is_repeatable:
            return False
        return self.n_probes >= _NODE_LIMITED_PROBES or self.chooser.is_exhausted

    def _limit(self, limit_s: float, **changes: float) -> SolveSettings:
        """Give a step its time; with a node limit all that is left, as a net."""
        used_s = self.left_s if self.means.is_repeatable else limit_s
        fields = {"time_limit_s": max(used_s, _LEAST_TIME_S), **changes}
        return self.means.settings.model_copy(update=fields)

    def _solve_directly(self) -> None:
        means = self.means
        found = solve_directly(
            self.problem,
            self.model,
            self._limit(_DIRECT_SHARE * means.settings.time_limit_s),
            seed=means.seed,
            should_stop=means.should_stop,
            run=means.run,
            disputed_model=means.disputed_model,
        )
        self.is_stopped = self.is_stopped or found.was_stopped
        if found.is_impossible:
            raise InfeasibleError(self._explain_impossible())
        if found.solution is not None and reaches_target(self.problem, found.solution):
            self.solver = found.solution.solver
            self.ledger.take(found.solution)
        self.ledger.raise_bound(found.bound_pkr)
        self.ledger.note("least money as a whole")

    def _ask_ceiling(self) -> None:
        """Ask whether all the money there may be is enough, first for a while, then for all the time."""
        ceiling_pkr = self.problem.budget_pkr
        answer = self._ask(ceiling_pkr, _CEILING_SHARE * self.left_s, is_ceiling=True)
        if answer is Answer.OPEN and not self._is_over() and not self.means.is_repeatable:
            answer = self._ask(ceiling_pkr, self.left_s, is_ceiling=True)
        if answer is Answer.TOO_LITTLE:
            if self.reason is not None and not self.ledger.bounds and self.problem.staging.n_years == 1:
                raise self.reason
            raise InfeasibleError(self._explain_impossible())

    def _ask(self, budget_pkr: float, limit_s: float, *, is_ceiling: bool = False) -> Answer:
        """Ask whether a budget is enough, for a time; why a ceiling is not is told at length."""
        means = self.means
        self.n_probes += 1
        problem = limit_money(self.problem, budget_pkr)
        probe = Probe(self.ledger, means, budget_pkr)
        solution = None
        is_impossible = False
        try:
            solution = means.solve(
                problem,
                build_linear_model(problem),
                self._limit(limit_s, gap=0.0),
                seed=means.seed,
                listen=probe.hear,
                should_stop=probe.should_stop,
                run=probe.run,
                start=self.ledger.find_start(problem),
                disputed_model=means.disputed_model,
                name_things=means.name_things if is_ceiling else None,
            )
        except InfeasibleError as error:
            is_impossible, self.reason = True, error
        except NoPlanError:
            pass
        except InterruptedRunError:
            if means.should_stop() and self.ledger.best is None:
                raise
            if not probe.is_decided:
                self.is_stopped = True
        bound = probe.bound_kwh_day
        if solution is not None:
            self.solver = solution.solver
            bound = min(bound, solution.bound_kwh_day)
            if solution.stopped_by == StoppedBy.USER.value and not probe.is_decided:
                self.is_stopped = True
        return self._judge(budget_pkr, solution, bound, is_impossible=is_impossible)

    def _judge(
        self, budget_pkr: float, solution: Solution | None, bound_kwh_day: float, *, is_impossible: bool
    ) -> Answer:
        """Take over what a search brought, and say what it means for its budget."""
        ledger, chooser = self.ledger, self.chooser
        if math.isfinite(bound_kwh_day) and not is_impossible:
            ledger.bounds.append((budget_pkr, bound_kwh_day))
        answer = Answer.OPEN
        if solution is not None and reaches_target(self.problem, solution):
            ledger.take(solution)
            answer = Answer.ENOUGH
        elif is_impossible or bound_kwh_day < ledger.floor_kwh_day:
            if math.isfinite(budget_pkr):
                ledger.raise_bound(budget_pkr)
            answer = Answer.TOO_LITTLE
        elif solution is not None:
            chooser.open_lack = max(1 - solution.objective_kwh_day / ledger.target_kwh_day, 0.0)
        if solution is not None and answer is not Answer.ENOUGH:
            ledger.remember(solution)
        if answer is Answer.OPEN:
            excess = max(bound_kwh_day / ledger.target_kwh_day - 1, 0.0)
            chooser.open_excess = excess if math.isfinite(excess) else 0.5
        chooser.hear(answer, budget_pkr)
        ledger.note(f"{name_budget(budget_pkr)}: {answer.value}")
        return answer

    def finish(self) -> Solution:
        """Say what was found, or raise what was not."""
        ledger, settings = self.ledger, self.means.settings
        if ledger.best is None:
            raise explain_no_plan(ledger, time_limit_s=settings.time_limit_s, is_stopped=self.is_stopped)
        is_proven = self.is_proven
        stopped_by = StoppedBy.TIME_LIMIT
        if self._has_asked_enough():
            stopped_by = StoppedBy.NODE_LIMIT
        if self.is_stopped:
            stopped_by = StoppedBy.USER
        return replace(
            ledger.best,
            outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
            gap_asked=settings.gap,
            bound_kwh_day=ledger.find_bound_kwh_day(),
            wall_s=ledger.elapsed_s,
            solver=self.solver,
            steps=ledger.make_steps(),
            stopped_by=(StoppedBy.PROOF if is_proven else stopped_by).value,
            cost_pkr=ledger.cost_pkr,
            cost_bound_pkr=ledger.bound_pkr,
        )

    def _explain_impossible(self) -> str:
        """Say what the most is that can be served, after asking for it when nobody did."""
        means, ceiling_pkr = self.means, self.problem.budget_pkr
        if not any(budget >= ceiling_pkr for budget, _ in self.ledger.bounds):
            served = replace(limit_money(self.problem, math.inf), target_share=0.0)
            solution = means.solve(
                served,
                build_linear_model(served),
                self._limit(self.left_s),
                seed=means.seed,
                listen=Probe(self.ledger, means, ceiling_pkr).hear,
                should_stop=means.should_stop,
                run=means.run,
                disputed_model=means.disputed_model,
                name_things=means.name_things,
            )
            self.ledger.bounds.append((ceiling_pkr, solution.bound_kwh_day))
            self.ledger.remember(solution)
        return tell_impossible(self.ledger)
