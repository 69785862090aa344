"""Losses, next-best sites and alternatives against brute force over tiny problems."""

import functools
import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import small_problems
import staged_problems

from chargeplan.closed_rules import ClosedBy, ClosedRules
from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.why import alternatives, staged, variants
from chargeplan.why.alternatives import find_alternatives
from chargeplan.why.answers import Found
from chargeplan.why.explain import Explainer
from chargeplan.why.plain import PlainHand
from chargeplan.why.prices import bound_gain_kwh_day, compute_prices
from chargeplan.why.variants import Means, close_sites, force_open
from chargeplan.words import PlanMode, PlanObjective

MEANS = Means(limit_s=10.0, gap=0.0)
MODES = (PlanMode.COVER, PlanMode.ALLOCATE)


def solve(problem):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=20.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
    )


@pytest.fixture(autouse=True)
def solver_here(monkeypatch):
    """Solve in this process: hundreds of tiny searches need no hundreds of child processes."""
    monkeypatch.setattr(variants, "solve_problem", functools.partial(solve_problem, run=solve_milp))
    for module in (alternatives, staged):
        monkeypatch.setattr(module, "run_milp", solve_milp)


@functools.cache
def make_solved(number, mode):
    """Solve the small problem of a number among those that have a plan, as brute force says."""
    problems = (small_problems.make_small_problem(seed, mode) for seed in itertools.count())
    possible = (each for each in problems if small_problems.solve_by_brute_force(each) is not None)
    problem = next(itertools.islice(possible, number, None))
    return problem, solve(problem)


def make_staged(seed, families):
    """Make the first problem of these families from a seed on that has a plan, as brute force says."""
    problems = (staged_problems.make_staged_problem(each, families) for each in itertools.count(seed))
    return next(each for each in problems if staged_problems.solve_by_brute_force(each) is not None)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(2))
def test_the_true_loss_lies_in_the_interval(seed, mode):
    problem, solution = make_solved(seed, mode)
    explainer = Explainer(problem, solution, MEANS)
    for site in explainer.list_new_sites():
        answer = explainer.explain_open(site)
        best = small_problems.solve_by_brute_force(close_sites(problem, [site]))
        assert (answer.found is Found.IMPOSSIBLE) == (best is None)
        if best is not None:
            true_loss = solution.objective_kwh_day - best
            assert answer.loss.least - 1e-6 <= true_loss <= answer.loss.most + 1e-6
            assert answer.loss.most - answer.loss.least < 1e-4
            assert answer.unreplaced_loss_kwh_day >= answer.neighbour.loss_kwh_day - 1e-9
            assert answer.neighbour.loss_kwh_day >= true_loss - 1e-6


def swap_by_brute_force(problem, solution, site):
    """Best objective with a station closed and at most one closed site opened, all others as they are."""
    existing = problem.is_forced_open & ~problem.is_counted
    base = np.full(problem.n_sites, -1)
    for each in np.flatnonzero((solution.chargers > 0) & ~existing):
        base[each] = int(np.flatnonzero(problem.level_chargers == solution.chargers[each])[0])
    base[site] = -1
    values = {-1: small_problems.serve_best(problem, base)}
    for other in range(problem.n_sites):
        if other == site or existing[other] or base[other] >= 0:
            continue
        for level in np.flatnonzero(problem.level_allowed[other]):
            changed = base.copy()
            changed[other] = level
            new = np.flatnonzero(changed >= 0)
            if problem.level_cost_pkr[new, changed[new]].sum() > problem.budget_pkr:
                continue
            if 0 <= problem.max_sites < len(new):
                continue
            values[other] = max(values.get(other, -1.0), small_problems.serve_best(problem, changed))
    return values


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(6))
def test_the_next_best_site_is_the_best_of_all_swaps(seed, mode):
    problem, solution = make_solved(seed, mode)
    hand = PlainHand(problem, solution)
    existing = problem.is_forced_open & ~problem.is_counted
    for site in np.flatnonzero((solution.chargers > 0) & ~existing).tolist():
        found = hand.find_neighbour(site, deadline=Deadline(time.monotonic() + 20.0))
        values = swap_by_brute_force(problem, solution, site)
        best = max(values.values())
        assert found.is_proven
        assert found.loss_kwh_day == pytest.approx(solution.objective_kwh_day - best, abs=1e-6)
        assert values[found.site_pos] == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(6))
