"""A proven bound on every plan of a problem with years, types, groups or further limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.staged_dual import StagedDual
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, Ints, PlanProblem
    from chargeplan.solve.deadline import Deadline

_SAFETY_SHARE = 1e-9
_OPTIONS = DescentOptions(patience=12)


@dataclass(frozen=True, slots=True, eq=False)
class StagedBound:
    """What no plan of the whole problem can beat, and what its prices say of single stations.

    Parameters
    ----------
    value_kwh_day : float
    multipliers : ndarray
        Best prices of the rows of the dual.
    state_bound_kwh_day : ndarray, shape (n_years, n_sites, n_states)
        No plan with the site in this state in this year is better.
    promise_share : ndarray, shape (n_years, n_slots, n_levels)
        How often the relaxed problem built each station lately.
    picks : tuple of (multipliers, states)
        Prices and choices of the best iterations, the last the best.
    iterations : int
    """

    value_kwh_day: float
    multipliers: Floats
    state_bound_kwh_day: Floats
    promise_share: Floats
    picks: tuple[tuple[Floats, Ints], ...]
    iterations: int


def compute_plain_bound(problem: PlanProblem, model: LinearModel, columns: ColumnPlan) -> float:
    """Sum all that could be served at its best: no plan is worth more."""
    if problem.mode is PlanMode.COVER or columns.worst >= 0:
        return float(model.objective @ model.column_upper)
    staging = problem.staging
    cell = problem.pair_cell[columns.serve_pair]
    unit = (columns.serve_year * problem.n_cells + cell) * staging.n_groups + columns.serve_group
    best = np.zeros(staging.unit_kwh_day.size)
    np.maximum.at(best, unit, model.objective[columns.list_columns("serve")])
    return float(best.sum())


def compute_staged_bound(
    model: LinearModel,
    dual: StagedDual,
    *,
    incumbent_kwh_day: float,
    max_iterations: int,
    deadline: Deadline | None = None,
    multipliers: Floats | None = None,
) -> StagedBound:
    """Compute a bound on every plan by Lagrangian relaxation; valid whatever ends the iterations.

    Parameters
    ----------
    model : LinearModel
    dual : StagedDual
    incumbent_kwh_day : float
        Of the best plan known, 0 without one: the steps aim at it.
    max_iterations : int
    deadline : Deadline, optional
    multipliers : ndarray, optional
        To go on from.
    """
    margin = _SAFETY_SHARE * float(np.abs(model.objective).sum())
    best, best_at, done = minimise_dual(
        dual,
        dual.guess_multipliers() if multipliers is None else multipliers,
        target=incumbent_kwh_day,
        max_iterations=max(1, max_iterations),
        deadline=deadline,
        options=_OPTIONS,
        stop_at=incumbent_kwh_day,
    )
    return StagedBound(
        value_kwh_day=best + margin,
        multipliers=best_at,
        state_bound_kwh_day=dual.state_bound + margin,
        promise_share=dual.promise.copy(),
        picks=tuple(dual.picks),
        iterations=done,
    )


def find_levels_left(
    dual: StagedDual, bound: StagedBound, *, incumbent_kwh_day: float
) -> tuple[Bools, Bools]:
    """Find what every plan better than the incumbent may and must do.

    Returns
    -------
    may_have : ndarray of bool, shape (n_years, n_slots, n_levels)
        Levels that a better plan may have.
    must_open : ndarray of bool, shape (n_years, n_sites)
        Sites that a better plan has open.
    """
    states = dual.states
    is_out = bound.state_bound_kwh_day <= incumbent_kwh_day  # a bound that is no number rules out nothing
    is_left = ~is_out & states.is_allowed[None]
    n_years, n_sites, _ = is_left.shape
    may_have = np.zeros((n_years, n_sites, dual.n_types, dual.n_levels), dtype=np.bool_)
    for each in range(dual.n_types):
        for level in range(dual.n_levels):
            of_level = states.level[:, each] == level
            may_have[:, :, each, level] = is_left[:, :, of_level].any(axis=2)
    is_new = np.zeros(n_sites, dtype=np.bool_)
    is_new[dual.sites] = True
    must_open = ~is_left[:, :, 0] & is_new[None, :]
    return may_have.reshape(n_years, dual.n_slots, dual.n_levels), must_open
