"""How an Overpass server is asked: what is tried again, what is not, and what the user is told."""

import errno
import gc
import gzip
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from urllib.parse import parse_qs

import numpy as np
import pytest
import requests
import urllib3
from scripted_overpass import (
    ENDPOINT,
    GOOD,
    STAMP,
    FakeClock,
    Script,
    ScriptedAdapter,
    answer_in_turn,
    make_node,
    make_session,
    write_answer,
)

import chargeplan.download.client as client_module
from chargeplan import __version__
from chargeplan.download.address import check_endpoint, make_user_agent
from chargeplan.download.client import OverpassClient, TooLargeError
from chargeplan.download.failures import read_page
from chargeplan.download.pace import SystemClock
from chargeplan.errors import ConfigError, DownloadError
from chargeplan.osm.overpass_answer import AnswerError, AnswerFault

QUERY = '[out:json][timeout:25];(way["highway"](33.0,73.0,33.1,73.1););out count;'
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Asking:
    """A client on a scripted server."""

    def __init__(self, answer, *, deadline_s=900.0, seed=1, endpoint=ENDPOINT, **options):
        self.clock = FakeClock()
        self.began_s = self.clock.seconds
        self.told = []
        self.adapter = ScriptedAdapter(self.clock, answer)
        self.client = OverpassClient(
            endpoint,
            clock=self.clock,
            seed=seed,
            deadline_s=deadline_s,
            tell=self.told.append,
            session=make_session(self.adapter),
            utc_now=lambda: NOON + timedelta(seconds=self.clock.seconds - self.began_s),
            **options,
        )

    def ask(self, **options):
        return self.client.ask_checked(QUERY, what="roads", **options).answer

    def list_waits(self):
        return [after.began_s - before.ended_s for before, after in pairwise(self.adapter.questions)]


def ask_in_turn(*scripts, **options):
    return Asking(answer_in_turn(*scripts), **options)


def test_a_whole_answer_comes_back():
    asking = ask_in_turn(Script(GOOD))
    answer = asking.client.ask(QUERY, what="roads")
    assert [one["id"] for one in answer.elements] == [1, 2, 5]
    assert answer.osm_timestamp == STAMP
    assert len(asking.adapter.questions) == 1
    assert asking.told == []


def test_the_question_goes_as_a_form_with_our_name_and_without_cookies():
    asking = ask_in_turn(
        Script(GOOD, headers={"Set-Cookie": "session=1"}), Script(GOOD), contact="planner@example.pk"
    )
    asking.ask()
    asking.ask()
    for asked in asking.adapter.questions:
        assert parse_qs(asked.body) == {"data": [QUERY]}
        assert asked.headers["User-Agent"] == f"chargeplan/{__version__} (+planner@example.pk)"
        assert "Cookie" not in asked.headers
        connect_s, read_s = asked.timeout
        assert (connect_s, read_s) == (10.0, 55.0)  # 25 s of the query and 30 s on top


def test_the_timeout_of_a_socket_is_never_longer_than_what_is_left():
    asking = ask_in_turn(Script(GOOD), deadline_s=8.0)
    asking.ask()
    connect_s, read_s = asking.adapter.questions[0].timeout
    assert connect_s <= 8.0
    assert read_s <= 8.0


SHORT_GZIP = gzip.compress(GOOD * 50)[:-9]
RETRIED = {
    "429": Script(status=429),
    "500 with JSON": Script(GOOD, status=500),
    "502": Script(status=502),
    "503": Script(b"<html>down</html>", status=503),
    "504": Script(status=504),
    "reset": Script(error=requests.ConnectionError(ConnectionResetError(104, "reset by peer"))),
    "silence": Script(error=requests.ReadTimeout("read timed out")),
    "short body": Script(GOOD[:-20], headers={"Content-Length": str(len(GOOD))}),
    "cut JSON": Script(GOOD[:-20]),
    "empty": Script(b""),
    "bad JSON": Script(b'{"elements": nonsense}'),
    "no elements": Script(b'{"osm3s": {}}'),
    "unknown remark": Script(write_answer([], remark="runtime error: something new")),
    "lost element": Script(
        GOOD.replace(b'"total": "3"', b'"total": "4"').replace(b'"nodes": "2"', b'"nodes": "3"')
    ),
    "bad element": Script(GOOD.replace(b"33.7", b"333.7")),
    "cut gzip": Script(SHORT_GZIP, headers={"Content-Encoding": "gzip"}),
    "damaged gzip": Script(b"\x1f\x8b\x08\x00" + GOOD, headers={"Content-Encoding": "gzip"}),
    "gzip and more": Script(gzip.compress(GOOD) + b"more", headers={"Content-Encoding": "gzip"}),
    "strange encoding": Script(GOOD, headers={"Content-Encoding": "br"}),
    "busy page": Script(b"<html><p>Error: runtime error: Dispatcher_Client::timeout</p></html>"),
}


