"""Asks each question once: of the answers on disk first, then of the server, and keeps what is good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.download.client import OverpassClient, accept_any
from chargeplan.errors import DataError
from chargeplan.osm.overpass_answer import AnswerError, OverpassAnswer, parse_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chargeplan.download.tile_store import TileStore


def trust_any(_answer: OverpassAnswer) -> bool:
    """Find no answer doubtful."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An answer and whether it was on disk already."""

    answer: OverpassAnswer
    is_recalled: bool


class Questions:
    """The questions of one download, with what they brought.

    Parameters
    ----------
    store : TileStore
    client : OverpassClient or None
        None when nothing may be asked.
    """

    def __init__(self, store: TileStore, client: OverpassClient | None) -> None:
        self._store = store
        self._client = client
        self._texts: dict[str, set[str]] = {}
        self._stamps: dict[str, str] = {}
        self.n_asked = 0
        self.n_recalled = 0

    def ask(
        self,
        query: str,
        *,
        layer: str,
        what: str,
        check: Callable[[OverpassAnswer], None] = accept_any,
        can_be_split: bool = False,
        is_doubtful: Callable[[OverpassAnswer], bool] = trust_any,
    ) -> Found:
        """Return the answer on disk, else ask the server and store what passes the check.

        An answer that `is_doubtful` is returned and not stored, so that whoever is interrupted
        before it was asked for again does not find it on disk and believe it.

        Raises
        ------
        DataError
            When the answer is not on disk and nothing may be asked.
        DownloadError
            When the server gives no good answer; TooLargeError when it cannot.
        """
        recalled = self._recall(query, check)
        if recalled is None:
            answer = self._ask_server(query, layer, what, check, can_be_split, is_doubtful)
            return Found(answer, is_recalled=False)
        self.n_recalled += 1
        self._note(query, layer, recalled)
        return Found(recalled, is_recalled=True)

    def ask_again(
        self, query: str, *, layer: str, what: str, check: Callable[[OverpassAnswer], None] = accept_any
    ) -> Found:
        """Ask the server, whatever is on disk, and store its answer instead."""
        return Found(self._ask_server(query, layer, what, check, False, trust_any), is_recalled=False)

    def has(self, query: str) -> bool:
        """Tell whether a whole answer is on disk."""
        return self._store.find(query) is not None

    def forget(self, query: str) -> None:
        """Remove an answer that turned out to be of no use, so that it is asked for again."""
        self._store.forget(query)

    def read_elements(self, queries: list[str]) -> Iterator[dict[str, object]]:
        """Read the elements of stored answers, one answer at a time.

        Raises
        ------
        DataError
            When an answer was damaged since it was stored.
        """
        for query in queries:
            body = self._store.find(query)
            if body is None:
                raise DataError(
                    f"{self._store.folder}: an answer was damaged on disk; call again, it alone is fetched anew"
                )
            yield from parse_answer(body).elements

    def count_requests(self) -> dict[str, int]:
        """Count the different questions of each layer, in the order of the layers."""
        return {layer: len(texts) for layer, texts in self._texts.items()}

    def list_stamps(self) -> list[str]:
        """List the states of the OpenStreetMap data that answers had, oldest first."""
        return sorted({stamp for stamp in self._stamps.values() if stamp})

    def _recall(self, query: str, check: Callable[[OverpassAnswer], None]) -> OverpassAnswer | None:
        body = self._store.find(query)
        if body is None:
            return None
        try:
            answer = parse_answer(body)
            check(answer)
        except AnswerError:  # stored by a version of chargeplan that asked less of an answer
            self._store.forget(query)
            return None
        return answer

    def _ask_server(
        self,
        query: str,
        layer: str,
        what: str,
        check: Callable[[OverpassAnswer], None],
        can_be_split: bool,
        is_doubtful: Callable[[OverpassAnswer], bool],
    ) -> OverpassAnswer:
        if self._client is None:
            raise DataError(
                f"--offline: {what} is not on disk in {self._store.folder} ({len(self._store)} answers are); "
                "call again without --offline"
            )
        reply = self._client.ask_checked(query, what=what, check=check, can_be_split=can_be_split)
        self.n_asked += 1
        self._note(query, layer, reply.answer)
        if not is_doubtful(reply.answer):
            self._store.put(query, reply.body, what=what)
        return reply.answer

    def _note(self, query: str, layer: str, answer: OverpassAnswer) -> None:
        self._texts.setdefault(layer, set()).add(query)
        self._stamps[query] = answer.osm_timestamp
