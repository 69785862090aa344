"""Overpass answers and street graphs of osmnx as `network.path`: the same city, and what is odd said."""

import gzip
import json
import random

import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest
import scipy.sparse.csgraph as csgraph
import shapely
from road_formats import (
    TIMESTAMP,
    copy_osm,
    copy_roads,
    find_same_places,
    list_bytes,
    list_drives,
    list_elements,
    make_answer,
    write_answer,
)

from chargeplan.area import build_study_area
from chargeplan.config.settings import NetworkSettings
from chargeplan.errors import DataError
from chargeplan.network.read import read_network

PRIMARY = {"highway": "primary", "maxspeed": "36"}
CROSS = "A-B-C\n  |\n  D"
# Two blocks with a one-way side and a bend, so that every direction and a line occur.
BLOCKS = "A-B-C\n|   |\nD-E-F\n  |\n  G"


@pytest.fixture
def blocks(draw):
    return draw(
        BLOCKS,
        ("ABC", {**PRIMARY, "name": "Jinnah Avenue"}),
        ("AD", {"highway": "residential"}),
        ("DEF", {"highway": "tertiary", "oneway": "yes"}),
        ("FC", {"highway": "secondary", "maxspeed": "60"}),
        ("EG", {"highway": "living_street"}),
    )


@pytest.fixture
def read_file(study_area):
    def read(path):
        return read_network(study_area, NetworkSettings(path=path, speed_factor=1.0))

    return read


@pytest.fixture
def write_graph(tmp_path):
    """Write a drawing as the graph that osmnx makes of it; the graph may be changed before."""

    def write(drawing, name="streets.graphml", *, simplify=False, change=None, **options):
        source = tmp_path / "source.osm"
        source.write_text(drawing.write_xml(), encoding="utf-8")
        graph = osmnx.graph_from_xml(source, simplify=simplify, retain_all=True)
        graph = graph if change is None else (change(graph) or graph)
        path = tmp_path / name
        path.unlink(missing_ok=True)
        if path.suffix == ".gpkg":
            osmnx.save_graph_geopackage(graph, path, **options)
        else:
            osmnx.save_graphml(graph, path)
        return path

    return write


def count_repair(reading, words):
    table = reading.network.repairs
    return int(table["count"][table["what"].str.contains(words, regex=False)].sum())


# A part of the demo city in each format


@pytest.fixture(scope="module")
def demo(demo_settings, city_part, tmp_path_factory):
    """Sectors of the demo city as a file of each kind, and what each is read as."""
    area = build_study_area(demo_settings.study)
    folder = tmp_path_factory.mktemp("formats")
    source = city_part
    files = {
        "source": source,
        "pbf": copy_osm(source, folder / "city.osm.pbf"),
        "osm": copy_osm(source, folder / "city.osm"),
        "json": write_answer(source, folder / "city.json"),
    }
    packed = folder / "city.json.gz"
    packed.write_bytes(gzip.compress(files["json"].read_bytes(), mtime=0))
    files["json.gz"] = packed
    return _read_all(area, demo_settings.network, files)


@pytest.fixture(scope="module")
def sectors(demo_settings, city_part, tmp_path_factory):
    """The roads of these sectors as a file of OpenStreetMap and as graphs of osmnx."""
    area = build_study_area(demo_settings.study)
    folder = tmp_path_factory.mktemp("graphs")
    files = {"osm": copy_roads(city_part, folder / "roads.osm")}
    plain = osmnx.graph_from_xml(files["osm"], simplify=False, retain_all=True)
    for name, graph in (("graphml", plain), ("simplified", osmnx.simplify_graph(plain))):
        files[name] = folder / f"{name}.graphml"
        osmnx.save_graphml(graph, files[name])
    for name, directed in (("gpkg", False), ("directed", True)):
        files[name] = folder / f"{name}.gpkg"
        osmnx.save_graph_geopackage(graph, files[name], directed=directed)
    return _read_all(area, demo_settings.network, files)


