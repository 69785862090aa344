"""A bound from buying whole stations: what the budget buys, when no half of a station may be built.

The Lagrangian bound lets the last rupees of a budget buy a part of a station. Where stations are
few, that part is most of the gap. At any prices of the demand the same relaxation holds with
whole stations: the price of all demand, plus the best choice of stations by their worth above
those prices, at most one level a site, within budget and count. It is a knapsack with a thousand
entries, which the solver inside SciPy settles in well under a second.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.plan import find_allowed_levels, find_existing_sites, find_required_sites
from chargeplan.solve.quiet import keep_stdout_clean
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Floats, PlanProblem

# The best prices for half stations are not the best for whole ones; with none, only what can be
# bought counts, which is exact where all stations are full.
_PRICE_SHARES = (0.0, 0.5, 0.9, 1.0)
# Most of what a knapsack can bring comes at once; nodes and not seconds, so that the bound is the
# same on every computer.
_NODES_PER_KNAPSACK = 50
_SAFETY_SHARE = 1e-9


def compute_whole_station_bound(
    problem: PlanProblem, price: Floats, *, deadline: Deadline | None = None
) -> float:
    """Compute a bound on every plan of an allocate problem from whole stations.

    Parameters
    ----------
    problem : PlanProblem
        In allocate mode.
    price : ndarray, shape (n_cells,)
        Price of a kWh of each cell, >= 0, such as the multipliers of a bound. Any prices give
        a valid bound.
    deadline : Deadline, optional
        When no further knapsack is begun and the one at work ends with the bound it has. Without
        it the same bound comes back every time.

    Returns
    -------
    float
        kWh per day; infinite in cover mode.
    """
    if problem.mode is not PlanMode.ALLOCATE:
        return math.inf
    best = math.inf
    for share in _PRICE_SHARES:
        if is_over(deadline):
            break
        best = min(best, _bound_at(problem, share * np.maximum(price, 0.0), deadline))
    return best


def _bound_at(problem: PlanProblem, price: Floats, deadline: Deadline | None) -> float:
    all_demand = float(np.sum(price * problem.demand_kwh_day))
    worth = compute_station_worth(problem, price, problem.level_capacity_kwh_day)
    existing = compute_station_worth(problem, price, problem.existing_capacity_kwh_day[:, None])[:, 0]
    standing = float(existing[find_existing_sites(problem)].sum())
    margin = _SAFETY_SHARE * float(problem.demand_kwh_day.sum())
    return all_demand + standing + _buy_best(problem, worth, deadline) + margin


def compute_station_worth(problem: PlanProblem, price: Floats, capacity: Floats) -> Floats:
    """Compute what stations serve at most, above the price of the demand: they fill up best first.

    Parameters
    ----------
    problem : PlanProblem
    price : ndarray, shape (n_cells,)
    capacity : ndarray, shape (n_sites, n_levels)
        kWh per day.

    Returns
    -------
    ndarray, shape (n_sites, n_levels)
        kWh per day, each site by itself, as if it were alone.
    """
    profit = problem.pair_quality - price[problem.pair_cell]
    useful = np.flatnonzero(profit > 0)
    order = useful[np.lexsort((-profit[useful], problem.pair_site[useful]))]
    demand = problem.demand_kwh_day[problem.pair_cell[order]]
    site, profit = problem.pair_site[order], profit[order]
    running = np.cumsum(demand)
    first = np.searchsorted(site, np.arange(problem.n_sites))
    before = np.concatenate([[0.0], running])[first][site]  # demand of the sites before
    filled_before = running - demand - before
    worth = np.zeros((problem.n_sites, capacity.shape[1]))
    for level in range(capacity.shape[1]):  # at most twenty levels
        limit = capacity[site, level]
        served = np.clip(limit - filled_before, 0.0, demand)
        worth[:, level] = np.bincount(site, served * profit, problem.n_sites)
    return worth


def _buy_best(problem: PlanProblem, worth: Floats, deadline: Deadline | None) -> float:
    """Choose levels within budget and count; return a bound on their worth."""
    import scipy.sparse as sp
    from scipy.optimize import Bounds, LinearConstraint, milp

    site, level = np.nonzero(find_allowed_levels(problem))
    if len(site) == 0:
        return 0.0
    required = find_required_sites(problem)
    entries = np.arange(len(site))
    sites, site_row = np.unique(site, return_inverse=True)
    one_level = sp.csr_array((np.ones(len(site)), (site_row, entries)))
    rules = [LinearConstraint(one_level, required[sites].astype(np.float64), 1.0)]
    cost = problem.level_cost_pkr[site, level]
    unit_pkr = float(cost[cost > 0].min(initial=np.inf))
    if math.isfinite(problem.budget_pkr) and math.isfinite(unit_pkr):
        # A little slack: the bound may be too high by rounding, never too low.
        limit = problem.budget_pkr / unit_pkr * (1 + _SAFETY_SHARE)
        rules.append(LinearConstraint(cost[None, :] / unit_pkr, -np.inf, limit))
    if problem.max_sites >= 0:
        rules.append(LinearConstraint(np.ones((1, len(site))), -np.inf, problem.max_sites))
    options: dict[str, float | int] = {"node_limit": _NODES_PER_KNAPSACK, "mip_rel_gap": 1e-6}
    if deadline is not None:
        options["time_limit"] = max(0.05, deadline.left_s)
    with keep_stdout_clean():
        answer = milp(
            -worth[site, level],
            integrality=np.ones(len(site)),
            bounds=Bounds(0.0, 1.0),
            constraints=rules,
            options=options,
        )
    bound = answer.mip_dual_bound
    return math.inf if bound is None or not math.isfinite(bound) else -float(bound)
