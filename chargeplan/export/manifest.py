"""export.json: what exports have written into a folder, so that nobody's own file is replaced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chargeplan import __version__
from chargeplan.errors import ChargeplanError
from chargeplan.files import compute_sha256, write_text
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST_NAME = "export.json"
_FORMAT_VERSION = 2
_MEMBERS = {"format": str, "holds": str, "notes": dict, "run_sha256": str, "sha256": str}


def write_manifest(folder: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the list of files; a row has format, holds, notes, run_sha256, sha256 and perhaps replaced."""
    manifest = {"format_version": _FORMAT_VERSION, "chargeplan": __version__, "files": dict(rows)}
    write_text(folder / MANIFEST_NAME, to_json(manifest) + "\n")


def read_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what earlier exports have written into a folder.

    A row that an export was about to replace when it was stopped is the one of the file that is there.

    Raises
    ------
    ChargeplanError
        When export.json is of another version, or damaged.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        rows = {str(name): _choose_row(folder / name, row) for name, row in manifest["files"].items()}
        is_ours = manifest["format_version"] == _FORMAT_VERSION
    except (ValueError, KeyError, TypeError, AttributeError):
        is_ours = False
    if not is_ours:
        raise ChargeplanError(
            f"{path} is not of this version of chargeplan export, or damaged; remove it, or name another folder "
            f"with --out"
        )
    return rows


def _choose_row(path: Path, row: dict[str, Any]) -> dict[str, Any]:
    before = row.get("replaced")
    if before is not None and path.is_file() and compute_sha256(path) == before["sha256"]:
        row = before
    if any(not isinstance(row[name], kind) for name, kind in _MEMBERS.items()):
        raise ValueError(path.name)
    for lines in row["notes"].values():
        if not isinstance(lines, list) or any(not isinstance(line, str) for line in lines):
            raise ValueError(path.name)
    return {name: row[name] for name in _MEMBERS}
