"""Losses so small that they hide in the tolerance of the counts, and answers that agree with themselves."""

import json

import pytest
import shapely
from download_cells import Bench, FakeClock, read_dataset
from osm_server import Fault, Mode, OsmServer, OsmStore, Phase, When
from osm_server.made_area import FIRST_ID, draw_boundary

from chargeplan.errors import InterruptedRunError

BOX = (73.02, 33.69, 73.046, 33.712)
POLE_IDS = [FIRST_ID + n for n in (50_001, 50_002)]
LINE_ID = FIRST_ID + 50_003
SHOP_IDS = [FIRST_ID + n for n in range(50_010, 50_017)]
STAMP = "2025-06-01T00:00:00Z"


@pytest.fixture(scope="module")
def bench(project_folder):
    """A city with one power line of two nodes: three elements are all of that layer."""
    lonlat = [(73.03, 33.70), (73.035, 33.705)]
    line = [
        {"type": "node", "id": node_id, "lon": lon, "lat": lat, "version": 1, "timestamp": STAMP}
        for node_id, (lon, lat) in zip(POLE_IDS, lonlat, strict=True)
    ] + [
        {
            "type": "way",
            "id": LINE_ID,
            "nodes": POLE_IDS,
            "version": 1,
            "timestamp": STAMP,
            "tags": {"power": "line"},
        }
    ]
    line += [
        {
            "type": "node",
            "id": node_id,
            "lon": 73.031,
            "lat": 33.701,
            "version": 1,
            "timestamp": STAMP,
            "tags": {"amenity": "fuel"},
        }
        for node_id in SHOP_IDS
    ]
    path = project_folder / "data" / "demo" / "islamabad-schematic.osm.gz"
    extra = draw_boundary(shapely.box(*BOX), name="Small") + line
    with OsmServer(OsmStore.read(path, extra=extra)) as server:
        yield Bench(server, max_elements=50_000, buffer_km=0.0)


@pytest.fixture(autouse=True)
def start_healthy(bench):
    bench.server.set_faults()
    bench.server.forget_requests()


def is_power_tile(request):
    return '"power"' in request.query and request.phase in {Phase.FIRST_TILE, Phase.LATER_TILE}


def is_place_tile(request):
    return 'nwr["amenity"' in request.query and request.phase in {Phase.FIRST_TILE, Phase.LATER_TILE}


def is_place_question(request):
    return 'nwr["amenity"' in request.query and request.phase in {
        Phase.ESTIMATE,
        Phase.FIRST_TILE,
        Phase.LATER_TILE,
    }


def is_road_tile(request):
    return '"highway"~' in request.query and request.phase in {Phase.FIRST_TILE, Phase.LATER_TILE}


def read_limits(folder):
    return json.loads((folder / "made" / "made.osm.pbf.manifest.json").read_text("utf-8"))["limits"]


def test_a_layer_without_anything_is_asked_for_twice_and_then_a_limit(bench, tmp_path):
    bench.server.set_faults(Fault(Mode.EMPTY_ANSWER, concerns=is_place_question))
    assert bench.fetch(tmp_path).error is None
    counted = [one for one in bench.server.requests if is_place_question(one) and one.phase == Phase.ESTIMATE]
    assert len(counted) == 2
    assert [limit for limit in read_limits(tmp_path) if "the server has no places here" in limit]


def test_a_layer_that_is_empty_once_is_not_lost(bench, tmp_path):
    bench.server.set_faults(
        Fault(
            Mode.EMPTY_ANSWER,
            When.once(),
            lambda one: is_place_question(one) and one.phase == Phase.ESTIMATE,
        )
    )
    assert bench.fetch(tmp_path).error is None
    assert {("node", node_id) for node_id in SHOP_IDS} <= read_dataset(tmp_path).keys()
    assert not [limit for limit in read_limits(tmp_path) if "places" in limit]


def test_no_layer_loses_three_elements_unnoticed(bench, tmp_path):
    bench.server.set_faults(Fault(Mode.FEW_LOST, concerns=is_place_tile))
    outcome = bench.fetch(tmp_path)
    assert "contradicts itself" in str(outcome.error), outcome.told
    assert read_dataset(tmp_path) is None
    bench.server.set_faults()
    assert bench.fetch(tmp_path).error is None
    assert {("node", node_id) for node_id in SHOP_IDS} <= read_dataset(tmp_path).keys()


