"""Stations of all runs side by side: kept, added, dropped, of another size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.run_record import make_finite
from chargeplan.publish.site_results import build_site_results
from chargeplan.text import clean_text
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chargeplan.compare.records import ComparedRun

_SAME_PLACE_DEG = 0.0005  # some 50 m: the same id farther off is another place
_SAME_POWER_KW = 0.05


class StationChange(StrEnum):
    """What becomes of a station from one run to another."""

    ADDED = "added"
    DROPPED = "dropped"
    LARGER = "larger"
    SMALLER = "smaller"
    REFITTED = "refitted"  # the same power by other chargers
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class StationSize:
    """A station as one run has it."""

    chargers: int
    power_kw: float
    served_kwh_day: float
    cost_pkr: float
    utilisation_share: float | None
    opened_year: int | None
    chargers_by_type: tuple[tuple[str, int], ...]
    is_existing: bool


@dataclass(frozen=True, slots=True)
class ComparedStation:
    """A place where at least one run has a station.

    Parameters
    ----------
    site_id, name, kind : str
    lon, lat : float
    sizes : tuple of StationSize or None
        One for each run; None where that run has no station there.
    """

    site_id: str
    name: str
    kind: str
    lon: float
    lat: float
    sizes: tuple[StationSize | None, ...]

    def find_change(self, first: int, second: int) -> StationChange | None:
        """Say what becomes of it from one run to another; None where neither has it."""
        before, after = self.sizes[first], self.sizes[second]
        if before is None or after is None:
            if before is after:
                return None
            return StationChange.ADDED if before is None else StationChange.DROPPED
        more_kw = after.power_kw - before.power_kw
        if abs(more_kw) > _SAME_POWER_KW:
            return StationChange.LARGER if more_kw > 0 else StationChange.SMALLER
        is_same = (before.chargers, before.chargers_by_type) == (after.chargers, after.chargers_by_type)
        return StationChange.KEPT if is_same else StationChange.REFITTED


def list_stations(runs: Sequence[ComparedRun]) -> tuple[ComparedStation, ...]:
    """List each place with a station in any run, largest first.

    Stations of two runs are one when their ids are and they lie within some 50 m.
    """
    tables = [_list_open(run) for run in runs]
    places: list[tuple[dict[str, Any], list[StationSize | None]]] = []
    by_id: dict[str, list[int]] = {}
    for pos, table in enumerate(tables):
        for row in table:
            at = _find_place(row, [places[number][0] for number in by_id.get(row["site_id"], [])])
            if at is None:
                by_id.setdefault(row["site_id"], []).append(len(places))
                places.append((row, [None] * len(runs)))
                number = len(places) - 1
            else:
                number = by_id[row["site_id"]][at]
            places[number][1][pos] = _describe_size(row)
    stations = [
        ComparedStation(
            clean_text(row["site_id"]),
            clean_text(row["shown_name"]),
            clean_text(row["kind"]),
            round(float(row["lon"]), 6),
            round(float(row["lat"]), 6),
            tuple(sizes),
        )
        for row, sizes in places
    ]
    return tuple(
        sorted(stations, key=lambda station: (-_sum_power_kw(station), station.site_id, station.lon))
    )


def count_changes(stations: Iterable[ComparedStation], first: int, second: int) -> dict[StationChange, int]:
    """Count the stations by what becomes of them, every word named."""
    counts = Counter(station.find_change(first, second) for station in stations)
    return {change: counts[change] for change in StationChange}


def _list_open(run: ComparedRun) -> list[dict[str, Any]]:
    results = build_site_results(run.bundle)
    rows = results[results["is_open"]].sort_values("site_id").to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _find_place(row: dict[str, Any], places: list[dict[str, Any]]) -> int | None:
    for at, place in enumerate(places):
        if np.hypot(place["lon"] - row["lon"], place["lat"] - row["lat"]) <= _SAME_PLACE_DEG:
            return at
    return None


def _describe_size(row: dict[str, Any]) -> StationSize:
    opened = make_finite(row["opened_year"])
    by_type = row["chargers_by_type"]
    return StationSize(
        chargers=int(row["chargers"]),
        power_kw=round(float(row["power_kw"]), 1),
        served_kwh_day=float(row["served_kwh_day"]),
        cost_pkr=float(row["cost_pkr"]),
        utilisation_share=make_finite(row["utilisation_share"]),
        opened_year=None if opened is None else int(opened),
        chargers_by_type=tuple(sorted(by_type.items())) if isinstance(by_type, dict) else (),
        is_existing=row["status"] == SiteStatus.EXISTING,
    )


def _sum_power_kw(station: ComparedStation) -> float:
    return sum(size.power_kw for size in station.sizes if size is not None)
