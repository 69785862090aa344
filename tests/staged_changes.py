"""Changes of a problem with years, types, groups and limits whose effect on the optimum is known.

As in `problem_changes`, everything goes by the axes of the arrays: a new array of `PlanStages` or
`PlanLimits` needs a line here and nothing else.
"""

import itertools
from dataclasses import fields, replace

import numpy as np
import problem_changes as changes

from chargeplan.plan_limits import PlanLimits

# Axes of every array of the stages and limits, "" for those of no place.
STAGE_AXES = {
    "year_weight": ("year",),
    "year_budget_pkr": ("year",),
    "year_max_sites": ("year",),
    "charger_kw": ("type",),
    "can_use": ("group", "type"),
    "unit_kwh_day": ("year", "cell", "group"),
    "open_cost_pkr": ("site",),
}
LIMIT_AXES = {
    "bays": ("site",),
    "largest_kw": ("site",),
    "site_asset": ("site",),
    "asset_parent": ("asset",),
    "asset_headroom_kw": ("asset",),
    "asset_step_kw": ("asset",),
    "asset_step_pkr": ("asset",),
    "asset_max_steps": ("asset",),
    "clique_start": ("set",),
    "clique_site": ("member of clique",),
    "cover_start": ("set",),
    "cover_site": ("member of cover",),
    "cover_least": ("set",),
    "cover_year_pos": ("set",),
    "total_amount": ("total", "type"),
    "total_least": ("total", "year"),
    "station_amount": ("rule", "type"),
    "station_least": ("rule", "site"),
    "cell_zone": ("cell",),
    "zone_floor_share": ("zone",),
}
SETS = ("clique", "cover")
GRID = ("site_asset", "asset_parent", "asset_headroom_kw", "asset_step_kw", "asset_step_pkr")
GRID += ("asset_max_steps",)
SLOT_ARRAYS = ("level_allowed", "level_cost_pkr", "level_capacity_kwh_day")
SLOT_ARRAYS += ("existing_capacity_kwh_day", "existing_chargers")


def list_arrays(record) -> set[str]:
    return {each.name for each in fields(record) if isinstance(getattr(record, each.name), np.ndarray)}


def take(problem, axis: str, rows):
    """New row r of cells or sites is old row rows[r], in the problem, its stages and its limits."""
    rows = np.asarray(rows, dtype=np.int64)
    stages = take_arrays(problem.staging, STAGE_AXES, axis, rows)
    limits = take_arrays(problem.limits, LIMIT_AXES, axis, rows)
    if axis == "site":
        limits = take_members(limits, rows)
    n_types = problem.staging.n_types
    bare = replace(problem, stages=None, **(hide_types(problem) if n_types > 1 else {}))
    taken = changes.take(replace(bare, limits=PlanLimits()), axis, rows)
    slots = {}
    if n_types > 1:
        picked = (rows[:, None] * n_types + np.arange(n_types)).ravel()
        picked = picked if axis == "site" else np.arange(len(problem.level_cost_pkr))
        slots = {name: getattr(problem, name)[picked] for name in SLOT_ARRAYS}
    return replace(taken, stages=stages, limits=limits, **slots)


def hide_types(problem) -> dict:
    """Slots of the first type only, so that there is one per site while rows are taken."""
    return {name: getattr(problem, name)[:: problem.staging.n_types] for name in SLOT_ARRAYS}


def take_arrays(record, axes, axis, rows):
    taken = {}
    for name, on in axes.items():
        values = getattr(record, name)
        if axis in on and values.size:
            taken[name] = np.take(values, rows, axis=on.index(axis))
    return replace(record, **taken)


def take_members(limits, rows):
    """Sets of sites follow their sites; a site that is left out leaves its sets."""
    place = {int(old): new for new, old in enumerate(rows)}
    given = {}
    for kind in SETS:
        start, site = getattr(limits, f"{kind}_start"), getattr(limits, f"{kind}_site")
        members = [
            [place[old] for old in site[a:b].tolist() if old in place]
            for a, b in itertools.pairwise(start.tolist())
        ]
        given[f"{kind}_start"] = np.cumsum([0, *map(len, members)]).astype(np.int64)
        given[f"{kind}_site"] = np.array([site for each in members for site in each], dtype=np.int64)
    return replace(limits, **given)


def raise_a_budget(problem, rng):
    stages = problem.staging
    budgets = stages.year_budget_pkr.copy()
    budgets[rng.integers(stages.n_years)] += float(rng.integers(1, 12))
    return set_budgets(problem, budgets)


def bring_money_forward(problem):
    stages = problem.staging
    budgets = np.zeros(stages.n_years)
    budgets[0] = stages.year_budget_pkr.sum()
    if np.isinf(budgets[0]):
        budgets[:] = np.inf
    return set_budgets(problem, budgets)


def set_budgets(problem, budgets):
    stages = replace(problem.staging, year_budget_pkr=budgets)
    return replace(problem, stages=stages, budget_pkr=float(budgets.sum()))


