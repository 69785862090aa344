"""The lists of figures in docs/explanation/where-the-numbers-come-from.md."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from chargeplan.data_register import BY_LINE, CONFIDENCES, IN_NAMES, read_data_register
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_project_folder, require_file, write_text
from chargeplan.register_figures import read_figures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chargeplan.data_register import RegisterRow
    from chargeplan.register_figures import DataFigure

_LIST = re.compile(r"(<!-- figures of: ([^>]+?) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
# Longer tables are linked and not repeated.
_MOST_FIGURES = 60
_ADDRESS = re.compile(r"^(https?://|github\.com/|doi\.org/|www\.)\S+$")


def rewrite_page(path: Path) -> None:
    """Write the lists of a page anew, each between its two comment lines.

    Raises
    ------
    DataError
        When a topic of the register has no list in the page, or a list no topic.
    """
    require_file(path, "--page")
    write_text(path, fill_page(path.read_text(encoding="utf-8"), path.absolute().parent))


def fill_page(text: str, folder: Path) -> str:
    """Give the text of the page with its lists written anew; `folder` is where the page lies."""
    rows = read_data_register()
    topics = list(dict.fromkeys(row.topic for row in rows))
    listed = [match[2] for match in _LIST.finditer(text)]
    faults = FaultCollector(DataError)
    for words, names in (
        ("has no list of", [topic for topic in topics if topic not in listed]),
        ("has a list of an unknown topic:", [topic for topic in listed if topic not in topics]),
        ("has more than one list of", sorted({topic for topic in listed if listed.count(topic) > 1})),
    ):
        if names:
            faults.add(f"the page {words} {', '.join(names)}; see data/sources.csv")
    faults.raise_if_any()
    root = os.path.relpath(find_project_folder("data"), folder).replace(os.sep, "/")

    def fill(match: re.Match[str]) -> str:
        lines = [line for row in rows if row.topic == match[2] for line in _write_file(row, root)]
        return "\n".join([match[1], *lines, match[3]])

    return _LIST.sub(fill, text)


def _write_file(row: RegisterRow, root: str) -> Iterator[str]:
    figures = read_figures(row)
    name = f"[`data/{row.path}`]({root}/{row.path})" if row.path else f"`{row.key}`"
    yield f"**{name}**: {_escape(row.what)}. Read by {row.read_by}; {row.licence}."
    counts = Counter(figure.confidence for figure in figures)
    told = ", ".join(f"{counts[word]} {word}" for word in CONFIDENCES if counts[word])
    if row.source != BY_LINE:
        yield f"Source: {_escape(row.source)} ({row.year}); confidence {row.confidence}."
    elif told:
        yield f"{len(figures)} figures: {told}."
    if row.path:
        yield (
            f"Your own file takes its place through `{row.key}`."
            if row.key
            else "There is no key for a file of your own in its place."
        )
    yield ""
    if row.source == BY_LINE and row.used not in ("fetch", "demo"):
        yield from _write_table(figures) if len(figures) <= _MOST_FIGURES else _write_kinds(figures)


def _write_kinds(figures: tuple[DataFigure, ...]) -> Iterator[str]:
    """Write one line for all figures of one kind: the same key and source."""
    yield "| figures | how many | confidence | source |"
    yield "| --- | --- | --- | --- |"
    kinds = Counter(
        (figure.what.split(", ")[-1], figure.unit, figure.confidence, _write_source(figure))
        for figure in figures
    )
    for (what, unit, confidence, source), count in kinds.items():
        yield f"| {_escape(what)} ({_escape(unit)}) | {count} | {confidence} | {source} |"
    yield ""


def _write_table(figures: tuple[DataFigure, ...]) -> Iterator[str]:
    yield "| figure | value | confidence | source |"
    yield "| --- | --- | --- | --- |"
    told = set()
    for figure in figures:
        source = _write_source(figure)
        unit = "" if figure.unit == IN_NAMES else f" {figure.unit}"
        line = f"| {_escape(figure.what)} | {_escape(figure.value + unit)} | {figure.confidence} | {source} |"
        origin = (figure.value, figure.unit, source)
        if figure.subject.get("scenario") and origin in told:
            continue  # a point that several scenarios use is told once
        told.add(origin)
        yield line
    yield ""


def _write_source(figure: DataFigure) -> str:
    """Write the source of a figure with its year and links."""
    source = f"{_escape(figure.source)}, {figure.year}"
    for number, address in enumerate(re.split(r"\s*;\s*|\s+", figure.address), start=1):
        if _ADDRESS.match(address):
            url = address if address.startswith("http") else f"https://{address}"
            source += f" [[{number}]]({url})"
        elif address:
            source += f" {_escape(address)}"
    return source


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
