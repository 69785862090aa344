"""How every search ends: what it may claim, and what is said when there is no plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import (
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolverError,
    SolversDisagreeError,
)
from chargeplan.records import PROOF_TOLERANCE, compute_gap
from chargeplan.solve.explain_impossible import CONFIRMED, GENERAL_WORDS, explain_impossible
from chargeplan.solve.mps import save_disputed_model
from chargeplan.solve.outcome import StoppedBy
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.plan_labels import NameThings
    from chargeplan.records import PlanProblem
    from chargeplan.solve.process import AskStop, RunMilp
    from chargeplan.solve.progress import SearchProgress

    class Search(Protocol):
        """What the searches have in common."""

        problem: PlanProblem
        settings: SolveSettings
        seed: int
        progress: SearchProgress
        stopped_by: StoppedBy | None
        name_things: NameThings | None
        run: RunMilp
        should_stop: AskStop

        @property
        def model(self) -> LinearModel:
            """The linear model of the whole problem."""

        @property
        def is_infeasible(self) -> bool:
            """Whether there is no plan, as two solvers find or arithmetic alone."""

        @property
        def is_counted_out(self) -> bool:
            """Whether it was arithmetic."""

        @property
        def asked_model(self) -> LinearModel:
            """The model that a solver was last asked about."""

        def prepare(self) -> None:
            """Find plans and a bound without the solver."""

        def prove(self) -> None:
            """Improve the plan and prove it."""


COUNTED_OUT = "(arithmetic proves that there is no plan)"


@dataclass(frozen=True, slots=True)
class Claim:
    """What may be said of a plan.

    Parameters
    ----------
    outcome : Outcome
    bound_kwh_day : float
        Never below the plan.
    stopped_by : str
        What ended the search.
    """

    outcome: Outcome
    bound_kwh_day: float
    stopped_by: str


def run_search(search: Search, disputed_model: Path | None) -> None:
    """Run a search to its end; the first Ctrl-C ends it with what there is.

    Raises
    ------
    InterruptedRunError
        After a second Ctrl-C.
    SolversDisagreeError
        With the file of the model in question.
    """
    try:
        search.prepare()
        search.prove()
    except KeyboardInterrupt as error:  # outside the solver's process, which counts Ctrl-C itself
        if search.should_stop():  # the first one was taken as a wish to stop: this is the second
            raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept") from error
        search.stopped_by = StoppedBy.USER
    except SolversDisagreeError as error:
        raise SolversDisagreeError(
            f"{error}; {save_disputed_model(search.asked_model, disputed_model)}"
        ) from error


def make_claim(objective_kwh_day: float, search: Search) -> Claim:
    """Say what is proven of the plan that is handed on, which need not be the one the search counted with."""
    bound = search.progress.bound_kwh_day
    is_proven = compute_gap(objective_kwh_day, bound) <= search.settings.gap + PROOF_TOLERANCE
    stopped_by = StoppedBy.PROOF if is_proven else (search.stopped_by or StoppedBy.TIME_LIMIT)
    return Claim(
        Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
        max(bound, objective_kwh_day),
        stopped_by.value,
    )


def explain_no_plan(search: Search, *, failure: str = "") -> Exception:
    """Say why a search ends without a plan.

    Parameters
    ----------
    search : Search
    failure : str
        What went wrong with a plan that a solver has, or says it has not: no matter of time.
    """
    proof = COUNTED_OUT if search.is_counted_out else CONFIRMED
    if search.is_infeasible and search.name_things is None:
        return InfeasibleError(f"{GENERAL_WORDS}\n{proof}")
    if search.is_infeasible and search.name_things is not None:
        explanation = explain_impossible(
            search.problem,
            search.model,
            run=search.run,
            limit_s=search.progress.left_s,
            labels=search.name_things(),
            threads=search.settings.threads,
            seed=search.seed,
            should_stop=search.should_stop,
        )
        return InfeasibleError(f"{explanation.text}\n{proof}")
    if search.stopped_by is StoppedBy.USER:
        return InterruptedRunError("stopped before there was a plan; run again and wait longer")
    if failure:
        return SolverError(f"{failure}; report this with the config")
    if search.stopped_by is StoppedBy.NODE_LIMIT:
        return NoPlanError(
            f"no plan was found within solve.node_limit of {search.settings.node_limit} nodes and none was "
            "ruled out; raise solve.node_limit"
        )
    return NoPlanError(
        f"no plan was found within solve.time_limit_s of {search.settings.time_limit_s} s and none was "
        f"ruled out; raise solve.time_limit_s"
    )
