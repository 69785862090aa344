"""Which OpenStreetMap tag is which kind of thing, from the tables in data/places."""

from __future__ import annotations

import csv
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from chargeplan.files import find_data_file
from chargeplan.words import LandKind, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_Kind = TypeVar("_Kind", bound=StrEnum)
_TABLES: dict[type[StrEnum], str] = {PlaceKind: "osm_kinds.csv", LandKind: "land_kinds.csv"}


@lru_cache
def read_kind_table(kinds: type[_Kind]) -> dict[tuple[str, str], _Kind]:
    """Read the kind of each key and value; the value ``*`` stands for any."""
    with find_data_file("places", _TABLES[kinds]).open(encoding="utf-8", newline="") as file:
        return {(row["key"], row["value"]): kinds(row["kind"]) for row in csv.DictReader(file)}


def find_tagged_kind(tags: Mapping[str, str], kinds: type[_Kind]) -> _Kind | None:
    """Find the kind of something by its tags; the first row of the table that fits decides."""
    table: dict[tuple[str, str], _Kind] = read_kind_table(kinds)  # the cache forgets the type
    for (key, value), kind in table.items():
        tagged = tags.get(key)
        if tagged is not None and value in ("*", tagged):
            return kind
    return None
