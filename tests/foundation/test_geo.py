"""Coordinates: metric where metres are meant, refused where they cannot be right."""

import math

import numpy as np
import pytest
import shapely

from chargeplan.area import build_study_area, read_polygons
from chargeplan.config.settings import AreaSettings, StudySettings
from chargeplan.errors import ConfigError, DataError
from chargeplan.geo import check_coordinates, find_utm_crs, snap_points, to_degrees, to_metric
from chargeplan.rows import Rows


def make_study(**area) -> StudySettings:
    return StudySettings(name="x", title="X", year=2026, area=AreaSettings(**area))


@pytest.mark.parametrize(("lat", "lon"), [(24.0, 67.0), (36.0, 74.5), (30.2, 71.5)])
def test_a_circle_has_the_area_of_a_circle(lat, lon):
    area = build_study_area(make_study(circle={"lon": lon, "lat": lat, "radius_km": 5.0}))
    assert area.area_km2 == pytest.approx(math.pi * 25, rel=0.01)


@pytest.mark.parametrize(
    ("lon", "crs"), [(61.0, "EPSG:32641"), (66.0, "EPSG:32642"), (71.99, "EPSG:32642"), (72.0, "EPSG:32643")]
)
def test_the_utm_zone_follows_the_longitude(lon, crs):
    assert find_utm_crs(lon) == crs


def test_a_box_of_another_country_is_a_fault_of_the_config():
    with pytest.raises(ConfigError, match=r"study\.area\.box: no point lies in Pakistan"):
        build_study_area(make_study(box=[2.2, 48.8, 2.4, 48.9]))


@pytest.mark.parametrize("box", [[73.0, 33.7, 73.001, 33.701], [66.0, 28.0, 70.0, 32.0]])
def test_an_area_that_is_too_small_or_too_large_is_refused_with_its_size(box):
    with pytest.raises(ConfigError, match=r"study\.area\.box: .* km2; expected 5 to 10,000 km2"):
        build_study_area(make_study(box=box))


def test_metres_declared_as_degrees_are_named():
    with pytest.raises(DataError, match="in metres"):
        check_coordinates(np.array([310000.0]), np.array([3717405.0]), "layer")


def test_points_far_away_are_refused():
    with pytest.raises(DataError, match="no point lies in Pakistan"):
        check_coordinates(np.array([0.0]), np.array([0.0]), "layer")


def test_rows_without_coordinates_are_named():
    with pytest.raises(DataError, match=r"no finite coordinates in row 2 \(1 of 2\): longitude is nan"):
        check_coordinates(np.array([73.0, np.nan]), np.array([33.0, 33.0]), "layer", rows=Rows("row"))


def test_swapped_rows_among_good_ones_are_named_with_their_columns():
    lon, lat = np.array([73.0, 33.69, 2.3, 33.7]), np.array([33.6, 73.03, 48.9, 73.04])
    with pytest.raises(DataError) as caught:
        check_coordinates(lon, lat, "grid.csv", rows=Rows("line", [2, 3, 4, 6]), columns=("lon", "lat"))
    assert caught.value.faults == (
        "grid.csv: longitude and latitude are swapped in lines 3, 6 (2 of 4): lon is 33.69 and lat is 73.03; expected "
        "longitudes from 60 to 78 and latitudes from 23 to 38; correct these rows",
    )


def test_coordinates_over_the_border_pass():
    check_coordinates(np.array([73.0, 51.3, 80.2]), np.array([33.6, 35.7, 30.1]), "grid.csv")


def test_a_row_that_is_no_place_on_earth_is_named():
    with pytest.raises(DataError, match=r"no degrees in line 3 \(1 of 2\): longitude is 320000"):
        check_coordinates(np.array([73, 3.2e5]), np.array([33, 3.7e6]), "a.csv", rows=Rows("line", [2, 3]))


def test_projecting_there_and_back_is_exact_to_a_millimetre():
    lon, lat = np.array([73.05, 72.8]), np.array([33.7, 33.5])
    back_lon, back_lat = to_degrees(*to_metric(lon, lat, "EPSG:32643"), "EPSG:32643")
    assert np.abs(back_lon - lon).max() < 1e-8
    assert np.abs(back_lat - lat).max() < 1e-8


def test_a_point_snaps_to_the_nearest_usable_node_within_the_limit():
    nodes = np.array([[0.0, 0.0], [10.0, 0.0], [100.0, 0.0]])
    usable = np.array([True, False, True])
    snap = snap_points(nodes, usable, np.array([[9.0, 0.0], [50.0, 40.0]]), limit_m=60.0)
    assert snap.node_pos.tolist() == [0, -1]
    assert snap.distance_m.tolist() == pytest.approx([9.0, math.hypot(50, 40)])


def test_a_layer_without_crs_is_refused(tmp_path):
    import geopandas as gpd

    path = tmp_path / "zone.gpkg"
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(73, 33.5, 73.2, 33.7)]).to_file(path)
    with pytest.raises(DataError, match="has no CRS"):
        read_polygons(path, "study.area.polygon")


def test_a_bow_tie_is_refused_because_mending_it_changes_it(tmp_path):
    import geopandas as gpd

    path = tmp_path / "zone.geojson"
    bow_tie = shapely.Polygon([(73, 33), (73.2, 33.2), (73.2, 33), (73, 33.21)])
    gpd.GeoDataFrame({"a": [1]}, geometry=[bow_tie], crs="EPSG:4326").to_file(path)
    with pytest.raises(DataError, match="mending them changes the area"):
        read_polygons(path, "study.area.polygon")


def test_a_layer_of_points_is_no_area(tmp_path):
    import geopandas as gpd

    path = tmp_path / "zone.geojson"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(73, 33)], crs="EPSG:4326").to_file(path)
    with pytest.raises(DataError, match="holds Point and no polygon"):
        read_polygons(path, "study.area.polygon")
