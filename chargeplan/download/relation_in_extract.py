"""The boundary of a relation, looked up in the extract itself.

An extract is sorted, so the relation, its ways and their nodes are found by halving the file:
some hundred pieces are unpacked and the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import numpy as np

from chargeplan.download.pbf_arrays import (
    DATA,
    NANODEGREES_PER_DEGREE,
    NODE,
    RELATION,
    WAY,
    Blob,
    Elements,
    Nodes,
    Ways,
    decode_body,
    get_kind,
    list_blobs,
    read_body,
)
from chargeplan.download.protobuf_arrays import BrokenMessageError
from chargeplan.download.selection import Ids
from chargeplan.osm.overpass_answer import OverpassAnswer

_KINDS = ("node", "way", "relation")
_KEPT_BLOBS = 32


def read_relation(file: IO[bytes], relation_id: int) -> OverpassAnswer:
    """Read a relation, its member ways and their nodes as an Overpass server would give them.

    Parameters
    ----------
    file : file of bytes
        A sorted ``.osm.pbf``.
    relation_id : int

    Returns
    -------
    OverpassAnswer
        Without what the file does not hold, also without the relation itself.

    Raises
    ------
    BrokenMessageError, UnknownCompressionError
        When the file cannot be read.
    """
    search = _Search(file)
    relation: dict[str, Any] | None = None

    def take_relation(blob: Blob, _: Elements, __: Ids) -> None:
        nonlocal relation
        relation = _read_with_osmium(file, search.header, blob, relation_id)

    search.visit(RELATION, np.array([relation_id], np.int64), take_relation)
    if relation is None:
        return OverpassAnswer([], None, "", "")
    elements = [relation]
    way_ids = sorted({member["ref"] for member in relation["members"] if member["type"] == _KINDS[WAY]})

    def take_ways(_: Blob, part: Elements, rows: Ids) -> None:
        if isinstance(part, Ways):
            for row in rows.tolist():
                refs = part.refs[part.offsets[row] : part.offsets[row + 1]].tolist()
                elements.append({"type": _KINDS[WAY], "id": int(part.id[row]), "nodes": refs})

    search.visit(WAY, np.array(way_ids, np.int64), take_ways)
    node_ids = sorted({node for way in elements[1:] for node in way["nodes"]})

    def take_nodes(_: Blob, part: Elements, rows: Ids) -> None:
        if isinstance(part, Nodes):
            lon, lat = part.lon[rows] / NANODEGREES_PER_DEGREE, part.lat[rows] / NANODEGREES_PER_DEGREE
            for node_id, x, y in zip(part.id[rows].tolist(), lon.tolist(), lat.tolist(), strict=True):
                elements.append({"type": _KINDS[NODE], "id": node_id, "lon": x, "lat": y})

    search.visit(NODE, np.array(node_ids, np.int64), take_nodes)
    return OverpassAnswer(elements, None, "", "")


Take = Callable[[Blob, Elements, Ids], None]


class _Search:
    """Finds elements of a sorted file by halving it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        blobs = list(list_blobs(file))
        self._blobs = [blob for blob in blobs if blob.kind == DATA]
        self.header = blobs[0]
        self._kept: dict[int, list[Elements]] = {}

    def visit(self, kind: int, ids: Ids, take: Take) -> None:
        """Give all elements of a kind with one of some rising ids to `take`, with their rows."""
        self._visit(kind, ids, take, 0, len(self._blobs))

    def _visit(self, kind: int, ids: Ids, take: Take, first: int, end: int) -> None:
        if ids.size == 0 or first >= end:
            return
        middle = (first + end) // 2
        parts = self._decode(middle)
        if not parts:
            raise BrokenMessageError(f"the piece at byte {self._blobs[middle].start:,} holds no elements")
        n_before = _count_before(kind, ids, get_kind(parts[0]), int(parts[0].id[0]))
        n_until = _count_before(kind, ids, get_kind(parts[-1]), int(parts[-1].id[-1]) + 1)
        self._visit(kind, ids[:n_before], take, first, middle)
        here = ids[n_before:n_until]
        for part in parts:
            if get_kind(part) == kind and here.size:
                position = np.minimum(np.searchsorted(part.id, here), part.id.size - 1)
                is_held = part.id[position] == here
                if is_held.any():
                    take(self._blobs[middle], part, position[is_held])
        self._visit(kind, ids[n_until:], take, middle + 1, end)

    def _decode(self, number: int) -> list[Elements]:
        if number not in self._kept:
            if len(self._kept) >= _KEPT_BLOBS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[number] = decode_body(read_body(self._file, self._blobs[number]))
        return self._kept[number]


def _count_before(kind: int, ids: Ids, other_kind: int, other_id: int) -> int:
    """Count the elements that a sorted file has before another one."""
    if kind != other_kind:
        return ids.size if kind < other_kind else 0
    return int(np.searchsorted(ids, other_id))


def _read_with_osmium(file: IO[bytes], header: Blob, blob: Blob, relation_id: int) -> dict[str, Any] | None:
    import osmium

    content = b""
    for piece in (header, blob):
        file.seek(piece.start)
        content += file.read(piece.end - piece.start)
    buffer = osmium.io.FileBuffer(content, "pbf")
    by_id = osmium.filter.IdFilter([relation_id])
    words = dict(zip("nwr", _KINDS, strict=True))
    relations: Any = osmium.FileProcessor(buffer, osmium.osm.RELATION).with_filter(by_id)
    for relation in relations:
        return {
            "type": _KINDS[RELATION],
            "id": relation.id,
            "tags": dict(relation.tags),
            "members": [
                {"type": words[member.type], "ref": member.ref, "role": member.role}
                for member in relation.members
            ],
        }
    return None
