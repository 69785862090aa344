"""Read roads and places near a study area from an OpenStreetMap file in one streaming pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chargeplan.errors import DataError, name_rows
from chargeplan.files import require_file
from chargeplan.network.elements import (
    ElementCollector,
    LandWays,
    PlaceNodes,
    PlaceWays,
    RoadWays,
    Settlement,
    SettlementWays,
)
from chargeplan.network.node_locations import Box, LocationFile, NodeLocations
from chargeplan.network.repairs import RepairLog
from chargeplan.osm.file_formats import OSM_ENDINGS, OSM_FORMATS
from chargeplan.tag_kinds import read_kind_table
from chargeplan.words import LandKind, PlaceKind

if TYPE_CHECKING:
    from pathlib import Path

KEY = "network.path"

_EVERYWHERE: Box = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class OsmContent:
    """What a file brings.

    Parameters
    ----------
    roads : RoadWays
        Drivable ways with a node in the box that was asked for.
    place_nodes, place_ways : PlaceNodes, PlaceWays
        Places; points wherever they are, closed ways with a node in the box.
    place_relation_ids : list of int
        Multipolygons with the tags of a place, which are not read.
    locations : NodeLocations
        Of all nodes of these ways.
    n_roads_in_file : int
        Drivable ways in the whole file.
    bounds : tuple of float or None
        Box of all nodes of the file; found only when no road is near.
    data_date : str
        Date (ISO) of the newest road or place, else of the extract, else empty.
    limits : tuple of str
        What a file of this kind cannot tell or lacks, in words that a planner understands.
    repairs : RepairLog
        What was mended or left out so far.
    kept_node_id : ndarray of int64 or None
        Nodes at which the network must have a node and between which it needs none; None
        when the roads decide.
    land_ways : LandWays
        Closed ways around land whose use matters, with a node in the box.
    land_relation_ids : list of int
        Such land drawn as multipolygons, which is not read.
    settlements : list of tuple
        Id, tags, longitude and latitude of named parts of towns and villages, wherever they are.
    settlement_ways : SettlementWays
        Such drawn as areas, with a node in the box, of which the names count.
    """

    roads: RoadWays
    place_nodes: PlaceNodes
    place_ways: PlaceWays
    place_relation_ids: list[int]
    locations: NodeLocations
    n_roads_in_file: int
    bounds: Box | None
    data_date: str
    limits: tuple[str, ...] = ()
    repairs: RepairLog = field(default_factory=RepairLog)
    kept_node_id: NDArray[np.int64] | None = None
    land_ways: LandWays = field(default_factory=LandWays)
    land_relation_ids: list[int] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    settlement_ways: SettlementWays = field(default_factory=SettlementWays)


def read_osm_file(path: Path, box: Box) -> OsmContent:
    """Read the drivable roads and places in or across a box (west, south, east, north).

    Raises
    ------
    DataError
        When the file is missing, empty, cut short, damaged or not an OpenStreetMap file, or
        its roads run over nodes with negative ids.
    """
    import osmium

    require_file(path, KEY)
    file_format = _find_format(path)
    # Osmium raises RuntimeError for files, ValueError for ids, OverflowError for numbers,
    # and its own kind for coordinates, each with the place in the file where it can.
    unreadable = (RuntimeError, ValueError, OverflowError, OSError, osmium.InvalidLocationError)
    try:
        content, is_complete = _stream(path, file_format, box)
        if not is_complete:
            content, _ = _stream(path, file_format, _EVERYWHERE)
    except DataError:
        raise
    except unreadable as error:
        raise DataError(
            f"{KEY}: {path} cannot be read as an OpenStreetMap file ({_name_format(path)}): {error}; it may "
            "be cut short, damaged or of another kind: get it again, or give it the name ending of its kind"
        ) from error
    _refuse_negative_ids(path, content)
    return content


def _find_format(path: Path) -> str:
    return OSM_FORMATS[_name_format(path)]


def _name_format(path: Path) -> str:
    name = path.name.lower()
    for ending in OSM_ENDINGS:
        if name.endswith(ending):
            return ending
    raise DataError(
        f"{KEY}: {path.name} does not end in .osm.pbf, .osm, .osm.gz or .osm.bz2; "
        "use an OpenStreetMap file of one of these kinds"
    )


def _stream(path: Path, file_format: str, box: Box) -> tuple[OsmContent, bool]:
    """Pass over the file once; only what osmium's filters let through reaches Python.

    Returns
    -------
    content : OsmContent
    is_complete : bool
        False when nodes came after ways, so that ways in the box may have been passed
        over; the file must then be read again without a box.
    """
    import osmium

    with LocationFile(path, KEY) as location_file:
        n_nodes_before_ways = -1

        def find_near_nodes() -> set[int]:
            nonlocal n_nodes_before_ways
            n_nodes_before_ways = location_file.count()
            return location_file.find_ids(box)

        collector = ElementCollector(None if box == _EVERYWHERE else find_near_nodes)
        source = osmium.io.File(str(path), file_format)
        filters = _make_filters()  # held here because osmium's iterator does not keep them alive
        wanted = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
        with osmium.io.Reader(source, wanted) as reader:
            extract_date = reader.header().get("osmosis_replication_timestamp", "")[:10]
            for element in osmium.OsmFileIterator(reader, location_file.handler, *filters):
                collector.add(element)
        roads, place_ways = collector.roads, collector.place_ways
        all_ways = (roads, place_ways, collector.land_ways, collector.settlement_ways)
        node_refs = [np.array(ways.node_refs, np.int64) for ways in all_ways]
        locations = location_file.find_locations(np.unique(np.concatenate(node_refs)))
        is_complete = n_nodes_before_ways in {-1, location_file.count()}
        bounds = location_file.find_bounds() if len(roads.way_id) == 0 else None
    _keep_newest(path, file_format, locations)
    content = OsmContent(
        roads=roads,
        place_nodes=collector.place_nodes,
        place_ways=place_ways,
        place_relation_ids=collector.place_relation_ids,
        locations=locations,
        n_roads_in_file=collector.n_roads_in_file,
        bounds=bounds,
        data_date=collector.newest_date or extract_date,
        land_ways=collector.land_ways,
        land_relation_ids=collector.land_relation_ids,
        settlements=collector.settlements,
        settlement_ways=collector.settlement_ways,
    )
    return content, is_complete


def _make_filters() -> tuple[Any, Any]:
    import osmium

    place_keys = sorted({key for key, _ in read_kind_table(PlaceKind)})
    area_keys = sorted({*place_keys, *(key for key, _ in read_kind_table(LandKind))})
    only_places = osmium.filter.KeyFilter("place", *place_keys)
    only_places.enable_for(osmium.osm.NODE)
    only_roads_and_areas = osmium.filter.KeyFilter("highway", "place", *area_keys)
    only_roads_and_areas.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
    return only_places, only_roads_and_areas


def _keep_newest(path: Path, file_format: str, locations: NodeLocations) -> None:
    """Give repeated nodes the place of their highest version, the last of equal ones.

    Locations are kept without versions, so such a damaged file is read once more, for
    these nodes alone.
    """
    if locations.repeated_id.size == 0:
        return
    newest: dict[int, tuple[int, float, float]] = {}
    for node in _read_nodes(path, file_format, locations.repeated_id):
        if node.location.valid() and node.version >= newest.get(node.id, (-1,))[0]:
            newest[node.id] = (node.version, node.location.lon, node.location.lat)
    position = np.searchsorted(locations.node_id, locations.repeated_id)
    for row, node_id in zip(position.tolist(), locations.repeated_id.tolist(), strict=True):
        _, locations.lon[row], locations.lat[row] = newest[node_id]


def _read_nodes(path: Path, file_format: str, node_id: NDArray[np.int64]) -> Iterator[Any]:
    import osmium

    source = osmium.io.File(str(path), file_format)
    by_id = osmium.filter.IdFilter(node_id.tolist())
    yield from osmium.FileProcessor(source, osmium.osm.NODE).with_filter(by_id)


def _refuse_negative_ids(path: Path, content: OsmContent) -> None:
    negative = content.locations.node_id[content.locations.node_id < 0]
    if negative.size:
        raise DataError(
            f"{KEY}: {path.name} has roads over {negative.size} nodes with negative ids "
            f"({name_rows(negative.tolist())}), as an editor gives to drawings that were not uploaded; "
            "renumber the file (`osmium renumber`) or upload the drawing first"
        )
