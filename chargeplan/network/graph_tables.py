"""Nodes and edges of a street graph of osmnx, from GraphML, GeoPackage or the graph itself."""

from __future__ import annotations

import contextlib
import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import shapely
from numpy.typing import NDArray

from chargeplan.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx
    import pandas as pd

_LAYERS = ("nodes", "edges")
_NODE_COLUMNS = ("osmid", "x", "y")
_EDGE_COLUMNS = ("u", "v", "highway")
_SQLITE_START = b"SQLite format 3\x00"
# What osmnx 1.x and 2.x name the line of an edge.
_GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True, eq=False)
class GraphTables:
    """A street graph as plain tables.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n,)
        Without repeats.
    x, y : ndarray of float64, shape (n,)
        In `crs`, NaN where the graph does not say.
    start, end : ndarray of int64, shape (m,)
        Node ids of each edge; they may name nodes that are not in `node_id`.
    tags : list of dict, length m
        Attributes of each edge as osmnx types them, or as texts of these.
    lines : ndarray of object, shape (m,)
        shapely geometry of each edge in `crs`, None when it is straight.
    crs : str
        As the graph says it, empty when it does not.
    facts : dict
        Attributes of the graph: created_with, created_date, simplified and others.
    is_directed : bool
        False when both directions of a two-way road are one edge.
    warnings : tuple of str
        What the library that read the file warned of.
    """

    node_id: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    tags: list[dict[str, Any]]
    lines: NDArray[np.object_]
    crs: str
    facts: dict[str, Any]
    is_directed: bool
    warnings: tuple[str, ...] = ()


def read_graphml(path: Path, where: str) -> GraphTables:
    """Read a GraphML file as ``osmnx.save_graphml`` writes it.

    Parameters
    ----------
    path : Path
    where : str
        Key and file name, for messages.

    Raises
    ------
    DataError
        When the file is cut short, damaged, or another program's GraphML.
    """
    import osmnx

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # networkx warns of keys that it has to guess
            graph = osmnx.load_graphml(path)
    except Exception as error:  # the parsers of XML, networkx, shapely and osmnx each raise their own
        raise DataError(
            f"{where} cannot be read as GraphML of osmnx ({type(error).__name__}: {_shorten(error)}); it may be cut "
            "short, damaged or another program's: write it again with osmnx.save_graphml"
        ) from error
    return take_graph(graph, where)


def take_graph(graph: nx.MultiDiGraph, where: str) -> GraphTables:
    """Take the nodes and edges of a graph of osmnx.

    Raises
    ------
    DataError
        When its node ids are no whole numbers.
    """
    nodes = list(graph.nodes(data=True))
    edges = list(graph.edges(data=True))
    lines = np.empty(len(edges), np.object_)
    lines[:] = [_take_geometry(tags.get(_GEOMETRY)) for *_, tags in edges]
    return GraphTables(
        _to_ids([node for node, _ in nodes], "node ids", where),
        _to_numbers([tags.get("x") for _, tags in nodes]),
        _to_numbers([tags.get("y") for _, tags in nodes]),
        _to_ids([start for start, *_ in edges], "node ids of edges", where),
        _to_ids([end for _, end, _ in edges], "node ids of edges", where),
        [tags for *_, tags in edges],
        lines,
        _name_crs(graph.graph.get("crs")),
        dict(graph.graph),
        bool(graph.is_directed()),
    )


