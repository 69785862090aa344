"""Read the assets of an electricity grid from CSV or a vector layer, with all their faults at once."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import require_file
from chargeplan.geo import check_coordinates, is_in_pakistan
from chargeplan.grid.figures import read_usual_max_steps
from chargeplan.grid.tree import find_parents
from chargeplan.grid_assets import find_leaves
from chargeplan.rows import Rows
from chargeplan.table_file import (
    add_range_fault,
    check_column_names,
    parse_numbers,
    read_csv_columns,
    read_flags,
    read_layer_columns,
)
from chargeplan.tables import GRID_ASSETS, make_table
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from chargeplan.records import Floats, Ints
    from chargeplan.table_file import Columns, Geometries

# What a file must have, and what it may have.
_NEEDED = {
    "id": "unique name of each asset",
    "parent": "id of the asset above that feeds it, empty when there is none",
    "headroom_kw": "new load that it can take, kW, empty when unknown",
}
_STEPS = ("step_kw", "step_pkr", "max_steps")
_KNOWN_COLUMNS = (*_NEEDED, *_STEPS, "name", "synthetic", "lon", "lat")
_RANGES = {
    "headroom_kw": (1e9, "0 to 1e9 kW; 0 where nothing is left, empty where nobody knows"),
    "step_kw": (1e9, "0 to 1e9 kW"),
    "step_pkr": (1e15, "0 to 1e15 PKR"),
    "max_steps": (1e4, "a whole number, 0 to 10,000"),
}


@dataclass(frozen=True, slots=True, eq=False)
class GridFile:
    """The assets of a file.

    Parameters
    ----------
    title : str
        Name of the layer, or of the file; says SYNTHETIC when any figure is.
    table : pandas.DataFrame
        Columns of `tables.GRID_ASSETS`, sorted by asset_id.
    geometry : ndarray of shapely.Geometry or None, shape (n_assets,)
        Point, line or area of each asset, EPSG:4326; None where the file says nothing.
    """

    title: str
    table: pd.DataFrame
    geometry: Geometries


def read_grid_file(path: Path, key: str, *, linked: Collection[str] = ()) -> GridFile:
    """Read the assets of a grid: feeders, transformers, substations.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, or a vector layer (GeoJSON, GeoPackage, ...) with points, lines or areas.
    key : str
        Config key of the file, for messages.
    linked : collection of str
        Ids of assets that sites name; these need no position.

    Raises
    ------
    DataError
        With every fault of the file, by line of a table or feature of a layer.
    """
    where = f"{key}: {require_file(path, key).name}"
    faults = FaultCollector(DataError)
    columns, geometry, rows, title = _read_columns(path, where, faults)
    check_column_names(columns, _KNOWN_COLUMNS, where, faults)
    if len(geometry) == 0:
        faults.add(f"{where} holds no asset; add a row for each, or drop the section grid")
        faults.raise_if_any()
    texts = {
        name: [_write_cell(value) for value in columns.get(name, [""] * len(geometry))]
        for name in _KNOWN_COLUMNS
    }
    has_tree = {"id", "parent"} <= columns.keys()
    parent_pos = np.full(len(geometry), -1, dtype=np.int64)
    if has_tree:
        parent_pos = find_parents(texts["id"], texts["parent"], where, rows, faults)
    numbers = _read_numbers(texts, where, rows, faults)
    is_synthetic = read_flags(texts["synthetic"], f"{where}: synthetic", rows, faults) == 1.0
    is_csv = path.suffix.lower() == ".csv"
    points = _check_positions(geometry, where, rows, ("lon", "lat") if is_csv else None, faults)
    has_places = has_tree and (not is_csv or {"lon", "lat"} <= columns.keys())
    is_needed = find_leaves(parent_pos) & [asset_id not in linked for asset_id in texts["id"]]
    is_told = [is_csv and bool(lon + lat) for lon, lat in zip(texts["lon"], texts["lat"], strict=True)]
    unplaced = np.flatnonzero(is_needed & shapely.is_missing(geometry) & ~np.array(is_told))
    if unplaced.size and has_places:
        faults.add(
            f"{where}: no position in {rows.name(unplaced)}, which feed no other asset, so that no site can be "
            f"hung on them; give each {'lon and lat' if is_csv else 'a geometry'}, or name them in grid.links"
        )
    faults.raise_if_any()
    order = np.array(sorted(range(len(geometry)), key=texts["id"].__getitem__), dtype=np.int64)
    rank = np.append(np.argsort(order), -1)  # a parent of -1 stays -1
    data: dict[str, object] = {
        "asset_id": texts["id"],
        "name": texts["name"],
        "lon": shapely.get_x(points),
        "lat": shapely.get_y(points),
        "parent_pos": rank[parent_pos],
        "is_synthetic": is_synthetic,
        **numbers,
    }
    table = make_table(GRID_ASSETS, data).iloc[order].reset_index(drop=True)
    if is_synthetic.any() and "synthetic" not in title.casefold():
        title = f"SYNTHETIC: {title}"
    return GridFile(title, table, geometry[order])


def _write_cell(value: object) -> str:
    """Write a cell as text; columns of whole numbers with gaps come as 12.0, and mean 12."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(value)


