"""HiGHS with and without presolve, and CBC, against brute force on random small planning problems.

CBC without its preprocessing is the second solver. When it breaks off it has no opinion, which is
no wrong outcome.
"""

import collections
import math

import pytest
import small_problems

from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.cbc import find_cbc, solve_by_cbc
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion, keeps_rows
from chargeplan.words import PlanMode

N_CASES = {PlanMode.COVER: 100, PlanMode.ALLOCATE: 80}
N_CBC_CASES = 20
FIRST_SEED = 1000

needs_cbc = pytest.mark.skipif(find_cbc() is None, reason="CBC, the second solver, is not on this computer")


def list_problems(mode, n_cases):
    for seed in range(FIRST_SEED, FIRST_SEED + n_cases):
        problem = small_problems.make_small_problem(seed, mode)
        yield seed, build_linear_model(problem), small_problems.solve_by_brute_force(problem)


def make_request(model, *, use_presolve=True):
    return MilpRequest(model, None, 0.0, math.inf, 30.0, None, 1, 1, use_presolve=use_presolve)


def name_wrong(status, objective, best) -> str:
    """What is wrong about an outcome, or nothing; no opinion is not wrong."""
    if status is MilpStatus.NO_INCUMBENT:
        return ""
    if (status is MilpStatus.INFEASIBLE) != (best is None):
        return f"says {status.value}, brute force says {best}"
    if status is MilpStatus.OPTIMAL and abs(objective - best) > 1e-6 * max(1.0, best):
        return f"says {objective} is the best, brute force says {best}"
    return ""


@pytest.mark.parametrize("mode", list(PlanMode))
def test_highs_is_never_wrong_with_or_without_presolve(mode):
    wrong, statuses = [], collections.Counter()
    for seed, model, best in list_problems(mode, N_CASES[mode]):
        for use_presolve in (True, False):
            result = solve_milp(make_request(model, use_presolve=use_presolve))
            statuses[result.status] += 1
            words = name_wrong(result.status, result.objective_kwh_day, best)
            if best is not None and result.bound_kwh_day < best - 1e-6:
                words += f" bound {result.bound_kwh_day} below the best {best}"
            if words:
                wrong.append((seed, use_presolve, words))
    assert not wrong
    assert set(statuses) == {MilpStatus.OPTIMAL, MilpStatus.INFEASIBLE}


@needs_cbc
@pytest.mark.parametrize("mode", list(PlanMode))
def test_cbc_without_preprocessing_is_never_wrong(mode):
    wrong, statuses = [], collections.Counter()
    for seed, model, best in list_problems(mode, N_CBC_CASES):
        answer = solve_by_cbc(model, time_limit_s=30.0)
        statuses[answer.status] += 1
        worth = math.nan if answer.values is None else float(model.objective @ answer.values)
        words = name_wrong(answer.status, worth, best)
        if answer.values is not None and not keeps_rows(model, answer.values):
            words += " its plan breaks a row"
        if words:
            wrong.append((seed, words))
    assert not wrong
    assert statuses[MilpStatus.OPTIMAL] > N_CBC_CASES / 2


@needs_cbc
@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_second_opinion_is_never_wrong(mode):
    """Whatever the first solver is supposed to have said: is there a plan or not?"""
    verdicts = collections.Counter()
    seeds = iter(list_problems(mode, N_CASES[mode]))
    wanted = {True: 4, False: 4}  # as many impossible problems as possible ones
    for seed, model, best in seeds:
        if wanted[best is None] == 0:
            continue
        wanted[best is None] -= 1
        opinion = ask_second_opinion(make_request(model), run=solve_milp, left_s=30.0)
        verdicts[opinion.verdict] += 1
        assert opinion.verdict is (Verdict.CONFIRMED if best is None else Verdict.DISAGREES), seed
    assert set(verdicts) == {Verdict.CONFIRMED, Verdict.DISAGREES}
