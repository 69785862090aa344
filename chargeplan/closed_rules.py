"""Why a site of a plan stays closed, as far as arithmetic tells: the rules that the map and `why` share."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints, PlanProblem, Solution

_MONEY_TOLERANCE_PKR = 0.5
_KW_TOLERANCE = 1e-6
# What solvers leave of a whole share or of a full station.
_SHARE_TOLERANCE = 1e-9
_FULL_SHARE = 1.0 - 1e-6


class ClosedBy(StrEnum):
    """What keeps a site closed."""

    ROOM = "room for fewer chargers than the smallest level"
    LEVELS = "no level is allowed"
    SPACING = "too near to an open new station"
    BAYS = "fewer bays than its smallest station needs"
    POWER = "its smallest station is above its largest power"
    GRID = "a grid asset above it is used up"
    DEMAND = "no demand may use it"
    NUMBER = "all new stations that are allowed are used"
    MONEY = "its smallest station costs more than is left"
    SERVED = "all that may use it is served as well, and nothing waits for the room"


@dataclass(frozen=True, slots=True)
class ClosedReason:
    """One thing that keeps a site closed.

    Parameters
    ----------
    by : ClosedBy
    other : int
        Row of the open station or of the grid asset it speaks of; -1 where of none.
    has, needs : float
        What there is and what the smallest station needs: chargers, kW or PKR; for `ClosedBy.NUMBER` the new
        stations of the plan. NaN where there is none.
    """

    by: ClosedBy
    other: int = -1
    has: float = math.nan
    needs: float = math.nan


class ClosedRules:
    """Tells what keeps closed sites of a plan closed, without a search.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
        A plan of it.
    bays : ndarray of int64, shape (n_sites,), or None
        Bays of the sites, to tell sites without room; None when not known.
    """

    def __init__(self, problem: PlanProblem, solution: Solution, *, bays: Ints | None = None) -> None:
        self.problem, self.solution, self.bays = problem, solution, bays
        self.is_open: Bools = solution.chargers > 0
        self.is_standing: Bools = problem.is_forced_open & ~problem.is_counted
        by_site = np.argsort(problem.pair_site, kind="stable")
        ends = np.cumsum(np.bincount(problem.pair_site, minlength=problem.n_sites))
        self._pairs = np.split(by_site, ends[:-1])

    def list_bars(self, site: int) -> list[ClosedReason]:
        """List what keeps every station from the site, whatever the money."""
        problem, limits = self.problem, self.problem.limits
        levels = self._get_levels(site)
        if not levels.any() or not problem.is_open_allowed[site]:
            smallest = int(problem.level_chargers.min())
            if self.bays is not None and self.bays[site] < smallest:
                return [ClosedReason(ClosedBy.ROOM, has=int(self.bays[site]), needs=smallest)]
            return [ClosedReason(ClosedBy.LEVELS)]
        reasons = [ClosedReason(ClosedBy.SPACING, other) for other in self._list_too_near(site)]
        kind, level = np.nonzero(levels)
        chargers = problem.level_chargers[level]
        fewest, least_kw = int(chargers.min()), float((problem.staging.charger_kw[kind] * chargers).min())
        if len(limits.bays) and fewest > limits.bays[site]:
            reasons.append(ClosedReason(ClosedBy.BAYS, has=int(limits.bays[site]), needs=fewest))
        if len(limits.largest_kw) and least_kw > limits.largest_kw[site]:
            reasons.append(ClosedReason(ClosedBy.POWER, has=float(limits.largest_kw[site]), needs=least_kw))
        return reasons + self._list_grid(site, least_kw)

    def list_limits(self, site: int) -> list[ClosedReason]:
        """List the limits of number and money that others have used up."""
        reasons = []
        number = int((self.is_open & self.problem.is_counted).sum())
        if 0 <= self.problem.max_sites <= number:
            reasons.append(ClosedReason(ClosedBy.NUMBER, has=number))
        cheapest = self.find_cheapest_pkr(site)
        if cheapest > self.left_pkr + _MONEY_TOLERANCE_PKR:
            reasons.append(ClosedReason(ClosedBy.MONEY, has=max(self.left_pkr, 0.0), needs=cheapest))
        return reasons

    def list_uses(self, site: int) -> list[ClosedReason]:
        """Say when no demand may use the site, or when all of it is surely served as well without it.

        Surely: in every year, all of each of its cells is served at least as well as the site could, by stations
        that have room or in which nothing waits for room. Then to move demand to it brings nothing, neither for that
        demand nor by the room it leaves. (Prices of the stations' room that prove it: 0 of those.)
        """
        pairs = self.list_pairs(site)
        if len(pairs) == 0:
            return [ClosedReason(ClosedBy.DEMAND)]
        worth = self._served_quality[self.problem.pair_cell[pairs]]
        if np.all(worth >= self.problem.pair_quality[pairs] - _SHARE_TOLERANCE):
            return [ClosedReason(ClosedBy.SERVED)]
        return []

    def list_pairs(self, site: int) -> Ints:
        """List the pairs of a site whose cells have demand in any year."""
        pairs = self._pairs[site]
        has_demand = self.problem.staging.unit_kwh_day.sum(axis=(0, 2)) > 0
        return np.asarray(pairs[has_demand[self.problem.pair_cell[pairs]]], dtype=np.int64)

    def find_cheapest_pkr(self, site: int) -> float:
        """Find what the smallest new station costs, PKR; infinite where none may stand."""
        levels = self._get_levels(site)
        if not self.problem.is_open_allowed[site]:
            return math.inf
        cost = self.problem.level_cost_pkr.reshape(self.problem.n_sites, *levels.shape)[site]
        least = float(cost[levels].min(initial=math.inf))
        return least + float(self.problem.staging.open_cost_pkr[site])

    @cached_property
    def left_pkr(self) -> float:
        """Money that the plan leaves, PKR; infinite without a budget."""
        problem, chargers = self.problem, self._slot_chargers[-1]
        level = np.searchsorted(problem.level_chargers, chargers)
        slots = np.flatnonzero((chargers > 0) & ~np.repeat(self.is_standing, problem.staging.n_types))
        cost = float(problem.level_cost_pkr[slots, level[slots]].sum())
        cost += float(problem.staging.open_cost_pkr[self.is_open & ~self.is_standing].sum())
        if len(self.solution.asset_steps):
            cost += float(self.solution.asset_steps[-1] @ problem.limits.asset_step_pkr)
        return problem.budget_pkr - cost

    @property
    def _slot_chargers(self) -> Ints:
        """Chargers by year and slot, of a plain plan too."""
        slots = self.solution.slot_chargers
        return slots if len(slots) else self.solution.chargers[None, :]

    def _get_levels(self, site: int) -> Bools:
        """Get the levels that a site may have, shape (n_types, n_levels)."""
        n_types = self.problem.staging.n_types
        return self.problem.level_allowed[site * n_types : (site + 1) * n_types]

    def _list_too_near(self, site: int) -> list[int]:
        """List the open new stations that the rule of spacing does not allow beside a site."""
        limits, found = self.problem.limits, []
        for start, end in itertools.pairwise(limits.clique_start.tolist()):
            members = limits.clique_site[start:end]
            if site in members:
                found += members[(self.is_open & ~self.is_standing)[members]].tolist()
        return list(dict.fromkeys(found))

    def _list_grid(self, site: int, least_kw: float) -> list[ClosedReason]:
        """List the grid assets above a site whose headroom, with every upgrade, the open stations take."""
        limits = self.problem.limits
        reasons = []
        asset = int(limits.site_asset[site]) if len(limits.site_asset) else -1
        while asset >= 0:
            headroom = limits.asset_headroom_kw[asset]
            most = headroom + limits.asset_step_kw[asset] * limits.asset_max_steps[asset]
            left = float(most - self._kw_below[asset])
            if math.isfinite(headroom) and left < least_kw - _KW_TOLERANCE:
                reasons.append(ClosedReason(ClosedBy.GRID, asset, max(left, 0.0), least_kw))
            asset = int(limits.asset_parent[asset])
        return reasons

    @cached_property
    def _kw_below(self) -> Floats:
        """Power of new stations below each grid asset in the last year, kW."""
        limits, problem = self.problem.limits, self.problem
        below = np.zeros(len(limits.asset_parent))
        if len(limits.site_asset) == 0 or problem.mode is PlanMode.COVER:
            return below
        chargers = self._slot_chargers[-1].reshape(problem.n_sites, -1)
        kw = np.where(self.is_standing, 0.0, chargers @ problem.staging.charger_kw)
        at = limits.site_asset.copy()
        while np.any(at >= 0):
            fed = np.flatnonzero(at >= 0)
            np.add.at(below, at[fed], kw[fed])
            at[fed] = limits.asset_parent[at[fed]]
        return below

    @cached_property
    def _served_quality(self) -> Floats:
        """Worst quality at which each cell is served, shape (n_cells,); 0 unless all of it surely is without more room.

        Of every year and group with demand. What a station serves counts when it has room or when nothing waits for
        room in it, so that its room has no worth.
        """
        problem, staging = self.problem, self.problem.staging
        unit = staging.unit_kwh_day
        if problem.mode is PlanMode.COVER:
            covered = np.where(unit.sum(axis=2) > 0, self._find_covered_quality(), 1.0)
            return np.asarray(covered.min(axis=0), dtype=np.float64)
        year, pair, group, slot, share = self._list_flows()
        cell = problem.pair_cell[pair]
        capacity = self._find_capacities()
        load = np.zeros(capacity.shape)
        np.add.at(load, (year, slot), unit[year, cell, group] * share)
        is_full = load >= capacity * _FULL_SHARE
        served, by_room, worst = np.zeros(unit.shape), np.zeros(unit.shape), np.ones(unit.shape)
        np.add.at(served, (year, cell, group), share)
        np.add.at(by_room, (year, cell, group), np.where(is_full[year, slot], 0.0, share))
        np.minimum.at(worst, (year, cell, group), problem.pair_quality[pair])
        is_sure = by_room >= 1.0 - _SHARE_TOLERANCE
        for now in range(staging.n_years):
            at = year == now
            reach = self._list_reach(unit[now], capacity[now])
            best = np.zeros(unit[now].shape)
            np.maximum.at(best, (problem.pair_cell[reach[0]], reach[1]), problem.pair_quality[reach[0]])
            is_whole = served[now] >= 1.0 - _SHARE_TOLERANCE
            waits = (unit[now] > 0) & ~(is_whole & (worst[now] >= best - _SHARE_TOLERANCE))
            is_sure[now] |= ~self._spread(waits, reach, is_full[now], (cell[at], group[at], slot[at]))
        quality = np.where(is_sure, worst, 0.0)
        return np.asarray(np.where(unit > 0, quality, 1.0).min(axis=(0, 2)), dtype=np.float64)

    def _spread(
        self, waits: Bools, reach: tuple[Ints, Ints, Ints], is_full: Bools, flows: tuple[Ints, Ints, Ints]
    ) -> Bools:
        """Spread the demand that waits for room over what could make room for it, shape (n_cells, n_groups).

        Room in a full station is wanted by each that waits and reaches it; what it serves could leave it for another
        full station that it reaches, and so on.
        """
        pair, group, slot = reach
        cell = self.problem.pair_cell[pair]
        waits = waits.copy()
        while True:
            wanted = np.zeros(len(is_full), dtype=np.bool_)
            wanted[slot[waits[cell, group]]] = True
            at = (wanted & is_full)[flows[2]]
            before = int(waits.sum())
            waits[flows[0][at], flows[1][at]] = True
            if int(waits.sum()) == before:
                return waits

    def _list_reach(self, unit_kwh_day: Floats, capacity_kwh_day: Floats) -> tuple[Ints, Ints, Ints]:
        """List pair, group and slot of what demand of a year may use of the stations of that year."""
        staging, problem = self.problem.staging, self.problem
        group, kind = np.nonzero(staging.can_use)
        pair = np.repeat(np.arange(problem.n_pairs), len(group))
        group, kind = np.tile(group, problem.n_pairs), np.tile(kind, problem.n_pairs)
        slot = problem.pair_site[pair] * staging.n_types + kind
        used = (unit_kwh_day[problem.pair_cell[pair], group] > 0) & (capacity_kwh_day[slot] > 0)
        return pair[used], group[used], slot[used]

    def _find_covered_quality(self) -> Floats:
        """Find the best quality of each cell in cover mode, where no station is full, shape (n_years, n_cells)."""
        problem, staging = self.problem, self.problem.staging
        quality = np.zeros((staging.n_years, problem.n_cells))
        for year, chargers in enumerate(self._slot_chargers):
            stands = (chargers.reshape(problem.n_sites, -1) > 0).any(axis=1) | self.is_standing
            pairs = np.flatnonzero(stands[problem.pair_site])
            np.maximum.at(quality[year], problem.pair_cell[pairs], problem.pair_quality[pairs])
        return quality

    def _list_flows(self) -> tuple[Ints, Ints, Ints, Ints, Floats]:
        """List year, pair, group, slot and share of what is served, of a plain plan too."""
        staging, solution = self.problem.staging, self.solution
        if len(solution.slot_chargers):
            at, share = solution.flow_at, solution.flow_share
        else:
            at, share = np.arange(self.problem.n_pairs), solution.pair_share
        used = share > _SHARE_TOLERANCE
        rest, kind = np.divmod(at[used], staging.n_types)
        rest, group = np.divmod(rest, staging.n_groups)
        year, pair = np.divmod(rest, self.problem.n_pairs)
        return year, pair, group, self.problem.pair_site[pair] * staging.n_types + kind, share[used]

    def _find_capacities(self) -> Floats:
        """Find what each station can deliver, shape (n_years, n_slots), kWh per day."""
        problem, chargers = self.problem, self._slot_chargers
        last = len(problem.level_chargers) - 1
        level = np.minimum(np.searchsorted(problem.level_chargers, chargers), last)
        new = problem.level_capacity_kwh_day[np.arange(chargers.shape[1])[None, :], level]
        stands = np.repeat(self.is_standing, problem.staging.n_types)
        built = np.where(chargers > 0, new, 0.0)
        return np.asarray(np.where(stands, problem.existing_capacity_kwh_day, built), dtype=np.float64)
