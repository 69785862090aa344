"""The report says what the run says: every number of it is a figure of run.json or the records."""

import base64
import copy
import hashlib
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from report_figures import check_numbers, read_page
from sample_bundle import HOSTILE_TEXTS

from chargeplan.evaluate.station_peak import CHARGE_FIGURE
from chargeplan.publish.attribution import describe_attribution
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.map_words import read_urdu_words
from chargeplan.publish.report.drawing import wrap_picture, write_text
from chargeplan.publish.report.grounds import _BEHIND_STATIONS, collect_figures, describe_grounds
from chargeplan.publish.report.money import _draw_account, describe_costs
from chargeplan.publish.report.numbers import Number
from chargeplan.publish.report.page import MOST_SHEETS_INSIDE, build_report, get_environment, write_css_text
from chargeplan.publish.report.served import describe_served
from chargeplan.publish.report.stations import collect_stations, describe_use
from chargeplan.publish.report.summary import list_asked, list_decided, list_key_figures
from chargeplan.publish.report.urdu import _describe_service, describe_urdu, read_words
from chargeplan.records import DataSource
from chargeplan.records.request import POWER_FACTOR_FIGURE
from chargeplan.run_result import describe_money
from chargeplan.tables import ZONE_FLOORS, make_table
from chargeplan.words import Outcome, PlanMode, ServiceRule


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
    assert sample.solution.say_proof(sample.problem.nearest_sites) in texts


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


def test_an_input_without_a_licence_is_shown_with_what_the_planner_credits(sample):
    population = DataSource("demand.population.path", "people.csv", "2" * 64, 9, "not stated", "", "", "", ())
    bundle = replace(sample, sources=(population,), credits=("Population: WorldPop 2020, CC BY 4.0",))
    row = build_report(bundle).report.split("people.csv")[1].split("</tr>")[0]
    assert "credited by the planner: Population: WorldPop 2020, CC BY 4.0" in row
    row = build_report(replace(bundle, credits=())).report.split("people.csv")[1].split("</tr>")[0]
    assert "credited" not in row


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


def test_a_sheet_has_its_headings_and_blanks_in_urdu_too(page):
    sheet = page.split('class="sheet"')[1].split("</section>")[0]
    for english, urdu in read_words()["sheet"].items():
        assert english in sheet
        assert f'<span class="ur-beside" lang="ur" dir="rtl">{urdu}</span>' in sheet


def test_the_weakest_figures_stand_first(sample):
    words = collect_figures(sample)["confidence"].tolist()
    order = ["assumption", "not stated", "planner", "low", "med", "high"]
    assert [order.index(word) for word in words] == sorted(order.index(word) for word in words)
    assert "computed" not in words
    assert words[0] == "assumption"


def test_the_figures_behind_load_and_waits_are_among_the_grounds(sample):
    names = {POWER_FACTOR_FIGURE, CHARGE_FIGURE}
    assert names == set(_BEHIND_STATIONS)
    assert names <= set(collect_figures(sample)["step"])
    sites = sample.evaluation.sites.assign(peak_wait_min=np.nan, peak_blocked_share=np.nan)
    steps = set(collect_figures(replace(sample, evaluation=replace(sample.evaluation, sites=sites)))["step"])
    assert POWER_FACTOR_FIGURE in steps
    assert CHARGE_FIGURE not in steps


def test_the_wait_on_a_sheet_is_marked_by_the_figure_it_rests_on(page, sample):
    row = sample.request.figures.set_index("name").loc[CHARGE_FIGURE]
    assert row["confidence"] == "low"
    sheet = page.split('class="sheet"')[1]
    line = sheet.split("Mean wait in the busiest hour")[1].split("</div>")[0]
    assert "low confidence" in line


def test_the_weakest_figures_come_at_once_and_all_of_them_near_the_end(sample):
    many = pd.concat(
        [
            sample.cells.explanation,
            pd.DataFrame(
                {
                    "step": [f"figure {number}" for number in range(40)],
                    "value": np.arange(40.0),
                    "unit": "1",
                    "source": "a guess",
                    "confidence": "assumption",
                }
            ),
        ],
        ignore_index=True,
    )
    bundle = replace(sample, cells=replace(sample.cells, explanation=many))
    page = build_report(bundle).report
    first = page.split('<h2 id="grounds">')[1].split("</section>")[0]
    appendix = page.split('<h2 id="figures">')[1].split("</section>")[0]
    assert first.count("<tr><td") == 12
    assert sum(f"Figure {number}<" in appendix for number in range(40)) == 40
    at = [page.index(f'<h2 id="{name}">') for name in ("stations", "figures", "sheets")]
    assert at == sorted(at)
    contents = re.findall(r'href="#(\w+)"', page.split("<nav")[1].split("</nav>")[0])
    assert contents.index("stations") + 1 == contents.index("figures") == contents.index("sheets") - 1
    counted = int(re.search(r"rest on (\d+) figures", page)[1])
    assert counted == len(collect_figures(bundle))


