"""Units of demand that a model cannot tell apart are one: fewer rows and columns, the same optimum.

Once sites are left out of a model or held, many cells have the same stations left to them at the same worth.
Whatever is true of the share of one of them may be true of all, so one column stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.reduce import group_equal_rows

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, Ints

_WORTH_DIGITS = 12


@dataclass(frozen=True, slots=True, eq=False)
class MergedModel:
    """A model with fewer serve columns.

    Parameters
    ----------
    model : LinearModel
    column : ndarray of int64, shape (n_columns of the original,)
        Column of ``model`` that stands for each original column.
    weight : ndarray, shape (n_columns of the original,)
        How much each column counts in the one that stands for it: its energy.
    """

    model: LinearModel
    column: Ints
    weight: Floats

    def merge_values(self, values: Floats) -> Floats:
        """Average values of the original columns, by their energy."""
        n_columns = self.model.n_columns
        total = np.bincount(self.column, self.weight, n_columns)
        return np.asarray(np.bincount(self.column, self.weight * values, n_columns) / total, dtype=np.float64)


def merge_alike(model: LinearModel) -> MergedModel:
    """Merge the units of demand that have the same capacity, link and equity rows at the same worth.

    Parameters
    ----------
    model : LinearModel
        Of a problem in allocate mode, perhaps with columns left out.
    """
    whole = MergedModel(model, np.arange(model.n_columns), np.ones(model.n_columns))
    serves, assigns = model.find_columns("serve"), model.find_rows("assign")
    links = model.find_rows("link")
    if len(serves) == 0 or len(assigns) == 0:
        return whole
    n_serves = len(serves)
    part = sp.coo_array(model.matrix[:, serves])
    family = model.row_family[part.row]
    kwh = np.zeros(n_serves)
    keys = np.full((n_serves, 4), -1, dtype=np.int64)
    for place, name in enumerate(("capacity", "equity")):
        at = np.flatnonzero(family == _find_family(model, name))
        keys[part.col[at], place] = part.row[at]
        if name == "capacity":
            kwh[part.col[at]] = part.data[at]
    assign_of = np.full(n_serves, -1, dtype=np.int64)
    at = np.flatnonzero(family == _find_family(model, "assign"))
    assign_of[part.col[at]] = part.row[at]
    at = np.flatnonzero(family == _find_family(model, "link"))
    keys[part.col[at], 2] = _find_open_columns(model, links)[part.row[at]]
    if np.any(kwh <= 0) or np.any(assign_of < 0):
        return whole
    keys[:, 3] = _number(np.round(model.objective[serves] / kwh, _WORTH_DIGITS))
    upper = _number(np.round(model.column_upper[serves], _WORTH_DIGITS))
    room = _number(np.round(model.row_upper[assign_of], _WORTH_DIGITS))
    code = np.unique(np.column_stack([keys, upper, room]), axis=0, return_inverse=True)[1].ravel()
    order = np.lexsort((code, assign_of))
    rows, size = np.unique(assign_of[order], return_counts=True)
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    leaders, group = group_equal_rows(offsets, code[order].astype(np.int64))
    if len(leaders) == len(rows):
        return whole
    run = np.repeat(np.arange(len(rows)), size)
    within = np.arange(n_serves) - offsets[:-1][run]
    leader_place = offsets[leaders[group[run]]] + within
    stands_for = np.empty(n_serves, dtype=np.int64)
    stands_for[order] = order[leader_place]
    stays = np.ones(model.n_columns, dtype=np.bool_)
    stays[serves] = stands_for == np.arange(n_serves)
    new_column = np.cumsum(stays) - 1
    column = new_column.copy()
    column[serves] = new_column[serves[stands_for]]
    onto = sp.csr_array(
        (np.ones(model.n_columns), (np.arange(model.n_columns), column)),
        shape=(model.n_columns, int(stays.sum())),
    )
    keep_row = np.ones(model.n_rows, dtype=np.bool_)
    keep_row[assigns] = False
    keep_row[rows[leaders]] = True
    led = np.zeros(model.n_rows, dtype=np.bool_)
    led[part.row[stays[serves[part.col]]]] = True
    keep_row[links] = led[links]
    weight = np.ones(model.n_columns)
    weight[serves] = kwh
    smaller = replace(
        model,
        objective=np.asarray(model.objective @ onto, dtype=np.float64),
        matrix=sp.csr_array(model.matrix[keep_row] @ onto),
        row_lower=model.row_lower[keep_row],
        row_upper=model.row_upper[keep_row],
        column_lower=model.column_lower[stays],
        column_upper=model.column_upper[stays],
        is_integer=model.is_integer[stays],
        column_family=model.column_family[stays],
        column_number=model.column_number[stays],
        row_family=model.row_family[keep_row],
        row_number=model.row_number[keep_row],
    )
    return MergedModel(smaller, column, weight)


def _find_family(model: LinearModel, name: str) -> int:
    return model.row_families.index(name) if name in model.row_families else -1


def _number(values: Floats) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _find_open_columns(model: LinearModel, links: Ints) -> Ints:
    """Find the open column of each link row, -1 where it is held or the row is another, shape (n_rows,)."""
    is_open = np.zeros(model.n_columns, dtype=np.bool_)
    is_open[model.find_columns("open")] = True
    entries = sp.coo_array(model.matrix[links])
    used = is_open[entries.col]
    found = np.full(model.n_rows, -1, dtype=np.int64)
    found[links[entries.row[used]]] = entries.col[used]
    return found
