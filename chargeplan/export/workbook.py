"""An Excel workbook for people who plan in spreadsheets; texts are texts, never formulas."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

import pandas as pd

from chargeplan.export.columns import LAYER_COLUMNS
from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile
from chargeplan.export.plan import describe_rights, describe_standing
from chargeplan.export.year_tables import list_year_tables
from chargeplan.publish.attribution import state_licences
from chargeplan.publish.capital_timing import describe_capital_timing
from chargeplan.publish.figure_titles import make_title
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.export.plan import ExportPlan

# A workbook holds the time it was made; this one is the same for every plan.
FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_LONGEST_TEXT = 2000
_WIDEST, _NARROWEST = 48, 8  # characters
_NUMBER_FORMATS = {
    "pkr": '"PKR" #,##0',
    "PKR": '"PKR" #,##0',
    "share": "0.0%",
    "day": "#,##0.0",
    "min": "0.0",
    "kw": "#,##0.0",
    "kva": "#,##0.0",
    "lon": "0.0000000",
    "lat": "0.0000000",
    "people": "#,##0",
    "factor": "0.0000",
    # Units of the sheet Plan, rounded as the report shows them.
    "kWh/day": "#,##0.0",
    "kW": "#,##0",
    "PKR/year": '"PKR" #,##0',
    "PKR per kWh/day": '"PKR" #,##0',
    "hours/day": "0.00",
    "years": "0.0",
    "sites": "#,##0",
    "chargers": "#,##0",
    "pairs": "#,##0",
    "l/year": "#,##0",
    "USD/year": '"USD" #,##0',
    "t/year": "#,##0",
    "kg/year": "#,##0",
}
_DECIMALS_OF_UNITS = {
    **dict.fromkeys(("PKR", "PKR/year", "PKR per kWh/day", "USD/year"), 0),
    **dict.fromkeys(("sites", "chargers", "pairs", "kW", "l/year", "t/year", "kg/year"), 0),
    **dict.fromkeys(("kWh/day", "min", "years"), 1),
    "share": 4,
}
_DECIMALS_ELSE = 3
_SHEET_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet with one heading row.

    Parameters
    ----------
    name : str
    table : pandas.DataFrame
    note : str
        Stands in place of a table without rows.
    remark : str
        Stands below the table, after an empty row.
    """

    name: str
    table: pd.DataFrame
    note: str = ""
    remark: str = ""


def list_workbook_files(plan: ExportPlan) -> list[OutputFile]:
    """List the one file."""
    return [
        OutputFile(
            f"{plan.study}.xlsx",
            ExportFormat.XLSX,
            "the plan, its stations, zones, money and sources as a workbook",
            partial(_write, plan=plan),
            partial(_check, plan=plan),
        )
    ]


def build_sheets(plan: ExportPlan) -> list[Sheet]:
    """Build the tables of all sheets."""
    evaluation = plan.bundle.evaluation
    columns = [
        {"sheet": name, "column": column.name, "meaning": column.meaning}
        for name, layer in (("Stations", "stations"), ("Zones", "zones"))
        for column in LAYER_COLUMNS[layer]
    ]
    warnings = [{"number": at, "warning": text} for at, text in enumerate(evaluation.warnings, start=1)]
    sources = [
        {**source, "limits": " ".join(source["limits"])}  # sentences
        for source in state_licences(plan.bundle)
    ]
    return [
        Sheet(
            "Plan", pd.DataFrame(list(_list_facts(plan)), columns=["what", "value", "unit", "meaning", "key"])
        ),
        Sheet("Stations", plan.stations),
        Sheet("Zones", plan.zones),
        *_list_year_sheets(plan),
        Sheet("Economics", evaluation.economics, "No economics were asked for."),
        Sheet(
            "Cash flow",
            evaluation.economics_by_year,
            "No economics were asked for.",
            describe_capital_timing(plan.bundle) if len(evaluation.economics_by_year) else "",
        ),
        Sheet("Sources", pd.DataFrame(sources), "No source is named."),
        Sheet("Warnings", pd.DataFrame(warnings), "No warnings."),
        Sheet("Columns", pd.DataFrame(columns)),
    ]


