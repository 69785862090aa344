"""Bundles and published folders that several tests read; nobody changes them."""

from pathlib import Path

import pytest
from sample_bundle import build_sample_bundle

from chargeplan.publish.bundle import RunBundle
from chargeplan.publish.run_folder import publish_run


@pytest.fixture(scope="session")
def sample() -> RunBundle:
    return build_sample_bundle()


@pytest.fixture(scope="session")
def hostile_sample() -> RunBundle:
    return build_sample_bundle(hostile=True)


@pytest.fixture(scope="session")
def published(tmp_path_factory, sample) -> Path:
    return publish_run(tmp_path_factory.mktemp("maps") / "sample", sample)


@pytest.fixture(scope="session")
def older_published(tmp_path_factory) -> Path:
    return publish_run(
        tmp_path_factory.mktemp("older") / "sample", build_sample_bundle(title="An older plan")
    )


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def read_files():
    return read_tree
