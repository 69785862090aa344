"""sites.geojson: the plan's stations for any map program (RFC 7946, simplestyle 1.1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from chargeplan.publish.attribution import describe_attribution, list_sources
from chargeplan.publish.run_record import describe_limits, describe_outcome
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.publish.stage_results import describe_grid
from chargeplan.text import clean_text
from chargeplan.units import format_pkr
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

COORDINATE_DECIMALS = 7
# Sizes and colours of simplestyle 1.1 (github.com/mapbox/simplestyle-spec).
MARKER_COLOURS = {
    SiteStatus.EXISTING: "#26323b",
    SiteStatus.REQUIRED: "#7d2a6b",
    SiteStatus.CANDIDATE: "#c2410c",
}
_MEDIUM_FROM_CHARGERS = 3
_LARGE_FROM_CHARGERS = 7
_LARGEST_DIGIT_SYMBOL = 9


def build_geojson(bundle: RunBundle) -> dict[str, Any]:
    """Build the feature collection of open and existing stations, best rank first."""
    results = sort_by_rank(build_site_results(bundle))
    features = [_build_feature(row) for row in results.to_dict("records")]
    collection: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "chargeplan": describe_plan(bundle),
    }
    if features:
        longitudes = [feature["geometry"]["coordinates"][0] for feature in features]
        latitudes = [feature["geometry"]["coordinates"][1] for feature in features]
        collection["bbox"] = [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
    return collection


def describe_plan(bundle: RunBundle) -> dict[str, Any]:
    """Describe the whole plan for the foreign member ``chargeplan``; no clock in it."""
    return {
        "title": clean_text(bundle.area.title),
        "study": bundle.area.name,
        "year": bundle.year,
        "is_schematic": bundle.area.is_schematic,
        "grid": describe_grid(bundle),
        "result": describe_outcome(bundle),
        "limits": describe_limits(bundle),
        "metrics": {
            str(row["name"]): _round(row["value"], 6) for row in bundle.evaluation.metrics.to_dict("records")
        },
        "attribution": describe_attribution(bundle),
        "sources": list_sources(bundle),
        "config_sha256": bundle.config_sha256,
        "run": dict(bundle.run_info),
    }


def _build_feature(row: dict[str, Any]) -> dict[str, Any]:
    status = SiteStatus(row["status"])
    chargers = int(row["chargers"])
    properties = {
        "site_id": clean_text(row["site_id"]),
        "name": clean_text(row["name"]),
        "name_en": clean_text(row["name_en"]),
        "name_ur": clean_text(row["name_ur"]),
        "kind": row["kind"],
        "status": status.value,
        "is_new": bool(row["is_new"]),
        "rank": int(row["rank"]),
        "chargers": chargers,
        "chargers_by_type": row["chargers_by_type"],
        "opened_year": _round(row["opened_year"], 0),
        "headroom_unknown": None if pd.isna(row["headroom_unknown"]) else bool(row["headroom_unknown"]),
        "power_kw": _round(row["power_kw"], 1),
        "connection": row["connection"] if isinstance(row["connection"], str) else None,
        "served_kwh_day": _round(row["served_kwh_day"], 2),
        "capacity_kwh_day": _round(row["capacity_kwh_day"], 2),
        "utilisation_share": _round(row["utilisation_share"], 4),
        "cost_pkr": _round(row["cost_pkr"], 0),
        "mean_drive_min": _round(row["mean_drive_min"], 2),
        "peak_wait_min": _round(row["peak_wait_min"], 2),
        "peak_busy_share": _round(row["peak_busy_share"], 4),
        "peak_blocked_share": _round(row["peak_blocked_share"], 4),
        "alone_kwh_day": _round(row["alone_kwh_day"], 2),
        "dropped_loss_kwh_day": _round(row["dropped_loss_kwh_day"], 2),
        "load_kva": _round(row["load_kva"], 1),
        "bays": _round(row["bays"], 0),
        "feeder_id": clean_text(row["feeder_id"]),
        "feeder_name": clean_text(row["feeder_name"]),
        "feeder_headroom_kw": _round(row["feeder_headroom_kw"], 1),
        "feeder_left_kw": _round(row["feeder_left_kw"], 1),
        "zone_name": clean_text(row["zone_name"]),
        "title": row["shown_name"],
        "description": _describe_station(row, status, chargers),
        "marker-color": MARKER_COLOURS[status],
        "marker-size": _choose_size(chargers),
        "marker-symbol": str(chargers) if chargers <= _LARGEST_DIGIT_SYMBOL else "charging-station",
    }
    coordinates = [
        round(float(row["lon"]), COORDINATE_DECIMALS),
        round(float(row["lat"]), COORDINATE_DECIMALS),
    ]
    return {
        "type": "Feature",
        "id": properties["site_id"],
        "geometry": {"type": "Point", "coordinates": coordinates},
        "properties": properties,
    }


def _describe_station(row: dict[str, Any], status: SiteStatus, chargers: int) -> str:
    word = {
        SiteStatus.EXISTING: "Existing station",
        SiteStatus.REQUIRED: "New station, required",
        SiteStatus.CANDIDATE: "New station",
    }[status]
    plural = "charger" if chargers == 1 else "chargers"
    energy = f"{row['served_kwh_day']:,.0f} kWh/day"
    cost = f", {format_pkr(row['cost_pkr'])}" if row["cost_pkr"] > 0 else ""
    return f"{word}: {chargers} {plural}, {energy}{cost}"


def _choose_size(chargers: int) -> str:
    if chargers >= _LARGE_FROM_CHARGERS:
        return "large"
    return "medium" if chargers >= _MEDIUM_FROM_CHARGERS else "small"


def _round(value: float, decimals: int) -> float | int | None:
    """Round for the file; None where the value is not finite, whole numbers without a point."""
    number = float(value)
    if not math.isfinite(number):
        return None
    rounded = round(number, decimals)
    return int(rounded) if decimals == 0 else rounded
