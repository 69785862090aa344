"""A run folder is complete, the same bytes each time, and never half replaced."""

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from chargeplan.errors import ChargeplanError, DataError, RecordError
from chargeplan.publish import run_folder
from chargeplan.publish.map_words import read_urdu_words
from chargeplan.publish.run_folder import list_linked_files, publish_run
from chargeplan.store import check_records

NAMES = {"index.html", "sites.geojson", "plan.gpkg", "demand.csv", "economics_by_year.csv", "run.json"}
NAMES |= {"report.html", "timings.json", "records", "demand_periods.csv", "demand_periods_by_cell.csv"}


def test_a_run_folder_holds_what_it_promises(published):
    assert {path.name for path in published.iterdir()} == NAMES
    check_records(published / "records")


def test_nothing_is_left_beside_the_folder(published):
    assert [path.name for path in published.parent.iterdir()] == ["sample"]


def test_only_timings_differ_when_only_clocks_differ(tmp_path, sample, published, read_files):
    steps = pd.DataFrame(
        {"phase": ["x"], "elapsed_s": [77.125], "incumbent_kwh_day": [1.0], "bound_kwh_day": [2.0]}
    )
    later = replace(
        sample,
        solution=replace(sample.solution, wall_s=98765.5, steps=steps),
        timings={"started_unix_s": 1.9e9, "command": "somewhere else", "peak_memory_mb": 1.5},
    )
    first, second = read_files(published), read_files(publish_run(tmp_path / "later", later))
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == ["timings.json"]
    for clock in (b"98765.5", b"77.125", b"1900000000", b"somewhere else"):
        assert clock in second["timings.json"]


def test_other_settings_change_the_record_of_the_run(tmp_path, sample, published, read_files):
    other = replace(sample, settings_as_run={"study": {"name": "sample", "year": 2031}})
    first, second = read_files(published), read_files(publish_run(tmp_path / "other", other))
    assert first["run.json"] != second["run.json"]


PUBLISH_SCRIPT = """
import pathlib, sys
from sample_bundle import build_sample_bundle
from chargeplan.publish.run_folder import publish_run
publish_run(pathlib.Path(sys.argv[1]), build_sample_bundle(hostile=True))
"""


