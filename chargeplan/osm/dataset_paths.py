"""How a dataset and its files are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError
from chargeplan.files import DEVICE_NAMES
from chargeplan.osm.manifest import find_manifest_path
from chargeplan.text import escape_invisible

if TYPE_CHECKING:
    from pathlib import Path

AREA_NAME = "area.geojson"
DATA_ENDING = ".osm.pbf"
NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST_NAME = 64


def check_name(name: str) -> str:
    """Return a name that can be a dataset's, in small letters.

    Raises
    ------
    ConfigError
        When it has other characters than letters, digits, - and _, or is a device of Windows.

    Examples
    --------
    >>> check_name("Multan")
    'multan'
    """
    small = name.strip().lower()
    if NAME_PATTERN.fullmatch(small) is None:
        better = re.sub(r"[^a-z0-9_]+", "-", small).strip("-_")[:_LONGEST_NAME]
        hint = f", such as {better}" if better else ""
        raise ConfigError(
            f'"{escape_invisible(name)}" cannot be the name of a dataset; use letters a-z, digits, - and _, at most '
            f"{_LONGEST_NAME}{hint}"
        )
    if small in DEVICE_NAMES:
        raise ConfigError(
            f'"{name}" is a device of Windows and cannot be the name of a dataset; choose another'
        )
    return small


def find_data_path(folder: Path, name: str) -> Path:
    """Find where the data file of a dataset stands or would stand.

    Raises
    ------
    ConfigError
        When the name cannot be one.
    """
    small = check_name(name)
    return folder / small / f"{small}{DATA_ENDING}"


def list_dataset_files(data_path: Path) -> list[Path]:
    """List the files of a dataset that are there."""
    paths = (data_path, find_manifest_path(data_path), data_path.parent / AREA_NAME)
    return [path for path in paths if path.exists()]
