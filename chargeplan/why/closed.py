"""Why a site stays closed: arithmetic first, a search only when one is asked for."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.families_places import find_sites_below
from chargeplan.solve.plan import find_existing_sites
from chargeplan.units import format_pkr
from chargeplan.why.answers import ClosedAnswer
from chargeplan.why.plain import PlainHand
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import Bools, Floats, Ints, PlanProblem, Solution
    from chargeplan.why.staged import StagedHand

_MONEY_TOLERANCE_PKR = 0.5


class ClosedSites:
    """Explains closed sites of a plan.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
    hand : PlainHand or StagedHand
    name_site : callable
        Gives the shown name of a site by its row.
    bays : ndarray of int64, shape (n_sites,), or None
        Bays of the sites, to tell sites without room; None when not known.
    """

    def __init__(
        self,
        problem: PlanProblem,
        solution: Solution,
        hand: PlainHand | StagedHand,
        *,
        name_site: Callable[[int], str] = str,
        bays: Ints | None = None,
    ) -> None:
        self.problem, self.solution, self.hand = problem, solution, hand
        self.name_site, self.bays = name_site, bays
        self.is_open = solution.chargers > 0
        self.is_standing = find_existing_sites(problem)
        self.kw_below = self._sum_kw_below()

    def explain(self, site: int) -> ClosedAnswer:
        """Say why a site is closed, by what can be computed without a search."""
        cheapest = self._find_cheapest_pkr(site)
        barred = self._list_bars(site)
        if barred:
            return ClosedAnswer(site, tuple(barred), False, math.nan, cheapest)
        gain = self.hand.bound_gain(site) if isinstance(self.hand, PlainHand) else math.nan
        useless = self._list_uses(site, gain)
        return ClosedAnswer(
            site,
            (*useless, *self._list_limits(cheapest)),
            True,
            gain,
            cheapest,
            left_pkr=self._compute_left_pkr(),
        )

    def _list_bars(self, site: int) -> list[str]:
        """List what keeps every station from the site, whatever the money."""
        problem = self.problem
        slots = self._list_slots(site)
        if not problem.level_allowed[slots].any() or not problem.is_open_allowed[site]:
            return [self._describe_no_level(site)]
        reasons = []
        limits = problem.limits
        for start, end in itertools.pairwise(limits.clique_start.tolist()):
            members = limits.clique_site[start:end]
            if site in members:
                reasons += [
                    f"too near to the open station {self.name_site(each)} (spacing)"
                    for each in members.tolist()
                    if self.is_open[each] and not self.is_standing[each]
                ]
        kw, chargers = self._list_level_kw(site)
        if len(limits.bays) and chargers.min() > limits.bays[site]:
            reasons.append(f"{limits.bays[site]} bays, fewer than the smallest station needs")
        if len(limits.largest_kw) and kw.min() > limits.largest_kw[site]:
            reasons.append(
                f"its smallest station of {kw.min():g} kW is above the connection of {limits.largest_kw[site]:g} kW"
            )
        return list(dict.fromkeys(reasons)) + self._list_grid(site, float(kw.min()))

    def _describe_no_level(self, site: int) -> str:
        problem = self.problem
        smallest = int(problem.level_chargers.min())
        if self.bays is not None and self.bays[site] < smallest:
            return f"{self.bays[site]} bays, and the smallest station has {smallest} chargers"
        return "no station may stand there: a rule about bays, power or spacing leaves no size"

    def _list_grid(self, site: int, least_kw: float) -> list[str]:
        """Grid assets above the site whose headroom, with every upgrade, is taken by the open stations."""
        limits = self.problem.limits
        reasons = []
        asset = int(limits.site_asset[site]) if len(limits.site_asset) else -1
        while asset >= 0:
            headroom = limits.asset_headroom_kw[asset]
            most = headroom + limits.asset_step_kw[asset] * limits.asset_max_steps[asset]
            left = most - self.kw_below[asset]
            if math.isfinite(headroom) and left < least_kw - 1e-6:
                reasons.append(
                    f"grid asset {asset + 1} has {max(left, 0.0):,.0f} kW left beside the open stations, the "
                    f"smallest station draws {least_kw:g} kW"
                )
            asset = int(limits.asset_parent[asset])
        return reasons

    def _list_uses(self, site: int, gain: float) -> list[str]:
        """Say when nothing is left there for a station to serve."""
        problem = self.problem
        pairs = np.flatnonzero(problem.pair_site == site)
        pairs = pairs[problem.demand_kwh_day[problem.pair_cell[pairs]] > 0]
        if len(pairs) == 0:
            return ["no demand reaches it among the pairs of the problem"]
        cells = problem.pair_cell[pairs]
        reasons = []
        if gain == 0.0:
            reasons.append(
                "the open stations serve all that reaches it at least as well: it would add nothing"
            )
        is_unbounded = gain == 0.0 or problem.mode is PlanMode.COVER  # else the neighbour may be full
        better = self._find_better(cells, problem.pair_quality[pairs]) if is_unbounded else []
        if better:
            reasons.append(
                f"each of its {len(cells)} cells reaches the open station {self.name_site(better[0])} as well"
            )
        return reasons

    def _find_better(self, cells: Ints, quality: Floats) -> list[int]:
        """Find the open stations that every one of the cells reaches at least as well."""
        problem = self.problem
        own = np.zeros(problem.n_cells)
        own[cells] = quality
        is_his = own > 0
        at = np.flatnonzero(is_his[problem.pair_cell] & (self.is_open | self.is_standing)[problem.pair_site])
        as_good = problem.pair_quality[at] >= own[problem.pair_cell[at]]
        number = np.bincount(problem.pair_site[at[as_good]], minlength=problem.n_sites)
        return np.flatnonzero(number == len(cells)).tolist()

    def _list_limits(self, cheapest_pkr: float) -> list[str]:
        """Say when the limits on money or number are used up by others."""
        problem = self.problem
        reasons = []
        number = int((self.is_open & problem.is_counted).sum())
        if 0 <= problem.max_sites <= number:
            reasons.append(f"the plan has {number} new stations, all that are allowed")
        left = self._compute_left_pkr()
        if cheapest_pkr > left + _MONEY_TOLERANCE_PKR:
            reasons.append(
                f"its smallest station costs {format_pkr(cheapest_pkr)}, the plan leaves {format_pkr(max(left, 0.0))}"
            )
        return reasons

    def _compute_left_pkr(self) -> float:
        if isinstance(self.hand, PlainHand):
            return self.hand.left_pkr
        problem, chargers = self.problem, self.solution.slot_chargers[-1]
        level = np.searchsorted(problem.level_chargers, chargers)
        slots = np.flatnonzero((chargers > 0) & ~np.repeat(self.is_standing, problem.staging.n_types))
        cost = float(problem.level_cost_pkr[slots, level[slots]].sum())
        cost += float(problem.staging.open_cost_pkr[self.is_open & ~self.is_standing].sum())
        if len(self.solution.asset_steps):
            cost += float(self.solution.asset_steps[-1] @ problem.limits.asset_step_pkr)
        return problem.budget_pkr - cost

    def _find_cheapest_pkr(self, site: int) -> float:
        slots = self._list_slots(site)
        cost = np.where(self.problem.level_allowed[slots], self.problem.level_cost_pkr[slots], math.inf).min(
            initial=math.inf
        )
        return float(cost + self.problem.staging.open_cost_pkr[site])

    def _list_slots(self, site: int) -> Ints:
        n_types = self.problem.staging.n_types
        return np.arange(site * n_types, (site + 1) * n_types)

    def _list_level_kw(self, site: int) -> tuple[Floats, Ints]:
        """List power and chargers of the levels that a site may have of one type."""
        slots = self._list_slots(site)
        kind, level = np.nonzero(self.problem.level_allowed[slots])
        chargers = self.problem.level_chargers[level]
        return self.problem.staging.charger_kw[kind] * chargers, chargers

    def _sum_kw_below(self) -> Floats:
        """Sum the power of new stations below each grid asset, kW, in the last year."""
        limits, problem = self.problem.limits, self.problem
        if len(limits.site_asset) == 0 or problem.mode is PlanMode.COVER:
            return np.zeros(len(limits.asset_parent))
        chargers = self.solution.slot_chargers[-1].reshape(problem.n_sites, -1)
        kw = np.where(self.is_standing, 0.0, chargers @ problem.staging.charger_kw)
        below: Bools = find_sites_below(limits.site_asset, limits.asset_parent)
        return np.asarray(below @ kw, dtype=np.float64)
