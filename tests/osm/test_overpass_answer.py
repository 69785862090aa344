"""Only whole answers are taken; every other one has a fault with a name."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_samples import TIMESTAMP, make_answer, make_grid

from chargeplan.errors import DataError
from chargeplan.osm.overpass_answer import (
    AnswerError,
    AnswerFault,
    check_counts,
    count_elements,
    parse_answer,
)

GRID = make_grid()
WHOLE = make_answer(GRID)
GRID_COUNT = {"nodes": "50", "ways": "14", "relations": "1", "total": "65"}  # 7 x 7 + 1, 7 + 7, 1
NODE = {"type": "node", "id": 1, "lat": 33.6, "lon": 73.0}
TIMEOUT = 'runtime error: Query timed out in "query" at line 3 after 26 seconds.'
MEMORY = 'runtime error: Query run out of memory in "recurse" at line 4 using about 1024 MB of RAM.'


def change(element, **changes):
    return make_answer([{**element, **changes}])


def without(element, name):
    return make_answer([{key: value for key, value in element.items() if key != name}])


WAY = next(element for element in GRID if element["type"] == "way")
RELATION = GRID[-1]
MEMBER = RELATION["members"][0]

BAD_BODIES = {
    AnswerFault.NOT_JSON: [
        b"<html><body>Please log in to the network</body></html>",
        b'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6"></osm>',
        b"The server is probably too busy",
        b"\xff\xfe\x00{",
        WHOLE + b"{}",
        WHOLE.replace(b"33.6,", b"NaN,"),
        b"[" * 100_000,
        b'{"elements": ' + b"9" * 10_000 + b"}",
        WHOLE.replace(b'"version": 2', b'"version"; 2'),
    ],
    AnswerFault.TRUNCATED: [
        b"",
        b" \n",
        WHOLE[:-1],
        WHOLE[:-2],
        WHOLE[: len(WHOLE) // 2],
        WHOLE[: WHOLE.index(b"Overpass") + 3],
        b"{",
        make_answer([{**NODE, "tags": {"name": "شیل"}}]).decode("unicode_escape", "replace").encode()[:-20],
        '{"elements": [{"tags": {"name": "ش'.encode()[:-1],
    ],
    AnswerFault.REMARK_TIMEOUT: [make_answer(GRID, remark=TIMEOUT), make_answer([], remark=TIMEOUT)],
    AnswerFault.REMARK_MEMORY: [make_answer(GRID[:10], remark=MEMORY)],
    AnswerFault.REMARK_OTHER: [
        make_answer(GRID, remark="runtime error: something"),
        make_answer(GRID, remark=["?"]),
    ],
    AnswerFault.WRONG_SHAPE: [
        b"[]",
        b"null",
        b'"elements"',
        b"{}",
        json.dumps({"error": "rate limit exceeded"}).encode(),
        json.dumps({"elements": []}).encode(),
        json.dumps({"osm3s": {}, "elements": {}}).encode(),
        make_answer(GRID, osm3s={"timestamp_osm_base": "yesterday"}),
        make_answer(GRID, osm3s={"timestamp_osm_base": 7}),
        make_answer([{"type": "count", "id": 0, "tags": GRID_COUNT}] * 2),
    ],
    AnswerFault.BAD_ELEMENT: [
        make_answer([7]),
        make_answer([{}]),
        change(NODE, type="area"),
        change(NODE, id="1"),
        change(NODE, id=True),
        change(NODE, id=0),
        change(NODE, id=-5),
        change(NODE, id=2**63),
        change(NODE, lat=90.5),
        change(NODE, lon=-180.1),
        change(NODE, lat="33.6"),
        change(NODE, lat=None),
        change(NODE, lat=10**400),
        WHOLE.replace(b"33.615", b"1e999"),
        without(NODE, "lon"),
        change(NODE, version=0),
        change(NODE, version=1.0),
        change(NODE, timestamp="2026-02-30T00:00:00Z"),
        change(NODE, tags=["a"]),
        change(NODE, tags={"a": 1}),
        change(NODE, tags={"a": "b\0c"}),
        change(NODE, tags={"a\0": "b"}),
        without(WAY, "nodes"),
        change(WAY, nodes=[1, None]),
        change(WAY, nodes=[1, 2.0]),
        without(RELATION, "members"),
        change(RELATION, members=[{**MEMBER, "type": "area"}]),
        change(RELATION, members=[{**MEMBER, "ref": "1"}]),
        change(RELATION, members=[{**MEMBER, "role": None}]),
        make_answer(GRID, count={"nodes": "50"}),
        make_answer(GRID, count={**GRID_COUNT, "ways": "-1"}),
    ],
    AnswerFault.MISSING_ELEMENTS: [
        make_answer(GRID[1:], count=GRID_COUNT),
        make_answer([*GRID[1:], GRID[1]], count=GRID_COUNT),  # one lost, one twice
        make_answer([*GRID, NODE], count=GRID_COUNT),
        make_answer(GRID, count={**GRID_COUNT, "total": "66"}),
    ],
}


def test_every_fault_has_answers_that_show_it():
    assert BAD_BODIES.keys() == set(AnswerFault)


@pytest.mark.parametrize(
    ("fault", "body"),
    [(fault, body) for fault, bodies in BAD_BODIES.items() for body in bodies],
    ids=[
        f"{fault.name.lower()}-{number}"
        for fault, bodies in BAD_BODIES.items()
        for number in range(len(bodies))
    ],
)
def test_a_bad_answer_is_refused_with_its_fault(fault, body):
    with pytest.raises(AnswerError) as caught:
        parse_answer(body)
    assert caught.value.fault is fault
    assert isinstance(caught.value, DataError)
    message = str(caught.value)
    assert message.startswith(fault.value)
    assert "\n" not in message
    assert len(message) < 400


def test_a_login_page_is_shown_in_the_message():
    with pytest.raises(AnswerError, match="got '<html>Please log in</html>', expected the JSON"):
        parse_answer(b"<html>Please\x1b log\nin</html>")


def test_a_whole_answer_is_taken_as_it_is():
    answer = parse_answer(make_answer(GRID, count=GRID_COUNT))
    assert answer.elements == GRID
    assert answer.stated_counts == {"nodes": 50, "ways": 14, "relations": 1, "total": 65}
    assert answer.osm_timestamp == TIMESTAMP
    assert answer.generator == "Overpass API 0.7.62.11 87bfad18"


def test_an_empty_remark_is_no_fault():
    assert len(parse_answer(make_answer(GRID, remark="")).elements) == 65


def test_a_count_alone_is_an_answer_but_not_one_with_elements():
    answer = parse_answer(make_answer([], count=GRID_COUNT))
    assert answer.elements == []
    assert answer.stated_counts["total"] == 65
    with pytest.raises(AnswerError, match="50 nodes, 14 ways, 1 relations but 0 nodes"):
        check_counts(answer)


def test_an_answer_without_elements_is_whole_when_the_server_counted_none():
    none = dict.fromkeys(GRID_COUNT, "0")
    check_counts(parse_answer(make_answer([], count=none)))


def test_elements_are_counted_by_type():
    assert count_elements(GRID) == {"nodes": 50, "ways": 14, "relations": 1, "total": 65}


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=300, deadline=None)
def test_no_beginning_of_an_answer_is_taken_for_the_whole(length):
    with pytest.raises(AnswerError) as caught:
        parse_answer(WHOLE[:length])
    assert caught.value.fault is AnswerFault.TRUNCATED


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_refused_without_another_error(body):
    with pytest.raises(AnswerError):
        parse_answer(body)
