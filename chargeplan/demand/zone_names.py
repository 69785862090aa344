"""What hexagons that stand in for zones are called: after something near their middle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.geo import to_metric
from chargeplan.places import CITY
from chargeplan.site_names import MAIN_ROAD_CLASSES
from chargeplan.text import shorten_name, show_name
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.demand.zones import Zoning
    from chargeplan.records import Floats, Ints, MapPlaces, RoadNetwork

# A hexagon of resolution 6 reaches some 3.7 km from its middle.
_NEAR_M = 4000.0
_LANDMARKS = (
    PlaceKind.MARKET,
    PlaceKind.MALL,
    PlaceKind.BUS_STATION,
    PlaceKind.UNIVERSITY,
    PlaceKind.HOSPITAL,
    PlaceKind.INDUSTRIAL_ESTATE,
)
_LONGEST_NAME = 32


def name_hexagons(
    zoning: Zoning, xy_m: Floats, people: Floats, places: MapPlaces, network: RoadNetwork
) -> Zoning:
    """Name each hexagon after a settlement near the middle of its people, else a landmark, else a main road.

    ``near G-9``; a name is given once, to the hexagon that is nearest. A hexagon that nothing named is near
    keeps its number.

    Parameters
    ----------
    zoning : Zoning
        Of hexagons.
    xy_m : ndarray of float64, shape (n_cells, 2)
        Centres of the cells, metres in the CRS of the network.
    people : ndarray of float64, shape (n_cells,)
    places : MapPlaces
    network : RoadNetwork

    Returns
    -------
    Zoning
        The same with other names; equal input gives equal names.
    """
    middle = _find_middles(zoning.zone_pos, xy_m, people, len(zoning.table))
    table, settlements = places.table, places.settlements
    parts = settlements[settlements["kind"] != CITY]  # all zones are near the city
    landmarks = table[table["kind"].isin([kind.value for kind in _LANDMARKS])]
    main = np.flatnonzero(network.roads["road_class"].isin(MAIN_ROAD_CLASSES))
    road_of_point = np.repeat(np.arange(len(network.roads)), np.diff(network.road_offsets))
    on_main = np.isin(road_of_point, main)
    road_names = network.roads["name"].to_numpy()[road_of_point[on_main]]
    sources = (
        (parts["name"].tolist(), parts[["lon", "lat"]].to_numpy(dtype=np.float64)),
        (
            [show_name(row, "") for row in landmarks[["name_en", "name", "name_ur"]].to_dict("records")],
            landmarks[["lon", "lat"]].to_numpy(dtype=np.float64),
        ),
        (road_names.tolist(), network.road_lonlat[on_main]),
    )
    named: dict[int, str] = {}
    for names, lonlat in sources:
        x_m, y_m = to_metric(lonlat[:, 0], lonlat[:, 1], network.crs)
        _give_names(named, middle, names, np.column_stack([x_m, y_m]))
    shown = [
        f"near {named[row]}" if row in named else name for row, name in enumerate(zoning.table["zone_name"])
    ]
    return replace(zoning, table=zoning.table.assign(zone_name=shown).astype({"zone_name": "str"}))


def _find_middles(zone_pos: Ints, xy_m: Floats, people: Floats, n_zones: int) -> Floats:
    """Find the middle of the people of each zone, of its cells where nobody lives, shape (n_zones, 2)."""
    weight = people + 1e-6  # cells without people count where there are no others
    total = np.bincount(zone_pos, weight, n_zones)
    return np.column_stack(
        [np.bincount(zone_pos, weight * xy_m[:, axis], n_zones) / total for axis in (0, 1)]
    )


def _give_names(named: dict[int, str], middle: Floats, names: Sequence[str], xy_m: Floats) -> None:
    """Give names to zones that have none, the nearest pairs first, each name once."""
    from scipy.spatial import KDTree

    short = [shorten_name(name, _LONGEST_NAME) for name in names]
    kept = [at for at, name in enumerate(short) if name]
    waiting = [zone for zone in range(len(middle)) if zone not in named]
    if not kept or not waiting:
        return
    near = KDTree(middle[waiting]).sparse_distance_matrix(
        KDTree(xy_m[kept]), _NEAR_M, output_type="coo_matrix"
    )
    pairs = sorted(
        {
            (round(float(metres), 3), short[kept[at]], waiting[row])
            for row, at, metres in zip(near.row.tolist(), near.col.tolist(), near.data, strict=True)
        }
    )
    taken = set(named.values())
    for _, name, zone in pairs:
        if zone not in named and name not in taken:
            named[zone] = name
            taken.add(name)
