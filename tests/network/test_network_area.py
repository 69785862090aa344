"""The cut at the study area, places inside it, the source record."""

import hashlib

import pytest
import shapely

from chargeplan.config.settings import NetworkSettings
from chargeplan.files import find_data_file
from chargeplan.network.read import read_network
from chargeplan.records import StudyArea

PRIMARY = {"highway": "primary"}


def make_area(boundary: shapely.Geometry, *, is_schematic: bool = False) -> StudyArea:
    return StudyArea("small", "Small", boundary, "EPSG:32643", 10.0, is_schematic)


@pytest.fixture
def read_cut(tmp_path):
    def read(drawing, boundary, *, is_schematic=False, **settings):
        path = tmp_path / "drawn.osm"
        path.write_text(drawing.write_xml(), encoding="utf-8")
        return read_network(
            make_area(boundary, is_schematic=is_schematic), NetworkSettings(path=path, **settings)
        )

    return read


# Ten nodes 92.7 m apart on one line from 73.050 E; the area ends at 73.0525, between C and D.
LINE = "ABCDEFGHIJ"
WEST_PART = shapely.box(73.04, 33.71, 73.0525, 33.73)


def test_road_that_leaves_the_buffer_keeps_its_last_stretch(draw, read_cut):
    reading = read_cut(draw(LINE, (LINE, PRIMARY)), WEST_PART, buffer_km=0.0)
    assert reading.network.road_lonlat[:, 0].max() == pytest.approx(73.053)  # D


def test_buffer_reaches_beyond_the_area(draw, read_cut):
    # 250 m beyond 73.0525 is 73.0552: F is inside, G the end of the last stretch.
    reading = read_cut(draw(LINE, (LINE, PRIMARY)), WEST_PART, buffer_km=0.25)
    assert reading.network.road_lonlat[:, 0].max() == pytest.approx(73.056)


def test_cut_follows_the_polygon_and_not_its_box(draw, read_cut):
    # Two triangles' worth of box: the line at 33.72 is inside west of 73.0535 only.
    triangle = shapely.Polygon([(73.04, 33.71), (73.0635, 33.71), (73.0435, 33.73), (73.04, 33.73)])
    reading = read_cut(draw(LINE, (LINE, PRIMARY)), triangle, buffer_km=0.0)
    assert reading.network.road_lonlat[:, 0].max() == pytest.approx(73.054)  # E, the first outside


def test_places_are_read_inside_the_area_without_its_buffer(draw, read_cut):
    drawing = draw(LINE, (LINE, PRIMARY))
    drawing.points = [
        (501, 73.0520, 33.7201, {"amenity": "fuel", "name": "Inside", "name:en": "In", "capacity": "4"}),
        (502, 73.0530, 33.7201, {"amenity": "fuel", "name": "Outside"}),
        (503, 73.0520, 33.7202, {"amenity": "bench"}),
        (504, 73.0520, 33.7202, {"highway": "crossing"}),
    ]
    table = read_cut(drawing, WEST_PART, buffer_km=2.0).places.table
    assert table["place_id"].tolist() == ["n501"]
    row = table.iloc[0]
    assert (row["kind"], row["name"], row["name_en"], row["capacity"], row["source"]) == (
        "fuel", "Inside", "In", 4.0, "drawn.osm",
    )  # fmt: skip
    assert (row["lon"], row["lat"]) == pytest.approx((73.0520, 33.7201))


def test_closed_way_is_a_place_at_a_point_inside_it(draw, read_cut):
    picture = """
    ABC
    DEF
    """
    drawing = draw(
        picture, ("ABC", PRIMARY), ("ABEDA", {"amenity": "parking"}), ("BCF", {"amenity": "parking"})
    )
    table = read_cut(drawing, WEST_PART).places.table
    assert table["place_id"].tolist() == ["w102"]  # the open way is no area
    assert shapely.box(*drawing.nodes["D"], *drawing.nodes["B"]).contains(
        shapely.Point(table["lon"][0], table["lat"][0])
    )


def test_closed_way_with_a_missing_corner_still_is_a_place(draw, read_cut):
    drawing = draw("ABC\nDEF", ("ABC", PRIMARY), ("DEFGD", {"shop": "mall"}))
    table = read_cut(drawing, WEST_PART).places.table
    assert table["place_id"].tolist() == ["w102"]
    del drawing.nodes["F"]  # two corners are left: no area
    reading = read_cut(drawing, WEST_PART)
    assert reading.places.table.empty
    assert reading.network.repairs["what"].tolist() == [
        "places with fewer than three corners in the file, left out"
    ]


def test_repeated_place_keeps_the_highest_version(draw, read_cut):
    drawing = draw("ABC", ("ABC", PRIMARY))
    drawing.header = (
        '<node id="700" lon="73.051" lat="33.72" version="2"><tag k="amenity" v="bank"/></node>'
        '<node id="700" lon="73.051" lat="33.72" version="1"><tag k="amenity" v="fuel"/></node>'
    )
    reading = read_cut(drawing, WEST_PART)
    assert reading.places.table["kind"].tolist() == ["bank"]
    assert reading.network.repairs["what"].tolist() == [
        "places that stand in the file more than once; the newest of each kept"
    ]


def test_places_drawn_as_multipolygons_are_told(draw, read_cut):
    drawing = draw("ABC", ("ABC", PRIMARY))
    area = '<tag k="type" v="multipolygon"/>'
    drawing.extra = (
        f'<relation id="77" version="1">{area}<tag k="shop" v="mall"/></relation>'
        f'<relation id="78" version="1">{area}<tag k="natural" v="water"/></relation>'
    )
    repairs = read_cut(drawing, WEST_PART).network.repairs.set_index("what")["examples"]
    assert repairs.to_dict() == {
        "places drawn as multipolygons in the file (in the study area or not), not read": "r77",
        "land drawn as multipolygons in the file (in the study area or not), not read": "r78",
    }


def test_source_names_file_checksum_and_licence(draw, read_cut, tmp_path):
    source = read_cut(draw("ABC", ("ABC", PRIMARY)), WEST_PART).source
    content = (tmp_path / "drawn.osm").read_bytes()
    assert (source.key, source.file_name, source.size_bytes) == ("network.path", "drawn.osm", len(content))
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    assert (source.licence, source.attribution) == ("ODbL 1.0", "© OpenStreetMap contributors")


def test_a_planners_file_called_schematic_is_still_credited_to_openstreetmap(draw, read_cut):
    source = read_cut(draw("ABC", ("ABC", PRIMARY)), WEST_PART, is_schematic=True).source
    assert (source.licence, source.attribution) == ("ODbL 1.0", "© OpenStreetMap contributors")


@pytest.mark.parametrize("is_schematic", [True, False])
def test_streets_of_the_project_itself_are_not_credited_to_openstreetmap(is_schematic):
    path = find_data_file("demo", "islamabad-schematic.osm.gz")
    area = make_area(shapely.box(73.03, 33.70, 73.06, 33.72), is_schematic=is_schematic)
    source = read_network(area, NetworkSettings(path=path)).source
    assert (source.licence, source.attribution) == ("MIT", "Schematic street plan of chargeplan")
