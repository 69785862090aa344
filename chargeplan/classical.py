"""Classical location problems on plain arrays, solved by the same core as a study.

Like `chargeplan.pipeline` this file may import stages; it hands arrays to the model and the
search and brings a plain result back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chargeplan.errors import DataError, name_rows
from chargeplan.records import Floats, Ints, PlanProblem, compute_gap
from chargeplan.runlog import ignore_event
from chargeplan.words import Outcome, PlanMode


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalResult:
    """The answer to a classical location problem.

    Parameters
    ----------
    sites : ndarray of int64, shape (n_open,)
        Positions of the open sites, rising.
    cells : ndarray of int64, shape (n_cells,)
        Site that serves each cell, -1 where none does.
    objective : float
        Value of the plan.
    bound : float
        No plan has a better value.
    outcome : Outcome
    """

    sites: Ints
    cells: Ints
    objective: float
    bound: float
    outcome: Outcome

    @property
    def gap(self) -> float:
        """How much better the best plan can be at most, as a share of this one."""
        return compute_gap(self.objective, self.bound)


def solve_mclp(
    weight: ArrayLike,
    distance: ArrayLike,
    *,
    radius: float,
    p: int,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 1,
) -> ClassicalResult:
    """Solve the maximal covering location problem of Church and ReVelle (1974).

    Open at most `p` sites so that the weight of the cells within `radius` of an open site
    (inclusive) is as large as possible.

    Parameters
    ----------
    weight : array_like, shape (n_cells,)
        Weight of each cell, finite and >= 0.
    distance : array_like, shape (n_cells, n_sites)
        Distance or time from each cell to each site, in the unit of `radius`; infinite where
        there is no way, never NaN.
    radius : float
    p : int
    gap : float
        Stop when the plan is proven this close to the best (share of its value).
    time_limit_s : float
    seed : int

    Returns
    -------
    ClassicalResult
        `cells` holds the nearest open site within the radius.

    Raises
    ------
    DataError
        When a weight or a distance cannot be used, with its rows.

    Examples
    --------
    >>> result = solve_mclp([3, 1, 2], [[0, 9], [9, 0], [9, 1]], radius=1, p=1)
    >>> result.sites.tolist(), result.objective
    ([0], 3.0)
    """
    from chargeplan.config.settings import SolveSettings
    from chargeplan.model.linear import build_linear_model
    from chargeplan.solve.search import solve_problem

    problem, distances = _build_mclp(weight, distance, radius, p)
    if problem.n_pairs == 0 or p == 0:
        return ClassicalResult(
            np.zeros(0, np.int64), np.full(problem.n_cells, -1), 0.0, 0.0, Outcome.PROVEN_OPTIMAL
        )
    settings = SolveSettings(time_limit_s=time_limit_s, gap=gap)
    solution = solve_problem(
        problem,
        build_linear_model(problem),
        settings,
        seed=seed,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    sites = np.flatnonzero(solution.chargers > 0)
    to_open = distances[:, sites]
    nearest = to_open.argmin(axis=1)
    reached = to_open[np.arange(problem.n_cells), nearest] <= radius
    return ClassicalResult(
        sites=sites,
        cells=np.where(reached, sites[nearest], -1),
        objective=solution.objective_kwh_day,
        bound=solution.bound_kwh_day,
        outcome=solution.outcome,
    )


def _build_mclp(weight: ArrayLike, distance: ArrayLike, radius: float, p: int) -> tuple[PlanProblem, Floats]:
    """Check the arrays and state them as a cover problem with one level at no cost."""
    weights = np.asarray(weight, dtype=np.float64)
    distances = np.asarray(distance, dtype=np.float64)
    faults = []
    if weights.ndim != 1 or distances.ndim != 2 or len(weights) != len(distances):
        raise DataError(
            f"distance has shape {distances.shape} and weight {weights.shape}; "
            "expected (n_cells, n_sites) and (n_cells,)"
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        faults.append(f"weight: rows {name_rows(bad)} are negative or not finite; expected numbers >= 0")
    bad = np.flatnonzero(np.isnan(distances).any(axis=1))
    if bad.size:
        faults.append(f"distance: rows {name_rows(bad)} hold NaN; use infinity where there is no way")
    if not (np.isfinite(radius) and radius >= 0):
        faults.append(f"radius: got {radius}; expected a number >= 0")
    if p < 0:
        faults.append(f"p: got {p}; expected a whole number >= 0")
    if faults:
        raise DataError(faults)
    n_sites = distances.shape[1]
    cell, site = np.nonzero(distances <= radius)
    return PlanProblem(
        mode=PlanMode.COVER,
        demand_kwh_day=weights,
        competitor_kwh_day=np.zeros(len(weights)),
        pair_cell=cell.astype(np.int64),
        pair_site=site.astype(np.int64),
        pair_quality=np.ones(len(cell)),
        pair_seconds=distances[cell, site],
        is_open_allowed=np.ones(n_sites, dtype=np.bool_),
        is_forced_open=np.zeros(n_sites, dtype=np.bool_),
        is_counted=np.ones(n_sites, dtype=np.bool_),
        level_chargers=np.ones(1, dtype=np.int64),
        level_allowed=np.ones((n_sites, 1), dtype=np.bool_),
        level_cost_pkr=np.zeros((n_sites, 1)),
        level_capacity_kwh_day=np.full((n_sites, 1), np.inf),
        existing_capacity_kwh_day=np.zeros(n_sites),
        existing_chargers=np.zeros(n_sites, dtype=np.int64),
        budget_pkr=float("inf"),
        max_sites=p,
        nearest_sites=0,
    ), distances
