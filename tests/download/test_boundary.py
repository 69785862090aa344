"""A boundary put together from the ways of a relation, or a clear word why not."""

import pytest
import shapely

from chargeplan.download.boundary import build_boundary, describe_relation, find_boundary_doubts
from chargeplan.errors import DataError
from chargeplan.osm.overpass_answer import OverpassAnswer

# Corners of a square and of a smaller one inside it, then of a square beside them.
#
#   4 ------- 3   14 -- 13
#   |  8 - 7  |    |     |
#   |  |   |  |    |     |
#   |  5 - 6  |    |     |
#   1 ------- 2   11 -- 12
PLACES = {
    1: (71.0, 30.0),
    2: (72.0, 30.0),
    3: (72.0, 31.0),
    4: (71.0, 31.0),
    5: (71.25, 30.25),
    6: (71.75, 30.25),
    7: (71.75, 30.75),
    8: (71.25, 30.75),
    11: (73.0, 30.0),
    12: (74.0, 30.0),
    13: (74.0, 31.0),
    14: (73.0, 31.0),
}
AREA = {"type": "boundary", "boundary": "administrative", "admin_level": "6", "name:en": "Test District"}


def make_answer(ways, members=None, tags=AREA, relation_id=7, places=PLACES):
    """An answer with one relation; `ways` maps ids to nodes, members default to all as outer."""
    chosen = members if members is not None else [("way", ref, "outer") for ref in ways]
    relation = {
        "type": "relation",
        "id": relation_id,
        "tags": dict(tags),
        "members": [{"type": kind, "ref": ref, "role": role} for kind, ref, role in chosen],
    }
    nodes = [{"type": "node", "id": ref, "lon": lon, "lat": lat} for ref, (lon, lat) in places.items()]
    lines = [{"type": "way", "id": ref, "nodes": list(chain)} for ref, chain in ways.items()]
    return OverpassAnswer([*nodes, *lines, relation], None, "2026-08-01T00:00:00Z", "")


@pytest.mark.parametrize(
    "ways",
    [
        {100: [1, 2, 3, 4, 1]},
        {100: [1, 2, 3], 101: [3, 4, 1]},
        {100: [1, 2, 3], 101: [1, 4, 3]},  # the second runs the other way
        {100: [3, 2], 101: [4, 1], 102: [1, 2], 103: [3, 4]},
    ],
)
def test_ways_in_any_order_and_direction_close_the_same_ring(ways):
    assert build_boundary(make_answer(ways), 7).equals(shapely.box(71, 30, 72, 31))


def test_inner_ways_are_holes():
    answer = make_answer(
        {100: [1, 2, 3, 4, 1], 101: [5, 6, 7], 102: [7, 8, 5]},
        [("way", 100, "outer"), ("way", 101, "inner"), ("way", 102, "inner")],
    )
    boundary = build_boundary(answer, 7)
    assert boundary.area == pytest.approx(1.0 - 0.25)
    assert len(boundary.interiors) == 1


def test_parts_apart_make_a_multipolygon():
    boundary = build_boundary(make_answer({100: [1, 2, 3, 4, 1], 101: [11, 12, 13, 14, 11]}), 7)
    assert boundary.geom_type == "MultiPolygon"
    assert boundary.area == pytest.approx(2.0)


def test_rings_that_touch_at_a_node_stay_two():
    places = PLACES | {20: (73.0, 31.0), 21: (73.0, 32.0), 22: (72.0, 32.0)}
    answer = make_answer({100: [1, 2, 3, 4, 1], 101: [3, 20, 21, 22, 3]}, places=places)
    assert build_boundary(answer, 7).area == pytest.approx(2.0)


def test_other_members_and_a_way_named_twice_do_not_matter():
    answer = make_answer(
        {100: [1, 2, 3], 101: [3, 4, 1]},
        [
            ("node", 5, "admin_centre"),
            ("relation", 99, "subarea"),
            ("way", 100, "outer"),
            ("way", 101, ""),
            ("way", 100, "outer"),
        ],
    )
    assert build_boundary(answer, 7).equals(shapely.box(71, 30, 72, 31))


