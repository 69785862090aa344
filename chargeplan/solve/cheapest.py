"""The least money that serves a share of the demand, between a plan and a proof.

Which budget is just enough is found by asking for the most that smaller and smaller budgets can serve: a plan
that reaches the target costs at least the least money; a bound below the target proves that
its budget, and every smaller one, is not enough. Each question ends as soon as it is answered. A tiny problem
is given to the solver as a whole first, with minus the money as its objective.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import (
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolversDisagreeError,
)
from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import COST_TOLERANCE, TARGET_TOLERANCE, compute_cost_gap
from chargeplan.runlog import SolveEvent
from chargeplan.solve.cheapest_direct import solve_directly
from chargeplan.solve.cheapest_money import (
    compute_plan_cost_pkr,
    compute_reach_kwh_day,
    compute_served_kwh_day,
    compute_target_kwh_day,
    is_tiny,
    limit_money,
    reaches_target,
)
from chargeplan.solve.outcome import StoppedBy
from chargeplan.solve.plan import Plan, compute_cost_pkr, find_broken_rules, read_level_pos
from chargeplan.units import format_pkr
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem, Solution
    from chargeplan.runlog import Event, Listener
    from chargeplan.solve.outcome import MilpRequest, MilpResult
    from chargeplan.solve.process import AskStop, Tell
    from chargeplan.solve.search import RunMilp

_DIRECT_SHARE = 0.5  # of the time limit, for the solver on the whole of a tiny problem
_CEILING_SHARE = 0.35
_PROBE_SHARE = 0.3  # of the time that is left
_LAST_SHARE = 0.95
_LEAST_TIME_S = 0.3
_NODE_LIMITED_PROBES = 12
_NEARER = (0.1, 0.4, 0.8, 1.0)  # share of the way from what is too little to the cheapest plan
_LEAST_STEP_SHARE = 0.9 * COST_TOLERANCE  # below a plan's cost, to ask whether anything is cheaper
_ELASTICITY = 0.6  # a budget larger by 1 % serves about this many per cent more; guides, proves nothing
_COLUMNS = ("phase", "elapsed_s", "incumbent_kwh_day", "bound_kwh_day", "gap", "cost_pkr", "cost_bound_pkr")


class _Answer(Enum):
    """What is known about a budget."""

    ENOUGH = "enough"
    TOO_LITTLE = "too little"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class CheapestMeans:
    """What a search for the least money is given; see `chargeplan.solve.search.solve_problem`."""

    settings: SolveSettings
    seed: int
    listen: Listener
    should_stop: AskStop
    run: RunMilp
    solve: Callable[..., Solution]
    disputed_model: Path | None


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
    """
    search = _Cheapest(problem, linear_model, means)
    search.check_reach()
    search.search()
    return search.finish()


class _Probe:
    """One question: is a budget enough? Hears the search that answers it and ends it as soon as it has."""

    def __init__(self, owner: _Cheapest, budget_pkr: float) -> None:
        self.owner, self.budget_pkr = owner, budget_pkr
        self.is_decided = False
        self.bound_kwh_day = math.inf
        self.before_s = owner.elapsed_s

    def hear(self, event: Event) -> None:
        """Pass on what a search tells, as part of the whole."""
        owner = self.owner
        if isinstance(event, SolveEvent):
            self.bound_kwh_day = min(self.bound_kwh_day, event.bound_kwh_day)
            has_plan = not math.isnan(event.incumbent_kwh_day) and (
                owner.n_years > 1 or event.incumbent_kwh_day >= owner.target_kwh_day
            )
            if has_plan or self.bound_kwh_day < owner.floor_kwh_day:
                self.is_decided = True
            event = replace(
                event,
                step=f"{_name_budget(self.budget_pkr)}: {event.step}",
                elapsed_s=self.before_s + event.elapsed_s,
                limit_s=owner.means.settings.time_limit_s,
            )
        owner.means.listen(event)

    def should_stop(self) -> bool:
        """Tell whether the search may end."""
        return self.owner.means.should_stop() or self.is_decided

    def run(self, request: MilpRequest, *, tell: Tell, ask_stop: AskStop) -> MilpResult:
        """Run one MILP; with a node limit to its end, so that the same run ends the same way."""
        means = self.owner.means
        has_node_limit = means.settings.node_limit is not None
        return means.run(request, tell=tell, ask_stop=means.should_stop if has_node_limit else ask_stop)


