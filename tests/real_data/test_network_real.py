"""The three real extracts, held to stated ranges."""

import numpy as np
import pytest
import scipy.sparse.csgraph as csgraph

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, NetworkSettings, StudySettings
from chargeplan.network.read import read_network

pytestmark = pytest.mark.real_data

FILES = {
    "islamabad": ("islamabad/islamabad_ict_2020-07.osm.pbf", [72.80, 33.46, 73.40, 33.81]),
    "lahore": ("lahore/derived_lahore_drive.osm.pbf", [74.28, 31.40, 74.45, 31.63]),
    "karachi": ("karachi/derived_karachi_south_drive.osm.pbf", [66.95, 24.74, 67.12, 24.92]),
}

# Junctions of the same extracts by osmnx-like simplification are 28,130, 10,050 and 15,068;
# ours keep a node every 400 m and one in each loop besides, and drop closed roads.
EXPECTED = {
    # city: nodes, directed edges, km of road, imputed share
    "islamabad": ((28_000, 30_500), (67_000, 71_500), (4_900, 5_150), (0.83, 0.88)),
    "lahore": ((9_700, 10_500), (24_000, 26_000), (920, 970), (0.96, 0.99)),
    "karachi": ((14_500, 15_600), (38_500, 40_500), (1_800, 1_900), (0.30, 0.40)),
}


@pytest.fixture(scope="module")
def readings(real_data_folder):
    def read(city):
        name, box = FILES[city]
        area = build_study_area(StudySettings(name=city, title=city, year=2026, area=AreaSettings(box=box)))
        return read_network(area, NetworkSettings(path=real_data_folder / "osm" / name))

    return {city: read(city) for city in FILES}


@pytest.mark.parametrize("city", FILES)
def test_size_and_imputed_share_are_as_known(readings, city):
    network = readings[city].network
    figures = (
        network.node_id.size,
        network.seconds.nnz,
        network.roads["length_m"].sum() / 1000,
        network.imputed_speed_share,
    )
    for figure, (low, high) in zip(figures, EXPECTED[city], strict=True):
        assert low <= figure <= high


@pytest.mark.parametrize("city", FILES)
def test_network_is_one_strong_part_with_believable_speeds(readings, city):
    network = readings[city].network
    n_parts, _ = csgraph.connected_components(network.seconds, connection="strong")
    assert n_parts == 1
    assert network.roads["speed_kmh"].between(5 - 1e-9, 130 + 1e-9).all()
    assert network.roads["length_m"].max() < 3_000
    rows, columns = network.seconds.nonzero()
    straight_m = np.hypot(*(network.node_xy_m[rows] - network.node_xy_m[columns]).T)
    # No road is shorter than the straight line or driven faster than 130 km/h times 0.7; the
    # projection stretches lengths by at most 0.1 %.
    assert (straight_m / network.seconds.data <= 1.001 * 0.7 * 130 / 3.6).all()


def test_the_part_of_lahore_that_hangs_apart_is_told(readings):
    repairs = readings["lahore"].network.repairs
    parts = repairs[repairs["what"].str.startswith("road nodes of a part that hangs apart around")]
    assert parts["count"].tolist() == pytest.approx([2_300], abs=50)
    assert "74.3266 E, 31.4847 N" in parts["what"].iloc[0]


def test_places_come_with_islamabad_alone(readings):
    kinds = readings["islamabad"].places.table["kind"].value_counts()
    assert 130 <= kinds["fuel"] <= 160  # 158 in the whole file
    assert kinds["parking"] > 150
    assert len(readings["lahore"].places.table) < 10


def test_date_is_told_where_the_file_has_one(readings):
    assert readings["islamabad"].network.data_date == "2020-07-14"
    assert readings["lahore"].network.data_date == readings["karachi"].network.data_date == ""


def test_largest_times_are_those_of_an_uncontracted_network(readings, real_data_folder):
    """Drives across Karachi agree with networkx on every OpenStreetMap node."""
    import networkx as nx

    from chargeplan.network.cut import build_buffered_area
    from chargeplan.network.osm_file import read_osm_file
    from chargeplan.network.repairs import RepairLog
    from chargeplan.network.segments import build_segments
    from chargeplan.network.speeds import read_speed_table

    name, box = FILES["karachi"]
    area = build_study_area(StudySettings(name="k", title="k", year=2026, area=AreaSettings(box=box)))
    boundary = build_buffered_area(area, 2.0)
    content = read_osm_file(real_data_folder / "osm" / name, boundary.bounds)
    _, segments = build_segments(
        content.roads,
        content.locations,
        read_speed_table(None),
        boundary=boundary,
        speed_factor=0.7,
        repairs=RepairLog(),
    )
    graph = nx.DiGraph()
    node_id = segments.node_id
    for start, end, there, back in zip(
        node_id[segments.start], node_id[segments.end], segments.forward_s, segments.backward_s, strict=True
    ):
        if np.isfinite(there):
            graph.add_edge(int(start), int(end), weight=float(there))
        if np.isfinite(back):
            graph.add_edge(int(end), int(start), weight=float(back))
    network = readings["karachi"].network
    source = network.node_id.size // 2
    ours = csgraph.dijkstra(network.seconds, indices=source)
    theirs = nx.single_source_dijkstra_path_length(graph, int(network.node_id[source]))
    expected = np.array([theirs[number] for number in network.node_id.tolist()])
    assert np.abs(ours - expected).max() < 1e-6
