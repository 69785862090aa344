"""Asks an Overpass server: politely, a few times, never past the deadline, and takes whole answers only."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chargeplan.download.address import check_endpoint, make_user_agent
from chargeplan.download.exchange import HttpSession
from chargeplan.download.failures import (
    LARGEST_PAGE_BYTES,
    OFFLINE_ADVICE,
    RequestFaultError,
    TimeIsOverError,
    is_page,
    read_page,
)
from chargeplan.download.pace import MAX_TRIES, Clock, Pace, parse_slot_wait
from chargeplan.errors import DownloadError
from chargeplan.osm.overpass_answer import AnswerError, AnswerFault, OverpassAnswer, parse_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

LARGEST_BODY_BYTES = 512 * 1024 * 1024

_DEFAULT_QUERY_TIMEOUT_S = 180.0
_TIME_TO_SEND_S = 30.0
_STATUS_TIMEOUT_S = 10.0
_QUERY_TIMEOUT = re.compile(r"\[timeout:(\d{1,6})\]")
_INTERPRETER = "/interpreter"
_SERVER_LIMITS = frozenset({AnswerFault.REMARK_TIMEOUT, AnswerFault.REMARK_MEMORY})
_OVERPASS_WORDS = (b"Overpass", b"OSM3S", b"osm3s", b"Dispatcher_Client")


class TooLargeError(DownloadError):
    """The server cannot answer so large a question; smaller ones may be answered."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckedReply:
    """An answer that was found whole, and the bytes it came in."""

    body: bytes
    answer: OverpassAnswer


def accept_any(_answer: OverpassAnswer) -> None:
    """Check nothing more than that an answer is whole."""


