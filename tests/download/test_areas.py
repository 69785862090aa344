"""Which area is fetched, and what is refused before anything is asked of a server."""

import csv
import json
import math

import pytest
import shapely

from chargeplan.city_areas import find_city_area, read_city_areas
from chargeplan.config.settings import AreaSettings, StudySettings
from chargeplan.download.area_shapes import find_metric_crs, measure_km2
from chargeplan.download.areas import check_area, choose_area, parse_numbers
from chargeplan.errors import ConfigError, DataError
from chargeplan.osm.dataset_paths import check_name

BIG_CITIES = (
    "karachi",
    "lahore",
    "faisalabad",
    "rawalpindi",
    "gujranwala",
    "multan",
    "hyderabad",
    "peshawar",
    "islamabad",
    "quetta",
    "sialkot",
)
# Half a degree of longitude by 0.4 of latitude around Multan.
BOX = (71.2, 30.0, 71.7, 30.4)


def test_big_cities_have_a_pinned_relation():
    cities = read_city_areas()
    assert all(cities[name].relation_id > 0 for name in BIG_CITIES)
    # The ids as recorded answers of Nominatim have them.
    assert cities["islamabad"].relation_id == 358002
    assert cities["karachi"].relation_id == 6080948


def test_city_table_holds_together(project_folder):
    with (project_folder / "data" / "cities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cities = read_city_areas()
    assert len(cities) == len(rows) >= 40
    words = [word for city in cities.values() for word in (city.name, *city.aliases)]
    assert len(words) == len(set(words))
    ids = [city.relation_id for city in cities.values() if city.relation_id]
    assert len(ids) == len(set(ids))
    for row in rows:
        assert check_name(row["name"]) == row["name"]
        assert row["source"]
        assert row["year"]
        assert row["confidence"] in {"high", "med", "low", "assumption"}
        assert 5 <= float(row["area_km2"]) <= 10_000


def test_every_city_can_be_chosen_and_is_a_relation_or_a_circle_of_its_size():
    for city in read_city_areas().values():
        area = choose_area(city.name)
        assert area.name == city.name
        if city.relation_id:
            assert (area.relation_id, area.boundary, area.expected_km2) == (
                city.relation_id,
                None,
                city.area_km2,
            )
        else:
            assert measure_km2(area.boundary) == pytest.approx(city.area_km2, rel=0.01)
            assert check_area(area.boundary, area.words) == []


def test_city_is_found_by_case_spaces_and_other_names():
    for text in ("Multan", "MULTAN", " multan "):
        assert choose_area(text).name == "multan"
    assert find_city_area("pindi").name == find_city_area("Rawalpindi").name == "rawalpindi"
    assert find_city_area("Mirpur Khas").name == find_city_area("mirpur-khas").name == "mirpur-khas"
    assert choose_area("multan").words == "relation 16117648 (Multan District)"


def test_unknown_city_names_the_nearest_and_the_other_ways():
    with pytest.raises(ConfigError, match=r"did you mean lahore\?") as error:
        choose_area("lahor")
    assert "--relation ID" in str(error.value)
    with pytest.raises(ConfigError) as error:
        choose_area("zzzzzz")
    assert "did you mean" not in str(error.value)


def test_two_options_at_once_are_refused():
    with pytest.raises(ConfigError, match="got --relation and --box"):
        choose_area("multan", relation=5, box=BOX)


@pytest.mark.parametrize("relation", [0, -7, 2**63])
def test_relation_id_that_cannot_be_one_is_refused(relation):
    with pytest.raises(ConfigError, match=f"--relation: got {relation}; expected the id"):
        choose_area("multan", relation=relation)


def test_box_has_the_size_worked_out_by_hand():
    # 0.5 degrees at 30.2 N: 111.32 km * cos(30.2) * 0.5 = 48.1 km; 0.4 degrees of latitude: 44.3 km.
    area = choose_area("multan", box=BOX)
    assert measure_km2(area.boundary) == pytest.approx(48.1 * 44.3, rel=0.005)
    assert area.words == "box 71.2,30,71.7,30.4"


def test_swapped_box_says_how_it_was_meant():
    with pytest.raises(ConfigError, match=r"swapped; did you mean --box 71\.2,30,71\.7,30\.4\?"):
        choose_area("multan", box=(30.0, 71.2, 30.4, 71.7))
    with pytest.raises(ConfigError, match=r"swapped; did you mean --circle 71\.4,30\.2,5\?"):
        choose_area("multan", circle=(30.2, 71.4, 5))


@pytest.mark.parametrize(
    "box", [(71.7, 30.0, 71.2, 30.4), (71.2, 30.4, 71.7, 30.0), (71.2, 30.0, 71.2, 30.4)]
)
def test_box_with_its_corners_in_the_wrong_order_is_refused(box):
    with pytest.raises(ConfigError, match="west < east"):
        choose_area("multan", box=box)


def test_box_beyond_the_globe_is_refused():
    with pytest.raises(ConfigError, match="-180 to 180"):
        choose_area("multan", box=(71.0, 30.0, 271.0, 31.0))


@pytest.mark.parametrize("lat", [24.0, 36.0])
def test_circle_has_the_area_of_a_circle_within_one_percent(lat):
    area = choose_area("mine", circle=(70.0, lat, 0.5 * 10))
    assert measure_km2(area.boundary) == pytest.approx(math.pi * 25, rel=0.01)


@pytest.mark.parametrize("radius_km", [0, -3, 500])
def test_circle_of_no_use_is_refused(radius_km):
    with pytest.raises(ConfigError, match="--circle: got a radius of"):
        choose_area("mine", circle=(70.0, 30.0, radius_km))


def test_area_of_a_study_is_the_area_it_plans_for():
    study = StudySettings(name="town", title="T", year=2030, area=AreaSettings(box=list(BOX)))
    area = choose_area("town", study=study)
    assert area.words == "area of the study town"
    assert area.boundary.equals(shapely.box(*BOX))


def test_polygon_file_is_read_in_its_crs_and_refused_without_one(tmp_path):
    import geopandas as gpd

    layer = gpd.GeoDataFrame(geometry=[shapely.box(*BOX)], crs=4326)
    layer.to_crs(32642).to_file(tmp_path / "utm.gpkg")
    area = choose_area("multan", polygon=tmp_path / "utm.gpkg")
    assert area.words == "polygons of utm.gpkg"
    assert measure_km2(area.boundary) == pytest.approx(48.1 * 44.3, rel=0.005)

    layer.to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    with pytest.raises(DataError, match=r"--polygon: .*bare\.shp has no CRS"):
        choose_area("multan", polygon=tmp_path / "bare.shp")
    with pytest.raises(DataError, match=r"--polygon: no file at .*; check the path$"):
        choose_area("multan", polygon=tmp_path / "nowhere.gpkg")
    (tmp_path / "point.geojson").write_text(
        json.dumps(
            {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [71, 30]}}
        )
    )
    with pytest.raises(DataError, match="holds Point and no polygon"):
        choose_area("multan", polygon=tmp_path / "point.geojson")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.Point(71, 30), "the area is 0 km2"),
        (shapely.LineString([(71, 30), (72, 30)]), "the area is 0 km2"),
        (shapely.Polygon(), "the area is 0 km2"),
        (
            shapely.box(71, 30, 71.01, 30.01),
            r"the area is 1\.1 km2; expected 5 to 10,000 km2; choose a larger",
        ),
        (
            shapely.box(62, 25, 70, 31),
            r"the area is 52\d,\d\d\d\.\d km2; expected 5 to 10,000 km2; choose a dis",
        ),
        (shapely.box(-180, -90, 180, 90), "a large part of the world; expected 5 to 10,000"),
    ],
)
def test_area_too_small_or_too_large_is_refused_with_its_size(shape, said):
    with pytest.raises(DataError, match=said):
        check_area(shape, "relation 1 (X)")


