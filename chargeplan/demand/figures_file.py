"""Small CSV files of figures with their source, year and confidence."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from chargeplan.demand.vector_layer import describe_missing_column
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file, require_file

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import FigureFiles

Row = dict[str, str]
# In which folder of data/ each file is that the planner may replace through demand.figures.
FOLDERS = {
    **dict.fromkeys(("arrivals", "charger_types", "stock", "sales", "sharing"), "fleet"),
    **dict.fromkeys(("city_registrations", "city_electric", "policy_targets", "recorded"), "fleet"),
    **dict.fromkeys(("place_weights", "place_dwell", "depot_weights", "traffic_flow"), "demand"),
    **dict.fromkeys(("layers", "people_spread"), "demand"),
}
_YEARS = (1900, 2200)


def name_figures(name: str, own: FigureFiles | None) -> str:
    """Name a file of figures: that of the project, or the key and the file of the planner's in its place."""
    path: Path | None = getattr(own, name, None)
    return f"data/{FOLDERS[name]}/{name}.csv" if path is None else f"demand.figures.{name}: {path.name}"


def read_figures(name: str, own: FigureFiles | None, columns: tuple[str, ...]) -> list[tuple[str, Row]]:
    """Read the rows of a file of figures, each with the words that say where it stands.

    Parameters
    ----------
    name : str
        One of `FOLDERS`.
    own : FigureFiles or None
        The planner's files; those that are left out are the project's.
    columns : tuple of str

    Raises
    ------
    DataError
        As `read_figure_rows`.
    """
    path: Path | None = getattr(own, name, None)
    key = name_figures(name, None) if path is None else f"demand.figures.{name}"
    rows = read_figure_rows(path or find_data_file(FOLDERS[name], f"{name}.csv"), key, columns)
    return [(f"{name_figures(name, own)} line {line}", row) for line, row in rows]


def read_figure_rows(path: Path, key: str, columns: tuple[str, ...]) -> list[tuple[int, Row]]:
    """Read the rows of a CSV file with their line numbers; further columns are allowed.

    Raises
    ------
    DataError
        When the file is missing, not UTF-8, or lacks a column or has it twice, or a row has
        too few or too many cells.
    """
    require_file(path, key)
    faults = FaultCollector(DataError)
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval=None, strict=True)
            present = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = present
            for column in columns:
                if present.count(column) > 1:
                    faults.add(f'{key}: {path.name} has the column "{column}" more than once; keep one')
                if column not in present:
                    faults.add(describe_missing_column(key, path.name, column, present))
            faults.raise_if_any()
            for row in reader:
                if "" in row or None in row.values():
                    faults.add(
                        f"{key}: {path.name} line {reader.line_num} does not have {len(present)} cells; "
                        f"put texts with commas in double quotes"
                    )
                    continue
                rows.append((reader.line_num, {name: str(row[name]).strip() for name in columns}))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{key}: {path} cannot be read as CSV in UTF-8: {error}; save it so") from error
    faults.raise_if_any()
    if not rows:
        raise DataError(f"{key}: {path} has a header and no rows; get the file again")
    return rows


def parse_year(text: str, where: str, faults: FaultCollector) -> int:
    """Read a year; add a fault and return 0 otherwise."""
    if text.isascii() and text.isdigit() and _YEARS[0] <= int(text) <= _YEARS[1]:
        return int(text)
    faults.add(f'{where} is "{text}"; expected a year of four digits')
    return 0


def parse_not_negative(text: str, where: str, faults: FaultCollector, *, largest: float = math.inf) -> float:
    """Read a number of at least 0 (and at most `largest`); add a fault and return NaN otherwise."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 <= value <= largest):
        upper = "" if math.isinf(largest) else f" and at most {largest:g}"
        faults.add(f'{where} is "{text}"; expected a number of at least 0{upper}')
        return math.nan
    return value
