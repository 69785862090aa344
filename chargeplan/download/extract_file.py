"""The file to cut from: what it says of itself, and its pieces as they can be read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chargeplan.download.pbf_arrays import DATA, UnknownCompressionError, list_blobs, read_body, unpack
from chargeplan.download.selection import Box
from chargeplan.errors import DataError
from chargeplan.osm.file_formats import find_osm_format
from chargeplan.osm.manifest import Manifest, check_manifest, read_manifest
from chargeplan.osm.times import is_timestamp
from chargeplan.osm.writer import open_writer
from chargeplan.units import BYTES_PER_MB

# All that OpenStreetMap keeps of a degree; the header of a file gives a little more or less.
_DECIMALS = 7
_SMALLEST_ROOM_BYTES = 10_000_000
# A .osm.pbf takes a fifth of the same as plain XML, and less than twice of it when packed.
_ROOM_FOR_XML = {"xml": 0.5, "xml.gz": 2.0, "xml.bz2": 2.0, "pbf": 2.0}


@dataclass(frozen=True, slots=True)
class Extract:
    """The file to cut from.

    Parameters
    ----------
    path : Path
        As it was named.
    pbf_path : Path
        A ``.osm.pbf`` of the same elements that can be read by pieces.
    osm_timestamp : str
        State of the data (ISO 8601, UTC), empty when the file does not tell.
    box : tuple of 4 floats or None
        West, south, east, north of what the file says that it covers.
    manifest : Manifest or None
        What stands beside a file that chargeplan made; `check_extract` tells whether it is its own.
    """

    path: Path
    pbf_path: Path
    osm_timestamp: str
    box: Box | None
    manifest: Manifest | None = None


def show_box(box: Box) -> str:
    """Write west, south, east, north."""
    return ", ".join(f"{bound:.4f}" for bound in box)


def name_format(path: Path) -> str:
    """Return osmium's name of a file's format, by the ending of its name.

    Raises
    ------
    DataError
        When the ending is not of an OpenStreetMap file.
    """
    if file_format := find_osm_format(path.name):
        return file_format
    raise DataError(
        f"extract: {path.name} does not end in .osm.pbf, .osm, .osm.gz or .osm.bz2; use an OpenStreetMap file "
        "of one of these kinds"
    )


@contextmanager
def open_extract(path: Path) -> Iterator[Extract]:
    """Offer an extract as a ``.osm.pbf``; what had to be made for that is removed afterwards.

    Raises
    ------
    DataError
        When it cannot be read, holds history, or the disk has too little room for what is made.
    """
    import osmium

    file_format = name_format(path)
    manifest = read_manifest(path, "extract")
    try:
        with osmium.io.Reader(osmium.io.File(str(path), file_format), osmium.osm.NOTHING) as reader:
            header = reader.header()
        is_direct = file_format == "pbf" and _is_readable_directly(path)
    except _get_unreadable() as error:
        raise explain_unreadable(path, error) from error
    if header.has_multiple_object_versions:
        raise DataError(
            f"extract: {path} holds history or changes, several versions of an element; use an extract of "
            "one day (`osmium time-filter` makes one)"
        )
    timestamp = header.get("osmosis_replication_timestamp", "")
    timestamp = timestamp if is_timestamp(timestamp) else ""
    if manifest is not None:
        timestamp = manifest.osm_timestamp or timestamp
    if is_direct:
        yield Extract(path, path, timestamp, _read_box(header), manifest)
        return
    with tempfile.TemporaryDirectory(prefix="chargeplan-cut-") as folder:
        converted = Path(folder) / "extract.osm.pbf"
        _convert(path, file_format, converted)
        yield Extract(path, converted, timestamp, _read_box(header), manifest)


def check_extract(extract: Extract, sha256: str) -> None:
    """Check that the manifest beside an extract, if there is one, is that of these bytes.

    Raises
    ------
    DataError
        When it describes another file.
    """
    if extract.manifest is not None:
        check_manifest(extract.path, extract.manifest, "extract", sha256=sha256)


def _is_readable_directly(path: Path) -> bool:
    """Tell whether the pieces of a ``.osm.pbf`` are packed in the usual way."""
    with path.open("rb") as file:
        for blob in list_blobs(file):
            try:
                unpack(read_body(file, blob))
            except UnknownCompressionError:
                return False
            if blob.kind == DATA:
                return True
    return True


def _read_box(header: Any) -> Box | None:
    box = header.box()
    if not box.valid():
        return None
    south_west, north_east = box.bottom_left, box.top_right
    bounds = (south_west.lon, south_west.lat, north_east.lon, north_east.lat)
    west, south, east, north = (round(bound, _DECIMALS) for bound in bounds)
    return west, south, east, north


def _convert(path: Path, file_format: str, converted: Path) -> None:
    import osmium

    needed = max(_SMALLEST_ROOM_BYTES, _ROOM_FOR_XML[file_format] * path.stat().st_size)
    free = shutil.disk_usage(converted.parent).free
    if free < needed:
        raise DataError(
            f"extract: reading {path.name} needs {needed / BYTES_PER_MB:,.0f} MB of temporary files, but "
            f"{converted.parent.parent} has {free / BYTES_PER_MB:,.0f} MB; make room, set TMPDIR to another "
            "folder or use a .osm.pbf"
        )
    try:
        with (
            osmium.io.Reader(osmium.io.File(str(path), file_format)) as reader,
            open_writer(converted) as writer,
        ):
            osmium.apply(reader, writer)
    except _get_unreadable() as error:
        raise explain_unreadable(path, error) from error


def _get_unreadable() -> tuple[type[Exception], ...]:
    """Return what osmium and our own reader raise for files that cannot be read."""
    import osmium

    # BrokenMessageError is a ValueError.
    return (RuntimeError, ValueError, OverflowError, OSError, osmium.InvalidLocationError)


def explain_unreadable(path: Path, error: Exception) -> DataError:
    """Make the error that says in words why an extract cannot be read."""
    return DataError(
        f"extract: {path} cannot be read as an OpenStreetMap file: {error}; it may be cut short, damaged or of "
        "another kind: get it again, or give it the name ending of its kind"
    )
