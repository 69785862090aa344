"""The command line: exit codes, what goes to which stream, and no traceback unasked."""

import json
import logging
import os
import signal
import struct
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from osm_samples import COVERED, publish_grid
from typer.testing import CliRunner

import chargeplan
from chargeplan import errors, pipeline
from chargeplan.cli import app
from chargeplan.config.schema import write_schema_text
from chargeplan.osm.times import describe_lateness
from chargeplan.runlog import PhaseEvent, SolveEvent
from chargeplan.words import PlanObjective

CONFIG = """\
study:
  name: town
  title: A town
  year: 2030
  area:
    box: [73.0, 33.6, 73.1, 33.7]
network:
  path: town.osm
demand:
  population: {source: csv, path: people.csv}
model:
  mode: cover
  max_sites: 5
publish:
  folder: maps
"""


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A working folder with a config that passes `check`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "town.yaml").write_text(CONFIG)
    (tmp_path / "town.osm").write_text("<osm/>")
    (tmp_path / "people.csv").write_text("lon,lat,people\n73.04,33.64,10\n73.05,33.65,10\n")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def run_program(*arguments, **options):
    """Run chargeplan as a program of its own."""
    return subprocess.run(
        [sys.executable, "-m", "chargeplan", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(chargeplan.__file__))},
        **options,
    )


def test_help_names_every_command_and_the_exit_codes():
    result = call("--help")
    assert result.exit_code == 0
    for word in ("demo", "run", "check", "verify", "schema", "doctor", "130 interrupted"):
        assert word in result.stdout
    assert call().stdout == result.stdout


def test_version():
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"chargeplan {chargeplan.__version__}\n")


def test_help_loads_none_of_the_heavy_libraries():
    code = (
        "import sys; from chargeplan.cli import app\n"
        "try: app(['--help'], prog_name='chargeplan')\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'pydantic', 'ruamel.yaml', 'rich.console', 'shapely', 'pulp'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    folder = os.path.dirname(os.path.dirname(chargeplan.__file__))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": folder},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_check_of_a_good_config_says_what_it_found(town):
    result = call("check", "town.yaml")
    assert result.exit_code == 0
    assert result.stdout == "town.yaml: nothing wrong; A town, 103 km2 in EPSG:32643, 2 input files\n"
    assert "network.path: " in result.stderr


def test_check_says_what_it_did_not_read(town):
    assert "town.osm: not read, so damage is not noticed before a run" in call("check", "town.yaml").stderr


def test_check_notices_a_pbf_that_is_cut_short_anywhere_between_its_pieces(town):
    """Two pieces of the format's own length fields: a header of 2 bytes, then data of 5."""
    pieces = [
        struct.pack(">I", 13) + b"\x0a\x09OSMHeader" + b"\x18\x02" + b"ab",
        struct.pack(">I", 11) + b"\x0a\x07OSMData" + b"\x18\x05" + b"abcde",
    ]
    whole = b"".join(pieces)
    path = town / "town.osm.pbf"
    given = ("check", "town.yaml", "--set", "network.path=town.osm.pbf")
    path.write_bytes(whole)
    told = call(*given)
    assert (told.exit_code, "whole to its end, 2 pieces" in told.stderr) == (0, True)
    for n_bytes in (5, len(pieces[0]) + 2, len(whole) - 1):
        path.write_bytes(whole[:n_bytes])
        told = call(*given)
        assert told.exit_code == 3
        assert "network.path: " in told.stderr
        assert "it is cut short or damaged: get it again" in told.stderr


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("town.graphml", "A street graph holds roads only"),
        ("town.json", "The query that brought this Overpass"),
    ],
)
def test_check_tells_what_a_kind_of_file_cannot_tell(town, name, limit):
    (town / name).write_text("{}")
    told = call("check", "town.yaml", "--set", f"network.path={name}")
    assert told.exit_code == 0
    assert f"limit of {name}: {limit}" in told.stderr


