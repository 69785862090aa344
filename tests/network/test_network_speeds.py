"""Free speeds: the maxspeed tag where it can be read, else the class table."""

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.errors import DataError
from chargeplan.files import find_data_file
from chargeplan.network.speeds import find_free_speed, parse_maxspeed, read_speed_table
from chargeplan.network.tags import ROAD_CLASSES

TABLE = read_speed_table(None)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        (" 50 ", 50.0),
        ("50.5", 50.5),
        ("50 km/h", 50.0),
        ("50kmh", 50.0),
        ("50 kph", 50.0),
        ("30 mph", 48.28032),  # 30 x 1.609344
        ("30mph", 48.28032),
        ("30 MPH", 48.28032),
        ("50;60", 50.0),
        ("60; 50", 50.0),
        ("60|40|60", 40.0),
        ("50;signals", 50.0),
        ("PK:urban", TABLE.kmh["PK:urban"]),
        ("PK:rural", TABLE.kmh["PK:rural"]),
        ("PK:motorway", TABLE.kmh["PK:motorway"]),
        ("PK:rural;40", 40.0),
        ("signals", None),
        ("none", None),
        ("walk", None),
        ("", None),
        ("0", None),
        ("-50", None),
        ("fifty", None),
        ("50,60", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("٥٠", None),  # Arabic digits
        ("IN:urban", None),
        ("50 @ (22:00-06:00)", None),
        ("99999", None),
    ],
)
def test_maxspeed_is_read_as_the_slowest_speed_it_names(text, kmh):
    assert parse_maxspeed(text, TABLE) == (None if kmh is None else pytest.approx(kmh))


@given(st.text(max_size=40), st.sampled_from(ROAD_CLASSES))
def test_any_maxspeed_gives_a_believable_speed(text, road_class):
    speed = find_free_speed(road_class, text, TABLE)
    assert 5.0 <= speed.kmh <= 130.0
    assert speed.is_tagged == (parse_maxspeed(text, TABLE) is not None)
    assert not (speed.is_tagged and speed.is_unreadable)


@pytest.mark.parametrize(("text", "kmh"), [("2", 5.0), ("5", 5.0), ("130", 130.0), ("500", 130.0)])
def test_speeds_are_capped_at_5_and_130_kmh(text, kmh):
    speed = find_free_speed("primary", text, TABLE)
    assert speed.kmh == kmh
    assert speed.is_capped == (float(text) != kmh)


@pytest.mark.parametrize(
    ("text", "told"), [(None, False), ("signals", False), ("none", False), ("fast", True)]
)
def test_class_table_stands_in_and_nonsense_is_told(text, told):
    speed = find_free_speed("tertiary", text, TABLE)
    assert (speed.kmh, speed.is_tagged, speed.is_unreadable) == (TABLE.kmh["tertiary"], False, told)


def test_own_table_names_a_source_for_every_figure():
    with find_data_file("network", "speeds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["road_class"] for row in rows] == [*ROAD_CLASSES, "PK:motorway", "PK:rural", "PK:urban"]
    for row in rows:
        assert (row["confidence"] == "assumption") == (row["source"] == "assumption, no source found")
        assert 2020 <= int(row["year"]) <= 2026


def test_link_roads_are_not_faster_than_their_class():
    for name in ROAD_CLASSES:
        if name.endswith("_link"):
            assert TABLE.kmh[name] <= TABLE.kmh[name.removesuffix("_link")]


def _write_table(tmp_path, change):
    text = find_data_file("network", "speeds.csv").read_text(encoding="utf-8")
    path = tmp_path / "speeds.csv"
    path.write_text(change(text), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("speed_kmh", "speed"), "lacks the columns speed_kmh"),
        (
            lambda text: text.replace("\nprimary,60", "\nprimary,fast"),
            "speed_kmh is 'fast'; expected 5 to 130 km/h",
        ),
        (lambda text: text.replace("\nprimary,60", "\nprimary,nan"), "speed_kmh is 'nan'"),
        (lambda text: text.replace("\nprimary,60", "\nprimary,600"), "speed_kmh is '600'"),
        (lambda text: text.replace("\nprimary,60", "\nprimry,60"), "no row for primary"),
        (lambda text: text.replace("\nprimary,60", "\nprimry,60"), "line 6: unknown road_class 'primry'"),
        (lambda text: text + text.splitlines()[5] + "\n", "stands there twice"),
        (lambda text: text.replace(",2026,assumption", ",2026,sure"), "give a source, and a confidence"),
    ],
)
def test_faulty_table_of_speeds_is_refused_in_words(tmp_path, change, words):
    with pytest.raises(DataError, match=words.replace("?", r"\?")):
        read_speed_table(_write_table(tmp_path, change))


def test_table_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "speeds.csv"
    path.write_bytes(b"\xff\xfe\x00road_class")
    with pytest.raises(DataError, match="cannot be read as a CSV"):
        read_speed_table(path)


def test_driven_seconds_are_length_over_free_speed_times_factor(draw, read_drawing, find_length_m):
    drawing = draw(
        "A--B--C", ("AB", {"highway": "primary", "maxspeed": "72"}), ("BC", {"highway": "secondary"})
    )
    streets = read_drawing(drawing, speed_factor=0.5)
    length_m = find_length_m(drawing.nodes["A"], drawing.nodes["B"])
    # 72 km/h is 20 m/s; half of it is driven. The projection stretches by less than 0.1 %.
    assert streets.find_edge_s("A", "B") == pytest.approx(length_m / 10.0, rel=1e-3)
    class_ms = TABLE.kmh["secondary"] / 3.6
    assert streets.find_edge_s("B", "C") == pytest.approx(length_m / (0.5 * class_ms), rel=1e-3)
    assert streets.network.imputed_speed_share == pytest.approx(0.5, abs=1e-6)
    assert streets.network.roads["is_speed_tagged"].tolist() == [True, False]
    assert streets.network.roads["speed_kmh"].tolist() == pytest.approx([72.0, TABLE.kmh["secondary"]])


def test_odd_speeds_of_ways_are_counted(draw, read_drawing):
    streets = read_drawing(
        draw(
            "A--B--C--D",
            ("AB", {"highway": "primary", "maxspeed": "fast"}),
            ("BC", {"highway": "primary", "maxspeed": "400"}),
            ("CD", {"highway": "primary", "maxspeed": "signals"}),
        )
    )
    assert streets.find_repair("maxspeed that cannot be read") == 1
    assert streets.find_repair("maxspeed outside 5 to 130 km/h") == 1
    assert math.isclose(streets.network.imputed_speed_share, 2 / 3, rel_tol=1e-6)


def test_planner_can_bring_a_table_of_speeds(draw, read_drawing, tmp_path):
    path = _write_table(tmp_path, lambda text: text.replace("\nprimary,60", "\nprimary,120"))
    slow = read_drawing(draw("A--B", ("AB", {"highway": "primary"})))
    fast = read_drawing(draw("A--B", ("AB", {"highway": "primary"})), speeds=path)
    assert fast.find_edge_s("A", "B") == pytest.approx(slow.find_edge_s("A", "B") / 2)
