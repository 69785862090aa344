"""Why a candidate stays closed, as far as the run's records tell: arithmetic alone, no search."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.units import format_pkr

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Bools, Floats, Ints

_LEAST_LEFT_KWH_DAY = 0.05  # less is all of it
_MONEY_TOLERANCE_PKR = 0.5


def describe_closed_sites(bundle: RunBundle, results: pd.DataFrame) -> list[list[Any]]:
    """Describe each site, in the order of `CandidateSites`, as if it were closed.

    Parameters
    ----------
    bundle : RunBundle
    results : pandas.DataFrame
        Of `build_site_results`.

    Returns
    -------
    list of list
        The demand that may use the site in the last year (kWh/day, whole), the thousandths of it that the plan
        serves (rounded down, so that only all of it is 1000), what its smallest station costs (text, empty where none
        may stand), and the first of the reasons below that holds, a text. In this order: no size may stand there; it
        is too near to an open station; no demand may use it; open stations serve all of that demand; no more stations,
        or no such money, are allowed. When none holds the text is empty: then a search must tell.
    """
    problem = bundle.problem
    reach, served = _sum_reach(bundle)
    cost_pkr = _find_cheapest_pkr(bundle)
    near = _find_too_near(bundle, results["is_new"].to_numpy(dtype=np.bool_))
    limit = _tell_used_up(bundle)
    left_pkr = problem.budget_pkr - bundle.evaluation.get_metric("cost")
    ranks, bays = results["rank"].to_numpy(), results["max_chargers"].to_numpy()
    told = []
    for site in range(problem.n_sites):
        if not np.isfinite(cost_pkr[site]):
            has_room = bays[site] >= problem.level_chargers.min()
            reason = (
                "a rule about bays, power or spacing leaves no size"
                if has_room
                else "room for fewer chargers than the smallest station has"
            )
        elif site in near:
            reason = f"too near to station no. {int(ranks[near[site]])}"
        elif reach[site] <= 0:
            reason = "no demand may use it"
        elif reach[site] - served[site] < _LEAST_LEFT_KWH_DAY:
            reason = "open stations serve all that may use it"
        elif limit:
            reason = limit
        elif cost_pkr[site] > left_pkr + _MONEY_TOLERANCE_PKR:
            reason = f"its smallest station costs more than the money left, {format_pkr(max(left_pkr, 0.0))}"
        else:
            reason = ""
        told.append(
            [
                round(float(reach[site])),
                _floor_thousandths(reach[site], served[site]),
                format_pkr(cost_pkr[site]) if np.isfinite(cost_pkr[site]) else "",
                reason,
            ]
        )
    return told


def _sum_reach(bundle: RunBundle) -> tuple[Floats, Floats]:
    """Sum for each site the demand of the cells that may use it, and what the plan serves of that, kWh per day."""
    problem = bundle.problem
    wanted = problem.demand_kwh_day
    served = wanted * np.bincount(problem.pair_cell, bundle.solution.pair_share, problem.n_cells)
    at = problem.pair_cell
    reach, met = (np.bincount(problem.pair_site, each[at], problem.n_sites) for each in (wanted, served))
    return reach.astype(np.float64), met.astype(np.float64)


def _floor_thousandths(whole: float, part: float) -> int:
    if whole <= 0:
        return 0
    if whole - part < _LEAST_LEFT_KWH_DAY:
        return 1000
    return min(int(1000 * part / whole), 999)


def _find_cheapest_pkr(bundle: RunBundle) -> Floats:
    """Find what the cheapest new station of each site costs; infinite where none may stand."""
    problem = bundle.problem
    cost = np.where(problem.level_allowed, problem.level_cost_pkr, np.inf)
    cheapest = cost.reshape(problem.n_sites, -1).min(axis=1) + problem.staging.open_cost_pkr
    return np.asarray(np.where(problem.is_open_allowed, cheapest, np.inf), dtype=np.float64)


def _find_too_near(bundle: RunBundle, is_new: Bools) -> dict[int, int]:
    """Find for each site a new station that the rule of spacing does not allow beside it."""
    limits, near = bundle.problem.limits, {}
    for start, end in itertools.pairwise(limits.clique_start.tolist()):
        members: Ints = limits.clique_site[start:end]
        for station in members[is_new[members]].tolist():
            near.update({site: station for site in members.tolist() if site != station})
    return near


def _tell_used_up(bundle: RunBundle) -> str:
    """Say when the plan has all the new stations that are allowed."""
    problem = bundle.problem
    number = int(((bundle.solution.chargers > 0) & problem.is_counted).sum())
    is_used_up = 0 <= problem.max_sites <= number
    return f"the plan has all {number} new stations that are allowed" if is_used_up else ""
