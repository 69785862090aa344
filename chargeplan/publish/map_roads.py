"""Roads of the map page: grouped by class, thinned, packed; and the names to write along them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from chargeplan.geo import project_geometry, to_degrees, to_metric
from chargeplan.publish.encode import pack_lines
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints, RoadNetwork

# Drawn in this order, the widest roads last and on top. Classes that are not named here are
# drawn as `unclassified`.
ROAD_CLASSES = (
    "service",
    "living_street",
    "residential",
    "unclassified",
    "tertiary",
    "secondary",
    "primary",
    "trunk",
    "motorway",
)
_NAMED_CLASSES = frozenset({"tertiary", "secondary", "primary", "trunk", "motorway"})
THINNING_M = 3.0  # bends smaller than this are not drawn; a screen pixel is 3 m at zoom 15.6
_NAME_THINNING_M = 8.0
_SHORTEST_NAMED_M = 300.0
_MOST_NAMED_LINES = 1500
_MORTON_BITS = 16


def pack_roads(network: RoadNetwork) -> dict[str, Any]:
    """Pack all road pieces for the page.

    Returns
    -------
    dict
        ``classes`` (list of name and number of pieces, in drawing order) and ``lines`` (see
        `encode.pack_lines`), one text for each class, which the page unpacks when it is to be
        seen; the pieces of a class along a space-filling curve, so that steps are short and a
        run of pieces lies close together.
    """
    lines = _build_lines(network, THINNING_M)
    class_pos = _find_class_pos(network)
    order = np.lexsort((_order_along_curve(lines), class_pos))
    counts = np.bincount(class_pos, minlength=len(ROAD_CLASSES))
    return {
        "classes": [[name, int(count)] for name, count in zip(ROAD_CLASSES, counts, strict=True)],
        "lines": [
            pack_lines(_split_coordinates(lines[members]))
            for members in np.split(order, np.cumsum(counts)[:-1])
        ],
    }


def pack_road_names(network: RoadNetwork) -> dict[str, Any]:
    """Pack the names of the larger roads with the merged lines to write them along.

    Returns
    -------
    dict
        ``names`` and ``ranks`` (position in `ROAD_CLASSES`), one for each line, longest first,
        and ``lines`` (see `encode.pack_lines`).
    """
    code, texts = pd.factorize(network.roads["name"], use_na_sentinel=False)
    names = np.array([clean_text(text) for text in texts], dtype=object)[code]  # each text once
    classes = network.roads["road_class"].to_numpy()
    is_named = (names != "") & np.isin(classes, list(_NAMED_CLASSES))
    groups: dict[tuple[str, str], list[int]] = {}
    for piece, pos in enumerate(np.flatnonzero(is_named)):
        groups.setdefault((str(names[pos]), str(classes[pos])), []).append(piece)
    pieces = _build_lines(network, _NAME_THINNING_M, is_kept=is_named)
    found: list[tuple[float, str, str, Floats]] = []
    for (name, road_class), members in sorted(groups.items()):
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces[members])))
        for line in merged:
            coordinates = shapely.get_coordinates(line)
            length_m = _measure_length_m(coordinates, network.crs)
            if length_m >= _SHORTEST_NAMED_M:
                found.append((-length_m, name, road_class, coordinates))
    found.sort(key=lambda entry: (*entry[:3], entry[3].tobytes()))
    kept = found[:_MOST_NAMED_LINES]
    return {
        "names": [name for _, name, _, _ in kept],
        "ranks": [ROAD_CLASSES.index(road_class) for _, _, road_class, _ in kept],
        "lines": pack_lines([coordinates for _, _, _, coordinates in kept]),
    }


def _build_lines(network: RoadNetwork, thinning_m: float, *, is_kept: Bools | None = None) -> Any:
    """Build one thinned line for each road piece (or each that is kept), EPSG:4326."""
    piece = np.repeat(np.arange(len(network.roads)), np.diff(network.road_offsets))
    lonlat = network.road_lonlat
    if is_kept is not None:
        lonlat, piece = lonlat[is_kept[piece]], (np.cumsum(is_kept) - 1)[piece[is_kept[piece]]]
    x_m, y_m = to_metric(lonlat[:, 0], lonlat[:, 1], network.crs)
    lines = shapely.linestrings(np.column_stack([x_m, y_m]), indices=piece)
    thinned = shapely.simplify(lines, thinning_m, preserve_topology=False)
    coordinates, owner = shapely.get_coordinates(thinned, return_index=True)
    lon, lat = to_degrees(coordinates[:, 0], coordinates[:, 1], network.crs)
    return shapely.linestrings(np.column_stack([lon, lat]), indices=owner)


def _split_coordinates(lines: Any) -> list[Floats]:
    """List the coordinates of each line; one call for all is much faster than one for each."""
    counts = shapely.get_num_coordinates(lines)
    return np.split(shapely.get_coordinates(lines), np.cumsum(counts)[:-1]) if len(lines) else []


def _find_class_pos(network: RoadNetwork) -> Ints:
    position = {name: pos for pos, name in enumerate(ROAD_CLASSES)}
    other = position["unclassified"]
    code, names = pd.factorize(network.roads["road_class"], use_na_sentinel=False)
    class_pos: Ints = np.array([position.get(str(name), other) for name in names], dtype=np.int64)[code]
    return class_pos


def _order_along_curve(lines: Any) -> Ints:
    """Compute the Morton number of the middle of each line's box."""
    bounds = shapely.bounds(lines)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    if len(middle) == 0:
        return np.zeros(0, dtype=np.int64)
    low, span = middle.min(axis=0), np.ptp(middle, axis=0).max() or 1.0
    grid = ((middle - low) / span * ((1 << _MORTON_BITS) - 1)).astype(np.int64)
    number = np.zeros(len(middle), dtype=np.int64)
    for bit in range(_MORTON_BITS):
        number |= ((grid[:, 0] >> bit) & 1) << (2 * bit)
        number |= ((grid[:, 1] >> bit) & 1) << (2 * bit + 1)
    return number


def _measure_length_m(lonlat: Floats, crs: str) -> float:
    return float(project_geometry(shapely.LineString(lonlat), "EPSG:4326", crs).length)
