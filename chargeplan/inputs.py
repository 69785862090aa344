"""The input files of a study: which they are, their checksums, and the settings as run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, find_project_folder, require_file
from chargeplan.records import DataSource

if TYPE_CHECKING:
    from chargeplan.config.settings import Settings

_OWN_LICENCE = "MIT (chargeplan)"


def list_input_paths(data: Any, key: str = "") -> list[tuple[str, Path]]:
    """List the input files that settings name, as (config key, path), in the order of the keys."""
    if isinstance(data, Path):
        return [(key, data)]
    if isinstance(data, dict):
        return [
            found
            for name, value in data.items()
            for found in list_input_paths(value, f"{key}.{name}".lstrip("."))
        ]
    if isinstance(data, (list, tuple)):
        return [found for row, value in enumerate(data) for found in list_input_paths(value, f"{key}[{row}]")]
    return []


def describe_inputs(settings: Settings) -> tuple[DataSource, ...]:
    """Find every input file of a study with its checksum.

    Raises
    ------
    DataError
        With every file that is missing, not a file or empty.
    """
    sources: list[DataSource] = []
    faults: list[str] = []
    own_folder = find_project_folder("data")
    for key, path in list_input_paths(settings.model_dump(exclude={"publish"})):
        try:
            require_file(path, key)
        except DataError as error:
            faults += error.faults
            continue
        licence = _OWN_LICENCE if path.is_relative_to(own_folder) else "not stated"
        sources.append(DataSource(key, path.name, compute_sha256(path), path.stat().st_size, licence, "", ""))
    if faults:
        raise DataError(faults)
    return tuple(sources)


def make_settings_as_run(settings: Settings, home: Path) -> dict[str, Any]:
    """Write the settings as plain data, the same bytes wherever the study lies.

    Parameters
    ----------
    settings : Settings
    home : Path
        Folder of the config file; input paths are written relative to it.
    """
    home = home.absolute()

    def simplify(value: Any) -> Any:
        if isinstance(value, Path):
            return Path(os.path.relpath(value, home)).as_posix()
        if isinstance(value, dict):
            return {str(name): simplify(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [simplify(inner) for inner in value]
        return value

    plain = simplify(settings.model_dump(mode="python"))
    del plain["publish"]["folder"]  # where the run is put does not belong to what it is
    return dict(plain)
