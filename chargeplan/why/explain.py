"""Why each station of a plan stands, and why a site is closed: the questions put together."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.deadline import Deadline
from chargeplan.why.answers import BETTER_SHARE, RUN_AGAIN, UNKNOWN, ClosedAnswer, Found, Interval, SiteAnswer
from chargeplan.why.closed import ClosedSites
from chargeplan.why.forced import count_lonely_areas, list_forcing_rules
from chargeplan.why.plain import PlainHand
from chargeplan.why.reach import ReachTable
from chargeplan.why.staged import StagedHand
from chargeplan.why.variants import close_sites, force_open, hold_worst_zone, search_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import Bools, Ints, PlanProblem, Solution
    from chargeplan.why.variants import Means, Variant

_NO_STATION = "without it no plan keeps every limit: proven by the solver and a second opinion"


class Explainer:
    """Answers questions about one plan.

    Parameters
    ----------
    problem : PlanProblem
    solution : Solution
        A plan of it.
    means : Means
    name_site, name_zone : callable
        Give the shown names by row.
    bays : ndarray of int64, shape (n_sites,), or None
    """

    def __init__(
        self,
        problem: PlanProblem,
        solution: Solution,
        means: Means,
        *,
        name_site: Callable[[int], str] = str,
        name_zone: Callable[[int], str] = str,
        bays: Ints | None = None,
    ) -> None:
        self.stated = problem
        self.problem = hold_worst_zone(problem, solution)
        self.solution, self.means, self.name_zone = solution, means, name_zone
        self.hand: PlainHand | StagedHand = (
            PlainHand(self.problem, solution) if problem.is_plain else StagedHand(self.problem, solution)
        )
        self.closed = ClosedSites(self.problem, solution, self.hand, name_site=name_site, bays=bays)
        self.reach = ReachTable(self.problem, solution)
        self.is_open: Bools = solution.chargers > 0

    def list_new_sites(self) -> list[int]:
        """List the new stations of the plan."""
        return np.flatnonzero(self.is_open & ~self.closed.is_standing).tolist()

    def list_closed_sites(self) -> list[int]:
        """List the sites that are not open; competitors are no sites of ours."""
        return np.flatnonzero(~self.is_open & ~self.closed.is_standing).tolist()

    def explain_open(self, site: int) -> SiteAnswer:
        """Answer for an open station; the loss of one that stands already is not asked for."""
        cells, alone, alone_served, load = self._measure_alone(site)
        forced = list_forcing_rules(self.problem, site, name_zone=self.name_zone)
        answer = SiteAnswer(
            site_pos=site,
            chargers=int(self.solution.chargers[site]),
            load_kwh_day=load,
            alone_cells=cells,
            alone_kwh_day=alone,
            alone_served_kwh_day=alone_served,
            unreplaced_loss_kwh_day=math.nan,
            loss=UNKNOWN,
            found=Found.NOT_ASKED,
            neighbour=None,
            forced=forced,
        )
        if self.closed.is_standing[site]:
            return answer
        return self._add_losses(answer)

    def _add_losses(self, answer: SiteAnswer) -> SiteAnswer:
        site, plan = answer.site_pos, self.solution.objective_kwh_day
        unreplaced = plan - self.hand.close(site)
        deadline = Deadline(time.monotonic() + self.means.limit_s, self.means.should_stop)
        neighbour = self.hand.find_neighbour(site, deadline=deadline)
        start = self.hand.make_start(site) if isinstance(self.hand, PlainHand) else None
        if self.means.should_stop():
            variant = None
        else:
            variant = search_variant(close_sites(self.problem, [site]), self.means, start=start)
        forced, note = answer.forced, ""
        if variant is not None and variant.found is Found.IMPOSSIBLE and not forced:
            forced = (_NO_STATION,)
        lonely = count_lonely_areas(self.problem, site, self.is_open | self.closed.is_standing)
        if not forced and lonely:
            note = f"the only open station of {lonely} area(s) of a policy rule; other sites could keep it"
        known = [unreplaced] + ([] if neighbour is None else [neighbour.loss_kwh_day])
        is_required = bool(self.problem.is_forced_open[site])
        loss = self._bound_loss(variant, known, is_restricted=not is_required)
        if loss.most < -BETTER_SHARE * max(plan, 1.0):
            note = f"a plan without it serves {-loss.most:,.1f} kWh/day more: {RUN_AGAIN}"
        elif variant is not None and variant.words:
            note = variant.words
        return replace(
            answer,
            unreplaced_loss_kwh_day=unreplaced,
            loss=loss,
            found=Found.NOT_ASKED if variant is None else variant.found,
            neighbour=neighbour,
            forced=forced,
            note=note,
        )

    def explain_closed(self, site: int, *, is_searched: bool = False) -> ClosedAnswer:
        """Answer for a closed site; a search with the site forced open tells what that costs."""
        answer = replace(self.closed.explain(site), reach=self.reach.measure(site))
        # Only what no plan can change spares the search; another station may make room for this one.
        if not is_searched or self.means.should_stop() or not self._may_ever_open(site):
            return answer
        forced = force_open(self.problem, site)
        beside = self.hand.open_cheapest(site, forced)
        variant = search_variant(forced, self.means)
        known = [] if math.isnan(beside) else [self.solution.objective_kwh_day - beside]
        loss = self._bound_loss(variant, known, is_restricted=True)
        reasons = answer.reasons
        if variant.found is Found.IMPOSSIBLE and not known:
            reasons = (*reasons, "no plan with a station there keeps every limit: proven")
        return replace(answer, loss=loss, found=variant.found, reasons=reasons)

    def _may_ever_open(self, site: int) -> bool:
        slots = self.problem.level_allowed.reshape(self.problem.n_sites, -1)
        return bool(slots[site].any() and self.problem.is_open_allowed[site])

    def _bound_loss(self, variant: Variant | None, known: list[float], *, is_restricted: bool) -> Interval:
        """Write the plan's loss between what the bound and the best plan found of the variant prove."""
        plan = self.solution.objective_kwh_day
        if variant is not None and variant.found is Found.IMPOSSIBLE and not np.isfinite(known).any():
            return Interval(math.inf, math.inf)
        bound = math.inf if variant is None else variant.bound_kwh_day
        if is_restricted:  # then a bound of the whole problem holds too
            bound = min(bound, self.solution.bound_kwh_day)
        found = math.inf if variant is None else plan - variant.plan_kwh_day
        most = min([found, *[each for each in known if not math.isnan(each)]])
        return Interval(min(plan - bound, most), most)

    def _measure_alone(self, site: int) -> tuple[int, float, float, float]:
        """Measure what only this station reaches: cells, their demand, what it serves of it, and its load."""
        problem = self.problem
        stands = self.is_open | self.closed.is_standing
        open_pairs = stands[problem.pair_site]
        number = np.bincount(problem.pair_cell[open_pairs], minlength=problem.n_cells)
        pairs = np.flatnonzero(problem.pair_site == site)
        cell = problem.pair_cell[pairs]
        demand = problem.demand_kwh_day[cell]
        served = demand * self.solution.pair_share[pairs]
        alone = (number[cell] == 1) & (demand > 0)
        return (
            int(alone.sum()),
            float(demand[alone].sum()),
            float(served[alone].sum()),
            float(served.sum()),
        )
