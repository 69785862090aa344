"""Random small planning problems and their optimum by brute force, without any of our code."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from chargeplan.records import PlanProblem
from chargeplan.words import PlanMode

QUALITIES = (1.0, 0.6, 0.25)


def make_small_problem(seed: int, mode: PlanMode) -> PlanProblem:
    """3 to 8 cells, 3 to 5 sites, up to 3 levels, existing and required sites, one or both limits."""
    rng = np.random.default_rng([seed, mode is PlanMode.COVER])
    n_cells, n_sites = int(rng.integers(3, 9)), int(rng.integers(3, 6))
    levels = np.array([2]) if mode is PlanMode.COVER else np.array([1, 2, 4])[: int(rng.integers(1, 4))]
    n_levels = len(levels)
    cell, site = np.nonzero(rng.random((n_cells, n_sites)) < 0.55)
    has_bands = rng.random() < 0.5
    band = rng.integers(0, len(QUALITIES), len(cell)) if has_bands else np.zeros(len(cell), int)
    kind = rng.choice(["candidate", "existing", "required"], n_sites, p=[0.76, 0.12, 0.12])
    existing, required = kind == "existing", kind == "required"
    allowed = (rng.random((n_sites, n_levels)) < 0.9) & ~existing[:, None]
    allowed[required, 0] = True
    cost = rng.integers(3, 15, n_sites)[:, None] + levels[None, :] * int(rng.integers(2, 6))
    limits = rng.integers(0, 3)
    infinite = mode is PlanMode.COVER
    return PlanProblem(
        mode=mode,
        demand_kwh_day=rng.integers(1, 40, n_cells).astype(float),
        competitor_kwh_day=np.zeros(n_cells),
        pair_cell=cell,
        pair_site=site,
        pair_quality=np.array(QUALITIES)[band],
        pair_seconds=60.0 + 120.0 * band + rng.integers(0, 60, len(cell)),
        is_open_allowed=existing | allowed.any(axis=1),
        is_forced_open=existing | required,
        is_counted=~existing,
        level_chargers=levels,
        level_allowed=allowed,
        level_cost_pkr=np.where(existing[:, None], 0.0, cost.astype(float)),
        level_capacity_kwh_day=np.tile(
            np.full(n_levels, np.inf) if infinite else 13.0 * levels, (n_sites, 1)
        ),
        existing_capacity_kwh_day=np.where(existing, np.inf if infinite else 17.0, 0.0),
        existing_chargers=np.where(existing, 2, 0),
        budget_pkr=float(rng.integers(10, 60)) if limits != 1 else np.inf,
        max_sites=int(rng.integers(1, n_sites + 1)) if limits != 0 else -1,
        nearest_sites=0,
    )


def make_problem_with_twins(seed):
    """Every cell of a small problem twice, the second with its own demand and one without any."""
    problem = make_small_problem(seed, PlanMode.ALLOCATE)
    rng = np.random.default_rng(seed)
    order = np.argsort(
        np.concatenate([problem.pair_cell, problem.pair_cell + problem.n_cells]), kind="stable"
    )
    twice = {
        name: np.tile(getattr(problem, name), 2)[order]
        for name in ("pair_site", "pair_quality", "pair_seconds")
    }
    demand = np.concatenate([problem.demand_kwh_day, rng.integers(1, 20, problem.n_cells)])
    demand[-1] = 0.0
    return replace(
        problem,
        demand_kwh_day=demand,
        competitor_kwh_day=np.zeros(len(demand)),
        pair_cell=np.concatenate([problem.pair_cell, problem.pair_cell + problem.n_cells])[order],
        **twice,
    )


def solve_by_brute_force(problem: PlanProblem) -> float | None:
    """Best objective over every choice of levels; None when no choice keeps the limits.

    The most promising choices come first, so that few linear programs are needed.
    """
    best = None
    bounded = [(bound_choice(problem, level_pos), level_pos) for level_pos in list_choices(problem)]
    for bound, level_pos in sorted(bounded, key=lambda each: -each[0]):
        if best is not None and bound <= best + 1e-9:
            break
        value = serve_best(problem, level_pos)
        best = value if best is None else max(best, value)
    return best


def list_affordable(problem: PlanProblem) -> Iterator[tuple[int, ...]]:
    """Every choice of levels, as a tuple, that keeps the budget, the count and the required sites."""
    existing = problem.is_forced_open & ~problem.is_counted
    options = []
    for site in range(problem.n_sites):
        levels = [] if existing[site] else np.flatnonzero(problem.level_allowed[site]).tolist()
        must = problem.is_forced_open[site] and not existing[site]
        options.append(levels if must else [-1, *levels])
    for choice in itertools.product(*options):
        level_pos = np.array(choice)
        new = np.flatnonzero(level_pos >= 0)
        if problem.level_cost_pkr[new, level_pos[new]].sum() > problem.budget_pkr:
            continue
        if 0 <= problem.max_sites < len(new):
            continue
        yield choice


def list_choices(problem: PlanProblem) -> list[np.ndarray]:
    """Every choice of levels within the limits to which no single larger choice can be preferred."""
    feasible = set(list_affordable(problem))

    def can_grow(choice: tuple[int, ...]) -> bool:  # capacity rises with the level, so it serves no less
        return any(
            (*choice[:site], larger, *choice[site + 1 :]) in feasible
            for site in range(problem.n_sites)
            for larger in range(choice[site] + 1, problem.level_allowed.shape[1])
        )

    return [np.array(choice) for choice in sorted(feasible) if not can_grow(choice)]


def bound_choice(problem: PlanProblem, level_pos: np.ndarray) -> float:
    """No more than the best worth of all demand in reach, and no more than all stations deliver."""
    is_open = (problem.is_forced_open & ~problem.is_counted) | (level_pos >= 0)
    new = np.flatnonzero(level_pos >= 0)
    capacity = problem.existing_capacity_kwh_day.sum()
    capacity += problem.level_capacity_kwh_day[new, level_pos[new]].sum()
    pairs = np.flatnonzero(is_open[problem.pair_site])
    best = np.zeros(problem.n_cells)
    np.maximum.at(best, problem.pair_cell[pairs], problem.pair_quality[pairs])
    return float(min(best @ problem.demand_kwh_day, capacity))


def serve_best(problem: PlanProblem, level_pos: np.ndarray) -> float:
    """Most that these stations can serve."""
    existing = problem.is_forced_open & ~problem.is_counted
    is_open = existing | (level_pos >= 0)
    pairs = np.flatnonzero(is_open[problem.pair_site])
    capacity = problem.existing_capacity_kwh_day.copy()
    capacity[level_pos >= 0] = problem.level_capacity_kwh_day[level_pos >= 0, level_pos[level_pos >= 0]]
    if problem.mode is PlanMode.COVER:
        best = np.zeros(problem.n_cells)
        np.maximum.at(best, problem.pair_cell[pairs], problem.pair_quality[pairs])
        return float(best @ problem.demand_kwh_day)
    if np.all(problem.pair_quality == 1.0):
        return cut_capacity(problem, np.flatnonzero(is_open), capacity)
    return transport(problem, pairs, capacity)


def cut_capacity(problem: PlanProblem, open_sites: np.ndarray, capacity: np.ndarray) -> float:
    """Most that can flow from cells to sites, the smallest cut over all sets of sites (Ford, Fulkerson)."""
    smallest = np.inf
    for size in range(len(open_sites) + 1):
        for full in itertools.combinations(open_sites.tolist(), size):
            rest = sorted(set(open_sites.tolist()) - set(full))
            reached = np.unique(problem.pair_cell[np.isin(problem.pair_site, rest)])
            smallest = min(smallest, capacity[list(full)].sum() + problem.demand_kwh_day[reached].sum())
    return float(smallest)


def transport(problem: PlanProblem, pairs: np.ndarray, capacity: np.ndarray) -> float:
    """Most that can flow when pairs differ in worth: a transport problem by the simplex of SciPy."""
    if len(pairs) == 0:
        return 0.0
    cell, site = problem.pair_cell[pairs], problem.pair_site[pairs]
    rows = np.vstack(
        [
            (np.arange(problem.n_cells)[:, None] == cell).astype(float),
            (np.arange(problem.n_sites)[:, None] == site).astype(float),
        ]
    )
    limits = np.concatenate([problem.demand_kwh_day, capacity])
    return float(-linprog(-problem.pair_quality[pairs], A_ub=rows, b_ub=limits).fun)


def make_hard_problem(n_cells: int = 400, n_sites: int = 80, seed: int = 3) -> PlanProblem:
    """A city in the unit square whose proof takes HiGHS far longer than a test: levels and a budget."""
    rng = np.random.default_rng(seed)
    cell_xy, site_xy = rng.random((n_cells, 2)), rng.random((n_sites, 2))
    distance = np.linalg.norm(cell_xy[:, None] - site_xy[None, :], axis=2)
    cell, site = np.nonzero(distance < 0.22)
    levels = np.array([1, 2, 4, 6])
    cost = rng.integers(20, 60, n_sites)[:, None] + 11.0 * levels[None, :]
    return PlanProblem(
        mode=PlanMode.ALLOCATE,
        demand_kwh_day=rng.lognormal(1.0, 1.0, n_cells),
        competitor_kwh_day=np.zeros(n_cells),
        pair_cell=cell,
        pair_site=site,
        pair_quality=np.where(distance[cell, site] < 0.12, 1.0, 0.7),
        pair_seconds=2000.0 * distance[cell, site],
        is_open_allowed=np.ones(n_sites, bool),
        is_forced_open=np.zeros(n_sites, bool),
        is_counted=np.ones(n_sites, bool),
        level_chargers=levels,
        level_allowed=np.ones((n_sites, 4), bool),
        level_cost_pkr=cost,
        level_capacity_kwh_day=np.tile(17.0 * levels, (n_sites, 1)),
        existing_capacity_kwh_day=np.zeros(n_sites),
        existing_chargers=np.zeros(n_sites, np.int64),
        budget_pkr=3.75 * n_cells,
        max_sites=-1,
        nearest_sites=0,
    )
