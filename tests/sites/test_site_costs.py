"""Prices of chargers and sites, bays, and chargers that already stand."""

import csv
import logging

import pytest

from chargeplan.errors import DataError
from chargeplan.files import find_data_file
from chargeplan.sites.costs import find_charger_cost, find_charger_figure
from chargeplan.sites.pricing import read_kind_costs, read_site_figures
from chargeplan.words import PlaceKind


def read_rows(name: str) -> list[dict[str, str]]:
    with find_data_file("costs", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def get_site(study, site_id: str, **settings: object) -> dict[str, object]:
    return study.build(**settings).table.set_index("site_id").loc[site_id].to_dict()


# Chargers


def test_a_power_of_the_table_costs_what_its_row_says() -> None:
    for row in read_rows("chargers.csv"):
        if row["name"] == "swap_cabinet":  # priced by the cabinet, not by its power
            continue
        cost = find_charger_cost(float(row["power_kw"]))
        assert (cost.cost_pkr, cost.source) == (float(row["cost_pkr"]), row["source"])


def test_a_power_between_two_rows_is_interpolated_and_said_so(caplog) -> None:
    # 90 kW is half-way from 60 kW (8.4 M) to 120 kW (12.6 M).
    with caplog.at_level(logging.INFO):
        assert find_charger_figure(90.0, None).value == pytest.approx(10_500_000)
    assert "interpolated between 60 and 120 kW" in caplog.text
    # 15 kW is 8/15 of the way from 7 kW (0.25 M) to 22 kW (0.8 M), both assumptions.
    assert find_charger_figure(15.0, None).value == pytest.approx(250_000 + 8 / 15 * 550_000)


def test_an_interpolated_price_is_as_doubtful_as_the_worse_row() -> None:
    assert find_charger_cost(90.0).confidence == "low"
    assert find_charger_cost(200.0).confidence == "assumption"  # 180 low, 360 assumption


@pytest.mark.parametrize("power_kw", [3.0, 400.0])
def test_a_power_outside_the_table_asks_for_the_price(power_kw) -> None:
    with pytest.raises(DataError, match=r"only for 3\.3 to 360 kW; set model\.charger\.cost_pkr"):
        find_charger_figure(power_kw, None)


# The data files


@pytest.mark.parametrize("name", ["sites.csv", "chargers.csv", "site_figures.csv"])
def test_every_figure_has_source_year_and_confidence(name) -> None:
    rows = read_rows(name)
    assert rows
    for row in rows:
        assert 2020 <= int(row["year"]) <= 2030
        assert row["confidence"] in {"high", "med", "low", "assumption"}
        assert row["source"].startswith("assumption, no source found") == (row["confidence"] == "assumption")
        assert row["source"]


def test_every_kind_of_place_has_a_price() -> None:
    costs = read_kind_costs(find_data_file("costs", "sites.csv"), "sites.costs")
    assert set(costs) == set(PlaceKind)


# Sites


def test_price_comes_from_the_row_then_the_settings_then_the_file(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "mall", 3000, 500)
    study.write_csv(
        "own.csv",
        "candidate",
        [{"x_m": 500, "y_m": 3000, "site_id": "own", "kind": "mall", "fixed_cost_pkr": 7}],
    )
    options = {"fixed_cost_pkr": {PlaceKind.MALL: 123.0}}
    by_kind = {row["kind"]: float(row["fixed_cost_pkr"]) for row in read_rows("sites.csv")}
    assert get_site(study, "n1", **options)["fixed_cost_pkr"] == by_kind["fuel"]
    assert get_site(study, "n2", **options)["fixed_cost_pkr"] == 123.0
    assert get_site(study, "own", **options)["fixed_cost_pkr"] == 7.0


def test_existing_and_competitor_sites_cost_nothing(study) -> None:
    for row, status in enumerate(("existing", "competitor")):
        study.write_csv(
            f"{status}.csv",
            status,
            [{"x_m": 500, "y_m": 500 + 2000 * row, "site_id": status, "fixed_cost_pkr": 9}],
        )
        assert get_site(study, status)["fixed_cost_pkr"] == 0.0


def test_bays_of_car_parks_follow_their_capacity_and_others_their_kind(study) -> None:
    study.put("n1", "parking", 500, 500, capacity=33.0)  # 0.2 of 33 is 6.6
    study.put("n2", "parking", 500, 1000, capacity=1.0)  # never below 1
    study.put("n3", "parking", 500, 1500)
    study.put("n4", "hospital", 500, 2000, capacity=900.0)  # beds, not bays
    bays = {row["kind"]: int(row["max_chargers"]) for row in read_rows("sites.csv")}
    assert read_site_figures().parking_bays_share == 0.2
    table = study.build().table.set_index("site_id")["max_chargers"]
    assert table.to_dict() == {"n1": 7, "n2": 1, "n3": bays["parking"], "n4": bays["hospital"]}


def test_unknown_chargers_and_power_are_assumed_and_counted(study, caplog) -> None:
    study.put("n1", "charging_station", 500, 500)
    study.put("n2", "charging_station", 500, 1500, capacity=3.0)
    study.put("n3", "charging_station", 500, 2500, capacity=2.0, power_kw=100.0)
    with caplog.at_level(logging.INFO):
        table = study.build().table.set_index("site_id")
    # One charger of 70 kW where nothing is known (data/costs/site_figures.csv).
    assert table["existing_chargers"].to_dict() == {"n1": 1, "n2": 3, "n3": 2}
    assert table["existing_power_kw"].to_dict() == {"n1": 70.0, "n2": 210.0, "n3": 100.0}
    assert "of 3 existing and competitor sites 1 say no number of chargers (taken as 1)" in caplog.text
    assert "2 no power (taken as 70 kW per charger)" in caplog.text


def test_candidates_have_no_standing_chargers(study) -> None:
    study.write_csv("own.csv", "candidate", [{"x_m": 500, "y_m": 500, "site_id": "own", "power_kw": 60}])
    site = get_site(study, "own")
    assert (site["existing_chargers"], site["existing_power_kw"]) == (0, 0.0)


def test_bays_never_fall_below_the_chargers_that_stand(study) -> None:
    study.write_csv(
        "own.csv", "existing", [{"x_m": 500, "y_m": 500, "site_id": "own", "existing_chargers": 40}]
    )
    assert get_site(study, "own")["max_chargers"] == 40


def test_a_cost_file_of_the_planner_replaces_the_default(study, tmp_path) -> None:
    study.put("n1", "fuel", 500, 500)
    path = tmp_path / "costs.csv"
    path.write_text("kind,fixed_cost_pkr,max_chargers\nfuel,42,3\n")
    site = get_site(study, "n1", costs=path)
    assert (site["fixed_cost_pkr"], site["max_chargers"]) == (42.0, 3)
    study.put("n2", "mall", 3000, 500)
    with pytest.raises(DataError, match="has no row for mall"):
        study.build(costs=path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind,max_chargers\nfuel,3\n", "has no column fixed_cost_pkr"),
        (
            "kind,fixed_cost_pkr,max_chargers\nfule,1,3\n",
            "row 1: kind 'fule' is not known; did you mean 'fuel'",
        ),
        ("kind,fixed_cost_pkr,max_chargers\nfuel,1,3\nfuel,1,3\n", "row 2: kind 'fuel' occurs twice"),
        ("kind,fixed_cost_pkr,max_chargers\nfuel,-1,3\n", "expected 0 or more PKR"),
        ("kind,fixed_cost_pkr,max_chargers\nfuel,nan,3\n", "expected 0 or more PKR"),
        ("kind,fixed_cost_pkr,max_chargers\nfuel,1,0\n", "a whole number of 1 or more"),
        ("kind,fixed_cost_pkr,max_chargers\nfuel,1\n", "a whole number of 1 or more"),
    ],
)
def test_faults_of_a_cost_file_are_told(tmp_path, text, words) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_kind_costs(path, "sites.costs")
    assert words in str(caught.value)


def test_a_tagged_power_that_no_station_has_is_unknown_and_told(study, caplog) -> None:
    figures = read_site_figures()
    study.put("n1", "charging_station", 500, 500, power_kw=figures.max_station_kw + 1, capacity=2.0)
    study.put("n2", "charging_station", 3000, 500, power_kw=figures.max_station_kw, capacity=2.0)
    table = study.build().table.set_index("site_id")
    assert table["existing_power_kw"].to_dict() == {
        "n1": 2 * figures.existing_charger_kw,
        "n2": figures.max_station_kw,
    }
    assert "1 places have a tagged power above 5000 kW, taken as unknown (n1 5001 kW)" in caplog.text


def test_a_planners_own_power_is_believed(study) -> None:
    row = {"x_m": 500, "y_m": 500, "site_id": "big", "power_kw": 6000}
    study.write_csv("own.csv", "existing", [row])
    assert get_site(study, "big")["existing_power_kw"] == 6000
