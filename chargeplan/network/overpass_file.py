"""Read a raw Overpass answer: checked as strictly as a download, then read as any OpenStreetMap file."""

from __future__ import annotations

import dataclasses
import gzip
import math
import tempfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from chargeplan.errors import DataError
from chargeplan.files import require_file
from chargeplan.network.osm_file import KEY, OsmContent, read_osm_file
from chargeplan.osm.file_formats import ANSWER_LIMIT
from chargeplan.osm.merge import write_elements
from chargeplan.osm.overpass_answer import AnswerError, parse_answer

if TYPE_CHECKING:
    from chargeplan.network.node_locations import Box
    from chargeplan.osm.overpass_answer import OverpassAnswer

# Parsed JSON takes about ten times its bytes in memory; a city has some ten megabytes.
_LARGEST_BYTES = 1_000_000_000


def read_overpass_file(path: Path, box: Box) -> OsmContent:
    """Read the roads and places of one answer to an Overpass query with ``[out:json]``.

    Nodes that are not elements of their own are taken from the geometry of their ways
    (``out geom``), where each vertex stands beside the id of its node.

    Raises
    ------
    DataError
        When the answer is not JSON, cut short, remarks a fault of the server, or an element
        is damaged; when ways name nodes of which none came.
    """
    require_file(path, KEY)
    try:
        answer = parse_answer(_read_body(path))
    except AnswerError as error:
        raise DataError(
            f"{KEY}: {path.name} is not a whole Overpass answer: {error}; ask the server again with "
            "[out:json] and `out body; >; out skel qt;`, or let `chargeplan fetch` do it"
        ) from error
    from_lines = _find_nodes_in_ways(answer.elements)
    with tempfile.TemporaryDirectory(prefix="chargeplan-answer-") as folder:
        # Under its own name, because messages name the file.
        copy = Path(folder) / f"{path.name}.osm.pbf"
        try:
            result = write_elements(copy, [*answer.elements, *from_lines], osm_timestamp=answer.osm_timestamp)
        except OSError as error:
            raise DataError(
                f"{KEY}: {path.name} cannot be unpacked in {tempfile.gettempdir()}: {error}; make room or set "
                "TMPDIR to another folder"
            ) from error
        content = read_osm_file(copy, box)
    content.repairs.add(
        "elements that stand in the answer more than once; the newest of each kept",
        [],
        count=result.n_repeated,
    )
    return dataclasses.replace(
        content, limits=_list_limits(answer, len(from_lines), result.n_missing_way_nodes)
    )


def _read_body(path: Path) -> bytes:
    try:
        if path.name.lower().endswith(".gz"):
            with gzip.open(path, "rb") as packed:
                return _read_bounded(packed, path)
        with path.open("rb") as plain:
            return _read_bounded(plain, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{KEY}: {path.name} cannot be unpacked ({error}); it is cut short or damaged: get it again"
        ) from error


def _read_bounded(file: IO[bytes] | gzip.GzipFile, path: Path) -> bytes:
    body = file.read(_LARGEST_BYTES + 1)
    if len(body) > _LARGEST_BYTES:
        raise DataError(
            f"{KEY}: {path.name} is larger than {_LARGEST_BYTES / 1e9:.0f} GB; use an .osm.pbf of the area "
            "(`chargeplan cut`)"
        )
    return body


def _find_nodes_in_ways(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Find the nodes that came only as vertices of their ways."""
    came = {element["id"] for element in elements if element["type"] == "node"}
    found: dict[int, dict[str, Any]] = {}
    for way in elements:
        vertices = way.get("geometry") if way["type"] == "way" else None
        if vertices is None:
            continue
        if not isinstance(vertices, list) or len(vertices) != len(way["nodes"]):
            raise DataError(
                f"{KEY}: way {way['id']} has {len(way['nodes'])} nodes but a geometry of another length; "
                "ask the server again"
            )
        for node_id, vertex in zip(way["nodes"], vertices, strict=True):
            # Overpass writes null for vertices outside the box of the query.
            if vertex is not None and node_id not in came and node_id not in found:
                found[node_id] = {"type": "node", "id": node_id, **_read_place(vertex, way["id"])}
    return list(found.values())


def _read_place(vertex: Any, way_id: int) -> dict[str, float]:
    place: dict[str, Any] = vertex if isinstance(vertex, dict) else {}
    lon, lat = place.get("lon", math.nan), place.get("lat", math.nan)
    if not (_is_degree(lon, 180.0) and _is_degree(lat, 90.0)):
        raise DataError(
            f"{KEY}: the geometry of way {way_id} holds {str(vertex)[:60]!r}, expected lon and lat in degrees; "
            "ask the server again"
        )
    return {"lon": float(lon), "lat": float(lat)}


def _is_degree(value: Any, largest: float) -> bool:
    return type(value) in {int, float} and abs(value) <= largest


def _list_limits(answer: OverpassAnswer, n_from_lines: int, n_missing: int) -> tuple[str, ...]:
    limits = [ANSWER_LIMIT]
    if answer.stated_counts is None:
        limits.append("The answer carries no count of its elements, so a lost element cannot be noticed.")
    if not answer.osm_timestamp:
        limits.append("The answer does not say of when its data are.")
    if n_from_lines:
        limits.append(
            f"{n_from_lines:,} nodes came only as vertices of their ways, so places drawn as points may be missing."
        )
    if n_missing:
        limits.append(f"{n_missing:,} nodes that ways name did not come; roads are cut there.")
    return tuple(limits)
