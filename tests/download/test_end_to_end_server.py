"""From the server on loopback to a plan: the real command line, and osmnx itself, on real Islamabad."""

import itertools
import json
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from osm_server import OsmServer, OsmStore, Phase

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, NetworkSettings, StudySettings
from chargeplan.network.read import read_network

pytestmark = pytest.mark.real_data

EXTRACT = "islamabad/islamabad_ict_2020-07.osm.pbf"
POPULATION = "islamabad/worldpop2020_1km_points_utm43n.gpkg"
BOX = (72.98, 33.64, 73.10, 33.74)  # west, south, east, north: the middle of the city

OSMNX_BOX = (73.03, 33.68, 73.07, 33.71)

OSMNX_SCRIPT = """
import json, sys
import osmnx

url, *bounds = sys.argv[1:]
osmnx.settings.overpass_url = url
osmnx.settings.use_cache = False
osmnx.settings.doh_url_template = None
osmnx.settings.overpass_rate_limit = False
box = tuple(map(float, bounds))
graph = osmnx.graph_from_bbox(
    box, network_type="drive", simplify=False, retain_all=True, truncate_by_edge=True
)
fuel = osmnx.features_from_bbox(box, {"amenity": "fuel"})
print(json.dumps({"nodes": sorted(graph.nodes), "fuel": sorted(list(one) for one in fuel.index)}))
"""


@pytest.fixture(scope="module")
def store(real_data_folder):
    return OsmStore.read(real_data_folder / "osm" / EXTRACT)


@pytest.fixture(scope="module")
def server(store):
    with OsmServer(store) as running:
        yield running


def run_program(*arguments, timeout_s=600):
    # A proxy of the machine must not stand between the test and its own server.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@pytest.fixture(scope="module")
