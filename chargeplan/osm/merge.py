"""Many elements, some of them several times, into one sorted OpenStreetMap file.

The elements of all answers of a city are more than should be held as Python objects: each
is written to a temporary file as it comes, and what decides between its repetitions and
orders them stays in arrays. Names of mappers are left out: a plan does not need them.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import tempfile
from array import array
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import DataError
from chargeplan.files import replace_file
from chargeplan.osm.writer import Box, open_writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_KINDS = ("node", "way", "relation")
_PLURALS = ("nodes", "ways", "relations")
_KIND_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_KEPT = ("type", "id", "version", "timestamp", "lat", "lon", "nodes", "members", "tags")
# Of libosmium, in bytes: a longer text is refused by the file format's writer.
_LONGEST_TEXT_BYTES = 1024
_DIGEST_BYTES = 7  # fits a signed 64-bit integer
_CHUNK_ROWS = 1 << 16
# Made once: json.dumps and json.loads make and choose anew for each of millions of elements.
_encode = json.JSONEncoder(sort_keys=True, check_circular=False).encode
_decode = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What was written.

    Parameters
    ----------
    counts : dict
        "nodes", "ways" and "relations" in the file.
    n_missing_way_nodes : int
        Nodes that ways name and the file does not hold.
    n_repeated : int
        Elements that came again and were left out.
    """

    counts: dict[str, int]
    n_missing_way_nodes: int
    n_repeated: int


def write_elements(
    path: Path, elements: Iterable[dict[str, Any]], *, osm_timestamp: str = "", box: Box | None = None
) -> MergeResult:
    """Write elements of Overpass answers as one ``.osm.pbf``, sorted by type and id.

    Of an element that comes several times the highest version is kept; of equal versions the
    later, then the fuller one. The same elements in any order give the same bytes. The file
    is written beside `path` and takes its place when it is complete.

    Parameters
    ----------
    path : Path
    elements : iterable of dict
        As `chargeplan.osm.overpass_answer.parse_answer` accepts them; read once.
    osm_timestamp : str
        State of the data (ISO 8601, UTC), kept in the header of the file.
    box : tuple of 4 floats or None
        West, south, east, north (EPSG:4326) beyond which the elements are not complete, kept in
        the header of the file.

    Raises
    ------
    DataError
        When an element cannot be written.
    OSError
        When the disk is full; nothing is left behind then.
    """
    with tempfile.TemporaryFile(dir=path.parent) as spill:
        table = _spill_elements(elements, spill)
        spill.flush()
        rows = _choose_rows(table)
        with replace_file(path) as temporary:
            missing = _write_rows(temporary, spill, table, rows, osm_timestamp=osm_timestamp, box=box)
            kinds = np.bincount(table.kind[rows], minlength=len(_KINDS)).tolist()
            counts = dict(zip(_PLURALS, kinds, strict=True))
            held = count_file_elements(temporary)
            if held != counts:
                raise OSError(f"{path}: wrote {counts} but the file holds {held}; check the disk")
    return MergeResult(
        counts=counts,
        n_missing_way_nodes=missing,
        n_repeated=table.kind.size - rows.size,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """What orders the elements, one row for each that came; `end` is where its text ends."""

    kind: NDArray[np.int64]
    element_id: NDArray[np.int64]
    version: NDArray[np.int64]
    time_s: NDArray[np.int64]
    fullness: NDArray[np.int64]
    digest: NDArray[np.int64]
    end: NDArray[np.int64]


def _spill_elements(elements: Iterable[dict[str, Any]], spill: IO[bytes]) -> _Table:
    columns = tuple(array("q") for _ in range(7))
    kind, element_id, version, time_s, fullness, digest, ends = columns
    end = 0
    for element in elements:
        kept = {name: element[name] for name in _KEPT if element.get(name) is not None}
        _refuse_long_texts(kept)
        text = _encode(kept).encode("ascii")
        end += spill.write(text)
        kind.append(_KIND_CODES[kept["type"]])
        element_id.append(kept["id"])
        version.append(kept.get("version", 0))
        time_s.append(_find_second(kept.get("timestamp")))
        fullness.append(sum(len(kept.get(name, ())) for name in ("nodes", "members", "tags")))
        digest.append(int.from_bytes(hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest(), "big"))
        ends.append(end)
    return _Table(*(np.array(column, np.int64) for column in columns))


def _refuse_long_texts(element: dict[str, Any]) -> None:
    """Refuse what makes the writer of osmium fail half-way: long texts, NUL, lone surrogates."""
    tags = element.get("tags", {})
    texts = [*tags, *tags.values(), *(member["role"] for member in element.get("members", ()))]
    for text in texts:
        try:
            is_good = len(text.encode("utf-8")) <= _LONGEST_TEXT_BYTES and "\0" not in text
        except UnicodeEncodeError:
            is_good = False
        if not is_good:
            raise DataError(
                f"{element['type']} {element['id']} has a tag or role that OpenStreetMap does not allow "
                f"({text[:40]!r}, {len(text)} characters); expected text of at most "
                f"{_LONGEST_TEXT_BYTES} bytes; get the data again"
            )


def _find_second(timestamp: str | None) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp()) if timestamp else 0


