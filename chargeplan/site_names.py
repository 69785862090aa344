"""What a site is called where people read it: its name, or what it is and where.

An id is for files and never stands for a name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.geo import to_metric
from chargeplan.text import clean_text, shorten_name, show_name
from chargeplan.words import PlaceKind
from chargeplan.zone_words import NO_ZONE

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.records import RoadNetwork

# A road farther away than this is not the one that a place stands on.
NEAR_ROAD_M = 500.0
LONGEST_SHARED = 120  # characters of a name that is told apart by its road
MAIN_ROAD_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")
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


@dataclass(frozen=True, slots=True)
class Road:
    """A named road; a main one has a name that few others have."""

    name: str
    is_main: bool


@dataclass(frozen=True, slots=True)
class ToldName:
    """The parts of a site's name, each empty when it has none.

    Parameters
    ----------
    what : str
        Name or kind.
    at : str
        Road, or zone where no road is near.
    zone : str
        What is told beside the road.
    number : int
        1 for the first of a name, which bears no number.
    """

    what: str
    at: str = ""
    zone: str = ""
    number: int = 1

    def __str__(self) -> str:
        """Put the parts together in English, ``PSO, Street 7 (Golra) 2``."""
        text = f"{self.what}, {self.at}" if self.at else self.what
        text = f"{text} ({self.zone})" if self.zone else text
        return f"{text} {self.number}" if self.number > 1 else text


def name_sites(table: pd.DataFrame, network: RoadNetwork, zone_names: list[str]) -> list[str]:
    """Name every site; never by its id.

    A site keeps a name that no other has. One that shares its name gets the nearest named road beside it, within
    `NEAR_ROAD_M`: ``PSO, Murree Road``; one without a name is called by its kind, ``Fuel station, Kashmir
    Highway``. Where the road is a minor one (there are many of ``Street 7``) or fits several such sites, the zone
    is added, ``Fuel station, Kashmir Highway (Golra)``; the zone stands for the road where none is near. What
    is still the same is told apart by a number in the order of the ids, from the second on.

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
    return list(map(str, tell_sites(table, network, zone_names)))


def tell_sites(table: pd.DataFrame, network: RoadNetwork, zone_names: list[str]) -> list[ToldName]:
    """Find the parts of the name of every site, see `name_sites`."""
    given = [show_name(row, "") for row in table[["name_en", "name", "name_ur"]].to_dict("records")]
    count = Counter(given)
    rows = [row for row, name in enumerate(given) if not name or count[name] > 1]
    what = [clean_text(given[row], LONGEST_SHARED) or name_kind(table["kind"].iloc[row]) for row in rows]
    zone = ["" if zone_names[row] == NO_ZONE else clean_text(zone_names[row]) for row in rows]
    made = _tell_apart(what, find_nearest_roads(table.iloc[rows], network), zone, set(given))
    told = list(map(ToldName, given))
    for row, name in zip(rows, made, strict=True):
        told[row] = name
    return told


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


def _tell_apart(
    what: list[str], roads: list[Road | None], zone: list[str], taken: set[str]
) -> list[ToldName]:
    """Name places by what they are and where, each with words that no other has."""
    at = [road.name if road else district for road, district in zip(roads, zone, strict=True)]
    plain = list(map(ToldName, what, at))
    shared = Counter(plain)
    seen: set[str] = set(taken)
    names = []
    for name, road, district in zip(plain, roads, zone, strict=True):
        needs_zone = road is not None and district and (shared[name] > 1 or not road.is_main)
        told = replace(name, zone=district) if needs_zone else name
        while str(told) in seen:
            told = replace(told, number=told.number + 1)
        seen.add(str(told))
        names.append(told)
    return names


def find_nearest_roads(table: pd.DataFrame, network: RoadNetwork) -> list[Road | None]:
    """Find the nearest named road of each place; None where none is within `NEAR_ROAD_M`.

    Where several are equally near, as at a crossing, a main road goes before others, then the first by name.
    """
    given = network.roads["name"].tolist()
    short = {name: shorten_name(name) for name in set(given)}  # pieces of a road share its name
    names = [short[name] for name in given]
    is_named = np.array([bool(name) for name in names], dtype=np.bool_)
    if len(table) == 0 or not is_named.any():
        return [None] * len(table)
    is_main = network.roads["road_class"].isin(MAIN_ROAD_CLASSES).to_numpy()
    piece = np.repeat(np.arange(len(names)), np.diff(network.road_offsets))
    kept = is_named[piece]
    x_m, y_m = to_metric(network.road_lonlat[kept, 0], network.road_lonlat[kept, 1], network.crs)
    line_of_piece = np.cumsum(is_named) - 1
    lines = shapely.linestrings(np.column_stack([x_m, y_m]), indices=line_of_piece[piece[kept]])
    at_x_m, at_y_m = to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), network.crs)
    found, line = shapely.STRtree(lines).query_nearest(
        shapely.points(at_x_m, at_y_m), max_distance=NEAR_ROAD_M, all_matches=True
    )
    named = np.flatnonzero(is_named)[line]
    nearest: list[Road | None] = [None] * len(table)
    for row, pos in zip(found.tolist(), named.tolist(), strict=True):
        road, other = Road(names[pos], bool(is_main[pos])), nearest[row]
        if other is None or (not road.is_main, road.name) < (not other.is_main, other.name):
            nearest[row] = road
    return nearest