def test_bad_config_ends_with_2_and_all_faults_on_stderr(town):
    (town / "bad.yaml").write_text(
        CONFIG.replace("mode: cover", "mode: coverr").replace("max_sites: 5", "x: 5")
    )
    for command in ("check", "run"):
        result = call(command, "bad.yaml")
        assert result.exit_code == errors.ExitCode.CONFIG == 2
        assert result.stdout == ""
        lines = result.stderr.splitlines()
        assert lines[0].startswith("bad.yaml:11:1: model: give budget_pkr, max_sites or both")
        assert lines[1].startswith('bad.yaml:12:3: model.mode: got the text "coverr"; expected cover or')
        assert lines[2].startswith("bad.yaml:13:3: model.x: unknown key; the keys here are mode, budget_pkr")
        assert lines[3] == "3 faults; nothing was run"
        assert "Traceback" not in result.stderr


def test_bad_override_ends_with_2(town):
    result = call("check", "town.yaml", "--set", "model.max_sites=-5", "--set", "solve.gap=2")
    assert result.exit_code == 2
    assert (
        "--set model.max_sites=-5: model.max_sites: got -5; expected a whole number from 0 to"
        in result.stderr
    )
    assert "--set solve.gap=2: solve.gap: got 2; expected a number from 0 to 0.2" in result.stderr


def test_missing_files_end_with_3_and_are_told_at_once(town):
    (town / "town.osm").unlink()
    (town / "people.csv").unlink()
    result = call("check", "town.yaml")
    assert result.exit_code == errors.ExitCode.DATA == 3
    assert "town.yaml:8:3: network.path: no file at " in result.stderr
    assert "town.yaml:10:29: demand.population.path: no file at " in result.stderr


@pytest.fixture
def faulty(town):
    """A fault in the people, one in the stations, one in a class and one in the tariff; all files are there."""
    (town / "people.csv").write_text("lon,lat,people\n73.04,33.64,10\n73.05,33.65,-5\n73.06,33.66,10\n")
    (town / "stations.csv").write_text("lon,lat\n73.04,33.64\n33.65,73.05\n")
    (town / "town.yaml").write_text(
        CONFIG.replace(
            "model:", "sites:\n  files:\n  - {path: stations.csv, status: existing}\nmodel:"
        ).replace("publish:", "economics:\n  tariff_category: A-3\n  petrol_l_100km: {cars: 3}\npublish:")
    )
    return town


@pytest.mark.parametrize("command", ["check", "run"])
def test_faults_of_all_tables_are_told_at_once_before_a_run(faulty, command):
    told = call(command, "town.yaml")
    assert told.exit_code == 2  # two of them are of the config
    *faults, last = told.stderr.splitlines()[-5:]
    assert faults[0].startswith('demand.population.column: people.csv, column "people": ')
    assert faults[1].startswith("town.yaml:13:5: sites.files[0]: stations.csv: longitude and latitude ")
    assert "town.yaml:19:20: economics.petrol_l_100km.cars: " in faults[2]
    assert "town.yaml:18:3: economics.tariff_category: " in faults[3]
    assert "a negative number of people in line 3; a count is 0 or more" in faults[0]
    assert "swapped in line 3 (1 of 2): lon is 33.65 and lat is 73.05" in faults[1]
    assert 'has no class cars (did you mean "car"?), only bus, car' in faults[2]
    assert "no all-in price of 'A-3'; use one of A-2(d)" in faults[3]
    assert last == "4 faults; nothing was run"


def test_a_missing_file_and_faults_of_the_others_are_told_together(faulty):
    (faulty / "town.osm").unlink()
    told = call("check", "town.yaml").stderr
    assert "network.path: no file at " in told
    assert told.endswith("5 faults; nothing was run\n")


def test_check_says_which_tables_it_read_and_which_are_too_large(town, monkeypatch):
    told = call("check", "town.yaml").stderr
    assert "read to the last row: demand.population.path, demand.fleet\n" in told
    monkeypatch.setattr("chargeplan.study_check.LARGEST_TABLE_MB", 1e-5)
    told = call("check", "town.yaml").stderr
    assert "read to the last row: demand.fleet\n" in told
    assert "demand.population.path: not read, because it is above 1e-05 MB; a run tells its faults" in told


