"""Free speeds: from the maxspeed tag where it can be read, else from the class table."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file, require_file
from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.units import KM_PER_MILE

if TYPE_CHECKING:
    from pathlib import Path

# Bounds of a believable speed on a public road; slips of the pen such as 5000 or 0.5 become
# these (RELIABILITY: silly travel times come from odd maxspeed values).
SLOWEST_KMH = 5.0
FASTEST_KMH = 130.0

IMPLICIT_SPEEDS = ("PK:urban", "PK:rural", "PK:motorway")
_COLUMNS = ["road_class", "speed_kmh", "source", "year", "confidence"]
_CONFIDENCES = ("high", "med", "low", "assumption")
_SPEED = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?) ?(mph|km/h|kmh|kph)?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[;|]")
# Tags that say "no number" on purpose are not a fault of the map.
_NO_NUMBER = frozenset({"none", "signals", "variable", "walk", "implicit", "default"})


@dataclass(frozen=True, slots=True)
class SpeedTable:
    """Free speeds by road class and by implicit limit.

    Parameters
    ----------
    kmh : dict
        Speed in km/h for each of `tags.ROAD_CLASSES` and `IMPLICIT_SPEEDS`.
    """

    kmh: dict[str, float]


@dataclass(frozen=True, slots=True)
class FreeSpeed:
    """Free speed of one way and how it was found.

    Parameters
    ----------
    kmh : float
        Between `SLOWEST_KMH` and `FASTEST_KMH`.
    is_tagged : bool
        True when a maxspeed tag gave it.
    is_capped : bool
        True when the tagged number was outside the bounds.
    is_unreadable : bool
        True when there was a tag that nobody can read.
    """

    kmh: float
    is_tagged: bool
    is_capped: bool = False
    is_unreadable: bool = False


def parse_maxspeed(text: str, table: SpeedTable) -> float | None:
    """Read a maxspeed tag in km/h, the slowest when it holds several, else None.

    Examples
    --------
    >>> table = SpeedTable({"PK:urban": 50.0})
    >>> parse_maxspeed("50;60", table), parse_maxspeed("PK:urban", table), parse_maxspeed("signals", table)
    (50.0, 50.0, None)
    """
    speeds = []
    for part in _SEPARATORS.split(text):
        word = part.strip()
        if word in IMPLICIT_SPEEDS:
            speeds.append(table.kmh[word])
        elif match := _SPEED.fullmatch(word):
            factor = KM_PER_MILE if (match.group(2) or "").lower() == "mph" else 1.0
            speeds.append(float(match.group(1)) * factor)
    positive = [speed for speed in speeds if speed > 0]
    return min(positive) if positive else None


def find_free_speed(road_class: str, maxspeed: str | None, table: SpeedTable) -> FreeSpeed:
    """Find the free speed of a way of a drivable class."""
    tagged_kmh = None if maxspeed is None else parse_maxspeed(maxspeed, table)
    if tagged_kmh is None:
        unreadable = maxspeed is not None and maxspeed.strip().lower() not in _NO_NUMBER
        return FreeSpeed(table.kmh[road_class], is_tagged=False, is_unreadable=unreadable)
    kmh = min(max(tagged_kmh, SLOWEST_KMH), FASTEST_KMH)
    return FreeSpeed(kmh, is_tagged=True, is_capped=kmh != tagged_kmh)


def read_speed_table(path: Path | None) -> SpeedTable:
    """Read free speeds by road class.

    Parameters
    ----------
    path : Path or None
        A CSV with the columns road_class, speed_kmh, source, year, confidence; None for
        the project's own data/network/speeds.csv.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    file_path = (
        find_data_file("network", "speeds.csv") if path is None else require_file(path, "network.speeds")
    )
    try:
        with file_path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"network.speeds: {file_path} cannot be read as a CSV file in UTF-8: {error}"
        ) from error
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise DataError(
            f"network.speeds: {file_path} lacks the columns {', '.join(missing)}; "
            f"expected {', '.join(_COLUMNS)}"
        )
    return SpeedTable(_check_rows(rows, f"network.speeds: {file_path.name}"))


def _check_rows(rows: list[dict[str, str]], where: str) -> dict[str, float]:
    faults = FaultCollector(DataError)
    kmh: dict[str, float] = {}
    known = (*ROAD_CLASSES, *IMPLICIT_SPEEDS)
    for line, row in enumerate(rows, start=2):
        name = (row["road_class"] or "").strip()
        if name not in known:
            faults.add(
                f"{where}: line {line}: unknown road_class {name!r}; expected one of {', '.join(known)}"
            )
        elif name in kmh:
            faults.add(f"{where}: line {line}: {name} stands there twice; remove one of the rows")
        kmh[name] = _read_speed(row["speed_kmh"])
        if not SLOWEST_KMH <= kmh[name] <= FASTEST_KMH:
            faults.add(
                f"{where}: line {line}: speed_kmh is {row['speed_kmh']!r}; "
                f"expected {SLOWEST_KMH:.0f} to {FASTEST_KMH:.0f} km/h"
            )
        if not (row["source"] or "").strip() or row["confidence"] not in _CONFIDENCES:
            faults.add(f"{where}: line {line}: give a source, and a confidence of {', '.join(_CONFIDENCES)}")
    absent = [name for name in known if name not in kmh]
    if absent:
        faults.add(f"{where}: no row for {', '.join(absent)}; add them")
    faults.raise_if_any()
    return kmh


def _read_speed(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan
