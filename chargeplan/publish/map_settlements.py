"""Names of cities, sectors, suburbs and villages for the map page, the most important first."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from chargeplan.places import SETTLEMENT_WORDS
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

_SAME_PLACE_DEG = 0.03  # some 3 km: a name that is mapped as a suburb and as a village too
_NO_LETTER = re.compile(r"[\W_]+")


def list_settlements(bundle: RunBundle) -> list[list[Any]]:
    """List the places with a name: name, Urdu name, position of its kind, longitude, latitude.

    Sorted by kind, the city first, then by OpenStreetMap's number: what was mapped first is better known. A name
    that stands there again nearby, in other spelling or as a lesser kind, is listed once.
    """
    if bundle.settlements is None:
        return []
    rank = {word: position for position, word in enumerate(SETTLEMENT_WORDS)}
    rows = [row for row in bundle.settlements.table.to_dict("records") if row["kind"] in rank]
    rows.sort(key=lambda row: (rank[row["kind"]], len(row["place_id"]), row["place_id"]))
    seen: dict[str, list[tuple[float, float]]] = {}
    listed: list[list[Any]] = []
    for row in rows:
        name, at = clean_text(row["name"]), (float(row["lon"]), float(row["lat"]))
        others = seen.setdefault(_NO_LETTER.sub("", name.casefold()) or name, [])
        if any(math.dist(at, other) < _SAME_PLACE_DEG for other in others):
            continue
        others.append(at)
        listed.append([name, clean_text(row["name_ur"]), rank[row["kind"]], round(at[0], 5), round(at[1], 5)])
    return listed