def _read_all(area, settings, files):
    return {
        name: read_network(area, settings.model_copy(update={"path": path})) for name, path in files.items()
    }


@pytest.mark.parametrize("name", ["pbf", "osm", "json", "json.gz"])
def test_osm_formats_give_the_same_bytes(demo, name):
    assert list_bytes(demo[name].network) == list_bytes(demo["source"].network)
    places, expected = (demo[kind].places.table.drop(columns="source") for kind in (name, "source"))
    assert len(expected) > 30
    assert places.equals(expected)


def test_plain_graph_differs_only_where_osmnx_takes_a_circular_junction_as_two_way(sectors, project_folder):
    network, expected = sectors["graphml"].network, sectors["osm"].network
    arrays, others = list_bytes(network), list_bytes(expected)
    for name in ("node_id", "node_xy_m", "is_joinable", "road_lonlat", "road_offsets", "roads"):
        assert arrays[name] == others[name]
    drives, known = list_drives(network), list_drives(expected)
    assert known.items() <= drives.items()  # every drive with the same seconds, to the last bit
    more = drives.keys() - known.keys()
    assert len(more) == 8  # the two rings in these sectors, four drives each
    circles = set()
    for way in osmium.FileProcessor(str(project_folder / "data/demo/islamabad-schematic.osm.gz")):
        if way.is_way() and way.tags.get("junction") == "circular":
            circles |= {node.ref for node in way.nodes}
    assert {node for drive in more for node in drive} <= circles
    assert all((end, start) in known for start, end in more)


def test_simplified_graph_has_the_same_junctions_and_driving_times(sectors):
    plain, simplified = sectors["graphml"].network, sectors["simplified"].network
    rows, others = find_same_places(plain, simplified)
    assert len(rows) >= 0.99 * plain.node_id.size
    assert simplified.roads["length_m"].sum() == pytest.approx(plain.roads["length_m"].sum(), rel=1e-3)
    sample = np.random.default_rng(3).choice(len(rows), 60, replace=False)
    starts, ends = np.array(rows)[sample], np.array(others)[sample]
    expected = csgraph.dijkstra(plain.seconds, indices=starts)[:, starts]
    seconds = csgraph.dijkstra(simplified.seconds, indices=ends)[:, ends]
    is_apart = expected > 0
    change = seconds[is_apart] / expected[is_apart] - 1
    assert np.median(np.abs(change)) < 0.001
    assert np.abs(change).max() < 0.02  # edges joined of two classes bear the slower


@pytest.mark.parametrize("name", ["gpkg", "directed"])
def test_geopackage_gives_the_network_of_its_graphml(sectors, name):
    arrays, expected = (list_bytes(sectors[kind].network) for kind in (name, "simplified"))
    assert {key for key in arrays if arrays[key] != expected[key]} == set()


def test_graph_says_what_it_cannot_tell(sectors):
    words = " ".join(sectors["simplified"].source.limits)
    for part in (
        "street graph (OSMnx 2",
        "date of its OpenStreetMap data is not in it",
        "sites.paths, sites.files",
        "whether its download was complete cannot be told",
        "osmnx joined the ways between junctions",
        "a motorway or circular junction without a oneway tag is open both ways",
    ):
        assert part in words
    assert sectors["simplified"].source.data_date == ""
    assert len(sectors["simplified"].places.table) == 0
    assert "share one edge" in " ".join(sectors["gpkg"].source.limits)
    assert "Whether osmnx joined ways between junctions is not noted" in " ".join(
        sectors["graphml"].source.limits
    )


def test_answer_says_what_it_cannot_tell_and_its_date(demo):
    words = " ".join(demo["json"].source.limits)
    assert "query that brought this Overpass answer is not noted" in words
    assert "no count of its elements" in words
    assert demo["json"].source.data_date == TIMESTAMP[:10]
    assert demo["source"].source.data_date == ""


# Street graphs


