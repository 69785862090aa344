"""The layers that are downloaded, and what is asked of an Overpass server for each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.places import SETTLEMENT_WORDS
from chargeplan.tag_kinds import read_kind_table
from chargeplan.words import LandKind, PlaceKind

# West, south, east, north in degrees (EPSG:4326).
Box = tuple[float, float, float, float]

# What the server may spend on one question; its own default and the most that public servers give.
QUERY_TIMEOUT_S = 180
_QUERY_MEMORY_BYTES = 512 * 1024 * 1024
_SETTINGS = f"[out:json][timeout:{QUERY_TIMEOUT_S}][maxsize:{_QUERY_MEMORY_BYTES}];"

BOUNDARY = "boundary"
_COORDINATE_DIGITS = 7  # as OpenStreetMap keeps them

_POWER = ("line", "minor_line", "cable", "substation", "transformer", "plant", "generator")
_LANDUSE = (
    "cemetery",
    "commercial",
    "construction",
    "farmland",
    "forest",
    "industrial",
    "landfill",
    "military",
    "quarry",
    "railway",
    "reservoir",
    "residential",
    "retail",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of thing on the map.

    Parameters
    ----------
    name : str
        Such as "roads".
    selectors : tuple of str
        Overpass filters without a place, such as ``way["power"]``.
    keeps_members : bool
        True when relations come with all their ways; False when only with those in the box.
    """

    name: str
    selectors: tuple[str, ...]
    keeps_members: bool = True


@lru_cache(maxsize=1)
def list_layers() -> tuple[Layer, ...]:
    """List the layers in the order in which they are fetched."""
    return (
        Layer("roads", (f'way["highway"~"{_match_any(ROAD_CLASSES)}"]',)),
        Layer("places", _select_places()),
        Layer("power", (f'nwr["power"~"{_match_any(_POWER)}"]',)),
        Layer(
            "boundaries",
            ('relation["boundary"="administrative"]["admin_level"~"^([3-9]|10)$"]',),
            keeps_members=False,
        ),
        Layer(
            "landuse",
            tuple(f"{kind}{tag_filter}" for tag_filter in _select_land() for kind in ("way", "relation")),
        ),
    )


def write_count_query(layer: Layer, box: Box) -> str:
    """Write the question how many elements a layer has in a box, those they are made of included."""
    return f"{_SETTINGS}\n{_select(layer, box)}\n.a out count;\n"


def write_data_query(layer: Layer, box: Box) -> str:
    """Write the question for the elements of a layer in a box, with their count before them.

    Ways and relations come whole, with all nodes, wherever these lie.
    """
    return f"{_SETTINGS}\n{_select(layer, box)}\n.a out count;\n.a out meta;\n"


def compute_layer_sha256(layer: Layer, box: Box) -> str:
    """Compute the checksum of what is asked for a layer in the whole box, in however many tiles."""
    questions = (write_count_query(layer, box), write_data_query(layer, box))
    return hashlib.sha256("\n".join(questions).encode()).hexdigest()


def write_boundary_query(relation_id: int) -> str:
    """Write the question for a relation with its ways and their nodes, with the count before them."""
    return f"{_SETTINGS}\n(relation({relation_id});>;)->.a;\n.a out count;\n.a out meta;\n"


def write_box(box: Box) -> str:
    """Write a box as Overpass wants it: south, west, north, east.

    Examples
    --------
    >>> write_box((74.29, 31.5, 74.3, 31.51))
    '(31.5000000,74.2900000,31.5100000,74.3000000)'
    """
    west, south, east, north = box
    return "(" + ",".join(f"{degrees:.{_COORDINATE_DIGITS}f}" for degrees in (south, west, north, east)) + ")"


def _select(layer: Layer, box: Box) -> str:
    place = write_box(box)
    selected = "".join(f"{selector}{place};" for selector in layer.selectors)
    if layer.keeps_members:
        return f"({selected})->.s;\n(.s;.s >;)->.a;"
    # The province around a city would come with thousands of kilometres of border.
    return f"({selected})->.s;\n.s > ->.m;\nway.m{place}->.w;\n.w > ->.n;\nnode.m{place}->.p;\n(.s;.w;.n;.p;)->.a;"


def _select_places() -> tuple[str, ...]:
    values: dict[str, list[str]] = {}
    for key, value in read_kind_table(PlaceKind):
        values.setdefault(key, []).append(value)
    kinds = (
        f'nwr["{key}"]' if "*" in found else f'nwr["{key}"~"{_match_any(tuple(found))}"]'
        for key, found in values.items()
    )
    # Ways too: an area bears what the name of its point may lack.
    settlements = f'["place"~"{_match_any(SETTLEMENT_WORDS)}"]'
    return (*kinds, f"node{settlements}", f"way{settlements}")


def _select_land() -> tuple[str, ...]:
    """Write the filters for the land that a study reads, and for further land use."""
    values: dict[str, set[str]] = {"landuse": set(_LANDUSE)}
    for key, value in read_kind_table(LandKind):
        values.setdefault(key, set()).add(value)
    return tuple(f'["{key}"~"{_match_any(tuple(sorted(found)))}"]' for key, found in values.items())


def _match_any(values: tuple[str, ...]) -> str:
    return f"^({'|'.join(values)})$"
