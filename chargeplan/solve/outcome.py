"""What one run of a solver can end with, in our own words.

PuLP's ``status`` says "Optimal" for a search that a limit stopped; only ``sol_status`` and the
bound tell (coin-or/pulp issues 649 and 517). Nothing else in chargeplan reads either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, LinearModel


class MilpStatus(StrEnum):
    """How a run of a solver ended."""

    OPTIMAL = "optimal"  # proven within the gap that the solver was asked for
    FEASIBLE = "feasible"  # stopped, with a plan
    NO_INCUMBENT = "no incumbent"  # stopped, without a plan
    INFEASIBLE = "infeasible"  # claimed; to be confirmed by a second opinion


class StoppedBy(StrEnum):
    """What ended a search."""

    PROOF = "proof"
    TIME_LIMIT = "time limit"
    NODE_LIMIT = "node limit"
    USER = "user"
    FAILURE = "solver failure"


@dataclass(frozen=True, slots=True, eq=False)
class MilpRequest:
    """One run of the solver.

    Parameters
    ----------
    model : LinearModel
    start_values : ndarray, shape (n_columns,), or None
        A feasible plan to start from.
    gap : float
        Relative gap at which to stop.
    target_kwh_day : float
        Stop at a plan at least this good; infinite for no target.
    time_limit_s : float
        Wall clock, from the moment the request is made.
    node_limit : int or None
    threads : int
    seed : int
    use_presolve : bool
    """

    model: LinearModel
    start_values: Floats | None
    gap: float
    target_kwh_day: float
    time_limit_s: float
    node_limit: int | None
    threads: int
    seed: int
    use_presolve: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class MilpResult:
    """What one run of the solver ended with.

    Parameters
    ----------
    status : MilpStatus
    integer_values : ndarray, shape (n_columns,), or None
        Rounded values of the integer columns, 0 elsewhere; None without a plan. The continuous
        columns are fitted anew outside the solver.
    objective_kwh_day : float
        As the solver claims it; NaN without a plan.
    bound_kwh_day : float
        No plan of this model is better, as the solver proves; infinite when nothing is proven.
    stopped_by : StoppedBy
    n_nodes : int
    solver : str
        Name and version.
    """

    status: MilpStatus
    integer_values: Floats | None
    objective_kwh_day: float
    bound_kwh_day: float
    stopped_by: StoppedBy
    n_nodes: int
    solver: str


@dataclass(frozen=True, slots=True, eq=False)
class MilpProgress:
    """News from a running solver.

    Parameters
    ----------
    incumbent_kwh_day : float
        Best plan so far, NaN before the first.
    bound_kwh_day : float
    ones : tuple of int
        Integer columns at 1 in the best plan so far; empty before the first.
    """

    incumbent_kwh_day: float
    bound_kwh_day: float
    ones: tuple[int, ...]


def expand_ones(n_columns: int, ones: tuple[int, ...] | list[int]) -> Floats:
    """Turn the integer columns at 1 into a vector of all columns."""
    values = np.zeros(n_columns)
    values[np.asarray(ones, dtype=np.int64)] = 1.0
    return values
