"""index.html of a comparison: two maps under a divider, and every figure, setting and proof below them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.compare.chart import draw_chart
from chargeplan.compare.page_data import build_compare_data, build_road_data, credit_runs
from chargeplan.compare.page_tables import write_changes, write_figures, write_proofs, write_run_cards
from chargeplan.compare.words import describe_axes, list_notices, list_verdicts, write_lead
from chargeplan.publish.map_page import (
    CSP_MARK,
    fill_script_hashes,
    read_leaflet,
    read_template,
)
from chargeplan.text import clean_text, safe_html, to_script_json

if TYPE_CHECKING:
    from chargeplan.compare.records import Comparison

_TEMPLATE_FOLDER = Path(__file__).resolve().parent / "templates"
# What draws roads, names, demand and cards on the map of a plan; the rest of its scripts fill its panel.
_MAP_SCRIPTS = (
    "core.js",
    "view.js",
    "language.js",
    "canvas.js",
    "roads.js",
    "labels.js",
    "places.js",
    "cells.js",
    "demand.js",
    "sites.js",
    "card.js",
)
_WIDE, _NARROW = (980.0, 420.0), (360.0, 320.0)
_CSP = (
    f"default-src 'none'; script-src {CSP_MARK}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def build_page(comparison: Comparison) -> str:
    """Build the page; the same runs give the same bytes.

    Every text from data goes through `safe_html`, or as JSON through `to_script_json`. The content security
    policy forbids all requests and all scripts but the page's own.
    """
    title = " against ".join(run.letter for run in comparison.runs)
    title = f"{clean_text(comparison.base.bundle.area.title)}: {title}"
    page = "\n".join(
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
            *(f"<style>\n{styles}\n</style>" for styles in _read_styles()),
            "</head>",
            "<body>",
            "<main>",
            *(part for part in _list_parts(comparison) if part),
            "</main>",
            *_list_data(comparison),
            *(f"<script>\n{script}\n</script>" for script in _read_scripts()),
            "</body>",
            "</html>",
            "",
        ]
    )
    return fill_script_hashes(page)


def _list_parts(comparison: Comparison) -> list[str]:
    verdicts = "".join(f"<li>{safe_html(text)}</li>" for text in list_verdicts(comparison))
    return [
        "<header>",
        '<p class="eyebrow">Plans compared</p>',
        f'<h1 dir="auto">{safe_html(comparison.base.bundle.area.title)}</h1>',
        f'<p class="lead">{safe_html(write_lead(comparison))}</p>',
        f'<ul class="verdicts" aria-label="What is proven">{verdicts}</ul>',
        *(f'<p class="notice">{safe_html(notice)}</p>' for notice in list_notices(comparison)),
        write_run_cards(comparison),
        "</header>",
        _read("map.html"),
        '<section aria-labelledby="settings-title"><h2 id="settings-title">Settings that differ</h2>',
        write_changes(comparison),
        "</section>",
        '<section aria-labelledby="figures-title"><h2 id="figures-title">Figures</h2>',
        write_figures(comparison),
        "</section>",
        '<section aria-labelledby="chart-title"><h2 id="chart-title">Cost and coverage</h2><div class="sheet-card">',
        draw_chart(comparison, width=_WIDE[0], height=_WIDE[1], name="wide"),
        draw_chart(comparison, width=_NARROW[0], height=_NARROW[1], name="narrow"),
        f'<p class="note">{safe_html(describe_axes(comparison))}</p></div></section>',
        '<section aria-labelledby="proof-title"><h2 id="proof-title">What is proven</h2>',
        write_proofs(comparison),
        "</section>",
        _read("stations.html"),
        f'<footer><p class="note" dir="auto">{safe_html(credit_runs(comparison))}</p></footer>',
    ]


def _list_data(comparison: Comparison) -> list[str]:
    roads, names = build_road_data(comparison)
    return [
        f'<script type="application/json" id="{name}">{to_script_json(data)}</script>'
        for name, data in (
            ("compare-data", build_compare_data(comparison)),
            ("roads-data", roads),
            ("names-data", names),
        )
    ]


def _read_styles() -> tuple[str, ...]:
    return read_leaflet()[1], read_template("page.css"), _read("compare.css")


def _read_scripts() -> tuple[str, ...]:
    library = "\n".join(read_template(name) for name in _MAP_SCRIPTS)
    return (
        read_leaflet()[0],
        # The code of the plan's map as a function: each side of the divider has a state of its own.
        f"var makePlanCode = function () {{\n{library}\nreturn chargeplan;\n}};",
        "\n".join(_read(name) for name in ("maps.js", "divider.js", "stations.js", "print.js", "compare.js")),
    )


def _read(name: str) -> str:
    return (_TEMPLATE_FOLDER / name).read_text(encoding="utf-8").strip()
