"""One question in the search for the least money: whether a budget is enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chargeplan.runlog import SolveEvent
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.plan_labels import NameThings
    from chargeplan.records import Solution
    from chargeplan.runlog import Event, Listener
    from chargeplan.solve.cheapest_ledger import CheapestLedger
    from chargeplan.solve.outcome import MilpRequest, MilpResult
    from chargeplan.solve.process import AskStop, RunMilp, Tell


@dataclass(frozen=True, slots=True)
class CheapestMeans:
    """What a search for the least money is given; see `chargeplan.solve.search.solve_problem`."""

    settings: SolveSettings
    seed: int
    listen: Listener
    should_stop: AskStop
    run: RunMilp
    solve: Callable[..., Solution]
    disputed_model: Path | None
    name_things: NameThings | None

    @property
    def is_repeatable(self) -> bool:
        """Tell whether counts end the steps, with the clock as a net only."""
        return self.settings.node_limit is not None


class Probe:
    """Hears the search that answers a question and ends it as soon as it has.

    Parameters
    ----------
    ledger : CheapestLedger
    means : CheapestMeans
    budget_pkr : float
        That is asked about.
    """

    def __init__(self, ledger: CheapestLedger, means: CheapestMeans, budget_pkr: float) -> None:
        self.ledger, self.means, self.budget_pkr = ledger, means, budget_pkr
        self.has_years = ledger.problem.staging.n_years > 1
        self.is_decided = False
        self.is_in_solver = False
        self.bound_kwh_day = math.inf
        self.before_s = ledger.elapsed_s

    def hear(self, event: Event) -> None:
        """Pass on what a search tells, as part of the whole."""
        if isinstance(event, SolveEvent):
            # What a solver tells on its way comes by the clock; with a node limit only its answer counts.
            if not (self.is_in_solver and self.means.is_repeatable):
                self._judge(event)
            event = replace(
                event,
                step=f"{name_budget(self.budget_pkr)}: {event.step}",
                elapsed_s=self.before_s + event.elapsed_s,
                limit_s=self.means.settings.time_limit_s,
            )
        self.means.listen(event)

    def _judge(self, event: SolveEvent) -> None:
        ledger = self.ledger
        self.bound_kwh_day = min(self.bound_kwh_day, event.bound_kwh_day)
        has_plan = not math.isnan(event.incumbent_kwh_day) and (
            self.has_years or event.incumbent_kwh_day >= ledger.target_kwh_day
        )
        if has_plan or self.bound_kwh_day < ledger.floor_kwh_day:
            self.is_decided = True

    def should_stop(self) -> bool:
        """Tell whether the search may end."""
        return self.means.should_stop() or self.is_decided

    def run(self, request: MilpRequest, *, tell: Tell, ask_stop: AskStop) -> MilpResult:
        """Run one MILP; with a node limit to its end, so that the same run ends the same way."""
        self.is_in_solver = True
        try:
            stop = self.means.should_stop if self.means.is_repeatable else ask_stop
            return self.means.run(request, tell=tell, ask_stop=stop)
        finally:
            self.is_in_solver = False


def name_budget(budget_pkr: float) -> str:
    """Name a budget for the steps of a run."""
    return f"budget {format_pkr(budget_pkr)}" if math.isfinite(budget_pkr) else "any budget"
