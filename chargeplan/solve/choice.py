"""The choice of sites and levels inside the bound: budget and count, relaxed to a linear program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chargeplan.records import Bools, Floats, Ints

_MAX_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Picks:
    """The best choice at one price of money.

    Parameters
    ----------
    entries : ndarray of int64
        Chosen entries, rising, at most one a site.
    score : ndarray, shape (n_sites,)
        Best worth less cost times price over the entries of each site.
    is_picked : ndarray of bool, shape (n_sites,)
    spent_pkr : float
    value : float
        Worth of the choice at this price, plus price times budget: a bound on any choice.
    price : float
        Worth of one PKR.
    """

    entries: Ints
    score: Floats
    is_picked: Bools
    spent_pkr: float
    value: float
    price: float


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The bound on any choice, and a mixture of choices that spends the budget exactly.

    Parameters
    ----------
    within : Picks
        Spends at most the budget.
    beyond : Picks
        Spends at least the budget, or the same as ``within``.
    beyond_share : float
        Share of ``beyond`` in the mixture, 0 to 1.
    """

    within: Picks
    beyond: Picks
    beyond_share: float

    @property
    def value(self) -> float:
        """The bound: no choice within budget and count is worth more."""
        return self.within.value


class Chooser(Protocol):
    """Chooses entries at their worth; `SiteChooser`, or one that builds whole stations only."""

    def choose(self, worth: Floats) -> Choice:
        """Find the best choice for the worth of each entry; its value bounds every choice."""

    def bound_changes(self, worth: Floats, picks: Picks) -> tuple[Floats, Floats]:
        """Compute how the bound changes when an entry is forced, or a site is left out."""