def test_gap_names_both_of_its_ends():
    with pytest.raises(DataError, match="has a gap") as error:
        build_boundary(make_answer({100: [1, 2, 3], 101: [3, 4]}), 7)
    assert "the outline of relation 7 (Test District) has a gap: it ends at" in str(error.value)
    assert "node 1 at 71.00000, 30.00000, node 4 at 71.00000, 31.00000" in str(error.value)
    assert "--polygon FILE" in str(error.value)


def test_gap_in_a_hole_is_said_of_the_hole():
    answer = make_answer(
        {100: [1, 2, 3, 4, 1], 101: [5, 6, 7]}, [("way", 100, "outer"), ("way", 101, "inner")]
    )
    with pytest.raises(DataError, match="a hole in relation 7"):
        build_boundary(answer, 7)


@pytest.mark.parametrize("chain", [[1, 3, 2, 4, 1], [1, 2, 1]])
def test_outline_that_crosses_itself_or_runs_back_is_refused(chain):
    with pytest.raises(DataError, match="crosses itself or runs back on itself near 7"):
        build_boundary(make_answer({100: chain}), 7)


def test_outlines_that_overlap_are_refused():
    places = PLACES | {20: (71.5, 30.0), 21: (72.5, 30.0), 22: (72.5, 31.0), 23: (71.5, 31.0)}
    answer = make_answer({100: [1, 2, 3, 4, 1], 101: [20, 21, 22, 23, 20]}, places=places)
    with pytest.raises(DataError, match="overlaps itself"):
        build_boundary(answer, 7)


def test_relation_that_is_not_there_is_said():
    with pytest.raises(DataError, match="relation 8: OpenStreetMap has no such relation") as error:
        build_boundary(make_answer({100: [1, 2, 3, 4, 1]}), 8)
    assert "find-area" in str(error.value)
    # The id of a node that is in the answer is no relation either.
    with pytest.raises(DataError, match="relation 5: OpenStreetMap has no such relation"):
        build_boundary(make_answer({100: [1, 2, 3, 4, 1]}), 5)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (
            {"type": "route", "route": "bus", "name": "B1"},
            r"relation 7 \(B1\) is a relation of type route, route=bus",
        ),
        ({"type": "restriction"}, r"\(without a name\) is a relation of type restriction, which is no area"),
        ({}, "is a relation without a type, which is no area"),
    ],
)
def test_relation_that_is_no_area_is_refused_with_what_it_is(tags, said):
    with pytest.raises(DataError, match=said):
        build_boundary(make_answer({100: [1, 2, 3, 4]}, tags=tags), 7)


def test_relation_of_points_alone_is_refused():
    with pytest.raises(DataError, match="has no ways that bound it"):
        build_boundary(make_answer({}, [("node", 1, "label")]), 7)


def test_missing_ways_and_nodes_are_counted_and_named():
    answer = make_answer({100: [1, 2, 3]}, [("way", 100, "outer"), ("way", 555, "outer")])
    with pytest.raises(DataError, match="1 of 2 ways of its boundary are missing from the data: 555"):
        build_boundary(answer, 7)
    with pytest.raises(DataError, match="2 nodes of its boundary are missing from the data: 77, 78"):
        build_boundary(make_answer({100: [1, 2, 77, 78, 1]}), 7)


def test_level_and_kind_and_country_that_are_unusual_are_said():
    ways = {100: [1, 2, 3, 4, 1]}
    assert find_boundary_doubts(make_answer(ways), 7, expected_level=6) == []
    (doubt,) = find_boundary_doubts(make_answer(ways), 7, expected_level=4)
    assert "relation 7 (Test District) has admin_level 6, data/cities.csv says 4" in doubt
    (doubt,) = find_boundary_doubts(
        make_answer(ways, tags=AREA | {"boundary": "political"}), 7, expected_level=6
    )
    assert "is not an administrative boundary but boundary=political" in doubt
    (doubt,) = find_boundary_doubts(make_answer(ways, tags=AREA | {"ISO3166-2": "IN-PB"}), 7)
    assert "in another country by its tags (IN)" in doubt
    assert find_boundary_doubts(make_answer(ways, tags=AREA | {"ISO3166-2": "PK-IS"}), 7) == []


def test_name_of_a_relation_is_english_first_and_clean():
    tags = AREA | {"name": "ضلع", "name:en": "Test\nDistrict"}
    assert describe_relation(make_answer({}, tags=tags), 7) == "relation 7 (Test District)"
