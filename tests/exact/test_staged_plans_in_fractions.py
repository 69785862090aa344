"""Staged plans checked again in fractions: years, charger types, groups, money carried over, the grid.

Written from docs/explanation/model.md over the solution's own numbers, by plain loops; every number
is the fraction that its floating-point number is, and every sum below is exact.
"""

import collections
import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import staged_problems

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.words import PlanObjective

N_CASES = 100
# A share comes out of a simplex, which keeps its rows to 1e-7; sizes here are some ten kWh/day.
ROUNDING = Fraction(1, 10**7)


def exact(value) -> Fraction:
    return Fraction(float(value))


def solve(problem):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=60.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
        name_things=None,  # why there is no plan is asked in test_explain_impossible
    )


def find_faults(problem, solution) -> set[str]:
    """Every kind of rule that a staged plan breaks."""
    staging = problem.staging
    n_types, n_years = staging.n_types, staging.n_years
    existing = problem.is_forced_open & ~problem.is_counted
    chargers = [[int(n) for n in year] for year in solution.slot_chargers]
    faults = set()
    flows = []
    for at, value in zip(solution.flow_at.tolist(), solution.flow_share.tolist(), strict=True):
        rest, kind = divmod(at, n_types)
        rest, group = divmod(rest, staging.n_groups)
        year, pair = divmod(rest, problem.n_pairs)
        flows.append((year, pair, group, kind, exact(value)))
    served, load = collections.defaultdict(Fraction), collections.defaultdict(Fraction)
    objective = Fraction(0)
    last = collections.defaultdict(Fraction)
    for year, pair, group, kind, share in flows:
        cell, site = int(problem.pair_cell[pair]), int(problem.pair_site[pair])
        kwh = share * exact(staging.unit_kwh_day[year, cell, group])
        served[year, cell, group] += share
        load[year, site * n_types + kind] += kwh
        objective += exact(staging.year_weight[year]) * exact(problem.pair_quality[pair]) * kwh
        if year == n_years - 1:
            last[pair] += kwh
        if not staging.can_use[group, kind]:
            faults.add("type")
        if chargers[year][site * n_types + kind] == 0:
            faults.add("closed")
        if not 0 < share <= 1:
            faults.add("share")
    if any(share > 1 + ROUNDING for share in served.values()):
        faults.add("assign")
    for (year, slot), kwh in load.items():
        number = chargers[year][slot]
        if existing[slot // n_types]:
            most = exact(problem.existing_capacity_kwh_day[slot])
        else:
            levels = [int(n) for n in problem.level_chargers]
            most = Fraction(0)
            if number in levels:
                most = exact(problem.level_capacity_kwh_day[slot, levels.index(number)])
        if kwh > most + ROUNDING * max(1, most):
            faults.add("capacity")
    faults |= find_station_faults(problem, solution, chargers, existing)
    if abs(objective - exact(solution.objective_kwh_day)) > ROUNDING * max(1, objective):
        faults.add("objective")
    for pair in range(problem.n_pairs):
        demand = exact(problem.demand_kwh_day[problem.pair_cell[pair]])
        if abs(exact(solution.pair_share[pair]) * demand - last[pair]) > ROUNDING * max(1, demand):
            faults.add("last year")
    if solution.chargers.tolist() != [
        sum(chargers[-1][site * n_types : (site + 1) * n_types]) for site in range(problem.n_sites)
    ]:
        faults.add("last year")
    return faults


def find_station_faults(problem, solution, chargers, existing) -> set[str]:
    staging, limits = problem.staging, problem.limits
    n_types = staging.n_types
    levels = problem.level_chargers.tolist()
    faults, money = set(), Fraction(0)
    for year, now in enumerate(chargers):
        budget = float(staging.year_budget_pkr[year])
        money = None if money is None or budget == np.inf else money + exact(budget)
        cost, n_open = Fraction(0), 0
        for site in range(problem.n_sites):
            slots = range(site * n_types, (site + 1) * n_types)
            if existing[site]:
                if [now[slot] for slot in slots] != [int(problem.existing_chargers[slot]) for slot in slots]:
                    faults.add("existing")
                continue
            is_open = any(now[slot] for slot in slots)
            if problem.is_forced_open[site] and not is_open:
                faults.add("required")
            n_open += is_open
            cost += exact(staging.open_cost_pkr[site]) * is_open
            for slot in slots:
                if not now[slot]:
                    continue
                if now[slot] not in levels or not problem.level_allowed[slot, levels.index(now[slot])]:
                    faults.add("level")
                else:
                    cost += exact(problem.level_cost_pkr[slot, levels.index(now[slot])])
        if len(limits.asset_parent):
            cost += sum(
                int(n) * exact(price)
                for n, price in zip(solution.asset_steps[year], limits.asset_step_pkr, strict=True)
            )
            before = solution.asset_steps[year - 1] if year else np.zeros(len(limits.asset_parent), int)
            faults |= find_grid_faults(problem, solution.asset_steps[year], now, existing, before)
        if money is not None and cost > money:  # exactly: prices of these problems are whole numbers
            faults.add("budget")
        if 0 <= staging.year_max_sites[year] < n_open:
            faults.add("count")
    for before, after in itertools.pairwise(chargers):
        if any(earlier > later for earlier, later in zip(before, after, strict=True)):
            faults.add("persist")
    if any(np.any(a > b) for a, b in itertools.pairwise(solution.asset_steps)):
        faults.add("persist")
    return faults


def find_grid_faults(problem, steps, now, existing, before) -> set[str]:
    """More load than an asset bears, or a step bought in the year that its load does not need."""
    limits, n_types = problem.limits, problem.staging.n_types
    faults = set()
    for asset in range(len(limits.asset_parent)):
        if np.isnan(limits.asset_headroom_kw[asset]):
            faults |= {"needless step"} if steps[asset] else set()
            continue
        kw = sum(
            now[slot] * exact(problem.staging.charger_kw[slot % n_types])
            for slot in range(len(now))
            if not existing[slot // n_types] and staged_problems.is_fed(limits, slot // n_types, asset)
        )
        step = exact(limits.asset_step_kw[asset])
        room = exact(limits.asset_headroom_kw[asset]) + int(steps[asset]) * step
        if kw > room or steps[asset] > limits.asset_max_steps[asset]:
            faults.add("grid")
        if steps[asset] > before[asset] and kw <= room - step:
            faults.add("needless step")
    return faults


def test_every_staged_plan_holds_in_fractions():
    n_solved, n_flows = 0, 0
    for seed in range(3000, 3000 + N_CASES):
        problem = staged_problems.make_staged_problem(seed)
        try:
            solution = solve(problem)
        except InfeasibleError:
            continue
        assert find_faults(problem, solution) == set(), seed
        n_solved += 1
        n_flows += len(solution.flow_at)
    assert n_solved > N_CASES / 2
    assert n_flows > 3 * n_solved


def test_a_spoiled_staged_plan_is_found_in_fractions():
    """The check above can fail: each way to spoil a plan has a fault of its own."""
    found = set()
    for seed in range(3500, 3515):
        problem = staged_problems.make_staged_problem(seed, ("years", "types", "grid"))
        try:
            solution = solve(problem)
        except InfeasibleError:
            continue
        assert problem.objective is PlanObjective.SERVED
        n_uses = problem.staging.n_groups * problem.staging.n_types
        for spoiled in (
            replace(solution, flow_share=1.5 * solution.flow_share),
            replace(solution, flow_share=np.ones_like(solution.flow_share)),
            replace(solution, flow_at=solution.flow_at // n_uses * n_uses + 1),  # group 0 with type 1
            replace(solution, slot_chargers=solution.slot_chargers[::-1]),
            replace(solution, slot_chargers=np.zeros_like(solution.slot_chargers)),
            replace(solution, slot_chargers=2 * solution.slot_chargers + 1),
            replace(solution, slot_chargers=np.full_like(solution.slot_chargers, 2)),
            replace(solution, asset_steps=np.zeros_like(solution.asset_steps)),
            replace(solution, asset_steps=solution.asset_steps + 5),
            replace(solution, pair_share=np.zeros_like(solution.pair_share)),
        ):
            found |= find_faults(problem, spoiled)
    everything = {"type", "closed", "share", "assign", "capacity", "objective", "last year", "existing"}
    everything |= {"level", "budget", "count", "persist", "grid", "required"}
    everything |= {"needless step"}
    assert found == everything
