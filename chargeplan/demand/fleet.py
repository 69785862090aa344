"""Vehicles by class: how many there are per person and what each one needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure
from chargeplan.demand.figures_file import parse_not_negative, read_figure_rows
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import find_data_file
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chargeplan.config.settings import FleetSettings
    from chargeplan.records import Floats

# Unit and largest value of each quantity of a vehicle class, in the order of the formula.
QUANTITIES = {
    "vehicles_per_1000": ("vehicles", inf),
    "electric_share": ("share", 1.0),
    "km_day": ("km/day", inf),
    "kwh_km": ("kWh/km", inf),
    **{f"{use.value}_share": ("share", 1.0) for use in ChargingUse},
}
_COLUMNS = ("class", "quantity", "value", "unit", "source", "confidence")


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """One class of vehicles.

    Parameters
    ----------
    name : str
    figures : tuple of Figure
        One for each of `QUANTITIES`, in that order.
    """

    name: str
    figures: tuple[Figure, ...]

    def get_value(self, quantity: str) -> float:
        """Return the value of one of `QUANTITIES`."""
        return self.figures[list(QUANTITIES).index(quantity)].value

    @property
    def electric_per_person(self) -> float:
        """Electric vehicles per person."""
        return self.get_value("vehicles_per_1000") / 1000 * self.get_value("electric_share")

    @property
    def kwh_day_per_vehicle(self) -> float:
        """Energy that one electric vehicle needs a day, kWh, wherever it is charged."""
        return self.get_value("km_day") * self.get_value("kwh_km")

    @property
    def kwh_day_per_person(self) -> Floats:
        """Energy per person and day by use, shape (n_uses,), kWh; in the order of `ChargingUse`."""
        shares = np.array([self.get_value(f"{use.value}_share") for use in ChargingUse])
        return np.asarray(self.electric_per_person * self.kwh_day_per_vehicle * shares)

    @property
    def public_kwh_day_per_person(self) -> float:
        """Energy that public stations can serve per person and day, kWh."""
        served = [use != ChargingUse.DEPOT for use in ChargingUse]
        return float(self.kwh_day_per_person[served].sum())


def read_fleet(settings: FleetSettings) -> tuple[VehicleClass, ...]:
    """Read the vehicle classes, sorted by name, with the planner's changes of single figures.

    Raises
    ------
    DataError
        When the fleet file has unknown quantities, wrong units, values out of range,
        repeated or missing figures; every line at fault is named.
    ConfigError
        When the config changes a class that the fleet does not have, or the fleet charges
        nothing in public.
    """
    path = settings.path or find_data_file("fleet", "pakistan.csv")
    table = _read_fleet_file(path)
    faults = FaultCollector(ConfigError)
    for name, changes in settings.classes.items():
        given = {
            quantity: value for quantity in QUANTITIES if (value := getattr(changes, quantity)) is not None
        }
        missing = [quantity for quantity in QUANTITIES if quantity not in given]
        if name not in table and missing:
            faults.add(
                f'demand.fleet.classes: the fleet file {path.name} has no class "{name}"'
                f"{_suggest(name, table)}; a new class needs all of {', '.join(QUANTITIES)}"
            )
            continue
        figures = table.setdefault(name, {})
        for quantity, value in given.items():
            figures[quantity] = Figure(
                quantity, value, QUANTITIES[quantity][0], f"demand.fleet.classes.{name}", "planner"
            )
    faults.raise_if_any()
    fleet = tuple(_make_class(name, table[name]) for name in sorted(table))
    if not any(vehicles.public_kwh_day_per_person > 0 for vehicles in fleet):
        raise ConfigError(
            "demand.fleet: no class of vehicles charges anything in public (vehicles per 1,000 people x "
            "electric share x km/day x kWh/km x public share is 0 for each), so there is nothing to plan"
        )
    return fleet


def _make_class(name: str, figures: dict[str, Figure]) -> VehicleClass:
    return VehicleClass(
        name,
        tuple(
            replace(figures[quantity], step=f"{name}: {quantity.replace('_', ' ')}")
            for quantity in QUANTITIES
        ),
    )


def _read_fleet_file(path: Path) -> dict[str, dict[str, Figure]]:
    key = "demand.fleet.path"
    faults = FaultCollector(DataError)
    table: dict[str, dict[str, Figure]] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, row in read_figure_rows(path, key, _COLUMNS):
        name, quantity = row["class"], row["quantity"]
        where = f"{key}: {path.name} line {line}"
        if not name:
            faults.add(f"{where} names no class")
            continue
        if quantity not in QUANTITIES:
            faults.add(
                f'{where}: "{quantity}" is no quantity{_suggest(quantity, QUANTITIES)}; '
                f"expected {', '.join(QUANTITIES)}"
            )
            continue
        if (name, quantity) in lines:
            faults.add(f"{where}: {quantity} of {name} is there already, in line {lines[name, quantity]}")
            continue
        lines[name, quantity] = line
        unit, largest = QUANTITIES[quantity]
        if row["unit"] != unit:
            faults.add(f'{where}: the unit of {quantity} is "{row["unit"]}"; expected {unit}')
        value = parse_not_negative(row["value"], f"{where}: {quantity} of {name}", faults, largest=largest)
        table.setdefault(name, {})[quantity] = Figure(quantity, value, unit, row["source"], row["confidence"])
    for name in sorted({name for name, _ in lines}):
        missing = [quantity for quantity in QUANTITIES if (name, quantity) not in lines]
        if missing:
            faults.add(
                f"{key}: {path.name} has no {', '.join(missing)} for the class {name}; add a line for each"
            )
    faults.raise_if_any()
    return table


def _suggest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""
