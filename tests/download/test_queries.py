"""What is asked for each layer; the local server says what comes back for it."""

import re

import pytest
from osm_server.answer import find_elements
from osm_server.ql import parse_query
from osm_server.store import OsmStore

from chargeplan.download.queries import (
    Layer,
    list_layers,
    write_boundary_query,
    write_box,
    write_count_query,
    write_data_query,
)
from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.places import SETTLEMENT_WORDS, find_kind
from chargeplan.tag_kinds import read_kind_table
from chargeplan.words import LandKind, PlaceKind

BOX = (73.0, 33.0, 74.0, 34.0)


def make_node(node_id, lon, lat, **tags):
    return {"type": "node", "id": node_id, "lon": lon, "lat": lat, "version": 1, "tags": tags}


def make_way(way_id, nodes, **tags):
    return {"type": "way", "id": way_id, "nodes": nodes, "version": 1, "tags": tags}


def make_relation(relation_id, members, **tags):
    found = [{"type": kind, "ref": ref, "role": role} for kind, ref, role in members]
    return {"type": "relation", "id": relation_id, "version": 1, "members": found, "tags": tags}


def get_layer(name) -> Layer:
    return next(layer for layer in list_layers() if layer.name == name)


def ask(query, elements):
    """Ids by first letter, the count left out, and what the count says."""
    found = find_elements(OsmStore(elements, osm_timestamp="2026-01-01T00:00:00Z"), parse_query(query))
    total = [int(one["tags"]["total"]) for one in found if one["type"] == "count"]
    return {(one["type"][0], one["id"]) for one in found if one["type"] != "count"}, total


def test_the_layers_come_in_the_order_of_their_worth():
    assert [layer.name for layer in list_layers()] == ["roads", "places", "power", "boundaries", "landuse"]


def test_a_box_is_written_south_first_and_to_the_centimetre():
    assert write_box((73.00000004, 33.1, 73.2, 33.3)) == "(33.1000000,73.0000000,33.3000000,73.2000000)"


@pytest.mark.parametrize("layer", list_layers(), ids=lambda layer: layer.name)
def test_the_questions_are_plain_and_carry_their_own_count(layer):
    data, count = write_data_query(layer, BOX), write_count_query(layer, BOX)
    assert data.startswith("[out:json][timeout:180][maxsize:536870912];")
    assert data == count + ".a out meta;\n"
    assert "\\" not in data  # nothing that a text of the query language would have to escape
    assert all(re.fullmatch(r"[a-z0-9_|*]+", value) for _, value in read_kind_table(PlaceKind))


def test_roads_are_all_classes_a_car_may_use_and_no_other():
    nodes = [
        make_node(1, 73.1, 33.1),
        make_node(2, 73.2, 33.2),
        make_node(3, 75.0, 33.2),
        make_node(9, 73.1, 33.2),
    ]
    ways = [make_way(10 + at, [1, 2], highway=name) for at, name in enumerate(ROAD_CLASSES)]
    others = [
        make_way(50, [9, 2], highway="footway"),
        make_way(51, [9, 2], railway="rail"),
        make_way(52, [2, 3], highway="trunk"),
    ]
    found, total = ask(write_data_query(get_layer("roads"), BOX), [*nodes, *ways, *others])
    expected = {("w", way["id"]) for way in ways} | {("w", 52), ("n", 1), ("n", 2), ("n", 3)}
    assert found == expected
    assert total == [len(expected)]


def test_places_are_exactly_what_the_table_of_kinds_knows():
    tags = [{key: "anything" if value == "*" else value} for key, value in read_kind_table(PlaceKind)]
    tags += [{"amenity": "bench"}, {"shop": "bakery"}, {"leisure": "parking"}, {"building": "yes"}, {}]
    nodes = [make_node(at + 1, 73.5, 33.5, **found) for at, found in enumerate(tags)]
    found, _ = ask(write_data_query(get_layer("places"), BOX), nodes)
    assert found == {("n", node["id"]) for node in nodes if find_kind(node["tags"]) is not None}


def test_named_parts_of_a_city_are_asked_for_with_the_places():
    nodes = [
        make_node(at + 1, 73.5, 33.5, place=word, name="F-10") for at, word in enumerate(SETTLEMENT_WORDS)
    ]
    others = [make_node(90, 73.5, 33.5, place="country"), make_node(91, 73.5, 33.5, highway="crossing")]
    found, _ = ask(write_data_query(get_layer("places"), BOX), [*nodes, *others])
    assert found == {("n", node["id"]) for node in nodes}