def _read_columns(path: Path, where: str, faults: FaultCollector) -> tuple[Columns, Geometries, Rows, str]:
    """Read the columns, the geometries, what the rows are called, and the title; tell columns that are not there."""
    if path.suffix.lower() == ".csv":
        columns, lines = read_csv_columns(path, where, lambda _names: [])
        for fault in _find_missing(("lon", "lat", *_NEEDED), columns, where):
            faults.add(fault)
        rows = Rows("line", lines)
        return columns, _locate(columns, where, rows, faults), rows, clean_text(path.stem)
    import pyogrio

    columns, read = read_layer_columns(path, where)
    for fault in _find_missing(_NEEDED, columns, where) if len(read) else []:
        faults.add(fault)
    geometry: Geometries = np.array(shapely.make_valid(read), dtype=object)
    geometry[shapely.is_empty(read)] = None
    title = clean_text(pyogrio.read_info(path)["layer_name"]) or clean_text(path.stem)
    return columns, geometry, Rows("feature"), title


def _find_missing(needed: Collection[str], names: Collection[str], where: str) -> list[str]:
    meanings = _NEEDED | {"lon": "degrees, EPSG:4326", "lat": "degrees, EPSG:4326"}
    # One that is misspelt is told as such.
    misspelt = {
        near for name in names for near in get_close_matches(name.strip().casefold(), _KNOWN_COLUMNS, 1, 0.85)
    }
    return [
        f"{where} has no column {name!r} ({meanings[name]}); its columns"
        f"{', separated by commas,' if 'lon' in needed else ''} are: {', '.join(names)}"
        for name in needed
        if name not in names and name not in misspelt
    ]


def _locate(columns: Columns, where: str, rows: Rows, faults: FaultCollector) -> Geometries:
    """Make points of the columns lon and lat; None where both are empty, or one is at fault."""
    n_rows = len(next(iter(columns.values()), []))
    points: Geometries = np.full(n_rows, None, dtype=object)
    told = {name: columns[name] for name in ("lon", "lat") if name in columns}
    numbers = {name: parse_numbers(texts, f"{where}: {name}", rows, faults) for name, texts in told.items()}
    if len(numbers) < 2:
        return points
    lon_deg, lat_deg = numbers["lon"], numbers["lat"]
    empty = [
        np.array([str(text).strip() == "" for text in told[name]], dtype=np.bool_) for name in ("lon", "lat")
    ]
    half = np.flatnonzero(empty[0] != empty[1])
    if half.size:
        faults.add(f"{where}: lon without lat, or lat without lon, in {rows.name(half)}; give both or none")
    given = ~np.isnan(lon_deg) & ~np.isnan(lat_deg)
    points[given] = shapely.points(lon_deg[given], lat_deg[given])
    return points


def _read_numbers(
    texts: dict[str, list[str]], where: str, rows: Rows, faults: FaultCollector
) -> dict[str, Floats | Ints]:
    """Read headroom and upgrades; an asset without a step has 0 in all three columns of it."""
    numbers = {}
    for name, (largest, expected) in _RANGES.items():
        values = parse_numbers(texts[name], f"{where}: {name}", rows, faults)
        wrong = (values < 0) | (values > largest)
        if name == "max_steps":
            wrong |= np.isfinite(values) & (values != np.floor(values))
        add_range_fault(wrong, values, f"{where}: {name}", expected, rows, faults)
        numbers[name] = values
    step_kw, step_pkr, max_steps = (numbers[name] for name in _STEPS)
    # What could not be read was told already, and is not told again as missing.
    is_told = np.array([text != "" for text in texts["step_kw"]]) & ~(step_kw >= 0)
    for name, values in (("step_pkr", step_pkr), ("max_steps", max_steps)):
        alone = np.flatnonzero((values > 0) & ~(step_kw > 0) & ~is_told)
        if alone.size:
            faults.add(
                f"{where}: {name} without step_kw in {rows.name(alone)}; say how many kW one upgrade adds, or "
                f"empty both"
            )
    is_unpriced = np.array([text == "" for text in texts["step_pkr"]])
    unpriced = np.flatnonzero((step_kw > 0) & is_unpriced & ~(max_steps == 0))
    if unpriced.size:
        faults.add(
            f"{where}: step_kw without step_pkr in {rows.name(unpriced)}; say what one upgrade costs in PKR, 0 when "
            f"nothing"
        )
    count = np.where(np.isnan(max_steps), read_usual_max_steps(), max_steps)
    is_offered = (step_kw > 0) & (count > 0)
    steps = np.where(is_offered, [step_kw, step_pkr, count], 0.0)
    return {
        "headroom_kw": numbers["headroom_kw"],
        "step_kw": steps[0],
        "step_pkr": steps[1],
        "max_steps": np.nan_to_num(steps[2]).astype(np.int64),
    }


def _check_positions(
    geometry: Geometries, where: str, rows: Rows, columns: tuple[str, str] | None, faults: FaultCollector
) -> Geometries:
    """Refuse assets outside Pakistan, and give a point on each; None where there is no position."""
    points: Geometries = shapely.point_on_surface(geometry)
    given = np.flatnonzero(~shapely.is_missing(points))
    lon_deg, lat_deg = shapely.get_x(points[given]), shapely.get_y(points[given])
    labels = given + 1 if rows.labels is None else np.asarray(rows.labels)[given]
    named = Rows(rows.word, labels)
    try:
        check_coordinates(lon_deg, lat_deg, where, rows=named, columns=columns or ("longitude", "latitude"))
    except DataError as error:
        faults.add_error(error)
        return points
    west, south, east, north = shapely.bounds(geometry[given]).T
    outside = np.flatnonzero(~(is_in_pakistan(west, south) & is_in_pakistan(east, north)))
    if outside.size:
        first = outside[0]
        faults.add(
            f"{where}: outside Pakistan (60-78 E, 23-38 N) in {named.name(outside)}; the first is at longitude "
            f"{lon_deg[first]:.10g}, latitude {lat_deg[first]:.10g}; correct or drop these assets"
        )
    return points
