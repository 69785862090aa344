"""The plan of a problem with years, charger types or limits: the same questions, asked of its linear model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import DataError, SolverError
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.deadline import is_over
from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.process import run_milp
from chargeplan.solve.staged_backup import count_backup
from chargeplan.solve.staged_levels import read_levels
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.values import clean_values, fix_columns, solve_small
from chargeplan.why.answers import Neighbour
from chargeplan.why.rows import add_row
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, PlanProblem, Solution
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.values import ValuePlan

_MOST_SERVES = 15_000
_NEAR_SITES = 25
_SAME_SHARE = 1e-6
_GAP = 1e-6
_LEAST_TIME_S = 0.5
_FIRST_SHARE = 0.5


class StagedHand:
    """The plan of a problem that is not plain.

    Parameters
    ----------
    problem : PlanProblem
        Whose objective is what is served.
    solution : Solution

    Raises
    ------
    DataError
        When the solution is no plan of the problem.
    """

    def __init__(self, problem: PlanProblem, solution: Solution) -> None:
        self.problem, self.solution = problem, solution
        self.model, self.columns = build_linear_model(problem), plan_columns(problem)
        self.maker = PlanMaker(problem, self.model, self.columns)
        self.stations = self._read_stations()
        plan = self._settle(self.stations)
        if plan is None:
            raise DataError("the plan of the run breaks a rule of its problem; run the study again")
        self.plan: ValuePlan = plan

    def close(self, site: int) -> float:
        """Compute what the other stations serve when one closes, kWh per day; NaN when that breaks a limit."""
        plan = self._settle(self._without([site]))
        return math.nan if plan is None else plan.objective_kwh_day

    def open_cheapest(self, site: int, forced: PlanProblem) -> float:
        """Compute what is served with the cheapest station at a closed site too, kWh per day; NaN when none fits.

        It stands from the first year on, as `forced` asks, the problem that requires a station there.
        """
        columns, n_types = self.columns, self.problem.staging.n_types
        values, opens = self.stations.copy(), columns.open_of[:, site]
        if np.any(opens < 0):
            return math.nan
        values[opens] = 1.0
        slots = np.arange(site * n_types, (site + 1) * n_types)
        if self.problem.mode is not PlanMode.COVER:
            has_column = np.all(columns.level_of[:, slots] >= 0, axis=0)
            cost = np.where(has_column, self.problem.level_cost_pkr[slots], math.inf)
            if not np.isfinite(cost).any():
                return math.nan
            kind, level = np.unravel_index(int(np.argmin(cost)), cost.shape)
            values[columns.level_of[:, slots[kind], level]] = 1.0
        maker = PlanMaker(forced, build_linear_model(forced), columns)
        plan = maker.settle(count_backup(self.problem, columns, values))
        return math.nan if plan is None else plan.objective_kwh_day

    def find_neighbour(self, site: int, *, deadline: Deadline) -> Neighbour | None:
        """Find the closed site that takes a station's place best, in sizes and years of its own choice.

        One small model with all other stations held; None when nothing was found in time.
        """
        plan, is_proven = self.replace_sites([site], deadline=deadline)
        if plan is None:
            return None
        opens = plan.values[self.columns.list_columns("open")] > 0.5
        is_added = opens & (self.solution.chargers == 0)[self.columns.open_site]
        added = np.unique(self.columns.open_site[is_added])
        loss = self.solution.objective_kwh_day - plan.objective_kwh_day
        without = self.close(site)
        if len(added) == 0 or plan.objective_kwh_day <= without + _SAME_SHARE * max(without, 1.0):
            return Neighbour(-1, 0, loss, is_proven)
        return Neighbour(int(added[0]), self._count_chargers(plan, int(added[0])), loss, is_proven)

    def replace_sites(self, sites: list[int], *, deadline: Deadline) -> tuple[ValuePlan | None, bool]:
        """Close some stations and open as many closed sites or fewer, all others held.

        Returns
        -------
        plan : ValuePlan or None
            The best that was found.
        is_proven : bool
            No choice of closed sites is better.
        """
        columns, model = self.columns, self.model
        opens = columns.list_columns("open")
        base = self._without(sites)
        candidates, is_whole = self._pick_candidates(sites)
        is_last = columns.open_year == columns.open_of.shape[0] - 1
        newly = opens[is_last & candidates[columns.open_site]]
        limited = add_row(model, "replaced", newly, np.ones(len(newly)), upper=float(len(sites)))
        fixed = fix_columns(limited, self._free_columns(candidates), base)
        if not fixed.is_possible or is_over(deadline):
            return None, False
        smaller = merge_alike(fixed.model)
        best = self._settle(base)
        # In this process first, which costs no start of another; the proof comes from the one that can be stopped.
        proposed = solve_small(smaller.model, time_limit_s=_FIRST_SHARE * deadline.left_s, gap=_GAP)
        if proposed is not None:
            best = self._settle(fixed.expand(clean_values(smaller.model, proposed)[smaller.column])) or best
        if is_over(deadline):
            return best, False
        request = MilpRequest(
            model=smaller.model,
            start_values=None if best is None else smaller.merge_values(best.values[fixed.free]),
            gap=_GAP,
            target_kwh_day=math.inf,
            time_limit_s=max(deadline.left_s, _LEAST_TIME_S),
            node_limit=None,
            threads=1,
            seed=1,
        )
        try:
            result = run_milp(request, tell=lambda _news: None, ask_stop=deadline.should_stop)
        except SolverError:
            return best, False
        if result.integer_values is None:
            return best, False
        plan = self._settle(fixed.expand(result.integer_values[smaller.column]))
        is_proven = is_whole and result.status is MilpStatus.OPTIMAL and plan is not None
        if plan is None or (best is not None and best.objective_kwh_day > plan.objective_kwh_day):
            return best, is_proven
        return plan, is_proven

    def _count_chargers(self, plan: ValuePlan, site: int) -> int:
        problem = self.problem
        if problem.mode is PlanMode.COVER:
            return int(problem.level_chargers[0])
        levels = read_levels(self.columns, plan.values)[-1].reshape(problem.n_sites, -1)[site]
        return int(problem.level_chargers[levels[levels >= 0]].sum())

    def _pick_candidates(self, sites: list[int]) -> tuple[Bools, bool]:
        """Pick the closed sites that may take the place: all, or in a large problem those that share most demand."""
        problem = self.problem
        may = np.zeros(problem.n_sites, dtype=np.bool_)
        may[self.columns.open_site] = True
        may &= self.solution.chargers == 0
        may[sites] = False
        if len(self.columns.serve_pair) <= _MOST_SERVES:
            return may, True
        is_his = np.zeros(problem.n_cells, dtype=np.bool_)
        is_his[problem.pair_cell[np.isin(problem.pair_site, sites)]] = True
        shared = np.bincount(
            problem.pair_site,
            problem.demand_kwh_day[problem.pair_cell] * is_his[problem.pair_cell],
            problem.n_sites,
        )
        order = np.argsort(-np.where(may, shared, -1.0), kind="stable")
        near = np.zeros(problem.n_sites, dtype=np.bool_)
        near[order[:_NEAR_SITES]] = True
        return may & near, False

    def _free_columns(self, candidates: Bools) -> Bools:
        """Tell which columns are not held: stations of the candidates, and all that is no station."""
        columns, problem = self.columns, self.problem
        is_free = np.ones(self.model.n_columns, dtype=np.bool_)
        is_free[columns.list_columns("open")] = candidates[columns.open_site]
        n_types = problem.staging.n_types
        is_free[columns.list_columns("level")] = candidates[columns.level_slot // n_types]
        serve = columns.list_columns("serve")
        can_serve = candidates | (self.solution.chargers > 0) | columns.is_existing
        is_free[serve] = can_serve[problem.pair_site[columns.serve_pair]]
        return is_free

    def _without(self, sites: list[int]) -> Floats:
        values, columns = self.stations.copy(), self.columns
        values[columns.list_columns("open")[np.isin(columns.open_site, sites)]] = 0.0
        level = columns.list_columns("level")
        level_site = columns.level_slot // self.problem.staging.n_types
        values[level[np.isin(level_site, sites)]] = 0.0
        return values

    def _read_stations(self) -> Floats:
        """Read the solution as values of the station columns."""
        columns, problem, solution = self.columns, self.problem, self.solution
        values = np.zeros(self.model.n_columns)
        chargers = solution.slot_chargers
        by_site = chargers.reshape(len(chargers), problem.n_sites, -1).sum(axis=2)
        values[columns.list_columns("open")] = by_site[columns.open_year, columns.open_site] > 0
        values[columns.list_columns("level")] = (
            chargers[columns.level_year, columns.level_slot] == problem.level_chargers[columns.level_number]
        )
        year, asset, step = np.nonzero(columns.step_of >= 0)
        values[columns.step_of[year, asset, step]] = step < solution.asset_steps[year, asset]
        return values

    def _settle(self, stations: Floats) -> ValuePlan | None:
        return self.maker.settle(count_backup(self.problem, self.columns, stations))
