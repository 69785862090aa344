"""Figures by kind of place: weights, hours parked, energy of depots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.errors import DataError, FaultCollector
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.config.settings import FigureFiles


def read_kind_figures(
    file: str, column: str, own: FigureFiles | None = None, changes: Mapping[PlaceKind, float] | None = None
) -> dict[PlaceKind, float]:
    """Read one column of a table of data/demand by kind of place, with the planner's changes.

    Parameters
    ----------
    file : str
        Name of a table with the columns kind, `column`, source and confidence.
    column : str
    own : FigureFiles or None
        The planner's files.
    changes : mapping of PlaceKind to float

    Raises
    ------
    DataError
        When the table names a kind twice, an unknown one, or not all of them.
    """
    faults = FaultCollector(DataError)
    figures: dict[PlaceKind, float] = {}
    for where, row in read_figures(file, own, ("kind", column, "source", "confidence")):
        if row["kind"] not in set(PlaceKind):
            faults.add(f'{where}: "{row["kind"]}" is no kind of place; expected {", ".join(PlaceKind)}')
        elif PlaceKind(row["kind"]) in figures:
            faults.add(f'{where}: the kind "{row["kind"]}" is there twice')
        else:
            figures[PlaceKind(row["kind"])] = parse_not_negative(row[column], f"{where}: {column}", faults)
    missing = [kind.value for kind in PlaceKind if kind not in figures]
    if missing:
        faults.add(f"{name_figures(file, own)} has no {column} for {', '.join(missing)}")
    faults.raise_if_any()
    return figures | dict(changes or {})
