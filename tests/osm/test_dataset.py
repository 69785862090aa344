"""A dataset is published whole or not at all; list and verify find what is wrong with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from osm_samples import AREA, make_grid, make_manifest, publish_grid

from chargeplan.area import read_polygons
from chargeplan.errors import ConfigError, DataError
from chargeplan.osm.dataset import find_dataset, list_datasets, publish_dataset, verify_datasets
from chargeplan.osm.manifest import find_manifest_path, read_manifest
from chargeplan.osm.merge import write_elements


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def test_a_dataset_is_three_files(folder):
    path = publish_grid(folder)
    assert path == folder / "multan" / "multan.osm.pbf"
    names = ["area.geojson", "multan.osm.pbf", "multan.osm.pbf.manifest.json"]
    assert sorted(file.name for file in path.parent.iterdir()) == names
    assert [file.name for file in folder.iterdir()] == ["multan"]


def test_the_area_can_be_a_study_area(folder):
    path = publish_grid(folder)
    area = read_polygons(path.parent / "area.geojson", "study.area.polygon")
    assert area.equals_exact(AREA, 1e-7, normalize=True)


def test_a_whole_dataset_has_no_fault(folder):
    publish_grid(folder)
    publish_grid(folder, "lahore")
    for states in (list_datasets(folder), verify_datasets(folder)):
        assert [(state.name, state.fault) for state in states] == [("lahore", ""), ("multan", "")]
        assert states[1].manifest.counts == {"nodes": 50, "ways": 14, "relations": 1, "roads": 14}


def test_publishing_twice_gives_the_same_bytes(folder):
    path = publish_grid(folder)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    publish_grid(folder)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_failed_publication_leaves_the_old_dataset(folder):
    path = publish_grid(folder)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def fail(data_path):
        write_elements(data_path, make_grid()[:10])
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        publish_dataset(folder, "multan", area=AREA, write_data=fail, make_manifest=make_manifest)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert [file.name for file in folder.iterdir()] == ["multan"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": {"nodes": 51, "ways": 14, "relations": 1}}, "holds 50 nodes.*manifest says 51 nodes"),
        ({"sha256": "0" * 64}, "SHA-256 differs"),
        ({"file_name": "other.osm.pbf"}, "manifest is of other.osm.pbf"),
    ],
)
def test_a_manifest_that_does_not_fit_is_not_published(folder, changes, words):
    with pytest.raises(DataError, match=words):
        publish_grid(folder, **changes)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "ملتان", "-x", "a" * 65, "a\0", "con"])
def test_a_name_that_could_leave_the_folder_is_refused(folder, name):
    with pytest.raises(ConfigError, match="cannot be the name of a dataset"):
        publish_grid(folder, name)
    assert verify_datasets(folder, [name])[0].fault
    assert not folder.exists()


def test_a_folder_of_other_things_is_never_replaced(folder):
    thesis = folder / "multan" / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("years of work")
    with pytest.raises(DataError, match=r"not a dataset of chargeplan \(it holds thesis.txt\)"):
        publish_grid(folder)
    assert thesis.read_text() == "years of work"


def test_other_folders_are_not_datasets(folder):
    publish_grid(folder)
    (folder / ".lahore.tiles").mkdir()
    (folder / "notes").mkdir()
    (folder / "file.txt").touch()
    assert [state.name for state in list_datasets(folder)] == ["multan"]
    assert list_datasets(folder / "nowhere") == verify_datasets(folder / "nowhere") == []


def test_a_dataset_that_is_not_there_is_a_fault_when_named(folder):
    publish_grid(folder)
    states = verify_datasets(folder, ["quetta", "multan"])
    assert [state.name for state in states] == ["multan", "quetta"]
    assert states[0].fault == ""
    assert "no such dataset" in states[1].fault


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("multan.osm.pbf", "is missing"),
        ("multan.osm.pbf.manifest.json", "manifest.json is missing"),
        ("area.geojson", "area.geojson is missing"),
    ],
)
def test_a_missing_file_shows_in_the_list_already(folder, missing, words):
    (publish_grid(folder).parent / missing).unlink()
    for states in (list_datasets(folder), verify_datasets(folder)):
        assert words in states[0].fault
        assert "again" in states[0].fault


def test_a_file_cut_short_shows_in_the_list_already(folder):
    path = publish_grid(folder)
    path.write_bytes(path.read_bytes()[:-1])
    assert "is cut short" in list_datasets(folder)[0].fault


def test_a_changed_byte_shows_in_the_verification(folder):
    path = publish_grid(folder)
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)
    assert list_datasets(folder)[0].fault == ""
    assert "SHA-256 differs" in verify_datasets(folder)[0].fault


def test_a_changed_area_shows_in_the_verification(folder):
    area = publish_grid(folder).parent / "area.geojson"
    area.write_text(area.read_text().replace("73.06", "73.05"))
    assert "is not the area" in verify_datasets(folder)[0].fault


def test_the_manifest_names_the_checksum_of_the_area(folder):
    path = publish_grid(folder)
    assert len(read_manifest(path, "multan").area_sha256) == 64
    assert json.loads(find_manifest_path(path).read_text())["area_sha256"] != ""


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from osm_samples import publish_grid
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    publish_grid(Path(sys.argv[1]), limits=("a limit" * 20_000,))
except OSError as error:
    print("refused:", error, flush=True)
"""


# The temporary texts have about 7,000 bytes, the data file 524, this manifest more than 100,000.
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes on Windows")
@pytest.mark.parametrize("limit", [0, 300, 50_000])
def test_a_full_disk_leaves_the_old_dataset_and_nothing_else(folder, limit):
    path = publish_grid(folder)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    tests = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder), str(limit), str(tests)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("refused:")
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert os.listdir(folder) == ["multan"]


def test_a_data_file_without_a_manifest_is_never_replaced(folder):
    own = folder / "multan" / "multan.osm.pbf"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"years of work")
    for call in (lambda: publish_grid(folder), lambda: find_dataset(folder, "multan", thorough=True)):
        with pytest.raises(DataError, match=r"has no manifest: .*move it elsewhere, or choose another name"):
            call()
    assert own.read_bytes() == b"years of work"


def test_what_there_is_to_replace_is_found_under_its_name_in_any_case(folder):
    assert find_dataset(folder, "multan", thorough=True) is None
    publish_grid(folder)
    state = find_dataset(folder, "Multan", thorough=True)
    assert (state.name, state.fault) == ("multan", "")


@pytest.mark.parametrize(
    "look",
    [
        list_datasets,
        lambda folder: verify_datasets(folder, ["multan"]),
        lambda folder: [find_dataset(folder, "multan", thorough=True)],
    ],
)
def test_a_dataset_that_a_killed_run_put_aside_comes_back(folder, look):
    path = publish_grid(folder)
    path.parent.rename(folder / ".multan.old.0.abcdefgh")
    (state,) = look(folder)
    assert (state.name, state.fault) == ("multan", "")
    assert os.listdir(folder) == ["multan"]
