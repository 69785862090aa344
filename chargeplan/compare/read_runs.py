"""Runs read back for a comparison, each with a letter and a name that tells it from the others."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from chargeplan.compare.records import ComparedRun
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MOST_RUNS = 8
_RECORDS_NAME, _RUN_NAME = "records", "run.json"


def check_folders(folders: Sequence[Path]) -> list[Path]:
    """Check how many runs are named, and that none is named twice; return their folders in full.

    Raises
    ------
    ConfigError
        With every fault.
    """
    faults = FaultCollector(ConfigError)
    if len(folders) < 2:
        faults.add("one run alone cannot be compared; name two or more, such as maps/demo maps/demo-2")
    if len(folders) > MOST_RUNS:
        faults.add(
            f"{len(folders)} runs are named, at most {MOST_RUNS} fit side by side; name fewer, or use "
            "chargeplan sweep for many values of one setting"
        )
    seen: dict[Path, Path] = {}
    resolved = []
    for folder in folders:
        whole = folder.resolve()
        # A study can be called records itself.
        is_inside = whole.name == _RECORDS_NAME and (whole.parent / _RUN_NAME).is_file()
        whole = whole.parent if is_inside else whole
        if whole in seen:
            faults.add(f"{folder}: is the same run as {seen[whole]}; name each run once")
        seen.setdefault(whole, folder)
        resolved.append(whole)
    faults.raise_if_any()
    return resolved


def read_runs(
    folders: Sequence[Path], *, tell: Callable[[str], None] = lambda _: None
) -> tuple[ComparedRun, ...]:
    """Read each run.

    Parameters
    ----------
    folders : sequence of Path
        In full, as `check_folders` returns them.
    tell : callable
        Hears which run is read.

    Raises
    ------
    DataError
        With the faults of every run that cannot be used.
    """
    labels = label_runs(folders)
    faults = FaultCollector(DataError)
    runs = []
    for letter, folder, label in zip(string.ascii_uppercase, folders, labels, strict=False):
        tell(f"reading {letter}: {folder}")
        try:
            runs.append(ComparedRun(letter, clean_text(label, 60), read_finished_run(folder)))
        except DataError as error:
            faults.add_error(error)
    faults.raise_if_any()
    return tuple(runs)


def label_runs(folders: Sequence[Path]) -> list[str]:
    """Find what tells the paths apart: the last part in which all differ, else the shortest different ends.

    Examples
    --------
    >>> from pathlib import Path
    >>> label_runs([Path("/x/small/demo"), Path("/x/large/demo")])
    ['small', 'large']
    >>> label_runs([Path("/a/x/demo"), Path("/b/x/demo"), Path("/b/y/demo")])
    ['a/x/demo', 'b/x/demo', 'y/demo']
    """
    parts = [folder.parts for folder in folders]
    for depth in range(1, min(map(len, parts)) + 1):
        ends = [path[-depth] for path in parts]
        if len(set(ends)) == len(ends):
            return ends
    return [_find_shortest_end(path, [other for other in parts if other is not path]) for path in parts]


def _find_shortest_end(path: tuple[str, ...], others: list[tuple[str, ...]]) -> str:
    for depth in range(1, len(path) + 1):
        if all(other[-depth:] != path[-depth:] for other in others):
            return "/".join(path[-depth:])
    return "/".join(path)