def _choose_rows(table: _Table) -> NDArray[np.int64]:
    """Choose one row for each element, in the order of the file: type, then id."""
    order = np.lexsort(
        (table.digest, table.fullness, table.time_s, table.version, table.element_id, table.kind)
    )
    kind, element_id = table.kind[order], table.element_id[order]
    is_last = np.ones(order.size, np.bool_)
    is_last[:-1] = (kind[1:] != kind[:-1]) | (element_id[1:] != element_id[:-1])
    return np.asarray(order[is_last], np.int64)


def _write_rows(
    path: Path,
    spill: IO[bytes],
    table: _Table,
    rows: NDArray[np.int64],
    *,
    osm_timestamp: str,
    box: Box | None,
) -> int:
    """Write the chosen rows and count the nodes that are missing from ways."""
    from osmium.osm import mutable

    way_nodes = array("q")
    try:
        with open_writer(path, osm_timestamp=osm_timestamp, box=box) as writer:
            for element in _read_rows(spill, table, rows):
                _add(writer, mutable, element)
                if element["type"] == "way":
                    way_nodes.extend(element["nodes"])
    except RuntimeError as error:  # how osmium tells of the disk
        raise OSError(f"{path.parent}: the OpenStreetMap file could not be written: {error}") from error
    node_id = table.element_id[rows[table.kind[rows] == _KIND_CODES["node"]]]
    return int(np.setdiff1d(np.array(way_nodes, np.int64), node_id).size)


def _read_rows(spill: IO[bytes], table: _Table, rows: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    if rows.size == 0:
        return
    starts = np.concatenate([[0], table.end[:-1]])
    with mmap.mmap(spill.fileno(), 0, access=mmap.ACCESS_READ) as texts:
        for first in range(0, rows.size, _CHUNK_ROWS):
            chunk = rows[first : first + _CHUNK_ROWS]
            for start, end in zip(starts[chunk].tolist(), table.end[chunk].tolist(), strict=True):
                yield _decode(texts[start:end].decode("ascii"))


def _add(writer: Any, mutable: Any, element: dict[str, Any]) -> None:
    common = {name: element[name] for name in ("id", "version", "timestamp", "tags") if name in element}
    if element["type"] == "node":
        writer.add_node(mutable.Node(location=(element["lon"], element["lat"]), **common))
    elif element["type"] == "way":
        writer.add_way(mutable.Way(nodes=element["nodes"], **common))
    else:
        members = [(member["type"][0], member["ref"], member["role"]) for member in element["members"]]
        writer.add_relation(mutable.Relation(members=members, **common))


class _Counter:
    """Counts what osmium passes by."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_PLURALS, 0)

    def node(self, _node: Any) -> None:
        self.counts["nodes"] += 1

    def way(self, _way: Any) -> None:
        self.counts["ways"] += 1

    def relation(self, _relation: Any) -> None:
        self.counts["relations"] += 1


def count_file_elements(path: Path, *, file_format: str = "pbf") -> dict[str, int]:
    """Count the "nodes", "ways" and "relations" that an OpenStreetMap file holds.

    Parameters
    ----------
    path : Path
    file_format : str
        Osmium's name of the format.

    Raises
    ------
    RuntimeError
        When osmium cannot read the file to its end.
    """
    import osmium

    counter = _Counter()
    osmium.apply(osmium.io.File(str(path), file_format), counter)
    return counter.counts
