"""The boundary of an area, put together from the ways of its OpenStreetMap relation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import shapely

from chargeplan.errors import DataError, name_rows
from chargeplan.osm.overpass_answer import choose_newest
from chargeplan.script_names import find_names
from chargeplan.text import clean_text, show_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.osm.overpass_answer import OverpassAnswer

_AREA_TYPES = frozenset({"boundary", "multipolygon"})
_OUTER_ROLES = frozenset({"", "outer", "exclave"})
_INNER_ROLES = frozenset({"inner", "enclave"})
_LARGEST_OVERLAP_SHARE = 0.01
_OTHER_AREA = "give the area with --polygon FILE, --box W,S,E,N or --circle LON,LAT,KM"
_ADVICE = f"somebody may be editing it: try again later, or {_OTHER_AREA}"
_PAKISTAN = "PK"
_COUNTRY_KEYS = ("ISO3166-1", "ISO3166-1:alpha2", "is_in:country_code")


def build_boundary(answer: OverpassAnswer, relation_id: int) -> shapely.Geometry:
    """Put together the polygons of a relation from its member ways.

    Parameters
    ----------
    answer : OverpassAnswer
        Holds the relation, its ways and their nodes.
    relation_id : int

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
        EPSG:4326.

    Raises
    ------
    DataError
        When there is no such relation, it is no area, a member is missing from the answer, or
        its outline has a gap or crosses itself.
    """
    relation = _find_relation(answer, relation_id)
    what = f"relation {relation_id} ({_name(relation)})"
    _refuse_what_is_no_area(relation, what)
    newest = choose_newest(answer.elements).values()
    ways = {element["id"]: element["nodes"] for element in newest if element["type"] == "way"}
    places = {
        element["id"]: (float(element["lon"]), float(element["lat"]))
        for element in newest
        if element["type"] == "node"
    }
    outer = _list_members(relation, _OUTER_ROLES)
    if not outer:
        raise DataError(f"{what} has no ways that bound it; choose another relation, or give the area itself")
    inner = [way_id for way_id in _list_members(relation, _INNER_ROLES) if way_id not in set(outer)]
    _refuse_missing([*outer, *inner], ways, places, what)
    land = _build_polygons([ways[way_id] for way_id in outer], places, f"the outline of {what}")
    if inner:
        holes = _build_polygons([ways[way_id] for way_id in inner], places, f"a hole in {what}")
        land = shapely.difference(land, holes)
    return land


def describe_relation(answer: OverpassAnswer, relation_id: int) -> str:
    """Write what a relation is called, such as "relation 358002 (Islamabad Capital Territory)"."""
    return f"relation {relation_id} ({_name(_find_relation(answer, relation_id))})"


def find_boundary_doubts(answer: OverpassAnswer, relation_id: int, *, expected_level: int = 0) -> list[str]:
    """Say what is unusual about a relation that is an area: its kind, its level, its country.

    Parameters
    ----------
    answer : OverpassAnswer
    relation_id : int
    expected_level : int
        The admin_level it should have; 0 when none is expected.
    """
    relation = _find_relation(answer, relation_id)
    tags, what = relation.get("tags") or {}, f"relation {relation_id} ({_name(relation)})"
    doubts = []
    kind = clean_text(tags.get("boundary"))
    if kind != "administrative":
        doubts.append(
            f"{what} is not an administrative boundary but {_describe_kind(tags)}; its area is used as it is"
        )
    level = clean_text(tags.get("admin_level"))
    if expected_level and kind == "administrative" and level != str(expected_level):
        has = f"admin_level {level}" if level else "no admin_level"
        doubts.append(
            f"{what} has {has}, data/cities.csv says {expected_level}; its boundary is used as it is"
        )
    countries = {clean_text(tags[key]).upper() for key in _COUNTRY_KEYS if tags.get(key)}
    countries |= {clean_text(tags["ISO3166-2"]).upper()[:2]} if tags.get("ISO3166-2") else set()
    if countries - {_PAKISTAN}:
        doubts.append(
            f"{what} is in another country by its tags ({', '.join(sorted(countries - {_PAKISTAN}))})"
        )
    return doubts


def _find_relation(answer: OverpassAnswer, relation_id: int) -> dict[str, Any]:
    wanted = ("relation", relation_id)
    found = choose_newest(one for one in answer.elements if (one["type"], one["id"]) == wanted)
    if found:
        return found[wanted]
    raise DataError(
        f"relation {relation_id}: OpenStreetMap has no such relation; it may have been deleted, or {relation_id} is "
        f'the id of a node or a way; ask "chargeplan find-area NAME" for the id'
    )


def _name(relation: dict[str, Any]) -> str:
    tags = relation.get("tags") or {}
    return find_names(tags.get).english or show_name({"name": tags.get("name")}, "without a name")


def _describe_kind(tags: dict[str, str]) -> str:
    for key in ("boundary", "route", "place", "landuse", "leisure", "natural"):
        if tags.get(key):
            return f"{key}={clean_text(tags[key])}"
    return f"type={clean_text(tags['type'])}" if tags.get("type") else "without tags"


def _refuse_what_is_no_area(relation: dict[str, Any], what: str) -> None:
    tags = relation.get("tags") or {}
    kind = tags.get("type", "boundary" if "boundary" in tags else "")
    if kind not in _AREA_TYPES:
        shown = f"of type {clean_text(kind)}" if kind else "without a type"
        detail = _describe_kind({key: value for key, value in tags.items() if key != "type"})
        detail = "" if detail == "without tags" else f", {detail}"
        raise DataError(
            f"{what} is a relation {shown}{detail}, which is no area; choose a boundary: ask "
            f'"chargeplan find-area NAME" for its id'
        )


def _list_members(relation: dict[str, Any], roles: Iterable[str]) -> list[int]:
    """List the member ways with one of the roles, each once."""
    ids = [m["ref"] for m in relation["members"] if m["type"] == "way" and m["role"] in roles]
    return list(dict.fromkeys(ids))


def _refuse_missing(
    way_ids: list[int], ways: dict[int, list[int]], places: dict[int, tuple[float, float]], what: str
) -> None:
    missing = [way_id for way_id in way_ids if way_id not in ways]
    if missing:
        raise DataError(
            f"{what}: {len(missing)} of {len(way_ids)} ways of its boundary are missing from the data: "
            f"{name_rows(missing)}; the data end before it, such as an extract cut from a larger one; {_OTHER_AREA}"
        )
    lost = sorted({node for way_id in way_ids for node in ways[way_id]} - places.keys())
    if lost:
        raise DataError(
            f"{what}: {len(lost)} nodes of its boundary are missing from the data: {name_rows(lost)}; the data are "
            f"not whole: get them again, or {_OTHER_AREA}"
        )


def _build_polygons(
    chains: list[list[int]], places: dict[int, tuple[float, float]], what: str
) -> shapely.Geometry:
    """Close rings from chains of nodes and unite their polygons."""
    chains = [chain for chain in chains if len(chain) > 1]
    ends = Counter(end for chain in chains if chain[0] != chain[-1] for end in (chain[0], chain[-1]))
    open_ends = sorted(node for node, count in ends.items() if count % 2)
    if open_ends:
        named = [f"node {node} at {places[node][0]:.5f}, {places[node][1]:.5f}" for node in open_ends]
        raise DataError(f"{what} has a gap: it ends at {name_rows(named)}; {_ADVICE}")
    lines = [shapely.LineString([places[node] for node in chain]) for chain in chains]
    polygons, cuts, dangles, invalid = shapely.polygonize_full(lines)
    wrong = next((part for part in (invalid, cuts, dangles) if not part.is_empty), None)
    if wrong is not None or polygons.is_empty:
        x, y = (wrong.geoms[0] if wrong is not None else lines[0]).coords[0]
        raise DataError(f"{what} crosses itself or runs back on itself near {x:.5f}, {y:.5f}; {_ADVICE}")
    parts = shapely.get_parts(polygons)
    land = shapely.union_all(parts)
    if shapely.area(parts).sum() > (1 + _LARGEST_OVERLAP_SHARE) * land.area:
        raise DataError(f"{what} overlaps itself; {_ADVICE}")
    return land
