"""Random tiny problems with years, charger types, groups and every family of limits, and their optimum.

The truth is found by trying every choice of stations that is never taken down, with the limits
written anew from docs/explanation/model.md in plain loops, and a linear program for who is served.
"""

import functools
import itertools

import numpy as np
from scipy.optimize import linprog

from chargeplan.plan_limits import PlanLimits
from chargeplan.records import PlanProblem, PlanStages
from chargeplan.words import PlanMode, PlanObjective

QUALITIES = (1.0, 0.6, 0.25)
FAMILIES = (
    "years",
    "types",
    "bays",
    "power",
    "grid",
    "spacing",
    "cells",
    "points",
    "pool",
    "floor",
    "gini",
    "worst",
    "backup",
)


def make_staged_problem(seed: int, families: tuple[str, ...] | None = None) -> PlanProblem:
    """2 or 3 sites, 3 to 5 cells, 1 or 2 years, types, groups and levels, and the families that were drawn."""
    rng = np.random.default_rng([seed, 77])
    if families is None:
        families = tuple(name for name in FAMILIES if rng.random() < 0.25)
    has = set(families)
    n_sites, n_cells = int(rng.integers(2, 4)), int(rng.integers(3, 6))
    n_years = 2 if "years" in has else 1
    n_types = 2 if "types" in has else 1
    levels = np.array([1, 2])[: 1 if n_years * n_types == 4 and n_sites == 3 else 2]
    n_slots = n_sites * n_types
    can_use = np.array([[True, False], [True, True]]) if n_types == 2 else np.array([[True]])
    n_groups = len(can_use)
    cell, site = np.nonzero(rng.random((n_cells, n_sites)) < 0.7)
    kind = rng.choice(["candidate", "existing", "required"], n_sites, p=[0.76, 0.14, 0.1])
    existing, required = kind == "existing", kind == "required"
    allowed = (rng.random((n_slots, len(levels))) < 0.9) & ~np.repeat(existing, n_types)[:, None]
    for each in np.flatnonzero(required):
        allowed[each * n_types, 0] = True
    charger_kw = np.array([10.0, 25.0])[:n_types]
    slot_kw = np.tile(charger_kw, n_sites)
    unit = rng.integers(0, 30, (n_years, n_cells, n_groups)).astype(float)
    unit = np.sort(unit, axis=0)  # demand grows
    cost = levels[None, :] * np.tile(rng.integers(2, 6, n_types), n_sites)[:, None].astype(float)
    cost[np.repeat(existing, n_types)] = 0.0
    opening = np.where(existing, 0.0, rng.integers(1, 8, n_sites)).astype(float)
    is_limited = rng.random() < 0.8
    budgets = rng.integers(5, 25, n_years).astype(float) if is_limited else np.full(n_years, np.inf)
    most = np.sort(rng.integers(1, n_sites + 1, n_years)) if rng.random() < 0.4 else np.full(n_years, -1)
    weight = rng.integers(1, 4, n_years).astype(float)
    standing = np.zeros(n_slots)
    standing[np.flatnonzero(existing) * n_types] = 17.0
    return PlanProblem(
        mode=PlanMode.ALLOCATE,
        demand_kwh_day=unit[-1].sum(axis=1),
        competitor_kwh_day=np.zeros(n_cells),
        pair_cell=cell,
        pair_site=site,
        pair_quality=rng.choice(QUALITIES, len(cell)),
        pair_seconds=rng.integers(60, 600, len(cell)).astype(float),
        is_open_allowed=existing | allowed.reshape(n_sites, -1).any(axis=1),
        is_forced_open=existing | required,
        is_counted=~existing,
        level_chargers=levels,
        level_allowed=allowed,
        level_cost_pkr=cost,
        level_capacity_kwh_day=1.2 * slot_kw[:, None] * levels[None, :],
        existing_capacity_kwh_day=standing,
        existing_chargers=(standing > 0).astype(np.int64),
        budget_pkr=float(budgets.sum()),
        max_sites=int(most[-1]),
        nearest_sites=0,
        stages=PlanStages(
            years=tuple(range(2026, 2026 + n_years)),
            year_weight=weight / weight.sum(),
            year_budget_pkr=budgets,
            year_max_sites=most.astype(np.int64),
            charger_kw=charger_kw,
            can_use=can_use,
            unit_kwh_day=unit,
            open_cost_pkr=opening,
        ),
        limits=_draw_limits(rng, has, n_sites, n_cells, n_years, n_types),
        objective=PlanObjective.WORST_ZONE if "worst" in has else PlanObjective.SERVED,
    )


