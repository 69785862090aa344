"""A report takes the curve of a sweep of its own study, and refuses any other."""

import copy
import json

import pytest

from chargeplan.errors import DataError
from chargeplan.publish.attribution import list_sources
from chargeplan.publish.report.curve import SWEEP_FILES, describe_curve, read_curve
from chargeplan.publish.report.page import build_report
from chargeplan.store import write_checksums


def make_point(value, served_share, outcome="PROVEN OPTIMAL"):
    missing = served_share is None
    return {
        "value": value,
        "cost_pkr": None if missing else value * 0.9,
        "new_sites": None if missing else 3,
        "served_kwh_day": None if missing else served_share * 1000,
        "served_share": served_share,
        "outcome": outcome,
    }


@pytest.fixture
def curve(sample):
    return {
        "format_version": 1,
        "study": {"name": "sample", "year": 2030},
        "vary": {"key": "model.budget_pkr"},
        "settings": copy.deepcopy(dict(sample.settings_as_run)) | {"solve": {"time_limit_s": 5}},
        "inputs": list_sources(sample),
        "points": [make_point(1e7, None, "IMPOSSIBLE"), make_point(1e8, 0.25), make_point(2.3e8, 0.5)],
        "knee": {"text": "no clear knee"},
    }


def write_curve(folder, curve):
    return write_text(folder, json.dumps(curve))


def write_text(folder, text):
    path = folder / "curve.json"
    path.write_text(text, encoding="utf-8")
    others = [folder / name for name in SWEEP_FILES if name != path.name]
    for other in others:
        other.write_text("", encoding="utf-8")
    write_checksums(folder, [path, *others])
    return folder


def test_an_edited_curve_is_refused(curve, sample, tmp_path):
    write_curve(tmp_path, curve)
    curve["points"][1]["served_share"] = 0.26
    (tmp_path / "curve.json").write_text(json.dumps(curve), encoding="utf-8")
    with pytest.raises(DataError, match=r"curve\.json: changed since it was written .*run the sweep again"):
        read_curve(tmp_path, sample)
    (tmp_path / "checksums.json").write_text("{}")
    with pytest.raises(DataError, match=r"checksums\.json: damaged"):
        read_curve(tmp_path, sample)
    (tmp_path / "checksums.json").unlink()
    with pytest.raises(DataError, match=r"checksums\.json: missing"):
        read_curve(tmp_path, sample)


@pytest.mark.parametrize("dropped", [["curve.json"], ["curve.csv"], ["index.html"], list(SWEEP_FILES)])
def test_an_edited_curve_whose_checksum_was_taken_out_is_refused(curve, sample, tmp_path, dropped):
    path = write_curve(tmp_path, curve) / "checksums.json"
    listed = json.loads(path.read_text(encoding="utf-8"))["sha256"]
    kept = {name: value for name, value in listed.items() if name not in dropped}
    path.write_text(json.dumps({"sha256": kept}), encoding="utf-8")
    curve["points"][1]["served_share"] = 0.26
    with pytest.raises(DataError) as caught:
        read_curve(tmp_path, sample)
    unlisted = [fault for fault in caught.value.faults if "has no checksum of" in fault]
    assert len(unlisted) == len(dropped)
    for name in dropped:
        assert any(f"checksums.json: has no checksum of {name}" in fault for fault in unlisted)


def test_its_points_are_drawn_and_listed(curve, sample, tmp_path):
    read = read_curve(write_curve(tmp_path, curve), sample)
    page = build_report(sample, curve=read).report
    assert page.count('class="curve-point"') == 2
    assert "IMPOSSIBLE" in page
    for value in ("0.25", "0.5"):
        assert f'<data value="{value}" data-of="sweep/' in page
    assert "90 M" in page  # 0.9 x 1e8
    assert 'id="curve"' not in build_report(sample).report


def test_the_knee_is_told_in_plain_words(curve, sample):
    told = describe_curve(curve, sample)["knee"]
    assert told.startswith("The curve has no clear knee")
    curve["knee"] |= {
        "value": 1e8,
        "could_be_as_well": [2.3e8],
        "text": "knee at (Kneedle, Satopää et al. 2011)",
    }
    told = describe_curve(curve, sample)["knee"]
    assert "knee at PKR 100 M, where 25.0% of the demand is served" in told
    assert told.endswith("it could as well be PKR 230 M.")
    assert "Kneedle" not in build_report(sample, curve=curve).report


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"study": {"name": "other", "year": 2030}}, "it is of other in 2030"),
        ({"study": {"name": "sample", "year": 2035}}, "in 2035"),
        ({"settings": {"model": {"nearest_sites": 7}}}, "model.nearest_sites"),
        ({"inputs": []}, "input files differ: network.path"),
        ({"format_version": 9}, "format 9"),
    ],
)
def test_a_sweep_of_something_else_is_refused_with_the_difference(curve, sample, tmp_path, change, told):
    with pytest.raises(DataError, match=told):
        read_curve(write_curve(tmp_path, curve | change), sample)


@pytest.mark.parametrize("text", ["", "[]", "{}", "no json", '{"format_version":1}', "[" * 100_000])
def test_a_broken_file_is_refused(sample, tmp_path, text):
    with pytest.raises(DataError, match=r"curve\.json: .*run the sweep again"):
        read_curve(write_text(tmp_path, text), sample)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"vary": {}}, "vary.key"),
        ({"knee": None}, "knee.text"),
        ({"study": {"name": "sample"}}, "study.year"),
        ({"inputs": [1]}, r"inputs\[0\]"),
        ({"points": [None]}, r"points\[0\]: no point"),
        ({"points": [{"value": 1e8}]}, r"points\[0\]: outcome"),
        ({"points": [make_point(1e8, 0.5) | {"value": "much"}]}, "value"),
        ({"points": [make_point(1e8, 0.5) | {"cost_pkr": None}]}, "cost_pkr is no number"),
        ({"points": [make_point(1e8, 7.0)]}, "within 0 and 1"),
    ],
)
def test_a_damaged_curve_is_refused_with_what_is_wrong(curve, sample, tmp_path, change, told):
    with pytest.raises(DataError, match=told):
        read_curve(write_curve(tmp_path, curve | change), sample)


def test_a_folder_without_a_curve_is_refused(sample, tmp_path):
    with pytest.raises(DataError, match="chargeplan sweep"):
        read_curve(tmp_path, sample)


def test_other_search_times_and_the_varied_value_make_no_other_study(curve, sample, tmp_path):
    curve["settings"]["model"] = {"budget_pkr": 1e7}
    assert read_curve(write_curve(tmp_path, curve), sample) == curve
