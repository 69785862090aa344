"""The optimum of a planning problem by SciPy's own MILP, written out plainly and without any of our code."""

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from chargeplan.records import PlanProblem
from chargeplan.words import PlanMode


def find_optimum(problem: PlanProblem, *, relaxed: bool = False) -> float | None:
    """Optimal objective (of the strong linear relaxation when asked); None when no plan keeps the limits."""
    existing = problem.is_forced_open & ~problem.is_counted
    required = problem.is_forced_open & problem.is_counted
    site, level = np.nonzero(problem.level_allowed & (problem.is_open_allowed & ~existing)[:, None])
    n_pairs, n_entries, n_sites = problem.n_pairs, len(site), problem.n_sites
    demand = problem.demand_kwh_day[problem.pair_cell]
    at, entry = np.arange(n_pairs), np.arange(n_entries)
    opens = sp.csr_array((np.ones(n_entries), (site, entry)), shape=(n_sites, n_entries))
    link = -opens[problem.pair_site]
    is_cover = problem.mode is PlanMode.COVER
    rows = [
        [sp.csr_array((np.ones(n_pairs), (problem.pair_cell, at)), (problem.n_cells, n_pairs)), None],
        [sp.identity(n_pairs), link],
        [None, opens],
        [sp.csr_array((1, n_pairs)), sp.csr_array(problem.level_cost_pkr[site, level][None, :])],
        [sp.csr_array((1, n_pairs)), sp.csr_array(np.ones((1, n_entries)))],
    ]
    upper = [
        np.ones(problem.n_cells),
        existing[problem.pair_site].astype(float),
        np.ones(n_sites),
        [problem.budget_pkr],
        [problem.max_sites if problem.max_sites >= 0 else n_sites],
    ]
    lower = [np.full(len(part), -np.inf) for part in upper]
    lower[2] = np.where(required, 1.0, -np.inf)
    if not is_cover:
        load = sp.csr_array((demand, (problem.pair_site, at)), shape=(n_sites, n_pairs))
        capacity = problem.level_capacity_kwh_day[site, level]
        rows.append([load, -sp.csr_array((capacity, (site, entry)), shape=(n_sites, n_entries))])
        upper.append(np.where(existing, problem.existing_capacity_kwh_day, 0.0))
        lower.append(np.full(n_sites, -np.inf))
    matrix = sp.csr_array(sp.block_array(rows, format="csr"))
    answer = milp(
        -np.concatenate([demand * problem.pair_quality, np.zeros(n_entries)]),
        constraints=LinearConstraint(matrix, np.concatenate(lower), np.concatenate(upper)),
        bounds=Bounds(0, 1),
        integrality=np.concatenate([np.zeros(n_pairs), np.full(n_entries, 0 if relaxed else 1)]),
        options={"mip_rel_gap": 0.0},
    )
    return None if answer.x is None else float(-answer.fun)


def make_town(mode: PlanMode, seed: int, *, n_cells: int = 120, n_sites: int = 25) -> PlanProblem:
    """A town in the unit square with every kind of site, three bands and both limits."""
    rng = np.random.default_rng([seed, mode is PlanMode.COVER])
    cell_xy, site_xy = rng.random((n_cells, 2)), rng.random((n_sites, 2))
    distance = np.linalg.norm(cell_xy[:, None] - site_xy[None, :], axis=2)
    cell, site = np.nonzero(distance < 0.25)
    band = np.minimum((distance[cell, site] / 0.25 * 3).astype(int), 2)
    levels = np.array([4]) if mode is PlanMode.COVER else np.array([1, 2, 4])
    existing, closed, required = (np.arange(n_sites) == number for number in (3, 7, 11))
    demand = rng.lognormal(1.0, 1.0, n_cells) * (rng.random(n_cells) < 0.95)
    cost = np.round(rng.uniform(20, 60, n_sites))[:, None] + 11.0 * levels[None, :]
    is_cover = mode is PlanMode.COVER
    return PlanProblem(
        mode=mode,
        demand_kwh_day=demand,
        competitor_kwh_day=np.zeros(n_cells),
        pair_cell=cell,
        pair_site=site,
        pair_quality=np.array([1.0, 0.7, 0.4])[band],
        pair_seconds=2000.0 * distance[cell, site],
        is_open_allowed=~closed,
        is_forced_open=existing | required,
        is_counted=~existing,
        level_chargers=levels,
        level_allowed=np.tile(~existing[:, None], (1, len(levels))),
        level_cost_pkr=np.where(existing[:, None], 0.0, cost),
        level_capacity_kwh_day=np.tile(
            np.full(len(levels), np.inf) if is_cover else 0.03 * demand.sum() * levels, (n_sites, 1)
        ),
        existing_capacity_kwh_day=np.where(existing, np.inf if is_cover else 0.05 * demand.sum(), 0.0),
        existing_chargers=np.where(existing, 2, 0),
        budget_pkr=float(cost[:, 0].mean() * 4),
        max_sites=4,
        nearest_sites=0,
    )
