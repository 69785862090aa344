"""What a station is in each year of a plan with years: the table of its sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.publish.report.numbers import Number, count, number
from chargeplan.publish.report.tables import Cell, Table
from chargeplan.publish.year_results import tabulate_sites_by_year
from chargeplan.rules.bays import count_bays, find_bays_per_charger
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from chargeplan.publish.bundle import RunBundle


class StationYears:
    """Reads the years of stations from a bundle; has none of a plan of one year."""

    def __init__(self, bundle: RunBundle) -> None:
        tables = tabulate_sites_by_year(bundle)
        self.years = tuple(bundle.request.years) if tables else ()
        self._tables: tuple[pd.DataFrame, ...] = tuple(tables)
        self._bays_each = [find_bays_per_charger(bundle.rules, year_pos) for year_pos in range(len(tables))]
        self._request = bundle.request

    def describe(self, site_id: str) -> str:
        """Say when a station opens, and of which year the single figures of its sheet are; empty without years."""
        if not self.years:
            return ""
        opens, last = self._find_opening(site_id), self.years[-1]
        if opens == last:
            return f"Opens in {last}, the last year of the plan; all figures are of that year."
        return f"Opens in {opens}. Single figures are of {last}, the last year of the plan; the table has each year."

    def tabulate(self, site_id: str) -> Table | None:
        """Tabulate a station from the year it opens in; None where only one year is left to tell."""
        if not self.years or self._find_opening(site_id) == self.years[-1]:
            return None
        rows = [
            self._list_cells(site_id, year_pos, table.loc[site_id].to_dict())
            for year_pos, table in enumerate(self._tables)
            if table.loc[site_id, "chargers"] > 0
        ]
        headings = (
            ("Year", "short"),
            ("Chargers", "number"),
            ("kW", "number"),
            ("kVA", "number"),
            ("Bays", "number"),
            ("kWh a day", "number"),
            ("Cost till then", "number"),
        )
        return Table("All that stands by each year", headings, rows, name="by-year")

    def _find_opening(self, site_id: str) -> int:
        return next(
            year
            for year, table in zip(self.years, self._tables, strict=True)
            if table.loc[site_id, "chargers"] > 0
        )

    def _list_cells(self, site_id: str, year_pos: int, row: dict[Any, Any]) -> list[Cell]:
        place = f"sites_by_year/{self.years[year_pos]}/{site_id}"
        cost_pkr = float(row["cost_pkr"])
        return [
            f"{self.years[year_pos]}",
            count(row["chargers"], f"{place}/chargers"),
            number(row["power_kw"], f"{place}/power_kw", 1),
            number(float(self._request.compute_load_kva(row["power_kw"])), f"{place}/load_kva", 1),
            count(float(count_bays(row["chargers"], self._bays_each[year_pos])), f"{place}/bays"),
            number(row["served_kwh_day"], f"{place}/served_kwh_day", 0),
            Number(cost_pkr, format_pkr(cost_pkr), f"{place}/cost_pkr"),
        ]
