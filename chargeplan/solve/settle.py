"""From open sites and levels to a finished plan: shares fitted anew, nothing larger than needed.

Whatever a solver returns is rounded to open sites and levels first; the shares then come from
here, so that a plan never depends on a solver's tolerances.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.deadline import is_over
from chargeplan.solve.plan import (
    Plan,
    compute_cost_pkr,
    compute_site_capacity_kwh_day,
    find_allowed_levels,
    find_broken_rules,
    find_open_sites,
    find_required_sites,
    make_plan,
)
from chargeplan.solve.quiet import keep_stdout_clean
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints, PlanProblem
    from chargeplan.solve.deadline import Deadline

LOG = logging.getLogger(__name__)

# A shorter drive is worth this much at most beside the quality of a pair: it decides between
# stations that are worth the same and changes no objective (bands differ by far more).
_NEARNESS_WORTH = 1e-6
_SHARE_DUST = 1e-9
_SAME_WORTH_SHARE = 1e-12


def settle_plan(problem: PlanProblem, level_pos: Ints, *, deadline: Deadline | None = None) -> Plan | None:
    """Fit the best shares to open sites and levels, and trim what no share needs.

    Parameters
    ----------
    problem : PlanProblem
    level_pos : ndarray of int64, shape (n_sites,)
        Row of ``problem.level_chargers`` at a new station, -1 elsewhere.
    deadline : Deadline, optional
        As for `fit_shares`.

    Returns
    -------
    Plan or None
        None when the sites and levels break a rule of the problem, which a solver's tolerance
        can bring about.
    """
    share = fit_shares(problem, level_pos, deadline=deadline)
    plan = make_plan(problem, trim_levels(problem, level_pos, share), share)
    broken = find_broken_rules(problem, plan)
    if broken:
        LOG.warning("a plan of the search was dropped because it breaks: %s", "; ".join(broken))
        return None
    return plan


def fit_shares(problem: PlanProblem, level_pos: Ints, *, deadline: Deadline | None = None) -> Floats:
    """Find the shares that serve most with these stations, the nearest of equals; shape (k,).

    When the deadline ends the search for them, they are shares that keep the rules and serve less.
    """
    usable = np.flatnonzero(find_open_sites(problem, level_pos)[problem.pair_site])
    share = np.zeros(problem.n_pairs)
    if len(usable) == 0:
        return share
    capacity = compute_site_capacity_kwh_day(problem, level_pos)
    share[usable] = _choose_best_pairs(problem, usable)
    load = np.bincount(problem.pair_site, problem.demand_kwh_day[problem.pair_cell] * share, problem.n_sites)
    if problem.mode is PlanMode.COVER or bool(np.all(load <= capacity)):
        return share
    wanted = usable[problem.demand_kwh_day[problem.pair_cell[usable]] > 0]  # a share of nothing is undefined
    share[wanted] = _solve_transport(problem, wanted, capacity, deadline=deadline)
    return _clip_to_rules(problem, share, capacity)


def trim_levels(problem: PlanProblem, level_pos: Ints, share: Floats) -> Ints:
    """Close new stations that serve nothing and lower levels to what the shares need."""
    load = np.bincount(problem.pair_site, problem.demand_kwh_day[problem.pair_cell] * share, problem.n_sites)
    allowed = find_allowed_levels(problem)
    enough = allowed & (problem.level_capacity_kwh_day >= load[:, None])
    cost = np.where(enough, problem.level_cost_pkr, np.inf)
    cheapest = np.argmin(cost, axis=1)
    sites = np.arange(problem.n_sites)
    is_new = level_pos >= 0
    is_cheaper = is_new & (cost[sites, cheapest] < problem.level_cost_pkr[sites, np.maximum(level_pos, 0)])
    trimmed = np.where(is_cheaper, cheapest, level_pos)
    is_idle = is_new & (load <= 0) & ~find_required_sites(problem)
    return np.where(is_idle, -1, trimmed).astype(np.int64)


def drop_needless_stations(
    problem: PlanProblem, plan: Plan, *, max_tries: int, deadline: Deadline | None = None
) -> Plan:
    """Close new stations without which the others serve as much for less: a limit is no reason to spend.

    Parameters
    ----------
    problem : PlanProblem
    plan : Plan
        Settled.
    max_tries : int
        Stations to try at most, those that serve least first; each try fits the shares anew.
    deadline : Deadline, optional
        When to leave the plan as it is by then.
    """
    tries_left = max_tries
    while tries_left > 0:
        for site in _list_doubtful_stations(problem, plan)[:tries_left]:
            if is_over(deadline):
                return plan
            tries_left -= 1
            without = _close_station(problem, plan, site, deadline=deadline)
            if without is not None:
                plan = without
                break
        else:
            return plan
    return plan


def _close_station(problem: PlanProblem, plan: Plan, site: int, *, deadline: Deadline | None) -> Plan | None:
    """Close one station when the others, grown where need be, serve as much at less cost in all."""
    level_pos = np.where(plan.level_pos >= 0, _find_largest_level(problem), -1)
    level_pos[site] = -1
    share = fit_shares(problem, level_pos, deadline=deadline)
    without = make_plan(problem, trim_levels(problem, level_pos, share), share)
    is_as_good = without.objective_kwh_day >= plan.objective_kwh_day * (1 - _SAME_WORTH_SHARE)
    is_cheaper = compute_cost_pkr(problem, without.level_pos) < compute_cost_pkr(problem, plan.level_pos)
    return without if is_as_good and is_cheaper and not find_broken_rules(problem, without) else None


def _find_largest_level(problem: PlanProblem) -> Ints:
    """Find the level that delivers most at each site, shape (n_sites,); 0 where none is allowed."""
    capacity = np.where(find_allowed_levels(problem), problem.level_capacity_kwh_day, -1.0)
    return np.asarray(np.argmax(capacity, axis=1), dtype=np.int64)


def _list_doubtful_stations(problem: PlanProblem, plan: Plan) -> list[int]:
    """List new stations, by rising load, whose cells all have another as good, with room in all."""
    load = np.bincount(
        problem.pair_site, problem.demand_kwh_day[problem.pair_cell] * plan.pair_share, problem.n_sites
    )
    is_open = find_open_sites(problem, plan.level_pos)
    largest = np.where(plan.level_pos >= 0, _find_largest_level(problem), -1)
    room = np.minimum(compute_site_capacity_kwh_day(problem, largest), load.sum())
    may_close = (plan.level_pos >= 0) & ~find_required_sites(problem)
    second = _find_second_quality(problem, is_open)
    needs_site = (plan.pair_share > 0) & (problem.pair_quality > second[problem.pair_cell])
    is_needed = np.zeros(problem.n_sites, dtype=bool)
    is_needed[problem.pair_site[needs_site]] = True
    has_room = room.sum() - room >= load.sum() * (1 - _SAME_WORTH_SHARE)
    doubtful = np.flatnonzero(may_close & ~is_needed & has_room)
    return [int(site) for site in doubtful[np.lexsort((doubtful, load[doubtful]))]]


def _find_second_quality(problem: PlanProblem, is_open: Bools) -> Floats:
    """Find the quality of the second best open site of each cell, 0 without one, shape (n_cells,)."""
    pairs = np.flatnonzero(is_open[problem.pair_site])
    order = pairs[np.lexsort((-problem.pair_quality[pairs], problem.pair_cell[pairs]))]
    cell = problem.pair_cell[order]
    is_second = np.arange(len(cell)) - np.searchsorted(cell, cell) == 1
    quality = np.zeros(problem.n_cells)
    quality[cell[is_second]] = problem.pair_quality[order[is_second]]
    return quality


def make_smallest_plan(problem: PlanProblem) -> Plan | None:
    """Make the plan that opens only what must open, each as cheap as can be; None when that is too dear."""
    cost = np.where(find_allowed_levels(problem), problem.level_cost_pkr, np.inf)
    level_pos = np.where(find_required_sites(problem), np.argmin(cost, axis=1), -1).astype(np.int64)
    share = np.zeros(problem.n_pairs)
    if find_broken_rules(problem, make_plan(problem, level_pos, share)):
        return None
    return settle_plan(problem, level_pos)


def _choose_best_pairs(problem: PlanProblem, usable: Ints) -> Floats:
    """Serve each cell wholly by its best usable pair, the nearest of equals."""
    cell = problem.pair_cell[usable]
    order = np.lexsort(
        (problem.pair_site[usable], problem.pair_seconds[usable], -problem.pair_quality[usable], cell)
    )
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = cell[order][1:] != cell[order][:-1]
    share = np.zeros(len(usable))
    share[order[is_first]] = 1.0
    return share


def _solve_transport(
    problem: PlanProblem, usable: Ints, capacity: Floats, *, deadline: Deadline | None
) -> Floats:
    """Fit the shares under capacity: a transport problem in kWh per day, whose corners are exact.

    No shares come back when the deadline ends it.
    """
    import scipy.sparse as sp
    from scipy.optimize import linprog

    cells, cell_row = np.unique(problem.pair_cell[usable], return_inverse=True)
    sites, site_row = np.unique(problem.pair_site[usable], return_inverse=True)
    at = np.arange(len(usable))
    rows = np.concatenate([cell_row, len(cells) + site_row])
    matrix = sp.csr_array(
        (np.ones(len(rows)), (rows, np.concatenate([at, at]))), shape=(len(cells) + len(sites), len(usable))
    )
    longest_s = max(float(problem.pair_seconds.max()), 1.0)
    worth = problem.pair_quality[usable] - _NEARNESS_WORTH * problem.pair_seconds[usable] / longest_s
    demand = problem.demand_kwh_day
    # Unit size keeps the solver's absolute tolerances small beside the flows.
    unit = max(float(demand[cells].max()), 1e-12)
    options = {} if deadline is None else {"time_limit": max(0.05, deadline.left_s)}
    limits = np.concatenate([demand[cells], np.minimum(capacity[sites], demand.sum())]) / unit
    with keep_stdout_clean():
        answer = linprog(
            -worth, A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs-ds", options=options
        )
    if answer.x is None:
        if is_over(deadline):
            return np.zeros(len(usable))
        LOG.warning("the shares could not be fitted (%s); each cell uses its best station", answer.message)
        return _choose_best_pairs(problem, usable)
    return np.asarray(answer.x * unit / demand[problem.pair_cell[usable]], dtype=np.float64)


def _clip_to_rules(problem: PlanProblem, share: Floats, capacity: Floats) -> Floats:
    """Remove the rounding of a solver: shares in [0, 1], no cell and no site over its limit."""
    share = np.clip(np.where(share < _SHARE_DUST, 0.0, share), 0.0, 1.0)
    share = np.where(share > 1.0 - _SHARE_DUST, 1.0, share)
    total = np.bincount(problem.pair_cell, share, problem.n_cells)
    share = share / np.maximum(total, 1.0)[problem.pair_cell]
    load = np.bincount(problem.pair_site, problem.demand_kwh_day[problem.pair_cell] * share, problem.n_sites)
    fitting = np.where(load > capacity, capacity / np.maximum(load, 1e-300), 1.0)
    return np.asarray(share * fitting[problem.pair_site], dtype=np.float64)
