"""Figures of the world from the project's own tables, each with where it comes from.

Every table in ``data/`` has one figure a line, with the columns ``value``, ``unit``, ``year``,
``source`` and ``confidence``; further columns say what the figure is about.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chargeplan.files import find_data_file
from chargeplan.tables import FIGURES, make_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

PLANNER = "planner"  # confidence of what the config says
# Most trusted first.
CONFIDENCES = ("high", "med", "low", "assumption")


@dataclass(frozen=True, slots=True)
class DatedFigure:
    """One figure and where it comes from.

    Parameters
    ----------
    name : str
        What it is; ends in its unit.
    value : float
    unit : str
    source : str
        With the year it stands for and the file it was read from, or the config key.
    confidence : str
        high, med, low, assumption, or planner for what the config says.
    """

    name: str
    value: float
    unit: str
    source: str
    confidence: str


@lru_cache(maxsize=16)
def read_figure_file(
    folder: str, file_name: str, about: tuple[str, ...]
) -> dict[tuple[str, ...], DatedFigure]:
    """Read a table of figures of the project, by what they are about.

    Parameters
    ----------
    folder, file_name : str
        Of the table in ``data/``.
    about : tuple of str
        Columns that together tell a figure from the others of the table.

    Examples
    --------
    >>> read_figure_file("costs", "economics.csv", ("quantity",))[("horizon_years",)].value
    10.0
    """
    with find_data_file(folder, file_name).open(encoding="utf-8", newline="") as file:
        return {
            tuple(row[column] for column in about): DatedFigure(
                name=".".join(row[column] for column in reversed(about)),
                value=float(row["value"]),
                unit=row["unit"],
                source=f"{row['source']} ({row['year']}; data/{folder}/{file_name})",
                confidence=row["confidence"],
            )
            for row in csv.DictReader(file)
        }


def tabulate_figures(figures: Iterable[DatedFigure]) -> pd.DataFrame:
    """Put figures into one table with the columns of `tables.FIGURES`, in their order."""
    rows = list(figures)
    return make_table(
        FIGURES, {column.name: [getattr(row, column.name) for row in rows] for column in FIGURES}
    )
