"""Tables that a planner brings, as CSV or vector layer: their columns, and their cells read with every fault."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import DataError, FaultCollector
from chargeplan.geo import WGS84
from chargeplan.rows import Rows
from chargeplan.suggest import suggest_word

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from chargeplan.records import Bools, Floats, Ints

    Columns = dict[str, list[object]]
    Geometries = NDArray[np.object_]

_FLAG_WORDS = {"yes": 1.0, "true": 1.0, "1": 1.0, "1.0": 1.0, "no": 0.0, "false": 0.0, "0": 0.0, "0.0": 0.0}


def read_csv_columns(
    path: Path, where: str, find_missing: Callable[[list[str]], Iterable[str]]
) -> tuple[Columns, list[int]]:
    """Read the columns of a CSV as text.

    Parameters
    ----------
    path : Path
    where : str
        Key and file, for messages.
    find_missing : callable
        Gets the names of the header and gives what is said of each column that is not there.

    Returns
    -------
    tuple
        The columns, and the line of the file that each row ends on.

    Raises
    ------
    DataError
        When the file is no CSV in UTF-8, rows have another number of fields than the header, or the
        header lacks or repeats a name.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header, *numbered = [(reader.line_num, row) for row in reader if row] or [(1, [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{where} cannot be read as a CSV file: {error}; save it as UTF-8 with commas"
        ) from error
    faults = FaultCollector(DataError)
    lines, rows = [line for line, _ in numbered], [row for _, row in numbered]
    names = [name.strip() for name in header[1]]
    for fault in find_missing(names):
        faults.add(fault)
    uneven = [at for at, row in enumerate(rows) if len(row) != len(names)]
    if uneven:
        faults.add(
            f"{where}: another number of fields than the header ({len(names)}) in "
            f"{Rows('line', lines).name(uneven)}; quote texts that hold commas"
        )
    if len(set(names)) != len(names):
        faults.add(f"{where}: the header repeats a column name; rename or drop one of them")
    faults.raise_if_any()
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}, lines


def read_layer_columns(path: Path, where: str) -> tuple[Columns, Geometries]:
    """Read the columns of a vector layer, and its geometries in EPSG:4326; None or empty where there is none.

    Raises
    ------
    DataError
        When the file cannot be read or has no geometry with a CRS.
    """
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
    columns = {str(name): layer[name].tolist() for name in layer.columns if name != layer.geometry.name}
    return columns, np.asarray(layer.to_crs(WGS84).geometry.to_numpy())


def check_column_names(
    names: Iterable[str], known: Collection[str], where: str, faults: FaultCollector
) -> None:
    """Refuse a column that looks like a known one misspelt; other columns are the planner's own."""
    for name in names:
        wanted = name.strip().casefold()
        if name in known:
            continue
        if wanted in known or get_close_matches(wanted, known, n=1, cutoff=0.85):
            faults.add(
                f"{where}: column {name!r} is not known; {suggest_word(name, known)} "
                f"Rename it, or drop it if it means something else"
            )


def parse_numbers(
    texts: Sequence[object], where: str, rows: Rows, faults: FaultCollector, *, row: Ints | None = None
) -> Floats:
    """Read numbers, NaN where empty; what is no finite number is a fault.

    Parameters
    ----------
    texts : sequence
    where : str
        Key, file and column, for messages.
    rows : Rows
        What the rows are called.
    faults : FaultCollector
    row : ndarray of int64, optional
        Row of each text where a row has several or none.
    """
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


def read_flags(texts: list[str], where: str, rows: Rows, faults: FaultCollector) -> Floats:
    """Return 1 for yes, 0 for no and NaN where empty; other words are faults."""
    words = pd.Series(texts, dtype="str").str.casefold()
    wrong = np.flatnonzero((words != "") & ~words.isin(list(_FLAG_WORDS)))
    if wrong.size:
        faults.add(
            f"{where}: neither yes nor no in {rows.name(wrong)} (the first is {texts[wrong[0]]!r}); write yes or "
            f"no, or nothing when unknown"
        )
    return np.asarray(words.map(_FLAG_WORDS), dtype=np.float64)


def add_range_fault(
    wrong: Bools,
    numbers: Floats,
    where: str,
    expected: str,
    rows: Rows,
    faults: FaultCollector,
    *,
    row: Ints | None = None,
) -> None:
    """Tell the rows whose numbers are out of range, when there are any."""
    if wrong.any():
        at = np.flatnonzero(wrong)
        named = rows.name(at if row is None else np.unique(row[at]))
        faults.add(f"{where}: out of range in {named} (the first is {numbers[at[0]]:g}); expected {expected}")
