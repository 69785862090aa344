"""The Lagrangian dual of sizing: what a kWh of each cell's demand costs the one who serves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Floats, Ints, PlanProblem
from chargeplan.solve.charger_counts import CountedChooser
from chargeplan.solve.choice import Choice, Chooser, SiteChooser
from chargeplan.solve.plan import find_allowed_levels, find_existing_sites, find_required_sites

_AVERAGE_WEIGHT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Fill:
    """Every station filled with its most profitable demand; pairs in the order of filling."""

    pair: Ints  # rows of the dual's pair table, by station and falling profit
    kwh_day: Floats
    filled_before: Floats  # running demand over all pairs, one more entry than pairs
    first: Ints  # per station: its first pair
    last: Ints  # per station: one past its last pair
    reach: Floats  # per station: running demand at which it is full
    n_whole: Ints  # per station: pairs up to here are served whole
    worth: Floats  # per station


class AllocateDual:
    """Relax "a cell is served once" with a price per kWh of each cell's demand, >= 0.

    At given prices each site and level fills its capacity with the demand that pays most above
    its price (a fractional knapsack, solved for all sites and levels at once by one sort and
    running sums); then sites and levels are chosen within budget and count. Existing sites
    always serve. The links of served demand to open sites are kept, so the bound is that of the
    strong form, made convex over the levels of a site (Geoffrion 1974).

    Parameters
    ----------
    problem : PlanProblem
    """

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        existing = np.flatnonzero(find_existing_sites(problem))
        self.entry_site, self.entry_level = np.nonzero(find_allowed_levels(problem))
        new_sites = np.unique(self.entry_site)
        serves = np.zeros(problem.n_sites, dtype=bool)
        serves[existing] = serves[new_sites] = True
        demand = problem.demand_kwh_day
        used = np.flatnonzero(serves[problem.pair_site] & (demand[problem.pair_cell] > 0))
        used = used[np.argsort(problem.pair_site[used], kind="stable")]
        self.pair_site, self.pair_cell = problem.pair_site[used], problem.pair_cell[used]
        self.pair_quality, self.pair_kwh_day = problem.pair_quality[used], demand[self.pair_cell]
        self.station_site = np.concatenate([self.entry_site, existing])
        self.station_capacity = np.concatenate(
            [
                problem.level_capacity_kwh_day[self.entry_site, self.entry_level],
                problem.existing_capacity_kwh_day[existing],
            ]
        )
        self.n_entries = len(self.entry_site)
        self.new_sites = new_sites
        self.chooser: Chooser = SiteChooser(
            np.searchsorted(new_sites, self.entry_site),
            problem.level_cost_pkr[self.entry_site, self.entry_level],
            find_required_sites(problem)[new_sites],
            budget_pkr=problem.budget_pkr,
            max_sites=len(new_sites) if problem.max_sites < 0 else problem.max_sites,
        )
        self.lower = np.zeros(problem.n_cells)
        self.upper = np.zeros(problem.n_cells)
        np.maximum.at(self.upper, self.pair_cell, self.pair_quality)
        # The slope of a cell is its demand not served, so a step in price goes by 1 / demand.
        self.scale = np.divide(1.0, demand, out=np.zeros(problem.n_cells), where=demand > 0)
        self.entry_bound = np.full(self.n_entries, np.inf)
        self.closed_bound = np.full(len(new_sites), np.inf)
        self.promise = np.zeros(self.n_entries)
        self.price = 0.0
        self.picks: list[Ints] = []
        self._best = np.inf

    def count_chargers(self, least_chargers: int) -> None:
        """Leave only choices of at least so many new chargers."""
        chargers = self.problem.level_chargers[self.entry_level].astype(np.float64)
        self.chooser = CountedChooser(self.chooser, chargers, least_chargers)

    def guess_multipliers(self) -> Floats:
        """Guess half of what a cell could pay at most."""
        return 0.5 * self.upper

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Compute the bound at some prices, and a subgradient: demand less demand served."""
        fill = self._fill(multipliers)
        worth = fill.worth[: self.n_entries]
        choice = self.chooser.choose(worth)
        prices_kwh_day = float(self.problem.demand_kwh_day @ multipliers)
        value = prices_kwh_day + choice.value + float(fill.worth[self.n_entries :].sum())
        self._remember(worth, choice, value)
        return value, self.problem.demand_kwh_day - self._serve(fill, choice)

    def _fill(self, multipliers: Floats) -> _Fill:
        """Fill every site at every level with the demand of most profit."""
        profit = self.pair_quality - multipliers[self.pair_cell]
        pair = np.flatnonzero(profit > 0)
        # One sort by site and falling profit: profits lie in (0, 1], sites are 2 apart.
        pair = pair[np.argsort(2.0 * self.pair_site[pair] - profit[pair], kind="stable")]
        profit, kwh_day = profit[pair], self.pair_kwh_day[pair]
        ends = np.cumsum(np.bincount(self.pair_site[pair], minlength=self.problem.n_sites))
        filled = np.concatenate([[0.0], np.cumsum(kwh_day)])
        earned = np.concatenate([[0.0], np.cumsum(kwh_day * profit)])
        last = ends[self.station_site]
        first = np.where(self.station_site > 0, ends[self.station_site - 1], 0)
        reach = filled[first] + self.station_capacity
        n_whole = np.minimum(np.searchsorted(filled, reach, side="right") - 1, last)
        worth = earned[n_whole] - earned[first]
        part = np.flatnonzero(n_whole < last)
        at = n_whole[part]
        worth[part] += (reach[part] - filled[at]) * profit[at]
        return _Fill(pair, kwh_day, filled, first, last, reach, n_whole, worth)

    def _serve(self, fill: _Fill, choice: Choice) -> Floats:
        """Sum what the chosen mixture and the existing sites serve of each cell, kWh per day."""
        stations = np.concatenate(
            [
                choice.within.entries,
                choice.beyond.entries,
                np.arange(self.n_entries, len(self.station_site)),
            ]
        )
        weight = np.ones(len(stations))
        n_within, n_beyond = len(choice.within.entries), len(choice.beyond.entries)
        weight[:n_within] = 1.0 - choice.beyond_share
        weight[n_within : n_within + n_beyond] = choice.beyond_share
        stations, weight = stations[weight > 0], weight[weight > 0]
        first = fill.first[stations]
        size = np.minimum(fill.n_whole[stations] + 1, fill.last[stations]) - first
        ends = np.cumsum(size)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - size), size)
        room = np.repeat(fill.reach[stations], size) - fill.filled_before[at]
        served = np.minimum(fill.kwh_day[at], room) * np.repeat(weight, size)
        cell = self.pair_cell[fill.pair[at]]
        return np.asarray(np.bincount(cell, served, self.problem.n_cells), dtype=np.float64)

    def _remember(self, worth: Floats, choice: Choice, value: float) -> None:
        """Keep the best bounds on forced choices, the average choice and the latest good ones."""
        entry_change, closed_change = self.chooser.bound_changes(worth, choice.within)
        np.minimum(self.entry_bound, value + entry_change, out=self.entry_bound)
        np.minimum(self.closed_bound, value + closed_change, out=self.closed_bound)
        self.promise *= 1.0 - _AVERAGE_WEIGHT
        self.promise[choice.within.entries] += _AVERAGE_WEIGHT * (1.0 - choice.beyond_share)
        self.promise[choice.beyond.entries] += _AVERAGE_WEIGHT * choice.beyond_share
        if value < self._best:
            self._best, self.price = value, choice.within.price
            self.picks.append(choice.within.entries)
            del self.picks[:-8]
