"""What records are made of and how they keep their promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chargeplan.errors import RecordError
from chargeplan.tables import (
    CHARGER_TYPES,
    FIGURES,
    ZONE_FLOORS,
    make_table,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def require(condition: bool, promise: str) -> None:
    """Raise when a record breaks a promise."""
    if not condition:
        raise RecordError(promise)


def require_length(size: int, **arrays: NDArray[np.generic]) -> None:
    """Raise when an array has not this many rows."""
    for name, array in arrays.items():
        require(len(array) == size, f"{name} has {len(array)} rows, expected {size}")


def have_no_figures() -> pd.DataFrame:
    """Make an empty table of figures."""
    return make_table(FIGURES, {column.name: [] for column in FIGURES})


def have_no_charger_types() -> pd.DataFrame:
    """Make an empty table of charger types."""
    return make_table(CHARGER_TYPES, {column.name: [] for column in CHARGER_TYPES})


def have_no_numbers() -> Ints:
    """Make an array of 0 rows and 0 columns."""
    return np.zeros((0, 0), dtype=np.int64)


def have_no_zone_floors() -> pd.DataFrame:
    """Make an empty table of floors."""
    return make_table(ZONE_FLOORS, {column.name: [] for column in ZONE_FLOORS})


def get_value(table: pd.DataFrame, name: str) -> float:
    """Get the value of the row of this name; raises KeyError when there is none."""
    row = table.loc[table["name"] == name, "value"]
    if row.empty:
        raise KeyError(name)
    return float(row.iloc[0])
