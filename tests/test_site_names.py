"""Sites are called by their name, or by what they are and where; never by an id."""

import dataclasses

import numpy as np
import pytest
import toy_city

from chargeplan.site_names import KIND_WORDS, name_sites
from chargeplan.tables import ROADS, make_table
from chargeplan.words import PlaceKind
from chargeplan.zone_places import find_zones, list_zone_names


def make_streets(names, classes=None, lat=33.7, lon=None):
    """The toy city with one straight road piece for each name; by default all along its street."""
    classes = classes or ["primary"] * len(names)
    lon = lon or [(73.0, 73.04)] * len(names)
    lats = np.broadcast_to(lat, len(names))
    roads = make_table(
        ROADS,
        {
            "road_class": classes,
            "name": list(names),
            "length_m": [1000.0] * len(names),
            "speed_kmh": [30.0] * len(names),
            "is_speed_tagged": [True] * len(names),
        },
    )
    ends = [(x, y) for (west, east), y in zip(lon, lats, strict=True) for x in (west, east)]
    return dataclasses.replace(
        toy_city.make_network(),
        roads=roads,
        road_lonlat=np.array(ends),
        road_offsets=2 * np.arange(len(names) + 1),
    )


def name(network, zones=("West", "West", "East"), **columns):
    table = toy_city.make_sites(**({"name": ["", "", ""]} | columns)).table
    return name_sites(table, network, list(zones))


def test_a_name_of_its_own_is_kept_the_english_one_first():
    names = name(make_streets(["Toy Avenue"]), name=["Pumpe", "B", "C"], name_en=["Pump", "", ""])
    assert names == ["Pump", "B", "C"]


def test_a_place_without_a_name_is_called_by_its_kind_and_its_road():
    names = name(make_streets(["Kashmir Highway"]), name=["", "B", "C"])
    assert names[0] == "Fuel station, Kashmir Highway"


def test_several_on_one_road_get_their_zone_and_then_a_number():
    assert name(make_streets(["Kashmir Highway"])) == [
        "Fuel station, Kashmir Highway (West)",
        "Fuel station, Kashmir Highway (West) 2",
        "Fuel station, Kashmir Highway (East)",
    ]


def test_the_kind_may_tell_places_on_one_road_apart():
    names = name(make_streets(["Kashmir Highway"]), kind=["fuel", "mall", "bus_station"])
    assert names == [
        "Fuel station, Kashmir Highway",
        "Shopping mall, Kashmir Highway",
        "Bus station, Kashmir Highway",
    ]


def test_a_minor_road_tells_too_little_without_its_zone():
    names = name(make_streets(["Street 7"], classes=["residential"]), name=["", "B", "C"])
    assert names[0] == "Fuel station, Street 7 (West)"


def test_names_that_several_places_have_are_told_apart_by_road():
    network = make_streets(["Murree Road", "Park Road"], lon=[(73.005, 73.011), (73.029, 73.031)])
    assert name(network, name=["PSO", "Shell", "PSO"]) == ["PSO, Murree Road", "Shell", "PSO, Park Road"]


def test_a_made_name_never_is_the_name_of_another_place():
    names = name(make_streets(["Toy Avenue"]), name=["", "Fuel station, Toy Avenue", "C"])
    assert names[0] == "Fuel station, Toy Avenue 2"


@pytest.mark.parametrize(
    ("metres", "expected"), [(450.0, "Fuel station, Far Road"), (550.0, "Fuel station, West")]
)
def test_a_road_is_near_up_to_half_a_kilometre(metres, expected):
    network = make_streets(["Far Road"], lat=33.7 + metres / 110_900.0)
    assert name(network, name=["", "B", "C"])[0] == expected


def test_without_road_and_zone_a_number_tells_places_apart():
    names = name(make_streets([""]), zones=("(no zone)", "(no zone)", "East"))
    assert names == ["Fuel station", "Fuel station 2", "Fuel station, East"]


def test_of_roads_equally_near_the_main_one_counts_then_the_first_by_name():
    network = make_streets(["A Lane", "Z Road", "M Road"], classes=["residential", "primary", "primary"])
    assert name(network, name=["", "B", "C"])[0] == "Fuel station, M Road"


def test_the_order_of_the_roads_does_not_matter():
    network = make_streets(["M Road", "Z Road"])
    turned = make_streets(["Z Road", "M Road"])
    assert name(network) == name(turned)


def test_no_id_stands_in_a_name():
    for network in (make_streets(["Toy Avenue"]), make_streets([""])):
        for shown in name(network, name=["Unnamed", "", " "]):
            assert not {"s1", "s2", "s3"} & set(shown.split())


def test_every_kind_has_words():
    assert set(KIND_WORDS) == set(PlaceKind)


def test_a_site_lies_in_the_zone_of_the_nearest_cell():
    """Cells stand at the crossings, A to C in the West; s2 stands at C, s3 at D."""
    cells, sites = toy_city.make_cells(), toy_city.make_sites()
    assert find_zones(sites.table, cells, "EPSG:32643").tolist() == [0, 0, 1]
    moved = toy_city.make_sites(lon=[73.0249, 73.0251, 73.9]).table
    assert list_zone_names(moved, cells, "EPSG:32643") == ["West", "East", "East"]
