"""Places of the study area from the points and closed ways of an OpenStreetMap file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.geo import to_metric
from chargeplan.land import describe_land, make_land
from chargeplan.network.cut import find_inside
from chargeplan.places import describe_place, make_places, make_settlements
from chargeplan.script_names import add_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chargeplan.network.elements import PlaceWays, Settlement, WayStore
    from chargeplan.network.node_locations import NodeLocations
    from chargeplan.network.osm_file import OsmContent
    from chargeplan.network.repairs import RepairLog
    from chargeplan.records import LandAreas, MapPlaces, StudyArea

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def build_places(content: OsmContent, area: StudyArea, source: str, repairs: RepairLog) -> MapPlaces:
    """Build the places inside the study area; a closed way stands at a point inside it."""
    nodes, ways = content.place_nodes, content.place_ways
    way_lon, way_lat, way_m2 = _find_points(ways, content.locations, area.crs)
    lon = np.concatenate([np.array(nodes.lon, np.float64), way_lon])
    lat = np.concatenate([np.array(nodes.lat, np.float64), way_lat])
    repairs.add(
        "places with fewer than three corners in the file, left out",
        [f"w{ways.way_id[row]}" for row in np.flatnonzero(np.isnan(way_lon)).tolist()],
    )
    area_m2 = np.concatenate([np.full(len(nodes.lon), np.nan), way_m2])
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
    rows = [
        describe_place(
            place_id[row],
            kinds[row],
            tags[row],
            float(lon[row]),
            float(lat[row]),
            source,
            area_m2=float(area_m2[row]),
        )
        for row in newest.values()
    ]
    places = make_places(rows, _build_land(content, area, source, repairs))
    return replace(places, settlements=make_settlements(_name_settlements(content)))


def _name_settlements(content: OsmContent) -> Iterator[Settlement]:
    """Give settlements what their names lack from the outline of the same kind around them.

    One place is often mapped twice, as a point in the one script and as an area in the other. An outline around
    several points of its kind does not tell whose name it bears.
    """
    way_row, shapes = _draw_shapes(content.settlement_ways, content.locations)
    tags = [content.settlement_ways.tags[row] for row in way_row.tolist()]
    points = shapely.points([(lon, lat) for _, _, lon, lat in content.settlements] or np.empty((0, 2)))
    outline, point = shapely.STRtree(points).query(shapely.make_valid(shapes), predicate="contains")
    inside: dict[int, list[int]] = {}
    for area, row in zip(outline.tolist(), point.tolist(), strict=True):
        if tags[area]["place"] == content.settlements[row][1]["place"]:
            inside.setdefault(area, []).append(row)
    around = {rows[0]: tags[area] for area, rows in sorted(inside.items(), reverse=True) if len(rows) == 1}
    for row, (place_id, own, lon, lat) in enumerate(content.settlements):
        yield place_id, add_names(own, around.get(row, {})), lon, lat


def _build_land(content: OsmContent, area: StudyArea, source: str, repairs: RepairLog) -> LandAreas:
    """Build the areas of land that touch the study area, each whole."""
    ways = content.land_ways
    way_row, shapes = _draw_shapes(ways, content.locations)
    repairs.add(
        "land drawn as multipolygons in the file (in the study area or not), not read",
        [f"r{number}" for number in sorted(content.land_relation_ids)],
    )
    touches = shapely.intersects(area.boundary, shapely.make_valid(shapes))
    newest: dict[int, int] = {}
    for at, row in enumerate(way_row.tolist()):
        other = newest.setdefault(ways.way_id[row], at)
        if ways.version[row] >= ways.version[way_row[other]]:
            newest[ways.way_id[row]] = at
    kept = sorted(at for at in newest.values() if touches[at])
    rows = [
        describe_land(f"w{ways.way_id[row]}", ways.kind[row], ways.tags[row], source)
        for row in way_row[kept].tolist()
    ]
    return make_land(rows, shapes[kept])


def _find_points(ways: PlaceWays, locations: NodeLocations, crs: str) -> tuple[Floats, Floats, Floats]:
    """Find a point inside each closed way and its area; NaN when fewer than three corners are known."""
    lon, lat, area_m2 = (np.full(len(ways.way_id), np.nan) for _ in range(3))
    way_row, shapes = _draw_shapes(ways, locations)
    points = shapely.point_on_surface(shapes)
    lon[way_row], lat[way_row] = shapely.get_x(points), shapely.get_y(points)

    def project(coordinates: Floats) -> Floats:
        return np.column_stack(to_metric(coordinates[:, 0], coordinates[:, 1], crs))

    area_m2[way_row] = shapely.area(shapely.transform(shapes, project))
    return lon, lat, area_m2


def _draw_shapes(ways: WayStore, locations: NodeLocations) -> tuple[Ints, NDArray[np.object_]]:
    """Draw the closed ways of which three corners or more are known: their rows and polygons."""
    n_ways = len(ways.way_id)
    offsets = np.array(ways.offsets, np.int64)
    way_of_ref = np.repeat(np.arange(n_ways), np.asarray(offsets[1:] - offsets[:-1], np.int64))
    row = np.searchsorted(locations.node_id, np.array(ways.node_refs, np.int64))
    is_corner = np.isfinite(locations.lon[row])
    is_corner[offsets[1:] - 1] = False  # the node that closes the ring; shapely closes it again
    n_corners = np.bincount(way_of_ref[is_corner], minlength=n_ways)
    is_corner &= n_corners[way_of_ref] >= 3
    if not is_corner.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object)
    shape_ways, shape_of_ref = np.unique(way_of_ref[is_corner], return_inverse=True)
    corners = np.column_stack([locations.lon[row[is_corner]], locations.lat[row[is_corner]]])
    return shape_ways, shapely.polygons(shapely.linearrings(corners, indices=shape_of_ref))
