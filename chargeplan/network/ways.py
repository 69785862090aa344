"""Drivable ways near the study area: one row per way id, with free speeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chargeplan.network.road_names import share_english_names
from chargeplan.network.speeds import FASTEST_KMH, SLOWEST_KMH, SpeedTable, find_free_speed
from chargeplan.osm.road_classes import ROAD_CLASSES

if TYPE_CHECKING:
    from chargeplan.network.elements import RoadWays
    from chargeplan.network.node_locations import NodeLocations
    from chargeplan.network.repairs import RepairLog

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ways:
    """Drivable ways, one row per way id (or per part of a way, see `RoadWays`), rising.

    Parameters
    ----------
    way_id, class_code, direction : ndarray of int64, shape (n,)
        See `elements.RoadWays`.
    speed_kmh : ndarray of float64, shape (n,)
        Free speed.
    is_tagged : ndarray of bool, shape (n,)
        Speed from a maxspeed tag.
    name : list of str
        As tagged, with the English name of the same road, empty when none.
    row_of_file_way : ndarray of int64, shape (ways in the file,)
        Row of each way of the file, -1 for those left out.
    """

    way_id: Ints
    class_code: Ints
    direction: Ints
    speed_kmh: Floats
    is_tagged: Bools
    name: list[str]
    row_of_file_way: Ints


def select_ways(
    roads: RoadWays, is_near: Bools, table: SpeedTable, locations: NodeLocations, repairs: RepairLog
) -> Ways:
    """Select the ways near the study area, each id once, and find their free speeds.

    Parameters
    ----------
    roads : RoadWays
        As they stand in the file.
    is_near : ndarray of bool, shape (ways in the file,)
        Ways with a node in the study area or its buffer.
    table : SpeedTable
    locations : NodeLocations
        Of all nodes of the ways.
    repairs : RepairLog
        Gets repeated ways, odd tags and capped speeds.
    """
    way_id = np.array(roads.way_id, np.int64)
    if roads.are_parts:
        near = np.flatnonzero(is_near)
        file_row = near[np.argsort(way_id[near], kind="stable")]
    else:
        file_row = _find_newest(way_id, np.array(roads.version, np.int64), is_near, repairs)
    row_of_file_way = np.full(way_id.size, -1, np.int64)
    row_of_file_way[file_row] = np.arange(file_row.size)
    class_code = np.array(roads.class_code, np.int64)[file_row]
    tags = [
        (code, roads.maxspeed[row]) for code, row in zip(class_code.tolist(), file_row.tolist(), strict=True)
    ]
    speed_of = {pair: find_free_speed(ROAD_CLASSES[pair[0]], pair[1], table) for pair in set(tags)}
    speeds = [speed_of[pair] for pair in tags]
    selected_id = way_id[file_row]
    _note_odd_tags(
        selected_id,
        np.array([speed.is_unreadable for speed in speeds], np.bool_),
        np.array([speed.is_capped for speed in speeds], np.bool_),
        np.array(sorted(set(roads.odd_oneway)), np.int64),
        repairs,
    )
    tag_kmh = np.array([speed.kmh for speed in speeds], np.float64)
    return Ways(
        selected_id,
        class_code,
        np.array(roads.direction, np.int64)[file_row],
        np.array(roads.free_kmh, np.float64)[file_row] if len(roads.free_kmh) else tag_kmh,
        np.array([speed.is_tagged for speed in speeds], np.bool_),
        share_english_names(roads, file_row, locations),
        row_of_file_way,
    )


def _find_newest(way_id: Ints, version: Ints, is_near: Bools, repairs: RepairLog) -> Ints:
    """Find the file row of each near way: its highest version, the last of equal ones."""
    near = np.flatnonzero(is_near)
    order = near[np.lexsort((near, version[near], way_id[near]))]
    is_last = np.append(way_id[order][1:] != way_id[order][:-1], True)[: order.size]
    repairs.add(
        "ways that stand in the file more than once; the newest of each kept",
        np.unique(way_id[order[~is_last]]).tolist(),
    )
    return np.asarray(order[is_last], np.int64)


def _note_odd_tags(
    way_id: Ints, is_unreadable: Bools, is_capped: Bools, odd_oneway: Ints, repairs: RepairLog
) -> None:
    repairs.add(
        "ways with a maxspeed that cannot be read; the speed of their class stands in",
        way_id[is_unreadable].tolist(),
    )
    repairs.add(
        f"ways with a maxspeed outside {SLOWEST_KMH:.0f} to {FASTEST_KMH:.0f} km/h; "
        "brought to the nearer bound",
        way_id[is_capped].tolist(),
    )
    repairs.add(
        "ways with a oneway tag that has no known meaning or contradicts itself; the tag was passed over",
        way_id[np.isin(way_id, odd_oneway)].tolist(),
    )
