"""The strongest component: what is kept, what is told of the rest."""

import numpy as np
import pytest

from chargeplan.network.components import keep_strongest
from chargeplan.network.repairs import RepairLog
from chargeplan.network.segments import Segments, compute_length_m
from chargeplan.network.ways import Ways

PRIMARY = {"highway": "primary", "maxspeed": "36"}
ONEWAY = {**PRIMARY, "oneway": "yes"}


def test_part_that_hangs_apart_is_left_out_and_told(draw, read_drawing):
    streets = read_drawing(draw("A-B-C\n  |\n  D   E-F", ("ABC", PRIMARY), ("BD", PRIMARY), ("EF", PRIMARY)))
    assert streets.letters == "ABCD"
    assert streets.find_repair("1 small parts that hang apart, left out with 0.2 km of road") == 2


def test_street_that_can_only_be_entered_is_left_out_and_told(draw, read_drawing):
    streets = read_drawing(draw("A-B-C\n  |\n  D", ("ABC", PRIMARY), ("BD", ONEWAY)))
    assert streets.letters == "AC"
    repairs = streets.network.repairs
    row = repairs[repairs["what"].str.startswith("road nodes that can only be entered or only be left")].iloc[
        0
    ]
    assert (row["count"], row["examples"]) == (1, "102")  # node D; way 102


def test_larger_loop_wins_over_a_smaller_one_it_leads_to(draw, read_drawing):
    # Four nodes round the left block, three round the right one; B to E leads across, once.
    picture = """
    A-B---E-F
    | |    \\|
    D-C     G
    """
    streets = read_drawing(draw(picture, ("ABCDA", ONEWAY), ("BE", ONEWAY), ("EFGE", ONEWAY)))
    assert set(streets.letters) <= set("ABCD")
    assert streets.network.roads["length_m"].sum() == pytest.approx(
        read_drawing(draw(picture, ("ABCDA", ONEWAY))).network.roads["length_m"].sum()
    )


def test_large_part_is_told_with_its_place_and_length():
    # A chain of 200 nodes (kept) and, 0.5 degrees east, one of 150 nodes 0.0001 degrees apart.
    lon = np.concatenate([73.0 + 1e-4 * np.arange(200), 73.5 + 1e-4 * np.arange(150)])
    lat = np.full(350, 33.7)
    start = np.delete(np.arange(349), 199)
    length_m = compute_length_m(lon[start], lat[start], lon[start + 1], lat[start + 1])
    seconds = length_m / 10
    segments = Segments(
        np.arange(1, 351), lon, lat, start, start + 1, np.zeros(348, np.int64), length_m, seconds, seconds
    )
    ways = Ways(
        np.array([7]),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.full(1, 36.0),
        np.ones(1, np.bool_),
        [""],
        np.zeros(1, np.int64),
    )
    repairs = RepairLog()
    kept = keep_strongest(segments, ways, repairs)
    assert kept.node_id.tolist() == list(range(1, 201))
    table = repairs.make_table()
    # 149 steps of 9.3 m; the centre is 73.5 + 0.0001 * 74.5.
    assert table["what"].tolist() == [
        "road nodes of a part that hangs apart around 73.5075 E, 33.7000 N, left out with 1.4 km of road"
    ]
    assert table["count"].tolist() == [150]
    assert table["examples"].tolist() == ["201, 202, 203, 204, 205 and 145 more"]


def test_lengths_agree_with_the_geodesic():
    import pyproj

    numbers = np.random.default_rng(5)
    lon, lat = numbers.uniform(61, 77, 500), numbers.uniform(24, 37, 500)
    d_lon, d_lat = numbers.uniform(-0.01, 0.01, (2, 500))
    _, _, expected_m = pyproj.Geod(ellps="WGS84").inv(lon, lat, lon + d_lon, lat + d_lat)
    assert compute_length_m(lon, lat, lon + d_lon, lat + d_lat) == pytest.approx(expected_m, rel=1e-6)
