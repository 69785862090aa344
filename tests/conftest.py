"""Fixtures that every test may use."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from shared_fixtures import share_folder

# The same examples on every run, on machines of any speed; `--hypothesis-profile=random` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", derandomize=False, deadline=None)
settings.load_profile("same")

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
# Files of minutes go first: one that is begun last holds up a run whose other processes are done.
LONGEST_FILES = (
    "exact/test_brute_force_staged.py",
    "real_data/test_same_bytes_of_runs.py",
    "browser/test_injection.py",
    "end_to_end/test_demo_run.py",
    "exact/test_brute_force_search.py",
    "browser/test_map_reading.py",
    "browser/test_real_maps.py",
    "browser/test_compare_page.py",
    "end_to_end/test_impossible_configs.py",
    "solve/test_cheapest.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the order within each stays (needs --no-loadscope-reorder with xdist)."""
    rank = {PROJECT_FOLDER / "tests" / name: at for at, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def signals_of_a_terminal() -> Iterator[None]:
    """In the background or under nohup some are ignored, and so would the programs be that tests start."""
    usual = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    ignored = [
        name
        for name in usual
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_IGN
    ]
    for name in ignored:
        signal.signal(getattr(signal, name), usual[name])
    yield
    for name in ignored:
        signal.signal(getattr(signal, name), signal.SIG_IGN)


@pytest.fixture(scope="session")
def project_folder() -> Path:
    return PROJECT_FOLDER


@pytest.fixture(scope="session")
def staged_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the demo city with years, charger types, a grid, a floor and rules; only to be read."""
    from staged_demo import run_staged_demo

    def make(folder: Path) -> None:
        run_staged_demo(folder, PROJECT_FOLDER)

    return share_folder(tmp_path_factory.getbasetemp(), "staged_demo", make) / "demo"


@pytest.fixture(scope="session")
def real_data_folder() -> Path:
    """The folder with the real extracts, or a skip that says where it was looked for."""
    named = os.environ.get("CHARGEPLAN_REAL_DATA")
    folder = Path(named) if named else PROJECT_FOLDER.parent / "shared"
    if not (folder / "osm").is_dir():
        pytest.skip(f"no real extracts: neither CHARGEPLAN_REAL_DATA nor {folder} holds a folder osm/")
    return folder
