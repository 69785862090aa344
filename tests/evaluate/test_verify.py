"""A good plan passes, and every way to spoil it is found."""

import dataclasses

import numpy as np
import pytest
import toy_city

from chargeplan.errors import RecordError, VerificationError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import CHECKS, PlanCase, verify_plan
from chargeplan.tables import REMOVED_SITES, make_table
from chargeplan.words import Outcome, PlanMode

# Pairs of the toy city in order: (A,s1) (B,s1) (B,s2) (C,s1) (C,s2) (C,s3) (D,s2) (D,s3) (E,s3)
BEST_450_SHARE = np.array([1.0, 1.0, 0.0, 0.75, 0.0, 0.0, 0.0, 1.0, 1.0])  # s1: 35+10+15=60, s3: 10+30=40


def make_case(**changes) -> PlanCase:
    """The best plan for a budget of 450: s1 with 3 chargers, s3 with 2, 100 kWh/day."""
    request = changes.pop("request", toy_city.make_request(budget_pkr=450.0, max_sites=2))
    fields = {
        "request": request,
        "network": toy_city.make_network(),
        "cells": toy_city.make_cells(),
        "sites": toy_city.make_sites(),
        "travel": toy_city.make_travel(),
        "problem": toy_city.make_problem(request),
        "solution": toy_city.make_solution([3, 0, 2], BEST_450_SHARE, 100.0),
    } | changes
    return PlanCase(**fields)


def spoil(record, **changes):
    return dataclasses.replace(record, **changes)


def test_the_plan_worked_out_on_paper_passes_every_check():
    checks = verify_plan(make_case())
    assert list(checks["name"]) == list(CHECKS)
    assert checks["passed"].all()


def test_the_figures_are_those_worked_out_on_paper():
    evaluation = evaluate_plan(make_case())
    assert evaluation.get_metric("served") == pytest.approx(100.0)
    assert evaluation.get_metric("cost") == pytest.approx(450.0)
    assert evaluation.get_metric("new_sites") == 2
    assert evaluation.get_metric("unserved") == pytest.approx(5.0)
    # A and half the street drive 2 min, B and D are at the door: (35+15+30)*2 / 100
    assert evaluation.get_metric("mean_drive") == pytest.approx(1.6)
    assert list(evaluation.sites["site_id"]) == ["s1", "s3"]
    assert list(evaluation.sites["served_kwh_day"]) == pytest.approx([60.0, 40.0])
    west, east = evaluation.zones["served_kwh_day"]
    assert (west, east) == (pytest.approx(60.0), pytest.approx(40.0))


def test_the_limits_of_the_road_data_are_warned_of_after_what_the_plan_shows():
    without = evaluate_plan(make_case()).warnings
    case = make_case(data_limits=("3 ways lack a node", "The date is not known."))
    added = ("road data: 3 ways lack a node", "road data: The date is not known")
    assert evaluate_plan(case).warnings == (*without, *added)


@pytest.mark.parametrize(("status", "n_warnings"), [("existing", 1), ("competitor", 1), ("candidate", 0)])
def test_a_standing_station_that_was_left_out_is_warned_of(status, n_warnings):
    row = {column.name: 0.0 if column.type == "number" else "lost" for column in REMOVED_SITES}
    row |= {"status": status, "reason": "farther from the road network than the snap limit"}
    removed = make_table(REMOVED_SITES, {name: [value] for name, value in row.items()})
    warnings = evaluate_plan(make_case(sites=spoil(toy_city.make_sites(), removed=removed))).warnings
    told = [
        warning for warning in warnings if warning.startswith("left out: 1 station standing already, but ")
    ]
    assert len(told) == n_warnings
    assert all(" may end: lost; correct" in warning for warning in told)


