"""Figures by vehicle class: the fleet file with the planner's changes of single figures."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from chargeplan.demand.explain import Figure
from chargeplan.demand.figures_file import parse_not_negative, read_figure_rows
from chargeplan.demand.scenario import suggest
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import find_data_file
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import FleetSettings, VehicleClassSettings

SHARE_QUANTITIES = tuple(f"{use.value}_share" for use in ChargingUse)
# Unit and largest value of each quantity that a vehicle class must have.
QUANTITIES = {
    "km_day": ("km/day", inf),
    "kwh_km": ("kWh/km", inf),
    "battery_kwh": ("kWh", inf),
    **dict.fromkeys(SHARE_QUANTITIES, ("share", 1.0)),
    "swap_share": ("share", 1.0),
}
# Quantities that come from the national stock unless a file or the config gives them.
COUNTS = {
    "vehicles": ("vehicles", inf),
    "vehicles_per_1000": ("vehicles", inf),
    "electric_share": ("share", 1.0),
}
_COLUMNS = ("class", "quantity", "value", "unit", "source", "confidence")


def read_class_figures(settings: FleetSettings) -> dict[str, dict[str, Figure]]:
    """Read the figures of each class with the planner's changes.

    Raises
    ------
    DataError
        As `read_fleet`.
    ConfigError
        When the config changes a class that the fleet does not have and does not give all of it.
    """
    path = settings.path or find_data_file("fleet", "vehicles.csv")
    table = _read_fleet_file(path)
    faults = FaultCollector(ConfigError)
    for name, changes in settings.classes.items():
        given = _list_changes(changes)
        counted = "electric_share" in given and ("vehicles" in given or "vehicles_per_1000" in given)
        if name not in table and not (counted and QUANTITIES.keys() <= given.keys()):
            faults.add(
                f'demand.fleet.classes: the fleet file {path.name} has no class "{name}"{suggest(name, table)}, '
                f"only {', '.join(sorted(table))}; a new class needs all of vehicles, electric_share, "
                f"{', '.join(QUANTITIES)}"
            )
            continue
        figures = table.setdefault(name, {})
        for other in ("vehicles", "vehicles_per_1000"):
            if other not in given and {"vehicles", "vehicles_per_1000"} & given.keys():
                figures.pop(other, None)
        for quantity, value in given.items():
            unit = (QUANTITIES | COUNTS)[quantity][0]
            figures[quantity] = Figure(quantity, value, unit, f"demand.fleet.classes.{name}", "planner")
    faults.raise_if_any()
    return table


def _list_changes(changes: VehicleClassSettings) -> dict[str, float]:
    values = {quantity: getattr(changes, quantity) for quantity in (*QUANTITIES, *COUNTS)}
    return {quantity: value for quantity, value in values.items() if value is not None}


def _read_fleet_file(path: Path) -> dict[str, dict[str, Figure]]:
    key = "demand.fleet.path"
    known = QUANTITIES | COUNTS
    faults = FaultCollector(DataError)
    table: dict[str, dict[str, Figure]] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, row in read_figure_rows(path, key, _COLUMNS):
        name, quantity = row["class"], row["quantity"]
        where = f"{key}: {path.name} line {line}"
        if not name:
            faults.add(f"{where} names no class")
            continue
        if quantity not in known:
            faults.add(
                f'{where}: "{quantity}" is no quantity{suggest(quantity, known)}; expected {", ".join(known)}'
            )
            continue
        if (name, quantity) in lines:
            faults.add(f"{where}: {quantity} of {name} is there already, in line {lines[name, quantity]}")
            continue
        lines[name, quantity] = line
        unit, largest = known[quantity]
        if row["unit"] != unit:
            faults.add(f'{where}: the unit of {quantity} is "{row["unit"]}"; expected {unit}')
        value = parse_not_negative(row["value"], f"{where}: {quantity} of {name}", faults, largest=largest)
        if quantity == "battery_kwh" and value == 0:
            faults.add(f"{where}: battery_kwh of {name} is 0; expected more")
        table.setdefault(name, {})[quantity] = Figure(quantity, value, unit, row["source"], row["confidence"])
    for name in sorted({name for name, _ in lines}):
        missing = [quantity for quantity in QUANTITIES if (name, quantity) not in lines]
        if missing:
            faults.add(
                f"{key}: {path.name} has no {', '.join(missing)} for the class {name}; add a line for each"
            )
    faults.raise_if_any()
    return table
