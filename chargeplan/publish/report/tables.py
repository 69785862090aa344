"""Tables of the report, as every section hands them to the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from chargeplan.publish.report.drawing import draw_bar
from chargeplan.publish.report.numbers import Number

Cell = Number | str | Markup | tuple[Number | str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its headings.

    Parameters
    ----------
    caption : str
    headings : tuple of (str, str)
        Words, and the kind of the column: ``words``, ``long`` words, ``number`` or ``bar``.
    rows : list of list
        Cells in the order of the headings.
    notes : tuple of str
        Sentences below it.
    groups : tuple of (str, int)
        Headings inside the table, each with the row it stands before.
    name : str
        Further class.
    """

    caption: str
    headings: tuple[tuple[str, str], ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = field(default=())
    name: str = ""

    @property
    def group_at(self) -> dict[int, str]:
        """The headings inside the table by row."""
        return {row: words for words, row in self.groups}


def make_bar(share: float, *, mark_share: float | None = None, name: str = "") -> Markup:
    """Make a cell with a small bar."""
    return Markup(draw_bar(share, mark_share=mark_share, name=name))  # noqa: S704  # numbers alone
