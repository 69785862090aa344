"""compare.csv and sites.csv: the tables of the page for a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from chargeplan.compare.figures import list_figures
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.compare.records import Comparison

_DECIMALS = 9
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_figures_csv(comparison: Comparison) -> str:
    """Write a row for each figure: the value of each run, the differences from the first, and what bears on them."""
    first, *others = (run.letter for run in comparison.runs)
    header = ["figure", "unit", "meaning", first]
    for letter in others:
        header += [letter, f"{letter}_less_{first}", f"{letter}_note"]
    rows = []
    for row in list_figures(comparison):
        cells = [row.name, row.unit, row.meaning, _write_number(row.values[0])]
        for value, difference in zip(row.values[1:], row.differences, strict=True):
            notes = [caveat.text for caveat in difference.caveats]
            if difference.is_unproven:
                notes.append("may be due to the gap")
            cells += [_write_number(value), _write_number(difference.value), "; ".join(notes)]
        rows.append(cells)
    return _write([header, *rows])


def write_sites_csv(comparison: Comparison) -> str:
    """Write a row for each station of any run: its size in each, and what becomes of it from the first."""
    first, *others = (run.letter for run in comparison.runs)
    header = ["site_id", "name", "kind", "lon", "lat"]
    for run in comparison.runs:
        header += [
            f"{run.letter}_{name}"
            for name in ("chargers", "power_kw", "served_kwh_day", "cost_pkr", "opened_year")
        ]
    header += [f"from_{first}_to_{letter}" for letter in others]
    rows = []
    for station in comparison.stations:
        cells = [station.site_id, station.name, station.kind, f"{station.lon:.6f}", f"{station.lat:.6f}"]
        for size in station.sizes:
            cells += (
                [""] * 5
                if size is None
                else [
                    str(size.chargers),
                    *map(_write_number, (size.power_kw, size.served_kwh_day, size.cost_pkr)),
                    "" if size.opened_year is None else str(size.opened_year),
                ]
            )
        changes = (station.find_change(0, pos) for pos in range(1, len(comparison.runs)))
        rows.append([*cells, *("" if change is None else change.value for change in changes)])
    return _write([header, *rows])


def guard_cell(text: str) -> str:
    """Clean a text and keep a spreadsheet from running it as a formula.

    Examples
    --------
    >>> guard_cell("=1+1"), guard_cell("Fuel station")
    ("'=1+1", 'Fuel station')
    """
    cleaned = clean_text(text, 2000)
    return f"'{cleaned}" if cleaned.startswith(_FORMULA_SIGNS) else cleaned


def _write_number(value: float) -> str:
    return f"{round(value, _DECIMALS):.12g}" if math.isfinite(value) else ""


def _write(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([cell if _is_number(cell) else guard_cell(cell) for cell in row])
    return out.getvalue()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
