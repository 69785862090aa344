"""Progress as a person at a terminal, a log file or a program wants to read it."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Protocol, Self

from chargeplan.runlog import Event, PhaseEvent, SolveEvent, StepEvent

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.text import Text

SECONDS_BETWEEN_LINES = 30.0
SECONDS_BEFORE_STEP = 2.0
STOP_HINT = "Ctrl-C keeps it"
_PHASE_WIDTH = 10


class Progress(Protocol, AbstractContextManager["Progress"]):
    """A listener that is open while a run goes on."""

    def __call__(self, event: Event, /) -> None:
        """Show an event."""

    def say(self, text: str) -> None:
        """Show a line of text between the events."""


def make_progress(stream: IO[str], *, as_json: bool) -> Progress:
    """Choose the progress for a stream: JSON lines, a live display on a terminal, or plain lines."""
    if as_json:
        return JsonProgress(stream)
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return LiveProgress(stream)
    return LineProgress(stream)


def describe_search(event: SolveEvent) -> str:
    """Write what is known of where the search stands: step, plan, bound, gap, time.

    Examples
    --------
    >>> describe_search(SolveEvent("milp", 31.2, 120.0, 1000.0, 1023.1))
    'milp: plan serves 1,000 kWh/day, bound 1,023, gap 2.31 %; 31 of 120 s'
    >>> describe_search(SolveEvent("start plan", 0.2, 120.0, math.nan, math.inf))
    'start plan: no plan yet; 0 of 120 s'
    """
    bound = f"bound {event.bound_kwh_day:,.0f}" if math.isfinite(event.bound_kwh_day) else ""
    parts = [f"plan serves {_write_energy(event)}", bound, _write_gap(event)]
    known = parts if _has_plan(event) else ["no plan yet", bound]
    return f"{event.step}: {', '.join(filter(None, known))}; {_write_time(event)}"


def fit_search(event: SolveEvent, width: int) -> str:
    """Write the moving line of a search within a width; what matters least goes first.

    Examples
    --------
    >>> event = SolveEvent("neighbourhoods", 31.2, 120.0, 123456.0, 126306.0)
    >>> fit_search(event, 80)
    'solve      plan 123,456 kWh/day, gap 2.31 %; 31 of 120 s · Ctrl-C keeps it'
    >>> fit_search(event, 60)
    'solve      plan 123,456 kWh/day, gap 2.31 %; 31 of 120 s'
    """
    if _has_plan(event):
        known = ", ".join(filter(None, [f"plan {_write_energy(event)}", _write_gap(event)]))
        hint = f" · {STOP_HINT}"
    else:
        known, hint = "no plan yet", ""
    brief = f"{known}; {_write_time(event)}"
    choices = (describe_search(event) + hint, f"{event.step}: {brief}{hint}", brief + hint, brief, known)
    lines = [f"{'solve':<{_PHASE_WIDTH}} {text}" for text in choices]
    return next((line for line in lines if len(line) <= width), lines[-1])


def _has_plan(event: SolveEvent) -> bool:
    """Tell whether there is a plan that serves anybody; the empty one that opens a search is none to show."""
    return event.incumbent_kwh_day > 0


def _write_energy(event: SolveEvent) -> str:
    """Write what the plan serves with its unit, and what that energy is when it is not the plain one."""
    return f"{event.incumbent_kwh_day:,.0f} {event.measure} kWh/day".replace("  ", " ")


def _write_gap(event: SolveEvent) -> str:
    from chargeplan.records import compute_gap, format_gap

    gap = compute_gap(event.incumbent_kwh_day, event.bound_kwh_day)
    return f"gap {format_gap(gap)}" if math.isfinite(gap) else ""


def _write_limit(limit_s: float) -> str:
    """Write the seconds of a limit without digits that nobody asked for.

    Examples
    --------
    >>> _write_limit(120.0), _write_limit(4 / 3), _write_limit(0.25)
    ('120', '1.3', '0.25')
    """
    return f"{round(limit_s, 1):.10g}" if limit_s >= 1 else f"{limit_s:.2g}"


def _write_time(event: SolveEvent) -> str:
    return f"{event.elapsed_s:.0f} of {event.limit_s:.0f} s"


def describe_phase(event: PhaseEvent) -> str:
    """Write a phase that has ended: its name, seconds and what it made."""
    seconds = f"{event.elapsed_s or 0.0:.1f} s"
    return f"{event.phase:<{_PHASE_WIDTH}} {seconds:>8}  {event.message}"


def write_line(stream: IO[str], text: str) -> None:
    """Write a line; when the reader has gone (``| head``), write the rest to nowhere."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class _Quiet:
    """The part that the displays without a terminal share: nothing to open or close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class LineProgress(_Quiet):
    """One line for each phase, one where a search begins, and for a long search one every 30 seconds.

    What a phase is making is told where nothing was told for two seconds.

    Parameters
    ----------
    stream : text stream
    clock : callable
        Gives seconds; replaced in tests.
    """

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._told_at = clock()
        self._is_limit_told = False

    def __call__(self, event: Event, /) -> None:
        """Show an event, unless another line about the search is too recent."""
        if isinstance(event, PhaseEvent):
            self._told_at, self._is_limit_told = self._clock(), False
            if event.elapsed_s is not None:
                self.say(describe_phase(event))
        elif isinstance(event, StepEvent):
            if self._clock() - self._told_at >= SECONDS_BEFORE_STEP:
                self._told_at = self._clock()
                self.say(f"{event.phase:<{_PHASE_WIDTH}} {event.message} ...")
        elif not self._is_limit_told:
            self._is_limit_told = True
            self.say(f"{'solve':<{_PHASE_WIDTH}} search: limit {_write_limit(event.limit_s)} s")
        elif self._clock() - self._told_at >= SECONDS_BETWEEN_LINES:
            self._told_at = self._clock()
            self.say(f"{'solve':<{_PHASE_WIDTH}} {describe_search(event)}")

    def say(self, text: str) -> None:
        """Write a line."""
        write_line(self._stream, text)


class JsonProgress(_Quiet):
    """One JSON object per line and event; figures that do not exist yet are null."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __call__(self, event: Event, /) -> None:
        """Write an event."""
        if isinstance(event, PhaseEvent):
            state = "started" if event.elapsed_s is None else "ended"
            data: dict[str, object] = {"event": "phase", "phase": event.phase, "state": state}
            if event.elapsed_s is not None:
                data |= {"message": event.message, "elapsed_s": round(event.elapsed_s, 3)}
        elif isinstance(event, StepEvent):
            data = {"event": "step", "phase": event.phase, "message": event.message}
        else:
            data = {"event": "solve", "step": event.step} | {
                name: value if math.isfinite(value) else None
                for name, value in (
                    ("elapsed_s", round(event.elapsed_s, 3)),
                    ("limit_s", event.limit_s),
                    ("incumbent_kwh_day", event.incumbent_kwh_day),
                    ("bound_kwh_day", event.bound_kwh_day),
                )
            }
        self.write(data)

    def say(self, text: str) -> None:
        """Write a line of text as an event."""
        self.write({"event": "message", "message": text})

    def write(self, data: dict[str, object]) -> None:
        """Write one object on a line of its own."""
        write_line(self._stream, json.dumps(data, ensure_ascii=False, allow_nan=False))


