"""The manifest beside a data file: where the data come from, of when, and whether they are whole.

It stands as ``<file name>.manifest.json`` beside the file it describes and carries its own
checksum, so that a changed letter in it is found like a changed byte of the data.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, write_text
from chargeplan.osm.manifest_faults import FORMAT_VERSION, OWN_CHECKSUM, list_faults
from chargeplan.text import to_json

if TYPE_CHECKING:
    from pathlib import Path


MANIFEST_ENDING = ".manifest.json"
OSM_LICENCE = "ODbL 1.0"
OSM_ATTRIBUTION = "© OpenStreetMap contributors"

# Data are used for an area of which no more than this share lies outside of what they cover. It is
# less than the width of a line: circles drawn with other numbers of corners, rounded coordinates.
LARGEST_OUTSIDE_SHARE = 0.001

_NO_CHECKSUM = "0" * 64
_CHECKSUM_LINE = re.compile(rf'^ "{OWN_CHECKSUM}": "([0-9a-f]{{64}})",?$', re.MULTILINE)
# Covers a manifest of any real area; a larger file is something else.
_LARGEST_BYTES = 20_000_000
_ADVICE = "fetch or cut the data again"


@dataclass(frozen=True, slots=True)
class QueryNote:
    """What was asked of the server for one layer.

    Parameters
    ----------
    layer : str
        Such as "roads".
    n_requests : int
    sha256 : str
        Of what was asked for the whole box, which does not depend on the tiles it was split into.
    """

    layer: str
    n_requests: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a data file is.

    Parameters
    ----------
    name : str
        Name of the dataset.
    file_name : str
        The data file it stands beside.
    sha256, size_bytes
        Of the data file's bytes.
    made_by : str
        Such as "chargeplan 0.1.0 fetch".
    source : str
        "Overpass API" or "cut from pakistan-latest.osm.pbf".
    source_sha256 : str
        Of the extract that it was cut from, else empty.
    endpoint : str
        The URL that was asked, else empty.
    osm_timestamp, newest_osm_timestamp : str
        State of the OpenStreetMap data, oldest and newest of all answers (ISO 8601, UTC);
        empty when unknown.
    retrieved : str
        When the file was made (ISO 8601, UTC).
    queries : tuple of QueryNote
    counts : dict
        "nodes", "ways" and "relations" in the file, and elements of each layer.
    area : str
        The area in words, such as "relation 16117648".
    covered : dict
        GeoJSON (multi)polygon (EPSG:4326) in which the data are complete.
    licence, attribution : str
    limits : tuple of str
        What the data cannot tell or lack, in words that a planner understands; also that they
        were old when they were fetched or cut. A run warns of each.
    area_sha256 : str
        Of ``area.geojson`` beside the data file, else empty.
    """

    name: str
    file_name: str
    sha256: str
    size_bytes: int
    made_by: str
    source: str
    source_sha256: str
    endpoint: str
    osm_timestamp: str
    newest_osm_timestamp: str
    retrieved: str
    queries: tuple[QueryNote, ...]
    counts: dict[str, int]
    area: str
    covered: dict[str, Any]
    licence: str
    attribution: str
    limits: tuple[str, ...]
    area_sha256: str = ""


_FIELDS = tuple(field.name for field in dataclasses.fields(Manifest))


def find_manifest_path(data_path: Path) -> Path:
    """Find where the manifest of a data file stands or would stand."""
    return data_path.with_name(data_path.name + MANIFEST_ENDING)


def write_manifest(data_path: Path, manifest: Manifest) -> None:
    """Write the manifest beside its data file, atomically; equal manifests are equal bytes.

    Raises
    ------
    DataError
        When the manifest holds what `read_manifest` would refuse.
    """
    path = find_manifest_path(data_path)
    content = {"format_version": FORMAT_VERSION, **dataclasses.asdict(manifest)}
    plain = json.loads(to_json(content, indent=1))
    faults = list_faults(plain, _FIELDS)
    if faults:
        raise DataError([f"{path}: {fault}" for fault in faults])
    text = to_json({**plain, OWN_CHECKSUM: _NO_CHECKSUM}, indent=1) + "\n"
    write_text(path, _fill_checksum(text, _compute_own_checksum(text)))


