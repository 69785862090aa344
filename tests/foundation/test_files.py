"""A reader sees the old file or the new one, never a part."""

import os

import pytest

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, replace_folder, require_file, write_bytes, write_text


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
