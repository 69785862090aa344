"""What is wrong with one element of an answer, and what an element of counts holds."""

from __future__ import annotations

from typing import Any

from chargeplan.osm.times import is_timestamp

_LARGEST_ID = 2**63 - 1
PLURALS = {"node": "nodes", "way": "ways", "relation": "relations"}
COUNT_TYPE = "count"


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value <= _LARGEST_ID


def _is_degree(value: object, largest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= largest


def find_element_fault(element: object) -> str:
    """Say what an element should have been; empty when it is sound."""
    if not isinstance(element, dict):
        return "an object with type and id"
    kind = element.get("type")
    tags = element.get("tags")
    if tags is not None and not _are_texts(tags):
        return "tags that are texts"
    if kind == COUNT_TYPE:
        return "" if read_counts(element) else "a count of nodes, ways, relations and total"
    if kind not in PLURALS:
        return "an element of type node, way or relation"
    if not _is_id(element.get("id")):
        return "an id that is a whole number above 0"
    version, timestamp = element.get("version"), element.get("timestamp")
    if version is not None and not (type(version) is int and 0 < version < 2**31):
        return "a version that is a whole number above 0"
    if timestamp is not None and not is_timestamp(timestamp):
        return "a timestamp like 2026-03-19T19:50:00Z"
    if kind == "node":
        is_placed = _is_degree(element.get("lon"), 180.0) and _is_degree(element.get("lat"), 90.0)
        return "" if is_placed else "a node with lon and lat in degrees"
    if kind == "way":
        nodes = element.get("nodes")
        return (
            "" if isinstance(nodes, list) and all(map(_is_id, nodes)) else "a way with the ids of its nodes"
        )
    members = element.get("members")
    is_good = isinstance(members, list) and all(map(_is_member, members))
    return "" if is_good else "a relation with members that have type, ref and role"


def _are_texts(tags: object) -> bool:
    """Tell whether tags are texts as OpenStreetMap allows them; it refuses the character NUL."""
    return isinstance(tags, dict) and all(
        isinstance(value, str) and "\0" not in value and "\0" not in name for name, value in tags.items()
    )


def _is_member(member: object) -> bool:
    return (
        isinstance(member, dict)
        and member.get("type") in PLURALS
        and _is_id(member.get("ref"))
        and isinstance(member.get("role"), str)
    )


def read_counts(element: dict[str, Any]) -> dict[str, int] | None:
    """Read a count element, whose numbers Overpass writes as texts; None when they are not there."""
    tags = element.get("tags") or {}
    texts = {name: str(tags.get(name, "")) for name in (*PLURALS.values(), "total")}
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts.values()):
        return None
    return {name: int(text) for name, text in texts.items()}
