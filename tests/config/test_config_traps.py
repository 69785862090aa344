"""The traps that made planners' YAML mean something else than it shows (one test each, and tables)."""

import copy
import json
import math
import time

import pytest

from chargeplan.config.scalars import ScalarError, resolve_plain
from chargeplan.config.schema import find_schema, make_schema
from chargeplan.config.tree import Mark, format_path, walk
from chargeplan.config.yaml_text import read_yaml

# Scalar and what it stands for in the core schema of YAML 1.2, worked out from section 10.3.2.
SCALARS = [
    *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
    *[(text, True) for text in ("true", "True", "TRUE")],
    *[(text, False) for text in ("false", "False", "FALSE")],
    *[(text, text) for text in ("NO", "no", "No", "yes", "Yes", "on", "off", "y", "n", "tRUE", "nULL")],
    *[(text, text) for text in ("1:30", "12:30:00", "190:20:30", "2026-01-02", "2026-01-02 10:00:00")],
    *[(text, text) for text in ("12_000", "1_0.5", "1,000", "0b11", "0o8", "0xg", "1e", "e6", "1e6.5")],
    *[
        (text, text)
        for text in ("--1", "1.2.3", "60 kW", "5%", ".", "-", "+", "1.e", "١٢", "½", "<", "inf", "nan")
    ],
    *[("0", 0), ("-0", 0), ("7", 7), ("+7", 7), ("-7", -7), ("010", 10), ("0o10", 8), ("0x1F", 31)],
    *[("1e6", 1e6), ("1E6", 1e6), ("1e+6", 1e6), ("25e-2", 0.25), ("50.0e6", 5e7), (".5", 0.5), ("5.", 5.0)],
    *[("20.0", 20.0), ("-0.0", 0.0), ("+1.5", 1.5), ("1e-400", 0.0)],
]


@pytest.mark.parametrize(("text", "expected"), SCALARS)
def test_scalar_means_what_yaml_1_2_says(text, expected):
    value = resolve_plain(text)
    assert type(value) is type(expected)
    assert value == expected
    assert not (isinstance(value, float) and math.copysign(1, value) < 0 and value == 0)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.inf", "+.INF", "1e999", "-1e999", "9" * 5000])
def test_number_that_is_no_figure_is_refused(text):
    with pytest.raises(ScalarError):
        resolve_plain(text)


def list_keys(full_text):
    root, _ = read_yaml(full_text, "full.yaml")
    return [(path, node.mark) for path, node in walk(root) if path and isinstance(path[-1], str)]


def test_every_repeated_key_is_refused_with_both_lines(bench, full_text):
    """Each line that opens with a key is written twice; the second must be told with the first."""
    lines = full_text.splitlines()
    tried = 0
    for path, mark in list_keys(full_text):
        line = lines[mark.line - 1]
        opens = line.strip().startswith(f"{path[-1]}:") and mark.column == len(line) - len(line.lstrip()) + 1
        if not opens:
            continue
        tried += 1
        indent = " " * (mark.column - 1)
        doubled = [*lines[: mark.line - 1], f"{indent}{path[-1]}: 5", *lines[mark.line - 1 :]]
        faults = bench.find_faults("\n".join(doubled))
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        told = f"city.yaml:{mark.line + 1}:{mark.column}: {name}: given twice, first on line {mark.line}"
        assert any(fault.startswith(told) for fault in faults), (told, faults)
    assert tried > 45


def test_key_repeated_in_other_quotes_is_the_same_key(bench, full_text):
    text = full_text.replace("  budget_pkr: 50e6\n", "  budget_pkr: 50e6\n  'budget_pkr': 5\n")
    assert any("given twice" in fault for fault in bench.find_faults(text))


def list_places(plain, path=()):
    """Every place of the full config that holds a single value."""
    if isinstance(plain, dict):
        return [found for key, value in plain.items() for found in list_places(value, (*path, key))]
    if isinstance(plain, list):
        return [found for row, value in enumerate(plain) for found in list_places(value, (*path, row))]
    return [path]


def set_all(plain, paths, value):
    """A copy of a config, as text, with one value in many places."""
    changed = copy.deepcopy(plain)
    for path in paths:
        place = changed
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
    return json.dumps(changed, indent=1)


