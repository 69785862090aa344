"""Hexagons are named after what is near the middle of their people."""

import dataclasses

import numpy as np
import pytest

from chargeplan.demand.zone_names import name_hexagons
from chargeplan.demand.zones import Zoning
from chargeplan.geo import to_degrees, to_metric
from chargeplan.places import describe_place, make_places, make_settlements
from chargeplan.tables import ROADS, ZONES, make_table
from chargeplan.words import PlaceKind

CRS = "EPSG:32643"
WEST_M, SOUTH_M = 320_000.0, 3_730_000.0


@dataclasses.dataclass
class Streets:
    """What of a network names are taken from."""

    roads: object
    road_lonlat: np.ndarray
    road_offsets: np.ndarray
    crs: str = CRS


def at(east_m, north_m):
    lon, lat = to_degrees(np.array([WEST_M + east_m]), np.array([SOUTH_M + north_m]), CRS)
    return float(lon[0]), float(lat[0])


def make_streets(*roads):
    """Roads of 200 m to the east: name, class, metres east and north of the origin."""
    ends = [at(east + step, north) for _, _, east, north in roads for step in (0, 200)]
    table = {
        "road_class": [each[1] for each in roads],
        "name": [each[0] for each in roads],
        "length_m": [200.0] * len(roads),
        "speed_kmh": [30.0] * len(roads),
        "is_speed_tagged": [True] * len(roads),
    }
    lonlat = np.array(ends).reshape(-1, 2)
    return Streets(make_table(ROADS, table), lonlat, 2 * np.arange(len(roads) + 1))


def name(settlements=(), landmarks=(), roads=(), people=(1.0, 1.0, 1.0, 1.0), kind_of_place="suburb"):
    """Names of two hexagons: cells at 0 and 1 km, and at 6 and 7 km east."""
    xy_m = np.array([[WEST_M + east, SOUTH_M] for east in (0.0, 1000.0, 6000.0, 7000.0)])
    table = make_table(ZONES, {"zone_id": ["86a", "86b"], "zone_name": ["Hexagon 1", "Hexagon 2"]})
    places = make_places(
        [
            describe_place(f"n{number}", kind, {"name": text}, *at(east, 0), "toy")
            for number, (text, kind, east) in enumerate(landmarks)
        ]
    )
    found = make_settlements(
        (f"n{number}", {"place": kind_of_place, "name": text}, *at(east, 0))
        for number, (text, east) in enumerate(settlements)
    )
    zoning = Zoning(table, np.array([0, 0, 1, 1]), True)
    named = name_hexagons(
        zoning, xy_m, np.array(people), dataclasses.replace(places, settlements=found), make_streets(*roads)
    )
    assert named.table["zone_id"].tolist() == ["86a", "86b"]
    return named.table["zone_name"].tolist()


def test_the_nearest_settlement_names_a_hexagon():
    assert name([("G-9", 400), ("F-7", 900), ("I-8", 6600)]) == ["near G-9", "near I-8"]


def test_the_middle_is_that_of_the_people():
    """All people of the first hexagon live at 1 km."""
    assert name([("G-9", 400), ("F-7", 900)], people=(0.0, 9.0, 1.0, 1.0))[0] == "near F-7"


def test_a_name_is_given_once_to_the_hexagon_that_is_nearest():
    """G-9 at 3 km is 2.5 km from the first middle and 3.5 km from the second."""
    assert name([("G-9", 3000)]) == ["near G-9", "Hexagon 2"]


def test_landmarks_and_then_main_roads_stand_in_for_settlements():
    landmarks = [("Aabpara Market", PlaceKind.MARKET, 500), ("Shell", PlaceKind.FUEL, 6500)]
    roads = [("Street 1", "residential", 6500, 0), ("Murree Road", "primary", 6500, 900)]
    assert name(landmarks=landmarks, roads=roads) == ["near Aabpara Market", "near Murree Road"]
    assert name([("G-9", 2000)], landmarks=landmarks)[0] == "near G-9"


def test_no_part_of_a_city_is_called_near_the_city():
    assert name([("Islamabad", 400)], kind_of_place="city") == ["Hexagon 1", "Hexagon 2"]


def test_what_is_more_than_four_kilometres_away_names_nothing():
    assert name([("Far", -3600)]) == ["Hexagon 1", "Hexagon 2"]
    assert name([("Near", -3400)]) == ["near Near", "Hexagon 2"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Tarnol (ترنول)", "near Tarnol"),
        ("Blue Area;Jinnah Avenue;Blue", "near Blue Area"),
        ("F-7/2", "near F-7/2"),
    ],
)
def test_the_first_of_several_names_is_shown(given, shown):
    assert name([(given, 500)])[0] == shown


def test_a_long_name_is_cut():
    shown = name([("Pakistan Institute of Engineering and Applied Sciences", 500)])[0]
    assert shown == "near Pakistan Institute of…"


def test_settlements_are_sorted_and_stand_there_once():
    rows = [
        ("n2", {"place": "village", "name": "Old"}, 73.0, 33.7),
        ("n1", {"place": "suburb", "name": "سیکٹر", "name:en": "Sector"}, 73.1, 33.6),
        ("n2", {"place": "town", "name": "New"}, 73.2, 33.5),
        ("n3", {"place": "suburb", "name": " ; "}, 73.2, 33.5),
    ]
    table = make_settlements(rows)
    assert table["place_id"].tolist() == ["n1", "n2"]
    assert table["name"].tolist() == ["Sector", "New"]
    assert to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), CRS)[0].shape == (2,)
