"""Money and benefits of the toy city's plan, every figure worked out by hand."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import toy_city

from chargeplan.errors import VerificationError
from chargeplan.evaluate.economics import compute_economics
from chargeplan.evaluate.economics_account import Account
from chargeplan.evaluate.economics_formulas import (
    compute_annuity_factor,
    compute_break_even_share,
    compute_npv_pkr,
    compute_payback_years,
)
from chargeplan.evaluate.economics_stations import (
    CAPEX_COLUMNS,
    YEARLY_COLUMNS,
    find_neeca_level,
    reckon_stations,
)
from chargeplan.evaluate.economics_years import tabulate_years
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import PlanCase
from chargeplan.figures import DatedFigure, tabulate_figures
from chargeplan.records import CandidateSites, DemandCells
from chargeplan.words import PlanMode

# Pairs in order: (A,s1) (B,s1) (B,s2) (C,s1) (C,s2) (C,s3) (D,s2) (D,s3) (E,s3)
BEST_450_SHARE = np.array([1.0, 1.0, 0.0, 0.75, 0.0, 0.0, 0.0, 1.0, 1.0])
# Round figures, so that the sums can be done on paper.
FIGURES = {
    "tariff_pkr_kwh": 10.0,
    "fixed_charge_pkr_kw_month": 1.0,
    "retail_price_pkr_kwh": 30.0,
    "discount_rate_share": 0.0,
    "horizon_years": 10.0,
    "exchange_rate_pkr_usd": 100.0,
    "om_share_year": 0.1,
    "charger_efficiency_share": 0.8,
    "land_m2_per_charger": 5.0,
    "land_pkr_m2_month.fuel": 2.0,
    "low_tension_limit_kw": 25.0,
    "high_tension_pkr": 1000.0,
    "high_tension_pkr_kw": 10.0,
    "energisation_pkr": 20.0,
    "separate_meter_pkr": 500.0,
    "neeca_application_fee_pkr": 100.0,
    "neeca_up_to_kw.1": 3.7,
    "neeca_up_to_kw.2": 22.0,
    "neeca_up_to_kw.3": 50.0,
    "neeca_up_to_kw.4": 150.0,
    "neeca_yearly_fee_pkr.1": 10.0,
    "neeca_yearly_fee_pkr.2": 50.0,
    "neeca_yearly_fee_pkr.3": 60.0,
    "neeca_yearly_fee_pkr.4": 70.0,
    "neeca_yearly_fee_pkr.5": 80.0,
    "solar_pkr_kw": 1000.0,
    "solar_kwh_kw_year": 1500.0,
    "battery_pkr_kwh": 40.0,
    "battery_usable_share": 0.5,
    "battery_efficiency_share": 0.8,
    "petrol_price_pkr_l": 250.0,
    "diesel_price_pkr_l": 300.0,
    "petrol_import_usd_l": 0.5,
    "diesel_import_usd_l": 0.6,
    "petrol_l_100km.car": 8.0,
    "pm25_g_kg.car": 0.03,
    "petrol_co2_kg_l": 2.3,
    "diesel_co2_kg_l": 2.7,
    "petrol_kg_l": 0.75,
    "diesel_kg_l": 0.85,
    "grid_factor_kg_kwh": 0.4,
    "grid_factor_low_kg_kwh": 0.3,
    "grid_factor_high_kg_kwh": 0.7,
    "grid_loss_share": 0.2,
}


def make_figures(**changes: float):
    given = FIGURES | {name.replace("__", "."): value for name, value in changes.items()}
    return tabulate_figures(
        DatedFigure(name, value, "unit", "paper", "high")
        for name, value in given.items()
        if value is not None
    )


def make_case(
    *, outage_hours_day: float = 0.0, classes: dict[str, float] | None = None, **changes
) -> PlanCase:
    """s1: 3 chargers, 30 kW, 60 kWh/day; s3: 2 chargers, 20 kW, 40 kWh/day, own meter, 2 kW of panels."""
    attributes = {"separate_meter_needed": [False, False, True], "solar_kw": [0.0, 0.0, 2.0]}
    sites = toy_city.make_sites(**attributes | changes.pop("sites", {}))
    request = toy_city.make_request(
        budget_pkr=450.0,
        max_sites=2,
        year=2030,
        outage_hours_day=outage_hours_day,
        figures=make_figures(**changes.pop("figures", {})),
    )
    return PlanCase(
        request,
        toy_city.make_network(),
        make_cells(classes or {"car": 0.2}),
        sites,
        toy_city.make_travel(),
        toy_city.make_problem(request),
        toy_city.make_solution([3, 0, 2], BEST_450_SHARE, 100.0),
    )


def make_cells(kwh_km: dict[str, float]) -> DemandCells:
    """The toy city's demand, halved among two classes when there are two."""
    cells = toy_city.make_cells()
    n_classes = len(kwh_km)
    return dataclasses.replace(
        cells,
        classes=tuple(kwh_km),
        kwh_day=np.repeat(cells.kwh_day / n_classes, n_classes, axis=1),
        kwh_day_by_use=np.repeat(cells.kwh_day_by_use / n_classes, n_classes, axis=1),
        period_share=np.ones((n_classes, 1, 1)),
        kwh_km=np.array(list(kwh_km.values())),
    )


