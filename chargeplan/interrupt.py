"""Ctrl-C: the first during the search keeps the best plan, any other ends the run."""

from __future__ import annotations

import math
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any, Self

from chargeplan.progress import describe_search
from chargeplan.runlog import Event, Listener, PhaseEvent, SolveEvent

_SEARCH_PHASE = "solve"
_WITH_PLAN = (
    "stopping: the best plan so far is verified and written (a few seconds; Ctrl-C again leaves without it)"
)
_WITHOUT_PLAN = (
    "stopping: there is no plan to keep yet, so nothing is written and the folder of the run stays as it is "
    "(exit code 130; Ctrl-C again leaves at once)"
)


class StopSwitch:
    """Listens for Ctrl-C while open, and to events to know whether a search is going on.

    Parameters
    ----------
    listen : callable
        Gets every event after the switch has seen it.
    tell : callable
        Gets the line that says what the first Ctrl-C does, once, mostly in a thread of its own.

    Notes
    -----
    Python calls a handler only between two of its own instructions, which may be seconds later while a
    library computes. So a thread reads what the system writes at the signal itself: it tells at once,
    and it sees a second Ctrl-C that came before the first was handled.

    SIGTERM and SIGHUP (a closed terminal) end the run through the usual exception path too, so
    that temporary folders and the solver's process are cleaned up; a SIGHUP that is ignored, as
    under nohup, stays ignored. Outside the main thread no signal is taken.
    """

    def __init__(self, listen: Listener, tell: Callable[[str], None]) -> None:
        self._listen = listen
        self._tell = tell
        self._is_searching = False
        self._last_search: SolveEvent | None = None
        self._is_asked = False
        self._is_ended = False
        self._is_told = False
        self._telling = threading.Lock()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._watch_signals()
            self._handle(signal.SIGINT, self._take_interrupt)
            self._handle(signal.SIGTERM, self._take_termination)
            if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                self._handle(signal.SIGHUP, self._take_termination)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

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
        elif isinstance(event, SolveEvent):
            self._last_search = event
        self._listen(event)

    def should_stop(self) -> bool:
        """Tell whether the search should end with the best plan it has.

        Raises
        ------
        KeyboardInterrupt
            When the run was to end without it and something kept it from ending.
        """
        self._end_when_asked()
        if self._is_asked:
            self._tell_once()  # the search may end before the thread that tells has run
        return self._is_asked

    def describe_reached(self) -> str:
        """Write how far the search had come when it was stopped; empty before its first step."""
        return "" if self._last_search is None else describe_search(self._last_search)

    def _handle(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        """Handle a signal until the switch is closed."""
        before: Any = signal.signal(number, handler)
        self._open.callback(signal.signal, number, before)

    def _watch_signals(self) -> None:
        """Start the thread that reads each signal's number from the system."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        thread = threading.Thread(target=self._read_signals, args=(reader,), daemon=True)
        thread.start()
        self._open.callback(reader.close)
        self._open.callback(thread.join)
        self._open.callback(writer.close)  # the end of what the thread reads
        self._open.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer.fileno()))

    def _read_signals(self, reader: socket.socket) -> None:
        is_pressed = False
        while numbers := reader.recv(64):
            for number in numbers:
                if number != signal.SIGINT or not self._is_searching:
                    continue
                if is_pressed:
                    self._is_ended = True
                else:
                    is_pressed = True
                    self._tell_once()

    def _tell_once(self) -> None:
        with self._telling:
            if not self._is_told:
                self._is_told = True
                event = self._last_search
                has_plan = event is not None and math.isfinite(event.incumbent_kwh_day)
                self._tell(_WITH_PLAN if has_plan else _WITHOUT_PLAN)

    def _take_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_ended or self._is_asked or not self._is_searching:
            self._is_ended = True
            raise KeyboardInterrupt
        self._is_asked = True

    def _end_when_asked(self) -> None:
        # A handler may break into code that drops exceptions, such as a callback of a library.
        if self._is_ended:
            raise KeyboardInterrupt

    def _take_termination(self, number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)
