"""One answer of an Overpass server: taken only when it is whole and every element is sound.

A server that runs out of time or memory answers with status 200, valid JSON, a part of the
elements and a ``remark``; proxies cut bodies short or answer with a page of their own. Each
of these is an error here, so that no part is ever taken for the whole.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

from chargeplan.errors import DataError
from chargeplan.osm.answer_element import COUNT_TYPE, PLURALS, find_element_fault, read_counts
from chargeplan.osm.times import is_timestamp
from chargeplan.text import clean_text, escape_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_CHARACTERS = 80
_LONGEST_CHARACTER_BYTES = 4


class AnswerFault(StrEnum):
    """What is wrong with an answer."""

    NOT_JSON = "not JSON"
    TRUNCATED = "cut short"
    REMARK_TIMEOUT = "the server ran out of time"
    REMARK_MEMORY = "the server ran out of memory"
    REMARK_OTHER = "the server remarked a fault"
    WRONG_SHAPE = "not an Overpass answer"
    BAD_ELEMENT = "an element is damaged"
    MISSING_ELEMENTS = "elements are missing"


class AnswerError(DataError):
    """An answer that must not be used.

    Parameters
    ----------
    fault : AnswerFault
    message : str
        What was got and what was expected.
    """

    def __init__(self, fault: AnswerFault, message: str) -> None:
        self.fault = fault
        super().__init__(f"{fault.value}: {message}")


@dataclass(frozen=True, slots=True, eq=False)
class OverpassAnswer:
    """The elements of an answer that was found whole.

    Parameters
    ----------
    elements : list of dict
        Nodes, ways and relations as Overpass writes them.
    stated_counts : dict or None
        What a ``count`` element of the answer says: "nodes", "ways", "relations", "total".
    osm_timestamp : str
        State of the data, such as "2026-03-19T19:50:00Z"; empty when not said.
    generator : str
        Name and version of the server's program.
    """

    elements: list[dict[str, Any]]
    stated_counts: dict[str, int] | None
    osm_timestamp: str
    generator: str


def parse_answer(body: bytes) -> OverpassAnswer:
    """Parse and check the body of an answer to a query with ``[out:json]``.

    When the answer has elements and a ``count`` element, both must agree. An answer with a
    count and nothing else is taken as it is, because that is what ``out count`` alone brings:
    whoever asked for elements calls `check_counts` as well.

    Raises
    ------
    AnswerError
        When the body is not JSON, cut short, has a remark, lacks the members of an Overpass
        answer, or an element is damaged or missing.
    """
    content = _parse_json(body)
    if not isinstance(content, dict):
        _refuse(AnswerFault.WRONG_SHAPE, body, 'a JSON object with "osm3s" and "elements"')
    _refuse_remark(content.get("remark"))
    osm3s, elements = content.get("osm3s"), content.get("elements")
    if not isinstance(osm3s, dict) or not isinstance(elements, list):
        _refuse(AnswerFault.WRONG_SHAPE, body, 'a JSON object with "osm3s" and "elements"')
    timestamp = osm3s.get("timestamp_osm_base", "")
    if timestamp != "" and not is_timestamp(timestamp):
        _refuse(AnswerFault.WRONG_SHAPE, timestamp, "a time like 2026-03-19T19:50:00Z in timestamp_osm_base")
    generator = content.get("generator", "")
    for element in elements:
        fault = find_element_fault(element)
        if fault:
            _refuse(AnswerFault.BAD_ELEMENT, json.dumps(element), fault)
    counts = [element for element in elements if element["type"] == COUNT_TYPE]
    if len(counts) > 1:
        _refuse(AnswerFault.WRONG_SHAPE, f"{len(counts)} count elements", "one count element at most")
    answer = OverpassAnswer(
        elements=[element for element in elements if element["type"] != COUNT_TYPE] if counts else elements,
        stated_counts=read_counts(counts[0]) if counts else None,
        osm_timestamp=timestamp,
        generator=clean_text(generator) if isinstance(generator, str) else "",
    )
    if answer.elements:
        check_counts(answer)
    return answer


def check_counts(answer: OverpassAnswer) -> None:
    """Check the elements of an answer against the count that it carries, if it carries one.

    Raises
    ------
    AnswerError
        `MISSING_ELEMENTS` when other numbers of elements came than the server counted.
    """
    if answer.stated_counts is None:
        return
    distinct = {(element["type"], element["id"]): element for element in answer.elements}
    came = count_elements(distinct.values())
    if came != answer.stated_counts:
        raise AnswerError(
            AnswerFault.MISSING_ELEMENTS,
            f"the server counted {_name_counts(answer.stated_counts)} but {_name_counts(came)} came",
        )


def count_elements(elements: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count elements by type, under "nodes", "ways", "relations" and "total".

    Examples
    --------
    >>> count_elements([{"type": "node", "id": 1}, {"type": "way", "id": 1}, {"type": "node", "id": 2}])
    {'nodes': 2, 'ways': 1, 'relations': 0, 'total': 3}
    """
    found = Counter(element["type"] for element in elements)
    counts = {plural: found[kind] for kind, plural in PLURALS.items()}
    return {**counts, "total": sum(counts.values())}


