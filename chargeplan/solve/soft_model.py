"""A model in which kinds of limits may give way: a slack column in each of their rows, as little of it as can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.soft_rows import Limit, SoftRows

if TYPE_CHECKING:
    from chargeplan.linear_model import Bools, Floats, Ints, LinearModel

_SERVING_ROWS = ("assign", "link", "capacity", "cover", "equity")
_SERVING_COLUMNS = ("serve", "cover")
_TOLERANCE = 1e-9
_LATER_IS_BETTER = 1e-4  # of two raises of the same size, the later year is named
_POLICY_WEIGHT = 3.0  # a rule of policy gives way after the config's own numbers

SoftLimits = dict[Limit, SoftRows]


@dataclass(frozen=True, slots=True, eq=False)
class ModelPart:
    """Some rows and columns of a model, as a model.

    Parameters
    ----------
    whole, model : LinearModel
    rows, columns : ndarray of int64
        Of the whole, in the order of the part.
    """

    whole: LinearModel
    model: LinearModel
    rows: Ints
    columns: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Slack:
    """Slack columns of one kind of limit: where they stand, what one costs, how large they may be."""

    row: Ints
    column: Ints
    value: Floats
    price: Floats
    most: Floats


def take_relevant_part(model: LinearModel, soft: SoftLimits) -> ModelPart:
    """Take the part that tells whether there is a plan.

    Whether stations can stand does not depend on whom they serve when no zone asks for anything.
    """
    if soft.keys() & {Limit.FLOOR, Limit.GINI}:
        return ModelPart(model, model, np.arange(model.n_rows), np.arange(model.n_columns))
    is_serving = np.zeros(model.n_columns, dtype=np.bool_)
    drop = np.zeros(model.n_rows, dtype=np.bool_)
    for family in _SERVING_COLUMNS:
        is_serving[model.find_columns(family)] = True
    for family in _SERVING_ROWS:
        drop[model.find_rows(family)] = True
    rows, columns = np.flatnonzero(~drop), np.flatnonzero(~is_serving)
    return ModelPart(model, _take_part(model, rows, columns), rows, columns)


def _take_part(model: LinearModel, rows: Ints, columns: Ints) -> LinearModel:
    return replace(
        model,
        objective=model.objective[columns],
        matrix=sp.csr_array(model.matrix[rows][:, columns]),
        row_lower=model.row_lower[rows],
        row_upper=model.row_upper[rows],
        column_lower=model.column_lower[columns],
        column_upper=model.column_upper[columns],
        is_integer=model.is_integer[columns],
        column_family=model.column_family[columns],
        column_number=model.column_number[columns],
        row_family=model.row_family[rows],
        row_number=model.row_number[rows],
    )


def soften(part: ModelPart, soft: SoftLimits, limits: tuple[Limit, ...]) -> LinearModel:
    """Let kinds of limits give way, weighed by the size of their rows so that money, stations, kW and shares compare.

    The objective, to be maximised, is minus what gives way; slack columns come last. Required sites give way by
    being closed, which needs no column.
    """
    model = part.model
    objective, lower = np.zeros(model.n_columns), model.column_lower.copy()
    if Limit.REQUIRED in limits:
        forced = soft[Limit.REQUIRED]
        at = np.searchsorted(part.columns, forced.row)
        lower[at] = 0.0
        objective[at[np.unique(forced.item, return_index=True)[1]]] = 1.0  # their first year
    slacks = list(_list_slacks(part, soft, limits))
    if not slacks:
        return replace(model, objective=objective, column_lower=lower)
    n_slack = sum(len(each.price) for each in slacks)
    matrix = sp.csr_array(
        (
            np.concatenate([each.value for each in slacks]),
            (np.concatenate([each.row for each in slacks]), np.concatenate([each.column for each in slacks])),
        ),
        shape=(model.n_rows, n_slack),
    )
    return replace(
        model,
        objective=np.concatenate([objective, *(-each.price for each in slacks)]),
        matrix=sp.csr_array(sp.hstack([model.matrix, matrix], format="csr")),
        column_lower=np.concatenate([lower, np.zeros(n_slack)]),
        column_upper=np.concatenate([model.column_upper, *(each.most for each in slacks)]),
        is_integer=np.concatenate([model.is_integer, np.zeros(n_slack, dtype=np.bool_)]),
        column_families=(*model.column_families, "slack"),
        column_family=np.concatenate([model.column_family, np.full(n_slack, len(model.column_families))]),
        column_number=np.concatenate([model.column_number, np.arange(n_slack)]),
    )


def _list_slacks(part: ModelPart, soft: SoftLimits, limits: tuple[Limit, ...]) -> Iterator[_Slack]:
    position = np.full(part.whole.n_rows, -1, dtype=np.int64)
    position[part.rows] = np.arange(len(part.rows))
    model, n_slack = part.model, 0
    for limit in limits:
        if limit is Limit.REQUIRED:
            continue
        rows = position[soft[limit].row]
        is_upper = np.isfinite(model.row_upper[rows])
        items, slack = np.unique(soft[limit].item, return_inverse=True)
        scale = _measure_rows(model, rows, is_upper)
        later = np.zeros(len(items))
        if limit is Limit.BUDGET:  # what comes in sooner can be spent later too
            later += _LATER_IS_BETTER * np.arange(len(items))[::-1]
            at, slack = np.nonzero(items[None, :] <= soft[limit].item[:, None])
            rows, is_upper = rows[at], is_upper[at]
        weight = _POLICY_WEIGHT if limit in {Limit.AREA, Limit.TOTAL} else 1.0
        most = np.zeros(len(items))
        np.maximum.at(most, slack, _find_largest_miss(model, rows, is_upper))
        yield _Slack(
            row=rows,
            column=n_slack + slack,
            value=np.where(is_upper, -1.0, 1.0),
            price=np.full(len(items), weight / scale.max()) * (1.0 + later),
            most=most,
        )
        n_slack += len(items)


def _measure_rows(model: LinearModel, rows: Ints, is_upper: Bools) -> Floats:
    """Measure the size of rows: their limit, or what one step in them is."""
    side = np.where(is_upper, model.row_upper[rows], model.row_lower[rows])
    largest = np.asarray(abs(model.matrix[rows]).max(axis=1).todense()).ravel()
    return np.asarray(np.maximum(np.maximum(np.abs(side), largest), _TOLERANCE), dtype=np.float64)


def _find_largest_miss(model: LinearModel, rows: Ints, is_upper: Bools) -> Floats:
    """Find by how much any values of the columns can break rows."""
    matrix = model.matrix[rows]
    positive, negative = matrix.maximum(0), matrix.minimum(0)
    high, low = model.column_upper, model.column_lower
    most = positive @ high + negative @ low - model.row_upper[rows]
    least = model.row_lower[rows] - (positive @ low + negative @ high)
    return np.asarray(np.maximum(np.where(is_upper, most, least), 0.0), dtype=np.float64)


def measure_misses(
    part: ModelPart, soft: SoftLimits, limits: tuple[Limit, ...], values: Floats
) -> dict[tuple[Limit, int], float]:
    """Measure by how much a plan, values of the columns of a part, breaks limits, item by item."""
    whole = part.whole
    activity = np.zeros(whole.n_rows)
    activity[part.rows] = part.model.matrix @ values
    by_column = np.zeros(whole.n_columns)
    by_column[part.columns] = values
    amount: dict[tuple[Limit, int], float] = {}
    for limit in limits:
        rows, item = soft[limit].row, soft[limit].item
        if limit is Limit.REQUIRED:
            closed = np.unique(item[by_column[rows] < 0.5])
            amount |= {(limit, int(site)): 1.0 for site in closed}
            continue
        miss = np.maximum(activity[rows] - whole.row_upper[rows], whole.row_lower[rows] - activity[rows])
        given = 0.0  # budgets: money of earlier years is there in later ones
        for each in np.unique(item).tolist():
            needed = float(miss[item == each].max()) - (given if limit is Limit.BUDGET else 0.0)
            if needed > _TOLERANCE * max(1.0, float(np.abs(activity[rows]).max())):
                amount[limit, each] = needed
                given += needed
    return amount


def open_everything(model: LinearModel, n_levels: int) -> Floats:
    """Open every station of a model at its largest, with every step of the grid; other columns are 0."""
    values = np.zeros(model.n_columns)
    for family in ("open", "step", "backup"):
        values[model.find_columns(family)] = 1.0
    level = model.find_columns("level")
    slot = model.column_number[level] // n_levels  # year and slot, rising with the level inside
    is_last = np.append(np.diff(slot) != 0, True) if len(level) else np.zeros(0, dtype=np.bool_)
    values[level[is_last]] = 1.0
    values *= model.column_upper > 0
    drop_backups(model, values)
    return values


def drop_backups(model: LinearModel, values: Floats) -> None:
    """Take back, in place, that demand reaches two stations where fewer are open."""
    rows, backup = model.find_rows("backup"), model.find_columns("backup")
    if len(rows) == 0 or len(backup) == 0:
        return
    matrix = model.matrix[rows]
    is_broken = matrix @ values < model.row_lower[rows] - _TOLERANCE
    entry = sp.coo_array(matrix[np.flatnonzero(is_broken)])
    values[np.intersect1d(entry.col[entry.data < 0], backup)] = 0.0
