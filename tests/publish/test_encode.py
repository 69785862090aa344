"""Packed numbers, read back by a decoder of our own that works as the page's does."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.publish.encode import encode_varints, pack_integers, pack_lines, unpack_integers


def decode(packed: str) -> list[int]:
    """Read zigzag varints one by one with Python's whole numbers."""
    numbers, value, place = [], 0, 0
    for octet in zlib.decompress(base64.b64decode(packed, validate=True)):
        value |= (octet & 127) << place
        place += 7
        if octet < 128:
            numbers.append(value // 2 if value % 2 == 0 else -(value + 1) // 2)
            value, place = 0, 0
    assert place == 0, "the last number is not complete"
    return numbers


def decode_lines(packed: str, n_lines: int) -> list[list[tuple[int, int]]]:
    numbers = decode(packed)
    counts = numbers[:n_lines]
    total = sum(counts)
    assert len(numbers) == n_lines + 2 * total
    lon = np.cumsum(numbers[n_lines : n_lines + total]).tolist()
    lat = np.cumsum(numbers[n_lines + total :]).tolist()
    points = list(zip(lon, lat, strict=True))
    ends = np.cumsum(counts).tolist()
    return [points[end - count : end] for count, end in zip(counts, ends, strict=True)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40))
def test_every_whole_number_of_64_bits_comes_back(numbers):
    packed = pack_integers(np.array(numbers, dtype=np.int64))
    assert decode(packed) == numbers
    assert unpack_integers(packed).tolist() == numbers


@pytest.mark.parametrize(
    ("number", "octets"),
    # By hand: zigzag n -> 2n or -2n-1, then seven bits to a byte, low bits first.
    [(0, [0]), (-1, [1]), (63, [126]), (-64, [127]), (64, [128, 1]), (-65, [129, 1]), (8192, [128, 128, 1])],
)
def test_small_numbers_have_the_bytes_worked_out_by_hand(number, octets):
    assert list(encode_varints(np.array([number]))) == octets


def test_streams_follow_one_another():
    assert decode(pack_integers(np.array([3]), np.array([], dtype=np.int64), np.array([-1, 2]))) == [3, -1, 2]


def test_packing_nothing_gives_nothing_back():
    assert decode(pack_integers(np.zeros(0, np.int64))) == []
    assert decode(pack_lines([])) == []
    assert unpack_integers(pack_integers(np.zeros(0, np.int64))).tolist() == []


def test_lines_come_back_to_five_decimals_with_their_borders():
    lines = [
        np.array([[73.000004, 33.700006], [73.12345, 33.71]]),
        np.array([[72.5, 33.9], [72.4, 33.8], [72.5, 33.9]]),
    ]
    assert decode_lines(pack_lines(lines), 2) == [
        [(7300000, 3370001), (7312345, 3371000)],
        [(7250000, 3390000), (7240000, 3380000), (7250000, 3390000)],
    ]


def test_rounding_never_adds_up_along_a_line():
    # Steps are taken between rounded points, so the last point is as exact as the first.
    lon = 73 + np.arange(5000) * 0.0000049
    points = decode_lines(pack_lines([np.column_stack([lon, np.full(5000, 33.7)])]), 1)[0]
    assert points[-1] == (round(lon[-1] * 1e5), 3370000)
