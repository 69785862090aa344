"""A sweep of the embedded city: its laws, read from what was written, and how it ends early."""

import csv
import io
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from chargeplan.errors import (
    ChargeplanError,
    ConfigError,
    DataError,
    InfeasibleError,
    InterruptedRunError,
    VerificationError,
)
from chargeplan.export.own_folders import find_maker
from chargeplan.progress import describe_search
from chargeplan.publish.report.curve import SWEEP_FILES
from chargeplan.runlog import SolveEvent
from chargeplan.store import check_checksums
from chargeplan.sweep import curve as curve_module
from chargeplan.sweep.curve import compute_curve, compute_longest_s
from chargeplan.sweep.folder import SWEEP_FOLDER_NAMES, name_folder, publish_curve
from chargeplan.sweep.measure import name_measure, name_unit
from chargeplan.sweep.page import build_page
from chargeplan.sweep.table import format_rows, list_headings, write_csv
from chargeplan.sweep.values import parse_vary

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\u202eEvil & ${x}"
VERSIONS = {"chargeplan": "0", "seed": 1, "versions": {"python": "3"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, nested_curve):
    return publish_curve(tmp_path_factory.mktemp("maps") / "demo-sweep-budget_pkr", nested_curve)


@pytest.fixture(scope="module")
def rows(folder):
    return list(csv.DictReader((folder / "curve.csv").read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def made_once(monkeypatch, nested_curve):
    """Network, demand, sites and driving times of the embedded city, not built again."""
    monkeypatch.setattr(curve_module, "build_records", lambda _loaded, *, log: nested_curve.records)


def read_chargers(folder, row):
    """Chargers of the new stations of a point, by site."""
    features = json.loads((folder / row["sites_file"]).read_text(encoding="utf-8"))["features"]
    return {f["id"]: f["properties"]["chargers"] for f in features if f["properties"]["is_new"]}


def test_an_impossible_point_is_shown_with_its_reason(rows):
    assert [row["value"] for row in rows] == ["1000", "40000000", "120000000", "360000000"]
    assert rows[0]["outcome"] == "IMPOSSIBLE"
    assert "below the cheapest station" in rows[0]["reason"]
    assert rows[0]["objective_kwh_day"] == rows[0]["sites_file"] == ""


def test_served_demand_and_bounds_never_fall_and_no_budget_is_exceeded(rows):
    planned = rows[1:]
    for name in ("objective_kwh_day", "bound_kwh_day", "cost_pkr", "free_objective_kwh_day"):
        figures = [float(row[name]) for row in planned]
        assert figures == sorted(figures), name
    for row in planned:
        assert float(row["cost_pkr"]) <= float(row["value"]) + 0.5
        assert float(row["objective_kwh_day"]) <= float(row["bound_kwh_day"]) * (1 + 1e-9)
        assert float(row["objective_kwh_day"]) <= float(row["free_objective_kwh_day"]) * (1 + 1e-9)


def test_each_larger_plan_keeps_the_stations_and_chargers_of_the_smaller(folder, rows):
    plans = [read_chargers(folder, row) for row in rows[1:]]
    assert all(plans)
    for smaller, larger in itertools.pairwise(plans):
        assert {site: larger.get(site, 0) for site in smaller if larger.get(site, 0) < smaller[site]} == {}
    assert [len(plan) for plan in plans] == [int(row["new_sites"]) for row in rows[1:]]
    assert [sum(plan.values()) for plan in plans] == [int(row["new_chargers"]) for row in rows[1:]]


def test_what_nesting_costs_is_told_against_the_bound(rows):
    for row in rows[2:]:
        most = float(row["bound_kwh_day"]) - float(row["objective_kwh_day"])
        assert float(row["nesting_costs_at_most_kwh_day"]) == pytest.approx(max(most, 0.0), abs=1e-4)
        least = float(row["free_objective_kwh_day"]) - float(row["objective_kwh_day"])
        assert float(row["nesting_costs_at_least_kwh_day"]) == pytest.approx(max(least, 0.0), abs=1e-4)
    assert rows[1]["nesting_costs_at_most_kwh_day"] == "0"  # the smallest plan keeps nothing


def test_a_marginal_figure_is_energy_by_money_between_two_plans(rows):
    before, here = rows[1], rows[2]
    energy = float(here["objective_kwh_day"]) - float(before["objective_kwh_day"])
    money = (float(here["cost_pkr"]) - float(before["cost_pkr"])) / 1e6
    assert float(here["marginal_kwh_day_per_mpkr"]) == pytest.approx(energy / money, rel=1e-6)
    assert before["marginal_kwh_day_per_mpkr"] == ""


def test_one_measure_stands_behind_each_number(folder, nested_curve):
    """Long drives of the embedded city are worth less: what plans maximise is below the energy served."""
    headings, shown = list_headings(nested_curve), format_rows(nested_curve)
    assert headings["objective"] == "Graded kWh/day"
    assert headings["marginal"] == "Graded kWh/day per M PKR more"
    before, here = shown[1], shown[2]
    energy = [float(row["objective"].replace(",", "")) for row in (before, here)]
    money = [float(row["spent"].removeprefix("PKR ").removesuffix(" M")) for row in (before, here)]
    slope = (energy[1] - energy[0]) / (money[1] - money[0])
    assert float(here["marginal"].replace(",", "")) == pytest.approx(slope, rel=0.01)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "graded kWh/day" in page
    point = nested_curve.points[2]
    on_axis = point.solution.objective_kwh_day / nested_curve.demand_kwh_day
    assert f"{on_axis:.1%}" != f"{point.get_metric('served_share'):.1%}"  # else this test tells nothing
    assert f"served, {on_axis:.1%} graded</title>" in page
    chart = page[page.index("<svg") : page.index("</svg>")]
    assert f">{on_axis:.1%}</text>" in chart
    assert f">{point.get_metric('served_share'):.1%}</text>" not in chart


def test_the_progress_of_a_sweep_names_the_energy_of_its_table(nested_curve):
    heard = []
    listen = curve_module._name_point(heard.append, nested_curve.points[1], 2, 4)
    listen(SolveEvent("milp", 1.0, 5.0, 1000.0, 1100.0))
    assert describe_search(heard[0]).startswith("point 2 of 4, milp: plan serves 1,000 graded kWh/day, bound")
    line = curve_module._describe_point(
        nested_curve.vary, nested_curve.points[1], 2, 4, nested_curve.points[1].solution
    )
    assert line.endswith(f"plan {format_rows(nested_curve)[1]['objective']} graded kWh/day")


@pytest.mark.parametrize(
    ("quality", "n_years", "unit"),
    [
        (1.0, 1, "kWh/day"),
        (0.5, 1, "graded kWh/day"),
        (1.0, 2, "mean-of-years kWh/day"),
        (0.5, 2, "graded mean-of-years kWh/day"),
    ],
)
def test_the_energy_that_is_maximised_is_called_what_it_is(quality, n_years, unit):
    model = SimpleNamespace(bands=[SimpleNamespace(quality=quality)], years=[None] * n_years)
    assert name_unit(name_measure([SimpleNamespace(model=model)])) == unit


def test_the_folder_holds_the_curve_as_json_with_settings_and_knee(folder, nested_curve):
    assert sorted(path.name for path in folder.iterdir()) == sorted(SWEEP_FOLDER_NAMES)
    told = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
    assert told["vary"] == {"key": "model.budget_pkr", "values": [1000, 40_000_000, 120_000_000, 360_000_000]}
    assert told["knee"]["pos"] == nested_curve.knee.pos
    assert told["settings"]["solve"]["time_limit_s"] == 0.8
    assert "nesting costs at most" in told["nesting"]
    assert all(point["warnings"] for point in told["points"][1:])
    assert sum(point["is_knee"] for point in told["points"]) == (nested_curve.knee.pos is not None)


def test_the_folder_lists_the_checksums_that_its_readers_need(folder):
    check_checksums(folder, "", needed=SWEEP_FILES)
    with pytest.raises(DataError, match="no checksum of other"):
        check_checksums(folder, "", needed=(*SWEEP_FILES, "other"))


def test_a_folder_of_a_run_or_of_somebody_else_is_not_replaced(tmp_path, nested_curve):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ChargeplanError, match="not of a sweep"):
        publish_curve(tmp_path, nested_curve)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_other_commands_know_the_folder(folder):
    assert find_maker(folder) == "a sweep"


def test_the_same_curve_gives_the_same_page_and_table(folder, nested_curve, tmp_path):
    again = publish_curve(tmp_path / "again", nested_curve)
    for name in ("index.html", "curve.csv", "curve.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


class Tags(HTMLParser):
    """Tags and attributes of a page; every tag must be closed in order."""

    def __init__(self, page):
        super().__init__()
        self.seen, self._open = [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link"}:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_the_page_loads_nothing_and_runs_nothing(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    seen = Tags(page).seen
    assert "script" not in {tag for tag, _ in seen}
    addresses = [a[name] for _, a in seen for name in ("src", "href") if name in a]
    assert addresses == ["data:,", "curve.csv", "curve.json"]
    assert not re.search(r"https?:|@import|url\(", page)
    assert any("default-src 'none'" in a.get("content", "") for _, a in seen)
    assert not any(name.startswith("on") for _, a in seen for name in a)


def test_texts_from_data_are_shown_as_texts(nested_curve):
    area = replace(nested_curve.records.area, title=HOSTILE)
    points = [replace(point) for point in nested_curve.points]
    points[0].reason = HOSTILE
    points[-1].evaluation = replace(points[-1].evaluation, warnings=(HOSTILE,))
    points[-2].evaluation = replace(points[-2].evaluation, warnings=(HOSTILE,))
    hostile = replace(
        nested_curve,
        records=replace(nested_curve.records, area=area),
        points=tuple(points),
        settings_as_run={"study": {"title": HOSTILE}},
    )
    page = build_page(hostile, attribution=HOSTILE, run_info=VERSIONS)
    assert {"script", "img"}.isdisjoint({tag for tag, _ in Tags(page).seen})
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") >= 6  # title twice, reason twice and more, settings, attribution
    assert "<script>" not in write_csv(nested_curve)


def test_a_plan_that_fails_its_check_ends_the_sweep(monkeypatch, load_points, made_once):
    """The search claims a tenth more than it serves: the independent check refuses it."""
    honest = curve_module.solve_problem

    def boast(*arguments, **options):
        found = honest(*arguments, **options)
        more = {"objective_kwh_day": 1.1 * found.objective_kwh_day, "bound_kwh_day": 2 * found.bound_kwh_day}
        return replace(found, outcome="WITHIN GAP", **more)

    monkeypatch.setattr(curve_module, "solve_problem", boast)
    vary = parse_vary("model.max_sites=2,4")
    with pytest.raises(VerificationError, match="objective"):
        compute_curve(vary, load_points(vary, "model.budget_pkr=null"))


def test_a_stop_keeps_the_finished_points(load_points, tmp_path, made_once):
    vary = parse_vary("model.max_sites=2,4,8")
    heard = []
    curve = compute_curve(
        vary,
        load_points(vary),
        tell=heard.append,
        should_stop=lambda: bool(heard),  # after the first point
    )
    assert [point.outcome_text == "NOT SEARCHED" for point in curve.points] == [False, True, True]
    folder = publish_curve(tmp_path / "stopped", curve)
    assert "stopped by the user" in (folder / "index.html").read_text(encoding="utf-8")
    assert len(list(folder.glob("points/*/sites.geojson"))) == 1


def test_a_stop_before_any_plan_keeps_nothing(load_points, made_once):
    vary = parse_vary("model.max_sites=2,4")
    with pytest.raises(InterruptedRunError):
        compute_curve(vary, load_points(vary), should_stop=lambda: True)


def test_a_sweep_without_any_plan_is_impossible(load_points, made_once):
    vary = parse_vary("model.budget_pkr=1000,2000")
    with pytest.raises(InfeasibleError, match=r"no point of the sweep has a plan.*PKR 2,000"):
        compute_curve(vary, load_points(vary))


def test_a_setting_that_is_no_limit_has_no_knee_and_cannot_be_nested(load_points, made_once):
    vary = parse_vary("model.charger.max_utilisation=0.2,0.4")
    with pytest.raises(ConfigError, match="can be nested"):
        compute_curve(vary, load_points(vary), is_nested=True)
    curve = compute_curve(vary, load_points(vary))
    assert curve.knee.pos is None
    served = [point.solution.objective_kwh_day for point in curve.points]
    assert served[0] < served[1]  # twice the energy from the same money
    page = build_page(curve, attribution="", run_info=VERSIONS)
    assert "side by side" in page
    assert write_csv(curve).splitlines()[2].split(",")[10] == ""  # money says nothing about a utilisation


def test_the_longest_time_counts_every_search_and_its_tidying():
    points = [SimpleNamespace(settings=SimpleNamespace(solve=SimpleNamespace(time_limit_s=20.0)))] * 5
    assert compute_longest_s(points, is_nested=False) == pytest.approx(110)
    assert compute_longest_s(points, is_nested=True) == pytest.approx(198)  # the smallest is not nested


def test_the_folder_has_the_name_of_the_study_and_the_setting(nested_curve):
    settings = nested_curve.points[0].settings
    assert name_folder(settings, nested_curve.vary).name == "demo-sweep-budget_pkr"


def test_figures_of_the_table_are_whole_lines(nested_curve):
    lines = write_csv(nested_curve).splitlines()
    assert len(lines) == 5
    assert {len(row) for row in csv.reader(io.StringIO(write_csv(nested_curve)))} == {17}


def test_no_cell_of_the_table_is_a_formula(nested_curve):
    first, *others = nested_curve.points
    hostile = replace(first, solved=None, evaluation=None, nested=None, word='=HYPERLINK("x")')
    rows = csv.DictReader(write_csv(replace(nested_curve, points=(hostile, *others))).splitlines())
    assert next(rows)["outcome"] == '\'=HYPERLINK("x")'
