"""Which OpenStreetMap ways a car may drive on, and in which direction."""

from __future__ import annotations

from collections.abc import Callable

# The order is the rank of a road; positions serve as class codes in arrays.
ROAD_CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
)
CLASS_CODES = {name: code for code, name in enumerate(ROAD_CLASSES)}
MOTORWAY_CODES = (CLASS_CODES["motorway"], CLASS_CODES["motorway_link"])

FORWARD, BACKWARD, BOTH = 1, -1, 0

# From the most special to the most general: the most special tag that is there decides, as
# in OpenStreetMap's own access rules, so `access=private` with `motorcar=yes` is open.
_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_CLOSED = frozenset({"no", "private"})
_FORWARD_WORDS = frozenset({"yes", "true", "1"})
_BACKWARD_WORDS = frozenset({"-1", "reverse"})
# A reversible or alternating road is open in each direction for a part of the day.
_BOTH_WORDS = frozenset({"no", "false", "0", "reversible", "alternating"})

TagReader = Callable[[str], str | None]


def is_drivable(get_tag: TagReader) -> bool:
    """Tell whether a car may use a way of a drivable class.

    Examples
    --------
    >>> is_drivable({"access": "private"}.get), is_drivable({"access": "no", "motorcar": "yes"}.get)
    (False, True)
    """
    if get_tag("area") == "yes":
        return False
    for key in _ACCESS_KEYS:
        value = get_tag(key)
        if value is not None:
            return value not in _CLOSED
    return True


def find_direction(road_class: str, oneway: str | None, junction: str | None) -> tuple[int, bool]:
    """Find the directions in which a way is open.

    Returns
    -------
    direction : int
        `FORWARD` (in the order of the nodes), `BACKWARD` or `BOTH`.
    is_understood : bool
        False when the value of `oneway` has no known meaning and was passed over.

    Examples
    --------
    >>> find_direction("residential", "-1", None)
    (-1, True)
    >>> find_direction("motorway", None, None)
    (1, True)
    """
    if oneway in _FORWARD_WORDS:
        return FORWARD, True
    if oneway in _BACKWARD_WORDS:
        return BACKWARD, True
    if oneway in _BOTH_WORDS:
        return BOTH, True
    one_way_by_kind = road_class in {"motorway", "motorway_link"} or junction in {"roundabout", "circular"}
    return (FORWARD if one_way_by_kind else BOTH), oneway is None
