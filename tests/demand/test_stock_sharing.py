"""Sharing of the national stock: people, registrations, the planner's own numbers, the eleven cities."""

import numpy as np
import pytest

from chargeplan.cities import find_city
from chargeplan.demand.national import project_fleet, read_histories
from chargeplan.demand.scenario import read_scenario
from chargeplan.demand.stock_sharing import read_sharing, share_vehicles, tabulate_city_stocks
from chargeplan.errors import ConfigError

ELEVEN = [
    "faisalabad",
    "gujranwala",
    "hyderabad",
    "islamabad",
    "karachi",
    "lahore",
    "multan",
    "peshawar",
    "quetta",
    "rawalpindi",
    "sialkot",
]


@pytest.fixture(scope="module")
def sharing():
    return read_sharing()


@pytest.fixture(scope="module")
def table():
    return tabulate_city_stocks("nev-2030", year=2030).set_index("class")


def test_the_eleven_cities_are_known(sharing):
    assert list(sharing.cities) == ELEVEN


def test_weight_of_a_city_by_hand(sharing):
    """Motorcycles of Islamabad: 278,062 among 2,363,863 people; nation 17,465,880 among 241,499,431.

    0.117630 / 0.0723226 = 1.62646; its square root is 1.27533.
    """
    figure = sharing.weigh_city("islamabad", "two_wheeler")
    assert figure.value == pytest.approx(1.27533, rel=1e-5)
    assert "278062 / 2363863" in figure.source


def test_taxis_go_with_cars_and_what_is_not_recorded_with_people(sharing):
    assert sharing.weigh_city("karachi", "taxi").value == sharing.weigh_city("karachi", "car").value
    # Registrations of all classes stand for motorcycles and cars alone.
    lahore = sharing.weigh_city("lahore", "two_wheeler").value
    assert lahore == sharing.weigh_city("lahore", "car").value > 1
    for city, name in (("lahore", "bus"), ("quetta", "two_wheeler"), (None, "car")):
        assert sharing.weigh_city(city, name).value == 1.0


def test_city_without_record_gets_the_share_of_its_people(sharing):
    """Quetta: 2,595,492 of 241,499,431 people."""
    got = share_vehicles(sharing, city="quetta", vehicle_class="car", national=1e6)
    assert got == pytest.approx(1e6 * 2595492 / 241499431)


def test_unknown_city_is_refused_with_the_nearest(sharing):
    with pytest.raises(ConfigError, match=r'study\.city: no city "lahor" \(did you mean "lahore"\?\)'):
        sharing.find_city("lahor")


def test_city_is_found_by_another_name(sharing):
    assert sharing.find_city("ict") == "islamabad"


def test_cities_sum_up_and_stay_below_the_nation(table):
    assert table.loc[:, ELEVEN].sum(axis=1).to_numpy() == pytest.approx(table["cities"].to_numpy())
    assert (table["cities"] < table["nation"]).all()
    assert table.loc["all", ELEVEN].to_numpy(float) == pytest.approx(table.iloc[:-1][ELEVEN].sum().to_numpy())


def test_targets_of_the_policy_stand_beside_the_sum(table):
    assert table.loc["two_wheeler", "policy"] == 2e6
    assert table.loc["all", "policy"] == 2.2e6
    assert np.isnan(table.loc["taxi", "policy"])
    assert table.loc["car", "cities_by_policy"] == pytest.approx(table.loc["car", "cities"] / 99155)


def test_own_numbers_replace_the_rule(table):
    """10,000 cars in Quetta, electric as everywhere."""
    own = tabulate_city_stocks(own_vehicles={("quetta", "car"): 10000.0}).set_index("class")
    electric_share = table.loc["car", "quetta"] / table.loc["car", "nation"]
    assert own.loc["car", "quetta"] != pytest.approx(table.loc["car", "quetta"])
    assert own.loc["car", "lahore"] == table.loc["car", "lahore"]
    national = tabulate_city_stocks(own_vehicles={("quetta", "car"): 20000.0}).set_index("class")
    assert national.loc["car", "quetta"] == pytest.approx(2 * own.loc["car", "quetta"])
    assert electric_share > 0


def test_year_and_scenario_of_the_table_are_checked():
    with pytest.raises(ConfigError, match="from 2026 to 2040; got 2050"):
        tabulate_city_stocks(year=2050)
    with pytest.raises(ConfigError, match="no scenario"):
        tabulate_city_stocks("boom")


def test_a_city_has_at_least_the_electric_buses_counted_in_it(sharing, table):
    """Islamabad counted 160, more than its people give; Lahore 27, fewer."""
    assert table.loc["bus", "islamabad"] == pytest.approx(160)
    assert sharing.electric["lahore", "bus"].value == 27
    assert table.loc["bus", "lahore"] > 200
    share = {"vehicle_class": "bus", "share": 0.05}
    assert sharing.raise_to_record("islamabad", vehicles=1000.0, **share) == 0.16
    assert sharing.raise_to_record("islamabad", vehicles=100.0, **share) == 1.0
    assert sharing.raise_to_record("islamabad", vehicles=0.0, **share) == 0.05
    assert sharing.raise_to_record("quetta", vehicles=1000.0, **share) == 0.05


@pytest.mark.parametrize("city", ["islamabad", "lahore", "quetta"])
def test_a_run_of_a_whole_city_has_the_electric_vehicles_of_the_table(paved_study, get_figure, table, city):
    """Both ways to the same number: people times vehicles per person, and the share of the nation's."""
    people = {
        "source": "figures",
        "figures": [{"name": city, "people": float(find_city(city).people), "source": "census"}],
    }
    cells = paved_study.build(people, city=city, year=2030)
    told = {name: get_figure(cells, f"{name}: electric vehicles") for name in cells.classes}
    assert told == pytest.approx({name: table.loc[name, city] for name in cells.classes}, rel=1e-9)
    assert sum(told.values()) == pytest.approx(table.loc["all", city], rel=1e-9)


def test_recorded_and_computed_buses_stand_in_the_explanation(paved_study, people_figure):
    cells = paved_study.build(people_figure, city="islamabad", year=2030)
    told = cells.explanation.set_index("step")
    assert told.loc["bus: electric vehicles recorded in islamabad, 2025", "value"] == 160
    computed = told.loc["bus: electric vehicles computed for islamabad, 2030", "value"]
    # 2,363,863 of 241,499,431 people, of the 5,418 electric buses of the nation.
    assert computed == pytest.approx(5417.66 * 2363863 / 241499431, rel=1e-5)
    assert "160 recorded" in told.loc["bus: electric share", "source"]


def test_own_electric_share_is_not_raised(paved_study, people_figure, get_figure):
    bus = {"electric_share": 0.01}
    cells = paved_study.build(people_figure, city="islamabad", fleet={"classes": {"bus": bus}})
    assert get_figure(cells, "bus: electric share") == 0.01


def test_table_of_recorded_buses_is_the_computed_one(project_folder, sharing):
    page = (project_folder / "docs" / "explanation" / "demand.md").read_text(encoding="utf-8")
    fleet = project_fleet(read_histories(), read_scenario("nev-2030"))
    row, column = fleet.get_row(2030), fleet.classes.index("bus")
    for (city, _), recorded in sharing.electric.items():
        share = sharing.people[city].value / sharing.people["pakistan"].value
        computed = share * fleet.electric_stock[row, column]  # no registrations of buses are recorded
        assert f"| {city} | {recorded.value:.0f} | {computed:.0f} |" in page
