"""The command export: what it shows, and which words it takes."""

import json

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app


def call(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_it_names_each_file_and_what_was_assumed(run_folder, tmp_path):
    result = call(run_folder, "--format", "ocpi,csv", "--layer", "zones", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert "3 files, each read back and checked" in result.stdout
    assert "sample-ocpi-locations.json" in result.stdout
    assert "ASSUMED" in result.stderr
    assert "party_id XXX stands for nobody" in result.stderr


def test_as_json_every_line_is_an_object(run_folder, tmp_path):
    result = call(run_folder, "--json", "--format", "kml", "--out", tmp_path / "plan.kml")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[-1]["event"] == "result"
    assert lines[-1]["files"] == [str(tmp_path / "plan.kml")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "geojsn"), "did you mean 'geojson'"),
        (("--format", "shp"), "use one of geojson, gpkg"),
        (("--layer", "cell"), "did you mean 'cells'"),
        (("--plug", "GBT_DC"), "expected TYPE=STANDARD"),
        (("--plug", "all=CCS"), "--plug all=CCS: no such plug"),
        (("--party-id", "nobody"), "--party-id"),
    ],
)
def test_words_that_are_not_known_are_refused_before_anything_is_written(
    arguments, words, run_folder, tmp_path
):
    result = call(run_folder, *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    result = call(tmp_path / "nothing")
    assert result.exit_code == 3
    assert "no such folder" in result.stderr
