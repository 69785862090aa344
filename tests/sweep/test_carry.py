"""Plans and bounds of neighbours, on the toy city on paper and against brute force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import small_problems
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import SolversDisagreeError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.plan import compute_cost_pkr, find_broken_rules
from chargeplan.solve.search import solve_problem
from chargeplan.sweep.carry import (
    Solved,
    carry_along,
    keep_stations,
    make_start,
    read_level_pos,
    read_plan,
    restate,
)
from chargeplan.words import Outcome, PlanMode

# Pairs of the toy city in order: A-s1, B-s1, B-s2, C-s1, C-s2, C-s3, D-s2, D-s3, E-s3.
NOTHING = np.zeros(9)
S1_SERVES_60 = np.array([1, 1, 0, 0.75, 0, 0, 0, 0, 0])  # 35 + 10 + 15 of 20
S1_SERVES_40 = np.array([1, 0.5, 0, 0, 0, 0, 0, 0, 0])


def pose(budget_pkr):
    return toy_city.make_problem(toy_city.make_request(budget_pkr=budget_pkr))


def solve(problem, **options):
    settings = SolveSettings(time_limit_s=60.0, gap=0.0)
    return solve_problem(
        problem,
        build_linear_model(problem),
        settings,
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
        **options,
    )


def make_points(*parts):
    return [
        Solved(pose(budget_pkr), toy_city.make_solution(chargers, share, objective, bound))
        for budget_pkr, chargers, share, objective, bound in parts
    ]


def list_objectives(points):
    return [point.solution.objective_kwh_day for point in points]


def list_bounds(points):
    return [point.solution.bound_kwh_day for point in points]


def test_the_plan_of_a_smaller_budget_is_carried_to_a_larger_one():
    points = make_points((250, [3, 0, 0], S1_SERVES_60, 60, 70), (450, [2, 0, 0], S1_SERVES_40, 40, 105))
    carry_along(points)
    assert list_objectives(points) == [60, 60]
    assert points[1].solution.chargers.tolist() == [3, 0, 0]
    assert list_bounds(points) == [70, 105]


def test_a_plan_of_a_larger_budget_that_costs_little_is_carried_to_the_smaller():
    points = make_points((250, [2, 0, 0], S1_SERVES_40, 40, 70), (450, [3, 0, 0], S1_SERVES_60, 60, 105))
    carry_along(points)
    assert list_objectives(points) == [60, 60]


def test_a_plan_beyond_the_smaller_budget_stays_where_it_is():
    points = make_points((200, [2, 0, 0], S1_SERVES_40, 40, 70), (450, [3, 0, 0], S1_SERVES_60, 60, 105))
    carry_along(points)
    assert list_objectives(points) == [40, 60]


def test_as_much_for_less_money_is_taken():
    points = make_points((250, [2, 0, 0], S1_SERVES_40, 40, 70), (450, [3, 0, 0], S1_SERVES_40, 40, 105))
    carry_along(points)
    assert points[1].solution.chargers.tolist() == [2, 0, 0]


def test_the_bound_of_a_larger_budget_holds_for_a_smaller_and_may_prove_it():
    points = make_points((250, [3, 0, 0], S1_SERVES_60, 60, 105), (260, [3, 0, 0], S1_SERVES_60, 60, 60))
    assert points[0].solution.outcome is Outcome.WITHIN_GAP
    carry_along(points)
    assert list_bounds(points) == [60, 60]
    assert points[0].solution.outcome is Outcome.PROVEN_OPTIMAL
    assert points[0].solution.stopped_by == "proof"


def test_the_bound_of_a_smaller_budget_says_nothing_about_a_larger():
    points = make_points((250, [3, 0, 0], S1_SERVES_60, 60, 60), (450, [3, 0, 0], S1_SERVES_60, 60, 105))
    carry_along(points)
    assert list_bounds(points) == [60, 105]


def test_a_plan_above_the_bound_of_a_wider_limit_is_a_contradiction_and_not_mended():
    points = make_points((250, [3, 0, 0], S1_SERVES_60, 60, 70), (450, [0, 0, 0], NOTHING, 0, 30))
    with pytest.raises(SolversDisagreeError, match="60"):
        restate(points[0].solution, plan=points[0].solution, bound_kwh_day=30.0)


def test_stations_that_no_level_offers_are_no_plan():
    problem = pose(250)
    assert read_level_pos(problem, np.array([3, 0, 0])).tolist() == [2, -1, -1]
    assert read_level_pos(problem, np.array([4, 0, 0])) is None
    assert make_start(problem, toy_city.make_solution([3, 3, 0], NOTHING, 0, 1)) is None  # costs 500


def test_a_plan_that_keeps_stations_has_them_all_and_no_smaller():
    """s2 with 1 charger is kept although nothing is worth it: 350 are left of 500, s1 and one more."""
    problem = pose(500)
    kept = keep_stations(problem, np.array([0, 2, 0]))
    solution = solve(kept)
    assert solution.chargers[1] >= 2
    assert read_plan(problem, solution) is not None
    assert solution.objective_kwh_day < toy_city.BEST_ALLOCATE[500.0]


def test_a_search_that_starts_from_a_plan_ends_no_worse_without_any_time():
    problem = pose(500)
    best = solve(problem)
    start = make_start(problem, best)
    settings = SolveSettings(time_limit_s=1e-6)
    again = solve_problem(
        problem,
        build_linear_model(problem),
        settings,
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
        start=start,
    )
    assert again.objective_kwh_day == pytest.approx(105)


@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("seed", range(6))
def test_a_carried_curve_is_that_of_brute_force(seed, mode):
    """Warm-started, with half of the proofs thrown away: plans and bounds enclose the true optima."""
    base = small_problems.make_small_problem(seed, mode)
    points, truth, before = [], [], None
    for number, budget_pkr in enumerate((12.0, 20.0, 31.0, 47.0)):
        problem = replace(base, budget_pkr=budget_pkr)
        best = small_problems.solve_by_brute_force(problem)
        if best is None:
            continue
        solution = solve(problem, start=make_start(problem, before))
        before = solution
        if number % 2:
            solution = restate(solution, plan=solution, bound_kwh_day=solution.bound_kwh_day + 5.0)
        points.append(Solved(problem, solution))
        truth.append(best)
    carry_along(points)
    assert list_objectives(points) == pytest.approx(truth)
    assert list_objectives(points) == sorted(list_objectives(points))
    assert list_bounds(points) == sorted(list_bounds(points))
    for point, best in zip(points, truth, strict=True):
        plan = read_plan(point.problem, point.solution)
        assert find_broken_rules(point.problem, plan) == ()
        assert compute_cost_pkr(point.problem, plan.level_pos) <= point.problem.budget_pkr + 1e-6
        assert point.solution.bound_kwh_day >= best * (1 - 1e-9)


@pytest.mark.parametrize("number", range(8))
def test_a_nested_plan_is_a_plan_and_never_above_the_best(number):
    problems = (small_problems.make_small_problem(seed, PlanMode.ALLOCATE) for seed in itertools.count())
    tight = (replace(each, budget_pkr=25.0) for each in problems)
    possible = (each for each in tight if small_problems.solve_by_brute_force(each) is not None)
    smaller = next(itertools.islice(possible, number, None))
    larger = replace(smaller, budget_pkr=50.0)
    first = solve(smaller)
    nested = solve(keep_stations(larger, first.chargers))
    assert np.all(nested.chargers >= first.chargers)
    assert read_plan(larger, nested) is not None
    best = small_problems.solve_by_brute_force(larger)
    assert first.objective_kwh_day * (1 - 1e-9) <= nested.objective_kwh_day <= best * (1 + 1e-9)
