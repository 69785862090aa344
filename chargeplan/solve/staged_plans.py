"""Plans of a problem with years, types, groups or further limits: made, settled, improved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.records import NO_LOAD_KWH_DAY
from chargeplan.solve.staged_levels import sum_loads
from chargeplan.solve.staged_tidy import tidy_stations
from chargeplan.solve.values import (
    ValuePlan,
    clean_values,
    find_broken_rows,
    fix_columns,
    make_value_plan,
    solve_small,
)
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, PlanProblem
    from chargeplan.solve.deadline import Deadline

_STATION_FAMILIES = ("open", "level", "step", "backup")
_MASTER_NODES = 300
_MASTER_LIMIT_S = 6.0
_NEARNESS_WORTH = 1e-7


class PlanMaker:
    """Makes plans of one problem; every plan that it returns keeps every row of the model.

    Parameters
    ----------
    problem : PlanProblem
    model : LinearModel
    columns : ColumnPlan
        Of the same problem.
    is_repeatable : bool
        Limit the choice of stations by nodes alone, so that the same plans come back on every computer.
    """

    def __init__(
        self, problem: PlanProblem, model: LinearModel, columns: ColumnPlan, *, is_repeatable: bool = False
    ) -> None:
        self.problem, self.model, self.columns = problem, model, columns
        self.is_repeatable = is_repeatable
        family = [model.column_families.index(name) for name in _STATION_FAMILIES]
        self.is_station = np.isin(model.column_family, family)
        self.serve = columns.list_columns("serve")
        self.serve_site = problem.pair_site[columns.serve_pair]
        self.serve_slot = self.serve_site * problem.staging.n_types + columns.serve_type
        self.is_existing_slot = np.repeat(columns.is_existing, problem.staging.n_types)
        seconds = problem.pair_seconds[columns.serve_pair]
        nearness = seconds / max(float(seconds.max(initial=1.0)), 1.0)
        self.settle_objective = model.objective.copy()
        self.settle_objective[self.serve] *= 1.0 - _NEARNESS_WORTH * nearness

    def choose_stations(
        self,
        level_worth: Floats,
        *,
        may_have: Bools | None = None,
        floor_factor: float = 1.0,
        deadline: Deadline | None = None,
    ) -> Floats | None:
        """Choose stations of most worth within all rows that speak of stations alone.

        Parameters
        ----------
        level_worth : ndarray
            Worth of each level column.
        may_have : ndarray of bool, shape (n_columns,), optional
            Station columns that may be 1.
        floor_factor : float
            How much of the floors of zones the stations must be able to serve by themselves, each as if it
            had the zone for itself: more than 1 makes up for demand that several of them share.
        deadline : Deadline, optional

        Returns
        -------
        ndarray, shape (n_columns,), or None
            Values of the station columns, 0 elsewhere; None when nothing was found.
        """
        model = self.model
        speaks_of_others = np.abs(model.matrix) @ (~self.is_station).astype(np.float64) > 0
        rows = np.flatnonzero(~speaks_of_others)
        free = (
            self.is_station if may_have is None else self.is_station & (may_have | (model.column_lower > 0))
        )
        objective = np.zeros(model.n_columns)
        objective[self.columns.list_columns("level")] = np.maximum(level_worth, 0.0)
        if self.problem.mode is PlanMode.COVER:
            objective[self.columns.list_columns("open")] = level_worth
        floors, least = self._write_floors(floor_factor)
        n_floors = len(least)
        station_rows = replace(
            model,
            objective=objective,
            matrix=sp.csr_array(sp.vstack([model.matrix[rows], floors], format="csr")),
            row_lower=np.concatenate([model.row_lower[rows], least]),
            row_upper=np.concatenate([model.row_upper[rows], np.full(n_floors, np.inf)]),
            row_family=np.concatenate([model.row_family[rows], np.zeros(n_floors, dtype=np.int64)]),
            row_number=np.concatenate([model.row_number[rows], np.arange(n_floors)]),
        )
        fixed = fix_columns(station_rows, free, np.zeros(model.n_columns))
        left_s = None if deadline is None else deadline.left_s
        if not self.is_repeatable:
            left_s = _MASTER_LIMIT_S if left_s is None else min(_MASTER_LIMIT_S, left_s)
        values = None
        if fixed.is_possible:
            values = solve_small(fixed.model, node_limit=_MASTER_NODES, time_limit_s=left_s, gap=5e-3)
        if values is None:
            return None
        return fixed.expand(clean_values(fixed.model, values))

    def _write_floors(self, factor: float) -> tuple[sp.csr_array, Floats]:
        """Write the floors of zones for station columns: what each could serve of the zone by itself.

        A necessary condition, not a sufficient one: it guides the choice and proves nothing.
        """
        floor = self.problem.limits.zone_floor_share
        columns, problem = self.columns, self.problem
        if not np.any(floor > 0):
            return sp.csr_array((0, self.model.n_columns)), np.zeros(0)
        staging, zone_of = problem.staging, problem.limits.cell_zone
        n_zones = len(floor)
        cell = problem.pair_cell[columns.serve_pair]
        kwh = staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
        reach = np.zeros((staging.n_years, len(problem.level_cost_pkr), n_zones))
        np.add.at(reach, (columns.serve_year, self.serve_slot, zone_of[cell]), kwh)
        demand = np.zeros((staging.n_years, n_zones))
        for year in range(staging.n_years):
            demand[year] = np.bincount(zone_of, staging.unit_kwh_day[year].sum(axis=1), n_zones)
        of_level = np.minimum(
            reach[columns.level_year, columns.level_slot],
            problem.level_capacity_kwh_day[columns.level_slot, columns.level_number][:, None],
        )
        standing = np.minimum(reach, problem.existing_capacity_kwh_day[None, :, None])
        standing = np.where(self.is_existing_slot[None, :, None], standing, 0.0).sum(axis=1)
        at, zone = np.nonzero(of_level)
        row = columns.level_year[at] * n_zones + zone
        matrix = sp.csr_array(
            (of_level[at, zone], (row, columns.list_columns("level")[at])),
            shape=(staging.n_years * n_zones, self.model.n_columns),
        )
        needed = np.maximum(factor * floor[None, :] * demand - standing, 0.0).ravel()
        return matrix, np.minimum(needed, np.asarray(matrix.sum(axis=1)).ravel())

    def settle(self, stations: Floats, *, deadline: Deadline | None = None) -> ValuePlan | None:
        """Fit everything else to chosen stations: who serves whom, nearest first among equals.

        Parameters
        ----------
        stations : ndarray, shape (n_columns,)
            Values of the integer columns; others are not looked at.

        Returns
        -------
        ValuePlan or None
            None when these stations cannot keep every row.
        """
        model = self.model
        stations = np.where(model.is_integer, np.rint(stations), 0.0)
        is_free = ~model.is_integer
        is_free[self.serve] &= self.find_open_pools(stations)[self.columns.serve_year, self.serve_slot]
        fixed = fix_columns(replace(model, objective=self.settle_objective), is_free, stations)
        left_s = None if deadline is None else deadline.left_s
        values = solve_small(fixed.model, time_limit_s=left_s) if fixed.is_possible else None
        if values is None:
            return None
        whole = fixed.expand(clean_values(fixed.model, values))
        return make_value_plan(model, self.refit_zones(self._respect_limits(whole)))

    def explain_unsettled(self, stations: Floats) -> str:
        """Say why stations cannot be settled: a row that they break by themselves, or what is left of it."""
        model = self.model
        stations = np.where(model.is_integer, np.rint(stations), 0.0)
        speaks_of_others = np.abs(model.matrix) @ (~model.is_integer).astype(np.float64) > 0
        broken = find_broken_rows(model, stations)
        broken = broken[~speaks_of_others[broken]]
        if len(broken):
            return f"its stations break row {model.name_rows()[int(broken[0])]}"
        return "its stations keep the rows about stations, but the shares of demand were not found"

    def refit_zones(self, values: Floats) -> Floats:
        """Recompute what the shares of demand imply for zones, which rounding may have moved a little."""
        columns = self.columns
        share = columns.share_of[columns.share_of >= 0]
        if len(share) == 0:
            return values
        rows = self.model.find_rows("equity")
        rows = rows[self.model.row_number[rows] < columns.share_of.size]
        served = np.zeros_like(values)
        served[self.serve] = values[self.serve]
        values = values.copy()
        values[share] = np.clip(self.model.matrix[rows] @ served, 0.0, 1.0)
        by_zone = np.where(columns.share_of >= 0, values[columns.share_of], 0.0)
        if columns.differ_of.size:
            first, second = np.triu_indices(columns.share_of.shape[1], 1)
            gap = np.abs(by_zone[:, first] - by_zone[:, second])
            has_column = columns.differ_of >= 0
            values[columns.differ_of[has_column]] = gap[has_column]
        if columns.worst >= 0:
            is_reached = np.zeros(columns.share_of.shape[1], dtype=np.bool_)
            is_reached[self.problem.limits.cell_zone[self.problem.pair_cell]] = True
            counted = (columns.share_of >= 0) & is_reached[None, :]
            values[columns.worst] = by_zone[counted].min(initial=1.0)
        return values

    def _respect_limits(self, values: Floats) -> Floats:
        """Take the rounding of a solver from the shares: no demand over 1, no station over its capacity."""
        for family in ("assign", "capacity"):
            rows = self.model.find_rows(family)
            if len(rows) == 0:
                continue
            matrix = self.model.matrix[rows]
            shares = np.zeros_like(values)
            shares[self.serve] = values[self.serve]
            load = matrix @ shares
            room = self.model.row_upper[rows] - matrix @ (values - shares)
            over = load > room
            factor = np.where(over, np.maximum(room, 0.0) / np.maximum(load, 1e-300), 1.0)
            by_column = np.ones(len(values))
            coo = sp.coo_array(matrix)
            np.minimum.at(by_column, coo.col, factor[coo.row])
            values = values.copy()
            values[self.serve] *= by_column[self.serve]
        return values

    def find_open_pools(self, stations: Floats) -> Bools:
        """Find the slots that deliver in each year, shape (n_years, n_slots)."""
        columns = self.columns
        is_open = np.tile(self.is_existing_slot, (columns.open_of.shape[0], 1))
        level = columns.list_columns("level")
        at = np.flatnonzero(stations[level] > 0.5)
        is_open[columns.level_year[at], columns.level_slot[at]] = True
        return is_open

    def find_serving(self, may_have: Bools) -> Bools:
        """Find the serve columns of slots that may have a level, or stand."""
        columns = self.columns
        may_serve = np.tile(self.is_existing_slot, (columns.open_of.shape[0], 1))
        level = columns.list_columns("level")
        at = may_have[level]
        may_serve[columns.level_year[at], columns.level_slot[at]] = True
        return np.asarray(may_serve[columns.serve_year, self.serve_slot], dtype=np.bool_)

    def tidy(self, plan: ValuePlan, *, deadline: Deadline | None = None) -> ValuePlan:
        """Make stations as small as what they serve and the rules allow; see `tidy_stations`.

        Loads that count as none are taken away first, and with them what they were worth.
        """
        plan = self._sweep(plan)
        return tidy_stations(self.problem, self.model, self.columns, plan, deadline=deadline)

    def _sweep(self, plan: ValuePlan) -> ValuePlan:
        """Take away the loads of new stations that are never more than rounding, where every row stays kept."""
        if len(self.serve) == 0:
            return plan
        load = sum_loads(self.problem, self.columns, plan.values).max(axis=0)
        is_swept = (load > 0) & (load <= NO_LOAD_KWH_DAY) & ~self.is_existing_slot
        if not is_swept.any():
            return plan
        values = plan.values.copy()
        values[self.serve[is_swept[self.serve_slot]]] = 0.0
        swept = make_value_plan(self.model, self.refit_zones(values))
        return plan if swept is None else swept
