"""The arrays out of a .osm.pbf, against bytes written by hand and against osmium."""

import numpy as np
import osmium
import pytest

from chargeplan.download.pbf_arrays import (
    DATA,
    Nodes,
    Relations,
    Ways,
    decode_body,
    decode_in_threads,
    list_blobs,
)
from chargeplan.download.protobuf_arrays import (
    BrokenMessageError,
    accumulate,
    decode_varints,
    list_messages,
    read_fields,
    read_messages,
    unzigzag,
)

UNITS_PER_NANODEGREE = 100


def as_bytes(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.uint8)


def test_numbers_of_one_two_and_ten_bytes():
    # 300 is the example of the format's own page: 0xAC 0x02.
    data = as_bytes(0, 127, 0xAC, 0x02, *([0xFF] * 9), 0x01)
    assert decode_varints(data).tolist() == [0, 127, 300, 2**64 - 1]


def test_small_negative_numbers():
    assert unzigzag(np.array([0, 1, 2, 3, 2**64 - 1], np.uint64)).tolist() == [0, -1, 1, -2, -(2**63)]


@pytest.mark.parametrize("numbers", [(0x80,), (1, 0xFF), tuple([0x80] * 10 + [1])])
def test_number_that_does_not_end_is_refused(numbers):
    with pytest.raises(BrokenMessageError):
        decode_varints(as_bytes(*numbers))


def test_lists_of_differences():
    # 5, 7, 4 and nothing and 9: differences 5, 2, -3 and 9, written 10, 4, 5 and 18.
    numbers, offsets = accumulate(as_bytes(10, 4, 5, 18), np.array([0, 3, 3, 4]))
    assert numbers.tolist() == [5, 7, 4, 9]
    assert offsets.tolist() == [0, 3, 3, 4]


def test_messages_with_fields_of_every_type():
    # Field 1 = 300; field 2 = 8 bytes; field 3 = 4 bytes; field 4 = "ab"; the second has field 4 alone.
    first = [0x08, 0xAC, 0x02, 0x11, *([9] * 8), 0x1D, *([9] * 4), 0x22, 2, 97, 98]
    data = as_bytes(*first, 0x22, 1, 99)
    starts, ends = np.array([0, len(first)]), np.array([len(first), data.size])
    numbers, ranges = read_messages(data, starts, ends, numbers=(1,), ranges=(4,))
    assert numbers[1].tolist() == [300, 0]
    texts = [data[a:b].tobytes() for a, b in zip(*ranges[4], strict=True)]
    assert texts == [b"ab", b"c"]
    fields = [(field, value) for field, value, *_ in read_fields(bytes(first), 0, len(first))]
    assert fields == [(1, 300), (4, 0)]


@pytest.mark.parametrize(
    "message",
    [
        (0x22, 5, 97),  # longer than the message
        (0x08,),  # no number
        (0x0B,),  # type 3, a group: never used
        (0x08, 1, 0x08, 2),  # twice
        (0x0A, 1, 7),  # bytes where a number should be
    ],
)
def test_broken_message_is_refused(message):
    data = as_bytes(*message)
    with pytest.raises(BrokenMessageError):
        read_messages(data, np.array([0]), np.array([data.size]), numbers=(1,), ranges=(4,))


def test_messages_one_after_the_other_end_where_another_field_begins():
    long = [0x1A, 0xC8, 0x01, *([0] * 200)]
    data = bytes([0x1A, 1, 7, *long, 0x12, 1, 7])
    bounds, at = list_messages(data, 0, len(data), 3)
    assert bounds.tolist() == [[2, 3], [6, 206]]
    assert at == 206
    with pytest.raises(BrokenMessageError):
        list_messages(bytes([0x1A, 9, 7]), 0, 3, 3)


@pytest.mark.parametrize(
    "options", ["", ",pbf_dense_nodes=false", ",pbf_compression=none", ",add_metadata=false"]
)
def test_random_elements_are_those_that_osmium_reads(tmp_path, options):
    rng = np.random.default_rng(2)
    nodes = np.unique(rng.integers(1, 13_000_000_000, 9_000)).tolist()
    lines = [
        f"n{i} v{i % 300 + 1} dV c{i % 999} t2020-01-01T00:00:{i % 60:02}Z i{i % 77} uname{i % 5} "
        f"T{f'name=n{i}' if i % 7 == 0 else ''} x{rng.uniform(-180, 180):.7f} y{rng.uniform(-90, 90):.7f}"
        for i in nodes
    ]
    for way in range(1, 9_000):
        size = rng.integers(0, 300 if way % 500 == 0 else 9)
        refs = [nodes[at] for at in rng.integers(0, len(nodes), size).tolist()]
        lines.append(f"w{way * 149_993} v1 Thighway=track N" + ",".join(f"n{ref}" for ref in refs))
    for relation in range(1, 200):
        members = [f"{'nwr'[kind]}{kind * 7 + 1}@role" for kind in rng.integers(0, 3, rng.integers(0, 9))]
        lines.append(f"r{relation} v1 Ttype=route M" + ",".join(members))
    path = tmp_path / "random.osm.pbf"
    source = osmium.io.FileBuffer("\n".join(lines).encode() + b"\n", "opl")
    target = osmium.io.File(str(path), f"pbf{options}")
    with osmium.io.Reader(source) as reader, osmium.SimpleWriter(target) as writer:
        osmium.apply(reader, writer)
    assert read_as_lists(path) == read_with_osmium(path)


def read_as_lists(path) -> list[tuple]:
    found: list[tuple] = []
    with path.open("rb") as file:
        blobs = (blob for blob in list_blobs(file) if blob.kind == DATA)
        for _, parts in decode_in_threads(file, blobs, decode_body):
            for part in parts:
                if isinstance(part, Nodes):
                    x, y = part.lon // UNITS_PER_NANODEGREE, part.lat // UNITS_PER_NANODEGREE
                    found += zip(part.id.tolist(), x.tolist(), y.tolist(), strict=True)
                    continue
                assert isinstance(part, Ways | Relations)
                for row, element_id in enumerate(part.id.tolist()):
                    span = slice(part.offsets[row], part.offsets[row + 1])
                    kinds = part.kinds[span].tolist() if isinstance(part, Relations) else []
                    found.append((element_id, part.refs[span].tolist(), kinds))
    return found


def read_with_osmium(path) -> list[tuple]:
    found: list[tuple] = []
    for element in osmium.FileProcessor(str(path)):
        if element.is_node():
            found.append((element.id, element.location.x, element.location.y))
        elif element.is_way():
            found.append((element.id, [node.ref for node in element.nodes], []))
        else:
            members = list(element.members)
            kinds = ["nwr".index(member.type) for member in members]
            found.append((element.id, [member.ref for member in members], kinds))
    return found