def test_figures_of_demand_and_money_take_turns_among_the_weakest(sample):
    names = ["step", "value", "unit", "source", "confidence"]
    many = pd.DataFrame([[f"d{n} of", float(n), "1", "x", "assumption"] for n in range(20)], columns=names)
    money = pd.DataFrame([[f"m{n} of", float(n), "PKR", "x", "assumption"] for n in range(3)], columns=names)
    bundle = replace(
        sample,
        cells=replace(sample.cells, explanation=many),
        evaluation=replace(sample.evaluation, economics=money),
    )
    rows = describe_grounds(bundle)["weakest"].rows
    assert [row[0] for row in rows[:7]] == ["D0 of", "M0 of", "D1 of", "M1 of", "D2 of", "M2 of", "D3 of"]


def test_a_plan_without_figures_or_zones_still_gets_its_report(sample):
    bare = replace(
        sample,
        cells=replace(sample.cells, explanation=sample.cells.explanation.iloc[:0]),
        request=replace(sample.request, figures=sample.request.figures.iloc[:0]),
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


def test_the_urdu_summary_has_every_line_of_the_english_one(sample):
    zone = str(sample.evaluation.zones["zone_id"].iloc[0])
    floors = make_table(ZONE_FLOORS, {"zone_id": [zone], "floor_share": [0.1]})
    request = replace(sample.request, zone_floors=floors, gini_cap=0.4)
    bundle = replace(sample, request=request)
    described = describe_urdu(bundle, n_assumptions=0)
    for name, lines in (("asked", list_asked), ("figures", list_key_figures), ("decided", list_decided)):
        assert [label for label, _ in described[name]] == [
            read_words()[name][line.key] for line in lines(bundle)
        ]
    assert {"service", "floor", "gini"} <= {line.key for line in list_asked(bundle)}


@pytest.mark.parametrize("risk_pkr", [0.0, 6e6])
def test_the_money_is_what_the_command_says_and_the_risk_charge_stands_apart(sample, risk_pkr):
    metrics = sample.evaluation.metrics
    risk = pd.DataFrame([{"name": "grid_risk", "value": risk_pkr, "unit": "PKR", "note": ""}])
    table = pd.concat([metrics, risk[[name for name in risk if name in metrics]]], ignore_index=True)
    evaluation = replace(sample.evaluation, metrics=table)
    bundle = replace(sample, evaluation=evaluation)
    cost_pkr = evaluation.get_metric("cost")
    money = next(line for line in list_key_figures(bundle) if line.key.startswith("cost"))
    assert money.values[0].value == cost_pkr - risk_pkr
    assert describe_money(evaluation).startswith(money.values[0].text)
    risks = [line.values[0].value for line in list_decided(bundle) if line.key == "risk"]
    assert risks == ([risk_pkr] if risk_pkr else [])
    rows = {row[0]: row[1].value for row in describe_costs(bundle)["parts"].rows}
    assert rows["Money to spend"] == cost_pkr - risk_pkr
    assert rows.get("Both, as the budget holds them") == (cost_pkr if risk_pkr else None)
    page = build_report(bundle).report
    check_numbers(page, bundle)
    urdu = page.split('id="summary-ur"')[1].split("</section>")[0]
    assert money.values[0].place in urdu
    assert (read_words()["decided"]["risk"] in urdu) == bool(risk_pkr)


def test_a_word_that_the_urdu_page_lacks_is_an_error_and_no_gap(sample, monkeypatch):
    words = copy.deepcopy(read_words())
    del words["asked"]["service"]
    monkeypatch.setattr("chargeplan.publish.report.urdu.read_words", lambda: words)
    with pytest.raises(KeyError, match=r"asked\.service"):
        describe_urdu(sample, n_assumptions=0)


@pytest.mark.parametrize("rule", ServiceRule)
def test_every_way_to_be_full_has_its_urdu_words(sample, rule):
    request = replace(sample.request, mode=PlanMode.COVER)
    cover = str(_describe_service(replace(sample, request=request)))
    shown = str(
        _describe_service(replace(sample, request=replace(sample.request, service_rule=rule, peak_share=0.1)))
    )
    assert shown != cover
    limit = {ServiceRule.UTILISATION: sample.request.max_utilisation}.get(
        rule, sample.request.service_target_share
    )
    assert f"<bdi>{limit:.0%}</bdi>" in shown


def test_the_urdu_outcome_says_how_the_worst_zone_fares(sample):
    solution = replace(sample.solution, worst_share=0.123, worst_share_bound=0.456)
    told = str(describe_urdu(replace(sample, solution=solution), n_assumptions=0)["outcome"])
    assert "<bdi>12.3%</bdi>" in told
    assert "<bdi>45.6%</bdi>" in told
    assert "12.3%" not in str(describe_urdu(sample, n_assumptions=0)["outcome"])


def test_every_word_of_the_urdu_page_is_urdu():
    def walk(words):
        for value in words.values():
            if isinstance(value, dict):
                yield from walk(value)
            else:
                yield value

    for text in walk(read_words()):
        bare = re.sub(r"\{\w+\}|CO2e|kWh|kW", "", text)  # a figure, a formula, a unit
        assert not re.search(r"[A-Za-z]", bare), text
        assert re.search(r"[\u0600-\u06ff]", bare) or text == "kW", text


@pytest.mark.parametrize("unit", ["kWh/day", "kW", "min"])
def test_units_in_urdu_are_those_of_the_map(unit):
    assert read_urdu_words()[f"{{n}} {unit}"] == f"{{0}} {read_words()['units'][unit]}"


@pytest.mark.parametrize(
    ("outcome", "gap", "words"),
    [
        (Outcome.PROVEN_OPTIMAL, 0.0, "PROVEN OPTIMAL"),
        (Outcome.PROVEN_OPTIMAL, 0.004, "PROVEN OPTIMAL to {n}"),
        (Outcome.WITHIN_GAP, 0.02, "WITHIN {n}"),
        (Outcome.WITHIN_GAP, math.inf, "how much better a plan can be is not known"),
    ],
)
def test_the_urdu_outcome_is_in_the_words_of_the_map(sample, outcome, gap, words):
    solution = replace(
        sample.solution,
        outcome=outcome,
        gap_asked=0.005,
        bound_kwh_day=sample.solution.objective_kwh_day * (1 + gap),
    )
    told = str(describe_urdu(replace(sample, solution=solution), n_assumptions=0)["outcome"])
    before, _, after = read_urdu_words()[words].partition("{0}")
    assert told.startswith(before)
    assert told.endswith(after)


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
        ([-50.0, 10.0, 60.0], ["-50", "0", "50"]),
        ([10.0, 30.0, 50.0], ["0", "10", "20", "30", "40", "50"]),
    ],
)
def test_an_account_has_a_scale_on_both_sides_of_zero(sums_m, told):
    table = pd.DataFrame(
        {"discounted_sum_pkr": np.array(sums_m) * 1e6, "calendar_year": [2030.0, 2031.0, 2032.0]}
    )
    ticks = re.findall(r'class="tick"[^>]*text-anchor="end">([^<]+)<', _draw_account(table))
    assert ticks == told


