"""Boxes that are asked for one by one, and what must be true of the answer for one of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.download.queries import Box, Layer
from chargeplan.osm.overpass_answer import (
    AnswerError,
    AnswerFault,
    OverpassAnswer,
    check_counts,
    choose_newest,
)

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray

LARGEST_LEVEL = 8
# Counts of a box and of its parts are asked seconds apart, while mappers go on. So much may remain
# of a difference after everything was asked for again, and it is told as a limit of the data.
COUNT_TOLERANCE_SHARE = 0.005

_DIGITS = 7
_OUTWARD_DIGITS = 5  # about a metre
_EDGE_DEG = 1e-6
_KINDS = ("node", "way", "relation")


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the box of an area.

    Parameters
    ----------
    layer : Layer
    box : tuple of 4 floats
        West, south, east, north.
    path : str
        Quadrants from the whole box down: "" is the whole box, "03" the last part of the first.
    """

    layer: Layer
    box: Box
    path: str = ""

    @property
    def level(self) -> int:
        """How often the whole box was split to get this one."""
        return len(self.path)

    @property
    def words(self) -> str:
        """What the tile is, for messages."""
        return f"{self.layer.name}, tile {self.path}" if self.path else self.layer.name

    def split(self) -> tuple[Tile, Tile, Tile, Tile]:
        """Split into four that cover it and share their edges exactly."""
        west, south, east, north = self.box
        middle_lon, middle_lat = round((west + east) / 2, _DIGITS), round((south + north) / 2, _DIGITS)
        boxes = (
            (west, south, middle_lon, middle_lat),
            (middle_lon, south, east, middle_lat),
            (west, middle_lat, middle_lon, north),
            (middle_lon, middle_lat, east, north),
        )
        first, second, third, fourth = (
            Tile(self.layer, box, f"{self.path}{quadrant}") for quadrant, box in enumerate(boxes)
        )
        return first, second, third, fourth


def find_box(area: shapely.Geometry) -> Box:
    """Find the box of an area, rounded outwards to a metre, so that it is the same everywhere."""
    scale = 10**_OUTWARD_DIGITS
    west, south, east, north = (float(bound) for bound in area.bounds)
    return (
        max(-180.0, math.floor(west * scale) / scale),
        max(-90.0, math.floor(south * scale) / scale),
        min(180.0, math.ceil(east * scale) / scale),
        min(90.0, math.ceil(north * scale) / scale),
    )


@dataclass(frozen=True, slots=True, eq=False)
class TileCheck:
    """What a checked tile brought.

    Parameters
    ----------
    ids : dict of str to ndarray of int64
        Distinct ids of nodes, ways and relations, sorted.
    n_missing_nodes : int
        Nodes that ways name and the answer does not have.
    """

    ids: dict[str, NDArray[np.int64]]
    n_missing_nodes: int


def read_count(answer: OverpassAnswer) -> int:
    """Read the total of an answer to a count.

    Raises
    ------
    AnswerError
        When there is no count in it, or something else is.
    """
    counts = answer.stated_counts
    if counts is None or answer.elements:
        raise AnswerError(AnswerFault.WRONG_SHAPE, "got no count, expected one and nothing else")
    if counts["total"] != counts["nodes"] + counts["ways"] + counts["relations"]:
        raise AnswerError(AnswerFault.WRONG_SHAPE, f"got a count that does not add up ({counts})")
    return counts["total"]


def check_data(answer: OverpassAnswer) -> None:
    """Check that an answer has the elements that its own count announces.

    Raises
    ------
    AnswerError
        When it has no count, or other elements.
    """
    if answer.stated_counts is None:
        raise AnswerError(
            AnswerFault.MISSING_ELEMENTS, "got elements without the count that was asked for with them"
        )
    check_counts(answer)


