"""Which OpenStreetMap ways a car may drive on, and in which direction."""

from __future__ import annotations

from collections.abc import Callable

from chargeplan.osm.road_classes import ROAD_CLASSES

CLASS_CODES = {name: code for code, name in enumerate(ROAD_CLASSES)}
MOTORWAY_CODES = (CLASS_CODES["motorway"], CLASS_CODES["motorway_link"])

FORWARD, BACKWARD, BOTH = 1, -1, 0

# From the most special to the most general: the most special tag that is there decides, as
# in OpenStreetMap's own access rules, so `access=private` with `motorcar=yes` is open.
_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
# Words that keep a driver on the way to a charge out, with their meaning in OpenStreetMap: nobody,
# single permissions, the forces, rescue, farm or forest work, suppliers, public transport. Open stay
# yes, permissive, designated, permit, and destination and customers, which a car that charges there is.
_CLOSED = frozenset(
    {"no", "private", "military", "emergency", "agricultural", "forestry", "delivery", "psv", "bus"}
)
_DIRECTION_OF_WORD = {
    **dict.fromkeys(("yes", "true", "1"), FORWARD),
    **dict.fromkeys(("-1", "reverse"), BACKWARD),
    # A reversible or alternating road is open in each direction for a part of the day.
    **dict.fromkeys(("no", "false", "0", "reversible", "alternating"), BOTH),
}

TagReader = Callable[[str], str | None]


def is_drivable(get_tag: TagReader) -> bool:
    """Tell whether a car may use a way of a drivable class.

    A list of values (``agricultural;forestry``) closes a way when each of them does.

    Examples
    --------
    >>> is_drivable({"access": "private"}.get), is_drivable({"access": "no", "motorcar": "yes"}.get)
    (False, True)
    """
    if get_tag("area") == "yes":
        return False
    for key in _ACCESS_KEYS:
        words = _split_words(get_tag(key))
        if words:
            return not words <= _CLOSED
    return True


def find_direction(road_class: str, oneway: str | None, junction: str | None) -> tuple[int, bool]:
    """Find the directions in which a way is open.

    Returns
    -------
    direction : int
        `FORWARD` (in the order of the nodes), `BACKWARD` or `BOTH`.
    is_understood : bool
        False when the value of `oneway` has no known meaning, or several that contradict each
        other (``yes;no``), and was passed over: the way is open both ways, a motorway or
        roundabout forward.

    Examples
    --------
    >>> find_direction("residential", "-1", None)
    (-1, True)
    >>> find_direction("motorway", None, None)
    (1, True)
    """
    words = _split_words(oneway)
    meant = {_DIRECTION_OF_WORD.get(word) for word in words}
    direction = meant.pop() if len(meant) == 1 else None
    if direction is not None:
        return direction, True
    one_way_by_kind = road_class in {"motorway", "motorway_link"} or junction in {"roundabout", "circular"}
    return (FORWARD if one_way_by_kind else BOTH), not words


def _split_words(value: str | None) -> set[str]:
    """Split a list of tag values at its semicolons; empty when nothing is said."""
    return {word for part in (value or "").split(";") if (word := part.strip().casefold())}
