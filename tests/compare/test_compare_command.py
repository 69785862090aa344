"""The command compare on published runs: what it writes, refuses and leaves alone."""

import csv
import json
import re
import shutil
from dataclasses import replace

import pytest
from sample_bundle import HOSTILE_TEXTS, build_sample_bundle
from sample_comparison import vary_run
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.compare.folder import name_folder
from chargeplan.errors import ExitCode
from chargeplan.export.own_folders import find_maker
from chargeplan.publish.run_folder import publish_run


def call(*arguments):
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


@pytest.fixture(scope="module")
def runs(tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("maps")
    larger = vary_run(
        plan,
        chargers={2: 4, 3: 0, 30: 8},
        settings={"model.budget_pkr": 300e6},
        metrics={"cost": 250e6, "served_share": 0.5},
    )
    return publish_run(folder / "small" / "sample", plan), publish_run(folder / "large" / "sample", larger)


@pytest.fixture(scope="module")
def compared(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "compared"
    answer = call(*runs, "--out", out)
    assert answer.exit_code == ExitCode.PLAN_FOUND, answer.output
    return out, answer


def test_other_commands_know_the_folder(compared):
    assert find_maker(compared[0]) == "a comparison"


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def list_bytes(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_terminal_names_the_runs_the_settings_and_the_page(compared):
    out, answer = compared
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("A  small: WITHIN 1.23 %")
    assert lines[1].startswith("B  large: ")
    assert "model.budget_pkr: PKR 230 M → PKR 300 M" in lines
    assert lines[-1] == f"page: {out / 'index.html'}"


def test_the_folder_holds_the_page_and_both_tables(compared, runs):
    out, _ = compared
    assert sorted(path.name for path in out.iterdir()) == [
        "compare.csv",
        "compare.json",
        "index.html",
        "sites.csv",
    ]
    stations = {row["site_id"]: row for row in read_rows(out / "sites.csv")}
    assert stations["n0002"]["from_A_to_B"] == "smaller"
    assert (stations["n0002"]["A_chargers"], stations["n0002"]["B_chargers"]) == ("8", "4")
    assert (stations["n0003"]["from_A_to_B"], stations["n0003"]["B_chargers"]) == ("dropped", "")
    assert stations["n0030"]["from_A_to_B"] == "added"
    figures = {row["figure"]: row for row in read_rows(out / "compare.csv")}
    small = {
        row["name"]: row["value"]
        for row in json.loads((runs[0] / "run.json").read_text(encoding="utf-8"))["metrics"]
    }
    assert float(figures["cost"]["A"]) == pytest.approx(small["cost"])
    assert float(figures["cost"]["B_less_A"]) == pytest.approx(250e6 - small["cost"])
    assert figures["served_share"]["unit"] == "share"


def test_the_same_runs_give_the_same_bytes(compared, runs, tmp_path):
    again = call(*runs, "--out", tmp_path / "again")
    assert again.exit_code == ExitCode.PLAN_FOUND
    assert list_bytes(tmp_path / "again") == list_bytes(compared[0])


def test_nothing_written_names_a_folder_of_this_computer(compared, tmp_path_factory):
    root = str(tmp_path_factory.getbasetemp())
    for content in list_bytes(compared[0]).values():
        assert root not in content.decode("utf-8")


def test_the_page_lies_beside_the_first_run_unless_told_otherwise(runs, tmp_path):
    copies = [shutil.copytree(run, tmp_path / name / "sample") for run, name in zip(runs, "ab", strict=True)]
    assert call(*copies).exit_code == ExitCode.PLAN_FOUND
    assert (tmp_path / "a" / "sample-a-vs-b" / "index.html").is_file()


def test_each_pair_of_runs_has_a_folder_of_its_own(runs, tmp_path):
    first, second, third = [
        shutil.copytree(run, tmp_path / name)
        for run, name in ((runs[0], "one"), (runs[1], "two"), (runs[1], "three"))
    ]
    assert call(first, second).exit_code == ExitCode.PLAN_FOUND
    before = list_bytes(tmp_path / "one-vs-two")
    assert call(first, third).exit_code == ExitCode.PLAN_FOUND
    assert (tmp_path / "one-vs-three" / "index.html").is_file()
    assert list_bytes(tmp_path / "one-vs-two") == before


def test_long_and_odd_names_stay_apart_and_short(tmp_path):
    others = ["x" * 300, "x" * 299 + "y", "a b", "a:b", "..", "-"]
    names = [name_folder([tmp_path / "one", tmp_path / other]).name for other in others]
    assert len(set(names)) == len(others)
    assert all(len(name) < 100 and re.fullmatch(r"one-vs-[\w.-]*", name) for name in names)
    many = name_folder([tmp_path / f"{letter * 20}" for letter in "abcdefgh"]).name
    assert len(many) < 100


def test_somebodys_own_folder_of_the_usual_name_is_not_replaced(runs, tmp_path):
    copies = [shutil.copytree(run, tmp_path / name) for run, name in zip(runs, ("one", "two"), strict=True)]
    (tmp_path / "one-vs-two").mkdir()
    (tmp_path / "one-vs-two" / "notes.txt").write_text("mine")
    answer = call(*copies)
    assert answer.exit_code == ExitCode.UNEXPECTED
    assert "not of a comparison" in answer.stderr
    assert (tmp_path / "one-vs-two" / "notes.txt").read_text() == "mine"


def test_the_result_as_json_has_figures_stations_and_proofs(runs, tmp_path):
    answer = call(*runs, "--out", tmp_path / "out", "--json")
    result = json.loads(answer.stdout.splitlines()[-1])
    assert result["event"] == "result"
    told = result["comparison"]
    assert [run["letter"] for run in told["runs"]] == ["A", "B"]
    assert told["settings"] == {"model.budget_pkr": ["PKR 230 M", "PKR 300 M"]}
    assert told["stations"][0] | {"kept": 0} == {
        "added": 1,
        "dropped": 1,
        "larger": 0,
        "smaller": 1,
        "refitted": 0,
        "kept": 0,
    }
    assert json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8")) == told


def test_one_run_alone_and_the_same_run_twice_are_slips_of_the_command(runs):
    for arguments, words in (
        (runs[:1], "one run alone cannot be compared"),
        ((runs[0], runs[0]), "is the same run as"),
        ((runs[0], runs[0] / "records"), "is the same run as"),
        ([runs[0].parent / str(number) for number in range(9)], "at most 8"),
    ):
        answer = call(*arguments)
        assert answer.exit_code == ExitCode.CONFIG
        assert words in answer.stderr


def test_a_study_that_is_called_records_is_compared(runs, tmp_path):
    named = shutil.copytree(runs[0], tmp_path / "records")
    answer = call(named, runs[1], "--out", tmp_path / "out")
    assert answer.exit_code == ExitCode.PLAN_FOUND, answer.output


def test_broken_and_foreign_folders_are_all_named_at_once(runs, tmp_path):
    edited = shutil.copytree(runs[0], tmp_path / "edited")
    with (edited / "sites.geojson").open("a", encoding="utf-8") as file:
        file.write(" ")
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    (sweep / "curve.json").write_text('{"vary": {"key": "model.budget_pkr", "values": [1]}}')
    answer = call(edited, sweep, tmp_path / "nowhere")
    assert answer.exit_code == ExitCode.DATA
    assert re.search(r"sites\.geojson.*changed", answer.stderr)
    assert "is the folder of a sweep" in answer.stderr
    assert "nowhere: no such folder" in answer.stderr


def test_runs_that_cannot_be_compared_leave_no_folder(runs, plan, tmp_path):
    other = publish_run(
        tmp_path / "other", replace(plan, year=2035, area=replace(plan.area, is_schematic=False))
    )
    answer = call(runs[0], other, "--out", tmp_path / "out")
    assert answer.exit_code == ExitCode.DATA
    assert "2 faults; nothing was compared" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_somebodys_own_folder_is_not_replaced(runs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    answer = call(*runs, "--out", tmp_path / "mine")
    assert answer.exit_code == ExitCode.UNEXPECTED
    assert "--out" in answer.stderr
    assert "not of a comparison" in answer.stderr
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"


def test_no_comparison_is_written_over_or_into_a_run(runs):
    for out in (runs[0], runs[1] / "compare"):
        answer = call(*runs, "--out", out)
        assert answer.exit_code == ExitCode.CONFIG
        assert "lies in the run" in answer.stderr


def test_an_older_comparison_is_replaced(runs, tmp_path):
    for _ in range(2):
        assert call(*runs, "--out", tmp_path / "out").exit_code == ExitCode.PLAN_FOUND


def test_names_that_attack_stay_text_in_page_and_tables(tmp_path):
    hostile = build_sample_bundle(hostile=True)
    runs = [
        publish_run(tmp_path / name / "sample", vary_run(hostile, chargers=changed))
        for name, changed in (("one", {}), ("=two", {3: 0}))
    ]
    answer = call(*runs, "--out", tmp_path / "out")
    assert answer.exit_code == ExitCode.PLAN_FOUND, answer.output
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "<img" not in markup
    assert "<svg onload" not in markup
    assert "&lt;img" in markup
    assert len(re.findall(r"<script", page)) == len(re.findall(r"</script>", page))
    for row in read_rows(tmp_path / "out" / "sites.csv"):
        assert not row["name"].startswith(("=", "+", "-", "@"))
    assert all(text not in page for text in HOSTILE_TEXTS if "<" in text)
