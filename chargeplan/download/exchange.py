"""One question over HTTP and its whole answer, or a fault that says what happened and what to do."""

from __future__ import annotations

import math
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from chargeplan.download.connection import check_proxy, make_session, shut_connections
from chargeplan.download.failures import (
    CONNECT_TIMEOUT_S,
    LARGEST_PAGE_BYTES,
    SHOWN_CHARACTERS,
    WORDS_OF_STATUS,
    RequestFaultError,
    TimeIsOverError,
    advise_for_status,
    describe_failure,
    is_page,
    read_page,
)
from chargeplan.download.pace import Pace, parse_retry_after
from chargeplan.text import clean_text, escape_invisible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [  # what whoever asks a server needs, with the faults it may meet
    "HttpSession",
    "Reply",
    "RequestFaultError",
    "TimeIsOverError",
    "is_page",
    "read_page",
]

_CHUNK_BYTES = 1 << 16
_SHORTEST_TIMEOUT_S = 0.05
_RETRIED = frozenset({429, 500, 502, 503, 504})
_ONCE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What a server answered, its body whole.

    Parameters
    ----------
    status : int
    headers : mapping
        Names in any case.
    body : bytes
        Decoded.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpSession:
    """Asks one server over one connection; takes no cookies and follows no redirects.

    Parameters
    ----------
    user_agent : str
    pace : Pace
        Knows how much of the whole time is left.
    session : requests.Session or None
        A session of the caller's own, in tests.
    utc_now : callable
        Gives the time of day, for a Retry-After that is a date.
    """

    def __init__(
        self,
        user_agent: str,
        pace: Pace,
        *,
        session: requests.Session | None = None,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pace = pace
        self._utc_now = utc_now
        self._session = session or make_session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        fields: Mapping[str, str],
        read_timeout_s: float,
        largest_bytes: int,
        longest_s: float = math.inf,
    ) -> Reply:
        """Send a question and read the whole answer, whatever its status.

        Parameters
        ----------
        method : str
            "GET" or "POST".
        url : str
        fields : mapping
            Parameters of a GET, form of a POST.
        read_timeout_s : float
            Longest silence of the server.
        largest_bytes : int
            Larger bodies are not read to their end.
        longest_s : float
            Longest time for the whole answer, however steadily it drips.

        Raises
        ------
        RequestFaultError
            When there is no whole answer.
        TimeIsOverError
            When the deadline, or the end of `longest_s`, came first.
        """
        if self._session.trust_env:
            check_proxy(url)
        placed: dict[str, Any] = {"data" if method == "POST" else "params": dict(fields)} if fields else {}
        kept_s = max(0.0, self._pace.get_remaining_s() - longest_s)  # must be left when the answer is there
        remaining_s = max(_SHORTEST_TIMEOUT_S, self._pace.get_remaining_s() - kept_s)
        timeout = (min(CONNECT_TIMEOUT_S, remaining_s), min(read_timeout_s, remaining_s))
        with self._shut_at_deadline(remaining_s):
            try:
                with self._session.request(
                    method, url, **placed, timeout=timeout, stream=True, allow_redirects=False
                ) as response:
                    body = self._read_body(response, largest_bytes, kept_s)
                    if self._pace.get_remaining_s() <= kept_s:  # shut at the deadline it looks like an end
                        raise TimeIsOverError
                    return Reply(response.status_code, response.headers, body)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                if self._pace.get_remaining_s() <= kept_s:
                    raise TimeIsOverError from error
                raise describe_failure(error) from error
            finally:
                self._pace.end_turn()

    def check_reply(self, reply: Reply) -> None:
        """Check that a reply has status 200.

        Raises
        ------
        RequestFaultError
            When it has another one.
        """
        if reply.status == 200:
            return
        words = read_page(reply.body)
        said = f': "{words}"' if words else ""
        if 300 <= reply.status < 400:
            raise _describe_redirect(reply)
        if reply.status in _RETRIED:
            wait_s = parse_retry_after(
                reply.headers.get("Retry-After"),
                server_date=reply.headers.get("Date"),
                utc_now=self._utc_now(),
            )
            raise RequestFaultError(
                f"{WORDS_OF_STATUS[reply.status]} (status {reply.status}){said}",
                wait_s=wait_s,
                is_busy=reply.status in {429, 504},
            )
        raise RequestFaultError(
            f"refuses the question (status {reply.status}){said}",
            advise_for_status(reply.status),
            max_tries=_ONCE,
        )

    @contextmanager
    def _shut_at_deadline(self, remaining_s: float) -> Iterator[None]:
        timer = threading.Timer(remaining_s + _SHORTEST_TIMEOUT_S, shut_connections, [self._session])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _read_body(self, response: requests.Response, largest_bytes: int, kept_s: float) -> bytes:
        body = bytearray()
        if response.status_code == 200:
            self._fill(body, response, largest_bytes, kept_s)
            return bytes(body)
        # The page of a refusal is for its words only; what is wrong with it matters less than the status.
        with suppress(RequestFaultError, urllib3.exceptions.HTTPError):
            self._fill(body, response, LARGEST_PAGE_BYTES, kept_s)
        return bytes(body[:LARGEST_PAGE_BYTES])

    def _fill(self, body: bytearray, response: requests.Response, largest_bytes: int, kept_s: float) -> None:
        inflate = _make_inflater(response.headers.get("Content-Encoding", ""))
        n_received = 0
        # `read1` gives what has come; `read` would wait for a full chunk, however slowly it drips.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            if self._pace.get_remaining_s() <= kept_s:
                raise TimeIsOverError
            n_received += len(chunk)
            body += inflate(chunk, largest_bytes - len(body) + 1)
            if len(body) > largest_bytes:
                raise RequestFaultError(
                    f"sends more than {largest_bytes:,} bytes", max_tries=_ONCE, is_too_large=True
                )
        _check_length(response, n_received)
        inflate(b"", 0)


