"""Money and benefits of a plan, from the raw records and the figures that were given.

Counted are the new stations: what it takes to build them, what they cost and earn in a year
with the demand of the study year, and what the energy that they sell saves elsewhere. All of the
capital is spent in the study year, and the years after it are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.evaluate.derive import find_strongest_kw
from chargeplan.evaluate.economics_account import Account
from chargeplan.evaluate.economics_benefits import Metric, reckon_benefits
from chargeplan.evaluate.economics_formulas import compute_payback_years
from chargeplan.evaluate.economics_stations import (
    CAPEX_COLUMNS,
    YEARLY_COLUMNS,
    compute_bought_kwh_year,
    compute_break_even,
    find_neeca_level,
    reckon_stations,
)
from chargeplan.evaluate.economics_years import tabulate_years
from chargeplan.units import format_pkr
from chargeplan.vehicle_words import name_class
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase

_CAPEX_STEPS = dict(
    zip(
        CAPEX_COLUMNS,
        (
            "sites and chargers (the plan's cost)",
            "what connections at 11 kV cost more",
            "energisation of connections",
            "meters of their own",
            "NEECA applications",
            "solar panels",
            "batteries",
        ),
        strict=True,
    )
)
_YEARLY_STEPS = dict(
    zip(
        YEARLY_COLUMNS,
        ("energy bought", "fixed charges", "upkeep", "NEECA fees", "rent of land"),
        strict=True,
    )
)
# Stations that pay back sooner than this are too good to be believed without a word.
_DOUBTFUL_PAYBACK_YEARS = 2.0
# Costs beyond the budget that are worth a warning, as a share of the plan's cost.
_WORTH_WARNING_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Economics:
    """Money and benefits of a plan.

    Parameters
    ----------
    account : pandas.DataFrame
        Columns step, value, unit, source, confidence, in the order of the reckoning.
    sites : pandas.DataFrame
        Per new station, as from `reckon_stations`.
    years : pandas.DataFrame
        Per year, as from `tabulate_years`.
    metrics : tuple of tuple
        Name, value, unit and meaning.
    warnings : tuple of str
    """

    account: pd.DataFrame
    sites: pd.DataFrame
    years: pd.DataFrame
    metrics: tuple[Metric, ...]
    warnings: tuple[str, ...]


def compute_economics(plan: PlanCase) -> Economics:
    """Compute the money and the benefits of a plan; nothing when the request holds no figures.

    Raises
    ------
    KeyError
        When the request holds figures but not all that are needed.
    """
    account = Account(plan.request)
    if plan.request.figures.empty:
        sites, years = (pd.DataFrame({name: pd.Series([], dtype="str")}) for name in ("site_id", "year"))
        return Economics(account.tabulate(), sites, years, (), ())
    stations = reckon_stations(plan, account)
    money = _sum_up(plan, stations, account)
    benefits = reckon_benefits(plan, account, float(stations["bought_kwh_year"].sum()))
    metrics = {name: value for name, value, _, _ in money}
    warnings = (
        *_find_warnings(stations),
        *_doubt_payback(plan, stations, metrics),
        *_doubt_price(plan, benefits.driver_saving_pkr_year),
    )
    years = tabulate_years(stations, account, plan.request.year)
    return Economics(account.tabulate(), stations, years, (*money, *benefits.metrics), warnings)


def _sum_up(plan: PlanCase, stations: pd.DataFrame, account: Account) -> list[Metric]:
    """Sum the stations up and judge them as one investment."""
    year = f"in {plan.request.year}" if plan.request.year else "in the study year"
    level = find_neeca_level(find_strongest_kw(plan.request), account)
    account.note("NEECA's level of the charger", level, "level", f"{find_strongest_kw(plan.request):g} kW")
    for name in ("charger_cost_pkr", "outage_hours_day"):
        if name in account:
            account.use(name)
    account.note("energy sold by new stations", stations["sold_kwh_year"].sum(), "kWh/year")
    if plan.request.mode is PlanMode.COVER:
        beyond = "computed: cover mode knows no capacity"
        account.note(
            "demand beyond capacity, not sold", stations["unsold_kwh_year"].sum(), "kWh/year", beyond
        )
    account.note("energy bought from the grid", stations["bought_kwh_year"].sum(), "kWh/year")
    for column, step in _CAPEX_STEPS.items():
        account.note(f"{step} {year}", stations[column].sum(), "PKR")
    total = stations.select_dtypes("number").sum().to_frame().T
    capex = account.note(
        f"capital cost {year}", total["capex_pkr"].iloc[0], "PKR", "computed: all of the above"
    )
    for column, step in _YEARLY_STEPS.items():
        account.note(step, total[column].iloc[0], "PKR/year")
    cost = account.note(
        "yearly cost", total["cost_pkr_year"].iloc[0], "PKR/year", "computed: all of the above"
    )
    revenue = account.note("revenue", total["revenue_pkr_year"].iloc[0], "PKR/year", "computed: sold x price")
    net = account.note("net income", revenue - cost, "PKR/year")
    npv = account.note("net present value", total["npv_pkr"].iloc[0], "PKR", "computed: see economics.md")
    half_net = _compute_net_income(stations, account, 0.5)
    paybacks = compute_payback_years(np.full(2, capex), np.array([net, half_net]))
    payback = account.note("payback", paybacks[0], "years")
    half = account.note("payback at half the sales", paybacks[1], "years")
    break_even = account.note(
        "break-even utilisation", compute_break_even(stations, account), "share of the opening hours"
    )
    return [
        ("capex", capex, "PKR", "capital cost: sites, chargers, connections, meters, fees, solar, storage"),
        ("yearly_cost", cost, "PKR/year", "energy, fixed charges, upkeep, fees and land of the new stations"),
        ("revenue", revenue, "PKR/year", "what drivers pay at the new stations"),
        ("net_income", net, "PKR/year", "revenue less yearly cost"),
        ("npv", npv, "PKR", "net present value of the new stations over the horizon"),
        ("payback", payback, "years", "capital cost / net income"),
        ("payback_half_sales", half, "years", "the same when only half as much is sold"),
        (
            "break_even_utilisation",
            break_even,
            "share",
            "busy share of the opening hours at which the NPV is 0",
        ),
    ]


def _compute_net_income(stations: pd.DataFrame, account: Account, sales_share: float) -> float:
    """Compute the net income of all stations when each sells this share of what is planned, PKR a year."""
    sold = stations["sold_kwh_year"].to_numpy() * sales_share
    energy = compute_bought_kwh_year(stations, sold).sum() * account.use("tariff_pkr_kwh")
    others = (stations["cost_pkr_year"] - stations["energy_pkr_year"]).sum()
    return float(sold.sum() * account.use("retail_price_pkr_kwh") - energy - others)


def _find_warnings(stations: pd.DataFrame) -> tuple[str, ...]:
    warnings = []
    within = float(stations["plan_cost_pkr"].sum())
    beyond = float(stations["capex_pkr"].sum()) - within
    if beyond > _WORTH_WARNING_SHARE * within:
        warnings.append(
            f"connections, meters, fees, solar panels and batteries cost {format_pkr(beyond)} beside the "
            f"{format_pkr(within)} of sites and chargers; the budget does not hold them (model.budget_pkr)"
        )
    n_losing = int((stations["npv_pkr"] < 0).sum())
    if n_losing:
        warnings.append(
            f"{n_losing} of {len(stations)} new stations lose money over the horizon at these prices "
            "(economics.retail_price_pkr_kwh; which ones they are: economics in run.json)"
        )
    return tuple(warnings)


def _doubt_payback(plan: PlanCase, stations: pd.DataFrame, metrics: dict[str, float]) -> tuple[str, ...]:
    """Say what a very short payback rests on, and what becomes of it when half as much is sold."""
    if stations.empty or not metrics["payback"] < _DOUBTFUL_PAYBACK_YEARS:
        return ()
    busy = float(stations["sold_kwh_year"].sum() / stations["open_kwh_year"].sum())
    price, tariff = (plan.request.get_figure(name) for name in ("retail_price_pkr_kwh", "tariff_pkr_kwh"))
    half = metrics["payback_half_sales"]
    return (
        f"the new stations pay back in {metrics['payback']:.1f} years only if they are busy {busy:.0%} of their "
        f"opening hours from the first year and sell at PKR {price:g} per kWh what they buy at PKR {tariff:g}; "
        f"at half the sales they pay back {f'in {half:.1f} years' if np.isfinite(half) else 'never'}, and they "
        f"break even at {metrics['break_even_utilisation']:.1%}",
    )


def _doubt_price(plan: PlanCase, driver_saving_pkr_year: dict[str, float]) -> tuple[str, ...]:
    """Name the classes whose drivers would pay more than for their fuel: they may not come."""
    losing = [
        f"{name_class(name)} ({format_pkr(-saving)} a year)"
        for name, saving in driver_saving_pkr_year.items()
        if saving < 0
    ]
    if not losing:
        return ()
    price = plan.request.get_figure("retail_price_pkr_kwh")
    return (
        f"at PKR {price:g} per kWh some pay more than for the fuel they replace: {', '.join(losing)}; their "
        "energy counts as sold all the same (economics.retail_price_pkr_kwh)",
    )
