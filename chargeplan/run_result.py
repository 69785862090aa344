"""What a run gives, and what is said of it in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.records import Evaluation, PlanRequest, Solution, StudyArea


@dataclass(frozen=True, slots=True, eq=False)
class RunResult:
    """A published run.

    Parameters
    ----------
    folder : Path
        Run folder, with ``index.html``.
    area : StudyArea
    request : PlanRequest
    solution : Solution
    evaluation : Evaluation
    demand_table : str
        How people became energy, on one page.
    data_date : str
        Of the road data (ISO), or empty when unknown.
    """

    folder: Path
    area: StudyArea
    request: PlanRequest
    solution: Solution
    evaluation: Evaluation
    demand_table: str
    data_date: str = ""


def format_summary(result: RunResult) -> str:
    """Write a run in one line: outcome, coverage, cost, gap, where the map is."""
    evaluation = result.evaluation
    gap = "" if result.solution.stopped_by == "proof" else f" (stopped by {result.solution.stopped_by})"
    least = ""
    if result.request.objective is PlanObjective.COST:
        least = (
            f"; least money for {result.request.target_share:.1%} of the demand left to us: proven to be "
            f"{format_pkr(result.solution.cost_bound_pkr)} or more"
        )
    return (
        f"{result.solution.outcome_text}{gap}: {_describe_served(evaluation)} served by "
        f"{evaluation.get_metric('new_sites'):.0f} new and {evaluation.get_metric('existing_sites'):.0f} "
        f"existing stations for {describe_money(evaluation)}{least}; "
        f"{result.solution.say_proof(result.request.nearest_sites)}; "
        f"map: {result.folder / 'index.html'}"
    )


def describe_money(evaluation: Evaluation) -> str:
    """Write the money to spend and, beside it, the risk charge that the budget holds too."""
    has_risk = bool((evaluation.metrics["name"] == "grid_risk").any())
    risk_pkr = evaluation.get_metric("grid_risk") if has_risk else 0.0
    text = format_pkr(evaluation.get_metric("cost") - risk_pkr)
    if risk_pkr <= 0:
        return text
    return f"{text} and a risk charge of {format_pkr(risk_pkr)} for unknown headroom, not spent (the budget holds both)"


def read_usable_share(evaluation: Evaluation) -> float | None:
    """Read the served share of the demand left by competitors of classes that can charge; None in a plain plan."""
    has_share = bool((evaluation.metrics["name"] == "served_usable_share").any())
    return evaluation.get_metric("served_usable_share") if has_share else None


def _describe_served(evaluation: Evaluation) -> str:
    """Write what is served as a share of all demand, and of the usable demand where that is another figure."""
    text, usable_share = (
        f"{evaluation.get_metric('served_share'):.1%} of all demand",
        read_usable_share(evaluation),
    )
    return text if usable_share is None else f"{text} ({usable_share:.1%} of usable demand)"
