"""The input files of a study: which they are, their checksums, and the settings as run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.files import compute_sha256, find_project_folder
from chargeplan.records import DataSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.config.settings import Settings

_OWN_LICENCE = "MIT (chargeplan)"


def describe_inputs(files: Iterable[tuple[str, Path]]) -> tuple[DataSource, ...]:
    """Describe the input files of a study, with their checksums.

    Parameters
    ----------
    files : iterable of (str, Path)
        Config key and path of files that are there.
    """
    own_folder = find_project_folder("data")
    return tuple(
        DataSource(
            key=key,
            file_name=path.name,
            sha256=compute_sha256(path),
            size_bytes=path.stat().st_size,
            licence=_OWN_LICENCE if path.is_relative_to(own_folder) else "not stated",
            attribution="",
            data_date="",
        )
        for key, path in files
    )


def _write_path(path: Path, home: Path) -> str:
    """Write a path relative to `home`, or as it is when it lies on another drive."""
    try:
        return Path(os.path.relpath(path, home)).as_posix()
    except ValueError:  # Windows knows no way from one drive to another
        return path.as_posix()


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
            return _write_path(value, home)
        if isinstance(value, dict):
            return {str(name): simplify(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [simplify(inner) for inner in value]
        return value

    plain = simplify(settings.model_dump(mode="python"))
    del plain["publish"]["folder"]  # where the run is put does not belong to what it is
    return dict(plain)
