"""A boundary, a power line and land use, made up, for extracts that lack them; ids of their own."""

from __future__ import annotations

from typing import Any

import shapely

FIRST_ID = 980_000_000_000
RELATION_ID = FIRST_ID + 1
STAMP = "2025-06-01T00:00:00Z"


class _Drawing:
    """Gives ids and remembers what was drawn."""

    def __init__(self) -> None:
        self.elements: list[dict[str, Any]] = []
        self._next_id = FIRST_ID + 100

    def add(self, kind: str, **members: Any) -> int:
        element_id = members.pop("id", None) or self._next_id
        self._next_id += 1
        self.elements.append({"type": kind, "id": element_id, "version": 2, "timestamp": STAMP, **members})
        return element_id

    def add_nodes(self, points: list[tuple[float, float]]) -> list[int]:
        return [self.add("node", lon=round(lon, 7), lat=round(lat, 7)) for lon, lat in points]

    def add_ring(self, west: float, south: float, east: float, north: float, **tags: str) -> int:
        corners = self.add_nodes([(west, south), (east, south), (east, north), (west, north)])
        return self.add("way", nodes=[*corners, corners[0]], tags=tags)


def draw_boundary(
    polygon: shapely.Polygon, *, name: str, relation_id: int = RELATION_ID
) -> list[dict[str, Any]]:
    """An administrative relation whose outline is the outer ring of a polygon, in two ways."""
    drawing = _Drawing()
    corners = drawing.add_nodes(list(polygon.exterior.coords)[:-1])
    middle = len(corners) // 2
    halves = [corners[: middle + 1], [*corners[middle:], corners[0]]]
    ways = [drawing.add("way", nodes=half, tags={"boundary": "administrative"}) for half in halves]
    drawing.add(
        "relation",
        id=relation_id,
        members=[{"type": "way", "ref": way, "role": "outer"} for way in ways],
        tags={"type": "boundary", "boundary": "administrative", "admin_level": "6", "name": name},
    )
    return drawing.elements


def draw_city(box: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """A boundary around a box (west, south, east, north), and in it a power line, land use and water."""
    west, south, east, north = box
    drawing = _Drawing()
    drawing._next_id += 10_000  # apart from the ids of the boundary

    def at(right: float, up: float) -> tuple[float, float]:
        return west + right * (east - west), south + up * (north - south)

    pylons = drawing.add_nodes([at(-0.3, 0.55), at(0.3, 0.6), at(0.7, 0.62), at(1.4, 0.7)])
    drawing.add("way", nodes=pylons, tags={"power": "line", "voltage": "132000"})
    place = at(0.8, 0.3)
    drawing.add("node", lon=place[0], lat=place[1], tags={"power": "transformer"})
    drawing.add(
        "node", lon=place[0], lat=place[1] + 0.001, tags={"amenity": "fuel", "name": "سی این جی ${x} `<b>"}
    )
    drawing.add_ring(*at(0.1, 0.1), *at(0.2, 0.2), landuse="commercial")
    drawing.add_ring(*at(0.1, 0.8), *at(0.3, 0.9), power="substation", name="Grid")
    outer = drawing.add_ring(*at(0.6, 0.6), *at(0.8, 0.8))
    inner = drawing.add_ring(*at(0.65, 0.65), *at(0.7, 0.7))
    drawing.add(
        "relation",
        members=[
            {"type": "way", "ref": outer, "role": "outer"},
            {"type": "way", "ref": inner, "role": "inner"},
        ],
        tags={"type": "multipolygon", "natural": "water"},
    )
    return draw_boundary(shapely.box(*box), name="Made Area") + drawing.elements
