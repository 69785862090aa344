"""Roads of a street graph of osmnx: from its edges the same ways and nodes as from an OpenStreetMap file.

A graph tells less than the map it was made of. What it cannot tell is said in `limits`, what
was mended in `repairs`; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chargeplan.errors import DataError, name_rows
from chargeplan.network.elements import PlaceNodes, PlaceWays, RoadWays
from chargeplan.network.graph_checks import list_limits, note_repairs
from chargeplan.network.graph_lines import (
    UNITS_PER_DEGREE,
    GraphNodes,
    line_up_edges,
    locate_nodes,
    measure_lines,
)
from chargeplan.network.graph_tags import EdgeTags, read_edge_tags
from chargeplan.network.line_keys import LineKeys
from chargeplan.network.node_locations import Box, NodeLocations
from chargeplan.network.osm_file import OsmContent
from chargeplan.network.repairs import RepairLog
from chargeplan.network.tags import BACKWARD, BOTH, FORWARD
from chargeplan.units import ms_to_kmh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.network.graph_tables import GraphTables
    from chargeplan.network.speeds import SpeedTable

# Graphs that `osmnx_bridge.to_osmnx` made say so here, and bear driving times of their own.
MAKER_KEY = "created_with"
OWN_MAKER = "chargeplan "

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Road:
    """One line with what holds along it, and the directions in which it may be driven."""

    line: int
    class_code: int
    maxspeed: str | None
    name: str
    name_ur: str
    free_kmh: float  # not above 0 when the tags decide
    way_id: int
    direction: int


def read_graph(
    graph: GraphTables, box: Box, table: SpeedTable, *, speed_factor: float, where: str
) -> OsmContent:
    """Turn the edges of a graph into ways and nodes.

    Two edges on one line in opposite directions are one two-way road; an edge alone is one-way.

    Parameters
    ----------
    graph : GraphTables
    box : tuple of float
        West, south, east, north: roads wholly outside are left out.
    table : SpeedTable
        Decides which of several joined classes is the slowest.
    speed_factor : float
        Driven speed as a share of the free speed, for graphs that bear driving times.
    where : str
        Key and file name, for messages.

    Raises
    ------
    DataError
        When the graph has no edges, no CRS, no edge that says its road class, or lies
        outside Pakistan, or a driving time of ours is no positive number.
    """
    if graph.start.size == 0:
        raise DataError(f"{where} holds {graph.node_id.size:,} nodes and no edge; it is not a street network")
    nodes = locate_nodes(graph, where)
    lines = line_up_edges(graph, nodes, where)
    length_m = measure_lines(lines)
    tags = [read_edge_tags(attributes, table) for attributes in graph.tags]
    if not any("highway" in attributes for attributes in graph.tags):
        raise DataError(
            f"{where}: no edge has a highway attribute, so no road class is known; write it with osmnx"
        )
    is_own = str(graph.facts.get(MAKER_KEY, "")).startswith(OWN_MAKER)
    free_kmh = _find_own_speeds(tags, length_m, speed_factor, where) if is_own else None
    repairs = RepairLog()
    keys = LineKeys(graph, lines)
    note_repairs(lines, tags, length_m, repairs)
    roads = _pair_directions(graph, keys, tags, free_kmh, repairs)
    content = _make_content(
        nodes,
        keys,
        roads,
        box,
        limits=list_limits(graph, tags, length_m, is_own=is_own),
        repairs=repairs,
        is_own=is_own,
    )
    return content


def _find_own_speeds(tags: list[EdgeTags], length_m: Floats, speed_factor: float, where: str) -> Floats:
    """Find the free speeds that give the driving times of a graph of ours exactly."""
    travel_s = np.array([one.travel_s for one in tags])
    faulty = np.flatnonzero(~(travel_s > 0))
    if faulty.size:
        raise DataError(
            f"{where}: {faulty.size} edges (rows {name_rows(faulty.tolist())}) have no driving time above 0 s in "
            "travel_time, as chargeplan's own graphs have; give them one, or leave the edges out"
        )
    return ms_to_kmh(length_m / travel_s) / speed_factor


def _pair_directions(
    graph: GraphTables, keys: LineKeys, tags: list[EdgeTags], free_kmh: Floats | None, repairs: RepairLog
) -> list[_Road]:
    """Join the edges on each line that tell the same of it to one road."""
    driven: dict[tuple[int, int, str, str, float], set[bool]] = {}
    way_id: dict[tuple[int, int, str, str, float], int] = {}
    name_ur: dict[tuple[int, int, str, str, float], str] = {}
    repeated, seen = [], set()
    for row, (line, is_along, tag) in enumerate(
        zip(keys.of_edge.tolist(), keys.is_along.tolist(), tags, strict=True)
    ):
        if tag.class_code < 0:
            continue
        kmh = -1.0 if free_kmh is None else float(free_kmh[row])
        road = (line, tag.class_code, tag.maxspeed or "", tag.name, kmh)
        if (road, is_along) in seen:
            repeated.append(tag.way_id)
        seen.add((road, is_along))
        directions = driven.setdefault(road, set())
        directions.add(is_along)
        if not graph.is_directed and not tag.is_oneway:
            directions.add(not is_along)
        name_ur[road] = name_ur.get(road) or tag.name_ur
        way_id[road] = min(way_id.get(road, tag.way_id), tag.way_id)
    repairs.add("edges that stand in the graph more than once; one of each kept (ways named)", repeated)
    if graph.is_directed:
        _note_single_directions(keys, tags, repairs)
    return [
        _Road(
            line=road[0],
            class_code=road[1],
            maxspeed=road[2] or None,
            name=road[3],
            name_ur=name_ur[road],
            free_kmh=road[4],
            way_id=way_id[road],
            direction=BOTH if len(directions) == 2 else FORWARD if True in directions else BACKWARD,
        )
        for road, directions in sorted(driven.items())
    ]


def _note_single_directions(keys: LineKeys, tags: list[EdgeTags], repairs: RepairLog) -> None:
    """Tell of edges that are said to be two-way while nothing runs back: they may have been lost."""
    running = set(zip(keys.of_edge.tolist(), keys.is_along.tolist(), strict=True))
    repairs.add(
        "edges marked as two-way whose opposite direction the file does not hold; driven one way (ways named)",
        [
            tag.way_id
            for line, is_along, tag in zip(keys.of_edge.tolist(), keys.is_along.tolist(), tags, strict=True)
            if tag.class_code >= 0 and tag.is_oneway is False and (line, not is_along) not in running
        ],
    )


def _make_content(
    nodes: GraphNodes,
    keys: LineKeys,
    roads: list[_Road],
    box: Box,
    *,
    limits: tuple[str, ...],
    repairs: RepairLog,
    is_own: bool,
) -> OsmContent:
    is_near = _find_near_lines(nodes, keys, box)
    near = [road for road in roads if is_near[road.line]]
    lines = sorted({road.line for road in near})
    n_fresh = sum(len(keys.inner[line]) for line in lines)
    # Below every id that there is, and below zero, so that none can be taken for OpenStreetMap's.
    fresh = int(min(0, nodes.node_id[0])) - n_fresh
    refs: dict[int, list[int]] = {}
    for line in lines:
        start, end = keys.ends[line]
        refs[line] = [start, *range(fresh, fresh + len(keys.inner[line])), end]
        fresh += len(keys.inner[line])
    known = nodes.is_known
    lon, lat = nodes.find_degrees()
    return OsmContent(
        roads=_make_ways(near, refs),
        place_nodes=PlaceNodes(),
        place_ways=PlaceWays(),
        place_relation_ids=[],
        locations=_locate(nodes, [keys.inner[line] for line in lines], refs),
        n_roads_in_file=len(roads),
        bounds=(
            (
                float(lon[known].min()),
                float(lat[known].min()),
                float(lon[known].max()),
                float(lat[known].max()),
            )
            if known.any() and not near
            else None
        ),
        data_date="",
        limits=limits,
        repairs=repairs,
        kept_node_id=nodes.node_id if is_own else None,
    )


def _find_near_lines(nodes: GraphNodes, keys: LineKeys, box: Box) -> Bools:
    """Find the lines with a vertex in the box."""
    west, south, east, north = (bound * UNITS_PER_DEGREE for bound in box)
    ends = np.array(keys.ends, np.int64).reshape(-1, 2)
    sizes = np.array([len(vertices) for vertices in keys.inner], np.int64)
    line = np.concatenate(
        [np.arange(sizes.size), np.arange(sizes.size), np.repeat(np.arange(sizes.size), sizes)]
    )
    place = np.concatenate(
        [nodes.place[np.searchsorted(nodes.node_id, ends[:, side])] for side in (0, 1)] + keys.inner
    )
    x, y = place[:, 0], place[:, 1]
    is_inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return np.bincount(line, is_inside, minlength=sizes.size) > 0


def _make_ways(roads: Iterable[_Road], refs: dict[int, list[int]]) -> RoadWays:
    ways = RoadWays(are_parts=True)
    for road in roads:
        ways.way_id.append(road.way_id)
        ways.version.append(1)
        ways.node_refs.extend(refs[road.line])
        ways.offsets.append(len(ways.node_refs))
        ways.class_code.append(road.class_code)
        ways.direction.append(road.direction)
        ways.maxspeed.append(road.maxspeed)
        ways.name.append(road.name)
        ways.name_ur.append(road.name_ur)
        if road.free_kmh > 0:
            ways.free_kmh.append(road.free_kmh)
    return ways


def _locate(nodes: GraphNodes, inner: list[Ints], refs: dict[int, list[int]]) -> NodeLocations:
    """Say where the nodes of the graph and the fresh ones are, in the order of their ids."""
    used = np.unique(np.array([ref for line in refs.values() for ref in (line[0], line[-1])], np.int64))
    row = np.searchsorted(nodes.node_id, used)
    lon, lat = nodes.find_degrees()
    vertices = np.concatenate([np.empty((0, 2), np.int64), *inner]) / UNITS_PER_DEGREE
    fresh = np.array([ref for line in refs.values() for ref in line[1:-1]], np.int64)
    return NodeLocations(
        np.concatenate([fresh, used]),
        np.concatenate([vertices[:, 0], lon[row]]),
        np.concatenate([vertices[:, 1], lat[row]]),
        np.empty(0, np.int64),
    )
