"""What keeps the content of a file from being a manifest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import shapely

from chargeplan.osm.times import is_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT_VERSION = 1
OWN_CHECKSUM = "manifest_sha256"

_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_TEXTS = (
    "name",
    "file_name",
    "made_by",
    "source",
    "endpoint",
    "area",
    "licence",
    "attribution",
)
_CHECKSUMS = {"sha256": False, "source_sha256": True, "area_sha256": True}  # may it be empty?
_TIMESTAMPS = {"osm_timestamp": True, "newest_osm_timestamp": True, "retrieved": False}
_COUNTED = ("nodes", "ways", "relations")


def list_faults(content: object, fields: Sequence[str]) -> list[str]:
    """List what keeps plain data from being a manifest, in words.

    Parameters
    ----------
    content : object
        What the file holds.
    fields : sequence of str
        The members that a manifest has.
    """
    if not isinstance(content, dict):
        return ["it is not a JSON object"]
    if content.get("format_version") != FORMAT_VERSION or isinstance(content["format_version"], bool):
        return [f"format_version is {content.get('format_version')!r}, expected {FORMAT_VERSION}"]
    missing = [name for name in fields if name not in content]
    extra = sorted(content.keys() - {*fields, "format_version", OWN_CHECKSUM})
    if missing or extra:
        return [f"no {name}" for name in missing] + [f"unknown member {name}" for name in extra]
    faults = [f"{name} is not text" for name in _TEXTS if not isinstance(content[name], str)]
    faults += [
        f"{name} is not a SHA-256"
        for name, may_lack in _CHECKSUMS.items()
        if not _fits(content[name], _CHECKSUM, may_lack)
    ]
    faults += [
        f"{name} is no time like 2026-03-19T19:50:00Z"
        for name, may_lack in _TIMESTAMPS.items()
        if not is_timestamp(content[name]) and not (may_lack and content[name] == "")
    ]
    if not _is_count(content["size_bytes"]):
        faults.append("size_bytes is not a whole number from 0")
    faults += _list_count_faults(content["counts"])
    faults += _list_query_faults(content["queries"])
    if not isinstance(content["limits"], list) or not all(
        isinstance(limit, str) for limit in content["limits"]
    ):
        faults.append("limits is not a list of texts")
    return faults + _list_cover_faults(content["covered"])


def _fits(value: object, form: re.Pattern[str], may_lack: bool) -> bool:
    return isinstance(value, str) and (form.fullmatch(value) is not None or (may_lack and value == ""))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _list_count_faults(counts: object) -> list[str]:
    if not isinstance(counts, dict) or not all(_is_count(count) for count in counts.values()):
        return ["counts is not an object of whole numbers from 0"]
    return [f"counts has no {name}" for name in _COUNTED if name not in counts]


def _list_query_faults(queries: object) -> list[str]:
    is_good = isinstance(queries, list) and all(
        isinstance(note, dict)
        and note.keys() == {"layer", "n_requests", "sha256"}
        and isinstance(note["layer"], str)
        and _is_count(note["n_requests"])
        and _fits(note["sha256"], _CHECKSUM, False)
        for note in queries
    )
    return [] if is_good else ["queries is not a list of layer, n_requests and sha256"]


def _list_cover_faults(covered: object) -> list[str]:
    if not isinstance(covered, dict) or covered.get("type") not in {"Polygon", "MultiPolygon"}:
        return ["covered is not a GeoJSON polygon"]
    try:
        geometry = shapely.from_geojson(json.dumps(covered))
    except (shapely.errors.GEOSException, ValueError) as error:
        return [f"covered is not a GeoJSON polygon ({error})"]
    if geometry.is_empty or not geometry.is_valid:
        return ["covered is empty or crosses itself"]
    return []
