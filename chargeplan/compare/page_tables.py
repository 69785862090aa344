"""The tables of the page as HTML; every text from data goes through `safe_html`."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from chargeplan.compare.figures import Difference, FigureRow, Judgement, format_value, list_figures
from chargeplan.compare.setting_changes import describe_variant
from chargeplan.compare.words import list_proof_notes, list_verdicts
from chargeplan.text import safe_html
from chargeplan.words import Outcome, PlanObjective

if TYPE_CHECKING:
    from chargeplan.compare.records import ComparedRun, Comparison

_UNITS_IN_VALUES = {
    "share",
    "PKR",
    "PKR/year",
    "sites",
    "chargers",
    "pairs",
}  # in the value or the title already
_ARROWS = {True: "▲", False: "▼"}


def write_run_cards(comparison: Comparison) -> str:
    """Write a card for each run: what sets it apart, its outcome, its main figures."""
    cards = "".join(_write_card(comparison, pos) for pos in range(len(comparison.runs)))
    return f'<ul class="run-cards" aria-label="The plans">{cards}</ul>'


def write_figures(comparison: Comparison) -> str:
    """Write the table of all figures, by group, with the differences from the first run."""
    rows = list_figures(comparison)
    base = comparison.base.letter
    heads = [
        '<th scope="col">Figure</th>',
        f'<th scope="col" class="n">{_write_letter(comparison.base)}</th>',
    ]
    for run in comparison.runs[1:]:
        heads.append(f'<th scope="col" class="n">{_write_letter(run)}</th>')
        heads.append(f'<th scope="col" class="n">{safe_html(run.letter)} less {safe_html(base)}</th>')
    heads.append('<th scope="col" class="meaning">What it is</th>')
    notes: dict[str, int] = {}
    bodies = []
    width = len(heads)
    for group, members in groupby(rows, key=lambda row: row.group):
        lines = "".join(_write_figure(row, notes, comparison) for row in members)
        head = f'<tr class="group"><th scope="rowgroup" colspan="{width}">{safe_html(group)}</th></tr>'
        bodies.append(f"<tbody>{head}{lines}</tbody>")
    table = f'<table class="figures"><thead><tr>{"".join(heads)}</tr></thead>{"".join(bodies)}</table>'
    told = "".join(
        f'<li id="note-{number}"><sup>{number}</sup> {safe_html(text)}</li>' for text, number in notes.items()
    )
    listed = f'<ul class="footnotes">{told}</ul>' if told else ""
    return f"{_put_in_card(table, 'Table of figures')}{listed}"


def write_proofs(comparison: Comparison) -> str:
    """Write the proof of each run and what it says of the differences."""
    rows = []
    for run in comparison.runs:
        solution = run.bundle.solution
        shown = _show_objective(run)
        rows.append(
            f'<tr><th scope="row">{_write_letter(run)} <span class="faint">{safe_html(run.label)}</span></th>'
            f'<td>{_write_badge(run)}</td><td class="n">{safe_html(shown[0])}</td>'
            f'<td class="n">{safe_html(shown[1])}</td>'
            f"<td>{safe_html(f'{solution.proof_text}; {solution.solver}, stopped by {solution.stopped_by}')}</td></tr>"
        )
    heads = "".join(
        f'<th scope="col"{kind}>{text}</th>'
        for text, kind in (
            ("Plan", ""),
            ("Outcome", ""),
            ("Objective", ' class="n"'),
            ("Bound", ' class="n"'),
            ("What is proven", ""),
        )
    )
    told = [*list_verdicts(comparison), *list_proof_notes(comparison)]
    verdicts = "".join(f"<li>{safe_html(text)}</li>" for text in told)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return (
        f'{_put_in_card(table, "Table of proofs")}<ul class="footnotes">{verdicts}'
        "<li>The figures of each plan are exact: they were recomputed without the solver. A gap leaves open how good "
        "the best possible plan for the same settings is.</li></ul>"
    )


def _show_objective(run: ComparedRun) -> tuple[str, str]:
    """Show what the search made large or small, and its bound; the worst zone first where it came first."""
    solution = run.bundle.solution
    if run.bundle.problem.objective is PlanObjective.COST:
        return format_value(solution.cost_pkr, "PKR"), format_value(solution.cost_bound_pkr, "PKR")
    found, bound = (
        f"{format_value(value, 'kWh/day')} kWh/day"
        for value in (solution.objective_kwh_day, solution.bound_kwh_day)
    )
    if math.isnan(solution.worst_share):
        return found, bound
    worst, most = (
        f"{format_value(value, 'share')} of the worst zone"
        for value in (solution.worst_share, solution.worst_share_bound)
    )
    return f"{worst}, then {found}", f"{most}; {bound} for plans that serve theirs as well"


def write_changes(comparison: Comparison) -> str:
    """Write the settings that differ, and what they do to the figures."""
    if not comparison.changes:
        return '<p class="note">None: the runs have the same settings and the same input files.</p>'
    heads = "".join(f'<th scope="col">{_write_letter(run)}</th>' for run in comparison.runs)
    rows = "".join(
        f'<tr><th scope="row"><code>{safe_html(change.key)}</code></th>'
        + "".join(
            f'<td dir="auto"{"" if shown == change.shown[0] else " class=changed"}>{safe_html(shown)}</td>'
            for shown in change.shown
        )
        + "</tr>"
        for change in comparison.changes
    )
    notes = "".join(
        f"<li><code>{safe_html(', '.join(caveat.keys))}</code>: {safe_html(caveat.text)}"
        f"{'; such figures are not compared' if caveat.is_barred else ''}.</li>"
        for caveat in comparison.caveats
    )
    listed = f'<ul class="footnotes">{notes}</ul>' if notes else ""
    head = f'<thead><tr><th scope="col">Setting</th>{heads}</tr></thead>'
    table = f'<table class="settings">{head}<tbody>{rows}</tbody></table>'
    return f"{_put_in_card(table, 'Table of settings')}{listed}"


def _put_in_card(table: str, name: str) -> str:
    """Put a table where it can be scrolled sideways, by keys too."""
    return f'<div class="sheet-card scroll" tabindex="0" role="group" aria-label="{name}">{table}</div>'


def _write_card(comparison: Comparison, pos: int) -> str:
    run = comparison.runs[pos]
    metric = run.bundle.evaluation.get_metric
    variant = describe_variant(comparison.changes, pos)
    figures = (
        ("Demand served", format_value(metric("served_share"), "share")),
        ("Cost", format_value(metric("cost"), "PKR")),
        ("New stations", format_value(metric("new_sites"), "")),
        ("New chargers", format_value(metric("new_chargers"), "")),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{safe_html(text)}</dd></div>" for name, text in figures)
    return (
        f'<li class="run-card"><h2>{_write_letter(run)} <span dir="auto">{safe_html(variant or run.label)}</span></h2>'
        f'<p class="run-label" dir="auto">{safe_html(run.label if variant else "")}</p>'
        f"<p>{_write_badge(run)}</p><dl>{listed}</dl></li>"
    )


def _write_letter(run: ComparedRun) -> str:
    return f'<span class="letter">{safe_html(run.letter)}</span>'


def _write_badge(run: ComparedRun) -> str:
    solution = run.bundle.solution
    proven = " proven" if solution.outcome is Outcome.PROVEN_OPTIMAL else ""
    return f'<span class="badge{proven}">{safe_html(solution.outcome_text)}</span>'


def _write_figure(row: FigureRow, notes: dict[str, int], comparison: Comparison) -> str:
    unit = f' <span class="unit">{safe_html(row.unit)}</span>' if row.unit not in _UNITS_IN_VALUES else ""
    cells = [
        f'<th scope="row">{safe_html(row.title)}{unit}</th>',
        f'<td class="n">{safe_html(row.texts[0])}</td>',
    ]
    for pos, difference in enumerate(row.differences, start=1):
        cells.append(f'<td class="n">{safe_html(row.texts[pos])}</td>')
        cells.append(_write_difference(difference, notes, comparison, pos))
    cells.append(f'<td class="meaning">{safe_html(row.meaning)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _write_difference(difference: Difference, notes: dict[str, int], comparison: Comparison, pos: int) -> str:
    """Write a difference with an arrow, the word better or worse, and the numbers of its notes."""
    texts = [caveat.text for caveat in difference.caveats]
    if difference.is_unproven:
        texts.append(
            f"{comparison.runs[pos].letter}: the difference may be due to the gap; see what is proven"
        )
    marks = ", ".join(
        f'<a href="#note-{number}">{number}</a>'
        for number in (notes.setdefault(text, len(notes) + 1) for text in texts)
    )
    sup = f"<sup>{marks}</sup>" if marks else ""
    is_number = difference.value == difference.value and difference.value != 0
    arrow = (
        f'<span class="arrow" aria-hidden="true">{_ARROWS[difference.value > 0]}</span> ' if is_number else ""
    )
    kind = " soft" if not is_number else ""
    shown = safe_html(difference.text).replace(" %", "&nbsp;%")
    word = (
        f' <span class="judged {difference.judgement.value}">{difference.judgement.value}</span>'
        if difference.judgement is not Judgement.NONE and is_number
        else ""
    )
    return f'<td class="n difference{kind}">{arrow}{shown}{sup}{word}</td>'
