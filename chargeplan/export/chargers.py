"""The chargers of each new station, one by one, with the year in which each is first there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle


@dataclass(frozen=True, slots=True)
class PlannedChargers:
    """Equal chargers of a station.

    Parameters
    ----------
    charger_type : str
    number : int
    first_year : int or None
        Year in which they are first there; None of a plan that names no years.
    """

    charger_type: str
    number: int
    first_year: int | None


def describe_growth(chargers: list[PlannedChargers]) -> str:
    """Say how many of some chargers are there from which year on; empty of a plan that names no years.

    Examples
    --------
    >>> describe_growth([PlannedChargers("slow", 2, 2028), PlannedChargers("fast", 1, 2030)])
    '2 chargers in 2028, 3 in 2030'
    """
    there, parts = 0, dict[int, int]()
    for each in sorted(chargers, key=lambda each: each.first_year or 0):
        if each.first_year is None:
            return ""
        there += each.number
        parts[each.first_year] = there
    (first, number), *later = parts.items()
    words = f"{number} {'charger' if number == 1 else 'chargers'} in {first}"
    return ", ".join([words, *(f"{more} in {year}" for year, more in later)])


def list_planned_chargers(bundle: RunBundle) -> dict[str, list[PlannedChargers]]:
    """List the chargers of each new station by site id: by year, then by type as the plan lists them."""
    site_id = bundle.sites.table["site_id"].to_numpy()
    order = list(map(clean_text, bundle.request.type_names))
    table = bundle.evaluation.station_years
    if table.empty:
        return {
            str(site_id[at]): [PlannedChargers(order[0], int(bundle.solution.chargers[at]), None)]
            for at in np.flatnonzero(bundle.problem.is_counted & (bundle.solution.chargers > 0))
        }
    new = set(site_id[bundle.problem.is_counted])
    groups: dict[str, list[PlannedChargers]] = {}
    for (station, name), rows in table.groupby(["site_id", "charger_type"], sort=True):
        before = 0
        for row in rows.sort_values("year").itertuples():
            more = int(row.chargers) - before
            if more > 0 and station in new:
                each = PlannedChargers(clean_text(name), more, int(row.year))
                groups.setdefault(str(station), []).append(each)
            before = max(before, int(row.chargers))
    for chargers in groups.values():
        chargers.sort(key=lambda each: (each.first_year or 0, order.index(each.charger_type)))
    return groups
