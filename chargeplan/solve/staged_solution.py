"""From a search over all columns to a solution: the last year's plan, and all years beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.columns import plan_columns, sum_zone_demand
from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_labels import NameThings, PlanLabels
from chargeplan.records import PROOF_TOLERANCE, Solution, compute_gap
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.end_search import explain_no_plan, make_claim, run_search
from chargeplan.solve.outcome import StoppedBy
from chargeplan.solve.staged_merge import merge_units
from chargeplan.solve.staged_search import StagedSearch
from chargeplan.solve.unfold_cells import unfold_plan
from chargeplan.solve.values import ValuePlan, make_value_plan
from chargeplan.words import Outcome, PlanMode, PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.process import AskStop, RunMilp

_WORST_SHARE_OF_TIME = 0.4
_LEAST_LAST_S = 10.0  # to write the plan of single cells, which rarely takes one
_MOST_LAST_S = 60.0
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
    name_things: NameThings | None


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
    name_things: NameThings | None = PlanLabels,
) -> Solution:
    """Find a plan of a problem that is not plain and prove how good it is.

    See `chargeplan.solve.search.solve_problem`, which calls this. When the worst zone comes first, its share is
    made as large as can be with part of the time, and held while the rest is improved.
    """
    means = _Means(settings, seed, listen, should_stop, run, disputed_model, name_things)
    if problem.mode is PlanMode.COVER:
        search = _search(problem, linear_model, means, None)
        plan = search.plan
        if plan is not None:
            plan = search.maker.tidy(plan, deadline=_make_last_deadline(search, means))
        return _finish(problem, plan, search, means, solver)
    started = time.monotonic()
    merged, group_of_cell = merge_units(problem)
    model = build_linear_model(merged)
    worst = worst_bound = float("nan")
    start = None
    held = problem
    if problem.objective is PlanObjective.WORST_ZONE:
        first = _search(merged, model, _shorten(means, _WORST_SHARE_OF_TIME), None)
        if first.plan is None:
            raise explain_no_plan(first, failure=first.failure)
        column = plan_columns(merged).worst
        worst = float(first.plan.values[column])
        worst_bound = min(1.0, first.progress.bound_kwh_day / max(float(model.objective[column]), 1e-300))
        start = np.delete(first.plan.values, column)
        merged, held = hold_worst(merged, worst), hold_worst(problem, worst)
        model = build_linear_model(merged)
        left_s = settings.time_limit_s - (time.monotonic() - started)
        means = _shorten(means, max(left_s, 0.1 * settings.time_limit_s) / settings.time_limit_s)
    search = _search(merged, model, means, start)
    plan = search.plan
    if plan is not None:
        deadline = _make_last_deadline(search, means)
        plan = unfold_plan(
            search.maker.tidy(plan, deadline=deadline),
            merged,
            held,
            group_of_cell,
            write_model=lambda: linear_model if held is problem else build_linear_model(held),
            deadline=deadline,
            is_stopped=lambda: means.should_stop() or search.stopped_by is StoppedBy.USER,
            least_kwh_day=_find_least(search, settings.gap),
        )
    solution = _finish(held, plan, search, means, solver)
    has_worst = problem.objective is PlanObjective.WORST_ZONE
    if has_worst and compute_gap(worst, worst_bound) > settings.gap + PROOF_TOLERANCE:
        solution = replace(solution, outcome=Outcome.WITHIN_GAP)
    return replace(
        solution,
        worst_share=worst,
        worst_share_bound=worst_bound,
        wall_s=time.monotonic() - started,
    )


def _shorten(means: _Means, share: float) -> _Means:
    limit_s = share * means.settings.time_limit_s
    return replace(means, settings=means.settings.model_copy(update={"time_limit_s": limit_s}))


def hold_worst(problem: PlanProblem, share: float) -> PlanProblem:
    """Hold the share of the worst zone as a floor of all, and maximise what is served."""
    floors = np.zeros(sum_zone_demand(problem).shape[1])
    floors[: len(problem.limits.zone_floor_share)] = problem.limits.zone_floor_share
    reached = np.unique(problem.limits.cell_zone[problem.pair_cell])  # the others are not among the worst
    floors[reached] = np.maximum(floors[reached], max(share - _FLOOR_SLACK, 0.0))
    limits = replace(problem.limits, zone_floor_share=floors)
    return replace(problem, objective=PlanObjective.SERVED, limits=limits)


def _make_last_deadline(search: StagedSearch, means: _Means) -> Deadline:
    left_s = min(max(search.progress.left_s, _LEAST_LAST_S), _MOST_LAST_S)
    return Deadline(time.monotonic() + left_s, means.should_stop)


def _find_least(search: StagedSearch, gap: float) -> float:
    """Find what a plan must be worth to be proven as the best plan of the search is; 0 when that is not."""
    progress = search.progress
    return progress.bound_kwh_day / (1 + gap + PROOF_TOLERANCE) if progress.is_proven else 0.0


def _search(problem: PlanProblem, model: LinearModel, means: _Means, start: Floats | None) -> StagedSearch:
    search = StagedSearch(
        problem,
        model,
        means.settings,
        seed=means.seed,
        listen=means.listen,
        should_stop=means.should_stop,
        run=means.run,
        start=None if start is None else make_value_plan(model, start),
        name_things=means.name_things,
    )
    run_search(search, means.disputed_model)
    return search


def _finish(
    problem: PlanProblem, plan: ValuePlan | None, search: StagedSearch, means: _Means, solver: str
) -> Solution:
    """Say what was found, or raise what was not."""
    progress = search.progress
    if plan is None:
        raise explain_no_plan(search, failure=search.failure)
    claim = make_claim(plan.objective_kwh_day, search)
    return write_solution(
        problem,
        plan,
        outcome=claim.outcome,
        gap_asked=means.settings.gap,
        bound_kwh_day=claim.bound_kwh_day,
        wall_s=progress.elapsed_s,
        solver=solver,
        steps=progress.make_steps(),
        stopped_by=claim.stopped_by,
    )


def _serve_best(problem: PlanProblem, is_open: Bools) -> Floats:
    """Serve each cell by its best open site, the nearest of equals, shape (n_pairs,) (cover mode)."""
    pairs = np.flatnonzero(is_open[problem.pair_site])
    cell = problem.pair_cell[pairs]
    order = np.lexsort(
        (problem.pair_site[pairs], problem.pair_seconds[pairs], -problem.pair_quality[pairs], cell)
    )
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = cell[order][1:] != cell[order][:-1]
    share = np.zeros(problem.n_pairs)
    share[pairs[order[first]]] = 1.0
    return share


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
    if problem.mode is PlanMode.COVER:  # open sites have the one level
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
    if problem.mode is PlanMode.COVER:
        pair_share = _serve_best(problem, slot_chargers[-1] > 0)
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
