"""Folders that the program keeps for itself: nothing else is written into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chargeplan.errors import ChargeplanError

if TYPE_CHECKING:
    from pathlib import Path

# A file that each holds, with members that tell it from a file of the same name by somebody else.
_OWN_FOLDERS = {
    "run.json": ("a run", {"format_version", "config_sha256", "settings"}),
    "curve.json": ("a sweep", {"format_version", "vary", "points", "knee"}),
    "why.json": ("the answers of chargeplan why", {"chargeplan", "plan", "questions"}),
    "compare.json": ("a comparison", {"format_version", "chargeplan", "runs", "figures"}),
    "manifest.json": ("the records of a run", {"format_version", "sha256", "published_sha256"}),
}
_RECORDS_MANIFEST = "records/manifest.json"


def refuse_own_folder(folder: Path) -> None:
    """Refuse to write into a folder that the program itself keeps, or below it: its checksums would not hold.

    Raises
    ------
    ChargeplanError
    """
    for place in (folder, *folder.parents):
        what = find_maker(place)
        if what is not None:
            raise ChargeplanError(
                f"--out: {folder} lies in the folder of {what} ({place}), which must stay as it is; "
                f"name a folder outside it, or leave --out away"
            )


def find_maker(folder: Path) -> str | None:
    """Find which command keeps a folder, in words; None for any other folder.

    A run is known by its records too, should its run.json be damaged.
    """
    for name, (what, members) in _OWN_FOLDERS.items():
        if _has_members(folder / name, members):
            return what
    return "a run" if _has_members(folder / _RECORDS_MANIFEST, _OWN_FOLDERS["manifest.json"][1]) else None


def _has_members(path: Path, members: set[str]) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):  # not there, not for us to read, or no JSON
        return False
    return isinstance(content, dict) and members <= content.keys()
