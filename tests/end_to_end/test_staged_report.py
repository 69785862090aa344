"""The report of a study with years, charger types, a grid, floors and rules."""

import pytest
from report_figures import check_numbers

from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.report.page import build_report


@pytest.fixture(scope="module")
def run_folder(staged_demo):
    return staged_demo


def test_every_number_is_a_figure_of_the_run(run_folder):
    page = (run_folder / "report.html").read_text(encoding="utf-8")
    places = {place.split("/")[0] for place, _, _ in check_numbers(page, read_finished_run(run_folder))}
    assert {"years", "grid_years", "zone_years", "station_years", "economics_by_year", "demand"} <= places
    for section in ("grounds", "costs", "served", "use", "grid", "rules", "economics", "proof", "sheets"):
        assert f'<h2 id="{section}">' in page
    assert "SYNTHETIC" in page
    assert "✗ broken" in page


def test_it_is_the_same_when_the_run_is_read_back(run_folder):
    page = (run_folder / "report.html").read_text(encoding="utf-8")
    assert build_report(read_finished_run(run_folder)).report == page
