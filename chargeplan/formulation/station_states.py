"""The sizes that a station can have: every combination of the sizes that its charger types are offered in."""

from __future__ import annotations

import math

import numpy as np

from chargeplan.errors import ConfigError
from chargeplan.records import Bools, Ints, PlanProblem

# The Lagrangian bound holds some tables of one number per year, site and set of chargers. Their peak was
# measured with 81 to 1,681 sets: 55 to 85 bytes for each entry.
MEASURED_BYTES = 60
MOST_ENTRIES = 30_000_000


def list_offered_levels(problem: PlanProblem) -> list[Ints]:
    """List the levels that any site may have of each charger type, rising."""
    n_types = problem.staging.n_types
    allowed = problem.level_allowed.reshape(problem.n_sites, n_types, -1)
    return [np.flatnonzero(allowed[:, each].any(axis=0)) for each in range(n_types)]


def list_station_levels(problem: PlanProblem) -> tuple[Ints, tuple[int, ...]]:
    """List the sizes of stations that some site may have.

    Parameters
    ----------
    problem : PlanProblem

    Returns
    -------
    level : ndarray of int64, shape (n_states, n_types)
        Level of each type, -1 without a charger of the type; state 0 is the closed site.
    shape : tuple of int
        Of the grid of states, one axis per type, each from no charger to the largest level.

    Raises
    ------
    ConfigError
        When years, sites and states are more than a computer holds.
    """
    offered = list_offered_levels(problem)
    shape = tuple(len(each) + 1 for each in offered)
    n_states = math.prod(shape)
    _check_size(problem, shape, n_states)
    axes = [np.concatenate([[-1], each]) for each in offered]
    grids = np.meshgrid(*axes, indexing="ij")
    return np.stack([each.ravel() for each in grids], axis=1).astype(np.int64), shape


def _check_size(problem: PlanProblem, shape: tuple[int, ...], n_states: int) -> None:
    n_years = problem.staging.n_years
    entries = n_years * problem.n_sites * n_states
    if entries <= MOST_ENTRIES:
        return
    most = max(MOST_ENTRIES // (n_years * problem.n_sites), 1)
    sizes = " x ".join(str(each) for each in shape)
    raise ConfigError(
        f"a station can have {n_states:,} different sets of chargers ({sizes} numbers of each charger type, none "
        f"among them); with {problem.n_sites:,} sites and {n_years} years that takes about "
        f"{entries * MEASURED_BYTES / 1e9:,.1f} GB of memory, and chargeplan allows itself "
        f"{MOST_ENTRIES * MEASURED_BYTES / 1e9:,.1f} GB: {most:,} sets; offer fewer numbers of chargers (levels) of "
        "the types in model.chargers, fewer types, candidate sites or years"
    )


def find_states_below(level: Ints, above: Ints) -> Bools:
    """Tell from which states a site may come into others, type by type.

    Parameters
    ----------
    level : ndarray of int64, shape (n_states, n_types)
    above : ndarray of int64, shape (n_others, n_types)

    Returns
    -------
    ndarray of bool, shape (n_others, n_states)
        Entry (b, a): a site in state a may be in state b later.
    """
    is_below = np.ones((len(above), len(level)), dtype=np.bool_)
    for each in range(level.shape[1]):
        is_below &= level[None, :, each] <= above[:, None, each]
    return is_below
