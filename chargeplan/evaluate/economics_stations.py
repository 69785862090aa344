"""What each new station costs and earns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.evaluate.derive import (
    derive_site_capacity_kwh_day,
    derive_site_cost_pkr,
    derive_site_power_kw,
    find_strongest_kw,
)
from chargeplan.evaluate.economics_figures import BY_KIND, NEECA_LEVELS
from chargeplan.evaluate.economics_formulas import (
    compute_annuity_factor,
    compute_break_even_share,
    compute_npv_pkr,
    compute_payback_years,
)
from chargeplan.units import DAYS_PER_YEAR, HOURS_PER_DAY, MONTHS_PER_YEAR
from chargeplan.words import ConnectionClass, SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.economics_account import Account
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Bools, Floats, Ints, PlanRequest

CAPEX_COLUMNS = (
    "plan_cost_pkr",
    "connection_pkr",
    "energisation_pkr",
    "meter_pkr",
    "application_pkr",
    "solar_pkr",
    "storage_pkr",
)
YEARLY_COLUMNS = (
    "energy_pkr_year",
    "fixed_charge_pkr_year",
    "om_pkr_year",
    "neeca_pkr_year",
    "land_pkr_year",
)


def reckon_stations(plan: PlanCase, account: Account) -> pd.DataFrame:
    """Reckon the costs and the revenue of each new station, sorted by site_id.

    Returns
    -------
    pandas.DataFrame
        site_id, power_kw, connection (word of `ConnectionClass`), open_kwh_year (chargers at full power
        in all opening hours), sold_kwh_year (at most what the station can deliver), unsold_kwh_year
        (demand beyond that, which cover mode may send there), drawn_kwh_kwh (from panels and grid for
        each kWh sold), panel_kwh_year (what panels can yield), solar_kwh_year (of it, what is needed),
        bought_kwh_year (from the grid), the `CAPEX_COLUMNS` and their sum capex_pkr, the
        `YEARLY_COLUMNS` and their sum cost_pkr_year, revenue_pkr_year, net_income_pkr_year, npv_pkr,
        payback_years, break_even_share.
    """
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (plan.solution.chargers > 0)
    at = np.flatnonzero(is_new)
    load, sold = compute_sales_kwh_day(plan)
    power_kw = derive_site_power_kw(plan.request, plan.sites, plan.chargers_by_type)[at]
    table = pd.DataFrame(
        {
            "site_id": plan.sites.table["site_id"].to_numpy()[at],
            "power_kw": power_kw,
            "connection": _classify_connections(power_kw, account),
            "open_kwh_year": power_kw * plan.request.hours_day * DAYS_PER_YEAR,
            "sold_kwh_year": sold[at] * DAYS_PER_YEAR,
            "unsold_kwh_year": (load - sold)[at] * DAYS_PER_YEAR,
        }
    )
    solar_kw = plan.sites.table["solar_kw"].to_numpy()[at]
    table["drawn_kwh_kwh"] = _compute_drawn_kwh_kwh(plan, account, at)
    table["panel_kwh_year"] = solar_kw * account.use_if("solar_kwh_kw_year", solar_kw.any())
    table["solar_kwh_year"] = np.minimum(
        table["panel_kwh_year"], table["sold_kwh_year"] * table["drawn_kwh_kwh"]
    )
    table["bought_kwh_year"] = compute_bought_kwh_year(table, table["sold_kwh_year"].to_numpy())
    table = table.assign(**_reckon_capex(plan, account, at, table))
    table["capex_pkr"] = table[list(CAPEX_COLUMNS)].sum(axis=1)
    table = table.assign(**_reckon_year(plan, account, at, table))
    table["cost_pkr_year"] = table[list(YEARLY_COLUMNS)].sum(axis=1)
    table["revenue_pkr_year"] = table["sold_kwh_year"] * account.use("retail_price_pkr_kwh")
    table["net_income_pkr_year"] = table["revenue_pkr_year"] - table["cost_pkr_year"]
    return _judge(table, account).sort_values("site_id", ignore_index=True)


def compute_sales_kwh_day(plan: PlanCase) -> tuple[Floats, Floats]:
    """Compute the demand that the plan sends to each site and what of it the site can deliver, kWh a day.

    Two arrays of shape (n_sites,). They differ in cover mode alone, which knows no capacity.
    """
    load: Floats = np.zeros(plan.problem.n_sites)
    np.add.at(load, plan.problem.pair_site, plan.served_kwh_day)
    return load, np.minimum(
        load, derive_site_capacity_kwh_day(plan.request, plan.sites, plan.chargers_by_type)
    )


def find_neeca_level(power_kw: float, account: Account) -> int:
    """Find NEECA's level of a charger, 1 to 5, by the largest power of the levels 1 to 4."""
    limits_kw = [account.use(f"neeca_up_to_kw.{level}") for level in range(1, NEECA_LEVELS)]
    return 1 + sum(limit_kw < power_kw for limit_kw in limits_kw)


def compute_storage_kwh(request: PlanRequest, power_kw: Floats) -> Floats:
    """Compute what a battery must deliver so that outages cost a station nothing, kWh a day."""
    dark_share = request.outage_hours_day / HOURS_PER_DAY
    return np.asarray(power_kw * request.hours_day * request.max_utilisation * dark_share)


def compute_bought_kwh_year(stations: pd.DataFrame, sold_kwh_year: Floats) -> Floats:
    """Compute what each station buys from the grid a year for these sales."""
    drawn = sold_kwh_year * stations["drawn_kwh_kwh"].to_numpy()
    return np.asarray(np.maximum(drawn - stations["panel_kwh_year"].to_numpy(), 0.0))


