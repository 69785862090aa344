"""How messages name rows of an input and count things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import name_rows

if TYPE_CHECKING:
    from chargeplan.records import Ints

_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the rows of an input are called: lines of a table, features of a layer.

    Parameters
    ----------
    word : str
        Singular; an s makes its plural.
    labels : sequence, or None
        One for each row, such as the line of the file; None counts from 1.

    Examples
    --------
    >>> Rows("line", [2, 3, 5]).name([2])
    'line 5'
    >>> Rows("feature").name([0, 2])
    'features 1, 3'
    """

    word: str
    labels: Sequence[object] | Ints | None = None

    def name(self, positions: Sequence[int] | Ints) -> str:
        """Name the first few of some rows, by their positions from 0, and count the rest."""
        shown = [at + 1 if self.labels is None else self.labels[at] for at in positions[:_SHOWN]]
        named = name_rows([*shown, *[""] * (len(positions) - len(shown))], limit=_SHOWN)
        return f"{self.word}{'' if len(positions) == 1 else 's'} {named}"


def count_things(count: int, singular: str, plural: str = "") -> str:
    """Count things in words.

    Examples
    --------
    >>> count_things(1, "zone"), count_things(2, "zone"), count_things(2, "has", "have")
    ('1 zone', '2 zones', '2 have')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
