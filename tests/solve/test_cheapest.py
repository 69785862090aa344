"""The least money for a target: against brute force, on the toy city on paper, and what cannot be reached."""

import math
from dataclasses import replace

import numpy as np
import pytest
import small_problems
import staged_problems
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError, InterruptedRunError, SolversDisagreeError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve import cheapest as cheapest_module
from chargeplan.solve import cheapest_direct as direct_module
from chargeplan.solve import end_search
from chargeplan.solve.cheapest_bound import bound_least_money_pkr
from chargeplan.solve.cheapest_ledger import CheapestLedger
from chargeplan.solve.cheapest_money import compute_plan_cost_pkr, reaches_target
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.search import solve_problem
from chargeplan.solve.second_opinion import SecondOpinion, Verdict
from chargeplan.words import Outcome, PlanMode, PlanObjective


def solve(problem, *, listen=ignore_event, should_stop=lambda: False, run=solve_milp, **settings):
    fields = {"time_limit_s": 60.0, "gap": 0.0} | settings
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(**fields),
        seed=1,
        listen=listen,
        should_stop=should_stop,
        run=run,
    )


def aim(problem, target_share, **changes):
    return replace(problem, objective=PlanObjective.COST, target_share=target_share, **changes)


def find_least_money(problem):
    """Cost of the cheapest of all choices of stations that reach the target, by trying each; None without."""
    target = problem.target_share * problem.demand_kwh_day.sum()
    existing = problem.is_forced_open & ~problem.is_counted
    options = []
    for site in range(problem.n_sites):
        levels = [] if existing[site] else np.flatnonzero(problem.level_allowed[site]).tolist()
        must = problem.is_forced_open[site] and not existing[site]
        options.append(levels if must else [-1, *levels])
    grid = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, problem.n_sites)
    each_site = np.arange(problem.n_sites)
    costs = np.where(grid >= 0, problem.level_cost_pkr[each_site, np.maximum(grid, 0)], 0.0).sum(axis=1)
    for at in np.argsort(costs, kind="stable"):  # the cheapest first: the first that reaches it is the answer
        level_pos = grid[at]
        if costs[at] > problem.budget_pkr or 0 <= problem.max_sites < (level_pos >= 0).sum():
            continue
        if small_problems.bound_choice(problem, level_pos) < target - 1e-7:
            continue
        if small_problems.serve_best(problem, level_pos) >= target - 1e-7:
            return float(costs[at])
    return None


def check_bound(problem, least):
    """Hold the bound by arithmetic to the truth, whenever it stops and whatever it aims at."""
    for iterations, plan_cost_pkr in ((0, np.inf), (8, np.inf), (80, np.inf), (80, least), (80, 3 * least)):
        bound = bound_least_money_pkr(problem, plan_cost_pkr=plan_cost_pkr, max_iterations=iterations)
        assert bound <= least * (1 + 1e-9)


def ask_by_budgets(monkeypatch):
    """Let every problem be searched by budgets, tiny ones too."""
    monkeypatch.setattr(cheapest_module, "is_tiny", lambda *_: False)


@pytest.mark.parametrize("by_budgets", [False, True])
@pytest.mark.parametrize("mode", list(PlanMode))
@pytest.mark.parametrize("seed", range(8))
def test_no_choice_of_stations_that_reaches_the_target_is_cheaper(seed, mode, by_budgets, monkeypatch):
    if by_budgets:
        ask_by_budgets(monkeypatch)
    problem = small_problems.make_small_problem(seed, mode)
    problem = aim(problem, float(np.random.default_rng(seed).uniform(0.1, 0.9)))
    least = find_least_money(problem)
    if least is None:
        with pytest.raises(InfeasibleError):
            solve(problem)
        return
    check_bound(problem, least)
    solution = solve(problem)
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.cost_pkr == pytest.approx(least)
    assert solution.cost_bound_pkr == pytest.approx(least)
    assert compute_plan_cost_pkr(problem, solution) == pytest.approx(least)
    assert reaches_target(problem, solution)
    assert solution.bound_kwh_day >= solution.objective_kwh_day


