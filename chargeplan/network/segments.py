"""Straight road segments of the study area, from ways and the locations of their nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from chargeplan.geo import is_in_pakistan
from chargeplan.network.cut import find_inside
from chargeplan.network.tags import BACKWARD, FORWARD
from chargeplan.network.ways import Ways, select_ways
from chargeplan.units import kmh_to_ms

if TYPE_CHECKING:
    from chargeplan.network.elements import RoadWays
    from chargeplan.network.node_locations import NodeLocations
    from chargeplan.network.repairs import RepairLog
    from chargeplan.network.speeds import SpeedTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight pieces of road between neighbouring nodes, each pair of nodes once.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n_nodes,)
        Rising; every node has a segment.
    lon, lat : ndarray of float64, shape (n_nodes,)
        EPSG:4326.
    start, end : ndarray of int64, shape (m,)
        Rows of the nodes, start < end; sorted by both.
    way : ndarray of int64, shape (m,)
        Row of the way that gives class, name and speed.
    length_m : ndarray of float64, shape (m,)
    forward_s, backward_s : ndarray of float64, shape (m,)
        Driven seconds from start to end and from end to start, inf where not allowed.
    """

    node_id: Ints
    lon: Floats
    lat: Floats
    start: Ints
    end: Ints
    way: Ints
    length_m: Floats
    forward_s: Floats
    backward_s: Floats

    def keep(self, mask: Bools) -> Segments:
        """Return the chosen segments with only the nodes that they touch."""
        used = np.zeros(self.node_id.size, np.bool_)
        used[self.start[mask]] = True
        used[self.end[mask]] = True
        row = np.cumsum(used) - 1
        return Segments(
            self.node_id[used],
            self.lon[used],
            self.lat[used],
            row[self.start[mask]],
            row[self.end[mask]],
            self.way[mask],
            self.length_m[mask],
            self.forward_s[mask],
            self.backward_s[mask],
        )


def build_segments(
    roads: RoadWays,
    locations: NodeLocations,
    table: SpeedTable,
    *,
    boundary: shapely.Geometry,
    speed_factor: float,
    repairs: RepairLog,
) -> tuple[Ways, Segments]:
    """Cut the ways to a polygon (EPSG:4326) and break them into segments.

    A segment stays when one of its ends lies inside, so a road that leaves the polygon
    keeps its last stretch. There are no segments when no road lies inside.
    """
    ref_row = np.searchsorted(locations.node_id, np.array(roads.node_refs, np.int64))
    offsets = np.array(roads.offsets, np.int64)
    ref_way = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    is_inside = find_inside(locations.lon, locations.lat, boundary)
    is_near = np.bincount(ref_way, is_inside[ref_row], minlength=offsets.size - 1) > 0
    ways = select_ways(roads, is_near, table, locations, repairs)
    is_used_ref = ways.row_of_file_way[ref_way] >= 0
    is_usable = _find_usable_nodes(locations, ref_row[is_used_ref], repairs)
    repairs.add(
        "ways with fewer than two nodes, left out",
        np.array(roads.way_id, np.int64)[np.diff(offsets) < 2].tolist(),
    )
    first, second = ref_row[:-1], ref_row[1:]
    is_segment = (ref_way[:-1] == ref_way[1:]) & is_used_ref[:-1]
    is_segment &= is_usable[first] & is_usable[second] & (is_inside[first] | is_inside[second])
    merged = _merge_equal_places(first, second, is_segment, locations, repairs)
    first, second = merged[first[is_segment]], merged[second[is_segment]]
    way = ways.row_of_file_way[ref_way[:-1][is_segment]]
    is_long = first != second
    return ways, _join_parallel(first[is_long], second[is_long], way[is_long], ways, locations, speed_factor)


