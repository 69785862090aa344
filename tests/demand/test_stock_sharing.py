"""Sharing of the national stock: people, registrations, the planner's own numbers, the eleven cities."""

import numpy as np
import pytest

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
