"""A second opinion before anybody hears that there is no plan.

CBC is asked first, as another program with other faults. When it has no opinion, HiGHS is asked
again without presolve, the part of it that was wrong in public. A plan that a second solver
claims counts against the first only when it keeps every row of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import SolverError
from chargeplan.solve.cbc import CbcAnswer, solve_by_cbc
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus, StoppedBy

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, LinearModel

RunMilp = Callable[..., MilpResult]
AskCbc = Callable[..., CbcAnswer]
AskStop = Callable[[], bool]

ROW_TOLERANCE = 1e-6  # CBC's own; its values come with eight digits
_LEAST_TIME_S = 1.0
_CBC_SHARE = 0.5  # of the time left; the rest is for HiGHS
_LARGEST_CBC_S = 60.0


class Verdict(StrEnum):
    """What a second opinion comes to."""

    CONFIRMED = "confirmed"
    DISAGREES = "disagrees"
    NO_OPINION = "no opinion"


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What other solvers say about a model that HiGHS calls impossible.

    Parameters
    ----------
    verdict : Verdict
    words : str
        Who said what, for a message.
    ran_out : bool
        Whether there is no opinion because the time for it was over.
    """

    verdict: Verdict
    words: str
    ran_out: bool = False


def ask_second_opinion(
    request: MilpRequest,
    *,
    run: RunMilp,
    left_s: float,
    ask_stop: AskStop = lambda: False,
    ask_cbc: AskCbc = solve_by_cbc,
) -> SecondOpinion:
    """Ask whether a model has no plan, as the first solver says.

    Parameters
    ----------
    request : MilpRequest
        The one that ended as infeasible.
    run : callable
        Runs HiGHS.
    left_s : float
        Time that is left; a second or two are taken even when there is none.
    ask_stop : callable
    ask_cbc : callable

    Returns
    -------
    SecondOpinion
        `CONFIRMED` when CBC, or HiGHS without presolve where CBC has no opinion, finds no plan
        either; `NO_OPINION` when both fail, run out of time or are stopped.
    """
    # Whether there is a plan does not depend on what it is worth, and is found out sooner without.
    question = replace(request.model, objective=np.zeros(request.model.n_columns))
    cbc_limit_s = min(max(_CBC_SHARE * left_s, _LEAST_TIME_S), _LARGEST_CBC_S)
    first = _judge_cbc(request.model, ask_cbc(question, time_limit_s=cbc_limit_s, ask_stop=ask_stop))
    if first.verdict is not Verdict.NO_OPINION or ask_stop():
        return first
    again = replace(
        request,
        model=question,
        start_values=None,
        target_kwh_day=math.inf,
        use_presolve=False,
        time_limit_s=max((1 - _CBC_SHARE) * left_s, _LEAST_TIME_S),
    )
    second = _ask_highs(again, run=run, ask_stop=ask_stop)
    return replace(second, words=f"{first.words}, {second.words}")


def keeps_rows(model: LinearModel, values: Floats) -> bool:
    """Tell whether values are a plan of a model: whole where they must be, within all limits."""
    slack = ROW_TOLERANCE
    whole = np.round(values)
    if np.any(np.abs(values - whole)[model.is_integer] > slack):
        return False
    plan = np.where(model.is_integer, whole, values)
    rows = model.matrix @ plan
    room = slack * np.maximum(1.0, abs(model.matrix) @ np.abs(plan))
    return bool(
        np.all((plan >= model.column_lower - slack) & (plan <= model.column_upper + slack))
        and np.all((rows >= model.row_lower - room) & (rows <= model.row_upper + room))
    )


def _judge_cbc(model: LinearModel, answer: CbcAnswer) -> SecondOpinion:
    if answer.status is MilpStatus.INFEASIBLE:
        return SecondOpinion(Verdict.CONFIRMED, "CBC finds no plan either")
    if answer.values is None:
        return SecondOpinion(Verdict.NO_OPINION, f"CBC has no opinion ({answer.words})")
    if not keeps_rows(model, answer.values):
        return SecondOpinion(Verdict.NO_OPINION, "CBC has no opinion (its plan breaks rules of the model)")
    return SecondOpinion(Verdict.DISAGREES, "CBC has a plan that keeps every rule of the model")


def _ask_highs(request: MilpRequest, *, run: RunMilp, ask_stop: AskStop) -> SecondOpinion:
    who = "HiGHS without presolve"
    try:
        result = run(request, tell=_ignore_news, ask_stop=ask_stop)
    except SolverError as error:
        return SecondOpinion(Verdict.NO_OPINION, f"{who} has no opinion ({error})")
    if result.status is MilpStatus.INFEASIBLE:
        return SecondOpinion(Verdict.CONFIRMED, f"{who} finds no plan either")
    if result.integer_values is not None:
        return SecondOpinion(Verdict.DISAGREES, f"{who} has a plan")
    return SecondOpinion(
        Verdict.NO_OPINION,
        f"{who} has no opinion ({result.stopped_by.value})",
        ran_out=result.stopped_by is StoppedBy.TIME_LIMIT,
    )


def _ignore_news(_news: MilpProgress) -> None:
    """Listen to nothing."""
