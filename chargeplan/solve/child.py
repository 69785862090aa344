"""The solver's own process; `chargeplan.solve.process` starts it.

A request comes on standard input, news and the result go to standard output. The line "stop"
ends the search with the best plan; the end of standard input means that the parent is gone.
On Linux the kernel also ends this process with its parent.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

    from chargeplan.solve.outcome import MilpProgress

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent_pid: int) -> None:
    """Serve one request and end."""
    end_with_parent(parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    # Whatever a library prints must not mix with the protocol: it goes to standard error.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from chargeplan.solve import wire
    from chargeplan.solve.milp import solve_milp

    request, sent_epoch_s = wire.read_request(sys.stdin.buffer)
    left_s = request.time_limit_s - (time.time() - sent_epoch_s)
    stop = threading.Event()
    threading.Thread(target=_watch_parent, args=(sys.stdin.buffer, stop), daemon=True).start()

    def tell(progress: MilpProgress) -> None:
        answers.write(wire.pack_progress(progress))

    try:
        asked = dataclasses.replace(request, time_limit_s=left_s)
        result = solve_milp(asked, tell=tell, ask_stop=stop.is_set)
    except Exception:
        traceback.print_exc()  # the last words; the usual end would trip over the thread that reads
        sys.stderr.flush()
        os._exit(1)
    answers.write(wire.pack_result(result))
    answers.close()
    os._exit(0)  # HiGHS needs no goodbye, and a thread still waits for standard input


def end_with_parent(parent_pid: int) -> None:
    """Ask Linux to end this process when its parent ends; elsewhere the end of input does it."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent_pid:  # it ended before the request above took effect
        os._exit(1)


def _watch_parent(stream: BinaryIO, stop: threading.Event) -> None:
    from chargeplan.solve.wire import STOP_LINE

    if stream.readline() != STOP_LINE:
        os._exit(1)
    stop.set()
    stream.read()
    os._exit(1)
