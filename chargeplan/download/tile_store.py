"""Answers on disk while a download goes on: each is whole and of the question it stands for, or not used."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError
from chargeplan.files import write_bytes, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BROKEN_ENDING = ".broken"
INDEX_NAME = "index.json"
LOCK_NAME = "lock"
REFRESH_NAME = "refresh"

_FORMAT = 1
_KEY = re.compile(r"[0-9a-f]{32}")
_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_LARGEST_INDEX_BYTES = 50_000_000
_COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class TileNote:
    """What the index says about one stored answer.

    Parameters
    ----------
    file_name : str
    sha256 : str
        Of the file's bytes.
    size_bytes : int
    body_bytes : int
        Before compression.
    what : str
        What was asked for, in words.
    """

    file_name: str
    sha256: str
    size_bytes: int
    body_bytes: int
    what: str


class TileStore:
    """Keeps the answers of one endpoint in a folder.

    An answer is found by its question alone: its key is the checksum of endpoint and query, so
    an answer to another question, or of another server, is never taken for it. Each file's
    checksum stands in an index that carries its own; what does not match is set aside.

    Parameters
    ----------
    folder : Path
        Made when the first answer is stored.
    endpoint : str

    Raises
    ------
    DataError
        When the folder's place is taken by something else.
    """

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.set_aside: list[str] = []
        self._endpoint = endpoint
        if folder.exists() and not folder.is_dir():
            raise DataError(f"{folder} is not a folder; remove it or choose another --folder")
        self._notes = self._read_index()

    def __len__(self) -> int:
        return len(self._notes)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other downloads out of the folder while the block runs, even when it is killed.

        Raises
        ------
        DataError
            When another download is at work there.
        """
        is_first = not self.folder.parent.exists()
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # removed by another download at this moment
                file = (self.folder / LOCK_NAME).open("a")
                break
        with file:
            if not _lock(file.fileno()) or not self._is_lock(file.fileno()):
                raise DataError(
                    f"{self.folder}: another download of this dataset is at work; wait for it or stop it first"
                )
            self._sweep()
            self._notes = self._read_index()  # the other one may have just ended
            try:
                yield
            finally:
                if not len(self):
                    self._remove_traces()
        # Windows removes no file that is open; there another download keeps the lock from being removed.
        if os.name == "nt" and not len(self):
            self._remove_traces()
        if is_first:
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()

    def find(self, query: str) -> bytes | None:
        """Return the stored answer to a question, None when there is none that is whole.

        A file that is not as it was written is renamed to ``*.broken`` and forgotten.
        """
        key = self._make_key(query)
        note = self._notes.get(key)
        if note is None:
            return None
        path = self.folder / note.file_name
        try:
            packed = path.read_bytes()
        except FileNotFoundError:
            packed = b""
        if len(packed) == note.size_bytes and hashlib.sha256(packed).hexdigest() == note.sha256:
            return gzip.decompress(packed)
        self._set_aside(path)
        del self._notes[key]
        self._write_index()
        return None

    def put(self, query: str, body: bytes, *, what: str) -> None:
        """Store the answer to a question, durably, in the place of an earlier one.

        Raises
        ------
        OSError
            When the disk is full; what was stored before stays.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self._make_key(query)
        packed = gzip.compress(body, _COMPRESSION, mtime=0)
        path = self.folder / f"{key}.json.gz"
        write_bytes(path, packed)
        before = dict(self._notes)
        self._notes[key] = TileNote(
            path.name, hashlib.sha256(packed).hexdigest(), len(packed), len(body), what
        )
        try:
            self._write_index()
        except BaseException:
            self._notes = before
            raise

    def forget(self, query: str) -> None:
        """Remove the answer to a question, if there is one."""
        note = self._notes.pop(self._make_key(query), None)
        if note is not None:
            self._write_index()
            (self.folder / note.file_name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all answers, those set aside included, and keep the folder."""
        self._notes = {}
        for path in self.folder.iterdir():
            if path.name != LOCK_NAME:
                path.unlink()

    def remove(self) -> None:
        """Remove the folder with all answers while it is held; what cannot be removed stays unsaid.

        Nothing in it is wanted any more, and the next download sweeps.
        """
        self._notes = {}
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_traces(self) -> None:
        """Remove a folder without answers, unless something else is in it, such as broken ones."""
        with contextlib.suppress(OSError):
            if {path.name for path in self.folder.iterdir()} <= {INDEX_NAME, LOCK_NAME, REFRESH_NAME}:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _is_lock(self, handle: int) -> bool:
        """Tell whether the open file is still the one that others would lock."""
        try:
            return os.path.samestat(os.fstat(handle), (self.folder / LOCK_NAME).stat())
        except OSError:
            return False

    def _make_key(self, query: str) -> str:
        return hashlib.sha256(f"{self._endpoint}\n{query}".encode()).hexdigest()[:32]

    def _read_index(self) -> dict[str, TileNote]:
        path = self.folder / INDEX_NAME
        if not path.exists():
            return {}
        notes = _parse_index(path)
        if notes is None:
            self._set_aside(path)
            return {}
        return notes

    def _write_index(self) -> None:
        entries = {key: asdict(note) for key, note in sorted(self._notes.items())}
        plain = {"format": _FORMAT, "sha256": _compute_checksum(entries), "tiles": entries}
        write_text(self.folder / INDEX_NAME, json.dumps(plain, indent=1, sort_keys=True) + "\n")

    def _set_aside(self, path: Path) -> None:
        self.set_aside.append(path.name)
        with contextlib.suppress(FileNotFoundError):
            os.replace(path, path.with_name(path.name + BROKEN_ENDING))

    def _sweep(self) -> None:
        """Remove what a killed run left half written; `write_bytes` names it with a dot."""
        if self.folder.is_dir():
            for path in self.folder.glob(".*"):
                if path.is_file():
                    path.unlink(missing_ok=True)


def _lock(handle: int) -> bool:
    """Lock an open file until it is closed; False when another process has done so."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks, such as some network drives
        return True
    return True


def _parse_index(path: Path) -> dict[str, TileNote] | None:
    """Read an index; None when it is not as it was written."""
    try:
        if path.stat().st_size > _LARGEST_INDEX_BYTES:
            return None
        plain = json.loads(path.read_bytes())
        entries = plain["tiles"]
        if plain["format"] != _FORMAT or plain["sha256"] != _compute_checksum(entries):
            return None
        notes = {key: TileNote(**entry) for key, entry in entries.items()}
    except (OSError, ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return None
    return notes if all(_is_sound(key, note) for key, note in notes.items()) else None


def _is_sound(key: str, note: TileNote) -> bool:
    kinds = {field.name: (int if field.name.endswith("_bytes") else str) for field in fields(TileNote)}
    return (
        _KEY.fullmatch(key) is not None
        and all(type(getattr(note, name)) is kind for name, kind in kinds.items())
        and note.file_name == f"{key}.json.gz"
        and _CHECKSUM.fullmatch(note.sha256) is not None
    )


def _compute_checksum(entries: Any) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