def fetched(server, tmp_path_factory):
    """The folder of datasets after the command, and how the command ended."""
    folder = tmp_path_factory.mktemp("cache")
    server.forget_requests()
    box = ",".join(map(str, BOX))
    done = run_program(
        *("-m", "chargeplan", "fetch", "islamabad", "--box", box),
        *("--folder", str(folder), "--endpoint", server.overpass_url),
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def read(path):
    area = build_study_area(
        StudySettings(name="islamabad", title="Islamabad", year=2030, area=AreaSettings(box=list(BOX)))
    )
    return read_network(area, NetworkSettings(path=path))


def test_the_fetched_network_is_that_of_the_extract(fetched, real_data_folder):
    folder, _ = fetched
    ours = read(folder / "islamabad" / "islamabad.osm.pbf")
    direct = read(real_data_folder / "osm" / EXTRACT)
    assert np.array_equal(ours.network.node_id, direct.network.node_id)
    assert ours.network.node_id.size > 5_000
    difference = ours.network.seconds - direct.network.seconds
    assert ours.network.seconds.nnz == direct.network.seconds.nnz
    assert abs(difference).max() == 0.0
    pd.testing.assert_frame_equal(ours.network.roads, direct.network.roads)
    assert np.array_equal(ours.network.road_lonlat, direct.network.road_lonlat)
    # Multipolygons are counted in the whole file, and the extract reaches beyond the area.
    repairs = [one.network.repairs for one in (ours, direct)]
    near = [table[~table["what"].str.contains("multipolygons")] for table in repairs]
    pd.testing.assert_frame_equal(*near)
    assert len(near[0]) >= 3
    # The names of the two files stand in the column of the source.
    places = [reading.places.table.drop(columns="source") for reading in (ours, direct)]
    pd.testing.assert_frame_equal(*places)
    assert len(places[0]) > 100


def test_the_manifest_tells_where_the_data_are_from(fetched, server, store):
    folder, _ = fetched
    manifest = json.loads((folder / "islamabad" / "islamabad.osm.pbf.manifest.json").read_text("utf-8"))
    assert manifest["endpoint"] == server.overpass_url
    assert manifest["osm_timestamp"] == manifest["newest_osm_timestamp"] == store.osm_timestamp
    assert manifest["licence"] == "ODbL 1.0"
    assert {note["layer"] for note in manifest["queries"]} >= {
        "roads",
        "places",
        "power",
        "boundaries",
        "landuse",
    }
    assert not [path for path in folder.iterdir() if path.name != "islamabad"], "tiles are removed at the end"


def test_the_server_was_asked_politely(fetched, server):
    asked = [one for one in server.requests if one.path.startswith("/api/")]
    assert {one.status for one in asked} == {200}
    assert len({one.connection for one in asked}) == 1
    assert all(re.match(r"chargeplan/\d", one.headers["user-agent"]) for one in asked)
    gaps = [after.began_s - before.ended_s for before, after in itertools.pairwise(asked)]
    assert min(gaps) >= 0.99, "requests closer than a second"


def test_the_same_command_again_asks_for_nothing(fetched, server):
    folder, _ = fetched
    before = len(server.requests)
    again = run_program(
        *("-m", "chargeplan", "fetch", "islamabad", "--box", ",".join(map(str, BOX))),
        *("--folder", str(folder), "--endpoint", server.overpass_url),
    )
    assert again.returncode == 0, again.stderr
    assert len(server.requests) == before


def test_a_run_with_the_fetched_data_publishes_a_plan(fetched, project_folder, real_data_folder, tmp_path):
    folder, _ = fetched
    settings = {
        "network.path": folder / "islamabad" / "islamabad.osm.pbf",
        "demand.population.path": real_data_folder / "osm" / POPULATION,
        "study.area.box": json.dumps(BOX),
        "solve.time_limit_s": 5,
        "publish.folder": tmp_path,
    }
    changes = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    done = run_program(
        "-m", "chargeplan", "run", str(project_folder / "configs" / "islamabad.yaml"), *changes
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "islamabad" / "index.html").read_text(encoding="utf-8")
    assert "OpenStreetMap contributors" in page
    plan = json.loads((tmp_path / "islamabad" / "sites.geojson").read_text(encoding="utf-8"))
    assert plan["features"]


def is_drivable_for_osmnx(tags):
    """The rules of osmnx's network type "drive", which search for words inside of values."""
    no_roads = (
        "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|footway|no|path|"
        "pedestrian|planned|platform|proposed|raceway|razed|rest_area|service|services|steps|track"
    )
    refused = {
        "area": "yes",
        "access": "private",
        "highway": no_roads,
        "motor_vehicle": "no",
        "motorcar": "no",
        "service": "alley|driveway|emergency_access|parking|parking_aisle|private",
    }
    return "highway" in tags and not any(
        re.search(words, tags.get(key, "")) for key, words in refused.items()
    )


def test_osmnx_gets_its_graph_and_features_from_the_server(server, store):
    server.forget_requests()
    done = run_program("-c", OSMNX_SCRIPT, server.api_url, *map(str, OSMNX_BOX))
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    west, south, east, north = OSMNX_BOX
    elements = store.list_elements()
    inside = {
        element["id"]
        for element in elements
        if element["type"] == "node" and south < element["lat"] < north and west < element["lon"] < east
    }
    on_roads = {
        ref
        for element in elements
        if element["type"] == "way" and is_drivable_for_osmnx(element.get("tags", {}))
        for ref in element["nodes"]
    }
    assert {node for node in got["nodes"] if node in inside} == inside & on_roads
    assert len(inside & on_roads) > 1_000
    fuel = [element for element in elements if element.get("tags", {}).get("amenity") == "fuel"]
    expected = {("node", element["id"]) for element in fuel if element["id"] in inside and "lat" in element}
    expected |= {
        ("way", element["id"])
        for element in fuel
        if inside & set(element.get("nodes", ())) and "nodes" in element
    }
    assert {tuple(one) for one in got["fuel"]} == expected
    assert server.list_queries(Phase.FIRST_TILE, Phase.LATER_TILE)
