"""A report of a plan with years says of each figure which year it is of."""

import re

import pytest
from report_figures import check_numbers, read_page

from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.report.grounds import describe_grounds
from chargeplan.publish.report.page import build_report


@pytest.fixture(scope="module")
def bundle(staged_demo):
    return read_finished_run(staged_demo)


@pytest.fixture(scope="module")
def page(bundle):
    return build_report(bundle).report


def cut_sheets(page):
    return [part.split("</section>")[0] for part in page.split('class="sheet"')[1:]]


def find_early(bundle):
    """Find the stations that open before the last year."""
    table = bundle.evaluation.station_years
    new = set(bundle.evaluation.site_economics["site_id"])
    return new & set(table.loc[table["year"] < bundle.year, "site_id"])


def test_a_sheet_has_the_load_of_each_year_in_which_the_station_stands(page, bundle):
    early, found = find_early(bundle), set()
    assert early
    for sheet in cut_sheets(page):
        rows = re.findall(r'data-of="sites_by_year/(\d+)/([^"]+)/load_kva"', sheet)
        for year, site_id in rows:
            found.add(site_id)
            assert site_id in early
            assert f"sites_by_year/{year}/{site_id}/cost_pkr" in sheet
        if rows:
            assert [int(year) for year, _ in rows] == list(bundle.request.years)[-len(rows) :]
    assert found == early


def test_figures_of_the_years_are_reckoned_from_chargers_and_prices(page, bundle):
    places = [place for place, _, _ in check_numbers(page, bundle) if place.startswith("sites_by_year/")]
    assert len(places) >= 12 * len(find_early(bundle))  # two years of six figures


def test_the_head_of_a_sheet_says_of_which_year_its_figures_are(page, bundle):
    for sheet in cut_sheets(page):
        text = " ".join(read_page(sheet).texts)
        assert re.search(rf"(Single|all) figures are of (that year|{bundle.year})", text)
        assert f"Connected load in {bundle.year}" in text


def test_a_plan_of_one_year_has_no_table_of_years(sample):
    page = build_report(sample).report
    assert "sites_by_year/" not in page
    assert "Single figures are of" not in page


def test_figures_are_named_in_plain_words_and_say_their_unit_once(bundle):
    grounds = describe_grounds(bundle)
    rows = (grounds["all"] or grounds["weakest"]).rows
    assert len(rows) > 40
    for name, values, _ in rows:
        shown = " ".join(map(str, values))
        words = f"{name} {shown}"
        assert not re.search(r"\w_\w|\b(pkr|kw|kwh|kva|neeca|disco|pm25|om)\b", words), words
        assert not re.search(r"\bshare(/year)?$|\b(exponent|ratio|types)$", shown), words
        unit = str(values[-1]).strip()
        assert not unit or name.lower().split()[-1] != unit.lower(), words
        assert name[0] == name[0].upper()
