"""Start plans and their improvement: always feasible, deterministic, and near the optimum."""

import time
from dataclasses import replace

import numpy as np
import pytest
import small_problems
from referee_milp import find_optimum, make_town

from chargeplan.solve.bound import compute_bound
from chargeplan.solve.cover_search import compute_cover_kwh_day, improve_cover, pick_cover_greedily
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.improve import improve_plan
from chargeplan.solve.neighbourhood import solve_neighbourhood
from chargeplan.solve.plan import find_allowed_levels, find_broken_rules
from chargeplan.solve.reduce import build_cover_rows
from chargeplan.solve.settle import settle_plan
from chargeplan.solve.start_plan import find_start_plan, follow_prices
from chargeplan.words import PlanMode


@pytest.mark.parametrize("mode", list(PlanMode))
def test_small_problems_get_a_feasible_plan_or_a_none_when_there_is_none(mode):
    ratios = []
    for seed in range(30):
        problem = small_problems.make_small_problem(seed, mode)
        best = small_problems.solve_by_brute_force(problem)
        plan = find_start_plan(problem, seed=1)
        assert (plan is None) == (best is None)
        if plan is not None:
            assert find_broken_rules(problem, plan) == ()
            assert plan.objective_kwh_day <= best * (1 + 1e-9)
            ratios.append(plan.objective_kwh_day / best if best > 0 else 1.0)
    assert np.mean(ratios) > 0.98


@pytest.mark.parametrize(
    ("mode", "limits", "gap"),
    [
        (PlanMode.COVER, {"budget_pkr": np.inf}, 0.0),
        (PlanMode.COVER, {"max_sites": -1}, 0.02),
        (PlanMode.COVER, {}, 0.02),
        (PlanMode.ALLOCATE, {"budget_pkr": np.inf, "max_sites": 5}, 0.03),
        (PlanMode.ALLOCATE, {"max_sites": -1}, 0.03),
        (PlanMode.ALLOCATE, {"max_sites": -1, "budget_pkr": 500.0}, 0.03),
        (PlanMode.ALLOCATE, {}, 0.03),
    ],
)
def test_improved_plans_are_near_the_optimum(mode, limits, gap):
    for seed in range(2):
        problem = replace(make_town(mode, seed, n_cells=50, n_sites=14), **limits)
        plan = find_start_plan(problem, seed=1)
        bound = compute_bound(problem, incumbent_kwh_day=plan.objective_kwh_day)
        better = follow_prices(problem, plan, bound) if mode is PlanMode.ALLOCATE else plan
        better = improve_plan(problem, better, seed=1, max_iterations=6, bound=bound)
        assert find_broken_rules(problem, better) == ()
        assert better.objective_kwh_day >= plan.objective_kwh_day
        best = find_optimum(problem)
        assert best * (1 - gap - 1e-9) <= better.objective_kwh_day <= best * (1 + 1e-9)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_same_seed_gives_the_same_plan(mode):
    problem = make_town(mode, 6)

    def search():
        plan = find_start_plan(problem, seed=5)
        return improve_plan(problem, plan, seed=5, max_iterations=6)

    one, other = search(), search()
    assert np.array_equal(one.level_pos, other.level_pos)
    assert np.array_equal(one.pair_share, other.pair_share)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_a_deadline_that_has_passed_still_gives_a_plan(mode):
    problem = make_town(mode, 2)
    plan = find_start_plan(problem, seed=1, deadline=Deadline(time.monotonic() - 1.0))
    assert find_broken_rules(problem, plan) == ()
    assert plan.objective_kwh_day > 0
    late = improve_plan(
        problem, plan, seed=1, max_iterations=10**6, deadline=Deadline(time.monotonic() - 1.0)
    )
    assert late.objective_kwh_day >= plan.objective_kwh_day


def test_with_more_money_than_needed_everything_in_reach_is_served():
    problem = replace(make_town(PlanMode.ALLOCATE, 1), budget_pkr=np.inf, max_sites=-1)
    plan = find_start_plan(problem, seed=1)
    assert plan.objective_kwh_day == pytest.approx(find_optimum(problem))


