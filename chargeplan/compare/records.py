"""What a comparison hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.compare.caveats import Caveat
    from chargeplan.compare.setting_changes import SettingChange
    from chargeplan.compare.stations import ComparedStation
    from chargeplan.publish.bundle import RunBundle


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """A finished run among those that are compared.

    Parameters
    ----------
    letter : str
        A, B, ... in the order in which the runs were given.
    label : str
        The part of its path that tells it from the others.
    bundle : RunBundle
    """

    letter: str
    label: str
    bundle: RunBundle

    @property
    def name(self) -> str:
        """Letter and label, for messages."""
        return f"{self.letter} ({self.label})"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Runs that can be compared, and what differs between them.

    Parameters
    ----------
    runs : tuple of ComparedRun
        At least two; differences are those from the first.
    changes : tuple of SettingChange
        Settings and input files that are not the same in all runs.
    caveats : tuple of Caveat
        What these differences do to the figures.
    stations : tuple of ComparedStation
        Every station of any run, those in the most runs first.
    """

    runs: tuple[ComparedRun, ...]
    changes: tuple[SettingChange, ...]
    caveats: tuple[Caveat, ...]
    stations: tuple[ComparedStation, ...]

    @property
    def base(self) -> ComparedRun:
        """The run that the others are held against."""
        return self.runs[0]
