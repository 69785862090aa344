"""Places of the study area from the points and closed ways of an OpenStreetMap file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.network.cut import find_inside
from chargeplan.places import describe_place, make_places

if TYPE_CHECKING:
    from chargeplan.network.elements import PlaceWays
    from chargeplan.network.node_locations import NodeLocations
    from chargeplan.network.osm_file import OsmContent
    from chargeplan.network.repairs import RepairLog
    from chargeplan.records import MapPlaces, StudyArea

Floats = NDArray[np.float64]


def build_places(content: OsmContent, area: StudyArea, source: str, repairs: RepairLog) -> MapPlaces:
    """Build the places inside the study area; a closed way stands at a point inside it."""
    nodes, ways = content.place_nodes, content.place_ways
    way_lon, way_lat = _find_points(ways, content.locations)
    lon = np.concatenate([np.array(nodes.lon, np.float64), way_lon])
    lat = np.concatenate([np.array(nodes.lat, np.float64), way_lat])
    place_id = [f"n{number}" for number in nodes.node_id] + [f"w{number}" for number in ways.way_id]
    version = [*nodes.version, *ways.version]
    kinds, tags = [*nodes.kind, *ways.kind], [*nodes.tags, *ways.tags]
    newest: dict[str, int] = {}
    repeated = set()
    for row in np.flatnonzero(find_inside(lon, lat, area.boundary)).tolist():
        other = newest.setdefault(place_id[row], row)
        if other != row:
            repeated.add(place_id[row])
            newest[place_id[row]] = row if version[row] >= version[other] else other
    repairs.add("places that stand in the file more than once; the newest of each kept", sorted(repeated))
    repairs.add(
        "places drawn as multipolygons in the file (in the study area or not), not read",
        [f"r{number}" for number in sorted(content.place_relation_ids)],
    )
    return make_places(
        [
            describe_place(place_id[row], kinds[row], tags[row], float(lon[row]), float(lat[row]), source)
            for row in newest.values()
        ]
    )


def _find_points(ways: PlaceWays, locations: NodeLocations) -> tuple[Floats, Floats]:
    """Find a point inside each closed way; NaN when too few of its nodes are known."""
    n_ways = len(ways.way_id)
    row = np.searchsorted(locations.node_id, np.array(ways.node_refs, np.int64))
    way_of_ref = np.repeat(np.arange(n_ways), _count_nodes(ways))
    is_known = np.isfinite(locations.lon[row])
    row, way_of_ref = row[is_known], way_of_ref[is_known]
    n_known = np.bincount(way_of_ref, minlength=n_ways)
    lon, lat = np.full(n_ways, np.nan), np.full(n_ways, np.nan)
    can_close = (n_known >= 3)[way_of_ref]
    if not can_close.any():
        return lon, lat
    shape_ways, shape_of_ref = np.unique(way_of_ref[can_close], return_inverse=True)
    corners = np.column_stack([locations.lon[row[can_close]], locations.lat[row[can_close]]])
    # Rings are closed by shapely when the closing node is one of those that are missing.
    points = shapely.point_on_surface(shapely.polygons(shapely.linearrings(corners, indices=shape_of_ref)))
    lon[shape_ways], lat[shape_ways] = shapely.get_x(points), shapely.get_y(points)
    return lon, lat


def _count_nodes(ways: PlaceWays) -> NDArray[np.int64]:
    offsets = np.array(ways.offsets, np.int64)
    return np.asarray(offsets[1:] - offsets[:-1], np.int64)
