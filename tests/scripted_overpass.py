"""An Overpass server without sockets: an adapter of requests that answers as a test says, on a fake clock."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter

ENDPOINT = "https://overpass.test/api/interpreter"
STAMP = "2026-11-20T06:00:00Z"


class FakeClock:
    """Seconds that pass only when somebody sleeps or a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.seconds += seconds


@dataclass
class Script:
    """What comes back for one request.

    Parameters
    ----------
    takes_s : float
        Seconds that the clock moves on meanwhile.
    error : Exception or None
        Raised instead of an answer.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    takes_s: float = 0.1
    error: Exception | None = None


@dataclass
class Asked:
    method: str
    url: str
    body: str
    headers: dict[str, str]
    timeout: Any
    began_s: float
    ended_s: float = 0.0


class ScriptedAdapter(BaseAdapter):
    """Answers from a script; keeps what was asked and when."""

    def __init__(self, clock: FakeClock, answer: Callable[[Asked], Script]) -> None:
        super().__init__()
        self._clock = clock
        self._answer = answer
        self.asked: list[Asked] = []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        body = request.body.decode() if isinstance(request.body, bytes) else (request.body or "")
        asked = Asked(request.method, request.url, body, dict(request.headers), timeout, self._clock.seconds)
        self.asked.append(asked)
        script = self._answer(asked)
        self._clock.seconds += script.takes_s
        asked.ended_s = self._clock.seconds
        if script.error is not None:
            raise script.error
        response = requests.Response()
        response.status_code = script.status
        response.headers.update(script.headers)
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(script.body), headers=script.headers, status=script.status, preload_content=False
        )
        response.request, response.url, response.connection = request, request.url, self
        return response

    def close(self) -> None:
        pass

    @property
    def questions(self) -> list[Asked]:
        """What was asked of the interpreter, the status page left out."""
        return [asked for asked in self.asked if asked.method == "POST"]


def make_session(adapter: ScriptedAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def answer_in_turn(*scripts: Script, status_page: Script | None = None) -> Callable[[Asked], Script]:
    """Answer questions one after the other, the last script for ever; the status page apart."""
    waiting = list(scripts)

    def answer(asked: Asked) -> Script:
        if asked.method == "GET":
            return status_page or Script(status=404)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def write_answer(
    elements: list[dict[str, Any]], *, with_count: bool = True, remark: str | None = None
) -> bytes:
    """Write an answer as Overpass does, with the count of its elements before them."""
    counts = {
        plural: str(sum(one["type"] == kind for one in elements))
        for kind, plural in (("node", "nodes"), ("way", "ways"), ("relation", "relations"))
    }
    tags = {**counts, "total": str(len(elements))}
    content: dict[str, Any] = {
        "version": 0.6,
        "generator": "Overpass API 0.7.62",
        "osm3s": {"timestamp_osm_base": STAMP},
        "elements": [*([{"type": "count", "id": 0, "tags": tags}] if with_count else []), *elements],
    }
    if remark is not None:
        content["remark"] = remark
    return json.dumps(content).encode()


def make_node(node_id: int, lon: float, lat: float, **tags: str) -> dict[str, Any]:
    return {
        "type": "node",
        "id": node_id,
        "lon": lon,
        "lat": lat,
        "version": 1,
        **({"tags": tags} if tags else {}),
    }


def make_way(way_id: int, *nodes: int, **tags: str) -> dict[str, Any]:
    return {
        "type": "way",
        "id": way_id,
        "nodes": list(nodes),
        "version": 1,
        **({"tags": tags} if tags else {}),
    }


GOOD = write_answer(
    [make_node(1, 73.0, 33.7), make_node(2, 73.001, 33.7), make_way(5, 1, 2, highway="primary")]
)
