"""The least money of a tiny problem from the solver as a whole, its plan settled by our own code."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import SolverError, SolversDisagreeError
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.families_money import choose_money_unit_pkr
from chargeplan.formulation.linear import build_linear_model
from chargeplan.records import Solution
from chargeplan.solve.cheapest_money import compute_reach_kwh_day, limit_money
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.mps import save_disputed_model
from chargeplan.solve.outcome import MilpRequest, MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.plan import count_chargers
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion
from chargeplan.solve.settle import settle_plan
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_solution import write_solution
from chargeplan.words import Outcome, PlanMode, PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.solve.process import AskStop, RunMilp

LOG = logging.getLogger(__name__)

_ROUNDING_SHARE = 1e-9
_LEAST_SETTLING_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class DirectAnswer:
    """What the solver made of a whole problem.

    Parameters
    ----------
    solution : Solution or None
        Its plan, settled; None without one.
    bound_pkr : float
        No plan that reaches the target costs less.
    is_impossible : bool
        Whether two solvers find that no plan reaches the target.
    was_stopped : bool
        Whether Ctrl-C came while the plan was settled, or a stop while a second solver was asked.
    """

    solution: Solution | None
    bound_pkr: float
    is_impossible: bool = False
    was_stopped: bool = False


def solve_directly(
    problem: PlanProblem,
    model: LinearModel,
    settings: SolveSettings,
    *,
    seed: int,
    should_stop: AskStop,
    run: RunMilp,
    disputed_model: Path | None,
) -> DirectAnswer:
    """Minimise the money by the solver alone.

    Parameters
    ----------
    problem : PlanProblem
        With the objective `COST`.
    model : LinearModel
        Of the same problem.
    settings, seed, should_stop, run, disputed_model
        As for `chargeplan.solve.search.solve_problem`.

    Raises
    ------
    SolversDisagreeError
        When a second solver has a plan where the first finds the model impossible. Without a second opinion
        the answer says nothing.
    """
    unit_pkr = choose_money_unit_pkr(-model.objective)
    scaled = replace(model, objective=model.objective / unit_pkr)
    request = MilpRequest(
        model=scaled,
        start_values=None,
        gap=settings.gap,
        target_kwh_day=math.inf,
        time_limit_s=settings.time_limit_s,
        node_limit=settings.node_limit,
        threads=settings.threads,
        seed=seed,
    )
    started = time.monotonic()
    try:
        result = run(request, tell=lambda _news: None, ask_stop=should_stop)
    except SolverError:
        return DirectAnswer(None, 0.0)  # the search by budgets goes on without it
    if result.status is MilpStatus.INFEASIBLE:
        left_s = settings.time_limit_s - (time.monotonic() - started)
        opinion = ask_second_opinion(request, run=run, left_s=left_s, ask_stop=should_stop)
        if opinion.verdict is Verdict.CONFIRMED:
            return DirectAnswer(None, 0.0, is_impossible=True)
        words = f"the solver says that no plan reaches the target; {opinion.words}"
        if opinion.verdict is Verdict.NO_OPINION:  # a stop, an error or a time-out says nothing, either way
            LOG.warning("%s", words)
            return DirectAnswer(None, 0.0, was_stopped=should_stop())
        raise SolversDisagreeError(
            f"{words}; nothing was published; report this with the config; "
            f"{save_disputed_model(scaled, disputed_model)}"
        )
    bound_pkr = -result.bound_kwh_day * unit_pkr if math.isfinite(result.bound_kwh_day) else 0.0
    bound_pkr = max(bound_pkr * (1 - _ROUNDING_SHARE), 0.0)
    end_s = max(started + settings.time_limit_s, time.monotonic() + _LEAST_SETTLING_S)
    try:
        solution = _settle(problem, result, settings.gap, Deadline(end_s))
    except KeyboardInterrupt:
        if should_stop():  # the first one was taken as a wish to stop: this is the second
            raise
        end_s = time.monotonic() + _LEAST_SETTLING_S  # the stations are chosen: they are worth some seconds
        return DirectAnswer(
            _settle(problem, result, settings.gap, Deadline(end_s)), bound_pkr, was_stopped=True
        )
    return DirectAnswer(solution, bound_pkr)


def _settle(
    problem: PlanProblem, result: MilpResult, gap_asked: float, deadline: Deadline
) -> Solution | None:
    """Fit who is served to the stations that the solver chose; None when they keep not every rule."""
    bound_kwh_day = float(problem.staging.year_weight @ compute_reach_kwh_day(problem))
    proof = {
        "outcome": Outcome.WITHIN_GAP,
        "gap_asked": gap_asked,
        "bound_kwh_day": bound_kwh_day,
        "wall_s": 0.0,
        "solver": result.solver,
        "steps": pd.DataFrame(),
        "stopped_by": StoppedBy.PROOF.value,
    }
    values = result.integer_values
    if values is None:
        return None
    columns = plan_columns(problem)
    served = limit_money(problem, math.inf)
    if not served.is_plain:
        aimed = replace(problem, objective=PlanObjective.SERVED)
        maker = PlanMaker(aimed, build_linear_model(aimed), columns)
        plan = maker.settle(values, deadline=deadline)
        if plan is None:
            return None
        return write_solution(aimed, maker.tidy(plan, deadline=deadline), **proof)
    level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
    if problem.mode is PlanMode.COVER:
        level_pos[columns.open_site[values[columns.list_columns("open")] > 0.5]] = 0
    else:
        at = np.flatnonzero(values[columns.list_columns("level")] > 0.5)
        level_pos[columns.level_slot[at]] = columns.level_number[at]
    settled = settle_plan(served, level_pos, deadline=deadline)
    if settled is None:
        return None
    return Solution(
        objective_kwh_day=settled.objective_kwh_day,
        chargers=count_chargers(served, settled.level_pos),
        pair_share=np.asarray(settled.pair_share, dtype=np.float64) + 0.0,
        **proof,
    )
