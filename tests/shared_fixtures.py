"""What several test processes need and is dear to make: made by one of them, read by all."""

import os
import time
from collections.abc import Callable
from pathlib import Path

MOST_WAIT_S = 600.0
_DONE, _FAILED = "done", "failed"


def share_folder(own_base: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Fill a folder once for all processes of a test run; nobody may change what stands in it.

    Parameters
    ----------
    own_base : Path
        The base temporary folder of this process; those of one run with pytest-xdist have a common parent.
    name : str
        Name of the folder.
    make : callable
        Gets the empty folder and fills it. The process that comes first calls it, the others wait.

    Raises
    ------
    RuntimeError
        When the process that came first failed, or did not end in `MOST_WAIT_S`.
    """
    base = own_base.parent if "PYTEST_XDIST_WORKER" in os.environ else own_base
    folder, state = base / name, base / f"{name}.state"
    try:
        os.close(os.open(state, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        _wait_for(state)
        return folder
    said = _FAILED
    try:
        folder.mkdir()
        make(folder)
        said = _DONE
    finally:
        state.write_text(said, encoding="utf-8")
    return folder


def _wait_for(state: Path) -> None:
    until = time.monotonic() + MOST_WAIT_S
    while not (said := state.read_text(encoding="utf-8")):
        if time.monotonic() > until:
            raise RuntimeError(f"{state}: the process that makes it did not end in {MOST_WAIT_S:.0f} s")
        time.sleep(0.1)
    if said != _DONE:
        raise RuntimeError(f"{state}: the process that came first could not make it; see its own error")
