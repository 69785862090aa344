"""Read roads and places from an OpenStreetMap file in one streaming pass."""

from __future__ import annotations

import shutil
import tempfile
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chargeplan.errors import DataError
from chargeplan.files import require_file
from chargeplan.network.tags import CLASS_CODES, find_direction, is_drivable
from chargeplan.places import find_kind, read_kind_table
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.words import PlaceKind

KEY = "network.path"

# Osmium's names for the formats, by the end of the file name.
_FORMATS = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm": "xml",
    ".osm.gz": "xml.gz",
    ".osm.bz2": "xml.bz2",
}

# Locations go to a temporary file of 16 bytes per node, so that memory stays bounded for a
# national extract. The densest files hold a node in about 3 bytes; a full disk would end the
# process without a word, so room for more than that is asked for beforehand.
_LOCATION_BYTES_PER_FILE_BYTE = 8
_LOCATION_BYTES_AT_LEAST = 64_000_000
_NODE_RECORD = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_UNDEFINED_COORDINATE = 2**31 - 1
_COORDINATES_PER_DEGREE = 1e7
_CHUNK_NODES = 1 << 20


@dataclass(slots=True)
class WayStore:
    """Ways as they stand in the file; the lists run side by side, `node_refs` by `offsets`.

    Parameters
    ----------
    way_id, version : array of int
    offsets : array of int
        Way i has the nodes ``node_refs[offsets[i]:offsets[i + 1]]``.
    node_refs : array of int
        Node ids in the order of the ways.
    """

    way_id: array[int] = field(default_factory=lambda: array("q"))
    version: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q", [0]))
    node_refs: array[int] = field(default_factory=lambda: array("q"))

    def add(self, way: Any) -> None:
        """Copy the id, version and nodes of an osmium way."""
        self.way_id.append(way.id)
        self.version.append(way.version)
        self.node_refs.extend([node.ref for node in way.nodes])
        self.offsets.append(len(self.node_refs))


@dataclass(slots=True)
class RoadWays(WayStore):
    """Drivable ways.

    Parameters
    ----------
    class_code : array of int
        Position in `tags.ROAD_CLASSES`.
    direction : array of int
        `tags.FORWARD`, `BACKWARD` or `BOTH`.
    maxspeed, name : list
        Tags as they stand; name is the English one where there is one.
    odd_oneway : list of int
        Ids of ways whose oneway tag was not understood.
    """

    class_code: array[int] = field(default_factory=lambda: array("b"))
    direction: array[int] = field(default_factory=lambda: array("b"))
    maxspeed: list[str | None] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    odd_oneway: list[int] = field(default_factory=list)


@dataclass(slots=True)
class PlaceNodes:
    """Points with the tags of a place."""

    node_id: list[int] = field(default_factory=list)
    version: list[int] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    kind: list[PlaceKind] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class PlaceWays(WayStore):
    """Closed ways with the tags of a place."""

    kind: list[PlaceKind] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)


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


@dataclass(slots=True)
class OsmContent:
    """What one pass over a file brings."""

    roads: RoadWays
    place_nodes: PlaceNodes
    place_ways: PlaceWays
    place_relation_ids: list[int]
    locations: NodeLocations
    data_date: str


def read_osm_file(path: Path) -> OsmContent:
    """Read drivable roads and places, wherever they are, with the locations of their nodes.

    Raises
    ------
    DataError
        When the file is missing, empty, cut short, damaged or not an OpenStreetMap file.
    """
    require_file(path, KEY)
    file_format = _find_format(path)
    with tempfile.TemporaryDirectory(prefix="chargeplan-nodes-", ignore_cleanup_errors=True) as folder:
        _require_room(path, Path(folder))
        try:
            return _stream(path, file_format, Path(folder) / "locations")
        except RuntimeError as error:  # the only kind osmium raises for what it cannot read
            raise DataError(
                f"{KEY}: {path} cannot be read as an OpenStreetMap file ({_FORMATS_TEXT[file_format]}): "
                f"{error}; it may be cut short, damaged or of another kind: get it again, "
                "or give it the name ending of its kind"
            ) from error


