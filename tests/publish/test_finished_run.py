"""A finished run read back gives the same outputs; a damaged one is refused with what to do."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sample_bundle import build_sample_bundle

from chargeplan.errors import DataError
from chargeplan.publish import finished_run
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.run_folder import publish_run
from chargeplan.run_records import PUBLISHED_ALWAYS


@pytest.fixture
def run_folder(tmp_path, published) -> Path:
    return Path(shutil.copytree(published, tmp_path / "sample"))


@pytest.mark.parametrize("hostile", [False, True])
def test_a_run_read_back_publishes_the_same_bytes(tmp_path, read_files, hostile):
    first = publish_run(tmp_path / "first", build_sample_bundle(hostile=hostile, online=True))
    second = publish_run(tmp_path / "second", read_finished_run(first))
    before, after = read_files(first), read_files(second)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == ["timings.json"]


def test_credits_of_the_planner_come_back(tmp_path, sample):
    settings = {"study": {"credits": ["Survey of 2025"]}, "publish": {"online_tiles": False}}
    folder = publish_run(
        tmp_path / "run", replace(sample, credits=("Survey of 2025",), settings_as_run=settings)
    )
    assert read_finished_run(folder).credits == ("Survey of 2025",)


def test_names_of_places_come_back(run_folder, sample):
    assert read_finished_run(run_folder).settlements.table.equals(sample.settlements.table)


def test_a_run_from_before_names_were_kept_is_read_with_one_message(tmp_path, sample, caplog):
    folder = publish_run(tmp_path / "run", replace(sample, settlements=None))
    caplog.set_level("INFO", "chargeplan.publish.finished_run")
    assert read_finished_run(folder).settlements is None
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder}/records has no names of sectors and suburbs: written before they were kept; run the study again "
        "to have them on its map"
    ]


def test_the_records_folder_stands_for_its_run(run_folder):
    assert read_finished_run(run_folder / "records").area.name == "sample"


def test_removed_clocks_do_not_make_a_run_unreadable(run_folder):
    (run_folder / "timings.json").unlink()
    assert dict(read_finished_run(run_folder).timings) == {}


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "7"])
def test_damaged_clocks_are_told_and_left_out(run_folder, caplog, text):
    (run_folder / "timings.json").write_text(text)
    assert dict(read_finished_run(run_folder).timings) == {}
    assert "timings.json cannot be read" in caplog.text


@pytest.mark.parametrize(
    "name", ["index.html", "sites.geojson", "plan.gpkg", "demand.csv", "run.json", "records/sites.json"]
)
@pytest.mark.parametrize("fault", ["edited", "removed"])
def test_a_file_that_was_touched_is_named_with_what_to_do(run_folder, name, fault):
    path = run_folder / name
    if fault == "edited":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        path.unlink()
    word = "changed since the run" if fault == "edited" else "missing"
    with pytest.raises(DataError, match=f"{path.name}: {word}.*run the study again"):
        read_finished_run(run_folder)


def test_every_touched_file_is_named_at_once(run_folder):
    (run_folder / "index.html").unlink()
    (run_folder / "plan.gpkg").unlink()
    with pytest.raises(DataError) as caught:
        read_finished_run(run_folder)
    assert "index.html: missing" in str(caught.value)
    assert "plan.gpkg: missing" in str(caught.value)


@pytest.mark.parametrize("name", PUBLISHED_ALWAYS)
def test_a_file_whose_checksum_was_taken_out_is_named(run_folder, name):
    path = run_folder / "records" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["published_sha256"][name]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match=f"manifest.json: has no checksum of {name}.*run the study again"):
        read_finished_run(run_folder)


def test_a_manifest_without_published_files_is_refused(run_folder):
    path = run_folder / "records" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for emptied in (manifest | {"published_sha256": {}}, {"format_version": manifest["format_version"]}):
        path.write_text(json.dumps({"sha256": manifest["sha256"]} | emptied), encoding="utf-8")
        with pytest.raises(DataError) as caught:
            read_finished_run(run_folder)
        assert len(caught.value.faults) == len(PUBLISHED_ALWAYS)


@pytest.mark.parametrize("version", [1, 3, 99, None])
def test_records_of_another_format_are_refused(run_folder, version):
    path = run_folder / "records" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": version}))
    with pytest.raises(DataError, match=f"written in format {version}, this version reads"):
        read_finished_run(run_folder)


def test_a_description_of_another_format_is_refused(tmp_path, sample, monkeypatch):
    monkeypatch.setattr("chargeplan.publish.run_record.RUN_FORMAT_VERSION", 99)
    folder = publish_run(tmp_path / "run", sample)
    with pytest.raises(DataError, match="written in format 99"):
        read_finished_run(folder)


def test_a_run_without_a_newer_figure_is_refused(run_folder, monkeypatch):
    columns = (*finished_run.RESULT_COLUMNS, "newer_share")
    monkeypatch.setattr(finished_run, "RESULT_COLUMNS", columns)
    with pytest.raises(DataError, match=r"the stations have no newer_share: .*run the study again"):
        read_finished_run(run_folder)


def test_records_without_their_run_are_refused(run_folder, tmp_path):
    alone = shutil.copytree(run_folder / "records", tmp_path / "alone")
    with pytest.raises(DataError, match="name the folder of the whole run"):
        read_finished_run(Path(alone))


def test_a_folder_that_is_none_or_no_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_finished_run(tmp_path / "nowhere")
    with pytest.raises(DataError, match="not the records folder of a finished run"):
        read_finished_run(tmp_path)
