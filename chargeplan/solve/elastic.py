"""Limits that may give way, and the least by which one kind of them must.

A limit gets a slack column in each of its rows, and the weighted sum of these is made as small as it can be. What
is told is computed from the stations of the plan that comes out, not from the solver's slack.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import SolverError
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus

if TYPE_CHECKING:
    from chargeplan.linear_model import Bools, Floats, Ints, LinearModel
    from chargeplan.records import PlanProblem

RunMilp = Callable[..., MilpResult]
AskStop = Callable[[], bool]

_SERVING_ROWS = ("assign", "link", "capacity", "cover")
_SERVING_COLUMNS = ("serve", "cover")
_TOLERANCE = 1e-9
_LATER_IS_BETTER = 1e-4  # of two raises of the same size, the later year is named
_GAP = 1e-4
_POLICY_WEIGHT = 3.0  # a rule of policy gives way after the config's own numbers


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


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """How much a kind of limit gives way in a plan that keeps all others.

    Parameters
    ----------
    limits : tuple of Limit
    amount : dict of (Limit, int) to float
        Item and by how much, in the unit of its rows; only those that do.
    values : ndarray
        Integer columns of the plan, of the whole model.
    is_least : bool
        Whether the solver proved that less is not enough.
    """

    limits: tuple[Limit, ...]
    amount: dict[tuple[Limit, int], float]
    values: Floats
    is_least: bool


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


class Elastic:
    """A model whose limits may give way.

    Parameters
    ----------
    problem, model : PlanProblem, LinearModel
        Of which the solver said, and a second opinion confirmed, that there is no plan.
    run : callable
        Runs one MILP.
    limit_s : float
        Time for everything.
    threads, seed : int
    should_stop : callable
    """

    def __init__(
        self,
        problem: PlanProblem,
        model: LinearModel,
        *,
        run: RunMilp,
        limit_s: float,
        threads: int,
        seed: int,
        should_stop: AskStop,
    ) -> None:
        self.problem = problem
        self.run, self.threads, self.seed, self.should_stop = run, threads, seed, should_stop
        self.deadline = time.monotonic() + limit_s
        self.soft = {each.limit: each for each in list_soft_rows(problem, model)}
        self.unknown: list[tuple[Limit, ...]] = []
        self.whole = model
        self.columns = np.arange(model.n_columns)
        self.rows = np.arange(model.n_rows)
        if not self.soft.keys() & {Limit.FLOOR, Limit.GINI}:
            self._leave_out_serving()
        self.model = _take_part(model, self.rows, self.columns)

    @property
    def left_s(self) -> float:
        """Time that is left."""
        return self.deadline - time.monotonic()

    def _leave_out_serving(self) -> None:
        """Whether stations can stand does not depend on whom they serve when no zone asks for anything."""
        model = self.whole
        is_serving = np.zeros(model.n_columns, dtype=np.bool_)
        drop = np.zeros(model.n_rows, dtype=np.bool_)
        for family in _SERVING_COLUMNS:
            is_serving[model.find_columns(family)] = True
        for family in (*_SERVING_ROWS, "equity"):
            drop[model.find_rows(family)] = True
        self.columns, self.rows = np.flatnonzero(~is_serving), np.flatnonzero(~drop)

    def relieve(self, limits: tuple[Limit, ...], *, share: float = 1.0) -> Relief | None:
        """Let kinds of limits give way as little as can be; None when that brings no plan in the time.

        `unknown` collects the kinds of which the time did not tell whether they bring one.
        """
        model, n_hard = self._make_soft(limits)
        start = self._open_all(model, limits)
        result = self._solve(model, share, start=start)
        is_least = result is not None and result.status is MilpStatus.OPTIMAL
        if result is not None and result.integer_values is not None:
            values = result.integer_values.copy()
        elif result is not None and result.status is MilpStatus.INFEASIBLE:
            return None
        elif start is not None:
            values = np.where(model.is_integer, np.round(start), 0.0)
        else:
            self.unknown.append(limits)
            return None
        flows = self._fit_flows(model, values)
        if flows is None:
            return None
        amount = self._measure(limits, flows[:n_hard])
        whole = np.zeros(self.whole.n_columns)
        whole[self.columns] = values[:n_hard]
        return Relief(limits, amount, whole, is_least)

    def lower_together(self, limit: Limit) -> None:
        """Let all items of a kind give way by the same amount from now on."""
        soft = self.soft[limit]
        self.soft[limit] = replace(soft, item=np.zeros_like(soft.item))

    def is_possible(self, model: LinearModel, *, share: float = 1.0) -> bool:
        """Tell whether a changed model has a plan; False when that is not known in the time."""
        question = replace(model, objective=np.zeros(model.n_columns))
        result = self._solve(question, share)
        return result is not None and result.integer_values is not None

    def _open_all(self, model: LinearModel, limits: tuple[Limit, ...]) -> Floats | None:
        """Open everything at its largest, where that is a plan but for the money or the count."""
        if not set(limits) & {Limit.BUDGET, Limit.COUNT}:
            return None
        values = np.zeros(model.n_columns)
        for family in ("open", "step", "backup"):
            values[model.find_columns(family)] = 1.0
        level = model.find_columns("level")
        n_levels = self.problem.level_cost_pkr.shape[1]
        slot = model.column_number[level] // n_levels  # year and slot, rising with the level inside
        is_last = np.append(np.diff(slot) != 0, True) if len(level) else np.zeros(0, dtype=np.bool_)
        values[level[is_last]] = 1.0
        return self._fit_flows(model, values) if self.left_s > 0 else None

    def _solve(self, model: LinearModel, share: float, start: Floats | None = None) -> MilpResult | None:
        if self.left_s <= 0 or self.should_stop():
            return None
        request = MilpRequest(
            model=model,
            start_values=start,
            gap=_GAP,
            target_kwh_day=math.inf,
            time_limit_s=max(share * self.left_s, 0.5),
            node_limit=None,
            threads=self.threads,
            seed=self.seed,
        )
        try:
            return self.run(request, tell=_ignore_news, ask_stop=self.should_stop)
        except SolverError:  # no explanation, and not another error in its place
            return None

    def _make_soft(self, limits: tuple[Limit, ...]) -> tuple[LinearModel, int]:
        """Add slack columns, weighed by the size of their rows so that money, stations, kW and shares compare."""
        model = self.model
        objective = np.zeros(model.n_columns)
        lower = model.column_lower.copy()
        position = np.full(self.whole.n_rows, -1, dtype=np.int64)
        position[self.rows] = np.arange(len(self.rows))
        at_row, at_column, value, price, most = [], [], [], [], []
        n_slack = 0
        for limit in limits:
            soft = self.soft[limit]
            if limit is Limit.REQUIRED:
                at = np.searchsorted(self.columns, soft.row)
                lower[at] = 0.0
                first_year = np.unique(soft.item, return_index=True)[1]
                objective[at[first_year]] = 1.0
                continue
            rows = position[soft.row]
            is_upper = np.isfinite(model.row_upper[rows])
            items, slack = np.unique(soft.item, return_inverse=True)
            scale = self._measure_rows(rows, is_upper)
            if limit is Limit.BUDGET:  # what comes in sooner can be spent later too
                pairs = [
                    (row, number)
                    for row, year in zip(rows, soft.item, strict=True)
                    for number, from_year in enumerate(items)
                    if from_year <= year
                ]
                rows, slack = (np.array(each, dtype=np.int64) for each in zip(*pairs, strict=True))
                is_upper = np.ones(len(rows), dtype=np.bool_)
            at_row.append(rows)
            at_column.append(model.n_columns + n_slack + slack)
            value.append(np.where(is_upper, -1.0, 1.0))
            later = _LATER_IS_BETTER * np.arange(len(items))[::-1] if limit is Limit.BUDGET else 0.0
            weight = _POLICY_WEIGHT if limit in {Limit.AREA, Limit.TOTAL} else 1.0
            price.append(np.full(len(items), weight / scale.max()) * (1.0 + later))
            reach = np.zeros(len(items))
            np.maximum.at(reach, slack, self._find_largest_miss(rows, is_upper))
            most.append(reach)
            n_slack += len(items)
        if n_slack == 0:
            return replace(model, objective=objective, column_lower=lower), model.n_columns
        slack_part = sp.csr_array(
            (np.concatenate(value), (np.concatenate(at_row), np.concatenate(at_column) - model.n_columns)),
            shape=(model.n_rows, n_slack),
        )
        soft_model = replace(
            model,
            objective=np.concatenate([objective, -np.concatenate(price)]),
            matrix=sp.csr_array(sp.hstack([model.matrix, slack_part], format="csr")),
            column_lower=np.concatenate([lower, np.zeros(n_slack)]),
            column_upper=np.concatenate([model.column_upper, np.concatenate(most)]),
            is_integer=np.concatenate([model.is_integer, np.zeros(n_slack, dtype=np.bool_)]),
            column_families=(*model.column_families, "slack"),
            column_family=np.concatenate([model.column_family, np.full(n_slack, len(model.column_families))]),
            column_number=np.concatenate([model.column_number, np.arange(n_slack)]),
        )
        return soft_model, model.n_columns

    def _measure_rows(self, rows: Ints, is_upper: Bools) -> Floats:
        """Measure the size of rows: their limit, or what one step in them is."""
        side = np.where(is_upper, self.model.row_upper[rows], self.model.row_lower[rows])
        largest = np.asarray(abs(self.model.matrix[rows]).max(axis=1).todense()).ravel()
        return np.asarray(np.maximum(np.maximum(np.abs(side), largest), _TOLERANCE), dtype=np.float64)

    def _find_largest_miss(self, rows: Ints, is_upper: Bools) -> Floats:
        """Find by how much any values of the columns can break rows."""
        part = self.model.matrix[rows]
        positive, negative = part.maximum(0), part.minimum(0)
        high, low = self.model.column_upper, self.model.column_lower
        most = positive @ high + negative @ low - self.model.row_upper[rows]
        least = self.model.row_lower[rows] - (positive @ low + negative @ high)
        return np.asarray(np.maximum(np.where(is_upper, most, least), 0.0), dtype=np.float64)

    def _fit_flows(self, model: LinearModel, values: Floats) -> Floats | None:
        """Fit the continuous columns to whole ones, with the least slack; None when the solver's plan is none."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        if model.is_integer.all():
            return values
        low, high = model.column_lower.copy(), model.column_upper.copy()
        low[model.is_integer] = high[model.is_integer] = np.round(values[model.is_integer])
        answer = milp(
            -model.objective,
            constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
            bounds=Bounds(low, high),
        )
        return None if answer.x is None else np.asarray(answer.x)

    def _measure(self, limits: tuple[Limit, ...], values: Floats) -> dict[tuple[Limit, int], float]:
        """Measure by how much a plan breaks the limits that may give way."""
        activity = np.zeros(self.whole.n_rows)
        activity[self.rows] = self.model.matrix @ values
        by_column = np.zeros(self.whole.n_columns)
        by_column[self.columns] = values
        amount: dict[tuple[Limit, int], float] = {}
        for limit in limits:
            soft = self.soft[limit]
            if limit is Limit.REQUIRED:
                closed = np.unique(soft.item[by_column[soft.row] < 0.5])
                amount |= {(limit, int(site)): 1.0 for site in closed}
                continue
            over = activity[soft.row] - self.whole.row_upper[soft.row]
            under = self.whole.row_lower[soft.row] - activity[soft.row]
            miss = np.maximum(over, under)
            given = 0.0  # budgets: money of earlier years is there in later ones
            for item in np.unique(soft.item).tolist():
                needed = float(miss[soft.item == item].max()) - (given if limit is Limit.BUDGET else 0.0)
                if needed > _TOLERANCE * max(1.0, float(np.abs(activity[soft.row]).max())):
                    amount[limit, item] = needed
                    given += needed
        return amount


def _take_part(model: LinearModel, rows: Ints, columns: Ints) -> LinearModel:
    """Take some rows and columns of a model."""
    if len(rows) == model.n_rows and len(columns) == model.n_columns:
        return model
    return replace(
        model,
        objective=model.objective[columns],
        matrix=sp.csr_array(model.matrix[rows][:, columns]),
        row_lower=model.row_lower[rows],
        row_upper=model.row_upper[rows],
        column_lower=model.column_lower[columns],
        column_upper=model.column_upper[columns],
        is_integer=model.is_integer[columns],
        column_family=model.column_family[columns],
        column_number=model.column_number[columns],
        row_family=model.row_family[rows],
        row_number=model.row_number[rows],
    )


def _ignore_news(_news: MilpProgress) -> None:
    """Listen to nothing."""
