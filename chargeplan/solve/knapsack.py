"""Whole stations for a budget: a multiple-choice knapsack, solved exactly by running over the money.

Costs become whole units of money. Where all costs are multiples of one amount and the budget holds
few enough of it, that is exact; elsewhere costs are rounded down, which may only raise the worth: what
comes back is never below the best choice. A count of sites is relaxed with a price per station.
"""

from __future__ import annotations

import math

import numpy as np

from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.choice import Choice, Picks
from chargeplan.solve.plan import MONEY_TOLERANCE_PKR

_MOST_UNITS = 16_000
_MOST_ENTRIES = 8_000_000  # of the table of sites and units: 64 MB
_BUDGET_SLACK_SHARE = 1e-9
_COUNT_STEPS = 12


class WholeChooser:
    """Choose at most one entry a site, whole, for the most worth within a budget and a count.

    Takes the place of `chargeplan.solve.choice.SiteChooser`, which may build half a station.

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
        self.n_sites = len(is_required)
        self.max_sites = max_sites
        self.first = np.searchsorted(entry_site, np.arange(self.n_sites + 1)).tolist()
        cost_units, self.n_units = count_units(cost_pkr, budget_pkr, n_sites=self.n_sites)
        self.cost_units: list[int] = cost_units.tolist()
        self.count_price = 0.0

    def choose(self, worth: Floats) -> Choice:
        """Find the best choice for the worth of each entry; its value is a bound on every choice."""
        best, free = self._choose_at(worth, 0.0)
        if len(free) > self.max_sites:
            best, free = self._price_stations(worth, best)
        picks = Picks(free, np.empty(0), np.empty(0, dtype=bool), float(self.cost_pkr[free].sum()), best, 0.0)
        return Choice(picks, picks, 0.0)

    def bound_changes(self, worth: Floats, picks: Picks) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Say nothing about single entries and sites: the bound stays what it is."""
        return np.zeros(len(worth)), np.zeros(self.n_sites)

    def _price_stations(self, worth: Floats, best: float) -> tuple[float, Ints]:
        """Raise the price of a station until no more are chosen than may be; the least value holds."""
        low, high = 0.0, float(worth.max(initial=0.0))
        price, entries = self.count_price or 0.5 * high, np.empty(0, dtype=np.int64)
        for _ in range(_COUNT_STEPS):
            value, picked = self._choose_at(worth, price)
            if value < best:
                best, entries, self.count_price = value, picked, price
            if len(picked) == self.max_sites:
                break
            low, high = (price, high) if len(picked) > self.max_sites else (low, price)
            price = 0.5 * (low + high)
        return best, entries

    def _choose_at(self, worth: Floats, station_price: float) -> tuple[float, Ints]:
        net = worth - station_price
        table = self._fill_table(net)
        left = self.n_units
        value = float(table[-1, left]) + (station_price * self.max_sites if station_price > 0 else 0.0)
        chosen: list[int] = []
        for site in range(self.n_sites - 1, -1, -1):
            here, before = table[site + 1], table[site]
            if here[left] == before[left] and not self.is_required[site]:
                continue
            for entry in range(self.first[site], self.first[site + 1]):
                rest = left - self.cost_units[entry]
                if rest >= 0 and before[rest] + net[entry] == here[left]:
                    chosen.append(entry)
                    left = rest
                    break
        return value, np.array(chosen[::-1], dtype=np.int64)

    def _fill_table(self, net: Floats) -> Floats:
        """Best worth of the first sites for every sum of money, shape (n_sites + 1, n_units + 1)."""
        table = np.zeros((self.n_sites + 1, self.n_units + 1))
        gains: list[float] = net.tolist()
        for site in range(self.n_sites):  # each step takes all sums of money at once
            before, here = table[site], table[site + 1]
            here[:] = -np.inf if self.is_required[site] else before
            for entry in range(self.first[site], self.first[site + 1]):
                units = self.cost_units[entry]
                if units > self.n_units or (gains[entry] <= 0 and not self.is_required[site]):
                    continue
                rest = here[units:]
                np.maximum(rest, before[: len(rest)] + gains[entry], out=rest)
        return table


def count_units(cost_pkr: Floats, budget_pkr: float, *, n_sites: int) -> tuple[Ints, int]:
    """Write costs and budget in whole units of money; whatever the budget buys, the units buy too.

    Returns
    -------
    cost_units : ndarray of int64, shape (n_entries,)
        Rounded down.
    n_units : int
        Units of the budget, rounded down.
    """
    if not math.isfinite(budget_pkr) or len(cost_pkr) == 0:
        return np.zeros(len(cost_pkr), dtype=np.int64), 0
    most = max(1, min(_MOST_UNITS, _MOST_ENTRIES // max(1, n_sites)))
    limit_pkr = budget_pkr * (1 + _BUDGET_SLACK_SHARE) + MONEY_TOLERANCE_PKR
    if np.all(cost_pkr == np.floor(cost_pkr)) and float(cost_pkr.max()) < 2.0**52:
        whole = cost_pkr.astype(np.int64)
        unit = int(np.gcd.reduce(whole))
        if unit > 0 and limit_pkr / unit <= most:
            return whole // unit, int(limit_pkr // unit)
    unit_pkr = limit_pkr / most
    # Rounding of the divisions is far below a millionth of a unit.
    return np.floor(cost_pkr / unit_pkr).astype(np.int64), math.floor(limit_pkr / unit_pkr + 1e-6)
