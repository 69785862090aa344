"""Fetch a layer tile by tile, and find out whether all tiles together are the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from chargeplan.download.client import TooLargeError
from chargeplan.download.failures import OFFLINE_ADVICE
from chargeplan.download.queries import Box, Layer, write_count_query, write_data_query
from chargeplan.download.tiles import (
    LARGEST_LEVEL,
    LayerCount,
    Tile,
    TileCheck,
    check_data,
    check_tile,
    is_close,
    read_count,
)
from chargeplan.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.download.questions import Questions
    from chargeplan.osm.overpass_answer import OverpassAnswer


class LayerFetcher:
    """Fetches layers in tiles that are small enough for the server and for `max_elements`.

    Parameters
    ----------
    questions : Questions
    max_elements : int
        A tile with more is split.
    tell : callable
        Gets a line for each tile.
    """

    def __init__(self, questions: Questions, max_elements: int, tell: Callable[[str], None]) -> None:
        self._questions = questions
        self._max_elements = max_elements
        self._tell = tell
        self.data_queries: list[str] = []
        self.limits: list[str] = []
        self._asked: dict[str, list[str]] = {}

    def count(self, tile: Tile, *, is_fresh: bool = False) -> int:
        """Ask how many elements a tile has, those they are made of included."""
        query, what = write_count_query(tile.layer, tile.box), f"count of {tile.words}"
        self._remember(tile, query)
        ask = self._questions.ask_again if is_fresh else self._questions.ask
        return read_count(ask(query, layer=tile.layer.name, what=what, check=_check_count).answer)

    def estimate(self, layer: Layer, box: Box) -> int:
        """Ask how many elements a layer has in the whole box; that there are none is asked twice.

        A layer that is empty twice is a limit of the data.
        """
        query, what = write_count_query(layer, box), f"count of {layer.name}"
        self._remember(Tile(layer, box), query)
        found = self._questions.ask(
            query, layer=layer.name, what=what, check=_check_count, is_doubtful=_has_none
        )
        if _has_none(found.answer) and not found.is_recalled:
            self._tell(f"{layer.name}: the server counts none; asking once more")
            found = self._questions.ask_again(query, layer=layer.name, what=what, check=_check_count)
        return read_count(found.answer)

    def fetch(self, layer: Layer, box: Box, covered: shapely.Geometry, expected: int) -> int:
        """Fetch a layer in tiles; return how many distinct elements it has.

        Parameters
        ----------
        layer : Layer
        box : tuple of 4 floats
            The whole box (EPSG:4326).
        covered : shapely.Geometry
            Tiles that do not touch it are counted and not fetched.
        expected : int
            What the server counted in the whole box.

        Raises
        ------
        DownloadError
            When there is no complete answer, or the tiles do not hold what was counted.
        """
        tally = LayerCount(expected)
        waiting = [(Tile(layer, box), expected)]
        n_tiles = 0
        while waiting:
            tile, n_expected = waiting.pop()
            if not shapely.box(*tile.box).intersects(covered):
                tally.n_left_out += n_expected
                continue
            check = None if self._is_to_split(tile, n_expected) else self._try_tile(tile, n_expected)
            if check is None:
                waiting += reversed([(part, self.count(part)) for part in tile.split()])
                continue
            tally.add(check)
            n_tiles += 1
            self.data_queries.append(write_data_query(layer, tile.box))
            left = f", {len(waiting)} more" if waiting else ""
            self._tell(
                f"{layer.name}: tile {n_tiles}{left}, {tally.count():,} of about {tally.expected:,} elements"
            )
        if tally.count_difference():
            tally.expected = self.count(Tile(layer, box), is_fresh=True)
        if not tally.is_close():
            for query in self._asked.pop(layer.name):  # whichever is wrong, all are asked for anew
                self._questions.forget(query)
            raise DownloadError(
                f"{layer.name}: {tally.describe_difference()}; the data changed while they were fetched, or the server "
                f"is at fault: its answers about {layer.name} are forgotten, so call again later, or name another "
                "server with --endpoint"
            )
        if tally.count_difference() and not any(limit.startswith(layer.name) for limit in self.limits):
            self._limit(f"{layer.name}: {tally.describe_difference()}")
        elif tally.expected == 0:
            self.limits.append(f"the server has no {layer.name} here: it counted none, twice")
        return tally.count()

    def _remember(self, tile: Tile, query: str) -> None:
        self._asked.setdefault(tile.layer.name, []).append(query)

    def _limit(self, difference: str) -> None:
        self.limits.append(
            f"{difference}, also when asked again; the data may have changed while they were fetched"
        )

    def _is_to_split(self, tile: Tile, n_expected: int) -> bool:
        if tile.level >= LARGEST_LEVEL or self._questions.has(write_data_query(tile.layer, tile.box)):
            return False
        if n_expected > self._max_elements:
            return True
        # An earlier call met a server for which this tile was too large, and went on with its parts.
        first = tile.split()[0]
        return self._questions.has(write_count_query(tile.layer, first.box))

    def _try_tile(self, tile: Tile, n_expected: int) -> TileCheck | None:
        """Fetch a tile; None when it is too large for the server and can be split."""
        try:
            return self._fetch_tile(tile, n_expected)
        except TooLargeError as error:
            if tile.level >= LARGEST_LEVEL:
                raise DownloadError(
                    f"{error}; this is the smallest part of the area that is asked for, so the server is at its limit: "
                    f"try again later, name another with --endpoint, {OFFLINE_ADVICE}"
                ) from error
            self._tell(f"{error}; asking for its four parts")
            return None

    def _fetch_tile(self, tile: Tile, n_expected: int) -> TileCheck:
        query = write_data_query(tile.layer, tile.box)
        layer, what = tile.layer.name, tile.words
        self._remember(tile, query)
        checks: list[TileCheck] = []

        def check(answer: OverpassAnswer) -> None:
            check_data(answer)
            checks.append(check_tile(answer, tile))

        def lacks_nodes(_answer: OverpassAnswer) -> bool:
            return checks[-1].n_missing_nodes > 0

        found = self._questions.ask(
            query, layer=layer, what=what, check=check, can_be_split=True, is_doubtful=lacks_nodes
        )
        is_new = not found.is_recalled
        is_doubted = is_new and lacks_nodes(found.answer)
        if _get_total(found.answer) != n_expected:
            # One of the two is wrong or old: both are asked for once more.
            self._tell(
                f"{tile.words}: {n_expected:,} elements were counted and {_get_total(found.answer):,} came; counting "
                "once more"
            )
            n_expected = self.count(tile, is_fresh=True)
            if _get_total(found.answer) != n_expected:
                found = self._questions.ask_again(query, layer=layer, what=what, check=check)
                is_new, is_doubted = True, False
        self._refuse_contradiction(tile, found.answer, n_expected)
        if is_doubted:
            self._tell(
                f"{tile.words}: {checks[-1].n_missing_nodes:,} nodes of ways are missing; asking once more"
            )
            found = self._questions.ask_again(query, layer=layer, what=what, check=check)
            self._refuse_contradiction(tile, found.answer, n_expected)
        if is_new and lacks_nodes(found.answer):
            n_expected = self.count(tile, is_fresh=True)
        self._refuse_lost_nodes(tile, found.answer, checks[-1], n_expected)
        if _get_total(found.answer) != n_expected:
            self._limit(
                f"{tile.words}: the server counted {n_expected:,} elements and sent {_get_total(found.answer):,}"
            )
        return checks[-1]

    def _refuse_contradiction(self, tile: Tile, answer: OverpassAnswer, n_expected: int) -> None:
        if is_close(_get_total(answer), n_expected):
            return
        for query in (write_data_query(tile.layer, tile.box), write_count_query(tile.layer, tile.box)):
            self._questions.forget(query)
        raise DownloadError(
            f"{tile.words}: the server counts {n_expected:,} elements and then says that there are "
            f"{_get_total(answer):,}; it contradicts itself, try again later or name another with --endpoint"
        )

    def _refuse_lost_nodes(
        self, tile: Tile, answer: OverpassAnswer, check: TileCheck, n_expected: int
    ) -> None:
        """Tell nodes that the server never had from nodes it counts and does not send.

        Where nodes are missing the tolerance of the counts is none, or it would cover them.
        """
        if check.n_missing_nodes and _get_total(answer) < n_expected:
            self._questions.forget(write_data_query(tile.layer, tile.box))
            raise DownloadError(
                f"{tile.words}: {check.n_missing_nodes:,} nodes of ways are missing and the server counts "
                f"{n_expected:,} elements, not the {_get_total(answer):,} it sends; try again later or name another "
                "with --endpoint"
            )


def _check_count(answer: OverpassAnswer) -> None:
    read_count(answer)


def _get_total(answer: OverpassAnswer) -> int:
    return 0 if answer.stated_counts is None else answer.stated_counts["total"]


def _has_none(answer: OverpassAnswer) -> bool:
    return read_count(answer) == 0
