"""The rules of a plan, one broken at a time."""

from dataclasses import replace

import numpy as np
import pytest
from referee_milp import make_town

from chargeplan.solve.plan import (
    Plan,
    compute_cost_pkr,
    compute_site_capacity_kwh_day,
    count_chargers,
    count_new_sites,
    find_broken_rules,
    make_plan,
)
from chargeplan.solve.start_plan import find_start_plan
from chargeplan.words import PlanMode


@pytest.fixture(scope="module")
def town():
    """Site 3 exists, 7 is a competitor, 11 is required."""
    return make_town(PlanMode.ALLOCATE, 1)


@pytest.fixture(scope="module")
def good_plan(town):
    return find_start_plan(town, seed=1)


def name_broken(town, plan, level_pos=None, share=None):
    changed = make_plan(
        town, plan.level_pos if level_pos is None else level_pos, plan.pair_share if share is None else share
    )
    return " ".join(find_broken_rules(town, changed))


def test_a_good_plan_breaks_no_rule(town, good_plan):
    assert find_broken_rules(town, good_plan) == ()


@pytest.mark.parametrize(
    ("site", "level", "rule"),
    [(11, -1, "required"), (7, 0, "levels are allowed"), (3, 0, "levels are allowed")],
)
def test_each_site_keeps_its_status(town, good_plan, site, level, rule):
    level_pos = good_plan.level_pos.copy()
    level_pos[site] = level
    assert rule in name_broken(town, good_plan, level_pos=level_pos)


def test_limits_are_checked(town, good_plan):
    cost = compute_cost_pkr(town, good_plan.level_pos)
    assert "budget" in name_broken(replace(town, budget_pkr=cost - 1.0), good_plan)
    n_new = count_new_sites(town, good_plan.level_pos)
    assert "count" in name_broken(replace(town, max_sites=n_new - 1), good_plan)


def test_shares_are_checked(town, good_plan):
    closed = np.flatnonzero(town.pair_site == 7)
    share = good_plan.pair_share.copy()
    share[closed[0]] = 0.5
    assert "link" in name_broken(town, good_plan, share=share)
    assert "assign" in name_broken(town, good_plan, share=good_plan.pair_share * 1.01)
    full = np.where(np.isin(town.pair_site, [3, 11]), 1.0, 0.0)
    assert "capacity" in name_broken(town, good_plan, share=full)
    assert "between 0 and 1" in name_broken(town, good_plan, share=share - 1.0)


def test_a_wrong_objective_is_noticed(town, good_plan):
    wrong = Plan(good_plan.level_pos, good_plan.pair_share, good_plan.objective_kwh_day * 1.001)
    assert find_broken_rules(town, wrong) == ("objective is that of the shares",)


def test_existing_stations_have_their_own_size_and_cost_nothing(town):
    level_pos = np.full(town.n_sites, -1)
    level_pos[11] = 2
    assert compute_cost_pkr(town, level_pos) == town.level_cost_pkr[11, 2]
    assert count_new_sites(town, level_pos) == 1
    chargers = count_chargers(town, level_pos)
    assert chargers[[3, 11]].tolist() == [2, 4]
    assert chargers.sum() == 6
    capacity = compute_site_capacity_kwh_day(town, level_pos)
    assert capacity[3] == town.existing_capacity_kwh_day[3]
    assert capacity[11] == town.level_capacity_kwh_day[11, 2]
    assert np.count_nonzero(capacity) == 2


def test_a_large_budget_leaves_no_more_room_for_rounding_than_the_check_of_the_plan(town, good_plan):
    """A relative 1e-9 of 100 thousand million PKR would be 100 PKR; the check accepts half a rupee."""
    cost_pkr = compute_cost_pkr(town, good_plan.level_pos)
    scale = 1e11 / cost_pkr
    dear = replace(town, level_cost_pkr=town.level_cost_pkr * scale)
    for over_pkr, broken in ((0.1, ()), (0.6, ("budget",)), (50.0, ("budget",))):
        limited = replace(dear, budget_pkr=compute_cost_pkr(dear, good_plan.level_pos) - over_pkr)
        assert find_broken_rules(limited, good_plan) == broken
    small = replace(town, budget_pkr=cost_pkr - 1e-6 * cost_pkr)
    assert find_broken_rules(small, good_plan) == ("budget",)
