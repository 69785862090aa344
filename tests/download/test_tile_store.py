"""Answers on disk: whole and of the question that is asked, or not used."""

import errno
import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import chargeplan.download.tile_store as tile_store_module
from chargeplan.download.tile_store import BROKEN_ENDING, INDEX_NAME, TileStore
from chargeplan.errors import DataError

ENDPOINT = "https://overpass.test/api/interpreter"
BODY = json.dumps(
    {"elements": [{"type": "node", "id": at, "lat": 33.0, "lon": 73.0} for at in range(40)]}
).encode()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".multan.tiles"


def open_store(folder, endpoint=ENDPOINT):
    return TileStore(folder, endpoint)


def list_names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_answer_is_found_again_by_its_question(folder):
    open_store(folder).put("query a", BODY, what="roads")
    store = open_store(folder)
    assert store.find("query a") == BODY
    assert len(store) == 1
    assert store.set_aside == []


def test_an_answer_to_another_question_or_of_another_server_is_not_found(folder):
    open_store(folder).put("query a", BODY, what="roads")
    assert open_store(folder).find("query b") is None
    assert open_store(folder).find("query a ") is None
    assert open_store(folder, "https://other.test/api/interpreter").find("query a") is None


def test_an_answer_put_in_the_place_of_another_is_not_used(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    store.put("query b", BODY.replace(b"33.0", b"34.0"), what="places")
    first, second = sorted(folder.glob("*.gz"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    store = open_store(folder)
    assert store.find("query a") is None
    assert store.find("query b") is None
    assert len(store.set_aside) == 2


def test_an_empty_folder_is_not_made_before_there_is_an_answer(folder):
    assert open_store(folder).find("query a") is None
    assert not folder.exists()


def test_the_same_answer_is_the_same_bytes(folder, tmp_path):
    open_store(folder).put("query a", BODY, what="roads")
    open_store(tmp_path / "other").put("query a", BODY, what="roads")
    for name in list_names(folder):
        assert (folder / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_later_answer_takes_the_place_of_the_earlier_one(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    store.put("query a", b"new", what="roads")
    assert open_store(folder).find("query a") == b"new"
    assert len(list_names(folder)) == 2


def test_what_is_forgotten_is_gone(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    store.forget("query a")
    store.forget("query a")
    assert open_store(folder).find("query a") is None
    assert list_names(folder) == [INDEX_NAME]


def test_removing_takes_the_folder_away(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    store.remove()
    store.remove()
    assert not folder.exists()


def corrupt(content: bytes, random: np.random.Generator) -> bytes:
    """Flip a bit, cut the end off, or zero a stretch."""
    kind, at = int(random.integers(3)), int(random.integers(len(content)))
    changed = bytearray(content)
    if kind == 0:
        changed[at] ^= 1 << int(random.integers(8))
    elif kind == 1:
        del changed[at:]
    else:
        end = at + 1 + int(random.integers(64))
        changed[at:end] = bytes(len(changed[at:end]))
    return bytes(changed)


def test_all_of_500_corruptions_are_found_and_none_is_used(folder, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # half the test's time otherwise
    random = np.random.default_rng(20261122)
    queries = [f"query {number}" for number in range(10)]
    bodies = {query: BODY + str(random.integers(10**9)).encode() for query in queries}
    store = open_store(folder)
    for query, body in bodies.items():
        store.put(query, body, what="roads")
    names = {query: store._make_key(query) + ".json.gz" for query in queries}
    whole = {name: (folder / name).read_bytes() for name in list_names(folder)}
    n_corrupted = 0
    while n_corrupted < 500:
        for name, content in whole.items():
            (folder / name).write_bytes(content)
        broken = set()
        for query in queries[:9]:  # one stays whole
            path = folder / names[query]
            before = path.read_bytes()
            after = corrupt(before, random)
            if after != before:
                path.write_bytes(after)
                broken.add(query)
        n_corrupted += len(broken)
        store = open_store(folder)
        for query in queries:
            assert store.find(query) == (None if query in broken else bodies[query])
        assert sorted(store.set_aside) == sorted(names[query] for query in broken)
        assert all((folder / (names[query] + BROKEN_ENDING)).exists() for query in broken)
        assert open_store(folder).set_aside == []  # forgotten: found once, not for ever


def test_a_corrupted_index_is_set_aside_and_nothing_of_it_used(folder):
    random = np.random.default_rng(7)
    store = open_store(folder)
    for number in range(3):
        store.put(f"query {number}", BODY, what="roads")
    whole = (folder / INDEX_NAME).read_bytes()
    n_corrupted = 0
    for _ in range(300):
        content = corrupt(whole, random)
        (folder / INDEX_NAME).write_bytes(content)
        store = open_store(folder)
        if store.set_aside:
            n_corrupted += 1
            assert len(store) == 0
            assert store.find("query 0") is None
        else:  # white space that means nothing
            assert store.find("query 0") == BODY
            assert json.loads(content) == json.loads(whole)
    assert n_corrupted > 280


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"format": 2}',
        b"[" * 100_000,
        b'{"format": 1, "sha256": "", "tiles": []}',
        b"\xff\xfe",
    ],
)
def test_an_index_of_another_form_is_set_aside(folder, content):
    folder.mkdir()
    (folder / INDEX_NAME).write_bytes(content)
    store = open_store(folder)
    assert store.set_aside == [INDEX_NAME]
    store.put("query a", BODY, what="roads")
    assert open_store(folder).find("query a") == BODY


def test_an_index_cannot_name_a_file_elsewhere(folder, tmp_path):
    (tmp_path / "secret.gz").write_bytes(gzip.compress(b"secret"))
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    plain = json.loads((folder / INDEX_NAME).read_text())
    for entry in plain["tiles"].values():
        entry["file_name"] = "../secret.gz"
    plain["sha256"] = tile_store_module._compute_checksum(plain["tiles"])
    (folder / INDEX_NAME).write_text(json.dumps(plain))
    assert open_store(folder).set_aside == [INDEX_NAME]


def test_a_file_that_went_missing_is_asked_for_again(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    next(folder.glob("*.gz")).unlink()
    store = open_store(folder)
    assert store.find("query a") is None
    assert len(store) == 0


def test_an_answer_without_an_entry_is_not_used(folder):
    # Killed between the answer and the index.
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    (folder / INDEX_NAME).unlink()
    assert open_store(folder).find("query a") is None


def test_what_a_killed_call_left_half_written_is_removed(folder):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")
    (folder / ".abc.json.gz.x1y2").write_bytes(b"half")
    store = open_store(folder)
    with store.hold():
        assert store.find("query a") == BODY
        assert not list(folder.glob(".*"))


@pytest.mark.parametrize("full_at", ["answer", "index"])
def test_a_full_disk_keeps_what_was_there(folder, monkeypatch, full_at):
    store = open_store(folder)
    store.put("query a", BODY, what="roads")

    def refuse(path, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(tile_store_module, "write_bytes" if full_at == "answer" else "write_text", refuse)
        with pytest.raises(OSError, match="No space"):
            store.put("query b", BODY, what="places")
        assert store.find("query b") is None
        assert len(store) == 1
    store = open_store(folder)
    assert store.find("query a") == BODY
    assert store.find("query b") is None
    assert store.set_aside == []


def test_a_file_in_the_place_of_the_folder_is_told(folder):
    folder.write_text("not mine")
    with pytest.raises(DataError, match="is not a folder"):
        open_store(folder)


HOLD = """
import sys
from pathlib import Path
from chargeplan.download.tile_store import TileStore
with TileStore(Path(sys.argv[1]), "https://overpass.test").hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_downloads_of_one_dataset_do_not_run_at_once(folder):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "held\n"
        store = open_store(folder)
        with pytest.raises(DataError, match="another download"), store.hold():
            pass
    finally:
        other.kill()
        other.communicate()
    with store.hold():  # a killed download holds nothing
        store.put("query a", BODY, what="roads")


def test_a_folder_removed_while_held_does_not_let_two_in(folder):
    first, second = open_store(folder), open_store(folder)
    with first.hold():
        first.put("query a", BODY, what="roads")
        first.remove()
        with second.hold():
            second.put("query b", BODY, what="roads")
    assert open_store(folder).find("query b") == BODY


def test_a_folder_without_answers_is_not_left(folder):
    with open_store(folder).hold():
        pass
    assert not folder.exists()
