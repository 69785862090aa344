"""The main job through the command line: the embedded city, twice, verified, tampered with, stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.publish.geojson_check import find_geojson_faults

# With an existing station a plan that builds nothing would be possible, so there is none.
POOR = ["--set", "model.budget_pkr=1000", "--set", "sites.existing_from_osm=false"]


def run_chargeplan(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chargeplan", *arguments],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def call(*arguments: str) -> Result:
    """Run a command in this process, which saves the start of another."""
    return CliRunner().invoke(app, list(arguments))


def set_folder(folder: Path) -> list[str]:
    return ["--set", f"publish.folder={folder}"]


@pytest.fixture(scope="module")
def demo_config(project_folder: Path) -> str:
    return str(project_folder / "configs" / "demo.yaml")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory, demo_config) -> list[Path]:
    folders = []
    for seed in ("1", "2"):
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        done = run_chargeplan("run", demo_config, *set_folder(folder), hash_seed=seed)
        assert done.returncode == 0, done.stderr
        folders.append(folder / "demo")
    return folders


def read_tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_run_writes_every_file_it_promises(two_runs):
    names = {path.name for path in two_runs[0].iterdir()}
    assert names == {
        "index.html",
        "report.html",
        "sites.geojson",
        "plan.gpkg",
        "demand.csv",
        "demand_periods.csv",
        "demand_periods_by_cell.csv",
        "economics_by_year.csv",
        "run.json",
        "timings.json",
        "records",
    }


def test_two_runs_with_different_hash_seeds_are_the_same_bytes(two_runs):
    first, second = (read_tree(folder) for folder in two_runs)
    assert first.pop("timings.json") != second.pop("timings.json")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_the_geojson_holds_to_the_standard_and_agrees_with_the_run_record(two_runs):
    text = (two_runs[0] / "sites.geojson").read_text(encoding="utf-8")
    assert find_geojson_faults(text) == []
    document = json.loads(text)
    record = json.loads((two_runs[0] / "run.json").read_text(encoding="utf-8"))
    new = [feature for feature in document["features"] if feature["properties"]["status"] != "existing"]
    figures = {row["name"]: row["value"] for row in record["metrics"]}
    assert len(new) == figures["new_sites"] > 0
    assert sum(feature["properties"]["chargers"] for feature in new) == figures["new_chargers"]


def test_every_line_of_a_json_run_is_json_and_a_node_limit_ends_it(tmp_path, demo_config):
    """A smaller town, whose search nevertheless comes to the branching."""
    done = run_chargeplan(
        "--json", "run", demo_config, *set_folder(tmp_path), "--set", "solve.gap=0.0001",
        "--set", "solve.node_limit=1", "--set", "demand.cell_resolution=7", "--set", "sites.min_spacing_m=1500",
    )  # fmt: skip
    assert done.returncode == 0
    (result,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert result["stopped_by"] == "node limit"
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(event["event"] for event in events)
    assert any(event.get("step") == "milp" for event in events)


def test_every_output_says_that_the_streets_are_schematic(two_runs):
    for name in ("index.html", "sites.geojson", "run.json"):
        assert "chematic" in (two_runs[0] / name).read_text(encoding="utf-8"), name


def test_verify_accepts_the_run_and_recomputes_it(two_runs):
    done = run_chargeplan("verify", str(two_runs[0]))
    assert done.returncode == 0, done.stderr


def test_verify_refuses_a_run_that_was_edited(two_runs, tmp_path):
    copy = tmp_path / "edited"
    shutil.copytree(two_runs[0], copy)
    path = copy / "records" / "solution.json"
    path.write_text(path.read_text() + " ")
    done = call("verify", str(copy))
    assert done.exit_code == 3
    assert "solution.json: changed since the run" in done.stderr


def test_verify_refuses_a_geojson_that_is_not_the_plan(two_runs, tmp_path):
    copy = tmp_path / "edited"
    shutil.copytree(two_runs[0], copy)
    path = copy / "sites.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["features"][0]["properties"]["chargers"] += 1
    path.write_text(json.dumps(document), encoding="utf-8")
    done = call("verify", str(copy))
    assert done.exit_code == 3
    told = done.stderr.strip().splitlines()[-1]
    assert f"{path}: changed since the run: stations were changed" in told
    assert document["features"][0]["properties"]["site_id"] in told
    assert told.endswith("run the study again")
    assert "unexpected fault" not in done.stderr


@pytest.mark.parametrize(
    "text", ["", "{", '{"features": 5}', "[" * 100_000, '{"features": [{"properties": []}]}']
)
def test_verify_refuses_a_geojson_that_is_none(two_runs, tmp_path, text):
    copy = tmp_path / "edited"
    shutil.copytree(two_runs[0], copy)
    (copy / "sites.geojson").write_text(text, encoding="utf-8")
    done = call("verify", str(copy))
    assert done.exit_code == 3
    assert "sites.geojson: changed since the run: damaged GeoJSON" in done.stderr
    assert "unexpected fault" not in done.stderr


@pytest.mark.parametrize("name", ["index.html", "plan.gpkg", "run.json"])
def test_verify_refuses_a_published_file_that_was_changed(two_runs, tmp_path, name):
    copy = tmp_path / "edited"
    shutil.copytree(two_runs[0], copy)
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    done = call("verify", str(copy))
    assert done.exit_code == 3
    assert f"{name}: changed since the run" in done.stderr


def test_a_folder_that_no_run_made_is_refused_before_the_work(tmp_path, demo_config):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine")
    done = call("run", demo_config, *set_folder(tmp_path))
    assert done.exit_code == 1
    assert "thesis.txt" in done.stderr
    assert "network  " not in done.stderr
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "mine"


def test_a_budget_that_builds_nothing_beside_existing_stations_is_warned_about(tmp_path, demo_config):
    done = call("run", demo_config, "--set", "model.budget_pkr=1000", *set_folder(tmp_path))
    assert done.exit_code == 0
    assert "buys no new station" in done.stderr


def test_an_impossible_budget_is_said_in_words_and_keeps_the_last_good_run(tmp_path, demo_config, two_runs):
    shutil.copytree(two_runs[0], tmp_path / "demo")
    before, names = read_tree(tmp_path), sorted(tmp_path.rglob("*"))
    done = call("run", demo_config, *POOR, *set_folder(tmp_path))
    assert done.exit_code == 4
    assert done.stderr.splitlines()[-1].startswith("IMPOSSIBLE: the budget")
    assert "Traceback" not in done.stderr
    assert read_tree(tmp_path) == before
    assert sorted(tmp_path.rglob("*")) == names


@pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")
def test_ctrl_c_during_the_search_keeps_the_plan(tmp_path, demo_config):
    process = subprocess.Popen(
        [sys.executable, "-m", "chargeplan", "--json", "run", demo_config, *set_folder(tmp_path),
         "--set", "solve.time_limit_s=120", "--set", "solve.gap=0", "--set", "solve.node_limit=1000000000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    searching = False
    for line in process.stderr:  # bounded: the run ends by itself at its time limit
        event = json.loads(line)
        if event.get("step") == "milp" or "incumbent_kwh_day" in event:
            searching = True
            break
    assert searching
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in {0, 130}
    if process.returncode == 0:
        assert (tmp_path / "demo" / "index.html").is_file()
        assert time.monotonic() - pressed < 30


@pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")
def test_ctrl_c_again_ends_the_run_without_the_plan(tmp_path, demo_config):
    """The first is answered with a line that promises this; the second comes as soon as it is read."""
    with subprocess.Popen(
        [sys.executable, "-m", "chargeplan", "--json", "run", demo_config, *set_folder(tmp_path),
         "--set", "solve.time_limit_s=60", "--set", "solve.gap=0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        presses = 0
        for line in process.stderr:  # bounded: the run ends by itself at its time limit
            if (presses == 0 and "incumbent_kwh_day" in line) or (presses == 1 and "Ctrl-C again" in line):
                process.send_signal(signal.SIGINT)
                presses += 1
        assert presses == 2
        assert process.wait(timeout=60) == 130
    assert list(tmp_path.iterdir()) == []