def read_manifest(data_path: Path, key: str) -> Manifest | None:
    """Read the manifest beside a data file; None when there is none.

    Parameters
    ----------
    data_path : Path
        The data file, not the manifest.
    key : str
        Config key or argument that named the data file, for the message.

    Raises
    ------
    DataError
        When the manifest is damaged, changed since it was written, or of a later format.
    """
    path = find_manifest_path(data_path)
    if not path.exists():
        return None
    where = f"{key}: {path}"
    text = _read_text(path, where)
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is damaged ({error}); {_ADVICE}") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise DataError(
            f"{where} has format {version}, this version of chargeplan reads {FORMAT_VERSION}; "
            "update chargeplan, or fetch or cut the data again"
        )
    stated = _CHECKSUM_LINE.findall(text)
    if len(stated) != 1 or stated[0] != _compute_own_checksum(text):
        raise DataError(
            f"{where} is not as chargeplan wrote it (its own checksum differs): it is damaged or was edited; "
            f"{_ADVICE}, or remove it to use the file unchecked"
        )
    faults = list_faults(content, _FIELDS)
    if faults:
        raise DataError([f"{where}: {fault}; {_ADVICE}" for fault in faults])
    return Manifest(
        **{
            **{name: content[name] for name in _FIELDS},
            "queries": tuple(QueryNote(**note) for note in content["queries"]),
            "limits": tuple(content["limits"]),
        }
    )


def check_manifest(data_path: Path, manifest: Manifest, key: str, *, sha256: str = "") -> None:
    """Check a data file against its manifest.

    Parameters
    ----------
    data_path : Path
    manifest : Manifest
    key : str
        Config key or argument that named the data file, for the message.
    sha256 : str
        Of the file's bytes, when it was computed already.

    Raises
    ------
    DataError
        When the file is missing, its size differs or its checksum does.
    """
    if not data_path.is_file():
        raise DataError(
            f"{key}: {data_path} is missing, its manifest says {manifest.size_bytes:,} bytes; {_ADVICE}"
        )
    size_bytes = data_path.stat().st_size
    if size_bytes != manifest.size_bytes:
        raise DataError(
            f"{key}: {data_path} has {size_bytes:,} bytes, its manifest says {manifest.size_bytes:,}: the file "
            f"is cut short or is another one; {_ADVICE}"
        )
    if (sha256 or compute_sha256(data_path)) != manifest.sha256:
        raise DataError(
            f"{key}: {data_path} is not the file that its manifest describes (the SHA-256 differs): it is "
            f"damaged or was changed; {_ADVICE}"
        )


def get_covered(manifest: Manifest) -> shapely.Geometry:
    """Return the area in which the data are complete, EPSG:4326."""
    return shapely.from_geojson(json.dumps(manifest.covered))


def advise_renewal(manifest: Manifest, config: str = "CONFIG") -> str:
    """Return the command that brings the data of a whole study in the way these were made."""
    if manifest.endpoint:
        return f"chargeplan fetch --study {config} --refresh"
    return f"chargeplan cut EXTRACT --study {config} --replace"


def _read_text(path: Path, where: str) -> str:
    if not path.is_file():
        raise DataError(f"{where} is not a file; remove it and {_ADVICE}")
    if path.stat().st_size > _LARGEST_BYTES:
        raise DataError(f"{where} is larger than a manifest can be; {_ADVICE}")
    try:
        text = path.read_bytes().decode("utf-8")  # as it stands: no line end is translated
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is damaged (it is not UTF-8 text); {_ADVICE}") from error
    if not text:
        raise DataError(f"{where} is empty (0 bytes); {_ADVICE}")
    return text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _fill_checksum(text: str, checksum: str) -> str:
    return _CHECKSUM_LINE.sub(lambda match: match[0].replace(match[1], checksum), text, count=1)


def _compute_own_checksum(text: str) -> str:
    """Compute the SHA-256 of a manifest's whole text, its own checksum set to zeros."""
    return hashlib.sha256(_fill_checksum(text, _NO_CHECKSUM).encode("utf-8")).hexdigest()