def test_graph_of_a_drawing_is_its_file(tmp_path, blocks, write_graph, read_file):
    expected = read_file(write_graph(blocks).with_name("source.osm")).network
    network = read_file(tmp_path / "streets.graphml").network
    assert list_bytes(network) == list_bytes(expected)


def test_simplified_edges_keep_their_lines_and_directions(draw, write_graph, read_file):
    drawing = draw(
        "A-B-C\n    |\nF-E-D", ("ABCDEF", PRIMARY), ("AF", {**PRIMARY, "oneway": "-1"}), ("XA", PRIMARY)
    )
    drawing.nodes["X"] = (73.045, 33.72)
    path = write_graph(drawing, simplify=True)
    network = read_file(path).network
    expected = read_file(path.with_name("source.osm")).network
    assert network.seconds.shape == expected.seconds.shape
    rows, others = find_same_places(expected, network)
    there = csgraph.dijkstra(expected.seconds)[np.ix_(rows, rows)]
    assert np.allclose(csgraph.dijkstra(network.seconds)[np.ix_(others, others)], there, rtol=1e-12)
    assert network.roads["length_m"].sum() == pytest.approx(expected.roads["length_m"].sum(), rel=1e-12)


@pytest.mark.parametrize("simplify", [False, True])
@pytest.mark.parametrize("name", ["plain.gpkg", "directed.gpkg"])
def test_geopackage_of_a_drawing_keeps_directions(blocks, write_graph, read_file, name, simplify):
    expected = read_file(write_graph(blocks, simplify=simplify)).network
    path = write_graph(blocks, name, simplify=simplify, directed=name.startswith("directed"))
    assert list_drives(read_file(path).network) == list_drives(expected)


def test_edge_joined_of_several_classes_and_limits_is_as_slow_as_the_slowest(draw, write_graph, read_file):
    drawing = draw(
        "A-B-C",
        ("AB", {"highway": "secondary", "maxspeed": "80", "name": "One"}),
        ("BC", {"highway": "residential", "maxspeed": "20", "name": "Two"}),
    )
    reading = read_file(write_graph(drawing, simplify=True))
    roads = reading.network.roads
    assert roads["road_class"].tolist() == ["residential"]
    assert roads["speed_kmh"].tolist() == pytest.approx([20.0])
    assert roads["name"].tolist() == ["One / Two"]
    assert any(
        "2 of 2 edges are joined of ways of different class" in limit for limit in reading.source.limits
    )


def test_slowest_class_is_that_of_the_speed_table(draw, write_graph, read_file):
    """A motorway link (80 km/h) is slower than a trunk road (100 km/h), though it ranks above it."""
    drawing = draw(
        "A-B-C", ("AB", {"highway": "trunk"}), ("BC", {"highway": "motorway_link", "oneway": "no"})
    )
    roads = read_file(write_graph(drawing, simplify=True)).network.roads
    assert roads["speed_kmh"].tolist() == pytest.approx([80.0])


def test_edge_joined_with_what_is_no_road_is_left_out_and_counted(draw, write_graph, read_file):
    drawing = draw(
        "A-B-C-D", ("AB", PRIMARY), ("XB", PRIMARY), ("BC", PRIMARY), ("CD", {"highway": "footway"})
    )
    drawing.nodes["X"] = (73.055, 33.715)
    reading = read_file(write_graph(drawing, simplify=True))
    assert reading.network.roads["length_m"].sum() < 1000
    assert count_repair(reading, "joined of roads for cars and other ways") == 2  # there and back
    assert reading.network.node_id.tolist() == [1, 24]


def test_closed_and_foreign_edges_are_no_roads(draw, write_graph, read_file):
    drawing = draw(
        CROSS, ("ABC", PRIMARY), ("BD", {**PRIMARY, "access": "private"}), ("AD", {"building": "yes"})
    )
    assert read_file(write_graph(drawing)).network.node_id.tolist() == [1, 3]


