"""The server itself: HTTP/1.1 on 127.0.0.1, bounded, counting what is asked of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from osm_server.answer import find_elements, write_answer, write_error_page
from osm_server.faults import PORTAL_PAGE, Delivery, Fault, Phase, Reply, break_reply, damage_gzip
from osm_server.nominatim import look_up_places, search_places
from osm_server.ql import QueryError, parse_query
from osm_server.status import write_status
from osm_server.store import OsmStore

MAX_BODY_BYTES = 2_000_000
MAX_CONNECTIONS = 16
MAX_REQUESTS = 100_000
MAX_DRIPPED_BYTES = 5_000
IDLE_LIMIT_S = 30.0
_HTML = "text/html; charset=utf-8"
_SETTINGS = re.compile(r"^\s*(?:\[[^\]]*\]\s*)*;")
_BY_ID = re.compile(r"^[\s(]*rel(?:ation)?\s*\(\s*(?:id\s*:\s*)?\d+\s*\)")
_OUT = re.compile(r"\bout\b([^;]*);")


@dataclass(slots=True)
class Request:
    """One request that came.

    Parameters
    ----------
    path, method, query : str
        ``query`` is the text of the Overpass query, or what was asked of Nominatim.
    phase : Phase
    headers : dict
        Names in lower case.
    connection : int
        Number of the TCP connection, from 1.
    began_s, ended_s : float
        Monotonic seconds; ``ended_s`` is NaN until the reply has gone.
    status, n_bytes : int
        Of the reply, as meant; bytes of the body before compression.
    fault : str
        Mode of the fault that hit, empty for a healthy reply.
    """

    path: str
    method: str
    query: str
    phase: Phase
    headers: dict[str, str]
    connection: int
    began_s: float
    ended_s: float = float("nan")
    status: int = 0
    n_bytes: int = 0
    fault: str = ""


@dataclass(slots=True)
class _Counters:
    n_hits: dict[int, int] = field(default_factory=dict)
    n_meant: dict[int, int] = field(default_factory=dict)
    tile_queries: list[str] = field(default_factory=list)
    n_connections: int = 0


class OsmServer:
    """Serve a store until the ``with`` block ends.

    Parameters
    ----------
    store : OsmStore
    faults : sequence of Fault
        The first one that is meant for a request and due hits it.
    places : list of dict
        Records of Nominatim for /search and /lookup.
    rate_limit, n_free_slots : int
        What /api/status says.
    slot_wait_s : int
        When no slot is free: seconds until one is.
    """

    def __init__(
        self,
        store: OsmStore,
        faults: Sequence[Fault] = (),
        *,
        places: Sequence[dict[str, Any]] = (),
        rate_limit: int = 2,
        n_free_slots: int = 2,
        slot_wait_s: int = 15,
    ) -> None:
        self.store = store
        self.faults = tuple(faults)
        self.places = list(places)
        self.rate_limit = rate_limit
        self.n_free_slots = n_free_slots
        self.slot_wait_s = slot_wait_s
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._counters = _Counters()
        self._answers: dict[str, tuple[list[dict[str, Any]], bytes]] = {}
        self._last_asked = ("", b"")
        self._http = _BoundedServer(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> OsmServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.close_connections()
        self._http.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def api_url(self) -> str:
        """As osmnx wants it."""
        return f"{self.base_url}/api"

    @property
    def overpass_url(self) -> str:
        return f"{self.api_url}/interpreter"

    @property
    def status_url(self) -> str:
        return f"{self.api_url}/status"

    @property
    def nominatim_url(self) -> str:
        return f"{self.base_url}/search"

    @property
    def n_connections(self) -> int:
        return self._counters.n_connections

    def set_faults(self, *faults: Fault) -> None:
        """Change the faults and count anew; without any the server is healthy."""
        with self._lock:
            self.faults = faults
            self._counters.n_hits.clear()
            self._counters.n_meant.clear()

    def forget_requests(self) -> None:
        """Begin a new list of requests; which tile is the first is decided anew."""
        with self._lock:
            self.requests = []
            self._counters.tile_queries.clear()

    def list_queries(self, *phases: Phase) -> list[str]:
        """Texts asked so far, in order; of these phases alone when any is named."""
        return [one.query for one in self.requests if not phases or one.phase in phases]

    def count_connection(self) -> int:
        with self._lock:
            self._counters.n_connections += 1
            return self._counters.n_connections

    def note(self, request: Request) -> tuple[Fault | None, int]:
        """Remember a request and find the fault that hits it, with how often it has hit."""
        with self._lock:
            if len(self.requests) < MAX_REQUESTS:
                self.requests.append(request)
            found: tuple[Fault | None, int] = (None, 0)
            for number, fault in enumerate(self.faults):
                if not fault.is_meant_for(request):
                    continue
                n_meant = self._counters.n_meant.get(number, 0) + 1
                self._counters.n_meant[number] = n_meant
                if found[0] is None and fault.when.hits(n_meant):
                    n_hits = self._counters.n_hits.get(number, 0) + 1
                    self._counters.n_hits[number] = n_hits
                    request.fault = fault.mode.value
                    found = (fault, n_hits)
            return found

    def remember(self, query: str, body: bytes) -> None:
        """Remember the last answer, for a proxy that confuses questions."""
        with self._lock:
            self._last_asked = (query, body)

    def find_earlier(self, query: str) -> bytes:
        """The last healthy answer when it was to another question."""
        with self._lock:
            asked, body = self._last_asked
        return body if asked != query else b""

    def find_phase(self, path: str, query: str) -> Phase:
        """Tell what a request is for; the first tile is the first text of its kind ever asked."""
        if path == "/api/status":
            return Phase.STATUS
        if path in {"/search", "/lookup"}:
            return Phase.PLACE_SEARCH
        statements = _SETTINGS.sub("", query, count=1)
        if _BY_ID.match(statements):
            return Phase.BOUNDARY
        printed = _OUT.findall(statements)
        if printed and all(words.strip() == "count" for words in printed):
            return Phase.ESTIMATE
        with self._lock:
            if not self._counters.tile_queries:
                self._counters.tile_queries.append(query)
            return Phase.FIRST_TILE if self._counters.tile_queries[0] == query else Phase.LATER_TILE

    def answer(self, path: str, query: str) -> tuple[Reply, list[dict[str, Any]]]:
        """The healthy reply, and the elements in it."""
        if path == "/api/status":
            now = dt.datetime.now(dt.UTC)
            later = now + dt.timedelta(seconds=self.slot_wait_s)
            waits = () if self.n_free_slots else ((_write_time(later), self.slot_wait_s),)
            text = write_status(
                now=_write_time(now), rate_limit=self.rate_limit, n_free=self.n_free_slots, waits_s=waits
            )
            return Reply(200, text, "text/plain; charset=utf-8"), []
        if path in {"/search", "/lookup"}:
            find = search_places if path == "/search" else look_up_places
            return Reply(200, find(self.places, dict(parse_qsl(query)))), []
        if path == "/login":
            return Reply(200, PORTAL_PAGE, _HTML), []
        if path != "/api/interpreter":
            return Reply(404, b"<html><body>404 Not Found</body></html>", _HTML), []
        try:
            elements, body = self._find_answer(query)
        except QueryError as error:
            return Reply(400, write_error_page(str(error)), _HTML), []
        return Reply(200, body), elements

    def _find_answer(self, query: str) -> tuple[list[dict[str, Any]], bytes]:
        with self._lock:
            known = self._answers.get(query)
        if known is not None:
            return known
        elements = find_elements(self.store, parse_query(query))
        found = elements, write_answer(elements, osm_timestamp=self.store.osm_timestamp)
        with self._lock:
            while len(self._answers) >= 64:
                self._answers.pop(next(iter(self._answers)))
            self._answers[query] = found
        return found


class _BoundedServer(ThreadingHTTPServer):
    """No more than so many connections at once; further ones wait in the listen queue."""

    owner: OsmServer
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._sockets: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        while not self._room.acquire(timeout=0.1):
            if self.owner.stopping.is_set():
                request.close()
                return
        self._sockets.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._sockets.discard(request)
            self._room.release()

    def close_connections(self) -> None:
        """End kept-alive connections, so that their threads end."""
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; show every other error."""
        import sys

        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Apache/2.4.62"
    sys_version = ""
    timeout = IDLE_LIMIT_S
    disable_nagle_algorithm = True
    server: _BoundedServer

    def setup(self) -> None:
        super().setup()
        self.connection_number = self.server.owner.count_connection()

    def log_message(self, *_: Any) -> None:
        """Requests are kept as records, not written to the screen."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        is_overpass = parts.path == "/api/interpreter"
        self._handle(parts.path, asked.get("data", "") if is_overpass else parts.query)

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(Reply(413, b"<html><body>413 Payload Too Large</body></html>", _HTML))
            return
        text = self.rfile.read(length).decode("utf-8", "replace")
        # Overpass takes a form with `data=` as well as the bare text of a query.
        self._handle(parts.path, dict(parse_qsl(text)).get("data", text))

    def _handle(self, path: str, query: str) -> None:
        owner = self.server.owner
        request = Request(
            path=path,
            method=self.command,
            query=query,
            phase=owner.find_phase(path, query),
            headers={name.lower(): value for name, value in self.headers.items()},
            connection=self.connection_number,
            began_s=time.monotonic(),
        )
        fault, n_th = owner.note(request)
        reply, elements = owner.answer(path, query)
        if fault is not None:
            retry_at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=7)
            reply = break_reply(
                fault.mode,
                reply,
                elements,
                osm_timestamp=owner.store.osm_timestamp,
                retry_date=retry_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
                n_th=n_th,
                earlier=owner.find_earlier(query),
            )
        elif path == "/api/interpreter" and reply.status == 200:
            owner.remember(query, reply.body)
        request.status, request.n_bytes = reply.status, len(reply.body)
        try:
            self._deliver(reply, fault)
        finally:
            request.ended_s = time.monotonic()

    def _deliver(self, reply: Reply, fault: Fault | None) -> None:
        match reply.delivery:
            case Delivery.CLOSED:
                self.close_connection = True
            case Delivery.BROKEN_GZIP:
                damaged = damage_gzip(reply.body)
                self._send_head(reply, [("Content-Encoding", "gzip"), ("Content-Length", str(len(damaged)))])
                self.wfile.write(damaged)
            case Delivery.CHUNKED:
                self._send_head(reply, [("Transfer-Encoding", "chunked")])
                for start in range(0, len(reply.body), 65_536):
                    part = reply.body[start : start + 65_536]
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")
            case Delivery.SHORT | Delivery.RESET:
                self._send_head(reply, [("Content-Length", str(len(reply.body)))])
                self.wfile.write(reply.body[: max(len(reply.body) // 2, 1)])
                self._cut_connection(with_reset=reply.delivery == Delivery.RESET)
            case Delivery.DRIP:
                assert fault is not None
                self._drip(reply, fault)
            case _:
                self._send(reply)

    def _send(self, reply: Reply) -> None:
        body, headers = reply.body, []
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1_000:
            body = gzip.compress(body, 1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        self._send_head(reply, [*headers, ("Content-Length", str(len(body)))])
        self.wfile.write(body)

    def _send_head(self, reply: Reply, headers: list[tuple[str, str]]) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in [*reply.headers, *headers]:
            self.send_header(name, value)
        self.end_headers()

    def _cut_connection(self, *, with_reset: bool) -> None:
        self.wfile.flush()
        self.close_connection = True
        if with_reset:
            # With no time to linger the kernel sends RST; a shutdown before would send FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def _drip(self, reply: Reply, fault: Fault) -> None:
        """Send byte by byte until the client has had enough, the server stops or the bound is reached."""
        self.close_connection = True
        self._send_head(reply, [("Content-Length", str(max(len(reply.body), MAX_DRIPPED_BYTES + 1)))])
        for at in range(MAX_DRIPPED_BYTES):
            if self.server.owner.stopping.is_set():
                return
            fault.between_bytes()
            self.wfile.write(reply.body[at : at + 1] or b" ")


def _write_time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
