"""GeoJSON (RFC 7946): the stations as they were published, and any other layer."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from chargeplan.export.options import ExportFormat, ExportLayer
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.publish.geojson import COORDINATE_DECIMALS, build_geojson, describe_plan
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chargeplan.export.plan import ExportPlan

_IDS = {"sites": "site_id", "cells": "cell_id", "zones": "zone_id"}


def list_geojson_files(plan: ExportPlan) -> list[OutputFile]:
    """List a feature collection for each layer asked for."""
    return [
        OutputFile(
            f"{plan.study}-{layer}.geojson",
            ExportFormat.GEOJSON,
            f"{layer} for any map program",
            partial(_write, plan=plan, layer=layer),
            partial(_check, plan=plan, layer=layer),
        )
        for layer in plan.options.layers
    ]


def _write(path: Path, *, plan: ExportPlan, layer: str) -> None:
    if layer == ExportLayer.STATIONS:
        text = to_json(build_geojson(plan.bundle), indent=1)
    else:
        text = _write_lines(build_collection(plan, layer))
    path.write_bytes((text + "\n").encode())


def _write_lines(collection: dict[str, Any]) -> str:
    """Write a feature on each line: small, and still to be read and compared by lines."""
    features = ",\n".join(to_json(feature, indent=None) for feature in collection["features"])
    rest = to_json({name: value for name, value in collection.items() if name != "features"}, indent=None)
    return f'{rest[:-1]},"features":[\n{features}\n]}}'


def build_collection(plan: ExportPlan, layer: str) -> dict[str, Any]:
    """Build the feature collection of a layer but the stations, in the order of its table."""
    table = plan.get_table(layer)
    geometries: Iterable[dict[str, Any] | None]
    if layer == ExportLayer.SITES:
        points = zip(table["lon"].tolist(), table["lat"].tolist(), strict=True)
        geometries = [{"type": "Point", "coordinates": list(point)} for point in points]
        table = table.drop(columns=["lon", "lat"])
    else:
        geometries = [_describe_polygons(outline) for outline in plan.get_outlines(layer)]
    features = [
        {
            "type": "Feature",
            "id": row[_IDS[layer]],
            "geometry": geometry,
            "properties": {name: _make_plain(name, value) for name, value in row.items()},
        }
        for row, geometry in zip(table.astype(object).to_dict("records"), geometries, strict=True)
    ]
    collection: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "chargeplan": describe_plan(plan.bundle),
    }
    positions = [point for feature in features for point in _list_positions(feature["geometry"])]
    if positions:
        west, south = (min(point[axis] for point in positions) for axis in (0, 1))
        east, north = (max(point[axis] for point in positions) for axis in (0, 1))
        collection["bbox"] = [west, south, east, north]
    return collection


def _make_plain(name: str, value: Any) -> object:
    if pd.isna(value):
        return None
    if name == "chargers_by_type":
        return json.loads(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _describe_polygons(outline: shapely.Geometry | None) -> dict[str, Any] | None:
    """Describe polygons with outer rings counter-clockwise; None where nothing is left to draw."""
    if outline is None or outline.is_empty:
        return None
    parts = [
        [_round_ring(ring) for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in shapely.get_parts(shapely.orient_polygons(outline))
    ]
    # Rings so small that their corners fall together at seven decimals enclose nothing.
    parts = [[part[0], *filter(None, part[1:])] for part in parts if part[0]]
    if not parts:
        return None
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def _round_ring(ring: shapely.LinearRing) -> list[list[float]]:
    points: list[list[float]] = []
    for lon, lat in ring.coords:
        point = [round(lon, COORDINATE_DECIMALS), round(lat, COORDINATE_DECIMALS)]
        if not points or point != points[-1]:
            points.append(point)
    return points if len({tuple(point) for point in points}) > 2 else []


def _list_positions(geometry: dict[str, Any] | None) -> list[list[float]]:
    if geometry is None:
        return []
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        return [coordinates]
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [point for polygon in polygons for ring in polygon for point in ring]


def _check(path: Path, *, plan: ExportPlan, layer: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    faults = find_geojson_faults(text)
    features = [] if faults else json.loads(text)["features"]
    table = plan.get_table(layer)
    if not faults and len(features) != len(table):
        faults.append(f"{len(features)} features, expected {len(table)}")
    if not faults and layer in {ExportLayer.STATIONS, ExportLayer.SITES}:
        points = [feature["geometry"]["coordinates"] for feature in features]
        lon, lat = [point[0] for point in points], [point[1] for point in points]
        faults += find_shifted(lon, lat, table["lon"], table["lat"])
    return faults
