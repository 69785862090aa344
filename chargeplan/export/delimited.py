"""CSV tables for spreadsheets: UTF-8 with a mark that Excel knows, and no cell that it could run."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.year_tables import list_year_tables
from chargeplan.text import guard_cell

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.export.plan import ExportPlan


def list_csv_files(plan: ExportPlan) -> list[OutputFile]:
    """List a table for each layer asked for, then those by year of a plan that has them."""
    tables = [(str(layer), f"table of {layer}", plan.get_table(layer)) for layer in plan.options.layers]
    tables += [
        (by_year.name, f"table of the sheet {by_year.sheet}", by_year.table)
        for by_year in list_year_tables(plan)
        if by_year.layer is None or by_year.layer in plan.options.layers
    ]
    return [
        OutputFile(
            f"{plan.study}-{name}.csv",
            ExportFormat.CSV,
            holds,
            partial(_write, table=table),
            partial(_check, table=table),
        )
        for name, holds, table in tables
    ]


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


def _write(path: Path, *, table: pd.DataFrame) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(table.columns)
    writer.writerows(_list_rows(table))
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _check(path: Path, *, table: pd.DataFrame) -> list[str]:
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
