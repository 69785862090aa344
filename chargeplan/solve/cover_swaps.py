"""Swaps of sites in a cover plan.

The search keeps, for every place in the plan and every site, the weight of the rows that only
this place covers and the site covers too. The gain of every swap is then a sum of three numbers,
found for all swaps at once (Resende and Werneck 2007 keep the same sums for the p-median).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints
    from chargeplan.solve.reduce import CoverRows

GAIN_TOLERANCE = 1e-10


def find_entries(indptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """List the entries of some rows of a CSR matrix, and how many each has."""
    start = indptr[rows].astype(np.int64)
    size = indptr[rows + 1].astype(np.int64) - start
    ends = np.cumsum(size)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - size), size), size


@dataclass(slots=True, eq=False)
class CoverState:
    """A plan under search: the site at each place (-1: none) and what every swap is worth."""

    site_at: Ints
    times_covered: Ints  # per row
    place_sum: Ints  # per row, sum of the places that cover it: the place when it is one
    worth: Floats  # (n_places + 2, n_sites): weight of the site's rows by who covers them
    total: float  # weight covered

    def copy(self) -> CoverState:
        """Copy the state, to be changed."""
        return CoverState(
            self.site_at.copy(),
            self.times_covered.copy(),
            self.place_sum.copy(),
            self.worth.copy(),
            self.total,
        )


class SwapSearch:
    """The moves over one `CoverRows`; ``worth`` rows: each place, then uncovered, then twice or more."""

    def __init__(self, rows: CoverRows, n_places: int) -> None:
        self.rows, self.n_places = rows, n_places
        self.by_site = rows.cover.T.tocsr()
        self.weight = rows.row_weight_kwh_day
        self.n_sites = rows.cover.shape[1]
        self.tolerance = GAIN_TOLERANCE * max(1.0, float(self.weight.sum()))
        self.has_budget = bool(np.isfinite(rows.budget_pkr))

    def build(self, site_at: Ints) -> CoverState:
        """Build the state of a plan from nothing, which also clears rounding."""
        n_rows = len(self.weight)
        state = CoverState(
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

    def move(self, state: CoverState, place: int, site: int) -> None:
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
        entries, size = find_entries(self.rows.cover.indptr, touched)
        site_of, weight = self.rows.cover.indices[entries], np.repeat(self.weight[touched], size)
        flat = state.worth.reshape(-1)
        np.subtract.at(flat, np.repeat(before * self.n_sites, size) + site_of, weight)
        np.add.at(flat, np.repeat(after * self.n_sites, size) + site_of, weight)

    def descend(self, state: CoverState) -> None:
        """Make the best swap or opening until none is better."""
        while True:
            change = self._find_changes(state)
            best = int(np.argmax(change))
            if change.flat[best] <= self.tolerance:
                return
            self.move(state, best // self.n_sites, best % self.n_sites)

    def perturb(self, state: CoverState, rng: np.random.Generator) -> None:
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

    def _find_changes(self, state: CoverState) -> Floats:
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

    def _fits_at(self, state: CoverState, place: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        fits = np.ones(self.n_sites, dtype=bool)
        filled = state.site_at[state.site_at >= 0]
        fits[filled] = False
        if self.has_budget:
            spent = self.rows.cost_pkr[filled].sum() - self.rows.cost_pkr[state.site_at[place]]
            fits &= self.rows.cost_pkr <= self.rows.budget_pkr - spent
        return fits

    def _rows_of(self, site: int) -> Ints:
        return self.by_site.indices[self.by_site.indptr[site] : self.by_site.indptr[site + 1]]  # type: ignore[no-any-return]

    def _code(self, state: CoverState, at: Ints | slice) -> Ints:
        count = state.times_covered[at]
        one = np.where(count == 0, self.n_places, self.n_places + 1)
        return np.where(count == 1, state.place_sum[at], one)
