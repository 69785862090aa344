"""The commands cities, init and sources, and the ready studies they go with."""

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from typer.testing import CliRunner

from chargeplan.cities import read_register
from chargeplan.cli import app
from chargeplan.config.load import load_settings

NAMES = tuple(read_register().cities)
# The others are written by hand: a population grid, and parts of the city for which extracts are at hand.
WRITTEN_BY_INIT = tuple(name for name in NAMES if name not in ("islamabad", "lahore", "karachi"))


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read_events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_every_ready_study_passes_the_check_when_its_files_are_there(name, tmp_path, project_folder):
    config = project_folder / "configs" / f"{name}.yaml"
    settings = load_settings(config).settings
    changes = ["--set", f"publish.folder={tmp_path / 'maps'}"]
    files = {"network.path": tmp_path / "roads.osm"}
    files["network.path"].write_text("stands in for the roads", encoding="utf-8")
    if hasattr(settings.demand.population, "path"):
        files["demand.population.path"] = tmp_path / "people.geojson"
        people = {settings.demand.population.column: [10.0, 10.0]}
        points = gpd.points_from_xy([73.0, 73.01], [33.6, 33.61])
        gpd.GeoDataFrame(people, geometry=points, crs="EPSG:4326").to_file(files["demand.population.path"])
    for key, path in files.items():
        changes += ["--set", f"{key}={path}"]
    result = call("check", config, *changes)
    assert result.exit_code == 0, result.stderr
    assert "nothing wrong" in result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_ready_study_reads_what_fetch_brings(name, project_folder):
    settings = load_settings(project_folder / "configs" / f"{name}.yaml").settings
    assert settings.study.name == settings.study.city == name
    assert settings.demand.scenario == "nev-2030"
    assert settings.network.path == project_folder / "data" / "cache" / name / f"{name}.osm.pbf"


@pytest.mark.parametrize("name", NAMES)
def test_ready_study_counts_the_people_of_the_register(name, project_folder):
    population = load_settings(project_folder / "configs" / f"{name}.yaml").settings.demand.population
    if population.source != "figures":
        assert name == "islamabad"
        return
    city = read_register().cities[name]
    known = {tehsil.people for _, _, tehsil in city.list_tehsils()}
    assert {figure.people for figure in population.figures} <= known


@pytest.mark.parametrize("name", WRITTEN_BY_INIT)
def test_ready_study_is_what_init_writes(name, project_folder, monkeypatch):
    """To renew one: delete it, then chargeplan init NAME --out configs/NAME.yaml."""
    monkeypatch.chdir(project_folder)
    own = project_folder / "configs" / f"{name}.yaml"
    fresh = project_folder / "configs" / f".{name}.new.yaml"
    try:
        assert call("init", name, "--out", fresh.relative_to(project_folder)).exit_code == 0
        written = fresh.read_text(encoding="utf-8").replace(
            f"configs/.{name}.new.yaml", f"configs/{name}.yaml"
        )
    finally:
        fresh.unlink(missing_ok=True)
    assert written == own.read_text(encoding="utf-8")


def test_init_writes_a_study_that_loads(workplace):
    result = call("init", "Lahore")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1] == "next: chargeplan fetch --study lahore.yaml"
    settings = load_settings(workplace / "lahore.yaml").settings
    assert settings.study.city == "lahore"
    assert settings.network.path == workplace / "data" / "cache" / "lahore" / "lahore.osm.pbf"
    assert settings.publish.folder == workplace / "maps"
    people = sum(figure.people * figure.share_in_area for figure in settings.demand.population.figures)
    assert people == pytest.approx(read_register().cities["lahore"].people_in_box)
    # 1,289 km2: coarser hexagons to begin with.
    assert settings.demand.cell_resolution == 8


def test_init_never_writes_over_a_file(workplace):
    (workplace / "lahore.yaml").write_text("mine", encoding="utf-8")
    result = call("init", "lahore")
    assert result.exit_code == 2
    assert "lahore.yaml is there already and was left as it is" in result.stderr
    assert (workplace / "lahore.yaml").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in workplace.iterdir()) == ["lahore.yaml"]


def test_init_needs_the_folder(workplace):
    result = call("init", "lahore", "--out", "there/lahore.yaml")
    assert result.exit_code == 2
    assert "there is no folder there" in result.stderr


