"""Squares of the rules as GeoJSON (RFC 7946, simplestyle 1.1), for the map and for export."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.rules.report import RuleState

if TYPE_CHECKING:
    from chargeplan.rules.report import RuleReport
    from chargeplan.rules.rows import RuleRows

COORDINATE_DECIMALS = 7
COLOURS = {RuleState.KEPT.value: "#2e7d32", RuleState.BROKEN.value: "#b3261e"}
_FILL_OPACITY = 0.15


def build_rule_outlines(rows: RuleRows, report: RuleReport) -> dict[str, Any]:
    """Build a feature collection with one square per area, in the order of the report.

    Areas that are no squares, such as a share of the fuel stations, are left out.
    """
    features = []
    for place in report.places[report.places["area"] >= 0].to_dict("records"):
        ring = rows.area_outline_lonlat[int(place["area"])]
        if np.isfinite(ring).all():
            features.append(_build_feature(place, np.round(ring, COORDINATE_DECIMALS).tolist()))
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if features:
        corners = np.concatenate([feature["geometry"]["coordinates"][0] for feature in features])
        collection["bbox"] = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
    return collection


def _build_feature(place: dict[str, Any], ring: list[list[float]]) -> dict[str, Any]:
    colour = COLOURS[place["state"]]
    reached, required = int(place["reached"]), int(place["required"])
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "title": place["place"],
            "description": f"{place['rule_id']}: {place['state']}, {reached} of {required} stations",
            "rule_id": place["rule_id"],
            "must": bool(place["must"]),
            "state": place["state"],
            "stations": reached,
            "stations_required": required,
            "people": _round(place["people"]),
            "kwh_day": _round(place["kwh_day"]),
            "stroke": colour,
            "fill": colour,
            "fill-opacity": _FILL_OPACITY,
        },
    }


def _round(value: float) -> float | None:
    return round(float(value), 3) if math.isfinite(value) else None