def list_numbers(plain, full_text):
    root, _ = read_yaml(full_text, "full.yaml")
    schemas = {path: find_schema(path, root) for path in list_places(plain)}
    return {path: schema for path, schema in schemas.items() if schema.get("type") in {"number", "integer"}}


@pytest.mark.parametrize("value", [True, "5", 1e308, [1], {"a": 1}], ids=repr)
def test_every_number_refuses_what_is_no_number(bench, full_plain, full_text, value):
    numbers = list(list_numbers(full_plain, full_text))
    assert len(numbers) >= 35
    for half in (numbers[at::4] for at in range(4)):  # no more than 50 faults are told at once
        told = {fault.split(": ")[1] for fault in bench.find_faults(set_all(full_plain, half, value))}
        assert told >= {format_path(path) for path in half}


@pytest.mark.parametrize("value", [-1, 0])
def test_every_number_keeps_to_its_lower_bound(bench, full_plain, full_text, value):
    """Refused wherever the schema's lower bound says so, and nowhere else for its range."""
    low = set()
    numbers = list_numbers(full_plain, full_text)
    for path, schema in numbers.items():
        lowest, above = schema.get("minimum"), schema.get("exclusiveMinimum")
        if (lowest is not None and value < lowest) or (above is not None and value <= above):
            low.add(format_path(path))
    parts = [list(numbers)[at::4] for at in range(4)]  # no more than 50 faults are told at once
    faults = [fault for part in parts for fault in bench.find_faults(set_all(full_plain, part, value))]
    assert {fault.split(": ")[1] for fault in faults if f": got {value};" in fault} == low
    assert len(low) >= 14


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e999"])
def test_not_finite_numbers_are_refused(bench, full_text, value):
    faults = bench.find_faults(full_text.replace("gap: 0.01", f"gap: {value}"))
    line = full_text[: full_text.index("gap: 0.01")].count("\n") + 1
    assert len(faults) == 1
    assert faults[0].startswith(f"city.yaml:{line}:8: solve.gap: got {value}")
    assert "finite number" in faults[0]


def test_whole_number_written_with_a_point_is_refused_where_a_count_is_expected(bench, full_text):
    (fault,) = bench.find_faults(full_text.replace("max_sites: 12", "max_sites: 20.0"))
    assert "model.max_sites: got 20.0; expected a whole number from 0 to 1,000,000; write 20" in fault


def test_exponent_is_a_number(bench, full_text):
    assert bench.load(full_text).settings.model.budget_pkr == 50_000_000


def test_underscore_number_is_refused_with_the_number_to_write(bench, full_text):
    (fault,) = bench.find_faults(full_text.replace("budget_pkr: 50e6", "budget_pkr: 50_000_000"))
    assert 'got the text "50_000_000"; expected a number > 0 (rupees); write 50000000 without' in fault


def test_yes_is_no_boolean(bench, full_text):
    (fault,) = bench.find_faults(full_text.replace("online_tiles: false", "online_tiles: no"))
    assert 'publish.online_tiles: got the text "no"; expected true or false; write false' in fault


