"""The register of every figure file and layer (data/sources.csv), and the figures in them.

A figure is a line of a CSV table, or a mapping with ``value`` in a YAML file. Where the register
says "by line", each figure carries its own unit, source, year or confidence; else what the register
says holds for the whole file.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.files import find_project_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
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
USES = ("always", "study.city", "figures", "grid", "model.rules", "fetch", "demo", "layer")
_ORIGIN = ("unit", "source", "year", "confidence")
_BESIDES = (*_ORIGIN, "address", "note")
# Endings of column names that are units; further columns of numbers need a unit.
_UNIT_ENDINGS = (
    "km2",
    "km",
    "m",
    "kmh",
    "kw",
    "kwh",
    "pkr",
    "share",
    "lon",
    "lat",
    "id",
    "level",
    "chargers",
)
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True, slots=True)
class DataFigure:
    """One figure and where it comes from.

    Parameters
    ----------
    place : str
        Line or key in its file.
    what, value, unit, source, year, confidence, address : str
    subject : dict of str to str
        Further columns of the line, such as ``{"city": "lahore"}``.
    """

    place: str
    what: str
    value: str
    unit: str
    source: str
    year: str
    confidence: str
    address: str
    subject: dict[str, str]

    def describe(self) -> str:
        """Write the figure on one line."""
        value = f"{self.value} {self.unit}".strip()
        address = f", {self.address}" if self.address else ""
        return f"{self.confidence:<10}  {self.what}: {value} ({self.source}, {self.year}{address})"


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


@lru_cache(maxsize=64)
def read_figures(row: RegisterRow, folder: Path | None = None) -> tuple[DataFigure, ...]:
    """Read every figure of a file of the register.

    Raises
    ------
    DataError
        With every figure that lacks a unit, source, year or confidence.
    """
    folder = folder or find_project_folder("data")
    faults = FaultCollector(DataError)
    path = folder / row.path
    if not row.path or path.suffix not in (".csv", ".yaml", ".yml"):
        return ()
    figures = list(_read_csv(path, row, faults) if path.suffix == ".csv" else _read_yaml(path))
    for figure in figures:
        _check_figure(f"data/{row.path} {figure.place}", figure, faults)
    if not figures:
        faults.add(f"data/{row.path} holds no figure")
    faults.raise_if_any()
    return tuple(figures)


def _check_figure(where: str, figure: DataFigure, faults: FaultCollector) -> None:
    missing = [name for name in _ORIGIN if not getattr(figure, name).strip()]
    if missing:
        faults.add(f"{where}: {figure.what}: no {', no '.join(missing)}")
    if figure.confidence and figure.confidence not in CONFIDENCES:
        faults.add(f'{where}: confidence is "{figure.confidence}"; expected {", ".join(CONFIDENCES)}')
    if figure.year and figure.year != NOT_STATED and not _YEAR.fullmatch(figure.year):
        faults.add(f'{where}: year is "{figure.year}"; expected four digits')
    if figure.confidence == "assumption" and "assum" not in figure.source and "drawn" not in figure.source:
        faults.add(f'{where}: confidence is assumption, but the source says "{figure.source}"')


def _read_csv(path: Path, row: RegisterRow, faults: FaultCollector) -> Iterator[DataFigure]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, restkey="", restval=None, strict=True)
        columns = list(reader.fieldnames or [])
        lines = [(reader.line_num, cells) for cells in reader]
    for name in _ORIGIN:
        if getattr(row, name) == BY_LINE and name not in columns:
            faults.add(f'data/{row.path} has no column "{name}", though the register says "{BY_LINE}"')
    numbers = [name for name in columns if name not in _BESIDES and _holds_numbers(name, lines)]
    unknown = [name for name in numbers if name.split("_")[-1] not in _UNIT_ENDINGS]
    if row.unit == IN_NAMES and unknown:
        faults.add(f"data/{row.path}: no unit in the name of the column {', '.join(unknown)}")
    for line, cells in lines:
        if "" in cells or None in cells.values():
            faults.add(f"data/{row.path} line {line} does not have {len(columns)} cells")
            continue
        origin = {
            name: cells.get(name, "") if getattr(row, name) == BY_LINE else getattr(row, name)
            for name in _ORIGIN
        }
        subject = {name: cells[name] for name in columns if name not in (*_BESIDES, *numbers, "value")}
        values = {name: cells[name] for name in numbers} or {"value": cells.get("value", "")}
        told = values["value"] if list(values) == ["value"] else _join_values(values)
        if row.unit == IN_NAMES:
            origin["unit"] = IN_NAMES
        yield DataFigure(
            place=f"line {line}",
            what=", ".join(text for text in subject.values() if text) or row.what,
            value=told,
            address=cells.get("address", ""),
            subject=subject,
            **origin,
        )


def _holds_numbers(name: str, lines: list[tuple[int, dict[str, str]]]) -> bool:
    texts = [cells.get(name) or "" for _, cells in lines]
    return any(texts) and all(_is_number(text) for text in texts if text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _join_values(values: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in values.items() if text)


def _read_yaml(path: Path) -> Iterator[DataFigure]:
    from ruamel.yaml import YAML

    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if isinstance(content, dict) and "fields" in content:
        yield from _walk_described(content["cities"], content["fields"], ())
    else:
        yield from _walk_figures(content, ())


def _walk_described(data: Any, fields: dict[str, Any], place: tuple[str, ...]) -> Iterator[DataFigure]:
    """Give the values of a file whose keys are described once, under ``fields``."""
    for name, value in data.items():
        inner = (*place, str(name))
        if isinstance(value, dict):
            yield from _walk_described(value, fields, inner)
            continue
        note = fields.get(name)
        if note is None and isinstance(value, str):
            continue  # a remark on the figure beside it
        note = note or {}
        yield _make_yaml_figure(inner, value, note, {"city": place[0]})


def _walk_figures(data: Any, place: tuple[str, ...]) -> Iterator[DataFigure]:
    """Give every mapping with a value, and every number outside of one, which then lacks its origin."""
    if isinstance(data, dict):
        if "value" in data:
            year = f" for {data['for_year']}" if "for_year" in data else ""
            bays = f" from {data['from_bays']} bays" if "from_bays" in data else ""
            subject = {"scenario": place[1]} if place[0] == "scenarios" else {}
            words = place[:-1] if place[-1].isdigit() else place
            yield _make_yaml_figure((*words[:-1], f"{words[-1]}{year}{bays}"), data["value"], data, subject)
            return
        for name, inner in data.items():
            yield from _walk_figures(inner, (*place, str(name)))
    elif isinstance(data, list):
        for number, inner in enumerate(data):
            yield from _walk_figures(inner, (*place, str(number)))
    elif isinstance(data, bool):
        return  # says whether, not how much
    elif isinstance(data, (int, float)) and place[-1] not in ("first_year", "last_year"):
        yield _make_yaml_figure(place, data, {}, {})


def _make_yaml_figure(
    place: tuple[str, ...], value: Any, origin: dict[str, Any], subject: dict[str, str]
) -> DataFigure:
    shown = ", ".join(f"{part:g}" for part in value) if isinstance(value, list) else str(value)
    return DataFigure(
        place=".".join(place),
        what=", ".join(place),
        value=shown,
        unit=str(origin.get("unit", "")),
        source=str(origin.get("source", "")),
        year=str(origin.get("year", "")),
        confidence=str(origin.get("confidence", "")),
        address=str(origin.get("address", "")),
        subject=subject,
    )
