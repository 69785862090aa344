"""What can go wrong between a planner and a public server: how each fault changes a healthy reply."""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from osm_server.answer import write_answer, write_error_page

if TYPE_CHECKING:
    from osm_server.server import Request


class Phase(StrEnum):
    """The phases of a download, told apart by what is asked."""

    STATUS = "status"
    BOUNDARY = "boundary"
    ESTIMATE = "estimate"
    FIRST_TILE = "first tile"
    LATER_TILE = "later tile"
    PLACE_SEARCH = "place search"


class Mode(StrEnum):
    """The faults."""

    TOO_MANY_REQUESTS = "429"
    TOO_MANY_RETRY_AFTER = "429 with Retry-After in seconds"
    TOO_MANY_RETRY_DATE = "429 with Retry-After as a date"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504 with a page"
    ERROR_WITH_JSON = "500 with half an answer in valid JSON"
    BAD_REQUEST = "400"
    FORBIDDEN = "403"
    REMARK_TIMEOUT = "200 with half an answer and a remark of a timeout"
    REMARK_MEMORY = "200 with half an answer and a remark of too little memory"
    REMARK_UNKNOWN = "200 with half an answer and a remark never seen before"
    CAPTIVE_PORTAL = "200 with a page of a captive portal"
    LOGIN_REDIRECT = "302 to a login page"
    EMPTY_BODY = "200 with nothing"
    SHORT_BODY = "body shorter than its stated length"
    RESET_IN_MIDDLE = "connection reset in the middle of the body"
    CLOSED_BEFORE_HEADER = "connection closed before the header"
    TRUNCATED_CHUNKED = "cut JSON in a chunked reply that ends properly"
    BROKEN_GZIP = "damaged gzip"
    SLOW_DRIP = "a byte at a time"
    LOST_ELEMENTS = "valid JSON with lost elements"
    ONLY_COUNT = "valid JSON with the count alone"
    EMPTY_ANSWER = "valid JSON, no element, its own count 0"
    NAN_COORDINATE = "a node at NaN"
    ABSURD_COORDINATE = "a node at latitude 999"
    ELSEWHERE = "all nodes moved by 40 degrees"
    OLD_DUPLICATES = "older versions of elements besides the newest"
    NO_ELEMENTS_KEY = "`elements` is missing"
    ELEMENTS_NOT_LIST = "`elements` is no list"
    WRONG_TYPES = "ids and nodes are texts"
    MOVING_TIMESTAMP = "each answer has another age"
    MISSING_WAY_NODES = "nodes of ways are missing"
    FEW_LOST = "three lone nodes are lost, and the count is lowered by them"
    EARLIER_ANSWER = "the answer to an earlier question"


class Delivery(StrEnum):
    """How the bytes of a reply go over the wire."""

    WHOLE = "whole"
    CHUNKED = "chunked"
    SHORT = "short"
    RESET = "reset"
    CLOSED = "closed"
    DRIP = "drip"
    BROKEN_GZIP = "broken gzip"


