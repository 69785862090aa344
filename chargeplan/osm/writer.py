"""Write a sorted OpenStreetMap file with osmium, on any disk."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Box = tuple[float, float, float, float]


@contextmanager
def open_writer(path: Path, *, osm_timestamp: str = "", box: Box | None = None) -> Iterator[Any]:
    """Offer an osmium writer of a sorted ``.osm.pbf``.

    Parameters
    ----------
    path : Path
        File to write; what stands there is replaced.
    osm_timestamp : str
        State of the data (ISO 8601, UTC) for the header, empty when unknown.
    box : tuple of 4 floats or None
        West, south, east, north (EPSG:4326) beyond which the file is not complete, for the header.

    Raises
    ------
    RuntimeError
        As osmium tells of a full disk.
    """
    import osmium

    header = osmium.io.Header()
    header.set("generator", "chargeplan")
    header.set("sorting", "Type_then_ID")
    if osm_timestamp:
        header.set("osmosis_replication_timestamp", osm_timestamp)
    if box is not None:
        header.add_box(osmium.osm.Box(*box))
    writer = osmium.SimpleWriter(osmium.io.File(str(path), "pbf"), header=header, overwrite=True)
    # When the disk is full the writer raises, and then once more from its destructor, which
    # would end the process without a word. It is therefore never destroyed unless it has closed.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
    try:
        yield writer
    except RuntimeError:
        raise
    except BaseException:  # Ctrl-C, no memory: the disk is well, so the writer can end
        with suppress(RuntimeError):
            _close(writer)
        raise
    _close(writer)


def _close(writer: Any) -> None:
    writer.close()
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(writer))