class SiteChooser:
    """Choose at most one entry a site for the most worth, within a budget and a count.

    The budget is relaxed with a price per PKR; the best price is found exactly (the dual is
    convex and piecewise linear: each step takes the crossing of two of its lines). The value is
    a bound for every price >= 0, whether or not the search for the best one has ended.

    Parameters
    ----------
    entry_site : ndarray of int64, shape (n_entries,)
        Site of each entry, 0 to n_sites - 1, rising, every site present.
    cost_pkr : ndarray, shape (n_entries,)
    is_required : ndarray of bool, shape (n_sites,)
        Sites of which an entry must be chosen.
    budget_pkr : float
    max_sites : int
        Largest number of chosen sites, required ones included.
    """

    def __init__(
        self, entry_site: Ints, cost_pkr: Floats, is_required: Bools, *, budget_pkr: float, max_sites: int
    ) -> None:
        self.entry_site, self.cost_pkr, self.is_required = entry_site, cost_pkr, is_required
        self.budget_pkr = budget_pkr
        self.max_free = max(0, max_sites - int(np.count_nonzero(is_required)))
        self.starts = np.flatnonzero(np.diff(entry_site, prepend=-1) > 0)
        self.price_before = 0.0

    def choose(self, worth: Floats) -> Choice:
        """Find the best price and the mixture of choices at it, for the worth of each entry."""
        if not np.isfinite(self.budget_pkr):
            free = self.pick(worth, 0.0)
            return Choice(free, free, 0.0)
        cheap, dear = self._bracket(worth)
        if cheap.spent_pkr <= self.budget_pkr:
            return Choice(cheap, cheap, 0.0)
        for _ in range(_MAX_STEPS):
            # The two lines value + (price' - price) (budget - spent) cross at the next price.
            low, high = self.budget_pkr - cheap.spent_pkr, self.budget_pkr - dear.spent_pkr
            price = (dear.value - cheap.value + low * cheap.price - high * dear.price) / (low - high)
            price = min(max(price, cheap.price), dear.price)
            crossing = cheap.value + (price - cheap.price) * low
            picks = self.pick(worth, price)
            # Only the rise of the value above the crossing can still be won.
            is_settled = picks.value - crossing <= 1e-9 * max(1.0, abs(crossing))
            if picks.spent_pkr > self.budget_pkr:
                cheap = picks
            else:
                dear = picks
            if is_settled:
                break
        self.price_before = dear.price
        best = min((cheap, dear), key=lambda picks: picks.value)
        within = dear if best is dear else _with_value_of(dear, best)
        return Choice(within, cheap, _share_to_spend(self.budget_pkr, dear.spent_pkr, cheap.spent_pkr))

    def pick(self, worth: Floats, price: float) -> Picks:
        """Pick the best entry of each site at a price per PKR, and the best sites within the count."""
        net = worth - price * self.cost_pkr
        score = np.maximum.reduceat(net, self.starts) if len(net) else np.empty(0)
        is_picked = (score > 0) & ~self.is_required
        if int(np.count_nonzero(is_picked)) > self.max_free:
            candidates = np.flatnonzero(is_picked)
            order = np.argsort(-score[candidates], kind="stable")
            is_picked[candidates[order[self.max_free :]]] = False
        is_picked |= self.is_required
        at_best = np.flatnonzero((net == score[self.entry_site]) & is_picked[self.entry_site])
        first = np.diff(self.entry_site[at_best], prepend=-1) > 0
        entries = at_best[first]
        value = float(score[is_picked].sum())
        if price > 0:
            value += price * self.budget_pkr
        return Picks(entries, score, is_picked, float(self.cost_pkr[entries].sum()), value, price)

    def bound_changes(self, worth: Floats, picks: Picks) -> tuple[Floats, Floats]:
        """Compute how the bound changes when an entry is forced, or a site is left out.

        Returns
        -------
        entry_change : ndarray, shape (n_entries,)
            Change (mostly <= 0) of ``picks.value`` when this entry must be chosen.
        closed_change : ndarray, shape (n_sites,)
            Change when no entry of the site may be chosen; -inf at required sites.
        """
        net = worth - picks.price * self.cost_pkr
        free_picked = picks.is_picked & ~self.is_required
        waiting = np.sort(np.maximum(picks.score[~picks.is_picked], 0.0))[::-1]
        is_full = int(np.count_nonzero(free_picked)) >= self.max_free
        least = float(picks.score[free_picked].min()) if is_full and free_picked.any() else 0.0
        replaced = np.where(picks.is_picked, picks.score, least)
        entry_change = net - replaced[self.entry_site]
        if is_full and self.max_free == 0:
            entry_change[~picks.is_picked[self.entry_site]] = -np.inf
        next_score = float(waiting[0]) if is_full and len(waiting) else 0.0
        closed_change = np.where(free_picked, next_score - picks.score, 0.0)
        closed_change[self.is_required] = -np.inf
        return entry_change, np.minimum(closed_change, 0.0)

    def _bracket(self, worth: Floats) -> tuple[Picks, Picks]:
        """Find a price that spends too much (or zero) and one that does not."""
        guess = self.price_before
        high = self.pick(worth, guess * 1.02)
        low: Picks | None = None
        for _ in range(_MAX_STEPS):
            if high.spent_pkr <= self.budget_pkr:
                break
            low = high
            step = 4.0 if guess == 0.0 else 1.1
            price = high.price * step if high.price > 0 else self._guess_price(worth)
            guess = 0.0  # after one small step, grow fast
            high = self.pick(worth, price)
        if low is None:
            low = self.pick(worth, self.price_before * 0.98)
            if low.spent_pkr <= self.budget_pkr:
                high = low
                low = self.pick(worth, 0.0)
        return low, high

    def _guess_price(self, worth: Floats) -> float:
        """Guess a first price: the middling worth of money over entries that are worth something."""
        useful = (worth > 0) & (self.cost_pkr > 0)
        return float(np.median(worth[useful] / self.cost_pkr[useful])) if useful.any() else 1.0


def _with_value_of(picks: Picks, other: Picks) -> Picks:
    """Keep the entries of one choice and the (better) bound and price of another."""
    return Picks(picks.entries, other.score, other.is_picked, picks.spent_pkr, other.value, other.price)


def _share_to_spend(budget_pkr: float, within_pkr: float, beyond_pkr: float) -> float:
    """Find the share of the dearer choice at which the mixture spends the budget."""
    if beyond_pkr <= within_pkr:
        return 0.0
    return float(min(1.0, max(0.0, (budget_pkr - within_pkr) / (beyond_pkr - within_pkr))))
