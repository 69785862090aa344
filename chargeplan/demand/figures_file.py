"""Small CSV files of figures with their source, year and confidence."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from chargeplan.demand.vector_layer import describe_missing_column
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import require_file

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str]


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
