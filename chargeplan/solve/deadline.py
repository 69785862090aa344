"""When a step of the search gives way to the next: at a time, or because the user asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


def never() -> bool:
    """Ask for nothing."""
    return False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, brought forward when the user asks to stop.

    Parameters
    ----------
    at_s : float
        Reading of `time.monotonic` at which a step gives way.
    should_stop : callable
        Asked whenever a step looks at the deadline; True ends the step at once.
    """

    at_s: float
    should_stop: Callable[[], bool] = never

    @property
    def left_s(self) -> float:
        """Seconds that are left, 0 or less when the step is to end."""
        return 0.0 if self.should_stop() else self.at_s - time.monotonic()


def is_over(deadline: Deadline | None) -> bool:
    """Tell whether a step is to end; without a deadline it never is."""
    return deadline is not None and deadline.left_s <= 0
