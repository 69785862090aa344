"""By which rule a station is forced: arithmetic over the sites that may hold one, no solver."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import Bools, Ints, PlanProblem


def find_possible_sites(problem: PlanProblem) -> Bools:
    """Tell which sites stand or may get a new station of some size, shape (n_sites,)."""
    fits = problem.level_allowed.any(axis=1).reshape(problem.n_sites, -1).any(axis=1)
    return (fits & problem.is_open_allowed) | (problem.is_forced_open & ~problem.is_counted)


def list_forcing_rules(
    problem: PlanProblem, site: int, *, name_zone: Callable[[int], str] = str
) -> tuple[str, ...]:
    """List the rules that leave no choice but a station at a site.

    Parameters
    ----------
    problem : PlanProblem
    site : int
    name_zone : callable
        Gives the shown name of a zone.
    """
    if problem.is_forced_open[site] and not problem.is_counted[site]:
        return ("it stands already",)
    rules = ["the planner requires it"] if problem.is_forced_open[site] else []
    others = find_possible_sites(problem)
    others[site] = False
    return (*rules, *_list_areas(problem, site, others), *_list_floors(problem, others, name_zone))


def _list_areas(problem: PlanProblem, site: int, others: Bools) -> list[str]:
    """Areas of a policy rule that lack sites without this one."""
    limits, years = problem.limits, problem.staging.years
    found = []
    for area, (start, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
        members = np.unique(limits.cover_site[start:end])
        if site not in members:
            continue
        left, least = int(others[members].sum()), int(limits.cover_least[area])
        if left < least:
            choice = "the only site" if left == 0 else f"one of only {left + 1} sites"
            year = years[int(limits.cover_year_pos[area])]
            since = f" from {year} on" if year > 0 else ""
            found.append(f"{choice} in area {area + 1} of a policy rule that asks for {least}{since}")
    return found


def _list_floors(problem: PlanProblem, others: Bools, name_zone: Callable[[int], str]) -> list[str]:
    """Zones whose floor the other sites cannot keep, even if each could serve all that reaches it."""
    floor, zone_of = problem.limits.zone_floor_share, problem.limits.cell_zone
    if not np.any(floor > 0):
        return []
    staging = problem.staging
    usable = np.unique(problem.pair_cell[others[problem.pair_site]])
    reach = np.zeros(problem.n_cells, dtype=np.bool_)
    reach[usable] = True
    found = []
    for zone in np.flatnonzero(floor > 0).tolist():
        for year, name in enumerate(staging.years):
            demand = np.where(zone_of == zone, staging.unit_kwh_day[year].sum(axis=1), 0.0)
            most = float(demand[reach].sum()) / max(float(demand.sum()), 1e-300)
            if demand.sum() > 0 and most < floor[zone] * (1 - 1e-9):
                when = f" in {name}" if name > 0 else ""
                found.append(
                    f"without it at most {most:.1%} of the demand of {name_zone(zone)} reaches a station{when}, "
                    f"the floor is {floor[zone]:.1%}"
                )
                break
    return found


def count_lonely_areas(problem: PlanProblem, site: int, is_open: Bools) -> int:
    """Count the areas of policy rules that only this open station keeps, though other sites could."""
    limits = problem.limits
    lonely = 0
    for area, (start, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
        members: Ints = np.unique(limits.cover_site[start:end])
        lonely += bool(site in members and is_open[members].sum() <= limits.cover_least[area])
    return lonely