def _draw_limits(rng, has, n_sites, n_cells, n_years, n_types):
    chosen = {}
    if "bays" in has:
        chosen["bays"] = rng.integers(1, 4, n_sites)
    if "power" in has:
        chosen["largest_kw"] = rng.choice([10.0, 20.0, 35.0, 50.0, np.inf], n_sites)
    if "pool" in has:
        chosen["station_amount"] = np.array([[10.0, 25.0], [0.0, 1.0]])[:n_types, :n_types]
        least = [rng.choice([0.0, 20.0, 25.0], n_sites), rng.choice([0.0, 1.0], n_sites, p=[0.8, 0.2])]
        chosen["station_least"] = np.array(least)[:n_types]
    if "grid" in has:
        chosen |= {
            "site_asset": rng.integers(-1, 3, n_sites),
            "asset_parent": np.array([-1, 0, 0]),
            "asset_headroom_kw": rng.choice([np.nan, 10.0, 20.0, 45.0], 3),
            "asset_step_kw": np.array([15.0, 10.0, 0.0]),
            "asset_step_pkr": np.array([4.0, 2.0, 0.0]),
            "asset_max_steps": np.array([1, 2, 0]),
        }
    if "spacing" in has:
        chosen |= {"clique_start": np.array([0, 2]), "clique_site": np.array([0, 1])}
    if "cells" in has:
        members = np.flatnonzero(rng.random(n_sites) < 0.6)
        chosen |= {
            "cover_start": np.array([0, len(members)]),
            "cover_site": members,
            "cover_least": rng.integers(1, 3, 1),
            "cover_year_pos": rng.integers(0, n_years, 1),
        }
    if "points" in has:
        chosen["total_amount"] = np.array([[1.0] * n_types, [10.0, 25.0][:n_types]])
        chosen["total_least"] = np.sort(
            rng.choice([0.0, 1.0, 2.0, 20.0], (2, n_years), p=[0.3, 0.4, 0.2, 0.1])
        )
    if has & {"floor", "gini", "worst"}:
        chosen["cell_zone"] = np.arange(n_cells) % 2
    if "floor" in has:
        chosen["zone_floor_share"] = rng.choice([0.0, 0.2, 0.4], 2)
    if "gini" in has:
        chosen["gini_cap"] = float(rng.choice([0.02, 0.1, 0.3]))
    if "backup" in has:
        chosen["backup_share"] = float(rng.choice([0.2, 0.5]))
    return PlanLimits(**chosen)


@functools.cache
def solve_seed(seed: int, families: tuple[str, ...] | None = None) -> tuple[PlanProblem, float | None]:
    """Make a problem and solve it by brute force, once for all tests."""
    problem = make_staged_problem(seed, families)
    return problem, solve_by_brute_force(problem)


def solve_by_brute_force(problem: PlanProblem) -> float | None:
    """Best objective over every choice of stations; None when none keeps the limits.

    The most promising choices come first, so that few linear programs are needed.
    """
    best = None
    bounded = [(bound_choice(problem, choice), choice) for choice in list_choices(problem)]
    for bound, choice in sorted(bounded, key=lambda each: -each[0]):
        if best is not None and bound <= best + 1e-9:
            break
        value = serve_best(problem, choice)
        if value is not None and (best is None or value > best):
            best = value
    return best


def list_choices(problem: PlanProblem):
    """Levels by year and slot that keep every limit on stations; -1 is no charger of the type."""
    staging = problem.staging
    existing = problem.is_forced_open & ~problem.is_counted
    required = problem.is_forced_open & problem.is_counted
    paths = []
    for site in range(problem.n_sites):
        options = []
        for kind in range(staging.n_types):
            slot = site * staging.n_types + kind
            fitting = np.flatnonzero(problem.level_allowed[slot]).tolist()
            options.append([-1] if existing[site] or not problem.is_open_allowed[site] else [-1, *fitting])
        states = [state for state in itertools.product(*options) if fits_site(problem, site, state)]
        if required[site]:
            states = [state for state in states if max(state) >= 0]
        ways = itertools.product(states, repeat=staging.n_years)
        paths.append(
            [way for way in ways if all(np.all(np.less_equal(a, b)) for a, b in itertools.pairwise(way))]
        )
    for ways in itertools.product(*paths):
        levels = np.array(ways).transpose(1, 0, 2)  # year, site, type
        if keeps_station_limits(problem, levels):
            yield levels


