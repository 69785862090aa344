"""Changes of a planning problem whose effect on the optimum is known beforehand.

Everything goes by the axes of the arrays, so that a new array of `PlanProblem` needs a line in
`AXES` (and in `INDEX_OF` when it holds positions) and no new function.
"""

from dataclasses import fields, replace

import numpy as np

from chargeplan.records import PlanProblem

# First axis of every array; "level" alone never changes.
AXES = {
    "demand_kwh_day": "cell",
    "competitor_kwh_day": "cell",
    "pair_cell": "pair",
    "pair_site": "pair",
    "pair_quality": "pair",
    "pair_seconds": "pair",
    "is_open_allowed": "site",
    "is_forced_open": "site",
    "is_counted": "site",
    "level_chargers": "level",
    "level_allowed": "site",
    "level_cost_pkr": "site",
    "level_capacity_kwh_day": "site",
    "existing_capacity_kwh_day": "site",
    "existing_chargers": "site",
}
INDEX_OF = {"pair_cell": "cell", "pair_site": "site"}
ENERGY = ("demand_kwh_day", "competitor_kwh_day")
MONEY = ("level_cost_pkr",)


def list_arrays(problem: PlanProblem) -> list[str]:
    return [each.name for each in fields(problem) if isinstance(getattr(problem, each.name), np.ndarray)]


def count(problem: PlanProblem, axis: str) -> int:
    return len(getattr(problem, next(name for name, on in AXES.items() if on == axis)))


def take(problem: PlanProblem, axis: str, rows) -> PlanProblem:
    """New row r of an axis is old row rows[r]: to reorder, to leave out, to repeat; pairs follow."""
    rows = np.asarray(rows, dtype=np.int64)
    pairs = np.arange(problem.n_pairs)
    changes = {name: getattr(problem, name)[rows] for name, on in AXES.items() if on == axis}
    index = next((name for name, on in INDEX_OF.items() if on == axis), None)
    if index is not None:
        old = getattr(problem, index)
        pairs, new = np.nonzero(old[:, None] == rows[None, :])
        changes |= {name: getattr(problem, name)[pairs] for name, on in AXES.items() if on == "pair"}
        changes[index] = new
    return sort_pairs(replace(problem, **changes))


def sort_pairs(problem: PlanProblem) -> PlanProblem:
    order = np.lexsort((problem.pair_site, problem.pair_cell))
    return replace(
        problem, **{name: getattr(problem, name)[order] for name, on in AXES.items() if on == "pair"}
    )


def keep_pairs(problem: PlanProblem, kept) -> PlanProblem:
    return replace(
        problem, **{name: getattr(problem, name)[kept] for name, on in AXES.items() if on == "pair"}
    )


def shuffle(problem: PlanProblem, rng) -> PlanProblem:
    for axis in ("cell", "site"):
        problem = take(problem, axis, rng.permutation(count(problem, axis)))
    return problem


def raise_budget(problem: PlanProblem, rng) -> PlanProblem:
    return replace(problem, budget_pkr=problem.budget_pkr * (1 + rng.random()))


def leave_out_a_candidate(problem: PlanProblem, rng) -> PlanProblem:
    free = np.flatnonzero(~problem.is_forced_open)
    if not len(free):
        return problem
    return take(problem, "site", np.delete(np.arange(problem.n_sites), rng.choice(free)))


def scale_money(problem: PlanProblem, factor: float) -> PlanProblem:
    changes = {name: getattr(problem, name) * factor for name in MONEY}
    return replace(problem, budget_pkr=problem.budget_pkr * factor, **changes)


def split_a_cell(problem: PlanProblem, rng) -> PlanProblem:
    cell = int(rng.integers(problem.n_cells))
    split = take(problem, "cell", [*range(problem.n_cells), cell])
    changes = {}
    for name in ENERGY:
        changes[name] = getattr(split, name).copy()
        changes[name][[cell, -1]] /= 2
    return replace(split, **changes)


def add_an_empty_cell(problem: PlanProblem, rng) -> PlanProblem:
    more = take(problem, "cell", [*range(problem.n_cells), int(rng.integers(problem.n_cells))])
    changes = {}
    for name in ENERGY:
        changes[name] = getattr(more, name).copy()
        changes[name][-1] = 0.0
    return replace(more, **changes)


def shorten_limit(problem: PlanProblem, rng) -> PlanProblem:
    return keep_pairs(problem, problem.pair_seconds <= rng.choice(problem.pair_seconds))


def fix_answer(problem: PlanProblem, level_pos) -> PlanProblem:
    """Only the stations of a plan, at their levels, and all of them required."""
    is_new = level_pos >= 0
    allowed = np.zeros_like(problem.level_allowed)
    allowed[is_new, level_pos[is_new]] = True
    existing = problem.is_forced_open & ~problem.is_counted
    return replace(
        problem, level_allowed=allowed, is_forced_open=is_new | existing, is_open_allowed=is_new | existing
    )
