"""The command report: where it writes, what it refuses, and the PDF."""

import json
import os

import pytest
from sample_bundle import build_sample_bundle
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.publish.run_folder import publish_run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return publish_run(tmp_path_factory.mktemp("maps") / "sample", build_sample_bundle())


def call(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_it_writes_beside_the_run_what_the_run_published(run_folder):
    result = call(run_folder, "--json")
    page = run_folder.with_name("sample-report.html")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["files"] == [str(page)]
    assert page.read_bytes() == (run_folder / "report.html").read_bytes()


def test_it_writes_where_it_is_told_to(run_folder, tmp_path):
    assert call(run_folder, "--out", tmp_path / "plan.html").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("{run}/report.html", "inside the run folder"),
        ("{tmp}/plan.pdf", ".html"),
        ("{tmp}/no/plan.html", "no folder"),
    ],
)
def test_a_place_that_will_not_do_is_refused(run_folder, tmp_path, out, told):
    before = (run_folder / "report.html").read_bytes()
    result = call(run_folder, "--out", out.format(run=run_folder, tmp=tmp_path))
    assert result.exit_code == 2
    assert told in result.stderr
    assert (run_folder / "report.html").read_bytes() == before


def test_a_file_that_is_no_report_is_left_alone_unless_told_otherwise(run_folder, tmp_path):
    page = tmp_path / "mine.html"
    page.write_text("<!DOCTYPE html>\n<p>mine</p>", encoding="utf-8")
    result = call(run_folder, "--out", page)
    assert result.exit_code == 1
    assert "mine.html" in result.stderr
    assert "--overwrite" in result.stderr
    assert page.read_text(encoding="utf-8").endswith("<p>mine</p>")
    assert call(run_folder, "--out", page, "--overwrite").exit_code == 0
    assert call(run_folder, "--out", page).exit_code == 0  # now it is a report


def test_foreign_sheets_and_prints_are_found_before_the_first_file_is_written(
    run_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("chargeplan.publish.report.page.MOST_SHEETS_INSIDE", 5)
    monkeypatch.setattr("chargeplan.publish.report.pdf.find_chromium", lambda: "chromium")
    names = ["plan-site-sheets.html", "plan-site-sheets.pdf", "plan.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(b"%PDF-1.4 /Title (My thesis)")
    result = call(run_folder, "--pdf", "--out", tmp_path / "plan.html")
    assert result.exit_code == 1
    for name in names:
        assert name in result.stderr
        assert (tmp_path / name).read_bytes() == b"%PDF-1.4 /Title (My thesis)"
    assert not (tmp_path / "plan.html").exists()


def test_another_run_is_left_as_it_is(run_folder, tmp_path):
    other = publish_run(tmp_path / "other", build_sample_bundle())
    before = (other / "index.html").read_bytes()
    for options in ([], ["--overwrite"]):
        result = call(run_folder, "--out", other / "index.html", *options)
        assert result.exit_code != 0
        assert "the folder of a run" in result.stderr
    assert (other / "index.html").read_bytes() == before


def test_the_records_stand_for_their_run(tmp_path):
    run = publish_run(tmp_path / "sample", build_sample_bundle())
    before = sorted(path.relative_to(run) for path in run.rglob("*"))
    assert call(run / "records").exit_code == 0
    assert (tmp_path / "sample-report.html").is_file()
    assert "inside the run folder" in call(run / "records", "--out", run / "mine.html").stderr
    assert sorted(path.relative_to(run) for path in run.rglob("*")) == before


def test_what_is_no_run_is_refused(tmp_path):
    result = call(tmp_path / "nothing", "--out", tmp_path / "plan.html")
    assert result.exit_code == 3
    assert "no such folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_edited_by_hand_is_refused(tmp_path):
    folder = publish_run(tmp_path / "sample", build_sample_bundle())
    report = folder / "report.html"
    report.write_text(
        report.read_text(encoding="utf-8").replace("Sample study", "A better study"), encoding="utf-8"
    )
    result = call(folder)
    assert result.exit_code == 3
    assert "report.html" in result.stderr


def test_a_sweep_that_is_none_is_refused_and_nothing_is_written(run_folder, tmp_path):
    result = call(run_folder, "--sweep", tmp_path, "--out", tmp_path / "plan.html")
    assert result.exit_code == 3
    assert "curve.json" in result.stderr
    assert not (tmp_path / "plan.html").exists()


def test_without_chromium_it_says_what_to_do_before_any_work(run_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHARGEPLAN_CHROMIUM", raising=False)
    result = call(run_folder, "--pdf", "--out", tmp_path / "plan.html")
    assert result.exit_code == 1
    assert "install Chromium" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_prints_nothing_is_told(run_folder, tmp_path, monkeypatch):
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\necho cannot start >&2\nexit 7\n")
    browser.chmod(0o755)
    monkeypatch.setenv("CHARGEPLAN_CHROMIUM", str(browser))
    monkeypatch.setenv("PATH", os.defpath)
    result = call(run_folder, "--pdf", "--out", tmp_path / "plan.html")
    assert result.exit_code == 1
    assert "cannot start" in result.stderr
    assert "print it to PDF there" in result.stderr
    assert not (tmp_path / "plan.pdf").exists()
