"""The whole search (start plan, bound, fixing, MILP, trimming) against brute force: 380 small problems.

The MILP runs in this process, which saves the start of 380 children; `test_solver_process` holds
the child to the same answers.
"""

import numpy as np
import pytest
import small_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.plan import find_broken_rules, make_plan
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode

FIRST_SEED = 1000  # other problems than those of the MILP alone
N_CASES = 150


def search(problem, gap=0.0):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=60.0, gap=gap),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
        name_things=None,  # why there is no plan is asked in test_explain_impossible
    )


def read_level_pos(problem, solution) -> np.ndarray:
    existing = problem.is_forced_open & ~problem.is_counted
    level_pos = np.searchsorted(problem.level_chargers, solution.chargers)
    return np.where(existing | (solution.chargers == 0), -1, level_pos)


@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("gap", [0.0, 0.05])
def test_the_search_finds_what_brute_force_finds(mode, gap):
    n_proven = 0
    first, n_cases = (FIRST_SEED, N_CASES) if gap == 0 else (FIRST_SEED + N_CASES, 40)
    for seed in range(first, first + n_cases):
        problem = small_problems.make_small_problem(seed, mode)
        best = small_problems.solve_by_brute_force(problem)
        if best is None:
            with pytest.raises(InfeasibleError):
                search(problem, gap)
            continue
        solution = search(problem, gap)
        assert solution.bound_kwh_day >= best - 1e-6, seed
        assert solution.objective_kwh_day <= best + 1e-6, seed
        assert solution.outcome is Outcome.PROVEN_OPTIMAL, (seed, solution.gap)
        assert solution.objective_kwh_day >= best / (1 + gap) - 1e-6, seed
        plan = make_plan(problem, read_level_pos(problem, solution), solution.pair_share)
        assert find_broken_rules(problem, plan) == (), seed
        assert plan.objective_kwh_day == pytest.approx(solution.objective_kwh_day), seed
        n_proven += 1
    assert n_proven >= 20
