"""Each fault of the local server is on the wire what its name says."""

import json
import math

import pytest
import requests
from osm_server import Fault, Mode, OsmServer, OsmStore, Phase, When

N_NODES = 100
ELEMENTS = [
    {"type": "node", "id": n, "lat": 33.0 + n / 1000, "lon": 73.0, "version": 2}
    for n in range(1, N_NODES + 1)
] + [
    {"type": "way", "id": 1, "nodes": list(range(1, N_NODES + 1)), "version": 2, "tags": {"highway": "path"}}
]
QUERY = "[out:json];way(1);(._;>;)->.a;.a out count;.a out meta;"
COUNT_QUERY = "[out:json];way(1);(._;>;)->.a;.a out count;"
N_ALL = N_NODES + 2  # the way, and the count before it
STORE = OsmStore(ELEMENTS, osm_timestamp="2026-01-01T00:00:00Z")


@pytest.fixture(scope="module")
def server():
    with OsmServer(STORE) as running:
        yield running


def ask(server, mode, query=QUERY, **options):
    server.set_faults(Fault(mode))
    return requests.post(
        server.overpass_url, data={"data": query}, timeout=5, allow_redirects=False, **options
    )


def list_elements(reply):
    assert reply.status_code == 200
    return reply.json()["elements"]


STATUSES = {
    Mode.TOO_MANY_REQUESTS: 429,
    Mode.TOO_MANY_RETRY_AFTER: 429,
    Mode.TOO_MANY_RETRY_DATE: 429,
    Mode.BAD_GATEWAY: 502,
    Mode.UNAVAILABLE: 503,
    Mode.GATEWAY_TIMEOUT: 504,
    Mode.ERROR_WITH_JSON: 500,
    Mode.BAD_REQUEST: 400,
    Mode.FORBIDDEN: 403,
    Mode.LOGIN_REDIRECT: 302,
}
CUT = {
    Mode.SHORT_BODY: requests.exceptions.ChunkedEncodingError,
    Mode.RESET_IN_MIDDLE: requests.exceptions.RequestException,
    Mode.CLOSED_BEFORE_HEADER: requests.exceptions.ConnectionError,
    Mode.BROKEN_GZIP: requests.exceptions.ContentDecodingError,
}
N_IN_ANSWER = {
    Mode.REMARK_TIMEOUT: N_ALL // 2,
    Mode.REMARK_MEMORY: N_ALL // 2,
    Mode.REMARK_UNKNOWN: N_ALL // 2,
    Mode.LOST_ELEMENTS: N_ALL - 1 - 10,
    Mode.ONLY_COUNT: 1,
    Mode.EMPTY_ANSWER: 1,
    Mode.MISSING_WAY_NODES: N_ALL - 5,
    Mode.OLD_DUPLICATES: N_ALL + 34,
    Mode.MOVING_TIMESTAMP: N_ALL,
    Mode.NAN_COORDINATE: N_ALL,
    Mode.ABSURD_COORDINATE: N_ALL,
    Mode.ELSEWHERE: N_ALL,
    Mode.WRONG_TYPES: N_ALL,
}
OTHERS = {
    Mode.CAPTIVE_PORTAL,
    Mode.EMPTY_BODY,
    Mode.TRUNCATED_CHUNKED,
    Mode.SLOW_DRIP,
    Mode.NO_ELEMENTS_KEY,
    Mode.ELEMENTS_NOT_LIST,
    Mode.EARLIER_ANSWER,
    Mode.FEW_LOST,
}


def test_every_fault_is_tested_here():
    assert set(Mode) == STATUSES.keys() | CUT.keys() | N_IN_ANSWER.keys() | OTHERS


@pytest.mark.parametrize("mode", STATUSES)
def test_statuses(server, mode):
    assert ask(server, mode).status_code == STATUSES[mode]


