"""A few sites solved exactly with the rest of the plan held: one step of a large-neighbourhood search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.merge_cells import merge_cells
from chargeplan.solve.plan import (
    Plan,
    compute_cost_pkr,
    compute_site_capacity_kwh_day,
    count_new_sites,
    find_open_sites,
    find_required_sites,
    make_plan,
)
from chargeplan.solve.quiet import keep_stdout_clean


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The sites set free, the demand they can reach, and what the held stations have left for it."""

    pair: Ints  # pairs between the cells in reach and the free or held stations
    cell_row: Ints  # per pair
    site_row: Ints  # per pair
    n_cells: int
    site: Ints  # per site row
    room_kwh_day: Floats  # per site row: capacity left for this demand, 0 at free sites
    entry_row: Ints  # per free site and level: its site row
    entry_level: Ints


def solve_neighbourhood(
    problem: PlanProblem,
    plan: Plan,
    free_sites: Ints,
    *,
    level_allowed: Bools,
    node_limit: int,
    time_limit_s: float | None = None,
    money_kwh_day_per_pkr: float = 0.0,
) -> Ints | None:
    """Choose the stations of some sites anew, all at once, with the others held.

    The held stations keep their level and the demand beyond reach of the free sites; all other
    demand may be shared out anew. Solved as a small mixed-integer program by the solver inside
    SciPy; the answer is a proposal that the caller values itself.

    Parameters
    ----------
    problem : PlanProblem
        In allocate mode.
    plan : Plan
    free_sites : ndarray of int64
        Sites that may be new stations.
    level_allowed : ndarray of bool, shape (n_sites, n_levels)
    node_limit : int
    time_limit_s : float, optional
    money_kwh_day_per_pkr : float
        What money left over is worth; a little breaks ties between plans that serve equal amounts.

    Returns
    -------
    ndarray of int64, shape (n_sites,), or None
        ``level_pos`` of the new plan; None when nothing was found.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    is_free = np.zeros(problem.n_sites, dtype=bool)
    is_free[free_sites] = True
    is_held = find_open_sites(problem, plan.level_pos) & ~is_free
    merged = merge_cells(problem, site_kept=is_free | is_held)
    level_before = plan.level_pos
    plan = make_plan(merged.problem, level_before, merged.merge_shares(problem, plan.pair_share))
    problem = merged.problem
    part = _take_part(problem, plan, is_free, level_allowed & is_free[:, None])
    kwh_day = problem.demand_kwh_day[problem.pair_cell[part.pair]]
    n_pairs, n_entries = len(part.pair), len(part.entry_row)
    matrix, lower, upper = _write_rows(problem, plan, part, is_free, kwh_day)
    price_kwh_day = (
        money_kwh_day_per_pkr * problem.level_cost_pkr[part.site[part.entry_row], part.entry_level]
    )
    worth = np.concatenate([kwh_day * problem.pair_quality[part.pair], -price_kwh_day])
    options: dict[str, float | int] = {"node_limit": node_limit, "mip_rel_gap": 1e-4}
    if time_limit_s is not None:
        options["time_limit"] = max(0.05, time_limit_s)
    with keep_stdout_clean():
        answer = milp(
            -worth / max(1.0, float(worth.max(initial=0.0))),
            constraints=LinearConstraint(matrix, lower, upper),
            bounds=Bounds(0.0, 1.0),
            integrality=np.concatenate([np.zeros(n_pairs), np.ones(n_entries)]),
            options=options,
        )
    if answer.x is None:
        return None
    chosen = np.flatnonzero(answer.x[n_pairs:] > 0.5)
    level_pos = np.where(is_free, -1, plan.level_pos)
    level_pos[part.site[part.entry_row[chosen]]] = part.entry_level[chosen]
    return np.asarray(level_pos, dtype=np.int64)


def _take_part(problem: PlanProblem, plan: Plan, is_free: Bools, entries: Bools) -> _Part:
    in_reach = np.zeros(problem.n_cells, dtype=bool)
    in_reach[problem.pair_cell[is_free[problem.pair_site]]] = True
    in_reach &= problem.demand_kwh_day > 0
    capacity = compute_site_capacity_kwh_day(problem, plan.level_pos)
    kwh_day = problem.demand_kwh_day[problem.pair_cell] * plan.pair_share
    beyond = ~in_reach[problem.pair_cell]
    used_beyond = np.bincount(problem.pair_site[beyond], kwh_day[beyond], problem.n_sites)
    is_held = (capacity > 0) & ~is_free
    pair = np.flatnonzero(in_reach[problem.pair_cell] & (is_free | is_held)[problem.pair_site])
    cells, cell_row = np.unique(problem.pair_cell[pair], return_inverse=True)
    entry_site, entry_level = np.nonzero(entries)
    site = np.union1d(problem.pair_site[pair], entry_site)
    return _Part(
        pair=pair,
        cell_row=cell_row,
        site_row=np.searchsorted(site, problem.pair_site[pair]),
        n_cells=len(cells),
        site=site,
        room_kwh_day=np.where(is_free, 0.0, np.maximum(capacity - used_beyond, 0.0))[site],
        entry_row=np.searchsorted(site, entry_site),
        entry_level=entry_level,
    )


def _write_rows(
    problem: PlanProblem, plan: Plan, part: _Part, is_free: Bools, kwh_day: Floats
) -> tuple[sp.csr_array, Floats, Floats]:
    """Write ASSIGN, CAP, LINK, LEVEL, BUDGET and COUNT over shares of pairs and levels of free sites."""
    n_pairs, n_entries, n_sites = len(part.pair), len(part.entry_row), len(part.site)
    at, entry = np.arange(n_pairs), np.arange(n_entries)
    at_free = np.flatnonzero(is_free[part.site[part.site_row]])
    level_of = sp.csr_array((np.ones(n_entries), (part.entry_row, entry)), shape=(n_sites, n_entries))
    capacity = problem.level_capacity_kwh_day[part.site[part.entry_row], part.entry_level]
    capacity_of = sp.csr_array((capacity, (part.entry_row, entry)), shape=(n_sites, n_entries))
    assign = sp.csr_array((np.ones(n_pairs), (part.cell_row, at)), shape=(part.n_cells, n_pairs))
    load = sp.csr_array((kwh_day, (part.site_row, at)), shape=(n_sites, n_pairs))
    link = sp.csr_array((np.ones(len(at_free)), (np.arange(len(at_free)), at_free)), (len(at_free), n_pairs))
    held = np.where(is_free, -1, plan.level_pos)
    cost = problem.level_cost_pkr[part.site[part.entry_row], part.entry_level]
    unit_pkr = max(1.0, float(cost.max(initial=0.0)))
    left_sites = problem.n_sites
    if problem.max_sites >= 0:
        left_sites = problem.max_sites - count_new_sites(problem, held)
    matrix = sp.block_array(
        [
            [assign, None],
            [load, -capacity_of],
            [link, -level_of[part.site_row[at_free]]],
            [None, level_of],
            [None, sp.csr_array(cost[None, :] / unit_pkr)],
            [None, sp.csr_array(np.ones((1, n_entries)))],
        ],
        format="csr",
    )
    left_pkr = problem.budget_pkr - compute_cost_pkr(problem, held)
    upper = np.concatenate(
        [
            np.ones(part.n_cells),
            part.room_kwh_day,
            np.zeros(len(at_free)),
            np.ones(n_sites),
            [left_pkr / unit_pkr, left_sites],
        ]
    )
    lower = np.full(len(upper), -np.inf)
    level_rows = slice(part.n_cells + n_sites + len(at_free), len(upper) - 2)
    lower[level_rows] = np.where((find_required_sites(problem) & is_free)[part.site], 1.0, -np.inf)
    return sp.csr_array(matrix), lower, upper