def test_swaps_reach_the_optimum_where_greedy_fails():
    """Cells a, b want 3 and c, d want 2; site 0 covers a, c (5), site 1 covers b, d (5), site 2 a, b (6).

    Greedy opens site 2, then either of the others for 2 more: 8. Sites 0 and 1 cover all 10.
    """
    town = make_town(PlanMode.COVER, 1)
    none = np.zeros(3, dtype=bool)
    problem = replace(
        town,
        demand_kwh_day=np.array([3.0, 3.0, 2.0, 2.0]),
        competitor_kwh_day=np.zeros(4),
        pair_cell=np.array([0, 0, 1, 1, 2, 3]),
        pair_site=np.array([0, 2, 1, 2, 0, 1]),
        pair_quality=np.ones(6),
        pair_seconds=np.ones(6),
        is_open_allowed=~none,
        is_forced_open=none,
        is_counted=~none,
        level_allowed=~none[:, None],
        level_cost_pkr=np.ones((3, 1)),
        level_capacity_kwh_day=np.full((3, 1), np.inf),
        existing_capacity_kwh_day=np.zeros(3),
        existing_chargers=np.zeros(3, dtype=np.int64),
        budget_pkr=np.inf,
        max_sites=2,
    )
    rows = build_cover_rows(problem)
    greedy = pick_cover_greedily(rows)
    assert compute_cover_kwh_day(rows, greedy) == 8.0
    swapped = improve_cover(rows, greedy, seed=1, max_iterations=1)
    assert compute_cover_kwh_day(rows, swapped) == 10.0


def test_plans_of_many_sites_are_searched_in_parts():
    problem = replace(
        make_town(PlanMode.COVER, 3, n_cells=1500, n_sites=400), max_sites=150, budget_pkr=np.inf
    )
    near = problem.pair_quality == 1.0
    fields = {
        name: getattr(problem, name)[near]
        for name in ("pair_cell", "pair_site", "pair_quality", "pair_seconds")
    }
    problem = replace(problem, **fields)
    rows = build_cover_rows(replace(problem, max_sites=140))
    greedy = pick_cover_greedily(rows)
    better = improve_cover(rows, greedy, seed=1, max_iterations=24)
    assert len(better) <= rows.max_sites
    assert compute_cover_kwh_day(rows, better) >= compute_cover_kwh_day(rows, greedy)


def test_a_neighbourhood_of_all_sites_is_the_whole_problem():
    problem = make_town(PlanMode.ALLOCATE, 8, n_cells=40, n_sites=12)
    plan = find_start_plan(problem, seed=1)
    level_pos = solve_neighbourhood(
        problem,
        plan,
        np.arange(problem.n_sites)[~(problem.is_forced_open & ~problem.is_counted)],
        level_allowed=find_allowed_levels(problem),
        node_limit=10_000,
    )
    assert settle_plan(problem, level_pos).objective_kwh_day == pytest.approx(find_optimum(problem), rel=1e-3)


def test_a_neighbourhood_holds_the_other_stations():
    problem = make_town(PlanMode.ALLOCATE, 8)
    plan = find_start_plan(problem, seed=1)
    free = np.array([11, 12, 13])
    level_pos = solve_neighbourhood(
        problem, plan, free, level_allowed=find_allowed_levels(problem), node_limit=100
    )
    held = ~np.isin(np.arange(problem.n_sites), free)
    assert np.array_equal(level_pos[held], plan.level_pos[held])
    assert settle_plan(problem, level_pos).objective_kwh_day >= plan.objective_kwh_day * (1 - 1e-9)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_every_step_gives_way_when_the_user_asks(mode):
    problem = make_town(mode, 2)
    asked = Deadline(time.monotonic() + 3600.0, should_stop=lambda: True)
    started = time.monotonic()
    plan = find_start_plan(problem, seed=1, deadline=asked)
    assert plan is not None
    assert find_broken_rules(problem, plan) == ()
    bound = compute_bound(
        problem, incumbent_kwh_day=plan.objective_kwh_day, max_iterations=10**6, deadline=asked
    )
    assert bound.value_kwh_day >= plan.objective_kwh_day - 1e-6
    late = improve_plan(problem, plan, seed=1, max_iterations=10**6, deadline=asked)
    assert late.objective_kwh_day >= plan.objective_kwh_day - 1e-9
    assert time.monotonic() - started < 20  # a million rounds would take hours
