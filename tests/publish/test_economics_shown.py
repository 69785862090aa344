"""Money and benefits on the map's panel and in run.json."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest

from chargeplan.errors import RecordError
from chargeplan.publish.geojson import build_geojson
from chargeplan.publish.geopackage import write_geopackage
from chargeplan.publish.map_data import build_plan_data
from chargeplan.publish.report.money import tabulate_bridge
from chargeplan.publish.report.numbers import money
from chargeplan.publish.run_record import describe_run
from chargeplan.publish.site_results import build_site_results

MONEY = [
    ("capex", 450e6, "PKR"),
    ("net_income", 120e6, "PKR/year"),
    ("npv", 190_400_000.0, "PKR"),
    ("payback", 3.75, "years"),
    ("payback_half_sales", 9.31, "years"),
    ("break_even_utilisation", 0.123, "share"),
]
BENEFITS = [
    ("petrol_saved", 3_041_702.0, "l/year"),
    ("diesel_saved", 120_345.0, "l/year"),
    ("oil_import_saved", 1_469_422.0, "USD/year"),
    ("co2e_saved", 3651.0, "t/year"),
    ("co2e_saved_clean_grid", 4548.0, "t/year"),
    ("co2e_saved_dirty_grid", 2753.0, "t/year"),
]


def add_economics(bundle, rows, *, solar_pkr=0.0):
    metrics = pd.DataFrame(
        [(name, value, unit, name) for name, value, unit in rows],
        columns=["name", "value", "unit", "meaning"],
    )
    evaluation = bundle.evaluation
    account = pd.DataFrame(
        [("payback", float("inf"), "years", "computed", "computed")],
        columns=["step", "value", "unit", "source", "confidence"],
    )
    stations = pd.DataFrame(
        {
            "site_id": ["n0004"],
            "sold_kwh_year": [300.0],
            "open_kwh_year": [1000.0],
            "plan_cost_pkr": [430e6],
            "solar_pkr": [solar_pkr],
            "storage_pkr": [0.0],
        }
    )
    return replace(
        bundle,
        evaluation=replace(
            evaluation,
            metrics=pd.concat([evaluation.metrics, metrics], ignore_index=True),
            economics=account,
            site_economics=stations,
        ),
    )


def test_the_panel_shows_five_figures_with_money_in_words(sample):
    figures = build_plan_data(add_economics(sample, MONEY + BENEFITS))["economics"]
    assert figures == [
        [
            "Net present value",
            "PKR 190.4 M",
            "19.04 crore; capital PKR 450 M: the money to spend, and PKR 20 M for connections, meters and fees",
        ],
        ["Payback", "3.8 years", "at half the sales 9.3 years"],
        ["Break-even use", "12.3%", "of the opening hours; planned 30.0%"],
        ["Petrol saved", "3,040,000 l a year", "diesel 120,000 l; imports of USD 1,470,000"],
        ["CO2e saved", "3,650 t a year", "2,750 to 4,550 by the grid factor"],
    ]


def test_the_capital_of_stations_with_solar_says_so(sample):
    words = build_plan_data(add_economics(sample, MONEY, solar_pkr=5e6))["economics"][0][2]
    assert words.endswith("and PKR 20 M for connections, meters, fees, solar and batteries")


@pytest.fixture
def accounted(sample):
    """The sample with an account whose capital is its cost, 9 M for meters and 1 M for applications."""
    cost_pkr = sample.evaluation.get_metric("cost")
    capital_pkr = cost_pkr + 10e6
    bundle = add_economics(sample, [("capex", capital_pkr, "PKR"), ("npv", 190.4e6, "PKR")])
    year = f"in {sample.year}"
    steps = [
        ("people", 5.0),
        (f"sites and chargers (the plan's cost) {year}", cost_pkr),
        (f"energisation of connections {year}", 0.0),
        (f"meters of their own {year}", 9e6),
        (f"NEECA applications {year}", 1e6),
        (f"capital cost {year}", capital_pkr),
    ]
    account = pd.DataFrame([(*step, "PKR", "computed", "computed") for step in steps])
    account.columns = bundle.evaluation.economics.columns
    figures = pd.DataFrame({"name": ["discount_rate_share", "horizon_years"], "value": [0.1325, 10.0]})
    figures = figures.assign(unit="", source="", confidence="assumption")
    return replace(
        bundle,
        evaluation=replace(bundle.evaluation, economics=account),
        request=replace(bundle.request, figures=figures),
    )


def test_the_report_leads_from_the_money_to_spend_to_the_net_present_value(accounted):
    """A step of nothing has no row."""
    cost_pkr = accounted.evaluation.get_metric("cost")
    capital_pkr = cost_pkr + 10e6
    rows = tabulate_bridge(accounted).rows
    assert [(words, shown.value) for words, shown in rows] == [
        ("Money to spend", cost_pkr),
        ("+ Meters of their own", 9e6),
        ("+ NEECA applications", 1e6),
        ("= Capital", capital_pkr),
        ("Net income of 10 years, discounted at 13.25 % a year", 190.4e6 + capital_pkr),
        ("− Capital", capital_pkr),
        ("= Net present value", 190.4e6),
    ]
    assert sum(shown.value for _, shown in rows[:3]) == rows[3][1].value


@pytest.mark.parametrize(
    ("row", "change", "told"),
    [
        (1, {"step": "places and chargers"}, '0 steps begin with "sites and chargers'),
        (5, {"step": "all of it"}, "0 steps begin with 'capital cost'"),
        (2, {"step": "capital cost of nothing"}, "2 steps begin with 'capital cost'"),
        (3, {"value": 8.9e6}, "sum up to PKR .*, the capital is PKR "),
        (2, {"value": 5.0}, "sum up to"),
    ],
)
def test_an_account_that_does_not_lead_to_the_capital_is_refused(accounted, row, change, told):
    account = accounted.evaluation.economics.copy()
    for column, value in change.items():
        account.loc[row, column] = value
    changed = replace(accounted, evaluation=replace(accounted.evaluation, economics=account))
    with pytest.raises(RecordError, match=told):
        tabulate_bridge(changed)


@pytest.mark.parametrize(("name", "place"), [("payback", 1), ("break_even_utilisation", 2)])
def test_what_never_happens_is_called_never(sample, name, place):
    rows = [(word, float("inf") if word == name else value, unit) for word, value, unit in MONEY]
    assert build_plan_data(add_economics(sample, rows))["economics"][place][1] == "never"


def test_stations_say_how_they_are_connected(sample, tmp_path):
    """Existing stations, and all without economics, say nothing."""
    new = sorted(build_site_results(sample).query("is_new")["site_id"])
    stations = pd.DataFrame({"site_id": new, "connection": ["11 kV", *["LT"] * (len(new) - 1)]})
    told = replace(sample, evaluation=replace(sample.evaluation, site_economics=stations))
    words = {
        feature["id"]: (feature["properties"]["is_new"], feature["properties"]["connection"])
        for feature in build_geojson(told)["features"]
    }
    assert words[new[0]] == (True, "11 kV")
    assert {word for is_new, word in words.values() if is_new} == {"LT", "11 kV"}
    assert {word for is_new, word in words.values() if not is_new} == {None}
    write_geopackage(tmp_path / "plan.gpkg", told)
    layer = gpd.read_file(tmp_path / "plan.gpkg", layer="sites").set_index("site_id")["connection"]
    assert layer.dropna().to_dict() == dict(zip(stations["site_id"], stations["connection"], strict=True))
    assert {feature["properties"]["connection"] for feature in build_geojson(sample)["features"]} == {None}


def test_without_economics_the_panel_has_no_such_part(sample):
    assert build_plan_data(sample)["economics"] == []


def test_the_account_and_the_stations_stand_in_run_json(sample):
    record = describe_run(add_economics(sample, MONEY + BENEFITS))
    assert record["economics"] == [
        {"step": "payback", "value": None, "unit": "years", "source": "computed", "confidence": "computed"}
    ]
    assert record["economics_of_stations"][0]["sold_kwh_year"] == 300.0


def test_money_on_the_map_has_crore_beside_it_as_in_the_report(sample):
    plan = build_plan_data(sample)
    (shown,) = [figure for figure in plan["figures"] if figure[0] == "Money to spend"]
    beside = money(sample.evaluation.get_metric("cost"), "")
    assert shown == ["Money to spend", beside.text, f"{beside.beside[1:-1]}; of PKR 230 M"]
    costs = {row["id"]: row["costText"] for row in plan["openSites"]}
    results = build_site_results(sample).set_index("site_id")["cost_pkr"]
    paid = results[results > 0]
    assert len(paid) > 3
    assert [costs[site_id] for site_id in paid.index] == [
        f"{money(cost, '').text} {money(cost, '').beside}" for cost in paid
    ]
