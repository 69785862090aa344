"""Warnings of work that is done once for each year, told once with the years."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class YearlyWarnings:
    """Holds warnings back, year by year, until they are told together.

    Parameters
    ----------
    name : str
        Of the loggers whose warnings are held, such as ``chargeplan.demand``.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        # By the kind of warning: the records by year.
        self._held: dict[tuple[str, str], dict[int, logging.LogRecord]] = {}

    @contextmanager
    def hold(self, year: int) -> Iterator[None]:
        """Hold the warnings of a year; other messages pass."""
        holder, before = _Holder(year, self._held), self._logger.propagate
        self._logger.addHandler(holder)
        self._logger.propagate = False
        try:
            yield
        finally:
            self._logger.propagate = before
            self._logger.removeHandler(holder)

    def tell(self) -> None:
        """Tell each warning once, in the words of its last year, with the years when there are several."""
        for by_year in self._held.values():
            *others, (last, record) = by_year.items()
            text = record.getMessage()
            same = [str(year) for year, other in others if other.getMessage() == text]
            differ = [str(year) for year, other in others if other.getMessage() != text]
            if same:
                text += f" (in {', '.join([*same, str(last)])})"
            elif differ:
                text += f" (in {last})"
            if differ:
                text += f"; in {', '.join(differ)} with other figures"
            record.msg, record.args = text, ()
            logging.getLogger(record.name).handle(record)
        self._held.clear()


class _Holder(logging.Handler):
    def __init__(self, year: int, held: dict[tuple[str, str], dict[int, logging.LogRecord]]) -> None:
        super().__init__()
        self._year, self._held = year, held

    def emit(self, record: logging.LogRecord) -> None:
        """Hold a warning; hand on what is less."""
        if record.levelno < logging.WARNING:
            logging.getLogger("chargeplan").handle(record)
            return
        self._held.setdefault((record.name, str(record.msg)), {})[self._year] = record
