"""The national stock of vehicles: the figures of data/fleet/ put through `chargeplan.demand.stock`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import parse_not_negative, read_figure_rows
from chargeplan.demand.stock import (
    calibrate_anchor,
    compute_stock,
    compute_survival,
    fill_sales,
    follow_logistic,
)
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file

if TYPE_CHECKING:
    from chargeplan.demand.scenario import Scenario
    from chargeplan.records import Floats, Ints

# Nothing sold before is still on the road in numbers that count: less than 1 in 10,000.
FIRST_SALES_YEAR = 1960
_COLUMNS = ("class", "quantity", "value", "unit", "year", "source", "confidence")
_UNITS = {
    "growth_before": "share/year",
    "growth_after": "share/year",
    "median_life": "years",
    "survival_shape": "exponent",
    "recorded_electric": "vehicles",
    "electric_growth": "share/year",
}


@dataclass(frozen=True, slots=True)
class ClassHistory:
    """What is known or assumed of a vehicle class in the whole country.

    Parameters
    ----------
    name : str
    sales : tuple of (year, Figure)
        Recorded years.
    figures : dict of str to Figure
        Growth, life and recorded electric stock.
    recorded_year : int
        At whose end, 30 June, the recorded electric stock was counted.
    """

    name: str
    sales: tuple[tuple[int, Figure], ...]
    figures: dict[str, Figure]
    recorded_year: int


@dataclass(frozen=True, slots=True, eq=False)
class NationalFleet:
    """Vehicles of the whole country, year by year, under a scenario.

    Parameters
    ----------
    years : ndarray of int64, shape (n_years,)
    classes : tuple of str
    sales, stock, electric_sales_share, electric_stock : ndarray of float64, shape (n_years, n_classes)
        Vehicles a year, vehicles at the end of the year, share, vehicles.
    scenario : str
    """

    years: Ints
    classes: tuple[str, ...]
    sales: Floats
    stock: Floats
    electric_sales_share: Floats
    electric_stock: Floats
    scenario: str

    def get_row(self, year: int) -> int:
        """Return the row of a year."""
        return int(year - self.years[0])


def read_histories() -> tuple[ClassHistory, ...]:
    """Read sales, lives and recorded electric stocks by class, sorted by name.

    Raises
    ------
    DataError
        When the project's own tables cannot be used; every line at fault is named.
    """
    faults = FaultCollector(DataError)
    sales: dict[str, list[tuple[int, Figure]]] = {}
    for line, row in read_figure_rows(find_data_file("fleet", "sales.csv"), "data/fleet/sales.csv", _COLUMNS):
        where = f"data/fleet/sales.csv line {line}"
        value = parse_not_negative(row["value"], f"{where}: sales of {row['class']}", faults)
        step = f"{row['class']}: national sales of {row['year']}"
        figure = Figure(step, value, row["unit"], row["source"], row["confidence"])
        sales.setdefault(row["class"], []).append((int(row["year"]), figure))
        if not value > 0 or row["unit"] != "vehicles/year":
            faults.add(
                f'{where}: expected sales above 0 in vehicles/year; got "{row["value"]} {row["unit"]}"'
            )
    figures: dict[str, dict[str, Figure]] = {}
    recorded_year: dict[str, int] = {}
    for line, row in read_figure_rows(find_data_file("fleet", "stock.csv"), "data/fleet/stock.csv", _COLUMNS):
        where = f"data/fleet/stock.csv line {line}"
        if _UNITS.get(row["quantity"]) != row["unit"]:
            faults.add(f'{where}: "{row["quantity"]}" in "{row["unit"]}" is not one of {_UNITS}')
        value = parse_not_negative(row["value"], f"{where}: {row['quantity']} of {row['class']}", faults)
        step = f"{row['class']}: {row['quantity'].replace('_', ' ')}"
        figures.setdefault(row["class"], {})[row["quantity"]] = Figure(
            step, value, row["unit"], row["source"], row["confidence"]
        )
        if row["quantity"] == "recorded_electric":
            recorded_year[row["class"]] = int(row["year"])
    for name in sorted(figures.keys() | sales.keys()):
        missing = [quantity for quantity in _UNITS if quantity not in figures.get(name, {})]
        if missing or name not in sales:
            faults.add(f"data/fleet: {name} lacks {', '.join(missing) or 'sales'}")
    faults.raise_if_any()
    return tuple(
        ClassHistory(name, tuple(sorted(sales[name], key=_by_year)), figures[name], recorded_year[name])
        for name in sorted(sales)
    )


def _by_year(point: tuple[int, Figure]) -> int:
    return point[0]


def project_fleet(histories: tuple[ClassHistory, ...], scenario: Scenario) -> NationalFleet:
    """Compute the stock and the electric stock of every class and year of a scenario.

    Raises
    ------
    DataError
        When a scenario asks for more electric vehicles than are sold.
    """
    years = np.arange(FIRST_SALES_YEAR, scenario.last_year + 1)
    sales = np.column_stack([_fill(years, history) for history in histories])
    survival = compute_survival(
        np.arange(len(years)),
        np.array([history.figures["median_life"].value for history in histories]),
        np.array([history.figures["survival_shape"].value for history in histories]),
    )
    shares = np.column_stack(
        [
            _follow(years, sales[:, column], survival[:, column], history, scenario)
            for column, history in enumerate(histories)
        ]
    )
    return NationalFleet(
        years=years,
        classes=tuple(history.name for history in histories),
        sales=sales,
        stock=compute_stock(sales, survival),
        electric_sales_share=shares,
        electric_stock=compute_stock(sales * shares, survival),
        scenario=scenario.name,
    )


def _fill(years: Ints, history: ClassHistory) -> Floats:
    return fill_sales(
        years,
        [(year, figure.value) for year, figure in history.sales],
        growth_before=history.figures["growth_before"].value,
        growth_after=history.figures["growth_after"].value,
    )


def _follow(
    years: Ints, sales: Floats, survival: Floats, history: ClassHistory, scenario: Scenario
) -> Floats:
    points, recorded_year = [], history.recorded_year
    for point in scenario.points.get(history.name, ()):
        share = point.get_share(float(sales[point.year - years[0]]))
        if not recorded_year < point.year <= scenario.last_year or not share < 1:
            raise DataError(
                f"demand.fleet.scenarios: {scenario.name}: {history.name} in {point.year}: "
                f"{point.figure.value:g} {point.figure.unit} is {share:.0%} of the sales; expected less than all "
                f"of them, in a year from {recorded_year + 1} to {scenario.last_year}"
            )
        points.append((point.year, share))
    growth = history.figures["electric_growth"].value
    anchor_logit = calibrate_anchor(
        years,
        sales,
        survival,
        anchor_year=recorded_year,
        growth_before=growth,
        recorded=history.figures["recorded_electric"].value,
    )
    return follow_logistic(
        years, anchor_year=recorded_year, anchor_logit=anchor_logit, growth_before=growth, points=points
    )


@dataclass(frozen=True, slots=True)
class PolicyTarget:
    """A stock that the policy names.

    Parameters
    ----------
    name : str
        Vehicle class, or "all".
    year : int
    figure : Figure
    """

    name: str
    year: int
    figure: Figure


def read_policy_targets() -> tuple[PolicyTarget, ...]:
    """Read the policy's stock targets.

    Raises
    ------
    DataError
        When the project's own table cannot be used.
    """
    faults = FaultCollector(DataError)
    name = "data/fleet/policy_targets.csv"
    targets = []
    for line, row in read_figure_rows(find_data_file("fleet", "policy_targets.csv"), name, _COLUMNS):
        value = parse_not_negative(row["value"], f"{name} line {line}: target of {row['class']}", faults)
        step = f"{row['class']}: policy's stock target for {row['year']}"
        figure = Figure(step, value, row["unit"], row["source"], row["confidence"])
        targets.append(PolicyTarget(row["class"], int(row["year"]), figure))
    faults.raise_if_any()
    return tuple(targets)


def compare_with_policy(fleet: NationalFleet, *, year: int) -> tuple[Figure, ...]:
    """Set the scenario's national electric stock beside the policy's targets, class by class.

    A policy's 30 % is a share of sales, its 2.2 million a stock. The stock is shown in the study's
    year and, when that is another one, in the target's year too; the difference is always that
    of the target's year.
    """
    figures: list[Figure] = []
    for target in read_policy_targets():
        columns = [column for column, name in enumerate(fleet.classes) if target.name in (name, "all")]
        stocks = fleet.electric_stock[:, columns].sum(axis=1)
        how = f"sales x electric share x survival under {fleet.scenario}"
        figures += [
            compute_figure(
                f"{target.name}: national electric stock, {shown}",
                stocks[fleet.get_row(shown)],
                "vehicles",
                f"computed: sum of {how}",
            )
            for shown in sorted({year, target.year} & set(fleet.years.tolist()))
        ]
        difference = float(stocks[fleet.get_row(target.year)]) - target.figure.value
        figures += [
            target.figure,
            compute_figure(
                f"{target.name}: scenario less policy, {target.year}",
                difference,
                "vehicles",
                "computed: the scenario's stock follows from shares of sales, the policy's target is a stock",
            ),
        ]
    return tuple(figures)
