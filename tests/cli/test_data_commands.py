"""The commands that bring data onto the disk, against a server on loopback and on files."""

import json
import os
import socket
import subprocess
import sys

import pytest
import shapely
from osm_samples import AREA, make_grid
from osm_server import Fault, Mode, OsmServer, OsmStore
from osm_server.made_area import draw_boundary
from scripted_overpass import FakeClock
from typer.testing import CliRunner

import chargeplan
from chargeplan.cli import app
from chargeplan.download import fetch as fetch_module
from chargeplan.osm.merge import write_elements

STAMP = "2026-08-01T12:00:00Z"
RELATION_ID = 7_000_001
ROUTE_ID = 300  # of `make_grid`
PLACE = {
    "osm_type": "relation",
    "osm_id": RELATION_ID,
    "lat": "33.63",
    "lon": "73.03",
    "class": "boundary",
    "type": "administrative",
    "place_rank": 12,
    "display_name": "Made Town, Punjab, Pakistan",
    "geojson": json.loads(shapely.to_geojson(AREA)),
}
POINT = PLACE | {
    "osm_type": "node",
    "osm_id": 4,
    "class": "place",
    "type": "town",
    "geojson": {"type": "Point", "coordinates": [73.03, 33.63]},
}
CONFIG = """\
study:
  name: town
  title: A town
  year: 2030
  area:
    box: [73.0, 33.6, 73.06, 33.66]
network:
  path: ../data/cache/town/town.osm.pbf
  buffer_km: 0.5
demand:
  population: {source: figures, figures: [{name: Town, people: 1000, source: made up}]}
model:
  mode: cover
  max_sites: 5
publish:
  folder: ../maps
"""


@pytest.fixture(scope="module")
def elements():
    return [*make_grid(), *draw_boundary(AREA, name="Made Town", relation_id=RELATION_ID)]


@pytest.fixture(scope="module")
def running(elements):
    with OsmServer(OsmStore(elements, osm_timestamp=STAMP), places=[POINT, PLACE]) as server:
        yield server