def test_size_limits_are_five_and_ten_thousand_km2():
    # sqrt(5) km = 2.236 km on each side: 0.02009 degrees of latitude, 0.02009 / cos(30) of longitude.
    def make_square(side_km):
        height = side_km / 110.85  # km per degree of latitude at 30 N on the WGS84 ellipsoid
        width = side_km / 96.49  # km per degree of longitude at 30 N
        return shapely.box(71 - width / 2, 30 - height / 2, 71 + width / 2, 30 + height / 2)

    assert check_area(make_square(math.sqrt(5.05)), "x") == []
    with pytest.raises(DataError, match="choose a larger one"):
        check_area(make_square(math.sqrt(4.95)), "x")
    assert check_area(make_square(math.sqrt(9_900)), "x") == []
    with pytest.raises(DataError, match="expected 5 to 10,000 km2"):
        check_area(make_square(math.sqrt(10_100)), "x")


def test_area_outside_pakistan_is_said_and_not_refused():
    (doubt,) = check_area(shapely.box(-58.6, -34.8, -58.2, -34.4), "box Buenos Aires")
    assert doubt.startswith("box Buenos Aires: the area is outside Pakistan")
    (doubt,) = check_area(shapely.box(59.8, 25.2, 60.2, 25.6), "box at the border")
    assert "partly outside Pakistan" in doubt


def test_boundary_of_another_size_than_the_table_says_is_doubted():
    box = shapely.box(*BOX)  # 2,131 km2
    assert check_area(box, "relation 1", expected_km2=2000.0) == []
    (doubt,) = check_area(box, "relation 1", expected_km2=3720.0)
    assert doubt.startswith("relation 1: the boundary measures 2,1")
    assert "data/cities.csv says 3,720 km2; look at area.geojson" in doubt
    (doubt,) = check_area(box, "relation 1", expected_km2=3720.0, note="it reaches into the sea")
    assert "3,720 km2 (it reaches into the sea)" in doubt


def test_utm_zone_is_found_on_both_halves_of_the_globe():
    assert find_metric_crs(67.0, 24.9) == "EPSG:32642"
    assert find_metric_crs(180.0, -1.0) == "EPSG:32760"


@pytest.mark.parametrize("name", ["", " ", "Lahore Cantt", "../x", "لاہور", "a" * 65, "-x", "con"])
def test_name_that_cannot_be_a_folder_everywhere_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be the name of a dataset"):
        choose_area(name, box=BOX)


def test_refused_name_comes_with_a_better_one():
    with pytest.raises(ConfigError, match="such as lahore-cantt"):
        check_name("Lahore Cantt")


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,nan", "1;2;3;4", "1,2,3,inf"])
def test_text_that_is_not_the_numbers_asked_for_is_refused(text):
    with pytest.raises(ConfigError, match=r"--box: got .*expected 4 numbers: W,S,E,N"):
        parse_numbers(text, "--box", "W,S,E,N")
