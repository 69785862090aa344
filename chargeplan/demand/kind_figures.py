"""Figures by kind of place: weights, hours parked, energy of depots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.demand.figures_file import parse_not_negative, read_figure_rows
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_kind_figures(
    file_name: str, column: str, changes: Mapping[PlaceKind, float] | None = None, *, all_kinds: bool = True
) -> dict[PlaceKind, float]:
    """Read one column of a table of data/demand by kind of place, with the planner's changes.

    Parameters
    ----------
    file_name : str
        Of a table with the columns kind, `column`, source and confidence.
    column : str
    changes : mapping of PlaceKind to float
    all_kinds : bool
        Whether the table must name every kind.

    Raises
    ------
    DataError
        When the table names a kind twice, an unknown one, or not all of them.
    """
    name = f"data/demand/{file_name}"
    faults = FaultCollector(DataError)
    figures: dict[PlaceKind, float] = {}
    path = find_data_file("demand", file_name)
    for line, row in read_figure_rows(path, name, ("kind", column, "source", "confidence")):
        if row["kind"] not in set(PlaceKind):
            faults.add(f'{name} line {line}: "{row["kind"]}" is no kind of place')
        elif PlaceKind(row["kind"]) in figures:
            faults.add(f'{name} line {line}: the kind "{row["kind"]}" is there twice')
        else:
            figures[PlaceKind(row["kind"])] = parse_not_negative(
                row[column], f"{name} line {line}: {column}", faults
            )
    missing = [kind.value for kind in PlaceKind if kind not in figures]
    if missing and all_kinds:
        faults.add(f"{name} has no {column} for {', '.join(missing)}")
    faults.raise_if_any()
    return figures | dict(changes or {})
