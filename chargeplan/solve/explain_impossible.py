"""Why no plan keeps every limit, and the least changes of which each makes one possible.

A limit whose loosening alone brings a plan is part of every conflict, so that the limits named here are the cause
and not a guess. Where no single kind is enough, the changes that are needed together are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.plan_labels import PlanLabels
from chargeplan.solve.elastic import Elastic, Relief
from chargeplan.solve.impossible_change import Change
from chargeplan.solve.impossible_words import Words
from chargeplan.solve.soft_rows import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.solve.elastic import AskStop, RunMilp

CONFIRMED = "(the solver and its second opinion both prove that there is no plan)"
GENERAL_WORDS = "no plan can keep every limit"
_LARGEST_S, _LEAST_S = 60.0, 20.0
_MANY_ZONES = 3
_ORDER = tuple(Limit)


_KEYS = {
    Limit.BUDGET: "the budget",
    Limit.COUNT: "the number of stations",
    Limit.FLOOR: "the floors",
    Limit.GINI: "the Gini cap",
    Limit.BACKUP: "the backup share",
    Limit.GRID: "the grid",
    Limit.SPACING: "the spacing",
    Limit.AREA: "the rules about areas",
    Limit.TOTAL: "the rules about totals",
    Limit.STATION: "the least size of stations",
    Limit.POWER: "the largest power of stations",
    Limit.BAYS: "the bays",
    Limit.REQUIRED: "the required sites",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no plan.

    Parameters
    ----------
    text : str
        The first line names the limits that contradict each other and the cheapest change.
    single : tuple of Change
        Changes of which each is enough, the cheapest first.
    together : tuple of Change
        When none is: changes that are enough together.
    """

    text: str
    single: tuple[Change, ...]
    together: tuple[Change, ...]


def explain_impossible(
    problem: PlanProblem,
    model: LinearModel,
    *,
    run: RunMilp,
    limit_s: float,
    labels: PlanLabels | None = None,
    threads: int = 1,
    seed: int = 1,
    should_stop: AskStop = lambda: False,
) -> Explanation:
    """Explain why a model has no plan.

    Parameters
    ----------
    problem, model : PlanProblem, LinearModel
        Of which is known that there is no plan.
    run : callable
        Runs one MILP.
    limit_s : float
        Time; up to 60 s are taken, and 20 s where there are fewer.
    labels : PlanLabels, optional
    threads, seed : int
    should_stop : callable
    """
    limit_s = float(np.clip(limit_s, _LEAST_S, _LARGEST_S))
    elastic = Elastic(
        problem, model, run=run, limit_s=limit_s, threads=threads, seed=seed, should_stop=should_stop
    )
    words = Words(problem, model, labels or PlanLabels(), elastic)
    kinds = [limit for limit in _ORDER if limit in elastic.soft]
    single: list[Change] = []
    try:
        for number, limit in enumerate(kinds):
            relief = elastic.relieve((limit,), share=1.0 / (len(kinds) - number + 1))
            if relief is not None and _lowers_many_alike(relief, problem):
                elastic.lower_together(limit)
                relief = elastic.relieve((limit,), share=1.0 / (len(kinds) - number + 1))
            if relief is not None and relief.amount:
                single += words.describe(relief)
    except KeyboardInterrupt:  # what is known is told; a second one ends the run
        elastic.unknown += [(limit,) for limit in kinds[number:]]
        elastic.deadline = 0.0
    single.sort(key=lambda change: change.cost)
    if single:
        others = _find_opponents(single, kinds, elastic, words)
        return Explanation(_tell_single(single, others, words), tuple(single), ())
    relief = elastic.relieve(tuple(kinds)) if kinds else None
    together = [] if relief is None or not relief.amount else words.describe(relief)
    if not together:
        unknown = _tell_unknown(elastic)
        return Explanation("; ".join([GENERAL_WORDS, *unknown]), (), ())
    causes = _join([change.cause for change in together])
    advice = _name_together(together) + "; and ".join(change.advice for change in together)
    text = f"no plan keeps {causes}, and no single change is enough: {advice}"
    return Explanation(text, (), tuple(together))


def _lowers_many_alike(relief: Relief, problem: PlanProblem) -> bool:
    """Tell whether so many equal floors give way that one lower number for all is the plainer change."""
    floor = problem.limits.zone_floor_share
    zones = [item for limit, item in relief.amount if limit is Limit.FLOOR]
    return len(zones) > _MANY_ZONES and len(np.unique(floor[floor > 0])) == 1


def _find_opponents(single: list[Change], kinds: list[Limit], elastic: Elastic, words: Words) -> list[Change]:
    """Find what one limit contradicts that is part of every conflict, when no other limit is."""
    others = tuple(limit for limit in kinds if limit is not single[0].limit)
    if len(single) > 1 or not others:
        return []
    relief = elastic.relieve(others)
    return [] if relief is None or not relief.amount else words.describe(relief)


def _tell_single(single: list[Change], others: list[Change], words: Words) -> str:
    named = sorted([*single, *others], key=lambda each: _ORDER.index(each.limit))
    cause = _join([change.cause for change in named])
    first, *more = [change.advice for change in single]
    figures = words.tell_stations(single)
    lines = [f"no plan keeps {cause}{figures}: {first}", *(f"or {advice}" for advice in more)]
    lines += _tell_unknown(words.elastic)
    if others:
        lines.append(f"or {_name_together(others)}" + "; and ".join(change.advice for change in others))
    return "\n".join(lines)


def _name_together(changes: Sequence[Change]) -> str:
    """Say before several changes that one of them alone is not enough."""
    if len(changes) < 2:
        return ""
    return "both of these together: " if len(changes) == 2 else f"all {len(changes)} of these together: "


def _tell_unknown(elastic: Elastic) -> list[str]:
    """Say which kinds of changes might help too: the time did not tell."""
    kinds = {limit for limits in elastic.unknown for limit in limits}
    if not kinds:
        return []
    names = name_rows([_KEYS[limit] for limit in _ORDER if limit in kinds], len(_KEYS))
    return [
        f"whether changes of {names} help was not found out in the time; raise solve.time_limit_s to know"
    ]


def _join(texts: list[str]) -> str:
    """Join what contradicts each other."""
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])} and {texts[-1]} together"