def choose_newest(elements: Iterable[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Choose one of each element, by type and id: the highest version, of equal ones the later.

    Examples
    --------
    >>> choose_newest([{"type": "node", "id": 1, "version": 3}, {"type": "node", "id": 1, "version": 2}])
    {('node', 1): {'type': 'node', 'id': 1, 'version': 3}}
    """
    newest: dict[tuple[str, int], dict[str, Any]] = {}
    for element in elements:
        key = (element["type"], element["id"])
        known = newest.get(key)
        if known is None or _find_age(element) > _find_age(known):
            newest[key] = element
    return newest


def _find_age(element: dict[str, Any]) -> tuple[int, str]:
    # Times in ISO 8601 sort as texts.
    return element.get("version") or 0, element.get("timestamp") or ""


def _name_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[plural]:,} {plural}" for plural in PLURALS.values())


def _refuse(fault: AnswerFault, got: object, expected: str) -> NoReturn:
    text = got.decode("utf-8", "replace") if isinstance(got, bytes) else str(got)
    # Cut first: an answer may be hundreds of megabytes.
    shown = escape_invisible(clean_text(text[: 4 * _SHOWN_CHARACTERS]))[:_SHOWN_CHARACTERS]
    raise AnswerError(
        fault, f"got {shown!r}, expected {expected}" if shown else f"got nothing, expected {expected}"
    )


def _parse_json(body: bytes) -> Any:
    expected = "the JSON of an Overpass answer"
    if not body.strip():
        _refuse(AnswerFault.TRUNCATED, "", expected)
    starts_well = body.lstrip()[:1] == b"{"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = starts_well and error.start >= len(body) - _LONGEST_CHARACTER_BYTES
        _refuse(AnswerFault.TRUNCATED if is_cut else AnswerFault.NOT_JSON, body, expected)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        is_cut = starts_well and _ends_too_early(text, error)
        if not is_cut:
            _refuse(AnswerFault.NOT_JSON, body, expected)
        _refuse(
            AnswerFault.TRUNCATED,
            text.rstrip()[-_SHOWN_CHARACTERS:],
            f"an answer that goes on after {len(body):,} bytes",
        )
    except (ValueError, RecursionError):
        _refuse(AnswerFault.NOT_JSON, body, expected)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _ends_too_early(text: str, error: json.JSONDecodeError) -> bool:
    """Tell whether the parser came to the end of the text before the end of the JSON."""
    if error.msg == "Extra data":
        return False
    end = len(text.rstrip())
    return (
        error.pos >= end - 1
        or error.msg.startswith(("Unterminated string", "Invalid \\"))
        or not text.rstrip().endswith("}")
    )


def _refuse_remark(remark: object) -> None:
    if remark is None or remark == "":
        return
    words = str(remark).casefold()
    if "timed out" in words or "timeout" in words:
        fault = AnswerFault.REMARK_TIMEOUT
    elif "memory" in words:
        fault = AnswerFault.REMARK_MEMORY
    else:
        fault = AnswerFault.REMARK_OTHER
    _refuse(fault, remark, "an answer without a remark; what came with it is a part of the data only")
