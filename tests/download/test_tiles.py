"""Boxes and their parts, and what an answer for one must hold."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scripted_overpass import make_node, make_way, write_answer

from chargeplan.download.queries import list_layers, write_box
from chargeplan.download.tiles import (
    LARGEST_LEVEL,
    LayerCount,
    Tile,
    TileCheck,
    check_data,
    check_tile,
    find_box,
    is_close,
    read_count,
)
from chargeplan.osm.overpass_answer import AnswerError, parse_answer

ROADS, PLACES = list_layers()[:2]
TILE = Tile(ROADS, (73.0, 33.0, 73.1, 33.1))


def parse(elements, **options):
    return parse_answer(write_answer(elements, **options))


def test_a_tile_is_covered_by_its_four_parts_which_share_edges_and_not_more():
    parts = TILE.split()
    assert shapely.union_all([shapely.box(*part.box) for part in parts]).equals(shapely.box(*TILE.box))
    for one, other in itertools.combinations(parts, 2):
        assert shapely.box(*one.box).intersection(shapely.box(*other.box)).area == 0.0
    assert [part.path for part in parts] == ["0", "1", "2", "3"]
    assert parts[3].split()[0].path == "30"
    assert parts[3].split()[0].level == 2
    assert parts[0].words == "roads, tile 0"


@given(
    west=st.floats(60, 77),
    south=st.floats(23, 37),
    width=st.floats(0.01, 1.5),
    height=st.floats(0.01, 1.5),
    seed=st.integers(0, 2**32),
)
def test_at_any_depth_every_point_is_in_a_part_as_it_is_written_in_the_question(
    west, south, width, height, seed
):
    box = find_box(shapely.box(west, south, west + width, south + height))
    random = np.random.default_rng(seed)
    tile = Tile(ROADS, box)
    lon, lat = round(random.uniform(box[0], box[2]), 7), round(random.uniform(box[1], box[3]), 7)
    for _ in range(LARGEST_LEVEL):
        holding = []
        for part in tile.split():
            low, left, high, right = map(float, write_box(part.box)[1:-1].split(","))
            if left <= lon <= right and low <= lat <= high:
                holding.append(part)
        assert holding
        tile = holding[0]


def test_a_box_is_rounded_outwards_and_stays_on_the_globe():
    assert find_box(shapely.box(73.123456789, 33.1, 73.2, 33.200001)) == (73.12345, 33.1, 73.2, 33.20001)
    assert find_box(shapely.box(-180.0, -90.0, 180.0, 90.0)) == (-180.0, -90.0, 180.0, 90.0)


def test_a_count_is_read():
    assert read_count(parse([])) == 0
    body = (
        write_answer([]).replace(b'"nodes": "0"', b'"nodes": "4"').replace(b'"total": "0"', b'"total": "4"')
    )
    assert read_count(parse_answer(body)) == 4


@pytest.mark.parametrize(
    "body",
    [
        write_answer([], with_count=False),
        write_answer([make_node(1, 73.0, 33.0)]),
        write_answer([]).replace(b'"nodes": "0"', b'"nodes": "4"'),
    ],
    ids=["none", "with elements", "does not add up"],
)
def test_a_count_that_is_none_is_refused(body):
    with pytest.raises(AnswerError):
        read_count(parse_answer(body))


def test_data_without_the_count_that_was_asked_for_or_with_nothing_but_it_are_refused():
    with pytest.raises(AnswerError, match="without the count"):
        check_data(parse([make_node(1, 73.0, 33.0)], with_count=False))
    only_count = (
        write_answer([]).replace(b'"nodes": "0"', b'"nodes": "4"').replace(b'"total": "0"', b'"total": "4"')
    )
    with pytest.raises(AnswerError, match="missing"):
        check_data(parse_answer(only_count))
    check_data(parse([make_node(1, 73.0, 33.0)]))
    check_data(parse([]))


def test_ways_that_reach_into_the_tile_are_taken_with_all_their_nodes():
    elements = [
        make_node(1, 72.9, 33.05),
        make_node(2, 73.2, 33.05),  # the way crosses the tile without a node in it
        make_node(3, 73.05, 33.05),
        make_way(10, 1, 2, highway="primary"),
        make_way(11, 3, 2, highway="primary"),
    ]
    check = check_tile(parse(elements), TILE)
    assert {kind: ids.tolist() for kind, ids in check.ids.items()} == {
        "node": [1, 2, 3],
        "way": [10, 11],
        "relation": [],
    }
    assert check.n_missing_nodes == 0


def test_ways_and_places_of_elsewhere_are_refused():
    far = [make_node(1, 74.0, 33.05), make_node(2, 74.2, 33.05)]
    with pytest.raises(AnswerError, match="way 10 and 0 more of 3 elements lie outside"):
        check_tile(parse([*far, make_way(10, 1, 2, highway="primary")]), TILE)
    with pytest.raises(AnswerError, match="node 1 "):
        check_tile(parse([make_node(1, 73.05, -6.95, amenity="fuel")]), Tile(PLACES, TILE.box))


def test_ways_that_came_with_a_relation_may_lie_elsewhere():
    relation = {
        "type": "relation",
        "id": 20,
        "version": 1,
        "members": [{"type": "way", "ref": 10, "role": "outer"}, {"type": "node", "ref": 3, "role": ""}],
        "tags": {"shop": "mall"},
    }
    elements = [
        make_node(1, 74.0, 33.05),
        make_node(2, 74.2, 33.05),
        make_node(3, 75.0, 33.0),
        make_way(10, 1, 2),
        relation,
    ]
    assert check_tile(parse(elements), Tile(PLACES, TILE.box)).ids["relation"].tolist() == [20]


def test_missing_nodes_are_counted():
    elements = [
        make_node(1, 73.05, 33.05),
        make_way(10, 1, 2, 3, highway="primary"),
        make_way(11, 8, 9, highway="primary"),
    ]
    assert check_tile(parse(elements), TILE).n_missing_nodes == 4


def test_of_an_element_that_comes_twice_the_newest_counts():
    old = {**make_node(1, 80.0, 33.05, amenity="fuel"), "version": 1}
    new = {**make_node(1, 73.05, 33.05, amenity="fuel"), "version": 2}
    tile = Tile(PLACES, TILE.box)
    for elements in ([old, new], [new, old]):
        answer = parse(elements, with_count=False)
        assert check_tile(answer, tile).ids["node"].tolist() == [1]


def make_check(*node_ids, ways=()):
    return TileCheck(
        {
            "node": np.array(node_ids, np.int64),
            "way": np.array(ways, np.int64),
            "relation": np.zeros(0, np.int64),
        },
        0,
    )


def test_whole_ways_that_cross_tiles_count_once():
    tally = LayerCount(expected=7)
    tally.add(make_check(1, 2, 3, ways=[10]))
    tally.add(make_check(3, 4, 5, ways=[10, 3]))  # way 3 is not node 3
    assert tally.count() == 7
    assert tally.describe_difference() == ""


@pytest.mark.parametrize(
    ("expected", "n_left_out", "found", "is_good"),
    [
        (1000, 0, 1000, True),
        (1000, 0, 995, True),  # half a percent
        (1000, 0, 994, False),
        (1000, 0, 1005, True),
        (1000, 0, 1006, False),
        (199, 0, 198, False),  # of so few none
        (7, 0, 4, False),
        (0, 0, 0, True),
        (0, 0, 4, False),
        (1000, 300, 700, True),  # nothing of the tiles beside was in those fetched
        (1000, 300, 1000, True),  # all of it was
        (1000, 300, 696, True),
        (1000, 300, 690, False),
        (1000, 300, 1010, False),
    ],
)
def test_the_tiles_must_have_what_was_counted_in_the_whole_box(expected, n_left_out, found, is_good):
    tally = LayerCount(expected, n_left_out)
    tally.add(make_check(*range(1, found + 1)))
    assert tally.is_close() is is_good
    is_equal = expected - n_left_out <= found <= expected
    assert (tally.describe_difference() == "") is is_equal
    if not is_equal:
        assert f"{expected:,} elements" in tally.describe_difference()
        assert f"all tiles have {found:,}" in tally.describe_difference()


def test_close_is_half_a_percent_however_few_there_are():
    assert is_close(10, 10)
    assert not is_close(9, 10)
    assert not is_close(3, 0)
    assert is_close(10_050, 10_000)
    assert not is_close(10_051, 10_000)
