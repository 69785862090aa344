"""Changes that are sure to be enough, for limits that arithmetic alone proves impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import InfeasibleError
from chargeplan.solve.explain_impossible import explain_impossible
from chargeplan.solve.process import run_milp

if TYPE_CHECKING:
    from chargeplan.config.settings import SolveSettings
    from chargeplan.errors import UnsureAdviceError
    from chargeplan.linear_model import LinearModel
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import PlanProblem
    from chargeplan.solve.elastic import AskStop, RunMilp

FOUND = "(arithmetic proves that there is no plan; with each of these changes one was found)"
FOUND_TOGETHER = "(arithmetic proves that there is no plan; with these changes together one was found)"


def complete_advice(
    error: UnsureAdviceError,
    problem: PlanProblem,
    model: LinearModel,
    *,
    settings: SolveSettings,
    seed: int,
    labels: PlanLabels,
    should_stop: AskStop,
    run: RunMilp = run_milp,
) -> InfeasibleError:
    """Give the error changes with which a plan was found, in place of the least that is needed.

    Parameters
    ----------
    error : UnsureAdviceError
    problem, model : PlanProblem, LinearModel
        That are impossible.
    settings : SolveSettings
    seed : int
    labels : PlanLabels
    should_stop : callable
    run : callable
        Runs one MILP.

    Returns
    -------
    InfeasibleError
        The error itself when the time did not bring such changes.
    """
    found = explain_impossible(
        problem,
        model,
        run=run,
        limit_s=settings.time_limit_s,
        labels=labels,
        threads=settings.threads,
        seed=seed,
        should_stop=should_stop,
    )
    if found.single:
        advice = "\nor ".join(change.advice for change in found.single)
        return InfeasibleError(f"{error.cause}; {advice}\n{FOUND}")
    if found.together:
        advice = "; and ".join(change.advice for change in found.together)
        return InfeasibleError(f"{error.cause}; no single change is enough: {advice}\n{FOUND_TOGETHER}")
    return error
