"""A good plan passes, and every way to spoil it is found."""

import dataclasses

import numpy as np
import pytest
import toy_city

from chargeplan.errors import RecordError, VerificationError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import CHECKS, PlanCase, verify_plan
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


GOOD = make_case()
SPOILED = {
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


def test_a_required_site_that_is_closed_is_found():
    with pytest.raises(VerificationError, match="required sites are closed: s2"):
        verify_plan(make_case(sites=toy_city.make_sites(("candidate", "required", "candidate"))))


def test_a_station_with_more_chargers_than_bays_is_found():
    with pytest.raises(VerificationError, match="more chargers than bays: s1"):
        verify_plan(make_case(sites=toy_city.make_sites(max_chargers=[2, 3, 3])))


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
    problem = toy_city.make_problem(
        request,
        demand_kwh_day=np.array([35.0, 10.0, 0.0, 10.0, 30.0]),
        competitor_kwh_day=np.array([0.0, 0.0, 20.0, 0.0, 0.0]),
    )
    solution = toy_city.make_solution([2, 0, 0], [1, 1, 0, 1, 0, 0, 0, 0, 0], 45.0)
    evaluation = evaluate_plan(make_case(request=request, sites=sites, problem=problem, solution=solution))
    assert evaluation.get_metric("competitor") == pytest.approx(20.0)
    assert evaluation.get_metric("served") == pytest.approx(45.0)
    assert "more demand than they can deliver" in evaluation.warnings[0]
