"""A difference is proven only where the bound of the worse plan lies below the better one."""

from dataclasses import replace

import pytest
from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.figures import list_figures
from chargeplan.compare.proof import Verdict, judge_difference
from chargeplan.words import Outcome, PlanObjective


def judge(plan, *proofs, settings=None):
    """Judge two plans that serve 100 to 110 and what is given, settings of the second."""
    runs = [
        vary_run(plan, objective_kwh_day=reached, bound_kwh_day=most, settings=settings if number else None)
        for number, (reached, most) in enumerate(proofs)
    ]
    return judge_difference(compare_runs(name_runs(*runs)), 0, 1)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ((100.0, 110.0), (120.0, 125.0), Verdict.PROVEN),  # 110 < 120
        ((120.0, 125.0), (100.0, 110.0), Verdict.PROVEN),  # the other way round
        ((100.0, 110.0), (105.0, 106.0), Verdict.UNPROVEN),  # a plan of 105 is not ruled out for the first
        ((100.0, 110.0), (110.0, 115.0), Verdict.UNPROVEN),  # nor one of exactly 110
        ((100.0, 110.0), (100.0, 140.0), Verdict.SAME),
        ((100.0, float("inf")), (500.0, 510.0), Verdict.UNPROVEN),
    ],
)
def test_the_bound_of_the_worse_plan_decides(plan, first, second, verdict):
    assert judge(plan, first, second).verdict is verdict


def test_a_difference_within_the_gap_says_so_and_by_how_much(plan):
    text = judge(plan, (10_000.0, 11_000.0), (10_500.0, 10_600.0)).text
    assert text.startswith("The difference may be due to the gap: B serves 10,500 kWh/day, 500 more than A")
    assert "up to 11,000 is not ruled out" in text


def test_plans_of_other_bands_are_not_judged_against_each_other(plan):
    judged = judge(plan, (100.0, 101.0), (200.0, 201.0), settings={"model.bands": [{"quality": 0.5}]})
    assert judged.verdict is Verdict.NOT_COMPARABLE
    assert "other travel-time bands" in judged.text


def make_cheapest(plan, cost_pkr, least_pkr):
    solution = replace(plan.solution, cost_pkr=cost_pkr, cost_bound_pkr=least_pkr, outcome=Outcome.WITHIN_GAP)
    problem = replace(plan.problem, objective=PlanObjective.COST, target_share=0.3)
    return replace(plan, solution=solution, problem=problem)


@pytest.mark.parametrize(
    ("dear", "verdict"),
    [((120e6, 105e6), Verdict.PROVEN), ((120e6, 95e6), Verdict.UNPROVEN), ((100e6, 90e6), Verdict.SAME)],
)
def test_of_least_money_the_bound_of_the_dearer_plan_decides(plan, dear, verdict):
    runs = name_runs(make_cheapest(plan, *dear), make_cheapest(plan, 100e6, 99e6))
    assert judge_difference(compare_runs(runs), 0, 1).verdict is verdict


def test_figures_of_an_unproven_difference_are_marked_and_proven_ones_are_not(plan):
    worse = vary_run(plan, objective_kwh_day=100.0, bound_kwh_day=110.0)
    for reached, is_marked in ((105.0, True), (120.0, False)):
        better = vary_run(
            plan,
            objective_kwh_day=reached,
            bound_kwh_day=125.0,
            metrics={"served": 9e5, "mean_drive": 1.0},
        )
        rows = {row.name: row for row in list_figures(compare_runs(name_runs(worse, better)))}
        assert rows["served"].differences[0].is_unproven is is_marked
        assert rows["mean_drive"].differences[0].is_unproven is False
