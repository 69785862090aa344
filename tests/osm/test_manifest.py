"""A manifest is read back as it was written, or refused with what to do."""

import dataclasses
import json

import pytest
from osm_samples import make_manifest

from chargeplan.errors import DataError
from chargeplan.osm.manifest import (
    Manifest,
    QueryNote,
    check_manifest,
    find_manifest_path,
    get_covered,
    read_manifest,
    write_manifest,
)
from chargeplan.osm.merge import MergeResult

RESULT = MergeResult(counts={"nodes": 3, "ways": 2, "relations": 1}, n_missing_way_nodes=0, n_repeated=0)


@pytest.fixture
def data_path(tmp_path):
    path = tmp_path / "multan.osm.pbf"
    path.write_bytes(b"the data")
    return path


@pytest.fixture
def manifest(data_path):
    return make_manifest(data_path, RESULT)


def test_a_manifest_stands_beside_its_file(data_path):
    assert find_manifest_path(data_path) == data_path.with_name("multan.osm.pbf.manifest.json")


def test_what_is_written_is_read_back(data_path, manifest):
    write_manifest(data_path, manifest)
    back = read_manifest(data_path, "network.path")
    assert back == manifest
    assert isinstance(back.queries[0], QueryNote)
    check_manifest(data_path, back, "network.path")
    assert get_covered(back).bounds == (72.97, 33.57, 73.09, 33.69)


def test_equal_manifests_are_equal_bytes(data_path, manifest):
    write_manifest(data_path, manifest)
    before = find_manifest_path(data_path).read_bytes()
    counts = dict(reversed(manifest.counts.items()))
    write_manifest(data_path, dataclasses.replace(manifest, counts=counts))
    assert find_manifest_path(data_path).read_bytes() == before


def test_a_file_without_a_manifest_has_none(data_path):
    assert read_manifest(data_path, "network.path") is None


def rewrite(data_path, **changes):
    """Write a manifest by hand: as JSON, with a checksum that fits."""
    from chargeplan.osm import manifest as module

    path = find_manifest_path(data_path)
    content = {**json.loads(path.read_text()), **changes, "manifest_sha256": "0" * 64}
    content = {name: value for name, value in content.items() if value != "REMOVED"}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text.replace('"' + "0" * 64 + '"', f'"{module._compute_own_checksum(text)}"', 1))


def test_a_hand_written_manifest_with_a_fitting_checksum_is_read(data_path, manifest):
    write_manifest(data_path, manifest)
    rewrite(data_path, area="somewhere else")
    assert read_manifest(data_path, "network.path").area == "somewhere else"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 2}, "has format 2, this version of chargeplan reads 1; update chargeplan"),
        ({"format_version": "1"}, "format_version is '1'"),
        ({"format_version": True}, "format_version is True"),
        ({"name": 7}, "name is not text"),
        ({"size_bytes": -1}, "size_bytes is not a whole number"),
        ({"size_bytes": 8.0}, "size_bytes is not a whole number"),
        ({"sha256": ""}, "sha256 is not a SHA-256"),
        ({"sha256": "AB" * 32}, "sha256 is not a SHA-256"),
        ({"source_sha256": "ab"}, "source_sha256 is not a SHA-256"),
        ({"osm_timestamp": "2026"}, "osm_timestamp is no time"),
        ({"retrieved": ""}, "retrieved is no time"),
        ({"retrieved": "2026-13-01T00:00:00Z"}, "retrieved is no time"),
        ({"queries": {}}, "queries is not a list"),
        ({"queries": [{"layer": "roads"}]}, "queries is not a list"),
        ({"counts": {"nodes": 1, "ways": 2}}, "counts has no relations"),
        ({"counts": {"nodes": "1", "ways": 2, "relations": 3}}, "counts is not an object"),
        ({"counts": []}, "counts is not an object"),
        ({"limits": "none"}, "limits is not a list"),
        ({"covered": {"type": "Point", "coordinates": [73, 33]}}, "covered is not a GeoJSON polygon"),
        (
            {"covered": {"type": "Polygon", "coordinates": [[[73, 33], [74]]]}},
            "covered is not a GeoJSON polygon",
        ),
        ({"covered": {"type": "Polygon", "coordinates": []}}, "covered is empty"),
        (
            {"covered": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
            "covered is empty or crosses itself",
        ),
        ({"licence": "REMOVED"}, "no licence"),
        ({"mirror": "x"}, "unknown member mirror"),
    ],
)
def test_a_manifest_of_another_make_is_refused(data_path, manifest, changes, words):
    write_manifest(data_path, manifest)
    rewrite(data_path, **changes)
    with pytest.raises(DataError, match=words) as caught:
        read_manifest(data_path, "network.path")
    assert str(caught.value).startswith("network.path: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"ODbL 1.0", b"ODbL 1.1", "its own checksum differs"),
        (b"\n ", b"\n\t", "its own checksum differs"),
        (b"}\n", b"}", "its own checksum differs"),
        (b"\n", b"\r\n", "its own checksum differs"),
        (b"Overpass API", b"Overpass \xff", "not UTF-8"),
        (b'"nodes": 3', b'"nodes": NaN', "damaged"),
        (b'"nodes": 3', b'"nodes" 3', "damaged"),
        (b'"manifest_sha256"', b'"manifest_sha257"', "its own checksum differs"),
    ],
)
def test_a_changed_manifest_is_refused(data_path, manifest, old, new, words):
    write_manifest(data_path, manifest)
    path = find_manifest_path(data_path)
    before = path.read_bytes()
    assert old in before
    path.write_bytes(before.replace(old, new))
    with pytest.raises(DataError, match=words):
        read_manifest(data_path, "network.path")


def test_an_empty_manifest_is_not_taken_for_none(data_path):
    find_manifest_path(data_path).touch()
    with pytest.raises(DataError, match="is empty"):
        read_manifest(data_path, "network.path")


def test_a_folder_in_place_of_a_manifest_is_refused(data_path):
    find_manifest_path(data_path).mkdir()
    with pytest.raises(DataError, match="is not a file"):
        read_manifest(data_path, "network.path")


def test_deep_nesting_is_refused_in_words(data_path):
    find_manifest_path(data_path).write_text("[" * 200_000)
    with pytest.raises(DataError, match="damaged"):
        read_manifest(data_path, "network.path")


def test_a_manifest_that_could_not_be_read_is_not_written(data_path, manifest):
    with pytest.raises(DataError, match="retrieved is no time"):
        write_manifest(data_path, dataclasses.replace(manifest, retrieved="today"))
    assert not find_manifest_path(data_path).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"the dat", "has 7 bytes, its manifest says 8"),
        (b"the dbta", "SHA-256 differs"),
        (None, "is missing"),
    ],
)
def test_another_file_is_not_that_of_the_manifest(data_path, manifest, content, words):
    data_path.unlink()
    if content is not None:
        data_path.write_bytes(content)
    with pytest.raises(DataError, match=f"network.path: .*{words}.*again"):
        check_manifest(data_path, manifest, "network.path")


def test_a_checksum_that_is_known_is_not_computed_again(data_path, manifest):
    check_manifest(data_path, manifest, "network.path", sha256=manifest.sha256)
    with pytest.raises(DataError, match="SHA-256 differs"):
        check_manifest(data_path, manifest, "network.path", sha256="0" * 64)


def test_the_fields_are_those_of_the_record(data_path, manifest):
    write_manifest(data_path, manifest)
    written = json.loads(find_manifest_path(data_path).read_text())
    fields = {field.name for field in dataclasses.fields(Manifest)}
    assert written.keys() == fields | {"format_version", "manifest_sha256"}
