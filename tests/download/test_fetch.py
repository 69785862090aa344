"""A whole download against the local server: complete or not there, resumed, offline, interrupted."""

import dataclasses
import errno
import os
import socket
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from osm_server import Fault, Mode, OsmServer, OsmStore, Phase, When
from osm_server.made_area import RELATION_ID, draw_boundary
from osm_server.store import read_elements
from scripted_overpass import FakeClock

import chargeplan.download.tile_store as tile_store_module
import chargeplan.osm.dataset as dataset_module
from chargeplan.download.area_shapes import widen_area
from chargeplan.download.areas import FetchArea, choose_area
from chargeplan.download.fetch import FetchOptions, fetch_dataset
from chargeplan.download.fetch_job import list_limits
from chargeplan.download.queries import list_layers, write_count_query, write_data_query
from chargeplan.download.tiles import Tile
from chargeplan.errors import ConfigError, DataError, DownloadError, InterruptedRunError
from chargeplan.files import compute_sha256
from chargeplan.osm.dataset import verify_datasets
from chargeplan.osm.manifest import get_covered, read_manifest, write_manifest

STAMP = "2026-11-20T06:00:00Z"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
BOX = (73.00, 33.60, 73.06, 33.66)
N_SIDE = 13  # nodes of the grid in each direction; 0.01 degrees apart, it reaches beyond the box
AREA = FetchArea("made", "box of the tests", 0, shapely.box(*BOX))


def make_city():
    """A grid of streets, parking, a line, a boundary and a lake; ids of the grid by row and column."""
    elements = []

    def add(kind, element_id, **members):
        elements.append(
            {"type": kind, "id": element_id, "version": 2, "timestamp": "2025-01-01T00:00:00Z", **members}
        )

    def name(row, column):
        return 1 + row * N_SIDE + column

    for row in range(N_SIDE):
        for column in range(N_SIDE):
            add(
                "node",
                name(row, column),
                lon=round(72.97 + 0.01 * column, 7),
                lat=round(33.57 + 0.01 * row, 7),
            )
    for at in range(N_SIDE):
        add(
            "way",
            1000 + at,
            nodes=[name(at, column) for column in range(N_SIDE)],
            tags={"highway": "residential"},
        )
        add("way", 2000 + at, nodes=[name(row, at) for row in range(N_SIDE)], tags={"highway": "primary"})
    for at in range(6):
        add(
            "node",
            5000 + at,
            lon=73.005 + 0.01 * at,
            lat=33.615,
            tags={"amenity": "fuel", "name": f"Pump {at}"},
        )
    corners = [name(3, 3), name(3, 4), name(4, 4), name(4, 3), name(3, 3)]
    add("way", 3000, nodes=corners, tags={"amenity": "parking"})
    add("way", 3001, nodes=[name(2, 2), name(5, 9)], tags={"power": "line"})
    add("way", 3002, nodes=corners, tags={"landuse": "industrial"})
    add("way", 3003, nodes=corners)
    add(
        "relation",
        4000,
        members=[{"type": "way", "ref": 3003, "role": "outer"}],
        tags={"type": "multipolygon", "natural": "water"},
    )
    add("node", 6000, lon=73.03, lat=33.63, tags={"amenity": "bench"})
    return elements + draw_boundary(shapely.box(*BOX), name="Made")


CITY = make_city()
# By hand: the buffer of 2 km reaches 0.0216 degrees east and west and 0.0180 north and south, so the box has
# the streets 2 to 10 that run east (33.59 to 33.67) and 1 to 11 that run north (72.98 to 73.08), with all nodes.
N_ROADS = 9 + 11 + (9 * 13 + 11 * 13 - 9 * 11)
# As made above, the industrial land included, which is a place too.
N_PLACES = 6 + 1 + 4 + 1


@pytest.fixture(scope="module")
def running():
    with OsmServer(OsmStore(CITY, osm_timestamp=STAMP)) as server:
        yield server


