"""The sweep in its order of work: stages once, then for each value a problem, a search, a check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import (
    ConfigError,
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolverError,
    SolversDisagreeError,
)
from chargeplan.inputs import make_settings_as_run
from chargeplan.pipeline import build_model, build_records
from chargeplan.runlog import Event, Listener, RunLog, SolveEvent, ignore_event
from chargeplan.solve.search import solve_problem
from chargeplan.study_surroundings import label_study
from chargeplan.sweep.carry import Solved, carry_along, keep_stations, make_start, restate
from chargeplan.sweep.carry_whole import carry_least_money, carry_whole
from chargeplan.sweep.evaluate_point import evaluate_point
from chargeplan.sweep.knee import Knee, find_knee
from chargeplan.sweep.measure import name_measure, name_unit
from chargeplan.sweep.records import Curve, CurvePoint
from chargeplan.sweep.values import BUDGET_KEY, TARGET_KEY
from chargeplan.words import Outcome, PlanObjective

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import Settings
    from chargeplan.records import Solution
    from chargeplan.study_records import StudyRecords
    from chargeplan.sweep.values import Vary

_TIDY_SHARE = 0.1  # a search may tidy its plan for this share of its limit after it


@dataclass(slots=True)
class _Watch:
    """Who hears of the sweep and may end it."""

    listen: Listener
    tell: Callable[[str], None]
    should_stop: Callable[[], bool]


def compute_longest_s(loaded: Sequence[LoadedSettings], *, is_nested: bool) -> float:
    """Compute how long all searches can take at most; seconds."""
    limits_s = [(1 + _TIDY_SHARE) * point.settings.solve.time_limit_s for point in loaded]
    return sum(limits_s) + (sum(limits_s[1:]) if is_nested else 0.0)


def check_vary(vary: Vary, *, is_nested: bool) -> None:
    """Refuse to nest where a smaller plan may break a rule of the larger point.

    Raises
    ------
    ConfigError
    """
    if is_nested and not vary.is_limit:
        raise ConfigError(
            f"--nested: a plan for a smaller {vary.key} need not be one for a larger; only model.budget_pkr and "
            f"model.max_sites can be nested"
        )


def compute_curve(
    vary: Vary,
    loaded: Sequence[LoadedSettings],
    *,
    is_nested: bool = False,
    listen: Listener = ignore_event,
    tell: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Curve:
    """Compute a plan with its proof for each value of a setting.

    Parameters
    ----------
    vary : Vary
    loaded : sequence of LoadedSettings
        One for each value, in their order.
    is_nested : bool
        Each larger plan keeps the stations and chargers of the smaller one.
    listen : callable
        Gets the events of `chargeplan.runlog`.
    tell : callable
        Gets a line for each finished point.
    should_stop : callable
        Asked now and then during the search; True ends it after the points that are finished, with
        the best plan of the one that is searched.

    Raises
    ------
    InfeasibleError
        When no value has a plan; with the reason of the largest.
    NoPlanError, InterruptedRunError
        When no point was finished.
    VerificationError
        When a plan fails its independent check.
    """
    check_vary(vary, is_nested=is_nested)
    log, watch = RunLog(listen), _Watch(listen, tell, should_stop)
    first = loaded[0]
    records = build_records(first, log=log)
    points = [CurvePoint(value, point.settings) for value, point in zip(vary.values, loaded, strict=True)]
    with log.phase("solve") as phase:
        _search_points(vary, points, records, watch, is_nested=is_nested)
        if is_nested:
            _search_nested(vary, points, watch)
        _refuse_empty(points)
        n_plans = sum(point.solution is not None for point in points)
        phase.message = f"{n_plans} of {len(points)} points have a plan"
    with log.phase("evaluate") as phase:
        n_checks = sum(evaluate_point(point, records) for point in points)
        phase.message = f"{n_checks} checks passed"
    knee, axis = _find_knee_of(vary, points)
    return Curve(
        vary=vary,
        is_nested=is_nested,
        records=records,
        points=tuple(points),
        knee=knee,
        knee_axis=axis,
        settings_as_run=make_settings_as_run(first.settings, first.path.parent),
        was_stopped=should_stop(),
        phase_s=dict(log.seconds),
    )


def _search_points(
    vary: Vary, points: list[CurvePoint], records: StudyRecords, watch: _Watch, *, is_nested: bool
) -> None:
    """Search every point, each from the plan of the one before, then carry plans and bounds."""
    before: Solution | None = None
    for number, point in enumerate(points, start=1):
        if watch.should_stop():
            break
        try:
            point.request, problem, linear = build_model(point.settings, records, log=RunLog())
            if is_nested and not problem.is_plain:
                raise ConfigError(
                    "--nested: only a study with one year, one charger type, objective: served and no limits "
                    "beyond budget_pkr and max_sites can be nested; leave --nested out, or give the money of "
                    "each stage in model.years, which builds its stages out of each other"
                )
            solution = solve_problem(
                problem,
                linear,
                point.settings.solve,
                seed=point.settings.study.seed,
                listen=_name_point(watch.listen, point, number, len(points)),
                should_stop=watch.should_stop,
                start=make_start(problem, before) if problem.is_plain else None,
                disputed_model=name_disputed_model(point.settings, number),
                name_things=partial(label_study, point.settings, records, point.request, problem),
            )
        except InfeasibleError as error:
            point.word, point.reason = Outcome.IMPOSSIBLE.value, "; ".join(str(error).splitlines())
        except NoPlanError as error:
            point.word, point.reason = Outcome.NO_PLAN_FOUND.value, "; ".join(str(error).splitlines())
        except (SolverError, SolversDisagreeError) as error:
            is_dispute = isinstance(error, SolversDisagreeError)
            point.word = (Outcome.SOLVERS_DISAGREE if is_dispute else Outcome.NO_PLAN_FOUND).value
            point.reason = "; ".join(str(error).splitlines())
        except InterruptedRunError:
            if not watch.should_stop():  # raises when the user pressed again
                raise
        else:
            point.solved, point.wall_s = Solved(problem, solution), solution.wall_s
            before = solution if problem.is_plain else None
        watch.tell(_describe_point(vary, point, number, len(points), point.solution))
    _carry(vary, [point.solved for point in points if point.solved is not None])


def name_disputed_model(settings: Settings, number: int) -> Path:
    """Name the file for a model of a point about which solvers disagree."""
    return settings.publish.folder / f"{settings.study.name}.point_{number}.disputed_model.mps"


def _carry(vary: Vary, solved: list[Solved]) -> None:
    """Carry plans and bounds along the curve where the value is a limit of what is served, or the target."""
    if all(point.problem.is_plain for point in solved):
        if vary.is_limit:
            carry_along(solved)
    elif all(point.problem.objective is PlanObjective.COST for point in solved):
        if vary.key == TARGET_KEY:
            carry_least_money(solved)
    elif vary.loosens is not None:
        carry_whole(solved if vary.loosens else solved[::-1])


def _search_nested(vary: Vary, points: list[CurvePoint], watch: _Watch) -> None:
    """Search again, from the smallest point on, for plans that keep all that the smaller one has."""
    solved = [(number, point) for number, point in enumerate(points, start=1) if point.solved is not None]
    before: Solution | None = None
    for number, point in solved:
        if point.solved is None:
            continue
        free = point.solved.solution
        if before is None:
            point.nested = before = free
            continue
        problem = keep_stations(point.solved.problem, before.chargers)
        start = make_start(problem, before)
        nested = before
        if not watch.should_stop():
            found = solve_problem(
                problem,
                None,
                point.settings.solve,
                seed=point.settings.study.seed,
                listen=_name_point(watch.listen, point, number, len(points), "nested "),
                should_stop=watch.should_stop,
                start=start,
                disputed_model=name_disputed_model(point.settings, number),
            )
            point.wall_s += found.wall_s
            if found.objective_kwh_day > before.objective_kwh_day:
                nested = found
        point.nested = before = restate(free, plan=nested, bound_kwh_day=free.bound_kwh_day)
        watch.tell(_describe_point(vary, point, number, len(points), point.nested, "nested "))
    _learn_from_nested(points)


def _learn_from_nested(points: list[CurvePoint]) -> None:
    """Let a nested plan stand in for a free one that serves less: it is a plan of the same problem."""
    for point in points:
        if point.solved is not None and point.nested is not None:
            free = point.solved.solution
            if point.nested.objective_kwh_day > free.objective_kwh_day:
                point.solved.solution = restate(free, plan=point.nested, bound_kwh_day=free.bound_kwh_day)
    carry_along([point.solved for point in points if point.solved is not None])


def _refuse_empty(points: list[CurvePoint]) -> None:
    if any(point.solution is not None for point in points):
        return
    searched = [point for point in points if point.word in {word.value for word in Outcome}]
    if not searched:
        raise InterruptedRunError("stopped before there was a plan for any point; run again and wait longer")
    last = searched[-1]
    if last.word == Outcome.IMPOSSIBLE.value:
        raise InfeasibleError(f"no point of the sweep has a plan; at the largest value: {last.reason}")
    raise NoPlanError(f"no point of the sweep has a plan; at the largest value: {last.reason}")


def _find_knee_of(vary: Vary, points: list[CurvePoint]) -> tuple[Knee, str]:
    """Find the knee over the money that is spent or, where another limit is varied, over that limit."""
    if not vary.is_limit:
        return Knee(None, np.nan, reason="a knee is named for budgets and numbers of sites only"), ""
    is_money = vary.key == BUDGET_KEY
    x = [point.get_metric("cost") if is_money else float(point.value) for point in points]
    served = [np.nan if point.solution is None else point.solution.objective_kwh_day for point in points]
    bound = [np.nan if point.solution is None else point.solution.bound_kwh_day for point in points]
    measure = name_measure(point.settings for point in points)
    axis = f"{'money spent' if is_money else vary.key} and {f'{measure} demand served'.strip()}"
    return find_knee(np.array(x), np.array(served), np.array(bound)), axis


def _name_point(listen: Listener, point: CurvePoint, number: int, count: int, kind: str = "") -> Listener:
    """Say with each event of a search to which point it belongs, and of which energy it speaks."""
    measure = name_measure([point.settings])

    def hear(event: Event) -> None:
        if isinstance(event, SolveEvent):
            event = replace(event, step=f"{kind}point {number} of {count}, {event.step}", measure=measure)
        listen(event)

    return hear


def _describe_point(
    vary: Vary, point: CurvePoint, number: int, count: int, solution: Solution | None, kind: str = ""
) -> str:
    """Write what a search ended with in one line."""
    head = f"{kind}point {number} of {count}, {vary.name_value(point.value)}"
    if solution is None:
        return f"{head}: {point.word}: {point.reason}"
    unit = name_unit(name_measure([point.settings]))
    return f"{head}: {solution.outcome_text}, plan {solution.objective_kwh_day:,.0f} {unit}"
