"""The bound is never below the optimum, what it fixes keeps the best plan, and it is near."""

from dataclasses import replace

import numpy as np
import pytest
import small_problems
from referee_milp import find_optimum, make_town

from chargeplan.solve.bound import compute_bound, fix_sites
from chargeplan.solve.choice import SiteChooser
from chargeplan.solve.plan import find_allowed_levels, find_broken_rules, make_plan
from chargeplan.words import PlanMode


@pytest.mark.parametrize("mode", list(PlanMode))
def test_no_plan_beats_the_bound_at_any_number_of_iterations(mode):
    checked = 0
    for seed in range(40):
        problem = small_problems.make_small_problem(seed, mode)
        best = small_problems.solve_by_brute_force(problem)
        if best is None:
            continue
        checked += 1
        for iterations in (1, 7, 200):
            bound = compute_bound(problem, incumbent_kwh_day=0.9 * best, max_iterations=iterations)
            assert bound.value_kwh_day >= best
    assert checked > 20


@pytest.mark.parametrize("mode", list(PlanMode))
def test_any_multipliers_give_a_bound(mode):
    problem = make_town(mode, 1)
    best = find_optimum(problem)
    rng = np.random.default_rng(0)
    size = len(compute_bound(problem, incumbent_kwh_day=0.0, max_iterations=1).multipliers)
    for _ in range(20):
        bound = compute_bound(
            problem, incumbent_kwh_day=0.0, max_iterations=1, multipliers=0.3 * rng.random(size)
        )
        assert bound.value_kwh_day >= best


@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_of_each_station_holds_for_the_plans_with_it(mode, seed):
    problem = make_town(mode, seed, n_cells=24, n_sites=12)
    bound = compute_bound(problem, incumbent_kwh_day=0.95 * find_optimum(problem))
    for site, level in np.argwhere(find_allowed_levels(problem)):
        only = problem.level_allowed.copy()
        only[site] = np.arange(only.shape[1]) == level
        forced = replace(
            problem, level_allowed=only, is_forced_open=problem.is_forced_open | _one(problem, site)
        )
        best = find_optimum(forced)
        is_dominated = mode is PlanMode.COVER and bound.level_bound_kwh_day[site, level] == -np.inf
        if best is not None and not is_dominated:
            assert bound.level_bound_kwh_day[site, level] >= best * (1 - 1e-9)
        if not problem.is_forced_open[site]:
            closed = replace(problem, level_allowed=problem.level_allowed & ~_one(problem, site)[:, None])
            assert bound.closed_bound_kwh_day[site] >= find_optimum(closed) * (1 - 1e-9)


def _one(problem, site):
    return np.arange(problem.n_sites) == site


@pytest.mark.parametrize("mode", list(PlanMode))
def test_fixing_keeps_the_best_plan_and_decides_something(mode):
    left = 0.0
    for seed in range(8):
        problem = make_town(mode, seed, n_cells=50, n_sites=16)
        best = find_optimum(problem)
        incumbent = best * (1 - 1e-6)
        bound = compute_bound(problem, incumbent_kwh_day=incumbent)
        fixing = fix_sites(problem, bound, incumbent_kwh_day=incumbent)
        left += fixing.level_allowed.sum() / find_allowed_levels(problem).sum() / 8
        fixed = replace(
            problem,
            is_forced_open=problem.is_forced_open | fixing.must_open,
            level_allowed=problem.level_allowed & fixing.level_allowed,
        )
        assert find_optimum(fixed) == pytest.approx(best, rel=1e-7)
    assert left < 0.75


@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_bound_comes_down_to_the_strong_linear_relaxation(mode):
    """Geoffrion (1974): the best multipliers give at most the relaxation with all links."""
    for seed in range(5):
        problem = make_town(mode, seed)
        relaxed = find_optimum(problem, relaxed=True)
        bound = compute_bound(problem, incumbent_kwh_day=0.97 * relaxed)
        assert bound.value_kwh_day <= relaxed * 1.003


@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_same_bound_comes_back_and_goes_on_from_its_multipliers(mode):
    problem = make_town(mode, 3)
    one, other = (compute_bound(problem, incumbent_kwh_day=100.0, max_iterations=60) for _ in range(2))
    assert one.value_kwh_day == other.value_kwh_day
    assert np.array_equal(one.multipliers, other.multipliers)
    assert np.array_equal(one.level_bound_kwh_day, other.level_bound_kwh_day)
    further = compute_bound(problem, incumbent_kwh_day=100.0, max_iterations=60, multipliers=one.multipliers)
    assert further.value_kwh_day <= one.value_kwh_day * (1 + 1e-12)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_what_the_relaxed_problem_picks_keeps_budget_count_and_required_sites(mode):
    problem = make_town(mode, 4)
    bound = compute_bound(problem, incumbent_kwh_day=0.9 * find_optimum(problem))
    assert bound.level_picks
    for level_pos in bound.level_picks:
        assert find_broken_rules(problem, make_plan(problem, level_pos, np.zeros(problem.n_pairs))) == ()
    assert np.all((bound.promise_share >= 0) & (bound.promise_share <= 1))


@pytest.mark.parametrize("seed", range(40))
def test_the_choice_bounds_every_choice_within_budget_and_count(seed):
    """Three sites of two entries each, all 27 choices tried."""
    rng = np.random.default_rng(seed)
    entry_site, worth, cost = np.repeat([0, 1, 2], 2), rng.random(6), rng.random(6)
    required = np.array([seed % 4 == 0, False, False])
    budget, max_sites = cost[:2].min() + rng.random(), int(rng.integers(1, 4))
    chooser = SiteChooser(entry_site, cost, required, budget_pkr=budget, max_sites=max_sites)
    choice = chooser.choose(worth)
    assert cost[choice.within.entries].sum() <= budget * (1 + 1e-12)
    assert len(choice.within.entries) <= max_sites
    for picks in np.ndindex(3, 3, 3):
        entries = np.array([2 * site + pick - 1 for site, pick in enumerate(picks) if pick > 0], dtype=int)
        misses = required[0] and picks[0] == 0
        if cost[entries].sum() <= budget and len(entries) <= max_sites and not misses:
            assert choice.value >= worth[entries].sum() - 1e-12
