"""Records on disk: any record of `chargeplan.records` written, checked and read back.

A record becomes ``<name>.json`` (texts, numbers, geometry as WKT), ``<name>.npz`` (arrays
and sparse matrices) and ``<name>.<field>.parquet`` (tables). ``manifest.json`` holds the
format version and the SHA-256 of each file; reading refuses what does not match.
"""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import typing
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, write_bytes, write_text
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FORMAT_VERSION = 5
MANIFEST_NAME = "manifest.json"
CHECKSUMS_NAME = "checksums.json"
# Metadata of a field that is a table and that records of the same format may lack, being older; says what it holds.
# That no table was lost since, `check_records` has seen.
LATER = "later"
# Metadata of a field that is a table: columns of texts at its end that older records may lack, and what stands in them.
LATER_COLUMNS = "later_columns"
_SWEEP_FILE = "curve.json"  # of a sweep's folder, which is no run

Record = TypeVar("Record")
_logger = logging.getLogger(__name__)


def write_records(folder: Path, records: Mapping[str, object], *, published: Sequence[Path] = ()) -> None:
    """Write records and their manifest into an existing, empty folder.

    Parameters
    ----------
    folder : Path
    records : mapping of str to record
        Name (a stage word or the record's noun) to frozen dataclass.
    published : sequence of Path
        Files beside the folder whose checksums the manifest keeps too.
    """
    for name, record in records.items():
        _write_record(folder, name, record)
    checksums = {path.name: compute_sha256(path) for path in sorted(folder.iterdir())}
    manifest = {
        "format_version": FORMAT_VERSION,
        "sha256": checksums,
        "published_sha256": {path.name: compute_sha256(path) for path in published},
    }
    write_text(folder / MANIFEST_NAME, to_json(manifest) + "\n")


def check_records(folder: Path) -> None:
    """Check a records folder against its manifest.

    Raises
    ------
    DataError
        When the folder or its manifest is missing, of another format version, or a file was
        changed, added or removed since the run.
    """
    manifest_path = folder / MANIFEST_NAME
    if not manifest_path.is_file() and (folder / _SWEEP_FILE).is_file():
        raise DataError(
            f"{folder}: is the folder of a sweep, which keeps no records of a single plan (its plans were checked as "
            f"they were found, and stand in points/); run the study with the value of one point, such as "
            f"chargeplan run CONFIG --set {_name_point(folder / _SWEEP_FILE)}, and name the folder of that run"
        )
    if not manifest_path.is_file():
        raise DataError(
            f"{folder}: no {MANIFEST_NAME}; this is not the records folder of a finished run; run the study again"
        )
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        version, checksums = manifest["format_version"], dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{manifest_path}: damaged ({error}); run the study again") from error
    if version != FORMAT_VERSION:
        raise DataError(
            f"{folder}: written in format {version}, this version reads {FORMAT_VERSION}; run the study again"
        )
    present = {path.name for path in folder.iterdir() if path.is_file()} - {MANIFEST_NAME}
    faults = [f"{folder / name}: missing; run the study again" for name in sorted(checksums.keys() - present)]
    faults += [
        f"{folder / name}: not part of the run; remove it" for name in sorted(present - checksums.keys())
    ]
    faults += [
        f"{folder / name}: changed since the run (checksum differs); run the study again"
        for name in sorted(present & checksums.keys())
        if compute_sha256(folder / name) != checksums[name]
    ]
    if faults:
        raise DataError(faults)


def write_checksums(folder: Path, paths: Sequence[Path]) -> None:
    """Write the checksums of files of a folder that has no records, such as that of a sweep."""
    checksums = {path.relative_to(folder).as_posix(): compute_sha256(path) for path in sorted(paths)}
    write_text(folder / CHECKSUMS_NAME, to_json({"sha256": checksums}) + "\n")