def find_step(table: pd.DataFrame, step: str) -> float:
    return float(table.set_index("step").loc[step, "value"])


# The formulas


def test_an_annuity_is_the_sum_of_the_discounted_years():
    assert compute_annuity_factor(0.25, 3) == pytest.approx(1 / 1.25 + 1 / 1.25**2 + 1 / 1.25**3)
    assert compute_annuity_factor(1e-9, 3) == pytest.approx(compute_annuity_factor(0.0, 3), abs=1e-6)


def test_npv_payback_and_break_even_of_a_station_on_paper():
    """1,000 at the start; 5 a kWh on 100 kWh a year less 100 a year: 400 a year for two years at 25 %.

    NPV: 400 x (0.8 + 0.64) - 1,000 = -424. Payback: 2.5 years. Break-even: (1,000 / 1.44 + 100) / 5.
    """
    capex, net = np.array([1000.0]), np.array([400.0])
    assert compute_npv_pkr(capex, net, 0.25, 2) == pytest.approx([-424.0])
    assert compute_payback_years(capex, net) == pytest.approx([2.5])
    share = find_break_even(1000 / 1.44 + 100, [1000.0], [0.0], [1.0], 8.0, 3.0)
    assert share == pytest.approx((1000 / 1.44 + 100) / 5 / 1000)
    net = np.array([5.0 * share * 1000 - 100.0])
    assert compute_npv_pkr(capex, net, 0.25, 2) == pytest.approx([0.0], abs=1e-9)


def find_break_even(needed_pkr_year, open_kwh, panel_kwh, drawn, price, tariff):
    arrays = (np.array(values) for values in (open_kwh, panel_kwh, drawn))
    return compute_break_even_share(needed_pkr_year, *arrays, price_pkr_kwh=price, tariff_pkr_kwh=tariff)


def test_without_a_margin_nothing_breaks_even_but_what_costs_nothing():
    assert find_break_even(1000.0, [100.0], [0.0], [1.0], 3.0, 3.0) == np.inf
    assert find_break_even(0.0, [100.0], [0.0], [1.0], 3.0, 3.0) == 0.0
    assert find_break_even(1.0, [0.0], [0.0], [1.0], 3.0, 3.0) == np.inf


def test_panels_help_to_break_even_only_as_far_as_their_energy_is_sold():
    """Two stations, 100 kWh open each, 5 a kWh sold, 4 a kWh bought; panels of the first yield 20 kWh.

    Up to a share of 0.2 a share of 0.1 earns 100 - 40 = 60, above it 100 - 80 = 20: 120 at 0.2, 140 at 0.3.
    With nothing but panels, 60 are earned by 12 of 100 kWh. Where buying costs more than drivers pay, the
    first stretch alone can break even.
    """
    assert find_break_even(60.0, [100.0, 100.0], [20.0, 0.0], [1.0, 1.0], 5.0, 4.0) == pytest.approx(0.1)
    assert find_break_even(140.0, [100.0, 100.0], [20.0, 0.0], [1.0, 1.0], 5.0, 4.0) == pytest.approx(0.3)
    assert find_break_even(60.0, [100.0], [20.0], [1.0], 5.0, 4.0) == pytest.approx(0.12)
    assert find_break_even(60.0, [100.0], [20.0], [1.0], 5.0, 9.0) == pytest.approx(0.12)
    assert find_break_even(101.0, [100.0], [20.0], [1.0], 5.0, 9.0) == np.inf


