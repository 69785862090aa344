"""The national stock of vehicles: the figures of data/fleet/ put through `chargeplan.demand.stock`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, parse_year, read_figures
from chargeplan.demand.stock import (
    calibrate_anchor,
    compute_stock,
    compute_survival,
    fill_sales,
    follow_logistic,
)
from chargeplan.errors import DataError, FaultCollector

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles
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


def read_histories(own: FigureFiles | None = None) -> tuple[ClassHistory, ...]:
    """Read sales, lives and recorded electric stocks by class, sorted by name.

    Raises
    ------
    DataError
        When a table cannot be used; every line at fault is named.
    """
    faults = FaultCollector(DataError)
    sales: dict[str, list[tuple[int, Figure]]] = {}
    for where, row in read_figures("sales", own, _COLUMNS):
        value = parse_not_negative(row["value"], f"{where}: sales of {row['class']}", faults)
        step = f"{row['class']}: national sales of {row['year']}"
        figure = Figure(step, value, row["unit"], row["source"], row["confidence"])
        year = parse_year(row["year"], f"{where}: year", faults)
        if year in {told for told, _ in sales.get(row["class"], [])}:
            faults.add(f"{where}: sales of {row['class']} in {year} are there already")
        sales.setdefault(row["class"], []).append((year, figure))
        if not value > 0 or row["unit"] != "vehicles/year":
            faults.add(
                f'{where}: expected sales above 0 in vehicles/year; got "{row["value"]} {row["unit"]}"'
            )
    figures: dict[str, dict[str, Figure]] = {}
    recorded_year: dict[str, int] = {}
    for where, row in read_figures("stock", own, _COLUMNS):
        if _UNITS.get(row["quantity"]) != row["unit"]:
            faults.add(f'{where}: "{row["quantity"]}" in "{row["unit"]}" is not one of {_UNITS}')
        value = parse_not_negative(row["value"], f"{where}: {row['quantity']} of {row['class']}", faults)
        if row["quantity"] in figures.get(row["class"], {}):
            faults.add(f"{where}: {row['quantity']} of {row['class']} is there already")
        if row["quantity"] in ("median_life", "recorded_electric") and value == 0:
            faults.add(f"{where}: {row['quantity']} of {row['class']} is 0; expected more")
        step = f"{row['class']}: {row['quantity'].replace('_', ' ')}"
        figures.setdefault(row["class"], {})[row["quantity"]] = Figure(
            step, value, row["unit"], row["source"], row["confidence"]
        )
        if row["quantity"] == "recorded_electric":
            recorded_year[row["class"]] = parse_year(row["year"], f"{where}: year", faults)
    for name in sorted(figures.keys() | sales.keys()):
        missing = [quantity for quantity in _UNITS if quantity not in figures.get(name, {})]
        if missing or name not in sales:
            lacking = name_figures("stock" if missing else "sales", own)
            faults.add(f"{lacking} lacks {', '.join(missing) or 'sales'} of {name}; add a line for each")
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
    if not FIRST_SALES_YEAR < recorded_year <= scenario.last_year:
        raise DataError(
            f"demand.figures.stock: the year of recorded_electric of {history.name} is {recorded_year}; expected one "
            f"from {FIRST_SALES_YEAR + 1} to {scenario.last_year}"
        )
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
    try:
        anchor_logit = calibrate_anchor(
            years,
            sales,
            survival,
            anchor_year=recorded_year,
            growth_before=growth,
            recorded=history.figures["recorded_electric"].value,
        )
    except ValueError as error:
        raise DataError(
            f"demand.figures.stock: {history.name}: {error}; correct recorded_electric"
        ) from error
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


def read_policy_targets(own: FigureFiles | None = None) -> tuple[PolicyTarget, ...]:
    """Read the policy's stock targets.

    Raises
    ------
    DataError
        When the table cannot be used.
    """
    faults = FaultCollector(DataError)
    targets = []
    for where, row in read_figures("policy_targets", own, _COLUMNS):
        value = parse_not_negative(row["value"], f"{where}: target of {row['class']}", faults)
        year = parse_year(row["year"], f"{where}: year", faults)
        step = f"{row['class']}: policy's stock target for {row['year']}"
        figure = Figure(step, value, row["unit"], row["source"], row["confidence"])
        targets.append(PolicyTarget(row["class"], year, figure))
    faults.raise_if_any()
    return tuple(targets)


def compare_with_policy(
    fleet: NationalFleet, *, year: int, own: FigureFiles | None = None
) -> tuple[Figure, ...]:
    """Set the scenario's national electric stock beside the policy's targets, class by class.

    A policy's 30 % is a share of sales, its 2.2 million a stock. The stock is shown in the study's
    year and, when that is another one, in the target's year too; the difference is always that
    of the target's year.
    """
    figures: list[Figure] = []
    for target in read_policy_targets(own):
        if target.year not in fleet.years:
            raise DataError(
                f"{name_figures('policy_targets', own)}: the target of {target.name} is for {target.year}; expected a "
                f"year from {fleet.years[0]} to {fleet.years[-1]}"
            )
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
