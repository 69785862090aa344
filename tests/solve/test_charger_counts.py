"""Counting chargers never cuts off a plan, and proves what the relaxed problem alone cannot."""

import numpy as np
import small_problems
import toy_city

from chargeplan.solve.bound import compute_bound, fix_sites
from chargeplan.solve.charger_counts import measure_chargers
from chargeplan.words import PlanMode


def _list_plans(problem):
    """Every choice of levels within the limits: its new chargers, and the most it serves."""
    return [
        (int(problem.level_chargers[choice[choice >= 0]].sum()), small_problems.serve_best(problem, choice))
        for choice in small_problems.list_choices(problem)
    ]


def test_no_plan_of_few_chargers_serves_more_than_they_can():
    checked = 0
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        count = measure_chargers(problem)
        if count is None:
            continue
        for chargers, served_kwh_day in _list_plans(problem):
            assert served_kwh_day <= count.compute_most_kwh_day(chargers) + 1e-9, seed
            beaten = count.find_beaten_count(served_kwh_day)
            assert count.compute_most_kwh_day(beaten) <= served_kwh_day * (1 + 1e-8) + 1e-6 or beaten < 0
            assert count.compute_most_kwh_day(beaten + 1) > served_kwh_day, seed
            checked += 1
    assert checked > 100


def test_the_bound_of_many_chargers_holds_for_every_plan_that_has_them():
    checked = lower = 0
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        plans = _list_plans(problem)
        if measure_chargers(problem) is None or not plans:
            continue
        best_kwh_day = max(served for _, served in plans)
        plain = compute_bound(problem, incumbent_kwh_day=0.0, max_iterations=60)
        for least in range(1, max(chargers for chargers, _ in plans) + 1):
            bound = compute_bound(
                problem, incumbent_kwh_day=0.5 * best_kwh_day, max_iterations=60, least_chargers=least
            )
            of_so_many = [served for chargers, served in plans if chargers >= least]
            if of_so_many:
                assert bound.value_kwh_day >= max(of_so_many) - 1e-9, (seed, least)
            lower += bound.value_kwh_day < plain.value_kwh_day - 1e-6
            checked += 1
    assert checked > 60
    assert lower > 8


def test_what_such_a_bound_forbids_no_better_plan_of_so_many_chargers_has():
    checked = 0
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        choices = list(small_problems.list_choices(problem))
        if measure_chargers(problem) is None or not choices:
            continue
        values = [small_problems.serve_best(problem, choice) for choice in choices]
        floor_kwh_day = float(np.median(values))
        for least in (2, 3):
            bound = compute_bound(
                problem, incumbent_kwh_day=floor_kwh_day, max_iterations=60, least_chargers=least
            )
            fixing = fix_sites(problem, bound, incumbent_kwh_day=floor_kwh_day)
            for choice, value in zip(choices, values, strict=True):
                new = np.flatnonzero(choice >= 0)
                if value <= floor_kwh_day + 1e-6 or problem.level_chargers[choice[new]].sum() < least:
                    continue
                assert fixing.level_allowed[new, choice[new]].all(), (seed, least)
                assert (choice[fixing.must_open] >= 0).all(), (seed, least)
                checked += 1
    assert checked > 30


def test_toy_city_of_full_chargers_is_proven_by_counting():
    """Budget 320: three chargers at one site, 60 kWh/day; a fourth would need 300 more."""
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=320.0))
    count = measure_chargers(problem)
    beaten = count.find_beaten_count(60.0)
    more = compute_bound(problem, incumbent_kwh_day=60.0, least_chargers=beaten + 1)
    assert beaten == 3
    assert more.value_kwh_day < 60.0


def test_counting_says_nothing_in_cover_mode():
    problem = small_problems.make_small_problem(1, PlanMode.COVER)
    assert measure_chargers(problem) is None
