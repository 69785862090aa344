"""People from a CSV grid with longitudes and latitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.people_grid import PeopleGrid, check_people, make_grid_of_points
from chargeplan.demand.people_h3 import make_grid_of_hexagons
from chargeplan.demand.vector_layer import describe_missing_column
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import require_file
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from chargeplan.config.settings import PopulationCsv
    from chargeplan.records import Floats, StudyArea

KEY = "demand.population"


def read_people_csv(settings: PopulationCsv, area: StudyArea) -> PeopleGrid:
    """Read the rows and find the square each stands for.

    Raises
    ------
    DataError
        When the file is not UTF-8 CSV, a column is missing, a value is no number, counts are
        negative, or the coordinates are outside Pakistan or swapped.
    """
    frame = _read_text(settings.path)
    name = settings.path.name
    faults = FaultCollector(DataError)
    options = (
        ("lon_column", "lat_column", "column") if settings.h3_column is None else ("h3_column", "column")
    )
    for option in options:
        column = getattr(settings, option)
        if column not in frame.columns:
            faults.add(describe_missing_column(f"{KEY}.{option}", name, column, frame.columns))
    faults.raise_if_any()
    is_h3 = settings.h3_column is not None
    lon, lat = (
        np.zeros(0) if is_h3 else _read_numbers(frame, column, name, faults)
        for column in (settings.lon_column, settings.lat_column)
    )
    people = _read_numbers(frame, settings.column, name, faults)
    lines = Rows("line", frame.index.tolist())
    where = f'{KEY}.column: {name}, column "{settings.column}"'
    # What is no number was named by _read_numbers already.
    check_people(np.nan_to_num(people, nan=0.0, posinf=np.inf), lines, faults, where=where)
    faults.raise_if_any()
    if settings.h3_column is not None:
        texts = frame[settings.h3_column].str.strip().tolist()
        where = f'{KEY}.h3_column: {name}, column "{settings.h3_column}"'
        return make_grid_of_hexagons(texts, people, lines, metric_crs=area.crs, where=where, origin=name)
    columns = f'column "{settings.lon_column}"', f'column "{settings.lat_column}"'
    check_coordinates(lon, lat, f"{KEY}.path: {name}", rows=lines, columns=columns)
    return make_grid_of_points(
        lon,
        lat,
        people,
        square_m=settings.square_m,
        crs_options=(WGS84, area.crs),
        metric_crs=area.crs,
        key=KEY,
        origin=name,
    )


def _read_text(path: Path) -> pd.DataFrame:
    """Read all cells as text; the index is the line number in the file."""
    import pandas as pd

    require_file(path, f"{KEY}.path")
    try:
        frame = pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
        )
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        raise DataError(
            f"{KEY}.path: {path} cannot be read as CSV in UTF-8 with commas: {error}; save it so"
        ) from error
    if not isinstance(frame.index, pd.RangeIndex):  # pandas makes an index of what is over
        raise DataError(
            f"{KEY}.path: the rows of {path.name} have more cells than its header line "
            f"({', '.join(map(str, frame.columns))}); give every column a name, and drop commas at the end of lines"
        )
    frame.columns = [str(column).strip() for column in frame.columns]
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    frame = frame.fillna("")
    frame = frame[~(frame == "").all(axis=1)]
    if frame.empty:
        raise DataError(f"{KEY}.path: {path} has a header and no rows; get the file again")
    return frame


def _read_numbers(frame: pd.DataFrame, column: str, name: str, faults: FaultCollector) -> Floats:
    import pandas as pd

    numbers = pd.to_numeric(frame[column].str.strip(), errors="coerce").to_numpy(dtype=np.float64)
    bad = np.isnan(numbers)
    if bad.any():
        lines = Rows("line", frame.index.tolist()).name(np.flatnonzero(bad))
        first = frame[column].to_numpy()[bad][0]
        faults.add(
            f'{KEY}: {name}, column "{column}": no number in {lines} (the first is "{first}"); correct or drop them'
        )
    return np.asarray(numbers, dtype=np.float64)
