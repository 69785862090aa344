"""Attributes of an osmnx edge as tags: a joined edge bears lists, a file texts of lists.

`bool("False")` is true and ``"[1, 2]"`` is no number: each value is therefore taken apart
here, in one place, whatever it was typed as (RELIABILITY: GraphML types, list-valued tags).
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chargeplan.network.tags import CLASS_CODES, is_drivable
from chargeplan.script_names import Names, split_scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.network.speeds import SpeedTable

_LONGEST_LIST = 100_000
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class EdgeTags:
    """What counts of an edge's attributes.

    Parameters
    ----------
    class_code : int
        Slowest class of the joined ways, a position in `tags.ROAD_CLASSES`; -1 when cars may not use it.
    is_partly_closed : bool
        True when cars may use a part of the joined ways only; the class is -1 then.
    has_several_classes : bool
        True when the edge is joined of ways of different class.
    maxspeed : str or None
        As tagged, several joined by ``;``.
    name, name_ur : str
        Shown name, English where there is one, and the Urdu one; several joined by `` / ``.
    way_id : int
        Lowest id of the joined ways, 0 when there is none.
    is_oneway : bool or None
        None when the edge does not say, or says both.
    length_m, travel_s : float
        As stated, NaN when not.
    """

    class_code: int
    is_partly_closed: bool
    has_several_classes: bool
    maxspeed: str | None
    name: str
    name_ur: str
    way_id: int
    is_oneway: bool | None
    length_m: float
    travel_s: float


def read_edge_tags(attributes: Mapping[str, Any], table: SpeedTable) -> EdgeTags:
    """Read the attributes of one edge."""

    def join(key: str, separator: str = ";") -> str | None:
        return separator.join(list_values(attributes.get(key))) or None

    local = [split_scripts(name) for name in list_values(attributes.get("name"))]
    classes = list_values(attributes.get("highway"))
    drivable = [name for name in classes if name in CLASS_CODES]
    is_open = is_drivable(join)
    slowest = min(drivable, key=lambda name: (table.kmh[name], -CLASS_CODES[name]), default="")
    is_whole = bool(slowest) and is_open and len(drivable) == len(classes)
    ways = [int(value) for value in list_values(attributes.get("osmid")) if _is_integer(value)]
    oneway = {value.casefold() for value in list_values(attributes.get("oneway"))}
    return EdgeTags(
        class_code=CLASS_CODES[slowest] if is_whole else -1,
        is_partly_closed=bool(slowest) and is_open and not is_whole,
        has_several_classes=len(drivable) > 1,
        maxspeed=join("maxspeed"),
        name=join("name:en", " / ") or _join_parts(local, "english") or join("name", " / ") or "",
        name_ur=join("name:ur", " / ") or _join_parts(local, "urdu"),
        way_id=min(ways, default=0),
        is_oneway=True if oneway and oneway <= _YES else False if oneway and oneway <= _NO else None,
        length_m=_read_number(attributes.get("length")),
        travel_s=_read_number(attributes.get("travel_time")),
    )


def _join_parts(names: list[Names], part: str) -> str:
    return " / ".join(dict.fromkeys(filter(None, (getattr(name, part) for name in names))))


def list_values(value: Any) -> list[str]:
    """List the different values of an attribute as texts, sorted; empty when nothing is said.

    Examples
    --------
    >>> list_values(["60", "40"]), list_values("['60', '40']"), list_values("60"), list_values(None)
    (['40', '60'], ['40', '60'], ['60'], [])
    """
    if (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and len(value) < _LONGEST_LIST
    ):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return [value]
    values = value if isinstance(value, (list, tuple, set)) else [value]
    return sorted({str(one) for one in values if not _is_nothing(one)})


def is_true(value: Any) -> bool:
    """Tell whether an attribute says yes, as a truth value or as a text.

    Examples
    --------
    >>> is_true("False"), is_true("True"), is_true(True)
    (False, True, True)
    """
    return str(value).casefold() in _YES


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _is_integer(value: str) -> bool:
    return value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() and len(value) < 19


def _read_number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan
