"""Reading of vector layers that must carry a CRS."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError
from chargeplan.files import require_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_layer(path: Path, key: str) -> Any:
    """Read a vector layer as a GeoDataFrame with a CRS and at least one feature.

    Raises
    ------
    DataError
        When the file is missing, damaged or empty, or has no CRS or no geometry.
    """
    import geopandas as gpd

    require_file(path, key)
    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio raises many kinds for a damaged file
        raise DataError(f"{key}: {path} cannot be read as a vector layer: {error}") from error
    if not isinstance(layer, gpd.GeoDataFrame):
        raise DataError(f"{key}: {path} is a table without geometry; use a layer of points or polygons")
    if layer.empty:
        raise DataError(f"{key}: {path} has no features; get the file again")
    if layer.crs is None:
        raise DataError(
            f"{key}: {path} has no CRS; write one into the file (for longitudes and latitudes EPSG:4326)"
        )
    return layer


def describe_missing_column(key: str, file_name: str, column: str, present: Iterable[str]) -> str:
    """Say that a column is missing, with the nearest name that is there."""
    names = [str(name) for name in present]
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(column.casefold(), by_folded, n=1, cutoff=0.5)
    hint = f'; did you mean "{by_folded[near[0]]}"?' if near else ""
    return f'{key}: {file_name} has no column "{column}"; it has {", ".join(names) or "none"}{hint}'
