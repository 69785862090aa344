"""What a planner's file may hold and what each fault is told as."""

import json

import numpy as np
import pytest

from chargeplan.config.settings import SiteFileSettings
from chargeplan.errors import DataError
from chargeplan.sites.planner_file import read_planner_file
from chargeplan.text import clean_text
from chargeplan.words import SiteStatus

HEADER = "site_id,name,lon,lat,kind,status,fixed_cost_pkr,max_chargers,existing_chargers,power_kw\n"


def read(path, status="candidate"):
    return read_planner_file(SiteFileSettings(path=path, status=SiteStatus(status)), "sites.files[0]")


@pytest.fixture
def read_text(tmp_path):
    def write_and_read(text: str, status: str = "candidate", encoding: str = "utf-8"):
        path = tmp_path / "plan.csv"
        path.write_bytes(text.encode(encoding))
        return read(path, status)

    return write_and_read


def test_all_columns_are_read(read_text) -> None:
    row = read_text(HEADER + 'a,"Mall, big",73.05,33.70,mall,existing,1000,8,3,120\n').iloc[0]
    assert (row["site_id"], row["name"], row["kind"], row["status"]) == ("a", "Mall, big", "mall", "existing")
    numbers = [row[name] for name in ("fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw")]
    assert numbers == [1000.0, 8.0, 3.0, 120.0]
    assert (row["lon"], row["lat"], row["source"]) == (73.05, 33.70, "plan.csv")


def test_only_coordinates_are_needed(read_text) -> None:
    pool = read_text("lat,lon\n33.70,73.05\n33.71,73.06\n", status="required")
    assert pool["site_id"].tolist() == ["plan:000000", "plan:000001"]
    assert pool["status"].tolist() == ["required"] * 2
    assert pool[["fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("file", "first_id"),
    [
        ("my  sites.csv", "my sites:000000"),
        (" plan\u202e.csv", "plan:000000"),
        (f"{'a' * 240}.csv", "a" * 240 + ":000000"),
    ],
)
def test_numbered_ids_are_as_clean_as_the_published_ones(tmp_path, file, first_id) -> None:
    path = tmp_path / file
    path.write_text("lat,lon\n33.70,73.05\n")
    site_id = read(path)["site_id"].iloc[0]
    assert site_id == first_id == clean_text(site_id)


def test_ids_that_are_equal_once_cleaned_are_refused(read_text) -> None:
    with pytest.raises(DataError, match=r"the same site_id \(a b\) in lines 2, 3;"):
        read_text("site_id,lat,lon\na b,33.70,73.05\n a  b,33.71,73.06\n")


def test_status_column_overrides_row_by_row(read_text) -> None:
    pool = read_text("lon,lat,status\n73,33.7,\n73,33.7,Forbidden\n73,33.7,competitor\n", status="required")
    assert pool["status"].tolist() == ["required", "forbidden", "competitor"]


def test_byte_order_mark_and_urdu_names_are_read(read_text) -> None:
    pool = read_text("name,lon,lat\nچارجنگ,73.05,33.7\n", encoding="utf-8-sig")
    assert pool["name"].tolist() == ["چارجنگ"]


def test_several_powers_are_one_charger_each(read_text) -> None:
    pool = read_text(
        "lon,lat,power_kw,existing_chargers\n73,33.7,120;22,\n73,33.7,60,\n73,33.7,60; 60,5\n73,33.7,,\n",
        status="existing",
    )
    np.testing.assert_array_equal(pool["power_kw"], [142.0, 60.0, 120.0, np.nan])
    np.testing.assert_array_equal(pool["existing_chargers"], [2.0, np.nan, 5.0, np.nan])


def test_columns_of_the_planners_own_are_left_alone(read_text) -> None:
    assert len(read_text("lon,lat,operator,remarks,place\n73,33.7,PSO,x,y\n")) == 1


def test_areas_stand_for_a_point_inside_them(tmp_path) -> None:
    # An L whose centroid lies outside it.
    ring = [
        [73.0, 33.7],
        [73.1, 33.7],
        [73.1, 33.71],
        [73.01, 33.71],
        [73.01, 33.8],
        [73.0, 33.8],
        [73.0, 33.7],
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"site_id": "area", "max_chargers": 6},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        },
        {
            "type": "Feature",
            "properties": {"site_id": "point", "status": "existing"},
            "geometry": {"type": "Point", "coordinates": [73.05, 33.75]},
        },
    ]
    path = tmp_path / "plan.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    pool = read(path)
    assert pool["site_id"].tolist() == ["area", "point"]
    assert pool["geometry"].iloc[0].contains(pool["geometry"].iloc[0].representative_point())
    lon, lat = pool["lon"].iloc[0], pool["lat"].iloc[0]
    assert (73.0 < lon < 73.01) or (33.7 < lat < 33.71)
    np.testing.assert_array_equal(pool["max_chargers"], [6.0, np.nan])
    assert pool["status"].tolist() == ["candidate", "existing"]


