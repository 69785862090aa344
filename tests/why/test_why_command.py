"""The command why on a run of the embedded city: what it writes, refuses and leaves alone."""

import csv
import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest
import staged_problems
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.export.own_folders import find_maker
from chargeplan.pipeline import verify_run
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.why.case import Questions, RunAnswers, RunCase
from chargeplan.why.folder import publish_answers
from chargeplan.why.run import ask_run
from chargeplan.why.table import describe_measure, write_csv


def call(*arguments):
    return CliRunner().invoke(app, ["why", *map(str, arguments)])


def read_rows(folder):
    with (folder / "why.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def list_checksums(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_plan(run):
    features = json.loads((run / "sites.geojson").read_text(encoding="utf-8"))["features"]
    return {each["id"]: each["properties"] for each in features}


@pytest.fixture(scope="module")
def answered(demo_run):
    """All new stations answered, with alternatives, and what the run's files were before."""
    before = list_checksums(demo_run)
    first = min(name for name, row in read_plan(demo_run).items() if row["is_new"])
    sites = [name for name, row in read_plan(demo_run).items() if row["is_new"]]
    options = [part for name in sites for part in ("--site", name)]
    result = call(
        demo_run, "--json", *options, "--alternatives", 2, "--within", "20%", "--differ", 2, "--time-limit", 20
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert first in sites
    return result, before, demo_run.with_name(f"{demo_run.name}-why")


def test_the_run_stays_as_it_was(answered, demo_run):
    _, before, folder = answered
    assert list_checksums(demo_run) == before
    assert verify_run(demo_run).checks["passed"].all()
    assert {path.name for path in folder.iterdir()} == {"why.csv", "why.json", "alternatives.geojson"}


def test_other_commands_know_the_folder(answered):
    assert find_maker(answered[2]) == "the answers of chargeplan why"


def test_every_new_station_has_its_row_with_the_figures_of_the_run(answered, demo_run):
    plan = read_plan(demo_run)
    rows = {row["site_id"]: row for row in read_rows(answered[2])}
    assert set(rows) == {name for name, row in plan.items() if row["is_new"]}
    for name, row in rows.items():
        load = float(row["load_kwh_day"])
        assert load == pytest.approx(plan[name]["served_kwh_day"], rel=1e-3)
        assert 0 <= float(row["alone_served_kwh_day"]) <= load + 1e-6
        assert float(row["loss_least_kwh_day"]) <= float(row["loss_most_kwh_day"])
        assert float(row["loss_most_kwh_day"]) <= float(row["unreplaced_loss_kwh_day"]) + 1e-6
        if row["next_best_site_id"]:
            assert row["next_best_site_id"] not in plan
            assert 0 < float(row["next_best_m"]) < 50_000
            assert 0 < float(row["next_best_min"]) < 120
            assert row["next_best_is_proven"] == "True"


def test_alternatives_are_valid_geojson_within_the_share(answered, demo_run):
    folder = answered[2]
    text = (folder / "alternatives.geojson").read_text(encoding="utf-8")
    assert find_geojson_faults(text) == []
    about = json.loads((folder / "why.json").read_text(encoding="utf-8"))
    plan = {name for name, row in read_plan(demo_run).items() if row["is_new"]}
    plans = about["alternatives"]["plans"]
    assert plans, about["alternatives"]["ended"]
    for each in plans:
        assert each["objective_kwh_day"] >= 0.8 * about["plan"]["objective_kwh_day"] - 1e-3
        assert len(set(each["sites"]) ^ plan) == each["n_different"] >= 2
        assert each["metrics"]["cost"] <= 40e6 + 1
    kept = set(about["alternatives"]["kept_in_all"])
    assert kept == plan.intersection(*(each["sites"] for each in plans))
    features = json.loads(text)["features"]
    assert {each["id"] for each in features} == plan.union(*(each["sites"] for each in plans))


def test_json_gives_one_object_per_site_and_a_result(answered):
    events = [json.loads(line) for line in answered[0].stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[-2:] == ["alternatives", "result"]
    assert set(kinds[:-2]) == {"site"}
    assert "kept in" in events[-2]["text"]


def test_closed_sites_say_why_in_words(demo_run, tmp_path):
    answers = ask_run(demo_run, Questions(closed=True))
    rows = read_rows(publish_answers(tmp_path / "demo-why", answers))
    assert rows
    assert {row["state"] for row in rows} == {"closed"}
    told = [row for row in rows if row["reasons"]]
    assert len(told) >= len(rows) / 2
    assert all(row["loss_most_kwh_day"] == "" for row in rows)  # nothing was searched


def test_a_closed_site_is_forced_open_when_asked_for(demo_run):
    answers = ask_run(demo_run, Questions(closed=True))
    best = max(answers.closed, key=lambda each: (each.can_open, each.gain_kwh_day))
    name = answers.case.sites.table["site_id"].iloc[best.site_pos]
    asked = ask_run(demo_run, Questions(sites=(name,), limit_s=20.0))
    assert [each.site_pos for each in asked.closed] == [best.site_pos]
    assert asked.closed[0].loss.is_known


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--site", "nowhere"], 3, "no such site"),
        (["--within", "1000%"], 2, "--within"),
        (["--within", "much"], 2, "--within"),
    ],
)
def test_a_slip_is_told(arguments, code, told, demo_run):
    result = call(demo_run, *arguments)
    assert result.exit_code == code
    assert told in result.stderr


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    assert call(tmp_path / "none").exit_code == 3
    (tmp_path / "empty").mkdir()
    result = call(tmp_path / "empty")
    assert result.exit_code == 3
    assert "records" in result.stderr
    assert not (tmp_path / "empty-why").exists()


def test_a_foreign_folder_is_not_replaced(demo_run, tmp_path):
    foreign = tmp_path / "demo-why"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    answers = ask_run(demo_run, Questions(closed=True))
    with pytest.raises(Exception, match=r"thesis\.txt"):
        publish_answers(foreign, answers)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


def test_ctrl_c_keeps_the_finished_sites(demo_run):
    told = []
    answers = ask_run(demo_run, Questions(limit_s=1.0), tell=told.append, should_stop=lambda: len(told) >= 1)
    assert answers.was_stopped
    assert len(answers.opens) == 1
    assert answers.opens[0].loss.is_known


def test_what_is_gained_and_lost_is_named_beside_what_the_run_serves(answered, demo_run):
    """Long drives of the embedded city count for less: the plan's objective is below the energy served."""
    plan = json.loads((answered[2] / "why.json").read_text(encoding="utf-8"))["plan"]
    figures = json.loads((demo_run / "run.json").read_text(encoding="utf-8"))["metrics"]
    served = next(row["value"] for row in figures if row["name"] == "served")
    assert plan["objective_unit"] == "graded kWh/day"
    assert plan["objective_kwh_day"] < plan["served_kwh_day"] == pytest.approx(served, rel=1e-6)
    assert f"it serves {served:,.1f} kWh/day" in answered[0].stderr


def test_a_plan_of_several_years_says_that_its_energy_is_their_mean():
    problem = staged_problems.make_staged_problem(0, ("years",))
    assert problem.staging.n_years > 1  # else this test tells nothing
    share = np.ones(len(problem.pair_cell))
    case = RunCase(
        *(None,) * 5,
        request=SimpleNamespace(year=2031),
        problem=problem,
        solution=SimpleNamespace(objective_kwh_day=50.0, pair_share=share),
    )
    served = problem.demand_kwh_day[problem.pair_cell].sum()
    assert case.unit.endswith("mean-of-years kWh/day")
    assert f"it serves {served:,.1f} kWh/day in the last year, 2031" in describe_measure(case)


def test_no_answer_is_a_formula_to_a_spreadsheet():
    removed = [("=1+1", '@SUM("A1")'), ("way/1", "never offered")]
    answers = RunAnswers(SimpleNamespace(), Questions(sites=("=1+1",)), removed=removed)
    rows = list(csv.DictReader(write_csv(answers).splitlines()))
    assert [(row["site_id"], row["reasons"]) for row in rows] == [
        ("'=1+1", '\'@SUM("A1")'),
        ("way/1", "never offered"),
    ]
