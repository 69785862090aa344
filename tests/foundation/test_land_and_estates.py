"""Kinds of land, areas of land in files, and the listed industrial estates."""

import csv
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, StudySettings
from chargeplan.estates import add_listed_estates, read_estates
from chargeplan.files import find_data_file
from chargeplan.geo import WGS84, project_geometry
from chargeplan.land import describe_land, find_land_kind, join_land, make_land, unite_land
from chargeplan.places import describe_place, find_kind, make_places, read_place_file
from chargeplan.tag_kinds import read_kind_table
from chargeplan.words import LandKind, PlaceKind

I10 = (73.036221, 33.654371)  # data/places/industrial_estates.csv


@pytest.fixture(scope="module")
def area():
    box = AreaSettings(box=[72.9, 33.6, 73.2, 33.8])
    return build_study_area(StudySettings(name="isb", title="Islamabad", year=2030, area=box))


def make_areas(*outlines, kind=LandKind.INDUSTRIAL, name=""):
    rows = [describe_land(f"w{number}", kind, {"name": name}, "map.osm") for number in range(len(outlines))]
    return make_land(rows, np.array(outlines, dtype=object))


def test_every_kind_but_the_planners_own_has_a_tag():
    assert set(read_kind_table(LandKind).values()) == set(LandKind) - {LandKind.PLANNER}


def test_first_row_that_fits_decides_what_land_is():
    assert find_land_kind({"landuse": "basin", "natural": "water"}) is LandKind.WATER
    assert find_land_kind({"landuse": "residential"}) is None


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"landuse": "industrial"}, PlaceKind.INDUSTRIAL_ESTATE),
        ({"landuse": "industrial", "industrial": "depot"}, PlaceKind.FLEET_YARD),
        ({"landuse": "industrial", "amenity": "fuel"}, PlaceKind.FUEL),
        ({"amenity": "taxi"}, PlaceKind.TAXI_STAND),
    ],
)
def test_what_says_more_than_industry_decides(tags, kind):
    assert find_kind(tags) is kind


def test_an_outline_that_crosses_itself_is_mended_and_one_without_area_dropped():
    bow = shapely.Polygon([(73.0, 33.0), (73.1, 33.1), (73.1, 33.0), (73.0, 33.1)])
    line = shapely.Polygon([(73.0, 33.0), (73.1, 33.1), (73.0, 33.0)])
    land = make_areas(bow, line)
    assert land.table["land_id"].tolist() == ["w0"]
    assert land.outline[0].is_valid
    assert land.outline[0].area == pytest.approx(0.005)


def test_land_drawn_twice_is_united():
    one = make_areas(shapely.box(73.0, 33.0, 73.2, 33.1))
    two = make_areas(shapely.box(73.1, 33.0, 73.3, 33.1))
    assert unite_land(join_land([one, two])).area == pytest.approx(0.03)
    assert unite_land(join_land([])).is_empty


def test_areas_of_a_file_are_land_and_places_with_their_area(tmp_path):
    square = project_geometry(shapely.box(320_000, 3_728_000, 321_000, 3_728_500), "EPSG:32643", WGS84)
    path = tmp_path / "estates.geojson"
    layer = gpd.GeoDataFrame({"landuse": ["industrial"], "name": ["Hattar"]}, geometry=[square], crs=WGS84)
    layer.to_file(path)
    places = read_place_file(path, "demand.places.paths[0]")
    assert places.table["area_m2"].iloc[0] == pytest.approx(500_000, rel=1e-6)
    assert places.land.table[["land_id", "kind", "name"]].to_numpy().tolist() == [
        ["estates:000000", "industrial", "Hattar"]
    ]


def test_a_listed_estate_that_the_map_lacks_is_a_circle_of_its_area(area, caplog):
    """50 ha by default: data/demand/layers.csv."""
    caplog.set_level("INFO")
    places = add_listed_estates(make_places([]), area)
    assert places.table["place_id"].tolist() == ["estate:I-10 Industrial Area"]
    assert (places.table["lon"].iloc[0], places.table["lat"].iloc[0]) == I10
    circle = project_geometry(places.land.outline[0], WGS84, area.crs)
    assert circle.area == pytest.approx(500_000, rel=0.01)
    assert "added as circles: I-10 Industrial Area" in caplog.text


@pytest.mark.parametrize("how", ["by name", "by place"])
def test_a_listed_estate_of_the_map_is_not_added_again(area, how):
    name = "Industrial Area I-10/3" if how == "by name" else "Works"
    at = (73.1, 33.7) if how == "by name" else I10
    row = describe_place("w1", PlaceKind.INDUSTRIAL_ESTATE, {"name": name}, *at, "map.osm")
    land = make_areas(shapely.Point(at).buffer(0.005), name=name)
    assert add_listed_estates(make_places([row], land), area).table["place_id"].tolist() == ["w1"]


def test_estates_elsewhere_and_estates_without_a_point_are_not_placed(area):
    far = StudySettings(
        name="khi", title="Karachi", year=2030, area=AreaSettings(box=[66.9, 24.8, 67.2, 25.0])
    )
    assert len(add_listed_estates(make_places([]), build_study_area(far)).table) == 0
    assert sum(math.isfinite(estate.lon) for estate in read_estates()) == 1


def test_named_estates_of_the_brief_are_listed():
    names = " ".join(estate.name for estate in read_estates())
    assert all(
        word in names for word in ("SITE", "Korangi", "Sundar", "Kot Lakhpat", "I-9", "I-10", "Hattar")
    )


def test_areas_of_estates_are_recomputed_from_their_acres():
    """Each sourced area says its acres; an acre is 0.404686 ha."""
    with find_data_file("places", "industrial_estates.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["value"]]
    assert len(rows) == 2
    for row in rows:
        acres = float(row["source"].split("computed: ")[1].split(" acres")[0])
        assert float(row["value"]) == pytest.approx(acres * 0.404686, abs=0.5)
        assert row["confidence"] != "assumption"
