"""GeoParquet 1.1: one file for each layer, for data people."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from chargeplan.export.options import ExportFormat, ExportLayer
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.plan import describe_origin
from chargeplan.geo import WGS84
from chargeplan.text import to_json

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from chargeplan.export.plan import ExportPlan

GEOPARQUET_VERSION = "1.1.0"
_ORIGIN_KEY = b"chargeplan"


def list_parquet_files(plan: ExportPlan) -> list[OutputFile]:
    """List a file for each layer asked for."""
    return [
        OutputFile(
            f"{plan.study}-{layer}.parquet",
            ExportFormat.PARQUET,
            f"{layer} as GeoParquet {GEOPARQUET_VERSION}",
            partial(_write, plan=plan, layer=layer),
            partial(_check, plan=plan, layer=layer),
        )
        for layer in plan.options.layers
    ]


def build_frame(plan: ExportPlan, layer: str) -> gpd.GeoDataFrame:
    """Build the table of a layer with its points or polygons, EPSG:4326."""
    import geopandas as gpd

    table = plan.get_table(layer)
    is_point = layer in {ExportLayer.STATIONS, ExportLayer.SITES}
    geometry = (
        gpd.points_from_xy(table["lon"], table["lat"])
        if is_point
        else gpd.GeoSeries(plan.get_outlines(layer))
    )
    return gpd.GeoDataFrame(table.copy(), geometry=geometry, crs=WGS84)


def _write(path: Path, *, plan: ExportPlan, layer: str) -> None:
    import pyarrow.parquet as pq

    build_frame(plan, layer).to_parquet(path, schema_version=GEOPARQUET_VERSION, compression="zstd")
    table = pq.read_table(path)
    origin = to_json(describe_origin(plan), indent=None).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _ORIGIN_KEY: origin})
    pq.write_table(table, path, compression="zstd")


def _check(path: Path, *, plan: ExportPlan, layer: str) -> list[str]:
    import geopandas as gpd
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    if json.loads(metadata.get(b"geo", b"{}")).get("version") != GEOPARQUET_VERSION:
        return [f"is not GeoParquet {GEOPARQUET_VERSION}"]
    found, expected = gpd.read_parquet(path), build_frame(plan, layer)
    if found.crs != WGS84 or list(found.columns) != list(expected.columns) or len(found) != len(expected):
        return ["columns, rows or coordinate system do not read back as they were written"]
    texts = [name for name in expected.columns if name.endswith(("_id", "name", "title"))]
    faults = [
        f"{name} does not read back as it was written"
        for name in texts
        if found[name].astype(object).where(found[name].notna(), None).tolist()
        != expected[name].astype(object).where(expected[name].notna(), None).tolist()
    ]
    if layer in {ExportLayer.STATIONS, ExportLayer.SITES}:
        faults += find_shifted(found.geometry.x, found.geometry.y, expected["lon"], expected["lat"])
    return faults
