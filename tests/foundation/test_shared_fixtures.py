"""What test processes share is made by one of them, and a failure is told to all."""

import os
import subprocess
import sys

import pytest
import shared_fixtures
from shared_fixtures import share_folder

PROCESS = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from shared_fixtures import share_folder
folder = share_folder(Path(sys.argv[2]), "city", lambda folder: (folder / str(os.getpid())).touch())
print(*(path.name for path in folder.iterdir()))
"""


def start(project_folder, own_base):
    own_base.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(project_folder / "tests"), str(own_base)],
        env=os.environ | {"PYTEST_XDIST_WORKER": own_base.name},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_of_a_run_read_what_one_of_them_made(tmp_path, project_folder):
    processes = [start(project_folder, tmp_path / f"popen-gw{number}") for number in range(3)]
    made_by = [process.communicate(timeout=60)[0].split() for process in processes]
    assert made_by[0] == made_by[1] == made_by[2]
    assert made_by[0][0] in {str(process.pid) for process in processes}
    assert len(made_by[0]) == 1


def test_without_other_processes_the_folder_is_our_own(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert share_folder(tmp_path, "city", lambda folder: None) == tmp_path / "city"


def test_a_failure_of_the_first_is_an_error_for_the_others(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def fail(folder):
        raise ValueError("no city")

    with pytest.raises(ValueError, match="no city"):
        share_folder(tmp_path, "city", fail)
    with pytest.raises(RuntimeError, match="could not make it"):
        share_folder(tmp_path, "city", lambda folder: None)


def test_nobody_waits_for_ever(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(shared_fixtures, "MOST_WAIT_S", 0.0)
    (tmp_path / "city.state").touch()
    with pytest.raises(RuntimeError, match="did not end"):
        share_folder(tmp_path, "city", lambda folder: None)


def test_the_files_that_are_begun_first_are_there(request, project_folder):
    folder = project_folder / "tests"
    ours = request.config.pluginmanager.get_plugin(str(folder / "conftest.py"))
    assert [name for name in ours.LONGEST_FILES if not (folder / name).is_file()] == []
