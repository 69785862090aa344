"""Why a candidate stays closed, against loops over the pairs and cases made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sample_bundle import build_sample_bundle

from chargeplan.publish.closed_sites import describe_closed_sites
from chargeplan.publish.site_results import build_site_results


@pytest.fixture(scope="module")
def bundle():
    return build_sample_bundle()


def describe(bundle, **changes):
    problem = replace(bundle.problem, **changes)
    changed = replace(bundle, problem=problem)
    return describe_closed_sites(changed, build_site_results(bundle))


@pytest.fixture(scope="module")
def closed(bundle):
    results = build_site_results(bundle)
    found = np.flatnonzero((~results["is_open"]) & (results["status"] == "candidate"))
    assert len(found)
    return found


def test_demand_and_what_is_served_of_it_are_those_of_the_cells_that_may_use_the_site(bundle, closed):
    problem, shares = bundle.problem, bundle.solution.pair_share
    told = describe(bundle)
    for site in closed:
        reach = served = 0.0
        for cell in problem.pair_cell[problem.pair_site == site]:
            demand = problem.demand_kwh_day[cell]
            reach += demand
            served += demand * shares[problem.pair_cell == cell].sum()
        assert told[site][0] == round(reach)
        assert (
            told[site][1] <= 1000 * served / reach + 1e-6 if reach - served >= 0.05 else told[site][1] == 1000
        )


def test_all_served_is_said_only_when_nothing_is_left(bundle, closed):
    for row in (describe(bundle)[site] for site in closed):
        assert (row[1] == 1000) == (row[3] == "open stations serve all that may use it")


def find_one_with_demand_left(bundle, closed):
    told = describe(bundle, budget_pkr=np.inf)
    left = [site for site in closed if told[site][0] > 0 and told[site][1] < 1000]
    assert left
    return left[0], told[left[0]]


def test_with_money_and_room_no_reason_is_made_up(bundle, closed):
    _, row = find_one_with_demand_left(bundle, closed)
    assert row[3] == ""


def test_money_number_room_rules_and_spacing_are_named(bundle, closed):
    site, _ = find_one_with_demand_left(bundle, closed)
    problem = bundle.problem
    station = int(np.flatnonzero(build_site_results(bundle)["is_new"])[0])
    rank = int(build_site_results(bundle)["rank"][station])
    spent = bundle.evaluation.get_metric("cost")
    cheapest = problem.level_cost_pkr[site].min()
    text = describe(bundle, budget_pkr=spent + cheapest - 1e3)[site][3]
    assert text.startswith("its smallest station costs more than the money left, PKR")
    assert describe(bundle, budget_pkr=spent + cheapest)[site][3] == ""
    number = int(((bundle.solution.chargers > 0) & problem.is_counted).sum())
    text = describe(bundle, budget_pkr=np.inf, max_sites=number)[site][3]
    assert text == f"the plan has all {number} new stations that are allowed"
    none = problem.level_allowed.copy()
    none[site] = False
    row = describe(bundle, level_allowed=none)[site]
    assert row[2:] == ["", "a rule about bays, power or spacing leaves no size"]
    limits = replace(
        problem.limits, clique_start=np.array([0, 2]), clique_site=np.array(sorted([site, station]))
    )
    assert describe(bundle, limits=limits)[site][3] == f"too near to station no. {rank}"


def test_a_site_with_too_little_room_is_told_from_one_that_a_rule_closes(bundle, closed):
    site, _ = find_one_with_demand_left(bundle, closed)
    results = build_site_results(bundle)
    results.loc[results.index[site], "max_chargers"] = bundle.problem.level_chargers.min() - 1
    none = bundle.problem.level_allowed.copy()
    none[site] = False
    changed = replace(bundle, problem=replace(bundle.problem, level_allowed=none))
    assert (
        describe_closed_sites(changed, results)[site][3]
        == "room for fewer chargers than the smallest station has"
    )


def test_a_site_that_no_demand_may_use_says_so(bundle, closed):
    site = closed[0]
    problem = bundle.problem
    demand = problem.demand_kwh_day.copy()
    demand[problem.pair_cell[problem.pair_site == site]] = 0.0
    assert describe(bundle, demand_kwh_day=demand)[site] == [
        0, 0, describe(bundle)[site][2], "no demand may use it"
    ]  # fmt: skip
