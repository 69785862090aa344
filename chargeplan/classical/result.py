"""The answer to a classical location problem, and what counts as a proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.records import PROOF_TOLERANCE, Floats, Ints, compute_gap
from chargeplan.words import Outcome

if TYPE_CHECKING:
    import scipy.sparse as sp

# Sums of up to a million terms of relative rounding 1e-16 each, with room to spare.
ROUNDING_SHARE = 1e-9
# How far below a whole step a bound may be, by rounding, and still mean the step.
_STEP_TOLERANCE = 1e-6
# A search ends this share of a step below the best plan: by more than the rounding of any bound.
_CUTOFF_STEP_SHARE = 0.999
_LARGEST_EXACT = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalResult:
    """The answer to a classical location problem.

    Parameters
    ----------
    sites : ndarray of int64, shape (n_open,)
        Positions of the open sites, rising.
    cells : ndarray of int64, shape (n_cells,)
        Site that serves each cell, -1 where none does; where demand is split, the site with the
        largest share.
    objective : float
        Value of the plan, computed from the arrays that were given.
    bound : float
        No plan has a better value.
    outcome : Outcome
        `Outcome.PROVEN_OPTIMAL` when the bound meets the objective, else `Outcome.WITHIN_GAP`.
    is_minimised : bool
        Whether a small objective is a good one.
    shares : scipy.sparse.csr_array, shape (n_cells, n_sites), or None
        Share of each cell that each site serves, for problems that split demand.
    """

    sites: Ints
    cells: Ints
    objective: float
    bound: float
    outcome: Outcome
    is_minimised: bool = False
    shares: sp.csr_array | None = None

    @property
    def gap(self) -> float:
        """How much better the best plan can be at most, as a share of this one."""
        return measure_gap(self.objective, self.bound, is_minimised=self.is_minimised)


def measure_gap(objective: float, bound: float, *, is_minimised: bool) -> float:
    """Measure how much better the best plan can be at most, as a share of the objective.

    Examples
    --------
    >>> measure_gap(100.0, 98.0, is_minimised=True)
    0.02
    """
    if not is_minimised:
        return compute_gap(objective, bound)
    if bound >= objective:
        return 0.0
    return (objective - bound) / abs(objective) if objective != 0 else math.inf


def judge_minimum(objective: float, bound: float, *, step: float) -> tuple[float, Outcome]:
    """Round a lower bound up to what an objective can be, and say what it proves.

    Parameters
    ----------
    objective : float
        Of a plan.
    bound : float
        No plan is cheaper.
    step : float
        Every objective is a multiple of it; 0 when nothing is known.

    Returns
    -------
    bound : float
        At most the objective.
    outcome : Outcome
    """
    if step > 0 and math.isfinite(bound):
        bound = math.ceil(bound / step - _STEP_TOLERANCE) * step
    if bound >= objective - ROUNDING_SHARE * abs(objective):
        bound = objective
    return bound, judge_gap(measure_gap(objective, bound, is_minimised=True))


def judge_gap(gap: float) -> Outcome:
    """Say what a gap proves: `Outcome.PROVEN_OPTIMAL` up to rounding alone, whatever was asked for."""
    return Outcome.PROVEN_OPTIMAL if gap <= PROOF_TOLERANCE else Outcome.WITHIN_GAP


def find_step(values: Floats) -> float:
    """Find the largest whole number that divides every value; 0 when they are not whole.

    The objective of a plan that sums such values is a multiple of it, so a plan within less than
    one step of a bound is optimal.

    Examples
    --------
    >>> find_step(np.array([4.0, 10.0, 0.0]))
    2.0
    >>> find_step(np.array([1.5, 3.0]))
    0.0
    """
    if len(values) == 0 or not np.isfinite(values).all() or float(np.abs(values).sum()) >= _LARGEST_EXACT:
        return 0.0
    if np.any(values != np.rint(values)):
        return 0.0
    return float(np.gcd.reduce(np.abs(values).astype(np.int64)))


def find_cutoff(objective: float, *, step: float, gap: float = 0.0) -> float:
    """Find the lower bound from which on a search for cheaper plans can end.

    Parameters
    ----------
    objective : float
        Of the cheapest plan known.
    step : float
        Every objective is a multiple of it; 0 when nothing is known.
    gap : float
        Cheaper plans closer than this share are not looked for.
    """
    allowed = max(gap * abs(objective), step * _CUTOFF_STEP_SHARE, ROUNDING_SHARE * abs(objective) / 2)
    return objective - allowed
