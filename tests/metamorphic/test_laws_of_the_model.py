"""What a change of the problem must do to its optimum, on problems without a nearest-site limit.

Every law is held to 50 random problems by the model and the solver alone, and to some of them by
the whole search, always at proven optimality. `PROBLEMS` is the place for problems of new kinds.
"""

import math

import numpy as np
import problem_changes as changes
import pytest
import small_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.columns import read_levels
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode

N_CASES = 50
N_SEARCHED = 2  # of each kind; the search takes its time for bounds that a model this small needs not
IMPOSSIBLE = -math.inf  # any plan serves more than none

PROBLEMS = {
    "cover": lambda seed: small_problems.make_small_problem(seed, PlanMode.COVER),
    "allocate": lambda seed: small_problems.make_small_problem(seed, PlanMode.ALLOCATE),
}


def run_model(problem, *, use_presolve=True):
    model = build_linear_model(problem)
    result = solve_milp(MilpRequest(model, None, 0.0, math.inf, 60.0, None, 1, 1, use_presolve=use_presolve))
    assert result.status in {MilpStatus.OPTIMAL, MilpStatus.INFEASIBLE}
    return model, result


def solve_model(problem) -> float:
    _, result = run_model(problem)
    return IMPOSSIBLE if result.integer_values is None else result.objective_kwh_day


def solve_whole(problem) -> float:
    settings = SolveSettings(time_limit_s=60.0, gap=0.0)
    try:
        solution = solve_problem(
            problem,
            build_linear_model(problem),
            settings,
            seed=1,
            listen=ignore_event,
            should_stop=lambda: False,
            run=solve_milp,
            name_things=None,  # why there is no plan is asked in test_explain_impossible
        )
    except InfeasibleError:
        return IMPOSSIBLE
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    return solution.objective_kwh_day


SOLVERS = {"model": (solve_model, range(N_CASES // 2)), "search": (solve_whole, range(100, 100 + N_SEARCHED))}
every_solver = pytest.mark.parametrize(("solve", "seeds"), SOLVERS.values(), ids=SOLVERS)
every_kind = pytest.mark.parametrize("kind", PROBLEMS)


def list_cases(kind, seeds):
    return ((PROBLEMS[kind](seed), np.random.default_rng([seed, 99])) for seed in seeds)


def is_same(first, second):
    return first == second or abs(first - second) <= 1e-6 * max(1.0, abs(first))


def is_no_less(larger, smaller):
    return larger >= smaller or is_same(larger, smaller)


def test_every_array_of_a_problem_has_its_axis():
    """A new array would otherwise stay behind when rows are taken, unnoticed."""
    for make in PROBLEMS.values():
        assert set(changes.list_arrays(make(0))) == set(changes.AXES)


@every_kind
@every_solver
def test_a_larger_budget_never_serves_less(kind, solve, seeds):
    gains = []
    for problem, rng in list_cases(kind, seeds):
        before, after = solve(problem), solve(changes.raise_budget(problem, rng))
        assert is_no_less(after, before)
        gains.append(not is_same(after, before))
    assert len(gains) <= N_SEARCHED or any(gains)  # the law says something


@every_kind
@every_solver
def test_one_more_candidate_never_worsens(kind, solve, seeds):
    gains = []
    for problem, rng in list_cases(kind, seeds):
        without, with_it = solve(changes.leave_out_a_candidate(problem, rng)), solve(problem)
        assert is_no_less(with_it, without)
        gains.append(not is_same(with_it, without))
    assert len(gains) <= N_SEARCHED or any(gains)


@every_kind
@every_solver
def test_the_order_of_cells_and_sites_does_not_matter(kind, solve, seeds):
    for problem, rng in list_cases(kind, seeds):
        assert is_same(solve(changes.shuffle(problem, rng)), solve(problem))


@every_kind
@every_solver
def test_money_in_thousandths_changes_nothing(kind, solve, seeds):
    for problem, _rng in list_cases(kind, seeds):
        assert is_same(solve(changes.scale_money(problem, 1000.0)), solve(problem))


@every_kind
@every_solver
def test_a_cell_in_two_halves_is_worth_the_same(kind, solve, seeds):
    for problem, rng in list_cases(kind, seeds):
        assert is_same(solve(changes.split_a_cell(problem, rng)), solve(problem))


@every_kind
@every_solver
def test_a_cell_without_demand_changes_nothing(kind, solve, seeds):
    for problem, rng in list_cases(kind, seeds):
        assert is_same(solve(changes.add_an_empty_cell(problem, rng)), solve(problem))


@every_kind
@every_solver
def test_a_longer_limit_never_serves_less(kind, solve, seeds):
    gains = []
    for problem, rng in list_cases(kind, seeds):
        near, far = solve(changes.shorten_limit(problem, rng)), solve(problem)
        assert is_no_less(far, near)
        gains.append(not is_same(far, near))
    assert any(gains)


@every_kind
@every_solver
def test_the_answer_fixed_and_solved_again_is_worth_the_same(kind, solve, seeds):
    n_solved = 0
    for problem, _rng in list_cases(kind, seeds):
        model, result = run_model(problem)
        if result.integer_values is None:
            continue
        levels = read_levels(problem, model, result.integer_values)
        assert is_same(solve(changes.fix_answer(problem, levels)), result.objective_kwh_day)
        n_solved += 1
    assert n_solved > 0


@every_kind
def test_presolve_changes_nothing(kind):
    for problem, _rng in list_cases(kind, range(N_CASES)):
        (_, first), (_, second) = (run_model(problem, use_presolve=use) for use in (True, False))
        assert first.status is second.status
        assert first.integer_values is None or is_same(first.objective_kwh_day, second.objective_kwh_day)