def find_least_staged_money(problem):
    """The same for years, types, groups and limits, with the steps of the grid that are needed."""
    served = replace(problem, objective=PlanObjective.SERVED, target_share=0.0)
    choices = [(measure_staged_money(problem, each), each) for each in staged_problems.list_choices(served)]
    for cost, levels in sorted(choices, key=lambda each: each[0]):
        if serves_every_year(served, levels, problem.target_share):
            return cost
    return None


def measure_staged_money(problem, levels):
    staging, limits = problem.staging, problem.limits
    now = levels[-1]
    cost = staging.open_cost_pkr[(now >= 0).any(axis=1)].sum()
    for site, kind in zip(*np.nonzero(now >= 0), strict=True):
        cost += problem.level_cost_pkr[site * staging.n_types + kind, now[site, kind]]
    n = np.where(now >= 0, problem.level_chargers[np.maximum(now, 0)], 0)
    kw = n @ staging.charger_kw
    for asset in range(len(limits.asset_parent)):
        below = [site for site in range(problem.n_sites) if staged_problems.is_fed(limits, site, asset)]
        missing = kw[below].sum() - limits.asset_headroom_kw[asset]
        if missing > 0:
            cost += math.ceil(missing / limits.asset_step_kw[asset]) * limits.asset_step_pkr[asset]
    return float(cost)


def serves_every_year(problem, levels, share):
    """Without limits on zones the years do not touch: each is the best of its own weight alone."""
    staging = problem.staging
    for year in range(staging.n_years):
        weight = np.zeros(staging.n_years)
        weight[year] = 1.0
        one = replace(problem, stages=replace(staging, year_weight=weight))
        if staged_problems.bound_choice(one, levels) < share * staging.unit_kwh_day[year].sum() - 1e-7:
            return False
        best = staged_problems.serve_best(one, levels)
        if best is None or best < share * staging.unit_kwh_day[year].sum() - 1e-7:
            return False
    return True


STAGED = (
    ("years",),
    ("types", "bays"),
    ("grid",),
    ("spacing", "pool"),
    ("years", "types", "grid"),
    ("backup",),
)


@pytest.mark.parametrize("by_budgets", [False, True])
@pytest.mark.parametrize("families", STAGED, ids="-".join)
@pytest.mark.parametrize("seed", range(2))
def test_the_least_money_over_years_types_and_limits_is_that_of_all_choices(
    seed, families, by_budgets, monkeypatch
):
    if by_budgets:
        ask_by_budgets(monkeypatch)
    problem = staged_problems.make_staged_problem(seed, families)
    problem = aim(problem, float(np.random.default_rng(seed).uniform(0.05, 0.35)))
    least = find_least_staged_money(problem)
    if least is None:
        with pytest.raises(InfeasibleError):
            solve(problem)
        return
    check_bound(problem, least)
    solution = solve(problem)
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.cost_pkr == pytest.approx(least)
    assert solution.cost_bound_pkr == pytest.approx(least, abs=1e-4)
    assert reaches_target(problem, solution)


def test_a_target_beyond_all_reach_is_impossible_with_the_most_that_can_be_served():
    """The only pairs of the toy city are worth 0.5: half of its demand at most, whatever is built."""
    problem = toy_city.make_problem(toy_city.make_request(), pair_quality=np.full(9, 0.5))
    with pytest.raises(
        InfeasibleError,
        match=r"with any money no plan serves more than 50\.00%.*lower model\.target_share from 0\.6 to 0\.5",
    ):
        solve(aim(problem, 0.6))


@pytest.mark.parametrize("by_budgets", [False, True])
def test_a_ceiling_that_is_too_low_is_named_with_what_it_can_serve(by_budgets, monkeypatch):
    """One site with 3 chargers for 250 serves 60 of the 105 kWh/day of the toy city: 57.14 %."""
    if by_budgets:
        ask_by_budgets(monkeypatch)
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=250.0))
    with pytest.raises(
        InfeasibleError, match=r"with the budgets given no plan serves more than 57\.1\d%.*raise"
    ):
        solve(aim(problem, 0.6))