def test_outlines_of_places_are_asked_for_too_because_their_names_count():
    elements = [
        *(make_node(at, 73.0 + at / 10, 33.5) for at in range(1, 4)),
        make_way(10, [1, 2, 3, 1], place="town", name="Rawat"),
        make_way(11, [1, 2, 3, 1], place="island", name="Manora"),
    ]
    found, _ = ask(write_data_query(get_layer("places"), BOX), elements)
    assert found == {("n", 1), ("n", 2), ("n", 3), ("w", 10)}


def test_places_that_are_areas_come_with_what_they_are_made_of():
    elements = [
        *(make_node(at, 73.0 + at / 10, 33.5) for at in range(1, 7)),
        make_way(10, [1, 2, 3, 1], amenity="parking"),
        make_way(11, [4, 5, 6, 4]),
        make_relation(20, [("way", 11, "outer")], type="multipolygon", shop="mall"),
    ]
    found, total = ask(write_data_query(get_layer("places"), BOX), elements)
    assert found == {*(("n", at) for at in range(1, 7)), ("w", 10), ("w", 11), ("r", 20)}
    assert total == [9]


def test_power_has_lines_and_substations_but_no_towers():
    elements = [
        make_node(1, 73.1, 33.1, power="tower"),
        make_node(2, 73.2, 33.2, power="tower"),
        make_node(3, 73.3, 33.3, power="tower"),
        make_node(4, 73.3, 33.3, power="transformer"),
        make_way(10, [1, 2], power="line"),
        make_way(11, [1, 2, 1], power="substation"),
    ]
    found, _ = ask(write_data_query(get_layer("power"), BOX), elements)
    assert found == {("n", 1), ("n", 2), ("n", 4), ("w", 10), ("w", 11)}


def test_boundaries_come_with_their_ways_in_the_box_and_not_with_those_of_the_whole_province():
    elements = [
        make_node(1, 73.1, 33.1),
        make_node(2, 73.2, 33.2),
        make_node(3, 70.0, 30.0),
        make_node(4, 70.1, 30.0),
        make_node(5, 73.5, 33.5, place="city"),
        make_node(6, 73.6, 33.5),
        make_way(10, [1, 2]),
        make_way(11, [3, 4]),
        make_relation(
            20,
            [("way", 10, "outer"), ("way", 11, "outer"), ("node", 5, "admin_centre")],
            boundary="administrative",
            admin_level="4",
        ),
        make_relation(21, [("way", 10, "outer")], boundary="administrative", admin_level="2"),
        make_relation(22, [("way", 10, "outer")], boundary="administrative", admin_level="10"),
        make_relation(23, [("way", 10, "outer")], boundary="postal_code", admin_level="6"),
    ]
    found, _ = ask(write_data_query(get_layer("boundaries"), BOX), elements)
    assert found == {("n", 1), ("n", 2), ("n", 5), ("w", 10), ("r", 20), ("r", 22)}


def test_land_use_has_areas_alone():
    elements = [
        *(make_node(at, 73.0 + at / 10, 33.5) for at in range(1, 4)),
        make_node(4, 73.5, 33.5, landuse="industrial"),
        make_way(10, [1, 2, 3, 1], landuse="industrial"),
        make_way(11, [1, 2, 3, 1], aeroway="aerodrome"),
        make_way(12, [1, 2, 3, 1], natural="water"),
        make_way(13, [1, 2, 3, 1], natural="tree_row"),
        make_way(14, [1, 2, 3, 1], aeroway="runway"),
        make_relation(20, [("way", 13, "outer")], type="multipolygon", landuse="military"),
    ]
    found, _ = ask(write_data_query(get_layer("landuse"), BOX), elements)
    assert found == {("n", 1), ("n", 2), ("n", 3), ("w", 10), ("w", 11), ("w", 12), ("w", 13), ("r", 20)}


def test_every_kind_of_land_that_a_study_reads_is_fetched():
    nodes = [make_node(at, 73.0 + at / 10, 33.5) for at in range(1, 4)]
    ways = [
        make_way(10 + at, [1, 2, 3, 1], **{key: value})
        for at, (key, value) in enumerate(read_kind_table(LandKind))
    ]
    found, _ = ask(write_data_query(get_layer("landuse"), BOX), [*nodes, *ways])
    assert found == {("n", 1), ("n", 2), ("n", 3), *(("w", way["id"]) for way in ways)}


def test_a_boundary_is_a_relation_with_its_ways_and_their_nodes():
    elements = [
        make_node(1, 73.1, 33.1),
        make_node(2, 73.2, 33.2),
        make_way(10, [1, 2]),
        make_way(11, [1, 2]),
        make_relation(20, [("way", 10, "outer"), ("relation", 21, "subarea")], boundary="administrative"),
        make_relation(21, [("way", 11, "outer")], boundary="administrative"),
    ]
    found, total = ask(write_boundary_query(20), elements)
    assert found == {("n", 1), ("n", 2), ("w", 10), ("r", 20)}
    assert total == [4]
