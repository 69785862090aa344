"""Money spent on nothing is found in plain plans and in plans with years; what a limit asks for is no waste."""

import dataclasses

import numpy as np
import pytest
import toy_city
from staged_toy_city import LAST_SHARE, make_grid, make_staged_case

from chargeplan.errors import VerificationError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import PlanCase, verify_plan
from chargeplan.evaluate.verify_idle import find_idle_spending
from chargeplan.solve.outcome import StoppedBy
from chargeplan.words import Outcome

NEARLY = 29 / 30  # of the 30 kWh/day of E: s3 serves 39 and has room for one more, as full is not too large


def make_plain_case(chargers, share=LAST_SHARE, **request_changes) -> PlanCase:
    """A charger delivers 20 kWh/day; s1 serves 60 and s3 40 unless said otherwise."""
    request = toy_city.make_request(**({"budget_pkr": 1000.0} | request_changes))
    cells, sites, travel = toy_city.make_cells(), toy_city.make_sites(), toy_city.make_travel()
    problem = toy_city.make_problem(request)
    served = float(np.sum(share * problem.demand_kwh_day[problem.pair_cell] * problem.pair_quality))
    solution = toy_city.make_solution(chargers, share, served)
    return PlanCase(request, toy_city.make_network(), cells, sites, travel, problem, solution)


def warn_of(case: PlanCase) -> tuple[str, ...]:
    return evaluate_plan(case).warnings


def make_larger(case: PlanCase, chargers) -> PlanCase:
    flow_share = case.solution.flow_share.copy()
    flow_share[-1] = NEARLY
    solution = dataclasses.replace(
        case.solution,
        slot_chargers=np.array(chargers),
        chargers=np.array(chargers[-1]),
        flow_share=flow_share,
    )
    return dataclasses.replace(case, solution=solution)


def test_a_plan_whose_chargers_are_all_needed_spends_nothing_idly():
    assert find_idle_spending(make_plain_case([3, 0, 2])) == []
    assert find_idle_spending(make_staged_case()) == []


@pytest.mark.parametrize(("chargers", "site"), [([3, 0, 3], "s3"), ([3, 1, 2], "s2")])
def test_a_charger_or_station_more_than_is_needed_is_found(chargers, site):
    """s3 needs 2 chargers for its 39 kWh/day; s2 serves nobody."""
    case = make_plain_case(chargers, np.where(np.arange(9) == 8, NEARLY, LAST_SHARE))
    faults = find_idle_spending(case)
    assert faults == [f"stations could be closed or smaller and serve the same: {site}"]
    assert any(f"could be closed or smaller and serve the same: {site}" in said for said in warn_of(case))


def test_a_plan_with_years_that_spends_idly_fails_its_check():
    case = make_staged_case(make_grid(headroom_kw=[100.0, 30.0]))
    with pytest.raises(VerificationError, match="idle spending: upgrades of grid assets carry nothing: g2"):
        verify_plan(case)


@pytest.mark.parametrize("ended", list(StoppedBy))
def test_idle_spending_of_a_search_that_was_cut_short_is_told_and_costs_nobody_the_plan(ended):
    """s3 has 3 chargers, a kWh/day less than 2 can deliver; there is money for them."""
    case = make_larger(
        make_staged_case(budget_pkr=755.0, year_budget_pkr=(255.0, 500.0)), [[3, 0, 0], [3, 0, 3]]
    )
    served, is_proven = (60.0 + 99.0) / 2, ended is StoppedBy.PROOF
    solution = dataclasses.replace(
        case.solution,
        stopped_by=ended.value,
        objective_kwh_day=served,
        bound_kwh_day=served if is_proven else 90.0,
        outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
        pair_share=np.where(np.arange(9) == 8, NEARLY, LAST_SHARE),
    )
    case = dataclasses.replace(case, solution=solution)
    told = "stations could be closed or smaller and serve the same: s3"
    if ended in {StoppedBy.USER, StoppedBy.TIME_LIMIT}:
        evaluation = evaluate_plan(case)
        assert f"idle spending: {told}" in evaluation.warnings
        assert "idle spending" not in evaluation.checks["name"].tolist()
    else:
        with pytest.raises(VerificationError, match=f"idle spending: {told}$"):
            verify_plan(case)


def test_a_charger_that_is_used_a_little_is_needed():
    """41 kWh/day do not fit 2 chargers of 20."""
    share = LAST_SHARE.copy()
    share[5] = 1 / 20  # cell C wants 20 kWh/day and s3 serves one of them
    assert find_idle_spending(make_plain_case([3, 0, 3], share)) == []


def test_of_a_plan_with_years_the_fullest_year_counts():
    case = make_staged_case()
    assert find_idle_spending(make_larger(case, [[3, 0, 0], [3, 0, 3]]))
    assert find_idle_spending(make_larger(case, [[3, 0, 0], [3, 1, 2]]))
    # s1 serves 60 in 2026 alone: its 3 chargers cannot be taken down later
    flow_at, flow_share = case.solution.flow_at, case.solution.flow_share
    early = dataclasses.replace(
        case.solution, flow_at=flow_at[[0, 1, 2, 6, 7]], flow_share=flow_share[[0, 1, 2, 6, 7]]
    )
    assert find_idle_spending(dataclasses.replace(case, solution=early)) == []


def test_a_station_that_the_least_power_asks_for_is_not_idle():
    """39 kWh/day need 2 chargers, 20 kW; a station of less than 30 kW was not wanted."""
    case = make_larger(make_staged_case(), [[3, 0, 0], [3, 0, 3]])
    assert find_idle_spending(case)
    request = dataclasses.replace(case.request, least_station_kw=30.0)
    assert find_idle_spending(dataclasses.replace(case, request=request)) == []


def test_a_station_that_gives_a_second_choice_is_not_idle():
    case = make_larger(make_staged_case(), [[3, 1, 2], [3, 1, 2]])
    assert find_idle_spending(case)
    request = dataclasses.replace(case.request, backup_share=0.5)
    assert find_idle_spending(dataclasses.replace(case, request=request)) == []


def test_an_upgrade_that_carries_nothing_is_found():
    """The feeder of s1 takes 30 kW as it stands, and the plan buys its step all the same."""
    case = make_staged_case(make_grid(headroom_kw=[100.0, 30.0]))
    assert find_idle_spending(case) == ["upgrades of grid assets carry nothing: g2"]


@pytest.mark.parametrize(("bound_share", "is_told"), [(1.1, False), (1.5, True)])
def test_a_plan_far_from_its_bound_is_told_to_be_a_first_one(bound_share, is_told):
    """The bound is set by hand; what it says is told, and that a longer search is needed."""
    case = make_staged_case()
    solution = dataclasses.replace(
        case.solution,
        outcome=Outcome.WITHIN_GAP,
        bound_kwh_day=bound_share * case.solution.objective_kwh_day,
        stopped_by=StoppedBy.TIME_LIMIT.value,
    )
    told = [each for each in warn_of(dataclasses.replace(case, solution=solution)) if "first plan" in each]
    assert bool(told) is is_told
    if told:
        assert "no plan is more than 50.00 % better" in told[0]
        assert "give the search more time (solve.time_limit_s)" in told[0]
