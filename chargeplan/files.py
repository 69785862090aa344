"""Files: atomic writes, checksums, where the project's own data lie."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chargeplan.errors import ChargeplanError, DataError

_PACKAGE_FOLDER = Path(__file__).resolve().parent
_CHUNK_BYTES = 1 << 20


def find_project_folder(name: str) -> Path:
    """Find a folder of the project (``data`` or ``configs``), in a checkout or in the wheel.

    Raises
    ------
    ChargeplanError
        When neither place has it: the installation is damaged.
    """
    places = [_PACKAGE_FOLDER / name]  # as the wheel has it
    if (_PACKAGE_FOLDER.parent / "pyproject.toml").is_file():  # a checkout, not anybody's folder
        places.append(_PACKAGE_FOLDER.parent / name)
    for folder in places:
        if (folder / "README.md").is_file():
            return folder
    msg = f"the project's own folder {name}/ is not at {_PACKAGE_FOLDER}; install chargeplan again"
    raise ChargeplanError(msg)


def find_data_file(*parts: str) -> Path:
    """Find one of the project's own data files, such as ``("costs", "chargers.csv")``."""
    return find_project_folder("data").joinpath(*parts)


def require_file(path: Path, key: str) -> Path:
    """Return the path when it is a readable, non-empty file.

    Parameters
    ----------
    path : Path
        Where the file should be.
    key : str
        The config key that named it, for the message.

    Raises
    ------
    DataError
        When there is no such file, it is a folder, or it is empty.
    """
    if not path.exists():
        raise DataError(f"{key}: no file at {path}; check the path or set it with --set {key}=PATH")
    if not path.is_file():
        raise DataError(f"{key}: {path} is not a file; name a file")
    if path.stat().st_size == 0:
        raise DataError(f"{key}: {path} is empty (0 bytes); get the file again")
    return path


def compute_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with line feeds as line ends, atomically."""
    write_bytes(path, content.encode("utf-8"))


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Offer an empty folder beside `folder` and put it in its place when the block succeeds.

    When the block fails, the old folder stays as it was and the new one is removed.

    Yields
    ------
    Path
        The temporary folder to fill.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new.", dir=folder.parent))
    old = fresh.with_name(fresh.name.replace(".new.", ".old."))
    try:
        fresh.chmod(0o755)
        yield fresh
        for path in sorted(fresh.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(fresh, folder)
        except OSError:
            if old.exists():
                os.replace(old, folder)
            raise
        _sync_folder(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if old.exists() and folder.exists():
            shutil.rmtree(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system allows a folder to be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
