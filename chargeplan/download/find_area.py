"""What a name stands for on the map: Nominatim is asked once, and each result is judged.

A city geocodes to a point, to a district or to a division of the same name, and to another
one next week. So a run never geocodes: a planner looks at the results, and fetches by id.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from chargeplan.area import LARGEST_AREA_KM2, SMALLEST_AREA_KM2
from chargeplan.download.area_shapes import measure_km2
from chargeplan.download.ask_nominatim import _ADDRESS, COUNTRY_CODE, ask_nominatim
from chargeplan.download.failures import is_page, read_page
from chargeplan.download.pace import SystemClock
from chargeplan.errors import ConfigError, DataError, DownloadError
from chargeplan.files import find_data_file
from chargeplan.text import clean_text, escape_invisible

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.download.pace import Clock

_LONGEST_NAME = 200
_COUNTRY = "Pakistan"
_POINT_RADIUS_KM = 10


@dataclass(frozen=True, slots=True)
class FoundArea:
    """One result, and whether its area can be fetched.

    Parameters
    ----------
    osm_type : str
        "node", "way" or "relation".
    osm_id : int
    kind : str
        Its main tag, such as "boundary=administrative".
    level : int
        Its admin_level as far as the rank tells; 0 when not known.
    level_words : str
        What that level is in Pakistan.
    country : str
    area_km2 : float
        0 for a point or a line.
    name : str
    refusal : str
        Why it cannot be fetched by its id; empty when it can.
    command : str
        What to type; empty when there is nothing to type for it.
    """

    osm_type: str
    osm_id: int
    kind: str
    level: int
    level_words: str
    country: str
    area_km2: float
    name: str
    refusal: str
    command: str


@dataclass(frozen=True, slots=True)
class _Level:
    words: str
    can_be_studied: bool
    is_assumed: bool


def find_areas(
    name: str,
    *,
    endpoint: str,
    tell: Callable[[str], None],
    contact: str = "",
    clock: Clock | None = None,
) -> list[FoundArea]:
    """Ask a Nominatim server what a name stands for in Pakistan.

    Parameters
    ----------
    name : str
    endpoint : str
        Address of the search of a Nominatim server.
    tell : callable
        Gets a line when the server is asked a second time.
    contact : str
        Who asks, for the user agent.
    clock : Clock or None
        Replaced in tests.

    Raises
    ------
    ConfigError
        When the name is empty or too long.
    DownloadError
        When the server cannot be reached, refuses, or answers with something else.
    """
    text = clean_text(name)
    if not text or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f"NAME: got {len(name)} characters; expected a place's name of 1 to {_LONGEST_NAME}"
        )
    body = ask_nominatim(text, endpoint, contact=contact, tell=tell, clock=clock or SystemClock())
    return parse_places(body, text)


def parse_places(body: bytes, name: str) -> list[FoundArea]:
    """Read and judge the results in the body of an answer, in the order of the server.

    Parameters
    ----------
    body : bytes
        JSON as Nominatim writes it, in the formats ``json`` or ``jsonv2``.
    name : str
        What was asked for; the dataset is called after it.

    Raises
    ------
    DownloadError
        When it is no such answer.
    """
    try:
        records = json.loads(body)
    except (ValueError, RecursionError) as error:
        shown = (
            read_page(body)
            if is_page(body)
            else escape_invisible(clean_text(body[:400].decode("utf-8", "replace")))
        )
        raise DownloadError(
            f'the server answered with something else than JSON ("{shown[:80]}"); when it is a login page of your '
            f"network, log in with a browser first; else {_ADDRESS}"
        ) from error
    if not isinstance(records, list) or not all(map(_is_record, records)):
        raise DownloadError(
            f"the server's answer is not a list of places with osm_type and osm_id; {_ADDRESS}"
        )
    levels = _read_levels()
    return [_judge(record, make_dataset_name(name), levels) for record in records]


def make_dataset_name(name: str) -> str:
    """Make the name of a dataset from a place's name.

    Examples
    --------
    >>> make_dataset_name("Mirpur Khas"), make_dataset_name("ملتان")
    ('mirpur-khas', 'city')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "city"


def _is_record(record: object) -> bool:
    return (
        isinstance(record, dict)
        and record.get("osm_type") in {"node", "way", "relation"}
        and type(record.get("osm_id")) is int
        and record["osm_id"] > 0
    )


def _read_levels() -> dict[int, _Level]:
    with find_data_file("download", "admin_levels.csv").open(encoding="utf-8", newline="") as file:
        return {
            int(row["level"]): _Level(
                row["words"], row["can_be_studied"] == "yes", row["confidence"] == "assumption"
            )
            for row in csv.DictReader(file)
        }


