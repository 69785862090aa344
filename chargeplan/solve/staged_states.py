"""The states of sites in the Lagrangian bound: the sizes that single sites may have, by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.station_states import list_station_levels

if TYPE_CHECKING:
    from chargeplan.records import Bools, Ints, PlanProblem


@dataclass(frozen=True, slots=True, eq=False)
class SiteStates:
    """The sizes that a site can have: one number of chargers of each type.

    Parameters
    ----------
    level : ndarray of int64, shape (n_states, n_types)
        Level of each type, -1 without a charger of the type; state 0 is the closed site.
    shape : tuple of int
        Of the grid of states, one axis per type.
    is_allowed : ndarray of bool, shape (n_sites, n_states)
    """

    level: Ints
    shape: tuple[int, ...]
    is_allowed: Bools


def list_states(problem: PlanProblem) -> SiteStates:
    """List the states of sites with what fits them: levels, bays, most and least power."""
    staging, limits = problem.staging, problem.limits
    n_levels, n_types = len(problem.level_chargers), staging.n_types
    level, shape = list_station_levels(problem)
    fits = np.concatenate(
        [
            np.ones((problem.n_sites, n_types, 1), dtype=np.bool_),
            problem.level_allowed.reshape(problem.n_sites, n_types, n_levels),
        ],
        axis=2,
    )
    is_allowed = np.ones((problem.n_sites, len(level)), dtype=np.bool_)
    for each in range(n_types):
        is_allowed &= fits[:, each, level[:, each] + 1]
    chargers = np.where(level >= 0, problem.level_chargers[np.maximum(level, 0)], 0)
    kw = chargers @ staging.charger_kw
    slack = 1e-9 * np.maximum(kw, 1.0)
    if len(limits.bays):
        is_allowed &= chargers.sum(axis=1) <= limits.bays[:, None]
    if len(limits.largest_kw):
        is_allowed &= kw - slack <= limits.largest_kw[:, None]
    for amount, least in zip(limits.station_amount, limits.station_least, strict=True):
        is_allowed &= (chargers @ amount)[None, :] >= least[:, None] - 1e-9 * np.maximum(least[:, None], 1.0)
    is_existing = problem.is_forced_open & ~problem.is_counted
    is_allowed[~problem.is_open_allowed | is_existing] = False
    is_allowed[:, 0] = ~(problem.is_forced_open & problem.is_counted)
    return SiteStates(level, shape, is_allowed)
