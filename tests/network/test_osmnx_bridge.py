"""The network as a graph of osmnx and back: the same nodes, edges and seconds."""

import dataclasses
import socket

import networkx as nx
import numpy as np
import osmnx
import pytest
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
from road_formats import list_bytes, list_drives

import chargeplan
from chargeplan.area import build_study_area
from chargeplan.config.settings import NetworkSettings
from chargeplan.errors import DataError, RecordError
from chargeplan.network.osmnx_bridge import from_osmnx, to_osmnx
from chargeplan.network.read import read_network

PRIMARY = {"highway": "primary", "maxspeed": "36"}


@pytest.fixture(scope="module")
def demo(demo_settings, city_part):
    area = build_study_area(demo_settings.study)
    network = read_network(area, demo_settings.network.model_copy(update={"path": city_part})).network
    return area, network, to_osmnx(network)


@pytest.fixture
def streets(draw, read_drawing):
    """A loop road of two speeds, one-way sides, a dual carriageway and a dead end."""
    drawing = draw(
        "A-B-C-D\n|     |\nE-F-G-H\n      |\n      I",
        ("ABC", {**PRIMARY, "name": "Mall Road"}),
        ("CD", {"highway": "residential"}),
        ("AE", {"highway": "trunk", "maxspeed": "50"}),
        ("EFG", {"highway": "tertiary", "oneway": "yes"}),
        ("GH", {"highway": "tertiary"}),
        ("GBE", {"highway": "secondary", "oneway": "yes"}),
        ("DH", {"highway": "motorway", "oneway": "yes"}),
        ("HXD", {"highway": "secondary", "oneway": "yes"}),
        ("HI", {"highway": "living_street"}),
    )
    drawing.nodes["X"] = (73.0575, 33.719)
    return read_drawing(drawing).network


def list_roads(network):
    table = network.roads.assign(length_m=network.roads["length_m"].round(6)).drop(columns="speed_kmh")
    return sorted(map(tuple, table.to_numpy().tolist()))


def test_round_trip_of_a_part_of_the_demo_city_gives_the_same_nodes_edges_and_seconds(demo):
    area, network, graph = demo
    back = from_osmnx(graph, area)
    arrays, expected = list_bytes(back), list_bytes(network)
    for name in ("node_id", "node_xy_m", "is_joinable", "rows", "columns"):
        assert arrays[name] == expected[name]
    # Seconds become a speed and seconds again, which costs the last bits.
    assert np.abs(back.seconds.data / network.seconds.data - 1).max() < 1e-12
    assert len(back.repairs) == 0


def test_osmnx_takes_the_graph_and_finds_the_same_times(demo):
    _, network, graph = demo
    osmnx.convert.validate_graph(graph)
    rows = np.random.default_rng(5).choice(network.node_id.size, 5, replace=False)
    seconds = csgraph.dijkstra(network.seconds, indices=rows)
    for start in range(5):
        for end in range(5):
            found = nx.shortest_path_length(
                graph, network.node_id[rows[start]], network.node_id[rows[end]], weight="travel_time"
            )
            assert found == pytest.approx(seconds[start, rows[end]], rel=1e-9, abs=1e-9)


def test_edges_bear_what_edges_of_osmnx_bear(streets):
    graph = to_osmnx(streets)
    osmnx.convert.validate_graph(graph)
    assert set(graph.nodes) == set(streets.node_id.tolist())
    node = graph.nodes[1]
    assert (node["x"], node["y"]) == pytest.approx((73.05, 33.72), abs=1e-9)
    assert {edge[:2] for edge in graph.edges} == list_drives(streets).keys()
    for start, end, tags in graph.edges(data=True):
        assert {"osmid", "highway", "length", "oneway", "reversed", "geometry", "speed_kph"} <= tags.keys()
        assert tags["travel_time"] == list_drives(streets)[start, end]
        ends = [(graph.nodes[place]["x"], graph.nodes[place]["y"]) for place in (start, end)]
        line = list(tags["geometry"].coords)
        assert [line[0], line[-1]] == ends
        assert tags["travel_time"] == pytest.approx(tags["length"] / (tags["speed_kph"] / 3.6), rel=1e-9)
    assert graph.edges[5, 7, 0]["oneway"]
    assert not graph.edges[7, 8, 0]["oneway"]
    # From D to H the motorway, back the other carriageway: two one-way roads between the same nodes.
    assert [graph.edges[edge]["highway"] for edge in ((4, 8, 0), (8, 4, 0))] == ["motorway", "secondary"]
    assert [graph.edges[edge]["oneway"] for edge in ((4, 8, 0), (8, 4, 0))] == [True, True]
    assert "maxspeed" not in graph.edges[7, 8, 0]
    assert graph.edges[1, 2, 0]["maxspeed"] == "36"
    assert {key: graph.nodes[key]["street_count"] for key in (4, 8, 9)} == {4: 3, 8: 4, 9: 1}