def test_edge_to_an_undescribed_node_is_cut_and_counted(blocks, write_graph, read_file):
    def dangle(graph):
        graph.add_edge(7, 999, osmid=5, highway="primary", oneway=False, reversed=False, length=10.0)

    reading = read_file(write_graph(blocks, change=dangle))
    assert count_repair(reading, "nodes that the file does not hold") == 1
    assert list_drives(reading.network) == list_drives(read_file(write_graph(blocks)).network)


@pytest.mark.parametrize("value", ["nan", "inf", "abc", None])
def test_node_without_coordinates_is_counted_or_refused(blocks, write_graph, read_file, value):
    def strip(graph):
        graph.nodes[7].pop("x") if value is None else graph.nodes[7].update(x=value)

    path = write_graph(blocks, change=strip)
    if value == "abc":
        with pytest.raises(DataError, match="cannot be read as GraphML of osmnx"):
            read_file(path)
    else:
        assert count_repair(read_file(path), "nodes that the file does not hold") == 1


def test_two_way_edge_that_lost_its_way_back_is_counted(blocks, write_graph, read_file):
    reading = read_file(write_graph(blocks, change=lambda graph: graph.remove_edge(1, 4)))
    assert count_repair(reading, "opposite direction the file does not hold") == 1
    assert (1, 4) not in list_drives(reading.network)


def test_repeated_edge_is_counted_and_driven_once(blocks, write_graph, read_file):
    def repeat(graph):
        graph.add_edge(1, 4, key=7, **graph.edges[1, 4, 0])

    reading = read_file(write_graph(blocks, change=repeat))
    assert count_repair(reading, "stand in the graph more than once") == 1
    assert list_drives(reading.network) == list_drives(read_file(write_graph(blocks)).network)


def test_projected_graph_gives_the_same_network(blocks, write_graph, read_file):
    expected = read_file(write_graph(blocks, simplify=True)).network
    path = write_graph(blocks, "projected.graphml", simplify=True, change=osmnx.project_graph)
    network = read_file(path).network
    assert "epsg:4326" not in path.read_text()
    assert list_bytes(network) == list_bytes(expected)


def test_lost_lines_are_found_by_the_lengths(draw, write_graph, read_file):
    drawing = draw(
        "A-B\n  |\n  |\n  |\nD-C", ("ABCD", PRIMARY), ("AD", PRIMARY), ("XA", PRIMARY), ("XD", PRIMARY)
    )
    drawing.nodes["X"] = (73.049, 33.715)

    def straighten(graph):
        for *_, tags in graph.edges(data=True):
            tags.pop("geometry", None)

    reading = read_file(write_graph(drawing, simplify=True, change=straighten))
    assert count_repair(reading, "length is not that of their line") >= 2
    assert any("lines were lost or changed" in limit for limit in reading.source.limits)


def test_line_that_does_not_end_at_its_nodes_is_joined_and_counted(draw, write_graph, read_file):
    def shift(graph):
        for start, _, tags in graph.edges(data=True):
            if "geometry" in tags and start == 1:
                tags["geometry"] = shapely.LineString([(73.0505, 33.7195), (73.0515, 33.7195)])

    drawing = draw(
        "A-B-C\n|   |\nD   E",
        ("ABC", PRIMARY),
        ("AD", PRIMARY),
        ("CE", PRIMARY),
        ("DE", PRIMARY),
        ("AE", PRIMARY),
        ("CD", PRIMARY),
    )
    reading = read_file(write_graph(drawing, simplify=True, change=shift))
    assert count_repair(reading, "line does not end at their nodes") == 1
    drives, plain = (
        list_drives(one.network) for one in (reading, read_file(write_graph(drawing, simplify=True)))
    )
    assert {drive for drive in plain if drives.get(drive) != plain[drive]} == {(1, 3)}
    assert drives[1, 3] > plain[1, 3]