def test_no_station_adds_more_than_its_price_says(seed, mode):
    """The gain of every closed site, opened for nothing at its largest size, by brute force."""
    problem, solution = make_solved(seed, mode)
    hand = PlainHand(problem, solution)
    rules = ClosedRules(problem, solution)
    prices = compute_prices(problem, hand.plan.level_pos)
    assert prices.bound_kwh_day >= solution.objective_kwh_day - 1e-6
    for site in np.flatnonzero(problem.level_allowed.any(axis=1) & (solution.chargers == 0)).tolist():
        level_pos = hand.plan.level_pos.copy()
        level_pos[site] = int(np.flatnonzero(problem.level_allowed[site])[-1])
        gain = small_problems.serve_best(problem, level_pos) - solution.objective_kwh_day
        capacity = problem.level_capacity_kwh_day[site, level_pos[site]]
        pairs = np.flatnonzero(problem.pair_site == site)
        bound = bound_gain_kwh_day(problem, prices, pairs, capacity)
        assert gain <= bound + 1e-6
        assert (hand.bound_gain(site) == 0.0) <= (gain <= 1e-6)
        is_said = ClosedBy.SERVED in [each.by for each in rules.list_uses(site)]
        assert is_said <= (gain <= 1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(2))
def test_the_cost_of_a_forced_site_lies_in_the_interval(seed, mode):
    problem, solution = make_solved(seed, mode)
    explainer = Explainer(problem, solution, MEANS)
    for site in explainer.list_closed_sites():
        answer = explainer.explain_closed(site, is_searched=True)
        if not problem.level_allowed[site].any():
            assert not answer.can_open
            assert answer.reasons
            continue
        best = small_problems.solve_by_brute_force(force_open(problem, site))
        assert (answer.found is Found.IMPOSSIBLE) == (best is None)
        if best is not None:
            true_loss = solution.objective_kwh_day - best
            assert answer.loss.least - 1e-6 <= true_loss <= answer.loss.most + 1e-6


def list_open_sets(problem, floor):
    """Every set of new stations that some choice of levels opens, with all of them of use or not, above a floor."""
    sets = set()
    for choice in small_problems.list_affordable(problem):
        level_pos = np.array(choice)
        if small_problems.serve_best(problem, level_pos) >= floor - 1e-6:
            sets.add(tuple((level_pos >= 0).tolist()))
    return sets


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(2))
def test_alternatives_differ_and_are_near_and_none_is_only_said_when_there_is_none(seed, mode):
    problem, solution = make_solved(seed, mode)
    existing = problem.is_forced_open & ~problem.is_counted
    within, differ = 0.3, 2
    found = find_alternatives(problem, solution, MEANS, wanted=2, within_share=within, n_differ=differ)
    floor = (1 - within) * solution.objective_kwh_day
    plans = [(solution.chargers > 0) & ~existing]
    for each in found.plans:
        level_pos = PlainHand(problem, each.solution).plan.level_pos
        assert small_problems.serve_best(problem, level_pos) >= floor - 1e-6
        assert each.n_different == int((each.is_open != plans[0]).sum())
        for other in plans:
            assert int((each.is_open != other).sum()) >= differ
        plans.append(each.is_open)
    if not found.plans and "nobody needs" not in found.ended:
        assert found.ended.startswith("proven")
        true = list_open_sets(problem, floor)
        assert all(int((np.array(each) != plans[0]).sum()) < differ for each in true)


STAGED = [
    (0, ("years",)),
    (3, ("floor",)),
    (5, ("spacing",)),
    (0, ("types", "bays")),
    (1, ("grid",)),
    (2, ("cells", "points")),
    (4, ("pool", "power")),
    (6, ("backup",)),
    (7, ("years", "types", "grid")),
]


@pytest.mark.parametrize(("seed", "families"), STAGED)
def test_losses_of_staged_plans_lie_in_their_intervals(seed, families):
    problem = make_staged(seed, families)
    solution = solve(problem)
    explainer = Explainer(problem, solution, MEANS)
    for site in explainer.list_new_sites():
        answer = explainer.explain_open(site)
        best = staged_problems.solve_by_brute_force(close_sites(problem, [site]))
        assert (answer.found is Found.IMPOSSIBLE) == (best is None)
        if best is not None:
            true_loss = solution.objective_kwh_day - best
            assert answer.loss.least - 1e-4 <= true_loss <= answer.loss.most + 1e-4
        check_alone(problem, solution, site, answer)
    for site in explainer.list_closed_sites():
        answer = explainer.explain_closed(site)
        if not answer.can_open:
            forced = force_open(problem, site)
            changed = [
                choice for choice in staged_problems.list_choices(problem)
                if (choice[-1, site] >= 0).any() and keeps_open(problem, solution, choice)
            ]  # fmt: skip
            assert not changed, forced