def check_tile(answer: OverpassAnswer, tile: Tile) -> TileCheck:
    """Check that the elements of an answer belong to the tile that was asked for.

    Ways and relations reach out of their tile, so what must touch it is the box of each way
    that was selected for itself, and each node that belongs to nothing.

    Raises
    ------
    AnswerError
        When an element lies elsewhere.
    """
    places, ways, relations = _sort_elements(answer)
    members = {
        (member["type"], member["ref"]) for relation in relations.values() for member in relation["members"]
    }
    n_missing, stray = 0, []
    used: set[int] = {ref for kind, ref in members if kind == "node"}
    for way_id, way in ways.items():
        refs = set(way["nodes"])
        used |= refs
        found = [places[ref] for ref in refs if ref in places]
        n_missing += len(refs) - len(found)
        if found and ("way", way_id) not in members and not _touches(found, tile.box):
            stray.append(f"way {way_id}")
    stray += [
        f"node {node_id}"
        for node_id, place in places.items()
        if node_id not in used and not _touches([place], tile.box)
    ]
    if stray:
        raise AnswerError(
            AnswerFault.BAD_ELEMENT,
            f"{stray[0]} and {len(stray) - 1} more of {len(answer.elements)} elements lie outside the box that was "
            "asked for",
        )
    found_ids = (list(places), list(ways), list(relations))
    ids = {kind: np.unique(np.array(found, np.int64)) for kind, found in zip(_KINDS, found_ids, strict=True)}
    return TileCheck(ids, n_missing)


@dataclass(slots=True)
class LayerCount:
    """Counts what all tiles of a layer bring, an element in several tiles once.

    Parameters
    ----------
    expected : int
        What the server counted in the whole box.
    n_left_out : int
        What it counted in tiles beside the area, which are not fetched.
    """

    expected: int
    n_left_out: int = 0
    _ids: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def add(self, check: TileCheck) -> None:
        """Count the elements of one more tile."""
        for kind, ids in check.ids.items():
            known = self._ids.get(kind)
            self._ids[kind] = ids if known is None else np.union1d(known, ids)

    def count(self) -> int:
        """Count the distinct elements of all tiles so far."""
        return sum(int(ids.size) for ids in self._ids.values())

    def count_difference(self) -> int:
        """Count by how many elements the tiles differ from the whole box; 0 when they fit.

        What lies in tiles that were left out may also lie in tiles that were fetched, so with
        such tiles the count of the whole is a range.
        """
        found = self.count()
        return max(self.expected - self.n_left_out - found, found - self.expected, 0)

    def is_close(self) -> bool:
        """Tell whether the difference is what mappers may have changed meanwhile."""
        return self.count_difference() <= COUNT_TOLERANCE_SHARE * self.expected

    def describe_difference(self) -> str:
        """Say in words how the tiles differ from the whole box; empty when they fit."""
        if self.count_difference() == 0:
            return ""
        found = self.count()
        beside = f" ({self.n_left_out:,} of them beside the area)" if self.n_left_out else ""
        return f"the server counted {self.expected:,} elements{beside} and all tiles have {found:,}"


def is_close(counted: int, expected: int) -> bool:
    """Tell whether a count is what was expected, as far as a living database lets it.

    Of less than 200 elements no difference is.

    Examples
    --------
    >>> is_close(995, 1000), is_close(994, 1000), is_close(6, 7), is_close(0, 0)
    (True, False, False, True)
    """
    return abs(counted - expected) <= COUNT_TOLERANCE_SHARE * expected


def _sort_elements(
    answer: OverpassAnswer,
) -> tuple[dict[int, tuple[float, float]], dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Sort elements by kind; of repeated ones the highest version counts, as in the merge."""
    places: dict[int, tuple[float, float]] = {}
    ways: dict[int, dict[str, Any]] = {}
    relations: dict[int, dict[str, Any]] = {}
    for (kind, element_id), element in choose_newest(answer.elements).items():
        if kind == "node":
            places[element_id] = (element["lon"], element["lat"])
        else:
            (ways if kind == "way" else relations)[element_id] = element
    return places, ways, relations


def _touches(places: list[tuple[float, float]], box: Box) -> bool:
    west, south, east, north = box
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    return (
        max(lons) >= west - _EDGE_DEG
        and min(lons) <= east + _EDGE_DEG
        and max(lats) >= south - _EDGE_DEG
        and min(lats) <= north + _EDGE_DEG
    )
