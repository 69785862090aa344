"""The one question to a Nominatim server: what a name stands for on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.download.address import make_user_agent
from chargeplan.download.exchange import HttpSession
from chargeplan.download.failures import RequestFaultError, TimeIsOverError
from chargeplan.download.pace import Pace
from chargeplan.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.download.pace import Clock

_READ_TIMEOUT_S = 30.0
_DEADLINE_S = 90.0
_LONGEST_WAIT_S = 30.0
_MAX_TRIES = 2
_MAX_RESULTS = 10
_MAX_BYTES = 50_000_000
COUNTRY_CODE = "pk"
_WRONG_ADDRESS = frozenset({400, 404, 405, 410})
_ADDRESS = (
    "is --endpoint the search of a Nominatim server, such as https://nominatim.openstreetmap.org/search?"
)
_QUESTION = {
    "countrycodes": COUNTRY_CODE,
    "format": "jsonv2",
    "polygon_geojson": "1",
    "addressdetails": "1",
    "limit": str(_MAX_RESULTS),
    "accept-language": "en",
}


def ask_nominatim(
    name: str, endpoint: str, *, contact: str, tell: Callable[[str], None], clock: Clock
) -> bytes:
    """Ask once; after a passing fault a second time, and then no more."""
    pace = Pace(clock, deadline_s=_DEADLINE_S)
    session = HttpSession(make_user_agent(contact), pace)
    try:
        for n_try in range(1, _MAX_TRIES + 1):
            pace.wait_turn()
            try:
                reply = session.send(
                    "GET",
                    endpoint,
                    fields=_QUESTION | {"q": name},
                    read_timeout_s=_READ_TIMEOUT_S,
                    largest_bytes=_MAX_BYTES,
                )
                if reply.status in _WRONG_ADDRESS:
                    raise RequestFaultError(
                        f"refuses the question (status {reply.status})", _ADDRESS, max_tries=1
                    )
                session.check_reply(reply)
            except RequestFaultError as fault:
                wait_s = fault.wait_s or 0.0
                if n_try < min(_MAX_TRIES, fault.max_tries) and wait_s <= _LONGEST_WAIT_S:
                    pace.hold(wait_s)
                    tell(f"{endpoint} {fault.what}; asked once more in {pace.get_wait_s():.0f} s")
                    continue
                waits = f"; it asks to wait {wait_s:,.0f} s" if wait_s else ""
                raise DownloadError(f"{endpoint} {fault.what}{waits}; {fault.advice}") from fault
            else:
                return reply.body
    except TimeIsOverError as error:
        raise DownloadError(
            f"{endpoint} did not answer within {_DEADLINE_S:.0f} s; try again later"
        ) from error
    finally:
        session.close()
    raise DownloadError(f"{endpoint} was not asked")  # no try is left out above
