"""The sketch of the report against the map: the same thing looks the same."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import chargeplan.publish
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.map_cells import LEAST_LEFT_KWH_DAY, build_cell_data, list_left
from chargeplan.publish.report import sketch
from chargeplan.publish.report.drawing import draw_mark
from chargeplan.publish.report.page import build_report
from chargeplan.publish.report.roads import RoadLines
from chargeplan.publish.report.sketch import draw_sketch
from chargeplan.publish.report.stations import collect_stations

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


def draw(bundle):
    return draw_sketch(bundle, collect_stations(bundle), RoadLines(bundle.network))


def measure_dots(svg):
    path = re.search(r'class="sk-unserved" d="([^"]+)"', svg)[1]
    return [float(radius) for radius in re.findall(r"a([\d.]+) [\d.]+ 0 1 0 \d", path)]


def test_dots_have_the_measures_of_the_map():
    code = (PUBLISH / "templates" / "demand.js").read_text(encoding="utf-8")
    for name, ours in (
        ("DOT_PART", sketch._DOT_PART),
        ("MOST_DOT_PX", sketch._MOST_DOT),
        ("LEAST_DOT_PX", sketch._LEAST_DOT),
    ):
        assert float(re.search(rf"chargeplan\.{name} = ([\d.]+);", code)[1]) == ours


def test_the_largest_dot_stands_for_what_the_map_says(sample):
    cells = build_cell_data(sample)
    drawn = draw(sample)
    assert drawn["full_dot"] == f"{cells['fullDot']:,g} kWh/day"
    [left] = list_left(sample)
    radii = np.array(measure_dots(drawn["svg"]))
    assert len(radii) == (left > LEAST_LEFT_KWH_DAY).sum()
    largest = radii.max()
    expected = largest * np.sqrt(np.minimum(left / cells["fullDot"], 1.0))
    assert largest > 3  # else rounding hides what is compared
    assert (left >= cells["fullDot"]).any()
    assert radii == pytest.approx(expected[left > LEAST_LEFT_KWH_DAY], abs=0.11)
    page = build_report(sample).report
    assert f"demand not served; the largest dot is {drawn['full_dot']} or more" in page


def test_joined_hexagons_have_the_dots_of_the_far_view(sample, monkeypatch):
    monkeypatch.setattr(sketch, "_MOST_HEXAGONS", 150)
    monkeypatch.setattr("chargeplan.publish.map_cells._FEWEST_PARENTS", 1)
    drawn, cells = draw(sample), build_cell_data(sample)
    assert drawn["is_joined"]
    level = next(each for each in cells["levels"] if each["count"] <= 150)
    assert drawn["full_dot"] == f"{level['fullDot']:,g} kWh/day"
    assert level["fullDot"] > cells["fullDot"]


def test_years_share_the_measure_of_their_dots(staged_demo):
    bundle = read_finished_run(staged_demo)
    assert draw(bundle)["full_dot"] == f"{build_cell_data(bundle)['fullDot']:,g} kWh/day"


def test_where_nothing_is_left_the_key_has_no_dot(sample):
    served = sample.cells.total_kwh_day - sample.problem.competitor_kwh_day
    bundle = replace(sample, evaluation=replace(sample.evaluation, cell_served_kwh_day=served))
    assert draw(bundle)["full_dot"] == ""
    assert "the largest dot" not in build_report(bundle).report


def test_no_number_of_a_station_lies_on_another(staged_demo):
    bundle = read_finished_run(staged_demo)
    stations = collect_stations(bundle)
    crowded = stations.assign(
        lon=stations["lon"].iloc[0] + np.arange(len(stations)) * 4e-4, lat=stations["lat"].iloc[0]
    )
    for table, least in ((stations, len(stations) // 2), (crowded, 1)):
        picture = draw_sketch(bundle, table, RoadLines(bundle.network))["svg"]
        numbers = re.findall(r'class="sk-rank" x="([\d.]+)" y="([\d.]+)"[^>]*>(\d+)<', str(picture))
        assert least <= len(numbers)
        assert numbers[-1][2] == "1"  # the best on top
        places = np.array([[float(x), float(y)] for x, y, _ in numbers])
        apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        assert apart[np.triu_indices(len(places), 1)].min(initial=np.inf) > 18
    assert len(numbers) < len(stations)