def test_country_code_stays_a_text(bench, full_text):
    text = full_text.replace("name: First tehsil", "name: NO").replace("title: ", "title: 1:30 # ")
    settings = bench.load(text).settings
    assert settings.demand.population.figures[0].name == "NO"
    assert settings.study.title == "1:30"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("budget_pkr: 50e6", "budget_pkr: &b 50e6", "got the anchor &b"),
        ("budget_pkr: 50e6", "budget_pkr: *b", "got the alias *b"),
        ("budget_pkr: 50e6", "<<: {budget_pkr: 5}", "got the merge key <<"),
        ("budget_pkr: 50e6", "budget_pkr: !!float 5", "got the tag"),
        ("budget_pkr: 50e6", "budget_pkr: !!python/object/apply:os.system [ls]", "got the tag"),
        ("budget_pkr: 50e6", "budget_pkr: ! 5", "got the tag"),
        ("title: ", "title: !secret ", "got the tag !secret"),
        ("budget_pkr: 50e6", "? [budget_pkr]\n  : 5", "a key must be a plain word"),
        ("budget_pkr: 50e6", "'': 5", "an empty key"),
        ("publish:\n", "---\npublish:\n", "second document"),
        ("# Every key", "%YAML 1.1\n---\n# Every key", "got %YAML 1.1"),
        ("title: ", "title: a\u202eb # ", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("title: ", 'title: "a\\u202Eb" # ', "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("title: ", 'title: "a\\0b" # ', "U+0000"),
        ("title: ", "title: a\x1b[31m # ", "U+001B"),
        ("title: ", "title: a\u200bb # ", "U+200B ZERO WIDTH SPACE"),
        ("  budget_pkr", "\u00a0 budget_pkr", "U+00A0 NO-BREAK SPACE"),
        ("  budget_pkr", "\tbudget_pkr", "indent with spaces"),
        ("budget_pkr: 50e6", "budget_pkr: " + "{a: " * 30 + "1" + "}" * 30, "nested deeper than 20"),
        ("budget_pkr: 50e6", "bands2: " + "[" * 5000, "nested deeper than 20"),
        ("budget_pkr: 50e6", "budget_pkr: 50e6\n" + "#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_what_hides_or_multiplies_meaning_is_refused_within_a_second(bench, full_text, old, new, words):
    assert old in full_text
    text = full_text.replace(old, new, 1)
    began = time.process_time()
    faults = bench.find_faults(text)
    assert any(words in fault for fault in faults), faults
    assert time.process_time() - began < 1.0
    assert all("\n" not in fault for fault in faults)


def test_list_without_end_is_cut_off(bench, full_text):
    text = full_text.replace("budget_pkr: 50e6", "levels: [" + "1," * 400_000 + "1]")
    began = time.process_time()
    assert any("more than 12,000 keys and values" in fault for fault in bench.find_faults(text))
    assert time.process_time() - began < 5.0  # reading it all takes some 20 s


def test_alias_bomb_is_refused_before_it_grows(bench):
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{row}: &a{row} [{','.join([f'*a{row - 1}'] * 9)}]" for row in range(1, 10)]
    faults = bench.find_faults("\n".join(lines))
    assert any("got the anchor &a0" in fault for fault in faults)
    assert len(faults) <= 51


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbfstudy: 1\n", "city.yaml:1:1: begins with a byte order mark"),
        ("study: 1\n".encode("utf-16"), "city.yaml:1:1: begins with a byte order mark"),
        (b"study:\n  title: Caf\xe9\n", "city.yaml:2:13: got the byte 0xe9, which is not UTF-8"),
        (b"", "city.yaml:1:1: is empty"),
        (b"# nothing\n", "city.yaml:1:1: is empty"),
        (b"just a text\n", 'city.yaml:1:1: got the text "just a text"; expected sections'),
        (b"[1, 2]\n", "city.yaml:1:1: got a list of 2; expected sections"),
    ],
)
def test_file_that_is_no_config_is_refused(bench, content, words):
    (fault,) = bench.find_faults(content)
    assert fault.startswith(words)


def test_windows_line_ends_change_nothing(bench, full_text):
    unix, windows = bench.load(full_text), bench.load(full_text.replace("\n", "\r\n"))
    assert unix.settings == windows.settings
    assert unix.locations == windows.locations
    assert unix.sha256 != windows.sha256


def test_schema_and_full_config_have_the_same_keys(full_plain):
    """The fixture that the tables above rest on leaves no key of the schema out."""
    properties = {
        f"{name}.{key}"
        for name, definition in make_schema()["$defs"].items()
        if definition.get("type") == "object"
        for key in definition["properties"]
    }
    other_populations = {"PopulationPoints", "PopulationRaster", "PopulationCsv", "PopulationZones"}
    other_populations |= {"ZoneTotals", "ZoneFigure"}
    other_populations.add("YearSettings")  # years have budgets of their own, in place of the model's
    expected = {entry for entry in properties if entry.partition(".")[0] not in other_populations}
    written = {path[-1] if isinstance(path[-1], str) else path[-2] for path in list_places(full_plain)}
    sections = {part for path in list_places(full_plain) for part in path if isinstance(part, str)}
    keys = {entry.partition(".")[2] for entry in expected} - {"years"}
    assert keys <= written | sections


def test_marks_sort_in_reading_order():
    assert Mark(0, 2, 9, "f") < Mark(0, 10, 1, "f") < Mark(1, 0, 0, "--set a=b")
