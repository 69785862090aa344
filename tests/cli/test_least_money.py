"""The least money for a target on the embedded city, from the command line to the records."""

import json

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app

AIM = ("model.objective=cost", "model.target_share=0.3", "model.budget_pkr=null")
# A smaller town, and seconds in place of nodes.
QUICK = (
    "demand.cell_resolution=7",
    "sites.min_spacing_m=1500",
    "solve.node_limit=null",
    "solve.gap=0.05",
    "solve.time_limit_s=30",
)


def call(command, *arguments):
    return CliRunner().invoke(app, [command, *map(str, arguments)])


def set_all(folder, *changes):
    given = (f"publish.folder={folder}", *QUICK, *changes)
    return [part for change in given for part in ("--set", change)]


@pytest.fixture(scope="module")
def demo_config(project_folder):
    return str(project_folder / "configs" / "demo.yaml")


@pytest.fixture(scope="module")
def run(demo_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    result = call("run", demo_config, *set_all(folder, *AIM))
    assert result.exit_code == 0, result.stderr
    return result, folder / "demo"


def test_a_run_says_the_least_money_and_what_is_proven_about_it(run):
    result, folder = run
    assert "least money for 30.0% of the demand left to us: proven to be PKR" in " ".join(
        result.stdout.split()
    )
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    figures = {row["name"]: row["value"] for row in told["metrics"]}
    assert 0 < figures["least_cost_bound"] <= figures["cost"]
    assert told["result"]["cost_pkr"] == pytest.approx(figures["cost"])
    assert told["result"]["gap_share"] == pytest.approx(1 - figures["least_cost_bound"] / figures["cost"])
    assert figures["objective"] >= 0.3 * (figures["demand"] - figures["competitor"]) * (1 - 1e-5)


def test_the_record_of_the_search_has_gap_and_money_over_time(run):
    steps = json.loads((run[1] / "timings.json").read_text(encoding="utf-8"))["solve_steps"]
    gaps = [step["gap"] for step in steps if step["gap"] is not None]
    assert gaps == sorted(gaps, reverse=True)
    assert all(step["cost_bound_pkr"] <= step["cost_pkr"] for step in steps if step["cost_pkr"] is not None)


def test_verify_recomputes_the_run(run):
    assert call("verify", run[1]).exit_code == 0


def test_cover_mode_knows_the_least_money_too(demo_config, tmp_path):
    result = call("run", demo_config, *set_all(tmp_path, *AIM, "model.mode=cover"))
    assert result.exit_code == 0, result.stderr
    assert "least money" in result.stdout


def test_a_target_without_the_objective_is_refused(demo_config, tmp_path):
    result = call("check", demo_config, "--set", "model.target_share=0.3")
    assert result.exit_code == 2
    assert "go together" in " ".join(result.stderr.split())


def test_more_than_can_be_served_is_impossible_with_the_most(demo_config, tmp_path):
    aim = ("model.objective=cost", "model.target_share=0.99", "model.budget_pkr=null")
    result = call("run", demo_config, *set_all(tmp_path, *aim))
    assert result.exit_code == 4, result.stderr
    assert "with any money no plan serves more than" in " ".join(result.stderr.split())


def test_a_sweep_of_targets_never_needs_less_for_more(demo_config, tmp_path):
    result = call(
        "sweep", demo_config, "--json", "--vary", "model.target_share=0.1,0.2", *set_all(tmp_path, *AIM[::2])
    )
    assert result.exit_code == 0, result.stderr
    small, large = [json.loads(line) for line in result.stdout.splitlines()][:2]
    assert small["cost_pkr"] <= large["cost_pkr"]
    assert small["cost_bound_pkr"] <= large["cost_bound_pkr"] <= large["cost_pkr"] + 0.5


def test_a_nested_sweep_of_a_staged_problem_is_refused_in_words(demo_config, tmp_path):
    result = call(
        "sweep", demo_config, "--nested", "--vary", "model.budget_pkr=50M,100M",
        *set_all(tmp_path, "model.largest_station_kw=200"),
    )  # fmt: skip
    assert result.exit_code == 2
    assert "--nested: only a study with one year" in " ".join(result.stderr.split())