@pytest.mark.parametrize("fault", RETRIED)
def test_a_passing_fault_is_tried_again(fault):
    asking = ask_in_turn(RETRIED[fault], RETRIED[fault], Script(GOOD))
    assert len(asking.ask().elements) == 3
    first_s, second_s = asking.list_waits()
    assert 5.0 <= first_s <= 6.25
    assert 10.0 <= second_s <= 12.5
    assert len(asking.told) == 2
    assert "overpass.test" in asking.told[0]
    assert "try 2 of 5 in" in asking.told[0]


@pytest.mark.parametrize("fault", RETRIED)
def test_a_lasting_fault_ends_after_five_tries_with_what_to_do(fault):
    asking = ask_in_turn(RETRIED[fault])
    with pytest.raises(DownloadError, match=r"^roads: overpass\.test .*\(5 tries\).*--endpoint.*offline"):
        asking.ask()
    assert len(asking.adapter.questions) == 5


NEVER_RETRIED = {
    "400": (
        Script(b"<html><p><strong>Error</strong>: line 1: parse error</p></html>", status=400),
        "parse error.*interpreter",
    ),
    "401": (Script(status=401), "password"),
    "403": (Script(b"blocked", status=403), 'status 403.*"blocked".*--contact'),
    "404": (Script(status=404), "address of an Overpass interpreter"),
    "407": (Script(status=407), "HTTPS_PROXY"),
    "418": (Script(status=418), "status 418"),
    "302": (Script(status=302, headers={"Location": "https://login.test/portal"}), "login.test.*browser"),
    "301": (Script(status=301), "to nowhere"),
    "refused": (
        Script(error=requests.ConnectionError(ConnectionRefusedError(111, "refused"))),
        "refuses the connection.*--endpoint",
    ),
    "no name": (Script(error=requests.ConnectionError(socket.gaierror(-2, "unknown"))), "DNS.*spelling"),
    "no network": (
        Script(error=requests.ConnectionError(OSError(errno.ENETUNREACH, "unreachable"))),
        "cannot be reached from this network",
    ),
    "certificate": (
        Script(error=requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "has expired"))),
        "certificate that is not trusted.*clock of this computer",
    ),
}


@pytest.mark.parametrize("fault", NEVER_RETRIED)
def test_what_asking_again_cannot_change_is_told_at_once(fault):
    script, words = NEVER_RETRIED[fault]
    asking = ask_in_turn(script)
    with pytest.raises(DownloadError, match=words):
        asking.ask()
    assert len(asking.adapter.questions) == 1
    assert asking.clock.seconds - asking.began_s < 5.0


@pytest.mark.parametrize("fault", ["refused", "no name", "no network"])
def test_a_connection_lost_in_the_middle_of_a_download_is_tried_again(fault):
    lost = NEVER_RETRIED[fault][0]
    asking = ask_in_turn(Script(GOOD), lost, lost, lost, lost, Script(GOOD))
    asking.ask()
    asking.ask()
    assert len(asking.adapter.questions) == 6


def test_a_proxy_that_cannot_be_reached_is_named():
    asking = ask_in_turn(Script(error=requests.exceptions.ProxyError("cannot connect to proxy")))
    with pytest.raises(DownloadError, match=r"through the proxy of the environment.*HTTPS_PROXY"):
        asking.ask()
    assert len(asking.adapter.questions) == 2


def test_a_login_page_with_status_200_is_told_with_its_words():
    page = (
        b"<!doctype html><html><head><title>Hotel Multan</title><script>x()</script></head><body>Room?</body>"
    )
    asking = ask_in_turn(Script(page))
    with pytest.raises(
        DownloadError, match=r'web page instead of data: "Hotel Multan: Room\?".*login page of your'
    ):
        asking.ask()
    assert len(asking.adapter.questions) == 2