GOOD = make_case()
SPOILED = {
    "problem": {"problem": spoil(GOOD.problem, level_cost_pkr=2 * GOOD.problem.level_cost_pkr)},
    "pairs": {"problem": spoil(GOOD.problem, pair_seconds=GOOD.problem.pair_seconds + 1.0)},
    "driving times": {
        "problem": spoil(GOOD.problem, pair_seconds=GOOD.problem.pair_seconds * 0.5),
        "travel": spoil(GOOD.travel, seconds=GOOD.travel.seconds * 0.5),
    },
    "nearest sites": {"request": toy_city.make_request(budget_pkr=450.0, nearest_sites=1)},
    "quality": {"problem": spoil(GOOD.problem, pair_quality=np.full(9, 0.5))},
    "shares": {"solution": toy_city.make_solution([3, 0, 2], BEST_450_SHARE + 0.2, 100.0)},
    "open sites": {"solution": toy_city.make_solution([3, 0, 0], BEST_450_SHARE, 100.0)},
    "levels": {"request": toy_city.make_request(budget_pkr=450.0, levels=(1, 2))},
    "budget": {"request": toy_city.make_request(budget_pkr=449.0)},
    "count": {"request": toy_city.make_request(max_sites=1)},
    "capacity": {"request": toy_city.make_request(max_utilisation=0.19)},
    "demand": {"problem": spoil(GOOD.problem, demand_kwh_day=GOOD.problem.demand_kwh_day + 1.0)},
    "objective": {"solution": toy_city.make_solution([3, 0, 2], BEST_450_SHARE, 101.0)},
    "proof": {"solution": toy_city.make_solution([3, 0, 2], BEST_450_SHARE, 100.0, 103.0, gap_asked=0.05)},
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_spoiled_plan_fails_the_check_that_it_should(name):
    with pytest.raises(VerificationError, match=rf"(?m)^  {name}: \S"):
        verify_plan(make_case(**SPOILED[name]))


def drop_pairs(problem, kept):
    names = ("pair_cell", "pair_site", "pair_quality", "pair_seconds")
    return {name: getattr(problem, name)[kept] for name in names}


# Each changes one thing of the problem that no used pair and no open site shows.
OTHER_PROBLEMS = {
    "1 pairs are missing: cell-site rows 1-1": drop_pairs(GOOD.problem, [0, 1, 3, 4, 5, 6, 7, 8]),
    "3 pairs are missing": drop_pairs(GOOD.problem, [0, 1, 3, 5, 7, 8]),
    "pairs are repeated": drop_pairs(GOOD.problem, [0, 1, 2, 2, 3, 4, 5, 6, 7, 8]),
    "pair_seconds is not .*: 2$": {"pair_seconds": GOOD.problem.pair_seconds + np.eye(9)[2]},
    "pair_quality is not .*: 2$": {"pair_quality": GOOD.problem.pair_quality - 0.1 * np.eye(9)[2]},
    "level_cost_pkr is not .*: s1, s2, s3$": {"level_cost_pkr": 2 * GOOD.problem.level_cost_pkr},
    "level_cost_pkr is not .*: s2$": {"level_cost_pkr": GOOD.problem.level_cost_pkr + np.eye(3)[1][:, None]},
    "level_allowed is not .*: s2$": {"level_allowed": GOOD.problem.level_allowed & [[True], [False], [True]]},
    "level_chargers is": {"level_chargers": np.array([1, 2, 4])},
    "level_capacity_kwh_day is not .*: s1, s2, s3$": {
        "level_capacity_kwh_day": np.tile([20.0, 40.0, 50.0], (3, 1))
    },
    "existing_capacity_kwh_day .*: s2$": {"existing_capacity_kwh_day": np.array([0.0, 9.0, 0.0])},
    "existing_chargers .*: s2$": {"existing_chargers": np.array([0, 1, 0])},
    "is_forced_open .*: s1$": {"is_forced_open": np.array([True, False, False])},
    "is_open_allowed .*: s2$": {"is_open_allowed": np.array([True, False, True])},
    "is_counted .*: s2$": {"is_counted": np.array([True, False, True])},
    "budget_pkr is 460.0, asked for was 450.0": {"budget_pkr": 460.0},
    "max_sites is 3, asked for was 2": {"max_sites": 3},
    "nearest_sites is 5, asked for was 0": {"nearest_sites": 5},
}


@pytest.mark.parametrize("message", OTHER_PROBLEMS)
def test_a_problem_other_than_the_one_asked_for_is_found(message):
    problem = spoil(GOOD.problem, **OTHER_PROBLEMS[message])
    solution = toy_city.make_solution([3, 0, 2], np.zeros(problem.n_pairs), 0.0)
    with pytest.raises(VerificationError, match=rf"(?m)^  problem: .*{message}"):
        verify_plan(make_case(problem=problem, solution=solution))


def test_outages_that_the_problem_forgot_are_found():
    """With 6 of 24 hours dark every level delivers a quarter less, and 60 kWh/day are too many for s1."""
    request = toy_city.make_request(budget_pkr=450.0, max_sites=2, outage_hours_day=6.0)
    with pytest.raises(VerificationError) as caught:
        verify_plan(make_case(request=request))
    text = str(caught.value)
    assert "problem: level_capacity_kwh_day is not that of the sites and the charger: s1, s2, s3" in text
    assert "capacity: 2 stations deliver more than they can: s1, s3" in text


def test_a_backup_keeps_a_station_going_through_outages():
    request = toy_city.make_request(budget_pkr=450.0, max_sites=2, outage_hours_day=6.0)
    sites = toy_city.make_sites(feeder_exempt=[True, False, False], has_storage=[False, True, True])
    assert verify_plan(make_case(request=request, sites=sites))["passed"].all()


def test_a_problem_of_the_other_mode_is_found():
    request = toy_city.make_request(PlanMode.COVER, budget_pkr=450.0, max_sites=2)
    with pytest.raises(VerificationError, match=r"(?m)^  problem: mode is cover, asked for was allocate"):
        verify_plan(make_case(problem=toy_city.make_problem(request)))


def test_a_pair_beyond_the_nearest_may_not_stand_in_the_problem():
    """With one site per cell C uses s2 alone, so that its pairs with s1 and s3 are too many; B and D too."""
    request = toy_city.make_request(budget_pkr=450.0, max_sites=2, nearest_sites=1)
    message = r"(?m)4 pairs may not be used: cell-site rows 1-1, 2-0, 2-2, 3-1$"
    with pytest.raises(VerificationError, match=message):
        verify_plan(make_case(request=request))


def test_a_site_with_too_few_bays_leaves_its_place_among_the_nearest_to_the_next():
    """s2 has no bays: with one site per cell B and C (tie: the first) use s1, D uses s3."""
    request = toy_city.make_request(budget_pkr=450.0, max_sites=2, nearest_sites=1)
    sites = toy_city.make_sites(max_chargers=[3, 0, 3])
    kept = [0, 1, 3, 7, 8]  # (A,s1) (B,s1) (C,s1) (D,s3) (E,s3)
    fits = np.array([[True], [False], [True]])
    problem = toy_city.make_problem(
        request,
        level_allowed=fits & GOOD.problem.level_allowed,
        is_open_allowed=fits[:, 0],
        **drop_pairs(GOOD.problem, kept),
    )
    solution = toy_city.make_solution([3, 0, 2], BEST_450_SHARE[kept], 100.0)
    assert verify_plan(make_case(request=request, sites=sites, problem=problem, solution=solution))[
        "passed"
    ].all()


def test_a_required_site_that_is_closed_is_found():
    with pytest.raises(VerificationError, match="required sites are closed: s2"):
        verify_plan(make_case(sites=toy_city.make_sites(("candidate", "required", "candidate"))))


def test_a_station_with_more_chargers_than_bays_is_found():
    with pytest.raises(VerificationError, match="more chargers than bays: s1"):
        verify_plan(make_case(sites=toy_city.make_sites(max_chargers=[2, 3, 3])))


def test_a_budget_that_buys_only_a_site_without_bays_is_said_to_buy_none():
    """s2 would cost 20 but has no bays; s1 and s3 cost 100 + 50 for one charger, the budget is 140."""
    request = toy_city.make_request(budget_pkr=140.0)
    sites = toy_city.make_sites(
        ("candidate", "candidate", "existing"),
        max_chargers=[3, 0, 3],
        fixed_cost_pkr=[100.0, 0.0, 100.0],
        existing_chargers=[0, 0, 2],
        existing_power_kw=[0.0, 0.0, 20.0],
    )
    is_first = np.array([True, False, False])
    problem = toy_city.make_problem(
        request,
        is_open_allowed=np.array([True, False, True]),
        is_forced_open=np.array([False, False, True]),
        is_counted=np.array([True, True, False]),
        level_allowed=np.tile(is_first[:, None], 3),
        level_cost_pkr=np.array([[150.0, 200.0, 250.0], [50.0, 100.0, 150.0], [0.0, 0.0, 0.0]]),
        existing_capacity_kwh_day=np.array([0.0, 0.0, 40.0]),
        existing_chargers=np.array([0, 0, 2]),
        **drop_pairs(GOOD.problem, [0, 1, 3, 5, 7, 8]),  # none of s2
    )
    solution = toy_city.make_solution([0, 0, 2], [0, 0, 0, 0, 1, 1], 40.0)  # s3 serves D and E
    evaluation = evaluate_plan(make_case(request=request, sites=sites, problem=problem, solution=solution))
    assert any(
        "buys no new station" in text and "cheapest costs PKR 150" in text for text in evaluation.warnings
    )


def test_an_outcome_cannot_claim_a_proof_that_the_gap_does_not_give():
    with pytest.raises(RecordError, match="optimal needs the proof"):
        toy_city.make_solution([3, 0, 2], BEST_450_SHARE, 100.0, 103.0, outcome=Outcome.PROVEN_OPTIMAL)


def test_competitors_take_the_nearest_demand_up_to_their_capacity():
    # s2 is a competitor with 10 kW: 20 kWh/day, all taken from C at its door.
    sites = toy_city.make_sites(
        ("candidate", "competitor", "candidate"),
        existing_power_kw=[0.0, 10.0, 0.0],
        existing_chargers=[0, 1, 0],
    )
    request = toy_city.make_request(mode=PlanMode.COVER, max_sites=1)
    is_ours = np.array([True, False, True])
    kept = [0, 1, 7, 8]  # (A,s1) (B,s1) (D,s3) (E,s3)
    problem = toy_city.make_problem(
        request,
        is_open_allowed=is_ours,
        is_counted=is_ours,
        level_allowed=is_ours[:, None],
        level_cost_pkr=200.0 * is_ours[:, None],
        **drop_pairs(GOOD.problem, kept),
        demand_kwh_day=np.array([35.0, 10.0, 0.0, 10.0, 30.0]),
        competitor_kwh_day=np.array([0.0, 0.0, 20.0, 0.0, 0.0]),
    )
    solution = toy_city.make_solution([2, 0, 0], [1, 1, 0, 0], 45.0)
    evaluation = evaluate_plan(make_case(request=request, sites=sites, problem=problem, solution=solution))
    assert evaluation.get_metric("competitor") == pytest.approx(20.0)
    assert evaluation.get_metric("served") == pytest.approx(45.0)
    assert "more demand than they can deliver" in evaluation.warnings[0]
