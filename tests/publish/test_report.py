"""The report says what the run says: every number of it is a figure of run.json or the records."""

import base64
import hashlib
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_figures import check_numbers, read_page
from sample_bundle import HOSTILE_TEXTS

from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.report.drawing import wrap_picture, write_text
from chargeplan.publish.report.grounds import collect_figures
from chargeplan.publish.report.money import _draw_account
from chargeplan.publish.report.numbers import Number
from chargeplan.publish.report.page import MOST_SHEETS_INSIDE, build_report, get_environment, write_css_text
from chargeplan.publish.report.urdu import read_words


@pytest.fixture(scope="module")
def page(published):
    return (published / "report.html").read_text(encoding="utf-8")


def test_every_number_is_a_figure_of_the_run(page, sample):
    numbers = check_numbers(page, sample)
    places = {place for place, _, _ in numbers}
    assert {"metrics/served_share", "metrics/cost", "result/gap_share", "limits/budget_pkr"} <= places
    assert len(numbers) > 100


def test_a_wrong_number_is_found(page, sample):
    at = page.index('data-of="metrics/new_sites"')
    start = page.rindex('value="', 0, at) + len('value="')
    wrong = page[:start] + "11.0" + page[page.index('"', start) :]
    with pytest.raises(AssertionError):
        check_numbers(wrong, sample)


def test_both_summaries_show_the_same_figures(page):
    english, urdu = page.split('id="summary-ur"')[0], page.split('id="summary-ur"')[1].split("</section>")[0]
    shown = {(place, value) for place, value, _ in read_page(urdu).numbers}
    assert shown
    assert shown <= {(place, value) for place, value, _ in read_page(english).numbers} | {
        ("result/gap_share", value) for place, value in shown if place == "result/gap_share"
    }


def test_the_outcome_is_said_in_the_words_of_the_map(page, sample):
    texts = read_page(page).texts
    assert sample.solution.outcome_text in texts
    assert sample.solution.proof_text in texts


def test_the_report_is_the_same_when_the_run_is_read_back(published, page):
    assert build_report(read_finished_run(published)).report == page


def test_the_same_bundle_gives_the_same_bytes(sample, page):
    assert build_report(sample).report == page


def test_names_that_try_to_run_code_are_text(hostile_sample):
    page = build_report(hostile_sample).report
    reader = read_page(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "input", "base"}
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert {attributes.get("href", "#")[:1] for _, attributes in reader.tags if "href" in attributes} <= {
        "#",
        "d",
    }
    assert "<svg onload" in " ".join(reader.texts)  # shown as it was written
    assert "\u202e" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_running_head_cannot_leave_its_style_sheet(text):
    assert re.fullmatch(r"(?:[A-Za-z0-9]|\\[0-9A-F]{6})*", write_css_text(text))


def test_nothing_is_asked_for_and_no_script_may_run(page):
    policy = next(
        attributes["content"]
        for tag, attributes in read_page(page).tags
        if "http-equiv" in attributes and tag == "meta"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)


def test_many_sheets_go_to_a_file_of_their_own(sample, monkeypatch):
    monkeypatch.setattr("chargeplan.publish.report.page.MOST_SHEETS_INSIDE", 5)
    built = build_report(sample)
    assert built.report.count('class="sheet"') == 0
    assert 'href="site-sheets.html"' in built.report
    assert built.sheets.count('class="sheet"') == 10  # the new stations of the sample
    assert MOST_SHEETS_INSIDE == 60


def test_there_is_a_sheet_for_each_new_station_with_room_for_both_letters(page, sample):
    new = int(sample.evaluation.get_metric("new_sites"))
    assert page.count('class="sheet"') == new
    assert page.count('class="noc"') == 2 * new


def test_the_weakest_figures_stand_first(sample):
    words = collect_figures(sample)["confidence"].tolist()
    order = ["assumption", "not stated", "planner", "low", "med", "high"]
    assert [order.index(word) for word in words] == sorted(order.index(word) for word in words)
    assert "computed" not in words
    assert words[0] == "assumption"


def test_a_plan_without_figures_or_zones_still_gets_its_report(sample):
    bare = replace(
        sample,
        cells=replace(sample.cells, explanation=sample.cells.explanation.iloc[:0]),
        evaluation=replace(sample.evaluation, warnings=()),
    )
    page = build_report(bare).report
    assert 'id="grounds"' not in page
    assert 'id="warnings"' not in page
    assert 'id="proof"' in page


def test_a_figure_that_does_not_exist_is_no_number(sample):
    sites = sample.evaluation.sites.assign(peak_wait_min=np.nan)
    page = build_report(replace(sample, evaluation=replace(sample.evaluation, sites=sites))).report
    assert "peak_wait_min" not in page
    assert not re.search(
        r"\bnan\b|\binf\b", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL), re.IGNORECASE
    )


def test_every_word_of_the_urdu_page_is_urdu():
    def walk(words):
        for value in words.values():
            if isinstance(value, dict):
                yield from walk(value)
            else:
                yield value

    for text in walk(read_words()):
        bare = re.sub(r"\{\w+\}", "", text)
        assert not re.search(r"[A-Za-z]", bare), text
        assert re.search(r"[\u0600-\u06ff]", bare), text


def test_energies_of_the_histogram_are_those_of_the_evaluation(page, sample):
    chart = page.split('id="drives-chart"')[1].split("</svg>")[0]
    shown = re.findall(r'class="label"[^>]*>([\d,]+)<', chart)
    expected = [f"{value:,.0f}" for value in sample.evaluation.travel_histogram["served_kwh_day"]]
    assert shown == expected
    assert math.isclose(
        sum(sample.evaluation.travel_histogram["served_kwh_day"]), sample.evaluation.get_metric("served")
    )


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, '"} </style><script>window.__x=1</script>'])
def test_a_title_stays_inside_the_style_sheet_and_the_page(sample, text):
    page = build_report(replace(sample, area=replace(sample.area, title=text))).report
    reader = read_page(page)
    assert not {"script", "img"} & {tag for tag, _ in reader.tags}
    policy = next(attributes["content"] for _, attributes in reader.tags if "http-equiv" in attributes)
    styles = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy  # else the browser would throw the style sheet away


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_every_way_into_the_page_escapes(text):
    row = get_environment().from_string("<p title='{{ text }}'>{{ text }}</p>").render(text=text)
    written = (
        row,
        f"<p>{Number(1.0, text, text, text).__html__()}</p>",
        f"<p>{write_text(0, 0, text)}</p>",
        f"<p>{wrap_picture([], name='a', width=1, height=1, title=text, description=text)}</p>",
    )
    ours = {"p", "data", "small", "text", "svg", "title", "desc"}
    for page in written:
        assert {tag for tag, _ in read_page(page).tags} <= ours
        assert "\u202e" not in page


@pytest.mark.parametrize(
    ("sums_m", "told"),
    [
        ([-50.0, -40.0, -30.0], ["-50", "-40", "-30", "-20", "-10", "0"]),
        ([-50.0, 10.0, 60.0], ["-40", "-20", "0", "20", "40", "60"]),
        ([10.0, 30.0, 50.0], ["0", "10", "20", "30", "40", "50"]),
    ],
)
def test_an_account_has_a_scale_on_both_sides_of_zero(sums_m, told):
    table = pd.DataFrame(
        {"discounted_sum_pkr": np.array(sums_m) * 1e6, "calendar_year": [2030.0, 2031.0, 2032.0]}
    )
    ticks = re.findall(r'class="tick"[^>]*text-anchor="end">([^<]+)<', _draw_account(table))
    assert ticks == told