def test_init_writes_paths_from_where_the_config_lies(workplace):
    (workplace / "studies" / "one").mkdir(parents=True)
    assert call("init", "multan", "--out", "studies/one/m.yaml").exit_code == 0
    settings = load_settings(workplace / "studies" / "one" / "m.yaml").settings
    assert settings.network.path == workplace / "data" / "cache" / "multan" / "multan.osm.pbf"


def test_init_takes_any_place_with_an_area(workplace):
    result = call("init", "gwadar", "--circle", "62.325,25.12,6", "--people", "265000")
    assert result.exit_code == 0, result.stderr
    settings = load_settings(workplace / "gwadar.yaml").settings
    assert settings.study.city is None
    assert settings.study.area.circle.lon == 62.325
    assert settings.demand.population.figures[0].people == 265000
    result = call("init", "gwadar-box", "--box", "62.2875,25.05,62.4,25.2")
    settings = load_settings(workplace / "gwadar-box.yaml").settings
    assert settings.study.area.box == [62.2875, 25.05, 62.4, 25.2]
    assert settings.demand.population.path == workplace / "data" / "cache" / "gwadar-box_population.tif"
    assert "bring a grid of people" in result.stdout


def test_init_takes_a_polygon_of_the_planner(workplace):
    box = {
        "type": "Polygon",
        "coordinates": [[[73.0, 33.6], [73.1, 33.6], [73.1, 33.7], [73.0, 33.7], [73.0, 33.6]]],
    }
    (workplace / "part.geojson").write_text(json.dumps(box), encoding="utf-8")
    assert call("init", "part", "--polygon", "part.geojson").exit_code == 0
    assert load_settings(workplace / "part.yaml").settings.study.area.polygon == workplace / "part.geojson"


def test_init_of_a_place_that_fetch_knows_reads_its_boundary(workplace):
    result = call("init", "sargodha")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1] == "next: chargeplan fetch sargodha"
    settings = load_settings(workplace / "sargodha.yaml").settings
    assert settings.study.area.polygon == workplace / "data" / "cache" / "sargodha" / "area.geojson"
    call("init", "town", "--relation", "16117673")
    assert "fetch town --relation 16117673" in (workplace / "town.yaml").read_text(encoding="utf-8")
    call("init", "bahawalpur")
    assert load_settings(workplace / "bahawalpur.yaml").settings.study.area.circle.radius_km == 15