def test_line_from_end_to_start_is_turned_and_counted(draw, write_graph, read_file):
    def turn(graph):
        for *_, tags in graph.edges(data=True):
            if "geometry" in tags:
                tags["geometry"] = tags["geometry"].reverse()

    drawing = draw("A-B\n|\nC-D", ("BACD", PRIMARY))
    path = write_graph(drawing, simplify=True)
    expected = list_bytes(read_file(path).network)
    reading = read_file(write_graph(drawing, simplify=True, change=turn))
    assert count_repair(reading, "ran from end to start") == 2
    assert list_bytes(reading.network) == {**expected, "repairs": reading.network.repairs.to_csv()}


def test_fresh_ids_lie_below_all_others_and_below_zero(draw, write_graph, read_file):
    drawing = draw("A-B-C-D-E-F-G-H-I-J-K", ("ABCDEFGHIJK", PRIMARY))
    renumber = {1: -5, 11: -7}
    path = write_graph(drawing, simplify=True, change=lambda graph: nx.relabel_nodes(graph, renumber))
    ids = read_file(path).network.node_id.tolist()
    assert ids[-2:] == [-7, -5]
    assert len(ids) == 6  # 1,850 m in five parts, so four of the nine vertices from -16 to -8
    assert -16 <= ids[0] < ids[3] <= -8


def test_two_roads_between_the_same_junctions_stay_two(draw, write_graph, read_file):
    drawing = draw(
        "    B\nY-A   D-X\n    C",
        ("ABD", {**PRIMARY, "oneway": "yes"}),
        ("DCA", {**PRIMARY, "oneway": "yes"}),
        ("YA", PRIMARY),
        ("DX", PRIMARY),
    )
    network = read_file(write_graph(drawing, simplify=True)).network
    assert len(network.roads) == 4
    assert list_drives(network).keys() == {(1, 4), (4, 1), (4, 24), (24, 4), (1, 25), (25, 1)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda graph: graph.remove_edges_from(list(graph.edges)), "holds 7 nodes and no edge"),
        (lambda graph: graph.graph.pop("crs"), "does not say its CRS"),
        (lambda graph: graph.graph.update(crs="epsg:nonsense"), "CRS 'epsg:nonsense' cannot be read"),
        (
            lambda graph: [tags.pop("highway", None) for *_, tags in graph.edges(data=True)],
            "no edge has a highway attribute",
        ),
        (
            lambda graph: [tags.update(x=tags["y"], y=tags["x"]) for _, tags in graph.nodes(data=True)],
            "longitude and latitude are swapped",
        ),
        (lambda graph: graph.graph.update(crs="epsg:32643"), "no point lies in Pakistan"),
        (lambda graph: nx.relabel_nodes(graph, {1: "one"}), "cannot be read as GraphML of osmnx"),
    ],
    ids=["no edges", "no CRS", "odd CRS", "no classes", "swapped", "wrong CRS", "letters"],
)
def test_graph_that_is_no_street_network_is_refused(blocks, write_graph, read_file, change, words):
    def apply(graph):
        changed = change(graph)
        return changed if isinstance(changed, nx.MultiDiGraph) else None

    path = write_graph(blocks, change=apply)
    with pytest.raises(DataError, match=f"^network.path: .*{words}"):
        read_file(path)


def test_graph_without_a_road_for_cars_is_refused(draw, write_graph, read_file):
    with pytest.raises(DataError, match="holds no road that a car may use"):
        read_file(write_graph(draw("A-B", ("AB", {"highway": "footway"}))))


def test_graph_elsewhere_is_refused_with_both_boxes(blocks, write_graph, read_file):
    def move(graph):
        for _, tags in graph.nodes(data=True):
            tags.update(x=tags["x"] - 6, y=tags["y"] - 9)

    with pytest.raises(DataError, match=r"the data's box 67\.0\d+, 24\.7\d+"):
        read_file(write_graph(blocks, change=move))