def test_the_toy_city_costs_what_it_does_on_paper():
    """57 % of 105 is 59.85: a site with 3 chargers serves 60 for 100 + 3 x 50."""
    solution = solve(aim(toy_city.make_problem(toy_city.make_request()), 0.57))
    assert (solution.cost_pkr, solution.cost_bound_pkr) == (250.0, pytest.approx(250.0))
    assert solution.outcome_text == "PROVEN OPTIMAL"


def test_a_wide_gap_is_asked_of_the_money(monkeypatch):
    ask_by_budgets(monkeypatch)
    problem = aim(toy_city.make_problem(toy_city.make_request()), 0.57)
    solution = solve(problem, gap=0.2)
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.gap == pytest.approx(1 - solution.cost_bound_pkr / solution.cost_pkr)
    assert solution.cost_bound_pkr <= 250.0 <= solution.cost_pkr
    last = solution.steps.iloc[-1]
    assert (last["gap"], last["cost_pkr"]) == (pytest.approx(solution.gap), solution.cost_pkr)
    assert solution.steps["elapsed_s"].is_monotonic_increasing


def test_a_stop_keeps_the_plan_at_hand(monkeypatch):
    ask_by_budgets(monkeypatch)
    heard = []
    problem = aim(small_problems.make_hard_problem(70, 18), 0.3)
    solution = solve(
        problem, listen=heard.append, should_stop=lambda: any("PKR" in e.step for e in heard[5:])
    )
    assert solution.stopped_by == "user"
    assert reaches_target(problem, solution)
    assert solution.cost_bound_pkr <= solution.cost_pkr


def test_a_plan_cheaper_than_what_is_proven_is_a_contradiction(monkeypatch):
    problem = aim(toy_city.make_problem(toy_city.make_request()), 0.57)
    found = solve(problem)
    ledger = CheapestLedger(problem)
    ledger.raise_bound(400.0)
    with pytest.raises(SolversDisagreeError, match="proven to be needed"):
        ledger.take(found)


@pytest.mark.parametrize("mode", list(PlanMode))
def test_the_bound_by_arithmetic_is_never_above_brute_force_and_not_far_below(mode):
    """Half of what is needed at least, in the middle of 60 problems of 5 sites at most."""
    shares = []
    for seed in range(100, 160):
        problem = small_problems.make_small_problem(seed, mode)
        problem = aim(problem, float(np.random.default_rng(seed).uniform(0.2, 0.9)), budget_pkr=math.inf)
        least = find_least_money(problem)
        if least:
            assert bound_least_money_pkr(problem, plan_cost_pkr=least) <= least * (1 + 1e-9)
            shares.append(bound_least_money_pkr(problem) / least)
            assert shares[-1] <= 1 + 1e-9
    assert len(shares) >= 15
    assert np.median(shares) > 0.5


def test_the_bound_of_a_city_is_near_its_plans_at_once():
    """No search is needed to know the least money of 80 sites within 5 %; nor where demand is short."""
    problem = aim(small_problems.make_hard_problem(), 0.5, budget_pkr=math.inf)
    at_once = bound_least_money_pkr(problem, max_iterations=0)
    assert at_once > 0.95 * 823.0  # a plan that costs 823 was found
    short = replace(problem, demand_kwh_day=problem.demand_kwh_day / 4)
    assert bound_least_money_pkr(short) >= bound_least_money_pkr(short, max_iterations=0)


