"""The columns of every exported table: name, type, meaning, and how exactly a number is written.

The reference page of exports names each of them; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

# Decimals by the last word of a name; 1e-7 degrees are 1.1 cm.
_DECIMALS = {"day": 2, "share": 4, "pkr": 0, "min": 2, "kw": 1, "kva": 1, "lon": 7, "lat": 7, "people": 1}

SITE_COLUMNS = (
    Column("rank", "whole", "1 for the station that serves the most energy", may_be_missing=True),
    Column("site_id", "text", "stable id: of the place in OpenStreetMap, or file name and row"),
    Column("title", "text", "name to show"),
    Column("name", "text", "local name, empty when none"),
    Column("name_en", "text", "English name, empty when none"),
    Column("name_ur", "text", "Urdu name, empty when none"),
    Column("brand", "text", "brand, empty when none"),
    Column("kind", "text", "what stands there: fuel, parking, mall, …"),
    Column(
        "status", "text", "candidate (chosen by the plan), required (the planner's), existing or competitor"
    ),
    Column("standing", "text", "planned (nothing is built), built, or not chosen"),
    Column("is_open", "flag", "in the plan, or existing"),
    Column("is_new", "flag", "opened by the plan"),
    Column("opened_year", "whole", "year in which a new station first has chargers", may_be_missing=True),
    Column("chargers", "whole", "chargers in the plan"),
    Column("chargers_by_type", "text", "number of chargers by type, as JSON", may_be_missing=True),
    Column("power_kw", "number", "their power together", may_be_missing=True),
    Column("load_kva", "number", "load to ask the supplier for", may_be_missing=True),
    Column("bays", "whole", "parking bays that the chargers need", may_be_missing=True),
    Column("connection", "text", "how the supplier connects a new station: LT or 11 kV", may_be_missing=True),
    Column("feeder_id", "text", "feeder that it hangs on", may_be_missing=True),
    Column("feeder_name", "text", "name of that feeder", may_be_missing=True),
    Column("feeder_headroom_kw", "number", "new load that the feeder can take", may_be_missing=True),
    Column("feeder_left_kw", "number", "what the plan leaves of it", may_be_missing=True),
    Column("headroom_unknown", "flag", "nobody knows what the grid above it can take", may_be_missing=True),
    Column("served_kwh_day", "number", "energy that the plan sends there", may_be_missing=True),
    Column("capacity_kwh_day", "number", "energy that it can deliver", may_be_missing=True),
    Column(
        "utilisation_share", "number", "share of the opening hours in which it is busy", may_be_missing=True
    ),
    Column("peak_wait_min", "number", "expected wait in the busiest hour", may_be_missing=True),
    Column(
        "peak_busy_share", "number", "share of drivers who find all busy then and wait", may_be_missing=True
    ),
    Column(
        "peak_blocked_share",
        "number",
        "share of drivers who would drive on then if nobody waited",
        may_be_missing=True,
    ),
    Column("mean_drive_min", "number", "mean drive to it, weighted by energy", may_be_missing=True),
    Column("cost_pkr", "number", "cost of opening it, chargers included", may_be_missing=True),
    Column("alone_kwh_day", "number", "energy that only this station reaches", may_be_missing=True),
    Column("dropped_loss_kwh_day", "number", "energy lost if it were dropped", may_be_missing=True),
    Column("zone_name", "text", "zone that it lies in", may_be_missing=True),
    Column("lon", "number", "degrees east, WGS 84"),
    Column("lat", "number", "degrees north, WGS 84"),
)
CELL_COLUMNS = (
    Column("cell_id", "text", "H3 cell"),
    Column("zone_id", "text", "zone of its centre"),
    Column("zone_name", "text", "its name"),
    Column("people", "number", "people who live there"),
    Column("demand_kwh_day", "number", "energy that public stations can serve"),
    Column("competitor_kwh_day", "number", "of it, what competitors take"),
    Column("served_kwh_day", "number", "of it, what the plan serves"),
    Column("unserved_kwh_day", "number", "what is left"),
    Column("is_on_network", "flag", "false when it is too far from any road"),
    Column("lon", "number", "degrees east of its centre, WGS 84"),
    Column("lat", "number", "degrees north of its centre, WGS 84"),
)
ZONE_COLUMNS = (
    Column("zone_id", "text", "id of the zone"),
    Column("zone_name", "text", "its name"),
    Column("people", "number", "people in its cells"),
    Column("demand_kwh_day", "number", "energy that public stations can serve"),
    Column("competitor_kwh_day", "number", "of it, what competitors take"),
    Column("served_kwh_day", "number", "of it, what the plan serves"),
    Column("served_share", "number", "served part of the demand", may_be_missing=True),
)
LAYER_COLUMNS = {
    "stations": SITE_COLUMNS,
    "sites": SITE_COLUMNS,
    "cells": CELL_COLUMNS,
    "zones": ZONE_COLUMNS,
}


def find_decimals(name: str) -> int | None:
    """Find to how many decimals a column of numbers is written; None for as many as there are.

    Examples
    --------
    >>> find_decimals("served_kwh_day"), find_decimals("lon"), find_decimals("value")
    (2, 7, None)
    """
    return _DECIMALS.get(name.rsplit("_", 1)[-1])


def list_names(columns: Iterable[Column]) -> list[str]:
    """List the names of columns in their order."""
    return [column.name for column in columns]
