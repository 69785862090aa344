"""How many stations the floors of zones need at the very least."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, PlanProblem

_SLACK = 1e-9


def list_zone_needs(
    problem: PlanProblem, site_most_kwh_day: Floats, *, year: int
) -> list[tuple[int, Ints, int]]:
    """List zones whose floors need new stations by a year, the sites that can help, and how many of these must open.

    A bound from below: each site counts with all its capacity, or all demand of the zone within its reach.

    Parameters
    ----------
    problem : PlanProblem
    site_most_kwh_day : ndarray, shape (n_sites,)
        What a new station can deliver at most, 0 where none may open.
    year : int
        Position; the floors hold in this year and all before it.
    """
    limits, staging = problem.limits, problem.staging
    if not np.any(limits.zone_floor_share > 0):
        return []
    existing = problem.existing_capacity_kwh_day.reshape(problem.n_sites, -1).sum(axis=1)
    pair_zone = limits.cell_zone[problem.pair_cell]
    needs = []
    for zone in np.flatnonzero(limits.zone_floor_share > 0).tolist():
        floor = float(limits.zone_floor_share[zone])
        at = np.flatnonzero(pair_zone == zone)
        site, cell = problem.pair_site[at], problem.pair_cell[at]
        fewest = 0
        for each in range(year + 1):
            demand = staging.unit_kwh_day[each].sum(axis=1)
            within = np.bincount(site, demand[cell], problem.n_sites)
            missing = floor * demand[limits.cell_zone == zone].sum() * (1 - _SLACK)
            missing -= float(np.minimum(existing, within).sum())
            helps = np.sort(np.minimum(site_most_kwh_day, within))[::-1]
            if missing > 0:
                fewest = max(fewest, 1 + int(np.searchsorted(np.cumsum(helps), missing)))
        usable = np.unique(site[site_most_kwh_day[site] > 0])
        if 0 < fewest <= len(usable):  # more than there are is told elsewhere
            needs.append((zone, usable, fewest))
    return needs
