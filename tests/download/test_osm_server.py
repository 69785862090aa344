"""The local server answers as Overpass does; expected answers by hand or by brute force over the elements."""

import json

import pytest
import requests
import shapely
from osm_server import OsmServer, OsmStore, Phase

AGENT = {"User-Agent": "chargeplan-tests"}


def make_node(node_id, lat, lon, **tags):
    return {"type": "node", "id": node_id, "lat": lat, "lon": lon, "version": 1, "tags": tags}


# A way 10 from west to east across the box (33, 73, 34, 74) without a node in it, a way 11 inside it,
# a way 12 far away, and a relation 20 of way 12 and node 5, which lies in the box.
SMALL = [
    make_node(1, 33.5, 72.0),
    make_node(2, 33.5, 75.0),
    make_node(3, 33.2, 73.2),
    make_node(4, 33.3, 73.3),
    make_node(5, 33.9, 73.9, amenity="fuel", name="A"),
    make_node(6, 40.0, 73.0),
    make_node(7, 41.0, 73.0, amenity="parking"),
    {"type": "way", "id": 10, "nodes": [1, 2], "version": 3, "tags": {"highway": "primary"}},
    {"type": "way", "id": 11, "nodes": [3, 4], "version": 1, "tags": {"highway": "service", "oneway": "yes"}},
    {"type": "way", "id": 12, "nodes": [6, 7], "version": 1, "tags": {"highway": "primary"}},
    {
        "type": "relation",
        "id": 20,
        "version": 1,
        "members": [{"type": "way", "ref": 12, "role": "outer"}, {"type": "node", "ref": 5, "role": ""}],
        "tags": {"type": "site"},
    },
]
BOX = "(33,73,34,74)"


@pytest.fixture(scope="module")
def server():
    with OsmServer(OsmStore(SMALL, osm_timestamp="2026-02-03T04:05:06Z")) as running:
        yield running


def ask(server, query, *, status=200):
    reply = requests.post(server.overpass_url, data={"data": query}, headers=AGENT, timeout=10)
    assert reply.status_code == status, reply.text
    return reply.json() if status == 200 else reply.text


def list_ids(answer):
    return [(element["type"][0], element["id"]) for element in answer["elements"]]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (f"way{BOX};out;", [("w", 10), ("w", 11)]),
        (f'way["highway"="primary"]{BOX};out;', [("w", 10)]),
        (f"way[highway=primary]{BOX};out ids;", [("w", 10)]),
        (f'way["highway"]["oneway"!="yes"]{BOX};out;', [("w", 10)]),
        (f'way["highway"][!"oneway"]{BOX};out;', [("w", 10)]),
        ('way["highway"~"^prim"];out;', [("w", 10), ("w", 12)]),
        ('way["highway"~"^PRIM",i];out;', [("w", 10), ("w", 12)]),
        ('way["highway"!~"^prim"];out;', [("w", 11)]),
        ("way['highway'](poly:'33 73 33 74 34 74 34 73');out;", [("w", 10), ("w", 11)]),
        (f"node{BOX};out;", [("n", 3), ("n", 4), ("n", 5)]),
        (f'nwr["amenity"]{BOX};out;', [("n", 5)]),
        (f"rel{BOX};out;", [("r", 20)]),
        ("relation(20);out;", [("r", 20)]),
        ("node(id:1,7,99);out;", [("n", 1), ("n", 7)]),
        ("way(11);>;out;", [("n", 3), ("n", 4)]),
        ("way(11);(._;>;);out;", [("n", 3), ("n", 4), ("w", 11)]),
        ("rel(20);(._;>;);out;", [("n", 5), ("n", 6), ("n", 7), ("w", 12), ("r", 20)]),
        ("way(11)->.a;way(12)->.b;(.a;.b;)->.c;.c out;", [("w", 11), ("w", 12)]),
        ("way(11)->.a;.a > ->.n;.n out;", [("n", 3), ("n", 4)]),
        (f"rel(20)->.s;.s > ->.m;node.m{BOX};out;", [("n", 5)]),
        # As in Overpass `>` sees the last part of the union alone, not what came before it.
        ("(way(11);way(12);>;);out;", [("n", 6), ("n", 7), ("w", 11), ("w", 12)]),
        ("way(99);out;", []),
    ],
)
def test_each_statement_finds_what_overpass_finds(server, statements, expected):
    assert list_ids(ask(server, f"[out:json][timeout:25];{statements}")) == expected


def test_counts_come_before_the_elements_and_as_texts(server):
    answer = ask(server, "[out:json];way(11);(._;>;)->.a;.a out count;.a out meta;")
    assert answer["elements"][0] == {
        "type": "count",
        "id": 0,
        "tags": {"nodes": "2", "ways": "1", "relations": "0", "total": "3"},
    }
    assert len(answer["elements"]) == 4


def test_detail_grows_from_ids_to_meta(server):
    details = {
        word: set(ask(server, f"[out:json];way(10);out {word};")["elements"][0])
        for word in ("ids", "skel", "body", "meta")
    }
    assert details["ids"] == {"type", "id"}
    assert details["skel"] == {"type", "id", "nodes"}
    assert details["body"] == {"type", "id", "nodes", "tags"}
    assert details["meta"] == details["body"] | {"timestamp", "version", "changeset", "user", "uid"}


