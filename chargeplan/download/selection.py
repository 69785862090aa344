"""First pass of a cut: which elements of a sorted extract belong to an area.

The rule is that of ``osmium extract --strategy=complete_ways``: the nodes in the area; the ways
with one of these and all nodes of such ways; the relations with one of these nodes or ways,
and the relations with such relations, and so on. A node on the very edge is in the area.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.download.narrow_nodes import NarrowNodes, Part, find_inside, narrow_elements
from chargeplan.download.pbf_arrays import (
    DATA,
    HEADER,
    NANODEGREES_PER_DEGREE,
    NODE,
    RELATION,
    WAY,
    Blob,
    Relations,
    Ways,
    decode_body,
    decode_in_threads,
    get_kind,
    list_blobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Ids = NDArray[np.int64]
Box = tuple[float, float, float, float]

KIND_WORDS = ("node", "way", "relation")
_NO_ID: Ids = np.empty(0, np.int64)
_TABLE_BITS = 22


class UnsortedError(ValueError):
    """The elements do not come by kind and rising id."""


@dataclass(frozen=True, slots=True)
class Span:
    """Elements of one kind in one piece of the file, by first and last id."""

    blob: Blob
    kind: int
    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What belongs to an area.

    Parameters
    ----------
    header : Blob
        The piece of the file that begins it.
    spans : list of Span
        All pieces, in the order of the file.
    ids : tuple of 3 ndarrays of int64
        Nodes, ways and relations to take, rising.
    n_nodes_inside : int
        Nodes in the area itself.
    n_in_file : tuple of 3 ints
        Nodes, ways and relations of the file.
    bounds : tuple of 4 floats or None
        West, south, east, north of all nodes of the file; None when it has no nodes.
    sha256 : str
        Of the file.
    """

    header: Blob
    spans: list[Span]
    ids: tuple[Ids, Ids, Ids]
    n_nodes_inside: int
    n_in_file: tuple[int, int, int]
    bounds: Box | None
    sha256: str


