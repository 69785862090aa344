"""What a site is called where people read it: its name, or what it is and where.

An id is for files and never stands for a name.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.geo import to_metric
from chargeplan.text import clean_text, show_name
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.records import Bools, RoadNetwork

# A road farther away than this is not the one that a place stands on.
NEAR_ROAD_M = 500.0
KIND_WORDS = {
    PlaceKind.FUEL: "Fuel station",
    PlaceKind.PARKING: "Car park",
    PlaceKind.MALL: "Shopping mall",
    PlaceKind.SUPERMARKET: "Supermarket",
    PlaceKind.HOSPITAL: "Hospital",
    PlaceKind.UNIVERSITY: "University",
    PlaceKind.BUS_STATION: "Bus station",
    PlaceKind.HOTEL: "Hotel",
    PlaceKind.CHARGING_STATION: "Charging station",
    PlaceKind.MARKET: "Market",
    PlaceKind.SCHOOL: "School",
    PlaceKind.OFFICE: "Office",
    PlaceKind.BANK: "Bank",
    PlaceKind.RESTAURANT: "Restaurant",
    PlaceKind.CINEMA: "Cinema",
    PlaceKind.WORSHIP: "Place of worship",
    PlaceKind.PARK: "Park",
    PlaceKind.TAXI_STAND: "Taxi stand",
    PlaceKind.FLEET_YARD: "Fleet yard",
    PlaceKind.TRUCK_TERMINAL: "Truck terminal",
    PlaceKind.INDUSTRIAL_ESTATE: "Industrial estate",
    PlaceKind.OTHER: "Site",
}


def name_sites(table: pd.DataFrame, network: RoadNetwork, zone_names: list[str]) -> list[str]:
    """Name every site; never by its id.

    A site with a name keeps it. One without is called by its kind and the nearest named road within
    `NEAR_ROAD_M`, else its zone: ``Fuel station, Kashmir Highway``. Where that fits several sites, the zone is
    added, ``Fuel station, Kashmir Highway (Golra)``; and where that does not tell them apart, those after the
    first by id get a number, ``Fuel station, Kashmir Highway (Golra) 2``.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.SITES`, sorted by site_id.
    network : RoadNetwork
    zone_names : list of str
        Name of the zone of each site.

    Returns
    -------
    list of str
        Equal input gives equal names, whatever the plan.
    """
    given = [show_name(row, "") for row in table[["name_en", "name", "name_ur"]].to_dict("records")]
    is_nameless = np.array([not name for name in given], dtype=np.bool_)
    made = _describe_places(table, network, zone_names, is_nameless)
    return [name or made[number] for number, name in enumerate(given)]


def name_kind(kind: object) -> str:
    """Say what a kind of place is called, ``Fuel station``; other words are shown as they are.

    Examples
    --------
    >>> name_kind("bus_station"), name_kind("pump_room")
    ('Bus station', 'Pump room')
    """
    word = str(kind)
    if word in set(PlaceKind):
        return KIND_WORDS[PlaceKind(word)]
    return clean_text(word.replace("_", " ")).capitalize() or KIND_WORDS[PlaceKind.OTHER]


def _describe_places(
    table: pd.DataFrame, network: RoadNetwork, zone_names: list[str], is_wanted: Bools
) -> dict[int, str]:
    """Describe wanted sites by what they are and where, each with words of its own, by row."""
    rows = np.flatnonzero(is_wanted).tolist()
    road = find_nearest_roads(table.iloc[rows], network)
    kind = [name_kind(word) for word in table["kind"].iloc[rows]]
    zone = [clean_text(zone_names[row]) for row in rows]
    plain = [
        ", ".join(filter(None, (word, street or district)))
        for word, street, district in zip(kind, road, zone, strict=True)
    ]
    shared = Counter(plain)
    names = [
        f"{name} ({district})" if shared[name] > 1 and street and district else name
        for name, street, district in zip(plain, road, zone, strict=True)
    ]
    seen: Counter[str] = Counter()
    described = {}
    for row, name in zip(rows, names, strict=True):
        seen[name] += 1
        described[row] = name if seen[name] == 1 else f"{name} {seen[name]}"
    return described


def find_nearest_roads(table: pd.DataFrame, network: RoadNetwork) -> list[str]:
    """Find the name of the nearest named road of each place; empty where none is within `NEAR_ROAD_M`.

    Where several are equally near, as at a crossing, the first by name counts.
    """
    names = [clean_text(name) for name in network.roads["name"]]
    named = np.flatnonzero(np.array([bool(name) for name in names], dtype=np.bool_))
    if len(table) == 0 or len(named) == 0:
        return [""] * len(table)
    x_m, y_m = to_metric(network.road_lonlat[:, 0], network.road_lonlat[:, 1], network.crs)
    lengths = np.diff(network.road_offsets)
    piece = np.repeat(np.arange(len(lengths)), lengths)
    is_named = np.zeros(len(lengths), dtype=np.bool_)
    is_named[named] = True
    kept = is_named[piece]
    new_row = np.cumsum(is_named) - 1
    lines = shapely.linestrings(np.column_stack([x_m, y_m])[kept], indices=new_row[piece[kept]])
    at_x_m, at_y_m = to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), network.crs)
    found, line = shapely.STRtree(lines).query_nearest(
        shapely.points(at_x_m, at_y_m), max_distance=NEAR_ROAD_M, all_matches=True
    )
    nearest = [""] * len(table)
    for row, at in zip(found.tolist(), line.tolist(), strict=True):
        name = names[named[at]]
        nearest[row] = min(nearest[row] or name, name)
    return nearest
