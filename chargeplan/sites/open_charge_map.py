"""Exports of Open Charge Map, JSON or CSV, in the columns of a planner's file of sites.

The data of Open Charge Map are CC BY 4.0 where its contributors license them so (each JSON record
says it under DataProvider); chargeplan ships none, the planner brings the file and credits it.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError, FaultCollector
from chargeplan.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Columns = dict[str, list[object]]

LOG = logging.getLogger(__name__)

# Headings of Open Charge Map's own CSV, of flattened JSON, and of tables made from it by hand.
_NAMES_OF_COLUMN = {
    "site_id": ("id", "ocm_id"),
    "name": ("locationtitle", "addressinfo.title", "title", "name"),
    "brand": ("operatorinfo.title", "operatortitle", "operator"),
    "lat": ("latitude", "addressinfo.latitude", "lat"),
    "lon": ("longitude", "addressinfo.longitude", "lon"),
    "power_kw": ("powerkw", "power_kw"),
    "existing_chargers": ("numberofpoints",),
    "status_type": ("statustype", "statustype.title", "statustypeid"),
    "country": ("country", "addressinfo.country.title"),
}
_OWN_COUNTRY = ("", "pakistan", "pk")
# Where nobody can charge: not operational, planned, removed, listed twice.
_CLOSED_STATUS_IDS = frozenset({100, 150, 200, 210})
_CLOSED_WORDS = ("not operational", "planned", "removed")


def is_open_charge_map(header: Iterable[str]) -> bool:
    """Tell whether the headings of a CSV are those of an export of Open Charge Map."""
    names = {name.strip().casefold() for name in header}
    return (
        "ocm_id" in names
        or ("id" in names and {"latitude", "longitude"} <= names)
        or ("id" in names and {"addressinfo.latitude", "addressinfo.longitude"} <= names)
    )


def translate_table(columns: Columns, where: str) -> tuple[Columns, list[int]]:
    """Give the columns of an exported CSV the names of a planner's file.

    Closed stations and those that the file puts in another country are left out.

    Returns
    -------
    tuple
        The columns, and the positions of the rows that are left.

    Raises
    ------
    DataError
        When a position column is missing.
    """
    by_folded = {name.strip().casefold(): name for name in columns}
    found = {
        column: next((by_folded[name] for name in names if name in by_folded), None)
        for column, names in _NAMES_OF_COLUMN.items()
    }
    missing = [column for column in ("lat", "lon") if found[column] is None]
    if missing:
        raise DataError(
            f"{where} looks like an export of Open Charge Map but has no {' and no '.join(missing)}; its columns are "
            f"{', '.join(columns)}; export it with Latitude and Longitude"
        )
    rest = {name: values for name, values in columns.items() if name not in found.values()}
    known = {column: columns[name] for column, name in found.items() if name is not None}
    if "site_id" in known:
        known["site_id"] = [_write_id(value) for value in known["site_id"]]
    nothing: list[object] = [""] * len(known["lat"])
    closed = [_is_closed_word(str(value)) for value in known.pop("status_type", nothing)]
    abroad = [_is_abroad(value) for value in known.pop("country", nothing)]
    kept = _keep(closed, abroad, where)
    return {name: [values[row] for row in kept] for name, values in (rest | known).items()}, kept


def read_json(path: Path, where: str) -> Columns | None:
    """Read a JSON export: a list of stations, or one station; None when it is other JSON.

    Chargers are `NumberOfPoints`, else the connections times their quantity. A charger with two
    plugs is two connections of the same power; where there are more connections than points the
    largest powers count.

    Raises
    ------
    DataError
        When the file is no JSON, or a station has no position.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{where} cannot be read as JSON in UTF-8: {error}; export it again") from error
    stations = content if isinstance(content, list) else [content]
    if not stations or not all(isinstance(one, dict) and "AddressInfo" in one for one in stations):
        return None
    faults = FaultCollector(DataError)
    lost = [_write_id(one.get("ID", "")) for one in stations if not _has_position(one)]
    if lost:
        faults.add(
            f"{where}: no Latitude and Longitude in {Rows('station', lost).name(range(len(lost)))}; give or drop them"
        )
    faults.raise_if_any()
    closed = [_is_closed(one) for one in stations]
    abroad = [_is_abroad((one["AddressInfo"].get("Country") or {}).get("ISOCode")) for one in stations]
    kept = [stations[row] for row in _keep(closed, abroad, where)]
    columns: Columns = {name: [] for name in ("site_id", "name", "brand", "lon", "lat")}
    columns |= {"power_kw": [], "existing_chargers": []}
    for one in kept:
        address = one["AddressInfo"]
        n_chargers, power_kw = _count_chargers(one)
        row = {
            "site_id": _write_id(one.get("ID", "")),
            "name": address.get("Title") or "",
            "brand": (one.get("OperatorInfo") or {}).get("Title") or "",
            "lon": address["Longitude"],
            "lat": address["Latitude"],
            "power_kw": f"{power_kw:g}" if power_kw > 0 else "",
            "existing_chargers": str(n_chargers) if n_chargers else "",
        }
        for name, value in row.items():
            columns[name].append(value)
    return columns


def _count_chargers(station: dict[str, Any]) -> tuple[int, float]:
    """Count the chargers of a station and sum their power, 0 where nothing is said."""
    powers_kw: list[float] = []
    n_plugs = 0
    for connection in station.get("Connections") or []:
        quantity = int(connection.get("Quantity") or 1)
        n_plugs += quantity
        powers_kw += [float(connection.get("PowerKW") or 0.0)] * quantity
    n_points = int(station.get("NumberOfPoints") or 0) or n_plugs
    return n_points, sum(sorted(powers_kw, reverse=True)[:n_points])


def _has_position(station: dict[str, Any]) -> bool:
    address = station["AddressInfo"] or {}
    return all(isinstance(address.get(name), int | float) for name in ("Latitude", "Longitude"))


def _is_closed(station: dict[str, Any]) -> bool:
    status = station.get("StatusType") or {}
    return status.get("IsOperational") is False or station.get("StatusTypeID") in _CLOSED_STATUS_IDS


def _is_closed_word(word: str) -> bool:
    text = word.strip().casefold()
    return text.startswith(_CLOSED_WORDS) or (text.isdigit() and int(text) in _CLOSED_STATUS_IDS)


def _is_abroad(country: object) -> bool:
    return str(country or "").strip().casefold() not in _OWN_COUNTRY


def _keep(closed: list[bool], abroad: list[bool], where: str) -> list[int]:
    """List the rows of open stations of this country, and tell how many others there are."""
    for left_out, why in (
        (closed, "not in operation (planned, closed or removed)"),
        (abroad, "in another country"),
    ):
        if any(left_out):
            LOG.info("%s: %d of %d stations are %s and were left out", where, sum(left_out), len(closed), why)
    return [row for row in range(len(closed)) if not (closed[row] or abroad[row])]


def _write_id(value: object) -> str:
    text = str(value).strip()
    return f"ocm:{text}" if text else ""
