"""Files: atomic writes, checksums, where the project's own data lie."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from chargeplan.errors import ChargeplanError, DataError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Windows opens a device instead of a folder of one of these names.
DEVICE_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))]
)

_PACKAGE_FOLDER = Path(__file__).resolve().parent
_CHUNK_BYTES = 1 << 20
# What `replace_folder` makes beside a folder: its name, what it is for, the process, a random part.
_BESIDE = re.compile(r"\.(?P<name>.+)\.(?P<kind>new|old)\.(?:(?P<number>\d+)\.)?[a-z0-9_]{8}")
_UNTIL_LOCKED_S = 60.0
_LONGEST_WITHOUT_LOCK_S = 86_400.0


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
        is_config_key = "." in key
        setting = f" or set it with --set {key}=PATH" if is_config_key else ""
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
    # Whoever finds the two folders locked knows that they are not left behind.
    with ExitStack() as locks:
        locks.enter_context(_hold(fresh))
        try:
            fresh.chmod(0o755)
            yield fresh
            for path in sorted(fresh.rglob("*")):
                if path.is_file():
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
            if folder.exists():
                locks.enter_context(_hold(folder))
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


def recover_folder(folder: Path) -> bool:
    """Put a folder back that a killed run had put aside, with nothing in its place yet.

    Returns
    -------
    bool
        Whether one came back. Where it may not be renamed it stays put aside.
    """
    folder = folder.absolute()
    if folder.exists():
        return False
    aside = [path for path, kind in _list_left(folder) if kind == "old"]
    if not aside:
        return False
    try:
        max(aside, key=lambda path: path.stat().st_mtime).rename(folder)
    except OSError:  # a disk that is read only, or somebody else was faster
        return False
    return True


def list_put_aside(parent: Path) -> list[Path]:
    """List the folders that killed runs have put aside in `parent`, by the place they belong to."""
    if not parent.is_dir():
        return []
    matches = (_BESIDE.fullmatch(path.name) for path in parent.iterdir())
    folders = {parent / match["name"] for match in matches if match and match["kind"] == "old"}
    return sorted(folder for folder in folders if not folder.exists() and _list_left(folder.absolute()))


def _sweep_beside(folder: Path) -> None:
    """Put back or remove what runs that were killed have left beside their folder."""
    recover_folder(folder)
    for path, _ in _list_left(folder):
        shutil.rmtree(path, ignore_errors=True)


def _list_left(folder: Path) -> list[tuple[Path, str]]:
    """List what killed runs left beside a folder, each "new" or "old"."""
    if not folder.parent.is_dir():
        return []
    matches = [(path, _BESIDE.fullmatch(path.name)) for path in folder.parent.iterdir()]
    return [
        (path, match["kind"])
        for path, match in matches
        if match and match["name"] == folder.name and _is_left(path, match["number"])
    ]


def _is_left(path: Path, number: str | None) -> bool:
    """Tell whether the process that made a folder has ended.

    It holds a lock, which ends with it. Its number alone decides nothing for long, because
    another process may have it by now: it counts only while the lock may not be there yet or,
    on disks without locks, while the folder is young.
    """
    try:
        age_s = time.time() - path.stat().st_ctime
    except OSError:  # gone by now
        return False
    locked = _is_locked(path)
    if locked:
        return False
    longest_s = _LONGEST_WITHOUT_LOCK_S if locked is None else _UNTIL_LOCKED_S
    return age_s > longest_s or not _is_process_running(number)


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Lock a folder as long as this process lives, where the system and the disk can."""
    handle = None if fcntl is None else os.open(folder, os.O_RDONLY)
    try:
        if handle is not None and fcntl is not None:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _is_locked(folder: Path) -> bool | None:
    """Tell whether another opening of a folder has locked it; None where that cannot be told."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False


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
