"""One cell of the fault matrix: a download that meets a fault, and what is on disk afterwards."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osm_server import Fault, Mode, OsmServer, Phase, When
from osm_server.made_area import RELATION_ID
from osm_server.store import read_elements

from chargeplan.download.areas import FetchArea
from chargeplan.download.fetch import FetchOptions, fetch_dataset
from chargeplan.errors import DataError, DownloadError
from chargeplan.osm.dataset import DatasetState, verify_datasets
from chargeplan.runlog import ignore_event

NAME = "made"


def ignore_line(_line: str) -> None:
    """Take a line that nobody reads."""


TILES = {Phase.FIRST_TILE, Phase.LATER_TILE}
# An error says what to do; "the same command goes on" alone would hold of any error.
WORDS_OF_ADVICE = (
    "try again later",
    "call again",
    "name another",
    "--endpoint",
    "--deadline-min",
    "work offline",
    "find-area",
    "--contact",
    "log in with a browser",
    "choose ",
    "give the area",
    "is --endpoint",
)
Elements = dict[tuple[str, int], dict[str, Any]]


class FakeClock:
    """Time goes by when somebody sleeps, and not otherwise."""

    def __init__(self) -> None:
        self._now_s = 1_000.0
        self._was_read = threading.Event()

    def now(self) -> float:
        self._was_read.set()
        return self._now_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self._now_s += seconds

    def drip(self) -> None:
        """Let 2 s pass between two bytes of a server, no sooner than the reader has looked at the time."""
        self._was_read.clear()
        self._now_s += 2.0
        self._was_read.wait(0.05)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a download came to: a dataset or an error, and what was told meanwhile."""

    state: DatasetState | None
    error: DownloadError | DataError | None
    told: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What the cells share: the server, and what a download without faults brings."""

    server: OsmServer
    max_elements: int
    buffer_km: float

    def fetch(
        self,
        folder: Path,
        *,
        clock: FakeClock | None = None,
        deadline_s: float = 900.0,
        tell: Callable[[str], None] = ignore_line,
    ) -> Outcome:
        clock = clock or FakeClock()
        began_s = clock.now()
        told: list[str] = []

        def hear(line: str) -> None:
            told.append(line)
            tell(line)

        area = FetchArea(NAME, f"relation {RELATION_ID}", RELATION_ID, None)
        options = FetchOptions(
            folder=folder,
            endpoint=self.server.overpass_url,
            buffer_km=self.buffer_km,
            max_elements=self.max_elements,
            deadline_s=deadline_s,
        )
        state, error = None, None
        try:
            state = fetch_dataset(area, options, clock=clock, listen=ignore_event, tell=hear)
        except (DownloadError, DataError) as raised:
            error = raised
        return Outcome(state, error, tuple(told), clock.now() - began_s)


def read_dataset(folder: Path) -> Elements | None:
    """Elements of the published file by kind and id; None when nothing is published."""
    path = folder / NAME / f"{NAME}.osm.pbf"
    if not path.exists():
        assert not list(folder.glob("**/*.pbf")), "a data file stands outside of a dataset"
        return None
    (state,) = verify_datasets(folder)
    assert not state.fault, state.fault
    return {(element["type"], element["id"]): element for element in read_elements(path)}


def make_fault(mode: Mode, phase: Phase, when: When, clock: FakeClock) -> Fault:
    """A drip lets seconds of the fake clock pass between its bytes."""
    return Fault(mode, when, phase, between_bytes=clock.drip)


@dataclass(frozen=True, slots=True)
class CellResult:
    """How a cell ended: "complete" or the first words of the error; and what the resume asked."""

    ending: str
    seconds: float
    n_first: int
    n_resumed: int


def run_cell(
    bench: Bench, folder: Path, mode: Mode, phase: Phase, when: When, expected: Elements, queries: list[str]
) -> CellResult:
    """Download with a fault, check what is there, and finish an interrupted download.

    Raises
    ------
    AssertionError
        When a part is taken for the whole, an error is not an honest one, or the second
        download asks for what was there already.
    """
    server, clock = bench.server, FakeClock()
    server.forget_requests()
    fault = make_fault(mode, phase, when, clock)
    server.set_faults(fault)
    # A drip is only worth waiting for until the deadline; a short one shows the same.
    first = bench.fetch(folder, clock=clock, deadline_s=150.0 if mode == Mode.SLOW_DRIP else 900.0)
    n_hit = sum(bool(request.fault) for request in server.requests)
    assert n_hit, "the fault met no request: the cell tests nothing"
    n_first = len(server.requests)
    found = read_dataset(folder)
    if first.error is None:
        assert found == expected, explain_difference(found, expected)
        shutil.rmtree(folder)
        return CellResult("complete", first.seconds, n_first, 0)
    assert found is None, f"after an error ({first.error}) there is a dataset"
    check_words(first.error)
    done = {
        request.query
        for request in server.requests
        if request.status == 200 and not request.fault and request.phase != Phase.STATUS
    }
    server.set_faults()
    server.forget_requests()
    second = bench.fetch(folder)
    assert second.error is None, f"the healthy server is refused: {second.error}"
    resumed = read_dataset(folder)
    assert resumed == expected, explain_difference(resumed, expected)
    if "no road" in str(first.error):  # it may have been the boundary that went wrong
        done -= {request.query for request in server.requests if request.phase == Phase.BOUNDARY}
    if "contradicts itself" in str(first.error):  # which of its words was wrong nobody can know
        done -= {request.query for request in server.requests if request.phase in TILES}
    check_resume(server, done, queries, may_split=mode in {Mode.REMARK_TIMEOUT, Mode.REMARK_MEMORY})
    shutil.rmtree(folder)
    return CellResult(str(first.error), first.seconds, n_first, len(server.requests))


def check_words(error: DownloadError | DataError) -> None:
    """An honest error is one text that says what happened and what to do, and no traceback in it."""
    text = str(error)
    assert 20 < len(text) < 2_000, text
    assert "Traceback" not in text, text
    assert not any(ord(sign) < 32 and sign != "\n" for sign in text), repr(text)
    assert any(word in text for word in WORDS_OF_ADVICE), f"it does not say what to do: {text}"


def check_resume(server: OsmServer, done: set[str], queries: list[str], *, may_split: bool) -> None:
    """Data that were answered whole are not asked for again, and nothing is asked twice."""
    asked = server.list_queries(Phase.BOUNDARY, Phase.FIRST_TILE, Phase.LATER_TILE)
    again = [query for query in asked if query in done]
    assert not again, f"{len(again)} of {len(asked)} questions were answered before: {again[0]}"
    assert len(asked) == len(set(asked))
    # A download that met a server for which a tile was too large goes on with its parts.
    assert may_split or set(asked) <= set(queries), (
        "the second download asks for other things than a healthy one"
    )


def explain_difference(found: Elements | None, expected: Elements) -> str:
    """Say in a line how two sets of elements differ."""
    if found is None:
        return "there is no dataset"
    lost, added = expected.keys() - found.keys(), found.keys() - expected.keys()
    changed = [key for key in expected.keys() & found.keys() if expected[key] != found[key]]
    return (
        f"{len(lost)} lost {sorted(lost)[:3]}, {len(added)} added {sorted(added)[:3]}, {len(changed)} changed"
    )


def remove_folder(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
