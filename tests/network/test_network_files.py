"""Damaged, odd and empty files: an error in words, or a repair that is counted."""

import bz2
import gzip
import random

import numpy as np
import osmium
import pytest

from chargeplan.config.settings import NetworkSettings
from chargeplan.errors import DataError
from chargeplan.network import node_locations
from chargeplan.network.read import read_network

PRIMARY = {"highway": "primary", "maxspeed": "36"}
CROSS = "A-B-C\n  |\n  D"


def write_pbf(path, drawing):
    source = path.with_name("source.osm")
    source.write_text(drawing.write_xml(), encoding="utf-8")
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for element in osmium.FileProcessor(str(source)):
            writer.add(element)
    return path


def write_as(path, drawing):
    """Write a drawing in the format of the name's ending."""
    if path.name.endswith(".pbf"):
        return write_pbf(path, drawing)
    content = drawing.write_xml().encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    elif path.suffix == ".bz2":
        content = bz2.compress(content)
    path.write_bytes(content)
    return path


ENDINGS = [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf"]


@pytest.fixture
def cross(draw):
    return draw(CROSS, ("ABC", PRIMARY), ("BD", PRIMARY))


@pytest.fixture
def read_file(study_area):
    def read(path):
        return read_network(study_area, NetworkSettings(path=path, speed_factor=1.0)).network

    return read


@pytest.mark.parametrize("ending", [*ENDINGS, ".OSM", ".OSM.PBF"])
def test_every_format_gives_the_same_network(tmp_path, cross, read_file, ending):
    plain = read_file(write_as(tmp_path / "plain.osm", cross))
    lower = write_as(tmp_path / f"streets{ending.lower()}", cross)
    path = lower.rename(tmp_path / f"Streets{ending}")
    other = read_file(path)
    assert np.array_equal(plain.node_id, other.node_id)
    assert np.array_equal(plain.seconds.toarray(), other.seconds.toarray())
    assert plain.roads.equals(other.roads)


@pytest.mark.parametrize("ending", ENDINGS)
def test_file_that_is_cut_short_is_refused(tmp_path, cross, read_file, ending):
    path = write_as(tmp_path / f"streets{ending}", cross)
    whole = path.read_bytes()
    for kept in (len(whole) - 1, len(whole) // 2, 12):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=r"network\.path: .*cannot be read as an OpenStreetMap file"):
            read_file(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_empty_file_is_refused(tmp_path, read_file, ending):
    path = tmp_path / f"streets{ending}"
    path.touch()
    with pytest.raises(DataError, match="is empty"):
        read_file(path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "content",
    [
        random.Random(1).randbytes(3000),
        b"<html><body>504 Gateway Timeout</body></html>",
        b'{"version": 0.6, "elements": []}',
        bytes(500),
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><osm version="0.6">&b;</osm>',
    ],
    ids=["noise", "html", "json", "zeros", "entities"],
)
def test_file_of_another_kind_is_refused(tmp_path, read_file, ending, content):
    path = tmp_path / f"streets{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"network\.path: .*get it again"):
        read_file(path)


def test_damaged_bytes_give_a_data_error_or_the_same_roads(tmp_path, cross, read_file):
    path = write_as(tmp_path / "streets.osm.pbf", cross)
    whole = path.read_bytes()
    expected = read_file(path)
    numbers = random.Random(7)
    n_refused = 0
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[numbers.randrange(len(damaged))] ^= 1 << numbers.randrange(8)
        path.write_bytes(bytes(damaged))
        try:
            network = read_file(path)
        except DataError:
            n_refused += 1
        else:  # a header or metadata byte that the roads do not depend on
            assert network.roads["length_m"].sum() == pytest.approx(expected.roads["length_m"].sum())
    assert n_refused >= 25


@pytest.mark.parametrize("name", ["streets.txt", "streets.geojson", "streets", "streets.pbf.zip"])
def test_unknown_name_ending_is_refused(tmp_path, read_file, name):
    path = tmp_path / name
    path.write_text("<osm/>")
    with pytest.raises(DataError, match=r"does not end in \.osm\.pbf, \.osm"):
        read_file(path)


def test_file_without_roads_is_refused(tmp_path, draw, read_file):
    with pytest.raises(DataError, match="holds no road that a car may use"):
        read_file(write_as(tmp_path / "a.osm", draw("A-B", ("AB", {"highway": "footway"}))))


def test_roads_elsewhere_are_refused_with_both_boxes(tmp_path, draw, read_file):
    drawing = draw("A-B", ("AB", PRIMARY))
    drawing.nodes = {"A": (67.0, 24.8), "B": (67.01, 24.81)}
    with pytest.raises(
        DataError,
        match=r"73\.0000, 33\.6500, 73\.1200, 33\.7500, the data's box 67\.0000, 24\.8000, 67\.0100, ",
    ):
        read_file(write_as(tmp_path / "a.osm", drawing))


def test_ways_without_any_node_are_refused(tmp_path, draw, read_file):
    drawing = draw("A-B", ("AB", PRIMARY))
    drawing.nodes = {}
    with pytest.raises(DataError, match="1 roads but not the nodes they run over"):
        read_file(write_as(tmp_path / "a.osm", drawing))


def test_oneway_street_alone_is_no_network(tmp_path, draw, read_file):
    with pytest.raises(DataError, match="form no network"):
        read_file(write_as(tmp_path / "a.osm", draw("A-B", ("AB", {**PRIMARY, "oneway": "yes"}))))


def test_negative_ids_of_an_editor_are_refused(tmp_path, draw, read_file):
    text = draw("A-B", ("AB", PRIMARY)).write_xml()
    for number in (1, 2):
        text = text.replace(f'id="{number}"', f'id="-{number}"').replace(
            f'ref="{number}"', f'ref="-{number}"'
        )
    path = tmp_path / "a.osm"
    path.write_text(text)
    with pytest.raises(DataError, match=r"2 nodes with negative ids \(-2, -1\)"):
        read_file(path)


@pytest.mark.parametrize("value", ["abc", "nan", "333.7", ""])
def test_coordinate_that_is_no_number_is_refused(tmp_path, cross, read_file, value):
    path = tmp_path / "a.osm"
    path.write_text(cross.write_xml().replace('lat="33.7200000"', f'lat="{value}"', 1))
    with pytest.raises(DataError, match="cannot be read as an OpenStreetMap file"):
        read_file(path)


def test_too_little_room_for_temporary_files_is_told(tmp_path, cross, read_file, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(node_locations.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(DataError, match="needs 64 MB of temporary files"):
        read_file(write_as(tmp_path / "a.osm", cross))


def test_no_temporary_file_is_left(tmp_path, cross, read_file, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(node_locations.tempfile, "tempdir", str(folder))
    path = write_as(tmp_path / "a.osm", cross)
    read_file(path)
    path.write_text("<osm")
    with pytest.raises(DataError):
        read_file(path)
    assert list(folder.iterdir()) == []


def test_way_is_split_at_a_missing_node_and_the_rest_kept(draw, read_drawing):
    drawing = draw("A-B-C-D\n|     |\nE-----F", ("ABCD", PRIMARY), ("AEFD", PRIMARY))
    del drawing.nodes["B"]
    streets = read_drawing(drawing)
    assert streets.find_repair("nodes that the file does not hold") == 1
    whole = read_drawing(draw("A   C-D\n|     |\nE-----F", ("CD", PRIMARY), ("AEFD", PRIMARY)))
    assert streets.network.roads["length_m"].sum() == pytest.approx(whole.network.roads["length_m"].sum())


@pytest.mark.parametrize(
    "elsewhere", [(2.35, 48.85), (33.72, 73.05), (0.0, 0.0)], ids=["Paris", "swapped", "null island"]
)
def test_node_outside_pakistan_is_dropped_and_counted(draw, read_drawing, elsewhere):
    drawing = draw("A-B-C", ("ABC", PRIMARY))
    drawing.nodes["C"] = elsewhere
    streets = read_drawing(drawing)
    assert streets.letters == "AB"
    assert streets.find_repair("nodes outside Pakistan") == 1


def test_ways_with_fewer_than_two_nodes_are_counted(draw, read_drawing):
    streets = read_drawing(draw("A-B", ("AB", PRIMARY), ("A", PRIMARY), ("", PRIMARY)))
    assert streets.find_repair("fewer than two nodes") == 2


def test_repeated_way_keeps_the_highest_version(draw, read_drawing):
    drawing = draw("A-B", ("AB", {**PRIMARY, "maxspeed": "72"}))
    drawing.extra = (
        '<way id="101" version="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/>'
        '<tag k="maxspeed" v="18"/></way>'
        '<way id="101" version="2"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/>'
        '<tag k="maxspeed" v="90"/></way>'
    )
    streets = read_drawing(drawing)
    assert streets.network.roads["speed_kmh"].tolist() == pytest.approx([18.0])
    assert streets.find_repair("ways that stand in the file more than once") == 1


@pytest.mark.parametrize(("versions", "lat"), [((3, 2), 33.73), ((2, 3), 33.74), ((1, 1), 33.74)])
def test_repeated_node_keeps_the_highest_version_else_the_last(draw, read_drawing, versions, lat):
    drawing = draw("A-B", ("AB", PRIMARY))
    del drawing.nodes["B"]
    first, last = versions
    drawing.header = (
        f'<node id="2" lon="73.06" lat="33.73" version="{first}"/>'
        f'<node id="2" lon="73.06" lat="33.74" version="{last}"/>'
    )
    streets = read_drawing(drawing)
    assert streets.network.road_lonlat[-1].tolist() == pytest.approx([73.06, lat])
    assert streets.find_repair("nodes that stand in the file more than once") == 1


def test_nodes_after_ways_are_found_all_the_same(draw, read_drawing, tmp_path, read_file):
    drawing = draw(CROSS, ("ABC", PRIMARY), ("BD", PRIMARY))
    lines = drawing.write_xml().splitlines()
    nodes = [line for line in lines if line.startswith("<node")]
    others = [line for line in lines if not line.startswith("<node") and line != "</osm>"]
    path = tmp_path / "unsorted.osm"
    path.write_text("\n".join([*others[:2], nodes[0], *others[2:], *reversed(nodes[1:]), "</osm>"]))
    assert read_file(path).roads.equals(read_drawing(drawing).network.roads)


def test_segments_without_length_are_merged_and_counted(draw, read_drawing):
    drawing = draw("A-B-C\n  |\n  D", ("AB", PRIMARY), ("EC", PRIMARY), ("BE", PRIMARY), ("EDD", PRIMARY))
    drawing.nodes["E"] = drawing.nodes["B"]
    streets = read_drawing(drawing)
    assert streets.letters == "ABCD"  # E became B, the lower id
    assert streets.find_repair("segments without length") == 2  # B-E and D-D
    assert (streets.network.seconds.data > 0).all()


def test_deleted_ways_are_no_roads(draw, read_drawing):
    drawing = draw("A-B-C", ("AB", PRIMARY))
    drawing.extra = (
        '<way id="900" version="2" visible="false"><nd ref="2"/><nd ref="3"/>'
        '<tag k="highway" v="primary"/></way>'
    )
    assert read_drawing(drawing).letters == "AB"


def test_date_is_that_of_the_newest_road_or_place(draw, read_drawing):
    drawing = draw("A-B", ("AB", PRIMARY))
    assert read_drawing(drawing).network.data_date == ""
    drawing.extra = (
        '<way id="900" version="1" timestamp="2024-05-06T07:08:09Z"><nd ref="1"/><nd ref="2"/>'
        '<tag k="highway" v="primary"/></way>'
        '<way id="901" version="1" timestamp="2023-05-06T07:08:09Z"><nd ref="1"/><nd ref="2"/>'
        '<tag k="highway" v="primary"/></way>'
    )
    reading = read_drawing(drawing).reading
    assert reading.network.data_date == reading.source.data_date == "2024-05-06"
