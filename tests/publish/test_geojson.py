"""What sites.geojson holds: the stations of the plan, explained, with where they come from."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sample_bundle import EAST, HOSTILE_TEXTS, NORTH, SOUTH, WEST

from chargeplan.publish.geojson import build_geojson
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.text import clean_text, to_json

MAKI_NAME = "charging-station"


@pytest.fixture(scope="module")
def document(published):
    return json.loads((published / "sites.geojson").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stations(document):
    return {feature["id"]: feature for feature in document["features"]}


def test_it_holds_to_the_standard_also_with_hostile_names(published, hostile_sample):
    assert find_geojson_faults((published / "sites.geojson").read_text(encoding="utf-8")) == []
    assert find_geojson_faults(to_json(build_geojson(hostile_sample), indent=1)) == []


def test_only_chosen_and_existing_stations_are_in_it(stations):
    # The sample opens its first ten new sites (rows 2, 3 and 6 to 13); rows 0 and 1 exist, 4 and 5
    # are competitors.
    assert sorted(stations) == sorted(f"n{row:04d}" for row in (0, 1, 2, 3, *range(6, 14)))


def test_an_existing_station_that_serves_nobody_is_still_there(sample):
    chargers = sample.solution.chargers.copy()
    chargers[1] = 0
    closed = replace(sample, solution=replace(sample.solution, chargers=chargers))
    assert "n0001" in {feature["id"] for feature in build_geojson(closed)["features"]}


def test_the_best_rank_comes_first(document):
    ranks = [feature["properties"]["rank"] for feature in document["features"]]
    assert ranks == list(range(1, 13))


def test_coordinates_are_those_of_the_sites_to_seven_decimals(stations, sample):
    table = sample.sites.table.set_index("site_id")
    for site_id, feature in stations.items():
        lon, lat = feature["geometry"]["coordinates"]
        assert WEST < lon < EAST
        assert SOUTH < lat < NORTH
        assert abs(lon - table.loc[site_id, "lon"]) <= 5.1e-8
        assert abs(lat - table.loc[site_id, "lat"]) <= 5.1e-8


def test_the_bbox_spans_the_stations(document):
    points = np.array([feature["geometry"]["coordinates"] for feature in document["features"]])
    assert document["bbox"] == [*points.min(axis=0), *points.max(axis=0)]


def test_figures_are_those_of_the_plan(stations):
    # Row 2 gets 8 chargers of 60 kW: 480 kW, 8 x 336 = 2,688 kWh/day, 2.5 + 8 x 4 = 34.5 M rupees; the
    # demand around it fills it, so it is busy for the most that was allowed, 35 % of its hours.
    properties = stations["n0002"]["properties"]
    expected = {
        "status": "required",
        "is_new": True,
        "chargers": 8,
        "power_kw": 480.0,
        "served_kwh_day": 2688.0,
        "capacity_kwh_day": 2688.0,
        "utilisation_share": 0.35,
        "cost_pkr": 34_500_000,
        "name_en": "Blue Area Station 2",
        "name": "Pump 2",
        "title": "Blue Area Station 2",
        "description": "New station, required: 8 chargers, 2,688 kWh/day, PKR 34.5 M",
    }
    assert {name: properties[name] for name in expected} == expected
    assert stations["n0000"]["properties"]["is_new"] is False
    assert stations["n0000"]["properties"]["cost_pkr"] == 0


def test_energies_add_up_to_the_metric(document):
    served = sum(feature["properties"]["served_kwh_day"] for feature in document["features"])
    assert served == pytest.approx(document["chargeplan"]["metrics"]["served"], abs=0.01 * 12)


def test_simplestyle_members_are_of_its_words(stations):
    for feature in stations.values():
        properties = feature["properties"]
        assert re.fullmatch(r"#[0-9a-f]{6}", properties["marker-color"])
        assert properties["marker-size"] in {"small", "medium", "large"}
        assert re.fullmatch(rf"[0-9a-z]|{MAKI_NAME}", properties["marker-symbol"])
        assert isinstance(properties["title"], str)
        assert isinstance(properties["description"], str)


def test_status_has_its_own_colour(stations):
    colours = {
        feature["properties"]["status"]: feature["properties"]["marker-color"]
        for feature in stations.values()
    }
    assert len(colours) == len(set(colours.values())) == 3


@pytest.mark.parametrize(
    ("chargers", "size", "symbol"), [(2, "small", "2"), (6, "medium", "6"), (12, "large", MAKI_NAME)]
)
def test_the_marker_grows_with_the_chargers(sample, chargers, size, symbol):
    sites = sample.evaluation.sites.assign(chargers=chargers)
    changed = replace(sample, evaluation=replace(sample.evaluation, sites=sites))
    properties = build_geojson(changed)["features"][0]["properties"]
    assert (properties["marker-size"], properties["marker-symbol"]) == (size, symbol)


def test_provenance_is_complete(document, sample):
    plan = document["chargeplan"]
    assert plan["title"] == "Sample study"
    assert plan["year"] == 2030
    assert plan["is_schematic"] is True
    assert plan["result"]["outcome_text"] == sample.solution.outcome_text
    assert plan["result"]["gap_share"] == sample.solution.gap
    assert plan["result"]["solver"] == "HiGHS 1.15.1"
    assert plan["limits"]["budget_pkr"] == 230e6
    assert plan["limits"]["travel_limit_min"] == 8.0
    assert "© OpenStreetMap contributors" in plan["attribution"]
    assert "ODbL" in plan["attribution"]
    assert [(one["file_name"], one["sha256"], one["data_date"]) for one in plan["sources"]] == [
        ("sample.osm", "0" * 64, "2026-01-31")
    ]
    assert plan["sources"][0]["endpoint"] == "https://overpass.example/api/interpreter"
    assert plan["sources"][0]["limits"] == ["3 ways lack a node"]
    assert re.fullmatch(r"[0-9a-f]{64}", plan["config_sha256"])
    assert plan["run"]["seed"] == 1


def test_no_limit_is_null_and_never_infinity(sample):
    problem = replace(sample.problem, budget_pkr=float("inf"), nearest_sites=0)
    limits = build_geojson(replace(sample, problem=problem))["chargeplan"]["limits"]
    assert (limits["budget_pkr"], limits["max_sites"], limits["nearest_sites"]) == (None, None, None)


def test_figures_that_are_not_numbers_become_null(sample):
    sites = sample.evaluation.sites.assign(mean_drive_min=np.nan, capacity_kwh_day=np.inf)
    changed = replace(sample, evaluation=replace(sample.evaluation, sites=sites))
    document = build_geojson(changed)
    assert find_geojson_faults(to_json(document)) == []
    assert document["features"][0]["properties"]["mean_drive_min"] is None
    assert document["features"][0]["properties"]["capacity_kwh_day"] is None


def test_the_mean_drive_to_a_station_that_serves_nobody_does_not_exist(sample):
    sites = sample.evaluation.sites.assign(served_kwh_day=0.0, mean_drive_min=0.0)
    properties = build_geojson(replace(sample, evaluation=replace(sample.evaluation, sites=sites)))[
        "features"
    ][0]
    assert properties["properties"]["mean_drive_min"] is None
    assert properties["properties"]["served_kwh_day"] == 0


def test_hostile_texts_lose_their_invisible_characters_only(hostile_sample):
    document = build_geojson(hostile_sample)
    texts = {feature["properties"][name] for feature in document["features"] for name in ("name", "name_en")}
    assert texts == {clean_text(text) for text in HOSTILE_TEXTS}
    assert not any(set("\u202e\u2066\u2028\u2029\x00\x1b") & set(text) for text in texts)


def test_every_property_is_documented_and_every_documented_one_is_there(project_folder, document):
    page = (project_folder / "docs" / "reference" / "geojson.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))

    def list_documented(title):
        return re.findall(r"^\| `([^`]+)` \|", sections[title], re.MULTILINE)

    plan = document["chargeplan"]
    assert sorted(list_documented("Properties of a station")) == sorted(document["features"][0]["properties"])
    assert sorted(list_documented("The member `chargeplan`")) == sorted(plan)
    assert sorted(list_documented("`chargeplan.result`")) == sorted(plan["result"])
    assert sorted(list_documented("`chargeplan.limits`")) == sorted(plan["limits"])
    assert sorted(list_documented("`chargeplan.sources`")) == sorted(plan["sources"][0])
