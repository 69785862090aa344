"""How often a server is asked: at least a second apart, when it says so later, never past the deadline."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import numpy as np

# One request a second is the rule of the public OpenStreetMap servers (Nominatim's usage policy;
# Overpass counts slots and says so in its status page).
SPACING_S = 1.0
# A question is tried five times: at once, and after each of these waits.
BACKOFF_S = (5.0, 10.0, 20.0, 40.0)
MAX_TRIES = len(BACKOFF_S) + 1
_JITTER_SHARE = 0.25

_RATE_LIMIT = re.compile(r"^Rate limit:\s*(\d{1,6})\s*$", re.MULTILINE)
_FREE_SLOTS = re.compile(r"^(\d{1,6}) slots? available now\.?\s*$", re.MULTILINE)
_NEXT_SLOT = re.compile(r"^Slot available after:.*?\bin (-?\d{1,9}) seconds?\.?\s*$", re.MULTILINE)


class Clock(Protocol):
    """Seconds that only go forward, and a way to let them pass."""

    def now(self) -> float:
        """Return the seconds of a monotonic clock."""

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""


class SystemClock:
    """The computer's own monotonic clock."""

    def now(self) -> float:
        """Return the seconds of a monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        time.sleep(seconds)


class Pace:
    """Holds requests apart and knows how much of the whole time is left.

    Parameters
    ----------
    clock : Clock
    deadline_s : float
        Seconds from now after which nothing is asked or waited for any more.
    seed : int or None
        Of the jitter, which keeps many planners from asking again at the same instant; None, as
        in all real downloads, for one of the operating system's. It changes no result.
    spacing_s : float
        Least seconds from the end of one request to the start of the next.
    """

    def __init__(
        self, clock: Clock, *, deadline_s: float, seed: int | None = None, spacing_s: float = SPACING_S
    ) -> None:
        self._clock = clock
        self._spacing_s = spacing_s
        self._random = np.random.default_rng(seed)
        self._ends_at = clock.now() + deadline_s
        self._next_at = -math.inf

    def get_remaining_s(self) -> float:
        """Return the seconds left until the deadline; negative when it is over."""
        return self._ends_at - self._clock.now()

    def get_wait_s(self) -> float:
        """Return the seconds until the next request may start, 0 when it may now."""
        return max(0.0, self._next_at - self._clock.now())

    def wait_turn(self) -> None:
        """Let the seconds pass until the next request may start."""
        while (wait_s := self.get_wait_s()) > 0:
            before = self._clock.now()
            self._clock.sleep(wait_s)
            if before + wait_s == before:  # less than the clock can tell apart
                return

    def end_turn(self) -> None:
        """Note that a request has just ended."""
        self.hold(self._spacing_s)

    def hold(self, seconds: float) -> None:
        """Let no request start for so many seconds from now."""
        self._next_at = max(self._next_at, self._clock.now() + seconds)

    def compute_backoff_s(self, n_tries: int) -> float:
        """Compute the wait after the n-th try (from 1), with up to a quarter of it on top."""
        wait_s = BACKOFF_S[min(n_tries, len(BACKOFF_S)) - 1]
        return wait_s * (1.0 + _JITTER_SHARE * float(self._random.random()))


def parse_retry_after(value: str | None, *, server_date: str | None, utc_now: datetime) -> float | None:
    """Read a Retry-After header as seconds from now; None when there is none or it has no meaning.

    A date is counted from the server's own Date header where there is one, because a planner's
    clock may be wrong.

    Examples
    --------
    >>> parse_retry_after("120", server_date=None, utc_now=datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> parse_retry_after(
    ...     "Thu, 01 Jan 2026 00:01:00 GMT", server_date=None, utc_now=datetime(2026, 1, 1, tzinfo=UTC)
    ... )
    60.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _parse_http_date(text)
    if until is None:
        return None
    now = _parse_http_date(server_date or "") or utc_now
    return max(0.0, (until - now).total_seconds())


def parse_slot_wait(page: str) -> float | None:
    r"""Read from an Overpass status page how many seconds there are until a slot is free.

    Returns
    -------
    float or None
        0 when a slot is free or there is no limit; None when the page does not tell.

    Examples
    --------
    >>> parse_slot_wait("Rate limit: 2\n1 slots available now.\n")
    0.0
    >>> parse_slot_wait("Rate limit: 2\nSlot available after: 2026-01-01T00:00:30Z, in 30 seconds.\n")
    30.0
    """
    limit = _RATE_LIMIT.search(page)
    free = _FREE_SLOTS.search(page)
    if (limit and int(limit[1]) == 0) or (free and int(free[1]) > 0):
        return 0.0
    waits = [int(found) for found in _NEXT_SLOT.findall(page)]
    return float(max(0, min(waits))) if waits else None


def _parse_http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # as the versions of Python do
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