def compute_length_m(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Compute lengths of short straight pieces on the WGS84 ellipsoid, in metres.

    Notes
    -----
    North-south and east-west distances by the two radii of curvature at the middle
    latitude (meridian ``a (1 - e2) / w^3``, prime vertical ``a / w`` with
    ``w = sqrt(1 - e2 sin^2 lat)``), then Pythagoras: exact to about 1e-6 for pieces of a
    few kilometres, where a sphere is wrong by up to 0.3 % in Pakistan.
    """
    radius_m, eccentricity2 = _get_ellipsoid()
    middle = np.radians((lat_a + lat_b) / 2.0)
    w2 = 1.0 - eccentricity2 * np.sin(middle) ** 2
    meridian_m = radius_m * (1.0 - eccentricity2) / w2**1.5
    parallel_m = radius_m / np.sqrt(w2) * np.cos(middle)
    return np.hypot(np.radians(lat_b - lat_a) * meridian_m, np.radians(lon_b - lon_a) * parallel_m)


@lru_cache(maxsize=1)
def _get_ellipsoid() -> tuple[float, float]:
    ellipsoid = pyproj.Geod(ellps="WGS84")
    return float(ellipsoid.a), float(ellipsoid.es)


def _find_usable_nodes(locations: NodeLocations, used_row: Ints, repairs: RepairLog) -> Bools:
    """Find the nodes with a place in Pakistan; note the others among those in use."""
    is_used = np.zeros(locations.node_id.size, np.bool_)
    is_used[used_row] = True
    is_known = np.isfinite(locations.lon)
    is_here = is_in_pakistan(locations.lon, locations.lat)
    repairs.add(
        "road nodes that the file does not hold; their roads are cut there",
        locations.node_id[is_used & ~is_known].tolist(),
    )
    repairs.add(
        "road nodes outside Pakistan (60-78 E, 23-38 N); their roads are cut there",
        locations.node_id[is_used & is_known & ~is_here].tolist(),
    )
    repairs.add(
        "road nodes that stand in the file more than once; the newest of each kept",
        np.intersect1d(locations.node_id[is_used], locations.repeated_id).tolist(),
    )
    return is_known & is_here


def _merge_equal_places(
    first: Ints, second: Ints, is_segment: Bools, locations: NodeLocations, repairs: RepairLog
) -> Ints:
    """Join neighbouring nodes at one and the same place, whose segment has no length.

    Returns
    -------
    ndarray of int64, shape (n_nodes,)
        For each node the row of the node that stands for it: the lowest id of its group.
    """
    n_nodes = locations.node_id.size
    is_same_place = is_segment & (locations.lon[first] == locations.lon[second])
    is_same_place &= locations.lat[first] == locations.lat[second]
    repairs.add(
        "road segments without length, left out; their ends are one node now",
        locations.node_id[first[is_same_place]].tolist(),
    )
    joins = is_same_place & (first != second)
    if not joins.any():
        return np.arange(n_nodes)
    links = sp.coo_array((np.ones(int(joins.sum())), (first[joins], second[joins])), shape=(n_nodes, n_nodes))
    _, group = connected_components(links.tocsr(), directed=False)
    _, lowest = np.unique(group, return_index=True)
    return np.asarray(lowest[group], np.int64)


def _join_parallel(
    first: Ints, second: Ints, way: Ints, ways: Ways, locations: NodeLocations, speed_factor: float
) -> Segments:
    """Make segments of node pairs; of several between the same nodes the fastest counts."""
    length_m = compute_length_m(
        locations.lon[first], locations.lat[first], locations.lon[second], locations.lat[second]
    )
    seconds = length_m / (kmh_to_ms(ways.speed_kmh[way]) * speed_factor)
    direction = np.where(first < second, 1, -1) * ways.direction[way]
    start, end = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((way, seconds, end, start))
    start, end, way = start[order], end[order], way[order]
    is_first = np.ones(start.size, np.bool_)
    is_first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    group = np.flatnonzero(is_first)
    forward_s = np.where(direction[order] != BACKWARD, seconds[order], np.inf)
    backward_s = np.where(direction[order] != FORWARD, seconds[order], np.inf)
    if group.size:
        forward_s, backward_s = np.minimum.reduceat(forward_s, group), np.minimum.reduceat(backward_s, group)
    used, rows = np.unique(np.concatenate([start[group], end[group]]), return_inverse=True)
    return Segments(
        locations.node_id[used],
        locations.lon[used],
        locations.lat[used],
        rows[: group.size],
        rows[group.size :],
        way[group],
        length_m[order][group],
        forward_s,
        backward_s,
    )