@pytest.mark.parametrize("name", ["true", "1e5", "2030", "null"])
def test_init_quotes_what_yaml_would_read_otherwise(name, workplace):
    assert call("init", name, "--box", "73.0,33.6,73.1,33.7", "--people", "1000").exit_code == 0
    assert load_settings(workplace / f"{name}.yaml").settings.study.name == name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lahor"], "did you mean lahore?"),
        (["lahore", "--people", "3"], "has the census figures of its tehsils"),
        (["town", "--box", "1,2,3"], "expected 4 numbers"),
        (["town", "--box", "73,33,73.1,33.1", "--circle", "73,33,4"], "got --box and --circle"),
        (["a town", "--box", "73,33,73.1,33.1"], "cannot be the name"),
    ],
)
def test_init_says_what_is_wrong(arguments, words, workplace):
    result = call("init", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not list(workplace.iterdir())


def test_cities_lists_the_register():
    result = call("cities")
    assert [line.split()[0] for line in result.stdout.splitlines()[:-1]] == list(NAMES)
    events = read_events(call("cities", "--json"))
    assert [event["name"] for event in events[:-1]] == list(NAMES)
    assert events[1]["name_ur"] == "لاہور"
    assert events[1]["people"] == 13004135


def test_cities_tell_outage_tariff_and_peak_hours_of_their_tables():
    events = {event.get("name"): event for event in read_events(call("cities", "--json"))}
    # K-Electric: 30 % of the feeders for 6 to 10 hours.
    assert events["karachi"]["outage_hours_day"] == pytest.approx(0.3 * 8)
    assert events["karachi"]["tariff_pkr_kwh"] == 39.7
    assert (events["lahore"]["peak_winter_h"], events["lahore"]["peak_summer_h"]) == ([18, 22], [19, 23])
    assert "peak hours 18 to 22 in winter, 19 to 23 in summer" in call("cities").stdout


def test_cities_sum_their_stocks_against_the_policy():
    events = read_events(call("cities", "--scenario", "nev-2030", "--json"))
    rows = {event["class"]: event for event in events if event["event"] == "class"}
    for row in rows.values():
        assert row["cities"] == pytest.approx(sum(row[name] for name in NAMES))
        assert 0 < row["cities"] < row["nation"]
    # The policy's targets for 2030: 2 million of 2.2 million are two-wheelers.
    assert rows["two_wheeler"]["policy"] == 2_000_000
    assert rows["taxi"]["policy"] is None
    assert "by its people" in events[-1]["rule"]
    text = call("cities", "--scenario", "nev-2030").stdout
    assert re.search(r"^all +[\d,]+ +[\d,]+ +2,200,000", text, re.MULTILINE)
    assert "demand.fleet.classes" in text


def test_cities_refuse_an_unknown_scenario():
    result = call("cities", "--scenario", "nev-2031")
    assert result.exit_code == 2
    assert 'did you mean "nev-2030"?' in result.stderr


def test_sources_are_told_weakest_first(project_folder):
    result = call("sources", project_folder / "configs" / "multan.yaml", "--json")
    assert result.exit_code == 0, result.stderr
    events = read_events(result)
    order = ["assumption", "not stated", "planner", "low", "med", "high"]
    places = [order.index(event["confidence"]) for event in events if event["event"] == "source"]
    assert places == sorted(places)
    assert len(places) > 20
    for event in events[:-1]:
        assert event["source"]
        assert event["year"]
        inner = [order.index(figure["confidence"]) for figure in event["figures"]]
        assert inner == sorted(inner)
    assert events[-1]["assumptions"] > 0


def test_sources_count_what_the_study_reads_and_nothing_else(project_folder):
    events = read_events(call("sources", project_folder / "configs" / "multan.yaml", "--json"))
    by_name = {event["name"]: event for event in events if event["event"] == "source"}
    assert {figure["subject"]["city"] for figure in by_name["data/cities.yaml"]["figures"]} == {"multan"}
    assert {figure["subject"]["disco"] for figure in by_name["data/outage/hours.csv"]["figures"]} == {"MEPCO"}
    assert {figure["subject"]["scenario"] for figure in by_name["data/fleet/scenarios.yaml"]["figures"]} == {
        "nev-2030"
    }
    assert not [name for name in by_name if name.startswith(("data/demo/", "data/download/"))]
    assert by_name["demand.population"]["figures"][0]["source"].startswith("Population and Housing Census")
    assert by_name["network.path (multan.osm.pbf)"]["licence"] == "ODbL 1.0"


def test_sources_tell_the_planners_own_files_and_numbers(project_folder, tmp_path):
    result = call(
        "sources",
        project_folder / "configs" / "multan.yaml",
        "--set",
        f"sites.costs={tmp_path / 'mine.csv'}",
        "--set",
        "model.charger.cost_pkr=5e6",
        "--set",
        "network.speed_factor=0.9",
        "--set",
        "economics.discount_rate_share=0.2",
        "--figures",
    )
    assert "not stated  sites.costs (mine.csv)" in result.stdout
    assert "data/costs/sites.csv" not in result.stdout
    assert "planner     model.charger.cost_pkr: 5000000 (the config" in result.stdout
    assert "planner     network.speed_factor: 0.9 (the config" in result.stdout
    assert "planner     economics.discount_rate_share: 0.2 (the config" in result.stdout
    assert "assumption  model.charger.max_utilisation: 0.35 (assumption, no source found" in result.stdout


def test_sources_need_a_study():
    result = call("sources")
    assert result.exit_code == 2
    assert "which study?" in result.stderr


CONFIGS = sorted(path.stem for path in (Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("name", CONFIGS)
def test_ready_studies_have_no_fault_before_their_data_are_there(project_folder, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "configs"
    shutil.copytree(project_folder / "configs", folder)
    for path in ("data", "maps"):
        (tmp_path / path).symlink_to(project_folder / path)
    config = folder / f"{name}.yaml"
    missing = call("check", config, "--set", "network.path=nowhere/roads.osm.pbf")
    assert missing.exit_code == 3
    assert "network.path: no file at" in missing.stderr
    result = call("check", config, "--without-data", "--set", "network.path=nowhere/roads.osm.pbf", "--json")
    assert result.exit_code == 0, result.stderr
    assert any("network.path: no file at" in text for text in read_events(result)[-1]["missing"])


def test_other_faults_stay_faults_without_data(project_folder):
    config = project_folder / "configs" / "multan.yaml"
    result = call("check", config, "--without-data", "--set", "demand.scenario=nev-2031")
    assert result.exit_code in (2, 3)
    assert "nev-2030" in result.stderr
