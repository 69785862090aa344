"""The tables of a plan over years: what stands, who is served and what the grid carries, year by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.export.columns import find_decimals
from chargeplan.export.options import ExportLayer
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.export.plan import ExportPlan

# Name of the file in the run folder, sheet of the workbook, field of `Evaluation`, layer that it goes with.
_KINDS = (
    ("years", "Years", "years", None),
    ("stations_by_year", "Stations by year", "station_years", ExportLayer.STATIONS),
    ("zones_by_year", "Zones by year", "zone_years", ExportLayer.ZONES),
    ("grid", "Grid", "grid_years", None),
)


@dataclass(frozen=True, slots=True, eq=False)
class YearTable:
    """A table with a row for each year, or for each thing in each year.

    Parameters
    ----------
    name : str
        As the file in the run folder, without its ending.
    sheet : str
        Name of its sheet in the workbook.
    layer : ExportLayer or None
        The layer that it goes with; None where it goes with every one.
    table : pandas.DataFrame
        With texts cleaned and numbers rounded as in the other tables.
    """

    name: str
    sheet: str
    layer: ExportLayer | None
    table: pd.DataFrame


def list_year_tables(plan: ExportPlan) -> list[YearTable]:
    """List the tables by year that the run has rows of; none of a plain plan."""
    found = []
    for name, sheet, field, layer in _KINDS:
        table = getattr(plan.bundle.evaluation, field)
        if len(table):
            found.append(YearTable(name, sheet, layer, _shape(table, plan)))
    return found


def _shape(table: pd.DataFrame, plan: ExportPlan) -> pd.DataFrame:
    shaped = table.reset_index(drop=True).copy()
    for name in shaped.columns:
        decimals = find_decimals(name)
        if shaped[name].dtype.kind == "f" and decimals is not None:
            shaped[name] = shaped[name].round(decimals)
        elif shaped[name].dtype.kind not in "fiub":
            shaped[name] = shaped[name].map(clean_text).astype("str")
    if "site_id" in shaped:
        titles = dict(zip(plan.sites["site_id"], plan.sites["title"], strict=True))
        shaped.insert(shaped.columns.get_loc("site_id") + 1, "title", shaped["site_id"].map(titles))
    return shaped