def test_wrong_usage_ends_with_2():
    for arguments in (["frobnicate"], ["run"], ["check", "a.yaml", "--frob"], ["run", "nowhere.yaml"]):
        result = call(*arguments)
        assert result.exit_code == 2, arguments
        assert "Traceback" not in result.stderr


def test_json_errors_are_one_object(town):
    result = call("--json", "check", "nowhere.yaml")
    assert result.exit_code == 2
    error = json.loads(result.stderr)
    assert (error["event"], error["kind"], error["exit_code"]) == ("error", "ConfigError", 2)
    assert error["faults"] == ["nowhere.yaml: no such file; check the path"]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("demand.scenario=nev2030", '(did you mean "nev-2030"?)'),
        ("study.city=lahor", '(did you mean "lahore"?)'),
        ("demand.fleet.classes.cars.km_day=5", '(did you mean "car"?)'),
        ("study.year=2041", "expected a whole number from 2026 to 2040"),
    ],
)
def test_slips_of_scenario_city_class_and_year_are_told_before_anything_is_read(town, command, change, told):
    result = call(command, "town.yaml", "--set", change)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    if command == "run":
        assert "network " not in result.stderr


def test_json_of_check_has_one_result_on_stdout(town):
    for arguments in (["--json", "check", "town.yaml"], ["check", "town.yaml", "--json"]):
        result = call(*arguments)
        answer = json.loads(result.stdout)
        assert (answer["event"], answer["exit_code"], answer["crs"]) == ("result", 0, "EPSG:32643")
        assert [file["key"] for file in answer["files"]] == ["network.path", "demand.population.path"]
        assert all(json.loads(line)["event"] == "message" for line in result.stderr.splitlines())


def test_schema_goes_to_the_screen_or_to_files(tmp_path):
    assert call("schema").stdout == write_schema_text()
    out, page = tmp_path / "s.json", tmp_path / "config.md"
    result = call("schema", "--out", str(out), "--reference", str(page))
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_text(encoding="utf-8") == write_schema_text()
    assert page.read_text(encoding="utf-8").startswith("# The config, key by key\n")


def test_schema_into_a_folder_that_is_not_there_says_so(tmp_path):
    result = call("schema", "--out", str(tmp_path / "no" / "s.json"))
    assert result.exit_code == 1
    assert "No such file or directory; check the disk and the permissions" in result.stderr
    assert "Traceback" not in result.stderr


def test_reader_that_leaves_is_no_fault():
    done = subprocess.run(
        f"{sys.executable} -m chargeplan schema | head -c 10; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(chargeplan.__file__))},
    )
    assert done.stdout.endswith("0\n")
    assert done.stderr == ""


def test_verify_of_no_run_ends_with_3(tmp_path):
    result = call("verify", str(tmp_path / "nowhere"))
    assert result.exit_code == 3
    assert "no such folder; name the folder of a finished run" in result.stderr
    assert call("verify", str(tmp_path)).exit_code == 3


RAISED = [
    (errors.DataError(["a.csv: broken", "b.csv: broken"]), 3, "a.csv: broken\nb.csv: broken\n2 faults"),
    (
        errors.InfeasibleError("the budget buys no site; raise it"),
        4,
        "IMPOSSIBLE: the budget buys no site; raise it\n",
    ),
    (errors.NoPlanError("no plan in 5 s"), 5, "NO PLAN FOUND: no plan in 5 s\n"),
    (errors.VerificationError("cost differs"), 1, "cost differs\n"),
    (errors.SolversDisagreeError("HiGHS and CBC disagree"), 1, "SOLVERS DISAGREE: HiGHS and CBC disagree\n"),
    (errors.InterruptedRunError("stopped"), 130, "stopped\n"),
    (KeyboardInterrupt(), 130, "interrupted; nothing half-finished was written\n"),
    (KeyError("x"), 1, "unexpected fault: KeyError: 'x'\nthis is a fault of chargeplan; run again with -v"),
    (OSError(28, "No space left on device", "maps/x"), 1, "maps/x: No space left on device; check the disk"),
    (MemoryError(), 1, "out of memory; use a smaller study area"),
]


