"""Streets drawn with letters: which way one may drive."""

import pytest

PRIMARY = {"highway": "primary", "maxspeed": "36"}  # 10 m/s: seconds are metres / 10

# B to E: 0.002 degrees of latitude of 110,917 m each at 33.72 N, at 10 m/s.
BE_S = 22.1834

# A ring road around which one can always come back, and a street D-B across it.
RING = """
A--B--C
|  |  |
D--E--F
"""
LOOP = ("ABCFEDA", PRIMARY)


@pytest.mark.parametrize("value", ["yes", "true", "1", " yes", "Yes ", "yes;yes"])
def test_oneway_street_is_open_forward_only(draw, read_drawing, value):
    streets = read_drawing(draw(RING, LOOP, ("BE", {**PRIMARY, "oneway": value})))
    assert streets.find_edge_s("B", "E") == pytest.approx(BE_S, rel=1e-4)
    assert streets.find_edge_s("E", "B") == 0
    assert streets.find_drive_s("E", "B") > 3 * streets.find_drive_s("B", "E")


@pytest.mark.parametrize("value", ["-1", "reverse", " -1 "])
def test_reversed_oneway_street_is_open_backward_only(draw, read_drawing, value):
    streets = read_drawing(draw(RING, LOOP, ("BE", {**PRIMARY, "oneway": value})))
    assert streets.find_edge_s("E", "B") == pytest.approx(BE_S, rel=1e-4)
    assert streets.find_edge_s("B", "E") == 0


@pytest.mark.parametrize(
    "value", ["no", "false", "0", "reversible", "alternating", " no", "no;reversible", " "]
)
def test_street_that_is_not_oneway_is_open_both_ways(draw, read_drawing, value):
    streets = read_drawing(draw(RING, LOOP, ("BE", {**PRIMARY, "oneway": value})))
    assert streets.find_edge_s("B", "E") == streets.find_edge_s("E", "B") > 0
    assert streets.find_repair("oneway") == 0


@pytest.mark.parametrize("value", ["sometimes", "yes;no", "yes; -1", "yes;sometimes"])
def test_oneway_tag_without_one_meaning_is_passed_over_and_told(draw, read_drawing, value):
    streets = read_drawing(draw(RING, LOOP, ("BE", {**PRIMARY, "oneway": value})))
    assert streets.find_edge_s("B", "E") == streets.find_edge_s("E", "B") > 0
    assert streets.find_repair("oneway tag that has no known meaning") == 1


@pytest.mark.parametrize("junction", ["roundabout", "circular"])
def test_roundabout_is_driven_in_the_order_of_its_nodes(draw, read_drawing, junction):
    picture = """
       G
       A
    H-D B-E
       C
       F
    """
    streets = read_drawing(
        draw(
            picture,
            ("ABCDA", {**PRIMARY, "junction": junction}),
            ("AG", PRIMARY),
            ("BE", PRIMARY),
            ("CF", PRIMARY),
            ("DH", PRIMARY),
        )
    )
    assert streets.find_edge_s("A", "B") > 0
    assert streets.find_edge_s("B", "A") == 0
    # From A the next exit is a quarter turn away, the one before it three quarters.
    assert streets.find_drive_s("A", "D") == pytest.approx(3 * streets.find_drive_s("A", "B"), rel=0.01)


def test_roundabout_that_says_it_is_not_oneway_is_open_both_ways(draw, read_drawing):
    loop = ("ABCFEDA", {**PRIMARY, "junction": "roundabout", "oneway": "no"})
    streets = read_drawing(draw(RING, loop, ("BE", PRIMARY)))
    assert streets.find_edge_s("B", "F") > 0
    assert streets.find_edge_s("F", "B") == pytest.approx(streets.find_edge_s("B", "F"))


@pytest.mark.parametrize("road_class", ["motorway", "motorway_link"])
def test_motorway_is_oneway_without_a_tag(draw, read_drawing, road_class):
    streets = read_drawing(draw(RING, LOOP, ("BE", {"highway": road_class, "maxspeed": "36"})))
    assert streets.find_edge_s("B", "E") > 0
    assert streets.find_edge_s("E", "B") == 0


def test_motorway_that_says_no_is_open_both_ways(draw, read_drawing):
    streets = read_drawing(draw(RING, LOOP, ("BE", {"highway": "motorway", "oneway": "no"})))
    assert streets.find_edge_s("B", "E") == streets.find_edge_s("E", "B") > 0


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "service"},
        {"highway": "track"},
        {"highway": "footway"},
        {"highway": "construction"},
        {"highway": "residential", "access": "no"},
        {"highway": "residential", "access": "private"},
        {"highway": "residential", "motor_vehicle": "no"},
        {"highway": "residential", "motorcar": "no"},
        {"highway": "residential", "access": "yes", "motorcar": "private"},
        {"highway": "residential", "area": "yes"},
        {"highway": "residential", "access": " no "},
        {"highway": "residential", "access": "military"},
        {"highway": "residential", "access": "emergency"},
        {"highway": "residential", "motor_vehicle": "agricultural"},
        {"highway": "residential", "motor_vehicle": "forestry"},
        {"highway": "residential", "motor_vehicle": "agricultural;forestry"},
        {"highway": "residential", "motor_vehicle": "agricultural; private"},
        {"highway": "residential", "motorcar": "delivery"},
        {"highway": "residential", "access": "yes", "motorcar": "military"},
    ],
)
def test_way_closed_to_cars_is_no_road(draw, read_drawing, tags):
    streets = read_drawing(draw(RING, LOOP, ("BE", tags)))
    without = read_drawing(draw(RING, LOOP))
    assert streets.network.roads["length_m"].sum() == pytest.approx(without.network.roads["length_m"].sum())


@pytest.mark.parametrize(
    "tags",
    [
        {"access": "yes"},
        {"access": "destination"},
        {"access": "customers"},
        {"access": "permissive"},
        {"access": "private;customers"},
        {"motor_vehicle": "destination;delivery"},
        {"access": "no", "motor_vehicle": " yes"},
        {"access": "military", "motorcar": "yes"},
        {"access": "no", "motor_vehicle": "yes"},
        {"access": "private", "motorcar": "permissive"},
        {"vehicle": "no", "motor_vehicle": "yes"},
    ],
)
def test_most_special_access_tag_opens_a_street(draw, read_drawing, tags):
    streets = read_drawing(draw(RING, LOOP, ("BE", {"highway": "residential", **tags})))
    assert streets.find_edge_s("B", "E") > 0


def test_nodes_on_motorways_alone_are_not_joinable(draw, read_drawing):
    picture = """
    A--B--C
    |  |  |
    D--E--F
       |
       G--H
    """
    motorway = {"highway": "motorway", "oneway": "no"}
    streets = read_drawing(
        draw(
            picture,
            LOOP,
            ("BE", PRIMARY),
            ("EGH", motorway),
            ("GC", {"highway": "motorway_link", "oneway": "no"}),
        )
    )
    joinable = {
        letter
        for letter, is_joinable in zip(streets.letters, streets.network.is_joinable, strict=True)
        if is_joinable
    }
    assert {"B", "E", "C"} <= joinable  # a crossing of a motorway and a street can be joined
    assert not {"G", "H"} & joinable
    assert {"G", "H"} <= set(streets.letters)


def test_trunk_roads_can_be_joined(draw, read_drawing):
    streets = read_drawing(draw(RING, LOOP, ("BE", {"highway": "trunk"})))
    assert streets.network.is_joinable.all()
