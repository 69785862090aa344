"""The plug of each charger type, for formats that ask for one; an assumption that is told each time.

A plan decides the power of chargers, not their plugs. The project's figures give the plug that
stations of that power in Pakistan have; ``--plug`` puts another in its place.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError
from chargeplan.files import find_data_file
from chargeplan.suggest import suggest_word
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chargeplan.records import PlanRequest

EVERY_TYPE = "all"
_WATTS_PER_KW = 1000.0
_ROOM = 1e-9
_PHASES = {"AC_1_PHASE": 1, "AC_3_PHASE": 3, "DC": 1}


@dataclass(frozen=True, slots=True)
class Plug:
    """A plug of a charger type, in the words of OCPI 2.2.1.

    Parameters
    ----------
    standard, format, power_type : str
        Words of ConnectorType, ConnectorFormat and PowerType.
    power_kw : float
        Rated power of the charger.
    most_volt, most_ampere : int
        Largest voltage (from line to neutral for three phases) and current.
    ocm_connection_id : int
        ConnectionTypeID of Open Charge Map.
    confidence : str
        Of the figure that names the plug; ``planner`` when the user named it.
    source : str
    """

    standard: str
    format: str
    power_type: str
    power_kw: float
    most_volt: int
    most_ampere: int
    ocm_connection_id: int
    confidence: str
    source: str


def choose_plugs(request: PlanRequest, named: Mapping[str, str]) -> dict[str, Plug]:
    """Choose the plug of each charger type of a plan.

    Parameters
    ----------
    request : PlanRequest
    named : mapping of str to str
        Standard by charger type, or by `EVERY_TYPE`.

    Raises
    ------
    ConfigError
        When a type or a standard is not known, or a plug cannot carry the power of its charger.
    """
    types = dict(zip(map(clean_text, request.type_names), request.type_power_kw, strict=True))
    standards = {row["standard"]: row for row in _read_rows("standards.csv")}
    faults = [
        f"--plug {name}={standard}: {_suggest(name, [*types, EVERY_TYPE], 'charger type')}"
        for name, standard in named.items()
        if name not in types and name != EVERY_TYPE
    ]
    faults += [
        f"--plug {name}={standard}: {_suggest(standard, list(standards), 'plug')}"
        for name, standard in named.items()
        if standard not in standards
    ]
    if faults:
        raise ConfigError(faults)
    usual = sorted(_read_rows("plugs.csv"), key=lambda row: float(row["up_to_kw"]))
    plugs: dict[str, Plug] = {}
    for name, power_kw in types.items():
        wanted = named.get(name, named.get(EVERY_TYPE))
        rows = usual if wanted is None else _list_rows(standards[wanted], usual)
        fitting = next((row for row in rows if power_kw <= float(row["up_to_kw"]) + _ROOM), None)
        if fitting is None:
            faults.append(_describe_too_weak(name, power_kw, wanted, rows))
        else:
            plugs[name] = _build_plug(power_kw, wanted, fitting, standards)
    if faults:
        raise ConfigError(faults)
    return plugs


def describe_plugs(plugs: Mapping[str, Plug]) -> list[str]:
    """Say which plug each charger type was given, and on what that rests."""
    return [
        f"{name}: {plug.standard}, {'a cable' if plug.format == 'CABLE' else 'a socket'}; "
        + (
            "named by you"
            if plug.confidence == "planner"
            else f'ASSUMED ({plug.confidence} confidence: {plug.source}), change it with --plug "{name}=STANDARD"'
        )
        for name, plug in plugs.items()
    ]


def _list_rows(standard: Mapping[str, str], usual: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """List the figures of voltage and current that hold for a standard that the user names, weakest first.

    A standard that is not among the usual plugs has those of the usual ones with its kind of current;
    a plug of one phase never has those of three.
    """
    of_standard = [row for row in usual if row["standard"] == standard["standard"]]
    return of_standard or [
        row
        for row in usual
        if (row["power_type"] == "DC") == (standard["power_type"] == "DC")
        and _PHASES[row["power_type"]] <= _PHASES[standard["power_type"]]
    ]


def _describe_too_weak(name: str, power_kw: float, named: str | None, rows: Sequence[dict[str, str]]) -> str:
    most = rows[-1]["up_to_kw"]
    if named is None:
        return (
            f"charger type {name}: no plug is known for {power_kw:g} kW, the strongest carries {most} kW "
            f"(data/exports/plugs.csv); leave ocpi and ocm away with --format"
        )
    return (
        f"--plug: {named} cannot carry the {power_kw:g} kW of charger type {name}, "
        f"at most {most} kW (data/exports/plugs.csv); name another plug for that type"
    )


def _build_plug(
    power_kw: float, named: str | None, fitting: Mapping[str, str], standards: Mapping[str, dict[str, str]]
) -> Plug:
    standard = named or fitting["standard"]
    has_cable = fitting["format"] == "CABLE" or standards[standard]["power_type"] == "DC"
    column = "ocm_cable_connection_id" if has_cable else "ocm_connection_id"
    phases = _PHASES[fitting["power_type"]]
    ampere = math.ceil(power_kw * _WATTS_PER_KW / (phases * float(fitting["usual_volt"])) - _ROOM)
    return Plug(
        standard=standard,
        format="CABLE" if has_cable else "SOCKET",
        power_type=fitting["power_type"],
        power_kw=power_kw,
        most_volt=int(fitting["most_volt"]),
        most_ampere=min(ampere, int(fitting["most_ampere"])),
        ocm_connection_id=int(standards[standard][column]),
        confidence="planner" if named else fitting["confidence"],
        source="--plug" if named else fitting["source"],
    )


def _suggest(word: str, known: list[str], what: str) -> str:
    return f"no such {what}; {suggest_word(word, known)}"


def _read_rows(name: str) -> list[dict[str, str]]:
    with find_data_file("exports", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))
