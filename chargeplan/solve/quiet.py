"""Keep standard output clean of what compiled libraries write to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator

_STDOUT = 1


@contextlib.contextmanager
def keep_stdout_clean() -> Iterator[None]:
    """Send what a library writes to the process's standard output nowhere, while open.

    The HiGHS inside SciPy writes stray lines there whatever its options say, and a line between
    the JSON lines of a result breaks whoever reads them.

    Notes
    -----
    Standard output belongs to the whole process, so it is turned in the main thread only;
    elsewhere nothing happens. Python's own lines are written out before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _flush()
    try:
        kept = os.dup(_STDOUT)
    except OSError:  # there is no standard output to keep clean
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _STDOUT)
        finally:
            os.close(nowhere)
        yield
    finally:
        _flush_libraries()  # their last lines too are to go nowhere
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _flush() -> None:
    with contextlib.suppress(OSError, ValueError):
        if sys.stdout is not None:
            sys.stdout.flush()
    _flush_libraries()


def _flush_libraries() -> None:
    """Empty the buffers of the C library, which holds lines back when output goes to a pipe."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)
