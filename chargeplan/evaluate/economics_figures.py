"""The figures that the economics rest on: the project's tables, with what the planner changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError
from chargeplan.figures import PLANNER, DatedFigure, read_figure_file, tabulate_figures

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.config.settings import EconomicsSettings

# Figures by vehicle class or kind of site, which the planner changes name by name.
BY_CLASS = ("petrol_l_100km", "diesel_l_100km", "pm25_g_kg")
BY_KIND = "land_pkr_m2_month"
NEECA_LEVELS = 5


def gather_figures(settings: EconomicsSettings, further: tuple[DatedFigure, ...] = ()) -> pd.DataFrame:
    """Gather every figure of the economics with its source.

    Parameters
    ----------
    settings : EconomicsSettings
        What the planner changed; each value there replaces the one of the tables.
    further : tuple of DatedFigure
        Figures that were found elsewhere and belong to the account, such as the price of a charger.

    Returns
    -------
    pandas.DataFrame
        Columns of `tables.FIGURES`. A figure by class, kind or level is named with a dot:
        ``petrol_l_100km.car``, ``land_pkr_m2_month.fuel``, ``neeca_up_to_kw.3``.

    Raises
    ------
    ConfigError
        When the tariff category is not one of data/tariff/ev_tariff.csv.
    """
    figures = {figure.name: figure for figure in further}
    for figure in (*_find_tariff(settings.tariff_category), *_read_tables()):
        figures[figure.name] = figure
    for name, value in _list_changes(settings).items():
        key = f"economics.{name}"
        unit = figures[name].unit if name in figures else _find_unit(name)
        figures[name] = DatedFigure(name, value, unit, key, PLANNER)
    return tabulate_figures(figures[name] for name in sorted(figures))


def _find_tariff(category: str) -> tuple[DatedFigure, ...]:
    """Find what stations pay for energy and what drivers pay them."""
    table = read_figure_file("tariff", "ev_tariff.csv", ("category", "quantity"))
    categories = sorted({name for name, quantity in table if quantity == "all_in_pkr_kwh"})
    if category not in categories:
        raise ConfigError(
            f"economics.tariff_category: data/tariff/ev_tariff.csv has no all-in price of {category!r}; use one "
            f"of {', '.join(categories)}, or set economics.tariff_pkr_kwh"
        )
    fixed = "fixed_charge_pkr_kw_month"
    return (
        replace(table[category, "all_in_pkr_kwh"], name="tariff_pkr_kwh"),
        replace(table[category, fixed], name=fixed),
        replace(table["retail", "city_median_pkr_kwh"], name="retail_price_pkr_kwh"),
    )


def _read_tables() -> list[DatedFigure]:
    """Read the tables of data/costs that the economics use, each figure under its name."""
    found = list(read_figure_file("costs", "economics.csv", ("quantity",)).values())
    found += read_figure_file("costs", "station_load.csv", ("quantity",)).values()
    found += read_figure_file("costs", "fuel_replaced.csv", ("class", "quantity")).values()
    found += [
        replace(figure, name=f"{BY_KIND}.{figure.name}")
        for figure in read_figure_file("costs", "land.csv", ("kind",)).values()
    ]
    found += [
        replace(figure, name=f"neeca_{figure.name}")
        for figure in read_figure_file("costs", "neeca_levels.csv", ("level", "quantity")).values()
    ]
    return found


def _list_changes(settings: EconomicsSettings) -> dict[str, float]:
    """List the planner's values by the names of the figures they replace."""
    given = settings.model_dump(mode="json", exclude_none=True, exclude={"tariff_category"})
    levels = {"neeca_level_up_to_kw": "neeca_up_to_kw", "neeca_yearly_fee_pkr": "neeca_yearly_fee_pkr"}
    changes: dict[str, float] = {}
    for key, value in given.items():
        if key in levels:
            changes |= {f"{levels[key]}.{level}": number for level, number in enumerate(value, start=1)}
        elif isinstance(value, dict):
            changes |= {f"{key}.{name}": number for name, number in value.items()}
        else:
            changes[key] = value
    return changes


def _find_unit(name: str) -> str:
    """Find the unit of a figure of a vehicle class that only the planner knows."""
    quantity = name.partition(".")[0]
    table = read_figure_file("costs", "fuel_replaced.csv", ("class", "quantity"))
    return next(figure.unit for (_, known), figure in table.items() if known == quantity)
