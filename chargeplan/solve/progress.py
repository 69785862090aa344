"""The best plan and the best bound of a search, and what is told about them on the way."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import SolversDisagreeError
from chargeplan.records import PROOF_TOLERANCE, compute_gap
from chargeplan.runlog import SolveEvent

if TYPE_CHECKING:
    from chargeplan.records import PlanProblem
    from chargeplan.runlog import Listener
    from chargeplan.solve.plan import Plan

# Sums over a million cells agree to about this; a bound this little above the plan meets it.
ROUNDING_SHARE = 1e-9
# Solvers keep rows to 1e-6 each; a plan this far above a bound is no rounding.
CONTRADICTION_SHARE = 1e-5


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
        gap = compute_gap(self.plan.objective_kwh_day, self.bound_kwh_day)
        return gap <= self.gap_asked + PROOF_TOLERANCE

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
        before = self.bound_kwh_day
        self.bound_kwh_day = min(before, bound_kwh_day)
        self._settle_rounding()
        if not self.bound_kwh_day < before:
            return False
        self._tell(step, self.incumbent_kwh_day)
        return True

    def note_news(self, step: str, incumbent_kwh_day: float, bound_kwh_day: float) -> None:
        """Show the plan that a running solver claims, less its rounding, and keep its bound.

        Parameters
        ----------
        step : str
        incumbent_kwh_day : float
            Shown and not kept: the plan itself is settled when the solver ends.
        bound_kwh_day : float
            Valid for the whole problem; infinite when the solver proves nothing about it.
        """
        incumbent = self._floor_kwh_day(incumbent_kwh_day * (1 - ROUNDING_SHARE))
        bound = max(bound_kwh_day, self._floor_kwh_day(incumbent_kwh_day))
        is_better = math.isfinite(incumbent) and not (self._rows and incumbent <= self._rows[-1][2])
        is_news = is_better or bound < self.bound_kwh_day
        self.bound_kwh_day = min(self.bound_kwh_day, bound)
        if is_news:
            self._tell(step, incumbent)

    def _floor_kwh_day(self, claimed_kwh_day: float) -> float:
        """Best of a claim, the best plan and what was shown before; NaN is no claim."""
        shown = self._rows[-1][2] if self._rows else math.nan
        return float(np.fmax(np.fmax(claimed_kwh_day, self.incumbent_kwh_day), shown))

    def make_steps(self) -> pd.DataFrame:
        """Make the record of steps."""
        columns = ["phase", "elapsed_s", "incumbent_kwh_day", "bound_kwh_day"]
        steps = pd.DataFrame(self._rows, columns=columns).astype({"phase": "str"})
        pairs = zip(steps["incumbent_kwh_day"], steps["bound_kwh_day"], strict=True)
        steps["gap"] = [math.nan if math.isnan(plan) else compute_gap(plan, bound) for plan, bound in pairs]
        return steps

    def _settle_rounding(self) -> None:
        """Let a bound that differs from the plan by rounding alone meet the plan.

        Raises
        ------
        SolversDisagreeError
            When the plan beats the bound by more: one of the two is wrong.
        """
        if self.plan is None:
            return
        objective = self.plan.objective_kwh_day
        if objective > self.bound_kwh_day * (1 + CONTRADICTION_SHARE) + CONTRADICTION_SHARE:
            raise SolversDisagreeError(
                f"a plan that keeps every rule serves {objective:,.3f} kWh/day, more than the proven bound "
                f"of {self.bound_kwh_day:,.3f}; nothing was published; report this with the config"
            )
        if self.bound_kwh_day <= objective * (1 + ROUNDING_SHARE):
            self.bound_kwh_day = objective

    def _tell(self, step: str, incumbent: float) -> None:
        elapsed_s = self.elapsed_s
        self._rows.append((step, elapsed_s, incumbent, self.bound_kwh_day))
        self.listen(SolveEvent(step, elapsed_s, self.limit_s, incumbent, self.bound_kwh_day))


def compute_plain_bound_kwh_day(problem: PlanProblem) -> float:
    """Sum the demand of every cell at its best quality: no plan can serve more."""
    best = np.zeros(problem.n_cells)
    np.maximum.at(best, problem.pair_cell, problem.pair_quality)
    return float(np.sum(problem.demand_kwh_day * best))
