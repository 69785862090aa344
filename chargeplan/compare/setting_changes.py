"""Settings and input files that are not the same in all runs: what the planner varied."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.flat_settings import flatten_settings
from chargeplan.text import clean_text
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set

    from chargeplan.compare.records import ComparedRun
    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import DataSource

INPUT_SUFFIX = " (contents)"
# Where a run is written and what it is called does nothing to a plan.
_IGNORED = ("publish.", "study.name", "study.credits")
_SHORT_NAMES = {
    "model.budget_pkr": "Budget",
    "model.max_sites": "Most new sites",
    "model.target_share": "Target",
    "travel.limit_min": "Longest drive",
    "study.year": "Year",
    "demand.scenario": "Scenario",
    "model.objective": "Objective",
    "model.mode": "Mode",
    "model.spacing_m": "Spacing",
}
_UNITS = {"travel.limit_min": " min", "model.spacing_m": " m"}
_MOST_NAMED = 2
_PATH_NAMES = frozenset(
    {
        "path",
        "paths",
        "files",
        "polygon",
        "costs",
        "links",
        "speeds",
        "scenarios",
        "folder",
        "rules",
        "reported_rules",
    }
)
_CHECKSUM_LETTERS = 8
_LONGEST_FULL = 2000
_LARGEST_WHOLE = 2.0**53  # above, not every whole number is a float
_MONEY_END, _MINUTES_END = "_pkr", "_min"
_LIST_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs.

    Parameters
    ----------
    key : str
        Dotted key of the config; with `INPUT_SUFFIX` where a file of the same name holds other bytes.
    shown : tuple of str
        Its value in each run, as text; two are the same text only when the values are equal.
    """

    key: str
    shown: tuple[str, ...]

    def differs(self, first: int, second: int) -> bool:
        """Tell whether two of the runs have other values."""
        return self.shown[first] != self.shown[second]


def find_changes(runs: Sequence[ComparedRun]) -> tuple[SettingChange, ...]:
    """Find the settings that differ, by key, and then the input files that do.

    A file counts by its name and its checksum, not by the folder it lies in.
    """
    flat = [flatten_settings(run.bundle.settings_as_run) for run in runs]
    changes = []
    for key in sorted(set().union(*flat)):
        if key.startswith(_IGNORED):
            continue
        values = [_drop_folders(key, settings.get(key)) for settings in flat]
        if len(set(map(_write_raw, values))) > 1:
            changes.append(SettingChange(key, _show_apart(key, values)))
    return (*changes, *_find_input_changes(runs, {change.key for change in changes}))


def describe_variant(changes: Sequence[SettingChange], pos: int) -> str:
    """Say in a few words what sets a run apart, such as "Budget PKR 80 M"; empty when it is nothing plain."""
    named = [
        f"{_SHORT_NAMES[change.key]} {change.shown[pos]}{_UNITS.get(change.key, '')}"
        for change in changes
        if change.key in _SHORT_NAMES
    ]
    return ", ".join(named[:_MOST_NAMED])


def _drop_folders(key: str, value: object) -> object:
    """Leave out what is of one computer, the folders of files, and what is no difference, 1 against 1.0."""
    if isinstance(value, Mapping):
        return {name: _drop_folders(f"{key}.{name}", each) for name, each in value.items()}
    if isinstance(value, list):
        return [_drop_folders(key, each) for each in value]
    if isinstance(value, str) and _is_path(key):
        return value.replace("\\", "/").rpartition("/")[2]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _write_raw(value: object) -> str:
    """Write a value so that two are the same text only when they are equal."""
    return json.dumps(value, sort_keys=True)


def _show_apart(key: str, values: Sequence[object]) -> tuple[str, ...]:
    """Show values in short, or in full where the short forms of different ones are the same."""
    raw = [_write_raw(value) for value in values]
    for show in (_show_short, _show_full):
        shown = tuple(show(key, value) for value in values)
        if len(set(shown)) == len(set(raw)):
            return shown
    # Too long to show, or other in what cannot be seen.
    return tuple(f"{text}, checksum {_sum_up(text_raw)}" for text, text_raw in zip(shown, raw, strict=True))


def _sum_up(raw: str) -> str:
    return hashlib.sha256(raw.encode("utf-8")).hexdigest()[:_CHECKSUM_LETTERS]


def _show_short(key: str, value: object) -> str:
    return clean_text(_join_parts(key, value, _write_shortly, is_whole=False))