def read_geopackage(path: Path, where: str) -> GraphTables:
    """Read a GeoPackage as ``osmnx.save_graph_geopackage`` writes it: layers nodes and edges.

    Raises
    ------
    DataError
        When the file is damaged, lacks a layer, a column or rows that it says it has, or a
        node stands in it twice.
    """
    _check_database(path, where)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nodes, edges = (_read_layer(path, layer, where) for layer in _LAYERS)
    for layer, frame, columns in (("nodes", nodes, _NODE_COLUMNS), ("edges", edges, _EDGE_COLUMNS)):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise DataError(
                f"{where}: the layer {layer} lacks {', '.join(missing)}; write the file with "
                "osmnx.save_graph_geopackage"
            )
    node_id = _to_ids(nodes["osmid"].tolist(), "osmid of nodes", where)
    if np.unique(node_id).size != node_id.size:
        raise DataError(f"{where}: nodes stand in the layer nodes more than once; write the file again")
    # Of an undirected edge `u` and `v` have no order; `from` and `to` have that of its line.
    is_directed = not {"from", "to"} <= set(edges.columns)
    ends = ("u", "v") if is_directed else ("from", "to")
    lines = np.empty(len(edges), np.object_)
    lines[:] = [_take_geometry(line) for line in edges.geometry]
    plain = edges.drop(columns=edges.geometry.name)
    return GraphTables(
        node_id,
        _to_numbers(nodes["x"].tolist()),
        _to_numbers(nodes["y"].tolist()),
        _to_ids(edges[ends[0]].tolist(), f"{ends[0]} of edges", where),
        _to_ids(edges[ends[1]].tolist(), f"{ends[1]} of edges", where),
        [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")],
        lines,
        _name_crs(edges.crs),
        {},
        is_directed,
        tuple(sorted({_shorten(warning.message) for warning in caught})),
    )


def _check_database(path: Path, where: str) -> None:
    """Refuse a GeoPackage whose pages are damaged, before a reader passes over them."""
    again = "it may be cut short or damaged: write it again with osmnx.save_graph_geopackage"
    with path.open("rb") as file:
        if file.read(len(_SQLITE_START)) != _SQLITE_START:
            raise DataError(f"{where} is no GeoPackage (its first bytes are not those of SQLite); {again}")
    try:
        address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(3)")]
    except (sqlite3.Error, ValueError, OverflowError, MemoryError) as error:
        raise DataError(f"{where} cannot be read as a GeoPackage: {_shorten(error)}; {again}") from error
    if found != ["ok"]:
        raise DataError(f"{where} is damaged ({_shorten('; '.join(found))}); {again}")


def _read_layer(path: Path, layer: str, where: str) -> pd.DataFrame:
    import pyogrio

    try:
        stated = int(pyogrio.read_info(path, layer=layer)["features"])
        frame = pyogrio.read_dataframe(path, layer=layer)
    except Exception as error:  # GDAL's kinds, shapely's, and those of decoding
        raise DataError(
            f"{where}: the layer {layer} cannot be read: {_shorten(error)}; write the file with "
            "osmnx.save_graph_geopackage"
        ) from error
    if not hasattr(frame, "crs"):
        raise DataError(
            f"{where}: the layer {layer} has no geometry; write the file with osmnx.save_graph_geopackage"
        )
    if stated >= 0 and stated != len(frame):
        raise DataError(
            f"{where}: the layer {layer} says {stated:,} rows and holds {len(frame):,}; write the file again"
        )
    return frame


def _take_geometry(value: Any) -> shapely.Geometry | None:
    return value if isinstance(value, shapely.Geometry) else None


def _to_ids(values: list[Any], what: str, where: str) -> NDArray[np.int64]:
    try:
        return np.array([_to_id(value) for value in values], np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{where}: {what} must be whole numbers, as OpenStreetMap's are ({_shorten(error)}); write the file "
            "again with osmnx"
        ) from error


def _to_id(value: Any) -> int:
    number = int(value)
    if isinstance(value, float) and number != value:
        raise ValueError(f"{value!r} is no whole number")
    return number


def _to_numbers(values: list[Any]) -> NDArray[np.float64]:
    return np.array([_to_number(value) for value in values], np.float64)


def _to_number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("nan")
    return number if np.isfinite(number) else float("nan")


def _name_crs(crs: Any) -> str:
    if crs is None:
        return ""
    to_text: Callable[[], str] | None = getattr(crs, "to_wkt", None)
    return to_text() if to_text is not None else str(crs)


def _shorten(words: object) -> str:
    return " ".join(str(words).split())[:160]