def test_words_of_a_server_cannot_forge_lines_or_hide_signs():
    page = b"<html><p>Error: one\n\x1b[31mtwo\xe2\x80\xaethree " + b"x" * 900 + b"</p></html>"
    words = read_page(page)
    assert len(words) <= 200
    assert words.isprintable()


@pytest.mark.parametrize("remark", ["Query timed out in query", "Query run out of memory using about 512 MB"])
def test_a_question_too_large_for_the_server_is_not_asked_again(remark):
    asking = ask_in_turn(Script(write_answer([make_node(1, 73.0, 33.0)], remark=remark)))
    with pytest.raises(TooLargeError):
        asking.ask()
    assert len(asking.adapter.questions) == 1


def test_a_question_that_cannot_be_split_is_asked_again_when_the_server_was_slow():
    slow = Script(write_answer([], remark="runtime error: Query timed out"))
    asking = ask_in_turn(slow, Script(GOOD))
    assert len(asking.ask(can_be_split=False).elements) == 3
    asking = ask_in_turn(slow)
    with pytest.raises(TooLargeError, match="5 tries"):
        asking.ask(can_be_split=False)


def test_an_endless_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(client_module, "LARGEST_BODY_BYTES", 10_000)
    bomb = gzip.compress(b" " * 3_000_000)
    for script in (Script(b" " * 10_001), Script(bomb, headers={"Content-Encoding": "gzip"})):
        with pytest.raises(TooLargeError, match="more than 10,000 bytes"):
            ask_in_turn(script).ask()


def test_an_answer_that_fails_the_callers_check_is_asked_for_again():
    seen = []

    def check(answer):
        seen.append(answer)
        if len(seen) == 1:
            raise AnswerError(AnswerFault.BAD_ELEMENT, "lies elsewhere")

    asking = ask_in_turn(Script(GOOD))
    asking.ask(check=check)
    assert len(asking.adapter.questions) == 2
    assert "lies elsewhere" in asking.told[0]


@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize(
    "value", ["33", format_datetime(NOON + timedelta(seconds=34), usegmt=True)], ids=["seconds", "date"]
)
def test_retry_after_is_honoured(status, value):
    headers = {"Retry-After": value, "Date": format_datetime(NOON, usegmt=True)}
    asking = ask_in_turn(Script(status=status, headers=headers), Script(GOOD))
    asking.ask()
    assert 33.0 <= asking.list_waits()[0] < 35.0


def test_retry_after_sooner_than_our_own_wait_does_not_make_us_hasty():
    asking = ask_in_turn(Script(status=429, headers={"Retry-After": "0"}), Script(GOOD))
    asking.ask()
    assert asking.list_waits()[0] >= 5.0


@pytest.mark.parametrize("value", ["7200", "99999999999999", "Sun, 22 Nov 2026 14:00:00 GMT"])
def test_a_server_that_asks_for_more_time_than_is_left_ends_the_download_at_once(value):
    asking = ask_in_turn(Script(status=429, headers={"Retry-After": value}))
    with pytest.raises(DownloadError, match=r"can be asked again in .* s, at .*--deadline"):
        asking.ask()
    assert len(asking.adapter.questions) == 1
    assert asking.clock.seconds - asking.began_s < 5.0


def test_the_time_when_to_ask_again_is_told():
    asking = ask_in_turn(Script(status=429, headers={"Retry-After": "7200"}, takes_s=0.0))
    with pytest.raises(DownloadError, match="2026-11-22 14:00:0"):
        asking.ask()


STATUS_FREE = Script(b"Rate limit: 2\n2 slots available now.\n")
STATUS_BUSY = Script(b"Rate limit: 2\nSlot available after: 2026-11-22T12:00:30Z, in 30 seconds.\n")


def test_the_first_question_waits_for_a_free_slot():
    asking = Asking(answer_in_turn(Script(GOOD), status_page=STATUS_BUSY))
    asking.ask()
    status, question = asking.adapter.asked
    assert status.url == "https://overpass.test/api/status"
    assert question.began_s - status.ended_s == pytest.approx(30.0)
    assert "next free slot in 30 s" in asking.told[0]
    asking.ask()
    assert len(asking.adapter.asked) == 3  # not before every question


def test_a_busy_server_is_asked_for_its_slots_before_the_next_try():
    asking = Asking(answer_in_turn(Script(status=429), Script(GOOD), status_page=STATUS_FREE))
    asking.ask()
    assert [asked.method for asked in asking.adapter.asked] == ["GET", "POST", "GET", "POST"]


