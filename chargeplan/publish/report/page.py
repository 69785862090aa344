"""report.html and, for many stations, site-sheets.html: pages without a script, made to be printed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chargeplan.publish.attribution import describe_attribution, state_licences
from chargeplan.publish.capital_timing import describe_capital_timing
from chargeplan.publish.report.curve import describe_curve
from chargeplan.publish.report.drawing import PATTERNS
from chargeplan.publish.report.grounds import collect_figures, describe_grounds
from chargeplan.publish.report.money import describe_costs, describe_economics
from chargeplan.publish.report.proof import describe_proof, describe_rules
from chargeplan.publish.report.roads import RoadLines
from chargeplan.publish.report.served import describe_served
from chargeplan.publish.report.sheets import list_sheets
from chargeplan.publish.report.sketch import draw_sketch
from chargeplan.publish.report.stations import (
    collect_stations,
    describe_feeders,
    describe_use,
    has_figures,
    list_stations,
)
from chargeplan.publish.report.summary import (
    describe_outcome_line,
    list_asked,
    list_decided,
    list_key_figures,
)
from chargeplan.publish.report.urdu import describe_urdu, read_words
from chargeplan.text import clean_text, safe_html
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.publish.bundle import RunBundle

REPORT_NAME, SHEETS_NAME = "report.html", "site-sheets.html"
# More sheets than this go to a file of their own, so that the report stays light and can be read.
MOST_SHEETS_INSIDE = 60
TEMPLATE_FOLDER = Path(__file__).resolve().parent / "templates"
_LONGEST_TEXT = 2000
_HEAD_CHARACTERS = 70


@dataclass(frozen=True, slots=True)
class Report:
    """The pages of a report.

    Parameters
    ----------
    report : str
        report.html.
    sheets : str
        site-sheets.html; empty where the sheets are inside the report.
    """

    report: str
    sheets: str


def build_report(
    bundle: RunBundle, *, curve: Mapping[str, Any] | None = None, sheets_name: str = SHEETS_NAME
) -> Report:
    """Build the report of a run; the same bundle (and curve) gives the same bytes.

    Every text from data is escaped once, on its way into the page; the content security policy
    forbids all requests and all scripts.

    Parameters
    ----------
    bundle : RunBundle
    curve : mapping or None
        curve.json of a sweep of the same study, see `curve.read_curve`.
    sheets_name : str
        Name of the file of the sheets, where they are not inside.
    """
    roads = RoadLines(bundle.network)
    stations = collect_stations(bundle)
    sheets = list_sheets(bundle, stations, roads)
    is_apart = has_sheets_apart(bundle)
    shared = {
        "title": clean_text(bundle.area.title),
        "year": bundle.year,
        "is_schematic": bundle.area.is_schematic,
        "attribution": describe_attribution(bundle),
        "patterns": PATTERNS,
        "outcome": describe_outcome_line(bundle),
        "crs": bundle.area.crs,
        "sheet_words": read_words()["sheet"],
    }
    figures = collect_figures(bundle)
    n_assumptions = int((figures["confidence"] == "assumption").sum())
    page = _render(
        "report.jinja",
        shared
        | {
            "asked": list_asked(bundle),
            "key_figures": list_key_figures(bundle),
            "decided": list_decided(bundle),
            "sketch": draw_sketch(bundle, stations, roads),
            "urdu": describe_urdu(bundle, n_assumptions=n_assumptions),
            "n_assumptions": n_assumptions,
            "grounds": describe_grounds(bundle),
            "costs": describe_costs(bundle),
            "served": describe_served(bundle),
            "curve": None if curve is None else describe_curve(curve, bundle),
            "use": describe_use(stations),
            "has_waits": has_figures(stations, "peak_wait_min"),
            "feeders": describe_feeders(bundle),
            "rules": describe_rules(bundle),
            "economics": describe_economics(bundle),
            "capital_timing": describe_capital_timing(bundle),
            "proof": describe_proof(bundle),
            "warnings": [clean_text(warning, _LONGEST_TEXT) for warning in bundle.evaluation.warnings],
            "sources": state_licences(bundle),
            "stations": list_stations(stations),
            "run": bundle.run_info,
            "config_sha256": bundle.config_sha256,
            "sheets": [] if is_apart else sheets,
            "n_sheets": len(sheets),
            "sheets_name": sheets_name if is_apart else "",
        },
    )
    return Report(page, _render("sheets.jinja", shared | {"sheets": sheets}) if is_apart else "")


def has_sheets_apart(bundle: RunBundle) -> bool:
    """Tell whether the sheets go to a file of their own: there is one for each new station."""
    is_new = (bundle.solution.chargers > 0) & ~bundle.sites.has_status(SiteStatus.EXISTING)
    return int(is_new.sum()) > MOST_SHEETS_INSIDE


def _render(name: str, data: Mapping[str, Any]) -> str:
    environment = get_environment()
    styles = environment.loader.get_source(environment, "report.css")[0].strip()  # type: ignore[union-attr]
    head = clean_text(f"{data['title']}, {data['year']}", _HEAD_CHARACTERS)
    styles = styles.replace("@@HEAD@@", write_css_text(head))
    styles = styles.replace("@@OUTCOME@@", write_css_text(data["outcome"]["text"]))
    digest = base64.b64encode(hashlib.sha256(f"\n{styles}\n".encode()).digest()).decode()
    return environment.get_template(name).render(
        **data,
        styles=Markup(styles),  # noqa: S704  # ours, with texts from data in hexadecimal digits
        styles_sha256=digest,
    )


@lru_cache(maxsize=1)
def get_environment() -> Environment:
    """Make the environment of the templates: every value is escaped, on its way into the page and nowhere else."""
    return Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _escape(value: object) -> object:
    """Escape a text from data with the one escape of the project; what is HTML already stays."""
    if hasattr(value, "__html__"):
        return value
    if value is None:
        return ""
    return Markup(safe_html(value, _LONGEST_TEXT))  # noqa: S704  # escaped


def write_css_text(text: str) -> str:
    r"""Write a text for a style sheet: every character that is no letter or digit of ASCII as its number.

    Examples
    --------
    >>> write_css_text('A";}')
    'A\\000022\\00003B\\00007D'
    """
    return "".join(
        character if character.isascii() and character.isalnum() else f"\\{ord(character):06X}"
        for character in text
    )