@pytest.fixture
def server(running, monkeypatch):
    """A healthy server, asked without the second between two requests."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(fetch_module, "SystemClock", FakeClock)
    running.set_faults()
    running.forget_requests()
    return running


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A working folder with a config under configs/."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "town.yaml").write_text(CONFIG)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def fetch(server, *arguments):
    return call("fetch", *arguments, "--endpoint", server.overpass_url)


def read_manifest(folder, name):
    path = folder / "data" / "cache" / name / f"{name}.osm.pbf.manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_help_names_every_command():
    told = call("--help").stdout
    for word in ("fetch", "find-area", "cut", "data"):
        assert f"\n  {word} " in told
    for option in ("--relation", "--polygon", "--box", "--circle", "--study", "--offline", "--deadline-min"):
        assert option in call("fetch", "--help").stdout
    assert "verify" in call("data", "--help").stdout


@pytest.mark.parametrize("command", [["fetch", "--help"], ["cut", "--help"], ["data", "list", "--help"]])
def test_help_of_a_command_loads_nothing_heavy(command):
    code = (
        f"import sys; from chargeplan.cli import app\n"
        f"try: app({command!r}, prog_name='chargeplan')\n"
        f"except SystemExit: pass\n"
        f"heavy = {{'numpy', 'pandas', 'shapely', 'requests', 'osmium', 'ruamel.yaml'}}\n"
        f"sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    folder = os.path.dirname(os.path.dirname(chargeplan.__file__))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": folder},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_fetch_by_relation_says_where_the_data_are_and_what_to_type_next(server, workplace):
    result = fetch(server, "made", "--relation", str(RELATION_ID))
    assert result.exit_code == 0, result.stderr
    summary, following = result.stdout.splitlines()
    # 49 crossings, the fuel station, 4 corners of the boundary; 14 streets and 2 halves of the boundary.
    assert summary.startswith("data/cache/made/made.osm.pbf: OpenStreetMap data of 2026-08-01, ")
    assert " 54 nodes, 16 ways, 1 relations, " in summary
    assert summary.endswith(
        f"relation {RELATION_ID}, with 2 km around it; © OpenStreetMap contributors, ODbL 1.0"
    )
    assert following == "next: chargeplan run CONFIG --set network.path=data/cache/made/made.osm.pbf"
    for phase in ("boundary", "estimate", "tiles", "merge", "publish"):
        assert f"\n{phase} " in f"\n{result.stderr}"
    assert read_manifest(workplace, "made")["endpoint"] == server.overpass_url


def test_fetch_for_a_study_takes_its_name_area_and_margin_and_leads_to_its_run(server, workplace):
    result = fetch(server, "--study", "configs/town.yaml")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1] == "next: chargeplan run configs/town.yaml"
    manifest = read_manifest(workplace, "town")
    assert manifest["area"] == "area of the study town, with 0.5 km around it"
    # The box reaches half a kilometre further on each side: 0.0045 degrees of latitude.
    _, south, _, north = shapely.geometry.shape(manifest["covered"]).bounds
    assert (south, north) == (pytest.approx(33.6 - 0.0045, abs=2e-4), pytest.approx(33.66 + 0.0045, abs=2e-4))


def test_config_of_the_same_name_is_found_when_it_reads_that_file(server, workplace):
    result = fetch(server, "town", "--box", "73.0,33.6,73.06,33.66")
    assert result.stdout.splitlines()[1] == "next: chargeplan run configs/town.yaml"
    (workplace / "configs" / "town.yaml").write_text(CONFIG.replace("town.osm.pbf", "other.osm.pbf"))
    again = fetch(server, "town", "--box", "73.0,33.6,73.06,33.66")
    assert again.stdout.splitlines()[1].startswith("next: chargeplan run CONFIG --set network.path=")


def test_config_that_studies_more_than_was_fetched_is_not_named_as_the_next_line(server, workplace):
    result = fetch(server, "town", "--circle", "73.03,33.63,1.5", "--buffer-km", "0")
    assert result.exit_code == 0, result.stderr
    assert "configs/town.yaml studies more than these data cover" in result.stderr
    assert "chargeplan fetch --study configs/town.yaml --refresh" in result.stderr
    assert result.stdout.splitlines()[1].startswith("next: chargeplan run CONFIG --set network.path=")


def test_second_fetch_asks_for_nothing(server, workplace):
    fetch(server, "town", "--circle", "73.03,33.63,2")
    asked = len(server.requests)
    result = fetch(server, "town", "--circle", "73.03,33.63,2")
    assert result.exit_code == 0
    assert "town is complete on disk: OpenStreetMap data of 2026-08-01T12:00:00Z" in result.stderr
    assert "nothing was asked" in result.stderr
    assert len(server.requests) == asked


def test_offline_uses_what_is_there_and_opens_no_socket(server, workplace, monkeypatch):
    fetch(server, "town", "--circle", "73.03,33.63,2")

    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert fetch(server, "town", "--circle", "73.03,33.63,2", "--offline").exit_code == 0
    result = fetch(server, "other", "--circle", "73.03,33.63,2", "--offline")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "is not on disk" in result.stderr
    assert "without --offline" in result.stderr


def test_every_line_with_json_is_an_object(server, workplace):
    result = fetch(server, "--study", "configs/town.yaml", "--json")
    answer = json.loads(result.stdout)
    assert (answer["event"], answer["exit_code"], answer["next"]) == (
        "result",
        0,
        "chargeplan run configs/town.yaml",
    )
    assert (answer["path"], answer["osm_timestamp"]) == ("data/cache/town/town.osm.pbf", STAMP)
    assert answer["counts"]["ways"] == 16
    assert answer["fault"] == ""
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert {event["event"] for event in events} >= {"phase", "message"}


@pytest.mark.parametrize("option", [[], ["--offline"]])
def test_dataset_of_its_own_name_is_verified_and_told_without_an_area(server, workplace, option):
    fetch(server, "f8", "--circle", "73.03,33.63,2")
    server.forget_requests()
    result = fetch(server, "f8", *option)
    assert result.exit_code == 0, result.stderr
    assert "f8 is complete on disk; nothing was asked" in result.stderr
    assert result.stdout.startswith("data/cache/f8/f8.osm.pbf: OpenStreetMap data of 2026-08-01, ")
    assert server.requests == []
    again = fetch(server, "f8", "--refresh")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "with --refresh give the area again" in again.stderr

    path = workplace / "data/cache/f8/f8.osm.pbf"
    path.write_bytes(path.read_bytes()[:-1])
    broken = fetch(server, "f8", *option)
    assert (broken.exit_code, broken.stdout) == (3, "")
    assert "is cut short" in broken.stderr
    assert server.requests == []


def test_cut_replaces_another_request_only_when_told_to(extract, workplace):
    assert call("cut", "country.osm.pbf", "made", "--relation", str(RELATION_ID)).exit_code == 0
    other = ("cut", "country.osm.pbf", "made", "--box", "73.0,33.6,73.05,33.65")
    refused = call(*other)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "holds another request" in refused.stderr
    assert call(*other, "--replace").exit_code == 0


def test_a_study_and_its_box_are_the_same_request(server, workplace):
    fetch(server, "--study", "configs/town.yaml")
    server.forget_requests()
    box = ("--box", "73.0,33.6,73.06,33.66", "--buffer-km", "0.5")
    assert fetch(server, "town", *box).exit_code == 0
    assert server.requests == []


def test_cut_for_a_study_and_for_its_box_are_the_same_request(extract, workplace):
    assert call("cut", "country.osm.pbf", "--study", "configs/town.yaml").exit_code == 0
    box = ("cut", "country.osm.pbf", "town", "--box", "73.0,33.6,73.06,33.66", "--buffer-km")
    assert call(*box, "0.5").exit_code == 0
    assert "holds another request" in call(*box, "0.6").stderr


def test_limits_of_the_data_are_told_once(server, workplace):
    result = fetch(server, "town", "--circle", "73.03,33.63,2")
    for limit in read_manifest(workplace, "town")["limits"]:
        assert result.stderr.count(limit) == 1


def test_fault_of_the_server_ends_with_3_and_leaves_no_dataset(server, workplace):
    server.set_faults(Fault(Mode.FORBIDDEN))
    result = fetch(server, "town", "--circle", "73.03,33.63,2")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "403" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (workplace / "data" / "cache" / "town").exists()


BAD = [
    (["lahor"], 2, "did you mean lahore?"),
    ([], 2, "which city? Name one"),
    (
        ["x", "--relation", "5", "--box", "1,2,3,4"],
        2,
        "got --relation and --box; an area is given in one way",
    ),
    (["x", "--relation", "0"], 2, "--relation: got 0; expected the id of an OpenStreetMap relation"),
    (["x", "--relation", "abc"], 2, "Invalid value for '--relation'"),
    (["x", "--relation", "999"], 3, "relation 999: OpenStreetMap has no such relation"),
    (["x", "--relation", str(ROUTE_ID)], 3, "is a relation of type route, which is no area"),
    (["x", "--box", "33.6,73.0,33.66,73.06"], 2, "swapped; did you mean --box 73,33.6,73.06,33.66?"),
    (["x", "--box", "73.0,33.6,73.06"], 2, "expected 4 numbers: W,S,E,N"),
    (["x", "--box", "73.0,33.6,73.01,33.61"], 3, "the area is 1.0 km2; expected 5 to 10,000 km2"),
    (["x", "--box", "62,25,70,31"], 3, "km2; expected 5 to 10,000 km2; choose a district"),
    (["x", "--circle", "73,33.6,0"], 2, "--circle: got a radius of 0 km"),
    (["x", "--polygon", "nowhere.geojson"], 3, "--polygon: no file at nowhere.geojson; check the path"),
    (["x", "--polygon", "bare.shp"], 3, "--polygon: bare.shp has no CRS"),
    (["x", "--study", "nowhere.yaml"], 2, "nowhere.yaml: no such file"),
    (["x y", "--relation", "5"], 2, "such as x-y"),
    (["x", "--circle", "73.03,33.63,2", "--refresh", "--offline"], 2, "--refresh and --offline"),
    (["x", "--circle", "73.03,33.63,2", "--buffer-km", "51"], 2, "Invalid value for '--buffer-km'"),
    (["x", "--circle", "73.03,33.63,2", "--contact", "a\nb"], 2, "--contact: "),
]


@pytest.mark.parametrize(("arguments", "code", "told"), BAD, ids=lambda value: str(value)[:40])
def test_bad_input_is_one_clear_error(server, workplace, arguments, code, told):
    import geopandas as gpd

    if "bare.shp" in arguments:
        gpd.GeoDataFrame(geometry=[AREA], crs=4326).to_file("bare.shp")
        (workplace / "bare.prj").unlink()
    result = fetch(server, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(workplace.glob("data/cache/[!.]*"))


@pytest.mark.parametrize(
    "endpoint", ["ftp://host/api", "nonsense", "http://", "https://me:secret@host/api", "http://a b/"]
)
def test_address_that_is_none_is_refused(server, workplace, endpoint):
    result = call("fetch", "x", "--circle", "73.03,33.63,2", "--endpoint", endpoint)
    assert result.exit_code == 2
    assert "--endpoint" in result.stderr
    assert call("find-area", "x", "--endpoint", endpoint).exit_code == 2


def test_server_that_is_not_there_is_told(server, workplace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}/api/interpreter"
        for command in (["fetch", "x", "--circle", "73.03,33.63,2"], ["find-area", "x"]):
            result = call(*command, "--endpoint", endpoint)
            assert (result.exit_code, result.stdout) == (3, "")
            assert "refuses the connection" in result.stderr


def test_area_outside_pakistan_is_fetched_and_said(workplace, monkeypatch):
    monkeypatch.setattr(fetch_module, "SystemClock", FakeClock)
    moved = [
        element | {"lon": element["lon"] - 80.0, "lat": element["lat"] - 60.0}
        if element["type"] == "node"
        else element
        for element in make_grid()
    ]
    with OsmServer(OsmStore(moved, osm_timestamp=STAMP)) as server:
        result = fetch(server, "far", "--box", "-7.0,-26.4,-6.94,-26.34")
    assert result.exit_code == 0, result.stderr
    assert "the area is outside Pakistan" in result.stderr
    assert "14 ways" in result.stdout


def test_find_area_shows_each_result_and_the_line_to_type(server, workplace):
    result = call("find-area", "Made Town", "--endpoint", server.nominatim_url)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "1. node 4: Made Town, Punjab, Pakistan"
    assert "   cannot be used: it is a point and has no boundary" in lines[2]
    assert lines[3] == "   instead: chargeplan fetch made-town --circle 73.0300,33.6300,10"
    assert lines[4] == f"2. relation {RELATION_ID}: Made Town, Punjab, Pakistan"
    # 0.06 degrees by 0.06 degrees at 33.63 N: 5.56 km by 6.66 km.
    assert lines[5] == "   boundary=administrative, level 6 (district), Pakistan, 37 km2"
    assert lines[6] == f"   chargeplan fetch made-town --relation {RELATION_ID}"
    assert lines[7] == '2 results for "Made Town" in Pakistan, 1 of them can be fetched'
    assert len(server.requests) == 1


def test_find_area_without_a_usable_result_ends_with_3(server, workplace):
    result = call("find-area", "Atlantis", "--endpoint", server.nominatim_url)
    assert result.exit_code == 3
    assert result.stdout.startswith('nothing is called "Atlantis" in Pakistan; try another')


def test_find_area_with_json_has_an_object_for_each_result(server, workplace):
    result = call("find-area", "Made Town", "--endpoint", server.nominatim_url, "--json")
    first, second, last = map(json.loads, result.stdout.splitlines())
    assert (first["event"], first["osm_type"], first["area_km2"]) == ("found", "node", 0.0)
    assert (second["osm_id"], second["refusal"]) == (RELATION_ID, "")
    assert (last["event"], last["found"], last["usable"]) == ("result", 2, 1)


def test_find_area_says_that_a_city_is_in_the_table(server, workplace):
    result = call("find-area", "Pindi", "--endpoint", server.nominatim_url)
    assert "Rawalpindi is in data/cities.csv too: chargeplan fetch rawalpindi" in result.stderr


@pytest.fixture
def extract(workplace, elements):
    path = workplace / "country.osm.pbf"
    write_elements(path, elements, osm_timestamp=STAMP)
    return path


def test_cut_by_relation_and_by_study_need_no_network(extract, workplace, monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    result = call("cut", "country.osm.pbf", "made", "--relation", str(RELATION_ID))
    assert result.exit_code == 0, result.stderr
    summary, following = result.stdout.splitlines()
    assert summary.startswith("data/cache/made/made.osm.pbf: OpenStreetMap data of 2026-08-01, ")
    assert following == "next: chargeplan run CONFIG --set network.path=data/cache/made/made.osm.pbf"
    result = call("cut", "country.osm.pbf", "--study", "configs/town.yaml")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1] == "next: chargeplan run configs/town.yaml"


def test_cut_of_a_missing_file_or_an_unknown_city_is_told(extract, workplace):
    result = call("cut", "nowhere.osm.pbf", "made", "--relation", str(RELATION_ID))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "no file at nowhere.osm.pbf" in result.stderr
    result = call("cut", "country.osm.pbf")
    assert result.exit_code == 2
    assert "such as chargeplan cut country.osm.pbf multan" in result.stderr
    result = call("cut", "country.osm.pbf", "lahor")
    assert result.exit_code == 2
    assert "did you mean lahore?" in result.stderr
    result = call("cut", "country.osm.pbf", "lahore")
    assert result.exit_code == 3
    assert "does not hold the relation 16117666" in result.stderr


def test_data_list_and_verify_tell_whole_from_broken(extract, workplace):
    assert call("data", "list").stdout == "0 datasets in data/cache; chargeplan fetch CITY brings one\n"
    for name in ("a", "b"):
        assert call("cut", "country.osm.pbf", name, "--relation", str(RELATION_ID)).exit_code == 0
    listed = call("data", "list")
    assert listed.exit_code == 0
    lines = listed.stdout.splitlines()
    assert lines[0].startswith("there   a: OpenStreetMap data of 2026-08-01, ")
    assert lines[-1] == "2 datasets in data/cache"

    path = workplace / "data" / "cache" / "b" / "b.osm.pbf"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    verified = call("data", "verify")
    assert verified.exit_code == 3
    whole, limit, *lines = verified.stdout.splitlines()
    assert whole.startswith("whole   a: ")
    assert limit.startswith("        limit: country.osm.pbf does not tell what it covers")
    broken, last = [line for line in lines if not line.startswith(" ")]
    assert broken.startswith("broken  b: ")
    assert last == "2 datasets verified in data/cache; 1 broken"
    assert call("data", "verify", "a").exit_code == 0
    answers = [json.loads(line) for line in call("data", "verify", "--json").stdout.splitlines()]
    assert [bool(answer["fault"]) for answer in answers[:2]] == [False, True]
    assert (answers[2]["datasets"], answers[2]["broken"], answers[2]["exit_code"]) == (2, 1, 3)


def test_data_verify_of_what_is_not_there_is_told(workplace):
    result = call("data", "verify", "nowhere")
    assert result.exit_code == 3
    assert result.stdout.startswith("missing nowhere: no such dataset in data/cache")
    result = call("data", "verify")
    assert result.exit_code == 2
    assert "no dataset is there" in result.stderr
