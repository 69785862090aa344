"""Where nodes are: a temporary file that osmium fills while the OpenStreetMap file streams by.

Sixteen bytes per node on disk instead of in memory, so that a city can be cut from a
national extract within bounded memory, and all nodes of all ways are looked up at once.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from chargeplan.errors import DataError
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from types import TracebackType

Box = tuple[float, float, float, float]

# The densest files hold a node in about 3 bytes. A full disk would end the process without
# a word (it is written through memory), so room for more than that is asked for beforehand.
_BYTES_PER_FILE_BYTE = 8
_BYTES_AT_LEAST = 64_000_000

# A record of osmium's sparse_file_array; the file ends with records that are not filled.
_RECORD = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_UNDEFINED = 2**31 - 1
_UNITS_PER_DEGREE = 1e7
_CHUNK_RECORDS = 1 << 16


@dataclass(frozen=True, slots=True)
class NodeLocations:
    """Where the nodes of the ways are.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n,)
        Rising.
    lon, lat : ndarray of float64, shape (n,)
        EPSG:4326, NaN where the file does not hold the node.
    repeated_id : ndarray of int64
        Nodes that the file holds more than once.
    """

    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    repeated_id: NDArray[np.int64]


class LocationFile:
    """The temporary file of node locations, in the order in which the nodes came.

    Parameters
    ----------
    source : Path
        The OpenStreetMap file that will be read; its size tells how much room is needed.
    key : str
        Config key that named it.

    Raises
    ------
    DataError
        When the folder for temporary files has too little room.
    """

    def __init__(self, source: Path, key: str) -> None:
        import osmium

        _require_room(source, key)
        handle, name = tempfile.mkstemp(prefix="chargeplan-nodes-")
        self._file = os.fdopen(handle, "rb")
        self._path = Path(name)
        try:
            index = osmium.index.create_map(f"sparse_file_array,{name}")
        finally:
            if os.name == "posix":  # the open file lives on without its name, and dies with the process
                self._path.unlink()
        self.handler: Any = osmium.NodeLocationsForWays(index)
        # Only stores the nodes; giving the ways theirs would sort the file, which loses
        # the order of repeated nodes.
        self.handler.apply_nodes_to_ways = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.handler = None
        self._file.close()
        if os.name != "posix":
            self._path.unlink(missing_ok=True)

    def count(self) -> int:
        """Count the nodes so far."""
        return sum(chunk.size for chunk in self._read_chunks())

    def find_bounds(self) -> Box | None:
        """Find the box (west, south, east, north) of all nodes so far, None when there is none."""
        bounds = [
            (chunk["x"].min(), chunk["y"].min(), chunk["x"].max(), chunk["y"].max())
            for chunk in self._read_chunks()
            if chunk.size
        ]
        if not bounds:
            return None
        units = np.array(bounds) / _UNITS_PER_DEGREE
        west, south = units[:, :2].min(axis=0).tolist()
        east, north = units[:, 2:].max(axis=0).tolist()
        return west, south, east, north

    def find_ids(self, box: Box) -> set[int]:
        """Find the ids of the nodes so far that lie in a box (EPSG:4326)."""
        west, south, east, north = (bound * _UNITS_PER_DEGREE for bound in box)
        ids: set[int] = set()
        for chunk in self._read_chunks():
            x, y = chunk["x"], chunk["y"]
            ids.update(chunk["id"][(x >= west) & (x <= east) & (y >= south) & (y <= north)].tolist())
        return ids

    def find_locations(self, node_id: NDArray[np.int64]) -> NodeLocations:
        """Look up nodes by their rising ids; of repeated ones the last counts."""
        x = np.full(node_id.size, _UNDEFINED, np.int32)
        y = x.copy()
        times_seen = np.zeros(node_id.size, np.int64)
        for chunk in self._read_chunks() if node_id.size else ():
            ids = chunk["id"].astype(np.int64)
            position = np.minimum(np.searchsorted(node_id, ids), node_id.size - 1)
            is_wanted = node_id[position] == ids
            position = position[is_wanted]
            x[position], y[position] = chunk["x"][is_wanted], chunk["y"][is_wanted]
            np.add.at(times_seen, position, 1)
        is_known = x != _UNDEFINED
        lon = np.where(is_known, x / _UNITS_PER_DEGREE, np.nan)
        lat = np.where(is_known, y / _UNITS_PER_DEGREE, np.nan)
        return NodeLocations(node_id, lon, lat, node_id[times_seen > 1])

    def _read_chunks(self) -> Iterator[NDArray[np.void]]:
        n_records = os.fstat(self._file.fileno()).st_size // _RECORD.itemsize
        if n_records == 0:
            return
        records = np.memmap(self._file, _RECORD, mode="r", shape=(n_records,))
        for start in range(0, n_records, _CHUNK_RECORDS):
            chunk = records[start : start + _CHUNK_RECORDS]
            is_filled = (chunk["x"] != _UNDEFINED) & (chunk["y"] != _UNDEFINED)
            if is_filled.any():  # a small town fills one chunk of sixteen
                yield chunk[is_filled]


def _require_room(source: Path, key: str) -> None:
    folder = tempfile.gettempdir()
    needed = max(_BYTES_AT_LEAST, _BYTES_PER_FILE_BYTE * source.stat().st_size)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{key}: reading {source.name} needs {needed / BYTES_PER_MB:,.0f} MB of temporary files, "
            f"but {folder} has {free / BYTES_PER_MB:,.0f} MB; make room or set TMPDIR to another folder"
        )
