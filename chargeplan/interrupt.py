"""Ctrl-C: the first during the search keeps the best plan, any other ends the run."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from chargeplan.runlog import Event, Listener, PhaseEvent

_SEARCH_PHASE = "solve"


class StopSwitch:
    """Listens for Ctrl-C while open, and to events to know whether a search is going on.

    Parameters
    ----------
    listen : callable
        Gets every event after the switch has seen it.
    tell : callable
        Gets the line that says what the first Ctrl-C does.

    Notes
    -----
    SIGTERM and SIGHUP (a closed terminal) end the run through the usual exception path too, so
    that temporary folders and the solver's process are cleaned up; a SIGHUP that is ignored, as
    under nohup, stays ignored. Outside the main thread no signal is taken.
    """

    def __init__(self, listen: Listener, tell: Callable[[str], None]) -> None:
        self._listen = listen
        self._tell = tell
        self._is_searching = False
        self._asked = threading.Event()
        self._is_told = False
        self._is_ended = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {
                signal.SIGINT: signal.signal(signal.SIGINT, self._take_interrupt),
                signal.SIGTERM: signal.signal(signal.SIGTERM, self._take_termination),
            }
            if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._take_termination)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def listen(self, event: Event) -> None:
        """Note whether a search is going on, then hand the event on.

        Raises
        ------
        KeyboardInterrupt
            When the run was to end and something kept it from ending.
        """
        self._end_when_asked()
        if isinstance(event, PhaseEvent) and event.phase == _SEARCH_PHASE:
            self._is_searching = event.elapsed_s is None
        self._listen(event)

    def should_stop(self) -> bool:
        """Tell whether the search should end with the best plan it has.

        Raises
        ------
        KeyboardInterrupt
            When the run was to end without it and something kept it from ending.
        """
        self._end_when_asked()
        if self._asked.is_set() and not self._is_told:
            self._is_told = True  # told here and not in the handler, which may break into a write
            self._tell("stopping: the best plan so far is kept; Ctrl-C again ends the run without it")
        return self._asked.is_set()

    def _take_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_searching or self._asked.is_set():
            self._is_ended = True
            raise KeyboardInterrupt
        self._asked.set()

    def _end_when_asked(self) -> None:
        # A handler may break into code that drops exceptions, such as a callback of a library.
        if self._is_ended:
            raise KeyboardInterrupt

    def _take_termination(self, number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)