@pytest.mark.parametrize("ending", [".graphml", ".gpkg", ".json", ".json.gz"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>504 Gateway Timeout</body></html>",
        bytes(5000),
        random.Random(1).randbytes(3000),
        b"[" * 100_000,
        b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns"></graphml>',
        b"SQLite format 3\x00" + bytes(4000),
    ],
    ids=["empty", "html", "zeros", "noise", "brackets", "bare graphml", "bare database"],
)
def test_file_of_another_kind_is_refused(tmp_path, read_file, ending, content):
    path = tmp_path / f"streets{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^network\.path: "):
        read_file(path)


def test_geopackage_of_something_else_is_refused(tmp_path, read_file):
    import geopandas as gpd

    path = tmp_path / "parks.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.box(73, 33, 74, 34)], crs=4326).to_file(path, layer="parks")
    with pytest.raises(DataError, match="layer nodes cannot be read"):
        read_file(path)
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(73, 33)], crs=4326).to_file(path, layer="nodes")
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(73, 33)], crs=4326).to_file(path, layer="edges")
    with pytest.raises(DataError, match="layer nodes lacks osmid, x, y"):
        read_file(path)


# Overpass answers


@pytest.fixture
def write_body(tmp_path, blocks):
    """Write the answer that brings a drawing; elements and members may be changed before."""
    source = tmp_path / "source.osm"
    source.write_text(blocks.write_xml(), encoding="utf-8")

    def write(change=lambda elements: elements, **members):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(make_answer(change(list_elements(source)), **members)))
        return path

    return write


@pytest.mark.parametrize(
    "remark",
    ["runtime error: Query timed out in query at line 3 after 180 seconds.", "runtime error: out of memory"],
)
def test_answer_with_a_remark_is_refused(write_body, read_file, remark):
    with pytest.raises(
        DataError, match=r"answer\.json is not a whole Overpass answer: the server ran out of"
    ):
        read_file(write_body(remark=remark))


def test_answer_that_is_cut_short_is_refused(write_body, read_file):
    path = write_body()
    whole = path.read_bytes()
    for kept in (len(whole) - 1, len(whole) // 2, 30):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match="cut short"):
            read_file(path)


def test_packed_answer_that_is_cut_short_is_refused(write_body, read_file):
    path = write_body()
    packed = gzip.compress(path.read_bytes(), mtime=0)
    path = path.with_suffix(".json.gz")
    for kept in (len(packed) - 1, len(packed) // 2, 12):
        path.write_bytes(packed[:kept])
        with pytest.raises(DataError, match="cannot be unpacked"):
            read_file(path)


def test_answer_whose_count_differs_is_refused(write_body, read_file):
    count = {"type": "count", "id": 0, "tags": {"nodes": "8", "ways": "5", "relations": "0", "total": "13"}}
    with pytest.raises(DataError, match="elements are missing: the server counted 8 nodes"):
        read_file(write_body(lambda elements: [count, *elements]))
    count["tags"] |= {"nodes": "7", "total": "12"}
    assert "no count" not in " ".join(
        read_file(write_body(lambda elements: [count, *elements])).source.limits
    )


def add_lines(elements, *, keep_nodes=False, clip=()):
    """Change an answer to that of ``out geom``: each vertex stands in the way, null where clipped."""
    place = {element["id"]: element for element in elements if element["type"] == "node"}
    for element in elements:
        if element["type"] == "way":
            element["geometry"] = [
                None if node in clip else {name: place[node][name] for name in ("lat", "lon")}
                for node in element["nodes"]
            ]
    return [element for element in elements if keep_nodes or element["type"] != "node"]


def test_nodes_are_taken_from_the_lines_of_out_geom(write_body, read_file):
    expected = list_bytes(read_file(write_body()).network)
    reading = read_file(write_body(add_lines))
    assert list_bytes(reading.network) == expected
    assert any("7 nodes came only as vertices" in limit for limit in reading.source.limits)


def test_clipped_vertices_of_out_geom_are_counted(write_body, read_file):
    reading = read_file(write_body(lambda elements: add_lines(elements, clip=(7,))))
    assert count_repair(reading, "nodes that the file does not hold") == 1
    assert any("1 nodes that ways name did not come" in limit for limit in reading.source.limits)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ([], "geometry of another length"),
        ("line", "geometry of another length"),
        ([{"lat": 1}, {}], "expected lon"),
    ],
)
def test_odd_line_in_an_answer_is_refused(write_body, read_file, geometry, words):
    def change(elements):
        elements[-1]["geometry"] = geometry
        return [element for element in elements if element["type"] == "way"]

    with pytest.raises(DataError, match=words):
        read_file(write_body(change))


