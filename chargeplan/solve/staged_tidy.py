"""Nothing is built that no demand and no rule needs: stations at their smallest sizes, year by year.

All limits from above (money, numbers, bays, power, grid, spacing) are kept by whatever is smaller; those from
below are minded here: what the station serves, required sites, RULES, BACKUP and, in cover mode, the
covered demand. Closing or shrinking one station leaves the others less room, never more, so that one
pass over all stations ends at a plan of which no single station can be made smaller.
"""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.deadline import is_over
from chargeplan.solve.staged_backup import count_backup, find_standing
from chargeplan.solve.staged_levels import leave_steps, read_levels, sum_loads
from chargeplan.solve.values import ValuePlan, find_broken_rows, make_value_plan
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, Ints, PlanProblem
    from chargeplan.solve.deadline import Deadline

LOG = logging.getLogger(__name__)

_ROUNDING = 1e-9
_CAPACITY_ROUNDING = 1e-12
_EARLY_WORTH = 1e-5  # of money not spent in an early year: the stations of the last year come first
_CHARGER_WORTH = 1e-7  # among stations that cost the same the one with fewer chargers


def tidy_stations(
    problem: PlanProblem,
    model: LinearModel,
    columns: ColumnPlan,
    plan: ValuePlan,
    *,
    deadline: Deadline | None = None,
) -> ValuePlan:
    """Make every new station as small as what it serves and the rules allow, and close those nobody needs.

    Parameters
    ----------
    problem, model, columns
        Of the same problem.
    plan : ValuePlan
        Its shares of demand stay as they are, and with them its worth.
    deadline : Deadline, optional
        The stations that are left when it is over stay as they are.

    Returns
    -------
    ValuePlan
        Keeps every row, and no station in any year has more chargers than in ``plan``.
    """
    needs = _Needs(problem, model, columns, plan.values)
    for site in needs.order_sites().tolist():
        if is_over(deadline):
            break
        needs.shrink(site)
    values = leave_steps(problem, model, columns, needs.write_values(plan.values))
    tidied = make_value_plan(model, values)
    if tidied is None:
        rows = model.name_rows()
        broken = [rows[row] for row in find_broken_rows(model, values)[:5]]
        LOG.warning("the stations of a plan are left larger than needed: smaller ones break %s", broken)
        return plan
    return tidied


