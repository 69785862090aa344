"""Numbers of the report: each carries the figure it shows and where that stands in the run.

A number becomes a ``data`` element with the unrounded value and the place of the figure, such as
``metrics/served`` or ``sites/n12/cost_pkr``, so that every number that is printed can be held against
run.json and the records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from chargeplan.text import safe_html
from chargeplan.units import format_lakh_crore, format_pkr

NOT_KNOWN = "–"
NEVER = "never"
SHARE_DIGITS = 3  # that `share` shows: what looks equal is put in order by something else


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with its text.

    Parameters
    ----------
    value : float
        As computed.
    text : str
        As shown.
    place : str
        Where the figure stands.
    beside : str
        Small print after it, such as the same amount in crore.
    """

    value: float
    text: str
    place: str
    beside: str = ""

    def __html__(self) -> Markup:
        """Write the number as HTML; Jinja takes it as it is."""
        shown = (
            f'<data value="{self.value!r}" data-of="{safe_html(self.place)}">{safe_html(self.text)}</data>'
        )
        beside = f' <small class="beside">{safe_html(self.beside)}</small>' if self.beside else ""
        return Markup(shown + beside)  # noqa: S704  # escaped above

    def __str__(self) -> str:
        return self.text


def _make(value: float, text: str, place: str, beside: str = "") -> Number | str:
    return Number(float(value), text, place, beside)


def count(value: float, place: str) -> Number | str:
    """Show a whole number."""
    return _make(value, f"{value:,.0f}", place) if math.isfinite(value) else NOT_KNOWN


def number(value: float, place: str, digits: int = 0, unit: str = "") -> Number | str:
    """Show a number with some digits after the point and its unit."""
    if not math.isfinite(value):
        return NOT_KNOWN
    text = f"{value:,.{digits}f}"
    return _make(value, f"{text} {unit}" if unit else text, place)


def share(value: float, place: str) -> Number | str:
    """Show a share in percent."""
    return _make(value, f"{value:.1%}", place) if math.isfinite(value) else NOT_KNOWN


def short(value: float, place: str, unit: str = "") -> Number | str:
    """Show a number with up to six digits that count, as figures of tables are shown."""
    if not math.isfinite(value):
        return NOT_KNOWN
    is_year = unit == "year" and value == round(value)
    text = f"{value:.0f}" if is_year else f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"
    return _make(value, f"{text} {unit}" if unit else text, place)


def money(value: float, place: str) -> Number | str:
    """Show an amount of rupees, with lakh or crore beside it."""
    if not math.isfinite(value):
        return NOT_KNOWN
    crore = format_lakh_crore(value)
    return _make(value, format_pkr(value), place, f"({crore})" if crore else "")


def full_money(value: float, place: str) -> Number | str:
    """Show an amount to the rupee, with lakh or crore beside it."""
    if not math.isfinite(value):
        return NOT_KNOWN
    crore = format_lakh_crore(value)
    return _make(value, f"PKR {value:,.0f}", place, f"({crore})" if crore else "")


def years(value: float, place: str) -> Number | str:
    """Show a time of years; "never" where it is infinite."""
    return _make(value, f"{value:,.1f} years", place) if math.isfinite(value) else NEVER
