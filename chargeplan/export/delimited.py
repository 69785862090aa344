"""CSV tables for spreadsheets: UTF-8 with a mark that Excel knows, and no cell that it could run."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile, find_shifted

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.export.plan import ExportPlan

# A cell that begins with one of them is a formula to some spreadsheet; the last four are their wide forms.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_GUARD = "'"


def list_csv_files(plan: ExportPlan) -> list[OutputFile]:
    """List a table for each layer asked for."""
    return [
        OutputFile(
            f"{plan.study}-{layer}.csv",
            ExportFormat.CSV,
            f"table of {layer}",
            partial(_write, plan=plan, layer=layer),
            partial(_check, plan=plan, layer=layer),
        )
        for layer in plan.options.layers
    ]


def guard_cell(text: str) -> str:
    """Guard a text from being run as a formula: an apostrophe goes before it.

    Examples
    --------
    >>> guard_cell("=1+1"), guard_cell("Shell")
    ("'=1+1", 'Shell')
    """
    return _GUARD + text if text.startswith(_FORMULA_STARTS) else text


def _list_rows(table: pd.DataFrame) -> list[list[str]]:
    return [[_write_cell(value) for value in row] for row in table.astype(object).itertuples(index=False)]


def _write_cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guard_cell(value)
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _write(path: Path, *, plan: ExportPlan, layer: str) -> None:
    table = plan.get_table(layer)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(table.columns)
    writer.writerows(_list_rows(table))
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _check(path: Path, *, plan: ExportPlan, layer: str) -> list[str]:
    table = plan.get_table(layer)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    faults = [] if header == list(table.columns) else [f"columns are {header}"]
    if rows != _list_rows(table):
        faults.append("rows do not read back as they were written")
    if not faults and "lon" in header:
        at_lon, at_lat = header.index("lon"), header.index("lat")
        lon, lat = [float(row[at_lon]) for row in rows], [float(row[at_lat]) for row in rows]
        faults += find_shifted(lon, lat, table["lon"], table["lat"])
    return faults