def count_opened(problem, solution):
    """Check that the plan with the cheapest station at a closed site too is a plan, and count such sites."""
    explainer, n_found = Explainer(problem, solution, MEANS), 0
    for site in explainer.list_closed_sites():
        if not explainer.closed.explain(site).can_open:
            continue
        forced = force_open(problem, site)
        served = explainer.hand.open_cheapest(site, forced)
        if math.isnan(served):
            continue
        n_found += 1
        best = (small_problems if problem.is_plain else staged_problems).solve_by_brute_force(forced)
        assert best is not None
        assert served <= best + 1e-4
    return n_found


def test_a_plan_with_a_station_more_is_a_plan_of_the_forced_problem():
    number = 0
    for mode in MODES:
        for seed in range(6):
            problem, solution = make_solved(seed, mode)
            dear = problem.level_allowed & (problem.level_cost_pkr > 0)
            rich = replace(problem, budget_pkr=2 * float(problem.level_cost_pkr[dear].sum()))
            number += count_opened(rich, solution)
    assert number > 0


def test_a_staged_plan_with_a_station_more_is_a_plan_of_the_forced_problem():
    """Without one of its stations a plan is as one whose search ended early: money may be left."""
    number = 0
    for seed, families in STAGED:
        problem = make_staged(seed, families)
        site = Explainer(problem, solve(problem), MEANS).list_new_sites()[:1]
        fewer = close_sites(problem, site)
        if staged_problems.solve_by_brute_force(fewer) is not None:
            number += count_opened(problem, solve(fewer))
    assert number > 0


def check_alone(problem, solution, site, answer):
    """What a station alone reaches in the last year, by plain loops over cells and open sites."""
    standing = problem.is_forced_open & ~problem.is_counted
    is_open = (solution.chargers > 0) | standing
    pairs = list(zip(problem.pair_cell.tolist(), problem.pair_site.tolist(), strict=True))
    cells, alone, served, load = 0, 0.0, 0.0, 0.0
    for at, (cell, where) in enumerate(pairs):
        if where != site:
            continue
        demand = problem.demand_kwh_day[cell]
        load += demand * solution.pair_share[at]
        others = [each for each, other in pairs if each == cell and other != site and is_open[other]]
        if demand > 0 and not others:
            cells, alone, served = cells + 1, alone + demand, served + demand * solution.pair_share[at]
    assert answer.alone_cells == cells
    assert answer.alone_kwh_day == pytest.approx(alone)
    assert answer.alone_served_kwh_day == pytest.approx(served)
    assert answer.load_kwh_day == pytest.approx(load)


def keeps_open(problem, solution, choice):
    """Tell whether a choice of stations keeps those of the plan, type by type."""
    planned = solution.slot_chargers[-1].reshape(problem.n_sites, -1)
    existing = problem.is_forced_open & ~problem.is_counted
    now = np.where(choice[-1] >= 0, problem.level_chargers[np.maximum(choice[-1], 0)], 0)
    return bool(np.all((now == planned) | existing[:, None] | (planned == 0)))


@pytest.mark.parametrize(("seed", "families"), STAGED)
def test_alternatives_of_staged_plans_differ_and_are_near(seed, families):
    problem = make_staged(seed, families)
    solution = solve(problem)
    found = find_alternatives(problem, solution, MEANS, wanted=2, within_share=0.4, n_differ=1)
    for each in found.plans:
        levels = read_levels(problem, each.solution)
        value = staged_problems.serve_best(problem, levels)
        assert staged_problems.keeps_station_limits(problem, levels)
        assert value == pytest.approx(each.solution.objective_kwh_day, rel=1e-4, abs=1e-4)
        assert value >= 0.6 * solution.objective_kwh_day - 1e-4
        assert each.n_different >= 1


def read_levels(problem, solution):
    chargers = solution.slot_chargers.reshape(len(solution.slot_chargers), problem.n_sites, -1)
    existing = problem.is_forced_open & ~problem.is_counted
    levels = np.searchsorted(problem.level_chargers, chargers)
    return np.where((chargers > 0) & ~existing[None, :, None], levels, -1)


