"""Plans for cover mode: greedy, then an iterated local search over swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.cover_swaps import GAIN_TOLERANCE, SwapSearch, find_entries
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.plan import Plan, find_open_sites, make_plan
from chargeplan.solve.reduce import CoverRows

if TYPE_CHECKING:
    from chargeplan.records import Ints, PlanProblem

_REBUILD_EVERY = 64
_MAX_PLACES_AT_ONCE = 128


def pick_cover_greedily(rows: CoverRows) -> Ints:
    """Pick sites one by one, by worth and by worth per cost; return the better of the two plans.

    Returns
    -------
    ndarray of int64
        Columns of ``rows.cover``, in the order picked.
    """
    by_worth = _pick_greedily(rows, per_cost=False)
    if not np.isfinite(rows.budget_pkr):
        return by_worth
    by_ratio = _pick_greedily(rows, per_cost=True)
    worth = compute_cover_kwh_day(rows, by_worth)
    return by_ratio if compute_cover_kwh_day(rows, by_ratio) > worth else by_worth


def compute_cover_kwh_day(rows: CoverRows, columns: Ints) -> float:
    """Compute the objective of a set of columns, base included."""
    is_open = np.zeros(rows.cover.shape[1])
    is_open[columns] = 1.0
    return rows.base_kwh_day + float(rows.row_weight_kwh_day[(rows.cover @ is_open) > 0.5].sum())


def make_cover_plan(problem: PlanProblem, rows: CoverRows, columns: Ints) -> Plan:
    """Make the plan of a set of columns: every cell goes to its best open site, the nearest of equals."""
    level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
    level_pos[rows.required_pos] = 0
    level_pos[rows.site_pos[columns]] = 0
    return serve_best(problem, level_pos)


def serve_best(problem: PlanProblem, level_pos: Ints) -> Plan:
    """Send every cell whole to its best open site, whatever the capacities."""
    is_open = find_open_sites(problem, level_pos)[problem.pair_site]
    usable = np.flatnonzero(is_open)
    cell = problem.pair_cell[usable]
    order = np.lexsort(
        (problem.pair_site[usable], problem.pair_seconds[usable], -problem.pair_quality[usable], cell)
    )
    first = np.unique(cell[order], return_index=True)[1]
    share = np.zeros(problem.n_pairs)
    share[usable[order[first]]] = 1.0
    return make_plan(problem, level_pos, share)


def improve_cover(
    rows: CoverRows, columns: Ints, *, seed: int, max_iterations: int, deadline: Deadline | None = None
) -> Ints:
    """Improve a set of columns by perturbing it and swapping to a local optimum, many times.

    Parameters
    ----------
    rows : CoverRows
    columns : ndarray of int64
        A feasible set to start from.
    seed : int
    max_iterations : int
        Perturbations; the same set comes back for the same seed when this is what ends it.
    deadline : Deadline, optional
        Value of ``time.monotonic()`` to stop at.

    Returns
    -------
    ndarray of int64
        Columns at least as good, rising.
    """
    rng = np.random.default_rng(seed)
    n_places = min(rows.max_sites, _count_affordable(rows))
    if n_places == 0 or rows.cover.shape[1] == 0:
        return np.sort(columns)
    if n_places > _MAX_PLACES_AT_ONCE:
        return _improve_in_parts(rows, columns, rng=rng, max_iterations=max_iterations, deadline=deadline)
    return _iterate(rows, columns, n_places, rng=rng, max_iterations=max_iterations, deadline=deadline)


def _improve_in_parts(
    rows: CoverRows,
    columns: Ints,
    *,
    rng: np.random.Generator,
    max_iterations: int,
    deadline: Deadline | None,
) -> Ints:
    """Free a random part of a large plan at a time and search it with the rest held open."""
    best = np.sort(columns)
    rounds = 8
    for _ in range(max(1, max_iterations // rounds)):
        if is_over(deadline):
            break
        n_freed = min(len(best), _MAX_PLACES_AT_ONCE // 2)
        freed = _pick_neighbours(rows, best, n_freed, rng)
        held = np.setdiff1d(best, freed)
        is_held = np.zeros(rows.cover.shape[1])
        is_held[held] = 1.0
        open_rows = np.flatnonzero((rows.cover @ is_held) == 0)
        part = CoverRows(
            row_weight_kwh_day=rows.row_weight_kwh_day[open_rows],
            cover=rows.cover[open_rows],
            site_pos=rows.site_pos,
            cost_pkr=np.where(is_held > 0, np.inf, rows.cost_pkr),
            base_kwh_day=0.0,
            budget_pkr=rows.budget_pkr - float(rows.cost_pkr[held].sum()),
            max_sites=min(rows.max_sites - len(held), 2 * n_freed),
            required_pos=rows.required_pos,
            dominated_pos=rows.dominated_pos,
        )
        found = _iterate(
            part, freed, max(part.max_sites, n_freed), rng=rng, max_iterations=rounds, deadline=deadline
        )
        if compute_cover_kwh_day(part, found) > compute_cover_kwh_day(part, freed):
            best = np.union1d(held, found)
    return best


def _pick_neighbours(rows: CoverRows, plan: Ints, n_freed: int, rng: np.random.Generator) -> Ints:
    """Pick a random place of the plan and those that share most rows with it, then others at random."""
    centre = np.zeros(rows.cover.shape[1])
    centre[rng.choice(plan)] = 1.0
    for _ in range(3):
        reached = (rows.cover @ centre) > 0
        centre = np.asarray(rows.cover.T @ reached.astype(np.float64), dtype=np.float64)
    closeness = centre[plan] + 1e-6 * rng.random(len(plan))
    return np.sort(plan[np.argsort(-closeness, kind="stable")[:n_freed]])


def _count_affordable(rows: CoverRows) -> int:
    """Count the cheapest sites that fit the budget: no plan has more."""
    total = np.cumsum(np.sort(rows.cost_pkr))
    return int(np.searchsorted(total, rows.budget_pkr * (1 + 1e-12), side="right"))


def _pick_greedily(rows: CoverRows, *, per_cost: bool) -> Ints:
    by_site = rows.cover.T.tocsr()
    weight = rows.row_weight_kwh_day
    gain = np.asarray(by_site @ weight, dtype=np.float64)
    is_covered = np.zeros(len(weight), dtype=bool)
    divisor = np.maximum(rows.cost_pkr, 1e-9) if per_cost else np.ones(len(gain))
    picked: list[int] = []
    left_pkr = rows.budget_pkr
    tolerance = GAIN_TOLERANCE * max(1.0, float(weight.sum()))
    while len(picked) < rows.max_sites:
        score = np.where((gain > tolerance) & (rows.cost_pkr <= left_pkr), gain / divisor, -1.0)
        best = int(np.argmax(score)) if len(score) else 0
        if len(score) == 0 or score[best] <= 0:
            break
        picked.append(best)
        left_pkr -= rows.cost_pkr[best]
        newly = by_site.indices[by_site.indptr[best] : by_site.indptr[best + 1]]
        newly = newly[~is_covered[newly]]
        is_covered[newly] = True
        entries, size = find_entries(rows.cover.indptr, newly)
        gain -= np.bincount(rows.cover.indices[entries], np.repeat(weight[newly], size), len(gain))
        gain[best] = 0.0
    return np.array(picked, dtype=np.int64)


def _iterate(
    rows: CoverRows,
    columns: Ints,
    n_places: int,
    *,
    rng: np.random.Generator,
    max_iterations: int,
    deadline: Deadline | None,
) -> Ints:
    search = SwapSearch(rows, n_places)
    site_at = np.full(n_places, -1, dtype=np.int64)
    site_at[: len(columns)] = np.sort(columns)
    current = search.build(site_at)
    search.descend(current)
    best = current.copy()
    for iteration in range(max_iterations):
        if is_over(deadline):
            break
        trial = search.build(current.site_at) if iteration % _REBUILD_EVERY == 0 else current.copy()
        search.perturb(trial, rng)
        search.descend(trial)
        if trial.total >= current.total - search.tolerance:
            current = trial
        if trial.total > best.total + search.tolerance:
            best = trial.copy()
    return np.sort(best.site_at[best.site_at >= 0])