class LiveProgress:
    """A growing list of phases and, under it, a line that moves while a phase runs."""

    def __init__(self, stream: IO[str], console: Console | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._phase = ""
        self._started = 0.0
        self._search: SolveEvent | None = None
        self._step = ""
        self._console = console or Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            get_renderable=self._render, console=self._console, refresh_per_second=5, transient=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._phase = ""
        self._live.stop()

    def __call__(self, event: Event, /) -> None:
        """Show an event."""
        if isinstance(event, SolveEvent):
            self._search = event
        elif isinstance(event, StepEvent):
            self._step = event.message
        elif event.elapsed_s is None:
            self._phase, self._started, self._search = event.phase, time.monotonic(), None
            self._step = ""
        else:
            self._phase, self._search = "", None
            self.say(describe_phase(event))

    def say(self, text: str) -> None:
        """Print a line above the moving one."""
        self._console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def _render(self) -> Text:
        from rich.text import Text

        if not self._phase:
            return Text("")
        if self._search is not None:
            text = fit_search(self._search, self._console.width)
        else:
            seconds = time.monotonic() - self._started
            text = f"{self._phase:<{_PHASE_WIDTH}} {seconds:>6.0f} s  {self._step} ...".replace(
                "   ...", " ..."
            )
        return Text(text, style="bold", no_wrap=True, overflow="ellipsis")
