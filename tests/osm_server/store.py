"""All elements of an OpenStreetMap file in memory, found by tag, by id and by place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

KINDS = ("node", "way", "relation")
_LETTER_KINDS = {"n": "node", "w": "way", "r": "relation"}
# A real Overpass knows the time of every element; files without times get this one.
NO_TIMESTAMP = "2026-01-01T00:00:00Z"


@dataclass(slots=True)
class Table:
    """The elements of one kind, sorted by id; rows are positions.

    ``refs`` holds the node ids of a way, the members (type, ref, role) of a relation.
    """

    ids: np.ndarray
    meta: list[tuple[int, str, int, str, int]]  # version, timestamp, changeset, user, uid
    tags: list[dict[str, str]]
    refs: list[Any]
    rows_of_key: dict[str, np.ndarray] = field(default_factory=dict)
    shapes: np.ndarray | None = None  # points of nodes, lines of ways
    tree: shapely.STRtree | None = None

    def find_rows(self, ids: Iterable[int]) -> np.ndarray:
        """Rows of those ids that are there, sorted."""
        wanted = np.unique(np.fromiter(ids, np.int64))
        at = np.searchsorted(self.ids, wanted)
        at[at == self.ids.size] = 0
        return at[self.ids[at] == wanted] if self.ids.size else np.zeros(0, np.int64)


class OsmStore:
    """What the server answers from.

    Parameters
    ----------
    elements : iterable of dict
        Nodes, ways and relations in the form of Overpass's JSON; one version of each.
    osm_timestamp : str
        What the server says the age of its data is.
    """

    def __init__(self, elements: Iterable[dict[str, Any]], *, osm_timestamp: str) -> None:
        self.osm_timestamp = osm_timestamp
        by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        for element in elements:
            by_kind[element["type"]].append(element)
        nodes = by_kind["node"] = sorted(by_kind["node"], key=lambda element: element["id"])
        # OpenStreetMap keeps seven digits.
        self.lon = np.round(np.array([node["lon"] for node in nodes], np.float64), 7)
        self.lat = np.round(np.array([node["lat"] for node in nodes], np.float64), 7)
        self.tables = {kind: _build_table(found) for kind, found in by_kind.items()}
        self.n_missing_way_nodes = 0
        self._place_elements()

    @classmethod
    def read(cls, path: Path, *, extra: Iterable[dict[str, Any]] = (), osm_timestamp: str = "") -> OsmStore:
        """Read any file that osmium reads; `extra` elements replace those of the same id.

        The age of the data is `osm_timestamp`, else that of the newest element.
        """
        found = {(element["type"], element["id"]): element for element in read_elements(path)}
        found |= {(element["type"], element["id"]): element for element in extra}
        newest = max((element["timestamp"] for element in found.values()), default=NO_TIMESTAMP)
        return cls(found.values(), osm_timestamp=osm_timestamp or newest)

    def list_elements(self) -> list[dict[str, Any]]:
        """All elements as `out meta` has them, sorted by kind and id."""
        return [self.get_element(kind, row) for kind in KINDS for row in range(self.tables[kind].ids.size)]

    def get_element(self, kind: str, row: int) -> dict[str, Any]:
        """One element as `out meta` has it, its keys in Overpass's order."""
        table = self.tables[kind]
        version, timestamp, changeset, user, uid = table.meta[row]
        element: dict[str, Any] = {"type": kind, "id": int(table.ids[row])}
        if kind == "node":
            element |= {"lat": float(self.lat[row]), "lon": float(self.lon[row])}
        element |= {
            "timestamp": timestamp,
            "version": version,
            "changeset": changeset,
            "user": user,
            "uid": uid,
        }
        if kind == "way":
            element["nodes"] = table.refs[row]
        elif kind == "relation":
            element["members"] = [{"type": t, "ref": ref, "role": role} for t, ref, role in table.refs[row]]
        if table.tags[row]:
            element["tags"] = table.tags[row]
        return element

    def _place_elements(self) -> None:
        """Make points of nodes and lines of ways, so that a place can be asked for."""
        nodes, ways = self.tables["node"], self.tables["way"]
        nodes.shapes = shapely.points(self.lon, self.lat)
        nodes.tree = shapely.STRtree(nodes.shapes)
        lengths = np.array([len(refs) for refs in ways.refs], np.int64)
        refs = np.array([ref for way in ways.refs for ref in way], np.int64)
        way = np.repeat(np.arange(lengths.size), lengths)
        at = np.searchsorted(nodes.ids, refs)
        at[at == nodes.ids.size] = 0
        is_there = nodes.ids[at] == refs if nodes.ids.size else np.zeros(refs.size, bool)
        self.n_missing_way_nodes = int((~is_there).sum())
        at, way = at[is_there], way[is_there]
        n_placed = np.bincount(way, minlength=lengths.size)
        shapes = np.full(lengths.size, None, object)
        is_line = n_placed >= 2
        inside = is_line[way]
        position = np.cumsum(is_line) - 1
        if inside.any():
            shapes[is_line] = shapely.linestrings(
                np.column_stack([self.lon[at[inside]], self.lat[at[inside]]]), indices=position[way[inside]]
            )
        for row in np.flatnonzero(n_placed == 1):
            shapes[row] = nodes.shapes[at[way == row][0]]
        ways.shapes = shapes
        ways.tree = shapely.STRtree(shapes)

    def find_rows_in(self, kind: str, area: shapely.Geometry) -> np.ndarray:
        """Rows of the elements in an area, as Overpass sees it: ways by a segment that touches it,
        relations by a node or way of theirs."""
        if kind != "relation":
            tree = self.tables[kind].tree
            assert tree is not None
            return np.unique(tree.query(area, predicate="intersects"))
        inside = {
            (member_kind, int(ref))
            for member_kind in ("node", "way")
            for ref in self.tables[member_kind].ids[self.find_rows_in(member_kind, area)]
        }
        relations = self.tables["relation"]
        return np.array(
            [
                row
                for row, members in enumerate(relations.refs)
                if any((member_kind, ref) in inside for member_kind, ref, _ in members)
            ],
            np.int64,
        )


