"""A reader sees the old file or the new one, never a part."""

import os
import subprocess
import sys
import time

import pytest

from chargeplan.errors import DataError
from chargeplan.files import (
    compute_sha256,
    list_put_aside,
    recover_folder,
    replace_folder,
    require_file,
    write_bytes,
    write_text,
)


def test_writing_replaces_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "plan.json"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    write_text(path, "old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    run = tmp_path / "run"
    with replace_folder(run) as fresh:
        (fresh / "a.txt").write_text("1")
    with replace_folder(run) as fresh:
        (fresh / "b.txt").write_text("2")
    assert os.listdir(run) == ["b.txt"]
    assert os.listdir(tmp_path) == ["run"]


def test_a_failure_inside_keeps_the_old_folder(tmp_path):
    run = tmp_path / "run"
    with replace_folder(run) as fresh:
        (fresh / "a.txt").write_text("1")

    def fail_half_way():
        with replace_folder(run) as fresh:
            (fresh / "a.txt").write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail_half_way()
    assert (run / "a.txt").read_text() == "1"
    assert os.listdir(tmp_path) == ["run"]


def list_run(folder):
    return {path.name: sorted(os.listdir(path)) for path in folder.iterdir()}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("fails_at", [1, 2])
def test_an_interruption_around_a_rename_loses_no_run(tmp_path, monkeypatch, error, is_done, fails_at):
    """The first rename puts the old run aside, the second puts the new one in its place; a signal
    may arrive before or after the system has done either."""
    run = tmp_path / "run"
    with replace_folder(run) as fresh:
        (fresh / "old.txt").write_text("1")
    rename, calls = os.replace, []

    def replace(source, target):
        calls.append(source)
        if len(calls) != fails_at:
            return rename(source, target)
        if is_done:
            rename(source, target)
        raise error("between")

    def run_again():
        with replace_folder(run) as fresh:
            (fresh / "new.txt").write_text("2")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(error):
        run_again()
    kept = "new.txt" if is_done and fails_at == 2 else "old.txt"
    assert list_run(tmp_path) == {"run": [kept]}


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    run = tmp_path / "run"
    for name in ("run", ".run.new.0.abcdefgh", ".run.old.abcd_123", ".run.new.mine", ".run2.old.abcdefgh"):
        (tmp_path / name).mkdir()
    with replace_folder(run) as fresh:
        (fresh / "new.txt").write_text("2")
    assert list_run(tmp_path) == {"run": ["new.txt"], ".run.new.mine": [], ".run2.old.abcdefgh": []}


def test_a_run_that_was_put_aside_when_its_successor_was_killed_comes_back(tmp_path):
    run, aside = tmp_path / "run", tmp_path / ".run.old.0.abcdefgh"
    aside.mkdir()
    (aside / "old.txt").write_text("1")

    def fail():
        with replace_folder(run):
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert list_run(tmp_path) == {"run": ["old.txt"]}


@pytest.mark.skipif(os.name == "nt", reason="whether a process runs is asked on POSIX")
def test_the_folder_of_a_run_that_goes_on_is_left_alone(tmp_path):
    others = tmp_path / f".run.new.{os.getppid()}.abcdefgh"
    others.mkdir()
    with replace_folder(tmp_path / "run"):
        pass
    assert others.is_dir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no file at"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: path.touch(), "is empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_key(tmp_path, make, words):
    path = tmp_path / "city.osm.pbf"
    make(path)
    with pytest.raises(DataError, match=rf"network\.path: .*{words}|network\.path: {words}"):
        require_file(path, "network.path")


def test_the_checksum_is_sha256_of_the_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, example B.1
    assert compute_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def put_aside(tmp_path, name=".run.old.0.abcdefgh", content="1"):
    aside = tmp_path / name
    aside.mkdir()
    (aside / "old.txt").write_text(content)
    return aside


def test_a_folder_that_was_put_aside_comes_back_without_a_new_publication(tmp_path):
    put_aside(tmp_path)
    assert list_put_aside(tmp_path) == [tmp_path / "run"]
    assert recover_folder(tmp_path / "run")
    assert list_run(tmp_path) == {"run": ["old.txt"]}
    assert not recover_folder(tmp_path / "run")


def test_a_folder_in_its_place_is_never_recovered_over(tmp_path):
    (tmp_path / "run").mkdir()
    put_aside(tmp_path)
    assert list_put_aside(tmp_path) == []
    assert not recover_folder(tmp_path / "run")
    assert list_run(tmp_path) == {"run": [], ".run.old.0.abcdefgh": ["old.txt"]}


def test_nothing_to_recover_is_no_error(tmp_path):
    assert not recover_folder(tmp_path / "nowhere" / "run")
    assert list_put_aside(tmp_path / "nowhere") == []


KILLED_BETWEEN_THE_RENAMES = """
import os, signal, sys
from pathlib import Path
from chargeplan import files
run, rename = Path(sys.argv[1]), os.replace
def replace(source, target):
    if target == run:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target)
files.os.replace = replace
with files.replace_folder(run) as fresh:
    (fresh / "new.txt").write_text("2")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_killed_between_the_renames_comes_back_whoever_has_its_number_now(tmp_path, monkeypatch):
    run = tmp_path / "run"
    with replace_folder(run) as fresh:
        (fresh / "old.txt").write_text("1")
    done = subprocess.run([sys.executable, "-c", KILLED_BETWEEN_THE_RENAMES, str(run)], check=False)
    assert done.returncode == -9
    assert not run.exists()
    # The number of the killed process goes to another one: here to the parent of these tests.
    for path in list(tmp_path.iterdir()):
        parts = path.name.split(".")
        parts[3] = str(os.getppid())
        path.rename(tmp_path / ".".join(parts))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 120.0)
    assert recover_folder(run)
    assert os.listdir(run) == ["old.txt"]


@pytest.mark.skipif(os.name == "nt", reason="folders are locked on POSIX")
@pytest.mark.parametrize("ahead_s", [0.0, 1e7])
def test_the_folder_of_a_run_that_goes_on_is_left_alone_however_long_it_takes(tmp_path, monkeypatch, ahead_s):
    run = tmp_path / "run"
    with replace_folder(run) as first:
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + ahead_s)
        with replace_folder(run) as second:
            (second / "b.txt").write_text("2")
        assert first.is_dir()
        (first / "a.txt").write_text("1")
    assert list_run(tmp_path) == {"run": ["a.txt"]}
