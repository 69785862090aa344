"""What can go wrong with a question over HTTP, in words: what happened and what to do."""

from __future__ import annotations

import errno
import html
import re
import socket
import ssl
from typing import TYPE_CHECKING

import requests
import urllib3

from chargeplan.download.pace import MAX_TRIES
from chargeplan.text import clean_text, escape_invisible

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_TIMEOUT_S = 10.0
LARGEST_PAGE_BYTES = 256 * 1024
SHOWN_CHARACTERS = 200
OFFLINE_ADVICE = "or work offline with an OpenStreetMap file (network.path, or `chargeplan cut`)"

_ONCE, _TWICE = 1, 2
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_HTML_TAG = re.compile(r"<[^>]*>")
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


class RequestFaultError(Exception):
    """A question without a usable answer.

    Parameters
    ----------
    what : str
        What happened, as the end of a sentence that begins with the server's name.
    advice : str
        What to do when it happens every time.
    max_tries : int
        How often the question may be asked in all: 1 where asking again cannot help.
    wait_s : float or None
        What the server says how long to wait.
    is_too_large : bool
        True when a smaller question may be answered.
    is_busy : bool
        True when the server has no room for the question now.
    is_unreachable : bool
        True when the question has not come to the server at all.
    """

    def __init__(
        self,
        what: str,
        advice: str = "",
        *,
        max_tries: int = MAX_TRIES,
        wait_s: float | None = None,
        is_too_large: bool = False,
        is_busy: bool = False,
        is_unreachable: bool = False,
    ) -> None:
        self.what = what
        self.advice = advice or f"try again later, name another server with --endpoint, {OFFLINE_ADVICE}"
        self.max_tries = max_tries
        self.wait_s = wait_s
        self.is_too_large = is_too_large
        self.is_busy = is_busy
        self.is_unreachable = is_unreachable
        super().__init__(what)


class TimeIsOverError(Exception):
    """The time for an answer, most often that for the whole download, was over before its end."""


def read_page(body: bytes) -> str:
    """Read the words of a page that came instead of data, at most 200 characters; empty for none.

    Examples
    --------
    >>> read_page(b"<html><head><title>Log in</title></head><body><p>Room number?</p></body></html>")
    'Log in: Room number?'
    """
    text = body[:LARGEST_PAGE_BYTES].decode("utf-8", "replace")
    title = _TITLE.search(text)
    words = html.unescape(_HTML_TAG.sub(" ", _UNSEEN.sub(" ", text)))
    # Overpass puts the cause behind this word, after lines about its licence.
    cause = re.search(r"\bError\s*:\s*(.+)", words, re.DOTALL)
    parts = [html.unescape(title[1])] if title and not cause else []
    shown = escape_invisible(clean_text(": ".join(filter(str.strip, [*parts, cause[1] if cause else words]))))
    shown = re.sub(r"\s+([:;,.])", r"\1", shown)
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 1] + "…"


def is_page(body: bytes) -> bool:
    """Tell whether a body is a page of HTML or XML and no JSON."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


WORDS_OF_STATUS = {
    429: "says that too much was asked",
    500: "has failed",
    502: "cannot be reached behind its gateway",
    503: "is out of service for now",
    504: "is too busy",
}


def advise_for_status(status: int) -> str:
    """Say what to do about a status that asking again cannot change."""
    if status == 400:
        return "is --endpoint the interpreter of an Overpass server, of version 0.7.55 or later?"
    if status in {401, 407}:
        return "it wants a password: put it into ~/.netrc, or the proxy's into HTTPS_PROXY"
    if status == 403:
        return (
            "the server or a proxy blocks this computer or this program: wait a day, say who you are with --contact, "
            f"name another server with --endpoint, {OFFLINE_ADVICE}"
        )
    if status in {404, 405, 410}:
        return "is --endpoint the address of an Overpass interpreter, such as https://overpass-api.de/api/interpreter?"
    return f"name another server with --endpoint, {OFFLINE_ADVICE}"


def describe_failure(error: BaseException) -> RequestFaultError:
    """Say in words why there is no answer, by the innermost cause that is known."""
    causes = list(_walk_causes(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if has(requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema):
        return describe_bad_proxy("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY", "it is no address that can be used")
    if has(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return RequestFaultError(
            "cannot be asked through the proxy of the environment",
            "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or unset them",
            max_tries=_TWICE,
        )
    if has(ssl.SSLCertVerificationError):
        return RequestFaultError(
            f"shows a certificate that is not trusted ({_quote(causes, ssl.SSLCertVerificationError)})",
            "the clock of this computer may be wrong, or a proxy looks into the connection: correct the clock, name "
            "the proxy's certificate in REQUESTS_CA_BUNDLE, " + OFFLINE_ADVICE,
            max_tries=_ONCE,
        )
    if has(socket.gaierror, urllib3.exceptions.NameResolutionError):
        return RequestFaultError(
            "is not known to the name service (DNS)",
            f"check the connection to the internet and the spelling of --endpoint, {OFFLINE_ADVICE}",
            max_tries=_ONCE,
            is_unreachable=True,
        )
    if has(ConnectionRefusedError):
        return RequestFaultError(
            "refuses the connection",
            f"it is down or blocks this network: try later, name another server with --endpoint, {OFFLINE_ADVICE}",
            max_tries=_ONCE,
            is_unreachable=True,
        )
    if any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes):
        return RequestFaultError(
            "cannot be reached from this network",
            f"check the connection to the internet, {OFFLINE_ADVICE}",
            max_tries=_ONCE,
            is_unreachable=True,
        )
    if has(requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError):
        return RequestFaultError(
            f"does not take the connection within {CONNECT_TIMEOUT_S:.0f} s",
            max_tries=_TWICE,
            is_unreachable=True,
        )
    if has(requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return RequestFaultError("has stopped sending", is_busy=True)
    if has(ssl.SSLError, requests.exceptions.SSLError):
        return RequestFaultError(
            f"breaks the encrypted connection ({_quote(causes, ssl.SSLError)})", max_tries=_TWICE
        )
    if has(urllib3.exceptions.IncompleteRead) or "IncompleteRead" in str(error):
        return RequestFaultError("sent less than it announced")
    if has(requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError):
        return RequestFaultError("is no address that can be asked", "correct --endpoint", max_tries=_ONCE)
    return RequestFaultError(
        f"broke the connection ({escape_invisible(clean_text(error))[:SHOWN_CHARACTERS]})"
    )


def describe_bad_proxy(variable: str, why: str) -> RequestFaultError:
    """Say that a proxy of the environment is no address; its password, if any, is not repeated."""
    return RequestFaultError(
        f"cannot be asked: the environment variable {variable} names a proxy, but {why}",
        f"correct {variable}, such as http://proxy.example.org:8080, or unset it, {OFFLINE_ADVICE}",
        max_tries=_ONCE,
    )


def _walk_causes(error: BaseException) -> Iterator[BaseException]:
    """Walk over an error and all errors inside it, the outermost first."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]


def _quote(causes: list[BaseException], kind: type[BaseException]) -> str:
    found = next((cause for cause in causes if isinstance(cause, kind)), causes[0])
    return escape_invisible(clean_text(getattr(found, "verify_message", "") or found))[:SHOWN_CHARACTERS]
