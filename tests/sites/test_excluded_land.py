"""Land where no station can be built: which candidates go, and what stays."""

import numpy as np
import pytest
import shapely

from chargeplan.config.settings import ExclusionSettings
from chargeplan.errors import DataError
from chargeplan.geo import to_degrees
from chargeplan.land import describe_land, gather_excluded_land, make_land
from chargeplan.words import LandKind


def draw_box(west_m, south_m, east_m, north_m):
    x = np.array([west_m, east_m, east_m, west_m]) + 320_000.0
    y = np.array([south_m, south_m, north_m, north_m]) + 3_728_000.0
    return shapely.Polygon(np.column_stack(to_degrees(x, y, "EPSG:32643")))


def make_map_land(*areas):
    rows = [
        describe_land(f"w{number}", kind, {"name": name}, "map.osm")
        for number, (kind, name, _) in enumerate(areas)
    ]
    return make_land(rows, np.array([box for _, _, box in areas], dtype=object))


@pytest.fixture
def build_with(study):
    """Build the drawn study with land of the map."""

    def build(land, **settings):
        study.land = land
        return study.build(**settings)

    return build


CEMETERY = (LandKind.CEMETERY, "H-8", draw_box(300, 300, 700, 700))
AIRPORT = (LandKind.AERODROME, "", draw_box(2300, 2300, 2700, 2700))
WORKS = (LandKind.INDUSTRIAL, "I-9", draw_box(2300, 300, 2700, 700))


def test_candidates_on_excluded_land_go_with_the_reason(study, build_with):
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 2500, 2500)
    study.put("n3", "fuel", 2500, 500)
    sites = build_with(make_map_land(CEMETERY, AIRPORT, WORKS), kinds=["fuel"])
    assert sites.table["site_id"].tolist() == [
        "n2",
        "n3",
    ]  # airports are not excluded by default, industry never
    gone = sites.removed.set_index("site_id").loc["n1"]
    assert gone["reason"] == "on land where no station can be built"
    assert gone["detail"] == 'cemetery "H-8" (w0)'


def test_kinds_of_land_can_be_chosen_and_left_unread(study, build_with):
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 2500, 2500)
    land = make_map_land(CEMETERY, AIRPORT)
    chosen = build_with(land, kinds=["fuel"], exclusion=ExclusionSettings(kinds=[LandKind.AERODROME]))
    assert chosen.table["site_id"].tolist() == ["n1"]
    unread = build_with(land, kinds=["fuel"], exclusion=ExclusionSettings(from_network_file=False))
    assert unread.table["site_id"].tolist() == ["n1", "n2"]


@pytest.mark.parametrize("status", ["existing", "competitor", "required"])
def test_sites_that_are_not_candidates_stay(study, build_with, caplog, status):
    study.write_csv("own.csv", status, [{"x_m": 500, "y_m": 500, "name": "Gate"}])
    sites = build_with(make_map_land(CEMETERY))
    assert sites.table["status"].tolist() == [status]
    told = "1 required site on land where no station can be built"
    assert (told in caplog.text) == (status == "required")


def test_polygons_of_the_planner_exclude_whole(study, build_with, tmp_path):
    import geopandas as gpd

    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 2500, 2500)
    path = tmp_path / "closed.geojson"
    layer = gpd.GeoDataFrame({"name": ["Red Zone"]}, geometry=[CEMETERY[2]], crs="EPSG:4326")
    layer.to_file(path)
    sites = build_with(make_map_land(), kinds=["fuel"], exclusion=ExclusionSettings(paths=[path]))
    assert sites.table["site_id"].tolist() == ["n2"]
    assert sites.removed["detail"].tolist() == ['planner "Red Zone" (closed:000000)']


def test_faults_of_the_planners_polygons_are_told_together(tmp_path):
    import geopandas as gpd

    points = tmp_path / "points.geojson"
    gpd.GeoDataFrame({"kind": ["swamp"]}, geometry=[shapely.Point(73, 33)], crs="EPSG:4326").to_file(points)
    paths = [points, tmp_path / "none.geojson"]
    with pytest.raises(DataError) as error:
        gather_excluded_land(make_map_land(), ExclusionSettings(paths=paths))
    words = " | ".join(error.value.faults)
    assert "points.geojson: no polygon in feature 1" in words
    assert "'swamp'" in words
    assert "none.geojson" in words


def test_industry_cannot_be_excluded():
    with pytest.raises(ValueError, match="kinds may not hold industrial"):
        ExclusionSettings(kinds=[LandKind.INDUSTRIAL])