def test_answer_without_nodes_is_refused(write_body, read_file):
    with pytest.raises(DataError, match="5 roads but not the nodes they run over"):
        read_file(write_body(lambda elements: [one for one in elements if one["type"] == "way"]))


def test_way_without_node_ids_is_refused(write_body, read_file):
    def change(elements):
        elements[-1].pop("nodes")
        return elements

    with pytest.raises(
        DataError, match=r"a way with the ids of its nodes; ask the server again with \[out:json\]"
    ):
        read_file(write_body(change))


def test_repeated_elements_of_an_answer_are_counted(write_body, read_file):
    expected = list_drives(read_file(write_body()).network)
    reading = read_file(write_body(lambda elements: [*elements, *elements[-2:]]))
    assert count_repair(reading, "stand in the answer more than once") == 2
    assert list_drives(reading.network) == expected


def test_no_temporary_file_of_an_answer_is_left(write_body, read_file, tmp_path, monkeypatch):
    import tempfile

    folder = tmp_path / "temporary"
    folder.mkdir()
    path = write_body()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    read_file(path)
    path.write_text("{")
    with pytest.raises(DataError):
        read_file(path)
    assert list(folder.iterdir()) == []


# Damage


def damage(whole, numbers):
    """Flip a bit, cut the end off, or zero a stretch."""
    damaged = bytearray(whole)
    kind = numbers.choice(["flip", "trim", "zero"])
    at = numbers.randrange(len(damaged))
    if kind == "flip":
        damaged[at] ^= 1 << numbers.randrange(8)
    elif kind == "trim":
        del damaged[at:]
    else:
        damaged[at : at + 64] = bytes(len(damaged[at : at + 64]))
    return kind, bytes(damaged)


@pytest.mark.parametrize(
    ("name", "n_damages", "least_refused"),
    # A GeoPackage is mostly empty pages, in which nothing can be harmed.
    [("answer.json", 40, 24), ("streets.graphml", 100, 60), ("streets.gpkg", 30, 8)],
)
def test_damaged_bytes_give_a_data_error_or_what_a_letter_can_change(
    tmp_path, blocks, write_graph, read_file, name, n_damages, least_refused
):
    path = write_graph(blocks, name.replace(".json", ".graphml"), simplify=True)
    if name.endswith(".json"):
        path = write_answer(path.with_name("source.osm"), tmp_path / name)
    whole = path.read_bytes()
    expected = read_file(path).network
    numbers = random.Random(11)
    outcome = {"refused": 0, "equal": 0, "other": 0}
    for _ in range(n_damages):
        kind, content = damage(whole, numbers)
        path.write_bytes(content)
        try:
            reading = read_file(path)
        except DataError:
            outcome["refused"] += 1
            continue
        drives, known = list_drives(reading.network), list_drives(expected)
        if content == whole or drives == known:
            outcome["equal"] += 1
        else:
            # One letter of a tag or digit of a coordinate: no format but a manifest can tell.
            # What is cut off or zeroed is never taken for the whole.
            assert kind == "flip" or len(reading.network.repairs), (kind, reading.network.repairs)
            outcome["other"] += 1
    assert outcome["refused"] >= least_refused, outcome
    assert outcome["other"] <= n_damages / 4, outcome
