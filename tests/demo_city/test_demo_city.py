"""The embedded city: its files are what its tables give, and it is where Islamabad is."""

import csv
import gzip
import itertools
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely

from chargeplan.config.load import load_settings
from chargeplan.demo_city.build import GRID_NAME, PEOPLE_NAME, STREETS_NAME, ZONES_NAME, build_demo_city
from chargeplan.demo_city.city_places import list_places
from chargeplan.demo_city.grid import find_grid_point, locate
from chargeplan.demo_city.people import list_people
from chargeplan.demo_city.tables import read_outskirts, read_rows, read_sectors
from chargeplan.geo import to_metric
from chargeplan.places import find_kind


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    build_demo_city(folder)
    return folder


@pytest.fixture(scope="module")
def streets(built):
    return ET.fromstring(gzip.decompress((built / STREETS_NAME).read_bytes()))


@pytest.mark.parametrize("name", [STREETS_NAME, PEOPLE_NAME, ZONES_NAME, GRID_NAME])
def test_the_committed_files_are_what_the_tables_give(built, project_folder, name):
    """When this fails, run ``python -m chargeplan.demo_city`` and commit data/demo."""
    committed = (project_folder / "data" / "demo" / name).read_bytes()
    fresh = (built / name).read_bytes()
    if name.endswith(".gz"):  # compressors of other versions may write other bytes
        committed, fresh = gzip.decompress(committed), gzip.decompress(fresh)
    assert committed == fresh, "run `python -m chargeplan.demo_city` and commit data/demo"


def test_the_street_file_is_well_formed_and_complete(streets):
    nodes = {node.get("id") for node in streets.iter("node")}
    ways = list(streets.iter("way"))
    assert len(nodes) == len(list(streets.iter("node")))
    assert all(ref.get("ref") in nodes for way in ways for ref in way.iter("nd"))
    assert 8_000 <= len(nodes) <= 15_000
    assert len(ways) > 1_000


# Known places (general knowledge, two decimals): sector centres as on any city map.
KNOWN = {
    "F-6": (73.08, 33.73),
    "F-7": (73.06, 33.72),
    "G-9": (73.03, 33.69),
    "I-8": (73.08, 33.67),
    "F-10": (73.01, 33.69),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_sector_lies_where_it_does(name):
    sector = next(sector for sector in read_sectors() if sector.name == name)
    x, y = to_metric(
        *map(np.array, zip(locate(sector.row, sector.column), KNOWN[name], strict=True)), "EPSG:32643"
    )
    assert np.hypot(np.diff(x), np.diff(y))[0] < 1500


def test_the_grid_and_its_inverse_agree_but_for_the_bend():
    for sector in read_sectors():
        row, column = find_grid_point(*locate(sector.row, sector.column))
        assert abs(row - sector.row) < 0.04
        assert abs(column - sector.column) < 0.04


def test_the_people_are_the_census_totals():
    figures = {row["key"]: float(row["value"]) for row in read_rows("people.csv")}
    expected = figures["urban_ict"] + (figures["all_ict"] - figures["urban_ict"]) * figures["outskirts_share"]
    people = sum(point[2] for point in list_people(read_sectors(), read_outskirts()))
    assert people == pytest.approx(expected, rel=1e-12)


def test_every_figure_names_its_source():
    for row in read_rows("people.csv"):
        assert row["source"]
        assert row["confidence"] in {"high", "med", "low", "assumption"}
    assert all(row["source"] for row in read_rows("places.csv"))


def test_every_place_has_a_kind_and_lies_in_the_study_area(project_folder):
    box = load_settings(project_folder / "configs" / "demo.yaml").settings.study.area.box
    places = list_places(read_sectors(), read_outskirts())
    assert len(places) > 300
    for place in places:
        assert find_kind(place.tags) is not None, place
        assert box[0] < place.lon < box[2], place
        assert box[1] < place.lat < box[3], place


def test_nearly_all_that_is_drawn_hangs_together(streets):
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    pairs = []
    for way in streets.iter("way"):
        nodes = [ref.get("ref") for ref in way.iter("nd")]
        there = list(itertools.pairwise(nodes))
        is_oneway = any(tag.get("k") == "oneway" for tag in way.iter("tag"))
        pairs += there if is_oneway else there + [(end, start) for start, end in there]
    nodes, ends = np.unique(np.array(pairs), return_inverse=True)
    rows, columns = ends.reshape(-1, 2).T
    graph = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=True, connection="strong")
    assert len(nodes) > 8_000
    assert np.bincount(label).max() > 0.98 * len(nodes)


def test_zones_are_valid_and_their_names_are_unique(built):
    features = json.loads((built / ZONES_NAME).read_text(encoding="utf-8"))["features"]
    names = [feature["properties"]["zone_id"] for feature in features]
    assert len(set(names)) == len(names) == len(read_sectors()) + len(read_outskirts())
    assert all(shapely.from_geojson(json.dumps(feature["geometry"])).is_valid for feature in features)


def test_the_demo_says_that_it_is_schematic(project_folder):
    settings = load_settings(project_folder / "configs" / "demo.yaml").settings
    assert settings.study.schematic
    assert "schematic" in settings.study.title


def test_the_population_file_has_a_row_per_point(built):
    with (built / PEOPLE_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * sum(area.people_weight > 0 for area in (*read_sectors(), *read_outskirts()))
