"""Plans for cover mode: greedy, then an iterated local search over swaps.

The search keeps, for every place in the plan and every site, the weight of the rows that only
this place covers and the site covers too. The gain of every swap is then a sum of three numbers,
found for all swaps at once (Resende and Werneck 2007 keep the same sums for the p-median).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Floats, Ints, PlanProblem
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.plan import Plan, find_open_sites, make_plan
from chargeplan.solve.reduce import CoverRows

_REBUILD_EVERY = 64
_GAIN_TOLERANCE = 1e-10
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
    tolerance = _GAIN_TOLERANCE * max(1.0, float(weight.sum()))
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
        entries, size = _find_entries(rows.cover.indptr, newly)
        gain -= np.bincount(rows.cover.indices[entries], np.repeat(weight[newly], size), len(gain))
        gain[best] = 0.0
    return np.array(picked, dtype=np.int64)


def _find_entries(indptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """List the entries of some rows of a CSR matrix, and how many each has."""
    start = indptr[rows].astype(np.int64)
    size = indptr[rows + 1].astype(np.int64) - start
    ends = np.cumsum(size)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - size), size), size


@dataclass(slots=True, eq=False)
class _State:
    """A plan under search: the site at each place (-1: none) and what every swap is worth."""

    site_at: Ints
    times_covered: Ints  # per row
    place_sum: Ints  # per row, sum of the places that cover it: the place when it is one
    worth: Floats  # (n_places + 2, n_sites): weight of the site's rows by who covers them
    total: float  # weight covered

    def copy(self) -> _State:
        return _State(
            self.site_at.copy(),
            self.times_covered.copy(),
            self.place_sum.copy(),
            self.worth.copy(),
            self.total,
        )


class _SwapSearch:
    """The moves over one `CoverRows`; ``worth`` rows: each place, then uncovered, then twice or more."""

    def __init__(self, rows: CoverRows, n_places: int) -> None:
        self.rows, self.n_places = rows, n_places
        self.by_site = rows.cover.T.tocsr()
        self.weight = rows.row_weight_kwh_day
        self.n_sites = rows.cover.shape[1]
        self.tolerance = _GAIN_TOLERANCE * max(1.0, float(self.weight.sum()))
        self.has_budget = bool(np.isfinite(rows.budget_pkr))

    def build(self, site_at: Ints) -> _State:
        """Build the state of a plan from nothing, which also clears rounding."""
        n_rows = len(self.weight)
        state = _State(
            site_at.copy(),
            np.zeros(n_rows, dtype=np.int64),
            np.zeros(n_rows, dtype=np.int64),
            np.empty((self.n_places + 2, self.n_sites)),
            0.0,
        )
        for place in np.flatnonzero(site_at >= 0):
            covered = self._rows_of(site_at[place])
            state.times_covered[covered] += 1
            state.place_sum[covered] += place
        code = self._code(state, slice(None))
        size = np.diff(self.rows.cover.indptr)
        key = np.repeat(code * self.n_sites, size) + self.rows.cover.indices
        worth = np.bincount(key, np.repeat(self.weight, size), (self.n_places + 2) * self.n_sites)
        state.worth = np.asarray(worth.reshape(self.n_places + 2, self.n_sites), dtype=np.float64)
        state.total = float(self.weight[state.times_covered > 0].sum())
        return state

    def move(self, state: _State, place: int, site: int) -> None:
        """Put a site (-1: none) at a place, in the place of the one that is there."""
        old_site = int(state.site_at[place])
        leaving = self._rows_of(old_site) if old_site >= 0 else np.empty(0, dtype=np.int64)
        coming = self._rows_of(site) if site >= 0 else np.empty(0, dtype=np.int64)
        touched = np.concatenate([leaving, coming])
        before = self._code(state, touched)
        state.times_covered[leaving] -= 1
        state.place_sum[leaving] -= place
        state.times_covered[coming] += 1
        state.place_sum[coming] += place
        state.site_at[place] = site
        after = self._code(state, touched)
        changed = before != after
        if len(leaving) and len(coming):
            # A row of both sites is listed twice; its first mention is enough.
            in_leaving = np.zeros(len(self.weight), dtype=bool)
            in_leaving[leaving] = True
            changed[len(leaving) :] &= ~in_leaving[coming]
        touched, before, after = touched[changed], before[changed], after[changed]
        state.total += float(
            self.weight[touched] @ ((before == self.n_places).astype(float) - (after == self.n_places))
        )
        entries, size = _find_entries(self.rows.cover.indptr, touched)
        site_of, weight = self.rows.cover.indices[entries], np.repeat(self.weight[touched], size)
        flat = state.worth.reshape(-1)
        np.subtract.at(flat, np.repeat(before * self.n_sites, size) + site_of, weight)
        np.add.at(flat, np.repeat(after * self.n_sites, size) + site_of, weight)

    def descend(self, state: _State) -> None:
        """Make the best swap or opening until none is better."""
        while True:
            change = self._find_changes(state)
            best = int(np.argmax(change))
            if change.flat[best] <= self.tolerance:
                return
            self.move(state, best // self.n_sites, best % self.n_sites)

    def perturb(self, state: _State, rng: np.random.Generator) -> None:
        """Replace a few places by random sites near them, within the limits."""
        filled = np.flatnonzero(state.site_at >= 0)
        if len(filled) == 0:
            return
        n_moves = min(len(filled), int(rng.integers(1, 4)))
        for place in rng.choice(filled, n_moves, replace=False):
            if self.has_budget and rng.random() < 0.3:
                self.move(state, int(place), -1)
                continue
            fits = self._fits_at(state, int(place))
            # A site with rows that no place has, or that this place alone has, is worth a try.
            useful = fits & (state.worth[self.n_places] + state.worth[place] > self.tolerance)
            choices = np.flatnonzero(useful)
            if len(choices):
                self.move(state, int(place), int(rng.choice(choices)))

    def _find_changes(self, state: _State) -> Floats:
        """Compute what every swap would change, shape (n_places, n_sites); -inf where not allowed."""
        shared = state.worth[: self.n_places]
        filled = state.site_at >= 0
        loss = np.where(filled, shared[np.arange(self.n_places), state.site_at], 0.0)
        change = shared - loss[:, None]
        change += state.worth[self.n_places]
        change[:, state.site_at[filled]] = -np.inf
        if self.has_budget:
            cost = np.where(filled, self.rows.cost_pkr[state.site_at], 0.0)
            left = self.rows.budget_pkr - cost.sum() + cost
            change[self.rows.cost_pkr[None, :] > left[:, None]] = -np.inf
        if not filled.all():
            spare = np.flatnonzero(~filled)
            change[spare[1:]] = -np.inf
        return change

    def _fits_at(self, state: _State, place: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        fits = np.ones(self.n_sites, dtype=bool)
        filled = state.site_at[state.site_at >= 0]
        fits[filled] = False
        if self.has_budget:
            spent = self.rows.cost_pkr[filled].sum() - self.rows.cost_pkr[state.site_at[place]]
            fits &= self.rows.cost_pkr <= self.rows.budget_pkr - spent
        return fits

    def _rows_of(self, site: int) -> Ints:
        return self.by_site.indices[self.by_site.indptr[site] : self.by_site.indptr[site + 1]]  # type: ignore[no-any-return]

    def _code(self, state: _State, at: Ints | slice) -> Ints:
        count = state.times_covered[at]
        one = np.where(count == 0, self.n_places, self.n_places + 1)
        return np.where(count == 1, state.place_sum[at], one)


def _iterate(
    rows: CoverRows,
    columns: Ints,
    n_places: int,
    *,
    rng: np.random.Generator,
    max_iterations: int,
    deadline: Deadline | None,
) -> Ints:
    search = _SwapSearch(rows, n_places)
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