def test_every_drawing_of_the_map_names_whose_data_it_is(sample, page, monkeypatch):
    line = str(Markup.escape(describe_attribution(sample)))
    drawings = re.findall(r'<figure class="map">.*?</figure>', page, re.DOTALL)
    assert len(drawings) == 2  # English and Urdu
    monkeypatch.setattr("chargeplan.publish.report.page.MOST_SHEETS_INSIDE", 5)
    for text in (page, build_report(sample).sheets):
        sheets = [part.split("</section>")[0] for part in text.split('class="sheet"')[1:]]
        assert len(sheets) == 10
        drawings += [part.split("sheet-part")[0] for part in sheets]
    assert all(line in drawing for drawing in drawings)


def test_stations_that_look_equally_busy_stand_by_rank_and_such_zones_by_demand(sample):
    stations = collect_stations(sample)
    assert len(stations) >= 3
    stations["utilisation_share"] = (
        0.3412 + np.arange(len(stations)) * 1e-6
    )  # 34.1 % each, the worst rank the most
    ranks = [row[0] for row in describe_use(stations).rows]
    assert ranks == [str(int(rank)) for rank in sorted(stations["rank"])][: len(ranks)]
    zones = sample.evaluation.zones.copy()
    zones["served_share"] = 0.9999999 + np.arange(len(zones)) * 1e-9
    table = describe_served(replace(sample, evaluation=replace(sample.evaluation, zones=zones)))["zones"]
    wanted = zones[zones["demand_kwh_day"] > 0].sort_values("demand_kwh_day", ascending=False)["zone_name"]
    assert len(set(wanted)) > 1
    assert [row[0] for row in table.rows] == wanted.tolist()
