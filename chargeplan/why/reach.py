"""What reaches a closed site, and which open station serves it instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints, PlanProblem, Solution


@dataclass(frozen=True, slots=True)
class Reach:
    """What a station at a closed site would stand among, in the last year.

    Parameters
    ----------
    cells : int
        Cells with demand that reach the site.
    kwh_day, served_kwh_day : float
        Their demand, and what the open stations serve of it.
    at_most_kwh_day : float
        No station there serves more: its largest size, and the demand weighted by its worth.
    served_most_by : int
        The open station that serves most of that demand; -1 when none does.
    by_it_kwh_day : float
        What that station serves of it.
    """

    cells: int
    kwh_day: float
    served_kwh_day: float
    at_most_kwh_day: float
    served_most_by: int
    by_it_kwh_day: float


class ReachTable:
    """Measures closed sites of a plan.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
    """

    def __init__(self, problem: PlanProblem, solution: Solution) -> None:
        self.problem = problem
        self.flow_kwh_day: Floats = problem.demand_kwh_day[problem.pair_cell] * solution.pair_share
        self.largest_kwh_day = _sum_capacities(problem)

    def measure(self, site: int) -> Reach:
        """Measure what reaches a site."""
        problem = self.problem
        own = np.flatnonzero(problem.pair_site == site)
        own = own[problem.demand_kwh_day[problem.pair_cell[own]] > 0]
        cells: Ints = problem.pair_cell[own]
        is_ours: Bools = np.zeros(problem.n_cells, dtype=np.bool_)
        is_ours[cells] = True
        at = is_ours[problem.pair_cell]
        by_site = np.bincount(problem.pair_site[at], weights=self.flow_kwh_day[at], minlength=problem.n_sites)
        most = int(np.argmax(by_site))
        worth = float(problem.demand_kwh_day[cells] @ problem.pair_quality[own])
        return Reach(
            cells=len(cells),
            kwh_day=float(problem.demand_kwh_day[cells].sum()),
            served_kwh_day=float(by_site.sum()),
            at_most_kwh_day=min(worth, float(self.largest_kwh_day[site])),
            served_most_by=most if by_site[most] > 0 else -1,
            by_it_kwh_day=float(by_site[most]),
        )


def _sum_capacities(problem: PlanProblem) -> Floats:
    """Sum over charger types what the largest number of each delivers at a site, kWh per day."""
    capacity = np.where(problem.level_allowed, problem.level_capacity_kwh_day, 0.0).max(axis=1)
    return np.asarray(capacity.reshape(problem.n_sites, -1).sum(axis=1), dtype=np.float64)
