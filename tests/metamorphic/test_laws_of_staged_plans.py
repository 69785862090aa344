"""What a change must do to the optimum of problems with years, types, groups and limits.

Every law is held to 50 random problems of `staged_problems` by the model and the solver, to proven
optimality, and to some by the whole search.
"""

import math
from dataclasses import replace

import numpy as np
import problem_changes as changes
import pytest
import staged_changes as staged
import staged_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_limits import PlanLimits
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanObjective

N_CASES = 50
N_SEARCHED = 4
IMPOSSIBLE = -math.inf  # any plan serves more than none


def solve_model(problem) -> float:
    request = MilpRequest(build_linear_model(problem), None, 0.0, math.inf, 60.0, None, 1, 1)
    result = solve_milp(request)
    assert result.status in {MilpStatus.OPTIMAL, MilpStatus.INFEASIBLE}
    return IMPOSSIBLE if result.integer_values is None else result.objective_kwh_day


def solve_whole(problem) -> float:
    """Worth of the search's plan; of the worst zone's share where that comes first."""
    try:
        solution = solve_problem(
            problem,
            build_linear_model(problem),
            SolveSettings(time_limit_s=60.0, gap=0.0),
            seed=1,
            listen=ignore_event,
            should_stop=lambda: False,
            run=solve_milp,
            name_things=None,  # why there is no plan is asked in test_explain_impossible
        )
    except InfeasibleError:
        return IMPOSSIBLE
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    if problem.objective is PlanObjective.WORST_ZONE:
        return solution.worst_share * float(
            problem.staging.year_weight @ problem.staging.unit_kwh_day.sum(axis=(1, 2))
        )
    return solution.objective_kwh_day


SOLVERS = {"model": (solve_model, N_CASES), "search": (solve_whole, N_SEARCHED)}
every_solver = pytest.mark.parametrize(("solve", "n_cases"), SOLVERS.values(), ids=SOLVERS)


def list_cases(n_cases, *families):
    """Problems with the families named, and others by chance; families are told by the seed."""
    for seed in range(n_cases):
        rng = np.random.default_rng([seed, 41])
        more = tuple(name for name in staged_problems.FAMILIES if rng.random() < 0.2)
        drawn = tuple(dict.fromkeys((*families, *more)))
        yield staged_problems.make_staged_problem(7000 + seed, drawn), rng


def is_same(first, second):
    return first == second or abs(first - second) <= 1e-6 * max(1.0, abs(first))


def is_no_less(larger, smaller):
    return larger >= smaller or is_same(larger, smaller)


def check_gains(gains, n_cases):
    """A law that never shows in many cases says nothing."""
    assert n_cases <= N_SEARCHED or any(gains)


def test_every_array_of_the_stages_and_limits_is_known_to_the_changes():
    """A new array would otherwise stay behind when rows are taken, unnoticed."""
    problem = staged_problems.make_staged_problem(0)
    assert staged.list_arrays(problem.staging) == set(staged.STAGE_AXES)
    assert staged.list_arrays(problem.limits) == set(staged.LIMIT_AXES)


@every_solver
def test_more_money_in_a_year_never_serves_less(solve, n_cases):
    gains = []
    for problem, rng in list_cases(n_cases, "years"):
        before, after = solve(problem), solve(staged.raise_a_budget(problem, rng))
        assert is_no_less(after, before)
        gains.append(not is_same(after, before))
    check_gains(gains, n_cases)


@every_solver
def test_money_that_comes_earlier_never_serves_less(solve, n_cases):
    gains = []
    for problem, _rng in list_cases(n_cases, "years"):
        before, after = solve(problem), solve(staged.bring_money_forward(problem))
        assert is_no_less(after, before)
        gains.append(not is_same(after, before))
    check_gains(gains, n_cases)


def count_zones(problem) -> int:
    """Count the zones of which any demand reaches a site."""
    return len(np.unique(problem.limits.cell_zone[problem.pair_cell]))


