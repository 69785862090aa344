"""What is impossible is said in words, with figures and the cheapest change."""

import numpy as np
import pytest
import toy_city

from chargeplan.errors import InfeasibleError
from chargeplan.model.precheck import check_problem
from chargeplan.model.problem import build_problem
from chargeplan.words import PlanMode

REQUIRED = ("required", "required", "candidate")


def explain(mode=PlanMode.ALLOCATE, sites=None, cells=None, **asked) -> str:
    sites = toy_city.make_sites() if sites is None else sites
    cells = toy_city.make_cells() if cells is None else cells
    problem = build_problem(cells, sites, toy_city.make_travel(), toy_city.make_request(mode, **asked))
    with pytest.raises(InfeasibleError) as caught:
        check_problem(problem, cells, sites)
    return str(caught.value)


def test_budget_below_the_cheapest_station_says_how_much_is_missing():
    """A site costs 100, a charger 50: 150 at least; 120 lacks 30."""
    text = explain(budget_pkr=120.0)
    assert "PKR 120" in text
    assert "PKR 150" in text
    assert "raise model.budget_pkr to 150 (30 more)" in text


def test_required_sites_above_the_count_say_both_numbers():
    text = explain(sites=toy_city.make_sites(REQUIRED), max_sites=1)
    assert "2 sites are required but model.max_sites allows 1" in text
    assert "raise model.max_sites to 2" in text


def test_required_sites_above_the_budget_say_their_cheapest_total():
    text = explain(sites=toy_city.make_sites(REQUIRED), budget_pkr=250.0)
    assert "the 2 required sites cost PKR 300 at their cheapest levels" in text
    assert "raise model.budget_pkr to 300 (50 more)" in text


def test_a_required_site_with_too_few_bays_is_named():
    text = explain(PlanMode.COVER, toy_city.make_sites(REQUIRED, max_chargers=[1, 3, 3]), max_sites=2)
    assert "required sites cannot hold a station: s1" in text
    assert "the smallest station has 2 chargers (model.station_chargers)" in text


def test_no_site_that_can_hold_a_station_says_the_largest():
    text = explain(PlanMode.COVER, toy_city.make_sites(max_chargers=[1, 0, 1]), max_sites=2)
    assert "none of 3 sites can hold a station" in text
    assert "the largest site has room for 1" in text


def test_no_demand_at_all_points_to_the_demand():
    assert "no cell wants any energy" in explain(cells=toy_city.make_cells(np.zeros(5)), max_sites=1)


def test_competitors_that_take_everything_are_named_as_the_cause():
    sites = toy_city.make_sites(("competitor",) * 3, existing_power_kw=[1e4] * 3, existing_chargers=[9] * 3)
    text = explain(sites=sites, max_sites=1)
    assert "competitors take all 105.0 kWh/day" in text


def test_bands_that_end_before_the_first_site_point_to_the_limit():
    sites = toy_city.make_sites()
    cells = toy_city.make_cells(np.array([35.0, 0, 0, 0, 0]))  # A is 120 s from s1
    text = explain(sites=sites, cells=cells, max_sites=1, band_up_to_min=(1.0,), band_quality=(1.0,))
    assert "no demand can be reached" in text
    assert "travel.limit_min" in text


def test_max_sites_of_zero_without_existing_stations_cannot_serve():
    assert "model.max_sites is 0" in explain(max_sites=0)


def test_several_causes_are_told_together():
    text = explain(sites=toy_city.make_sites(REQUIRED), max_sites=1, budget_pkr=250.0)
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("limits", [{"max_sites": 0}, {"budget_pkr": 1.0}])
def test_an_existing_station_makes_an_empty_plan_legal(limits):
    sites = toy_city.make_sites(
        ("existing", "candidate", "candidate"), existing_power_kw=[30.0, 0, 0], existing_chargers=[1, 0, 0]
    )
    cells = toy_city.make_cells()
    problem = build_problem(cells, sites, toy_city.make_travel(), toy_city.make_request(**limits))
    check_problem(problem, cells, sites)
