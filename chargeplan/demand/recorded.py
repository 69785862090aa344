"""What was recorded of the nation's vehicles and is not put into their stock, beside what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import parse_not_negative, parse_year, read_figures
from chargeplan.errors import DataError, FaultCollector
from chargeplan.figures import read_figure_file

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles
    from chargeplan.demand.national import NationalFleet

_COLUMNS = ("class", "quantity", "years", "value", "unit", "source", "confidence")
_UNITS = {"sold": "vehicles", "electric_sold": "vehicles", "petrol": "litres/day"}


def compare_with_records(
    fleet: NationalFleet, own: FigureFiles | None = None
) -> tuple[tuple[Figure, Figure], ...]:
    """Set what was recorded beside what the fleet gives for the same class and years.

    Returns
    -------
    tuple of (recorded, computed)
        In the order of data/fleet/recorded.csv. Petrol is that of the vehicles that are not electric on
        the last day of the year, each with the distance of data/fleet/vehicles.csv and the
        litres of data/costs/fuel_replaced.csv.

    Raises
    ------
    DataError
        When the project's own table cannot be used; every line at fault is named.
    """
    faults = FaultCollector(DataError)
    pairs = []
    for where, row in read_figures("recorded", own, _COLUMNS):
        value = parse_not_negative(row["value"], f"{where}: {row['quantity']}", faults)
        if row["class"] not in fleet.classes or _UNITS.get(row["quantity"]) != row["unit"]:
            faults.add(f"{where}: expected a class of data/fleet/sales.csv and a quantity of {_UNITS}")
            continue
        parts = row["years"].split(" to ")
        years = [parse_year(part, f"{where}: years", faults) for part in parts]
        if sorted(years) != years or len(years) > 2 or not set(years) <= set(fleet.years.tolist()):
            faults.add(
                f'{where}: years is "{row["years"]}"; expected a year, or the first "to" the last, from '
                f"{fleet.years[0]} to {fleet.years[-1]}"
            )
            continue
        what = f"{row['class']}: {row['quantity'].replace('_', ' ')} in the nation, {row['years']}"
        recorded = Figure(f"{what}, recorded", value, row["unit"], row["source"], row["confidence"])
        computed, source = _compute(fleet, row["class"], row["quantity"], row["years"])
        pairs.append((recorded, compute_figure(f"{what}, computed", computed, row["unit"], source)))
    faults.raise_if_any()
    return tuple(pairs)


def _compute(fleet: NationalFleet, name: str, quantity: str, years: str) -> tuple[float, str]:
    first, _, last = years.partition(" to ")
    rows, column = (
        slice(fleet.get_row(int(first)), fleet.get_row(int(last or first)) + 1),
        fleet.classes.index(name),
    )
    sold = fleet.sales[rows, column]
    if quantity == "sold":
        return float(sold.sum()), "computed: sum of sales; data/fleet/sales.csv"
    if quantity == "electric_sold":
        electric = float(sold @ fleet.electric_sales_share[rows, column])
        return electric, "computed: sum of sales x electric share of sales"
    burning = float((fleet.stock - fleet.electric_stock)[rows, column].mean())
    km_day = read_figure_file("fleet", "vehicles.csv", ("class", "quantity"))[name, "km_day"].value
    litres = read_figure_file("costs", "fuel_replaced.csv", ("class", "quantity"))[
        name, "petrol_l_100km"
    ].value
    words = f"computed: {burning:.10g} vehicles x {km_day:g} km/day x {litres:g} l/100 km"
    return burning * km_day * litres / 100, words
