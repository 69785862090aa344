"""Whole numbers as a compact text for the page, which inflates them in the browser.

Numbers are zigzag coded (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), written seven bits to a
byte with the high bit set on all but the last byte of a number, deflated (zlib format) and
put into base64.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chargeplan.records import Floats, Ints

COORDINATE_SCALE = 100_000  # five decimals of a degree: about one metre
_MAX_BYTES = 10  # 64 bits, seven to a byte


def encode_varints(values: NDArray[np.int64]) -> bytes:
    """Write whole numbers with zigzag and variable length, small numbers in one byte.

    Examples
    --------
    >>> list(encode_varints(np.array([0, -1, 1, 64])))
    [0, 1, 2, 128, 1]
    """
    signed = np.asarray(values, dtype=np.int64)
    rest = ((signed << 1) ^ (signed >> 63)).astype(np.uint64)
    digits = np.zeros((rest.size, _MAX_BYTES), dtype=np.uint8)
    used = np.ones(rest.size, dtype=np.int64)
    for place in range(_MAX_BYTES):
        digits[:, place] = (rest & np.uint64(127)).astype(np.uint8)
        rest = rest >> np.uint64(7)
        used = np.where(rest > 0, place + 2, used)
    columns = np.arange(_MAX_BYTES)
    digits[columns < (used - 1)[:, None]] |= 128
    return digits[columns < used[:, None]].tobytes()


def decode_varints(content: bytes) -> NDArray[np.int64]:
    """Read what `encode_varints` wrote."""
    octets = np.frombuffer(content, dtype=np.uint8)
    is_last = octets < 128
    number = (
        np.concatenate([[0], np.cumsum(is_last)[:-1]]).astype(np.int64) if octets.size else np.zeros(0, int)
    )
    ends = np.flatnonzero(is_last)
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    place = np.arange(octets.size) - starts[number] if octets.size else np.zeros(0, int)
    parts = (octets & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    total = np.zeros(ends.size, dtype=np.uint64)
    np.add.at(total, number, parts)
    half = (total >> np.uint64(1)).astype(np.int64)
    return np.asarray(half ^ -(total & np.uint64(1)).astype(np.int64), dtype=np.int64)


def pack_integers(*streams: Ints) -> str:
    """Pack streams of whole numbers one after the other into one base64 text.

    The page knows how long each stream is from the streams before it.
    """
    joined = np.concatenate([np.asarray(stream, dtype=np.int64) for stream in streams])
    return base64.b64encode(zlib.compress(encode_varints(joined), 9)).decode("ascii")


def unpack_integers(packed: str) -> Ints:
    """Read what `pack_integers` wrote, as one stream."""
    return decode_varints(zlib.decompress(base64.b64decode(packed, validate=True)))


def pack_lines(lines: Sequence[Floats]) -> str:
    """Pack lines of longitudes and latitudes: number of points of each, then steps of each axis.

    Parameters
    ----------
    lines : sequence of ndarray, shape (n_points, 2)
        EPSG:4326, rounded here to five decimals. Each point is stored as its step from the
        point before, over the borders between lines.
    """
    counts = np.array([len(line) for line in lines], dtype=np.int64)
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    grid = np.rint(points * COORDINATE_SCALE).astype(np.int64)
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return pack_integers(counts, steps[:, 0], steps[:, 1])
