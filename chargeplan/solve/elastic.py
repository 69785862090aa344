"""The least by which one kind of limit must give way for a plan to be possible.

A limit gets a slack column in each of its rows, and the weighted sum of these is made as small as it can be. What
is told is computed from the stations of the plan that comes out, not from the solver's slack.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import SolverError
from chargeplan.formulation.columns import plan_columns
from chargeplan.solve.closeness import count_shared_cells
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, MilpStatus
from chargeplan.solve.soft_model import measure_misses, open_everything, soften, take_relevant_part
from chargeplan.solve.soft_rows import Limit, list_soft_rows
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.staged_start import Repair, StartMeans
from chargeplan.solve.values import clean_values, fix_columns, solve_small
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, LinearModel
    from chargeplan.records import PlanProblem

RunMilp = Callable[..., MilpResult]
AskStop = Callable[[], bool]

_GAP = 1e-4
_APPROACH_SHARE = 0.6
_LEAST_NODES = 20
_KEPT_FLOORS = (0.9, 0.75, 0.5, 0.25)  # of what the relaxation can serve in every zone
_NOTHING = 1e-7
_LEAST_FIT_S = 1.0  # beyond the end, for a plan that was found


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
        self.together: set[Limit] = set()  # kinds of which all items give way by the same amount
        self.unknown: list[tuple[Limit, ...]] = []
        self.earlier: dict[tuple[Limit, ...], Floats] = {}
        self.whole = model
        self.part = take_relevant_part(model, self.soft)
        self.columns, self.rows, self.model = self.part.columns, self.part.rows, self.part.model

    @property
    def left_s(self) -> float:
        """Time that is left."""
        return self.deadline - time.monotonic()

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up or the user wants no more."""
        return self.left_s <= 0 or self.should_stop()

    def relieve(self, limits: tuple[Limit, ...], *, share: float = 1.0) -> Relief | None:
        """Let kinds of limits give way as little as can be; None when that brings no plan in the time.

        `unknown` collects the kinds of which the time did not tell whether they bring one.
        """
        model = soften(self.part, self.soft, limits)
        ends = time.monotonic() + share * self.left_s
        start = self._approach(model, limits, share)
        if start is None:
            start = self._open_all(model, limits)
        share = min(max(ends - time.monotonic(), 0.0) / max(self.left_s, _LEAST_FIT_S), 1.0)
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
            self.unknown.append(limits)
            return None
        n_hard = self.model.n_columns
        self.earlier[limits] = values[:n_hard]
        amount = measure_misses(self.part, self.soft, limits, flows[:n_hard])
        whole = np.zeros(self.whole.n_columns)
        whole[self.columns] = values[:n_hard]
        return Relief(limits, amount, whole, is_least)

    def lower_together(self, limit: Limit) -> None:
        """Let all items of a kind give way by the same amount from now on."""
        soft = self.soft[limit]
        self.together.add(limit)
        self.soft[limit] = replace(soft, item=np.zeros_like(soft.item))

    def is_possible(self, model: LinearModel, *, share: float = 1.0) -> bool:
        """Tell whether a changed model has a plan; False when that is not known in the time."""
        question = replace(model, objective=np.zeros(model.n_columns))
        result = self._solve(question, share)
        return result is not None and result.integer_values is not None

    def _approach(self, model: LinearModel, limits: tuple[Limit, ...], share: float) -> Floats | None:
        """Let as little give way as neighbourhoods bring, for a part of the time: the solver alone finds worse."""
        if self.is_over or Limit.REQUIRED in limits or self.problem.mode is PlanMode.COVER:
            return None
        means = StartMeans(
            run=self.run,
            deadline=Deadline(time.monotonic() + _APPROACH_SHARE * share * self.left_s, self.should_stop),
            closeness=count_shared_cells(self.problem),
            node_limit=None,
            threads=self.threads,
            seed=self.seed,
        )
        repair = Repair(
            PlanMaker(self.problem, self.whole, plan_columns(self.problem)), model, self.columns, means
        )
        relaxed = repair.relax()
        if relaxed is None:
            return None
        if limits == (Limit.FLOOR,) and Limit.FLOOR in self.together:
            return self._lower_floors(model, float(relaxed[-1]), means)
        start = self._find_earlier(model, limits)
        return repair.approach(relaxed, self._open_least(model) if start is None else start)

    def _lower_floors(self, model: LinearModel, least: float, means: StartMeans) -> Floats | None:
        """Find a plan of floors that are all lower by the same, from what the relaxation says on.

        The money and the count give way in the search for it, which neighbourhoods can follow zone by zone.
        """
        softest = tuple(each for each in (Limit.BUDGET, Limit.COUNT) if each in self.soft)
        floor = float(self.problem.limits.zone_floor_share.max())
        maker = PlanMaker(self.problem, self.whole, plan_columns(self.problem))
        for kept in _KEPT_FLOORS if softest else ():
            if means.deadline.left_s <= 0:
                break
            row_lower = self.model.row_lower.copy()
            row_lower[self.soft[Limit.FLOOR].row] -= floor - kept * (floor - least)
            lowered = replace(self.part, model=replace(self.model, row_lower=row_lower))
            part_s = 0.5 * means.deadline.left_s
            each = replace(means, deadline=Deadline(time.monotonic() + part_s, self.should_stop))
            repair = Repair(maker, soften(lowered, self.soft, softest), self.columns, each)
            relaxed = repair.relax()
            found = None if relaxed is None else repair.approach(relaxed)
            if found is not None and repair.measure(found) <= _NOTHING:
                values = np.zeros(model.n_columns)
                values[: self.model.n_columns] = found[: self.model.n_columns]
                return self._fit_flows(model, values)
        return None

    def _open_least(self, model: LinearModel) -> Floats | None:
        """Open as little as must be, whatever gives way."""
        least = replace(model, objective=np.where(model.is_integer, -1.0, 0.0))
        values = solve_small(least, node_limit=_LEAST_NODES, time_limit_s=max(self.left_s, _LEAST_FIT_S))
        return None if values is None else self._fit_flows(model, values)

    def _find_earlier(self, model: LinearModel, limits: tuple[Limit, ...]) -> Floats | None:
        """Find what was found when the items of the same limits gave way one by one."""
        if limits not in self.earlier:
            return None
        values = np.zeros(model.n_columns)
        values[: self.model.n_columns] = self.earlier[limits]
        return self._fit_flows(model, values)

    def _open_all(self, model: LinearModel, limits: tuple[Limit, ...]) -> Floats | None:
        """Open everything at its largest, where that is a plan but for the money or the count."""
        if not set(limits) & {Limit.BUDGET, Limit.COUNT}:
            return None
        values = open_everything(model, self.problem.level_cost_pkr.shape[1])
        return self._fit_flows(model, values)

    def _solve(self, model: LinearModel, share: float, start: Floats | None = None) -> MilpResult | None:
        if self.is_over:
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

    def _fit_flows(self, model: LinearModel, values: Floats) -> Floats | None:
        """Fit the continuous columns to whole ones, with the least slack; None when they do not fit in the time."""
        if model.is_integer.all():
            return values
        left_s = _LEAST_FIT_S if self.should_stop() else max(self.left_s, _LEAST_FIT_S)
        fixed = fix_columns(model, ~model.is_integer, np.where(model.is_integer, np.round(values), 0.0))
        if not fixed.is_possible:
            return None
        flows = solve_small(fixed.model, time_limit_s=left_s)
        return None if flows is None else fixed.expand(clean_values(fixed.model, flows))


def _ignore_news(_news: MilpProgress) -> None:
    """Listen to nothing."""
