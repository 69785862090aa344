"""Keys by which the two directions of a road find each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.network.graph_lines import EdgeLines
    from chargeplan.network.graph_tables import GraphTables
    from chargeplan.records import Ints


class LineKeys:
    """Which edges run on the same line, either way.

    Parameters
    ----------
    graph : GraphTables
    lines : EdgeLines

    Attributes
    ----------
    of_edge : ndarray of int64, shape (m,)
        Line of each edge.
    is_along : ndarray of bool, shape (m,)
        Whether the edge runs as its line does.
    ends : list of tuple of int
        Start and end node of each line.
    inner : list of ndarray of int64, shape (k, 2)
        Vertices of each line between its ends.
    """

    def __init__(self, graph: GraphTables, lines: EdgeLines) -> None:
        keyed = [
            self._make_key(start, end, points)
            for start, end, points in zip(graph.start.tolist(), graph.end.tolist(), lines.points, strict=True)
        ]
        order = sorted({key for key, _ in keyed})
        number = {key: position for position, key in enumerate(order)}
        self.of_edge = np.array([number[key] for key, _ in keyed], np.int64)
        self.is_along = np.array([is_along for _, is_along in keyed], np.bool_)
        self.ends = [(start, end) for start, end, _ in order]
        self.inner = [np.frombuffer(vertices, np.int64).reshape(-1, 2) for *_, vertices in order]

    @staticmethod
    def _make_key(start: int, end: int, points: Ints) -> tuple[tuple[int, int, bytes], bool]:
        """Make what is equal for both directions: from the lower node id to the higher."""
        there, back = points[1:-1].tobytes(), points[-2:0:-1].tobytes()
        is_along = (start, there) <= (end, back)
        return ((start, end, there), True) if is_along else ((end, start, back), False)