def test_every_file_is_the_same_bytes_in_another_process_with_another_hash_seed(
    tmp_path, project_folder, hostile_sample, read_files
):
    here = os.environ.get("PYTHONHASHSEED", "random")  # of this process
    path = os.pathsep.join([str(project_folder), str(project_folder / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_SCRIPT, str(tmp_path / "there")],
        env=os.environ | {"PYTHONHASHSEED": "2" if here == "1" else "1", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first = read_files(publish_run(tmp_path / "here", hostile_sample))
    second = read_files(tmp_path / "there")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_an_older_run_is_replaced_as_a_whole(older_run, sample, read_files):
    folder, _ = older_run
    (folder / "plan.gpkg-wal").write_bytes(b"left by a GIS")
    (folder / "records" / "left_over.parquet").write_bytes(b"of an older version")
    publish_run(folder, sample)
    assert {path.name for path in folder.iterdir()} == NAMES
    assert not any(b"An older plan" in content for content in read_files(folder).values())
    assert [path.name for path in folder.parent.iterdir()] == ["sample"]


def fail_with(error):
    def fail(*arguments, **options):
        raise error

    return fail


def no_space():
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def older_run(tmp_path, older_published, read_files):
    folder = shutil.copytree(older_published, tmp_path / "maps" / "sample")
    return folder, read_files(folder.parent)


@pytest.mark.parametrize(
    "place",
    ["build_map_page", "build_geojson", "write_geopackage", "write_text", "write_records", "check_records"],
)
def test_a_full_disk_keeps_the_older_run(place, older_run, sample, monkeypatch, read_files):
    folder, before = older_run
    monkeypatch.setattr(run_folder, place, fail_with(no_space()))
    with pytest.raises(ChargeplanError, match="free disk space") as caught:
        publish_run(folder, sample)
    assert str(folder) in str(caught.value)
    assert read_files(folder.parent) == before


@pytest.mark.parametrize("name", ["index.html", "plan.gpkg"])
def test_a_file_that_cannot_grow_keeps_the_older_run(name, older_run, sample, monkeypatch, read_files):
    resource = pytest.importorskip("resource", reason="file size limits are a POSIX matter")
    folder, before = older_run
    if name == "plan.gpkg":
        monkeypatch.setattr(run_folder, "build_map_page", lambda bundle, **_: "<html></html>")
    limit_bytes = (folder / name).stat().st_size - 9000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        with pytest.raises(ChargeplanError, match="free disk space"):
            publish_run(folder, sample)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_files(folder.parent) == before


def test_a_failing_rename_puts_the_older_run_back(older_run, sample, monkeypatch, read_files):
    folder, before = older_run
    rename = os.replace

    def refuse_new_folder(source, target):
        if ".new." in str(source) and str(target) == str(folder):
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(os, "replace", refuse_new_folder)
    with pytest.raises(ChargeplanError, match="cannot be written"):
        publish_run(folder, sample)
    assert read_files(folder.parent) == before


def test_ctrl_c_while_writing_keeps_the_older_run(older_run, sample, monkeypatch, read_files):
    folder, before = older_run
    monkeypatch.setattr(run_folder, "write_geopackage", fail_with(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        publish_run(folder, sample)
    assert read_files(folder.parent) == before


@pytest.mark.parametrize(
    ("place", "result"),
    [
        ("check_geopackage", ["plan.gpkg: layer cells has 3 rows, expected 627"]),
        ("find_geojson_faults", ["feature 0: position is not in Pakistan"]),
    ],
)
def test_a_file_that_reads_back_wrong_is_not_published(
    place, result, older_run, sample, monkeypatch, read_files
):
    folder, before = older_run
    monkeypatch.setattr(run_folder, place, lambda *arguments: result)
    with pytest.raises(DataError) as caught:
        publish_run(folder, sample)
    assert result[0] in str(caught.value)
    assert read_files(folder.parent) == before


def test_a_page_that_was_cut_off_is_not_published(tmp_path, sample, monkeypatch):
    monkeypatch.setattr(run_folder, "build_map_page", lambda bundle, **_: "<!DOCTYPE html><html><body>")
    with pytest.raises(DataError, match=r"index\.html: the page is not complete"):
        publish_run(tmp_path / "sample", sample)
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_is_no_folder_is_said_in_words(tmp_path, sample):
    (tmp_path / "maps").write_text("a file")
    with pytest.raises(ChargeplanError, match=r"publish\.folder: .* cannot be written"):
        publish_run(tmp_path / "maps" / "sample", sample)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said_in_words(tmp_path, sample):
    (tmp_path / "maps").mkdir(mode=0o555)
    with pytest.raises(ChargeplanError, match=r"publish\.folder: .* cannot be written"):
        publish_run(tmp_path / "maps" / "sample", sample)


def test_missing_permission_is_said_in_words(tmp_path, sample, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", fail_with(PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(ChargeplanError, match=r"cannot be written .*Permission denied"):
        publish_run(tmp_path / "sample", sample)


@pytest.mark.parametrize(
    "names",
    [
        ("budget.xlsx",),
        ("run.json", "index.html", "thesis.docx"),
        ("run.json", "records of the mayor.txt"),  # begins like a name of ours
        ("run.json", "index.html.bak"),
        ("index.html",),  # a web page of somebody's own
        ("run.json", ".git"),
    ],
)
def test_a_folder_with_foreign_files_is_refused_and_left_alone(names, tmp_path, sample, read_files):
    folder = tmp_path / "sample"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("mine")
    with pytest.raises(ChargeplanError, match="not of a run") as caught:
        publish_run(folder, sample)
    assert names[-1] in str(caught.value)
    assert read_files(folder) == dict.fromkeys(names, b"mine")


def test_an_empty_folder_is_taken(tmp_path, sample):
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / ".DS_Store").write_bytes(b"")
    publish_run(folder, sample)
    assert {path.name for path in folder.iterdir()} == NAMES


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, sample):
    path = tmp_path / "sample"
    path.write_text("mine")
    with pytest.raises(ChargeplanError, match="is a file"):
        publish_run(path, sample)
    assert path.read_text() == "mine"


def test_a_link_to_a_folder_stays_a_link(tmp_path, sample):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "sample"
    link.symlink_to(tmp_path / "disk", target_is_directory=True)
    publish_run(link, sample)
    publish_run(link, sample)
    assert link.is_symlink()
    assert {path.name for path in (tmp_path / "disk").iterdir()} == NAMES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "sample"]


def test_records_that_do_not_belong_together_make_no_bundle(sample):
    with pytest.raises(RecordError, match="solution chargers, expected 40"):
        replace(sample, solution=replace(sample.solution, chargers=sample.solution.chargers[:-1]))


@pytest.mark.parametrize("most_inside", [5, 60])
def test_the_map_links_to_the_report_and_the_sheets_that_are_there(
    most_inside, tmp_path, sample, monkeypatch
):
    monkeypatch.setattr("chargeplan.publish.report.page.MOST_SHEETS_INSIDE", most_inside)
    folder = publish_run(tmp_path / "sample", sample)
    linked = dict(list_linked_files(sample))
    assert ("site-sheets.html" in linked) is (folder / "site-sheets.html").is_file() is (most_inside < 10)
    assert ("with a sheet for each" in linked["report.html"]) is (most_inside >= 10)
    assert set(linked.values()) <= set(read_urdu_words())
    assert [name for name in linked if not (folder / name).is_file()] == []