class _Cheapest:
    """One search; see the head of this file."""

    def __init__(self, problem: PlanProblem, model: LinearModel, means: CheapestMeans) -> None:
        self.problem, self.model, self.means = problem, model, means
        self.started = time.monotonic()
        staging = problem.staging
        self.n_years = staging.n_years
        self.target_kwh_day = float(staging.year_weight @ compute_target_kwh_day(problem))
        self.floor_kwh_day = self.target_kwh_day * (1 - TARGET_TOLERANCE)
        self.best: Solution | None = None
        self.cost_pkr = math.inf
        self.bound_pkr = 0.0
        self.most: Solution | None = None  # that serves most of those that do not reach the target
        self.plans: list[tuple[float, float, Solution]] = []  # cost, served, plan
        self.bounds: list[tuple[float, float]] = []  # budget, bound of what it can serve
        self.open_budgets: list[float] = []
        self.asks_lower = True
        self.open_excess = 0.0
        self.open_lack = 0.0
        self.reason: InfeasibleError | None = None
        self.is_stopped = False
        self.n_probes = 0
        self.n_too_little = 0  # answers in a row
        self.solver = ""
        self.rows: list[tuple[str, float, float, float, float, float, float]] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """Seconds left for questions."""
        return _LAST_SHARE * self.means.settings.time_limit_s - self.elapsed_s

    @property
    def is_proven(self) -> bool:
        """Tell whether the least money is known to the gap asked for."""
        gap = self.means.settings.gap
        return self.best is not None and compute_cost_gap(self.cost_pkr, self.bound_pkr) <= gap + (
            COST_TOLERANCE
        )

    def check_reach(self) -> None:
        """Refuse a target beyond all that could be served if every station stood and had room for all."""
        reach, total = compute_reach_kwh_day(self.problem), self.problem.staging.unit_kwh_day.sum(axis=(1, 2))
        if np.any(reach < compute_target_kwh_day(self.problem) * (1 - TARGET_TOLERANCE)):
            share = np.divide(reach, total, out=np.ones(len(reach)), where=total > 0).min()
            raise InfeasibleError(self._explain_target(float(share)))

    def search(self) -> None:
        """Ask until the least money is proven or the time is up."""
        if is_tiny(self.problem, int(self.model.n_columns)):
            self._solve_directly()
        if self.best is None and not self._is_over():
            self._ask_ceiling()
        while not self._is_over():
            budget_pkr = self._choose_budget()
            limit_s = max(_PROBE_SHARE * self.left_s, _LEAST_TIME_S)
            answer = self._ask(budget_pkr, limit_s)
            if answer is _Answer.OPEN:
                self.open_budgets.append(budget_pkr)
                self.asks_lower = not self.asks_lower

    def _is_over(self) -> bool:
        if self.means.should_stop():
            self.is_stopped = True
        return (
            self.is_stopped
            or self.is_proven
            or self.left_s < _LEAST_TIME_S
            or (self.means.settings.node_limit is not None and self.n_probes >= _NODE_LIMITED_PROBES)
        )

    def _solve_directly(self) -> None:
        means = self.means
        found = solve_directly(
            self.problem,
            self.model,
            means.settings.model_copy(
                update={"time_limit_s": max(_DIRECT_SHARE * means.settings.time_limit_s, _LEAST_TIME_S)}
            ),
            seed=means.seed,
            should_stop=means.should_stop,
            run=means.run,
            disputed_model=means.disputed_model,
        )
        if found.is_impossible:
            raise InfeasibleError(self._explain_impossible())
        if found.solution is not None and reaches_target(self.problem, found.solution):
            self.solver = found.solution.solver
            self._take(found.solution)
        self.bound_pkr = max(self.bound_pkr, min(found.bound_pkr, self.cost_pkr))
        self._note("least money as a whole")

    def _ask_ceiling(self) -> None:
        """Ask whether all the money there may be is enough, first for a while, then for all the time."""
        ceiling_pkr = self.problem.budget_pkr
        answer = self._ask(ceiling_pkr, _CEILING_SHARE * self.left_s)
        if answer is _Answer.OPEN and not self._is_over():
            answer = self._ask(ceiling_pkr, self.left_s)
        if answer is _Answer.TOO_LITTLE:
            if self.reason is not None and not self.bounds and self.n_years == 1:
                raise self.reason
            raise InfeasibleError(self._explain_impossible())

    def _ask(self, budget_pkr: float, limit_s: float) -> _Answer:
        """Ask whether a budget is enough, for a time."""
        means = self.means
        self.n_probes += 1
        problem = limit_money(self.problem, budget_pkr)
        probe = _Probe(self, budget_pkr)
        settings = means.settings.model_copy(update={"time_limit_s": max(limit_s, _LEAST_TIME_S), "gap": 0.0})
        solution = None
        is_impossible = False
        try:
            solution = means.solve(
                problem,
                build_linear_model(problem),
                settings,
                seed=means.seed,
                listen=probe.hear,
                should_stop=probe.should_stop,
                run=probe.run,
                start=self._find_start(problem),
                disputed_model=means.disputed_model,
            )
        except InfeasibleError as error:
            is_impossible, self.reason = True, error
        except NoPlanError:
            pass
        except InterruptedRunError:
            if means.should_stop() and self.best is None:
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
    ) -> _Answer:
        """Take over what a search brought, and say what it means for its budget."""
        if math.isfinite(bound_kwh_day) and not is_impossible:
            self.bounds.append((budget_pkr, bound_kwh_day))
        answer = _Answer.OPEN
        if solution is not None and reaches_target(self.problem, solution):
            self._take(solution)
            answer = _Answer.ENOUGH
        elif is_impossible or bound_kwh_day < self.floor_kwh_day:
            if math.isfinite(budget_pkr):
                self.bound_pkr = max(self.bound_pkr, min(budget_pkr, self.cost_pkr))
            answer = _Answer.TOO_LITTLE
        elif solution is not None:
            self.open_lack = max(1 - solution.objective_kwh_day / self.target_kwh_day, 0.0)
        if solution is not None and answer is not _Answer.ENOUGH:
            self._remember(solution)
        if answer is _Answer.OPEN:
            self.open_excess = max(bound_kwh_day / self.target_kwh_day - 1, 0.0)
            if not math.isfinite(self.open_excess):
                self.open_excess = 0.5
        else:  # what was open may be answered now, between other limits
            self.open_budgets = [b for b in self.open_budgets if self.bound_pkr < b < self.cost_pkr]
        self.n_too_little = self.n_too_little + 1 if answer is _Answer.TOO_LITTLE else 0
        self._note(f"{_name_budget(budget_pkr)}: {answer.value}")
        return answer

    def _take(self, solution: Solution) -> None:
        """Keep a plan that reaches the target when it is the cheapest, or as cheap and serves more.

        Raises
        ------
        SolversDisagreeError
            When it costs less than is proven to be needed.
        """
        cost_pkr = compute_plan_cost_pkr(self.problem, solution)
        if cost_pkr < self.bound_pkr * (1 - 1e-6) - 1.0:
            raise SolversDisagreeError(
                f"a plan that reaches the target costs {format_pkr(cost_pkr)}, less than the "
                f"{format_pkr(self.bound_pkr)} that are proven to be needed; nothing was published; "
                "report this with the config"
            )
        self._remember(solution)
        if cost_pkr < self.cost_pkr:
            self.best, self.cost_pkr = solution, cost_pkr
            self.bound_pkr = min(self.bound_pkr, cost_pkr)

    def _remember(self, solution: Solution) -> None:
        served = float(self.problem.staging.year_weight @ compute_served_kwh_day(self.problem, solution))
        self.plans.append((compute_plan_cost_pkr(self.problem, solution), served, solution))

    def _find_start(self, problem: PlanProblem) -> Plan | None:
        """Find the plan that serves most of those found so far and keeps this budget (plain problems)."""
        if not problem.is_plain:
            return None
        best: Plan | None = None
        for _, served, solution in self.plans:
            level_pos = read_level_pos(problem, solution.chargers)
            if level_pos is None or compute_cost_pkr(problem, level_pos) > problem.budget_pkr:
                continue
            plan = Plan(level_pos, solution.pair_share, solution.objective_kwh_day)
            if (best is None or served > best.objective_kwh_day) and not find_broken_rules(problem, plan):
                best = plan
        return best

    def _choose_budget(self) -> float:
        """Choose the budget to ask about next, between what is too little and the cheapest plan."""
        low, high = self.bound_pkr, self.cost_pkr
        step = max(0.9 * self.means.settings.gap, _LEAST_STEP_SHARE)
        last = high * (1 - step)  # too little here is the proof
        if self.open_budgets:
            lower, upper = min(self.open_budgets), max(self.open_budgets)
            side = self.asks_lower
            if lower - low <= step * high:
                side = False
            if high - upper <= 2 * step * high:
                side = True if lower - low > step * high else side
            if lower - low <= step * high and high - upper <= 2 * step * high:
                self.open_budgets.clear()  # nothing else is left than to ask again, for longer
                return max(last, low)
            if side:
                guess = lower * (1 - 1.3 * self.open_excess / _ELASTICITY)
                return float(np.clip(guess, low + 0.1 * (lower - low), lower - 0.1 * (lower - low)))
            guess = upper * (1 + 1.3 * self.open_lack / _ELASTICITY)
            return float(np.clip(guess, upper + 0.1 * (high - upper), min(last, high - 0.1 * (high - upper))))
        guess = self._interpolate()
        # The plan may be the cheapest: the more budgets in a row were too little, the nearer the next is to it.
        least = _NEARER[min(self.n_too_little, len(_NEARER) - 1)]
        guess = float(np.clip(guess, low + least * (high - low), high - 0.05 * (high - low)))
        return last if least >= 1 or guess > high * (1 - 2 * step) else guess

    def _interpolate(self) -> float:
        """Guess the cost of the target from the plans on both sides of it; a chord lies below the curve."""
        below = [(cost, served) for cost, served, _ in self.plans if served < self.floor_kwh_day]
        above = [(cost, served) for cost, served, _ in self.plans if served >= self.floor_kwh_day]
        near = max(below, key=lambda each: each[1], default=(0.0, 0.0))
        far = min(above, key=lambda each: each[0], default=(self.cost_pkr, self.target_kwh_day))
        if far[1] <= near[1]:
            return far[0]
        return near[0] + (far[0] - near[0]) * (self.target_kwh_day - near[1]) / (far[1] - near[1])

    def _note(self, phase: str) -> None:
        incumbent = math.nan if self.best is None else self.best.objective_kwh_day
        gap = math.inf if self.best is None else compute_cost_gap(self.cost_pkr, self.bound_pkr)
        cost_pkr = math.nan if self.best is None else self.cost_pkr
        bound = self._find_bound_kwh_day()
        self.rows.append((phase, self.elapsed_s, incumbent, bound, gap, cost_pkr, self.bound_pkr))

    def _find_bound_kwh_day(self) -> float:
        """Find the least proven bound of what the cost of the best plan can serve."""
        reach = float(self.problem.staging.year_weight @ compute_reach_kwh_day(self.problem))
        bound = min([reach, *(bound for budget, bound in self.bounds if budget >= self.cost_pkr)])
        return bound if self.best is None else max(bound, self.best.objective_kwh_day)

    def finish(self) -> Solution:
        """Say what was found, or raise what was not."""
        if self.best is None:
            raise self._explain_no_plan()
        is_proven = self.is_proven
        stopped_by = StoppedBy.TIME_LIMIT
        if self.means.settings.node_limit is not None and self.n_probes >= _NODE_LIMITED_PROBES:
            stopped_by = StoppedBy.NODE_LIMIT
        if self.is_stopped:
            stopped_by = StoppedBy.USER
        return replace(
            self.best,
            outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
            gap_asked=self.means.settings.gap,
            bound_kwh_day=self._find_bound_kwh_day(),
            wall_s=self.elapsed_s,
            solver=self.solver,
            steps=pd.DataFrame(self.rows, columns=list(_COLUMNS)).astype({"phase": "str"}),
            stopped_by=(StoppedBy.PROOF if is_proven else stopped_by).value,
            cost_pkr=self.cost_pkr,
            cost_bound_pkr=self.bound_pkr,
        )

    def _explain_target(self, most_share: float) -> str:
        """Say that the target is out of reach, and what is the most that can be served."""
        problem = self.problem
        lower = math.floor(most_share * 1e4) / 1e4
        limits = []
        if math.isfinite(problem.budget_pkr):
            limits.append("the budget")
        if problem.max_sites >= 0:
            limits.append("model.max_sites")
        widen = f"; raise {' or '.join(limits)}, or lower it" if limits else "; lower it"
        money = "with the budgets given" if math.isfinite(problem.budget_pkr) else "with any money"
        return (
            f"model.target_share is {problem.target_share:g}, but {money} no plan serves more than "
            f"{most_share:.2%} of the demand that is left to our stations, weighted by its worth (proven)"
            f"{widen} to {lower:g} at most"
        )

    def _explain_impossible(self) -> str:
        problem = self.problem
        if not self.bounds:  # the whole is impossible; the most that can be served is worth knowing
            served = replace(limit_money(problem, math.inf), target_share=0.0)
            probe = _Probe(self, problem.budget_pkr)
            limit_s = max(self.left_s, _LEAST_TIME_S)
            settings = self.means.settings.model_copy(update={"time_limit_s": limit_s})
            solution = self.means.solve(
                served,
                build_linear_model(served),
                settings,
                seed=self.means.seed,
                listen=probe.hear,
                should_stop=self.means.should_stop,
                run=self.means.run,
                disputed_model=self.means.disputed_model,
            )
            self.bounds.append((problem.budget_pkr, solution.bound_kwh_day))
        most = min(bound for budget, bound in self.bounds if budget >= problem.budget_pkr)
        share = most / max(self.target_kwh_day, 1e-300) * problem.target_share
        if self.n_years > 1 and share >= problem.target_share:
            return (
                f"model.target_share of {problem.target_share:g} cannot be served in every year: over all years "
                f"no plan serves more than {share:.2%}, and in some year less; lower it, or bring money earlier"
            )
        return self._explain_target(share)

    def _explain_no_plan(self) -> Exception:
        if self.is_stopped:
            return InterruptedRunError(
                "stopped before there was a plan that reaches the target; run again and wait longer"
            )
        most = max((served for _, served, _ in self.plans), default=0.0)
        share = most / max(self.target_kwh_day, 1e-300) * self.problem.target_share
        return NoPlanError(
            f"no plan that serves model.target_share of {self.problem.target_share:g} was found within "
            f"solve.time_limit_s of {self.means.settings.time_limit_s} s and none was ruled out; the best one "
            f"serves {share:.2%}; raise solve.time_limit_s or lower the target"
        )


def _name_budget(budget_pkr: float) -> str:
    return f"budget {format_pkr(budget_pkr)}" if math.isfinite(budget_pkr) else "any budget"