@pytest.mark.parametrize(("error", "code", "told"), RAISED, ids=lambda value: type(value).__name__)
def test_each_kind_of_end_has_its_exit_code_and_no_traceback(town, monkeypatch, error, code, told):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(pipeline, "run_study", fail)
    result = call("run", "town.yaml")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith(told)
    assert "Traceback" not in result.stderr
    assert "Traceback" in call("run", "town.yaml", "-v").stderr


@pytest.mark.parametrize("is_rerun", [False, True])
def test_a_run_stopped_before_a_plan_says_what_was_reached_and_kept(town, monkeypatch, is_rerun):
    def stop(_loaded, *, listen, **_):
        listen(PhaseEvent("solve", "", None))
        listen(SolveEvent("bound", 3.0, 120.0, float("nan"), 7385.0))
        raise errors.InterruptedRunError("stopped before there was a plan")

    monkeypatch.setattr(pipeline, "run_study", stop)
    if is_rerun:
        (town / "maps" / "town").mkdir(parents=True)
    result = call("run", "town.yaml")
    assert result.exit_code == 130
    kept = "the older run in {} is as it was" if is_rerun else "{} was not made"
    assert result.stderr.splitlines()[1:] == [  # after the line of the search
        "stopped before there was a plan",
        "reached: bound: no plan yet, bound 7,385; 3 of 120 s",
        f"kept: nothing of this run; {kept.format(town / 'maps' / 'town')}; exit code 130",
    ]


def test_a_staged_plan_tells_the_shares_of_all_and_of_usable_demand(town, monkeypatch, result_of_a_run):
    """The fixture serves half of all demand; of the usable demand it would be 62.5 %."""
    evaluation = result_of_a_run.evaluation
    get_metric = {"served_usable_share": 0.625}.get
    evaluation.metrics = pd.DataFrame({"name": ["served_share", "served_usable_share"]})
    plain = evaluation.get_metric
    evaluation.get_metric = lambda name: get_metric(name) or plain(name)
    monkeypatch.setattr(pipeline, "run_study", lambda *_, **__: result_of_a_run)
    line = call("run", "town.yaml").stdout.splitlines()[-1]
    assert "50.0% of all demand (62.5% of usable demand) served by 3 new" in line
    answer = json.loads(call("run", "town.yaml", "--json").stdout)
    assert (answer["served_share"], answer["served_usable_share"]) == (0.5, 0.625)


def test_missing_file_ends_a_run_before_it_starts(town, monkeypatch):
    monkeypatch.setattr(pipeline, "run_study", lambda *_, **__: pytest.fail("the run started"))
    (town / "people.csv").unlink()
    (town / "maps").write_text("a file where the folder should be")
    result = call("run", "town.yaml")
    assert result.exit_code == 3
    assert "town.yaml:10:29: demand.population.path: no file at " in result.stderr
    assert "town.yaml:15:3: publish.folder: " in result.stderr


def test_logs_and_warnings_of_libraries_come_as_lines_or_objects(town, monkeypatch, result_of_a_run):
    def run_study(*_, **__):
        logging.getLogger("chargeplan.network").warning("12 ways\nmended")
        logging.getLogger("chargeplan.network").info("a detail")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old layer", UserWarning, stacklevel=1)
        return result_of_a_run

    monkeypatch.setattr(pipeline, "run_study", run_study)
    lines = call("run", "town.yaml").stderr.splitlines()
    assert lines[0] == "warning chargeplan.network: 12 ways\\nmended"
    assert lines[1].startswith("warning py.warnings: ")
    assert "UserWarning: old layer" in lines[1]
    assert lines[2:] == ["warning 1: few sites"]
    assert "info chargeplan.network: a detail" in call("run", "town.yaml", "-v").stderr
    events = [json.loads(line) for line in call("run", "town.yaml", "--json").stderr.splitlines()]
    assert {event["level"] for event in events} == {"warning"}


