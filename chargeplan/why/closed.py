"""Why a site stays closed: arithmetic first, a search only when one is asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.closed_rules import ClosedBy, ClosedReason, ClosedRules
from chargeplan.units import format_pkr
from chargeplan.why.answers import ClosedAnswer
from chargeplan.why.plain import PlainHand
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import Floats, Ints, PlanProblem, Solution
    from chargeplan.why.staged import StagedHand


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
        self.name_site = name_site
        self.rules = ClosedRules(problem, solution, bays=bays)
        self.is_open, self.is_standing = self.rules.is_open, self.rules.is_standing

    def explain(self, site: int) -> ClosedAnswer:
        """Say why a site is closed, by what can be computed without a search."""
        cheapest = self.rules.find_cheapest_pkr(site)
        barred = [self._say(each) for each in self.rules.list_bars(site)]
        if barred:
            return ClosedAnswer(site, tuple(barred), False, math.nan, cheapest)
        gain = self.hand.bound_gain(site) if isinstance(self.hand, PlainHand) else math.nan
        useless = self._list_uses(site, gain)
        return ClosedAnswer(
            site,
            (*useless, *(self._say(each) for each in self.rules.list_limits(site))),
            True,
            gain,
            cheapest,
            left_pkr=self.rules.left_pkr,
        )

    def _list_uses(self, site: int, gain: float) -> list[str]:
        """Say when nothing is left there for a station to serve."""
        problem = self.problem
        uses = [each.by for each in self.rules.list_uses(site)]
        if ClosedBy.DEMAND in uses:
            return ["no demand reaches it among the pairs of the problem"]
        pairs = self.rules.list_pairs(site)
        cells = problem.pair_cell[pairs]
        reasons = []
        if gain == 0.0 or ClosedBy.SERVED in uses:
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

    def _say(self, reason: ClosedReason) -> str:
        """Say what keeps a site closed."""
        has, needs = reason.has, reason.needs
        match reason.by:
            case ClosedBy.ROOM:
                return f"{has:.0f} bays, and the smallest station has {needs:.0f} chargers"
            case ClosedBy.SPACING:
                return f"too near to the open station {self.name_site(reason.other)} (spacing)"
            case ClosedBy.BAYS:
                return f"{has:.0f} bays, fewer than the smallest station needs"
            case ClosedBy.POWER:
                return f"its smallest station of {needs:g} kW is above the connection of {has:g} kW"
            case ClosedBy.GRID:
                return (
                    f"grid asset {reason.other + 1} has {has:,.0f} kW left beside the open stations, the smallest "
                    f"station draws {needs:g} kW"
                )
            case ClosedBy.NUMBER:
                return f"the plan has {has:.0f} new stations, all that are allowed"
            case ClosedBy.MONEY:
                return f"its smallest station costs {format_pkr(needs)}, the plan leaves {format_pkr(has)}"
        return "no station may stand there: a rule about bays, power or spacing leaves no size"

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
