"""A street plan being drawn: nodes on the sector grid, and ways between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

GridPoint = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A road: its nodes in order and its OpenStreetMap tags."""

    nodes: tuple[int, ...]
    tags: dict[str, str]


@dataclass(slots=True)
class StreetPlan:
    """Nodes and ways of a drawn city; points closer than `merge_grid` are one node.

    Parameters
    ----------
    merge_grid : float
        Distance in units of the sector grid (one unit is about 1.9 km).
    """

    merge_grid: float = 0.004
    points: list[GridPoint] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    _buckets: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def add_point(self, point: GridPoint) -> int:
        """Return the node at a point, a new one when there is none."""
        found = self.find_near(point, self.merge_grid)
        if found is not None:
            return found
        self.points.append(point)
        node = len(self.points) - 1
        self._buckets.setdefault(self._bucket(point), []).append(node)
        return node

    def find_near(self, point: GridPoint, within_grid: float) -> int | None:
        """Find the nearest node within a distance (of at most a bucket's size), the first if equal."""
        row, column = self._bucket(point)
        best, best_distance = None, within_grid
        for i in (row - 1, row, row + 1):
            for j in (column - 1, column, column + 1):
                for node in self._buckets.get((i, j), ()):
                    distance = math.dist(point, self.points[node])
                    if distance < best_distance or (distance == best_distance and best is None):
                        best, best_distance = node, distance
        return best

    def add_way(self, points: list[GridPoint], **tags: str) -> None:
        """Add a road through points; repeated nodes in a row are one, shorter than two is nothing."""
        nodes: list[int] = []
        for point in points:
            node = self.add_point(point)
            if not nodes or nodes[-1] != node:
                nodes.append(node)
        self.add_nodes(nodes, **tags)

    def add_nodes(self, nodes: list[int], **tags: str) -> None:
        """Add a road through existing nodes."""
        if len(nodes) > 1:
            written = {key.replace("__", ":"): value for key, value in tags.items() if value}
            self.ways.append(Way(tuple(nodes), written))

    def _bucket(self, point: GridPoint) -> tuple[int, int]:
        return math.floor(point[0] / _BUCKET_GRID), math.floor(point[1] / _BUCKET_GRID)


_BUCKET_GRID = 0.25