_FORMATS_TEXT = {"pbf": ".osm.pbf", "xml": ".osm", "xml.gz": ".osm.gz", "xml.bz2": ".osm.bz2"}


def _find_format(path: Path) -> str:
    name = path.name.lower()
    for ending, file_format in _FORMATS.items():
        if name.endswith(ending):
            return file_format
    raise DataError(
        f"{KEY}: {path.name} does not end in .osm.pbf, .osm, .osm.gz or .osm.bz2; "
        "use an OpenStreetMap file of one of these kinds"
    )


def _require_room(path: Path, folder: Path) -> None:
    needed = max(_LOCATION_BYTES_AT_LEAST, _LOCATION_BYTES_PER_FILE_BYTE * path.stat().st_size)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{KEY}: reading {path.name} needs {needed / BYTES_PER_MB:,.0f} MB of room for temporary "
            f"files, but {folder.parent} has {free / BYTES_PER_MB:,.0f} MB; make room or set TMPDIR to "
            "another folder"
        )


def _stream(path: Path, file_format: str, location_path: Path) -> OsmContent:
    """Pass over the file once; only roads and places reach Python."""
    import osmium

    place_keys = sorted({key for key, _ in read_kind_table()})
    index = osmium.index.create_map(f"sparse_file_array,{location_path}")
    locate = osmium.NodeLocationsForWays(index)
    # Only stores the nodes, in the order of the file: the ways ask for theirs all at once
    # later, so the file need not be sorted and repeated nodes can be told.
    locate.apply_nodes_to_ways = False
    only_places = osmium.filter.KeyFilter(*place_keys)
    only_places.enable_for(osmium.osm.NODE | osmium.osm.RELATION)
    only_roads_and_places = osmium.filter.KeyFilter("highway", *place_keys)
    only_roads_and_places.enable_for(osmium.osm.WAY)
    content = _Collector()
    with osmium.io.Reader(
        osmium.io.File(str(path), file_format), osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
    ) as reader:
        replication_date = reader.header().get("osmosis_replication_timestamp", "")
        for element in osmium.OsmFileIterator(reader, locate, only_places, only_roads_and_places):
            content.add(element)
    node_refs = np.concatenate(
        [
            np.frombuffer(content.roads.node_refs, np.int64),
            np.frombuffer(content.place_ways.node_refs, np.int64),
        ]
    )
    locations = _find_locations(location_path, np.unique(node_refs))
    if locations.repeated_id.size:
        _keep_newest(path, file_format, locations)
    return OsmContent(
        content.roads,
        content.place_nodes,
        content.place_ways,
        content.place_relation_ids,
        locations,
        content.newest_date or replication_date[:10],
    )


