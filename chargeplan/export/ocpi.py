"""OCPI 2.2.1: a Location for each new station, each charger an EVSE with status PLANNED.

Written from the specification (github.com/ocpi/ocpi, release 2.2.1, module locations). A plan has no
clock: ``last_updated`` is the date of the newest input unless the user names a time. ``publish`` is
false, so that no app shows a station that is not there.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.export.chargers import list_planned_chargers
from chargeplan.export.options import LONGEST_CITY, ExportFormat
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.place_ids import make_place_ids
from chargeplan.export.plugs import Plug, choose_plugs
from chargeplan.export.schema_check import find_schema_faults
from chargeplan.geo import to_metric
from chargeplan.publish.report.roads import RoadLines
from chargeplan.text import clean_text, to_json
from chargeplan.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.export.chargers import PlannedChargers
    from chargeplan.export.plan import ExportPlan

SCHEMA_NAME = "ocpi-2.2.1-location.json"
COUNTRY, TIME_ZONE = "PAK", "Asia/Karachi"
_LONGEST_NAME, _LONGEST_ADDRESS = 255, 45
_DECIMALS = 7
_WATTS_PER_KW = 1000
_FACILITIES = {
    "fuel": "FUEL_STATION",
    "parking": "PARKING_LOT",
    "mall": "MALL",
    "supermarket": "SUPERMARKET",
    "hotel": "HOTEL",
    "restaurant": "RESTAURANT",
    "bus_station": "BUS_STOP",
    "taxi_stand": "TAXI_STAND",
}


def list_ocpi_files(plan: ExportPlan) -> list[OutputFile]:
    """List the one file."""
    return [
        OutputFile(
            f"{plan.study}-ocpi-locations.json",
            ExportFormat.OCPI,
            "new stations as OCPI 2.2.1 Locations, every EVSE PLANNED",
            partial(_write, plan=plan),
            partial(_check, plan=plan),
        )
    ]


def find_city(plan: ExportPlan) -> str:
    """Find the name of the city: the user's, that of the study's city, or the study's title."""
    study = plan.bundle.settings_as_run.get("study") or {}
    named = str(study.get("city") or "").replace("_", " ").title()
    return clean_text(plan.options.city or named or plan.bundle.area.title or plan.study, LONGEST_CITY)


def build_locations(plan: ExportPlan) -> list[dict[str, Any]]:
    """Build the Locations of the new stations, best rank first."""
    chargers = list_planned_chargers(plan.bundle)
    plugs = choose_plugs(plan.bundle.request, plan.options.plugs)
    place_ids = make_place_ids(plan.sites["site_id"])
    updated = plan.options.last_updated or f"{plan.data_date}T00:00:00Z"
    new = plan.stations[plan.stations["is_new"]].to_dict("records")
    addresses = list_addresses(plan, new)
    always_open = plan.bundle.request.hours_day >= HOURS_PER_DAY
    return [
        _drop_empty(
            {
                "country_code": plan.options.country_code,
                "party_id": plan.options.party_id,
                "id": place_ids[row["site_id"]],
                "publish": False,
                "name": clean_text(row["title"], _LONGEST_NAME),
                "address": address,
                "city": find_city(plan),
                "country": COUNTRY,
                "coordinates": _describe_point(row),
                "evses": _build_evses(place_ids[row["site_id"]], chargers[row["site_id"]], plugs, updated),
                "facilities": [_FACILITIES[row["kind"]]] if row["kind"] in _FACILITIES else None,
                "parking_type": "PARKING_LOT" if row["kind"] == "parking" else None,
                "time_zone": TIME_ZONE,
                "opening_times": {"twentyfourseven": True} if always_open else None,
                "last_updated": updated,
            }
        )
        for row, address in zip(new, addresses, strict=True)
    ]


def list_addresses(plan: ExportPlan, stations: list[dict[str, Any]]) -> list[str]:
    """Find the address of each station: its nearest road with a name, and its zone; the city where it has neither.

    The name of the place is no address, so that a road or zone of the same name is left out.
    """
    bundle = plan.bundle
    if not stations:
        return []
    roads = RoadLines(bundle.network)
    x_m, y_m = to_metric(
        np.array([row["lon"] for row in stations]),
        np.array([row["lat"] for row in stations]),
        bundle.area.crs,
    )
    addresses = []
    for row, x, y in zip(stations, x_m.tolist(), y_m.tolist(), strict=True):
        zone = "" if bundle.cells.zones_are_cells else clean_text(row["zone_name"] or "")
        parts = [
            part
            for part in dict.fromkeys((roads.find_nearest_name(x, y).partition(";")[0], zone))
            if part and part.casefold() != str(row["title"]).casefold()
        ]
        if len(", ".join(parts)) > _LONGEST_ADDRESS:
            parts = parts[:1]
        addresses.append(clean_text(", ".join(parts) or find_city(plan), _LONGEST_ADDRESS))
    return addresses


def _build_evses(
    place_id: str, chargers: list[PlannedChargers], plugs: dict[str, Plug], updated: str
) -> list[dict[str, Any]]:
    evses: list[dict[str, Any]] = []
    for group in chargers:
        plug = plugs[group.charger_type]
        for _ in range(group.number):
            number = len(evses) + 1
            schedule = {"period_begin": f"{group.first_year}-01-01T00:00:00Z", "status": "AVAILABLE"}
            evses.append(
                _drop_empty(
                    {
                        "uid": f"{place_id}-{number}",
                        "status": "PLANNED",
                        "status_schedule": None if group.first_year is None else [schedule],
                        "physical_reference": str(number),
                        "connectors": [_build_connector(plug, updated)],
                        "last_updated": updated,
                    }
                )
            )
    return evses


def _build_connector(plug: Plug, updated: str) -> dict[str, Any]:
    return {
        "id": "1",
        "standard": plug.standard,
        "format": plug.format,
        "power_type": plug.power_type,
        "max_voltage": plug.most_volt,
        "max_amperage": plug.most_ampere,
        "max_electric_power": round(plug.power_kw * _WATTS_PER_KW),
        "last_updated": updated,
    }


def _describe_point(row: dict[str, Any]) -> dict[str, str]:
    return {"latitude": f"{row['lat']:.{_DECIMALS}f}", "longitude": f"{row['lon']:.{_DECIMALS}f}"}


def _drop_empty(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None and value != ""}


def _write(path: Path, *, plan: ExportPlan) -> None:
    path.write_bytes((to_json(build_locations(plan), indent=1) + "\n").encode())


def _check(path: Path, *, plan: ExportPlan) -> list[str]:
    locations = json.loads(path.read_text(encoding="utf-8"))
    faults = find_schema_faults(SCHEMA_NAME, locations)
    if faults:
        return faults
    new = plan.stations[plan.stations["is_new"]]
    ids = [location["id"].casefold() for location in locations]
    if len(set(ids)) != len(ids):
        faults.append("ids of locations repeat")
    if any(evse["status"] != "PLANNED" for location in locations for evse in location["evses"]):
        faults.append("an EVSE is not PLANNED")
    counts = [len(location["evses"]) for location in locations]
    if counts != new["chargers"].tolist():
        faults.append("the EVSEs are not the chargers of the plan")
    points = [location["coordinates"] for location in locations]
    lon, lat = [float(each["longitude"]) for each in points], [float(each["latitude"]) for each in points]
    return faults + find_shifted(lon, lat, new["lon"], new["lat"])
