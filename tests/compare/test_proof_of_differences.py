"""A difference is proven only where the bound of the worse plan lies below the better one."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.figure_names import SERVED, WORST_SERVED
from chargeplan.compare.figures import list_figures
from chargeplan.compare.folder import describe_comparison
from chargeplan.compare.page_tables import write_proofs
from chargeplan.compare.proof import Verdict, judge_difference
from chargeplan.compare.words import describe_axes, list_proof_notes
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


def serve_worst(plan, worst, worst_most, reached, most):
    """A plan that serves its worst zone first, with the shares, kWh/day and bounds given."""
    bundle = vary_run(plan, objective_kwh_day=reached, bound_kwh_day=most)
    solution = replace(bundle.solution, worst_share=worst, worst_share_bound=worst_most)
    metrics = bundle.evaluation.metrics
    row = metrics.iloc[[0]].assign(name="worst_zone_share", unit="share", value=worst)
    return replace(
        bundle,
        problem=replace(bundle.problem, objective=PlanObjective.WORST_ZONE),
        solution=solution,
        evaluation=replace(bundle.evaluation, metrics=pd.concat([metrics, row], ignore_index=True)),
    )


@pytest.mark.parametrize(
    ("first", "second", "verdict", "unproven"),
    [
        # More energy, but the worst zone worse served: the bound of the energy says nothing of it.
        ((0.30, 0.31, 100.0, 110.0), (0.20, 0.21, 120.0, 125.0), Verdict.PROVEN, SERVED),
        ((0.30, 0.31, 100.0, 110.0), (0.20, 0.30, 120.0, 125.0), Verdict.UNPROVEN, SERVED | WORST_SERVED),
        ((0.30, 0.31, 100.0, 110.0), (0.20, math.inf, 120.0, 125.0), Verdict.UNPROVEN, SERVED | WORST_SERVED),
        # Worst zones alike, and neither can be served better: the energy decides.
        ((0.30, 0.30, 100.0, 110.0), (0.30, 0.30, 120.0, 125.0), Verdict.PROVEN, frozenset()),
        ((0.30, 0.30, 100.0, 110.0), (0.30, 0.30, 105.0, 106.0), Verdict.UNPROVEN, SERVED),
        # Alike, but a plan for the first that serves its worst zone better may exist.
        ((0.30, 0.32, 100.0, 110.0), (0.30, 0.30, 120.0, 125.0), Verdict.UNPROVEN, SERVED | WORST_SERVED),
    ],
)
def test_of_plans_for_the_worst_zone_its_share_is_judged_first(plan, first, second, verdict, unproven):
    runs = [serve_worst(plan, *figures) for figures in (first, second)]
    for order in (runs, runs[::-1]):
        judged = judge_difference(compare_runs(name_runs(*order)), 0, 1)
        assert (judged.verdict, judged.unproven) == (verdict, unproven)


def test_a_bound_of_energy_is_said_to_hold_for_plans_that_serve_the_worst_zone_as_well(plan):
    alike = [serve_worst(plan, 0.3, 0.3, *proof) for proof in ((100.0, 110.0), (120.0, 125.0))]
    comparison = compare_runs(name_runs(*alike))
    text = judge_difference(comparison, 0, 1).text
    assert "no plan for A that serves its worst zone as well serves more than 110 kWh/day" in text
    assert "settings that serves its worst zone as well lies above it" in describe_axes(comparison)
    page = write_proofs(comparison)
    assert "30.0 % of the worst zone, then" in page
    assert "for plans that serve theirs as well" in page


def test_the_bound_of_the_worst_zone_is_never_written_smaller_than_it_is(plan):
    runs = [serve_worst(plan, 0.30, 0.31, 1.0, 2.0), serve_worst(plan, 0.2, 0.29011, 1.0, 2.0)]
    text = judge_difference(compare_runs(name_runs(*runs)), 0, 1).text
    assert "more than 29.1 %; A serves its own to 30.0 %" in text


def test_a_plan_for_the_worst_zone_is_not_judged_against_one_for_the_most_energy(plan):
    runs = name_runs(serve_worst(plan, 0.3, 0.3, 100.0, 110.0), plan)
    assert judge_difference(compare_runs(runs), 0, 1).verdict is Verdict.NOT_COMPARABLE


def test_worst_zones_of_other_zones_are_not_judged(plan):
    one = serve_worst(plan, 0.3, 0.3, 100.0, 110.0)
    other = serve_worst(plan, 0.2, 0.2, 100.0, 110.0)
    settings = {**other.settings_as_run, "study": {**other.settings_as_run["study"], "zones": {"path": "a"}}}
    comparison = compare_runs(name_runs(one, replace(other, settings_as_run=settings)))
    judged = judge_difference(comparison, 0, 1)
    assert judged.verdict is Verdict.NOT_COMPARABLE
    assert "other zones" in judged.text
    (row,) = [row for row in list_figures(comparison) if row.name == "worst_zone_share"]
    assert row.differences[0].text == "not comparable"


def test_of_least_money_the_cost_is_marked_and_the_energy_is_not(plan):
    dear, cheap = make_cheapest(plan, 120e6, 95e6), make_cheapest(plan, 100e6, 99e6)
    cheap = vary_metrics(cheap, {"cost": 100e6, "served": 9e5})
    comparison = compare_runs(name_runs(dear, cheap))
    rows = {row.name: row.differences[0] for row in list_figures(comparison)}
    assert rows["cost"].is_unproven
    assert rows["served"].value != 0
    assert not rows["served"].is_unproven
    text = judge_difference(comparison, 0, 1).text
    assert "a plan for A that costs as little as PKR 95 M is not ruled out" in text
    assert "can still cost" not in text


def vary_metrics(bundle, values):
    table = bundle.evaluation.metrics.copy()
    for name, value in values.items():
        table.loc[table["name"] == name, "value"] = value
    return replace(bundle, evaluation=replace(bundle.evaluation, metrics=table))


def test_a_limit_of_nearest_sites_is_told_with_the_proofs(plan):
    free, limited = (replace(plan, problem=replace(plan.problem, nearest_sites=limit)) for limit in (0, 12))
    assert list_proof_notes(compare_runs(name_runs(free, free))) == []
    comparison = compare_runs(name_runs(free, limited, limited))
    (note,) = list_proof_notes(comparison)
    assert note.startswith("B and C: each cell may use only its nearest 12 sites")
    assert note in write_proofs(comparison)
    assert describe_comparison(comparison)["proof_notes"] == [note]