class _Collector:
    """Copies what is wanted of each element; the element itself is gone after the call."""

    def __init__(self) -> None:
        self.roads = RoadWays()
        self.place_nodes = PlaceNodes()
        self.place_ways = PlaceWays()
        self.place_relation_ids: list[int] = []
        self._newest: Any = None

    @property
    def newest_date(self) -> str:
        """Date of the newest road or place (ISO), empty when none has a timestamp."""
        return "" if self._newest is None or self._newest.year <= 1970 else self._newest.date().isoformat()

    def add(self, element: Any) -> None:
        if element.deleted:
            return
        if element.is_node():
            self._add_place_node(element)
        elif element.is_way():
            self._add_way(element)
        elif element.tags.get("type") == "multipolygon" and find_kind(element.tags) is not None:
            self.place_relation_ids.append(element.id)

    def _note_date(self, element: Any) -> None:
        timestamp = element.timestamp
        if self._newest is None or timestamp > self._newest:
            self._newest = timestamp

    def _add_place_node(self, node: Any) -> None:
        kind = find_kind(node.tags)
        if kind is None or not node.location.valid():
            return
        self._note_date(node)
        places = self.place_nodes
        places.node_id.append(node.id)
        places.version.append(node.version)
        places.lon.append(node.location.lon)
        places.lat.append(node.location.lat)
        places.kind.append(kind)
        places.tags.append(dict(node.tags))

    def _add_way(self, way: Any) -> None:
        get_tag = way.tags.get
        road_class = get_tag("highway")
        if road_class in CLASS_CODES and is_drivable(get_tag):
            self._note_date(way)
            self._add_road(way, road_class)
        if not way.is_closed():
            return
        kind = find_kind(way.tags)
        if kind is not None:
            self._note_date(way)
            self.place_ways.add(way)
            self.place_ways.kind.append(kind)
            self.place_ways.tags.append(dict(way.tags))

    def _add_road(self, way: Any, road_class: str) -> None:
        get_tag = way.tags.get
        roads = self.roads
        direction, is_understood = find_direction(road_class, get_tag("oneway"), get_tag("junction"))
        roads.add(way)
        roads.class_code.append(CLASS_CODES[road_class])
        roads.direction.append(direction)
        roads.maxspeed.append(get_tag("maxspeed"))
        roads.name.append(get_tag("name:en") or get_tag("name") or "")
        if not is_understood:
            roads.odd_oneway.append(way.id)


def _find_locations(location_path: Path, node_id: NDArray[np.int64]) -> NodeLocations:
    """Look up nodes in the file of locations, chunk by chunk; the last of repeated ones counts."""
    x = np.full(node_id.size, _UNDEFINED_COORDINATE, np.int32)
    y = x.copy()
    times_seen = np.zeros(node_id.size, np.int64)
    n_records = location_path.stat().st_size // _NODE_RECORD.itemsize if location_path.exists() else 0
    if n_records and node_id.size:
        records = np.memmap(location_path, _NODE_RECORD, mode="r")
        for start in range(0, n_records, _CHUNK_NODES):
            chunk = np.array(records[start : start + _CHUNK_NODES])
            chunk = chunk[chunk["x"] != _UNDEFINED_COORDINATE]
            ids = chunk["id"].astype(np.int64)
            position = np.minimum(np.searchsorted(node_id, ids), node_id.size - 1)
            found = node_id[position] == ids
            position = position[found]
            x[position], y[position] = chunk["x"][found], chunk["y"][found]
            np.add.at(times_seen, position, 1)
        del records
    is_known = x != _UNDEFINED_COORDINATE
    lon = np.where(is_known, x / _COORDINATES_PER_DEGREE, np.nan)
    lat = np.where(is_known, y / _COORDINATES_PER_DEGREE, np.nan)
    return NodeLocations(node_id, lon, lat, node_id[times_seen > 1])


def _keep_newest(path: Path, file_format: str, locations: NodeLocations) -> None:
    """Give repeated nodes the place of their highest version, the last of equal ones.

    The file of locations holds no versions, so damaged files are read a second time, for
    these nodes alone.
    """
    newest: dict[int, tuple[int, float, float]] = {}
    for node in _read_nodes(path, file_format, locations.repeated_id.tolist()):
        if node.location.valid() and node.version >= newest.get(node.id, (-1,))[0]:
            newest[node.id] = (node.version, node.location.lon, node.location.lat)
    position = np.searchsorted(locations.node_id, locations.repeated_id)
    locations.lon[position] = [newest[node_id][1] for node_id in locations.repeated_id.tolist()]
    locations.lat[position] = [newest[node_id][2] for node_id in locations.repeated_id.tolist()]


def _read_nodes(path: Path, file_format: str, node_ids: list[int]) -> Iterable[Any]:
    import osmium

    source = osmium.io.File(str(path), file_format)
    return osmium.FileProcessor(source, osmium.osm.NODE).with_filter(osmium.filter.IdFilter(node_ids))
