"""The bound from whole stations is never below the optimum, and exact where all stations are full."""

import time

import numpy as np
import pytest
import scipy.optimize
import small_problems
import toy_city
from scipy.optimize import milp

from chargeplan.solve.deadline import Deadline
from chargeplan.solve.whole_stations import compute_station_worth, compute_whole_station_bound
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


def test_a_station_fills_up_with_the_best_demand_first():
    """s1 sees A 35, B 10, C 20. At 20 kWh a charger and a price of 0.5 in A: B and C (30) pay 1, A
    pays 0.5. One charger: 20. Two: 30 + 10 x 0.5 = 35. Three: 30 + 30 x 0.5 = 45."""
    problem = toy_city.make_problem(toy_city.make_request())
    price = np.array([0.5, 0.0, 0.0, 0.0, 0.0])
    worth = compute_station_worth(problem, price, problem.level_capacity_kwh_day)
    np.testing.assert_allclose(worth[0], [20.0, 35.0, 45.0])


def test_no_clock_decides_without_a_deadline_and_the_given_one_is_kept(monkeypatch):
    """A bound that a clock had cut short would be another one on another computer."""
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=320.0))
    options = []

    def note(*arguments, **named):
        options.append(dict(named["options"]))  # SciPy renames some in place
        return milp(*arguments, **named)

    monkeypatch.setattr(scipy.optimize, "milp", note)
    compute_whole_station_bound(problem, np.zeros(5))
    assert not any("time_limit" in given for given in options)
    assert all(given["node_limit"] > 0 for given in options)
    options.clear()
    compute_whole_station_bound(problem, np.zeros(5), deadline=Deadline(time.monotonic() + 7.0))
    assert all(0 < given["time_limit"] <= 7.0 for given in options)
    assert options


def test_it_says_nothing_in_cover_mode():
    problem = toy_city.make_problem(toy_city.make_request(PlanMode.COVER, max_sites=1))
    assert np.isposinf(compute_whole_station_bound(problem, np.zeros(5)))
