"""Answer /search and /lookup from given records, as Nominatim's JSON has them."""

from __future__ import annotations

import json
from typing import Any

_LETTERS = {"N": "node", "W": "way", "R": "relation"}


def search_places(records: list[dict[str, Any]], asked: dict[str, str]) -> bytes:
    """Records whose name holds the words asked for, in their order."""
    words = (asked.get("q") or asked.get("city") or "").casefold().replace(",", " ").split()
    found = [
        record
        for record in records
        if words and all(word in str(record.get("display_name", "")).casefold() for word in words)
    ]
    wanted = asked.get("countrycodes", "").casefold()
    if wanted:
        codes = set(wanted.split(","))
        found = [one for one in found if one.get("address", {}).get("country_code", "pk") in codes]
    return _write(found[: int(asked.get("limit", "10"))], asked)


def look_up_places(records: list[dict[str, Any]], asked: dict[str, str]) -> bytes:
    """Records by `osm_ids`, such as ``R16117648,N1``."""
    wanted = [
        (_LETTERS.get(word[:1].upper()), int(word[1:]))
        for word in asked.get("osm_ids", "").split(",")
        if word[1:].isdigit()
    ]
    return _write([one for one in records if (one["osm_type"], one["osm_id"]) in wanted], asked)


def _write(records: list[dict[str, Any]], asked: dict[str, str]) -> bytes:
    with_shape = asked.get("polygon_geojson") == "1"
    is_v2 = asked.get("format") == "jsonv2"
    answer = []
    for record in records:
        shown = {key: value for key, value in record.items() if with_shape or key != "geojson"}
        if is_v2:  # jsonv2 calls the class a category
            shown = {("category" if key == "class" else key): value for key, value in shown.items()}
        answer.append(shown)
    return json.dumps(answer, ensure_ascii=False).encode()