# Stations


def test_each_station_costs_and_earns_what_the_paper_says():
    """Both: 365 days, 0.8 of what is bought is sold, 30 a kWh.

    s1 sells 21,900, buys 27,375: 273,750. Capital 250 + 11 kV above 25 kW (1,000 + 10 x 30) + 20 + 100 =
    1,670. A year: 30 kW x 12 = 360, upkeep 167, level 2 50, land 3 x 5 m2 x 2 x 12 = 360. Revenue 657,000.
    s3 sells 14,600, needs 18,250, of which panels give 3,000: 152,500. Capital 200 + 20 + meter 500 + 100
    + panels 2,000 = 2,820. A year: 240, 282, 50, 240. Revenue 438,000. It needs 282 + 812 = 1,094 a year,
    which 1,094 / 30 kWh from its panels earn.
    """
    first, third = compute_economics(make_case()).sites.to_dict("records")
    assert [first[name] for name in CAPEX_COLUMNS] == pytest.approx([250, 1300, 20, 0, 100, 0, 0])
    assert (first["connection"], third["connection"]) == ("11 kV", "LT")
    assert [first[name] for name in YEARLY_COLUMNS] == pytest.approx([273_750, 360, 167, 50, 360])
    assert (first["capex_pkr"], first["revenue_pkr_year"]) == pytest.approx((1670, 657_000))
    assert first["npv_pkr"] == pytest.approx(10 * (657_000 - 274_687) - 1670)
    assert first["payback_years"] == pytest.approx(1670 / 382_313)
    # margin 30 - 10 / 0.8 = 17.5; capital 167 a year and 937 of fixed costs; open: 30 kW x 10 h x 365
    assert first["break_even_share"] == pytest.approx((167 + 937) / 17.5 / 109_500)
    assert [third[name] for name in CAPEX_COLUMNS] == pytest.approx([200, 0, 20, 500, 100, 2000, 0])
    assert [third[name] for name in YEARLY_COLUMNS] == pytest.approx([152_500, 240, 282, 50, 240])
    assert third["break_even_share"] == pytest.approx(1_094 / 30 / 73_000)


def test_a_battery_is_as_large_as_the_outages_that_it_bridges():
    """6 of 24 hours: 30 kW x 10 h x 0.2 / 4 = 15 kWh a day, twice that as half may be used, at 40: 1,200.

    A quarter of the 21,900 kWh goes through it and loses a fifth: (16,425 + 5,475 / 0.8) / 0.8 are bought.
    """
    case = make_case(outage_hours_day=6.0, sites={"has_storage": [True, True, True]})
    stations = compute_economics(case).sites
    assert stations["storage_pkr"].tolist() == pytest.approx([1200.0, 800.0])
    assert stations["bought_kwh_year"][0] == pytest.approx((16_425 + 5_475 / 0.8) / 0.8)
    exempt = make_case(
        outage_hours_day=6.0, sites={"has_storage": [True] * 3, "feeder_exempt": [True, True, False]}
    )
    assert compute_economics(exempt).sites["storage_pkr"].tolist() == pytest.approx([0.0, 800.0])


@pytest.mark.parametrize(("power_kw", "level"), [(3.7, 1), (3.8, 2), (50.0, 3), (150.0, 4), (150.1, 5)])
def test_a_charger_up_to_the_limit_belongs_to_the_level(power_kw, level):
    assert find_neeca_level(power_kw, Account(make_case().request)) == level


