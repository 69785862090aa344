"""Every figure of data/ carries its unit, source, year and confidence, and every file is registered."""

import dataclasses
import re
import shutil

import pytest

from chargeplan.config.settings import ChargerSettings
from chargeplan.data_register import list_data_files, read_data_register
from chargeplan.errors import DataError
from chargeplan.register_figures import read_figures
from chargeplan.sources_page import fill_page

ROWS = read_data_register()
PAGE = "docs/explanation/where-the-numbers-come-from.md"


@pytest.fixture
def data_copy(tmp_path, project_folder):
    """A copy of data/ whose files a test may spoil."""
    folder = tmp_path / "data"
    shutil.copytree(project_folder / "data", folder, ignore=shutil.ignore_patterns("cache", "*.gz"))
    (folder / "demo" / "islamabad-schematic.osm.gz").write_bytes(b"stands in")
    return folder


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def get_row(path):
    return next(row for row in ROWS if row.path == path)


def test_every_file_of_data_is_registered(project_folder):
    names = {
        path.relative_to(project_folder / "data").as_posix()
        for path in list_data_files(project_folder / "data")
    }
    assert names == {row.path for row in ROWS if row.path}
    assert len(names) > 30


@pytest.mark.parametrize("row", [row for row in ROWS if row.path], ids=lambda row: row.path)
def test_every_figure_has_unit_source_year_and_confidence(row):
    figures = read_figures(row)
    assert figures or not row.path.endswith((".csv", ".yaml"))
    for figure in figures:
        assert figure.unit
        assert figure.source
        assert figure.year
        assert figure.confidence


@pytest.mark.parametrize("row", [row for row in ROWS if row.path], ids=lambda row: row.path)
def test_what_nobody_looked_up_is_not_trusted(row):
    for figure in read_figures(row):
        if any(words in figure.source for words in ("memory", "remembered", "general knowledge")):
            assert figure.confidence in ("low", "assumption"), figure


def test_the_page_tells_the_assumed_hours_and_utilisation_of_a_charger(project_folder):
    text = (project_folder / PAGE).read_text(encoding="utf-8")
    charger = ChargerSettings()
    assert f"`model.charger.hours_day` ({charger.hours_day:g})" in text
    assert f"`model.charger.max_utilisation` ({charger.max_utilisation:g})" in text


def test_the_walk_finds_the_figures_of_both_kinds_of_files():
    # One line of a table, one mapping of a YAML file, one value described once for all cities.
    by_place = {
        (row.path, figure.place): figure
        for row in ROWS
        if row.path in ("fleet/stock.csv", "fleet/scenarios.yaml", "cities.yaml")
        for figure in read_figures(row)
    }
    assert by_place["fleet/stock.csv", "line 2"].what == "two_wheeler, growth_before"
    point = by_place["fleet/scenarios.yaml", "points.nev-30-in-2030 for 2030"]
    assert (point.value, point.unit, point.confidence) == ("0.3", "share of sales", "high")
    people = by_place["cities.yaml", "lahore.districts.Lahore.Lahore City.people"]
    assert (people.value, people.unit, people.year) == ("4123354", "people", "2023")


def test_file_outside_the_register_is_found(data_copy):
    (data_copy / "costs" / "new.csv").write_text("kind,value\nfuel,1\n", encoding="utf-8")
    (data_copy / "costs" / "land.csv").unlink()
    with pytest.raises(DataError) as error:
        read_data_register(data_copy)
    assert error.value.faults == (
        "data/sources.csv has no line for costs/new.csv",
        "data/sources.csv names what is not in data/: costs/land.csv",
    )


