"""Datasets on disk: a folder each, published whole, listed and verified.

A dataset ``multan`` is a folder of that name with ``multan.osm.pbf``, its manifest and
``area.geojson``, the area that was asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from chargeplan.errors import ConfigError, DataError
from chargeplan.files import compute_sha256, list_put_aside, recover_folder, replace_folder, write_text
from chargeplan.geo import round_to_osm
from chargeplan.osm.dataset_faults import find_dataset_fault
from chargeplan.osm.dataset_paths import (
    AREA_NAME,
    DATA_ENDING,
    NAME_PATTERN,
    find_data_path,
    list_dataset_files,
)
from chargeplan.osm.manifest import (
    MANIFEST_ENDING,
    Manifest,
    find_manifest_path,
    read_manifest,
    write_manifest,
)
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chargeplan.osm.merge import MergeResult


@dataclass(frozen=True, slots=True, eq=False)
class DatasetState:
    """A dataset and whether it is whole.

    Parameters
    ----------
    name : str
    data_path : Path
        Where its data file is or should be.
    manifest : Manifest or None
        None when it is missing or cannot be read.
    fault : str
        What is wrong and what to do; empty when nothing was found.
    is_missing : bool
        There is no file of it at all.
    """

    name: str
    data_path: Path
    manifest: Manifest | None
    fault: str
    is_missing: bool = False


def find_dataset(folder: Path, name: str, *, thorough: bool) -> DatasetState | None:
    """Find what a new dataset of this name would replace; None when there is nothing.

    Parameters
    ----------
    folder : Path
    name : str
    thorough : bool
        Read the data too: checksums, and the elements counted again.

    Raises
    ------
    ConfigError
        When the name cannot be one.
    DataError
        When a data file without a manifest stands there, which is never replaced.
    """
    data_path = find_data_path(folder, name)
    recover_folder(data_path.parent)
    _refuse_own_data(data_path)
    if not list_dataset_files(data_path):
        return None
    return _examine(folder, name, thorough=thorough)


def describe_other_request(state: DatasetState, asked: str, advice: str) -> str:
    """Say that a dataset is not what is asked for, and how to go on.

    Parameters
    ----------
    state : DatasetState
    asked : str
        The area and where it comes from.
    advice : str
        What replaces the dataset, or how it can be used as it is.
    """
    held = state.manifest
    words = f": {held.area}, from {held.endpoint or held.source}" if held is not None else ""
    return f"{state.data_path.parent} holds another request{words}; asked is {asked}: {advice}"


def compute_area_sha256(area: shapely.Geometry, name: str) -> str:
    """Compute the checksum that the ``area.geojson`` of an area (EPSG:4326) has."""
    return hashlib.sha256(_write_area(area, name).encode("utf-8")).hexdigest()


def publish_dataset(
    folder: Path,
    name: str,
    *,
    area: shapely.Geometry,
    write_data: Callable[[Path], MergeResult],
    make_manifest: Callable[[Path, MergeResult], Manifest],
) -> Path:
    """Write a dataset beside its place and put it there when it is whole.

    Parameters
    ----------
    folder : Path
        Folder of the datasets.
    name : str
        Letters, digits, - and _.
    area : shapely.Geometry
        The area that was asked for, EPSG:4326.
    write_data : callable
        Writes the data file at the path given.
    make_manifest : callable
        Describes the file written; the checksum of the area is filled in here.

    Returns
    -------
    Path
        The data file.

    Raises
    ------
    ConfigError
        When the name cannot be one.
    DataError
        When a folder of this name holds other things than a dataset or a data file without a
        manifest, or what was written does not fit its manifest.
    OSError
        When the disk is full; an earlier dataset stays as it was.
    """
    data_path = find_data_path(folder, name)
    recover_folder(data_path.parent)
    _refuse_own_data(data_path)
    _refuse_foreign_folder(data_path)
    with replace_folder(data_path.parent) as fresh:
        written = fresh / data_path.name
        result = write_data(written)
        write_text(fresh / AREA_NAME, _write_area(area, name))
        manifest = dataclasses.replace(
            make_manifest(written, result), area_sha256=compute_sha256(fresh / AREA_NAME)
        )
        write_manifest(written, manifest)
        fault = find_dataset_fault(written, manifest, thorough=True)
        if fault:
            raise DataError(fault)
    return data_path


def list_datasets(folder: Path) -> list[DatasetState]:
    """List the datasets of a folder by name, with the faults that show without reading the data."""
    return [_examine(folder, name, thorough=False) for name in _find_names(folder)]


def verify_datasets(folder: Path, names: Sequence[str] = ()) -> list[DatasetState]:
    """Verify datasets: checksums of every file, and the elements of the data counted again.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        Datasets to verify, all when empty; one that is not there has a fault that says so.
    """
    chosen = sorted(set(names)) if names else _find_names(folder)
    return [_examine(folder, name, thorough=True) for name in chosen]


def _find_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    for aside in list_put_aside(folder):
        if NAME_PATTERN.fullmatch(aside.name):
            recover_folder(aside)
    return sorted(
        inner.name
        for inner in folder.iterdir()
        if inner.is_dir()
        and NAME_PATTERN.fullmatch(inner.name)
        and list_dataset_files(inner / f"{inner.name}{DATA_ENDING}")
    )


def _refuse_own_data(data_path: Path) -> None:
    """Refuse to replace a data file that nothing says chargeplan has made."""
    if data_path.exists() and not find_manifest_path(data_path).exists():
        raise DataError(
            f"{data_path} has no manifest: somebody put it there, or its manifest was removed; nothing was "
            "replaced: move it elsewhere, or choose another name or --folder"
        )


def _refuse_foreign_folder(data_path: Path) -> None:
    folder = data_path.parent
    if not folder.exists():
        return
    known = set(list_dataset_files(data_path))
    foreign = (
        sorted(path.name for path in folder.iterdir() if path not in known) if folder.is_dir() else ["a file"]
    )
    if foreign:
        raise DataError(
            f"{folder} is not a dataset of chargeplan (it holds {', '.join(foreign[:3])}); nothing was replaced: "
            "choose another name or --folder"
        )


def _write_area(area: shapely.Geometry, name: str) -> str:
    """Write the area as GeoJSON; where rounding would break a polygon it is kept as it is."""
    kept = round_to_osm(area)
    feature = {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": json.loads(shapely.to_geojson(shapely.normalize(kept))),
    }
    return to_json({"type": "FeatureCollection", "features": [feature]}, indent=1) + "\n"


def _examine(folder: Path, name: str, *, thorough: bool) -> DatasetState:
    try:
        data_path = find_data_path(folder, name)
    except ConfigError as error:
        return DatasetState(name, folder / name, None, str(error))
    name = data_path.parent.name
    recover_folder(data_path.parent)
    if not list_dataset_files(data_path):
        fault = f"{name}: no such dataset in {folder}; fetch or cut it"
        return DatasetState(name, data_path, None, fault, is_missing=True)
    try:
        manifest = read_manifest(data_path, name)
    except DataError as error:
        return DatasetState(name, data_path, None, str(error))
    if manifest is None:
        missing = find_manifest_path(data_path).name
        others = sorted(path.name for path in data_path.parent.glob(f"*{MANIFEST_ENDING}"))
        advice = _advise_renaming(others[0]) if others else "fetch or cut the data again"
        return DatasetState(name, data_path, None, f"{name}: {missing} is missing; {advice}")
    return DatasetState(name, data_path, manifest, find_dataset_fault(data_path, manifest, thorough=thorough))


def _advise_renaming(manifest_name: str) -> str:
    name = manifest_name.removesuffix(MANIFEST_ENDING).removesuffix(DATA_ENDING)
    return (
        f"{manifest_name} is there: name the folder and its files {name} again, or fetch or cut the data anew"
    )
