"""The way from a classical problem to the core: the search on a `PlanProblem`, or one MILP."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import SolverError, SolversDisagreeError
from chargeplan.linear_model import LinearModel
from chargeplan.records import Bools, Floats, Ints, PlanProblem, Solution
from chargeplan.runlog import ignore_event
from chargeplan.solve.mps import save_disputed_model
from chargeplan.solve.outcome import MilpRequest, MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.process import run_milp
from chargeplan.solve.search import solve_problem
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.outcome import MilpProgress

LOG = logging.getLogger(__name__)

_LEAST_TIME_S = 0.3  # below it the solver's process does not even start


def search_plan(problem: PlanProblem, *, gap: float, time_limit_s: float, seed: int) -> Solution:
    """Search the best plan of a problem as a study does."""
    return solve_problem(
        problem,
        None,
        SolveSettings(time_limit_s=time_limit_s, gap=gap),
        seed=seed,
        listen=ignore_event,
        should_stop=lambda: False,
        run=run_milp,
    )


def make_problem(
    mode: PlanMode,
    weight: Floats,
    n_sites: int,
    pairs: tuple[Ints, Ints, Floats],
    *,
    p: int,
    capacity: Floats | None = None,
) -> PlanProblem:
    """State a problem with one level at no cost at every site.

    Parameters
    ----------
    mode : PlanMode
    weight : ndarray, shape (n_cells,)
    n_sites : int
    pairs : tuple of ndarray
        Cell, site and distance of each pair in reach, by cell and site.
    p : int
        Most sites to open.
    capacity : ndarray, shape (n_sites,), optional
        Weight that each site can serve; unlimited when not given.
    """
    cell, site, distance = pairs
    limit = np.full(n_sites, np.inf) if capacity is None else capacity
    return PlanProblem(
        mode=mode,
        demand_kwh_day=weight,
        competitor_kwh_day=np.zeros(len(weight)),
        pair_cell=cell.astype(np.int64),
        pair_site=site.astype(np.int64),
        pair_quality=np.ones(len(cell)),
        pair_seconds=distance.astype(np.float64),
        is_open_allowed=np.ones(n_sites, dtype=np.bool_),
        is_forced_open=np.zeros(n_sites, dtype=np.bool_),
        is_counted=np.ones(n_sites, dtype=np.bool_),
        level_chargers=np.ones(1, dtype=np.int64),
        level_allowed=np.ones((n_sites, 1), dtype=np.bool_),
        level_cost_pkr=np.zeros((n_sites, 1)),
        level_capacity_kwh_day=limit[:, None],
        existing_capacity_kwh_day=np.zeros(n_sites),
        existing_chargers=np.zeros(n_sites, dtype=np.int64),
        budget_pkr=float("inf"),
        max_sites=p,
        nearest_sites=0,
    )


def make_linear_model(
    objective: Floats,
    matrix: sp.csr_array,
    row_upper: Floats,
    is_integer: Bools,
    *,
    row_lower: Floats | None = None,
    column_upper: Floats | None = None,
) -> LinearModel:
    """Make a linear model to maximise, every column from 0 to 1 unless told otherwise.

    Rows are ``<= row_upper``; those whose `row_lower` is the same are equations.
    """
    n_rows, n_columns = matrix.shape
    return LinearModel(
        objective=np.asarray(objective, dtype=np.float64),
        matrix=sp.csr_array(matrix, dtype=np.float64),
        row_lower=np.full(n_rows, -np.inf) if row_lower is None else row_lower,
        row_upper=np.asarray(row_upper, dtype=np.float64),
        column_lower=np.zeros(n_columns),
        column_upper=np.ones(n_columns) if column_upper is None else column_upper,
        is_integer=np.asarray(is_integer, dtype=np.bool_),
        column_families=("column",),
        column_family=np.zeros(n_columns, dtype=np.int64),
        column_number=np.arange(n_columns),
        row_families=("row",),
        row_family=np.zeros(n_rows, dtype=np.int64),
        row_number=np.arange(n_rows),
    )


def solve_model(
    model: LinearModel,
    *,
    deadline: Deadline,
    start_values: Floats | None = None,
    gap: float = 0.0,
    target: float = math.inf,
    node_limit: int | None = None,
    seed: int = 1,
) -> MilpResult:
    """Solve a model in the solver's own process; a claim that there is no plan is confirmed.

    Parameters
    ----------
    model : LinearModel
    deadline : Deadline
    start_values : ndarray, shape (n_columns,), optional
        A feasible plan of the model.
    gap : float
    target : float
        Stop at a plan at least this good.
    node_limit : int, optional
    seed : int

    Returns
    -------
    MilpResult
        Without plan and bound when the time was too short or the solver failed, or when it says
        that there is no plan and no other solver has an opinion.

    Raises
    ------
    SolversDisagreeError
        When the solver says that there is no plan and its second opinion or the start plan says
        that there is one.
    """
    nothing = MilpResult(MilpStatus.NO_INCUMBENT, None, math.nan, math.inf, StoppedBy.TIME_LIMIT, 0, "HiGHS")
    if deadline.left_s < _LEAST_TIME_S:
        return nothing
    request = MilpRequest(
        model=model,
        start_values=start_values,
        gap=gap,
        target_kwh_day=target,
        time_limit_s=deadline.left_s,
        node_limit=node_limit,
        threads=1,
        seed=seed,
    )
    try:
        result = run_milp(request, tell=_ignore_news, ask_stop=deadline.should_stop)
        if result.status is MilpStatus.INFEASIBLE and not _is_confirmed(request, deadline):
            return nothing
    except SolverError as error:
        LOG.warning("the solver failed and what is known without it is kept: %s", error)
        return replace(nothing, stopped_by=StoppedBy.FAILURE)
    return result


def _is_confirmed(request: MilpRequest, deadline: Deadline) -> bool:
    """Ask for a second opinion on a model that the solver calls impossible; False without any."""
    if request.start_values is not None:
        words = "the solver says that a model with a known plan has none"
        raise SolversDisagreeError(f"{words}; {save_disputed_model(request.model, None)}; report this")
    opinion = ask_second_opinion(request, run=run_milp, left_s=deadline.left_s, ask_stop=deadline.should_stop)
    if opinion.verdict is Verdict.DISAGREES:
        raise SolversDisagreeError(
            f"HiGHS says that a model has no plan, but {opinion.words}; "
            f"{save_disputed_model(request.model, None)}; report this with the arrays"
        )
    if opinion.verdict is Verdict.NO_OPINION:
        LOG.warning("the solver says that a model has no plan, which is not confirmed: %s", opinion.words)
    return opinion.verdict is Verdict.CONFIRMED


def _ignore_news(_news: MilpProgress) -> None:
    """Listen to nothing."""


def make_deadline(time_limit_s: float) -> Deadline:
    """Make the deadline of one call, counted from now."""
    from chargeplan.solve.deadline import Deadline

    return Deadline(time.monotonic() + time_limit_s)
