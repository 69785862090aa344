"""Settings and input files that are not the same in all runs: what the planner varied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chargeplan.flat_settings import flatten_settings
from chargeplan.text import clean_text
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.compare.records import ComparedRun
    from chargeplan.publish.bundle import RunBundle

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


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs.

    Parameters
    ----------
    key : str
        Dotted key of the config; with `INPUT_SUFFIX` where a file of the same name holds other bytes.
    shown : tuple of str
        Its value in each run, as text.
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
    keys = sorted(set().union(*flat))
    changes = []
    for key in keys:
        if key.startswith(_IGNORED):
            continue
        shown = tuple(_show_value(key, settings.get(key)) for settings in flat)
        if len(set(shown)) > 1:
            changes.append(SettingChange(key, shown))
    return (*changes, *_find_input_changes(runs))


def describe_variant(changes: Sequence[SettingChange], pos: int) -> str:
    """Say in a few words what sets a run apart, such as "Budget PKR 80 M"; empty when it is nothing plain."""
    named = [
        f"{_SHORT_NAMES[change.key]} {change.shown[pos]}{_UNITS.get(change.key, '')}"
        for change in changes
        if change.key in _SHORT_NAMES
    ]
    return ", ".join(named[:_MOST_NAMED])


def _show_value(key: str, value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format_pkr(value) if key.endswith("_pkr") else f"{value:.12g}"
    if isinstance(value, str):
        # The folder of a file is of one computer.
        return clean_text(value.replace("\\", "/").rpartition("/")[2] if _is_path(key) else value)
    if isinstance(value, list) and _is_path(key):
        return ", ".join(_show_value(key, each) for each in value) or "none"
    if value in ([], {}):
        return "none"
    return clean_text(_join_parts(value))


def _join_parts(value: object) -> str:
    """Write nested values with words alone: no braces and quotes."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_join_parts(each)}" for name, each in sorted(value.items()))
    if isinstance(value, list):
        return ("; " if any(isinstance(each, Mapping) for each in value) else ", ").join(
            map(_join_parts, value)
        )
    return "not set" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def _is_path(key: str) -> bool:
    last = key.rpartition(".")[2]
    return (
        last in {"path", "paths", "files", "polygon", "zones", "rules", "reported_rules"}
        or ".figures." in key
    )


def _find_input_changes(runs: Sequence[ComparedRun]) -> list[SettingChange]:
    """Find files of the same key and name with other contents."""
    found = [_list_inputs(run.bundle) for run in runs]
    shared = set(found[0]).intersection(*found[1:])
    changes = []
    for key in sorted(shared):
        if len({inputs[key][0] for inputs in found}) > 1:
            shown = tuple(inputs[key][1] for inputs in found)
            changes.append(SettingChange(f"{key[0]}{INPUT_SUFFIX}", shown))
    return changes


def _list_inputs(bundle: RunBundle) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (clean_text(source.key), clean_text(source.file_name)): (
            source.sha256,
            f"{clean_text(source.file_name)}, {f'data of {clean_text(source.data_date)}, ' if source.data_date else ''}"
            f"checksum {source.sha256[:8]}",
        )
        for source in bundle.sources
    }
