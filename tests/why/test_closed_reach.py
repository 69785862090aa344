"""What is said of a closed site: who serves its demand, what a station there could serve."""

import dataclasses
import math
from types import SimpleNamespace

import pandas as pd
import pytest

from chargeplan.why.answers import RUN_AGAIN, UNKNOWN, ClosedAnswer, Found, Interval
from chargeplan.why.reach import Reach
from chargeplan.why.table_closed import describe_closed
from chargeplan.words import Outcome

PLAN_KWH_DAY = 100.0
REACH = Reach(
    cells=3, kwh_day=50.0, served_kwh_day=40.0, at_most_kwh_day=45.0, served_most_by=1, by_it_kwh_day=30.0
)


@pytest.fixture
def case():
    """A run of two sites as far as words about it need one."""
    return SimpleNamespace(
        unit="kWh/day",
        name_site=lambda site: ("a", "b (Mall)")[site],
        solution=SimpleNamespace(
            objective_kwh_day=PLAN_KWH_DAY,
            outcome=Outcome.WITHIN_GAP,
            stopped_by="time limit",
            proof_text="no plan is more than 43.00 % better",
        ),
        sites=SimpleNamespace(table=pd.DataFrame({"site_id": ["a", "b"]})),
    )


def test_a_closed_site_says_who_serves_its_demand_and_what_a_station_could(case):
    answer = ClosedAnswer(0, (), True, 5.0, 3.1e6, reach=REACH, served_most_by_m=820.4, left_pkr=9e6)
    text = describe_closed(case, answer)
    assert text == (
        "a: closed. 3 cells with 50.0 kWh/day reach it, of which the open stations serve 40.0, most at b (Mall) "
        "(30.0, 820 m away). a station there would serve at most 45.0 kWh/day, for PKR 3.1 M or more. beside the "
        "open ones it would add at most 5.0 kWh/day. its price is left in the budget (PKR 9 M), and the search "
        "ended early (no plan is more than 43.00 % better): a longer run may open it: give the search "
        "more time (solve.time_limit_s). --site a tells what the plan loses with a station there"
    )


def test_a_proven_plan_promises_nothing_of_a_longer_run(case):
    case.solution.outcome, case.solution.proof_text = Outcome.PROVEN_OPTIMAL, "no better plan exists"
    text = describe_closed(case, ClosedAnswer(0, (), True, 5.0, 3.1e6, reach=REACH, left_pkr=9e6))
    assert (
        "its price is left in the budget (PKR 9 M), but with it or without it no better plan exists" in text
    )
    assert "longer run" not in text


def test_a_search_without_a_plan_says_that_the_first_one_ended_early(case):
    answer = ClosedAnswer(0, (), True, 5.0, 3.1e6, UNKNOWN, Found.NO_PLAN, REACH, left_pkr=9e6)
    text = describe_closed(case, answer)
    assert "no plan was found in time, raise --time-limit" in text
    assert "a longer run may open it: give the search more time (solve.time_limit_s)" in text


def test_a_searched_site_says_what_the_plan_loses_and_the_bound(case):
    answer = ClosedAnswer(0, (), True, math.nan, 3.1e6, Interval(2.0, 6.0), Found.PLAN, REACH)
    text = describe_closed(case, answer)
    assert "forced open and planned anew, the plan loses between 2.0 and 6.0 kWh/day" in text
    assert "no plan with it serves more than 98.0 kWh/day, the plan serves 100.0" in text
    assert RUN_AGAIN not in text


def test_a_better_plan_that_comes_to_light_asks_for_another_run(case):
    answer = ClosedAnswer(0, (), True, math.nan, 3.1e6, Interval(-9.0, -4.0), Found.PLAN, REACH)
    assert f"a plan with it serves 4.0 kWh/day more: {RUN_AGAIN}" in describe_closed(case, answer)


def test_a_site_without_room_promises_nothing(case):
    answer = ClosedAnswer(0, ("2 bays, and the smallest station has 4 chargers",), False, math.nan, math.inf)
    text = describe_closed(case, dataclasses.replace(answer, reach=REACH))
    assert "would serve" not in text
    assert "--site" not in text