def test_headers_that_matter(server):
    assert "Retry-After" not in ask(server, Mode.TOO_MANY_REQUESTS).headers
    assert ask(server, Mode.TOO_MANY_RETRY_AFTER).headers["Retry-After"] == "7"
    assert ask(server, Mode.TOO_MANY_RETRY_DATE).headers["Retry-After"].endswith("GMT")
    assert ask(server, Mode.LOGIN_REDIRECT).headers["Location"] == "/login"
    assert "timeout" in ask(server, Mode.GATEWAY_TIMEOUT).text
    assert "html" in ask(server, Mode.CAPTIVE_PORTAL).headers["Content-Type"]


def test_a_500_holds_half_an_answer_in_valid_json(server):
    assert len(ask(server, Mode.ERROR_WITH_JSON).json()["elements"]) == N_ALL // 2


@pytest.mark.parametrize("mode", CUT)
def test_cut_and_damaged_replies_fail_while_they_are_read(server, mode):
    with pytest.raises(CUT[mode]):
        ask(server, mode)


def test_a_reset_is_a_reset_after_a_part_of_the_body(server):
    server.set_faults(Fault(Mode.RESET_IN_MIDDLE))
    with requests.post(server.overpass_url, data={"data": QUERY}, timeout=5, stream=True) as reply:
        parts = reply.iter_content(100)
        assert next(parts).startswith(b"{")
        with pytest.raises(requests.exceptions.RequestException, match="Connection reset"):
            list(parts)


@pytest.mark.parametrize("mode", N_IN_ANSWER)
def test_answers_with_wrong_contents_are_valid_json(server, mode):
    assert len(list_elements(ask(server, mode))) == N_IN_ANSWER[mode]


def test_few_lost_nodes_are_not_in_the_count_either(server):
    nodes = "[out:json];node(33.0,72.9,34.0,73.1)->.a;.a out count;.a out meta;"
    count, *found = list_elements(ask(server, Mode.FEW_LOST, nodes))
    assert len(found) == N_NODES - 3
    assert count["tags"]["nodes"] == str(N_NODES - 3)
    assert len(list_elements(ask(server, Mode.FEW_LOST))) == N_ALL  # nodes of ways stay


def test_remarks_are_those_of_overpass(server):
    assert "timed out" in ask(server, Mode.REMARK_TIMEOUT).json()["remark"]
    assert "out of memory" in ask(server, Mode.REMARK_MEMORY).json()["remark"]


def test_contents_that_are_wrong(server):
    nodes = [one for one in list_elements(ask(server, Mode.NAN_COORDINATE)) if one["type"] == "node"]
    assert sum(math.isnan(node["lat"]) for node in nodes) == 1
    nodes = [one for one in list_elements(ask(server, Mode.ABSURD_COORDINATE)) if one["type"] == "node"]
    assert max(node["lat"] for node in nodes) == 999.0
    nodes = [one for one in list_elements(ask(server, Mode.ELSEWHERE)) if one["type"] == "node"]
    assert max(node["lat"] for node in nodes) < 0
    count, *others = list_elements(ask(server, Mode.MISSING_WAY_NODES))
    assert int(count["tags"]["total"]) == len(others), "the count must not tell of the loss"
    assert list_elements(ask(server, Mode.EMPTY_ANSWER))[0]["tags"]["total"] == "0"
    assert int(list_elements(ask(server, Mode.LOST_ELEMENTS))[0]["tags"]["total"]) == N_ALL - 1
    versions = {one["version"] for one in list_elements(ask(server, Mode.OLD_DUPLICATES))[1:]}
    assert versions == {1, 2}
    assert isinstance(list_elements(ask(server, Mode.WRONG_TYPES))[1]["id"], str)