@pytest.fixture
def server(running, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    running.set_faults()
    running.forget_requests()
    return running


class Fetching:
    """Calls of one planner in one folder."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        self.told = []
        self.events = []
        self.clock = FakeClock()

    def __call__(self, area=AREA, *, tell=None, **options):
        self.told.clear()
        self.events.clear()
        options = {"endpoint": self.server.overpass_url, **options}
        return fetch_dataset(
            area,
            FetchOptions(folder=self.folder, **options),
            clock=self.clock,
            listen=self.events.append,
            tell=tell or self.told.append,
            utc_now=lambda: NOW,
        )

    def list_phases(self):
        return [event.phase for event in self.events if event.elapsed_s is not None]

    @property
    def tiles(self):
        return self.folder / ".made.tiles"


@pytest.fixture
def fetch(server, tmp_path):
    return Fetching(server, tmp_path / "cache")


def list_asked(server):
    return [request.query for request in server.requests if request.phase != Phase.STATUS]


def read_ids(path):
    return {(element["type"], element["id"]) for element in read_elements(path)}


def test_an_area_becomes_a_whole_dataset(fetch, server):
    state = fetch()
    assert state.fault == ""
    assert state.data_path == fetch.folder / "made" / "made.osm.pbf"
    assert verify_datasets(fetch.folder)[0].fault == ""
    assert fetch.list_phases() == ["estimate", "tiles", "merge", "publish"]
    assert sorted(path.name for path in fetch.folder.iterdir()) == ["made"]  # the tiles are gone
    far = {row * N_SIDE + column + 1 for row in (0, 1, 11, 12) for column in (0, 12)}
    expected = {("node", node_id) for node_id in range(1, N_SIDE**2 + 1) if node_id not in far}
    expected |= {("way", 1000 + at) for at in range(2, 11)} | {("way", 2000 + at) for at in range(1, 12)}
    expected |= {("node", 5000 + at) for at in range(6)} | {("way", 3000 + at) for at in range(4)}
    expected |= {("relation", 4000)}
    expected |= {(one["type"], one["id"]) for one in draw_boundary(shapely.box(*BOX), name="Made")}
    assert read_ids(state.data_path) == expected
    # Ten questions: a count and the data of five layers.
    assert len(list_asked(server)) == 10
    assert server.n_connections >= 1


def test_the_manifest_says_what_was_asked_and_what_came(fetch, server):
    manifest = fetch().manifest
    assert manifest.source == "Overpass API"
    assert manifest.endpoint == server.overpass_url
    assert manifest.osm_timestamp == manifest.newest_osm_timestamp == STAMP
    assert manifest.retrieved == "2026-11-22T12:00:00Z"
    assert manifest.area == "box of the tests, with 2 km around it"
    assert manifest.licence == "ODbL 1.0"
    assert manifest.attribution == "© OpenStreetMap contributors"
    assert [(note.layer, note.n_requests) for note in manifest.queries] == [
        (layer.name, 2) for layer in list_layers()
    ]
    assert manifest.counts["roads"] == N_ROADS
    assert manifest.counts["places"] == N_PLACES
    assert manifest.counts["power"] == 1 + 2
    assert get_covered(manifest).covers(shapely.box(*BOX))
    assert manifest.limits == ()


def test_small_tiles_bring_the_same_bytes_as_one(fetch, server, tmp_path):
    whole = fetch()
    server.forget_requests()
    fetch.folder = tmp_path / "small"
    parts = fetch(max_elements=110)
    assert compute_sha256(parts.data_path) == compute_sha256(whole.data_path)
    assert parts.manifest.counts == whole.manifest.counts
    assert len(list_asked(server)) > 30
    assert any("roads: tile 4, " in line for line in fetch.told)


def test_requests_are_a_second_apart_and_over_one_connection(server, tmp_path):
    fetch = Fetching(server, tmp_path)
    n_before = server.n_connections
    began_s = fetch.clock.seconds
    fetch()
    assert server.n_connections == n_before + 1
    assert fetch.clock.seconds - began_s >= len(server.requests) - 1


def test_a_relation_is_fetched_first_and_is_the_area(fetch, server):
    area = FetchArea("made", f"relation {RELATION_ID}", RELATION_ID, None)
    state = fetch(area)
    assert fetch.list_phases() == ["boundary", "estimate", "tiles", "merge", "publish"]
    asked = shapely.from_geojson((state.data_path.parent / "area.geojson").read_text())
    assert asked.geoms[0].equals(shapely.box(*BOX))
    assert state.manifest.queries[0].layer == "boundary"
    assert server.requests[1].phase == Phase.BOUNDARY


def test_a_wrong_relation_is_asked_twice_told_and_not_remembered(fetch, server):
    area = FetchArea("made", "relation 77", 77, None)
    with pytest.raises(DataError, match="77"):
        fetch(area)
    assert len(list_asked(server)) == 2
    with pytest.raises(DataError, match="77"):
        fetch(area)
    assert len(list_asked(server)) == 4
    assert not (fetch.folder / "made").exists()


def test_a_whole_dataset_of_the_same_request_is_not_fetched_again(fetch, server):
    fetch()
    server.forget_requests()
    state = fetch()
    assert server.requests == []
    assert state.manifest.retrieved == "2026-11-22T12:00:00Z"
    assert "complete on disk" in fetch.told[0]
    assert STAMP in fetch.told[0]
    assert fetch.list_phases() == []


@pytest.mark.parametrize(
    ("area", "options"),
    [
        (AREA, {"buffer_km": 3.0}),
        (FetchArea("made", f"relation {RELATION_ID}", RELATION_ID, None), {}),
        (FetchArea("made", "box of the tests", 0, shapely.box(73.0, 33.6, 73.05, 33.66)), {}),
        (AREA, {"endpoint": "http://127.0.0.1:9/api/interpreter"}),
    ],
    ids=["buffer", "relation", "shape", "endpoint"],
)
def test_a_dataset_of_another_request_is_not_replaced_unasked(fetch, server, area, options):
    before = compute_sha256(fetch().data_path)
    server.forget_requests()
    with pytest.raises(DataError, match=r"holds another request.*--refresh"):
        fetch(area, **options)
    assert server.requests == []
    assert compute_sha256(fetch.folder / "made" / "made.osm.pbf") == before


@pytest.mark.parametrize("offline", [False, True])
def test_the_same_area_in_other_words_is_the_same_request(fetch, server, offline):
    fetch()
    server.forget_requests()
    fetch(FetchArea("made", "area of the study made", 0, shapely.box(*BOX)), offline=offline)
    assert server.requests == []
    assert "complete on disk" in fetch.told[0]


def test_offline_the_advice_for_another_request_works_offline(fetch):
    path = fetch().data_path
    with pytest.raises(DataError) as caught:
        fetch(buffer_km=3.0, offline=True)
    assert f"--set network.path={path}" in str(caught.value)
    assert "--refresh" not in str(caught.value)


def test_a_dataset_of_other_questions_is_another_request(fetch, server):
    state = fetch(max_elements=110)  # however many tiles there were
    fetch()
    notes = [
        dataclasses.replace(note, sha256="0" * 64) if note.layer == "places" else note
        for note in state.manifest.queries
    ]
    write_manifest(state.data_path, dataclasses.replace(state.manifest, queries=tuple(notes)))
    with pytest.raises(DataError, match=r"other questions about places than by chargeplan .*--refresh"):
        fetch()


def test_refresh_fetches_everything_again(fetch, server):
    fetch()
    server.forget_requests()
    fetch(FetchArea("made", "another box", 0, shapely.box(*BOX)), refresh=True)
    assert len(list_asked(server)) == 10


def test_a_damaged_dataset_is_told_and_fetched_again(fetch, server):
    path = fetch().data_path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    server.forget_requests()
    assert fetch().fault == ""
    assert "it is fetched again" in fetch.told[0]
    assert len(list_asked(server)) == 10
    assert verify_datasets(fetch.folder)[0].fault == ""


def stop_at(n_tiles):
    """A `tell` that is interrupted when so many tiles are told."""
    seen = []

    def tell(line):
        seen.append(line)
        if sum(": tile " in one for one in seen) == n_tiles:
            raise KeyboardInterrupt

    return tell


def test_after_ctrl_c_the_next_call_asks_only_for_what_is_missing(fetch, server, tmp_path):
    with pytest.raises(InterruptedRunError, match=r"answers are complete and stay in .*goes on from there"):
        fetch(tell=stop_at(3), max_elements=110)
    first = list_asked(server)
    assert not (fetch.folder / "made").exists()
    server.forget_requests()
    state = fetch(max_elements=110)
    second = list_asked(server)
    assert not set(first) & set(second)
    assert state.fault == ""
    server.forget_requests()
    fetch.folder = tmp_path / "again"
    whole = fetch(max_elements=110)
    assert sorted(first + second) == sorted(list_asked(server))
    assert compute_sha256(whole.data_path) == compute_sha256(state.data_path)
    assert whole.manifest.queries == state.manifest.queries


def test_after_a_refusal_the_next_call_goes_on(fetch, server):
    server.set_faults(Fault(Mode.FORBIDDEN, When.from_nth(3), Phase.LATER_TILE))
    with pytest.raises(DownloadError, match=r"status 403[\s\S]*goes on from there"):
        fetch()
    first = [
        request.query
        for request in server.requests
        if request.status == 200 and request.phase != Phase.STATUS
    ]
    server.set_faults()
    server.forget_requests()
    assert fetch().fault == ""
    assert len(list_asked(server)) == 10 - len(first)


def test_a_damaged_tile_is_set_aside_and_fetched_again_once(fetch, server):
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(5))
    victim = sorted(fetch.tiles.glob("*.gz"))[4]
    victim.write_bytes(victim.read_bytes()[:-7])
    server.forget_requests()
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(5))
    assert len(list_asked(server)) == 1
    assert len(list(fetch.tiles.glob("*.broken"))) == 1
    server.forget_requests()
    assert fetch().fault == ""
    assert list_asked(server) == []


def test_damaged_files_are_told_when_all_tiles_were_read(fetch, server):
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(3))
    victim = sorted(fetch.tiles.glob("*.gz"))[0]
    victim.write_bytes(victim.read_bytes()[:-7])
    assert fetch().fault == ""
    assert [line for line in fetch.told if line.startswith("1 damaged files set aside")]


def test_tiles_of_another_server_are_not_used(fetch, server):
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(5))
    with OsmServer(OsmStore(CITY, osm_timestamp=STAMP)) as other:
        fetch(endpoint=other.overpass_url)
        assert len(list_asked(other)) == 10


@pytest.fixture
def banned_sockets(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_offline_without_data_says_what_is_missing(tmp_path, banned_sockets):
    told = []
    with pytest.raises(DataError, match=r"--offline: count of roads is not on disk .*\(0 answers are\)"):
        fetch_dataset(
            AREA,
            FetchOptions(tmp_path, "https://overpass.test/api/interpreter", offline=True),
            tell=told.append,
        )
    assert list(tmp_path.iterdir()) == []


def test_offline_uses_a_whole_dataset_of_any_server(fetch, server, request):
    fetch()
    request.getfixturevalue("banned_sockets")
    state = fetch(offline=True, endpoint="https://elsewhere.test/api/interpreter")
    assert state.fault == ""


def test_offline_refuses_a_damaged_dataset(fetch, server, request):
    path = fetch().data_path
    path.write_bytes(path.read_bytes()[:-1])
    request.getfixturevalue("banned_sockets")
    with pytest.raises(DataError, match="--offline"):
        fetch(offline=True)
    assert "cut short" in fetch.told[0]
    assert "it is fetched again" not in fetch.told[0]


def test_offline_publishes_when_all_answers_are_on_disk(fetch, server, request):
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(5))
    request.getfixturevalue("banned_sockets")
    assert fetch(offline=True).fault == ""


def test_offline_and_refresh_contradict_each_other(fetch):
    with pytest.raises(ConfigError, match="leave one out"):
        fetch(offline=True, refresh=True)


@pytest.mark.parametrize("n_before", [0, 3, 9])
def test_a_full_disk_ends_with_one_error_and_what_was_complete_stays(fetch, server, monkeypatch, n_before):
    real, written = tile_store_module.write_bytes, []

    def write_until_full(path, content):
        if len(written) == n_before:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        written.append(path)
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(tile_store_module, "write_bytes", write_until_full)
        with pytest.raises(DataError, match=rf"No space left .*; {n_before} answers are complete and stay"):
            fetch()
    assert not (fetch.folder / "made").exists()
    server.forget_requests()
    assert fetch().fault == ""
    assert len(list_asked(server)) == 10 - n_before


def test_a_disk_that_is_full_at_the_end_keeps_the_old_dataset_and_the_answers(fetch, server, monkeypatch):
    before = compute_sha256(fetch().data_path)

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(dataset_module, "write_manifest", refuse)
        with pytest.raises(DataError, match=r"No space left.*10 answers are complete"):
            fetch(refresh=True)
    assert compute_sha256(fetch.folder / "made" / "made.osm.pbf") == before
    assert not list(fetch.tiles.glob("*.pbf"))
    server.forget_requests()
    assert fetch(refresh=True).fault == ""  # goes on with the refresh of a moment ago
    assert list_asked(server) == []
    assert any("going on with the refresh" in line for line in fetch.told)


def test_an_unfinished_refresh_of_another_day_starts_over(fetch, server):
    fetch()
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(2), refresh=True)
    (fetch.tiles / "refresh").write_text((NOW - timedelta(days=2)).isoformat())
    server.forget_requests()
    fetch(refresh=True)
    assert len(list_asked(server)) == 10


def test_a_place_without_roads_is_an_error_and_is_asked_again_next_time(fetch, server):
    sea = FetchArea("made", "box at sea", 0, shapely.box(66.0, 24.0, 66.1, 24.1))
    with pytest.raises(DataError, match=r"box at sea: the server has no road there \(west 65\.98"):
        fetch(sea)
    n_first = len(list_asked(server))
    with pytest.raises(DataError, match="no road"):
        fetch(sea)
    assert len(list_asked(server)) - n_first == 2  # the count of roads, twice


@pytest.mark.parametrize(
    ("box", "words"),
    [((73.0, 33.6, 73.001, 33.601), "km2"), ((60.0, 24.0, 77.0, 37.0), "10,000 km2")],
)
def test_an_area_of_another_size_is_refused_before_anything_is_asked(fetch, server, box, words):
    with pytest.raises(DataError, match=words):
        fetch(FetchArea("made", "box", 0, shapely.box(*box)))
    assert server.requests == []
    assert not fetch.folder.exists()


def test_an_area_outside_pakistan_is_fetched_and_said(fetch, server):
    box = (-58.50, -34.65, -58.40, -34.55)
    moved = [
        {**one, "lon": one["lon"] - 131.47, "lat": one["lat"] - 68.24} if one["type"] == "node" else one
        for one in CITY
    ]
    with OsmServer(OsmStore(moved, osm_timestamp=STAMP)) as other:
        state = fetch(choose_area("made", box=box), endpoint=other.overpass_url)
    assert state.fault == ""
    assert "outside Pakistan" in fetch.told[0]


def test_a_tile_too_large_for_the_server_is_split_and_not_asked_whole_again(fetch, server):
    top = write_data_query(list_layers()[0], find_whole_box())
    server.set_faults(Fault(Mode.REMARK_MEMORY, When.always(), lambda request: request.query == top))
    with pytest.raises(InterruptedRunError):
        fetch(tell=stop_at(2))
    assert list_asked(server).count(top) == 1
    server.forget_requests()
    state = fetch()
    assert list_asked(server).count(top) == 0
    assert state.manifest.counts["roads"] == N_ROADS


def find_whole_box():
    from chargeplan.download.tiles import find_box

    return find_box(widen_area(AREA.boundary, 2.0))


def test_a_server_too_weak_for_the_smallest_tile_is_an_error(fetch, server):
    server.set_faults(
        Fault(Mode.REMARK_TIMEOUT, When.always(), Phase.FIRST_TILE),
        Fault(Mode.REMARK_TIMEOUT, When.always(), Phase.LATER_TILE),
    )
    with pytest.raises(DownloadError, match=r"roads, tile \d{8}: .*ran out of time.*smallest part"):
        fetch(deadline_s=1e6)
    assert not (fetch.folder / "made").exists()


def test_tiles_beside_the_area_are_counted_and_not_fetched(fetch, server):
    triangle = shapely.Polygon([(73.0, 33.6), (73.06, 33.6), (73.0, 33.66)])
    state = fetch(FetchArea("made", "triangle", 0, triangle), buffer_km=0.2, max_elements=100)
    asked = [request for request in server.requests if request.phase in {Phase.FIRST_TILE, Phase.LATER_TILE}]
    counted = [request for request in server.requests if request.phase == Phase.ESTIMATE]
    assert len(counted) > len(asked)
    assert state.manifest.counts["roads"] <= N_ROADS
    covered = get_covered(state.manifest)
    ids = read_ids(state.data_path)
    for one in CITY:
        if one["type"] == "node" and one.get("tags", {}).get("amenity") == "fuel":
            assert not covered.contains(shapely.Point(one["lon"], one["lat"])) or ("node", one["id"]) in ids


@pytest.mark.parametrize("mode", [Mode.EMPTY_ANSWER, Mode.LOST_ELEMENTS, Mode.ONLY_COUNT, Mode.ELSEWHERE])
@pytest.mark.parametrize("phase", [Phase.ESTIMATE, Phase.FIRST_TILE, Phase.LATER_TILE])
def test_a_server_that_loses_something_once_is_found_out(fetch, server, mode, phase):
    server.set_faults(Fault(mode, When.once(), phase))
    state = fetch()
    assert state.manifest.counts["roads"] == N_ROADS
    assert state.manifest.counts["places"] == N_PLACES


def test_a_boundary_that_came_from_elsewhere_is_asked_for_again_when_no_road_is_there(fetch, server):
    area = FetchArea("made", f"relation {RELATION_ID}", RELATION_ID, None)
    server.set_faults(Fault(Mode.ELSEWHERE, When.once(), Phase.BOUNDARY))
    assert fetch(area).manifest.counts["roads"] == N_ROADS
    server.set_faults(Fault(Mode.ELSEWHERE, When.always(), Phase.BOUNDARY))
    with pytest.raises(DataError, match="no road"):
        fetch(area, refresh=True)
    server.set_faults()
    assert fetch(area, refresh=True).manifest.counts["roads"] == N_ROADS


@pytest.mark.parametrize("phase", [Phase.FIRST_TILE, Phase.LATER_TILE])
def test_a_server_that_always_says_there_is_nothing_contradicts_its_own_count(fetch, server, phase):
    server.set_faults(Fault(Mode.EMPTY_ANSWER, When.always(), phase))
    with pytest.raises(DownloadError, match="contradicts itself"):
        fetch()
    assert not (fetch.folder / "made").exists()
    server.set_faults()
    assert fetch().manifest.counts["roads"] == N_ROADS


def test_a_count_that_grew_while_tiles_were_fetched_is_taken_anew(fetch, server):
    # The whole box is counted a tenth too low, then split: its parts together have more than that.
    server.set_faults(Fault(Mode.LOST_ELEMENTS, When.once(), Phase.ESTIMATE))
    assert fetch(max_elements=110).manifest.counts["roads"] == N_ROADS


def test_the_age_of_the_data_and_their_moving_on_are_written_down(fetch, server):
    server.set_faults(Fault(Mode.MOVING_TIMESTAMP, When.always(), Phase.LATER_TILE))
    manifest = fetch().manifest
    assert manifest.osm_timestamp == "2026-11-20T01:00:00Z"
    assert manifest.newest_osm_timestamp == STAMP
    assert any("moved on from 2026-11-20T01:00:00Z" in limit for limit in manifest.limits)


def test_old_data_are_said_aloud():
    found = list_limits(["2026-10-01T00:00:00Z"], NOW, n_missing_nodes=0)
    assert len(found) == 1
    assert "52 days old" in found[0]
    assert list_limits(["2026-10-24T00:00:00Z"], NOW, n_missing_nodes=0) == []
    assert "does not say" in list_limits([], NOW, n_missing_nodes=0)[0]
    assert "12 nodes" in list_limits([STAMP], NOW, n_missing_nodes=12)[0]


def test_nodes_missing_on_the_server_are_asked_for_once_more_and_then_written_down(fetch):
    holed = [one for one in CITY if (one["type"], one["id"]) != ("node", 40)]
    with OsmServer(OsmStore(holed, osm_timestamp=STAMP)) as other:
        state = fetch(endpoint=other.overpass_url)
        # Ten questions, the roads again, and their count again, which would tell of nodes lost on the way.
        assert len(list_asked(other)) == 12
    assert any("1 nodes of ways are missing; asking once more" in line for line in fetch.told)
    assert any("1 nodes that ways run over are missing" in limit for limit in state.manifest.limits)


def test_a_doubted_answer_is_not_kept_before_it_was_asked_for_again(fetch):
    def interrupt(line):
        if "asking once more" in line:
            raise KeyboardInterrupt

    query = write_data_query(list_layers()[0], find_whole_box())
    holed = [one for one in CITY if (one["type"], one["id"]) != ("node", 40)]
    with OsmServer(OsmStore(holed, osm_timestamp=STAMP)) as other:
        with pytest.raises(InterruptedRunError):
            fetch(endpoint=other.overpass_url, tell=interrupt)
        other.forget_requests()
        fetch(endpoint=other.overpass_url)
        assert list_asked(other).count(query) == 2


def make_shops(n_shops, step_deg):
    return [
        {
            "type": "node",
            "id": 100_000 + at,
            "lon": round(73.001 + step_deg * at, 7),
            "lat": 33.601,
            "version": 1,
            "timestamp": "2025-01-01T00:00:00Z",
            "tags": {"amenity": "fuel"},
        }
        for at in range(n_shops)
    ]


def test_a_layer_that_does_not_add_up_is_forgotten_so_that_the_next_call_can_succeed(fetch):
    # One part of the box says 0 in its count and in its data: the parts do not add up to the whole.
    part = Tile(list_layers()[1], find_whole_box()).split()[0]
    lying = {write_count_query(part.layer, part.box), write_data_query(part.layer, part.box)}
    with OsmServer(OsmStore(CITY + make_shops(250, 0.0001), osm_timestamp=STAMP)) as other:
        options = {"endpoint": other.overpass_url, "max_elements": 200}
        for refresh in (False, True):
            other.set_faults(Fault(Mode.EMPTY_ANSWER, concerns=lambda request: request.query in lying))
            with pytest.raises(DownloadError, match="places: the server counted 262 elements and") as caught:
                fetch(refresh=refresh, **options)
            assert "--refresh" not in str(caught.value)
        other.set_faults()
        assert fetch(refresh=True, **options).manifest.counts["places"] == 250 + N_PLACES


def test_what_changed_meanwhile_is_a_limit_when_it_is_little(fetch):
    with OsmServer(OsmStore(CITY + make_shops(1_000, 0.0), osm_timestamp=STAMP)) as other:
        tiles = {Phase.FIRST_TILE, Phase.LATER_TILE}
        fault = Fault(
            Mode.FEW_LOST, concerns=lambda one: one.phase in tiles and 'nwr["amenity"' in one.query
        )  # three of 1,012 each time
        other.set_faults(fault)
        state = fetch(endpoint=other.overpass_url)
    assert state.manifest.counts["places"] == 1_000 + N_PLACES - 3
    (limit,) = state.manifest.limits
    assert limit.startswith("places: ")
    assert "1,012" in limit
    assert "1,009" in limit


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"buffer_km": -1.0}, "--buffer-km"),
        ({"buffer_km": float("nan")}, "--buffer-km"),
        ({"deadline_s": 0.0}, "--deadline-min"),
        ({"max_elements": 0}, "--max-elements"),
        ({"endpoint": "overpass"}, "--endpoint"),
    ],
)
def test_options_that_cannot_be_used_are_refused_first(fetch, server, options, words):
    with pytest.raises(ConfigError, match=words):
        fetch(**options)
    assert server.requests == []
    assert not fetch.folder.exists()


def test_what_is_covered_reaches_the_buffer_everywhere_on_earth():
    for west, south in ((73.0, 33.6), (67.0, 24.8), (-58.5, -34.6)):
        covered = widen_area(shapely.box(west, south, west + 0.1, south + 0.1), 2.0)
        reach_deg = south - covered.bounds[1]
        assert reach_deg * 110.9 == pytest.approx(
            2.0, rel=0.01
        )  # a degree of latitude is about 110.9 km there


def test_the_manifest_can_be_read_back(fetch):
    state = fetch()
    assert read_manifest(state.data_path, "made") == state.manifest


@pytest.mark.parametrize("options", [{}, {"refresh": True}, {"offline": True}])
def test_a_file_of_ones_own_without_a_manifest_is_never_replaced(fetch, server, options):
    own = fetch.folder / "made" / "made.osm.pbf"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"years of work")
    server.forget_requests()
    with pytest.raises(DataError, match="has no manifest: somebody put it there"):
        fetch(**options)
    assert server.requests == []
    assert own.read_bytes() == b"years of work"


def test_a_dataset_that_a_killed_run_put_aside_is_used(fetch, server):
    path = fetch().data_path
    path.parent.rename(fetch.folder / ".made.old.0.abcdefgh")
    server.forget_requests()
    assert fetch(offline=True).fault == ""
    assert server.requests == []
    assert path.is_file()
