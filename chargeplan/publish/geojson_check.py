"""An independent check of GeoJSON against RFC 7946; it shares no code with the writer."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any, NoReturn

_GEOMETRY_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_GEOMETRY_MEMBERS = {"coordinates", "geometries", "geometry", "properties", "features"}
_MAX_DECIMALS = 7
_MIN_RING_POINTS = 4
_MIN_LINE_POINTS = 2
# Swapped axes are degrees too; only the box of Pakistan (60-78 E, 23-38 N) tells them apart.
_WEST, _SOUTH, _EAST, _NORTH = 60.0, 23.0, 78.0, 38.0


def find_geojson_faults(text: str) -> list[str]:
    """Find everything in a feature collection that RFC 7946 or our own promise forbids.

    Checked: strict JSON without NaN or repeated members; type, features, ids; longitudes and
    latitudes in Pakistan, in that order, with at most seven decimals; closed rings, outer ones
    counter-clockwise; a bbox that is the bounds of the points; no ``crs`` member.

    Returns
    -------
    list of str
        One line per fault; empty when the text is valid.
    """
    try:
        data = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_refuse_infinity,
            object_pairs_hook=_refuse_repeats,
        )
    except ValueError as error:
        return [f"not strict JSON: {error}"]
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        return ["the top object must be a FeatureCollection"]
    faults = ["a crs member is not allowed (RFC 7946 section 4)"] if "crs" in data else []
    faults += [
        f"a FeatureCollection must not have the member {name} (section 7.1)"
        for name in sorted(_GEOMETRY_MEMBERS - {"features"})
        if name in data
    ]
    features = data.get("features")
    if not isinstance(features, list):
        return [*faults, "features must be an array (section 3.3)"]
    points: list[tuple[float, float]] = []
    for number, feature in enumerate(features):
        faults += [f"feature {number}: {fault}" for fault in _check_feature(feature, points)]
    faults += _check_bbox(data.get("bbox"), points)
    ids = [feature["id"] for feature in features if isinstance(feature, dict) and "id" in feature]
    if len({str(one) for one in ids}) != len(ids):
        faults.append("feature ids repeat")
    return faults


def _refuse_constant(word: str) -> NoReturn:
    msg = f"{word} is not JSON"
    raise ValueError(msg)


def _refuse_infinity(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse_constant(digits)


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        msg = f"repeated member in {names[:5]}"
        raise ValueError(msg)
    return dict(pairs)


def _check_feature(feature: object, points: list[tuple[float, float]]) -> list[str]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return ["type must be Feature (section 3.2)"]
    faults = [
        f"member {name} is missing (section 3.2)"
        for name in ("geometry", "properties")
        if name not in feature
    ]
    faults += [
        f"a Feature must not have the member {name} (section 7.1)"
        for name in ("coordinates", "geometries", "features", "crs")
        if name in feature
    ]
    if "id" in feature and (
        not isinstance(feature["id"], str | int | float) or isinstance(feature["id"], bool)
    ):
        faults.append("id must be a text or a number")
    if not isinstance(feature.get("properties"), dict | None):
        faults.append("properties must be an object or null")
    geometry = feature.get("geometry")
    return faults if geometry is None else faults + _check_geometry(geometry, points)


def _check_geometry(geometry: object, points: list[tuple[float, float]]) -> list[str]:
    if not isinstance(geometry, dict):
        return ["geometry must be an object or null"]
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if not isinstance(parts, list):
            return ["geometries must be an array"]
        return [fault for part in parts for fault in _check_geometry(part, points)]
    if kind not in _GEOMETRY_DEPTHS:
        return [f"unknown geometry type {kind!r}"]
    faults = _check_positions(geometry.get("coordinates"), _GEOMETRY_DEPTHS[kind], points)
    if not faults and kind in {"LineString", "MultiLineString"}:
        lines = [geometry["coordinates"]] if kind == "LineString" else geometry["coordinates"]
        if any(len(line) < _MIN_LINE_POINTS for line in lines):
            return ["a line must have two positions or more (section 3.1.4)"]
    if faults or kind not in {"Polygon", "MultiPolygon"}:
        return faults
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    return [fault for polygon in polygons for fault in _check_rings(polygon)]


def _check_positions(value: object, depth: int, points: list[tuple[float, float]]) -> list[str]:
    if not isinstance(value, list):
        return ["coordinates must be nested arrays of the depth of their type"]
    if depth > 0:
        return [fault for part in value for fault in _check_positions(part, depth - 1, points)]
    if len(value) not in {2, 3} or not all(
        isinstance(number, int | float) and not isinstance(number, bool) for number in value
    ):
        return [f"a position must be two or three numbers, got {value!r}"]
    longitude, latitude = float(value[0]), float(value[1])
    points.append((longitude, latitude))
    faults = []
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        faults.append(f"position {value} is not longitude, latitude in degrees")
    elif not (_WEST <= longitude <= _EAST and _SOUTH <= latitude <= _NORTH):
        faults.append(f"position {value} is not in Pakistan; longitude must come first")
    if any(round(float(number), _MAX_DECIMALS) != float(number) for number in value[:2]):
        faults.append(f"position {value} has more than {_MAX_DECIMALS} decimals")
    return faults


def _check_rings(polygon: list[list[list[float]]]) -> list[str]:
    faults = []
    for number, ring in enumerate(polygon):
        if len(ring) < _MIN_RING_POINTS or ring[0] != ring[-1]:
            faults.append("a ring must have four positions or more, the last equal to the first")
            continue
        # Shoelace formula: positive for counter-clockwise.
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
        if (area > 0) != (number == 0):
            faults.append("rings must follow the right-hand rule (section 3.1.6)")
    return faults


def _check_bbox(bbox: object, points: list[tuple[float, float]]) -> list[str]:
    if not points:
        return [] if bbox is None else ["bbox without any position"]
    expected = [
        min(longitude for longitude, _ in points),
        min(latitude for _, latitude in points),
        max(longitude for longitude, _ in points),
        max(latitude for _, latitude in points),
    ]
    return [] if bbox == expected else [f"bbox is {bbox}, the positions span {expected}"]
