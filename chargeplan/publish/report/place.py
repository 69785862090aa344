"""Where a report goes that is made anew: beside the run, and over nobody's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import ChargeplanError, name_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# As frame.jinja writes it, before any text from data.
_MARK = b'<meta name="generator" content="chargeplan report">'
_MARK_WITHIN_BYTES = 200
# The page's title, which Chromium writes into the head of its PDF: as text, or as UTF-16 in hexadecimal digits.
_TITLES = ("Charging plan: ", "Site sheets: ")
_HEAD_BYTES = 4096


def is_report(path: Path) -> bool:
    """Tell whether a file is a page of a report, or the PDF that Chromium printed from one.

    Parameters
    ----------
    path : Path
        Any file that is there.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"<!DOCTYPE html>"):
        return _MARK in head[:_MARK_WITHIN_BYTES]
    if not head.startswith(b"%PDF-"):
        return False
    forms = [
        form
        for title in _TITLES
        for form in (
            b"/Title (" + title.encode(),
            b"/Title <FEFF" + title.encode("utf-16-be").hex().upper().encode(),
        )
    ]
    return any(form in head for form in forms)


def refuse_foreign(paths: Iterable[Path]) -> None:
    """Refuse to replace files that are no reports.

    Raises
    ------
    ChargeplanError
        With every such file.
    """
    foreign = [str(path) for path in paths if path.exists() and not (path.is_file() and is_report(path))]
    if foreign:
        raise ChargeplanError(
            f"no report is {name_rows(foreign)}, which would be replaced; name another file with --out, "
            f"or replace it with --overwrite"
        )
