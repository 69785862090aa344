"""Which chargers a vehicle class can use, and of what power they are."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure
from chargeplan.demand.figures_file import read_figures
from chargeplan.demand.scenario import suggest
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.config.settings import FigureFiles

# Weakest and strongest plug of a class of which nobody says anything, and of one that uses none.
ANY_POWER_KW, NO_POWER_KW = (0.0, np.inf), (np.inf, 0.0)
_SWAP_CABINET = "swap_cabinet"  # holds batteries, and has no plug


@dataclass(frozen=True, slots=True)
class ChargerTypes:
    """The project's types of chargers.

    Parameters
    ----------
    power_kw : dict of str to float
        Power by type, from data/costs/chargers.csv.
    usable : dict of str to Figure
        By vehicle class: the number of types it can use, and the source.
    names : dict of str to tuple of str
        By vehicle class: the types.
    """

    power_kw: dict[str, float]
    usable: dict[str, Figure]
    names: dict[str, tuple[str, ...]]

    def find(
        self, name: str, own: Sequence[str] | None, faults: FaultCollector
    ) -> tuple[Figure, tuple[float, float]]:
        """Find what chargers a class can use: their number with its source, and the range of their power.

        Parameters
        ----------
        name : str
            Vehicle class.
        own : sequence of str or None
            What the planner says.
        faults : FaultCollector
            Gets types that do not exist.
        """
        step, key = f"{name}: types of chargers it can use", f"demand.fleet.classes.{name}.charger_types"
        if own is None and name not in self.usable:
            words = "nothing is known of the chargers of this class"
            return Figure(step, 0.0, "types", words, "assumption"), ANY_POWER_KW
        for word in own or ():
            if word not in self.power_kw:
                faults.add(
                    f'{key}: there is no charger "{word}"{suggest(word, self.power_kw)}; expected '
                    f"{', '.join(self.power_kw)}"
                )
        names = self.names[name] if own is None else own
        plugs_kw = [self.power_kw[word] for word in names if word in self.power_kw and word != _SWAP_CABINET]
        if own is None:
            figure = self.usable[name].rename(step)
        else:
            figure = Figure(step, float(len(own)), "types", f"{', '.join(own) or 'none'}; {key}", "planner")
        return figure, (min(plugs_kw), max(plugs_kw)) if plugs_kw else NO_POWER_KW


def read_charger_types(own: FigureFiles | None = None) -> ChargerTypes:
    """Read data/fleet/charger_types.csv, or the planner's file, and the powers in data/costs/chargers.csv.

    Raises
    ------
    DataError
        When a line names a charger that there is not.
    """
    with find_data_file("costs", "chargers.csv").open(encoding="utf-8", newline="") as file:
        power_kw = {row["name"]: float(row["power_kw"]) for row in csv.DictReader(file)}
    names: dict[str, list[str]] = {}
    told: dict[str, tuple[str, str]] = {}
    faults = FaultCollector(DataError)
    for where, row in read_figures("charger_types", own, ("class", "value", "source", "confidence")):
        if row["value"] not in power_kw:
            faults.add(f'{where}: there is no charger "{row["value"]}"; expected {", ".join(power_kw)}')
        names.setdefault(row["class"], []).append(row["value"])
        told[row["class"]] = row["source"], row["confidence"]
    faults.raise_if_any()
    usable = {
        name: Figure("", float(len(types)), "types", f"{', '.join(types)}; {told[name][0]}", told[name][1])
        for name, types in names.items()
    }
    return ChargerTypes(power_kw, usable, {name: tuple(types) for name, types in names.items()})