def test_existing_stations_neither_cost_nor_earn():
    case = make_case()
    existing = case.sites.table.assign(status=["existing", "candidate", "candidate"])
    chargers = existing.assign(existing_chargers=[3, 0, 0], existing_power_kw=[30.0, 0.0, 0.0])
    case = dataclasses.replace(case, sites=CandidateSites(chargers, case.sites.removed))
    assert compute_economics(case).sites["site_id"].tolist() == ["s3"]
    assert compute_economics(case).metrics[0][:2] == ("capex", pytest.approx(2820.0))


def test_cover_mode_sells_no_more_than_the_stations_can_deliver():
    """Two chargers of 10 kW x 10 h x 0.2 deliver 40 kWh a day; s1 is sent 60, s3 is sent 40."""
    request = toy_city.make_request(PlanMode.COVER, figures=make_figures())
    case = dataclasses.replace(
        make_case(classes={"bus": 1.0, "car": 0.2}),
        request=request,
        problem=toy_city.make_problem(request),
        solution=toy_city.make_solution([2, 0, 2], BEST_450_SHARE, 100.0),
    )
    economics = compute_economics(case)
    assert economics.sites["sold_kwh_year"].tolist() == pytest.approx([14_600, 14_600])
    assert economics.sites["unsold_kwh_year"].tolist() == pytest.approx([7_300, 0])
    assert find_step(economics.account, "demand beyond capacity, not sold") == pytest.approx(7_300)
    assert find_step(economics.account, "revenue") == pytest.approx(29_200 * 30)
    assert find_step(economics.account, "bus: energy sold") == pytest.approx(14_600)
    assert find_step(economics.account, "car: energy sold") == pytest.approx(14_600)
    warnings = evaluate_plan(case).warnings
    assert any("economics count only what they can deliver" in warning for warning in warnings)


def test_energy_of_classes_that_cannot_use_the_chargers_is_told():
    """Half the energy is of buses, which need 120 kW or more; the chargers have 10."""
    case = make_case(classes={"bus": 1.0, "car": 0.2})
    cells = dataclasses.replace(case.cells, charger_kw=np.array([[120.0, 360.0], [7.0, 180.0]]))
    evaluation = evaluate_plan(dataclasses.replace(case, cells=cells))
    assert evaluation.get_metric("unusable_share") == pytest.approx(0.5)
    (warning,) = (text for text in evaluation.warnings if "cannot use" in text)
    assert warning.startswith("50% of the energy of the new stations")
    assert "10 kW (buses)" in warning
    assert evaluate_plan(case).get_metric("unusable_share") == 0


# In all


def test_the_plan_as_one_investment():
    evaluation = evaluate_plan(make_case())
    assert evaluation.get_metric("capex") == pytest.approx(4490)
    assert evaluation.get_metric("revenue") == pytest.approx(1_095_000)
    assert evaluation.get_metric("yearly_cost") == pytest.approx(274_687 + 153_312)
    assert evaluation.get_metric("net_income") == pytest.approx(667_001)
    assert evaluation.get_metric("npv") == pytest.approx(6_670_010 - 4490)
    assert evaluation.get_metric("payback") == pytest.approx(4490 / 667_001)
    # Half as much sold: 547,500; 13,687.5 and 9,125 - 3,000 bought at 10; 937 and 812 of other costs.
    half_net = 547_500 - 136_875 - 61_250 - 1_749
    assert evaluation.get_metric("payback_half_sales") == pytest.approx(4490 / half_net)
    assert evaluation.get_metric("npv") == pytest.approx(evaluation.site_economics["npv_pkr"].sum())
    assert find_step(evaluation.economics, "capital cost in 2030") == pytest.approx(4490)


def test_the_years_add_up_to_the_totals():
    """At 25 %: 4,490 in 2030, then ten years of 667,001, worth 0.8 of it after the first."""
    evaluation = evaluate_plan(make_case(figures={"discount_rate_share": 0.25}))
    years = evaluation.economics_by_year
    assert years["calendar_year"].tolist() == list(range(2030, 2041))
    assert years["capital_pkr"].tolist() == pytest.approx([4490] + [0] * 10)
    assert years["net_pkr"].tolist() == pytest.approx([-4490] + [667_001] * 10)
    assert years["discounted_pkr"][1] == pytest.approx(0.8 * 667_001)
    assert years["discounted_sum_pkr"].iloc[-1] == pytest.approx(evaluation.get_metric("npv"))
    costs = years[["energy_pkr", "fixed_charge_pkr", "om_pkr", "neeca_pkr", "land_pkr"]].sum(axis=1)
    assert costs[10] == pytest.approx(evaluation.get_metric("yearly_cost"))


