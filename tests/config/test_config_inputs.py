"""`check` finds every missing file at once, and what is wrong with the area and the output folder."""

import os

import pytest

from chargeplan.config.inputs import check_study, find_output_problem
from chargeplan.errors import ConfigError, DataError

NAMES = [
    "zones.gpkg",
    "roads.osm.pbf",
    "speeds.csv",
    "places.geojson",
    "fleet.csv",
    "more.gpkg",
    "own.csv",
    "costs.csv",
    "feeders.csv",
    "links.csv",
]


def test_every_missing_file_is_told_with_its_place(bench, full_text):
    loaded = bench.load(full_text)
    with pytest.raises(DataError) as caught:
        check_study(loaded)
    faults = caught.value.faults
    assert len(faults) == len(NAMES)
    for name, fault in zip(NAMES, faults, strict=True):
        assert f"no file at {bench.folder / name}" in fault
    assert faults[1].startswith(f"{bench.path}:16:3: network.path: no file at ")


def test_files_that_are_there_are_listed_with_the_size_of_the_area(bench, full_text):
    for name in NAMES:
        (bench.folder / name).write_text("something")
    study = check_study(bench.load(full_text))
    assert [file.path.name for file in study.files] == NAMES
    assert study.crs == "EPSG:32643"
    assert study.area_km2 == pytest.approx(201.06, rel=0.005)  # pi * (8 km)^2


def test_empty_file_and_folder_are_no_input(bench, full_text):
    for name in NAMES:
        (bench.folder / name).write_text("something")
    (bench.folder / "own.csv").write_text("")
    (bench.folder / "costs.csv").unlink()
    (bench.folder / "costs.csv").mkdir()
    with pytest.raises(DataError) as caught:
        check_study(bench.load(full_text))
    assert ["is empty (0 bytes)" in fault or "is not a file" in fault for fault in caught.value.faults] == [
        True
    ] * 2


def test_name_too_long_for_the_disk_is_a_fault_like_others(bench, full_text):
    loaded = bench.load(full_text, f"network.path={'x' * 4000}")
    with pytest.raises(DataError, match=r"network\.path: .* cannot be opened \(File name too long\)"):
        check_study(loaded)


def test_area_outside_pakistan_is_told_with_the_missing_files(bench, full_text):
    given = "study.area.circle={lon: 2.35, lat: 48.85, radius_km: 8}"
    with pytest.raises(ConfigError) as caught:
        check_study(bench.load(full_text, given))
    told = f"--set {given}: study.area.circle: no point lies in Pakistan"
    assert caught.value.faults[-1].startswith(told)
    assert len(caught.value.faults) == len(NAMES) + 1


def test_output_below_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file")
    assert "is not a folder" in find_output_problem(tmp_path / "taken" / "maps")
    assert find_output_problem(tmp_path / "new" / "maps") == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_output_in_a_protected_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    assert "may not be written to" in find_output_problem(tmp_path / "maps")
    tmp_path.chmod(0o700)
