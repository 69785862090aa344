"""index.html of a sweep: one file with the curve, its proof, a table and the settings; no script at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.sweep.chart import draw_chart
from chargeplan.sweep.measure import name_unit
from chargeplan.sweep.table import (
    compute_slopes,
    describe_knee,
    describe_nesting,
    format_rows,
    list_headings,
    list_rows,
    name_curve_measure,
    raise_first,
)
from chargeplan.sweep.values import BUDGET_KEY, SITES_KEY
from chargeplan.text import clean_text, safe_html, to_json
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from chargeplan.sweep.records import Curve

_WIDE, _NARROW = (980.0, 440.0), (360.0, 320.0)
_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_WORDS = {"outcome"}  # columns of words, not of numbers


def build_page(curve: Curve, *, attribution: str, run_info: dict[str, Any]) -> str:
    """Build the page; the same curve gives the same bytes.

    Every text from data goes through `safe_html`. The content security policy forbids all
    requests and all scripts.

    Parameters
    ----------
    curve : Curve
    attribution : str
        Who the data are from.
    run_info : dict
        Versions and seed.
    """
    title = f"{clean_text(curve.records.area.title)}: {_name_curve(curve)}"
    styles = Path(__file__).with_name("page.css").read_text(encoding="utf-8").strip()
    body = [
        '<p class="eyebrow">chargeplan sweep</p>',
        f"<h1>{safe_html(title)}</h1>",
        f'<p class="lead">{safe_html(_write_lead(curve))}</p>',
        *_write_notices(curve),
        '<section class="card" aria-label="Curve">',
        draw_chart(curve, width=_WIDE[0], height=_WIDE[1], name="wide"),
        draw_chart(curve, width=_NARROW[0], height=_NARROW[1], name="narrow"),
        _write_key(curve),
        f'<p class="note">{safe_html(_describe_axes(curve))}</p>',
        "</section>",
        "<h2>Points</h2>",
        f'<section class="card">{_write_table(curve)}</section>',
        "<h2>How to read it</h2>",
        *(f'<p class="note">{safe_html(note)}</p>' for note in _list_notes(curve)),
        _write_warnings(curve),
        _write_settings(curve, run_info),
        f'<p class="note">{safe_html(attribution)}</p>' if attribution else "",
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{safe_html(title)}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>\n{styles}\n</style>",
            "</head>",
            "<body>",
            "<main>",
            *(part for part in body if part),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _name_curve(curve: Curve) -> str:
    words = {BUDGET_KEY: "budget", SITES_KEY: "the number of new sites"}
    return f"coverage against {words.get(curve.vary.key, curve.vary.key)}"


def _write_lead(curve: Curve) -> str:
    """Say first, in one line, what a reader came for; the reasons are among the notes."""
    if curve.knee.pos is None:
        return "The curve has no clear knee." if curve.vary.is_limit else "The curve has no knee."
    point = curve.points[curve.knee.pos]
    return (
        f"Knee at {curve.vary.name_value(point.value)}: {point.get_metric('served_share'):.1%} of all demand "
        f"served with {point.get_metric('new_sites'):,.0f} new stations."
    )


def _describe_slopes(curve: Curve) -> str:
    """Say what a further million rupees serves on both sides of the knee; empty where it is not known."""
    if curve.knee.pos is None:
        return ""
    up_to, beyond = compute_slopes(curve)
    if up_to is None or beyond is None:
        return ""
    unit = name_unit(name_curve_measure(curve))
    return f"Up to the knee a further million rupees serves {up_to:,.1f} {unit} on average, beyond it {beyond:,.1f}."


def _write_notices(curve: Curve) -> list[str]:
    notices = []
    if curve.records.area.is_schematic:
        notices.append("Schematic: the streets are drawn from a plan and not surveyed.")
    if curve.was_stopped:
        notices.append("The sweep was stopped by the user: it holds the points that were finished.")
    return [f'<p class="notice">{safe_html(notice)}</p>' for notice in notices]


def _write_key(curve: Curve) -> str:
    entries = [
        (
            '<line class="plan" x1="0" x2="26" y1="7" y2="7"/><circle class="point" cx="13" cy="7" r="4.5"/>',
            "nested plan, verified" if curve.is_nested else "best plan found, verified",
        ),
        (
            '<rect class="band" x="0" y="1" width="26" height="12"/><line class="bound" x1="0" x2="26" y1="1" y2="1"/>',
            "up to the proven bound: no plan can lie above",
        ),
    ]
    if curve.is_nested:
        entries.append(('<line class="free" x1="0" x2="26" y1="7" y2="7"/>', "best plan without nesting"))
    if curve.knee.pos is not None:
        entries.append(('<circle class="knee" cx="13" cy="7" r="6"/>', "knee"))
    if any(point.solution is None for point in curve.points):
        entries.append(('<path class="none" d="M9,3l8,8m0,-8l-8,8"/>', "no plan: see the table"))
    items = "".join(
        f'<li><svg viewBox="0 0 26 14" aria-hidden="true">{mark}</svg>{safe_html(text)}</li>'
        for mark, text in entries
    )
    return f'<ul class="key">{items}</ul>'


def _describe_axes(curve: Curve) -> str:
    measure = name_curve_measure(curve)
    text = (
        f"Left axis: {name_unit(measure)}, what a plan maximises; right axis and the percentages at the points: the "
        f"same as a share of the public demand of {curve.demand_kwh_day:,.0f} kWh/day. The proof holds at the "
        f"points; the lines between them only lead the eye."
    )
    if "graded" in measure:
        text += " Graded: a long drive counts for less, by the travel-time bands."
    if "mean" in measure:
        text += " Mean of years: by their weights."
    if measure:
        text += (
            " Served, in the table and at the top, is plain energy of the last year, however long the drive."
        )
    return text


def _list_notes(curve: Curve) -> list[str]:
    depends = " It depends on the range of values." if curve.knee.pos is not None else ""
    notes = [f"{raise_first(describe_knee(curve))}.{depends}", _describe_slopes(curve)]
    if curve.vary.is_limit:
        notes.append(
            "A plan for a smaller value is a plan for a larger one, and a bound for a larger value holds for a "
            "smaller one: both are carried along the curve."
        )
    else:
        notes.append(
            "This setting does more than widen a limit: the points stand side by side, each with its own proof."
        )
    nesting = describe_nesting(curve)
    if nesting:
        notes.append(
            f"Each larger plan keeps the stations and chargers of the smaller. {raise_first(nesting)}. Gap and bound "
            f"are those of all plans, nested or not."
        )
    notes.append("Every plan was checked without the solver before this page was written.")
    return [note for note in notes if note]


def _write_table(curve: Curve) -> str:
    headings = list_headings(curve)
    head = "".join(
        f'<th scope="col"{_choose_class(name)}>{safe_html(text)}</th>' for name, text in headings.items()
    )
    rows = [
        _write_row(headings, texts, row)
        for texts, row in zip(format_rows(curve), list_rows(curve), strict=True)
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _choose_class(name: str) -> str:
    return ' class="words"' if name in _WORDS else ""


def _write_row(headings: dict[str, str], texts: dict[str, str], row: dict[str, Any]) -> str:
    first, *others = headings
    mark = " (knee)" if row["is_knee"] else ""
    cells = [f'<th scope="row">{safe_html(texts[first] + mark)}</th>']
    badge = f'<span class="{_choose_badge(row["outcome"])}">{safe_html(texts["outcome"])}</span>'
    if row["reason"]:
        cells.append(
            f'<td class="words reason" colspan="{len(others)}">{badge} {safe_html(row["reason"])}</td>'
        )
    else:
        for name in others:
            shown = badge if name == "outcome" else safe_html(texts[name] or "–")
            cells.append(f'<td{_choose_class(name)} data-name="{safe_html(headings[name])}">{shown}</td>')
    kind = ' class="is-knee"' if row["is_knee"] else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _choose_badge(outcome: str) -> str:
    if outcome.startswith(Outcome.PROVEN_OPTIMAL.value):
        return "badge proven"
    return "badge" if outcome.startswith("WITHIN") else "badge nothing"


def _write_warnings(curve: Curve) -> str:
    """Write the warnings of the knee's plan; those of the others are in curve.json."""
    point = curve.main_point
    if point.evaluation is None or not point.evaluation.warnings:
        return ""
    items = "".join(f"<li>{safe_html(warning)}</li>" for warning in point.evaluation.warnings)
    title = f"Warnings about the plan at {curve.vary.name_value(point.value)}"
    return f'<h2>{safe_html(title)}</h2><ul class="warnings">{items}</ul>'


def _write_settings(curve: Curve, run_info: dict[str, Any]) -> str:
    settings = to_json(dict(curve.settings_as_run))
    # `safe_html` makes one line of a text; the settings keep theirs.
    lines = "\n".join(
        " " * (len(line) - len(line.lstrip())) + safe_html(line) for line in settings.splitlines()
    )
    versions = safe_html(", ".join(f"{name} {value}" for name, value in sorted(run_info["versions"].items())))
    return (
        f"<details><summary>Settings as run, with {safe_html(curve.vary.key)} at its first value</summary>"
        f"<pre>{lines}</pre></details>"
        f'<p class="note">chargeplan {safe_html(run_info["chargeplan"])}, seed {run_info["seed"]}; {versions}. '
        f'Files: <a href="curve.csv">curve.csv</a>, <a href="curve.json">curve.json</a>, points/*/sites.geojson.</p>'
    )