def test_years_that_do_not_add_up_are_not_published():
    case = make_case()
    account = Account(case.request)
    stations = reckon_stations(case, account)
    with pytest.raises(VerificationError, match="discounted_pkr of the years is not npv_pkr"):
        tabulate_years(stations.assign(npv_pkr=stations["npv_pkr"] + 1), account, 2030)


def test_benefits_on_paper():
    """36,500 kWh are 182,500 km, 14,600 litres; 42,625 kWh are bought and 53,281.25 generated."""
    evaluation = evaluate_plan(make_case())
    assert evaluation.get_metric("petrol_saved") == pytest.approx(14_600)
    assert evaluation.get_metric("diesel_saved") == 0
    assert evaluation.get_metric("oil_import_saved") == pytest.approx(7_300)
    assert find_step(evaluation.economics, "oil import saved in rupees") == pytest.approx(730_000)
    assert evaluation.get_metric("driver_saving") == pytest.approx(14_600 * 250 - 36_500 * 30)
    assert evaluation.get_metric("co2e_saved") == pytest.approx(33.58 - 53.28125 * 0.4)
    assert evaluation.get_metric("co2e_saved_clean_grid") == pytest.approx(33.58 - 53.28125 * 0.3)
    assert evaluation.get_metric("co2e_saved_dirty_grid") == pytest.approx(33.58 - 53.28125 * 0.7)
    assert evaluation.get_metric("co2e_saved_dirty_grid") < 0
    balance = find_step(evaluation.economics, "grid factor at which no CO2e is saved")
    assert balance == pytest.approx(33.58 / 53.28125)
    assert evaluation.get_metric("pm25_saved") == pytest.approx(14_600 * 0.75 * 0.03 / 1000)


def test_warnings_are_in_plain_words_and_keys_of_the_config_stand_in_brackets_at_the_end():
    """Rickshaws need 120 kW here and pay more than for their fuel, and the stations lose money."""
    figures = {"petrol_l_100km__three_wheeler": 1.0, "retail_price_pkr_kwh": 12.0}
    case = make_case(classes={"three_wheeler": 1.0, "car": 0.2}, figures=figures)
    cells = dataclasses.replace(case.cells, charger_kw=np.array([[120.0, 360.0], [7.0, 180.0]]))
    warnings = evaluate_plan(dataclasses.replace(case, cells=cells)).warnings
    for part in (
        "cannot use chargers of 10 kW (rickshaws)",
        "rickshaws (PKR",
        "lose money",
        "beside the PKR",
    ):
        assert any(part in text for text in warnings), part
    for text in warnings:
        plain = re.sub(r"\([^()]*\)$", "", text)
        assert not re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]", plain), text


def test_classes_that_pay_more_than_for_their_fuel_are_named():
    """At 90 per kWh 18,250 kWh cost 1,642,500: cars save 7,300 l at 250, buses 4,562.5 l at 250."""
    figures = {"diesel_l_100km__bus": 25.0, "diesel_price_pkr_l": 250.0, "retail_price_pkr_kwh": 90.0}
    evaluation = evaluate_plan(make_case(classes={"bus": 1.0, "car": 0.2}, figures=figures))
    assert find_step(evaluation.economics, "car: drivers save") == pytest.approx(7_300 * 250 - 1_642_500)
    assert find_step(evaluation.economics, "bus: drivers save") == pytest.approx(4_562.5 * 250 - 1_642_500)
    (warning,) = [text for text in evaluation.warnings if "than for the fuel" in text]
    assert "at PKR 90 per kWh" in warning
    assert "buses (PKR 501,875 a year)" in warning
    assert "car" not in warning


