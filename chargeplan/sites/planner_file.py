"""Read a planner's file of sites: GeoJSON, GeoPackage or CSV, with all its faults at once."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.files import require_file
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.rows import Rows
from chargeplan.sites.open_charge_map import is_open_charge_map, read_json, translate_table
from chargeplan.sites.suggest import suggest_word
from chargeplan.text import clean_text
from chargeplan.words import PlaceKind, SiteStatus

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from chargeplan.config.settings import SiteFileSettings
    from chargeplan.records import Bools, Floats, Ints

    Columns = dict[str, list[object]]
    Geometries = NDArray[np.object_]

# What is known of a site before it is filtered and priced; NaN where nobody said.
POOL_COLUMNS = (
    "site_id", "kind", "status", "name", "name_en", "name_ur", "brand", "lon", "lat", "capacity",
    "fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw", "feeder_exempt", "has_storage",
    "separate_meter_needed", "solar_kw", "source", "is_planner", "has_own_id", "geometry",
)  # fmt: skip
_TEXT_COLUMNS = ("site_id", "name", "name_en", "name_ur", "brand", "kind", "status")
_NUMBER_COLUMNS = ("fixed_cost_pkr", "max_chargers", "existing_chargers", "power_kw", "solar_kw")
_FLAG_COLUMNS = ("feeder_exempt", "has_storage", "separate_meter_needed")
_FLAG_WORDS = {"yes": 1.0, "true": 1.0, "1": 1.0, "1.0": 1.0, "no": 0.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
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
    _check_column_names(columns, where, faults)
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
        pool[name] = _read_flags(texts[name], f"{where}: {name}", rows, faults)
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
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header, *numbered = [(reader.line_num, row) for row in reader if row] or [(1, [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{where} cannot be read as a CSV file: {error}; save it as UTF-8 with commas"
        ) from error
    faults = FaultCollector(DataError)
    lines, rows = Rows("line", [line for line, _ in numbered]), [row for _, row in numbered]
    names = [name.strip() for name in header[1]]
    is_exported = is_open_charge_map(names)
    for name in sorted({"lon", "lat"} - set(names)) if not is_exported else ():
        faults.add(
            f"{where} has no column {name!r} (degrees, EPSG:4326); its columns, separated by commas, are: "
            f"{', '.join(names)}"
        )
    uneven = [at for at, row in enumerate(rows) if len(row) != len(names)]
    if uneven:
        faults.add(
            f"{where}: another number of fields than the header ({len(names)}) in {lines.name(uneven)}; quote "
            f"texts that hold commas"
        )
    if len(set(names)) != len(names):
        faults.add(f"{where}: the header repeats a column name; rename or drop one of them")
    faults.raise_if_any()
    columns: Columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    position = "lon", "lat"
    if is_exported:
        columns, kept = translate_table(columns, where)
        lines, position = Rows("line", [numbered[at][0] for at in kept]), ("longitude", "latitude")
    return columns, _locate(columns, where, lines), lines, position


def _locate(columns: Columns, where: str, rows: Rows) -> Geometries:
    """Make points of the columns lon and lat."""
    faults = FaultCollector(DataError)
    lon_deg, lat_deg = (
        _parse_numbers(columns[name], f"{where}: {name}", rows, faults) for name in ("lon", "lat")
    )
    empty = np.flatnonzero(np.isnan(lon_deg) | np.isnan(lat_deg))
    if empty.size:
        faults.add(f"{where}: no lon or lat in {rows.name(empty)}; give both in degrees")
    faults.raise_if_any()
    return np.asarray(shapely.points(lon_deg, lat_deg))


def _read_layer(path: Path, where: str) -> tuple[Columns, Geometries]:
    """Read the columns of a vector layer, and its geometries in EPSG:4326."""
    import geopandas as gpd

    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio raises many kinds for a damaged file
        raise DataError(f"{where} cannot be read as a vector layer: {error}") from error
    if not isinstance(layer, gpd.GeoDataFrame) or layer.crs is None:
        raise DataError(
            f"{where} has no geometry with a CRS; write one into the file "
            f"(for longitudes and latitudes EPSG:4326)"
        )
    empty = np.flatnonzero(layer.geometry.isna() | layer.geometry.is_empty)
    if empty.size:
        raise DataError(
            f"{where}: no geometry in {Rows('feature').name(empty)}; give each site a point or drop the row"
        )
    columns = {str(name): layer[name].tolist() for name in layer.columns if name != layer.geometry.name}
    return columns, np.asarray(shapely.make_valid(layer.to_crs(WGS84).geometry.to_numpy()))


def _check_column_names(columns: Columns, where: str, faults: FaultCollector) -> None:
    """Refuse a column that looks like a known one misspelt; other columns are the planner's own."""
    for name in columns:
        wanted = name.strip().casefold()
        if name in _KNOWN_COLUMNS:
            continue
        if wanted in _KNOWN_COLUMNS or _is_nearly(wanted):
            faults.add(
                f"{where}: column {name!r} is not known; {suggest_word(name, _KNOWN_COLUMNS)} "
                f"Rename it, or drop it if it means something else"
            )


