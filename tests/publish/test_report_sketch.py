"""The sketch of the report against the map: the same thing looks the same."""

import re
from pathlib import Path

import pytest

import chargeplan.publish
from chargeplan.publish.report.drawing import draw_mark

PUBLISH = Path(chargeplan.publish.__file__).parent
MAP, CSS = PUBLISH / "templates" / "core.js", PUBLISH / "report" / "templates" / "report.css"


@pytest.mark.parametrize(("theme", "nth"), [("light", 0), ("dark", 1)])
def test_the_sketch_has_the_colours_of_the_map(theme, nth):
    of_map = MAP.read_text(encoding="utf-8").split("chargeplan.COLOURS = {")[1]
    of_map = of_map.split(f"  {theme}: {{")[1].split("\n  },")[0]
    of_report = CSS.read_text(encoding="utf-8").split(":root {")[1 + nth].split("}")[0]

    def read(name):
        return re.search(rf"--{name}: ([^;]+);", of_report)[1]

    ramp = re.findall(r'"(#\w+)"', re.search(r"ramp: \[([^\]]+)\]", of_map)[1])
    assert [read(f"d{level}") for level in range(6)] == ramp
    assert float(read("demand-alpha")) == float(re.search(r"rampAlpha: ([\d.]+)", of_map)[1])
    assert read("unserved") == re.search(r'unserved: "(#\w+)"', of_map)[1]
    assert read("on-mark") == re.search(r'onMark: "(#\w+)"', of_map)[1]
    for status in ("candidate", "required", "existing"):
        assert read(status) == re.search(rf'{status}: "(#\w+)"', of_map)[1]


@pytest.mark.parametrize("status", ["existing", "required"])
def test_marks_have_the_corners_of_the_map(status):
    glyphs = (PUBLISH / "templates" / "glyphs.js").read_text(encoding="utf-8")
    corners = re.search(rf'if \(status === "{status}"\) return join\(\[(.+)\]\);', glyphs)[1]
    of_map = [float(number) for number in re.findall(r"-?[\d.]+", corners)]
    drawn = re.search(r'd="M(.+)z"', draw_mark(status, 0.0, 0.0, 100.0))[1]
    assert [float(number) / 100 for number in re.findall(r"-?[\d.]+", drawn)] == of_map