class OverpassClient:
    """Asks one Overpass server, one question at a time.

    Parameters
    ----------
    endpoint : str
        Address of the interpreter.
    clock : Clock
    seed : int or None
        Of the jitter of waits; None for another one in each process.
    deadline_s : float
        Seconds from now for all questions together.
    tell : callable
        Gets a line whenever something has to be waited for or asked again.
    contact : str
        Page or e-mail address for the server's operators; empty for the project's.
    session : requests.Session or None
        A session of the caller's own, in tests.
    utc_now : callable
        Gives the time of day.

    Raises
    ------
    ConfigError
        When the endpoint or the contact cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        clock: Clock,
        seed: int | None = None,
        deadline_s: float = 900.0,
        tell: Callable[[str], None],
        contact: str = "",
        session: requests.Session | None = None,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.endpoint = check_endpoint(endpoint)
        self._host = urlsplit(endpoint).hostname or endpoint
        self._pace = Pace(clock, deadline_s=deadline_s, seed=seed)
        self._deadline_s = deadline_s
        self._tell = tell
        self._utc_now = utc_now
        self._http = HttpSession(make_user_agent(contact), self._pace, session=session, utc_now=utc_now)
        is_interpreter = endpoint.endswith(_INTERPRETER)
        self._status_url = endpoint.removesuffix(_INTERPRETER) + "/status" if is_interpreter else ""
        self._must_ask_status = True
        self._has_answered = False

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def ask(self, query: str, *, what: str) -> OverpassAnswer:
        """Ask a question and return its whole answer; see `ask_checked`."""
        return self.ask_checked(query, what=what).answer

    def ask_checked(
        self,
        query: str,
        *,
        what: str,
        check: Callable[[OverpassAnswer], None] = accept_any,
        can_be_split: bool = True,
    ) -> CheckedReply:
        """Ask a question until a whole answer comes that passes the check.

        Parameters
        ----------
        query : str
            Overpass QL with ``[out:json]``.
        what : str
            What is asked for, the beginning of messages.
        check : callable
            Raises AnswerError when the answer must not be used; it is then asked for again.
        can_be_split : bool
            True when smaller questions would do: one that is too much for the server is then
            not asked again.

        Raises
        ------
        TooLargeError
            When the server ran out of time or memory, or the answer is too large.
        DownloadError
            When there is no good answer after five tries, or none within the deadline.
        """
        for n_tries in range(1, MAX_TRIES + 1):
            self._wait_turn(what)
            try:
                return self._try_once(query, check)
            except TimeIsOverError as error:
                raise self._give_up_for_time(what, "the answer was still coming") from error
            except RequestFaultError as fault:
                if fault.is_too_large and can_be_split:
                    raise TooLargeError(f"{what}: {self._host} {fault.what}") from fault
                if n_tries >= self._find_max_tries(fault):
                    raise self._give_up(what, fault, n_tries) from fault
                self._prepare_next_try(what, fault, n_tries)
        raise DownloadError(f"{what}: not asked")  # pragma: no cover

    def _try_once(self, query: str, check: Callable[[OverpassAnswer], None]) -> CheckedReply:
        reply = self._http.send(
            "POST",
            self.endpoint,
            fields={"data": query},
            read_timeout_s=_find_query_timeout_s(query) + _TIME_TO_SEND_S,
            largest_bytes=LARGEST_BODY_BYTES,
        )
        self._http.check_reply(reply)
        if is_page(reply.body):
            raise _judge_page(reply.body)
        try:
            answer = parse_answer(reply.body)
            check(answer)
        except AnswerError as error:
            raise RequestFaultError(
                f"sent an answer that cannot be used: {error}", is_too_large=error.fault in _SERVER_LIMITS
            ) from error
        self._has_answered = True
        return CheckedReply(reply.body, answer)

    def _find_max_tries(self, fault: RequestFaultError) -> int:
        # Within a download that went well so far a lost connection is likely to come back.
        return MAX_TRIES if fault.is_unreachable and self._has_answered else fault.max_tries

    def _prepare_next_try(self, what: str, fault: RequestFaultError, n_tries: int) -> None:
        wait_s = max(self._pace.compute_backoff_s(n_tries), fault.wait_s or 0.0)
        self._pace.hold(wait_s)
        self._must_ask_status = fault.is_busy and fault.wait_s is None
        self._refuse_long_wait(what, f"{self._host} {fault.what}")
        self._tell(
            f"{what}: {self._host} {fault.what}; try {n_tries + 1} of {self._find_max_tries(fault)} "
            f"in {self._pace.get_wait_s():.0f} s"
        )

    def _wait_turn(self, what: str) -> None:
        self._refuse_long_wait(what, "the time is used up")
        self._pace.wait_turn()
        if self._must_ask_status and self._status_url:
            self._must_ask_status = False
            self._hold_for_slot(what)
            self._refuse_long_wait(what, f"{self._host} has no free slot")
            self._pace.wait_turn()

    def _hold_for_slot(self, what: str) -> None:
        """Ask the status page when a slot is free; a missing or odd page is no reason to stop."""
        try:
            reply = self._http.send(
                "GET",
                self._status_url,
                fields={},
                read_timeout_s=_STATUS_TIMEOUT_S,
                largest_bytes=LARGEST_PAGE_BYTES,
                longest_s=_STATUS_TIMEOUT_S,
            )
        except (RequestFaultError, TimeIsOverError):
            return
        wait_s = parse_slot_wait(reply.body.decode("utf-8", "replace")) if reply.status == 200 else None
        if wait_s is None:
            self._status_url = ""  # this server has none: not asked again
        elif wait_s > 0:
            self._pace.hold(wait_s)
            self._tell(f"{what}: {self._host} has its next free slot in {wait_s:.0f} s")

    def _refuse_long_wait(self, what: str, why: str) -> None:
        wait_s, remaining_s = self._pace.get_wait_s(), self._pace.get_remaining_s()
        if wait_s < remaining_s:
            return
        raise self._give_up_for_time(what, why)

    def _give_up_for_time(self, what: str, why: str) -> DownloadError:
        wait_s = self._pace.get_wait_s()
        later = ""
        if wait_s > self._pace.get_remaining_s() and wait_s > 1.0:
            later = (
                f"; the server can be asked again in {math.ceil(wait_s):,} s, at {self._tell_time(wait_s)}"
            )
        return DownloadError(
            f"{what}: {why}; the {self._deadline_s:,.0f} s for the whole download do not suffice{later}: "
            f"call again then, allow more time with --deadline-min, {OFFLINE_ADVICE}"
        )

    def _tell_time(self, wait_s: float) -> str:
        try:
            moment = self._utc_now() + timedelta(seconds=math.ceil(wait_s))
        except OverflowError:  # a server may ask for more years than there are
            return "a time too far away to be written"
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

    def _give_up(self, what: str, fault: RequestFaultError, n_tries: int) -> DownloadError:
        tries = f" ({n_tries} tries)" if n_tries > 1 else ""
        kind = TooLargeError if fault.is_too_large else DownloadError
        return kind(f"{what}: {self._host} {fault.what}{tries}; {fault.advice}")


def _find_query_timeout_s(query: str) -> float:
    found = _QUERY_TIMEOUT.search(query)
    return float(found[1]) if found else _DEFAULT_QUERY_TIMEOUT_S


def _judge_page(body: bytes) -> RequestFaultError:
    """Tell a page of the server's own, which is busy, from one that stands in between."""
    words = read_page(body)
    if any(word in body for word in _OVERPASS_WORDS):
        return RequestFaultError(f'sent a page instead of data: "{words}"', is_busy=True)
    return RequestFaultError(
        f'sent a web page instead of data: "{words}"',
        "it comes from a proxy or the login page of your network: log in with a browser, check HTTPS_PROXY, "
        f"is --endpoint an Overpass interpreter? {OFFLINE_ADVICE[:1].upper() + OFFLINE_ADVICE[1:]}",
        max_tries=2,
    )