def _show_full(key: str, value: object) -> str:
    return clean_text(_join_parts(key, value, _write_exactly, is_whole=True), _LONGEST_FULL)


def _write_shortly(key: str, number: float) -> str:
    return format_pkr(number) if key.endswith(_MONEY_END) else f"{number:.12g}"


def _write_exactly(key: str, number: float) -> str:
    """Write a number with all its digits, whole ones without a point."""
    is_whole = number.is_integer() and abs(number) < _LARGEST_WHOLE
    digits = f"{number:.0f}" if key.endswith("year") else f"{number:,.0f}"
    return f"{'PKR ' if key.endswith(_MONEY_END) else ''}{digits if is_whole else repr(number)}"


def _join_parts(key: str, value: object, write: Callable[[str, float], str], *, is_whole: bool) -> str:
    """Write nested values with words alone: no braces and quotes; unless whole, without parts that are not set."""
    if value is None:
        return "not set"
    if value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return write(key, value)
    if isinstance(value, Mapping):
        return ", ".join(
            _name_part(name, _join_parts(f"{key}.{name}", value[name], write, is_whole=is_whole))
            for name in sorted(value, key=lambda name: (name != "year", name))
            if is_whole or value[name] is not None
        )
    if isinstance(value, list):
        mark = "; " if any(isinstance(each, Mapping) for each in value) else ", "
        return mark.join(_join_parts(key, each, write, is_whole=is_whole) for each in value)
    return str(value)


def _name_part(name: str, shown: str) -> str:
    """Write a nested setting in words, with its unit behind it; the unit of money stands with the amount.

    Examples
    --------
    >>> _name_part("up_to_min", "4")
    'up to 4 min'
    """
    is_time = name.endswith(_MINUTES_END) and shown[:1].isdigit()
    words = name.removesuffix(_MONEY_END).removesuffix(_MINUTES_END if is_time else "").replace("_", " ")
    return f"{words} {shown}{' min' if is_time else ''}"


def _is_path(key: str) -> bool:
    """Tell whether a setting names files."""
    return key.startswith("demand.figures.") or key.rpartition(".")[2] in _PATH_NAMES


def strip_key(key: str) -> str:
    """Leave the place in a list and the mark of contents out of a key, so that rules can know it.

    Examples
    --------
    >>> strip_key("sites.files[0].path (contents)")
    'sites.files.path'
    """
    return _LIST_PLACE.sub("", key.removesuffix(INPUT_SUFFIX))


def _find_input_changes(runs: Sequence[ComparedRun], changed: Set[str]) -> list[SettingChange]:
    """Find files of the same key and name with other contents in any two runs, and files only some runs read.

    The latter are left to the setting that names them, where it differs.
    """
    found = [_list_inputs(run.bundle) for run in runs]
    changes = []
    for key, name in sorted(set().union(*found)):
        files = [inputs.get((key, name), ()) for inputs in found]
        sums = [tuple(sorted(source.sha256 for source in sources)) for sources in files]
        read = {checksums for checksums in sums if checksums}
        is_named_elsewhere = any(_covers(setting, key) for setting in changed)
        if len(read) > 1 or (len(set(sums)) > 1 and not is_named_elsewhere):
            changes.append(SettingChange(f"{key}{INPUT_SUFFIX}", _show_files(name, files)))
    return changes


def _covers(setting: str, key: str) -> bool:
    return key == setting or key.startswith(f"{setting}.") or setting.startswith(f"{key}.")


def _show_files(name: str, files: Sequence[Sequence[DataSource]]) -> tuple[str, ...]:
    """Show a file of each run by its date and checksum, whole where the first letters are the same."""
    sums = {source.sha256 for sources in files for source in sources}
    letters = _CHECKSUM_LETTERS if len({each[:_CHECKSUM_LETTERS] for each in sums}) == len(sums) else None
    return tuple(
        " and ".join(
            f"{name}, {f'data of {clean_text(source.data_date)}, ' if source.data_date else ''}"
            f"checksum {source.sha256[:letters]}"
            for source in sources
        )
        or f"{name} not read"
        for sources in files
    )


def _list_inputs(bundle: RunBundle) -> dict[tuple[str, str], list[DataSource]]:
    """List the input files by key without place in a list, and name; several folders can hold one of a name."""
    found: dict[tuple[str, str], list[DataSource]] = {}
    for source in sorted(bundle.sources, key=lambda source: source.sha256):
        key = (strip_key(clean_text(source.key)), clean_text(source.file_name))
        found.setdefault(key, []).append(source)
    return found
