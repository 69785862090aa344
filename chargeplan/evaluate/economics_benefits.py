"""What driving on electricity saves: fuel, its import, CO2e and, as an order of magnitude, PM2.5."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.economics_stations import compute_sales_kwh_day
from chargeplan.evaluate.flows import split_flows_by_class
from chargeplan.units import DAYS_PER_YEAR, GRAMS_PER_KG, KG_PER_TONNE
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.economics_account import Account
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats

Metric = tuple[str, float, str, str]
FUELS = ("petrol", "diesel")
PM25_METHOD = (
    "order of magnitude: fuel saved x its weight x grams of PM2.5 per kg of fuel of a European fleet, at the "
    "tailpipe alone; power plants, tyres, brakes and dust are left out"
)


@dataclass(frozen=True, slots=True)
class _Saved:
    """Fuel saved a year, what it and its import cost, and what it would have emitted."""

    petrol_l: float = 0.0
    diesel_l: float = 0.0
    cost_pkr: float = 0.0
    import_usd: float = 0.0
    co2_kg: float = 0.0
    pm25_g: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Benefits:
    """What the energy sold by the new stations saves.

    Parameters
    ----------
    metrics : list of tuple
        Name, value, unit and meaning.
    driver_saving_pkr_year : dict of str to float
        By vehicle class whose fuel is known: what drivers pay less for energy than for that fuel.
    """

    metrics: list[Metric]
    driver_saving_pkr_year: dict[str, float]


def reckon_benefits(plan: PlanCase, account: Account, bought_kwh_year: float) -> Benefits:
    """Reckon what the energy sold by the new stations saves a year.

    Each class drives ``energy / kWh per km``; the vehicles it replaces would have burnt their fuel over
    these kilometres. Nothing is counted for a class without a figure of its fuel, and the
    account says so.

    Parameters
    ----------
    plan : PlanCase
    account : Account
    bought_kwh_year : float
        What the new stations buy from the grid.

    Returns
    -------
    Benefits
        Empty when the demand says no kWh per km.
    """
    if len(plan.cells.kwh_km) == 0:
        return Benefits([], {})
    sold = split_by_class(plan) * DAYS_PER_YEAR
    price_pkr_kwh = account.use("retail_price_pkr_kwh")
    saved, by_class = _Saved(), {}
    for name, kwh_year, kwh_km in zip(plan.cells.classes, sold, plan.cells.kwh_km, strict=True):
        part = _reckon_class(name, float(kwh_year), float(kwh_km), account)
        saved = _add(saved, part)
        if part.cost_pkr > 0:
            by_class[name] = account.note(
                f"{name}: drivers save", part.cost_pkr - float(kwh_year) * price_pkr_kwh, "PKR/year"
            )
    petrol = account.note("petrol saved", saved.petrol_l, "l/year")
    diesel = account.note("diesel saved", saved.diesel_l, "l/year")
    oil = account.note("oil import saved", saved.import_usd, "USD/year", "computed: each fuel at its price")
    account.note("oil import saved in rupees", oil * account.use("exchange_rate_pkr_usd"), "PKR/year")
    paid = float(sold.sum()) * price_pkr_kwh
    drivers = account.note(
        "drivers save",
        saved.cost_pkr - paid,
        "PKR/year",
        "computed: fuel saved at its price less energy paid",
    )
    pm25 = account.note("PM2.5 saved", saved.pm25_g / GRAMS_PER_KG, "kg/year", PM25_METHOD)
    metrics: list[Metric] = [
        ("petrol_saved", petrol, "l/year", "petrol that the energy of the new stations replaces"),
        ("diesel_saved", diesel, "l/year", "diesel that it replaces"),
        ("oil_import_saved", oil, "USD/year", "imports of these fuels"),
        ("driver_saving", drivers, "PKR/year", "what drivers pay less for energy than for that fuel"),
        *_reckon_co2e(account, saved.co2_kg, bought_kwh_year),
        ("pm25_saved", pm25, "kg/year", PM25_METHOD),
    ]
    return Benefits(metrics, by_class)


def split_by_class(plan: PlanCase) -> Floats:
    """Split the energy that new stations sell by vehicle class, shape (n_classes,), kWh per day.

    A cell's energy is served for its classes in proportion to what each wants there, and a station
    that cannot deliver all of it turns every driver away alike. With several charger types the plan says
    which classes it serves.
    """
    if not plan.is_plain:
        return split_flows_by_class(plan)
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (plan.solution.chargers > 0)
    load, sold = compute_sales_kwh_day(plan)
    sold_share = np.divide(sold, load, out=np.zeros(len(load)), where=load > 0) * is_new
    by_new = plan.served_kwh_day * sold_share[plan.problem.pair_site]
    served = np.bincount(plan.problem.pair_cell, weights=by_new, minlength=plan.problem.n_cells)
    wanted = plan.cells.total_kwh_day
    part = np.divide(served, wanted, out=np.zeros(len(wanted)), where=wanted > 0)
    return np.asarray(part @ plan.cells.kwh_day, dtype=np.float64)


def _reckon_class(name: str, kwh_year: float, kwh_km: float, account: Account) -> _Saved:
    account.note(f"{name}: energy sold", kwh_year, "kWh/year")
    account.note(f"{name}: energy per km", kwh_km, "kWh/km", "the demand of this study")
    km_year = account.note(f"{name}: driven", kwh_year / kwh_km if kwh_km > 0 else 0.0, "km/year")
    saved = _Saved()
    fuels = [fuel for fuel in FUELS if f"{fuel}_l_100km.{name}" in account]
    if not fuels:
        account.note(
            f"{name}: fuel saved",
            0.0,
            "l/year",
            "not counted: economics.petrol_l_100km and diesel_l_100km say nothing of this class",
            confidence="assumption",
        )
    for fuel in fuels:
        litres = km_year * account.use(f"{fuel}_l_100km.{name}") / 100.0
        account.note(f"{name}: {fuel} saved", litres, "l/year")
        weight_kg = litres * account.use(f"{fuel}_kg_l")
        pm25_g_kg = account.use(f"pm25_g_kg.{name}") if f"pm25_g_kg.{name}" in account else 0.0
        part = _Saved(
            petrol_l=litres if fuel == "petrol" else 0.0,
            diesel_l=litres if fuel == "diesel" else 0.0,
            cost_pkr=litres * account.use(f"{fuel}_price_pkr_l"),
            import_usd=litres * account.use(f"{fuel}_import_usd_l"),
            co2_kg=litres * account.use(f"{fuel}_co2_kg_l"),
            pm25_g=weight_kg * pm25_g_kg,
        )
        saved = _add(saved, part)
    return saved


def _reckon_co2e(account: Account, tailpipe_kg: float, bought_kwh_year: float) -> list[Metric]:
    """Reckon CO2e with the grid factor, its low and high value, and the factor at which nothing is saved."""
    generated = bought_kwh_year / (1.0 - account.use("grid_loss_share"))
    account.note("CO2 of the fuel saved", tailpipe_kg / KG_PER_TONNE, "t/year")
    account.note("energy generated for it", generated, "kWh/year", "computed: energy bought / (1 - losses)")
    metrics = []
    for name, grid, meaning in (
        ("co2e_saved", "grid_factor_kg_kwh", "CO2 of the fuel less CO2e of the energy generated"),
        ("co2e_saved_clean_grid", "grid_factor_low_kg_kwh", "the same with the low grid factor"),
        ("co2e_saved_dirty_grid", "grid_factor_high_kg_kwh", "the same with the high grid factor"),
    ):
        factor = account.use(grid)
        saved_t = (tailpipe_kg - generated * factor) / KG_PER_TONNE
        account.note(f"CO2e saved at {factor:g} kg/kWh", saved_t, "t/year")
        metrics.append((name, saved_t, "t/year", meaning))
    balance = tailpipe_kg / generated if generated > 0 else 0.0
    account.note("grid factor at which no CO2e is saved", balance, "kgCO2e/kWh")
    return metrics


def _add(left: _Saved, right: _Saved) -> _Saved:
    return _Saved(*(getattr(left, field.name) + getattr(right, field.name) for field in fields(_Saved)))