def test_figures_without_origin_are_all_found_at_once(data_copy):
    path = data_copy / "costs" / "land.csv"
    path.write_text(
        "kind,value,unit,year,source,confidence\n"
        "fuel,1,,2026,somebody,high\n"
        "mall,2,PKR,,somebody,high\n"
        "park,3,PKR,2026,,high\n"
        "other,4,PKR,2026,somebody,\n"
        "bank,5,PKR,2026,somebody,sure\n"
        "hotel,6,PKR,26,somebody,high\n"
        "office,7,PKR,2026,somebody,assumption\n"
        "cinema,8,PKR,2026,somebody,high\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as error:
        read_figures(get_row("costs/land.csv"), data_copy)
    told = list(error.value.faults)
    for line, words in (
        (2, "fuel: no unit"),
        (3, "mall: no year"),
        (4, "park: no source"),
        (5, "other: no confidence"),
        (6, 'confidence is "sure"'),
        (7, 'year is "26"'),
        (8, "confidence is assumption, but the source says"),
    ):
        assert any(f"land.csv line {line}: {words}" in fault for fault in told), (line, told)
    assert len(told) == 7


def test_column_that_the_register_promises_must_be_there(data_copy):
    spoil(data_copy / "costs" / "land.csv", "confidence", "trust")
    with pytest.raises(DataError, match=r'land\.csv has no column "confidence"'):
        read_figures(get_row("costs/land.csv"), data_copy)


def test_column_of_numbers_without_a_unit_is_found(data_copy):
    spoil(data_copy / "network" / "speeds.csv", "speed_kmh", "speed")
    with pytest.raises(DataError, match="no unit in the name of the column speed"):
        read_figures(get_row("network/speeds.csv"), data_copy)


def test_bare_number_in_a_yaml_file_is_found(data_copy):
    spoil(data_copy / "fleet" / "scenarios.yaml", "\nscenarios:\n", "\nfactor: 3\nscenarios:\n")
    with pytest.raises(DataError, match="factor: factor: no unit, no source, no year, no confidence"):
        read_figures(get_row("fleet/scenarios.yaml"), data_copy)


def test_key_of_cities_without_a_description_is_found(data_copy):
    spoil(data_copy / "cities.yaml", "    utm_zone: 42N\n", "    utm_zone: 42N\n    sunny_days: 300\n")
    with pytest.raises(DataError, match=r"karachi\.sunny_days: karachi, sunny_days: no unit"):
        read_figures(get_row("cities.yaml"), data_copy)


def test_line_of_the_register_is_held_to_its_words(data_copy):
    spoil(data_copy / "sources.csv", "by line,demand,always", "by hearsay,demand,sometimes")
    with pytest.raises(DataError) as error:
        read_data_register(data_copy)
    assert any('confidence is "by hearsay"' in fault for fault in error.value.faults)
    assert any('used is "sometimes"' in fault for fault in error.value.faults)


def test_two_lines_for_a_file_are_found(data_copy):
    path = data_copy / "sources.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"has more than one line for cities\.csv"):
        read_data_register(data_copy)


def test_page_of_sources_is_in_step_with_the_figures(project_folder):
    path = project_folder / PAGE
    text = path.read_text(encoding="utf-8")
    assert fill_page(text, path.parent) == text, f"run: chargeplan sources --page {PAGE}"


def test_every_link_of_the_page_leads_to_a_file_or_a_section(project_folder):
    path = project_folder / PAGE
    text = path.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").casefold()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(links) > 100
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif not link.startswith("http"):
            assert (path.parent / link).exists(), link


def test_page_leads_to_every_file_with_figures(project_folder):
    text = (project_folder / PAGE).read_text(encoding="utf-8")
    assert not [row.path for row in ROWS if row.path and f"](../../data/{row.path})" not in text]


def test_page_without_a_list_is_refused(project_folder):
    path = project_folder / PAGE
    text = path.read_text(encoding="utf-8").replace("<!-- figures of: Costs -->", "<!-- figures of: Cost -->")
    with pytest.raises(DataError) as error:
        fill_page(text, path.parent)
    assert "has no list of Costs" in error.value.faults[0]
    assert "unknown topic: Cost;" in error.value.faults[1]


def test_readme_of_data_names_every_folder(project_folder):
    text = (project_folder / "data" / "README.md").read_text(encoding="utf-8")
    folders = {row.path.split("/")[0] for row in ROWS if "/" in row.path}
    assert not [folder for folder in folders if f"`{folder}/" not in text]
    assert "sources.csv" in text


def test_rows_can_be_told_apart():
    assert len({dataclasses.astuple(row) for row in ROWS}) == len(ROWS)