def fits_site(problem: PlanProblem, site: int, state: tuple[int, ...]) -> bool:
    limits = problem.limits
    chargers = [int(problem.level_chargers[level]) if level >= 0 else 0 for level in state]
    if sum(chargers) == 0:
        return True
    kw = sum(n * p for n, p in zip(chargers, problem.staging.charger_kw.tolist(), strict=True))
    if len(limits.bays) and sum(chargers) > limits.bays[site]:
        return False
    if len(limits.largest_kw) and kw > limits.largest_kw[site]:
        return False
    return all(
        sum(n * a for n, a in zip(chargers, amount, strict=True)) >= least[site]
        for amount, least in zip(limits.station_amount.tolist(), limits.station_least.tolist(), strict=True)
    )


def keeps_station_limits(problem: PlanProblem, levels: np.ndarray) -> bool:
    staging, limits = problem.staging, problem.limits
    existing = problem.is_forced_open & ~problem.is_counted
    money = 0.0
    steps_before = np.zeros(len(limits.asset_parent), int)
    for year in range(staging.n_years):
        now = levels[year]
        is_open = (now >= 0).any(axis=1)
        n = np.where(now >= 0, problem.level_chargers[np.maximum(now, 0)], 0)
        money += staging.year_budget_pkr[year]
        spent = staging.open_cost_pkr[is_open].sum()
        spent += sum(
            problem.level_cost_pkr[site * staging.n_types + kind, now[site, kind]]
            for site, kind in zip(*np.nonzero(now >= 0), strict=True)
        )
        kw = n @ staging.charger_kw
        for asset in range(len(limits.asset_parent)):
            if np.isnan(limits.asset_headroom_kw[asset]):
                continue
            below = [site for site in range(problem.n_sites) if is_fed(limits, site, asset)]
            missing = kw[below].sum() - limits.asset_headroom_kw[asset]
            if missing > 0:
                if limits.asset_step_kw[asset] <= 0:
                    return False
                steps_before[asset] = max(
                    steps_before[asset], int(np.ceil(missing / limits.asset_step_kw[asset]))
                )
                if steps_before[asset] > limits.asset_max_steps[asset]:
                    return False
        spent += float(steps_before @ limits.asset_step_pkr) if len(steps_before) else 0.0
        if spent > money + 1e-9:
            return False
        if 0 <= staging.year_max_sites[year] < is_open.sum():
            return False
        for amount, least in zip(limits.total_amount, limits.total_least, strict=True):
            if (n @ amount).sum() < least[year]:
                return False
        for number, (start, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
            stands = (is_open | existing)[limits.cover_site[start:end]]
            if year >= limits.cover_year_pos[number] and stands.sum() < limits.cover_least[number]:
                return False
    for start, end in itertools.pairwise(limits.clique_start.tolist()):
        if is_open[limits.clique_site[start:end]].sum() > 1:
            return False
    return all(has_backup(problem, levels[year], year) for year in range(staging.n_years))


def is_fed(limits: PlanLimits, site: int, asset: int) -> bool:
    at = int(limits.site_asset[site])
    while at >= 0:
        if at == asset:
            return True
        at = int(limits.asset_parent[at])
    return False


def has_backup(problem: PlanProblem, now: np.ndarray, year: int) -> bool:
    if problem.limits.backup_share <= 0:
        return True
    existing = problem.is_forced_open & ~problem.is_counted
    stands = (now >= 0).any(axis=1) | (
        existing & (problem.existing_chargers.reshape(problem.n_sites, -1).sum(axis=1) > 0)
    )
    n_open = np.bincount(problem.pair_cell, stands[problem.pair_site], problem.n_cells)
    demand = problem.staging.unit_kwh_day[year].sum(axis=1)
    return demand[n_open >= 2].sum() >= problem.limits.backup_share * demand.sum() - 1e-9


def list_flows(problem: PlanProblem, levels: np.ndarray):
    """Year, pair, group, type of every flow that may be, and the capacity of each year and slot."""
    staging = problem.staging
    capacity = np.tile(problem.existing_capacity_kwh_day, (staging.n_years, 1))
    flows = []
    for year, pair in itertools.product(range(staging.n_years), range(problem.n_pairs)):
        site = problem.pair_site[pair]
        for group, kind in zip(*np.nonzero(staging.can_use), strict=True):
            slot = site * staging.n_types + kind
            level = levels[year, site, kind]
            if level >= 0:
                capacity[year, slot] = problem.level_capacity_kwh_day[slot, level]
            if capacity[year, slot] > 0 and staging.unit_kwh_day[year, problem.pair_cell[pair], group] > 0:
                flows.append((year, pair, group, kind))
    return flows, capacity


def bound_choice(problem: PlanProblem, levels: np.ndarray) -> float:
    """No more than the best worth of all demand in reach, and no more than all stations deliver, by year."""
    staging = problem.staging
    flows, capacity = list_flows(problem, levels)
    best = {}
    for year, pair, group, _ in flows:
        key = (year, problem.pair_cell[pair], group)
        best[key] = max(best.get(key, 0.0), problem.pair_quality[pair])
    if problem.objective is PlanObjective.WORST_ZONE:
        return bound_worst_zone(problem, list(best))
    worth = np.zeros(staging.n_years)
    for key, quality in best.items():
        worth[key[0]] += quality * staging.unit_kwh_day[key]
    return float(staging.year_weight @ np.minimum(worth, capacity.sum(axis=1)))


def bound_worst_zone(problem: PlanProblem, reached: list[tuple[int, int, int]]) -> float:
    """No zone gets more than what of it is in reach."""
    unit, zone_of = problem.staging.unit_kwh_day, problem.limits.cell_zone
    in_reach = np.zeros_like(unit)
    for key in reached:
        in_reach[key] = unit[key]
    share = 1.0
    for year, zone in itertools.product(range(len(unit)), range(2)):
        wanted = unit[year, zone_of == zone].sum()
        if wanted > 0 and zone in zone_of[problem.pair_cell]:
            share = min(share, in_reach[year, zone_of == zone].sum() / wanted)
    return share * float(problem.staging.year_weight @ unit.sum(axis=(1, 2)))


def serve_best(problem: PlanProblem, levels: np.ndarray) -> float | None:
    """Most that these stations can serve in kWh flows, with the limits on zones; None when impossible."""
    staging, limits = problem.staging, problem.limits
    flows, capacity = list_flows(problem, levels)
    demand = staging.unit_kwh_day
    zone_demand = np.zeros((staging.n_years, 2))
    if len(limits.cell_zone):
        for zone in range(2):
            zone_demand[:, zone] = demand[:, limits.cell_zone == zone].sum(axis=(1, 2))
    n_flows = len(flows)
    n_columns = n_flows + staging.n_years + 1  # differences of two zones by year, worst share
    rows, sides = [], []
    for year, cell, group in itertools.product(*map(range, demand.shape)):
        row = np.zeros(n_columns)
        for at, flow in enumerate(flows):
            row[at] = (flow[0], problem.pair_cell[flow[1]], flow[2]) == (year, cell, group)
        rows.append(row)
        sides.append(demand[year, cell, group])
    for year, slot in itertools.product(range(staging.n_years), range(len(problem.level_cost_pkr))):
        row = np.zeros(n_columns)
        for at, flow in enumerate(flows):
            row[at] = (flow[0], problem.pair_site[flow[1]] * staging.n_types + flow[3]) == (year, slot)
        rows.append(row)
        sides.append(capacity[year, slot])
    shares = np.zeros((staging.n_years, 2, n_columns))
    for at, (year, pair, _, _) in enumerate(flows):
        if len(limits.cell_zone):
            zone = limits.cell_zone[problem.pair_cell[pair]]
            shares[year, zone, at] = 1.0 / zone_demand[year, zone]
    for year, zone in itertools.product(range(staging.n_years), range(2)):
        if zone_demand[year, zone] <= 0:
            continue
        if len(limits.zone_floor_share):
            rows.append(-shares[year, zone])
            sides.append(-limits.zone_floor_share[zone])
        if problem.objective is PlanObjective.WORST_ZONE and zone in limits.cell_zone[problem.pair_cell]:
            row = -shares[year, zone]
            row[-1] = 1.0
            rows.append(row)
            sides.append(0.0)
    for year in range(staging.n_years):
        if not np.isfinite(limits.gini_cap) or np.any(zone_demand[year] <= 0):
            continue
        w = zone_demand[year] / zone_demand[year].sum()
        for sign in (1.0, -1.0):
            row = sign * (shares[year, 0] - shares[year, 1])
            row[n_flows + year] = -1.0
            rows.append(row)
            sides.append(0.0)
        row = -limits.gini_cap * (w[0] * shares[year, 0] + w[1] * shares[year, 1])
        row[n_flows + year] += w[0] * w[1]
        rows.append(row)
        sides.append(0.0)
    objective = np.zeros(n_columns)
    if problem.objective is PlanObjective.WORST_ZONE:
        objective[-1] = float(staging.year_weight @ demand.sum(axis=(1, 2)))
    else:
        for at, (year, pair, _, _) in enumerate(flows):
            objective[at] = staging.year_weight[year] * problem.pair_quality[pair]
    bounds = [(0, None)] * (n_columns - 1) + [(0, 1)]
    answer = linprog(-objective, A_ub=np.array(rows), b_ub=np.array(sides), bounds=bounds)
    return None if answer.x is None else float(-answer.fun)
