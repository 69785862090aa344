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
    repairs.add(
        "places with fewer than three corners in the file, left out",
        [f"w{ways.way_id[row]}" for row in np.flatnonzero(np.isnan(way_lon)).tolist()],
    )
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
    """Find a point inside each closed way; NaN when fewer than three of its corners are known."""
    n_ways = len(ways.way_id)
    offsets = np.array(ways.offsets, np.int64)
    way_of_ref = np.repeat(np.arange(n_ways), np.asarray(offsets[1:] - offsets[:-1], np.int64))
    row = np.searchsorted(locations.node_id, np.array(ways.node_refs, np.int64))
    is_corner = np.isfinite(locations.lon[row])
    is_corner[offsets[1:] - 1] = False  # the node that closes the ring; shapely closes it again
    n_corners = np.bincount(way_of_ref[is_corner], minlength=n_ways)
    is_corner &= n_corners[way_of_ref] >= 3
    lon, lat = np.full(n_ways, np.nan), np.full(n_ways, np.nan)
    if is_corner.any():
        shape_ways, shape_of_ref = np.unique(way_of_ref[is_corner], return_inverse=True)
        corners = np.column_stack([locations.lon[row[is_corner]], locations.lat[row[is_corner]]])
        shapes = shapely.polygons(shapely.linearrings(corners, indices=shape_of_ref))
        points = shapely.point_on_surface(shapes)
        lon[shape_ways], lat[shape_ways] = shapely.get_x(points), shapely.get_y(points)
    return lon, lat
