"""The solver in a child process of its own group, watched, stoppable, never left behind."""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.errors import InterruptedRunError, SolverError
from chargeplan.solve import wire
from chargeplan.solve.outcome import MilpProgress, MilpRequest, MilpResult, StoppedBy

if TYPE_CHECKING:
    from types import FrameType

LOG = logging.getLogger(__name__)

GRACE_S = 2.0  # between asking the solver to stop and ending it
_WATCHDOG_SHARE = 0.1  # of the time limit
_POLL_S = 0.05
_PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
_LAST_LINES = 20
# The child runs this very package, wherever it lies, and finds the libraries of this process after
# its own: a folder of libraries before Python's own could shadow these.
_START_CHILD = """
import importlib.util, json, sys
pid, package, paths = sys.argv[1:]
sys.path.extend(path for path in json.loads(paths) if path not in sys.path)
spec = importlib.util.spec_from_file_location(
    "chargeplan", package + "/__init__.py", submodule_search_locations=[package]
)
sys.modules["chargeplan"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from chargeplan.solve.child import main
main(int(pid))
"""
CHILD_COMMAND = (sys.executable, "-P", "-c", _START_CHILD)

Tell = Callable[[MilpProgress], None]
AskStop = Callable[[], bool]
RunMilp = Callable[..., MilpResult]  # `run_milp`, or what a test brings in its place


def run_milp(request: MilpRequest, *, tell: Tell, ask_stop: AskStop) -> MilpResult:
    """Solve a model in a child process.

    The child is asked to stop when `ask_stop` says yes, at the first Ctrl-C, or when the wall
    clock passes the limit; it is ended when it has not answered 2 s later, and at the latest a
    tenth of the limit after it. The best plan it had told of is kept.

    Parameters
    ----------
    request : MilpRequest
    tell : callable
        Called with the news of the search, in this thread.
    ask_stop : callable

    Raises
    ------
    SolverError
        When the process fails before it had a plan.
    InterruptedRunError
        At a second Ctrl-C.
    """
    with _catch_interrupts() as interrupts, _open_child(request) as child:
        return _Watch(request, child, tell, lambda: interrupts.count > 0 or ask_stop()).wait(interrupts)


class _Interrupts:
    """How often Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, _signal: int, _frame: FrameType | None) -> None:
        """Count one more."""
        self.count += 1


@contextlib.contextmanager
def _catch_interrupts() -> Iterator[_Interrupts]:
    """Count Ctrl-C instead of raising, where Python's own handler would raise."""
    interrupts = _Interrupts()
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if is_ours:
        signal.signal(signal.SIGINT, interrupts.note)
    try:
        yield interrupts
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


class _Child:
    """A running solver process with threads that move its bytes."""

    def __init__(self, request: MilpRequest) -> None:
        content = wire.pack_request(request, sent_epoch_s=time.time())
        self.process = subprocess.Popen(
            [
                *CHILD_COMMAND,
                str(os.getpid()),
                str(_PACKAGE_FOLDER),
                json.dumps(list(filter(None, sys.path))),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C of the terminal does not reach it
        )
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self.last_words: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self.is_sent = threading.Event()
        self.threads = [
            threading.Thread(target=work, daemon=True)
            for work in (lambda: self._send(content), self._read_answers, self._read_errors)
        ]
        for thread in self.threads:
            thread.start()

    def ask_to_stop(self) -> None:
        """Ask for an end with the best plan; a child that still reads its request is ended later."""
        if not self.is_sent.is_set():
            return
        stdin = self.process.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(wire.STOP_LINE)
                stdin.flush()

    def close(self) -> None:
        """End the process with its group, whatever it does, and wait for it."""
        if self.process.poll() is None:
            self._kill_group()
        self.process.wait()
        for thread in self.threads:
            thread.join(timeout=5.0)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def _send(self, content: bytes) -> None:
        stdin = self.process.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(content)
                stdin.flush()
        self.is_sent.set()

    def _read_answers(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self) -> None:
        if self.process.stderr is not None:
            for line in self.process.stderr:
                self.last_words.append(line.decode(errors="replace").rstrip())


@contextlib.contextmanager
def _open_child(request: MilpRequest) -> Iterator[_Child]:
    child = _Child(request)
    try:
        yield child
    finally:
        child.close()


def name_stop(result: MilpResult, asked: StoppedBy | None) -> MilpResult:
    """Name who stopped the solver: it takes the clock of its parent for a user, but who asked it knows."""
    return replace(result, stopped_by=asked) if asked and result.stopped_by is StoppedBy.USER else result


class _Watch:
    """Waits for a child, within the limits."""

    def __init__(self, request: MilpRequest, child: _Child, tell: Tell, ask_stop: AskStop) -> None:
        self.child = child
        self.tell = tell
        self.ask_stop = ask_stop
        self.n_columns = request.model.n_columns
        self.started = time.perf_counter()
        self.limit_s = request.time_limit_s
        self.news: MilpProgress | None = None
        self.asked: StoppedBy | None = None
        self.kill_at = self.started + self.limit_s * (1 + _WATCHDOG_SHARE) + _POLL_S

    def wait(self, interrupts: _Interrupts) -> MilpResult:
        """Wait for the result, or make one from the last news."""
        while True:
            self._consider_stop(interrupts)
            now = time.perf_counter()
            if now >= self.kill_at:
                return self._give_up(self.asked or StoppedBy.TIME_LIMIT)
            try:
                line = self.child.lines.get(timeout=min(_POLL_S, self.kill_at - now))
            except queue.Empty:
                continue
            if line is None:
                return self._end_without_result()
            message = wire.read_message(line, n_columns=self.n_columns)
            if isinstance(message, MilpResult):
                return name_stop(message, self.asked)
            self.news = message
            self.tell(message)

    def _consider_stop(self, interrupts: _Interrupts) -> None:
        if interrupts.count > 1:
            raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept")
        if self.asked is None:
            now = time.perf_counter()
            if self.ask_stop():
                self.asked = StoppedBy.USER
                self.kill_at = min(self.kill_at, now + GRACE_S)
            elif now >= self.started + self.limit_s * (1 + _WATCHDOG_SHARE / 2):
                self.asked = StoppedBy.TIME_LIMIT
            if self.asked is not None:
                self.child.ask_to_stop()

    def _give_up(self, stopped_by: StoppedBy) -> MilpResult:
        LOG.info("the solver did not stop when asked and was ended; its last plan is kept")
        return wire.make_lost_result(self.news, n_columns=self.n_columns, stopped_by=stopped_by)

    def _end_without_result(self) -> MilpResult:
        code = self.child.process.wait()
        for thread in self.child.threads:
            thread.join(timeout=1.0)
        words = "\n".join(self.child.last_words) or "it said nothing"
        if self.news is None or not self.news.ones:
            raise SolverError(
                f"the solver's process ended with code {code} and no result; its last words:\n{words}"
            )
        LOG.warning(
            "the solver's process ended with code %s; its last plan is kept; last words:\n%s", code, words
        )
        return wire.make_lost_result(self.news, n_columns=self.n_columns, stopped_by=StoppedBy.FAILURE)
