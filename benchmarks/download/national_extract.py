"""A synthetic national extract: a real city, copied over Pakistan with new ids.

It stands in for a download of some hundred megabytes. What matters for a cut is true to life:
the mix of nodes, ways, relations and tags, and that the ids of one city are spread over all the
ids ever given. That the places are all the same city does not matter to it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

SEED = 3
N_COPIES = 110
# Ids given by OpenStreetMap until 2025, in round numbers.
LARGEST_IDS = {"n": 13_000_000_000, "w": 1_400_000_000, "r": 19_000_000}
# Shifts of the copies in degrees: over the box of Pakistan, the original in its place.
_LON_SHIFTS = range(-11, 4)
_LAT_SHIFTS = tuple(step * 1.25 for step in range(-6, 3))
_LINES_A_PART = 200_000
_UNITS_PER_DEGREE = 10_000_000


def find_or_build(city: Path, folder: Path, *, n_copies: int = N_COPIES) -> Path:
    """Find the extract in a folder, or build it there; the name tells what it is made of."""
    path = folder / f"synthetic-{n_copies}x-{city.name.removesuffix('.osm.pbf')}.osm.pbf"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    print(f"building {path.name}, some minutes, once", file=sys.stderr, flush=True)
    handle, name = tempfile.mkstemp(prefix=".building-", suffix=".osm.pbf", dir=folder)
    os.close(handle)
    try:
        build_extract(city, Path(name), n_copies=n_copies)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    return path


def build_extract(city: Path, path: Path, *, n_copies: int) -> None:
    """Build the extract, sorted by kind and id."""
    shifts = [(lon, lat) for lat in _LAT_SHIFTS for lon in _LON_SHIFTS]
    shifts.sort(key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift))
    if n_copies > len(shifts):
        raise ValueError(f"at most {len(shifts)} copies have room")
    lines = _read_lines(city)
    ids = {kind: np.array([int(line[0]) for line in lines[kind]], np.int64) for kind in "nwr"}
    rng = np.random.default_rng(SEED)
    new_ids = {kind: _make_ids(ids[kind], LARGEST_IDS[kind], n_copies, rng) for kind in "nwr"}
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    header.set("generator", "chargeplan benchmark, synthetic")
    with osmium.SimpleWriter(path, header=header, overwrite=True) as writer:
        for part in _write_lines(lines, ids, new_ids, shifts[:n_copies]):
            buffer = osmium.io.FileBuffer(part.encode("utf-8"), "opl")
            with osmium.io.Reader(buffer) as reader:
                osmium.apply(reader, writer)


def _read_lines(city: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Read the elements as text: id, what a copy keeps, and what it changes."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "city.opl"
        with osmium.SimpleWriter(text) as writer, osmium.io.Reader(str(city)) as reader:
            osmium.apply(reader, writer)
        lines: dict[str, list[tuple[str, str, str]]] = {"n": [], "w": [], "r": []}
        for line in text.read_text("utf-8").splitlines():
            name, _, rest = line.partition(" ")
            mark = {"n": " x", "w": " N", "r": " M"}[name[0]]
            kept, _, changed = rest.rpartition(mark)
            lines[name[0]].append((name[1:], kept, changed))
    return lines


def _make_ids(
    ids: NDArray[np.int64], largest: int, n_copies: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Shift the ids of each copy around, so that near ids stay near; shape (copies, ids)."""
    shifts = rng.integers(0, largest, (n_copies, 1))
    wanted = ((ids[None, :] + shifts) % largest + 1).ravel()
    order = np.argsort(wanted, kind="stable")
    rank = np.arange(wanted.size)
    unique = np.empty_like(wanted)
    unique[order] = np.maximum.accumulate(wanted[order] - rank) + rank  # the next free one
    return unique.reshape(n_copies, ids.size)


def _write_lines(
    lines: dict[str, list[tuple[str, str, str]]],
    ids: dict[str, NDArray[np.int64]],
    new_ids: dict[str, NDArray[np.int64]],
    shifts: list[tuple[float, float]],
) -> Iterator[str]:
    """Write the elements of all copies in the order of their new ids, in parts."""
    positions = {kind: {old: at for at, old in enumerate(ids[kind].tolist())} for kind in "nwr"}
    nodes = [line[2].split(" y") for line in lines["n"]]
    lon = np.array([round(float(x) * _UNITS_PER_DEGREE) for x, _ in nodes])
    lat = np.array([round(float(y) * _UNITS_PER_DEGREE) for _, y in nodes])
    members = {kind: [_split_members(line[2], kind, positions) for line in lines[kind]] for kind in "wr"}
    for kind in "nwr":
        order = np.argsort(new_ids[kind], axis=None)
        n_elements = ids[kind].size
        starts = [*range(0, order.size, _LINES_A_PART), order.size]
        for first, end in pairwise(starts):
            part = []
            for at in order[first:end].tolist():
                copy, row = divmod(at, n_elements)
                new, kept = new_ids[kind][copy, row], lines[kind][row][1]
                if kind == "n":
                    x = (lon[row] + shifts[copy][0] * _UNITS_PER_DEGREE) / _UNITS_PER_DEGREE
                    y = (lat[row] + shifts[copy][1] * _UNITS_PER_DEGREE) / _UNITS_PER_DEGREE
                    part.append(f"n{new} {kept} x{x:.7f} y{y:.7f}")
                else:
                    refs = ",".join(
                        f"{member}{new_ids[member][copy, position] if position >= 0 else other}{role}"
                        for member, position, other, role in members[kind][row]
                    )
                    part.append(f"{kind}{new} {kept} {'N' if kind == 'w' else 'M'}{refs}")
            yield "\n".join(part) + "\n"


def _split_members(
    text: str, kind: str, positions: dict[str, dict[int, int]]
) -> list[tuple[str, int, int, str]]:
    """Split a list of references: kind, position in the city or -1, id outside the city, role."""
    found = []
    for member in text.split(",") if text else ():
        number, at, role = member[1:].partition("@")
        position = positions[member[0]].get(int(number), -1)
        # What lies outside the city stays outside it: no id of the extract is so large.
        other = LARGEST_IDS[member[0]] * 2 + int(number)
        found.append((member[0], position, other, at + role))
    if kind == "w" and any(position < 0 for _, position, _, _ in found):
        raise ValueError("the city has a way without all its nodes")
    return found