def _describe_redirect(reply: Reply) -> RequestFaultError:
    target = escape_invisible(clean_text(reply.headers.get("Location", "")))[:SHOWN_CHARACTERS]
    return RequestFaultError(
        f"sends us elsewhere (status {reply.status}) to {target or 'nowhere'}",
        "when this is a login page of your network, log in with a browser first; when the server has moved, name "
        "its new address with --endpoint",
        max_tries=_ONCE,
    )


def _make_inflater(encoding: str) -> Callable[[bytes, int], bytes]:
    """Make what decodes a body chunk by chunk, at most so many bytes; an empty chunk ends the body."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda chunk, _largest: chunk
    if name not in {"gzip", "x-gzip"}:
        raise RequestFaultError(
            f"answers in an encoding that was not asked for ({clean_text(encoding)[:40]})"
        )
    inflater = zlib.decompressobj(wbits=31)

    def inflate(chunk: bytes, largest: int) -> bytes:
        if not chunk:
            if not inflater.eof:
                raise RequestFaultError("sent a compressed answer that is cut short")
            return b""
        if inflater.eof:
            raise RequestFaultError("sent a compressed answer with something behind its end")
        try:
            decoded = inflater.decompress(chunk, largest)
        except zlib.error as error:
            raise RequestFaultError(f"sent a compressed answer that is damaged ({error})") from error
        if inflater.unused_data:
            raise RequestFaultError("sent a compressed answer with something behind its end")
        return decoded

    return inflate


def _check_length(response: requests.Response, n_received: int) -> None:
    announced = response.headers.get("Content-Length", "")
    if "Transfer-Encoding" in response.headers or not announced.strip().isdigit():
        return
    if n_received != int(announced):
        raise RequestFaultError(f"announced {int(announced):,} bytes and sent {n_received:,}")
