"""Outage hours: of the company, of the planner, and multiplied by a scenario."""

from chargeplan.sites.outage import find_outage


def test_scenario_multiplies_the_hours_of_the_company_and_says_so():
    """Karachi: 2.4 h/day, doubled."""
    figure = find_outage("karachi", None, factor=2.0, scenario="outage-stress")
    assert figure.value == 4.8
    assert figure.source.startswith("4.8 = 2.4 x 2 by the scenario outage-stress; K-Electric: ")


def test_hours_of_the_planner_stay_as_given():
    assert find_outage("karachi", 3.0, factor=2.0, scenario="outage-stress").value == 3.0


def test_hours_are_at_most_the_whole_day():
    assert find_outage("karachi", None, factor=24.0, scenario="dark").value == 24.0