def _is_nearly(name: str) -> bool:
    return bool(get_close_matches(name, _KNOWN_COLUMNS, n=1, cutoff=0.85))


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


def _parse_numbers(
    texts: Sequence[object], where: str, rows: Rows, faults: FaultCollector, *, row: Ints | None = None
) -> Floats:
    """Read numbers, NaN where empty; what is no finite number is a fault."""
    stripped = pd.Series([str(text).strip() for text in texts], dtype="str")
    numbers = pd.to_numeric(stripped, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero((stripped != "").to_numpy() & ~np.isfinite(numbers))
    if wrong.size:
        named = rows.name(wrong if row is None else np.unique(row[wrong]))
        faults.add(
            f"{where}: no number in {named} (the first is {stripped.iloc[wrong[0]]!r}); write digits with a "
            f"point, or nothing"
        )
    return np.asarray(numbers)


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
        numbers = _parse_numbers(texts[name], f"{where}: {name}", rows, faults)
        wrong = numbers < least
        if name in {"max_chargers", "existing_chargers"}:
            wrong |= np.isfinite(numbers) & (numbers != np.floor(numbers))
        _add_range_fault(wrong, numbers, f"{where}: {name}", unit, rows, faults)
        pool[name] = numbers
    split = [[part for part in text.split(";") if part.strip()] for text in texts["power_kw"]]
    row = np.repeat(np.arange(len(split)), [len(parts) for parts in split])
    parts_kw = [part for parts in split for part in parts]
    values = _parse_numbers(parts_kw, f"{where}: power_kw", rows, faults, row=row)
    _add_range_fault(values <= 0, values, f"{where}: power_kw", "more than 0 kW", rows, faults, row=row)
    count = np.bincount(row, minlength=len(split))
    pool["power_kw"] = np.where(
        count > 0, np.bincount(row, weights=np.nan_to_num(values), minlength=len(split)), np.nan
    )
    unsaid = pool["existing_chargers"].isna() & pool["status"].isin(_SERVING) & (count > 1)
    pool["existing_chargers"] = pool["existing_chargers"].where(~unsaid, count.astype(np.float64))


def _read_flags(texts: list[str], where: str, rows: Rows, faults: FaultCollector) -> Floats:
    """Return 1 for yes, 0 for no and NaN where empty; other words are faults."""
    words = pd.Series(texts, dtype="str").str.casefold()
    wrong = np.flatnonzero((words != "") & ~words.isin(list(_FLAG_WORDS)))
    if wrong.size:
        faults.add(
            f"{where}: neither yes nor no in {rows.name(wrong)} (the first is {texts[wrong[0]]!r}); write yes or "
            f"no, or nothing when unknown"
        )
    return np.asarray(words.map(_FLAG_WORDS), dtype=np.float64)


def _add_range_fault(
    wrong: Bools,
    numbers: Floats,
    where: str,
    expected: str,
    rows: Rows,
    faults: FaultCollector,
    *,
    row: Ints | None = None,
) -> None:
    if wrong.any():
        at = np.flatnonzero(wrong)
        named = rows.name(at if row is None else np.unique(row[at]))
        faults.add(f"{where}: out of range in {named} (the first is {numbers[at[0]]:g}); expected {expected}")


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
