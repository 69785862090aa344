"""Why a candidate stays closed, against loops over the pairs and cases made by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sample_bundle import build_sample_bundle

from chargeplan.closed_rules import ClosedBy, ClosedReason
from chargeplan.publish.closed_sites import describe_closed_sites, say_reason
from chargeplan.publish.map_words import read_urdu_words
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


SERVED = "open stations serve all that may use it, as well as it could, and nothing waits for room in them"


def list_sure(bundle, closed):
    """Sites whose cells open stations with room serve whole, each pair at least as well, counted pair by pair."""
    problem, shares = bundle.problem, bundle.solution.pair_share
    load = np.bincount(problem.pair_site, problem.demand_kwh_day[problem.pair_cell] * shares, problem.n_sites)
    chargers = bundle.solution.chargers
    capacity = {
        int(site): float(
            problem.level_capacity_kwh_day[site, problem.level_chargers.tolist().index(chargers[site])]
            if problem.is_counted[site]
            else problem.existing_capacity_kwh_day[site]
        )
        for site in np.flatnonzero(chargers)
    }
    sure = []
    for site in closed:
        whole = []
        for own in np.flatnonzero(problem.pair_site == site):
            cell = problem.pair_cell[own]
            if problem.demand_kwh_day[cell] <= 0:
                continue
            as_well = [
                shares[pair]
                for pair in np.flatnonzero((problem.pair_cell == cell) & (shares > 0))
                if problem.pair_quality[pair] >= problem.pair_quality[own]
                and load[problem.pair_site[pair]] < 0.999 * capacity[int(problem.pair_site[pair])]
            ]
            whole.append(sum(as_well) >= 1 - 1e-9)
        if whole and all(whole):
            sure.append(int(site))
    return sure


def make_roomy(bundle):
    """Stations that deliver 1,000 times as much, and only the demand of which the plan serves all."""
    problem = bundle.problem
    served = np.bincount(problem.pair_cell, bundle.solution.pair_share, problem.n_cells)
    return replace(
        problem,
        budget_pkr=np.inf,
        demand_kwh_day=np.where(served >= 1 - 1e-9, problem.demand_kwh_day, 0.0),
        level_capacity_kwh_day=1e3 * problem.level_capacity_kwh_day,
        existing_capacity_kwh_day=1e3 * problem.existing_capacity_kwh_day,
    )


def test_demand_is_said_to_be_served_where_each_pair_shows_it(bundle, closed):
    roomy = replace(bundle, problem=make_roomy(bundle))
    cells = roomy.problem.pair_cell[roomy.problem.pair_site == closed[0]]
    first = cells[roomy.problem.demand_kwh_day[cells] > 0][:3]
    is_worse = np.isin(roomy.problem.pair_cell, first) & (bundle.solution.pair_share > 0)
    roomy = replace(roomy, problem=replace(roomy.problem, pair_quality=np.where(is_worse, 0.5, 1.0)))
    told = describe_closed_sites(roomy, build_site_results(bundle))
    sure = list_sure(roomy, closed)
    assert 0 < len(sure) < len(closed)
    assert [site for site in closed if told[site][3] == SERVED] == sure


def test_limits_of_money_and_number_go_before_demand_that_is_served(bundle, closed):
    """As on the map of a plan whose money is spent: it is not said that all are served."""
    roomy = make_roomy(bundle)
    results = build_site_results(bundle)
    sure = [
        site
        for site in closed
        if describe_closed_sites(replace(bundle, problem=roomy), results)[site][3] == SERVED
    ]
    assert sure
    number = int(((bundle.solution.chargers > 0) & roomy.is_counted).sum())
    for changes, text in (
        (
            {"budget_pkr": bundle.evaluation.get_metric("cost")},
            "its smallest station costs more than the money left",
        ),
        ({"max_sites": number}, f"the plan has all {number} new stations that are allowed"),
    ):
        told = describe_closed_sites(replace(bundle, problem=replace(roomy, **changes)), results)
        assert all(told[site][3].startswith(text) for site in sure)


def test_a_share_of_one_alone_tells_nothing_where_others_serve_worse_and_wait(bundle, closed):
    """All of some sites' demand is served, but worse than there, and the stations that serve it are full."""
    problem = replace(bundle.problem, budget_pkr=np.inf)
    quality = np.where(bundle.solution.pair_share > 0, 0.5, 1.0)
    changed = replace(bundle, problem=replace(problem, pair_quality=quality))
    told = describe_closed_sites(changed, build_site_results(bundle))
    assert {told[site][3] for site in closed if told[site][0] > 0} == {""}


@pytest.mark.parametrize("by", ClosedBy)
def test_each_reason_has_its_words_and_they_have_urdu(by):
    text = say_reason(ClosedReason(by, 0, 12_345.0, 50_000.0), np.array([7.0]))
    patterns = [
        re.escape(each).replace(r"\{n\}", r"[\d,]+").replace(r"\{\*\}", ".+") for each in read_urdu_words()
    ]
    assert [each for each in patterns if re.fullmatch(each, text)]


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