def leave_out_a_candidate(problem, rng):
    """Without the site nothing may stand there; nobody else is nearer for it."""
    free = np.flatnonzero(~problem.is_forced_open)
    if not len(free):
        return problem
    return take(problem, "site", np.delete(np.arange(problem.n_sites), rng.choice(free)))


def split_a_cell(problem, rng):
    cell = int(rng.integers(problem.n_cells))
    return scale_demand(take(problem, "cell", [*range(problem.n_cells), cell]), [cell, -1], 0.5)


def add_an_empty_cell(problem, rng):
    cell = int(rng.integers(problem.n_cells))
    return scale_demand(take(problem, "cell", [*range(problem.n_cells), cell]), [-1], 0.0)


def scale_demand(problem, cells, factor):
    unit = problem.staging.unit_kwh_day.copy()
    unit[:, cells] *= factor
    return replace(
        problem,
        demand_kwh_day=unit[-1].sum(axis=1),
        stages=replace(problem.staging, unit_kwh_day=unit),
    )


def relax(problem, family: str):
    """Ask less of one family."""
    limits = problem.limits
    relaxed = {
        "floor": {"zone_floor_share": 0.5 * limits.zone_floor_share},
        "gini": {"gini_cap": 2.0 * limits.gini_cap},
        "backup": {"backup_share": 0.5 * limits.backup_share},
        "power": {"largest_kw": limits.largest_kw + 25.0},
        "bays": {"bays": limits.bays + 1},
        "pool": {"station_least": 0.5 * limits.station_least},
        "spacing": {"clique_start": np.zeros(1, np.int64), "clique_site": np.zeros(0, np.int64)},
        "grid": {"asset_headroom_kw": limits.asset_headroom_kw + 20.0},
    }
    return replace(problem, limits=replace(limits, **relaxed[family]))


def keep_the_last_year(problem):
    """All money at once, and the limits of the last year."""
    stages, limits = problem.staging, problem.limits
    return replace(
        problem,
        stages=replace(
            stages,
            years=stages.years[-1:],
            year_weight=np.ones(1),
            year_budget_pkr=np.array([stages.year_budget_pkr.sum()]),
            year_max_sites=stages.year_max_sites[-1:],
            unit_kwh_day=stages.unit_kwh_day[-1:],
        ),
        limits=replace(
            limits,
            cover_year_pos=np.zeros_like(limits.cover_year_pos),
            total_least=limits.total_least[:, -1:],
        ),
    )


def repeat_the_year(problem, n_years: int):
    """The same year so many times, all money in the first."""
    stages, limits = problem.staging, problem.limits
    budgets = np.zeros(n_years)
    budgets[0] = stages.year_budget_pkr[0]
    if np.isinf(budgets[0]):
        budgets[:] = np.inf
    return replace(
        problem,
        stages=replace(
            stages,
            years=tuple(range(2026, 2026 + n_years)),
            year_weight=np.full(n_years, 1.0 / n_years),
            year_budget_pkr=budgets,
            year_max_sites=np.tile(stages.year_max_sites, n_years),
            unit_kwh_day=np.tile(stages.unit_kwh_day, (n_years, 1, 1)),
        ),
        limits=replace(
            limits,
            total_least=np.tile(limits.total_least, (1, n_years))
            if limits.total_least.size
            else limits.total_least,
        ),
    )


def add_a_useless_type(problem, *, is_forbidden: bool):
    """A second type of charger that no group can use, or that fits nowhere, cheap and strong."""
    stages, limits = problem.staging, problem.limits

    def follow(values, new):
        return np.stack([values, np.broadcast_to(new, values.shape)], axis=1).reshape(-1, *values.shape[1:])

    more_types = {}
    if limits.total_amount.size:  # a type that counts for a rule would not be useless
        more_types["total_amount"] = np.hstack([limits.total_amount, np.zeros((len(limits.total_amount), 1))])
    if limits.station_amount.size:
        more_types["station_amount"] = np.hstack(
            [limits.station_amount, np.zeros((len(limits.station_amount), 1))]
        )
    usable = np.zeros((stages.n_groups, 1), bool) if is_forbidden else np.ones((stages.n_groups, 1), bool)
    allowed = problem.level_allowed if is_forbidden else np.zeros_like(problem.level_allowed)
    return replace(
        problem,
        level_allowed=follow(problem.level_allowed, allowed),
        level_cost_pkr=follow(problem.level_cost_pkr, 0.5 * problem.level_cost_pkr),
        level_capacity_kwh_day=follow(problem.level_capacity_kwh_day, 3 * problem.level_capacity_kwh_day),
        existing_capacity_kwh_day=follow(problem.existing_capacity_kwh_day, 0.0),
        existing_chargers=follow(problem.existing_chargers, 0),
        stages=replace(
            stages,
            charger_kw=np.append(stages.charger_kw, 50.0),
            can_use=np.hstack([stages.can_use, usable]),
        ),
        limits=replace(limits, **more_types),
    )