@dataclass(frozen=True, slots=True)
class When:
    """Which of the requests that a fault is meant for it hits, counted from 1."""

    first: int = 1
    last: int | None = None

    @classmethod
    def always(cls) -> When:
        return cls()

    @classmethod
    def once(cls) -> When:
        return cls(1, 1)

    @classmethod
    def nth(cls, n: int) -> When:
        return cls(n, n)

    @classmethod
    def from_nth(cls, n: int) -> When:
        return cls(n)

    def hits(self, n: int) -> bool:
        return n >= self.first and (self.last is None or n <= self.last)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Parameters
    ----------
    mode : Mode
    when : When
    concerns : Phase or callable or None
        Which requests it is meant for: those of a phase, those a predicate says yes to, or all.
    between_bytes : callable
        Called between two bytes of a slow drip; a test moves its fake clock on here.
    """

    mode: Mode
    when: When = field(default_factory=When.always)
    concerns: Phase | Callable[[Request], bool] | None = None
    between_bytes: Callable[[], None] = lambda: None

    def is_meant_for(self, request: Request) -> bool:
        if self.concerns is None:
            return True
        if isinstance(self.concerns, Phase):
            return request.phase == self.concerns
        return self.concerns(request)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: ``elements`` are there when the body is an Overpass answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery.WHOLE


PORTAL_PAGE = (
    b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Sign in to go online</body></html>"
)
_TOO_MANY_PAGE = write_error_page(
    "runtime error: open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::rate_limited. "
    "Please check /api/status for the quota of your IP address."
)
_TOO_BUSY_PAGE = write_error_page(
    "runtime error: open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::timeout. "
    "The server is probably too busy to handle your request."
)
_HTML = "text/html; charset=utf-8"
_REMARKS = {
    Mode.REMARK_TIMEOUT: 'runtime error: Query timed out in "query" at line 1 after 26 seconds.',
    Mode.REMARK_MEMORY: 'runtime error: Query run out of memory in "query" at line 1 using about 512 MB of RAM.',
    Mode.REMARK_UNKNOWN: "runtime error: the moon stands wrong",
}
_DELIVERIES = {
    Mode.SHORT_BODY: Delivery.SHORT,
    Mode.RESET_IN_MIDDLE: Delivery.RESET,
    Mode.CLOSED_BEFORE_HEADER: Delivery.CLOSED,
    Mode.BROKEN_GZIP: Delivery.BROKEN_GZIP,
    Mode.SLOW_DRIP: Delivery.DRIP,
}


def break_reply(
    mode: Mode,
    reply: Reply,
    elements: list[dict[str, Any]],
    *,
    osm_timestamp: str,
    retry_date: str,
    n_th: int,
    earlier: bytes,
) -> Reply:
    """Change a healthy reply.

    Parameters
    ----------
    elements : list of dict
        What the reply says; empty for a page of status.
    retry_date : str
        A time in the near future in the form of HTTP.
    n_th : int
        How often the fault has hit, from 1.
    earlier : bytes
        A whole answer to another question; empty when there was none.
    """
    page = _find_page(mode, retry_date)
    if page is not None:
        return page
    if mode in _DELIVERIES:
        return replace(reply, delivery=_DELIVERIES[mode])
    half = elements[: (len(elements) + 1) // 2]
    if mode in _REMARKS:
        return replace(reply, body=write_answer(half, osm_timestamp=osm_timestamp, remark=_REMARKS[mode]))
    if mode == Mode.ERROR_WITH_JSON:
        return replace(reply, status=500, body=write_answer(half, osm_timestamp=osm_timestamp))
    if mode == Mode.TRUNCATED_CHUNKED:
        return replace(reply, body=reply.body[: len(reply.body) // 2], delivery=Delivery.CHUNKED)
    if mode == Mode.EARLIER_ANSWER:
        return replace(reply, body=earlier or write_answer([], osm_timestamp=osm_timestamp))
    if mode == Mode.MOVING_TIMESTAMP:
        moved = f"{osm_timestamp[:11]}{n_th % 24:02d}:{n_th // 24 % 60:02d}:00Z"
        return replace(reply, body=write_answer(elements, osm_timestamp=moved))
    if mode == Mode.NO_ELEMENTS_KEY:
        return replace(
            reply, body=write_answer(elements, osm_timestamp=osm_timestamp).replace(b'"elements"', b'"parts"')
        )
    if mode == Mode.ELEMENTS_NOT_LIST:
        return replace(reply, body=b'{"version": 0.6, "osm3s": {}, "elements": {"node": 3}}')
    broken = _CHANGES[mode](copy.deepcopy(elements))
    return replace(reply, body=write_answer(broken, osm_timestamp=osm_timestamp))


def damage_gzip(body: bytes) -> bytes:
    """Compress and flip bytes in the middle."""
    packed = bytearray(gzip.compress(body, mtime=0))
    middle = len(packed) // 2
    for at in range(middle, min(middle + 16, len(packed))):
        packed[at] ^= 0xFF
    return bytes(packed)


def _find_page(mode: Mode, retry_date: str) -> Reply | None:
    """Replies that have nothing of the healthy one."""
    match mode:
        case Mode.TOO_MANY_REQUESTS:
            return Reply(429, _TOO_MANY_PAGE, _HTML)
        case Mode.TOO_MANY_RETRY_AFTER:
            return Reply(429, _TOO_MANY_PAGE, _HTML, (("Retry-After", "7"),))
        case Mode.TOO_MANY_RETRY_DATE:
            return Reply(429, _TOO_MANY_PAGE, _HTML, (("Retry-After", retry_date),))
        case Mode.BAD_GATEWAY:
            return Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", _HTML)
        case Mode.UNAVAILABLE:
            return Reply(503, b"<html><body><h1>503 Service Unavailable</h1></body></html>", _HTML)
        case Mode.GATEWAY_TIMEOUT:
            return Reply(504, _TOO_BUSY_PAGE, _HTML)
        case Mode.BAD_REQUEST:
            return Reply(400, write_error_page("line 1: parse error: ';' expected - 'x' found."), _HTML)
        case Mode.FORBIDDEN:
            return Reply(403, b"<html><body>Your address is blocked.</body></html>", _HTML)
        case Mode.CAPTIVE_PORTAL:
            return Reply(200, PORTAL_PAGE, _HTML)
        case Mode.LOGIN_REDIRECT:
            return Reply(302, b"", _HTML, (("Location", "/login"),))
        case Mode.EMPTY_BODY:
            return Reply(200, b"")
    return None


def _change_counts(elements: list[dict[str, Any]], change: Callable[[int], str]) -> None:
    """Change what an estimate says when nothing but the count is there to be changed."""
    for element in elements:
        if element["type"] == "count":
            element["tags"] = {name: change(int(n)) for name, n in element["tags"].items()}


def _is_only_count(elements: list[dict[str, Any]]) -> bool:
    return all(element["type"] == "count" for element in elements)


def _lose_elements(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lose every tenth element, the last at least; of an estimate a tenth of what is counted."""
    if _is_only_count(elements):
        _change_counts(elements, lambda n: str(n * 9 // 10))
        return elements
    return [one for n, one in enumerate(elements[:-1]) if n % 10 != 9 or one["type"] == "count"]


def _keep_count(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if _is_only_count(elements):
        return []
    return [one for one in elements if one["type"] == "count"]


def _lose_all(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    _change_counts(elements, lambda _: "0")
    return [one for one in elements if one["type"] == "count"]


def _move_one(value: float) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    def move(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nodes = [one for one in elements if "lat" in one]
        if nodes:
            nodes[len(nodes) // 2]["lat"] = value
        elif _is_only_count(elements):
            _change_counts(elements, lambda _: str(value))
        return elements

    return move


def _move_all(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in elements:
        if "lat" in one:
            one["lat"] -= 40.0
    if _is_only_count(elements):
        _change_counts(elements, lambda n: str(-n))
    return elements


def _add_old(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every third element an older self with other contents, before and behind the newest."""
    if _is_only_count(elements):
        return elements + elements
    old = []
    for one in [one for one in elements if one["type"] != "count"][::3]:
        older = copy.deepcopy(one)
        older["version"] = max(one.get("version", 1) - 1, 1)  # of equal versions the later one counts
        older["timestamp"] = "2009-01-01T00:00:00Z"
        if "lat" in older:
            older["lat"] += 0.0001
        older["tags"] = {"note": "an old version"}
        old.append(older)
    counts = [one for one in elements if one["type"] == "count"]
    others = [one for one in elements if one["type"] != "count"]
    return [*counts, *old[::2], *others, *old[1::2]]


def _write_texts(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in elements:
        one["id"] = f"x{one['id']}"
        if "nodes" in one:
            one["nodes"] = [str(ref) for ref in one["nodes"]]
        if one["type"] == "count":
            one["tags"] = {name: f"about {n}" for name, n in one["tags"].items()}
    return elements


def _lose_way_nodes(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lose a twentieth of the nodes of ways and lower the count by them, as if they were never there."""
    refs = sorted({ref for one in elements for ref in one.get("nodes", ())})
    lost = set(refs[::20])
    kept = [one for one in elements if one["type"] != "node" or one["id"] not in lost]
    n_lost = len(elements) - len(kept)
    if _is_only_count(elements):
        for one in kept:
            one["tags"].pop("nodes", None)
        return kept
    for one in kept:
        if one["type"] == "count":
            for name in ("nodes", "total"):
                one["tags"][name] = str(int(one["tags"][name]) - n_lost)
    return kept


def _lose_few(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lose three nodes that belong to no way, such as shops, as if they were never there."""
    refs = {ref for one in elements for ref in one.get("nodes", ())}
    lone = [one for one in elements if one["type"] == "node" and one["id"] not in refs]
    n_lost = min(3, int(elements[0]["tags"]["nodes"])) if _is_only_count(elements) else len(lone[:3])
    for one in elements:
        if one["type"] == "count":
            for name in ("nodes", "total"):
                one["tags"][name] = str(int(one["tags"][name]) - n_lost)
    return [one for one in elements if not any(one is lost for lost in lone[:3])]


_CHANGES: dict[Mode, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    Mode.LOST_ELEMENTS: _lose_elements,
    Mode.ONLY_COUNT: _keep_count,
    Mode.EMPTY_ANSWER: _lose_all,
    Mode.NAN_COORDINATE: _move_one(float("nan")),
    Mode.ABSURD_COORDINATE: _move_one(999.0),
    Mode.ELSEWHERE: _move_all,
    Mode.OLD_DUPLICATES: _add_old,
    Mode.WRONG_TYPES: _write_texts,
    Mode.MISSING_WAY_NODES: _lose_way_nodes,
    Mode.FEW_LOST: _lose_few,
}
