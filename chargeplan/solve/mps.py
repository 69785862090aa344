"""A linear model as an MPS file, every number exact, for another solver and for people to keep."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import ChargeplanError
from chargeplan.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chargeplan.linear_model import LinearModel

_HEAD = "* The model of chargeplan maximises; its objective stands here with the other sign."


def format_mps(model: LinearModel) -> str:
    """Format a model as free MPS, to be minimised: the objective is the model's with the other sign.

    Parameters
    ----------
    model : LinearModel

    Notes
    -----
    Numbers have all their digits, so that a reader gets the very same model. A row without any
    limit is left out. A row with two limits that differ gets a ``RANGES`` entry, whose lower
    limit a reader computes anew.
    """
    return "\n".join(_list_lines(model)) + "\n"


def save_disputed_model(model: LinearModel, path: Path | None) -> str:
    """Save a model about which solvers disagree; say where it is, or why it is nowhere.

    Parameters
    ----------
    model : LinearModel
    path : Path or None
        File to write; None for a new folder among the temporary files.
    """
    try:
        target = path or Path(tempfile.mkdtemp(prefix="chargeplan_")) / "disputed_model.mps"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, format_mps(model))
    except (OSError, ChargeplanError) as error:
        return f"the model could not be saved ({error})"
    return f"the model is saved as {target}"


def _list_lines(model: LinearModel) -> Iterator[str]:
    has_lower, has_upper = np.isfinite(model.row_lower), np.isfinite(model.row_upper)
    is_equal = model.row_lower == model.row_upper
    kept = np.flatnonzero(has_lower | has_upper)
    sense = np.where(is_equal, "E", np.where(has_upper, "L", "G"))
    rows = model.name_rows()
    yield from (_HEAD, "NAME plan", "ROWS", " N objective")
    yield from (f" {sense[row]} {rows[row]}" for row in kept)
    yield from ("COLUMNS", *_list_columns(model, rows, has_lower | has_upper))
    yield "RHS"
    right = np.where(has_upper, model.row_upper, model.row_lower)
    yield from (f" rhs {rows[row]} {float(right[row])!r}" for row in kept if right[row] != 0)
    ranged = np.flatnonzero(has_lower & has_upper & ~is_equal)
    if len(ranged):
        yield "RANGES"
        width = model.row_upper - model.row_lower
        yield from (f" range {rows[row]} {float(width[row])!r}" for row in ranged)
    yield from ("BOUNDS", *_list_bounds(model), "ENDATA")


def _list_columns(model: LinearModel, rows: list[str], is_kept: np.ndarray) -> Iterator[str]:
    by_column = sp.csc_array(model.matrix)
    starts, indices, values = (
        part.tolist() for part in (by_column.indptr, by_column.indices, by_column.data)
    )
    is_inside = False
    for at, (name, whole) in enumerate(zip(model.name_columns(), model.is_integer.tolist(), strict=True)):
        if whole != is_inside:
            yield f" marker{at} 'MARKER' {_name_marker(is_start=whole)}"
            is_inside = whole
        yield f" {name} objective {0.0 - float(model.objective[at])!r}"  # also declares an empty column
        for entry in range(starts[at], starts[at + 1]):
            if is_kept[indices[entry]]:
                yield f" {name} {rows[indices[entry]]} {values[entry]!r}"
    if is_inside:
        yield f" marker{model.n_columns} 'MARKER' {_name_marker(is_start=False)}"


def _name_marker(*, is_start: bool) -> str:
    return "'INTORG'" if is_start else "'INTEND'"


def _list_bounds(model: LinearModel) -> Iterator[str]:
    bounds = zip(model.name_columns(), model.column_lower.tolist(), model.column_upper.tolist(), strict=True)
    for name, low, high in bounds:
        if low == high:
            yield f" FX bound {name} {low!r}"
            continue
        yield f" LO bound {name} {low!r}" if np.isfinite(low) else f" MI bound {name}"
        yield f" UP bound {name} {high!r}" if np.isfinite(high) else f" PL bound {name}"