def check_checksums(folder: Path, advice: str, *, needed: Sequence[str]) -> None:
    """Check the files of a folder against `write_checksums`.

    Parameters
    ----------
    folder : Path
    advice : str
        What to do, such as ``run the sweep again``.
    needed : sequence of str
        Files that must have a checksum; without one an edit would pass.

    Raises
    ------
    DataError
        With every file that is missing, was changed or should be listed and is not, or when there are no checksums.
    """
    path = folder / CHECKSUMS_NAME
    if not path.is_file():
        raise DataError(f"{path}: missing, so that nobody knows whether the files were edited; {advice}")
    try:
        checksums = {str(name): str(value) for name, value in json.loads(path.read_bytes())["sha256"].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: damaged ({error}); {advice}") from error
    faults = _find_unlisted(path, checksums, needed, advice)
    for name, expected in sorted(checksums.items()):
        if not (folder / name).is_file():
            faults.append(f"{folder / name}: missing; {advice}")
        elif compute_sha256(folder / name) != expected:
            faults.append(f"{folder / name}: changed since it was written (checksum differs); {advice}")
    if faults:
        raise DataError(faults)


def _find_unlisted(path: Path, checksums: Mapping[str, str], needed: Sequence[str], advice: str) -> list[str]:
    return [
        f"{path}: has no checksum of {name}, so that nobody knows whether it was edited; {advice}"
        for name in sorted(set(needed) - checksums.keys())
    ]


def _name_point(path: Path) -> str:
    """Name the key of a sweep and its first value, as --set takes them."""
    try:
        vary = json.loads(path.read_text(encoding="utf-8"))["vary"]
        return f"{vary['key']}={vary['values'][0]}"
    except (OSError, ValueError, LookupError, TypeError):
        return "KEY=VALUE"


def check_published(folder: Path, *, needed: Sequence[str]) -> int:
    """Check the published files beside a records folder against its manifest, and count them.

    Parameters
    ----------
    folder : Path
        The records, which `check_records` has accepted.
    needed : sequence of str
        Files that must have a checksum; without one an edit would pass.

    Raises
    ------
    DataError
        With every file that is missing, was changed since the run or should be listed and is not.
    """
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    checksums = dict(manifest.get("published_sha256", {}))
    faults = _find_unlisted(folder / MANIFEST_NAME, checksums, needed, "run the study again")
    for name, expected in sorted(checksums.items()):
        path = folder.parent / name
        if not path.is_file():
            faults.append(f"{path}: missing; run the study again")
        elif compute_sha256(path) != expected:
            faults.append(f"{path}: changed since the run (checksum differs); run the study again")
    if faults:
        raise DataError(faults)
    return len(checksums)


def read_record(folder: Path, name: str, record_type: type[Record]) -> Record:
    """Read one record of a folder that `check_records` has accepted."""
    hints = typing.get_type_hints(record_type)
    scalars = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    arrays_path = folder / f"{name}.npz"
    values: dict[str, Any] = {}
    with np.load(arrays_path, allow_pickle=False) if arrays_path.is_file() else _NoArrays() as arrays:
        for field in dataclasses.fields(typing.cast("Any", record_type)):
            hint = hints[field.name]
            if LATER in field.metadata and not (folder / f"{name}.{field.name}.parquet").is_file():
                _logger.info("%s has no %s: written before they were kept", folder, field.metadata[LATER])
                continue
            nested = next(
                (each for each in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(each)), None
            )
            if nested is not None and field.name not in scalars:
                values[field.name] = read_record(folder, f"{name}.{field.name}", typing.cast("Any", nested))
            else:
                value = _read_field(folder, name, field.name, hint, scalars, arrays)
                values[field.name] = _add_later_columns(folder, value, field)
    return record_type(**values)


class _NoArrays(dict[str, Any]):
    """Stand-in for the archive of a record without arrays."""

    def __enter__(self) -> _NoArrays:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _write_record(folder: Path, name: str, record: object) -> None:
    scalars: dict[str, object] = {}
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for field in dataclasses.fields(typing.cast("Any", record)):
        value = getattr(record, field.name)
        if isinstance(value, pd.DataFrame):
            buffer = io.BytesIO()
            value.to_parquet(buffer, index=False, compression="zstd")
            write_bytes(folder / f"{name}.{field.name}.parquet", buffer.getvalue())
        elif sp.issparse(value):
            matrix = sp.csr_array(value)
            arrays[f"{field.name}.data"] = matrix.data
            arrays[f"{field.name}.indices"] = matrix.indices
            arrays[f"{field.name}.indptr"] = matrix.indptr
            scalars[field.name] = list(matrix.shape)
        elif isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, shapely.Geometry):
            scalars[field.name] = shapely.to_wkt(value, rounding_precision=-1)
        elif dataclasses.is_dataclass(value):
            _write_record(folder, f"{name}.{field.name}", value)
        elif isinstance(value, float) and not np.isfinite(value):
            scalars[field.name] = str(value)  # JSON has no infinity
        else:
            scalars[field.name] = value
    write_text(folder / f"{name}.json", to_json(scalars) + "\n")
    if arrays:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **typing.cast("Any", arrays))
        write_bytes(folder / f"{name}.npz", buffer.getvalue())


def _add_later_columns(folder: Path, value: Any, field: dataclasses.Field[Any]) -> Any:
    """Add the columns that a table written before they were kept lacks."""
    for column, text in field.metadata.get(LATER_COLUMNS, {}).items():
        if column not in value.columns:
            _logger.info("%s has no %s of %s: written before they were kept", folder, column, field.name)
            value = value.assign(**{column: pd.Series(text, index=value.index, dtype="str")})
    return value


def _read_field(folder: Path, name: str, field: str, hint: Any, scalars: dict[str, Any], arrays: Any) -> Any:
    if hint is pd.DataFrame:
        return pd.read_parquet(folder / f"{name}.{field}.parquet")
    if hint is sp.csr_array:
        parts = tuple(arrays[f"{field}.{part}"] for part in ("data", "indices", "indptr"))
        return sp.csr_array(parts, shape=tuple(scalars[field]))
    if field in scalars:
        value = scalars[field]
        if hint is shapely.Geometry:
            return shapely.from_wkt(value)
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return hint(value)
        if hint is float:
            return float(value)
        return tuple(value) if isinstance(value, list) else value
    return arrays[field]
