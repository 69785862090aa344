"""The linear model: what `model` hands to `solve`.

It stands apart from `chargeplan.records` because the solver's own process needs it and starts
sooner without tables and geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from chargeplan.errors import RecordError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """A mixed-integer linear problem to maximise, free of any solver, with a name for everything.

    Columns and rows stand in families (``open``, ``serve``; ``assign``, ``capacity``, ...) and
    are named ``family_000123`` after their family and number. The number is a position in the
    `PlanProblem`: of the site, of the pair, or of site and level (site x n_levels + level).

    Parameters
    ----------
    objective : ndarray, shape (n_columns,)
        kWh per day.
    matrix : scipy.sparse.csr_array, shape (n_rows, n_columns)
    row_lower, row_upper : ndarray, shape (n_rows,)
    column_lower, column_upper : ndarray, shape (n_columns,)
    is_integer : ndarray of bool, shape (n_columns,)
    column_families, row_families : tuple of str
    column_family, row_family : ndarray of int64
        Row of ``column_families`` and ``row_families`` for each column and row.
    column_number, row_number : ndarray of int64
        Number within the family, part of the name.
    """

    objective: Floats
    matrix: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats
    is_integer: Bools
    column_families: tuple[str, ...]
    column_family: Ints
    column_number: Ints
    row_families: tuple[str, ...]
    row_family: Ints
    row_number: Ints

    def __post_init__(self) -> None:
        n_rows, n_columns = self.matrix.shape
        by_column: tuple[NDArray[Any], ...] = (self.objective, self.column_lower, self.column_upper)
        by_column += (self.is_integer, self.column_family, self.column_number)
        by_row = (self.row_lower, self.row_upper, self.row_family, self.row_number)
        promises = {
            "every column array must have an entry per column": all(
                len(each) == n_columns for each in by_column
            ),
            "every row array must have an entry per row": all(len(each) == n_rows for each in by_row),
            "every coefficient must be finite": np.isfinite(self.objective).all()
            and np.isfinite(self.matrix.data).all(),
            "column bounds must not cross": np.all(self.column_lower <= self.column_upper),
        }
        for promise, is_kept in promises.items():
            if not is_kept:
                raise RecordError(promise)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.objective)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    def name_columns(self) -> list[str]:
        """Name every column ``family_000123``."""
        return _name_members(self.column_families, self.column_family, self.column_number)

    def name_rows(self) -> list[str]:
        """Name every row ``family_000123``."""
        return _name_members(self.row_families, self.row_family, self.row_number)

    def find_columns(self, family: str) -> Ints:
        """Find the positions of a family's columns; empty when the model has none."""
        if family not in self.column_families:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.column_family == self.column_families.index(family))

    def find_rows(self, family: str) -> Ints:
        """Find the positions of a family's rows; empty when the model has none."""
        if family not in self.row_families:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.row_family == self.row_families.index(family))


def _name_members(families: tuple[str, ...], family: Ints, number: Ints) -> list[str]:
    return [f"{families[row]}_{at:06d}" for row, at in zip(family.tolist(), number.tolist(), strict=True)]
