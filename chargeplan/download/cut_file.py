"""Second pass of a cut: copy what was chosen, with osmium, tags and versions as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from chargeplan.download.pbf_arrays import NODE, RELATION, WAY
from chargeplan.download.selection import KIND_WORDS, Ids, Selection, Span, read_ids
from chargeplan.errors import DataError, name_rows
from chargeplan.osm.writer import Box, open_writer

if TYPE_CHECKING:
    from pathlib import Path

# Read and unpacked at a time.
_GROUP_BYTES = 6_000_000
# Osmium's sets of ids are dense, 4 MB for each 33.5 million ids that they reach over; a piece
# whose ids reach further is read several times, which happens to small files only.
_REACH_IDS = 1 << 30


def copy_selection(
    source: IO[bytes], selection: Selection, path: Path, *, osm_timestamp: str, box: Box | None = None
) -> None:
    """Copy the chosen elements of a ``.osm.pbf``, passing over pieces that hold none.

    Parameters
    ----------
    source : file of bytes
        The extract that the selection was made from.
    selection : Selection
    path : Path
        File to write; what stands there is replaced.
    osm_timestamp : str
        State of the data (ISO 8601, UTC) for the header of the file, empty when unknown.
    box : tuple of 4 floats or None
        West, south, east, north beyond which the copy is not complete, for the header.

    Raises
    ------
    RuntimeError
        As osmium tells of a full disk.
    """
    import osmium

    beginning = _read_piece(source, selection.header.start, selection.header.end)
    entities = (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION)
    with open_writer(path, osm_timestamp=osm_timestamp, box=box) as writer:
        for kind in (NODE, WAY, RELATION):
            for spans in _group_spans(selection, kind):
                pieces = [_read_piece(source, span.blob.start, span.blob.end) for span in spans]
                content = osmium.io.FileBuffer(b"".join((beginning, *pieces)), "pbf")
                for ids in _split_by_reach(_slice(selection.ids[kind], spans)):
                    with osmium.io.Reader(content, entities[kind]) as reader:
                        osmium.apply(reader, _track(kind, ids).id_filter(), writer)


def check_copy(path: Path, selection: Selection, what: str) -> None:
    """Read a cut again and check that it holds the chosen elements and nothing else.

    Raises
    ------
    DataError
        When the extract lacks nodes of ways, or the file does not hold what was chosen.
    """
    with path.open("rb") as file:
        held = read_ids(file)
    for kind, word in enumerate(KIND_WORDS):
        lost = np.setdiff1d(selection.ids[kind], held[kind], assume_unique=True)
        if lost.size and kind == NODE:
            raise DataError(
                f"{what} lacks {lost.size:,} nodes of ways that touch the area ({name_rows(lost.tolist())}): it "
                "is not whole there; get it again, or use an extract that was cut with complete ways"
            )
        if lost.size or held[kind].size != selection.ids[kind].size:
            raise DataError(
                f"{what}: {selection.ids[kind].size:,} {word}s were to be copied and {held[kind].size:,} were; "
                "the extract was changed meanwhile or is damaged: get it again"
            )


def _group_spans(selection: Selection, kind: int) -> Iterator[list[Span]]:
    """Put neighbouring pieces that hold something chosen into groups of a few megabytes."""
    group: list[Span] = []
    n_bytes = 0
    for span in selection.spans:
        if span.kind != kind or not _slice(selection.ids[kind], [span]).size:
            continue
        if group and span.blob == group[-1].blob:  # a piece may hold several groups of a kind
            group[-1] = dataclasses.replace(span, first_id=group[-1].first_id)
            continue
        n_more = span.blob.end - span.blob.start
        if group and n_bytes + n_more > _GROUP_BYTES:
            yield group
            group, n_bytes = [], 0
        group.append(span)
        n_bytes += n_more
    if group:
        yield group


def _slice(ids: Ids, spans: list[Span]) -> Ids:
    """Find the ids from the first to the last of some neighbouring pieces."""
    first, end = np.searchsorted(ids, (spans[0].first_id, spans[-1].last_id + 1))
    return ids[first:end]


def _split_by_reach(ids: Ids) -> list[Ids]:
    return np.split(ids, np.flatnonzero(np.diff(ids // _REACH_IDS)) + 1)


def _track(kind: int, ids: Ids) -> Any:
    import osmium

    tracker = osmium.IdTracker()
    add = (tracker.add_node, tracker.add_way, tracker.add_relation)[kind]
    for element_id in ids.tolist():
        add(element_id)
    return tracker


def _read_piece(file: IO[bytes], start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)
