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

    def count(self, tile: Tile, *, is_fresh: bool = False) -> int:
        """Ask how many elements a tile has, those they are made of included."""
        query = write_count_query(tile.layer, tile.box)
        ask = self._questions.ask_again if is_fresh else self._questions.ask
        found = ask(query, layer=tile.layer.name, what=f"count of {tile.words}", check=_check_count)
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
        if tally.find_fault():
            tally.expected = self.count(Tile(layer, box), is_fresh=True)
        fault = tally.find_fault()
        if fault:
            raise DownloadError(
                f"{layer.name}: {fault}; the data changed while they were fetched, or the server is at fault: call "
                "again with --refresh, or name another server with --endpoint"
            )
        return tally.count()

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
        checks: list[TileCheck] = []

        def check(answer: OverpassAnswer) -> None:
            check_data(answer)
            checks.append(check_tile(answer, tile))

        found = self._questions.ask(query, layer=layer, what=what, check=check, can_be_split=True)
        if not _fits(found.answer, n_expected):
            # One of the two is wrong or old: both are asked for once more.
            n_expected = self.count(tile, is_fresh=True)
            if not _fits(found.answer, n_expected):
                found = self._questions.ask_again(query, layer=layer, what=what, check=check)
        if not _fits(found.answer, n_expected):
            self._questions.forget(query)
            raise DownloadError(
                f"{tile.words}: the server counts {n_expected:,} elements and then says that there are "
                f"{_get_total(found.answer):,}; it contradicts itself, try again later or name another with --endpoint"
            )
        if checks[-1].n_missing_nodes and not found.is_recalled:
            self._tell(
                f"{tile.words}: {checks[-1].n_missing_nodes:,} nodes of ways are missing; asking once more"
            )
            found = self._questions.ask_again(query, layer=layer, what=what, check=check)
            if not _fits(found.answer, n_expected):
                self._questions.forget(query)
                raise DownloadError(
                    f"{tile.words}: the server gives another answer each time; try again later"
                )
            self._refuse_lost_nodes(tile, found.answer, checks[-1])
        return checks[-1]

    def _refuse_lost_nodes(self, tile: Tile, answer: OverpassAnswer, check: TileCheck) -> None:
        """Tell nodes that the server never had from nodes it counts and does not send.

        Where nodes are missing the tolerance of the counts is none, or it would cover them.
        """
        if not check.n_missing_nodes:
            return
        n_expected = self.count(tile, is_fresh=True)
        if _get_total(answer) < n_expected:
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


def _fits(answer: OverpassAnswer, n_expected: int) -> bool:
    return is_close(_get_total(answer), n_expected)