def test_control_characters_of_a_message_are_shown_and_not_obeyed(town, monkeypatch):
    def fail(*_, **__):
        raise errors.DataError("row 5: name is \x1b[31mred\nand long")

    monkeypatch.setattr(pipeline, "run_study", fail)
    assert call("run", "town.yaml").stderr == "row 5: name is \\x1b[31mred\\nand long\n"


@pytest.fixture
def result_of_a_run(tmp_path):
    """What a pipeline hands back, as far as the command line reads it."""
    values = {"served_share": 0.5, "cost": 4e7, "new_sites": 3.0, "existing_sites": 1.0}
    return SimpleNamespace(
        folder=tmp_path / "maps" / "town",
        request=SimpleNamespace(objective=PlanObjective.SERVED, nearest_sites=20),
        solution=SimpleNamespace(
            outcome_text="WITHIN 2.31 %",
            say_proof="no plan is more than 2.31 % better within each cell's nearest {} sites".format,
            gap=0.0231,
            stopped_by="time limit",
            cost_pkr=float("nan"),
            cost_bound_pkr=float("nan"),
        ),
        evaluation=SimpleNamespace(
            get_metric=values.__getitem__,
            metrics=pd.DataFrame({"name": list(values)}),
            warnings=("few sites",),
            checks=pd.DataFrame({"name": ["cost"], "passed": [True], "detail": ["equal"]}),
        ),
        demand_table="1,000 people in the study area",
        data_date="",
    )


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (None, None),
        (1, "OpenStreetMap data of {date}, 1 day old"),
        (365, "OpenStreetMap data of {date}, 365 days old"),
        (400, "warning: OpenStreetMap data of {date}, 400 days old; fetch newer data, or say in the report"),
    ],
)
def test_a_run_says_how_old_the_road_data_are(town, monkeypatch, result_of_a_run, days, line):
    date = "" if days is None else (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
    result_of_a_run.data_date = date
    monkeypatch.setattr(pipeline, "run_study", lambda *_, **__: result_of_a_run)
    lines = call("run", "town.yaml").stderr.splitlines()
    assert len(lines) == (1 if line is None else 2)
    assert lines[0] == "warning 1: few sites"
    assert line is None or lines[1].startswith(line.format(date=date))


@pytest.mark.parametrize(
    ("days", "words"), [(100, "61 days old when they were"), (400, "400 days old; fetch newer")]
)
def test_the_age_of_the_data_is_told_once(town, monkeypatch, result_of_a_run, days, words):
    fetched = datetime.now(UTC).date() - timedelta(days=days - 61)
    result_of_a_run.data_date = (fetched - timedelta(days=61)).isoformat()
    late = describe_lateness(f"{result_of_a_run.data_date}T00:00:00Z", f"{fetched.isoformat()}T00:00:00Z")
    result_of_a_run.evaluation.warnings = (f"road data: {late}", "few sites")
    monkeypatch.setattr(pipeline, "run_study", lambda *_, **__: result_of_a_run)
    (told,) = [line for line in call("run", "town.yaml").stderr.splitlines() if "days old" in line]
    assert words in told


def test_check_reads_the_manifest_beside_the_road_file(town):
    grid = publish_grid(Path("cache"))
    roads = f"network.path={grid}"
    partly = call("check", "town.yaml", "--set", roads)
    assert partly.exit_code == 3
    assert "lie outside what multan.osm.pbf covers" in partly.stderr
    area = f"study.area={{box: {list(COVERED.bounds)}}}"
    lines = call("check", "town.yaml", "--set", roads, "--set", area).stderr.splitlines()
    assert "limit of multan.osm.pbf: 3 ways lack a node" in lines
    assert any("OpenStreetMap data of 2026-03-19" in line for line in lines)
    with grid.open("ab") as file:
        file.write(b"more")
    broken = call("check", "town.yaml", "--set", roads)
    assert broken.exit_code == 3
    assert "has 528 bytes, its manifest says 524" in broken.stderr


def test_run_hands_everything_to_the_pipeline_and_ends_with_one_line(town, monkeypatch, result_of_a_run):
    seen = {}

    def run_study(loaded, *, listen, command, should_stop):
        seen.update(loaded=loaded, command=command, stop=should_stop())
        listen(PhaseEvent("network", "", None))
        listen(PhaseEvent("network", "9 nodes", 0.25))
        listen(SolveEvent("milp", 1.0, 5.0, float("nan"), float("inf")))
        return result_of_a_run

    monkeypatch.setattr(pipeline, "run_study", run_study)
    monkeypatch.setattr(sys, "argv", ["chargeplan", "run", "town.yaml"])
    result = call("run", "town.yaml", "--set", "model.max_sites=7")
    assert result.exit_code == 0
    table, empty, line = result.stdout.splitlines()
    assert (table, empty) == ("1,000 people in the study area", "")
    assert line.startswith("WITHIN 2.31 % (stopped by time limit): 50.0% of all demand served by 3 new")
    assert (
        " for PKR 40 M; no plan is more than 2.31 % better within each cell's nearest 20 sites; map: " in line
    )
    assert line.endswith("index.html")
    assert result.stderr == (
        "network       0.2 s  9 nodes\nsolve      search: limit 5 s\nwarning 1: few sites\n"
    )
    assert seen["loaded"].settings.model.max_sites == 7
    assert seen["stop"] is False
    assert seen["command"] == "chargeplan run town.yaml"

    answer = call("run", "town.yaml", "--json")
    events = [json.loads(line) for line in answer.stderr.splitlines()]
    assert [event["event"] for event in events] == ["phase", "phase", "solve", "message"]
    assert events[2]["incumbent_kwh_day"] is None
    final = json.loads(answer.stdout)
    assert (final["outcome"], final["gap"], final["served_share"]) == ("WITHIN 2.31 %", 0.0231, 0.5)
    assert final["demand_table"] == ["1,000 people in the study area"]


def test_first_ctrl_c_of_a_search_keeps_the_plan_and_the_second_ends_the_run(
    town, monkeypatch, result_of_a_run
):
    presses = 0

    def run_study(loaded, *, listen, command, should_stop):
        listen(PhaseEvent("solve", "", None))
        listen(SolveEvent("milp", 0.1, 20.0, 5.0, 6.0))
        assert not should_stop()
        for _ in range(presses):
            os.kill(os.getpid(), signal.SIGINT)
        assert should_stop()
        return result_of_a_run

    monkeypatch.setattr(pipeline, "run_study", run_study)
    presses = 1
    result = call("run", "town.yaml")
    assert result.exit_code == 0
    assert "\nstopping: the best plan so far is verified and written" in result.stderr
    presses = 2
    result = call("run", "town.yaml")
    assert (result.exit_code, result.stdout) == (130, "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_outside_the_search_ends_the_run(town, monkeypatch):
    def run_study(loaded, *, listen, command, should_stop):
        listen(PhaseEvent("network", "", None))
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(pipeline, "run_study", run_study)
    assert call("run", "town.yaml").exit_code == 130


def test_demo_runs_the_built_in_config_into_the_folder_named(town, monkeypatch, result_of_a_run):
    seen = {}

    def run_study(loaded, **_):
        seen["settings"] = loaded.settings
        return result_of_a_run

    monkeypatch.setattr(pipeline, "run_study", run_study)
    result = call("demo", "--folder", 'my "maps"')
    assert result.exit_code == 0, result.stderr
    assert seen["settings"].publish.folder == town / 'my "maps"'
    assert seen["settings"].study.schematic


def test_program_ends_with_the_code_and_without_traceback(town):
    done = run_program("run", "nowhere.yaml", cwd=town)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "nowhere.yaml: no such file; check the path\n"


def test_program_writes_names_that_the_terminal_has_no_letters_for(town):
    (town / "bad.yaml").write_text(CONFIG.replace("mode: cover", "mode: شہر"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "chargeplan", "check", "bad.yaml"],
        capture_output=True,
        check=False,
        cwd=town,
        env=os.environ
        | {"PYTHONPATH": os.path.dirname(os.path.dirname(chargeplan.__file__)), "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert b"\\u0634" in done.stderr
