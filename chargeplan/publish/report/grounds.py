"""What the plan rests on: the figures that were taken from somewhere, weakest first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from chargeplan.data_register import CONFIDENCES
from chargeplan.publish.report.drawing import wrap_picture, write_text
from chargeplan.publish.report.numbers import Number, short
from chargeplan.publish.report.plain_words import is_share, name_figure, name_unit
from chargeplan.publish.report.tables import Cell, Table
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from markupsafe import Markup

    from chargeplan.publish.bundle import RunBundle

_COMPUTED = "computed"
_WORDS = {
    "assumption": "Assumptions: no source was found",
    "planner": "Numbers of the planner",
    "low": "Low confidence: one weak source, or a figure of another place",
    "med": "Medium confidence",
    "high": "High confidence",
}
_FILLS = {"assumption": "url(#cross)", "planner": "url(#dots)", "low": "url(#hatch)"}
_LONGEST_SOURCE = 240
_MOST_SHOWN = 12
_HEADINGS = (("Figure", "long"), ("Value", "values"), ("Source", "long"))
# Figures that no step of the demand or of the money names, by the columns of stations that rest on them.
_BEHIND_STATIONS = {
    "power_factor_share": ("load_kva",),
    "charge_battery_share": ("peak_wait_min", "peak_blocked_share"),
}


def collect_figures(bundle: RunBundle) -> pd.DataFrame:
    """Collect the figures behind the demand, the money, and the load and waits of stations.

    Returns
    -------
    pandas.DataFrame
        step, value, unit, source, confidence, ``place`` of the figure and its ``turn`` among those of its kind
        and confidence; weakest first, each once. What was computed is left out.
    """
    parts = [
        table.assign(kind=name, place=[f"{name}/{row}" for row in range(len(table))])
        for name, table in (("demand", bundle.cells.explanation), ("economics", bundle.evaluation.economics))
        if len(table)
    ]
    behind = _find_behind_stations(bundle)
    if len(behind):
        parts.append(behind.assign(kind="stations", place="figures/" + behind["step"]))
    if not parts:
        return pd.DataFrame(columns=["step", "value", "unit", "source", "confidence", "place", "turn"])
    figures = pd.concat(parts, ignore_index=True)
    figures = figures[figures["confidence"] != _COMPUTED].drop_duplicates(["step", "value", "unit"])
    order = {word: pos for pos, word in enumerate(CONFIDENCES)}
    rank = figures["confidence"].map(lambda word: order.get(str(word), 1))
    figures = figures.assign(order=rank, turn=figures.groupby(["kind", "confidence"]).cumcount())
    return figures.sort_values("order", kind="stable", ignore_index=True)


def _find_behind_stations(bundle: RunBundle) -> pd.DataFrame:
    """Find the figures that the columns of stations rest on, where these say something."""
    sites, figures = bundle.evaluation.sites, bundle.request.figures
    used = [
        name
        for name, columns in _BEHIND_STATIONS.items()
        if any(column in sites and bool(sites[column].notna().any()) for column in columns)
    ]
    return figures[figures["name"].isin(used)].rename(columns={"name": "step"})


def describe_grounds(bundle: RunBundle) -> dict[str, Any] | None:
    """Describe the grounds: how many figures of each confidence, the weakest, and all; None without any.

    The table of all is None where the weakest are all that there are.
    """
    figures = collect_figures(bundle)
    if figures.empty:
        return None
    counts = figures["confidence"].value_counts()
    words = [(str(word), int(counts[word])) for word in figures["confidence"].unique()]
    groups = [
        (f"{_WORDS.get(word, word)} ({size})", figures[figures["confidence"] == word]) for word, size in words
    ]
    # Of figures that are as weak, those of the demand and of the money take turns: neither hides the other.
    in_turns = [(name, group.sort_values("turn", kind="stable")) for name, group in groups]
    everything = _tabulate("All figures, the weakest first", groups, "fine grounds")
    weakest = _tabulate("The weakest figures", in_turns, "fine grounds", most=_MOST_SHOWN)
    return {
        "n_figures": len(figures),
        "n_rows": len(weakest.rows),
        "chart": _draw_counts(words),
        "weakest": weakest,
        "all": everything if len(everything.rows) > len(weakest.rows) else None,
    }


def _tabulate(
    caption: str, parts: list[tuple[str, pd.DataFrame]], name: str, most: int | None = None
) -> Table:
    """Tabulate figures by confidence, at most so many rows."""
    rows: list[list[Cell]] = []
    groups: list[tuple[str, int]] = []
    for words, figures in parts:
        if most is not None and len(rows) >= most:
            break
        groups.append((words, len(rows)))
        rows += _list_rows(figures)
    return Table(caption, _HEADINGS, rows[:most], groups=tuple(groups), name=name)


def _list_rows(figures: pd.DataFrame) -> list[list[Cell]]:
    """List figures of one confidence; those that differ only in what they are of share a row."""
    joined: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
    for row in figures.to_dict("records"):
        step = clean_text(row["step"])
        subject, rest = _part_step(step)
        key = (rest, clean_text(row["unit"]), clean_text(row["source"], _LONGEST_SOURCE))
        joined.setdefault(key, []).append((subject, row))
    rows: list[list[Cell]] = []
    for (step, unit, source), members in joined.items():
        values: list[Any] = []
        for pos, (subject, row) in enumerate(members):
            value = _show_value(row["value"], row["place"], unit)
            values += [f"{'· ' if pos else ''}{subject}" if subject else "", value]
        words, shown_unit = name_figure(step, unit), name_unit(unit, step)
        parts = (*[part for part in values if part != ""], shown_unit)
        rows.append([f"{words[0].upper()}{words[1:]}", parts, source])
    return rows


def _part_step(step: str) -> tuple[str, str]:
    """Part the name of a figure into what it is of, empty where it is of all, and what it is, in words."""
    if " " in step:
        subject, colon, rest = step.partition(": ")
        return (name_figure(subject, ""), rest) if colon else ("", step)
    name, _, subject = step.partition(".")
    return f"no. {subject}:" if subject.isdigit() else name_figure(subject, ""), name


def _show_value(value: float, place: str, unit: str) -> Number | str:
    """Show a value: a share in percent, a year whole, all else with its digits that count."""
    if is_share(unit) and math.isfinite(value):
        return Number(float(value), f"{100 * value:.6g}%", place)
    if unit == "year" and value == round(value):
        return Number(float(value), f"{value:.0f}", place)
    return short(value, place)


def _draw_counts(counts: list[tuple[str, int]]) -> Markup:
    """Draw one bar: how many figures of each confidence; each part with its number below."""
    width, height = 720.0, 64.0
    total = sum(size for _, size in counts)
    x, last_label = 0.0, -100.0
    parts = []
    for word, size in counts:
        wide = width * size / total
        fill = f' fill="{_FILLS[word]}"' if word in _FILLS else ""
        parts.append(
            f'<rect class="ground-{"drawn" if fill else "med" if word == "med" else "high"}"{fill} x="{x:.1f}" y="2" '
            f'width="{wide:.1f}" height="26"/>'
        )
        label = max(x, last_label)
        parts.append(write_text(label, 46, f"{size} {word}", name="label"))
        last_label = label + 9.0 * len(f"{size} {word}") + 10
        x += wide
    told = ", ".join(f"{size} {word}" for word, size in counts)
    return wrap_picture(
        parts,
        name="grounds-chart",
        width=width,
        height=height,
        title="Figures by confidence",
        description=told,
    )
