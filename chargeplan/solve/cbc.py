"""The CBC that PuLP brings, in a process of its own: a second solver, never the first.

Its preprocessing calls some small models with a plan impossible and misses the best plan of
others (coin-or/pulp issue 662), so it is switched off. Without it CBC breaks off on some models
that really are impossible: that is no answer, and neither is running out of time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pulp

from chargeplan.solve.mps import format_mps
from chargeplan.solve.outcome import MilpStatus

if TYPE_CHECKING:
    from chargeplan.linear_model import Floats, LinearModel

AskStop = Callable[[], bool]

NAME = "CBC"
_POLL_S = 0.005
_LARGEST_POLL_S = 0.05
_NO_PREPROCESSING = ("-preprocess", "off")
_GRACE_S = 1.0  # beyond the limit, for a CBC that does not look at the clock
# The prctl of chargeplan.solve.child, kept across exec: CBC ends with the process that asked it.
_END_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
_STATUSES = {
    "optimal": MilpStatus.OPTIMAL,
    "infeasible": MilpStatus.INFEASIBLE,
    "integer infeasible": MilpStatus.INFEASIBLE,
}


@dataclass(frozen=True, slots=True, eq=False)
class CbcAnswer:
    """What CBC says about a model.

    Parameters
    ----------
    status : MilpStatus
        `NO_INCUMBENT` when it says nothing: it failed, ran out of time or was stopped.
    values : ndarray, shape (n_columns,), or None
        Of the plan it found, to the eight digits that it writes; not to be believed unchecked.
    words : str
        How it ended, in its own words or ours.
    """

    status: MilpStatus
    values: Floats | None
    words: str


def solve_by_cbc(
    model: LinearModel,
    *,
    time_limit_s: float,
    ask_stop: AskStop = lambda: False,
    use_preprocessing: bool = False,
) -> CbcAnswer:
    """Solve a model to its optimum with CBC.

    Parameters
    ----------
    model : LinearModel
    time_limit_s : float
        Wall clock.
    ask_stop : callable
        Asked often; yes ends CBC at once, without an answer.
    use_preprocessing : bool
        Only to find out what it is worth; see the head of this file.
    """
    path = find_cbc()
    if path is None:
        return _say_nothing("not found on this computer")
    with _open_files(format_mps(model)) as files:
        command = [path, files.model, "-ratioGap", "0", "-allowableGap", "0", "-timeMode", "elapsed"]
        command += ["-sec", f"{time_limit_s:.3f}", *([] if use_preprocessing else _NO_PREPROCESSING)]
        command += ["-solve", "-solution", files.answer]
        ending = _run(command, pass_fds=files.fds, time_limit_s=time_limit_s, ask_stop=ask_stop)
        if ending:
            return _say_nothing(ending)
        try:
            lines = Path(files.answer).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return _say_nothing("it wrote no answer")
    return read_answer(lines, model.n_columns)


@dataclass(frozen=True, slots=True)
class _Files:
    """The paths that CBC reads and writes, and what it inherits for them."""

    model: str
    answer: str
    fds: tuple[int, ...] = ()


@contextlib.contextmanager
def _open_files(text: str) -> Iterator[_Files]:
    """Offer the two files: on Linux in memory, so that a run that is killed leaves none behind."""
    if sys.platform == "linux":
        fds = (os.memfd_create("model.mps"), os.memfd_create("answer.txt"))
        model, answer = (f"/proc/self/fd/{fd}" for fd in fds)
        try:
            Path(model).write_text(text, encoding="utf-8", newline="\n")
            yield _Files(model, answer, fds)
        finally:
            for fd in fds:
                os.close(fd)
        return
    with tempfile.TemporaryDirectory(prefix="chargeplan_cbc_") as folder:
        model_file = Path(folder) / "model.mps"
        model_file.write_text(text, encoding="utf-8", newline="\n")
        yield _Files(str(model_file), str(Path(folder) / "answer.txt"))


def find_cbc() -> str | None:
    """Find the program, that of PuLP or one of the computer's own; None when there is none."""
    return shutil.which(getattr(pulp.PULP_CBC_CMD, "pulp_cbc_path", "")) or shutil.which("cbc")


def read_answer(lines: list[str], n_columns: int) -> CbcAnswer:
    """Read what CBC wrote: a line with its status, then number, name, value and cost of columns."""
    head = lines[0].strip() if lines else ""
    status = _STATUSES.get(head.split(" - ")[0].strip().lower(), MilpStatus.NO_INCUMBENT)
    is_stopped_with_plan = head.startswith("Stopped") and "no integer solution" not in head
    if status is not MilpStatus.OPTIMAL and not is_stopped_with_plan:
        return CbcAnswer(status, None, head or "it wrote no answer")
    values = np.zeros(n_columns)
    try:
        for line in lines[1:]:
            number, _name, value, *_ = line.replace("**", " ").split()
            values[int(number)] = float(value)
    except (ValueError, IndexError):
        return _say_nothing(f"its answer cannot be read: {head}")
    return CbcAnswer(
        MilpStatus.OPTIMAL if status is MilpStatus.OPTIMAL else MilpStatus.FEASIBLE, values, head
    )


def _say_nothing(words: str) -> CbcAnswer:
    return CbcAnswer(MilpStatus.NO_INCUMBENT, None, words)


def _run(command: list[str], *, pass_fds: tuple[int, ...], time_limit_s: float, ask_stop: AskStop) -> str:
    """Run CBC; return what kept it from an answer, empty when nothing did."""
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _END_WITH_PARENT, str(os.getpid()), *command]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=pass_fds,
            start_new_session=True,  # a Ctrl-C of the terminal does not reach it
        )
    except OSError as error:
        return f"it does not start: {error}"
    try:
        return _wait(process, end_at=time.monotonic() + time_limit_s + _GRACE_S, ask_stop=ask_stop)
    finally:
        if process.poll() is None:
            _kill(process)
        process.wait()


def _wait(process: subprocess.Popen[bytes], *, end_at: float, ask_stop: AskStop) -> str:
    poll_s = _POLL_S
    while time.monotonic() < end_at:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=poll_s)
            return f"it ended with code {code}" if code else ""
        poll_s = min(2 * poll_s, _LARGEST_POLL_S)
        if ask_stop():
            return "it was stopped"
    return "it ran out of time"


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
