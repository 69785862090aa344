"""What is proven of the difference between two plans, given their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.compare.caveats import GRADED, is_barred, select_caveats
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from chargeplan.compare.records import ComparedRun, Comparison

_SAME_SHARE = 1e-6  # solvers work to about this


class Verdict(StrEnum):
    """What the bounds say of a difference."""

    PROVEN = "proven"
    UNPROVEN = "may be due to the gap"
    SAME = "no difference"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class ProvenDifference:
    """What is proven about the settings of a run against those of the first.

    Parameters
    ----------
    verdict : Verdict
    text : str
        The same in a sentence or two.
    """

    verdict: Verdict
    text: str


def judge_difference(comparison: Comparison, first: int, second: int) -> ProvenDifference:
    """Say whether the better of two plans is better than every plan for the settings of the other.

    A plan's own figures are exact: they were recomputed. What a gap leaves open is whether the search, had it
    gone on, would have found as good a plan for the other settings.
    """
    one, two = comparison.runs[first], comparison.runs[second]
    caveats = select_caveats(comparison.caveats, comparison.changes, first, second)
    objectives = [run.bundle.problem.objective for run in (one, two)]
    if objectives[0] is not objectives[1] or is_barred("objective", caveats):
        reason = next((caveat.text for caveat in caveats if caveat.is_barred and caveat.metrics & GRADED), "")
        told = reason or "they were made for other aims"
        return ProvenDifference(
            Verdict.NOT_COMPARABLE,
            f"The proofs of {one.letter} and {two.letter} speak of different things: {told}. Each "
            "holds for its own plan.",
        )
    if objectives[0] is PlanObjective.COST:
        return _judge_money(one, two)
    return _judge_energy(one, two)


def _judge_energy(one: ComparedRun, two: ComparedRun) -> ProvenDifference:
    low, high = sorted((one, two), key=lambda run: run.bundle.solution.objective_kwh_day)
    reached = high.bundle.solution.objective_kwh_day
    least, most = low.bundle.solution.objective_kwh_day, low.bundle.solution.bound_kwh_day
    measure = _name_measure(one, two)
    if reached - least <= _SAME_SHARE * max(reached, 1e-9):
        return ProvenDifference(
            Verdict.SAME, f"{one.letter} and {two.letter} are as good{measure}: {reached:,.0f} kWh/day."
        )
    if not np.isfinite(most):
        return ProvenDifference(
            Verdict.UNPROVEN,
            f"The difference may be due to the gap: how good a plan for {low.letter} can be is not known.",
        )
    if most < reached:
        return ProvenDifference(
            Verdict.PROVEN,
            f"Proven: no plan for {low.letter} serves more than {most:,.0f} kWh/day{measure}; {high.letter} serves "
            f"{reached:,.0f}.",
        )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {high.letter} serves {reached:,.0f} kWh/day{measure}, "
        f"{reached - least:,.0f} more than {low.letter}; but a plan for {low.letter} that serves up to {most:,.0f} is "
        "not ruled out.",
    )


def _judge_money(one: ComparedRun, two: ComparedRun) -> ProvenDifference:
    cheap, dear = sorted((one, two), key=lambda run: run.bundle.solution.cost_pkr)
    paid, most = cheap.bundle.solution.cost_pkr, dear.bundle.solution.cost_pkr
    least = dear.bundle.solution.cost_bound_pkr
    if most - paid <= _SAME_SHARE * max(most, 1e-9):
        return ProvenDifference(
            Verdict.SAME, f"{one.letter} and {two.letter} cost the same, {format_pkr(paid)}."
        )
    if np.isfinite(least) and least > paid:
        return ProvenDifference(
            Verdict.PROVEN,
            f"Proven: no plan for {dear.letter} costs less than {format_pkr(least)}, and {cheap.letter} costs "
            f"{format_pkr(paid)}.",
        )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {dear.letter} costs {format_pkr(most - paid)} more than "
        f"{cheap.letter}, but a plan for {dear.letter} can still cost as little as "
        f"{format_pkr(least) if np.isfinite(least) else 'nobody knows'}.",
    )


def _name_measure(one: ComparedRun, two: ComparedRun) -> str:
    """Say in what the objective is another figure than the energy served; empty when it is that."""
    is_graded = any(bool(np.any(run.bundle.problem.pair_quality < 1.0)) for run in (one, two))
    parts = [
        *(["long drives counted for less"] if is_graded else []),
        *(["mean of the years"] if len(one.bundle.evaluation.years) > 1 else []),
    ]
    return f" ({', '.join(parts)})" if parts else ""
