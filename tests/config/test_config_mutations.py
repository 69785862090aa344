"""300 damaged configs: a clean refusal, or exactly what an independent reading of the text gives."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from chargeplan.config.load import load_settings
from chargeplan.config.settings import Settings
from chargeplan.errors import ConfigError

MUTATION_COUNT = 300
ODD_SCALARS = [
    "NO",
    "1:30",
    "12_000",
    "1e6",
    ".nan",
    "-.inf",
    "010",
    "'5'",
    "true",
    "null",
    "[1]",
    "{a: 1}",
    "-1",
    "x",
]
_PLACE = re.compile(r"^city\.yaml(:\d+:\d+)?: \S|^and \d+ more faults")


def _pick_line(lines, rng, pattern=r"\S"):
    rows = [row for row, line in enumerate(lines) if re.search(pattern, line)]
    return int(rng.choice(rows)) if rows else 0


def _pick_place(text, rng, pattern):
    places = [match.start() for match in re.finditer(pattern, text)]
    return int(rng.choice(places)) if places else 0


def duplicate(text, rng):
    lines = text.split("\n")
    row = _pick_line(lines, rng)
    return "\n".join([*lines[: row + 1], lines[row], *lines[row + 1 :]])


def misspell(text, rng):
    place = _pick_place(text, rng, "[a-z]")
    letter = str(rng.choice(list("abcxyz_-: ")))
    return text[:place] + letter + text[place + int(rng.integers(2)) :]


def change_scalar(text, rng):
    lines = text.split("\n")
    row = _pick_line(lines, rng, r": [^{\[]+$")
    lines[row] = lines[row].split(": ")[0] + ": " + str(rng.choice(ODD_SCALARS))
    return "\n".join(lines)


def negate_number(text, rng):
    place = _pick_place(text, rng, r"(?<=[ \[])\d")
    return text[:place] + "-" + text[place:]


def drop_line(text, rng):
    lines = text.split("\n")
    del lines[_pick_line(lines, rng)]
    return "\n".join(lines)


def change_indent(text, rng):
    lines = text.split("\n")
    row = _pick_line(lines, rng)
    lines[row] = " " * int(rng.integers(7)) + lines[row].lstrip()
    return "\n".join(lines)


def insert_mark(text, rng):
    marks = [
        "&a ",
        "*a ",
        "!!str ",
        "!x ",
        "<<: ",
        "? ",
        "- ",
        "@",
        "%",
        "|",
        ">",
        "'",
        '"',
        "#",
        "{",
        "]",
        ",",
        "\t",
    ]
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.choice(marks)) + text[place:]


def insert_character(text, rng):
    odd = ["\ufeff", "\u202e", "\u200b", "\x00", "\x1b", "\u2028", "\u00a0", "\u0085", "ے", "😀", "\r"]
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.choice(odd)) + text[place:]


def nest(text, rng):
    depth = int(rng.integers(1, 60))
    return change_scalar(text, rng).replace("[1]", "[" * depth + "1" + "]" * depth)


def truncate(text, rng):
    return text[: int(rng.integers(len(text)))]


def swap_lines(text, rng):
    lines = text.split("\n")
    first, second = _pick_line(lines, rng), _pick_line(lines, rng)
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


def add_document(text, rng):
    lines = text.split("\n")
    row = int(rng.integers(len(lines)))
    return "\n".join([*lines[:row], str(rng.choice(["---", "...", "%YAML 1.1"])), *lines[row:]])


MUTATORS = [
    duplicate,
    misspell,
    change_scalar,
    negate_number,
    drop_line,
    change_indent,
    insert_mark,
    insert_character,
    nest,
    truncate,
    swap_lines,
    add_document,
]


def read_independently(text: str) -> Settings:
    """Read with ruamel.yaml's own constructor and validate, with none of our reading.

    The constructor still takes 12_000 for a number as YAML 1.1 did; in 1.2 it is a text.
    """
    text = re.sub(r"(?<=[:\[-] )([-+]?\d+_\d+)", r"'\1'", text)
    return Settings.model_validate_json(json.dumps(YAML(typ="safe", pure=True).load(text)))


def normalise(value):
    if isinstance(value, dict):
        return {key: normalise(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normalise(inner) for inner in value]
    return str(Path(value)) if isinstance(value, str) else value


def check_refusal(error):
    """At least one fault, each on one line that opens with its place and hides nothing."""
    assert error.faults
    for fault in error.faults:
        assert _PLACE.match(fault), fault
        assert fault.isprintable(), repr(fault)


@pytest.mark.parametrize("mutate", MUTATORS, ids=lambda mutate: mutate.__name__)
def test_damaged_config_is_refused_cleanly_or_means_what_it_says(mutate, full_text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng([5, MUTATORS.index(mutate)])
    path = Path("city.yaml")
    slowest = 0.0
    for _ in range(MUTATION_COUNT // len(MUTATORS)):
        text = mutate(full_text, rng)
        if rng.random() < 0.3:
            text = MUTATORS[int(rng.integers(len(MUTATORS)))](text, rng)
        path.write_bytes(text.encode("utf-8"))
        began = time.process_time()
        try:
            loaded = load_settings(path)
        except ConfigError as error:
            check_refusal(error)
        else:
            expected = read_independently(text).model_dump(mode="json")
            assert normalise(loaded.plain) == normalise(expected), text
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 1.0
