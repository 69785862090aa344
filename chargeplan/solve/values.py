"""Plans as values of all columns of a linear model: fixed, settled, checked."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.quiet import keep_stdout_clean

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Bools, Floats, Ints

LOG = logging.getLogger(__name__)

ROW_TOLERANCE = 1e-6
_SHARE_DUST = 1e-9
_SUM_ROUNDING = 1e-12  # of sums of whole numbers of things, such as the cost of all stations


@dataclass(frozen=True, slots=True, eq=False)
class ValuePlan:
    """A plan that keeps every row of a model.

    Parameters
    ----------
    values : ndarray, shape (n_columns,)
        Whole numbers in integer columns.
    objective_kwh_day : float
    """

    values: Floats
    objective_kwh_day: float


@dataclass(frozen=True, slots=True, eq=False)
class FixedModel:
    """A model of the columns that are free, the others held at values.

    Parameters
    ----------
    model : LinearModel
        Of the free columns; its objective lacks `held_kwh_day`.
    free : ndarray of int64
        Columns of the whole model, in the order of those of `model`.
    held_kwh_day : float
        What the held columns are worth.
    held_values : ndarray, shape (n_columns of the whole,)
        Values of held columns, 0 at free ones.
    is_possible : bool
        False when the held columns alone break a row that no free column enters.
    """

    model: LinearModel
    free: Ints
    held_kwh_day: float
    held_values: Floats
    is_possible: bool

    def expand(self, values: Floats) -> Floats:
        """Put values of the free columns into those of all columns."""
        whole = self.held_values.copy()
        whole[self.free] = values
        return whole


def fix_columns(model: LinearModel, is_free: Bools, values: Floats) -> FixedModel:
    """Hold all but some columns at values; rows that only held columns enter are checked and left out."""
    free = np.flatnonzero(is_free)
    held = np.where(is_free, 0.0, values)
    used = model.matrix @ held
    matrix = sp.csr_array(model.matrix[:, free])
    has_free = np.diff(matrix.indptr) > 0
    keep_row = np.flatnonzero(has_free)
    slack = _measure_slack(model, np.maximum(np.abs(used), 1.0))
    is_broken = (used < model.row_lower - slack) | (used > model.row_upper + slack)
    smaller = replace(
        model,
        objective=model.objective[free],
        matrix=sp.csr_array(matrix[keep_row]),
        row_lower=(model.row_lower - used)[keep_row],
        row_upper=(model.row_upper - used)[keep_row],
        column_lower=model.column_lower[free],
        column_upper=model.column_upper[free],
        is_integer=model.is_integer[free],
        column_family=model.column_family[free],
        column_number=model.column_number[free],
        row_family=model.row_family[keep_row],
        row_number=model.row_number[keep_row],
    )
    return FixedModel(
        smaller, free, float(model.objective @ held), held, not bool(np.any(is_broken & ~has_free))
    )


def solve_small(
    model: LinearModel, *, node_limit: int | None = None, time_limit_s: float | None = None, gap: float = 1e-4
) -> Floats | None:
    """Solve a model with the solver inside SciPy; None when it finds no plan. A proposal, never a proof."""
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    if model.n_columns == 0:
        return np.zeros(0)
    size = max(1.0, float(np.abs(model.objective).max(initial=0.0)))
    options: dict[str, float | int] = {}
    if time_limit_s is not None:
        options["time_limit"] = max(0.05, time_limit_s)
    with keep_stdout_clean():
        if not model.is_integer.any():
            upper = np.isfinite(model.row_upper)
            lower = np.isfinite(model.row_lower)
            equal = upper & lower & (model.row_lower == model.row_upper)
            upper, lower = upper & ~equal, lower & ~equal
            answer = linprog(
                -model.objective / size,
                A_ub=sp.vstack([model.matrix[upper], -model.matrix[lower]], format="csr"),
                b_ub=np.concatenate([model.row_upper[upper], -model.row_lower[lower]]),
                A_eq=model.matrix[equal],
                b_eq=model.row_lower[equal],
                bounds=np.stack([model.column_lower, model.column_upper], axis=1),
                method="highs",
                options=options,
            )
        else:
            if node_limit is not None:
                options["node_limit"] = node_limit
            answer = milp(
                -model.objective / size,
                constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
                bounds=Bounds(model.column_lower, model.column_upper),
                integrality=model.is_integer.astype(np.int64),
                options=options | {"mip_rel_gap": gap},
            )
    return None if answer.x is None else np.asarray(answer.x, dtype=np.float64)


def clean_values(model: LinearModel, values: Floats) -> Floats:
    """Remove the rounding of a solver: whole numbers whole, bounds kept, dust swept to the bounds."""
    clean = np.where(model.is_integer, np.rint(values), values)
    clean = np.where(np.abs(clean - model.column_lower) < _SHARE_DUST, model.column_lower, clean)
    clean = np.where(np.abs(clean - model.column_upper) < _SHARE_DUST, model.column_upper, clean)
    return np.asarray(np.clip(clean, model.column_lower, model.column_upper) + 0.0, dtype=np.float64)


def find_broken_rows(model: LinearModel, values: Floats) -> Ints:
    """Find the rows that values break by more than rounding.

    Rows of shares may be broken by a millionth of the size of their terms; rows of stations alone (money,
    numbers, power) by a millionth of their unit, however large they are: a budget is a budget.
    """
    activity = model.matrix @ values
    size = np.abs(model.matrix) @ np.abs(values)
    limits = np.maximum(
        np.where(np.isfinite(model.row_lower), np.abs(model.row_lower), 0.0),
        np.where(np.isfinite(model.row_upper), np.abs(model.row_upper), 0.0),
    )
    slack = _measure_slack(model, np.maximum(np.maximum(size, limits), 1e-3))
    return np.flatnonzero((activity < model.row_lower - slack) | (activity > model.row_upper + slack))


def _measure_slack(model: LinearModel, size: Floats) -> Floats:
    """Measure by how much each row may be broken, for terms of some size."""
    has_shares = np.abs(model.matrix) @ (~model.is_integer).astype(np.float64) > 0
    return np.where(has_shares, ROW_TOLERANCE * size, ROW_TOLERANCE + _SUM_ROUNDING * size)


def make_value_plan(model: LinearModel, values: Floats) -> ValuePlan | None:
    """Make a plan of values; None when they break a row or a bound."""
    broken = find_broken_rows(model, values)
    if len(broken):
        names = model.name_rows()
        LOG.debug("values break %d rows, first %s", len(broken), names[broken[0]])
        return None
    return ValuePlan(values, float(model.objective @ values))
