"""From a search over all columns to a solution: the last year's plan, and all years beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import InterruptedRunError, SolversDisagreeError
from chargeplan.model.columns import plan_columns, sum_zone_demand
from chargeplan.model.linear import build_linear_model
from chargeplan.records import Solution
from chargeplan.solve.outcome import StoppedBy
from chargeplan.solve.mps import save_disputed_model
from chargeplan.solve.staged_search import StagedSearch
from chargeplan.solve.values import ValuePlan, make_value_plan
from chargeplan.words import Outcome, PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.process import AskStop
    from chargeplan.solve.search import RunMilp

_WORST_SHARE_OF_TIME = 0.4
_FLOOR_SLACK = 1e-6  # rows are kept to this by solvers; a floor any tighter could shut out its own plan


@dataclass(frozen=True, slots=True)
class _Means:
    """What every search is given."""

    settings: SolveSettings
    seed: int
    listen: Listener
    should_stop: AskStop
    run: RunMilp
    disputed_model: Path | None


def solve_staged_problem(
    problem: PlanProblem,
    linear_model: LinearModel,
    settings: SolveSettings,
    *,
    seed: int,
    listen: Listener,
    should_stop: AskStop,
    run: RunMilp,
    solver: str,
    disputed_model: Path | None = None,
) -> Solution:
    """Find a plan of a problem that is not plain and prove how good it is.

    See `chargeplan.solve.search.solve_problem`, which calls this. When the worst zone comes first, its share is
    made as large as can be with part of the time, and held while the rest is improved.
    """
    means = _Means(settings, seed, listen, should_stop, run, disputed_model)
    if problem.mode is PlanMode.COVER:
        return _finish(problem, linear_model, _search(problem, linear_model, means, None), means, solver)
    merged, group_of_cell = merge_units(problem)
    original = PlanMaker(problem, linear_model, plan_columns(problem))
    ...
    if problem.objective is not PlanObjective.WORST_ZONE:
        return _finish(problem, linear_model, _search(problem, linear_model, means, None), means, solver)
    shorter = settings.model_copy(update={"time_limit_s": _WORST_SHARE_OF_TIME * settings.time_limit_s})
    first = _search(problem, linear_model, replace(means, settings=shorter), None)
    if first.plan is None:
        raise first.explain_no_plan()
    columns = plan_columns(problem)
    share = first.plan.values[columns.worst]
    total = max(float(linear_model.objective[columns.worst]), 1e-300)
    n_zones = sum_zone_demand(problem).shape[1]
    floors = np.zeros(n_zones)
    floors[: len(problem.limits.zone_floor_share)] = problem.limits.zone_floor_share
    floors = np.maximum(floors, max(float(share) - _FLOOR_SLACK, 0.0))
    held = replace(
        problem,
        objective=PlanObjective.SERVED,
        limits=replace(problem.limits, zone_floor_share=floors),
    )
    model = build_linear_model(held)
    left_s = max(settings.time_limit_s - first.progress.elapsed_s, 0.1 * settings.time_limit_s)
    means = replace(means, settings=settings.model_copy(update={"time_limit_s": left_s}))
    start = np.delete(first.plan.values, columns.worst)
    solution = _finish(held, model, _search(held, model, means, start), means, solver)
    return replace(
        solution,
        worst_share=float(share),
        worst_share_bound=min(1.0, first.progress.bound_kwh_day / total),
        wall_s=solution.wall_s + first.progress.elapsed_s,
    )


def _search(
    problem: PlanProblem, model: LinearModel, means: _Means, start: Floats | None
) -> StagedSearch:
    search = StagedSearch(
        problem,
        model,
        means.settings,
        seed=means.seed,
        listen=means.listen,
        should_stop=means.should_stop,
        run=means.run,
        start=None if start is None else make_value_plan(model, start),
    )
    try:
        search.prepare()
        search.prove()
    except KeyboardInterrupt as error:  # outside the solver's process, which counts Ctrl-C itself
        if means.should_stop():
            raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept") from error
        search.stopped_by = StoppedBy.USER
    except SolversDisagreeError as error:
        raise SolversDisagreeError(
            f"{error}; {save_disputed_model(search.asked_model, means.disputed_model)}"
        ) from error
    return search


def _finish(
    problem: PlanProblem, model: LinearModel, search: StagedSearch, means: _Means, solver: str
) -> Solution:
    """Say what was found, or raise what was not."""
    progress, plan = search.progress, search.plan
    if plan is None:
        raise search.explain_no_plan()
    is_proven = progress.is_proven
    stopped_by = StoppedBy.PROOF if is_proven else (search.stopped_by or StoppedBy.TIME_LIMIT)
    return write_solution(
        problem,
        plan,
        outcome=Outcome.PROVEN_OPTIMAL if is_proven else Outcome.WITHIN_GAP,
        gap_asked=means.settings.gap,
        bound_kwh_day=max(progress.bound_kwh_day, plan.objective_kwh_day),
        wall_s=progress.elapsed_s,
        solver=solver,
        steps=progress.make_steps(),
        stopped_by=stopped_by.value,
    )


def write_solution(problem: PlanProblem, plan: ValuePlan, **proof: object) -> Solution:
    """Write the values of columns as a solution."""
    columns, staging = plan_columns(problem), problem.staging
    n_slots = len(problem.level_cost_pkr)
    slot_chargers = np.tile(problem.existing_chargers, (staging.n_years, 1))
    level = columns.list_columns("level")
    at = np.flatnonzero(plan.values[level] > 0.5)
    slot_chargers[columns.level_year[at], columns.level_slot[at]] = problem.level_chargers[
        columns.level_number[at]
    ]
    if len(level) == 0:  # cover mode: open sites have the one level
        opens = columns.list_columns("open")
        open_at = np.flatnonzero(plan.values[opens] > 0.5)
        slot_chargers[columns.open_year[open_at], columns.open_site[open_at]] = problem.level_chargers[0]
    share = plan.values[columns.list_columns("serve")]
    served = np.flatnonzero(share > 0)
    year, pair = columns.serve_year[served], columns.serve_pair[served]
    group, kind = columns.serve_group[served], columns.serve_type[served]
    flow_at = ((year * problem.n_pairs + pair) * staging.n_groups + group) * staging.n_types + kind
    demand = staging.unit_kwh_day[year, problem.pair_cell[pair], group]
    is_last = year == staging.n_years - 1
    kwh_day = np.bincount(pair[is_last], (demand * share[served])[is_last], problem.n_pairs)
    total = problem.demand_kwh_day[problem.pair_cell]
    pair_share = np.divide(kwh_day, total, out=np.zeros(problem.n_pairs), where=total > 0)
    steps = np.zeros(columns.step_of.shape[:2], dtype=np.int64)
    bought = columns.step_of >= 0
    flags = np.zeros(columns.step_of.shape, dtype=np.int64)
    flags[bought] = plan.values[columns.step_of[bought]] > 0.5
    steps = flags.sum(axis=2)
    return Solution(
        objective_kwh_day=plan.objective_kwh_day,
        chargers=slot_chargers[-1].reshape(problem.n_sites, n_slots // problem.n_sites).sum(axis=1),
        pair_share=np.clip(pair_share, 0.0, 1.0) + 0.0,
        slot_chargers=slot_chargers,
        flow_at=flow_at.astype(np.int64),
        flow_share=share[served],
        asset_steps=steps,
        **proof,  # type: ignore[arg-type]
    )
