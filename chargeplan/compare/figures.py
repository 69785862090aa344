"""Figure by figure: what each run has, and by how much it differs from the first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chargeplan.compare.caveats import Caveat, is_barred, select_caveats
from chargeplan.compare.figure_names import GROUPS, MORE_IS_BETTER, OTHER_GROUP
from chargeplan.compare.proof import judge_difference
from chargeplan.publish.figure_titles import make_title
from chargeplan.text import clean_text
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from chargeplan.compare.records import Comparison

_SAME_SHARE = 1e-9
_LEAST_POINTS = 0.1  # smaller differences of shares are written with the one digit that counts


class Judgement(StrEnum):
    """Whether more or less is better, where that is plain."""

    BETTER = "better"
    WORSE = "worse"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a run less that of the first.

    Parameters
    ----------
    value : float
        NaN where one of them has no such figure, or it cannot be compared.
    text : str
        With sign and unit, or why there is none.
    judgement : Judgement
    is_unproven : bool
        True when the difference may be due to the gap.
    caveats : tuple of Caveat
        What other settings do to it.
    """

    value: float
    text: str
    judgement: Judgement
    is_unproven: bool
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of all runs.

    Parameters
    ----------
    group, name, title, unit, meaning : str
    values : tuple of float
        NaN where a run has no such figure.
    texts : tuple of str
    differences : tuple of Difference
        From the first run, one for each other run.
    """

    group: str
    name: str
    title: str
    unit: str
    meaning: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    differences: tuple[Difference, ...]


def list_figures(comparison: Comparison) -> list[FigureRow]:
    """List every figure that any of the runs has, by group."""
    tables = [run.bundle.evaluation.metrics.set_index("name") for run in comparison.runs]
    described: dict[str, tuple[str, str]] = {}
    for table in tables:
        for name, unit, meaning in zip(table.index, table["unit"], table["meaning"], strict=True):
            described.setdefault(str(name), (clean_text(unit), clean_text(meaning)))
    has_risk = any("grid_risk" in table.index and table.loc["grid_risk", "value"] > 0 for table in tables)
    unproven = [judge_difference(comparison, 0, second).unproven for second in range(1, len(comparison.runs))]
    rows = []
    for group, name in _order_names(described):
        unit, meaning = described[name]
        values = tuple(
            float(table.loc[name, "value"]) if name in table.index else math.nan for table in tables
        )
        rows.append(
            FigureRow(
                group,
                name,
                make_title(name, has_risk=has_risk),
                unit,
                meaning,
                values,
                tuple(format_value(value, unit) for value in values),
                tuple(
                    _compute_difference(comparison, name, unit, values, second, unproven[second - 1])
                    for second in range(1, len(values))
                ),
            )
        )
    return rows


def format_value(value: float, unit: str) -> str:
    """Write a figure: shares in percent, money in PKR, others with the digits that count.

    Examples
    --------
    >>> format_value(0.4234, "share"), format_value(140e6, "PKR"), format_value(3.5011, "min")
    ('42.3 %', 'PKR 140 M', '3.5')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never" if value > 0 else "–"
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit.startswith("PKR"):
        return format_pkr(value)
    return _format_number(value)


def _format_number(value: float) -> str:
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.3g}"


def format_difference(more: float, base: float, unit: str) -> str:
    """Write a difference with its sign, in points for shares, with the part it is of the first figure.

    Examples
    --------
    >>> format_difference(60e6, 80e6, "PKR"), format_difference(-0.021, 0.5, "share")
    ('+PKR 60 M (+75.0 %)', '−2.1 points')
    """
    sign = "+" if more > 0 else "−"
    if unit == "share":
        points = abs(more) * 100
        return f"{sign}{f'{points:.1f}' if points >= _LEAST_POINTS else f'{points:.1g}'} points"
    part = f" ({sign}{abs(more / base):.1%})".replace("%", " %") if base and abs(more / base) < 10 else ""
    return f"{sign}{format_value(abs(more), unit)}{part}"


def _order_names(described: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    ordered = [(group, name) for group, names in GROUPS.items() for name in names if name in described]
    known = {name for _, name in ordered}
    return ordered + [(OTHER_GROUP, name) for name in described if name not in known]


def _compute_difference(
    comparison: Comparison, name: str, unit: str, values: Sequence[float], second: int, unproven: Set[str]
) -> Difference:
    caveats = select_caveats(comparison.caveats, comparison.changes, 0, second)
    caveats = tuple(caveat for caveat in caveats if name in caveat.metrics)
    before, after = values[0], values[second]
    if is_barred(name, caveats):
        return Difference(math.nan, "not comparable", Judgement.NONE, False, caveats)
    if math.isnan(before) or math.isnan(after):
        return Difference(math.nan, "–", Judgement.NONE, False, caveats)
    if before == after or abs(after - before) <= _SAME_SHARE * max(abs(before), abs(after)):
        return Difference(0.0, "same", Judgement.NONE, False, ())
    more = after - before
    if not math.isfinite(more):
        return Difference(math.nan, "–", _judge(name, more), False, caveats)
    text = format_difference(more, before, unit)
    return Difference(more, text, _judge(name, more), name in unproven, caveats)


def _judge(name: str, more: float) -> Judgement:
    if name not in MORE_IS_BETTER or math.isnan(more):
        return Judgement.NONE
    return Judgement.BETTER if MORE_IS_BETTER[name] == (more > 0) else Judgement.WORSE