def compute_break_even(stations: pd.DataFrame, account: Account) -> float:
    """Compute the break-even utilisation of some stations as one investment."""
    annuity = compute_annuity_factor(account.use("discount_rate_share"), account.use("horizon_years"))
    fixed = float((stations["cost_pkr_year"] - stations["energy_pkr_year"]).sum())
    return compute_break_even_share(
        float(stations["capex_pkr"].sum()) / annuity + fixed,
        stations["open_kwh_year"].to_numpy(),
        stations["panel_kwh_year"].to_numpy(),
        stations["drawn_kwh_kwh"].to_numpy(),
        price_pkr_kwh=account.use("retail_price_pkr_kwh"),
        tariff_pkr_kwh=account.use("tariff_pkr_kwh"),
    )


def _needs_battery(plan: PlanCase, at: Ints) -> Bools:
    table = plan.sites.table.iloc[at]
    bridges = table["has_storage"].to_numpy() & ~table["feeder_exempt"].to_numpy()
    return np.asarray(bridges & (plan.request.outage_hours_day > 0))


def _compute_drawn_kwh_kwh(plan: PlanCase, account: Account, at: Ints) -> Floats:
    """Compute what is drawn for a kWh sold: what is sold in outages goes through a battery first."""
    needs_battery = _needs_battery(plan, at)
    battery_share = account.use_if("battery_efficiency_share", needs_battery.any()) or 1.0
    stored_share = needs_battery * (plan.request.outage_hours_day / HOURS_PER_DAY)
    drawn = 1.0 - stored_share + stored_share / battery_share
    return np.asarray(drawn / account.use("charger_efficiency_share"))


def _classify_connections(power_kw: Floats, account: Account) -> list[str]:
    """Tell how each station is connected, by its load."""
    limit_kw = account.use("low_tension_limit_kw")
    classes = ConnectionClass.LOW_TENSION, ConnectionClass.HIGH_TENSION
    return [classes[int(is_high)].value for is_high in power_kw > limit_kw]


def _reckon_capex(plan: PlanCase, account: Account, at: Ints, stations: pd.DataFrame) -> dict[str, Floats]:
    table = plan.sites.table.iloc[at]
    power_kw = stations["power_kw"].to_numpy()
    cost = derive_site_cost_pkr(plan.request, plan.sites, plan.chargers_by_type)[at]
    is_high = (stations["connection"] == ConnectionClass.HIGH_TENSION.value).to_numpy()
    needs_meter = table["separate_meter_needed"].to_numpy()
    solar_kw = table["solar_kw"].to_numpy()
    needs_battery = _needs_battery(plan, at)
    delivered_kwh = np.where(needs_battery, compute_storage_kwh(plan.request, power_kw), 0.0)
    usable_share = account.use_if("battery_usable_share", needs_battery.any()) or 1.0
    per_kw = account.use_if("high_tension_pkr_kw", is_high.any())
    return {
        "plan_cost_pkr": cost,
        "connection_pkr": is_high * (account.use_if("high_tension_pkr", is_high.any()) + per_kw * power_kw),
        "energisation_pkr": np.full(len(power_kw), account.use("energisation_pkr")),
        "meter_pkr": needs_meter * account.use_if("separate_meter_pkr", needs_meter.any()),
        "application_pkr": np.full(len(power_kw), account.use("neeca_application_fee_pkr")),
        "solar_pkr": solar_kw * account.use_if("solar_pkr_kw", solar_kw.any()),
        "storage_pkr": delivered_kwh / usable_share * account.use_if("battery_pkr_kwh", needs_battery.any()),
    }


def _reckon_year(plan: PlanCase, account: Account, at: Ints, table: pd.DataFrame) -> dict[str, Floats]:
    level = find_neeca_level(find_strongest_kw(plan.request), account)
    kinds = plan.sites.table["kind"].to_numpy()[at]
    rents = {kind: account.use(f"{BY_KIND}.{kind}") for kind in sorted(set(kinds))}
    rent_pkr_m2_month = np.array([rents[kind] for kind in kinds], dtype=np.float64)
    land_m2 = plan.solution.chargers[at] * account.use("land_m2_per_charger")
    fixed_pkr_kw_month = account.use("fixed_charge_pkr_kw_month")
    return {
        "energy_pkr_year": table["bought_kwh_year"].to_numpy() * account.use("tariff_pkr_kwh"),
        "fixed_charge_pkr_year": table["power_kw"].to_numpy() * fixed_pkr_kw_month * MONTHS_PER_YEAR,
        "om_pkr_year": table["capex_pkr"].to_numpy() * account.use("om_share_year"),
        "neeca_pkr_year": np.full(len(table), account.use(f"neeca_yearly_fee_pkr.{level}")),
        "land_pkr_year": land_m2 * rent_pkr_m2_month * MONTHS_PER_YEAR,
    }


def _judge(table: pd.DataFrame, account: Account) -> pd.DataFrame:
    capex, net = table["capex_pkr"].to_numpy(), table["net_income_pkr_year"].to_numpy()
    rate, years = account.use("discount_rate_share"), account.use("horizon_years")
    return table.assign(
        npv_pkr=compute_npv_pkr(capex, net, rate, years),
        payback_years=compute_payback_years(capex, net),
        break_even_share=[compute_break_even(table.iloc[[row]], account) for row in range(len(table))],
    ).astype({"break_even_share": "float64"})
