"""The figures in the files of the register, each with where it comes from.

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

from chargeplan.data_register import BY_LINE, CONFIDENCES, IN_NAMES, NOT_STATED, RegisterRow
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_project_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
