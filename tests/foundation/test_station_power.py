"""The power of a charging station, read from its tags."""

import math

import pytest

from chargeplan.places import describe_place
from chargeplan.station_power import find_station_power_kw, parse_power_kw
from chargeplan.words import PlaceKind


@pytest.mark.parametrize(
    ("text", "values_kw"),
    [
        ("50", [50]),
        ("22 kW", [22]),
        ("22KW", [22]),
        ("3.7kw", [3.7]),
        ("3,7 kW", [3.7]),
        ("22000 W", [22]),
        ("22,000 W", [22]),
        ("43 kVA", [43]),
        ("0.35 MW", [350]),
        ("120;22", [120, 22]),
        ("120 kW; 22000 W", [120, 22]),
        ("2 x 60 kW", [60, 60]),
        ("2x60;22", [60, 60, 22]),
        ("yes;22 kW", [22]),
    ],
)
def test_powers_are_read_with_their_units(text, values_kw) -> None:
    assert parse_power_kw(text) == pytest.approx(values_kw)


@pytest.mark.parametrize(
    "text", ["yes", "", "fast", "50-150 kW", "32 A", "22 kW 400 V", "0", "-5 kW", "22;32 A"]
)
def test_what_is_no_power_is_not_read(text) -> None:
    assert parse_power_kw(text) == []


@pytest.mark.parametrize(
    ("tags", "power_kw"),
    [
        ({"charging_station:output": "150 kW", "socket:type2:output": "22 kW"}, 150),
        ({"charging_station:output": "120;22"}, 142),
        ({"charging_station:output": "yes", "socket:type2:output": "22 kW"}, 22),
        ({"charging_station:output": "0", "socket:type2:output": "22 kW"}, 22),
        ({"socket:type2": "4", "socket:type2:output": "22 kW"}, 88),
        ({"socket:type2": "yes", "socket:type2:output": "22 kW"}, 22),
        ({"socket:type2": "no", "socket:type2:output": "22 kW", "socket:chademo:output": "50"}, 50),
        # 2 of 50 kW, 4 of 22 kW and one of 60,000 W
        (
            {
                "socket:chademo": "2",
                "socket:chademo:output": "50 kW",
                "socket:type2": "4",
                "socket:type2:output": "22 kW",
                "socket:gb_dc:output": "60000 W",
            },
            248,
        ),
        # Several powers of one kind stand for as many sockets; more sockets share them evenly.
        ({"socket:type2": "2", "socket:type2:output": "22;11 kW"}, 33),
        ({"socket:type2": "4", "socket:type2:output": "22;11"}, 66),
        ({"socket:type2": "3", "socket:type2:output": "yes", "socket:chademo:output": "50"}, 50),
    ],
)
def test_a_total_counts_before_sockets_and_sockets_count_each(tags, power_kw) -> None:
    assert find_station_power_kw(tags) == pytest.approx(power_kw)
    row = describe_place("n1", PlaceKind.CHARGING_STATION, tags, 73.0, 33.7, "a.osm")
    assert row["power_kw"] == pytest.approx(power_kw)


@pytest.mark.parametrize(
    "tags",
    [{}, {"socket:type2": "4"}, {"charging_station:output": "yes"}, {"socket:type2:output": "32 A"},
     {"socket:type2:voltage": "400", "socket:type2:current": "32"}],
)  # fmt: skip
def test_a_station_whose_tags_say_no_power_has_none(tags) -> None:
    assert math.isnan(find_station_power_kw(tags))