def _list_year_sheets(plan: ExportPlan) -> list[Sheet]:
    """List the sheets by year; without any, one that says so."""
    sheets = [Sheet(each.sheet, each.table) for each in list_year_tables(plan)]
    if sheets and sheets[0].name == "Years":
        return sheets
    return [Sheet("Years", pd.DataFrame(), f"The plan is for one year, {plan.bundle.year}."), *sheets]


def _list_facts(plan: ExportPlan) -> Iterator[tuple[str, object, str, str, str]]:
    for at, line in enumerate(describe_standing(plan)):
        yield ("Plan" if at == 0 else "", line, "", "", "")
    yield ("Data and licences", describe_rights(plan), "", "", "")
    yield ("Settings", plan.bundle.config_sha256, "", "SHA-256 of the settings as run", "config_sha256")
    metrics = plan.bundle.evaluation.metrics
    has_risk = bool((metrics.loc[metrics["name"] == "grid_risk", "value"] > 0).any())
    for row in metrics.to_dict("records"):
        name, unit = str(row["name"]), str(row["unit"])
        value = round(float(row["value"]), _DECIMALS_OF_UNITS.get(unit, _DECIMALS_ELSE))
        yield (make_title(name, has_risk=has_risk), value, unit, str(row["meaning"]), name)


def _write(path: Path, *, plan: ExportPlan) -> None:
    import xlsxwriter

    with path.open("wb") as file:
        book = xlsxwriter.Workbook(
            file,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        book.set_properties(
            {"title": clean_text(plan.bundle.area.title), "author": "chargeplan", "created": FIXED_DATE}
        )
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {name: book.add_format({"num_format": code}) for name, code in _NUMBER_FORMATS.items()}
        for sheet in build_sheets(plan):
            _fill_sheet(book.add_worksheet(sheet.name), sheet, heading, formats)
        book.close()


def _fill_sheet(worksheet: Any, sheet: Sheet, heading: Any, formats: dict[str, Any]) -> None:
    names = list(map(str, sheet.table.columns)) or ["note"]
    rows = sheet.table.astype(object).to_numpy().tolist() if len(sheet.table) else [[sheet.note]]
    if not len(sheet.table):
        names = ["note"]
    for at, name in enumerate(names):
        worksheet.write_string(0, at, name, heading)
        texts = [str(row[at]) for row in rows[:200] if not _is_missing(row[at])]
        width = max([len(name), *map(len, texts)])
        worksheet.set_column(at, at, min(max(width + 1, _NARROWEST), _WIDEST))
    at_unit = names.index("unit") if "unit" in names else -1
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row):
            ending = str(row[at_unit]) if names[at] == "value" else names[at].rsplit("_", 1)[-1]
            _write_cell(worksheet, number, at, value, formats.get(ending))
    if sheet.remark:
        worksheet.write_string(len(rows) + 2, 0, sheet.remark)
    worksheet.freeze_panes(1, 0)
    worksheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(0)


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _write_cell(worksheet: Any, row: int, at: int, value: Any, number_format: Any) -> None:
    if _is_missing(value):
        return
    if isinstance(value, bool):
        worksheet.write_boolean(row, at, value)
    elif isinstance(value, int | float):
        if value not in {float("inf"), float("-inf")}:
            worksheet.write_number(row, at, value, number_format)
    else:
        worksheet.write_string(row, at, clean_text(value, _LONGEST_TEXT))


def _check(path: Path, *, plan: ExportPlan) -> list[str]:
    """Read the parts of the workbook: no formula, every sheet, as many rows as were written."""
    faults = []
    with zipfile.ZipFile(path) as book:
        broken = book.testzip()
        if broken:
            return [f"{broken} is damaged"]
        sheets = build_sheets(plan)
        for at, sheet in enumerate(sheets, start=1):
            name = f"xl/worksheets/sheet{at}.xml"
            root = Xml.fromstring(book.read(name))  # noqa: S314 - our own file, written a moment ago
            if root.find(f".//{_SHEET_NAMESPACE}f") is not None:
                faults.append(f"{sheet.name}: holds a formula")
            rows = len(root.findall(f".//{_SHEET_NAMESPACE}row"))
            expected = 1 + max(len(sheet.table), 1) + bool(sheet.remark)
            if rows != expected:
                faults.append(f"{sheet.name}: {rows} rows, expected {expected}")
    return faults