def test_geopackage_in_metres_is_brought_to_degrees(tmp_path) -> None:
    import geopandas as gpd
    import shapely

    layer = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(73.05, 33.7)], crs="EPSG:4326")
    path = tmp_path / "plan.gpkg"
    layer.to_crs("EPSG:32643").to_file(path)
    pool = read(path)
    assert (pool["lon"].iloc[0], pool["lat"].iloc[0]) == pytest.approx((73.05, 33.7), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "lon,lat,status\n73,33.7,exsiting\n",
            "status: 'exsiting' in line 2 is not known; did you mean 'existing'",
        ),
        (
            "lon,lat,kind\n73,33.7,\n73,33.7,petrol\n",
            "kind: 'petrol' in line 3 is not known; use one of fuel,",
        ),
        ("lon,lat,fixed_cost_pkr\n73,33.7,-5\n", "fixed_cost_pkr: out of range in line 2 (the first is -5)"),
        (
            "lon,lat,fixed_cost_pkr\n73,33.7,5 M\n",
            "fixed_cost_pkr: no number in line 2 (the first is '5 M')",
        ),
        (
            "lon,lat,fixed_cost_pkr\n73,33.7,inf\n",
            "fixed_cost_pkr: no number in line 2 (the first is 'inf')",
        ),
        ("lon,lat,max_chargers\n73,33.7,2.5\n", "max_chargers: out of range in line 2 (the first is 2.5)"),
        ("lon,lat,max_chargers\n73,33.7,0\n", "expected a whole number, 1 or more"),
        (
            "lon,lat,power_kw\n73,33.7,60\n73,33.7,60;0\n",
            "power_kw: out of range in line 3 (the first is 0)",
        ),
        (
            "lon,lat,existing_chargers\n73,33.7,3\n",
            "existing_chargers at a site that is neither existing nor competitor in line 2;",
        ),
        (
            "lon,lat,status,existing_chargers\n73,33.7,existing,0\n",
            "existing_chargers is 0 at an existing or competitor site in line 2",
        ),
        ("site_id,lon,lat\na,73,33.7\nb,73,33.7\na,73,33.7\n", "the same site_id (a) in lines 2, 4"),
        ("longitude,lat\n73,33.7\n", "has no column 'lon' (degrees, EPSG:4326)"),
        ("lon;lat\n73;33.7\n", "its columns, separated by commas, are: lon;lat"),
        ("lon,lat,name\n73,33.7,Mall, big\n", "another number of fields than the header (3) in line 2"),
        ("lon,lat,name,name\n73,33.7,a,b\n", "the header repeats a column name"),
        ("lon,lat\n73,33.7\n,33.7\n", "no lon or lat in line 3"),
        ("lon,lat\n73°E,33.7\n", "lon: no number in line 2 (the first is '73°E')"),
        (
            "lon,lat\n33.7,73.05\n",
            "longitude and latitude are swapped in line 2 (1 of 1): lon is 33.7 and lat is 73.05",
        ),
        (
            "lon,lat\n73.05,33.7\n\n33.7,73.05\n",
            "are swapped in line 4 (1 of 2): lon is 33.7 and lat is 73.05",
        ),
        (
            "lon,lat\n320000,3728000\n",
            "no degrees in line 2 (1 of 1): lon is 320000 and lat is 3728000; they seem to be in metres",
        ),
        (
            "lon,lat,max_charger\n73,33.7,4\n",
            "column 'max_charger' is not known; did you mean 'max_chargers'?",
        ),
        ("lon,lat,Status\n73,33.7,existing\n", "column 'Status' is not known; did you mean 'status'?"),
    ],
)
def test_each_fault_is_told_with_its_rows(read_text, text, words) -> None:
    with pytest.raises(DataError) as caught:
        read_text(text)
    assert words in str(caught.value)
    assert "sites.files[0]: plan.csv" in str(caught.value)


def test_all_faults_of_a_file_are_told_at_once(read_text) -> None:
    with pytest.raises(DataError) as caught:
        read_text("lon,lat,status,kind,max_chargers\n73,33.7,wish,mal,none\n73,33.7,wish,mall,-1\n")
    assert len(caught.value.faults) == 4
    assert "'wish' in lines 2, 3" in caught.value.faults[0]


def test_faults_of_all_files_are_told_at_once(study) -> None:
    study.write_csv("one.csv", "candidate", [{"x_m": 1, "y_m": 1, "kind": "x1"}])
    study.write_csv("two.csv", "candidate", [{"x_m": 1, "y_m": 1, "kind": "x2"}])
    with pytest.raises(DataError) as caught:
        study.build()
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["sites.files[0]", "sites.files[1]"]


def test_one_id_in_two_files_is_refused(study) -> None:
    study.write_csv("one.csv", "candidate", [{"x_m": 500, "y_m": 500, "site_id": "a"}])
    study.write_csv("two.csv", "existing", [{"x_m": 900, "y_m": 900, "site_id": "a"}])
    with pytest.raises(DataError, match=r"sites\.files: 1 site id in two files \(a; one.csv, two.csv\)"):
        study.build()


def test_a_missing_and_an_empty_file_are_told(tmp_path) -> None:
    with pytest.raises(DataError, match="no file at"):
        read(tmp_path / "none.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path / "empty.csv")


def test_a_file_that_is_no_text_is_told(tmp_path) -> None:
    path = tmp_path / "plan.csv"
    path.write_bytes(b"lon,lat\n\xff\xfe\x00,33\n")
    with pytest.raises(DataError, match="cannot be read as a CSV file"):
        read(path)


def test_a_damaged_layer_is_told(tmp_path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(DataError, match="cannot be read as a vector layer"):
        read(path)


def test_features_without_geometry_are_told(tmp_path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"name": "x"},
            "geometry": {"type": "Point", "coordinates": [73, 33.7]},
        },
        {"type": "Feature", "properties": {"name": "y"}, "geometry": None},
    ]
    path = tmp_path / "plan.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(DataError, match="no geometry in feature 2"):
        read(path)
