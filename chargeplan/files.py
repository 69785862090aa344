"""Files: atomic writes, checksums, where the project's own data lie."""

from __future__ import annotations

import hashlib
import os
import re
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
        setting = "" if key.startswith("--") else f" or set it with --set {key}=PATH"
        raise DataError(f"{key}: no file at {path}; check the path{setting}")
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


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Offer an empty file beside `path` and put it in its place when the block succeeds.

    When the block fails or is interrupted, the old file stays as it was and the new one is
    removed.

    Yields
    ------
    Path
        The temporary file to fill.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    with replace_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with line feeds as line ends, atomically."""
    write_bytes(path, content.encode("utf-8"))


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Offer an empty folder beside `folder` and put it in its place when the block succeeds.

    When the block fails or is interrupted, the old folder stays as it was and the new one is
    removed. What a killed run left beside the folder is removed first; a folder that it had put
    aside, with nothing in its place, comes back.

    Yields
    ------
    Path
        The temporary folder to fill.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep_beside(folder)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new.{os.getpid()}.", dir=folder.parent))
    old = fresh.with_name(f".{folder.name}.old.{fresh.name.removeprefix(f'.{folder.name}.new.')}")
    try:
        fresh.chmod(0o755)
        yield fresh
        for path in sorted(fresh.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        if folder.exists():
            os.replace(folder, old)
        os.replace(fresh, folder)
        _sync_folder(folder.parent)
    finally:
        # Whatever ended the block, Ctrl-C between the two renames included.
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        if old.exists():
            shutil.rmtree(old, ignore_errors=True)


def _sweep_beside(folder: Path) -> None:
    """Put back or remove what runs that were killed have left beside their folder."""
    form = re.compile(rf"\.{re.escape(folder.name)}\.(new|old)\.(?:(\d+)\.)?[a-z0-9_]{{8}}")
    left = [(path, match) for path in folder.parent.iterdir() if (match := form.fullmatch(path.name))]
    left = [(path, match) for path, match in left if not _is_process_running(match[2])]
    put_aside = [path for path, match in left if match[1] == "old"]
    if put_aside and not folder.exists():
        max(put_aside, key=lambda path: path.stat().st_mtime).rename(folder)
    for path, _ in left:
        shutil.rmtree(path, ignore_errors=True)


def _is_process_running(number: str | None) -> bool:
    """Tell whether another process has this number; where that cannot be asked, it has not."""
    if number is None or int(number) in {0, os.getpid()} or os.name == "nt":
        return False
    try:
        os.kill(int(number), 0)
    except PermissionError:  # it is there and belongs to someone else
        return True
    except (OSError, OverflowError):
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system allows a folder to be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
