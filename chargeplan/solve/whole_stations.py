"""A bound from buying whole stations: what the budget buys, when no half of a station may be built.

The Lagrangian bound lets the last rupees of a budget buy a part of a station. Where stations are
few, that part is most of the gap. At any prices of the demand the same relaxation holds with
whole stations: the price of all demand, plus the best choice of stations by their worth above
those prices, at most one level a site, within budget and count. That choice is an exact knapsack
of some hundredths of a second, so that the prices can be stepped towards its least value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.allocate_bound import AllocateDual
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.knapsack import WholeChooser
from chargeplan.solve.plan import find_required_sites
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Floats, PlanProblem

# The best prices for half stations are not the best for whole ones; with none, only what can be
# bought counts, which is exact where all stations are full.
_PRICE_SHARES = (1.0, 0.0, 0.5, 0.9)
_ITERATIONS = 40
_OPTIONS = DescentOptions(first_step=0.3, patience=5)
_SAFETY_SHARE = 1e-9


def compute_whole_station_bound(
    problem: PlanProblem,
    price: Floats,
    *,
    target_kwh_day: float = 0.0,
    max_iterations: int = _ITERATIONS,
    deadline: Deadline | None = None,
) -> float:
    """Compute a bound on every plan of an allocate problem from whole stations.

    Parameters
    ----------
    problem : PlanProblem
        In allocate mode.
    price : ndarray, shape (n_cells,)
        Price of a kWh of each cell, such as the multipliers of a bound. Any prices >= 0 give
        a valid bound; negative ones count as 0.
    target_kwh_day : float
        Objective of a plan: the steps aim at it, and stop when the bound meets it.
    max_iterations : int
        Steps of the prices.
    deadline : Deadline, optional
        When no further knapsack is begun. Without it the same bound comes back every time.

    Returns
    -------
    float
        kWh per day; infinite in cover mode.
    """
    if problem.mode is not PlanMode.ALLOCATE:
        return math.inf
    dual = AllocateDual(problem)
    dual.chooser = make_whole_chooser(dual)
    start = np.maximum(price, 0.0)
    best, best_at = math.inf, start
    for share in _PRICE_SHARES:
        if is_over(deadline):
            break
        value, _ = dual.evaluate(share * start)
        if value < best:
            best, best_at = value, share * start
    if best > target_kwh_day and max_iterations > 0 and not is_over(deadline):
        stepped, _, _ = minimise_dual(
            dual,
            best_at,
            target=target_kwh_day,
            max_iterations=max_iterations,
            deadline=deadline,
            options=_OPTIONS,
            stop_at=target_kwh_day,
        )
        best = min(best, stepped)
    # No choice at all keeps the rules: nothing is proven here, the other checks tell.
    margin = _SAFETY_SHARE * float(problem.demand_kwh_day.sum())
    return best + margin if math.isfinite(best) else math.inf


def make_whole_chooser(dual: AllocateDual) -> WholeChooser:
    """Make the chooser of whole stations for a dual."""
    problem = dual.problem
    return WholeChooser(
        np.searchsorted(dual.new_sites, dual.entry_site),
        problem.level_cost_pkr[dual.entry_site, dual.entry_level],
        find_required_sites(problem)[dual.new_sites],
        budget_pkr=problem.budget_pkr,
        max_sites=len(dual.new_sites) if problem.max_sites < 0 else problem.max_sites,
    )
