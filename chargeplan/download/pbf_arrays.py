"""Ids, places and references of a .osm.pbf, block by block, as arrays.

Osmium reads such a file quickly but hands its nodes and references to Python one at a time
(about 2 µs each), and its sets of ids are dense: the nodes of one city are spread over all the
ids ever given, so such a set takes 4 MB for each 33.5 million ids, over 1 GB today. A cut
from a national extract needs only this much of the file to choose what it takes, so it is
decoded here with NumPy, in bounded memory; tags and the rest are left to osmium.

The format: https://wiki.openstreetmap.org/wiki/PBF_Format
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from chargeplan.download.protobuf_arrays import (
    BrokenMessageError,
    accumulate,
    decode_varints,
    gather_ranges,
    list_messages,
    read_fields,
    read_messages,
    unzigzag,
)

NODE, WAY, RELATION = 0, 1, 2
HEADER, DATA = "OSMHeader", "OSMData"
NANODEGREES_PER_DEGREE = 1e9

_DENSE = 2
_ELEMENT_FIELDS = (1, 3, 4)
_LARGEST_HEADER_BYTES = 64 * 1024
_LARGEST_BLOB_BYTES = 32 * 1024 * 1024
_LARGEST_WORKERS = 4
Result = TypeVar("Result")


class UnknownCompressionError(ValueError):
    """A block is packed in a way that is not read here (osmium may)."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One packed piece of the file: `start` of its length field, where its body lies."""

    start: int
    body_start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes in the order of the file: ids, and nanodegrees (EPSG:4326)."""

    id: NDArray[np.int64]
    lon: NDArray[np.int64]
    lat: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ways:
    """Way i has the nodes ``refs[offsets[i]:offsets[i + 1]]``."""

    id: NDArray[np.int64]
    offsets: NDArray[np.int64]
    refs: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Relations:
    """Relation i has the members ``refs[offsets[i]:offsets[i + 1]]`` of the kinds `kinds`."""

    id: NDArray[np.int64]
    offsets: NDArray[np.int64]
    refs: NDArray[np.int64]
    kinds: NDArray[np.int64]


Elements = Nodes | Ways | Relations


def list_blobs(file: IO[bytes]) -> Iterator[Blob]:
    """List the pieces of a file, reading only their headers.

    Raises
    ------
    BrokenMessageError
        When the file is not in this format or ends in the middle of a piece.
    """
    size = os.fstat(file.fileno()).st_size
    start = 0
    while start < size:
        file.seek(start)
        prefix = file.read(4)
        if len(prefix) < 4:
            raise BrokenMessageError(f"the file ends in the middle of a piece at byte {start:,}")
        (header_bytes,) = struct.unpack(">I", prefix)
        if not 0 < header_bytes <= _LARGEST_HEADER_BYTES:
            raise BrokenMessageError(f"no piece of a .osm.pbf begins at byte {start:,}")
        header = file.read(header_bytes)
        if len(header) < header_bytes:
            raise BrokenMessageError(f"the file ends in the middle of a piece at byte {start:,}")
        kind, body_bytes = "", -1
        for field, value, first, end in read_fields(header, 0, len(header)):
            if field == 1:
                kind = header[first:end].decode("ascii", "replace")
            elif field == 3:
                body_bytes = value
        body_start = start + 4 + header_bytes
        if kind not in {HEADER, DATA}:
            raise BrokenMessageError(f"the piece at byte {start:,} is neither a header nor data")
        if not 0 <= body_bytes <= _LARGEST_BLOB_BYTES:
            raise BrokenMessageError(f"the piece at byte {start:,} tells no possible size")
        if body_start + body_bytes > size:
            raise BrokenMessageError(
                f"the file ends in the middle of a piece: {body_start + body_bytes - size:,} bytes are lacking"
            )
        yield Blob(start, body_start, body_start + body_bytes, kind)
        start = body_start + body_bytes


def read_body(file: IO[bytes], blob: Blob) -> bytes:
    """Read the packed body of a piece."""
    file.seek(blob.body_start)
    return file.read(blob.end - blob.body_start)


def unpack(body: bytes) -> bytes:
    """Unpack the body of a piece.

    Raises
    ------
    BrokenMessageError, UnknownCompressionError
    """
    size, content = -1, None
    for field, value, first, end in read_fields(body, 0, len(body)):
        if field == 1:
            return body[first:end]
        if field == 2:
            size = value
        elif field == 3:
            if content is None:
                try:
                    content = zlib.decompress(memoryview(body)[first:end])
                except zlib.error as error:
                    raise BrokenMessageError(f"a piece cannot be unpacked ({error})") from error
        elif first >= 0:
            raise UnknownCompressionError(f"a piece is packed in way {field}")
    if content is None or len(content) != size:
        raise BrokenMessageError("a piece unpacks to another size than it tells")
    return content


def decode_block(content: bytes) -> list[Elements]:
    """Decode the elements of an unpacked piece, one entry for each group that is not empty.

    Raises
    ------
    BrokenMessageError
    """
    data = np.frombuffer(content, np.uint8)
    granularity, lat_offset, lon_offset = 100, 0, 0
    groups = []
    for field, value, first, end in read_fields(content, 0, len(content)):
        if field == 2:
            groups.append((first, end))
        elif field == 17:
            granularity = value
        elif field == 19:
            lat_offset = _as_signed(value)
        elif field == 20:
            lon_offset = _as_signed(value)
    found: list[Elements] = []
    for first, end in groups:
        for element in _decode_group(content, data, first, end):
            if isinstance(element, Nodes):
                element = Nodes(  # noqa: PLW2901
                    element.id, lon_offset + granularity * element.lon, lat_offset + granularity * element.lat
                )
            if element.id.size:
                found.append(element)
    return found


def decode_in_threads(
    file: IO[bytes], blobs: Iterable[Blob], decode: Callable[[bytes], Result]
) -> Iterator[tuple[Blob, Result]]:
    """Decode pieces in the order of the file, a few ahead of the caller."""
    n_workers = min(_LARGEST_WORKERS, os.cpu_count() or 1)
    waiting: deque[tuple[Blob, Future[Result]]] = deque()
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            for blob in blobs:
                waiting.append((blob, pool.submit(decode, read_body(file, blob))))
                if len(waiting) > 2 * n_workers:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def decode_body(body: bytes) -> list[Elements]:
    """Unpack and decode a piece."""
    return decode_block(unpack(body))


def get_kind(elements: Elements) -> int:
    """Tell the kind of elements: NODE, WAY or RELATION, in the order of a sorted file."""
    if isinstance(elements, Nodes):
        return NODE
    return WAY if isinstance(elements, Ways) else RELATION


def _decode_group(content: bytes, data: NDArray[np.uint8], first: int, end: int) -> Iterator[Elements]:
    """Decode a group; it holds elements of one kind, but nothing enforces that."""
    at = first
    for field, decode in ((1, _decode_nodes), (3, _decode_ways), (4, _decode_relations)):
        bounds, at = list_messages(content, at, end, field)
        if bounds.size:
            yield decode(data, bounds[:, 0], bounds[:, 1])
    for field, _, start, stop in read_fields(content, at, end):
        if field == _DENSE:
            yield _decode_dense(content, data, start, stop)
        elif field in _ELEMENT_FIELDS:
            raise BrokenMessageError("a group of elements is not in the order that every program writes")


def _decode_dense(content: bytes, data: NDArray[np.uint8], first: int, end: int) -> Nodes:
    columns = {field: np.empty(0, np.int64) for field in (1, 8, 9)}
    for field, _, start, stop in read_fields(content, first, end):
        if field in columns:
            columns[field] = np.cumsum(unzigzag(decode_varints(data[start:stop])))
    node_id, lat, lon = (columns[field] for field in (1, 8, 9))
    if not node_id.size == lat.size == lon.size:
        raise BrokenMessageError("a group of nodes has not as many places as ids")
    return Nodes(node_id, lon, lat)


def _decode_nodes(data: NDArray[np.uint8], first: NDArray[np.int64], end: NDArray[np.int64]) -> Nodes:
    values, _ = read_messages(data, first, end, numbers=(1, 8, 9), ranges=())
    node_id, lat, lon = (unzigzag(values[field].astype(np.uint64)) for field in (1, 8, 9))
    return Nodes(node_id, lon, lat)


def _decode_ways(data: NDArray[np.uint8], first: NDArray[np.int64], end: NDArray[np.int64]) -> Ways:
    numbers, ranges = read_messages(data, first, end, numbers=(1,), ranges=(8,))
    packed, offsets_in_bytes = gather_ranges(data, *ranges[8])
    refs, offsets = accumulate(packed, offsets_in_bytes)
    return Ways(numbers[1], offsets, refs)


def _decode_relations(data: NDArray[np.uint8], first: NDArray[np.int64], end: NDArray[np.int64]) -> Relations:
    numbers, ranges = read_messages(data, first, end, numbers=(1,), ranges=(9, 10))
    refs, offsets = accumulate(*gather_ranges(data, *ranges[9]))
    kinds = decode_varints(gather_ranges(data, *ranges[10])[0]).astype(np.int64)
    if kinds.size != refs.size:
        raise BrokenMessageError("a group of relations has not as many kinds of members as members")
    return Relations(numbers[1], offsets, refs, kinds)


def _as_signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
