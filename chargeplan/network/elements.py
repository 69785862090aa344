"""Roads and places as they stand in a file, collected while it streams by."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chargeplan.land import find_land_kind
from chargeplan.network.road_names import find_road_names
from chargeplan.network.tags import CLASS_CODES, find_direction, is_drivable
from chargeplan.places import find_kind, is_settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.words import LandKind, PlaceKind

Settlement = tuple[str, dict[str, str], float, float]  # id, tags, longitude, latitude
_YEAR_OF_NO_TIMESTAMP = 1970


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

    def add(self, way: Any, node_refs: list[int]) -> None:
        """Copy the id, version and nodes of an osmium way."""
        self.way_id.append(way.id)
        self.version.append(way.version)
        self.node_refs.extend(node_refs)
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
    name_ur : list of str
        Urdu names, empty when none.
    odd_oneway : list of int
        Ids of ways whose oneway tag was not understood.
    free_kmh : array of float
        Free speeds that take the place of the tags', one for each row; empty when the tags count.
    are_parts : bool
        True when several rows may be parts of one way, so that a repeated id is no repetition.
    """

    class_code: array[int] = field(default_factory=lambda: array("b"))
    direction: array[int] = field(default_factory=lambda: array("b"))
    maxspeed: list[str | None] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    name_ur: list[str] = field(default_factory=list)
    odd_oneway: list[int] = field(default_factory=list)
    free_kmh: array[float] = field(default_factory=lambda: array("d"))
    are_parts: bool = False


@dataclass(slots=True)
class PlaceNodes:
    """Points with the tags of a place; the lists run side by side."""

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


@dataclass(slots=True)
class LandWays(WayStore):
    """Closed ways around land whose use matters."""

    kind: list[LandKind] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class SettlementWays(WayStore):
    """Closed ways around a city, a part of it or a village, with a name."""

    tags: list[dict[str, str]] = field(default_factory=list)


class ElementCollector:
    """Copies what is wanted of each osmium element; the element itself is gone after the call.

    Parameters
    ----------
    find_near_nodes : callable or None
        Gives the ids of the nodes near the study area; asked once, when the first way
        comes, because files hold their nodes before their ways. None to copy all ways.
    """

    def __init__(self, find_near_nodes: Callable[[], set[int]] | None) -> None:
        self.roads = RoadWays()
        self.place_nodes = PlaceNodes()
        self.place_ways = PlaceWays()
        self.place_relation_ids: list[int] = []
        self.settlements: list[Settlement] = []
        self.settlement_ways = SettlementWays()
        self.land_ways = LandWays()
        self.land_relation_ids: list[int] = []
        self.n_roads_in_file = 0
        self._find_near_nodes = find_near_nodes
        self._near_nodes: set[int] | None = None
        self._newest: Any = None

    @property
    def newest_date(self) -> str:
        """Date of the newest road or place (ISO), empty when none has a timestamp."""
        if self._newest is None or self._newest.year <= _YEAR_OF_NO_TIMESTAMP:
            return ""
        return str(self._newest.date().isoformat())

    def add(self, element: Any) -> None:
        """Copy a node, way or relation when it is a drivable road, a place or land whose use matters."""
        if element.deleted:
            return
        if element.is_node():
            self._add_place_node(element)
        elif element.is_way():
            self._add_way(element)
        elif element.tags.get("type") == "multipolygon":
            if find_kind(element.tags) is not None:
                self.place_relation_ids.append(element.id)
            if find_land_kind(element.tags) is not None:
                self.land_relation_ids.append(element.id)

    def _note_date(self, element: Any) -> None:
        timestamp = element.timestamp
        if self._newest is None or timestamp > self._newest:
            self._newest = timestamp

    def _add_place_node(self, node: Any) -> None:
        if not node.location.valid():
            return
        if is_settlement(node.tags):
            self.settlements.append((f"n{node.id}", dict(node.tags), node.location.lon, node.location.lat))
        kind = find_kind(node.tags)
        if kind is None:
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
        is_road = road_class in CLASS_CODES and is_drivable(get_tag)
        kind = find_kind(way.tags) if way.is_closed() else None
        land_kind = find_land_kind(way.tags) if way.is_closed() else None
        is_outline = way.is_closed() and is_settlement(way.tags)
        if not (is_road or is_outline) and kind is None and land_kind is None:
            return
        self.n_roads_in_file += is_road
        node_refs = [node.ref for node in way.nodes]
        if self._is_far(node_refs):
            return
        self._note_date(way)
        if is_road:
            self._add_road(way, road_class, node_refs)
        if kind is not None:
            self.place_ways.add(way, node_refs)
            self.place_ways.kind.append(kind)
            self.place_ways.tags.append(dict(way.tags))
        if is_outline:
            self.settlement_ways.add(way, node_refs)
            self.settlement_ways.tags.append(dict(way.tags))
        if land_kind is not None:
            self.land_ways.add(way, node_refs)
            self.land_ways.kind.append(land_kind)
            self.land_ways.tags.append(dict(way.tags))

    def _is_far(self, node_refs: list[int]) -> bool:
        """Tell whether no node is near; ways without nodes or with negative ids are kept, to be told of."""
        if self._find_near_nodes is None or not node_refs or min(node_refs) < 0:
            return False
        if self._near_nodes is None:
            self._near_nodes = self._find_near_nodes()
        return self._near_nodes.isdisjoint(node_refs)

    def _add_road(self, way: Any, road_class: str, node_refs: list[int]) -> None:
        get_tag = way.tags.get
        roads = self.roads
        direction, is_understood = find_direction(road_class, get_tag("oneway"), get_tag("junction"))
        roads.add(way, node_refs)
        roads.class_code.append(CLASS_CODES[road_class])
        roads.direction.append(direction)
        roads.maxspeed.append(get_tag("maxspeed"))
        names = find_road_names(get_tag)
        roads.name.append(names.english)
        roads.name_ur.append(names.urdu)
        if not is_understood:
            roads.odd_oneway.append(way.id)