def _judge(record: dict[str, Any], dataset: str, levels: dict[int, _Level]) -> FoundArea:
    category = clean_text(record.get("category", record.get("class")))
    kind = clean_text(record.get("type"))
    country, is_in_country = _find_country(record)
    geometry, area_km2, fault = _measure(record)
    level = _find_level(record, category, kind)
    refusal = fault or _find_refusal(record, category, kind, levels.get(level))
    if not is_in_country:
        refusal = f"it is in {country or 'an unknown country'}; add the province to the name, such as Punjab or Sindh"
    elif not refusal:
        refusal = _find_size_fault(area_km2, level)
    osm_id = int(record["osm_id"])
    command = f"chargeplan fetch {dataset} --relation {osm_id}"
    if refusal:
        command = _find_way_out(record, geometry, area_km2, dataset) if is_in_country else ""
    return FoundArea(
        osm_type=record["osm_type"],
        osm_id=osm_id,
        kind=f"{category}={kind}" if category else kind,
        level=level,
        level_words=levels[level].words if level in levels else "",
        country=country,
        area_km2=area_km2,
        name=escape_invisible(clean_text(record.get("display_name") or record.get("name")))
        or "without a name",
        refusal=refusal,
        command=command,
    )


def _find_country(record: dict[str, Any]) -> tuple[str, bool]:
    """Find the country by its code, without one by the end of the name."""
    address = record.get("address")
    address = address if isinstance(address, dict) else {}
    last = clean_text(str(record.get("display_name", "")).rpartition(",")[2])
    code = clean_text(address.get("country_code")).lower()
    country = clean_text(address.get("country")) or last
    return country, code == COUNTRY_CODE if code else country == _COUNTRY


def _measure(record: dict[str, Any]) -> tuple[shapely.Geometry | None, float, str]:
    """Measure the polygon of a result; say what is wrong with it."""
    if not isinstance(record.get("geojson"), dict):
        return None, 0.0, "the server gave no outline"
    try:
        geometry = shape(record["geojson"])
        if not geometry.is_valid:
            return None, 0.0, "its outline in OpenStreetMap crosses itself"
        return geometry, measure_km2(geometry), ""
    except (DataError, ValueError, TypeError, AttributeError, LookupError, shapely.errors.ShapelyError):
        return None, 0.0, "its outline is damaged"


def _find_level(record: dict[str, Any], category: str, kind: str) -> int:
    """Find the admin_level: Nominatim ranks an administrative boundary at twice its level."""
    rank = record.get("place_rank")
    if (category, kind) != ("boundary", "administrative") or type(rank) is not int or rank % 2:
        return 0
    return rank // 2 if 4 <= rank <= 22 else 0


def _find_refusal(record: dict[str, Any], category: str, kind: str, level: _Level | None) -> str:
    if record["osm_type"] == "node":
        return "it is a point and has no boundary; take a relation, or a circle around it"
    if record["geojson"].get("type") not in {"Polygon", "MultiPolygon"}:
        return "it is a line and has no area; take a relation that is a boundary"
    if record["osm_type"] == "way":
        return "it is a way, and fetch takes relations; take a relation, or a box around it"
    if category == "boundary" and kind != "administrative":
        return f"it is a boundary of another kind ({kind}); take an administrative one"
    if category not in {"boundary", "place"}:
        return f"it is no boundary ({category}={kind}); take an administrative one"
    if level is not None and not level.can_be_studied:
        doubt = ""
        if level.is_assumed:
            doubt = (
                " (that this level is one rests on an assumption, no source was found; when you know better, fetch it "
                f"with --relation {record['osm_id']})"
            )
        return f"it is at the level of a {level.words}{doubt}; take a district or a division"
    return ""


def _find_size_fault(area_km2: float, level: int) -> str:
    if area_km2 < SMALLEST_AREA_KM2:
        return f"it is smaller than {SMALLEST_AREA_KM2:.0f} km2; take what it belongs to"
    if area_km2 > LARGEST_AREA_KM2:
        part = "a district or a division in it" if level <= 4 else "a part of it, or a circle around the city"
        return f"it is larger than {LARGEST_AREA_KM2:,.0f} km2; take {part}"
    return ""


def _find_way_out(
    record: dict[str, Any], geometry: shapely.Geometry | None, area_km2: float, dataset: str
) -> str:
    """Find what to type for a place that has no usable relation: a circle or a box."""
    if geometry is None or geometry.is_empty:
        return ""
    if record["osm_type"] == "node" or area_km2 > LARGEST_AREA_KM2:
        try:
            lon, lat = float(record["lon"]), float(record["lat"])
        except (KeyError, TypeError, ValueError):
            return ""
        return f"chargeplan fetch {dataset} --circle {lon:.4f},{lat:.4f},{_POINT_RADIUS_KM}"
    if record["osm_type"] == "way" and area_km2 >= SMALLEST_AREA_KM2:
        box = ",".join(f"{value:.4f}" for value in geometry.bounds)
        return f"chargeplan fetch {dataset} --box {box}"
    return ""
