"""Protocol buffer messages decoded many at a time.

The wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_LARGEST_VARINT_BYTES = 10
_NUMBER, _EIGHT_BYTES, _RANGE, _FOUR_BYTES = 0, 1, 2, 5

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class BrokenMessageError(ValueError):
    """Bytes are not the messages they should be."""


def read_fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Read the fields of one message, one after the other.

    Yields
    ------
    field : int
    value : int
        Of a number, else 0.
    first, end : int
        Where a range of bytes lies, else -1.
    """
    while at < end:
        tag = data[at]
        at += 1
        if tag >= 128:
            tag, at = _read_varint(data, at - 1, end)
        wire = tag & 7
        if wire == _RANGE:
            if at < end and data[at] < 128:
                size = data[at]
                at += 1
            else:
                size, at = _read_varint(data, at, end)
            if at + size > end:
                raise BrokenMessageError("a field is longer than its message")
            yield tag >> 3, 0, at, at + size
            at += size
        elif wire == _NUMBER:
            value, at = _read_varint(data, at, end)
            yield tag >> 3, value, -1, -1
        elif wire in {_EIGHT_BYTES, _FOUR_BYTES}:
            at += 8 if wire == _EIGHT_BYTES else 4
            if at > end:
                raise BrokenMessageError("a field is longer than its message")
        else:
            raise BrokenMessageError(f"a field is of the unknown type {wire}")


def list_messages(data: bytes, at: int, end: int, field: int) -> tuple[Ints, int]:
    """List the messages of one field that stand one after the other, millions in a large file.

    Returns
    -------
    bounds : ndarray of int64, shape (n, 2)
        Where each begins and ends.
    int
        Where something else begins.
    """
    tag = field << 3 | _RANGE
    bounds: list[int] = []
    append = bounds.append
    while at < end and data[at] == tag:
        at += 1
        if at + 1 < end and data[at] < 128:
            size = data[at]
            at += 1
        elif at + 2 < end and data[at + 1] < 128:
            size = data[at] - 128 + (data[at + 1] << 7)
            at += 2
        else:
            size, at = _read_varint(data, at, end)
        append(at)
        at += size
        append(at)
    if at > end:
        raise BrokenMessageError("a field is longer than its message")
    return np.array(bounds, np.int64).reshape(-1, 2), at


def read_messages(
    data: Bytes, first: Ints, end: Ints, *, numbers: Sequence[int], ranges: Sequence[int]
) -> tuple[dict[int, Ints], dict[int, tuple[Ints, Ints]]]:
    """Read chosen fields of many messages at once.

    Parameters
    ----------
    data : ndarray of uint8
    first, end : ndarray of int64, shape (n,)
        Where the messages lie in `data`.
    numbers, ranges : sequence of int
        Fields that hold a number, fields that hold bytes.

    Returns
    -------
    dict of ndarray of int64, shape (n,)
        The numbers, 0 where a message lacks them.
    dict of tuple of ndarray of int64, shape (n,)
        Where the bytes lie in `data`, an empty range where a message lacks them.

    Raises
    ------
    BrokenMessageError
        Also when a message holds one of the fields more than once, which no writer does.
    """
    found = {field: np.zeros(first.size, np.int64) for field in numbers}
    spans = {field: (first.copy(), first.copy()) for field in ranges}
    seen = {field: np.zeros(first.size, bool) for field in (*numbers, *ranges)}
    active = np.flatnonzero(first < end)
    at = first[active]
    padded = np.concatenate((data, np.zeros(_LARGEST_VARINT_BYTES + 8, np.uint8)))
    while active.size:
        limit = end[active]
        tag, at = _read_varints(padded, at)
        wire, field = tag & 7, tag >> 3
        is_range, is_number = wire == _RANGE, wire == _NUMBER
        if (is_range | is_number).all():
            value, at = _read_varints(padded, at)
        else:
            value, at = _read_mixed(padded, at, wire)
        stop = np.where(is_range, at + value, at)
        if (stop > limit).any() or (stop < at).any():
            raise BrokenMessageError("a field is longer than its message")
        for wanted, is_seen in seen.items():
            is_wanted = field == wanted
            if not is_wanted.any():
                continue
            rows = active if is_wanted.all() else active[is_wanted]
            if is_seen[rows].any() or not (is_range if wanted in spans else is_number)[is_wanted].all():
                raise BrokenMessageError(f"field {wanted} of a message is there twice or of another type")
            is_seen[rows] = True
            if wanted in found:
                found[wanted][rows] = value[is_wanted]
            else:
                spans[wanted][0][rows] = at[is_wanted]
                spans[wanted][1][rows] = stop[is_wanted]
        is_open = stop < limit
        active, at = active[is_open], stop[is_open]
    return found, spans


