"""A linear model through PuLP and HiGHS, with a start plan, news on the way and a stop switch.

HiGHS keeps one thread pool per process (a second solve with another number of threads returns
nothing), and cannot be stopped from outside: `chargeplan.solve.process` runs this in a child.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
import pulp
import scipy.sparse as sp

from chargeplan.errors import SolverError
from chargeplan.solve.outcome import (
    MilpProgress,
    MilpRequest,
    MilpResult,
    MilpStatus,
    StoppedBy,
    expand_ones,
)
from chargeplan.solve.pulp_problem import build_pulp_problem
from chargeplan.solve.version import check_solver_version

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, LinearModel

_NEWS_INTERVAL_S = 0.25
_HALF = 0.5

Tell = Callable[[MilpProgress], None]
AskStop = Callable[[], bool]

_STATUS = highspy.HighsModelStatus
_LIMITS = {
    _STATUS.kTimeLimit: StoppedBy.TIME_LIMIT,
    _STATUS.kSolutionLimit: StoppedBy.NODE_LIMIT,
    _STATUS.kIterationLimit: StoppedBy.NODE_LIMIT,
    _STATUS.kInterrupt: StoppedBy.USER,
    _STATUS.kObjectiveTarget: StoppedBy.PROOF,
    _STATUS.kObjectiveBound: StoppedBy.PROOF,
}


def solve_milp(
    request: MilpRequest, *, tell: Tell | None = None, ask_stop: AskStop | None = None
) -> MilpResult:
    """Solve a model in this process.

    Parameters
    ----------
    request : MilpRequest
    tell : callable, optional
        Called with news of incumbents and bounds.
    ask_stop : callable, optional
        Asked often; the search ends soon after it says yes.

    Raises
    ------
    SolverError
        When the installed HiGHS is known to be wrong, or it fails.
    """
    started = time.perf_counter()
    check_solver_version(str(highspy.Highs().version()))  # type: ignore[no-untyped-call]
    if request.model.n_columns == 0:
        return _settle_empty(request.model)
    problem, variables = build_pulp_problem(request.model)
    solver = StartedHighs(request, variables, tell=tell, ask_stop=ask_stop, started=started)
    problem.solve(solver)
    return solver.read_result(problem)


def _settle_empty(model: LinearModel) -> MilpResult:
    """Say whether nothing keeps every row; HiGHS calls a model without columns neither."""
    keeps = bool(np.all((model.row_lower <= 0) & (model.row_upper >= 0)))
    status = MilpStatus.OPTIMAL if keeps else MilpStatus.INFEASIBLE
    values, worth, bound = (np.zeros(0), 0.0, 0.0) if keeps else (None, math.nan, -math.inf)
    return MilpResult(
        status, values, worth, bound, StoppedBy.PROOF, 0, "no solver: there is nothing to choose"
    )


class StartedHighs(pulp.HiGHS):  # type: ignore[misc]
    """PuLP's HiGHS, extended by a start plan, news of incumbents and bounds, and a stop switch.

    It also passes the model in one piece (PuLP adds it row by row), knows the status of a node
    limit (PuLP fails on it), and gives values to the variables only when there is a plan.

    Parameters
    ----------
    request : MilpRequest
    variables : list of pulp.LpVariable
        In column order.
    tell, ask_stop : callable or None
    started : float
        `time.perf_counter` at which the time limit begins to count.
    """

    def __init__(
        self,
        request: MilpRequest,
        variables: list[pulp.LpVariable],
        *,
        tell: Tell | None,
        ask_stop: AskStop | None,
        started: float,
    ) -> None:
        options: dict[str, Any] = {"random_seed": request.seed % 2**31}
        if request.node_limit is not None:
            options["mip_max_nodes"] = request.node_limit
        if not request.use_presolve:
            options["presolve"] = "off"
        if math.isfinite(request.target_kwh_day):
            options["objective_target"] = -request.target_kwh_day
        super().__init__(msg=False, gapRel=request.gap, gapAbs=0.0, threads=request.threads, **options)
        self.request = request
        self.columns = variables
        self.tell = tell
        self.ask_stop = ask_stop
        self.started = started
        self.is_stopped = False
        self.incumbent = math.nan
        self.bound = math.inf
        self.ones: tuple[int, ...] = ()
        self.last_news_s = 0.0

    def buildSolverModel(self, lp: pulp.LpProblem) -> None:  # noqa: N802 (PuLP's name)
        """Pass the whole model in one piece."""
        model = highspy.HighsLp()
        for at, variable in enumerate(self.columns):
            variable.index = at
        model.num_col_ = len(self.columns)
        sign = -1.0 if lp.sense == pulp.LpMaximize else 1.0
        model.col_cost_ = np.array([sign * lp.objective.get(variable, 0.0) for variable in self.columns])
        lows, highs = ([each.lowBound for each in self.columns], [each.upBound for each in self.columns])
        model.col_lower_ = np.array([-highspy.kHighsInf if low is None else low for low in lows])
        model.col_upper_ = np.array([highspy.kHighsInf if high is None else high for high in highs])
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole if each.cat == pulp.LpInteger else real for each in self.columns]
        constraints = lp.constraints()
        lower, upper, starts = [], [], [0]
        indices: list[int] = []
        values: list[float] = []
        for at, constraint in enumerate(constraints):
            constraint.index = at
            low, high = constraint.getLb(), constraint.getUb()
            lower.append(-highspy.kHighsInf if low is None else low)
            upper.append(highspy.kHighsInf if high is None else high)
            indices.extend(variable.index for variable in constraint)
            values.extend(constraint.values())
            starts.append(len(indices))
        matrix = sp.csr_array(
            (np.array(values, dtype=np.float64), np.array(indices, dtype=np.int32), np.array(starts)),
            shape=(len(constraints), len(self.columns)),
        )
        model.num_row_ = len(constraints)
        model.row_lower_, model.row_upper_ = np.array(lower), np.array(upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        if lp.solverModel.passModel(model) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the model; report this with the config and the data")

    def callSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802 (PuLP's name)
        """Pass the start plan, listen, and run."""
        highs = lp.solverModel
        start = self.request.start_values
        if start is not None:
            positions = np.arange(len(start), dtype=np.int32)
            highs.setSolution(len(start), positions, start)
        highs.cbMipImprovingSolution.subscribe(self._note_incumbent)
        highs.cbMipInterrupt.subscribe(self._note_progress)
        highs.cbSimplexInterrupt.subscribe(self._note_simplex)
        elapsed_s = time.perf_counter() - self.started
        highs.setOptionValue("time_limit", max(self.request.time_limit_s - elapsed_s, 0.01))
        highs.run()

    def findSolutionValues(self, lp: pulp.LpProblem) -> tuple[int, int]:  # noqa: N802 (PuLP's name)
        """Give the variables their values when there is a plan, and say what is proven."""
        highs = lp.solverModel
        model_status = highs.getModelStatus()
        info = highs.getInfo()
        has_plan = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        if model_status in {_STATUS.kInfeasible, _STATUS.kUnboundedOrInfeasible}:
            return pulp.LpStatusInfeasible, pulp.LpSolutionInfeasible
        if not has_plan or (model_status != _STATUS.kOptimal and model_status not in _LIMITS):
            return pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound
        for variable, value in zip(self.columns, highs.getSolution().col_value, strict=True):
            variable.varValue = value
        is_optimal = model_status == _STATUS.kOptimal
        return pulp.LpStatusOptimal, (
            pulp.LpSolutionOptimal if is_optimal else pulp.LpSolutionIntegerFeasible
        )

    def read_result(self, lp: pulp.LpProblem) -> MilpResult:
        """Read how the run ended, from ``sol_status`` and the bound."""
        highs = lp.solverModel
        model_status = highs.getModelStatus()
        info = highs.getInfo()
        version = f"HiGHS {highs.version()}"
        if lp.sol_status == pulp.LpSolutionInfeasible:
            return MilpResult(MilpStatus.INFEASIBLE, None, math.nan, -math.inf, StoppedBy.PROOF, 0, version)
        stopped_by = _LIMITS.get(model_status, StoppedBy.PROOF)
        bound = self._read_bound(highs)
        n_nodes = max(int(info.mip_node_count), 0)
        if lp.sol_status == pulp.LpSolutionNoSolutionFound:
            if model_status not in _LIMITS:
                raise SolverError(f"HiGHS ended with {highs.modelStatusToString(model_status)}")
            return MilpResult(MilpStatus.NO_INCUMBENT, None, math.nan, bound, stopped_by, n_nodes, version)
        status = MilpStatus.OPTIMAL if lp.sol_status == pulp.LpSolutionOptimal else MilpStatus.FEASIBLE
        values = np.array([variable.varValue for variable in self.columns])
        ones = find_ones(self.request.model, values)
        return MilpResult(
            status,
            expand_ones(len(values), ones),
            -float(info.objective_function_value),
            bound,
            stopped_by,
            n_nodes,
            version,
        )

    def _read_bound(self, highs: highspy.Highs) -> float:
        if not self.request.model.is_integer.any():
            is_optimal = highs.getModelStatus() == _STATUS.kOptimal
            return -float(highs.getInfo().objective_function_value) if is_optimal else math.inf
        bound = -float(highs.getInfo().mip_dual_bound)
        return bound if math.isfinite(bound) and bound < highspy.kHighsInf else math.inf

    def _note_incumbent(self, event: Any) -> None:
        data = event.data_out
        self.incumbent = -float(data.objective_function_value)
        self.ones = find_ones(self.request.model, np.asarray(data.mip_solution))
        self._note_bound(-float(data.mip_dual_bound))
        self._send_news()

    def _note_progress(self, event: Any) -> None:
        if self._note_bound(-float(event.data_out.mip_dual_bound)):
            now_s = time.perf_counter()
            if now_s - self.last_news_s >= _NEWS_INTERVAL_S:
                self._send_news()
        self._stop_if_asked(event)

    def _note_simplex(self, event: Any) -> None:
        self._stop_if_asked(event)

    def _stop_if_asked(self, event: Any) -> None:
        if self.is_stopped or (self.ask_stop is not None and self.ask_stop()):
            self.is_stopped = True
            event.interrupt()

    def _note_bound(self, bound: float) -> bool:
        if not (math.isfinite(bound) and bound < self.bound and bound < highspy.kHighsInf):
            return False
        self.bound = bound
        return True

    def _send_news(self) -> None:
        self.last_news_s = time.perf_counter()
        if self.tell is not None:
            self.tell(MilpProgress(self.incumbent, self.bound, self.ones))


def find_ones(model: LinearModel, values: Floats) -> tuple[int, ...]:
    """Find the integer columns that are 1 in a solution, which may be off by the tolerance."""
    return tuple(np.flatnonzero(model.is_integer & (values > _HALF)).tolist())
