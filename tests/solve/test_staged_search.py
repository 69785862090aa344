"""What the search of staged problems keeps when the user stops it."""

from dataclasses import replace

import numpy as np
import pytest
import staged_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve import staged_search
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_search import StagedSearch


def make_rich_problem(seed):
    """Floors, much money and large stations: a first plan has more than it needs."""
    problem = staged_problems.make_staged_problem(seed, ("years", "floor"))
    n_years = problem.staging.n_years
    return replace(
        problem,
        budget_pkr=400.0 * n_years,
        max_sites=-1,
        level_capacity_kwh_day=4 * problem.level_capacity_kwh_day,
        stages=replace(
            problem.stages, year_max_sites=np.full(n_years, -1), year_budget_pkr=np.full(n_years, 400.0)
        ),
    )


def make_search(problem, *, listen=ignore_event, should_stop=lambda: False, limit_s=20.0):
    return StagedSearch(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=limit_s, gap=0.0),
        seed=1,
        listen=listen,
        should_stop=should_stop,
        run=solve_milp,
    )


def test_a_stop_at_the_elastic_start_leaves_no_station_larger_than_needed(monkeypatch):
    monkeypatch.setattr(staged_search, "_TINY_SERVES", -1)
    monkeypatch.setattr(StagedSearch, "_make_smallest", lambda self: None)
    monkeypatch.setattr(StagedSearch, "_follow_prices", lambda self, most=4: None)
    n_started = 0
    for seed in range(12):
        stops = []

        def listen(event, stops=stops):
            if event.step == "elastic start":
                stops.append(True)

        problem = make_rich_problem(seed)
        search = make_search(problem, listen=listen, should_stop=lambda stops=stops: bool(stops))
        search.prepare()
        if not stops:
            continue
        n_started += 1
        levels = plan_columns(problem).list_columns("level")
        maker = PlanMaker(problem, search.model, search.columns)
        tidied = maker.tidy(search.plan)
        np.testing.assert_array_equal(tidied.values[levels], search.plan.values[levels])
    assert n_started > 3


@pytest.mark.parametrize(
    ("is_stopped", "limit_s", "expected_s"), [(True, 900.0, 10.0), (False, 900.0, 900.0), (False, 1.0, 10.0)]
)
def test_a_stop_leaves_a_plan_some_seconds_and_not_all_that_is_left(
    is_stopped, limit_s, expected_s, monkeypatch
):
    search = make_search(make_rich_problem(0), should_stop=lambda: is_stopped, limit_s=limit_s)
    asked = []
    monkeypatch.setattr(search.maker, "settle", lambda stations, *, deadline: asked.append(deadline.left_s))
    assert search.settle(np.zeros(search.model.n_columns)) is None
    assert asked == [pytest.approx(expected_s, abs=1.0)]
