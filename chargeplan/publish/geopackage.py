"""plan.gpkg: sites, cells and zones for a GIS, the same bytes for the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.geo import WGS84
from chargeplan.publish.geopackage_styles import (
    STYLES_ID,
    STYLES_TABLE,
    build_style_table,
    find_style_faults,
)
from chargeplan.publish.hexagons import build_hexagons
from chargeplan.publish.site_results import RESULT_COLUMNS, RESULT_TEXTS, build_site_results
from chargeplan.publish.stage_results import SITE_STAGES
from chargeplan.text import clean_text, to_json

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from chargeplan.publish.bundle import RunBundle

# GDAL writes the time of writing into every GeoPackage unless told otherwise.
FIXED_DATE = "2000-01-01T00:00:00.000Z"
# Nothing of a later version is used, and GDAL before 3.8 warns of files of 1.4, before 3.6 of 1.3.
GEOPACKAGE_VERSION = "1.2"
LAYERS = ("sites", "cells", "zones")
_SITE_COLUMNS = (
    "site_id",
    "shown_name",
    "kind",
    "status",
    "name",
    "name_en",
    "name_ur",
    "brand",
    "is_open",
    "is_new",
    "connection",
)


def write_geopackage(path: Path, bundle: RunBundle) -> None:
    """Write the layers `sites` (points), `cells` (hexagons) and `zones`, EPSG:4326, with styles for QGIS.

    Zones are polygons of the planner's layer, or hexagons where those stand in for one.

    Raises
    ------
    OSError
        When the file cannot be written, for want of space or permission.
    """
    import geopandas as gpd

    sites = _clean_texts(build_site_results(bundle))
    sites["chargers_by_type"] = [
        None if counts is None else to_json(counts, indent=None) for counts in sites["chargers_by_type"]
    ]
    site_layer = gpd.GeoDataFrame(
        sites[[*_SITE_COLUMNS, *RESULT_COLUMNS, *RESULT_TEXTS, *SITE_STAGES]],
        geometry=gpd.points_from_xy(sites["lon"], sites["lat"]),
        crs=WGS84,
    )
    cell_layer = gpd.GeoDataFrame(
        _clean_texts(describe_cells(bundle)), geometry=build_hexagons(bundle.cells.cell_id), crs=WGS84
    )
    zone_id = bundle.evaluation.zones["zone_id"].to_numpy()
    outlines = build_hexagons(zone_id) if bundle.cells.zones_are_cells else list(bundle.zone_outlines)
    with _fixed_gdal_date():
        _write_layer(path, "sites", site_layer)
        _write_layer(path, "cells", cell_layer)
        zones = _clean_texts(bundle.evaluation.zones)
        _write_layer(path, "zones", gpd.GeoDataFrame(zones, geometry=outlines, crs=WGS84))
        open_kinds = sites.loc[sites["is_open"], "kind"].tolist()
        styles = build_style_table(
            open_kinds, bundle.cells.total_kwh_day, has_zone_names=not bundle.cells.zones_are_cells
        )
        _write_layer(path, STYLES_TABLE, styles, FID=STYLES_ID, DATETIME_PRECISION="MILLISECOND")


def describe_cells(bundle: RunBundle) -> pd.DataFrame:
    """Describe each cell: people, demand, what competitors take, what is served, what is left."""
    import pandas as pd

    demand = bundle.cells.total_kwh_day
    competitor = bundle.problem.competitor_kwh_day
    served = bundle.evaluation.cell_served_kwh_day
    zones = bundle.cells.zones.iloc[bundle.cells.zone_pos]
    return pd.DataFrame(
        {
            "cell_id": bundle.cells.cell_id,
            "zone_id": zones["zone_id"].to_numpy(),
            "zone_name": zones["zone_name"].to_numpy(),
            "people": bundle.cells.people,
            "demand_kwh_day": demand,
            "competitor_kwh_day": competitor,
            "served_kwh_day": served,
            "unserved_kwh_day": np.maximum(demand - competitor - served, 0.0),
            "is_on_network": bundle.cells.node_pos >= 0,
        }
    )


def check_geopackage(path: Path, bundle: RunBundle) -> list[str]:
    """Read a GeoPackage back and list where it differs from the plan."""
    import pyogrio

    try:
        return _find_differences(path, bundle)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        return [f"{path.name}: cannot be read back ({error})"]


def _find_differences(path: Path, bundle: RunBundle) -> list[str]:
    import geopandas as gpd
    import pyogrio

    layers = {str(name) for name, _ in pyogrio.list_layers(path)}
    expected_layers = {*LAYERS, STYLES_TABLE}
    if layers != expected_layers:
        return [f"{path.name}: layers are {sorted(layers)}, expected {sorted(expected_layers)}"]
    faults = []
    cells = gpd.read_file(path, layer="cells")
    for layer, count, expected in (
        ("sites", len(gpd.read_file(path, layer="sites")), len(bundle.sites.table)),
        ("cells", len(cells), len(bundle.cells.cell_id)),
        ("zones", pyogrio.read_info(path, layer="zones")["features"], len(bundle.evaluation.zones)),
    ):
        if count != expected:
            faults.append(f"{path.name}: layer {layer} has {count} rows, expected {expected}")
    styles = pyogrio.read_dataframe(path, layer=STYLES_TABLE)
    faults += [f"{path.name}: {fault}" for fault in find_style_faults(styles, LAYERS)]
    if not faults:
        if not bool(shapely.is_valid(cells.geometry.to_numpy()).all()):
            faults.append(f"{path.name}: layer cells has invalid polygons")
        if not np.array_equal(cells["served_kwh_day"], bundle.evaluation.cell_served_kwh_day):
            faults.append(f"{path.name}: layer cells does not hold the plan's served energy")
    return faults


def _clean_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Clean the texts of a table: a GeoPackage ends a text at a NUL, and a line end breaks a row of a GIS."""
    texts = [name for name, dtype in frame.dtypes.items() if dtype == "str"]
    return frame.assign(
        **{name: frame[name].map(clean_text, na_action="ignore").astype("str") for name in texts}
    )


def _write_layer(path: Path, layer: str, frame: pd.DataFrame, **options: str) -> None:
    import pyogrio

    try:
        # Without a spatial index and its triggers the file is less than half as large; the
        # layers are small enough for any GIS without one.
        pyogrio.write_dataframe(
            frame,
            path,
            layer=layer,
            driver="GPKG",
            append=path.exists(),
            dataset_options={} if path.exists() else {"VERSION": GEOPACKAGE_VERSION},
            layer_options={"SPATIAL_INDEX": "NO", **options} if "geometry" in frame else options,
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        # GDAL tells a full disk in words of its own.
        raise OSError(f"{path.name}, layer {layer}: {error}") from error


@contextmanager
def _fixed_gdal_date() -> Iterator[None]:
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
