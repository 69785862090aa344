"""What the page of a comparison shows, as data."""

from dataclasses import replace

import numpy as np
import pytest
from sample_comparison import name_runs

from chargeplan.compare.build import compare_runs
from chargeplan.compare.page_data import build_compare_data
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.map_cells import build_cell_data, find_full_dot, list_left


@pytest.fixture(scope="module")
def staged(staged_demo):
    """The staged plan, with a first year that serves nothing and a last one that serves nearly all."""
    bundle = read_finished_run(staged_demo)
    idle = np.zeros_like(bundle.solution.flow_share)
    nearly_all = 0.95 * (bundle.cells.total_kwh_day - bundle.problem.competitor_kwh_day)
    return replace(
        bundle,
        solution=replace(bundle.solution, flow_share=idle),
        evaluation=replace(bundle.evaluation, cell_served_kwh_day=nearly_all),
    )


def test_dots_are_as_large_as_the_last_year_alone_asks_for(staged, monkeypatch):
    """The page draws the last year of a plan with years; an earlier one must not make its dots small."""
    monkeypatch.setattr("chargeplan.publish.map_cells._FEWEST_PARENTS", 1)  # the demo has few hexagons
    *earlier, last = list_left(staged)
    assert find_full_dot([last]) < find_full_dot(earlier)  # else this test tells nothing
    cells = build_compare_data(compare_runs(name_runs(staged, staged)))["cells"]
    assert cells["fullDot"] == find_full_dot([last])
    own = build_cell_data(staged)
    assert own["fullDot"] == find_full_dot([*earlier, last])
    assert cells["levels"]
    for level, of_all_years in zip(cells["levels"], own["levels"], strict=True):
        assert 0 < level["fullDot"] < of_all_years["fullDot"]


def test_a_dot_stands_for_the_same_in_each_run(staged):
    """The figure of the run that leaves most."""
    served = staged.evaluation.cell_served_kwh_day
    bare = replace(staged, evaluation=replace(staged.evaluation, cell_served_kwh_day=np.zeros_like(served)))
    figures = [find_full_dot(list_left(run)[-1:]) for run in (staged, bare)]
    assert figures[0] < figures[1]
    for runs in ((staged, bare), (bare, staged)):
        assert build_compare_data(compare_runs(name_runs(*runs)))["cells"]["fullDot"] == figures[1]
