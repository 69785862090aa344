"""The road network as a graph of osmnx, and back; nothing is downloaded or patched.

Only osmnx's conversion functions are called. Those that ask a server, which replace Python's
name resolution for the whole process, are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from chargeplan import __version__
from chargeplan.errors import RecordError, name_rows
from chargeplan.geo import WGS84, to_metric
from chargeplan.network.cut import build_buffered_area
from chargeplan.network.graph_tables import take_graph
from chargeplan.network.osmnx_graph import MAKER_KEY, OWN_MAKER, read_graph
from chargeplan.network.read import assemble_network
from chargeplan.network.speeds import read_speed_table
from chargeplan.units import DEFAULT_BUFFER_KM, kmh_to_ms

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from chargeplan.records import RoadNetwork, StudyArea

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WHERE = "graph"
_PLACES_PER_M = 1000  # nodes and ends of roads are matched to the millimetre


def to_osmnx(network: RoadNetwork) -> nx.MultiDiGraph:
    """Make the graph that osmnx would: one edge for each direct drive from node to node.

    Nodes have ``x``, ``y`` (EPSG:4326) and ``street_count``; edges have ``osmid``, ``highway``,
    ``name``, ``length`` (m), ``oneway``, ``reversed``, ``geometry``, ``speed_kph`` (free),
    ``travel_time`` (s, driven) and, where the map tags it, ``maxspeed``.

    Parameters
    ----------
    network : RoadNetwork

    Returns
    -------
    networkx.MultiDiGraph
        Every function of osmnx takes it; `from_osmnx` brings it back with the same nodes,
        edges and seconds.

    Raises
    ------
    RecordError
        When a drive of the network runs along none of its roads.

    Notes
    -----
    A network does not keep the ids of ways: ``osmid`` is the negative row number of the road
    piece, less one. Of parallel roads between two nodes only the fastest in each direction
    is an edge, as only that one counts in `RoadNetwork.seconds`.
    """
    import geopandas as gpd
    import osmnx

    start, end, seconds = _list_drives(network)
    road, is_along = _match_roads(network, start, end, seconds)
    lon, lat = _find_places(network, start, end, road, is_along)
    table = network.roads.iloc[road].reset_index(drop=True)
    offsets = network.road_offsets
    shapes = [
        network.road_lonlat[offsets[row] : offsets[row + 1]][:: 1 if along else -1]
        for row, along in zip(road.tolist(), is_along.tolist(), strict=True)
    ]
    speeds = table["speed_kmh"].to_numpy(np.float64)
    edges = gpd.GeoDataFrame(
        {
            "osmid": -road - 1,
            "highway": table["road_class"].to_numpy(object),
            "name": [name or None for name in table["name"].tolist()],
            "maxspeed": [
                f"{speed:.0f}" if is_tagged else None
                for speed, is_tagged in zip(speeds.tolist(), table["is_speed_tagged"].tolist(), strict=True)
            ],
            "length": table["length_m"].to_numpy(np.float64),
            "oneway": _find_oneway(start, end, road),
            "reversed": ~is_along,
            "speed_kph": speeds,
            "travel_time": seconds,
        },
        index=pd.MultiIndex.from_arrays(
            [network.node_id[start], network.node_id[end], np.zeros(start.size, np.int64)],
            names=["u", "v", "key"],
        ),
        geometry=[shapely.LineString(shape) for shape in shapes],
        crs=WGS84,
    )
    nodes = gpd.GeoDataFrame(
        {"x": lon, "y": lat, "street_count": _count_streets(start, end, road, network.node_id.size)},
        index=pd.Index(network.node_id, name="osmid"),
        geometry=shapely.points(lon, lat),
        crs=WGS84,
    )
    facts = {"crs": WGS84.lower(), MAKER_KEY: f"{OWN_MAKER}{__version__}", "simplified": True}
    return osmnx.convert.graph_from_gdfs(nodes, edges, graph_attrs=facts)


def from_osmnx(
    graph: nx.MultiDiGraph,
    area: StudyArea,
    *,
    buffer_km: float = DEFAULT_BUFFER_KM,
    speed_factor: float = 0.7,
    speeds: Path | None = None,
) -> RoadNetwork:
    """Make the road network of a study area from a graph of osmnx.

    The graph is read as a file of it would be (``network.path``): speeds come from maxspeed
    and class. Of a graph that `to_osmnx` made, changed since or not, the nodes stay and the
    ``travel_time`` of each edge counts.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    area : StudyArea
    buffer_km, speed_factor, speeds
        As ``network`` of the config has them.

    Raises
    ------
    DataError
        When the graph is no street network of the area.
    """
    table = read_speed_table(speeds)
    buffered = build_buffered_area(area, buffer_km)
    content = read_graph(
        take_graph(graph, _WHERE), buffered.bounds, table, speed_factor=speed_factor, where=_WHERE
    )
    network, _ = assemble_network(content, area, buffered, table, speed_factor=speed_factor, source=_WHERE)
    return network


def _list_drives(network: RoadNetwork) -> tuple[Ints, Ints, Floats]:
    """List the entries of the matrix of seconds, sorted by start and end."""
    drives = network.seconds.tocoo()
    start, end = np.asarray(drives.row, np.int64), np.asarray(drives.col, np.int64)
    order = np.lexsort((end, start))
    return start[order], end[order], np.asarray(drives.data, np.float64)[order]


def _match_roads(
    network: RoadNetwork, start: Ints, end: Ints, seconds: Floats
) -> tuple[Ints, NDArray[np.bool_]]:
    """Find the road piece of each drive: of those between its places the one that takes its seconds.

    Returns
    -------
    road : ndarray of int64, shape (n_drives,)
        Row in `RoadNetwork.roads`.
    is_along : ndarray of bool, shape (n_drives,)
        Whether the drive runs as the road is drawn.
    """
    first, last, node_place = _number_places(network)
    drive_key = _make_keys(node_place[start], node_place[end])
    road_key = _make_keys(first, last)
    by_key = np.argsort(road_key, kind="stable")
    low = np.searchsorted(road_key[by_key], drive_key, side="left")
    n_found = np.searchsorted(road_key[by_key], drive_key, side="right") - low
    if not n_found.all():
        rows = np.flatnonzero(n_found == 0)
        drives = [
            f"{network.node_id[start[row]]} to {network.node_id[end[row]]}" for row in rows[:6].tolist()
        ]
        raise RecordError(
            f"{rows.size} drives of the network run along none of its roads ({name_rows(drives)})"
        )
    drive = np.repeat(np.arange(start.size), n_found)
    candidate = by_key[np.arange(drive.size) - np.repeat(np.cumsum(n_found) - n_found, n_found) + low[drive]]
    roads = network.roads
    free_s = (roads["length_m"] / kmh_to_ms(roads["speed_kmh"].to_numpy(np.float64))).to_numpy(np.float64)
    # The network does not keep its speed factor; drives with one road alone tell it.
    alone = candidate[n_found[drive] == 1]
    factors = free_s[alone] / seconds[n_found == 1] if alone.size else free_s[candidate] / seconds[drive]
    miss_s = np.abs(free_s[candidate] / np.median(factors) - seconds[drive])
    order = np.lexsort((candidate, miss_s, drive))
    best = order[np.searchsorted(drive[order], np.arange(start.size))]
    road = np.asarray(candidate[best], np.int64)
    return road, np.asarray(first[road] == node_place[start])


def _number_places(network: RoadNetwork) -> tuple[Ints, Ints, Ints]:
    """Give numbers to the places of the first and last point of each road and of each node, equal where they meet."""
    lonlat, offsets = network.road_lonlat, network.road_offsets
    ends = np.concatenate([lonlat[offsets[:-1]], lonlat[offsets[1:] - 1]])
    xy_m = np.concatenate(
        [np.column_stack(to_metric(ends[:, 0], ends[:, 1], network.crs)), network.node_xy_m]
    )
    _, place = np.unique(np.rint(xy_m * _PLACES_PER_M), axis=0, return_inverse=True)
    place = np.asarray(place, np.int64).ravel()
    n_roads = offsets.size - 1
    return place[:n_roads], place[n_roads : 2 * n_roads], place[2 * n_roads :]


def _make_keys(one: Ints, other: Ints) -> Ints:
    """Make one number of two places, equal in both directions."""
    return np.minimum(one, other) * np.int64(2**31) + np.maximum(one, other)


def _find_places(
    network: RoadNetwork, start: Ints, end: Ints, road: Ints, is_along: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Find the longitude and latitude of each node: the end of a road that runs there."""
    head, tail = network.road_offsets[:-1][road], network.road_offsets[1:][road] - 1
    lonlat = np.full((network.node_id.size, 2), np.nan)
    lonlat[start] = network.road_lonlat[np.where(is_along, head, tail)]
    lonlat[end] = network.road_lonlat[np.where(is_along, tail, head)]
    return lonlat[:, 0], lonlat[:, 1]


def _find_oneway(start: Ints, end: Ints, road: Ints) -> NDArray[np.bool_]:
    """Find the drives whose road is not driven back."""
    there = np.column_stack([start, end, road])
    _, number = np.unique(np.concatenate([there, there[:, [1, 0, 2]]]), axis=0, return_inverse=True)
    number = np.asarray(number).ravel()
    return ~np.isin(number[: start.size], number[start.size :])


def _count_streets(start: Ints, end: Ints, road: Ints, n_nodes: int) -> Ints:
    """Count the streets that meet at each node, both directions of one as one."""
    streets = np.unique(np.column_stack([np.minimum(start, end), np.maximum(start, end), road]), axis=0)
    return np.bincount(streets[:, :2].ravel(), minlength=n_nodes).astype(np.int64)