def test_three_elements_lost_once_are_asked_for_again(bench, tmp_path):
    bench.server.set_faults(Fault(Mode.FEW_LOST, When.once(), is_place_tile))
    assert bench.fetch(tmp_path).error is None
    assert {("node", node_id) for node_id in SHOP_IDS} <= read_dataset(tmp_path).keys()
    assert not [limit for limit in read_limits(tmp_path) if "places" in limit]


def test_after_ctrl_c_a_doubted_answer_is_asked_for_again(bench, tmp_path):
    assert bench.fetch(tmp_path / "whole").error is None
    bench.server.set_faults(Fault(Mode.MISSING_WAY_NODES, When.once(), is_road_tile))

    def interrupt(line):
        if "once more" in line:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError):
        bench.fetch(tmp_path / "stopped", tell=interrupt)
    bench.server.set_faults()
    assert bench.fetch(tmp_path / "stopped").error is None
    assert read_dataset(tmp_path / "stopped") == read_dataset(tmp_path / "whole")
    assert not [limit for limit in read_limits(tmp_path / "stopped") if "nodes" in limit]


def test_the_line_is_there_without_faults(bench, tmp_path):
    assert bench.fetch(tmp_path).error is None
    found = read_dataset(tmp_path)
    assert {("way", LINE_ID), *(("node", node_id) for node_id in POLE_IDS)} <= found.keys()


@pytest.mark.parametrize("mode", [Mode.EMPTY_ANSWER, Mode.MISSING_WAY_NODES], ids=str)
def test_three_elements_are_not_lost_in_the_tolerance(bench, tmp_path, mode):
    bench.server.set_faults(Fault(mode, concerns=is_power_tile))
    outcome = bench.fetch(tmp_path)
    assert outcome.error is not None, outcome.told
    assert read_dataset(tmp_path) is None
    bench.server.set_faults()
    assert bench.fetch(tmp_path).error is None
    assert {("way", LINE_ID), *(("node", node_id) for node_id in POLE_IDS)} <= read_dataset(tmp_path).keys()


def test_a_database_that_moves_on_is_noted_with_both_ages(bench, tmp_path):
    bench.server.set_faults(Fault(Mode.MOVING_TIMESTAMP))
    outcome = bench.fetch(tmp_path)
    assert outcome.error is None
    manifest = json.loads((tmp_path / "made" / "made.osm.pbf.manifest.json").read_text("utf-8"))
    assert manifest["osm_timestamp"] < manifest["newest_osm_timestamp"]


def test_an_old_corner_of_the_boundary_is_not_used(bench, tmp_path):
    assert bench.fetch(tmp_path / "healthy").error is None
    bench.server.set_faults(Fault(Mode.OLD_DUPLICATES, concerns=Phase.BOUNDARY))
    outcome = bench.fetch(tmp_path / "old")
    assert outcome.error is None, outcome.error
    areas = [(tmp_path / name / "made" / "area.geojson").read_bytes() for name in ("healthy", "old")]
    assert areas[0] == areas[1]


def test_a_status_page_that_drips_costs_seconds_not_the_download(bench, tmp_path):
    clock = FakeClock()
    bench.server.set_faults(Fault(Mode.SLOW_DRIP, concerns=Phase.STATUS, between_bytes=clock.drip))
    outcome = bench.fetch(tmp_path, clock=clock)
    assert outcome.error is None, outcome.error


def test_a_tile_that_drips_ends_at_the_deadline_and_the_rest_stays(bench, tmp_path):
    clock = FakeClock()
    bench.server.set_faults(Fault(Mode.SLOW_DRIP, concerns=is_power_tile, between_bytes=clock.drip))
    outcome = bench.fetch(tmp_path, clock=clock, deadline_s=120.0)
    assert "deadline" in str(outcome.error)
    assert read_dataset(tmp_path) is None
    bench.server.set_faults()
    bench.server.forget_requests()
    assert bench.fetch(tmp_path).error is None
    asked = bench.server.list_queries(Phase.FIRST_TILE, Phase.LATER_TILE)
    assert not [query for query in asked if '"highway"' in query], "roads were there already"
