"""Plans and bounds carried as they are between problems that differ in one limit, and least money in targets."""

from dataclasses import replace

import numpy as np
import pytest
import staged_problems
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import SolversDisagreeError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.sweep.carry import Solved
from chargeplan.sweep.carry_whole import carry_least_money, carry_whole
from chargeplan.sweep.values import Vary
from chargeplan.words import Outcome


def solve(problem):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=30.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
    )


@pytest.fixture
def three_budgets():
    """Tight, middle and loose budgets of one problem with two years and two charger types, all optimal."""
    problem = staged_problems.make_staged_problem(3, ("years", "types"))
    points = []
    for budget in (10.0, 25.0, 80.0):
        stages = replace(
            problem.stages, year_budget_pkr=np.array([budget, 0.0]), year_max_sites=np.array([-1, -1])
        )
        each = replace(problem, stages=stages, budget_pkr=budget, max_sites=-1)
        points.append(Solved(each, solve(each)))
    assert points[0].solution.objective_kwh_day < points[2].solution.objective_kwh_day
    return points


def worsen(point, objective, bound):
    point.solution = replace(
        point.solution, outcome=Outcome.WITHIN_GAP, objective_kwh_day=objective, bound_kwh_day=bound
    )


def test_a_plan_goes_to_the_looser_limit_with_all_its_parts(three_budgets):
    tight, middle, loose = three_budgets
    best = middle.solution
    worsen(loose, best.objective_kwh_day / 2, loose.solution.bound_kwh_day)
    carry_whole(three_budgets)
    assert loose.solution.objective_kwh_day == best.objective_kwh_day
    assert np.array_equal(loose.solution.slot_chargers, best.slot_chargers)
    assert np.array_equal(loose.solution.flow_share, best.flow_share)
    assert tight.solution.objective_kwh_day <= best.objective_kwh_day


def test_a_bound_goes_to_the_tighter_limit_and_may_prove_it(three_budgets):
    _, middle, loose = three_budgets
    worsen(middle, middle.solution.objective_kwh_day, 1e6)
    limit = loose.solution.bound_kwh_day
    carry_whole(three_budgets)
    assert middle.solution.bound_kwh_day == pytest.approx(max(limit, middle.solution.objective_kwh_day))
    assert loose.solution.bound_kwh_day == limit


def test_nothing_is_carried_between_problems_of_other_pairs(three_budgets):
    tight, _, loose = three_budgets
    loose.problem = replace(loose.problem, pair_quality=loose.problem.pair_quality * 0.5)
    worsen(loose, 0.0, 1e6)
    carry_whole([tight, loose])
    assert (loose.solution.objective_kwh_day, loose.solution.bound_kwh_day) == (0.0, 1e6)


def make_costs(*parts):
    problem = toy_city.make_problem(toy_city.make_request())
    nothing = np.zeros(9)
    return [
        Solved(
            problem,
            toy_city.make_solution(
                [1, 0, 0], nothing, 50, 100, outcome=Outcome.WITHIN_GAP, cost_pkr=cost, cost_bound_pkr=bound
            ),
        )
        for cost, bound in parts
    ]


def test_the_plan_of_a_larger_target_and_the_bound_of_a_smaller_are_carried():
    points = make_costs((300.0, 200.0), (250.0, 150.0), (400.0, 210.0))
    carry_least_money(points)
    told = [(point.solution.cost_pkr, point.solution.cost_bound_pkr) for point in points]
    assert told == [(250.0, 200.0), (250.0, 200.0), (400.0, 210.0)]


def test_a_bound_that_meets_the_plan_proves_it():
    points = make_costs((250.0, 250.0), (250.0, 100.0))
    carry_least_money(points)
    assert [point.solution.outcome for point in points] == [Outcome.PROVEN_OPTIMAL] * 2
    assert points[1].solution.stopped_by == "proof"


def test_a_plan_below_the_money_that_is_proven_is_a_contradiction():
    """The larger target costs 300 by its plan, and the smaller 390 at least by its bound."""
    with pytest.raises(SolversDisagreeError, match="smaller target"):
        carry_least_money(make_costs((400.0, 390.0), (300.0, 100.0)))


@pytest.mark.parametrize(
    ("key", "loosens"),
    [
        ("model.budget_pkr", True),
        ("model.years[0].budget_pkr", True),
        ("model.equity.gini_cap", True),
        ("model.equity.floor_share", False),
        ("model.spacing_m", False),
        ("model.backup_share", False),
        ("model.charger.max_utilisation", None),
        ("model.nearest_sites", None),
    ],
)
def test_which_settings_only_loosen_or_tighten_a_limit(key, loosens):
    assert Vary(key, (1, 2)).loosens is loosens