@pytest.mark.parametrize(
    "page",
    [
        Script(status=404),
        Script(b"<html>what?</html>"),
        Script(b"\xff\xfe\x00"),
        Script(error=requests.ConnectionError(ConnectionResetError())),
        Script(status=302, headers={"Location": "/login"}),
        Script(b"x" * 3_000_000),
    ],
    ids=["missing", "page", "bytes", "reset", "redirect", "endless"],
)
def test_an_odd_status_page_is_no_error(page):
    asking = Asking(answer_in_turn(Script(GOOD), status_page=page))
    assert len(asking.ask().elements) == 3


def test_an_endpoint_of_another_form_has_no_status_page():
    asking = ask_in_turn(Script(GOOD), endpoint="https://overpass.test/query")
    asking.ask()
    assert [asked.method for asked in asking.adapter.asked] == ["POST"]


def test_a_slot_that_is_free_after_the_deadline_ends_the_download_at_once():
    busy = Script(b"Rate limit: 2\nSlot available after: 2026-11-22T14:00:00Z, in 7200 seconds.\n")
    asking = Asking(answer_in_turn(Script(GOOD), status_page=busy))
    with pytest.raises(DownloadError, match=r"no free slot.*asked again in 7,200 s"):
        asking.ask()
    assert asking.adapter.questions == []


def test_the_deadline_holds_for_all_questions_together():
    asking = ask_in_turn(Script(status=503, takes_s=8.0), deadline_s=60.0)
    with pytest.raises(DownloadError, match=r"status 503.*60 s for the whole download do not suffice"):
        asking.ask()
    assert asking.clock.seconds - asking.began_s <= 60.0
    assert len(asking.adapter.questions) == 3  # 8 + 5 + 8 + 10 + 8 = 39 s and more, then 20 s do not fit
    asking.clock.seconds += 60.0
    n_before = len(asking.adapter.asked)
    with pytest.raises(DownloadError, match="the time is used up"):
        asking.ask()
    assert len(asking.adapter.asked) == n_before


def test_an_answer_that_is_still_coming_at_the_deadline_is_not_waited_for():
    asking = ask_in_turn(Script(GOOD, takes_s=61.0), deadline_s=60.0)
    with pytest.raises(DownloadError, match="the answer was still coming"):
        asking.ask()
    assert len(asking.adapter.questions) == 1


def make_faulty_answers(seed: int, log: list[float | None]):
    """Answer one request in five with a fault; note for each what it asks to wait for."""
    random = np.random.default_rng(seed)
    faults = list(RETRIED.values())

    def answer(asked):
        if asked.method == "GET":
            return STATUS_FREE if random.random() < 0.5 else STATUS_BUSY
        takes_s = float(random.random() * 3.0)
        wait_s: float | None = None
        if random.random() < 0.2:
            pick = int(random.integers(len(faults) + 2))
            if pick < len(faults):
                script = faults[pick]
                found = Script(script.body, script.status, dict(script.headers), takes_s, script.error)
            else:
                wait_s = float(random.integers(1, 90))
                later = NOON + timedelta(seconds=wait_s)
                value = f"{wait_s:.0f}" if pick == len(faults) else format_datetime(later, usegmt=True)
                headers = {"Retry-After": value, "Date": format_datetime(NOON, usegmt=True)}
                found = Script(status=429, headers=headers, takes_s=takes_s)
        else:
            found = Script(GOOD, takes_s=takes_s)
        log.append(wait_s)
        return found

    return answer


def test_a_thousand_requests_with_faults_never_break_the_rules():
    wishes: list[float | None] = []
    asking = Asking(make_faulty_answers(7, wishes), deadline_s=1e6, seed=7)
    tries = []
    while len(asking.adapter.questions) < 1000:
        n_before = len(asking.adapter.questions)
        try:
            assert len(asking.ask().elements) == 3
        except DownloadError:  # five faults in a row: one question in three thousand
            assert len(asking.adapter.questions) - n_before == 5
        tries.append(len(asking.adapter.questions) - n_before)
    asked = asking.adapter.asked
    assert min(after.began_s - before.ended_s for before, after in pairwise(asked)) >= 1.0 - 1e-6
    assert max(tries) <= 5
    assert sum(n > 1 for n in tries) > 100  # faults there were
    questions = asking.adapter.questions
    n_wishes = 0
    for (before, after), wish_s in zip(pairwise(questions), wishes[:-1], strict=True):
        if wish_s is not None:
            n_wishes += 1
            assert after.began_s - before.ended_s >= wish_s - 1e-6
    assert n_wishes > 10
    assert len(asked) > len(questions)  # the status page was asked too


