"""The command sweep: what it refuses at once, what it says, and Ctrl-C."""

import csv
import json
import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app


@pytest.fixture(scope="module")
def demo_config(project_folder):
    return str(project_folder / "configs" / "demo.yaml")


def call(*arguments):
    return CliRunner().invoke(app, ["sweep", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--vary", "study.year=2027,2030"], "only settings of model can"),
        (["--vary", "model.budget_pkr=1e6"], "got 1 values"),
        (["--vary", "model.budgt_pkr=1e6,2e6"], "budget_pkr"),
        (["--vary", "model.max_sites=1.5,3"], "--vary model.max_sites=1.5"),
        (["--vary", "model.budget_pkr=1e6,2e6", "--set", "model.budget_pkr=3e6"], "keep one"),
        (["--vary", "model.nearest_sites=5,10", "--nested"], "can be nested"),
    ],
)
def test_a_slip_is_told_before_anything_is_read(arguments, told, demo_config, tmp_path):
    result = call(demo_config, *arguments, "--set", f"publish.folder={tmp_path}")
    assert result.exit_code == 2
    assert told in result.stderr
    assert "network" not in result.stderr.split()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_sweep_is_refused_before_any_work(demo_config, tmp_path):
    folder = tmp_path / "demo-sweep-budget_pkr"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    result = call(demo_config, "--vary", "model.budget_pkr=1e6,2e6", "--set", f"publish.folder={tmp_path}")
    assert result.exit_code == 1
    assert "thesis.txt" in result.stderr
    assert "solve" not in result.stderr


def test_json_gives_one_object_per_point_and_a_result(demo_config, tmp_path):
    result = call(
        demo_config, "--json", "--vary", "model.max_sites=1..4 x3", "--set", f"publish.folder={tmp_path}",
        "--set", "solve.time_limit_s=0.5", "--set", "model.budget_pkr=null",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events] == ["point"] * 3 + ["result"]
    assert [event["value"] for event in events[:3]] == [1, 2, 4]
    assert all(event["new_sites"] <= event["value"] for event in events[:3])
    assert events[-1]["knee_text"] in events[-1]["message"]
    told = [json.loads(line) for line in result.stderr.splitlines()]
    assert "at most 2 s of search in all" in told[0]["message"]  # 3 times 0.5 s and a tenth


@pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")
def test_ctrl_c_keeps_the_finished_points_and_the_table_says_so(demo_config, tmp_path):
    """Pressed when the second point is searched; it has an hour and would need it."""
    with subprocess.Popen(
        [sys.executable, "-m", "chargeplan", "sweep", demo_config, "--vary", "model.budget_pkr=1000,100M,200M",
         "--set", f"publish.folder={tmp_path}", "--set", "solve.time_limit_s=3600", "--set", "solve.gap=0",
         "--set", "solve.node_limit=1000000000", "--set", "sites.existing_from_osm=false"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        told = ""
        while "search: limit 3600 s" not in told:  # the first point is impossible, the second is searched
            told = process.stderr.readline()
            assert told, "ended before its search"
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "stopped by the user" in stdout
    folder = tmp_path / "demo-sweep-budget_pkr"
    rows = list(csv.DictReader((folder / "curve.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0]["outcome"] == "IMPOSSIBLE"
    assert rows[1]["outcome"].startswith(("WITHIN", "PROVEN"))
    assert rows[2]["outcome"] == "NOT SEARCHED"
    lines = stdout.splitlines()
    assert "Budget" in lines[0]
    assert "NOT SEARCHED" in lines[3]
