"""A bound by the count of chargers: a plan better than ours has more chargers than any count that it beats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.solve.bound import Bound, compute_bound
from chargeplan.solve.charger_counts import measure_chargers

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.records import PlanProblem
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.progress import SearchProgress

_ITERATIONS = 200


class ChargerCountBound:
    """Tightens the bound of one problem, once for each count that plans have beaten."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self.full_chargers = measure_chargers(problem)
        self.beaten_chargers = -1

    def tighten(
        self, bound: Bound, progress: SearchProgress, deadline: Deadline, *, is_over: Callable[[], bool]
    ) -> Bound:
        """Offer what the count of chargers proves; return the bound of all plans better than ours."""
        if self.full_chargers is None:
            return bound
        beaten = self.full_chargers.find_beaten_count(progress.incumbent_kwh_day)
        if beaten <= self.beaten_chargers:
            return bound
        self.beaten_chargers = beaten
        best = bound
        for count in (beaten, beaten + 1):
            most_kwh_day = self.full_chargers.compute_most_kwh_day(count)
            if is_over() or most_kwh_day >= progress.bound_kwh_day:
                continue
            more = compute_bound(
                self.problem,
                incumbent_kwh_day=progress.incumbent_kwh_day,
                max_iterations=_ITERATIONS,
                deadline=deadline,
                multipliers=bound.multipliers,
                least_chargers=count + 1,
            )
            progress.offer_bound("charger counts", max(most_kwh_day, more.value_kwh_day))
            if count == beaten and more.value_kwh_day < bound.value_kwh_day:
                best = more  # of all plans better than ours, which is what it is asked about
        return best