def read_elements(path: Path) -> list[dict[str, Any]]:
    """Read the elements of a file in the form of Overpass's JSON; deleted ones are left out."""
    import osmium

    found = []
    for item in osmium.FileProcessor(str(path)):
        if item.deleted or (item.is_node() and not item.location.valid()):
            continue
        element: dict[str, Any] = {
            "type": _LETTER_KINDS[item.type_str()],
            "id": item.id,
            "timestamp": _write_time(item.timestamp),
            "version": item.version,
            "changeset": item.changeset,
            "user": item.user,
            "uid": item.uid,
            "tags": dict(item.tags) if len(item.tags) else {},
        }
        if item.is_node():
            element |= {"lat": item.location.lat, "lon": item.location.lon}
        elif item.is_way():
            element["nodes"] = [node.ref for node in item.nodes]
        else:
            element["members"] = [
                {"type": _LETTER_KINDS[member.type], "ref": member.ref, "role": member.role}
                for member in item.members
            ]
        found.append(element)
    return found


def _write_time(stamp: Any) -> str:
    return NO_TIMESTAMP if stamp.year <= 1970 else stamp.strftime("%Y-%m-%dT%H:%M:%SZ")


def _build_table(elements: list[dict[str, Any]]) -> Table:
    elements = sorted(elements, key=lambda element: element["id"])
    rows_of_key: dict[str, list[int]] = defaultdict(list)
    for row, element in enumerate(elements):
        for key in element.get("tags", {}):
            rows_of_key[key].append(row)
    return Table(
        ids=np.array([element["id"] for element in elements], np.int64),
        meta=[
            (
                element.get("version", 1),
                element.get("timestamp", NO_TIMESTAMP),
                element.get("changeset", 1),
                element.get("user", ""),
                element.get("uid", 0),
            )
            for element in elements
        ],
        tags=[element.get("tags", {}) for element in elements],
        refs=[_list_refs(element) for element in elements],
        rows_of_key={key: np.array(rows) for key, rows in rows_of_key.items()},
    )


def _list_refs(element: dict[str, Any]) -> Any:
    if "members" in element:
        return [(member["type"], member["ref"], member["role"]) for member in element["members"]]
    return element.get("nodes")
