"""Money over the years."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from chargeplan.config.settings.basics import Name, NotNegative, Positive, Section, Share, Text
from chargeplan.words import (
    PlaceKind,
)


class EconomicsSettings(Section):
    """Prices, costs and factors of the economics; what is left out comes from data/tariff and data/costs."""

    tariff_category: Text = "A-2(d)"
    """Tariff of data/tariff/ev_tariff.csv at which stations buy: A-2(d) or A-2(d) until 2025."""
    tariff_pkr_kwh: NotNegative | None = None
    """All-in price of the energy that stations buy, PKR per kWh, with taxes."""
    fixed_charge_pkr_kw_month: NotNegative | None = None
    """Fixed charge of the connection, PKR per kW and month."""
    retail_price_pkr_kwh: NotNegative | None = None
    """Price that drivers pay, PKR per kWh."""
    discount_rate_share: Annotated[float, Field(ge=0, le=1)] | None = None
    """Yearly discount rate."""
    horizon_years: Annotated[int, Field(ge=1, le=50)] | None = None
    """Years over which the stations earn; after them they are worth nothing."""
    exchange_rate_pkr_usd: Positive | None = None
    """PKR per USD."""
    om_share_year: Share | None = None
    """Yearly upkeep as a share of the capital cost."""
    charger_efficiency_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Energy sold by energy bought."""
    land_pkr_m2_month: dict[PlaceKind, NotNegative] = {}
    """Rent of land by kind of site, PKR per m2 and month; kinds not named keep that of data/costs/land.csv."""
    land_m2_per_charger: NotNegative | None = None
    """Land that a charger with its bay takes, m2."""
    low_tension_limit_kw: NotNegative | None = None
    """Load above which a station is connected at 11 kV."""
    high_tension_pkr: NotNegative | None = None
    """What an 11 kV connection costs more than the low-tension one in the cost of the site, without its
    transformer."""
    high_tension_pkr_kw: NotNegative | None = None
    """Cost of the transformer of an 11 kV connection, PKR per kW of load."""
    energisation_pkr: NotNegative | None = None
    """What the supplier takes to switch a connection on, PKR per station, where it is not in the cost of the
    site."""
    separate_meter_pkr: NotNegative | None = None
    """Cost of a second connection where the tariff needs a meter of its own, as on the premises of a
    fuel station."""
    neeca_application_fee_pkr: NotNegative | None = None
    """NEECA's fee for the application of a station."""
    neeca_level_up_to_kw: Annotated[list[Positive], Field(min_length=4, max_length=4)] | None = None
    """Largest charger of NEECA's levels 1 to 4, kW; level 5 is above."""
    neeca_yearly_fee_pkr: Annotated[list[NotNegative], Field(min_length=5, max_length=5)] | None = None
    """NEECA's yearly fee of a station by level, 1 to 5."""
    solar_pkr_kw: NotNegative | None = None
    """Cost of solar panels, PKR per kW."""
    solar_kwh_kw_year: NotNegative | None = None
    """Yearly yield of solar panels, kWh per kW."""
    battery_pkr_kwh: NotNegative | None = None
    """Cost of a stationary battery, PKR per kWh."""
    battery_usable_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of a battery that may be used."""
    battery_efficiency_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Energy that a battery gives back by energy put into it."""
    power_factor_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """kW given to vehicles by kVA drawn from the grid at full power, losses included."""
    charge_battery_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Part of the battery that one visit fills; sets how long a charge takes, and so the wait at the peak."""
    petrol_price_pkr_l: NotNegative | None = None
    """Price of petrol, PKR per litre."""
    diesel_price_pkr_l: NotNegative | None = None
    """Price of diesel, PKR per litre."""
    petrol_import_usd_l: NotNegative | None = None
    """What the import of a litre of petrol costs the country, USD."""
    diesel_import_usd_l: NotNegative | None = None
    """What the import of a litre of diesel costs the country, USD."""
    petrol_l_100km: dict[Name, NotNegative] = {}
    """Petrol of the vehicle that an electric one replaces, litres per 100 km, by vehicle class."""
    diesel_l_100km: dict[Name, NotNegative] = {}
    """Diesel of the vehicle that an electric one replaces, litres per 100 km, by vehicle class."""
    pm25_g_kg: dict[Name, NotNegative] = {}
    """PM2.5 at the tailpipe of the replaced vehicle, grams per kg of fuel, by vehicle class."""
    petrol_co2_kg_l: NotNegative | None = None
    """CO2 of a litre of petrol, kg."""
    diesel_co2_kg_l: NotNegative | None = None
    """CO2 of a litre of diesel, kg."""
    petrol_kg_l: NotNegative | None = None
    """Weight of a litre of petrol, kg."""
    diesel_kg_l: NotNegative | None = None
    """Weight of a litre of diesel, kg."""
    grid_factor_kg_kwh: NotNegative | None = None
    """CO2e of a kWh at the power plant, kg."""
    grid_factor_low_kg_kwh: NotNegative | None = None
    """Low grid factor of the sensitivity."""
    grid_factor_high_kg_kwh: NotNegative | None = None
    """High grid factor of the sensitivity."""
    grid_loss_share: Annotated[float, Field(ge=0, le=0.9)] | None = None
    """Share of the generated energy that is lost before the meter."""

    @model_validator(mode="after")
    def _check_levels_rise(self) -> EconomicsSettings:
        limits = self.neeca_level_up_to_kw
        if limits is not None and sorted(set(limits)) != limits:
            msg = f"neeca_level_up_to_kw must rise without repeats; got {limits}"
            raise ValueError(msg)
        return self
