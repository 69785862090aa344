"""The lines of a graph's edges, each once: what runs to and fro on one line is one road.

Coordinates are whole numbers of 1e-7 degrees, as OpenStreetMap keeps them, so that equal
places are equal whatever program wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from chargeplan.errors import DataError
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.network.segments import compute_length_m
from chargeplan.rows import Rows

if TYPE_CHECKING:
    from chargeplan.network.graph_tables import GraphTables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNITS_PER_DEGREE = 10_000_000
# No place on Earth; stands for "not known" among whole numbers.
_UNKNOWN = 2**40
_LINE_STRING = 1
# A line whose ends are further than this from their nodes is joined to them, and told of.
_JOINED_UNITS = 200  # 2e-5 degrees, about 2 m


@dataclass(frozen=True, slots=True, eq=False)
class EdgeLines:
    """Where each edge runs, both ends included.

    Parameters
    ----------
    points : list of ndarray of int64, shape (k, 2), length m
        Longitude and latitude of the vertices from start to end, in 1e-7 degrees, no vertex
        twice in a row; `_UNKNOWN` at ends without coordinates.
    not_a_line, not_at_nodes, turned : list of int
        Edges (rows) whose geometry was passed over, was joined to its nodes with straight
        pieces, or ran from end to start.
    """

    points: list[Ints]
    not_a_line: list[int] = field(default_factory=list)
    not_at_nodes: list[int] = field(default_factory=list)
    turned: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class GraphNodes:
    """The nodes that edges name, with places.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n,)
        Rising.
    place : ndarray of int64, shape (n, 2)
        Longitude and latitude in 1e-7 degrees, `_UNKNOWN` where not known.
    """

    node_id: Ints
    place: Ints

    @property
    def is_known(self) -> Bools:
        """Which nodes have a place, shape (n,)."""
        return np.asarray(self.place[:, 0] != _UNKNOWN)

    def find_degrees(self) -> tuple[Floats, Floats]:
        """Find longitudes and latitudes, NaN where not known."""
        degrees = np.where(self.place == _UNKNOWN, np.nan, self.place / UNITS_PER_DEGREE)
        return degrees[:, 0], degrees[:, 1]


def locate_nodes(graph: GraphTables, where: str) -> GraphNodes:
    """Find the places (EPSG:4326) of all nodes of a graph.

    Raises
    ------
    DataError
        When the graph has no CRS or none that can be read, or no node lies in Pakistan.
    """
    named = np.unique(np.concatenate([graph.node_id, graph.start, graph.end]))
    place = np.full((named.size, 2), _UNKNOWN, np.int64)
    place[np.searchsorted(named, graph.node_id)] = _to_units(
        _Projection(graph.crs, where).apply(graph.x, graph.y)
    )
    nodes = GraphNodes(named, place)
    lon, lat = nodes.find_degrees()
    rows = Rows("node", nodes.node_id[nodes.is_known])
    check_coordinates(lon[nodes.is_known], lat[nodes.is_known], where, rows=rows)
    return nodes


def line_up_edges(graph: GraphTables, nodes: GraphNodes, where: str) -> EdgeLines:
    """Line up the vertices of each edge from its start to its end."""
    is_line = _find_lines(graph.lines)
    vertices, edge = shapely.get_coordinates(graph.lines[is_line], return_index=True)
    units = _to_units(_Projection(graph.crs, where).apply(vertices[:, 0], vertices[:, 1]))
    row = np.flatnonzero(is_line)
    pieces = dict(
        zip(row.tolist(), np.split(units, np.flatnonzero(np.diff(edge)) + 1) if row.size else [], strict=True)
    )
    start = nodes.place[np.searchsorted(nodes.node_id, graph.start)]
    end = nodes.place[np.searchsorted(nodes.node_id, graph.end)]
    result = EdgeLines([])
    result.not_a_line.extend(np.flatnonzero(~is_line & ~shapely.is_missing(graph.lines)).tolist())
    for number in range(graph.start.size):  # each edge has its own number of vertices
        inner = _fit(pieces.get(number), start[number], end[number], number, result)
        whole = np.concatenate([start[None, number], inner, end[None, number]])
        is_new = np.ones(len(whole), np.bool_)
        is_new[1:-1] = (whole[1:-1] != whole[:-2]).any(axis=1)
        if len(whole) > 2 and is_new[-2] and (whole[-2] == whole[-1]).all():
            is_new[-2] = False
        result.points.append(whole[is_new])
    return result


def measure_lines(lines: EdgeLines) -> Floats:
    """Measure each line in metres, NaN when an end has no place, shape (m,)."""
    if not lines.points:
        return np.empty(0, np.float64)
    sizes = np.array([len(points) for points in lines.points])
    edge = np.repeat(np.arange(sizes.size), sizes)
    every = np.concatenate(lines.points)
    degrees = np.where(every == _UNKNOWN, np.nan, every / UNITS_PER_DEGREE)
    is_piece = edge[1:] == edge[:-1]
    first, second = degrees[:-1][is_piece], degrees[1:][is_piece]
    length_m = compute_length_m(first[:, 0], first[:, 1], second[:, 0], second[:, 1])
    return np.asarray(np.bincount(edge[1:][is_piece], length_m, minlength=sizes.size), np.float64)


def _find_lines(lines: NDArray[np.object_]) -> Bools:
    is_line = np.asarray(shapely.get_type_id(lines) == _LINE_STRING)
    n_vertices = np.asarray(shapely.get_num_coordinates(lines))
    is_line &= n_vertices >= 2
    finite = np.ones(lines.size, np.bool_)
    vertices, edge = shapely.get_coordinates(lines, return_index=True)
    finite[edge[~np.isfinite(vertices).all(axis=1)]] = False
    return np.asarray(is_line & finite)


def _fit(line: Ints | None, start: Ints, end: Ints, number: int, result: EdgeLines) -> Ints:
    """Return the vertices between the ends; the line is turned or joined to its nodes where it must be."""
    if line is None:
        return np.empty((0, 2), np.int64)
    if _is_near(line[0], start) and _is_near(line[-1], end):
        return line[1:-1]
    if _is_near(line[-1], start) and _is_near(line[0], end):
        result.turned.append(number)
        return line[-2:0:-1]
    result.not_at_nodes.append(number)
    to_start = np.abs(line[[0, -1]] - start).sum(axis=1)
    return line[::-1] if to_start[1] < to_start[0] else line


def _is_near(vertex: Ints, node: Ints) -> bool:
    """Tell whether a line ends at its node; a node without a place is where its line ends."""
    return bool(node[0] == _UNKNOWN or np.abs(vertex - node).max() <= _JOINED_UNITS)


def _to_units(lonlat: tuple[Floats, Floats]) -> Ints:
    degrees = np.column_stack(lonlat)
    is_known = np.isfinite(degrees).all(axis=1) & (np.abs(degrees) <= 360).all(axis=1)
    units = np.full(degrees.shape, _UNKNOWN, np.int64)
    units[is_known] = np.rint(degrees[is_known] * UNITS_PER_DEGREE)
    return units


class _Projection:
    """From the CRS of a graph to longitudes and latitudes."""

    def __init__(self, crs: str, where: str) -> None:
        if not crs:
            raise DataError(f"{where} does not say its CRS; write it with osmnx, which notes it in the file")
        try:
            source = pyproj.CRS.from_user_input(crs)
            self._is_degrees = source.equals(pyproj.CRS(WGS84), ignore_axis_order=True)
            self._transformer: Any = pyproj.Transformer.from_crs(source, WGS84, always_xy=True)
        except pyproj.exceptions.ProjError as error:
            raise DataError(f"{where}: its CRS {crs[:80]!r} cannot be read; write the file again") from error

    def apply(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return longitudes and latitudes; of WGS84 exactly those that came."""
        if self._is_degrees:
            return x, y
        lon, lat = self._transformer.transform(x, y)
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)