def test_estimates_are_wrong_in_their_own_way(server):
    def get_total(mode):
        return list_elements(ask(server, mode, COUNT_QUERY))[0]["tags"]["total"]

    assert get_total(Mode.LOST_ELEMENTS) == str((N_ALL - 1) * 9 // 10)
    assert get_total(Mode.EMPTY_ANSWER) == "0"
    assert get_total(Mode.NAN_COORDINATE) == "nan"
    assert list_elements(ask(server, Mode.ONLY_COUNT, COUNT_QUERY)) == []


def test_other_bodies(server):
    assert "Sign in" in ask(server, Mode.CAPTIVE_PORTAL).text
    assert ask(server, Mode.EMPTY_BODY).content == b""
    assert "elements" not in ask(server, Mode.NO_ELEMENTS_KEY).json()
    assert not isinstance(ask(server, Mode.ELEMENTS_NOT_LIST).json()["elements"], list)
    cut = ask(server, Mode.TRUNCATED_CHUNKED)
    assert cut.headers["Transfer-Encoding"] == "chunked"
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.content)


def test_each_answer_has_another_age(server):
    server.set_faults(Fault(Mode.MOVING_TIMESTAMP))
    ages = {
        requests.post(server.overpass_url, data={"data": QUERY}, timeout=5).json()["osm3s"][
            "timestamp_osm_base"
        ]
        for _ in range(3)
    }
    assert len(ages) == 3


def test_an_earlier_answer_is_that_to_another_question(server):
    server.set_faults()
    earlier = requests.post(server.overpass_url, data={"data": COUNT_QUERY}, timeout=5).content
    assert ask(server, Mode.EARLIER_ANSWER).content == earlier


def test_a_drip_is_a_byte_at_a_time_and_tells_the_clock(server):
    n_between = []
    server.set_faults(Fault(Mode.SLOW_DRIP, between_bytes=lambda: n_between.append(1)))
    with requests.post(server.overpass_url, data={"data": QUERY}, timeout=5, stream=True) as reply:
        first = [next(reply.raw.stream(1)) for _ in range(5)]
    assert [len(part) for part in first] == [1] * 5
    assert len(n_between) >= 5


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When.always(), [429, 429, 429, 429]),
        (When.once(), [429, 200, 200, 200]),
        (When.nth(3), [200, 200, 429, 200]),
        (When.from_nth(3), [200, 200, 429, 429]),
    ],
)
def test_a_fault_hits_when_it_is_due(server, when, expected):
    server.set_faults(Fault(Mode.TOO_MANY_REQUESTS, when))
    statuses = [
        requests.post(server.overpass_url, data={"data": QUERY}, timeout=5).status_code for _ in range(4)
    ]
    assert statuses == expected


def test_a_fault_hits_its_phase_or_what_a_predicate_says(server):
    server.forget_requests()
    server.set_faults(
        Fault(Mode.UNAVAILABLE, concerns=Phase.LATER_TILE),
        Fault(Mode.BAD_GATEWAY, concerns=lambda request: "way(2)" in request.query),
    )

    def get_status(query):
        return requests.post(server.overpass_url, data={"data": query}, timeout=5).status_code

    assert get_status(QUERY) == 200  # the first tile
    assert get_status(QUERY.replace("way(1)", "way(3)")) == 503
    assert get_status(COUNT_QUERY) == 200
    assert get_status("[out:json];way(2)->.a;.a out count;") == 502
    assert requests.get(server.status_url, timeout=5).status_code == 200
    assert [one.fault for one in server.requests] == ["", "503", "", "502", ""]


def test_a_healthy_answer_is_whole_after_all_faults(server):
    server.set_faults()
    reply = requests.post(server.overpass_url, data={"data": QUERY}, timeout=5)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.json()["elements"][1:] == STORE.list_elements()


def test_the_server_ends_while_a_client_holds_its_connection():
    session = requests.Session()
    with OsmServer(STORE) as running:
        session.post(running.overpass_url, data={"data": QUERY}, timeout=5)
        url = running.overpass_url
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(url, data={"data": QUERY}, timeout=5)
    session.close()
