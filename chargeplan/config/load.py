"""A planner's YAML file to frozen settings, with every fault at once."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chargeplan.config.beside import look_beside
from chargeplan.config.explain import explain_errors
from chargeplan.config.money import is_money_key, read_money
from chargeplan.config.nearest import find_nearest
from chargeplan.config.overrides import apply_overrides
from chargeplan.config.schema import find_schema
from chargeplan.config.settings import Settings, make_rule_path
from chargeplan.config.settings.clashes import Clash
from chargeplan.config.tree import (
    Fault,
    KeyPath,
    MapNode,
    Mark,
    ScalarNode,
    describe_value,
    format_path,
    to_plain,
    walk,
)
from chargeplan.config.yaml_text import read_yaml
from chargeplan.errors import ConfigError

MAX_BYTES = 1_000_000

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MAX_FAULTS_TOLD = 50
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSettings:
    """Settings and where they came from.

    Parameters
    ----------
    settings : Settings
        Paths in it are absolute.
    path : Path
        Config file, as the user named it.
    sha256 : str
        Checksum of the file's bytes, without the overrides.
    overrides : tuple of str
        The ``key=value`` texts that were applied.
    plain : dict
        All settings, defaults included, as JSON takes them; paths as they were written.
    locations : mapping of str to str
        Where each key was given: ``{"network.path": "city.yaml:14:3", ...}``.
    """

    settings: Settings
    path: Path
    sha256: str
    overrides: tuple[str, ...]
    plain: dict[str, Any]
    locations: Mapping[str, str]


class BrokenConfigError(ConfigError):
    """A config with faults, and what it says beside them.

    Parameters
    ----------
    faults : iterable of str
    beside : LoadedSettings
        With stand-ins for what is at fault, and without `plain`; for finding further faults only.
    replaced : frozenset of str
        Keys that have stand-ins or were dropped, without the numbers of list entries.
    """

    kind = ConfigError.__name__  # what it is to users

    def __init__(self, faults: Iterable[str], beside: LoadedSettings, replaced: frozenset[str]) -> None:
        super().__init__(faults)
        self.beside, self.replaced = beside, replaced


def load_settings(path: Path, overrides: Sequence[str] = ()) -> LoadedSettings:
    """Load a config file.

    Parameters
    ----------
    path : Path
        YAML file. Relative paths in it are relative to its folder.
    overrides : sequence of str
        ``key=value`` texts of ``--set``. Relative paths in them are relative to the working
        folder.

    Raises
    ------
    ConfigError
        With every fault of the file and the overrides, in reading order.
    """
    content = _read_bytes(path)
    root, faults = _read_tree(content, str(path))
    if not isinstance(root, MapNode):
        raise _make_error(faults)
    faults += apply_overrides(root, overrides)
    written = dict(_find_paths(root))
    faults += [fault for path_key, node in written.items() if (fault := _check_path(path_key, node))]
    texts = {key: node.raw for key, node in written.items()}
    for node in written.values():
        folder = Path.cwd() if node.mark.source_pos else path.absolute().parent
        node.value = os.path.normpath(folder / node.raw)
    _read_sums(root)
    settings, faults, replaced = _validate(root, faults)
    loaded = LoadedSettings(
        settings=settings,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        overrides=tuple(overrides),
        plain={} if faults else _make_plain(settings, texts),
        locations={format_path(key): str(node.mark) for key, node in walk(root) if key},
    )
    if faults:
        raise BrokenConfigError(_list_lines(faults), loaded, replaced)
    return loaded


def _read_bytes(path: Path) -> bytes:
    label = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"{label}: no such file{_suggest_file(path)}") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"{label}: cannot be read ({reason}); check the path and its permissions"
        ) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
        raise ConfigError(f"{label}: is {kind}; name a YAML file")
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{label}: is larger than {MAX_BYTES:,} bytes; is this a study's config?")
    return content


def _suggest_file(path: Path) -> str:
    """Suggest a YAML file with a similar name in the same folder."""
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {folder} either"
    meant = find_nearest(path.name, (other.name for other in folder.glob("*.y*ml")))
    return f'; did you mean "{folder / meant}"?' if meant is not None else "; check the path"


def _read_tree(content: bytes, label: str) -> tuple[MapNode | None, list[Fault]]:
    start = Mark(0, 1, 1, label)
    if content.startswith(_BYTE_ORDER_MARKS):
        text = "begins with a byte order mark; save it as UTF-8 without one"
        return None, [Fault(start, "", text)]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        reason = f"got the byte 0x{content[error.start]:02x}, which is not UTF-8; save the file as UTF-8"
        return None, [Fault(Mark(0, line, column, label), "", reason)]
    root, faults = read_yaml(text, label)
    if isinstance(root, MapNode):
        root.mark = start
        return root, faults
    if root is None and not faults:
        faults = [Fault(start, "", "is empty; start from one of the files in configs/")]
    elif not faults and root is not None:
        shown = describe_value(root)
        faults = [Fault(root.mark, "", f"got {shown}; expected sections such as study: and network:")]
    return None, faults


def _find_paths(root: MapNode) -> Iterator[tuple[KeyPath, ScalarNode]]:
    """Find the texts that name files or folders."""
    for key, node in walk(root):
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            continue
        kind = find_schema(key, root).get("format")
        is_own_pack = (
            kind == "rule-pack" and node.value.strip() and isinstance(make_rule_path(node.value), Path)
        )
        if kind == "path" or is_own_pack:
            yield key, node


def _read_sums(root: MapNode) -> None:
    """Turn sums of money in short words, such as 40M, into numbers."""
    for key, node in walk(root):
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and is_money_key(key):
            amount = read_money(node.value)
            if amount is not None:
                node.value = amount


def _check_path(key: KeyPath, node: ScalarNode) -> Fault | None:
    text = node.raw
    if not text.strip():
        problem = "got an empty path; write the path of a file or folder"
    elif text.startswith("~"):
        problem = f'got "{text}"; "~" is not replaced here: write the folder in full'
    elif _ADDRESS.match(text):
        problem = f'got the address "{text}"; expected a file on this computer: download it first'
    else:
        return None
    return Fault(node.mark, format_path(key), problem)


def _validate(root: MapNode, faults: list[Fault]) -> tuple[Settings, list[Fault], frozenset[str]]:
    """Validate a tree.

    Returns
    -------
    settings : Settings
        With stand-ins where there are faults.
    faults : list of Fault
        With those found before.
    replaced : frozenset of str
        Keys that have stand-ins, without the numbers of list entries.

    Raises
    ------
    ConfigError
        When so much is at fault that no stand-ins help.
    """
    told = {(fault.mark, fault.key) for fault in faults}
    clashes: list[Clash] = []
    settings: Settings | None
    replaced: set[str] = set()
    errors: list[Any] = []
    try:
        # As JSON, because pydantic's strict mode then still takes words for enum members.
        settings = Settings.model_validate_json(json.dumps(to_plain(root), allow_nan=False), context=clashes)
    except ValidationError as error:
        errors = list(error.errors(include_url=False))
        settings, clashes, replaced = look_beside(root, errors)
    errors += [
        {"type": "value_error", "loc": (clash.section,) if clash.section else (), "msg": clash.text}
        for clash in clashes
    ]
    found = explain_errors(errors, root)
    faults = faults + [fault for fault in found if (fault.mark, fault.key) not in told]
    if settings is None:
        raise _make_error(faults)
    return settings, faults, frozenset(replaced)


def _make_error(faults: list[Fault]) -> ConfigError:
    return ConfigError(_list_lines(faults))


def _list_lines(faults: list[Fault]) -> list[str]:
    lines = [str(fault) for fault in sorted(faults)]
    if len(lines) > _MAX_FAULTS_TOLD:
        lines[_MAX_FAULTS_TOLD:] = [f"and {len(lines) - _MAX_FAULTS_TOLD} more faults; mend these first"]
    return lines


def _make_plain(settings: Settings, texts: Mapping[KeyPath, str]) -> dict[str, Any]:
    plain: dict[str, Any] = settings.model_dump(mode="json")
    for key, text in texts.items():
        place: Any = plain
        for part in key[:-1]:
            place = place[part]
        place[key[-1]] = text
    return plain
