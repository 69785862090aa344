"""A proven bound on every plan of a problem, and what it says about single sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Bools, Floats, Ints, PlanProblem
from chargeplan.solve.allocate_bound import AllocateDual
from chargeplan.solve.cover_bound import CoverDual
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.descent import DescentOptions, minimise_dual
from chargeplan.solve.plan import find_allowed_levels, find_required_sites
from chargeplan.solve.reduce import CoverRows, build_cover_rows
from chargeplan.words import PlanMode

# The bound is a sum of up to a million terms >= 0, of relative rounding 1e-16 each.
_SAFETY_SHARE = 1e-9
_OPTIONS = DescentOptions(patience=15, last_step=0.003)
_COVER_OPTIONS = DescentOptions(patience=20)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What no plan of the whole problem can beat.

    Parameters
    ----------
    value_kwh_day : float
        No plan serves more, quality-weighted.
    level_bound_kwh_day : ndarray, shape (n_sites, n_levels)
        No plan with a new station of this level at the site serves more; -inf where the level
        is not allowed, or where the site is dominated by another (cover mode).
    closed_bound_kwh_day : ndarray, shape (n_sites,)
        No plan without a new station at the site serves more; -inf at required sites.
    promise_share : ndarray, shape (n_sites, n_levels)
        How much of each station the relaxed problem would build, averaged over its last
        solutions, 0 to 1. The sites of largest sum are the kernel of promising sites.
    level_picks : tuple of ndarray of int64, each of shape (n_sites,)
        ``level_pos`` of choices the relaxed problem made within budget and count at its best
        multipliers, the last the best: starts for plans.
    multipliers : ndarray
        Best multipliers: price of a kWh of each cell (allocate), claim on each merged row (cover).
    price_kwh_day_per_pkr : float
        Worth of a further PKR of budget in the relaxed problem.
    iterations : int
    """

    value_kwh_day: float
    level_bound_kwh_day: Floats
    closed_bound_kwh_day: Floats
    promise_share: Floats
    level_picks: tuple[Ints, ...]
    multipliers: Floats
    price_kwh_day_per_pkr: float
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class SiteFixing:
    """What every plan better than an incumbent must do; see `fix_sites`.

    Parameters
    ----------
    level_allowed : ndarray of bool, shape (n_sites, n_levels)
        Levels that a better plan may still have.
    must_open : ndarray of bool, shape (n_sites,)
        Sites that a better plan must open as new stations, required ones included.
    """

    level_allowed: Bools
    must_open: Bools


def compute_bound(
    problem: PlanProblem,
    *,
    incumbent_kwh_day: float,
    max_iterations: int = 600,
    deadline: Deadline | None = None,
    multipliers: Floats | None = None,
    rows: CoverRows | None = None,
    options: DescentOptions | None = None,
    least_chargers: int = 0,
) -> Bound:
    """Compute a bound on every plan by Lagrangian relaxation.

    Valid for the whole problem, whatever ends the iterations. The same bound comes back on
    every run when ``deadline`` is None.

    Parameters
    ----------
    problem : PlanProblem
    incumbent_kwh_day : float
        Objective of the best plan known: the steps aim at it, and stop when the bound meets it.
    max_iterations : int
    deadline : Deadline, optional
        Value of ``time.monotonic()`` to stop at, after one iteration at least.
    multipliers : ndarray, optional
        Of an earlier bound of the same problem, to go on from.
    rows : CoverRows, optional
        The problem's rows in cover mode, when they are built already.
    options : DescentOptions, optional
        How to step, instead of the usual way.
    least_chargers : int
        Bound only the plans with at least so many new chargers (allocate mode).
    """
    is_cover = problem.mode is PlanMode.COVER
    dual = CoverDual(rows or build_cover_rows(problem)) if is_cover else AllocateDual(problem)
    if isinstance(dual, AllocateDual) and least_chargers > 0:
        dual.count_chargers(least_chargers)
    margin = _SAFETY_SHARE * float(problem.demand_kwh_day.sum())
    best, best_at, iterations = minimise_dual(
        dual,
        dual.guess_multipliers() if multipliers is None else multipliers,
        target=incumbent_kwh_day,
        max_iterations=max(1, max_iterations),
        deadline=deadline,
        options=options or (_COVER_OPTIONS if is_cover else _OPTIONS),
        stop_at=incumbent_kwh_day,
    )
    value = min(best, _count_reachable(problem)) + margin
    shape = problem.level_cost_pkr.shape
    level_bound, promise = np.full(shape, -np.inf), np.zeros(shape)
    closed_bound = np.full(problem.n_sites, value)
    if isinstance(dual, CoverDual):
        entry_site, entry_level = dual.rows.site_pos, np.zeros(len(dual.rows.site_pos), dtype=np.int64)
        entry_bound, new_sites, base = dual.open_bound, dual.rows.site_pos, dual.rows.required_pos
    else:
        entry_site, entry_level, entry_bound = dual.entry_site, dual.entry_level, dual.entry_bound
        new_sites, base = dual.new_sites, np.empty(0, dtype=np.int64)
    level_bound[entry_site, entry_level] = np.minimum(entry_bound + margin, value)
    promise[entry_site, entry_level] = dual.promise
    closed_bound[new_sites] = np.minimum(dual.closed_bound + margin, value)
    level_bound[base], promise[base] = value, 1.0
    closed_bound[find_required_sites(problem)] = -np.inf
    picks = []
    for entries in dual.picks:
        level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
        level_pos[base] = 0
        level_pos[entry_site[entries]] = entry_level[entries]
        picks.append(level_pos)
    return Bound(
        value_kwh_day=value,
        level_bound_kwh_day=level_bound,
        closed_bound_kwh_day=closed_bound,
        promise_share=promise,
        level_picks=tuple(picks),
        multipliers=best_at,
        price_kwh_day_per_pkr=dual.price,
        iterations=iterations,
    )


def fix_sites(problem: PlanProblem, bound: Bound, *, incumbent_kwh_day: float) -> SiteFixing:
    """Find what every plan better than the incumbent must do.

    A level whose bound is not above the incumbent can be forbidden, and a site without which the
    bound is not above it must open: exact, the best plan is kept unless the incumbent is as good.
    In cover mode dominated sites are forbidden too.
    """
    allowed = find_allowed_levels(problem)
    level_allowed = allowed & (bound.level_bound_kwh_day > incumbent_kwh_day)
    must_open = allowed.any(axis=1) & (bound.closed_bound_kwh_day <= incumbent_kwh_day)
    return SiteFixing(level_allowed, must_open | find_required_sites(problem))


def _count_reachable(problem: PlanProblem) -> float:
    """Sum the demand of all cells at their best quality: the plainest bound."""
    best_quality = np.zeros(problem.n_cells)
    np.maximum.at(best_quality, problem.pair_cell, problem.pair_quality)
    return float(np.sum(problem.demand_kwh_day * best_quality))
