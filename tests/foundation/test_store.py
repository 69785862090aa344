"""Records come back as they were, and a folder that was touched is refused."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import toy_city

from chargeplan.errors import DataError
from chargeplan.records import DemandCells, PlanProblem, RoadNetwork, Solution
from chargeplan.store import check_records, read_record, write_records


def assert_equal_records(left, right) -> None:
    for field in dataclasses.fields(left):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if isinstance(a, pd.DataFrame):
            pd.testing.assert_frame_equal(a, b)
        elif sp.issparse(a):
            assert (a != b).nnz == 0
        elif isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
        elif dataclasses.is_dataclass(a):
            assert_equal_records(a, b)
        elif isinstance(a, float) and np.isnan(a):
            assert np.isnan(b)
        else:
            assert a == b
            assert type(a) is type(b)


RECORDS = {
    "network": (toy_city.make_network(), RoadNetwork),
    "demand": (toy_city.make_cells(), DemandCells),
    "problem": (toy_city.make_problem(toy_city.make_request()), PlanProblem),
    "solution": (toy_city.make_solution([3, 0, 2], np.zeros(9), 0.0), Solution),
}


@pytest.fixture
def folder(tmp_path):
    write_records(tmp_path, {name: record for name, (record, _) in RECORDS.items()})
    return tmp_path


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_comes_back_as_it_was(folder, name):
    record, record_type = RECORDS[name]
    check_records(folder)
    assert_equal_records(record, read_record(folder, name, record_type))


def test_the_same_records_are_the_same_bytes(folder, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    write_records(again, {name: record for name, (record, _) in RECORDS.items()})
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in again.iterdir()
    }


def test_a_changed_byte_is_found(folder):
    path = folder / "network.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"network\.npz: changed since the run"):
        check_records(folder)


def test_missing_and_foreign_files_are_named_together(folder):
    (folder / "demand.json").unlink()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(DataError) as caught:
        check_records(folder)
    assert len(caught.value.faults) == 2


def test_another_format_version_is_refused(folder):
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"format_version": 999}))
    with pytest.raises(DataError, match="written in format 999"):
        check_records(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": 1}'])
def test_a_damaged_manifest_is_refused(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(DataError, match="damaged"):
        check_records(folder)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(DataError, match="run the study again"):
        check_records(tmp_path)


@pytest.mark.parametrize(
    ("content", "change"),
    [
        ('{"vary": {"key": "model.max_sites", "values": [3, 5]}}', "--set model.max_sites=3, and"),
        ("damaged", "--set KEY=VALUE, and"),
    ],
)
def test_the_folder_of_a_sweep_is_named_as_one(tmp_path, content, change):
    (tmp_path / "curve.json").write_text(content)
    with pytest.raises(DataError, match="is the folder of a sweep") as caught:
        check_records(tmp_path)
    assert change in str(caught.value)
    assert "run the study again" not in str(caught.value)