def test_each_class_saves_the_fuel_of_what_it_replaces():
    """Half the energy each: cars 91,250 km and 7,300 l of petrol; buses 18,250 km and 4,562.5 l of diesel."""
    case = make_case(classes={"bus": 1.0, "car": 0.2}, figures={"diesel_l_100km__bus": 25.0})
    evaluation = evaluate_plan(case)
    assert evaluation.get_metric("petrol_saved") == pytest.approx(7_300)
    assert evaluation.get_metric("diesel_saved") == pytest.approx(4_562.5)
    assert evaluation.get_metric("oil_import_saved") == pytest.approx(7_300 * 0.5 + 4_562.5 * 0.6)
    assert find_step(evaluation.economics, "CO2 of the fuel saved") == pytest.approx(
        (7_300 * 2.3 + 4_562.5 * 2.7) / 1000
    )


def test_a_class_without_a_fuel_figure_saves_nothing_and_the_account_says_so():
    evaluation = evaluate_plan(make_case(classes={"hovercraft": 0.2}))
    assert evaluation.get_metric("petrol_saved") == 0
    row = evaluation.economics.set_index("step").loc["hovercraft: fuel saved"]
    assert "not counted: economics.petrol_l_100km" in row["source"]
    assert row["confidence"] == "assumption"


def test_the_account_names_the_source_of_every_figure_it_uses():
    account = evaluate_plan(make_case()).economics
    assert list(account.columns) == ["step", "value", "unit", "source", "confidence"]
    assert not account["step"].duplicated().any()
    given = account[account["confidence"] != "computed"]
    unused = {"diesel_price_pkr_l", "diesel_co2_kg_l", "diesel_kg_l", "diesel_import_usd_l"}
    unused |= {f"neeca_yearly_fee_pkr.{level}" for level in (1, 3, 4, 5)}
    unused |= {"battery_pkr_kwh", "battery_usable_share", "battery_efficiency_share"}  # no site has a battery
    assert set(given["step"]) == set(FIGURES) - unused
    assert set(given["source"]) == {"paper"}


def test_what_no_station_needs_is_not_in_the_account():
    case = make_case(sites={"solar_kw": [0.0] * 3, "separate_meter_needed": [False] * 3})
    steps = set(compute_economics(case).account["step"])
    assert not steps & {"solar_pkr_kw", "solar_kwh_kw_year", "separate_meter_pkr", "battery_pkr_kwh"}
    assert {"high_tension_pkr", "neeca_application_fee_pkr"} <= steps


def test_a_plan_without_new_stations_costs_nothing_and_pays_nothing_back():
    case = make_case()
    solution = toy_city.make_solution([0, 0, 0], np.zeros(9), 0.0)
    economics = compute_economics(dataclasses.replace(case, solution=solution))
    metrics = {name: value for name, value, _, _ in economics.metrics}
    assert (metrics["capex"], metrics["npv"], metrics["petrol_saved"]) == (0.0, 0.0, 0.0)
    assert np.isposinf(metrics["payback"])


def test_without_figures_there_are_no_economics():
    request = toy_city.make_request(budget_pkr=450.0, max_sites=2)
    evaluation = evaluate_plan(dataclasses.replace(make_case(), request=request))
    assert evaluation.economics.empty
    with pytest.raises(KeyError):
        evaluation.get_metric("npv")


def test_a_loss_and_costs_beyond_the_budget_are_warned_about():
    warnings = compute_economics(make_case(figures={"retail_price_pkr_kwh": 12.0})).warnings
    assert any("cost PKR 4,040 beside the PKR 450" in warning for warning in warnings)
    assert any("1 of 2 new stations lose money" in warning for warning in warnings)


def test_a_payback_too_good_to_be_believed_says_what_it_rests_on():
    """4,490 come back in 4,490 / 667,001 years; 36,500 kWh of 50 kW x 10 h x 365 are 20 %."""
    (warning,) = (text for text in compute_economics(make_case()).warnings if "pay back" in text)
    assert "in 0.0 years only if they are busy 20% of" in warning
    assert "sell at PKR 30 per kWh what they buy at PKR 10; at half the sales they pay back in 0.0" in warning
    slow = compute_economics(make_case(figures={"retail_price_pkr_kwh": 11.75}))
    assert not any("pay back" in text for text in slow.warnings)
