"""The power of a charging station from its OpenStreetMap tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOTAL_KEY = "charging_station:output"
_SOCKET_OUTPUT = re.compile(r"socket:[^:]+:output")
_COUNT = re.compile(r"\d{1,4}")
# "22", "22 kW", "22000 W", "3,7 kW", "22,000 W", "2 x 60 kW"
_POWER = re.compile(
    r"(?:(?P<times>\d{1,3})\s*[x×*]\s*)?"
    r"(?:(?P<grouped>\d{1,3}(?:,\d{3})+)|(?P<plain>\d+(?:[.,]\d+)?))"
    r"\s*(?P<unit>w|kw|kva|mw)?"
)
# Chargers draw almost no reactive power, so kVA are read as kW.
_KW_PER_UNIT = {"w": 1e-3, "kw": 1.0, "kva": 1.0, "mw": 1e3}


def find_station_power_kw(tags: Mapping[str, str]) -> float:
    """Find the total power of a charging station, kW; NaN when its tags say none.

    The first of these that can be read counts:

    1. ``charging_station:output``, the total of the station; several values are summed;
    2. the sum over the kinds of sockets of ``socket:KIND:output``, the power of one socket,
       times the count in ``socket:KIND`` (1 when that is missing or a word, none for ``no``).
       Several powers of one kind (``22;11``) stand for as many sockets; when the count is
       larger, the sockets share them evenly.

    Kinds without a power that can be read add nothing.

    Examples
    --------
    >>> find_station_power_kw({"socket:type2": "2", "socket:type2:output": "22 kW"})
    44.0
    """
    total_kw = parse_power_kw(tags.get(_TOTAL_KEY, ""))
    if total_kw:
        return sum(total_kw)
    station_kw = 0.0
    for key in sorted(key for key, _ in tags.items() if _SOCKET_OUTPUT.fullmatch(key)):
        powers_kw = parse_power_kw(tags[key])
        if powers_kw:
            n_sockets = _read_count(tags.get(key.removesuffix(":output")), len(powers_kw))
            station_kw += sum(powers_kw) / len(powers_kw) * n_sockets
    return station_kw if station_kw > 0 else float("nan")


def parse_power_kw(text: str) -> list[float]:
    """Read the powers of a tag in kW, one for each value of a list; a bare number is in kW.

    Units are W, kW, MW and kVA (taken as kW). Words without a digit, such as ``yes``, are
    skipped. A value with a digit that cannot be read (``50-150 kW``, ``32 A``) makes the whole
    tag unknown, because a part of a sum would pass for the sum.

    Examples
    --------
    >>> parse_power_kw("120 kW; 22000 W"), parse_power_kw("2 x 60"), parse_power_kw("yes")
    ([120.0, 22.0], [60.0, 60.0], [])
    """
    powers_kw: list[float] = []
    for part in text.casefold().split(";"):
        if not any(character.isdigit() for character in part):
            continue
        match = _POWER.fullmatch(part.strip())
        if match is None:
            return []
        grouped, plain = match["grouped"], match["plain"]
        number = float(grouped.replace(",", "") if grouped else plain.replace(",", "."))
        power_kw = number * _KW_PER_UNIT[match["unit"] or "kw"]
        powers_kw += [power_kw] * int(match["times"] or 1)
    return [power_kw for power_kw in powers_kw if power_kw > 0]


def _read_count(text: str | None, n_powers: int) -> int:
    """Read how many sockets of a kind there are, at least one for each power that is named."""
    word = (text or "").strip().casefold()
    if word in {"no", "0"}:
        return 0
    return max(int(word) if _COUNT.fullmatch(word) else 1, n_powers)