def decode_varints(data: Bytes) -> NDArray[np.uint64]:
    """Decode numbers of 7 bits a byte that stand one after the other."""
    ends = np.flatnonzero(data < 128)
    if ends.size == 0 or ends[-1] != data.size - 1:
        if data.size:
            raise BrokenMessageError("a list of numbers ends in the middle of one")
        return np.empty(0, np.uint64)
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    more_bytes = ends - starts
    n_most = int(more_bytes.max())
    if n_most >= _LARGEST_VARINT_BYTES:
        raise BrokenMessageError("a number is longer than 10 bytes")
    values = (data[starts] & 127).astype(np.uint64)
    rows = np.arange(starts.size)
    for step in range(1, n_most + 1):
        rows = rows[more_bytes[rows] >= step]
        part = (data[starts[rows] + step] & 127).astype(np.uint64)
        values[rows] |= part << np.uint64(7 * step)
    return values


def unzigzag(values: NDArray[np.uint64]) -> Ints:
    """Undo the writing of small negative numbers as small numbers (0, -1, 1, -2, ...)."""
    half = (values >> np.uint64(1)).view(np.int64)
    return half ^ -(values & np.uint64(1)).view(np.int64)


def gather_ranges(data: Bytes, first: Ints, end: Ints) -> tuple[Bytes, Ints]:
    """Put ranges of bytes one after the other; return them and where each begins, and the end."""
    offsets = np.zeros(first.size + 1, np.int64)
    np.cumsum(end - first, out=offsets[1:])
    position = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], end - first)
    return data[position], offsets


def accumulate(packed: Bytes, offsets_in_bytes: Ints) -> tuple[Ints, Ints]:
    """Decode lists of differences into lists of numbers.

    Returns
    -------
    numbers, offsets : ndarray of int64
        List i is ``numbers[offsets[i]:offsets[i + 1]]``.
    """
    differences = unzigzag(decode_varints(packed))
    n_before = np.zeros(packed.size + 1, np.int64)
    np.cumsum(packed < 128, out=n_before[1:])
    offsets = n_before[offsets_in_bytes]
    sums = np.zeros(differences.size + 1, np.int64)
    np.cumsum(differences, out=sums[1:])
    numbers = sums[1:] - np.repeat(sums[offsets[:-1]], np.diff(offsets))
    return numbers, offsets


def _read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 7 * _LARGEST_VARINT_BYTES:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise BrokenMessageError("a number does not end")


def _read_varints(padded: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """Read the number at each position; return them and the positions behind them."""
    byte = padded[at]
    value = (byte & 127).astype(np.int64)
    at = at + 1
    rows = np.flatnonzero(byte >= 128)
    shift = 7
    while rows.size:
        if shift >= 7 * _LARGEST_VARINT_BYTES:
            raise BrokenMessageError("a number does not end")
        position = at[rows]
        if (position >= padded.size).any():
            raise BrokenMessageError("a number does not end")
        byte = padded[position]
        value[rows] |= (byte & 127).astype(np.int64) << shift
        at[rows] += 1
        rows = rows[byte >= 128]
        shift += 7
    return value, at


def _read_mixed(padded: Bytes, at: Ints, wire: Ints) -> tuple[Ints, Ints]:
    """Read numbers where fields are numbers or ranges, and step over fields of fixed size."""
    value, behind = np.zeros_like(at), at.copy()
    has_number = (wire == _RANGE) | (wire == _NUMBER)
    value[has_number], behind[has_number] = _read_varints(padded, at[has_number])
    behind[wire == _EIGHT_BYTES] += 8
    behind[wire == _FOUR_BYTES] += 4
    if not (has_number | (wire == _EIGHT_BYTES) | (wire == _FOUR_BYTES)).all():
        raise BrokenMessageError("a field is of an unknown type")
    return value, behind
