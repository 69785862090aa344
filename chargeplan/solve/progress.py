"""The best plan and the best bound of a search, and what is told about them on the way."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.records import compute_gap
from chargeplan.runlog import SolveEvent

if TYPE_CHECKING:
    from chargeplan.records import PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.plan import Plan

# Sums over a million cells agree to about this; a bound this little above the plan meets it.
ROUNDING_SHARE = 1e-9


class SearchProgress:
    """Keeps the best plan and bound; every change is an event and a row of the record of steps.

    Parameters
    ----------
    listen : callable
    limit_s : float
    gap_asked : float
    """

    def __init__(self, listen: Listener, *, limit_s: float, gap_asked: float) -> None:
        self.started = time.monotonic()
        self.listen = listen
        self.limit_s = limit_s
        self.gap_asked = gap_asked
        self.plan: Plan | None = None
        self.bound_kwh_day = math.inf
        self.shown_kwh_day = math.nan
        self._rows: list[tuple[str, float, float, float]] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """Seconds left of the limit."""
        return self.limit_s - self.elapsed_s

    @property
    def incumbent_kwh_day(self) -> float:
        """Worth of the best plan, NaN without one."""
        return math.nan if self.plan is None else self.plan.objective_kwh_day

    @property
    def is_proven(self) -> bool:
        """Whether the best plan is within the gap that was asked for."""
        if self.plan is None:
            return False
        return compute_gap(self.plan.objective_kwh_day, self.bound_kwh_day) <= self.gap_asked

    def offer_plan(self, step: str, plan: Plan | None) -> bool:
        """Keep a plan when it is the best so far."""
        if plan is None:
            return False
        if self.plan is not None and plan.objective_kwh_day <= self.plan.objective_kwh_day * (
            1 + ROUNDING_SHARE
        ):
            return False
        self.plan = plan
        self._settle_rounding()
        self._tell(step, plan.objective_kwh_day)
        return True

    def offer_bound(self, step: str, bound_kwh_day: float) -> bool:
        """Keep a bound, valid for the whole problem, when it is the best so far."""
        if not bound_kwh_day < self.bound_kwh_day:
            return False
        self.bound_kwh_day = bound_kwh_day
        self._settle_rounding()
        self._tell(step, self.incumbent_kwh_day)
        return True

    def note_news(self, step: str, incumbent_kwh_day: float, bound_kwh_day: float) -> None:
        """Show what a running solver claims; nothing is kept of it."""
        known = [value for value in (self.incumbent_kwh_day, incumbent_kwh_day) if math.isfinite(value)]
        incumbent = max(known, default=math.nan)
        bound = min(self.bound_kwh_day, max(bound_kwh_day, max(known, default=-math.inf)))
        last = self._rows[-1][2:] if self._rows else (math.nan, math.inf)
        if np.array_equal(np.array(last), np.array((incumbent, bound)), equal_nan=True):
            return
        self._tell(step, incumbent, bound)

    def make_steps(self) -> pd.DataFrame:
        """Make the record of steps."""
        columns = ["phase", "elapsed_s", "incumbent_kwh_day", "bound_kwh_day"]
        return pd.DataFrame(self._rows, columns=columns).astype({"phase": "str"})

    def _settle_rounding(self) -> None:
        """Let a bound that is below the plan, or above it by rounding alone, meet the plan."""
        if self.plan is not None and self.bound_kwh_day <= self.plan.objective_kwh_day * (1 + ROUNDING_SHARE):
            self.bound_kwh_day = self.plan.objective_kwh_day

    def _tell(self, step: str, incumbent: float, bound: float | None = None) -> None:
        bound = self.bound_kwh_day if bound is None else bound
        elapsed_s = self.elapsed_s
        self._rows.append((step, elapsed_s, incumbent, bound))
        self.listen(SolveEvent(step, elapsed_s, self.limit_s, incumbent, bound))


def compute_plain_bound_kwh_day(problem: PlanProblem) -> float:
    """Sum the demand of every cell at its best quality: no plan can serve more."""
    best = np.zeros(problem.n_cells)
    np.maximum.at(best, problem.pair_cell, problem.pair_quality)
    return float(np.sum(problem.demand_kwh_day * best))
