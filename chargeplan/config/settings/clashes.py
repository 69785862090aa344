"""Settings that do not fit each other: all of them are gathered, and none hides another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationInfo


class Clash(NamedTuple):
    """Settings that do not fit each other.

    Parameters
    ----------
    text : str
        What is wrong and what to do; opens with the key, below `section`, at which it is told.
    reads : tuple of str
        Keys that were looked at, without the numbers of list entries; where one of them is at fault itself, the
        clash means nothing.
    section : str
        Section that was checked, empty for the whole study.
    """

    text: str
    reads: tuple[str, ...]
    section: str = ""


def tell_clashes(clashes: Iterable[Clash], info: ValidationInfo) -> None:
    """Add clashes to the list that is the context of a validation; without one refuse the settings.

    Raises
    ------
    ValueError
        With every clash, when nobody gathers them.
    """
    found = list(clashes)
    if isinstance(info.context, list):
        info.context.extend(found)
    elif found:
        raise ValueError("; ".join(clash.text for clash in found))
