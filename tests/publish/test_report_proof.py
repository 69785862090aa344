"""What the report says is proven, by what was searched for."""

from dataclasses import replace

import pandas as pd
from sample_bundle import build_sample_bundle

from chargeplan.publish.report.proof import describe_proof
from chargeplan.words import PlanObjective


def test_a_plan_for_the_worst_zone_shows_its_share_first_and_what_the_bound_of_energy_holds_for():
    sample = build_sample_bundle()
    metrics = sample.evaluation.metrics
    rows = [
        metrics.iloc[[0]].assign(name=name, unit="share", value=value)
        for name, value in (("worst_zone_share", 0.3), ("worst_zone_share_bound", 0.32))
    ]
    worst = replace(
        sample,
        problem=replace(sample.problem, objective=PlanObjective.WORST_ZONE),
        solution=replace(sample.solution, worst_share=0.3, worst_share_bound=0.32),
        evaluation=replace(sample.evaluation, metrics=pd.concat([metrics, *rows], ignore_index=True)),
    )
    rows = describe_proof(worst)["table"].rows
    assert [str(cell) for cell in rows[0]] == ["First: the worst zone is served to", "30.0%"]
    assert [str(cell) for cell in rows[1]] == ["Bound: no plan serves its worst zone to more than", "32.0%"]
    assert rows[3][0] == "Bound: no plan that serves its worst zone as well exceeds"
    assert "Bound: no plan exceeds" not in [row[0] for row in rows]


def test_a_plan_for_the_most_energy_has_the_plain_bound():
    rows = describe_proof(build_sample_bundle())["table"].rows
    assert rows[1][0] == "Bound: no plan exceeds"