@every_solver
def test_one_more_candidate_never_worsens(solve, n_cases):
    gains = []
    for problem, rng in list_cases(n_cases):
        fewer = staged.leave_out_a_candidate(problem, rng)
        if problem.objective is PlanObjective.WORST_ZONE and count_zones(fewer) < count_zones(problem):
            continue  # a zone that no site reached before is among the zones now
        without, with_it = solve(fewer), solve(problem)
        assert is_no_less(with_it, without)
        gains.append(not is_same(with_it, without))
    check_gains(gains, n_cases)


@every_solver
def test_the_order_of_cells_and_sites_does_not_matter(solve, n_cases):
    for problem, rng in list_cases(n_cases):
        shuffled = problem
        for axis in ("cell", "site"):
            shuffled = staged.take(shuffled, axis, rng.permutation(changes.count(shuffled, axis)))
        assert is_same(solve(shuffled), solve(problem))


@every_solver
def test_a_cell_in_two_halves_is_worth_the_same(solve, n_cases):
    for problem, rng in list_cases(n_cases):
        assert is_same(solve(staged.split_a_cell(problem, rng)), solve(problem))


@every_solver
def test_a_cell_without_demand_changes_nothing(solve, n_cases):
    for problem, rng in list_cases(n_cases):
        assert is_same(solve(staged.add_an_empty_cell(problem, rng)), solve(problem))


@every_solver
@pytest.mark.parametrize("family", ["floor", "gini", "backup", "power", "bays", "pool", "spacing", "grid"])
def test_a_limit_relaxed_never_serves_less(family, solve, n_cases):
    gains = []
    for problem, _rng in list_cases(n_cases if solve is solve_model else 1, family):
        before, after = solve(problem), solve(staged.relax(problem, family))
        assert is_no_less(after, before)
        gains.append(not is_same(after, before))
    check_gains(gains, len(gains))


@every_solver
def test_equal_years_are_worth_one_year(solve, n_cases):
    """All money in the first year, no demand that grows, no limit that changes: T years are one."""
    for problem, rng in list_cases(n_cases):
        one = staged.keep_the_last_year(problem)
        many = staged.repeat_the_year(one, int(rng.integers(2, 4)))
        assert many.staging.n_years > one.staging.n_years
        assert is_same(solve(many), solve(one))


@every_solver
def test_a_second_type_that_cannot_be_used_changes_nothing(solve, n_cases):
    """Whether nobody can use it or no level of it fits."""
    for number, (problem, _rng) in enumerate(list_cases(n_cases)):
        if problem.staging.n_types > 1:
            continue
        more = staged.add_a_useless_type(problem, is_forbidden=number % 2 == 0)
        assert more.staging.n_types == 2
        assert is_same(solve(more), solve(problem))


@every_solver
def test_infinite_headroom_is_no_grid(solve, n_cases):
    no_grid = {name: getattr(PlanLimits(), name) for name in staged.GRID}
    for problem, _rng in list_cases(n_cases, "grid"):
        ample = np.full(3, 1e9)
        wide = replace(problem, limits=replace(problem.limits, asset_headroom_kw=ample))
        unknown = replace(problem, limits=replace(problem.limits, asset_headroom_kw=np.full(3, np.nan)))
        without = replace(problem, limits=replace(problem.limits, **no_grid))
        assert is_same(solve(wide), solve(without))
        assert is_same(solve(unknown), solve(without))


@every_solver
def test_a_plain_problem_is_worth_the_same_as_a_staged_one(solve, n_cases):
    """Same figures, stated with stages of one year, one type and one group or without."""
    for problem, _rng in list_cases(n_cases):
        if problem.staging.n_types > 1:
            continue
        one = staged.keep_the_last_year(problem)
        one = replace(
            one,
            limits=PlanLimits(),
            objective=PlanObjective.SERVED,
            stages=replace(one.staging, year_weight=np.ones(1), open_cost_pkr=np.zeros(one.n_sites)),
        )
        plain = replace(one, stages=None)
        assert plain.is_plain
        assert not one.is_plain
        assert is_same(solve(plain), solve(one))
