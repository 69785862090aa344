"""What is proven of the difference between two plans, given their bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.compare.caveats import GRADED, WORST, is_barred, select_caveats
from chargeplan.compare.figure_names import PAID, SERVED, WORST_SERVED
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from chargeplan.compare.records import ComparedRun, Comparison

_SAME_SHARE = 1e-6  # solvers work to about this
_ALIKE = " that serves its worst zone as well"


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
    unproven : frozenset of str
        Names of the figures whose difference may be due to the gap.
    """

    verdict: Verdict
    text: str
    unproven: frozenset[str] = frozenset()


def judge_difference(comparison: Comparison, first: int, second: int) -> ProvenDifference:
    """Say whether the better of two plans is better than every plan for the settings of the other.

    A plan's own figures are exact: they were recomputed. What a gap leaves open is whether the search, had it
    gone on, would have found as good a plan for the other settings. What the search put first is judged first.
    """
    one, two = comparison.runs[first], comparison.runs[second]
    caveats = select_caveats(comparison.caveats, comparison.changes, first, second)
    objectives = [run.bundle.problem.objective for run in (one, two)]
    worst = [math.isfinite(run.bundle.solution.worst_share) for run in (one, two)]
    is_first_barred = worst[0] and is_barred("worst_zone_share", caveats)
    if (
        objectives[0] is not objectives[1]
        or worst[0] is not worst[1]
        or is_first_barred
        or is_barred("objective", caveats)
    ):
        judged = GRADED | (WORST if is_first_barred else frozenset())
        reason = next((caveat.text for caveat in caveats if caveat.is_barred and caveat.metrics & judged), "")
        told = reason or "they were made for other aims"
        return ProvenDifference(
            Verdict.NOT_COMPARABLE,
            f"The proofs of {one.letter} and {two.letter} speak of different things: {told}. Each "
            "holds for its own plan.",
        )
    if objectives[0] is PlanObjective.COST:
        return _judge_money(one, two)
    return _judge_worst_first(one, two) if worst[0] else _judge_energy(one, two)


def _judge_worst_first(one: ComparedRun, two: ComparedRun) -> ProvenDifference:
    """Judge plans that serve the worst zone as well as possible first, and then the most energy.

    The bound of the energy holds only for plans that serve their worst zone as well as the plan itself.
    """
    low, high = sorted((one, two), key=lambda run: run.bundle.solution.worst_share)
    reached, least = high.bundle.solution.worst_share, low.bundle.solution.worst_share
    if reached - least <= _SAME_SHARE:
        return _judge_energy_of_equal_worst(one, two)
    most = low.bundle.solution.worst_share_bound
    if most < reached - _SAME_SHARE:
        return ProvenDifference(
            Verdict.PROVEN,
            f"Proven: no plan for {low.letter} serves its worst zone to more than {_write_most(most)}; {high.letter} "
            f"serves its own to {_write_percent(reached)}, and that came first. Of the energy nothing is proven, for its "
            "bounds hold only for plans that serve their worst zones as well.",
            SERVED,
        )
    ruled_out = (
        f"a plan for {low.letter} that serves it to up to {_write_most(most)} is not ruled out"
        if math.isfinite(most)
        else f"how well a plan for {low.letter} can serve it is not known"
    )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {high.letter} serves its worst zone to {_write_percent(reached)}, "
        f"{low.letter} to {_write_percent(least)}, but {ruled_out}.",
        SERVED | WORST_SERVED,
    )


def _judge_energy_of_equal_worst(one: ComparedRun, two: ComparedRun) -> ProvenDifference:
    judged = _judge_energy(one, two, alike=_ALIKE)
    low = min((one, two), key=lambda run: run.bundle.solution.objective_kwh_day)
    reached, most = low.bundle.solution.worst_share, low.bundle.solution.worst_share_bound
    if judged.verdict is not Verdict.PROVEN or most <= reached + _SAME_SHARE:
        return judged
    told = (
        f"to up to {_write_most(most)} is not ruled out" if math.isfinite(most) else "better is not ruled out"
    )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {one.letter} and {two.letter} serve their worst zones alike, to "
        f"{_write_percent(reached)}, but a plan for {low.letter} that serves its own {told}, and that comes first. "
        f"{judged.text}",
        SERVED | WORST_SERVED,
    )


def _write_percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _write_most(share: float) -> str:
    """Write a bound so that it never looks smaller than it is."""
    return f"{math.ceil(share * 1000 - _SAME_SHARE) / 10:.1f} %"


def _judge_energy(one: ComparedRun, two: ComparedRun, *, alike: str = "") -> ProvenDifference:
    low, high = sorted((one, two), key=lambda run: run.bundle.solution.objective_kwh_day)
    reached = high.bundle.solution.objective_kwh_day
    least, most = low.bundle.solution.objective_kwh_day, low.bundle.solution.bound_kwh_day
    measure = _name_measure(one, two)
    if reached - least <= _SAME_SHARE * max(reached, 1e-9):
        return ProvenDifference(
            Verdict.SAME, f"{one.letter} and {two.letter} are as good{measure}: {reached:,.0f} kWh/day."
        )
    if not math.isfinite(most):
        return ProvenDifference(
            Verdict.UNPROVEN,
            f"The difference may be due to the gap: how good a plan for {low.letter}{alike} can be is not known.",
            SERVED,
        )
    if most < reached:
        return ProvenDifference(
            Verdict.PROVEN,
            f"Proven: no plan for {low.letter}{alike} serves more than {most:,.0f} kWh/day{measure}; {high.letter} "
            f"serves {reached:,.0f}.",
        )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {high.letter} serves {reached:,.0f} kWh/day{measure}, "
        f"{reached - least:,.0f} more than {low.letter}; but a plan for {low.letter}{alike} that serves up to "
        f"{most:,.0f} is not ruled out.",
        SERVED,
    )


def _judge_money(one: ComparedRun, two: ComparedRun) -> ProvenDifference:
    cheap, dear = sorted((one, two), key=lambda run: run.bundle.solution.cost_pkr)
    paid, most = cheap.bundle.solution.cost_pkr, dear.bundle.solution.cost_pkr
    least = dear.bundle.solution.cost_bound_pkr
    if most - paid <= _SAME_SHARE * max(most, 1e-9):
        return ProvenDifference(
            Verdict.SAME, f"{one.letter} and {two.letter} cost the same, {format_pkr(paid)}."
        )
    if least > paid:
        return ProvenDifference(
            Verdict.PROVEN,
            f"Proven: no plan for {dear.letter} costs less than {format_pkr(least)}, and {cheap.letter} costs "
            f"{format_pkr(paid)}.",
        )
    ruled_out = (
        f"a plan for {dear.letter} that costs as little as {format_pkr(least)} is not ruled out"
        if math.isfinite(least)
        else f"how little a plan for {dear.letter} can cost is not known"
    )
    return ProvenDifference(
        Verdict.UNPROVEN,
        f"The difference may be due to the gap: {dear.letter} costs {format_pkr(most - paid)} more than "
        f"{cheap.letter}, but {ruled_out}.",
        PAID,
    )


def _name_measure(one: ComparedRun, two: ComparedRun) -> str:
    """Say in what the objective is another figure than the energy served; empty when it is that."""
    is_graded = any(bool(np.any(run.bundle.problem.pair_quality < 1.0)) for run in (one, two))
    parts = [
        *(["long drives counted for less"] if is_graded else []),
        *(["mean of the years"] if len(one.bundle.evaluation.years) > 1 else []),
    ]
    return f" ({', '.join(parts)})" if parts else ""
