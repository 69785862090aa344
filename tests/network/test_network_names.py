"""Names of roads and places in English and in Urdu, as files of each kind tell them."""

import json

import networkx as nx
import pytest

from chargeplan.config.settings import NetworkSettings
from chargeplan.network.osmnx_bridge import from_osmnx
from chargeplan.network.read import read_network
from chargeplan.network.road_names import NamePairs, tabulate_urdu_names

PRIMARY = {"highway": "primary"}
ROADS = """
A---B---C---D
"""
SQUARE = """
A---B
|   |
D---F
"""


def list_names(network):
    return network.roads["name"].tolist(), network.urdu_names.to_numpy().tolist()


def test_pieces_of_a_road_share_the_names_that_one_of_them_bears(draw, read_drawing):
    """AB has both names, BC the Urdu one alone and CD the English one alone."""
    urdu, english = {"name": "احمد فراز روڈ"}, {"name": "Ahmed Faraz Road"}
    both = urdu | {"name:en": "Ahmed Faraz Road"}
    network = read_drawing(
        draw(ROADS, ("AB", PRIMARY | both), ("BC", PRIMARY | urdu), ("CD", PRIMARY | english))
    ).network
    names, pairs = list_names(network)
    assert set(names) == {"Ahmed Faraz Road"}
    assert pairs == [["Ahmed Faraz Road", "احمد فراز روڈ"]]


def test_a_road_without_an_english_name_keeps_its_urdu_one(draw, read_drawing):
    names, pairs = list_names(read_drawing(draw(ROADS, ("ABCD", PRIMARY | {"name": "مری روڈ"}))).network)
    assert (set(names), pairs) == ({"مری روڈ"}, [])


@pytest.mark.parametrize(
    ("picture", "last"),
    [
        ("A----BC----D", "Al-Noor Street"),  # 93 m apart, at a crossing
        ("A----B--C----D", "گلی نمبر 5"),
        ("A----B--------------------C----D", "گلی نمبر 5"),
    ],
)
def test_a_street_of_the_same_name_elsewhere_is_another_one(draw, read_drawing, picture, last):
    """AB has both names, CD the Urdu one alone, and BC between them is another street."""
    urdu = PRIMARY | {"name": "گلی نمبر 5"}
    network = read_drawing(
        draw(
            picture,
            ("AB", urdu | {"name:en": "Al-Noor Street"}),
            ("BC", {"highway": "residential", "name": "Link Road"}),
            ("CD", urdu),
        )
    ).network
    assert sorted(list_names(network)[0]) == sorted(["Al-Noor Street", "Link Road", last])


def test_two_streets_of_one_urdu_name_keep_an_english_one_each(draw, read_drawing):
    urdu = PRIMARY | {"name": "گلی نمبر 5"}
    network = read_drawing(
        draw(
            "A----B----C------------------------D----E----F",
            ("AB", urdu | {"name:en": "Al-Noor Street"}),
            ("BC", urdu),
            ("CD", {"highway": "residential", "name": "Link Road"}),
            ("DE", urdu),
            ("EF", urdu | {"name:en": "Street 5"}),
        )
    ).network
    assert set(list_names(network)[0]) == {"Al-Noor Street", "Link Road", "Street 5"}


def test_of_two_spellings_on_one_road_the_more_frequent_counts(draw, read_drawing):
    urdu = PRIMARY | {"name": "مری روڈ"}
    network = read_drawing(
        draw(
            "A----B----C----D----E",
            ("AB", urdu),
            ("BC", urdu | {"name:en": "Muree Road"}),
            ("CD", urdu | {"name:en": "Murree Road"}),
            ("DE", urdu | {"name:en": "Murree Road"}),
        )
    ).network
    # A piece with an English name of its own keeps it.
    assert set(list_names(network)[0]) == {"Murree Road", "Muree Road"}
    assert network.roads["name"].tolist().count("Muree Road") == 1


def test_of_two_urdu_spellings_the_more_frequent_counts_and_of_equals_the_first():
    pairs = NamePairs({("GT Road", "جی ٹی روڈ"): 1})
    pairs["GT Road", "جی ٹی"] += 1
    table = tabulate_urdu_names(pairs, ["GT Road", "Other Road"])
    assert table.to_numpy().tolist() == [["GT Road", "جی ٹی"]]


