"""The planning problem with one change, searched for a short while."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import (
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolverError,
    SolversDisagreeError,
)
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import Listener, ignore_event
from chargeplan.solve.search import solve_problem
from chargeplan.solve.staged_solution import hold_worst
from chargeplan.why.answers import Found
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import PlanProblem, Solution
    from chargeplan.solve.plan import Plan


@dataclass(frozen=True, slots=True)
class Means:
    """How each search is run.

    Parameters
    ----------
    limit_s : float
        For one search.
    gap : float
    seed : int
    listen : callable
    should_stop : callable
    """

    limit_s: float = 10.0
    gap: float = 0.0
    seed: int = 1
    listen: Listener = ignore_event
    should_stop: Callable[[], bool] = lambda: False

    def make_settings(self) -> SolveSettings:
        """Make the settings of a search."""
        return SolveSettings(time_limit_s=self.limit_s, gap=min(self.gap, 0.2))


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """What a search of a changed problem ended with.

    Parameters
    ----------
    found : Found
    plan_kwh_day : float
        Minus infinity without a plan.
    bound_kwh_day : float
        Infinite without one, minus infinity when proven impossible.
    solution : Solution or None
    words : str
        What a failed solver said.
    """

    found: Found
    plan_kwh_day: float
    bound_kwh_day: float
    solution: Solution | None = None
    words: str = ""


def hold_worst_zone(problem: PlanProblem, solution: Solution) -> PlanProblem:
    """Hold the share of the worst-served zone that a plan reached, so that what is served can be compared."""
    if problem.objective is not PlanObjective.WORST_ZONE:
        return problem
    return hold_worst(problem, solution.worst_share)


def close_sites(problem: PlanProblem, sites: list[int]) -> PlanProblem:
    """Forbid stations at some sites; a required site is no longer required, an existing one is gone."""
    n_types = problem.staging.n_types
    slots = (np.array(sites, dtype=np.int64)[:, None] * n_types + np.arange(n_types)).ravel()
    allowed, open_allowed = problem.level_allowed.copy(), problem.is_open_allowed.copy()
    forced = problem.is_forced_open.copy()
    capacity, chargers = problem.existing_capacity_kwh_day.copy(), problem.existing_chargers.copy()
    allowed[slots], open_allowed[sites], forced[sites] = False, False, False
    capacity[slots], chargers[slots] = 0.0, 0
    return replace(
        problem,
        level_allowed=allowed,
        is_open_allowed=open_allowed,
        is_forced_open=forced,
        existing_capacity_kwh_day=capacity,
        existing_chargers=chargers,
    )


def force_open(problem: PlanProblem, site: int) -> PlanProblem:
    """Require a station at a site that may have one."""
    forced = problem.is_forced_open.copy()
    forced[site] = True
    return replace(problem, is_forced_open=forced)


def search_variant(problem: PlanProblem, means: Means, *, start: Plan | None = None) -> Variant:
    """Search a changed problem; every way in which that can end is an answer.

    Raises
    ------
    InterruptedRunError
        At a second Ctrl-C, or at the first when there was no plan.
    """
    try:
        solution = solve_problem(
            problem,
            build_linear_model(problem),
            means.make_settings(),
            seed=means.seed,
            listen=means.listen,
            should_stop=means.should_stop,
            start=start,
        )
    except InfeasibleError:
        return Variant(Found.IMPOSSIBLE, -math.inf, -math.inf)
    except NoPlanError:
        return Variant(Found.NO_PLAN, -math.inf, math.inf)
    except (SolverError, SolversDisagreeError) as error:
        return Variant(Found.FAILED, -math.inf, math.inf, words=str(error).splitlines()[0])
    except InterruptedRunError:
        if not means.should_stop():
            raise
        return Variant(Found.NO_PLAN, -math.inf, math.inf)
    return Variant(Found.PLAN, solution.objective_kwh_day, solution.bound_kwh_day, solution)
