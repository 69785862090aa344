"""A file with a manifest is used only where it is complete; what it lacks is said."""

import dataclasses
import json

import pytest
import shapely
from osm_samples import AREA, COVERED, publish_grid

from chargeplan.config.settings import NetworkSettings
from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, find_data_file
from chargeplan.geo import WGS84, find_utm_crs, project_geometry
from chargeplan.network.read import read_network
from chargeplan.osm.manifest import find_manifest_path, read_manifest, write_manifest
from chargeplan.records import StudyArea

CRS = find_utm_crs(73.03)


def make_area(boundary):
    area_km2 = project_geometry(boundary, WGS84, CRS).area / 1e6
    return StudyArea("multan", "Multan", boundary, CRS, area_km2, False)


def read(path, boundary=AREA, *, buffer_km=2.0):
    return read_network(make_area(boundary), NetworkSettings(path=path, buffer_km=buffer_km))


def describe(path, **changes):
    """Change the manifest of a data file, as another fetch would have written it."""
    write_manifest(path, dataclasses.replace(read_manifest(path, "test"), **changes))


def list_buffer_notes(reading):
    repairs = reading.network.repairs
    return repairs[repairs.iloc[:, 0].str.contains("buffer")].to_numpy().tolist()


@pytest.fixture
def path(tmp_path):
    return publish_grid(tmp_path / "cache")


def test_the_source_is_told_as_the_manifest_has_it(path):
    source = read(path).source
    assert source.file_name == "multan.osm.pbf"
    assert source.sha256 == compute_sha256(path)
    assert (source.licence, source.attribution) == ("ODbL 1.0", "© OpenStreetMap contributors")
    assert source.data_date == "2026-03-19"  # of the manifest; the newest way is of 2021
    assert source.endpoint == "https://overpass.example/api/interpreter"
    assert source.limits == ("3 ways lack a node",)


def test_the_limits_of_the_manifest_are_warned_of(path):
    assert read(path).limits == ("3 ways lack a node",)


def test_a_manifest_without_a_date_leaves_that_of_the_newest_road(path):
    describe(path, osm_timestamp="", newest_osm_timestamp="", limits=())
    reading = read(path)
    assert reading.source.data_date == "2021-05-01"
    assert reading.limits == ()


def test_a_file_without_a_manifest_is_read_as_before_and_says_so(path):
    with_manifest = read(path)
    find_manifest_path(path).unlink()
    reading = read(path)
    assert reading.source.endpoint == ""
    assert reading.limits == ("no manifest: the file was not checked for completeness",)
    assert reading.source.attribution == "© OpenStreetMap contributors"
    assert reading.network.node_id.tolist() == with_manifest.network.node_id.tolist()


def test_the_street_plan_of_the_project_needs_no_manifest():
    own = find_data_file("demo", "islamabad-schematic.osm.gz")
    box = shapely.box(72.95, 33.62, 73.12, 33.76)
    reading = read(own, box)
    assert (reading.source.limits, reading.limits) == ((), ())
    assert reading.source.licence == "MIT"


def test_a_study_area_beyond_the_data_is_refused_with_what_to_do(path):
    _, south, east, north = COVERED.bounds
    # Two fifths of the data's width farther east: a third of this area is outside.
    area = shapely.box(east - 0.08, south + 0.03, east + 0.04, north - 0.03)
    outside_km2 = make_area(shapely.box(east, south + 0.03, east + 0.04, north - 0.03)).area_km2
    with pytest.raises(DataError) as caught:
        read(path, area)
    message = str(caught.value)
    assert message.startswith(f"network.path: {outside_km2:.1f} km2 of the study area (33.3%) lie outside")
    assert "`chargeplan fetch --study CONFIG --refresh`" in message
    assert "(asked for was box 73,33.6,73.06,33.66" in message


def test_of_a_cut_it_says_what_is_covered_and_to_cut_again(path):
    held = shapely.box(73.0, 33.6, 73.03, 33.66)  # the extract ended there: half of what was asked for
    describe(
        path, endpoint="", source="cut from pakistan.osm.pbf", covered=json.loads(shapely.to_geojson(held))
    )
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert (
        f"covers: {make_area(held).area_km2:.0f} km2 between west 73.0000, south 33.6000, east 73.0300"
        in message
    )
    assert "`chargeplan cut EXTRACT --study CONFIG --replace`" in message
    assert "fetch" not in message


def test_a_thousandth_of_the_study_area_may_lie_outside(path):
    east = COVERED.bounds[2]
    width = 0.06
    for share, is_refused in ((0.0009, False), (0.0011, True)):
        area = shapely.box(east - width * (1 - share), 33.60, east + width * share, 33.66)
        if is_refused:
            with pytest.raises(DataError, match="lie outside"):
                read(path, area, buffer_km=0)
        else:
            read(path, area, buffer_km=0)


def test_a_buffer_beyond_the_data_is_counted_and_said(path):
    assert list_buffer_notes(read(path, buffer_km=1.0)) == []
    # The data reach 0.03 degrees (2.78 km to the west, 3.33 km to the south) beyond the area.
    ((what, count, example),) = list_buffer_notes(read(path, buffer_km=5.0))
    assert "that the data do not cover" in what
    assert count > 50
    assert count - 1 < float(example.split()[0]) <= count


def test_data_in_several_parts_cover_what_lies_in_either(path):
    west, south, east, north = COVERED.bounds
    halves = shapely.MultiPolygon(
        [shapely.box(west, south, 73.03, north), shapely.box(73.031, south, east, north)]
    )
    describe(path, covered=json.loads(shapely.to_geojson(halves)))
    with pytest.raises(DataError, match=r"\(1\.7%\) lie outside"):  # 0.001 of 0.06 degrees
        read(path)


def test_another_file_under_the_same_name_is_refused(path):
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DataError, match=r"network.path: .* has 525 bytes, its manifest says 524.*again"):
        read(path)


def test_a_damaged_manifest_is_refused(path):
    manifest = find_manifest_path(path)
    manifest.write_text(manifest.read_text().replace("73.09", "83.09"))
    with pytest.raises(DataError, match=r"network.path: .*its own checksum differs.*again"):
        read(path)
