"""Which figures the economics rest on: the tables', unless the planner says otherwise."""

import pytest

from chargeplan.config.settings import EconomicsSettings
from chargeplan.errors import ConfigError
from chargeplan.evaluate.economics_figures import gather_figures
from chargeplan.figures import DatedFigure


def read(**settings):
    table = gather_figures(EconomicsSettings.model_validate(settings, strict=False))
    return table.set_index("name")


def test_without_settings_every_figure_names_its_file():
    table = read()
    assert table.loc["tariff_pkr_kwh", "value"] == 39.7
    assert table.loc["retail_price_pkr_kwh", "value"] == 115
    assert table.loc["fixed_charge_pkr_kw_month", "source"].startswith("assumption, no source found (2026;")
    assert table["source"].str.contains("data/").all()
    assert table.index.is_unique
    assert list(table.index) == sorted(table.index)


def test_the_category_chooses_the_tariff():
    assert read(tariff_category="A-2(d) until 2025").loc["tariff_pkr_kwh", "value"] == 71.1
    with pytest.raises(
        ConfigError, match=r"use one of A-2\(d\), A-2\(d\) until 2025, or set economics.tariff_pkr"
    ):
        read(tariff_category="A-3")


def test_the_planner_replaces_single_figures_and_is_named():
    table = read(
        tariff_pkr_kwh=50.0,
        land_pkr_m2_month={"fuel": 900.0},
        petrol_l_100km={"car": 7.0, "van": 9.0},
        neeca_level_up_to_kw=[5.0, 25.0, 60.0, 200.0],
        neeca_yearly_fee_pkr=[1.0, 2.0, 3.0, 4.0, 5.0],
    )
    changed = table[table["confidence"] == "planner"]
    assert changed["value"].to_dict() == {
        "land_pkr_m2_month.fuel": 900.0,
        "neeca_up_to_kw.1": 5.0,
        "neeca_up_to_kw.2": 25.0,
        "neeca_up_to_kw.3": 60.0,
        "neeca_up_to_kw.4": 200.0,
        "neeca_yearly_fee_pkr.1": 1.0,
        "neeca_yearly_fee_pkr.2": 2.0,
        "neeca_yearly_fee_pkr.3": 3.0,
        "neeca_yearly_fee_pkr.4": 4.0,
        "neeca_yearly_fee_pkr.5": 5.0,
        "petrol_l_100km.car": 7.0,
        "petrol_l_100km.van": 9.0,
        "tariff_pkr_kwh": 50.0,
    }
    assert changed.loc["petrol_l_100km.van", "unit"] == "l/100 km"
    assert changed.loc["tariff_pkr_kwh", "source"] == "economics.tariff_pkr_kwh"
    assert table.loc["land_pkr_m2_month.mall", "value"] == 500  # others stay


def test_further_figures_come_along():
    price = DatedFigure("charger_cost_pkr", 8.4e6, "PKR per charger", "a shop", "med")
    table = gather_figures(EconomicsSettings(), (price,)).set_index("name")
    assert table.loc["charger_cost_pkr", "source"] == "a shop"
