"""Whether the files that a config names are all there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import require_file

if TYPE_CHECKING:
    from chargeplan.config.load import LoadedSettings


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file that is there.

    Parameters
    ----------
    key : str
        Config key that names it.
    path : Path
    size_bytes : int
    """

    key: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class StudyCheck:
    """What a config that can be run stands on.

    Parameters
    ----------
    files : tuple of InputFile
    area_km2 : float
    crs : str
        Metric CRS of the study area.
    missing : tuple of str
        What is said of each file that is not there, where that is no fault.
    """

    files: tuple[InputFile, ...]
    area_km2: float
    crs: str
    missing: tuple[str, ...] = ()


def check_study(loaded: LoadedSettings, *, needs_data: bool = True) -> StudyCheck:
    """Check that every file of a config is there, its area usable and its folder writable.

    Parameters
    ----------
    loaded : LoadedSettings
    needs_data : bool
        False where files that are not there yet are no fault.

    Raises
    ------
    ConfigError
        When the numbers of the study area are wrong.
    DataError
        With every file that is missing, not a file, empty or unreadable, and what is wrong
        with the polygons of the study area.
    """
    from chargeplan.area import measure_area

    faults = FaultCollector(DataError)
    missing: list[str] = []
    files = _find_files(loaded, faults, None if needs_data else missing)
    polygon = loaded.settings.study.area.polygon
    crs, area_km2 = "", 0.0
    if polygon is None or any(file.path == polygon for file in files):
        try:
            with locate_faults(loaded):
                _, crs, area_km2 = measure_area(loaded.settings.study.area)
        except (ConfigError, DataError) as error:
            faults.add_error(error)
    faults.raise_if_any()
    return StudyCheck(tuple(files), area_km2, crs, tuple(missing))


@contextmanager
def locate_faults(loaded: LoadedSettings) -> Iterator[None]:
    """Put the place in the config, or the --set, before each fault that begins with a key."""
    try:
        yield
    except (ConfigError, DataError) as error:
        places = (loaded.locations.get(fault.partition(":")[0], "") for fault in error.faults)
        located = [
            f"{place}: {fault}" if place else fault for place, fault in zip(places, error.faults, strict=True)
        ]
        raise type(error)(located) from error


def check_files(loaded: LoadedSettings) -> list[InputFile]:
    """Check that every file of a config is there and its folder writable, in a blink.

    Raises
    ------
    DataError
        As `check_study`, but for the study area.
    """
    faults = FaultCollector(DataError)
    files = _find_files(loaded, faults)
    faults.raise_if_any()
    return files


def _find_files(
    loaded: LoadedSettings, faults: FaultCollector, missing: list[str] | None = None
) -> list[InputFile]:
    """Find every input file; remember what is wrong with them and with the output folder.

    Files that are not there go to ``missing`` where that is given, else they are faults.
    """
    found = []
    for key, path in list_paths(loaded.settings.model_dump(exclude={"publish"})):
        where = loaded.locations.get(key, str(loaded.path))
        try:
            require_file(path, key)
            if not os.access(path, os.R_OK):
                faults.add(f"{where}: {key}: {path} may not be read; change its permissions")
            found.append(InputFile(key, path, path.stat().st_size))
        except DataError as error:
            hint = _hint_at_fetch(loaded, key, path)
            told = [f"{where}: {fault}{hint}" for fault in error.faults]
            if missing is not None and not path.exists():
                missing += told
            else:
                faults.add_error(DataError(told))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            faults.add(f"{where}: {key}: {path} cannot be opened ({reason}); check the path")
    problem = find_output_problem(loaded.settings.publish.folder)
    if problem:
        where = loaded.locations.get("publish.folder", str(loaded.path))
        faults.add(f"{where}: publish.folder: {problem}; choose another folder")
    return found


def _hint_at_fetch(loaded: LoadedSettings, key: str, path: Path) -> str:
    """Say how to fetch a road file that is missing where `chargeplan fetch` would put it."""
    name = loaded.settings.study.name
    if key != "network.path" or path.parts[-2:] != (name, f"{name}.osm.pbf") or path.exists():
        return ""
    folder = path.parent.parent
    where = "" if folder == Path.cwd() / "data" / "cache" else f" --folder {folder}"
    return f'; "chargeplan fetch --study {loaded.path}{where}" brings it'


def list_paths(data: object, key: str = "") -> Iterator[tuple[str, Path]]:
    """Give the paths in settings with the key of each, in the order of the keys."""
    if isinstance(data, Path):
        yield key, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from list_paths(value, f"{key}.{name}" if key else str(name))
    elif isinstance(data, (list, tuple)):
        for row, value in enumerate(data):
            yield from list_paths(value, f"{key}[{row}]")


def find_output_problem(folder: Path) -> str:
    """Say why a folder could not be written to; empty when it could."""
    try:
        present = next(place for place in (folder, *folder.parents) if place.exists())
        if not present.is_dir():
            return f"{present} is not a folder"
        if not os.access(present, os.W_OK | os.X_OK):
            return f"{present} may not be written to"
        with tempfile.TemporaryFile(dir=present):
            pass  # permissions do not tell of a full disk or of a folder that is no place for files
    except OSError as error:
        return f"{folder} cannot be used ({error.strerror})"
    return ""
