"""One OpenStreetMap file in every format that a network can be read from."""

import json

import numpy as np
import osmium

from chargeplan.network.tags import CLASS_CODES

TIMESTAMP = "2020-07-01T00:00:00Z"
_KINDS = {"n": "node", "w": "way", "r": "relation"}


def copy_osm(source, target):
    """Write a file anew in the format of the target's ending."""
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for element in osmium.FileProcessor(str(source)):
            writer.add(element)
    return target


def copy_roads(source, target, box=(-180, -90, 180, 90)):
    """Write only the ways of drivable classes that lie wholly in a box, and their nodes."""
    return _copy_inside(source, target, box, takes_way=lambda way: way.tags.get("highway") in CLASS_CODES)


def copy_part(source, target, box):
    """Write the ways that lie wholly in a box, their nodes and the places in it."""
    return _copy_inside(source, target, box, takes_place=lambda node: bool(node.tags))


def list_elements(source):
    """List the elements of a file as an Overpass server writes them after ``out meta``."""
    return [_describe(element) for element in osmium.FileProcessor(str(source))]


def make_answer(elements, **members):
    osm3s = {"timestamp_osm_base": TIMESTAMP, "copyright": "ODbL"}
    answer = {"version": 0.6, "generator": "Overpass API", "osm3s": osm3s, "elements": elements}
    return {**answer, **members}


def write_answer(source, target):
    target.write_text(json.dumps(make_answer(list_elements(source))), encoding="utf-8")
    return target


def list_bytes(network):
    """Every array of a network as bytes, and its tables as CSV: equal networks are equal here."""
    return {
        "node_id": network.node_id.tobytes(),
        "node_xy_m": network.node_xy_m.tobytes(),
        "is_joinable": network.is_joinable.tobytes(),
        "seconds": network.seconds.data.tobytes(),
        "columns": np.asarray(network.seconds.indices, np.int64).tobytes(),
        "rows": np.asarray(network.seconds.indptr, np.int64).tobytes(),
        "road_lonlat": network.road_lonlat.tobytes(),
        "road_offsets": network.road_offsets.tobytes(),
        "roads": network.roads.to_csv(),
        "repairs": network.repairs.to_csv(),
        "imputed_speed_share": network.imputed_speed_share,
    }


def list_drives(network):
    """Seconds of every direct drive, by the ids of its nodes."""
    drives = network.seconds.tocoo()
    ids = network.node_id
    return dict(
        zip(
            zip(ids[drives.row].tolist(), ids[drives.col].tolist(), strict=True),
            drives.data.tolist(),
            strict=True,
        )
    )


def find_same_places(one, other):
    """Rows of the nodes of two networks that stand at the same place, to the centimetre."""
    places = [
        {place: row for row, place in enumerate(map(tuple, np.rint(network.node_xy_m * 100).tolist()))}
        for network in (one, other)
    ]
    common = sorted(places[0].keys() & places[1].keys())
    return [[rows[place] for place in common] for rows in places]


def _copy_inside(source, target, box, *, takes_way=lambda _: True, takes_place=lambda _: False):
    west, south, east, north = box
    inside = {
        node.id: takes_place(node)
        for node in osmium.FileProcessor(str(source), osmium.osm.NODE)
        if west <= node.location.lon <= east and south <= node.location.lat <= north
    }
    ways, used = set(), {node for node, is_place in inside.items() if is_place}
    for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
        refs = {node.ref for node in way.nodes}
        if takes_way(way) and refs <= inside.keys():
            ways.add(way.id)
            used |= refs
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for element in osmium.FileProcessor(str(source)):
            if (element.is_way() and element.id in ways) or (element.is_node() and element.id in used):
                writer.add(element)
    return target


def _describe(element):
    kind = "node" if element.is_node() else "way" if element.is_way() else "relation"
    described = {"type": kind, "id": element.id}
    if element.version:
        described["version"] = element.version
    if element.timestamp.year > 1970:
        described["timestamp"] = element.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "node":
        described |= {"lat": element.location.lat, "lon": element.location.lon}
    elif kind == "way":
        described["nodes"] = [node.ref for node in element.nodes]
    else:
        described["members"] = [
            {"type": _KINDS[member.type], "ref": member.ref, "role": member.role}
            for member in element.members
        ]
    if len(element.tags):
        described["tags"] = dict(element.tags)
    return described
