"""What is told of rules: the state of each, its places, a summary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import name_rows
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.rules.rows import RuleRows


class RuleState(StrEnum):
    """What became of a rule at a place."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_KNOWN = "not known"


_SHOWN_STEP = 0.1
_WORST_FIRST = (RuleState.BROKEN, RuleState.NOT_KNOWN, RuleState.KEPT)


@dataclass(frozen=True, slots=True, eq=False)
class RuleReport:
    """Pass or fail of every rule in one period.

    Parameters
    ----------
    rules : pandas.DataFrame
        One row per rule: rule_id, pack, kind, must (in this period), says, source, year, confidence,
        places, kept, broken, not_known (counts of places), state, detail.
    places : pandas.DataFrame
        One row per rule and place: rule_id, must, place (square, site or "all stations"), site_id (empty
        but for stations), lon, lat, reached, required, unit, state, people, kwh_day (NaN where it is no
        square), area (row in the areas of `RuleRows`, else -1).
    """

    rules: pd.DataFrame
    places: pd.DataFrame

    @property
    def broken(self) -> pd.DataFrame:
        """Places at which a rule is broken that the plan must keep."""
        return self.places[self.places["must"] & (self.places["state"] == RuleState.BROKEN.value)]


def summarise_rules(places: pd.DataFrame, rows: RuleRows, period: int) -> pd.DataFrame:
    """Count the places of each rule by state, and say in a line how far it is kept."""
    summary = rows.rules.drop(columns=["must", "due_year"]).copy()
    summary.insert(3, "must", rows.must[:, period])
    counts: dict[str, list[int]] = {"places": [], "kept": [], "broken": [], "not_known": []}
    states, details = [], []
    for rule_id in summary["rule_id"]:
        own = _take_worst(places[places["rule_id"] == rule_id])
        of = {state: own[own["state"] == state.value] for state in RuleState}
        counts["places"].append(len(own))
        counts["kept"].append(len(of[RuleState.KEPT]))
        counts["broken"].append(len(of[RuleState.BROKEN]))
        counts["not_known"].append(len(of[RuleState.NOT_KNOWN]))
        worst = next((state for state in _WORST_FIRST if len(of[state])), RuleState.KEPT)
        states.append(worst.value)
        details.append(_describe_rule(own, of[RuleState.BROKEN], of[RuleState.NOT_KNOWN]))
    for name, values in counts.items():
        summary[name] = pd.Series(values, dtype="int64")
    summary["state"] = pd.Series(states, dtype="str")
    summary["detail"] = pd.Series(details, dtype="str")
    return summary


def _take_worst(own: pd.DataFrame) -> pd.DataFrame:
    """Take one row per place, the worst of its states; most people first, else as they are."""
    rank = own["state"].map({state.value: number for number, state in enumerate(_WORST_FIRST)})
    worst = own.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates("place")
    ordered = worst.sort_index().sort_values("people", ascending=False, kind="stable", na_position="last")
    return ordered.drop(columns="rank")


def _compare(reached: float, required: float) -> str:
    """Write two numbers with one decimal, with more only where they would look the same and are not."""
    if abs(reached - required) >= _SHOWN_STEP or reached == required:
        reached, required = round(reached, 1), round(required, 1)
    return f"{reached:,.10g} of {required:,.10g}"


def _describe_rule(own: pd.DataFrame, broken: pd.DataFrame, unknown: pd.DataFrame) -> str:
    """Say in one line how far a rule is kept and where not."""
    if own.empty:
        return "asks nothing of this plan"
    if len(own) == 1 and not own["people"].notna().any():
        row = own.iloc[0]
        return f"{_compare(float(row['reached']), float(row['required']))} {row['unit']}"
    text = f"kept at {len(own) - len(broken) - len(unknown)} of {count_things(len(own), 'place')}"
    people = float(own["people"].sum())
    if people > 0:
        share = 1 - float(broken["people"].sum()) / people
        text += f" with {np.floor(share * 1000) / 10:g} % of their people"
    if len(broken):
        text += f"; not at {name_rows(broken['place'])}"
    if len(unknown):
        text += f"; not known at {name_rows(unknown['place'])}"
    return text