def test_required_stations_and_their_opening_are_in_the_bound():
    """On paper: a required site of 7 for opening and 5 for a charger costs 12, whatever the target."""
    problem = staged_problems.make_staged_problem(0, ("years",))
    slots = np.arange(problem.n_sites)
    problem = aim(
        replace(
            problem,
            is_forced_open=slots == 0,
            is_counted=np.ones(problem.n_sites, bool),
            is_open_allowed=np.ones(problem.n_sites, bool),
            level_allowed=np.ones_like(problem.level_allowed),
            level_cost_pkr=5.0 * np.tile(problem.level_chargers, (problem.n_sites, 1)),
            stages=replace(problem.stages, open_cost_pkr=np.full(problem.n_sites, 7.0)),
        ),
        1e-9,
    )
    assert bound_least_money_pkr(problem) == pytest.approx(12.0)


def list_results(solution):
    """Return all of a plan that does not measure time."""
    steps = solution.steps.drop(columns="elapsed_s").to_csv()
    money = (solution.cost_pkr, solution.cost_bound_pkr, solution.bound_kwh_day)
    return (*money, solution.chargers.tobytes(), solution.pair_share.tobytes(), solution.stopped_by, steps)


@pytest.mark.parametrize("by_budgets", [False, True])
def test_a_node_limit_gives_the_same_bytes_whatever_the_time(by_budgets, monkeypatch):
    if by_budgets:
        ask_by_budgets(monkeypatch)
    problem = aim(small_problems.make_hard_problem(60, 16), 0.5, budget_pkr=math.inf)
    first, second = (solve(problem, node_limit=1, time_limit_s=limit) for limit in (400.0, 4000.0))
    assert list_results(first) == list_results(second)
    assert first.stopped_by in ("node limit", "proof")


def test_ctrl_c_while_the_plan_is_settled_keeps_it(monkeypatch):
    """The solver has chosen the stations; the first Ctrl-C costs the rest of the search and no plan."""
    settle, calls = direct_module.settle_plan, []

    def interrupt_first(*args, **options):
        calls.append(options["deadline"].left_s)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return settle(*args, **options)

    monkeypatch.setattr(direct_module, "settle_plan", interrupt_first)
    problem = aim(toy_city.make_problem(toy_city.make_request()), 0.57)
    solution = solve(problem)
    assert solution.cost_pkr == 250.0
    assert len(calls) == 2
    assert calls[0] <= 60.0
    assert calls[1] <= 5.0


def test_only_a_ceiling_is_explained(monkeypatch):
    """Budgets that the search asks about on its way are nobody's; why they are too small is not looked for."""
    ask_by_budgets(monkeypatch)
    monkeypatch.setattr(
        end_search, "explain_impossible", lambda *_, **__: pytest.fail("nobody reads this explanation")
    )
    problem = toy_city.make_problem(toy_city.make_request())
    required = np.arange(problem.n_sites) == 0
    problem = aim(replace(problem, is_forced_open=required), 0.57)
    assert reaches_target(problem, solve(problem))


def call_impossible(_request, **_given):
    """A solver that finds no plan, whatever it is asked."""
    return MilpResult(MilpStatus.INFEASIBLE, None, math.nan, -math.inf, StoppedBy.PROOF, 0, "a solver")


def test_a_stop_during_the_second_opinion_is_a_stop_and_no_disagreement():
    stops = []

    def run(request, **given):
        stops.append(True)
        return call_impossible(request, **given)

    problem = aim(toy_city.make_problem(toy_city.make_request()), 0.57)
    with pytest.raises(InterruptedRunError):
        solve(problem, run=run, should_stop=lambda: bool(stops))


def test_a_second_opinion_that_has_none_leaves_the_plan_to_the_budgets(monkeypatch, caplog):
    """The first answer about the whole is false, and a second solver has no time to say so."""
    nobody = SecondOpinion(Verdict.NO_OPINION, "CBC has no opinion (broken)", ran_out=True)
    monkeypatch.setattr(direct_module, "ask_second_opinion", lambda *_, **__: nobody)
    asked = []

    def run(request, **given):
        asked.append(True)
        return call_impossible(request) if len(asked) == 1 else solve_milp(request, **given)

    problem = aim(toy_city.make_problem(toy_city.make_request()), 0.57)
    assert solve(problem, run=run).cost_pkr == 250.0
    assert "CBC has no opinion" in caplog.text
