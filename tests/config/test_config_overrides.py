"""--set goes the same way as the file: same checks, same messages, its own place."""

import pytest

from chargeplan.config.overrides import parse_path


def test_value_replaces_the_one_of_the_file(bench, full_text):
    loaded = bench.load(full_text, "model.budget_pkr=1e6", "solve.gap=0")
    assert loaded.settings.model.budget_pkr == 1e6
    assert loaded.settings.solve.gap == 0
    assert loaded.overrides == ("model.budget_pkr=1e6", "solve.gap=0")
    assert loaded.locations["model.budget_pkr"] == "--set model.budget_pkr=1e6"


def test_value_may_be_taken_away(bench, full_text):
    assert bench.load(full_text, "model.max_sites=null").settings.model.max_sites is None


@pytest.mark.parametrize("key", ["demand.population.figures[1].people", "demand.population.figures.1.people"])
def test_item_of_a_list_is_set_by_its_number(bench, full_text, key):
    figures = bench.load(full_text, f"{key}=5").settings.demand.population.figures
    assert [figure.people for figure in figures] == [250000, 5]


def test_whole_section_and_whole_list(bench, full_text, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    loaded = bench.load(
        full_text,
        "demand.population={source: csv, path: grid.csv, column: pop}",
        "sites.paths=[a.geojson, sub/b.gpkg]",
    )
    assert loaded.settings.demand.population.column == "pop"
    assert loaded.settings.sites.paths == [tmp_path / "a.geojson", tmp_path / "sub" / "b.gpkg"]


def test_section_that_the_file_leaves_out_is_made(bench, full_text):
    text = full_text[: full_text.index("travel:\n")] + full_text[full_text.index("model:\n") :]
    assert bench.load(text, "travel.limit_min=15").settings.travel.limit_min == 15
    assert bench.load(text + "\ntravel:\n", "travel.limit_min=15").settings.travel.limit_min == 15


def test_paths_of_the_command_line_are_relative_to_the_working_folder(
    bench, full_text, monkeypatch, tmp_path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    settings = bench.load(full_text, "network.path=roads.osm").settings
    assert settings.network.path == elsewhere / "roads.osm"
    assert settings.network.speeds == bench.folder / "speeds.csv"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("model.budget_pkr=-5", "model.budget_pkr: got -5; expected a number > 0 (rupees)"),
        ("model.bugdet_pkr=5", 'model.bugdet_pkr: unknown key; did you mean "budget_pkr"?'),
        ("study.name.x=4", 'study.name: the file has the text "full-town" here, which has no key x'),
        ("sites.files[3].path=a", 'sites.files: got "3" as a place in a list of 1, counted from 0'),
        ("sites.files.x.path=a", 'sites.files: got "x" as a place in a list of 1, counted from 0'),
        ("network.path=~/a", 'network.path: got "~/a"; "~" is not replaced here'),
        ("solve.gap=[1", "not YAML: expected ',' or ']'"),
        ("solve.gap=&a 0.1", "got the anchor &a; remove it"),
        ("solve.gap=.nan", "got .nan; expected a finite number"),
        ("solve.gap=", "expected KEY=VALUE"),
        ("solve.gap", "expected KEY=VALUE"),
        ("=5", "expected KEY=VALUE"),
        ("solve..gap=5", "expected KEY=VALUE"),
        ("solve.gap=a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ],
)
def test_fault_is_placed_at_the_override(bench, full_text, override, told):
    faults = bench.find_faults(full_text, override)
    assert len(faults) == 1
    shown = override.replace("\u202e", "\\u202e")
    assert faults[0].startswith(f"--set {shown}: ")
    assert told in faults[0]


def test_same_key_twice_is_refused(bench, full_text):
    faults = bench.find_faults(full_text, "sites.files[0].status=existing", "sites.files.0.status=required")
    assert "given twice on the command line; keep one" in faults[0]


def test_faults_of_file_and_overrides_come_together(bench, full_text):
    faults = bench.find_faults(
        full_text.replace("threads: 1", "threads: 0"), "solve.gap=2", "travel.limit_min=x"
    )
    assert [fault.split(": ")[0].partition("=")[0] for fault in faults] == [
        "city.yaml:100:3",
        "--set solve.gap",
        "--set travel.limit_min",
    ]


def test_override_mends_a_fault_of_the_file(bench, full_text):
    assert (
        bench.load(full_text.replace("threads: 1", "threads: 0"), "solve.threads=2").settings.solve.threads
        == 2
    )


def test_path_that_is_none():
    assert parse_path("a.b[2].c") == ("a", "b", 2, "c")
    assert parse_path(".".join("a" * 21)) is None
