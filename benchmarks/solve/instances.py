"""Seeded planning problems of stated sizes, to measure the search on."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from chargeplan.records import Floats, Ints, PlanProblem
from chargeplan.words import PlanMode

LEVELS = np.array([1, 2, 4, 6, 8, 12], dtype=np.int64)


def make_problem(
    mode: PlanMode,
    demand_kwh_day: Floats,
    pair_cell: Ints,
    pair_site: Ints,
    pair_quality: Floats,
    n_sites: int,
    *,
    level_cost_pkr: Floats | None = None,
    level_capacity_kwh_day: Floats | None = None,
    level_chargers: Ints | None = None,
    budget_pkr: float = np.inf,
    max_sites: int = -1,
    nearest_sites: int = 0,
) -> PlanProblem:
    """Make a problem of candidate sites only, with unit costs and one level where none are given."""
    step = np.diff(pair_cell)
    is_in_order = bool(np.all((step > 0) | ((step == 0) & (np.diff(pair_site) > 0))))
    order = slice(None) if is_in_order else np.lexsort((pair_site, pair_cell))
    cost = np.ones((n_sites, 1)) if level_cost_pkr is None else level_cost_pkr
    n_levels = cost.shape[1]
    capacity = np.full(n_levels, np.inf) if level_capacity_kwh_day is None else level_capacity_kwh_day
    capacity = np.tile(capacity, (n_sites, 1))
    chargers = np.arange(1, n_levels + 1) if level_chargers is None else level_chargers
    quality = np.asarray(pair_quality, dtype=np.float64)[order]
    return PlanProblem(
        mode=mode,
        demand_kwh_day=np.asarray(demand_kwh_day, dtype=np.float64),
        competitor_kwh_day=np.zeros(len(demand_kwh_day)),
        pair_cell=np.asarray(pair_cell, dtype=np.int64)[order],
        pair_site=np.asarray(pair_site, dtype=np.int64)[order],
        pair_quality=quality,
        pair_seconds=(1.0 - quality) * 600.0,
        is_open_allowed=np.ones(n_sites, dtype=bool),
        is_forced_open=np.zeros(n_sites, dtype=bool),
        is_counted=np.ones(n_sites, dtype=bool),
        level_chargers=chargers.astype(np.int64),
        level_allowed=np.ones((n_sites, n_levels), dtype=bool),
        level_cost_pkr=cost,
        level_capacity_kwh_day=capacity,
        existing_capacity_kwh_day=np.zeros(n_sites),
        existing_chargers=np.zeros(n_sites, dtype=np.int64),
        budget_pkr=budget_pkr,
        max_sites=max_sites,
        nearest_sites=nearest_sites,
    )


def make_mclp(
    n_points: int = 5_000, n_sites: int = 500, *, max_sites: int = 20, radius: float = 0.1, seed: int = 1
) -> PlanProblem:
    """Make a maximum coverage problem: points and sites uniform in the unit square, weights 1 to 100.

    With the radius as given, 5,000 points and 500 sites have about 51,000 pairs after merging equal points.
    """
    rng = np.random.default_rng(seed)
    point_xy, site_xy = rng.random((n_points, 2)), rng.random((n_sites, 2))
    weight = rng.integers(1, 101, n_points).astype(np.float64)
    near = cKDTree(point_xy).sparse_distance_matrix(cKDTree(site_xy), radius, output_type="coo_matrix")
    cell, site = near.row.astype(np.int64), near.col.astype(np.int64)
    return make_problem(PlanMode.COVER, weight, cell, site, np.ones(len(cell)), n_sites, max_sites=max_sites)


def make_square(
    n_points: int = 1_000_000, n_sites: int = 100, *, max_sites: int = 10, radius: float = 3.25, seed: int = 1
) -> PlanProblem:
    """Make a maximum coverage problem on a square of side 30: points and sites uniform, weights 1 to 100.

    After Cordeau, Furini and Ljubić (2019), whose clients and sites lie on such a square too.
    """
    rng = np.random.default_rng(seed)
    point_xy, site_xy = 30.0 * rng.random((n_points, 2)), 30.0 * rng.random((n_sites, 2))
    weight = rng.integers(1, 101, n_points).astype(np.float64)
    tree = cKDTree(site_xy)
    cells, sites = [], []
    for start in range(0, n_points, 50_000):
        near = tree.query_ball_point(point_xy[start : start + 50_000], radius, return_sorted=True)
        cells.append(np.repeat(np.arange(start, start + len(near)), [len(each) for each in near]))
        sites.append(np.array([site for each in near for site in each], dtype=np.int64))
    cell, site = np.concatenate(cells), np.concatenate(sites)
    return make_problem(PlanMode.COVER, weight, cell, site, np.ones(len(cell)), n_sites, max_sites=max_sites)


def make_allocate(
    n_cells: int = 5_765,
    n_sites: int = 1_034,
    *,
    nearest: int = 20,
    budget_stations: float = 60.0,
    demand_kwh_day: float = 150_000.0,
    n_bands: int = 3,
    seed: int = 1,
) -> PlanProblem:
    """Make a sizing problem like a city: cells on a grid of 330 m, people and sites in clusters.

    ``budget_stations`` is the budget in stations of four chargers. A charger of 60 kW busy for
    35 % of 16 hours gives 336 kWh a day. Costs in PKR are of the order of `data/costs`.
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n_cells)))
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:n_cells] * 330.0
    centres = rng.uniform(0.1, 0.9, (12, 2)) * side * 330.0
    spread = rng.uniform(1_000.0, 4_000.0, 12)
    height = rng.uniform(0.5, 2.0, 12)
    distance = np.linalg.norm(grid[:, None, :] - centres, axis=2)
    density = (height * np.exp(-0.5 * (distance / spread) ** 2)).sum(axis=1) + 0.02
    demand = density * rng.lognormal(0.0, 0.8, n_cells)
    demand *= demand_kwh_day / demand.sum()
    at = rng.choice(n_cells, n_sites, replace=False, p=density / density.sum())
    site_xy = grid[at] + rng.uniform(-165.0, 165.0, (n_sites, 2))
    metres, site = cKDTree(site_xy).query(grid, k=nearest)
    limit_m = 1_800.0
    cell = np.repeat(np.arange(n_cells), nearest)
    metres, site = metres.ravel(), site.ravel()
    keep = metres <= limit_m
    cell, site, metres = cell[keep], site[keep], metres[keep]
    quality = 1.0 - 0.25 * np.minimum(np.floor(metres / limit_m * n_bands), n_bands - 1)
    fixed_pkr = rng.choice([2e6, 3.5e6, 6e6], n_sites, p=[0.4, 0.4, 0.2]) * rng.uniform(0.9, 1.1, n_sites)
    cost = fixed_pkr[:, None] + LEVELS * 4.5e6
    return make_problem(
        PlanMode.ALLOCATE,
        demand,
        cell,
        site,
        quality,
        n_sites,
        level_cost_pkr=cost,
        level_capacity_kwh_day=LEVELS * 336.0,
        level_chargers=LEVELS,
        budget_pkr=budget_stations * (3.5e6 + 4 * 4.5e6),
        nearest_sites=nearest,
    )
