"""What a run tells while it works: phases with counts and seconds, and solver progress."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chargeplan.units import BYTES_PER_MB

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhaseEvent:
    """A stage started (`seconds` is None) or ended.

    Parameters
    ----------
    phase : str
        Stage word.
    message : str
        What was made, with counts; empty at the start.
    elapsed_s : float or None
        Duration, None at the start.
    """

    phase: str
    message: str
    elapsed_s: float | None


@dataclass(frozen=True, slots=True)
class SolveEvent:
    """Where the search stands.

    Parameters
    ----------
    step : str
        Name of the step of the search ("start plan", "bound", "milp", ...).
    elapsed_s, limit_s : float
    incumbent_kwh_day : float
        Best plan so far, NaN before the first.
    bound_kwh_day : float
        Best proven bound so far, infinite before the first.
    measure : str
        Name of that energy where it is not the plain energy served: graded, for example.
    """

    step: str
    elapsed_s: float
    limit_s: float
    incumbent_kwh_day: float
    bound_kwh_day: float
    measure: str = ""


@dataclass(frozen=True, slots=True)
class StepEvent:
    """A stage turned to its next piece of work.

    Parameters
    ----------
    phase : str
        Stage word.
    message : str
        What is being made, with counts.
    """

    phase: str
    message: str


Event = PhaseEvent | SolveEvent | StepEvent
Listener = Callable[[Event], None]


def ignore_event(_event: Event) -> None:
    """Listen to nothing."""


@dataclass(slots=True)
class Phase:
    """A running stage; set `message` to what was made before the block ends."""

    name: str
    message: str = ""
    listen: Listener = ignore_event

    def tell(self, message: str) -> None:
        """Tell what is being made now."""
        LOG.debug("%s: %s", self.name, message)
        self.listen(StepEvent(self.name, message))


@dataclass(slots=True)
class RunLog:
    """Times the stages of one run and passes events to a listener.

    Parameters
    ----------
    listen : callable
        Called with each event, from the thread that runs the stage.
    """

    listen: Listener = ignore_event
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Time a stage; its log line and event are given when the block ends without error."""
        self.listen(PhaseEvent(name, "", None))
        started = time.perf_counter()
        running = Phase(name, listen=self.listen)
        yield running
        elapsed_s = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + elapsed_s
        LOG.info("%s: %s (%.2f s)", name, running.message, elapsed_s)
        self.listen(PhaseEvent(name, running.message, elapsed_s))


def measure_peak_memory_mb() -> float:
    """Measure the largest memory this process has held, in MB."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / BYTES_PER_MB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_bytes = peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
    return float(peak_bytes) / BYTES_PER_MB
