"""What was mended or left out while the network was read: counted, with examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chargeplan.errors import name_rows
from chargeplan.tables import REPAIRS, make_table

if TYPE_CHECKING:
    import pandas as pd


class RepairLog:
    """Collect repairs in the order in which they were made."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, str]] = []

    def add(self, what: str, examples: Iterable[object], *, count: int | None = None) -> None:
        """Remember one kind of repair; nothing is remembered when there was nothing to mend.

        Parameters
        ----------
        what : str
            What was mended or left out, in words a planner understands.
        examples : iterable
            Ids of what was mended; the first five are kept.
        count : int, optional
            How many, when `examples` are not all of them.
        """
        names = list(examples)
        number = len(names) if count is None else count
        if number:
            self._rows.append((what, number, name_rows(names)))

    def make_table(self) -> pd.DataFrame:
        """Make the table of `tables.REPAIRS`."""
        columns = zip(*self._rows, strict=True) if self._rows else ((), (), ())
        names = (column.name for column in REPAIRS)
        return make_table(REPAIRS, {name: list(values) for name, values in zip(names, columns, strict=True)})