class IdLookup:
    """Looks up many ids among rising ones; most that are not there are passed over at once."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._is_any = np.zeros(1 << _TABLE_BITS, np.bool_)
        self._is_any[ids & ((1 << _TABLE_BITS) - 1)] = True

    def contain(self, wanted: Ids) -> NDArray[np.bool_]:
        """Tell for each id whether it is one of them."""
        is_in: NDArray[np.bool_] = self._is_any[wanted & ((1 << _TABLE_BITS) - 1)]
        rows = np.flatnonzero(is_in)
        if rows.size:
            position = np.searchsorted(self._ids, wanted[rows])
            is_in[rows] = self._ids[np.minimum(position, self._ids.size - 1)] == wanted[rows]
        return is_in


def read_ids(file: IO[bytes]) -> tuple[Ids, Ids, Ids]:
    """Read the ids of all nodes, ways and relations of a ``.osm.pbf``.

    Raises
    ------
    BrokenMessageError, UnknownCompressionError
        When the file cannot be read.
    """
    found: tuple[list[Ids], list[Ids], list[Ids]] = ([], [], [])
    blobs = (blob for blob in list_blobs(file) if blob.kind == DATA)
    for _, parts in decode_in_threads(file, blobs, decode_body):
        for part in parts:
            found[get_kind(part)].append(part.id)
    nodes, ways, relations = (_join(ids) for ids in found)
    return nodes, ways, relations


def select_elements(file: IO[bytes], area: shapely.Geometry) -> Selection:
    """Stream once over an extract and choose what belongs to an area.

    Parameters
    ----------
    file : file of bytes
        A ``.osm.pbf``.
    area : shapely.Geometry
        EPSG:4326.

    Raises
    ------
    BrokenMessageError, UnknownCompressionError
        When the file cannot be read.
    UnsortedError
        When it is not sorted, or holds an element twice or an id below 1.
    """
    digest = hashlib.sha256()
    selector = _Selector(area)
    header: Blob | None = None

    def list_data() -> Iterator[Blob]:
        nonlocal header
        for blob in list_blobs(file):
            file.seek(blob.start)
            digest.update(file.read(blob.end - blob.start))
            if blob.kind == DATA:
                yield blob
            elif blob.kind == HEADER and header is None:
                header = blob

    def decode(body: bytes) -> list[Part]:
        return narrow_elements(decode_body(body), bounds)

    shapely.prepare(area)
    bounds = area.bounds
    for blob, elements in decode_in_threads(file, list_data(), decode):
        for part in elements:
            selector.add(blob, part)
    if header is None:
        raise UnsortedError("it does not begin with a header")
    return selector.finish(header, digest.hexdigest())


@dataclass(slots=True)
class _Selector:
    """Takes the elements of a file in their order."""

    area: shapely.Geometry
    spans: list[Span] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0])
    boxes: list[tuple[int, int, int, int]] = field(default_factory=list)
    inside: list[Ids] = field(default_factory=list)
    way_ids: list[Ids] = field(default_factory=list)
    way_nodes: list[Ids] = field(default_factory=list)
    relation_ids: list[Ids] = field(default_factory=list)
    # Pairs of a relation and a relation that is its member.
    parents: list[Ids] = field(default_factory=list)
    children: list[Ids] = field(default_factory=list)
    nodes: IdLookup | None = None
    ways: IdLookup | None = None

    def add(self, blob: Blob, part: Part) -> None:
        """Take elements of one kind, the next of the file."""
        kind = NODE if isinstance(part, NarrowNodes) else get_kind(part)
        self._check_order(kind, part.id)
        self.spans.append(Span(blob, kind, int(part.id[0]), int(part.id[-1])))
        self.counts[kind] += part.id.size
        if isinstance(part, NarrowNodes):
            self.inside.append(find_inside(part.near, self.area))
            self.boxes.append(part.box)
        elif isinstance(part, Ways):
            self._add_ways(part)
        else:
            self._add_relations(part)

    def finish(self, header: Blob, sha256: str) -> Selection:
        """Complete what was taken."""
        inside = _join(self.inside)
        node_id = np.union1d(inside, _join(self.way_nodes))
        bounds = None
        if self.boxes:
            boxes = np.array(self.boxes) / NANODEGREES_PER_DEGREE
            bounds = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
        n_nodes, n_ways, n_relations = self.counts
        return Selection(
            header=header,
            spans=self.spans,
            ids=(node_id, _join(self.way_ids), self._find_relations()),
            n_nodes_inside=inside.size,
            n_in_file=(n_nodes, n_ways, n_relations),
            bounds=bounds,
            sha256=sha256,
        )

    def _check_order(self, kind: int, ids: Ids) -> None:
        before = self.spans[-1] if self.spans else None
        word = KIND_WORDS[kind]
        if ids.min() < 1:
            raise UnsortedError(f"it holds the {word} {ids.min()}; ids below 1 are drawings not uploaded")
        if before is not None and kind < before.kind:
            raise UnsortedError(f"the {word} {ids[0]} comes after a {KIND_WORDS[before.kind]}")
        is_next_low = np.flatnonzero(ids[1:] <= ids[:-1])
        pair = (0, 0)
        if is_next_low.size:
            pair = (int(ids[is_next_low[0]]), int(ids[is_next_low[0] + 1]))
        elif before is not None and before.kind == kind and ids[0] <= before.last_id:
            pair = (before.last_id, int(ids[0]))
        if pair[0]:
            twice = f"it holds the {word} {pair[0]} more than once"
            raise UnsortedError(
                twice if pair[0] == pair[1] else f"the {word} {pair[1]} comes after {word} {pair[0]}"
            )

    def _add_ways(self, ways: Ways) -> None:
        if self.nodes is None:
            self.nodes = IdLookup(_join(self.inside))
        is_taken = _any_of(self.nodes.contain(ways.refs), ways.offsets)
        if is_taken.any():
            self.way_ids.append(ways.id[is_taken])
            self.way_nodes.append(np.unique(ways.refs[np.repeat(is_taken, np.diff(ways.offsets))]))

    def _add_relations(self, relations: Relations) -> None:
        if self.nodes is None:
            self.nodes = IdLookup(_join(self.inside))
        if self.ways is None:
            self.ways = IdLookup(_join(self.way_ids))
        is_hit = (relations.kinds == NODE) & self.nodes.contain(relations.refs)
        is_hit |= (relations.kinds == WAY) & self.ways.contain(relations.refs)
        self.relation_ids.append(relations.id[_any_of(is_hit, relations.offsets)])
        is_relation = relations.kinds == RELATION
        self.parents.append(np.repeat(relations.id, np.diff(relations.offsets))[is_relation])
        self.children.append(relations.refs[is_relation])

    def _find_relations(self) -> Ids:
        taken = _join(self.relation_ids)
        parents, children = _join(self.parents), _join(self.children)
        while True:
            grown = np.union1d(taken, parents[np.isin(children, taken)])
            if grown.size == taken.size:
                return grown
            taken = grown


def _any_of(is_hit: NDArray[np.bool_], offsets: Ids) -> NDArray[np.bool_]:
    """Tell for each list of references whether one of them is hit."""
    n_before = np.zeros(is_hit.size + 1, np.int64)
    np.cumsum(is_hit, out=n_before[1:])
    return n_before[offsets[1:]] > n_before[offsets[:-1]]


def _join(parts: list[Ids]) -> Ids:
    return np.concatenate(parts) if parts else _NO_ID