def ask_for_ever(asking):
    while True:
        asking.ask()


@pytest.mark.parametrize("seed", range(10))
def test_with_faults_the_deadline_is_never_passed(seed):
    wishes: list[float | None] = []
    asking = Asking(make_faulty_answers(seed, wishes), deadline_s=300.0, seed=seed)
    with pytest.raises(DownloadError):
        ask_for_ever(asking)
    assert all(asked.began_s - asking.began_s < 300.0 for asked in asking.adapter.asked)
    assert asking.clock.seconds - asking.began_s < 303.0  # an answer under way takes up to 3 s here


@pytest.mark.parametrize(
    "endpoint",
    [
        "overpass-api.de/api/interpreter",
        "ftp://x.test/",
        "https://",
        "",
        "https://a b/",
        "http://[::1/",
        "https://x.test:99999/",
    ],
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint):
    with pytest.raises(ConfigError, match="no address of a server"):
        OverpassClient(endpoint, clock=FakeClock(), tell=print)


@pytest.mark.parametrize(
    "endpoint", ["https://me:secret@x.test/api", "https://x.test/api?key=secret", "https://x.test/api#secret"]
)
def test_an_endpoint_with_a_secret_is_refused_without_repeating_it(endpoint):
    with pytest.raises(ConfigError, match="netrc") as caught:
        check_endpoint(endpoint)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("contact", ["a\r\nHost: evil", "نام", "a) (b"])
def test_a_contact_that_breaks_the_header_is_refused(contact):
    with pytest.raises(ConfigError, match="--contact"):
        make_user_agent(contact)


# From here on with real sockets on loopback.


