"""500 corruptions of the files of a dataset: every one is found, and none is used for a plan."""

import shutil

import numpy as np
import pytest
from osm_samples import AREA, publish_grid

from chargeplan.config.settings import NetworkSettings
from chargeplan.errors import DataError
from chargeplan.geo import WGS84, find_utm_crs, project_geometry
from chargeplan.network.read import read_network
from chargeplan.osm.dataset import verify_datasets
from chargeplan.osm.manifest import find_manifest_path
from chargeplan.records import StudyArea

N_CORRUPTIONS = 500
CRS = find_utm_crs(73.03)
AREA_KM2 = project_geometry(AREA, WGS84, CRS).area / 1e6


def flip(content, random):
    """One bit, anywhere."""
    changed = bytearray(content)
    changed[random.integers(len(changed))] ^= 1 << int(random.integers(8))
    return bytes(changed)


def trim(content, random):
    """The end is lost, as after a broken download."""
    return content[: random.integers(len(content))]


def zero(content, random):
    """A block of zeros, as after a crash of the machine."""
    start = int(random.integers(len(content)))
    length = int(random.integers(1, 513))
    return content[:start] + b"\0" * len(content[start : start + length]) + content[start + length :]


MUTATORS = (flip, trim, zero)


def list_corruptions():
    """Seeded, and each one different from the whole file: (number, file, mutator)."""
    random = np.random.default_rng(20_260_319)
    return [
        (number, bool(random.random() < 0.5), MUTATORS[number % len(MUTATORS)], int(random.integers(2**32)))
        for number in range(N_CORRUPTIONS)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A published dataset, from which corrupted copies are made."""
    return publish_grid(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def study_area():
    return StudyArea("multan", "Multan", AREA, CRS, AREA_KM2, False)


def is_refused(area, settings):
    try:
        read_network(area, settings)
    except DataError:
        return True
    return False


def test_the_whole_dataset_is_verified_and_read(whole, study_area):
    assert verify_datasets(whole.parent.parent)[0].fault == ""
    assert not is_refused(study_area, NetworkSettings(path=whole))


def test_every_corruption_is_found_and_none_is_used(whole, study_area, tmp_path):
    copy = tmp_path / "cache" / "multan"
    shutil.copytree(whole.parent, copy)
    data_path = copy / whole.name
    settings = NetworkSettings(path=data_path)
    not_found, used, n_manifests = [], [], 0
    for number, is_manifest, mutate, seed in list_corruptions():
        path = find_manifest_path(data_path) if is_manifest else data_path
        before = path.read_bytes()
        content = mutate(before, np.random.default_rng(seed))
        if content == before:  # zeros over zeros: nothing is corrupted, so a bit is
            content = flip(before, np.random.default_rng(seed))
        n_manifests += is_manifest
        path.write_bytes(content)
        (state,) = verify_datasets(copy.parent)
        if not state.fault:
            not_found.append((number, path.name, mutate.__name__))
        if not is_refused(study_area, settings):
            used.append((number, path.name, mutate.__name__))
        path.write_bytes(before)
    assert (not_found, used) == ([], [])
    assert 200 < n_manifests < 300
    assert verify_datasets(copy.parent)[0].fault == ""
