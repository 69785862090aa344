"""The bound from whole stations is never below the optimum, and exact where all stations are full."""

import time

import numpy as np
import pytest
import small_problems
import toy_city

from chargeplan.solve.deadline import Deadline
from chargeplan.solve.whole_stations import compute_whole_station_bound
from chargeplan.words import PlanMode


def test_it_is_never_below_the_best_plan_whatever_the_prices():
    checked = 0
    for seed in range(60):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        best = small_problems.solve_by_brute_force(problem)
        if best is None:
            continue
        rng = np.random.default_rng(seed)
        price = rng.uniform(-0.2, 1.2, problem.n_cells)
        assert compute_whole_station_bound(problem, price) >= best - 1e-9, seed
        checked += 1
    assert checked > 30


def test_it_is_exact_where_every_station_is_full():
    """Toy city, budget 250: three chargers at one site are the most that 250 buys, 60 kWh/day. Half
    stations would give 250 / 250 x 60 too, so 320 is asked: a fourth charger would need 300 more."""
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=320.0))
    assert compute_whole_station_bound(problem, np.zeros(5)) == pytest.approx(60.0)


def test_its_steps_lower_it_and_never_below_the_best_plan():
    lowered = 0
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        best = small_problems.solve_by_brute_force(problem)
        if best is None:
            continue
        price = np.full(problem.n_cells, 0.5)
        still = compute_whole_station_bound(problem, price, max_iterations=0)
        stepped = compute_whole_station_bound(problem, price, target_kwh_day=best)
        assert best - 1e-9 <= stepped <= still + 1e-9, seed
        lowered += stepped < still - 1e-6
    assert lowered > 5


def test_no_clock_decides_without_a_deadline_and_a_given_one_is_kept(monkeypatch):
    """A bound that a clock had cut short would be another one on another computer."""
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=320.0))
    over = Deadline(time.monotonic() - 1.0)
    assert np.isposinf(compute_whole_station_bound(problem, np.zeros(5), deadline=over))
    monkeypatch.delattr(time, "monotonic")
    assert np.isfinite(compute_whole_station_bound(problem, np.zeros(5)))


def test_it_says_nothing_in_cover_mode():
    problem = toy_city.make_problem(toy_city.make_request(PlanMode.COVER, max_sites=1))
    assert np.isposinf(compute_whole_station_bound(problem, np.zeros(5)))
