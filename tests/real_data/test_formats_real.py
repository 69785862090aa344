"""Islamabad through every format, the bridge to osmnx and back, and the answers and graph as they came."""

import numpy as np
import osmnx
import pytest
import scipy.sparse.csgraph as csgraph
from road_formats import (
    copy_osm,
    copy_part,
    copy_roads,
    find_same_places,
    list_bytes,
    list_drives,
    write_answer,
)

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, NetworkSettings, StudySettings
from chargeplan.network.osmnx_bridge import from_osmnx, to_osmnx
from chargeplan.network.read import read_network

pytestmark = pytest.mark.real_data

ISLAMABAD = [72.80, 33.46, 73.40, 33.81]
# 10 km by 10 km of it: the whole takes osmnx and the writing of XML minutes.
MIDDLE = (73.00, 33.65, 73.108, 33.74)


def make_area(box):
    return build_study_area(StudySettings(name="city", title="City", year=2026, area=AreaSettings(box=box)))


@pytest.fixture(scope="module")
def area():
    return make_area(ISLAMABAD)


@pytest.fixture(scope="module")
def middle(real_data_folder, tmp_path_factory):
    source = real_data_folder / "osm/islamabad/islamabad_ict_2020-07.osm.pbf"
    return copy_part(source, tmp_path_factory.mktemp("middle") / "middle.osm.pbf", MIDDLE)


@pytest.fixture(scope="module")
def readings(middle, area, tmp_path_factory):
    folder, source = tmp_path_factory.mktemp("formats"), middle
    files = {
        "pbf": source,
        "osm": copy_osm(source, folder / "city.osm"),
        "json": write_answer(source, folder / "city.json"),
    }
    return {name: read_network(area, NetworkSettings(path=path)) for name, path in files.items()}


@pytest.fixture(scope="module")
def graphs(middle, area, tmp_path_factory):
    """The middle of Islamabad as a file of OpenStreetMap and as two graphs of osmnx."""
    folder = tmp_path_factory.mktemp("graphs")
    files = {"osm": copy_roads(middle, folder / "roads.osm")}
    plain = osmnx.graph_from_xml(files["osm"], simplify=False, retain_all=True)
    for name, graph in (("graphml", plain), ("simplified", osmnx.simplify_graph(plain))):
        files[name] = folder / f"{name}.graphml"
        osmnx.save_graphml(graph, files[name])
    return {name: read_network(area, NetworkSettings(path=path)) for name, path in files.items()}


@pytest.mark.parametrize("name", ["osm", "json"])
def test_formats_of_islamabad_give_the_same_bytes(readings, name):
    assert list_bytes(readings[name].network) == list_bytes(readings["pbf"].network)
    places, expected = (readings[kind].places.table.drop(columns="source") for kind in (name, "pbf"))
    assert len(expected) > 1_000
    assert places.equals(expected)


def test_plain_graph_of_islamabad_differs_in_names_alone(graphs):
    arrays, expected = (list_bytes(graphs[name].network) for name in ("graphml", "osm"))
    assert {name for name in arrays if arrays[name] != expected[name]} == {"roads"}
    roads, known = (graphs[name].network.roads.drop(columns="name") for name in ("graphml", "osm"))
    assert roads.equals(known)


def test_simplified_graph_of_islamabad_is_as_near_as_documented(graphs):
    """As docs/explanation/road-files.md says of the whole: joined ways bear one class and one speed limit."""
    simplified, plain = graphs["simplified"].network, graphs["osm"].network
    assert simplified.node_id.size == pytest.approx(plain.node_id.size, rel=0.003)
    assert simplified.roads["length_m"].sum() == pytest.approx(plain.roads["length_m"].sum(), rel=0.001)
    rows, others = find_same_places(plain, simplified)
    sample = np.random.default_rng(3).choice(len(rows), 200, replace=False)
    starts, ends = np.array(rows)[sample], np.array(others)[sample]
    expected = csgraph.dijkstra(plain.seconds, indices=starts)[:, starts]
    seconds = csgraph.dijkstra(simplified.seconds, indices=ends)[:, ends]
    change = seconds[expected > 0] / expected[expected > 0] - 1
    assert np.mean(np.abs(change) < 1e-9) > 0.4
    assert 0 < change.mean() < 0.01
    assert np.abs(change).max() < 0.2


def test_islamabad_comes_back_from_osmnx(graphs, area):
    network = graphs["osm"].network
    back = from_osmnx(to_osmnx(network), area)
    arrays, expected = list_bytes(back), list_bytes(network)
    for name in ("node_id", "node_xy_m", "is_joinable", "rows", "columns"):
        assert arrays[name] == expected[name]
    assert np.abs(back.seconds.data / network.seconds.data - 1).max() < 1e-12


@pytest.mark.parametrize(
    ("name", "box", "nodes", "edges", "km", "date"),
    [
        (
            "lahore/overpass_drive_central_2025-04-27.json",
            [74.28, 31.48, 74.38, 31.60],
            9_977,
            24_806,
            933,
            "2025-04-27",
        ),
        (
            "karachi/overpass_drive_clifton_2026-03-19.json",
            [67.00, 24.78, 67.08, 24.85],
            1_895,
            4_799,
            259,
            "2026-03-19",
        ),
        ("karachi/osmnx_small_475nodes.graphml", [66.98, 24.84, 67.03, 24.88], 430, 1_181, 28, ""),
    ],
)
def test_files_as_they_came_are_read(real_data_folder, name, box, nodes, edges, km, date):
    reading = read_network(make_area(box), NetworkSettings(path=real_data_folder / "osm" / name))
    network = reading.network
    assert network.node_id.size == nodes
    assert len(list_drives(network)) == network.seconds.nnz == edges
    assert network.roads["length_m"].sum() / 1000 == pytest.approx(km, abs=1)
    assert reading.source.data_date == date
    assert len(reading.source.limits) >= 3
