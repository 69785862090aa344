"""Read a planner's file of sites: GeoJSON, GeoPackage or CSV, with all its faults at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.files import require_file
from chargeplan.geo import check_coordinates
from chargeplan.rows import Rows
from chargeplan.sites.open_charge_map import is_open_charge_map, read_json, translate_table
from chargeplan.suggest import suggest_word
from chargeplan.table_file import (
    add_range_fault,
    check_column_names,
    parse_numbers,
    read_csv_columns,
    read_flags,
    read_layer_columns,
)
from chargeplan.text import clean_text
from chargeplan.words import PlaceKind, SiteStatus

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SiteFileSettings
    from chargeplan.table_file import Columns, Geometries

# What is known of a site before it is filtered and priced; NaN where nobody said.
POOL_COLUMNS = (
    "site_id", "kind", "status", "name", "name_en", "name_ur", "brand", "lon", "lat", "capacity",
    "fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw", "feeder_exempt", "has_storage",
    "separate_meter_needed", "solar_kw", "source", "is_planner", "has_own_id", "geometry",
)  # fmt: skip
_TEXT_COLUMNS = ("site_id", "name", "name_en", "name_ur", "brand", "kind", "status")
_NUMBER_COLUMNS = ("fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw", "solar_kw")
_FLAG_COLUMNS = ("feeder_exempt", "has_storage", "separate_meter_needed")
_KNOWN_COLUMNS = (*_TEXT_COLUMNS, *_NUMBER_COLUMNS, *_FLAG_COLUMNS, "lon", "lat")
_SERVING = (SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value)


def read_planner_file(settings: SiteFileSettings, key: str) -> pd.DataFrame:
    """Read one file of sites into the columns of `POOL_COLUMNS`; exports of Open Charge Map too.

    Areas stand for a point inside them, but a forbidden area forbids all of itself. Several
    powers in one field (``120;22``) are one charger each: the power of the site is their sum,
    and their number is the number of chargers unless ``existing_chargers`` is given.

    Parameters
    ----------
    settings : SiteFileSettings
        Path, and the status of rows that name none.
    key : str
        Config key of the file, for messages.

    Returns
    -------
    pandas.DataFrame
        In the order of the file. Without a ``site_id`` a row gets file name and row number as
        its id; without a ``kind`` its kind stays empty.

    Raises
    ------
    DataError
        With every fault of the file, by line of a table, feature of a layer or station of an export.
    """
    path = require_file(settings.path, key)
    where = f"{key}: {path.name}"
    columns, geometry, rows, position = _read_columns(path, where)
    faults = FaultCollector(DataError)
    check_column_names(columns, _KNOWN_COLUMNS, where, faults)
    n_rows = len(geometry)
    texts = {
        name: [clean_text(value) for value in columns.get(name, [""] * n_rows)]
        for name in (*_TEXT_COLUMNS, *_NUMBER_COLUMNS, *_FLAG_COLUMNS)
    }
    pool = pd.DataFrame({name: pd.Series(texts[name], dtype="str") for name in _TEXT_COLUMNS})
    pool["status"] = _read_words(
        texts["status"], [status.value for status in SiteStatus], f"{where}: status", rows, faults
    )
    pool.loc[pool["status"] == "", "status"] = settings.status.value
    kinds = [kind.value for kind in PlaceKind]
    pool["kind"] = _read_words(texts["kind"], kinds, f"{where}: kind", rows, faults)
    serving = pool["status"].isin(_SERVING)
    _fill_numbers(pool, texts, where, rows, faults)
    for name in _FLAG_COLUMNS:
        pool[name] = read_flags(texts[name], f"{where}: {name}", rows, faults)
    _check_existing(pool, serving, where, rows, faults)
    pool["has_own_id"] = pool["site_id"] != ""
    # Cleaned here, because the published files hold cleaned text and must name the same sites.
    stem = clean_text(path.stem)
    numbered = pd.Series([f"{stem}:{row:06d}" for row in range(n_rows)], dtype="str")
    pool["site_id"] = pool["site_id"].where(pool["has_own_id"], numbered)
    _check_unique_ids(pool, where, rows, faults)
    points = shapely.point_on_surface(geometry)
    pool["lon"], pool["lat"] = shapely.get_x(points), shapely.get_y(points)
    try:
        check_coordinates(pool["lon"].to_numpy(), pool["lat"].to_numpy(), where, rows=rows, columns=position)
    except DataError as error:
        faults.add_error(error)
    faults.raise_if_any()
    return pool.assign(capacity=np.nan, source=path.name, is_planner=True, geometry=geometry)[
        list(POOL_COLUMNS)
    ]


def _read_columns(path: Path, where: str) -> tuple[Columns, Geometries, Rows, tuple[str, str]]:
    """Read a CSV, an export of Open Charge Map, or else a vector layer.

    Returns
    -------
    tuple
        The columns, the geometries, what the rows are called, and what their longitudes and latitudes are.
    """
    if path.suffix.lower() == ".csv":
        return _read_csv(path, where)
    exported = read_json(path, where) if path.suffix.lower() == ".json" else None
    if exported is None:
        return *_read_layer(path, where), Rows("feature"), ("longitude", "latitude")
    rows = Rows("station", exported["site_id"])
    return exported, _locate(exported, where, rows), rows, ("Longitude", "Latitude")


def _read_csv(path: Path, where: str) -> tuple[Columns, Geometries, Rows, tuple[str, str]]:
    """Read the columns of a CSV as text, and its points."""

    def find_missing(names: list[str]) -> list[str]:
        return [
            f"{where} has no column {name!r} (degrees, EPSG:4326); its columns, separated by commas, are: "
            f"{', '.join(names)}"
            for name in sorted({"lon", "lat"} - set(names))
            if not is_open_charge_map(names)
        ]

    columns, numbers = read_csv_columns(path, where, find_missing)
    lines, position = Rows("line", numbers), ("lon", "lat")
    if is_open_charge_map(list(columns)):
        columns, kept = translate_table(columns, where)
        lines, position = Rows("line", [numbers[at] for at in kept]), ("longitude", "latitude")
    return columns, _locate(columns, where, lines), lines, position


def _locate(columns: Columns, where: str, rows: Rows) -> Geometries:
    """Make points of the columns lon and lat."""
    faults = FaultCollector(DataError)
    lon_deg, lat_deg = (
        parse_numbers(columns[name], f"{where}: {name}", rows, faults) for name in ("lon", "lat")
    )
    empty = np.flatnonzero(np.isnan(lon_deg) | np.isnan(lat_deg))
    if empty.size:
        faults.add(f"{where}: no lon or lat in {rows.name(empty)}; give both in degrees")
    faults.raise_if_any()
    return np.asarray(shapely.points(lon_deg, lat_deg))


def _read_layer(path: Path, where: str) -> tuple[Columns, Geometries]:
    """Read the columns of a vector layer, and its geometries in EPSG:4326."""
    columns, geometry = read_layer_columns(path, where)
    empty = np.flatnonzero(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if empty.size:
        raise DataError(
            f"{where}: no geometry in {Rows('feature').name(empty)}; give each site a point or drop the row"
        )
    return columns, np.asarray(shapely.make_valid(geometry))


def _read_words(
    texts: list[str], known: list[str], where: str, rows: Rows, faults: FaultCollector
) -> pd.Series:
    """Return the words in lower case, empty where empty; unknown ones are faults."""
    words = pd.Series(texts, dtype="str").str.casefold()
    unknown = words[(words != "") & ~words.isin(known)]
    for word, same in unknown.groupby(unknown, sort=False):
        faults.add(
            f"{where}: {str(word)!r} in {rows.name(same.index.tolist())} is not known; "
            f"{suggest_word(str(word), known)}"
        )
    return words


def _fill_numbers(
    pool: pd.DataFrame, texts: dict[str, list[str]], where: str, rows: Rows, faults: FaultCollector
) -> None:
    """Read the number columns into the pool and check their ranges."""
    for name, least, unit in (
        ("fixed_cost_pkr", 0.0, "0 or more PKR"),
        ("max_chargers", 1.0, "a whole number, 1 or more"),
        ("existing_chargers", 0.0, "a whole number, 0 or more"),
        ("solar_kw", 0.0, "0 or more kW"),
    ):
        numbers = parse_numbers(texts[name], f"{where}: {name}", rows, faults)
        wrong = numbers < least
        if name in {"max_chargers", "existing_chargers"}:
            wrong |= np.isfinite(numbers) & (numbers != np.floor(numbers))
        add_range_fault(wrong, numbers, f"{where}: {name}", unit, rows, faults)
        pool[name] = numbers
    split = [[part for part in text.split(";") if part.strip()] for text in texts["power_kw"]]
    row = np.repeat(np.arange(len(split)), [len(parts) for parts in split])
    parts_kw = [part for parts in split for part in parts]
    values = parse_numbers(parts_kw, f"{where}: power_kw", rows, faults, row=row)
    add_range_fault(values <= 0, values, f"{where}: power_kw", "more than 0 kW", rows, faults, row=row)
    count = np.bincount(row, minlength=len(split))
    pool["power_kw"] = np.where(
        count > 0, np.bincount(row, weights=np.nan_to_num(values), minlength=len(split)), np.nan
    )
    unsaid = pool["existing_chargers"].isna() & pool["status"].isin(_SERVING) & (count > 1)
    pool["existing_chargers"] = pool["existing_chargers"].where(~unsaid, count.astype(np.float64))


def _check_existing(
    pool: pd.DataFrame, serving: pd.Series, where: str, rows: Rows, faults: FaultCollector
) -> None:
    """Chargers stand at existing and competitor sites, and only there."""
    idle = np.flatnonzero(serving & (pool["existing_chargers"] == 0))
    if idle.size:
        faults.add(
            f"{where}: existing_chargers is 0 at an existing or competitor site in {rows.name(idle)}; give their "
            f"number, leave it empty when unknown, or make the site a candidate"
        )
    built = np.flatnonzero(~serving & (pool["existing_chargers"] > 0))
    if built.size:
        faults.add(
            f"{where}: existing_chargers at a site that is neither existing nor competitor in "
            f"{rows.name(built)}; change its status or empty the field"
        )


def _check_unique_ids(pool: pd.DataFrame, where: str, rows: Rows, faults: FaultCollector) -> None:
    repeated = pool["site_id"][pool["site_id"].duplicated(keep=False)]
    if len(repeated):
        faults.add(
            f"{where}: the same site_id ({name_rows(repeated.unique())}) in {rows.name(repeated.index.tolist())}; "
            f"give every site its own id"
        )
