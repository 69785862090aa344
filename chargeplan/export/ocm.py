"""Open Charge Map: the new stations as places with status 150, planned for a future date.

Members and ids are those of its public export of Pakistan and of its reference data. Nothing is ever
sent there: a plan is not a fact, and who runs a station decides to list it.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chargeplan.export.chargers import describe_growth, list_planned_chargers
from chargeplan.export.ocpi import find_city
from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.place_ids import make_place_ids
from chargeplan.export.plan import describe_rights
from chargeplan.export.plugs import Plug, choose_plugs
from chargeplan.export.schema_check import find_schema_faults
from chargeplan.text import clean_text, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.export.chargers import PlannedChargers
    from chargeplan.export.plan import ExportPlan

SCHEMA_NAME = "ocm-poi-planned.json"
PLANNED, PUBLIC, PAKISTAN = 150, 1, 170  # StatusTypeID, UsageTypeID, CountryID
_CURRENTS = {"AC_1_PHASE": 10, "AC_3_PHASE": 20, "DC": 30}
_LEVEL_2_FROM_KW, _LEVEL_3_FROM_KW = 2.0, 40.0
_LONGEST_TITLE, _LONGEST_COMMENT = 100, 1000


def list_ocm_files(plan: ExportPlan) -> list[OutputFile]:
    """List the one file."""
    return [
        OutputFile(
            f"{plan.study}-ocm-planned.json",
            ExportFormat.OCM,
            "new stations in the form of Open Charge Map, status 150; never uploaded",
            partial(_write, plan=plan),
            partial(_check, plan=plan),
        )
    ]


def build_places(plan: ExportPlan) -> list[dict[str, Any]]:
    """Build the places of the new stations, best rank first."""
    chargers = list_planned_chargers(plan.bundle)
    plugs = choose_plugs(plan.bundle.request, plan.options.plugs)
    place_ids = make_place_ids(plan.sites["site_id"])
    town = find_city(plan)
    new = plan.stations[plan.stations["is_new"]].to_dict("records")
    return [
        {
            "OperatorsReference": place_ids[row["site_id"]],
            "UsageTypeID": PUBLIC,
            "StatusTypeID": PLANNED,
            "NumberOfPoints": sum(each.number for each in chargers[row["site_id"]]),
            **_describe_year(chargers[row["site_id"]]),
            "GeneralComments": _describe_plan(plan, chargers[row["site_id"]]),
            "AddressInfo": {
                "Title": clean_text(row["title"], _LONGEST_TITLE),
                "Town": town,
                "CountryID": PAKISTAN,
                "Latitude": row["lat"],
                "Longitude": row["lon"],
            },
            "Connections": _build_connections(chargers[row["site_id"]], plugs),
        }
        for row in new
    ]


def _describe_plan(plan: ExportPlan, chargers: list[PlannedChargers]) -> str:
    title, growth = clean_text(plan.bundle.area.title), describe_growth(chargers)
    by_year = f"{growth}; NumberOfPoints is that of {plan.bundle.year}. " if growth else ""
    text = f"Planned, not built: a study for {plan.bundle.year} ({title}). {by_year}{describe_rights(plan)}"
    return clean_text(text, _LONGEST_COMMENT)


def _describe_year(chargers: list[PlannedChargers]) -> dict[str, str]:
    years = [each.first_year for each in chargers if each.first_year is not None]
    return {"DatePlanned": f"{min(years)}-01-01T00:00:00Z"} if years else {}


def _build_connections(chargers: list[PlannedChargers], plugs: dict[str, Plug]) -> list[dict[str, Any]]:
    """Build one connection for each charger type, however many years it is built in."""
    by_type: dict[str, list[PlannedChargers]] = {}
    for each in chargers:
        by_type.setdefault(each.charger_type, []).append(each)
    return [
        {
            "ConnectionTypeID": plugs[name].ocm_connection_id,
            "StatusTypeID": PLANNED,
            "LevelID": _choose_level(plugs[name].power_kw),
            "Amps": plugs[name].most_ampere,
            "Voltage": plugs[name].most_volt,
            "PowerKW": plugs[name].power_kw,
            "CurrentTypeID": _CURRENTS[plugs[name].power_type],
            "Quantity": sum(each.number for each in group),
            **({"Comments": describe_growth(group)} if describe_growth(group) else {}),
        }
        for name, group in by_type.items()
    ]


def _choose_level(power_kw: float) -> int:
    """Choose the level: under 2 kW, over 2 kW, over 40 kW."""
    if power_kw > _LEVEL_3_FROM_KW:
        return 3
    return 2 if power_kw > _LEVEL_2_FROM_KW else 1


def _write(path: Path, *, plan: ExportPlan) -> None:
    path.write_bytes((to_json(build_places(plan), indent=1) + "\n").encode())


def _check(path: Path, *, plan: ExportPlan) -> list[str]:
    places = json.loads(path.read_text(encoding="utf-8"))
    faults = find_schema_faults(SCHEMA_NAME, places)
    if faults:
        return faults
    new = plan.stations[plan.stations["is_new"]]
    numbers = [sum(each["Quantity"] for each in place["Connections"]) for place in places]
    if numbers != new["chargers"].tolist():
        faults.append("the connections are not the chargers of the plan")
    points = [place["AddressInfo"] for place in places]
    lon, lat = [point["Longitude"] for point in points], [point["Latitude"] for point in points]
    return faults + find_shifted(lon, lat, new["lon"], new["lat"])