@pytest.mark.parametrize(
    ("kind", "n_inside", "expected"),
    [
        ("town", 1, ["Rawat", "روات"]),
        ("suburb", 1, ["روات", "روات"]),  # an outline of another kind is another place
        ("town", 2, ["روات", "روات"]),  # whose name the outline bears, nobody can tell
    ],
)
def test_the_outline_around_a_place_tells_the_name_that_it_lacks(
    draw, read_drawing, kind, n_inside, expected
):
    drawing = draw(SQUARE, ("ABFDA", PRIMARY))
    refs = "".join(f'<nd ref="{drawing.find_id(letter)}"/>' for letter in "ABFDA")
    tags = f'<tag k="place" v="{kind}"/><tag k="name" v="Rawat"/>'
    drawing.extra = f'<way id="900" version="1">{refs}{tags}</way>'
    (west, north), (east, south) = drawing.nodes["A"], drawing.nodes["F"]
    middle = ((west + east) / 2, (north + south) / 2)
    drawing.points = [(901, *middle, {"place": "town", "name": "روات"})]
    if n_inside == 2:
        drawing.points.append((902, middle[0] + 1e-4, middle[1], {"place": "town", "name": "چک"}))
    settlements = read_drawing(drawing).reading.places.settlements
    assert settlements[["name", "name_ur"]].to_numpy().tolist()[0] == expected
    assert "w900" not in settlements["place_id"].tolist()


def test_an_overpass_answer_tells_the_same_names(tmp_path, study_area):
    """A road, a place and a filling station, each with both names."""
    nodes = [
        {"type": "node", "id": number, "lon": 73.05 + number / 1000, "lat": 33.72} for number in (1, 2, 3)
    ]
    named = [
        ("G-9", {"place": "suburb", "name": "جی - 9", "name:en": "G-9"}),
        ("Shell", {"amenity": "fuel", "name": "شیل", "name:en": "Shell"}),
    ]
    points = [
        {"type": "node", "id": 10 + at, "lon": 73.052, "lat": 33.721, "tags": tags}
        for at, (_, tags) in enumerate(named)
    ]
    tags = PRIMARY | {"name": "Murree Road", "name:ur": "مری روڈ"}
    way = {"type": "way", "id": 100, "nodes": [1, 2, 3], "tags": tags}
    answer = {
        "version": 0.6,
        "osm3s": {"timestamp_osm_base": "2026-01-31T00:00:00Z"},
        "elements": [*nodes, *points, way],
    }
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    reading = read_network(study_area, NetworkSettings(path=path))
    assert list_names(reading.network)[1] == [["Murree Road", "مری روڈ"]]
    assert reading.places.settlements[["name", "name_ur"]].to_numpy().tolist() == [["G-9", "جی - 9"]]
    assert reading.places.table[["name", "name_en", "name_ur"]].to_numpy().tolist() == [
        ["شیل", "Shell", "شیل"]
    ]


def test_pieces_in_a_street_graph_share_names_along_one_road_only(study_area):
    """1-2 has both names, 2-3 beside it and 4-5 far away the Urdu one alone; 3-4 is another street."""
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, lon in enumerate((73.04, 73.045, 73.05, 73.07, 73.075), start=1):
        graph.add_node(node, x=lon, y=33.72)
    names = [
        {"name": "گلی نمبر 5", "name:en": "Al-Noor Street"},
        {"name": "گلی نمبر 5"},
        {"name": "Link Road"},
        {"name": "گلی نمبر 5"},
    ]
    for start, tags in enumerate(names, start=1):
        for ends in ((start, start + 1), (start + 1, start)):
            graph.add_edge(*ends, osmid=start, highway="primary", oneway=False, length=500.0, **tags)
    names, pairs = list_names(from_osmnx(graph, study_area))
    assert set(names) == {"Al-Noor Street", "Link Road", "گلی نمبر 5"}
    assert names.count("گلی نمبر 5") == 1
    assert pairs == [["Al-Noor Street", "گلی نمبر 5"]]