def test_the_worst_zone_is_held_when_losses_are_measured():
    """A plan for the worst-off zone: what is lost is energy, with that zone no worse off."""
    for seed in range(30):
        problem = staged_problems.make_staged_problem(seed, ("worst",))
        assert problem.objective is PlanObjective.WORST_ZONE
        try:
            solution = solve(problem)
        except InfeasibleError:
            continue
        explainer = Explainer(problem, solution, MEANS)
        assert explainer.problem.objective is PlanObjective.SERVED
        for site in explainer.list_new_sites():
            answer = explainer.explain_open(site)
            best = staged_problems.solve_by_brute_force(close_sites(explainer.problem, [site]))
            assert (answer.found is Found.IMPOSSIBLE) == (best is None)
            if best is not None:
                true_loss = solution.objective_kwh_day - best
                assert answer.loss.least - 1e-3 <= true_loss <= answer.loss.most + 1e-3
            return
    pytest.fail("no problem with a plan was drawn")


def test_a_required_site_says_so_and_may_cost_instead_of_gain():
    """Forbidding a required site may serve more; then the interval lies below 0."""
    for seed in range(200):
        problem = small_problems.make_small_problem(seed, PlanMode.ALLOCATE)
        required = np.flatnonzero(problem.is_forced_open & problem.is_counted)
        if len(required) != 1 or small_problems.solve_by_brute_force(problem) is None:
            continue
        site = int(required[0])
        free = small_problems.solve_by_brute_force(close_sites(problem, [site]))
        solution = solve(problem)
        if free is None or free <= solution.objective_kwh_day + 1e-3:
            continue
        answer = Explainer(problem, solution, MEANS).explain_open(site)
        assert answer.forced == ("the planner requires it",)
        assert answer.loss.most == pytest.approx(solution.objective_kwh_day - free, abs=1e-4)
        assert answer.loss.most < 0
        assert "serves" in answer.note
        return
    pytest.fail("no such problem was drawn")


def test_a_stopped_search_keeps_what_arithmetic_knows():
    solved = make_solved(3, PlanMode.ALLOCATE) or make_solved(4, PlanMode.ALLOCATE)
    problem, solution = solved
    explainer = Explainer(problem, solution, Means(limit_s=10.0, should_stop=lambda: True))
    for site in explainer.list_new_sites():
        answer = explainer.explain_open(site)
        assert answer.found is Found.NOT_ASKED
        assert math.isfinite(answer.loss.most)
        assert answer.loss.least <= 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_a_closed_site_is_reached_and_served_as_counted_cell_by_cell(mode):
    problem, solution = make_solved(1, mode)
    explainer = Explainer(problem, solution, MEANS)
    pairs = list(zip(problem.pair_cell, problem.pair_site, solution.pair_share, strict=True))
    for site in explainer.list_closed_sites():
        answer = explainer.explain_closed(site)
        cells = {cell for cell, other, _ in pairs if other == site and problem.demand_kwh_day[cell] > 0}
        flows = dict.fromkeys(range(problem.n_sites), 0.0)
        for cell, other, share in pairs:
            if cell in cells:
                flows[other] += problem.demand_kwh_day[cell] * share
        assert answer.reach.cells == len(cells)
        assert answer.reach.kwh_day == pytest.approx(sum(problem.demand_kwh_day[cell] for cell in cells))
        assert answer.reach.served_kwh_day == pytest.approx(sum(flows.values()))
        assert answer.reach.by_it_kwh_day == pytest.approx(max(flows.values()))
        if answer.can_open:
            assert answer.gain_kwh_day <= answer.reach.at_most_kwh_day + 1e-6


@pytest.mark.parametrize(("seed", "families"), [(0, ("years",)), (3, ("floor",))])
def test_no_station_at_a_closed_site_serves_more_than_it_is_said_to(seed, families):
    problem = make_staged(seed, families)
    explainer = Explainer(problem, solve(problem), MEANS)
    for site in explainer.list_closed_sites():
        answer = explainer.explain_closed(site)
        forced = force_open(problem, site)
        if not answer.can_open or staged_problems.solve_by_brute_force(forced) is None:
            continue
        at = forced.pair_site == site
        served = (forced.demand_kwh_day[forced.pair_cell] * forced.pair_quality * solve(forced).pair_share)[
            at
        ].sum()
        assert served <= answer.reach.at_most_kwh_day + 1e-6