@pytest.mark.parametrize("speed_factor", [0.7, 1.0])
def test_round_trip_of_streets(streets, study_area, speed_factor):
    back = from_osmnx(to_osmnx(streets), study_area, speed_factor=speed_factor)
    drives, expected = list_drives(back), list_drives(streets)
    assert drives.keys() == expected.keys()
    assert [drives[drive] for drive in expected] == pytest.approx(list(expected.values()), rel=1e-12)
    assert list_roads(back) == list_roads(streets)  # in another order: of the ids of the shape nodes
    assert back.imputed_speed_share == pytest.approx(streets.imputed_speed_share)


def test_saved_graph_is_read_as_a_file(streets, study_area, tmp_path):
    path = tmp_path / "streets.graphml"
    osmnx.save_graphml(to_osmnx(streets), path)
    reading = read_network(study_area, NetworkSettings(path=path))
    drives, expected = list_drives(reading.network), list_drives(streets)
    assert drives.keys() == expected.keys()
    assert [drives[drive] for drive in expected] == pytest.approx(list(expected.values()), rel=1e-12)
    assert any("street graph (chargeplan 0" in limit for limit in reading.source.limits)


def test_changes_made_to_the_graph_come_back(streets, study_area):
    graph = to_osmnx(streets)
    graph.edges[1, 2, 0]["travel_time"] *= 3
    graph.remove_edge(7, 8)
    drives, before = list_drives(from_osmnx(graph, study_area)), list_drives(streets)
    assert drives[1, 2] == pytest.approx(3 * before[1, 2], rel=1e-12)
    assert drives[2, 1] == pytest.approx(before[2, 1], rel=1e-12)
    assert (7, 8) not in drives


def test_graph_of_osmnx_itself_is_read_by_its_tags(demo, study_area, draw, tmp_path):
    drawing = draw("A-B-C", ("ABC", PRIMARY))
    (tmp_path / "a.osm").write_text(drawing.write_xml())
    graph = osmnx.graph_from_xml(tmp_path / "a.osm", simplify=False)
    nx.set_edge_attributes(graph, 1.0, "travel_time")
    network = from_osmnx(graph, study_area, speed_factor=1.0)
    assert network.node_id.tolist() == [1, 3]
    assert network.seconds[0, 1] == pytest.approx(network.roads["length_m"].iloc[0] / 10.0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), "soon", None])
def test_own_graph_needs_driving_times(streets, study_area, value):
    graph = to_osmnx(streets)
    graph.edges[1, 2, 0]["travel_time"] = value
    with pytest.raises(DataError, match=r"graph: 1 edges .* have no driving time above 0 s"):
        from_osmnx(graph, study_area)


def test_drives_along_no_road_are_refused(streets):
    seconds = streets.seconds.tolil()
    seconds[0, streets.node_id.size - 1] = 9.0
    broken = dataclasses.replace(streets, seconds=sp.csr_array(seconds))
    with pytest.raises(RecordError, match=r"1 drives of the network run along none of its roads \(1 to "):
        to_osmnx(broken)


def test_name_resolution_is_left_alone(streets, study_area, tmp_path, monkeypatch):
    before = socket.getaddrinfo

    def refuse(*_arguments, **_options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    graph = to_osmnx(streets)
    osmnx.save_graphml(graph, tmp_path / "a.graphml")
    from_osmnx(graph, study_area)
    read_network(study_area, NetworkSettings(path=tmp_path / "a.graphml"))
    assert socket.getaddrinfo is before
    assert socket.getaddrinfo.__module__ == "socket"


def test_the_bridge_is_public():
    assert chargeplan.to_osmnx is to_osmnx
    assert chargeplan.from_osmnx is from_osmnx
