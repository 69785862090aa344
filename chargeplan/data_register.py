"""The register of every figure file and layer (data/sources.csv); `register_figures` reads what is in them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.files import find_project_folder

if TYPE_CHECKING:
    from pathlib import Path

REGISTER = "sources.csv"
BY_LINE, IN_NAMES, NOT_STATED = "by line", "in column names", "not stated"
# Weakest first. What nobody stated can be anything, but somebody chose it.
CONFIDENCES = ("assumption", NOT_STATED, "planner", "low", "med", "high")
_COLUMNS = (
    "path",
    "key",
    "topic",
    "what",
    "unit",
    "source",
    "year",
    "licence",
    "confidence",
    "read_by",
    "used",
)
USES = ("always", "study.city", "figures", "grid", "model.rules", "fetch", "demo", "export", "layer")


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A file or layer of the register.

    Parameters
    ----------
    path : str
        In data/; empty for a layer of the planner.
    key : str
        Config key that names another file in its place, or the layer.
    topic, what, unit, source, year, licence, confidence, read_by : str
    used : str
        A word of `USES`: which studies rest on it.
    """

    path: str
    key: str
    topic: str
    what: str
    unit: str
    source: str
    year: str
    licence: str
    confidence: str
    read_by: str
    used: str


def read_data_register(folder: Path | None = None) -> tuple[RegisterRow, ...]:
    """Read data/sources.csv and hold it to the files beside it.

    Raises
    ------
    DataError
        With every line at fault, every file without a line and every line without a file.
    """
    folder = folder or find_project_folder("data")
    faults = FaultCollector(DataError)
    with (folder / REGISTER).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, restkey="", strict=True)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise DataError(f"data/{REGISTER}: expected the columns {', '.join(_COLUMNS)}")
        lines = [(reader.line_num, row) for row in reader]
    rows = []
    for line, row in lines:
        _check_row(f"data/{REGISTER} line {line}", row, faults)
        if "" not in row and None not in row.values():
            rows.append(RegisterRow(**row))
    _check_paths(folder, rows, faults)
    faults.raise_if_any()
    return tuple(rows)


def _check_row(where: str, row: dict[str, str], faults: FaultCollector) -> None:
    if "" in row or None in row.values():
        faults.add(f"{where} does not have {len(_COLUMNS)} cells; put texts with commas in double quotes")
        return
    empty = [name for name in _COLUMNS if not row[name].strip() and name not in ("path", "key")]
    if empty:
        faults.add(f"{where}: {', '.join(empty)} is empty; write {BY_LINE}, {NOT_STATED} or what holds")
    if not row["path"] and not row["key"]:
        faults.add(f"{where} names neither a file nor a config key")
    if row["confidence"] not in (*CONFIDENCES, BY_LINE):
        faults.add(
            f'{where}: confidence is "{row["confidence"]}"; expected {", ".join(CONFIDENCES)} or {BY_LINE}'
        )
    if row["used"] not in USES:
        faults.add(f'{where}: used is "{row["used"]}"; expected {", ".join(USES)}')


def _check_paths(folder: Path, rows: list[RegisterRow], faults: FaultCollector) -> None:
    named = [row.path for row in rows if row.path]
    twice = sorted({path for path in named if named.count(path) > 1})
    there = {path.relative_to(folder).as_posix() for path in list_data_files(folder)}
    for text, paths in (
        ("has more than one line for", twice),
        ("has no line for", sorted(there - set(named))),
        ("names what is not in data/:", sorted(set(named) - there)),
    ):
        if paths:
            faults.add(f"data/{REGISTER} {text} {name_rows(paths)}")


def list_registered_files(folder: Path) -> list[str]:
    """List the register and the files that it names, relative to the folder."""
    path = folder / REGISTER
    if not path.is_file():
        return [REGISTER]
    with path.open(encoding="utf-8", newline="") as file:
        return [REGISTER, *(row["path"] for row in csv.DictReader(file) if row.get("path"))]


def list_data_files(folder: Path) -> list[Path]:
    """List the files that must be in the register: all but notes, the register and the cache."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in (REGISTER, "README.md")
        and not path.relative_to(folder).parts[0].startswith(("cache", "."))
        and path.suffix != ".pyc"
    )
