"""`data list` and `data verify` say what is there, how old it is and what is wrong, with the exit code."""

import json
import shutil

import pytest
from osm_samples import publish_grid
from typer.testing import CliRunner

from chargeplan.cli import app


def call(*arguments):
    return CliRunner().invoke(app, ["data", *arguments])


@pytest.fixture
def folder(tmp_path):
    publish_grid(tmp_path / "cache")
    publish_grid(tmp_path / "cache", "lahore", osm_timestamp="2020-01-01T00:00:00Z")
    return tmp_path / "cache"


def test_the_list_tells_date_age_counts_and_licence(folder):
    result = call("list", "--folder", str(folder))
    assert result.exit_code == 0
    lahore, limits, multan, _, last = result.stdout.splitlines()
    assert limits == f"        1 limit; chargeplan data verify lahore --folder {folder} tells what they lack"
    assert lahore.startswith("there   lahore: OpenStreetMap data of 2020-01-01, ")
    assert "days old, 50 nodes, 14 ways, 1 relations" in multan
    assert multan.endswith("© OpenStreetMap contributors, ODbL 1.0")
    assert last == f"2 datasets in {folder}"


def test_old_data_are_warned_of_in_the_list(folder):
    warning, *_ = call("list", "--folder", str(folder)).stderr.splitlines()
    assert warning.startswith("warning: lahore: OpenStreetMap data of 2020-01-01, ")


def test_only_a_verification_calls_data_whole(folder):
    path = folder / "multan" / "multan.osm.pbf"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert call("list", "--folder", str(folder)).exit_code == 0
    result = call("verify", "--folder", str(folder))
    assert result.exit_code == 3
    lahore, limit, multan, *_, last = result.stdout.splitlines()
    assert limit == "        limit: 3 ways lack a node"
    assert lahore.startswith("whole   lahore: ")
    assert multan.startswith("broken  multan: ")
    assert "SHA-256 differs" in multan
    assert last == f"2 datasets verified in {folder}; 1 broken"


def test_verification_as_json_is_one_object_for_each_dataset(folder):
    result = call("verify", "lahore", "quetta", "--json", "--folder", str(folder))
    lahore, quetta, last = (json.loads(line) for line in result.stdout.splitlines())
    assert (lahore["name"], lahore["fault"], lahore["counts"]["ways"]) == ("lahore", "", 14)
    assert "no such dataset" in quetta["fault"]
    assert (last["event"], last["broken"], last["missing"], last["exit_code"]) == ("result", 0, 1, 3)


def test_what_is_not_there_is_missing_and_not_broken(folder):
    result = call("verify", "quetta", "--folder", str(folder))
    quetta, last = result.stdout.splitlines()
    assert quetta.startswith(f"missing quetta: no such dataset in {folder}")
    assert last == f"0 datasets verified in {folder}; 1 missing"


def test_a_copy_is_listed_by_its_name_on_the_disk(folder):
    shutil.copytree(folder / "multan", folder / "copy")
    for path in (folder / "copy").glob("multan*"):
        path.rename(path.with_name(path.name.replace("multan", "copy")))
    shutil.copytree(folder / "multan", folder / "mine")
    lines = call("list", "--folder", str(folder)).stdout.splitlines()
    copy, _, mine, _, last = [line for line in lines if not line.startswith(" ")]
    assert copy.startswith("broken  copy: the manifest is of multan.osm.pbf, not of copy.osm.pbf")
    assert "mine.osm.pbf.manifest.json is missing; multan.osm.pbf.manifest.json is there" in mine
    assert "name the folder and its files multan again" in mine
    assert last == f"4 datasets in {folder}; 2 broken"
