"""What surely keeps a site closed, on two stations and two cells counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from chargeplan.closed_rules import ClosedBy, ClosedRules
from chargeplan.plan_limits import PlanLimits
from chargeplan.records import PlanProblem, Solution
from chargeplan.records.stages import PlanStages
from chargeplan.words import Outcome, PlanMode

OPEN, CLOSED = 0, 1


def make_problem(
    *, mode=PlanMode.ALLOCATE, demand=(30.0, 20.0), quality=(1.0, 1.0), capacity=100.0, **changes
):
    """Both stations reach the first cell, the open one alone the second: one size of 4 chargers, PKR 10."""
    problem = PlanProblem(
        mode=mode,
        demand_kwh_day=np.array(demand),
        competitor_kwh_day=np.zeros(2),
        pair_cell=np.array([0, 0, 1]),
        pair_site=np.array([OPEN, CLOSED, OPEN]),
        pair_quality=np.array([*quality, 1.0]),
        pair_seconds=np.array([60.0, 30.0, 60.0]),
        is_open_allowed=np.ones(2, dtype=bool),
        is_forced_open=np.zeros(2, dtype=bool),
        is_counted=np.ones(2, dtype=bool),
        level_chargers=np.array([4]),
        level_allowed=np.ones((2, 1), dtype=bool),
        level_cost_pkr=np.full((2, 1), 10.0),
        level_capacity_kwh_day=np.full((2, 1), capacity),
        existing_capacity_kwh_day=np.zeros(2),
        existing_chargers=np.zeros(2, dtype=np.int64),
        budget_pkr=np.inf,
        max_sites=-1,
        nearest_sites=0,
    )
    return replace(problem, **changes)


def make_solution(shares=(1.0, 0.0, 1.0), **changes):
    solution = Solution(
        Outcome.WITHIN_GAP, 0.0, 1.0, 2.0, np.array([4, 0]), np.array(shares), 0.0, "none", pd.DataFrame(), "proof"
    )  # fmt: skip
    return replace(solution, **changes)


def list_uses(problem, solution):
    return [each.by for each in ClosedRules(problem, solution).list_uses(CLOSED)]


@pytest.mark.parametrize("mode", PlanMode)
def test_demand_that_a_station_with_room_serves_as_well_keeps_a_site_closed(mode):
    assert list_uses(make_problem(mode=mode), make_solution()) == [ClosedBy.SERVED]


@pytest.mark.parametrize("mode", PlanMode)
def test_demand_that_is_served_worse_does_not(mode):
    """30 kWh/day at 0.8 are worth 24, at the nearer station 30."""
    assert list_uses(make_problem(mode=mode, quality=(0.8, 1.0)), make_solution()) == []


def test_demand_that_is_served_in_part_does_not():
    assert list_uses(make_problem(), make_solution((0.9, 0.0, 1.0))) == []


def test_demand_served_by_a_full_station_does_not():
    """The first cell is served whole, the second by half: with 30 moved away, 40 fit in instead of 20."""
    problem, solution = make_problem(demand=(30.0, 40.0), capacity=50.0), make_solution((1.0, 0.0, 0.5))
    assert list_uses(problem, solution) == []
    # All of both is served: the station is full, and nobody waits for room in it.
    assert list_uses(make_problem(demand=(30.0, 20.0), capacity=50.0), make_solution()) == [ClosedBy.SERVED]
    assert list_uses(replace(problem, level_capacity_kwh_day=np.full((2, 1), 51.0)), solution) == [
        ClosedBy.SERVED
    ]


@pytest.mark.parametrize("mode", PlanMode)
@pytest.mark.parametrize(("first_year", "told"), [(0, []), (4, [ClosedBy.SERVED])])
def test_every_year_counts(mode, first_year, told):
    """The open station opens with the second year, or with the first."""
    stages = PlanStages(
        years=(2028, 2030),
        year_weight=np.array([0.5, 0.5]),
        year_budget_pkr=np.array([np.inf, np.inf]),
        year_max_sites=np.array([-1, -1]),
        charger_kw=np.array([50.0]),
        can_use=np.ones((1, 1), dtype=bool),
        unit_kwh_day=np.array([[[15.0], [10.0]], [[30.0], [20.0]]]),
        open_cost_pkr=np.zeros(2),
    )
    flow_at = np.array([3, 5] if first_year == 0 else [0, 2, 3, 5])  # year * 3 pairs + pair
    solution = make_solution(
        slot_chargers=np.array([[first_year, 0], [4, 0]]), flow_at=flow_at, flow_share=np.ones(len(flow_at))
    )
    assert list_uses(make_problem(mode=mode, stages=stages), solution) == told


def test_a_site_that_no_demand_may_use_says_so():
    assert list_uses(make_problem(demand=(0.0, 20.0)), make_solution()) == [ClosedBy.DEMAND]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"budget_pkr": 20.0}, []),
        ({"budget_pkr": 19.0}, [(ClosedBy.MONEY, -1, 9.0, 10.0)]),
        ({"max_sites": 2}, []),
        ({"max_sites": 1, "budget_pkr": 20.0}, [(ClosedBy.NUMBER, -1, 1.0)]),
    ],
)
def test_money_and_number_are_told_to_the_last_rupee_and_station(changes, told):
    reasons = ClosedRules(make_problem(**changes), make_solution()).list_limits(CLOSED)
    assert [(each.by, each.other, each.has, each.needs)[: len(told[0])] for each in reasons] == told


STAGED = make_solution(
    slot_chargers=np.array([[4, 0]]), flow_at=np.array([0, 2]), flow_share=np.ones(2)
)  # one year
GRID = {
    "site_asset": np.array([1, 1]),
    "asset_parent": np.array([-1, 0]),
    "asset_step_pkr": np.zeros(2),
    "asset_max_steps": np.array([1, 0]),
}


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"clique_start": np.array([0, 2]), "clique_site": np.array([0, 1])}, [(ClosedBy.SPACING, OPEN)]),
        ({"bays": np.array([9, 3])}, [(ClosedBy.BAYS, -1, 3, 4)]),
        ({"largest_kw": np.array([900.0, 199.0])}, [(ClosedBy.POWER, -1, 199.0, 200.0)]),
        # Both stations draw 4 x 50 kW: the upper asset bears 250 and, by a step, 340; the lower one bears 410.
        (
            GRID | {"asset_headroom_kw": np.array([250.0, 410.0]), "asset_step_kw": np.array([90.0, 0.0])},
            [(ClosedBy.GRID, 0, 140.0, 200.0)],
        ),
        (GRID | {"asset_headroom_kw": np.array([310.0, 410.0]), "asset_step_kw": np.array([90.0, 0.0])}, []),
    ],
)
def test_what_bars_every_station_is_told_with_its_figures(limits, told):
    staging = replace(make_problem().staging, charger_kw=np.array([50.0]))
    problem = make_problem(stages=staging, limits=PlanLimits(**limits))
    reasons = ClosedRules(problem, STAGED).list_bars(CLOSED)
    assert [(each.by, each.other, each.has, each.needs)[: len(told[0])] for each in reasons] == told


@pytest.mark.parametrize(("bays", "by"), [(3, ClosedBy.ROOM), (4, ClosedBy.LEVELS)])
def test_a_site_with_too_little_room_is_told_from_one_that_a_rule_closes(bays, by):
    problem = make_problem(level_allowed=np.array([[True], [False]]))
    rules = ClosedRules(problem, make_solution(), bays=np.array([9, bays]))
    assert [each.by for each in rules.list_bars(CLOSED)] == [by]
    assert rules.find_cheapest_pkr(CLOSED) == np.inf
