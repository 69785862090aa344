"""Tables as CSV text in which no cell is a formula to a spreadsheet, for texts come from data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.text import guard_cell

if TYPE_CHECKING:
    import pandas as pd


def write_csv_table(table: pd.DataFrame, *, float_format: str | None = None) -> str:
    """Write a table without its index, empty where a figure does not exist.

    A text or a heading that a spreadsheet would run has an apostrophe before it; numbers stay as they are.

    Parameters
    ----------
    table : DataFrame
    float_format : str, optional
        Such as "%.12g"; else as many digits as it takes to read the same number back.
    """
    import pandas as pd

    guarded = table.copy()
    for at, kind in enumerate(table.dtypes):
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)):
            cells = [guard_if_text(cell) for cell in table.iloc[:, at].tolist()]
            guarded.isetitem(at, pd.Series(cells, index=table.index, dtype=object))
    guarded.columns = pd.Index([guard_if_text(str(name)) for name in table.columns], dtype=object)
    return str(guarded.to_csv(index=False, lineterminator="\n", float_format=float_format))


def guard_if_text(cell: object) -> object:
    r"""Guard a text; anything else stays as it is.

    A carriage return becomes a space: writers of CSV before Python 3.13 leave it without quotes, and
    a spreadsheet begins a new row there.

    Examples
    --------
    >>> guard_if_text("-2+3"), guard_if_text(-2.5), guard_if_text("a\r=1")
    ("'-2+3", -2.5, 'a =1')
    """
    return guard_cell(cell).replace("\r", " ") if isinstance(cell, str) else cell
