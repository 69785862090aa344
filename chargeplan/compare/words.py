"""What a comparison says in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chargeplan.compare.chart import shows_objective
from chargeplan.compare.figures import format_value
from chargeplan.compare.proof import judge_difference
from chargeplan.compare.setting_changes import INPUT_SUFFIX
from chargeplan.compare.stations import StationChange, count_changes
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.compare.records import Comparison

_LEAST_SAID_SHARE = 0.0005
CHANGE_WORDS = {
    StationChange.ADDED: "added",
    StationChange.DROPPED: "dropped",
    StationChange.LARGER: "larger",
    StationChange.SMALLER: "smaller",
    StationChange.REFITTED: "of other chargers",
    StationChange.KEPT: "kept as they are",
}


def write_lead(comparison: Comparison) -> str:
    """Say first what a reader came for."""
    if len(comparison.runs) == 2:
        return f"{_compare_two(comparison, 1)} {describe_stations(comparison, 0, 1)}"
    served = [run.bundle.evaluation.get_metric("served_share") for run in comparison.runs]
    cost = [run.bundle.evaluation.get_metric("cost") for run in comparison.runs]
    low, high = min(served), max(served)
    best = comparison.runs[served.index(high)]
    return (
        f"{len(comparison.runs)} plans for {format_pkr(min(cost))} to {format_pkr(max(cost))} serve "
        f"{_write_share(low)} to {_write_share(high)} of all demand, {best.letter} the most. Differences below are "
        f"from {comparison.base.letter}."
    )


def _compare_two(comparison: Comparison, second: int) -> str:
    one, two = comparison.base, comparison.runs[second]
    share = [run.bundle.evaluation.get_metric("served_share") for run in (one, two)]
    cost = [run.bundle.evaluation.get_metric("cost") for run in (one, two)]
    more, paid = share[1] - share[0], cost[1] - cost[0]
    served = (
        f"{two.letter} serves {_write_share(share[1])} of all demand, {one.letter} {_write_share(share[0])}: "
        f"{abs(more) * 100:.1f} points {'more' if more > 0 else 'less'}"
        if abs(more) >= _LEAST_SAID_SHARE
        else f"{one.letter} and {two.letter} both serve {_write_share(share[0])} of all demand"
    )
    money = (
        f"for {format_pkr(abs(paid))} {'more' if paid > 0 else 'less'}"
        if abs(paid) >= 1
        else f"for the same money, {format_pkr(cost[0])}"
    )
    return f"{served}, {money}."


def _write_share(share: float) -> str:
    return format_value(share, "share")


def describe_stations(comparison: Comparison, first: int, second: int) -> str:
    """Count what becomes of the stations from one run to another, in a sentence."""
    counts = count_changes(comparison.stations, first, second)
    if sum(counts.values()) == counts[StationChange.KEPT]:
        return "The two plans have the same stations of the same size."
    parts = [f"{count} {CHANGE_WORDS[change]}" for change, count in counts.items() if count]
    return f"Stations: {join_words(parts)}." if len(parts) > 1 else f"{parts[0]}."


def list_verdicts(comparison: Comparison) -> list[str]:
    """Say for each other run what is proven of its difference from the first."""
    return [judge_difference(comparison, 0, pos).text for pos in range(1, len(comparison.runs))]


def list_proof_notes(comparison: Comparison) -> list[str]:
    """Say of which problem the proofs hold, where it is a part of the whole one."""
    letters: dict[int, list[str]] = {}
    for run in comparison.runs:
        letters.setdefault(run.bundle.problem.nearest_sites, []).append(run.letter)
    return [
        f"{join_words(named)}: each cell may use only its nearest {limit} sites; what is proven holds for the problem "
        "with this limit."
        for limit, named in letters.items()
        if limit
    ]


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["A"]), join_words(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def list_notices(comparison: Comparison) -> list[str]:
    """List what a reader must know before any figure."""
    notices = []
    if comparison.base.bundle.area.is_schematic:
        notices.append("Schematic: the streets are drawn from a plan and not surveyed.")
    grids = [run.bundle.grid for run in comparison.runs]
    if any(grid is not None and grid.is_synthetic for grid in grids):
        notices.append("SYNTHETIC grid: its headroom is made up, no utility's figures.")
    if any(change.key.endswith(INPUT_SUFFIX) for change in comparison.changes):
        notices.append("Some input files hold other data in these runs; see the settings that differ.")
    return notices


def describe_axes(comparison: Comparison) -> str:
    """Say what the chart of cost and coverage shows."""
    demand = comparison.base.bundle.evaluation.get_metric("demand")
    share = f"the percentages are shares of all public demand, {demand:,.0f} kWh/day"
    if not shows_objective(comparison):
        return (
            f"Energy served, kWh/day; {share}. The plans do not maximise the same thing, so that no bound can be drawn "
            "beside this figure; each proof stands in the table."
        )
    if comparison.base.bundle.problem.objective is PlanObjective.COST:
        return (
            f"What the plans serve, kWh/day; {share}. The whisker goes to the least money that any plan for the target "
            "costs."
        )
    is_worst_first = any(math.isfinite(run.bundle.solution.worst_share) for run in comparison.runs)
    alike = " that serves its worst zone as well" if is_worst_first else ""
    return (
        f"What the plans maximise, kWh/day; {share}. The whisker goes up to the proven bound: no plan for these "
        f"settings{alike} lies above it."
    )