def test_the_head_names_the_generator_the_age_and_the_licence(server):
    answer = ask(server, "[out:json];way(10);out;")
    assert answer["version"] == 0.6
    assert answer["generator"].startswith("Overpass API 0.7.62")
    assert answer["osm3s"]["timestamp_osm_base"] == "2026-02-03T04:05:06Z"
    assert "ODbL" in answer["osm3s"]["copyright"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("way(10);out;", "out:json"),
        ("[out:xml];way(10);out;", "out:json"),
        ("[out:json];street(10);out;", 'Unknown type "street"'),
        ("[out:json];way(10);out", "Unexpected end of input"),
        ('[out:json];way["highway"(1,2,3,4);out;', "expected"),
        ("[out:json];way(around:5,33,73);out;", "expected"),
        ("[out:json];way(34,73,33,74);out;", "bbox-query"),
        ('[out:json];way["k"~"("];out;', "regular expression"),
        ("[out:json];(way(10);out;);out;", "cannot be subelement"),
        ("[out:json];", "empty query"),
        ("[out:json][bbox:1,2,3,4];way(10);out;", "expected"),
    ],
)
def test_a_query_that_is_not_understood_is_refused_with_its_line(server, query, words):
    page = ask(server, query, status=400)
    assert words in page.replace("&quot;", '"')
    assert "line 1" in page


def test_get_and_bare_post_are_understood_too(server):
    query = "[out:json];way(10);out ids;"
    by_get = requests.get(server.overpass_url, params={"data": query}, timeout=10).json()
    by_post = requests.post(server.overpass_url, data=query.encode(), timeout=10).json()
    assert by_get == by_post == ask(server, query)


def test_requests_are_counted_by_phase_and_connections_are_kept(server):
    server.forget_requests()
    before = server.n_connections
    with requests.Session() as session:
        for query in (
            "[out:json][timeout:5];rel(20);(._;>;);out meta;",
            "[out:json];way(33,73,34,74)->.a;.a out count;",
            "[out:json];way(33,73,34,74)->.a;.a out count;.a out meta;",
            "[out:json];way(33,73,35,74);out;",
        ):
            session.post(server.overpass_url, data={"data": query}, timeout=10)
        status = session.get(server.status_url, timeout=10)
    assert server.n_connections == before + 1
    assert [one.phase for one in server.requests] == [
        Phase.BOUNDARY,
        Phase.ESTIMATE,
        Phase.FIRST_TILE,
        Phase.LATER_TILE,
        Phase.STATUS,
    ]
    assert status.text.splitlines()[4] == "2 slots available now."
    assert all(one.ended_s >= one.began_s and one.n_bytes > 0 for one in server.requests)


def test_places_are_searched_and_looked_up():
    records = [
        {"osm_type": "node", "osm_id": 1, "class": "place", "display_name": "Multan, Pakistan"},
        {
            "osm_type": "relation",
            "osm_id": 2,
            "class": "boundary",
            "display_name": "Multan District, Pakistan",
            "geojson": {"type": "Point", "coordinates": [71.5, 30.2]},
        },
    ]
    with OsmServer(OsmStore([], osm_timestamp="2026-01-01T00:00:00Z"), places=records) as running:
        asked = {"q": "multan, pakistan", "format": "jsonv2", "polygon_geojson": "1"}
        found = requests.get(running.nominatim_url, params=asked, timeout=10).json()
        looked_up = requests.get(f"{running.base_url}/lookup", params={"osm_ids": "R2"}, timeout=10).json()
    assert [record["osm_id"] for record in found] == [1, 2]
    assert found[1]["category"] == "boundary"
    assert found[1]["geojson"]["type"] == "Point"
    assert [record["osm_id"] for record in looked_up] == [2]
    assert "geojson" not in looked_up[0]


def check_box_by_brute_force(store, box):
    """Compare a box's ways with a test of every segment of every way."""
    south, west, north, east = box
    wanted = shapely.box(west, south, east, north)
    place = {node["id"]: (node["lon"], node["lat"]) for node in store.list_elements() if "lat" in node}
    expected = [
        element["id"]
        for element in store.list_elements()
        if element["type"] == "way"
        and "highway" in element.get("tags", {})
        and any(
            shapely.LineString([place[start], place[end]]).intersects(wanted)
            for start, end in zip(element["nodes"], element["nodes"][1:], strict=False)
        )
    ]
    with OsmServer(store) as running:
        text = f'[out:json];way["highway"]({south},{west},{north},{east});out meta;'
        found = ask(running, text)["elements"]
    assert [element["id"] for element in found] == expected
    assert expected
    return found


def test_a_box_of_the_demo_city_holds_every_way_with_a_segment_in_it(project_folder):
    store = OsmStore.read(project_folder / "data" / "demo" / "islamabad-schematic.osm.gz")
    found = check_box_by_brute_force(store, (33.69, 73.01, 33.7, 73.03))
    by_id = {element["id"]: element for element in store.list_elements() if element["type"] == "way"}
    assert json.dumps(found) == json.dumps([by_id[element["id"]] for element in found])
    assert store.n_missing_way_nodes == 0


@pytest.mark.real_data
def test_a_box_of_islamabad_holds_every_way_with_a_segment_in_it(real_data_folder):
    store = OsmStore.read(real_data_folder / "osm" / "islamabad" / "islamabad_ict_2020-07.osm.pbf")
    check_box_by_brute_force(store, (33.70, 73.04, 33.72, 73.06))
