"""What is wrong with a dataset: files, checksums, counts of elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256
from chargeplan.osm.dataset_paths import AREA_NAME, DATA_ENDING
from chargeplan.osm.manifest import Manifest, check_manifest
from chargeplan.osm.merge import count_file_elements

if TYPE_CHECKING:
    from pathlib import Path

_COUNTED = ("nodes", "ways", "relations")


def find_dataset_fault(data_path: Path, manifest: Manifest, *, thorough: bool) -> str:
    """Find the first fault of a dataset; what is not `thorough` reads no data."""
    key = data_path.name.removesuffix(DATA_ENDING)  # as it is called here, whatever the manifest says
    advice = "fetch or cut the data again"
    if manifest.file_name != data_path.name:
        return (
            f"{key}: the manifest is of {manifest.file_name}, not of {data_path.name}: the dataset was copied or "
            f"renamed; name the folder and its files {manifest.name} again, or {advice}"
        )
    try:
        # A checksum taken for granted leaves the checks of being there and of the size.
        check_manifest(data_path, manifest, key, sha256="" if thorough else manifest.sha256)
    except DataError as error:
        return str(error)
    area_path = data_path.parent / AREA_NAME
    if manifest.area_sha256 and not area_path.is_file():
        return f"{key}: {area_path} is missing; {advice}"
    if not thorough:
        return ""
    if manifest.area_sha256 and compute_sha256(area_path) != manifest.area_sha256:
        return (
            f"{key}: {area_path} is not the area that the manifest describes (the SHA-256 differs); {advice}"
        )
    return _find_count_fault(data_path, manifest, key)


def _find_count_fault(data_path: Path, manifest: Manifest, key: str) -> str:
    try:
        held = count_file_elements(data_path)
    except RuntimeError as error:
        return f"{key}: {data_path} cannot be read ({error}); fetch or cut the data again"
    stated = {name: manifest.counts[name] for name in _COUNTED}
    if held == stated:
        return ""
    return (
        f"{key}: {data_path} holds {_name_counts(held)}, its manifest says {_name_counts(stated)}; "
        "fetch or cut the data again"
    )


def _name_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in _COUNTED)
