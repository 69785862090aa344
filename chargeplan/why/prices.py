"""What one more station could add to a plain plan at most: the prices of a transport problem.

With open stations S, capacities C and demand D, the most that is served is

    max sum_ij D_j q_ij x_ij   s.t.  sum_i x_ij <= 1,  sum_j D_j x_ij <= C_i,

and any prices v >= 0 of capacity with u_j = max(0, max_i (q_ij - v_i)) give the upper bound
sum_j D_j u_j + sum_i C_i v_i (weak duality). A further station k with capacity C_k raises that bound by no
more than min over v_k >= 0 of C_k v_k + sum_j D_j max(0, q_kj - v_k - u_j), which is the fractional knapsack that
fills C_k with the demand of the largest q_kj - u_j.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.plan import compute_site_capacity_kwh_day, find_open_sites
from chargeplan.solve.quiet import keep_stdout_clean
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, PlanProblem


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices that prove how much some stations can serve.

    Parameters
    ----------
    bound_kwh_day : float
        These stations serve no more.
    cell_worth : ndarray, shape (n_cells,)
        Worth of a kWh of each cell, u_j.
    """

    bound_kwh_day: float
    cell_worth: Floats


def compute_prices(problem: PlanProblem, level_pos: Ints) -> Prices:
    """Price the cells for the stations of a plan; any prices are valid, those of the optimum are best."""
    is_open = find_open_sites(problem, level_pos)
    pairs = np.flatnonzero(is_open[problem.pair_site] & (problem.demand_kwh_day[problem.pair_cell] > 0))
    demand, quality = problem.demand_kwh_day, problem.pair_quality
    capacity = compute_site_capacity_kwh_day(problem, level_pos)
    site_worth = np.zeros(problem.n_sites)
    if problem.mode is PlanMode.ALLOCATE and len(pairs):
        site_worth = _price_sites(problem, pairs, capacity)
    worth = np.zeros(problem.n_cells)
    np.maximum.at(worth, problem.pair_cell[pairs], quality[pairs] - site_worth[problem.pair_site[pairs]])
    is_priced = site_worth > 0
    bound = float(demand @ worth + capacity[is_priced] @ site_worth[is_priced])
    return Prices(bound, worth)


def bound_gain_kwh_day(problem: PlanProblem, prices: Prices, pairs: Ints, capacity_kwh_day: float) -> float:
    """Bound what a further station adds, by its pairs and its capacity."""
    cell = problem.pair_cell[pairs]
    worth = problem.pair_quality[pairs] - prices.cell_worth[cell]
    kept = worth > 0
    order = np.argsort(-worth[kept], kind="stable")
    worth, demand = worth[kept][order], problem.demand_kwh_day[cell[kept]][order]
    before = np.cumsum(demand) - demand
    return float(np.clip(capacity_kwh_day - before, 0.0, demand) @ worth)


def _price_sites(problem: PlanProblem, pairs: Ints, capacity: Floats) -> Floats:
    from scipy.optimize import linprog

    cells, cell_row = np.unique(problem.pair_cell[pairs], return_inverse=True)
    sites, site_row = np.unique(problem.pair_site[pairs], return_inverse=True)
    at = np.arange(len(pairs))
    rows = np.concatenate([cell_row, len(cells) + site_row])
    matrix = sp.csr_array(
        (np.ones(2 * len(at)), (rows, np.concatenate([at, at]))), shape=(len(cells) + len(sites), len(at))
    )
    demand = problem.demand_kwh_day
    unit = max(float(demand[cells].max()), 1e-12)
    limits = np.concatenate([demand[cells], np.minimum(capacity[sites], demand.sum())]) / unit
    with keep_stdout_clean():
        answer = linprog(
            -problem.pair_quality[pairs], A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs-ds"
        )
    worth = np.zeros(problem.n_sites)
    if answer.x is not None:
        worth[sites] = np.maximum(-answer.ineqlin.marginals[len(cells) :], 0.0)
    worth[~np.isfinite(capacity)] = 0.0
    return worth