def is_whole_question(data):
    """Tell whether head and body have come; a connection closed before that is reset."""
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@contextmanager
def serve_raw(handle, *, reads_head=True):
    """Accept connections and hand each to `handle` after its request was read."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def run():
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5.0)
                try:
                    data = b""
                    while reads_head and not is_whole_question(data):
                        data += connection.recv(65536)
                    handle(connection, stopping)
                except OSError:
                    pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/interpret"
    finally:
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def ask_really(endpoint, *, clock=None, deadline_s=900.0):
    told = []
    client = OverpassClient(endpoint, clock=clock or FakeClock(), deadline_s=deadline_s, tell=told.append)
    try:
        return client.ask(QUERY, what="roads"), told
    finally:
        client.close()


def write_head(*lines):
    return ("\r\n".join(["HTTP/1.1 200 OK", *lines]) + "\r\n\r\n").encode()


def test_a_real_answer_over_a_socket():
    packed = gzip.compress(GOOD)

    def handle(connection, _):
        connection.sendall(write_head(f"Content-Length: {len(packed)}", "Content-Encoding: gzip") + packed)

    with serve_raw(handle) as endpoint:
        answer, told = ask_really(endpoint)
    assert len(answer.elements) == 3
    assert told == []


def test_a_real_body_in_chunks_and_one_that_ends_before_its_last_chunk():
    half = len(GOOD) // 2
    parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (GOOD[:half], GOOD[half:])]
    replies = [parts[0], b"".join(parts) + b"0\r\n\r\n"]

    def handle(connection, _):
        connection.sendall(write_head("Transfer-Encoding: chunked") + replies.pop(0))

    with serve_raw(handle) as endpoint:
        answer, told = ask_really(endpoint)
    assert len(answer.elements) == 3
    assert len(told) == 1


def test_a_real_body_shorter_than_announced_is_tried_again():
    replies = [GOOD[:-30], GOOD]

    def handle(connection, _):
        connection.sendall(write_head(f"Content-Length: {len(GOOD)}") + replies.pop(0))

    with serve_raw(handle) as endpoint:
        answer, told = ask_really(endpoint)
    assert len(answer.elements) == 3
    assert "sent less than it announced" in told[0]


def drip(connection, stopping, data):
    for at in range(len(data)):
        if stopping.wait(0.02):
            return
        connection.sendall(data[at : at + 1])


@pytest.mark.parametrize("where", ["body", "head"])
def test_a_real_drip_of_bytes_ends_at_the_deadline(where):
    def handle(connection, stopping):
        if where == "body":
            connection.sendall(write_head("Content-Length: 100000"))
            drip(connection, stopping, b" " * 100_000)
        else:
            drip(connection, stopping, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100_000)

    with serve_raw(handle) as endpoint:
        began_s = time.monotonic()
        with pytest.raises(DownloadError, match="the answer was still coming"):
            ask_really(endpoint, clock=SystemClock(), deadline_s=0.4)
        assert time.monotonic() - began_s < 2.0


@pytest.mark.parametrize("where", ["proxy", "handshake"])
def test_a_drip_before_the_connection_stands_ends_at_the_deadline(monkeypatch, where):
    def handle(connection, stopping):
        drip(connection, stopping, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100_000)

    def shake(connection, stopping):
        # The head of a TLS record of 16,000 bytes of a handshake, and then its bytes one by one.
        connection.sendall(b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c")
        drip(connection, stopping, b"\x03" * 16_000)

    with serve_raw(handle if where == "proxy" else shake, reads_head=where == "proxy") as address:
        if where == "proxy":
            monkeypatch.setenv("HTTPS_PROXY", address.rpartition("/")[0])
        endpoint = "https://overpass.invalid/interpret" if where == "proxy" else f"https{address[4:]}"
        # Reading the certificates of the computer alone takes part of a second before the handshake.
        began_s = time.monotonic()
        with pytest.raises(DownloadError, match="the answer was still coming"):
            ask_really(endpoint, clock=SystemClock(), deadline_s=2.0)
        assert time.monotonic() - began_s < 4.0
    gc.collect()


def test_a_real_refusal_of_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DownloadError, match=r"roads: 127\.0\.0\.1 refuses the connection"):
        ask_really(f"http://127.0.0.1:{port}/interpret")


def test_a_server_without_encryption_asked_with_it():
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_plainly():
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=answer_plainly, daemon=True)
    thread.start()
    with pytest.raises(DownloadError, match="breaks the encrypted connection"):
        ask_really(f"https://127.0.0.1:{listener.getsockname()[1]}/interpret")
    thread.join(5.0)
    listener.close()


def test_a_name_that_does_not_exist(monkeypatch):
    def find_nothing(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
    with pytest.raises(DownloadError, match="not known to the name service"):
        ask_really("http://overpass.invalid/interpret")


def test_a_proxy_of_the_environment_is_used(monkeypatch):
    seen = []

    def handle(connection, _):
        seen.append(connection)
        connection.sendall(write_head(f"Content-Length: {len(GOOD)}") + GOOD)

    with serve_raw(handle) as address:
        monkeypatch.setenv("HTTP_PROXY", address.rpartition("/")[0])
        answer, _ = ask_really("http://overpass.invalid/interpret")
    assert len(answer.elements) == 3
    assert seen


def test_one_connection_serves_all_questions():
    connections = []

    def handle(connection, stopping):
        connections.append(connection)
        reply = write_head(f"Content-Length: {len(GOOD)}") + GOOD
        while not stopping.is_set():
            data = b""
            while not data.endswith(b"count%3B"):
                received = connection.recv(65536)
                if not received:
                    return
                data += received
            connection.sendall(reply)

    with serve_raw(handle, reads_head=False) as endpoint:
        client = OverpassClient(endpoint, clock=FakeClock(), tell=print)
        for _ in range(3):
            client.ask(QUERY, what="roads")
        client.close()
    assert len(connections) == 1


def test_urllib3_reads_what_has_come():
    # The deadline within a slow body rests on it.
    assert hasattr(urllib3.HTTPResponse, "read1")


@pytest.mark.parametrize(
    "proxy", ["ftp://me:pw@proxy.test", "http://me:pw@proxy.test:99999", "http://me:pw@"]
)
def test_a_proxy_that_is_no_address_is_named_without_its_password(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(DownloadError, match="HTTPS_PROXY names a proxy") as caught:
        ask_really("https://overpass.invalid/interpret")
    assert "pw" not in str(caught.value)
    assert "correct HTTPS_PROXY" in str(caught.value)
    assert "--endpoint" not in str(caught.value)
    assert "tries" not in str(caught.value)


def test_two_planners_do_not_wait_the_same_time():
    waits = []
    for _ in range(2):
        asking = ask_in_turn(Script(status=503), Script(GOOD), seed=None)
        asking.ask()
        waits += asking.list_waits()
    assert waits[0] != waits[1]
