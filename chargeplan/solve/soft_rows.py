"""Which rows of a linear model speak of limits that may give way, kind by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, Ints, LinearModel
    from chargeplan.records import PlanProblem


class Limit(StrEnum):
    """Kinds of limits that may give way, one at a time."""

    BUDGET = "budget"
    COUNT = "count"
    FLOOR = "floor"
    GINI = "gini"
    BACKUP = "backup"
    GRID = "grid"
    SPACING = "spacing"
    AREA = "area"
    TOTAL = "total"
    STATION = "station"
    POWER = "power"
    BAYS = "bays"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, eq=False)
class SoftRows:
    """Rows of one kind of limit, each with the thing it speaks of.

    Parameters
    ----------
    limit : Limit
    row : ndarray of int64, shape (n,)
        Rows of the linear model; of columns for `Limit.REQUIRED`.
    item : ndarray of int64, shape (n,)
        What gives way in the row: year, zone, asset, clique, area, total, rule or site.
    """

    limit: Limit
    row: Ints
    item: Ints


def list_soft_rows(problem: PlanProblem, model: LinearModel) -> list[SoftRows]:
    """List the limits of a model that may give way."""
    staging, limits = problem.staging, problem.limits
    n_years, n_sites = staging.n_years, problem.n_sites
    found = []

    def take(limit: Limit, rows: Ints, item: Ints | Floats) -> None:
        if len(rows):
            found.append(SoftRows(limit, rows, np.asarray(item, dtype=np.int64)))

    def take_family(limit: Limit, family: str, find_item: Callable[[Ints], Ints | Floats]) -> None:
        rows = model.find_rows(family)
        take(limit, rows, find_item(model.row_number[rows]))

    take_family(Limit.BUDGET, "budget", lambda number: number)
    take_family(Limit.COUNT, "count", lambda number: number)
    equity = model.find_rows("equity")
    if len(equity):
        n_zones = _count_zones(problem)
        number, size = model.row_number[equity], n_years * n_zones
        is_floor = (number >= size) & (number < 2 * size)
        take(Limit.FLOOR, equity[is_floor], (number[is_floor] - size) % n_zones)
        is_gini = number >= 3 * size + n_years * n_zones * (n_zones - 1)
        take(Limit.GINI, equity[is_gini], np.zeros(int(is_gini.sum())))
    backup = model.find_rows("backup")
    is_share = model.row_number[backup] >= n_years * problem.n_cells
    take(Limit.BACKUP, backup[is_share], np.zeros(int(is_share.sum())))
    take_family(Limit.GRID, "grid", lambda number: number % max(len(limits.asset_parent), 1))
    take_family(Limit.SPACING, "spacing", lambda number: number)
    rules = model.find_rows("rules")
    number, n_sets = model.row_number[rules], len(limits.cover_least)
    n_fixed = n_sets + len(limits.total_least) * n_years
    is_area, is_total = number < n_sets, (number >= n_sets) & (number < n_fixed)
    take(Limit.AREA, rules[is_area], number[is_area])
    take(Limit.TOTAL, rules[is_total], number[is_total] - n_sets)
    is_station = number >= n_fixed
    take(Limit.STATION, rules[is_station], (number[is_station] - n_fixed) // (n_years * n_sites))
    take_family(Limit.POWER, "power", lambda number: np.zeros(len(number)))
    take_family(Limit.BAYS, "bays", lambda number: number % n_sites)
    opens = model.find_columns("open")
    forced = opens[model.column_lower[opens] > 0]
    take(Limit.REQUIRED, forced, model.column_number[forced] % n_sites)
    return found


def _count_zones(problem: PlanProblem) -> int:
    limits = problem.limits
    return max(int(limits.cell_zone.max(initial=-1)) + 1, len(limits.zone_floor_share))