class _Needs:
    """What keeps stations open and large: loads, required sites, rules, backup, covered demand."""

    def __init__(self, problem: PlanProblem, model: LinearModel, columns: ColumnPlan, values: Floats) -> None:
        self.problem, self.columns = problem, columns
        self.n_types = problem.staging.n_types
        self.levels = read_levels(columns, values)
        self.load = np.maximum.accumulate(sum_loads(problem, columns, values), axis=0)
        opens = columns.list_columns("open")
        shape = columns.open_of.shape
        self.is_open, self.is_required = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        self.is_open[columns.open_year, columns.open_site] = values[opens] > 0.5
        self.is_required[columns.open_year, columns.open_site] = model.column_lower[opens] > 0.5
        by_cell = np.argsort(problem.pair_site, kind="stable")
        self.cells = np.split(
            problem.pair_cell[by_cell],
            np.cumsum(np.bincount(problem.pair_site, minlength=problem.n_sites))[:-1],
        )
        self._count_areas()
        self._count_cells()
        self._count_groups(values)
        self._sum_totals()

    def _count_areas(self) -> None:
        limits = self.problem.limits
        self.area_count = np.zeros(len(limits.cover_least), dtype=np.int64)
        self.areas_of: dict[int, list[int]] = {}
        for area, (first, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
            members, year = limits.cover_site[first:end], int(limits.cover_year_pos[area])
            stands = self.is_open[year, members] | self.columns.is_existing[members]
            self.area_count[area] = int(stands.sum())
            for site in members.tolist():
                self.areas_of.setdefault(site, []).append(area)

    def _count_cells(self) -> None:
        """Count the open stations in reach of each cell, and the demand that has two of them."""
        problem = self.problem
        stands = find_standing(problem, self.columns)
        self.unit_kwh = problem.staging.unit_kwh_day.sum(axis=2)
        self.in_reach = np.array(
            [
                np.bincount(problem.pair_cell, (each | stands)[problem.pair_site], problem.n_cells)
                for each in self.is_open
            ]
        )
        self.backed_kwh = np.where(self.in_reach >= 2, self.unit_kwh, 0.0).sum(axis=1)
        self.least_backed_kwh = problem.limits.backup_share * self.unit_kwh.sum(axis=1) * (1 - _ROUNDING)

    def _count_groups(self, values: Floats) -> None:
        """Count the open stations of each group of cells that a cover plan covers."""
        groups = self.columns.groups
        self.group_of = np.repeat(np.arange(groups.n_groups), np.diff(groups.start))
        is_open = self.is_open[0] | self.columns.is_existing
        self.group_count = np.bincount(self.group_of, is_open[groups.site], groups.n_groups)
        self.is_covered = values[self.columns.list_columns("cover")] > 0

    def _sum_totals(self) -> None:
        limits = self.problem.limits
        by_site = self._count_chargers(self.levels.reshape(len(self.levels), -1, self.n_types))
        self.total = np.array([(by_site @ amount).sum(axis=1) for amount in limits.total_amount])

    def _count_chargers(self, levels: Ints) -> Ints:
        numbers = self.problem.level_chargers
        return np.asarray(np.where(levels >= 0, numbers[np.maximum(levels, 0)], 0), dtype=np.int64)

    def _price(self, site: int, states: Ints) -> Floats:
        """Price states of a site, shape (n_states,), PKR."""
        at = site * self.n_types + np.arange(self.n_types)
        cost = np.where(states >= 0, self.problem.level_cost_pkr[at, np.maximum(states, 0)], 0.0).sum(axis=1)
        is_open = (states >= 0).any(axis=1)
        return np.asarray(cost + np.where(is_open, self.problem.staging.open_cost_pkr[site], 0.0))

    def order_sites(self) -> Ints:
        """Put open stations in the order in which they are looked at, the dearest first."""
        sites = np.flatnonzero(self.is_open.any(axis=0))
        last = self.levels[-1].reshape(-1, self.n_types)
        cost = np.array([float(self._price(site, last[site : site + 1])[0]) for site in sites.tolist()])
        if self.problem.mode is PlanMode.COVER:
            cost = self.problem.staging.open_cost_pkr[sites] + self.problem.level_cost_pkr[sites, 0]
        return np.asarray(sites[np.lexsort((sites, -cost))], dtype=np.int64)

    def shrink(self, site: int) -> None:
        """Give a site the cheapest sizes of all years that keep what needs it."""
        must = self._find_years_needed(site)
        if self.problem.mode is PlanMode.COVER:
            self._change(site, self.is_open[:, site] & np.logical_or.accumulate(must))
            return
        at = slice(site * self.n_types, (site + 1) * self.n_types)
        states, shape = self._list_states(site)
        now = self.levels[:, at]
        is_allowed = self._allow(site, states, now, must)
        cost = self._price(site, states)
        chargers = self._count_chargers(states).sum(axis=1)
        price = cost / max(float(cost.max()), 1e-300) + _CHARGER_WORTH * chargers
        path = states[_choose_path(np.where(is_allowed, price, np.inf), shape)]
        before, after = self._count_chargers(now), self._count_chargers(path)
        for total, amount in enumerate(self.problem.limits.total_amount):
            self.total[total] -= (before - after) @ amount
        self.levels[:, at] = path
        self._change(site, np.asarray((path >= 0).any(axis=1), dtype=np.bool_))

    def _list_states(self, site: int) -> tuple[Ints, tuple[int, ...]]:
        """List the states of a site up to its largest now: one level of each type, -1 for none."""
        slots = range(site * self.n_types, (site + 1) * self.n_types)
        options = []
        for slot in slots:
            offered = np.flatnonzero(self.columns.level_of[-1, slot] >= 0)
            options.append([-1, *offered[offered <= self.levels[-1, slot]].tolist()])
        states = np.array(list(itertools.product(*options)), dtype=np.int64)
        return states, tuple(len(each) for each in options)

    def _allow(self, site: int, states: Ints, now: Ints, must: Bools) -> Bools:
        """Tell which states keep what needs the site in each year, shape (n_years, n_states)."""
        limits = self.problem.limits
        at = site * self.n_types + np.arange(self.n_types)
        capacity = np.where(states >= 0, self.problem.level_capacity_kwh_day[at, np.maximum(states, 0)], 0.0)
        capacity = capacity * (1 + _CAPACITY_ROUNDING) + np.where(states >= 0, _CAPACITY_ROUNDING, 0.0)
        chargers = self._count_chargers(states)
        is_open = (states >= 0).any(axis=1)
        fits = np.ones(len(states), dtype=np.bool_)
        for amount, least in zip(limits.station_amount, limits.station_least, strict=True):
            fits &= ~is_open | (chargers @ amount >= least[site] * (1 - _ROUNDING))
        cost, cost_now = self._price(site, states), self._price(site, now)
        is_allowed = np.zeros((len(now), len(states)), dtype=np.bool_)
        for year, level in enumerate(now):
            enough = np.all(capacity >= self.load[year, at], axis=1)
            of_year = fits & np.all(states <= level, axis=1) & (is_open | ~must[year])
            of_year &= enough & (cost <= cost_now[year])
            amount_now = self._count_chargers(level)
            for total, amount in enumerate(limits.total_amount):
                room = self.total[total, year] - limits.total_least[total, year]
                of_year &= chargers @ amount >= amount_now @ amount - room - _ROUNDING
            is_allowed[year] = of_year | np.all(states == level, axis=1)  # what stands now is always one
        return is_allowed

    def _find_years_needed(self, site: int) -> Bools:
        """Find the years in which a limit from below keeps a site open, whatever it serves."""
        limits = self.problem.limits
        must = self.is_required[:, site].copy()
        for area in self.areas_of.get(site, []):
            year = int(limits.cover_year_pos[area])
            must[year] |= bool(self.is_open[year, site] and self.area_count[area] <= limits.cover_least[area])
        if limits.backup_share > 0:
            cells = self.cells[site]
            lost = np.where(self.in_reach[:, cells] == 2, self.unit_kwh[:, cells], 0.0).sum(axis=1)
            must |= self.is_open[:, site] & (self.backed_kwh - lost < self.least_backed_kwh)
        groups = self.columns.groups
        if groups.n_groups:
            of_site = self.group_of[groups.site == site]
            must[0] |= bool(np.any(self.is_covered[of_site] & (self.group_count[of_site] == 1)))
        return must

    def _change(self, site: int, is_open: Bools) -> None:
        """Close a site in the years in which it is open no longer."""
        limits, groups = self.problem.limits, self.columns.groups
        cells = self.cells[site]
        for year in np.flatnonzero(self.is_open[:, site] & ~is_open).tolist():
            lost = self.in_reach[year, cells] == 2
            self.backed_kwh[year] -= float(self.unit_kwh[year, cells[lost]].sum())
            self.in_reach[year, cells] -= 1
            for area in self.areas_of.get(site, []):
                self.area_count[area] -= int(limits.cover_year_pos[area]) == year
            if year == 0 and groups.n_groups:
                self.group_count[self.group_of[groups.site == site]] -= 1
        self.is_open[:, site] = is_open

    def write_values(self, values: Floats) -> Floats:
        """Write the stations as values of columns, the others as they were."""
        columns = self.columns
        values = values.copy()
        values[columns.list_columns("level")] = (
            self.levels[columns.level_year, columns.level_slot] == columns.level_number
        )
        values[columns.list_columns("open")] = self.is_open[columns.open_year, columns.open_site]
        return count_backup(self.problem, columns, values)


def _choose_path(price: Floats, shape: tuple[int, ...]) -> Ints:
    """Choose one state per year, never below the one before, of least price in the last year, then before.

    Parameters
    ----------
    price : ndarray, shape (n_years, n_states)
        Infinite where a state is not allowed in a year.
    shape : tuple of int
        Of the grid of states, one axis per charger type.
    """
    weight = np.full(len(price), _EARLY_WORTH)
    weight[-1] = 1.0
    until = np.empty_like(price)
    until[0] = weight[0] * price[0]
    for year in range(1, len(price)):
        below = until[year - 1].reshape(shape)
        for axis in range(len(shape)):
            below = np.minimum.accumulate(below, axis=axis)
        until[year] = weight[year] * price[year] + below.ravel()
    chosen = np.zeros(len(price), dtype=np.int64)
    chosen[-1] = int(np.argmin(until[-1]))
    axes = np.stack(np.unravel_index(np.arange(price.shape[1]), shape), axis=1)
    for year in range(len(price) - 2, -1, -1):
        is_below = np.all(axes <= axes[chosen[year + 1]], axis=1)
        chosen[year] = int(np.argmin(np.where(is_below, until[year], np.inf)))
    return chosen
