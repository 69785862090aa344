"""First plans from models whose limits give way."""

import time

import numpy as np
import pytest
from impossible_problems import floors, make_limited

from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.closeness import count_shared_cells
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_start import StartMeans, find_start_plan
from chargeplan.solve.values import find_broken_rows


def run(request, *, tell, ask_stop):
    return solve_milp(request)


def start(problem):
    model = build_linear_model(problem)
    maker = PlanMaker(problem, model, plan_columns(problem))
    means = StartMeans(
        run=run,
        deadline=Deadline(time.monotonic() + 20.0),
        closeness=count_shared_cells(problem),
        node_limit=None,
        threads=1,
        seed=1,
    )
    return model, find_start_plan(maker, means)


# A floor of 60 % in the West is 39 kWh/day: two chargers at s1 for 200. Both zones at 100 %: 500, two sites.
FEASIBLE = {
    "just enough money for a floor": make_limited(budget=(200.0,), **floors(0.6, 0.0)),
    "just enough money for all": make_limited(budget=(500.0,), **floors(1.0, 1.0)),
    "just enough stations": make_limited(max_sites=(2,), **floors(0.5, 0.5)),
    "just enough money for backup": make_limited(budget=(300.0,), backup_share=0.2),
}


@pytest.mark.parametrize("name", FEASIBLE)
def test_a_problem_with_a_plan_gets_one_that_keeps_every_row(name):
    model, plan = start(FEASIBLE[name])
    assert plan is not None
    assert len(find_broken_rows(model, plan.values)) == 0
    assert np.all(plan.values[model.is_integer] % 1 == 0)


@pytest.mark.parametrize(
    "problem",
    [make_limited(budget=(199.0,), **floors(0.6, 0.0)), make_limited(max_sites=(1,), **floors(0.5, 0.5))],
    ids=["too little money", "too few stations"],
)
def test_a_problem_without_a_plan_gets_none(problem):
    assert start(problem)[1] is None
