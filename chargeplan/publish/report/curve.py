"""Coverage against budget: the points of a sweep of the same study, with the plan of this run among them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from chargeplan.chart_ticks import find_ticks
from chargeplan.errors import DataError, name_rows
from chargeplan.flat_settings import flatten_settings
from chargeplan.publish.attribution import list_sources
from chargeplan.publish.report.drawing import wrap_picture, write_text
from chargeplan.publish.report.money import read_risk_pkr
from chargeplan.publish.report.numbers import count, money, number, share
from chargeplan.publish.report.tables import Cell, Table
from chargeplan.store import check_checksums
from chargeplan.text import clean_text
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from markupsafe import Markup

    from chargeplan.publish.bundle import RunBundle

CURVE_NAME = "curve.json"
CURVE_FORMAT_VERSION = 1
SWEEP_FILES = (CURVE_NAME, "curve.csv", "index.html")  # what every sweep writes with its checksum
# What a sweep may do otherwise than the run: how long it searches, and where it writes.
_FREE_SECTIONS = ("publish.", "solve.")
_FIGURES = ("cost_pkr", "new_sites", "served_kwh_day", "served_share")
_MILLION = 1e6


def read_curve(folder: Path, bundle: RunBundle) -> dict[str, Any]:
    """Read the curve of a sweep, and refuse one that is not of this run's study.

    Raises
    ------
    DataError
        When the folder holds no curve, one of another format, one that was edited, or one of another study or of other
        settings or input files; with every difference.
    """
    path = folder / CURVE_NAME
    if not path.is_file():
        raise DataError(f"{path}: missing; --sweep needs the folder that `chargeplan sweep` wrote")
    check_checksums(folder, "run the sweep again", needed=SWEEP_FILES)
    try:
        curve: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = curve["format_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: not a curve of a sweep ({error}); run the sweep again") from error
    if version != CURVE_FORMAT_VERSION:
        raise DataError(
            f"{path}: written in format {version}, this version reads {CURVE_FORMAT_VERSION}; run the sweep again"
        )
    damages = _find_damages(curve)
    if damages:
        raise DataError([f"{path}: damaged or edited: {told}; run the sweep again" for told in damages])
    faults = _find_differences(curve, bundle)
    if faults:
        raise DataError([f"{path}: the sweep is not of the study of this run: {fault}" for fault in faults])
    return curve


def _find_damages(curve: Mapping[str, Any]) -> list[str]:
    """Find what this page reads of a curve and is not there, or is not of the kind that it should be."""
    damages = [
        f"{name} is no {kind.__name__}"
        for name, kind in (
            ("study", dict),
            ("vary", dict),
            ("settings", dict),
            ("inputs", list),
            ("points", list),
        )
        if not isinstance(curve.get(name), kind)
    ]
    if damages:
        return damages
    texts = [("vary", "key"), ("knee", "text"), ("study", "name")]
    damages = [
        f"{name}.{part} is no text"
        for name, part in texts
        if not (isinstance(curve.get(name), dict) and isinstance(curve[name].get(part), str))
    ]
    if "year" not in curve["study"]:
        damages.append("study.year is missing")
    damages += [
        f"inputs[{pos}] has no key and sha256"
        for pos, row in enumerate(curve["inputs"])
        if not (isinstance(row, dict) and isinstance(row.get("key"), str) and "sha256" in row)
    ]
    for pos, point in enumerate(curve["points"]):
        damages += [f"points[{pos}]: {told}" for told in _find_point_damages(point)]
    return damages


def _find_point_damages(point: object) -> list[str]:
    if not isinstance(point, dict):
        return ["no point"]
    damages = [] if isinstance(point.get("outcome"), str) else ["outcome is no text"]
    if not _is_number(point.get("value")):
        damages.append("value is no number")
    missing = [name for name in _FIGURES if point.get(name, "") is None]
    if len(missing) == len(_FIGURES):
        return damages  # no plan was found at this value
    damages += [f"{name} is no number" for name in _FIGURES if not _is_number(point.get(name))]
    if _is_number(point.get("served_share")) and not -1e-6 <= point["served_share"] <= 1 + 1e-6:
        damages.append("served_share is not within 0 and 1")
    return damages


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _find_differences(curve: Mapping[str, Any], bundle: RunBundle) -> list[str]:
    """Find in what a sweep and a run differ, other than in what was varied."""
    faults = []
    name, year = curve["study"]["name"], curve["study"]["year"]
    if (name, year) != (bundle.area.name, bundle.year):
        faults.append(
            f"it is of {clean_text(name)} in {year}, the run of {bundle.area.name} in {bundle.year}"
        )
    key = curve["vary"]["key"]
    theirs, ours = (flatten_settings(settings) for settings in (curve["settings"], bundle.settings_as_run))
    other = sorted(
        name
        for name in theirs.keys() | ours.keys()
        if theirs.get(name) != ours.get(name) and name != key and not name.startswith(_FREE_SECTIONS)
    )
    if other:
        faults.append(f"settings differ: {name_rows(other)}; run the sweep again with the config of the run")
    files = [{row["key"]: row["sha256"] for row in rows} for rows in (curve["inputs"], list_sources(bundle))]
    changed = sorted(
        name for name in files[0].keys() | files[1].keys() if files[0].get(name) != files[1].get(name)
    )
    if changed:
        faults.append(f"input files differ: {name_rows(changed)}; run both with the same files")
    return faults


def describe_curve(curve: Mapping[str, Any], bundle: RunBundle) -> dict[str, Any]:
    """Describe the curve for the page: picture, table, what stands out."""
    key = str(curve["vary"]["key"])
    is_money = key.endswith("_pkr")
    rows: list[list[Cell]] = []
    for pos, point in enumerate(curve["points"]):
        place = f"sweep/{pos}"
        if point["cost_pkr"] is None:
            rows.append(
                [_show_value(point["value"], place, is_money=is_money), "", "", "", "", point["outcome"]]
            )
            continue
        rows.append(
            [
                _show_value(point["value"], place, is_money=is_money),
                money(point["cost_pkr"], f"{place}/cost_pkr"),
                count(point["new_sites"], f"{place}/new_sites"),
                number(point["served_kwh_day"], f"{place}/served_kwh_day"),
                share(point["served_share"], f"{place}/served_share"),
                clean_text(point["outcome"]),
            ]
        )
    name = "Budget" if key == "model.budget_pkr" else clean_text(key)
    headings = (
        (name, "number"),
        ("Cost and risk charge" if read_risk_pkr(bundle) > 0 else "Cost", "number"),
        ("New stations", "number"),
        ("Served, kWh/day", "number"),
        ("Served", "number"),
        ("Proof", "words"),
    )
    return {
        "chart": _draw_curve(curve, bundle, name=name, is_money=is_money),
        "table": Table("Plans of the sweep", headings, rows),
        "knee": _tell_knee(curve, is_money=is_money),
    }


def _tell_knee(curve: Mapping[str, Any], *, is_money: bool) -> str:
    """Say where more money buys much less, in the reader's words; how it is found is on the page of the sweep."""
    value = curve["knee"].get("value")
    point = next((one for one in curve["points"] if _is_number(value) and one["value"] == value), None)
    if point is None or point["served_share"] is None:
        return "The curve has no clear knee, a value beyond which a further step serves much less."
    rivals = [_name_value(one, is_money=is_money) for one in curve["knee"].get("could_be_as_well") or ()]
    also = f" With what is left unproven it could as well be {' or '.join(rivals)}." if rivals else ""
    return (
        f"The curve has its knee at {_name_value(value, is_money=is_money)}, where {point['served_share']:.1%} of "
        f"the demand is served: beyond it a further step serves much less.{also}"
    )


def _name_value(value: object, *, is_money: bool) -> str:
    if not _is_number(value):
        return clean_text(str(value))
    amount = float(str(value))
    return format_pkr(amount) if is_money else f"{amount:,.6g}"


def _show_value(value: float, place: str, *, is_money: bool) -> Cell:
    shown = (
        money(value, f"{place}/value") if is_money else number(value, f"{place}/value", 4 if value % 1 else 0)
    )
    return shown


def _draw_curve(curve: Mapping[str, Any], bundle: RunBundle, *, name: str, is_money: bool) -> Markup:
    """Draw served share by what was varied, and the plan of this run where it has such a value."""
    points = [point for point in curve["points"] if point["served_share"] is not None]
    width, height, left, right, top, bottom = 720.0, 280.0, 52.0, 48.0, 14.0, 44.0
    scale = _MILLION if is_money else 1.0
    own = _find_own_value(curve, bundle)
    widest = max([point["value"] for point in points] + ([own] if own is not None else [])) / scale or 1.0
    highest = min(1.06 * max(point["served_share"] for point in points), 1.0) if points else 1.0

    def place(value: float, served_share: float) -> tuple[float, float]:
        x = left + (width - left - right) * value / scale / widest
        return x, height - bottom - (height - bottom - top) * served_share / max(highest, 1e-9)

    parts = []
    for tick in find_ticks(0.0, highest):
        y = place(0, tick)[1]
        parts.append(f'<path class="axis" d="M{left} {y:.1f}H{width - right}"/>')
        parts.append(write_text(left - 8, y + 4, f"{tick:.4%}".replace(".0000", ""), "end", "tick"))
    parts += [
        write_text(place(tick * scale, 0)[0], height - bottom + 17, f"{tick:,.6g}", "middle", "tick")
        for tick in find_ticks(0.0, widest)
    ]
    places = [place(point["value"], point["served_share"]) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts.append(f'<polyline class="curve" points="{line}"/>')
    for (x, y), point in zip(places, points, strict=True):
        parts.append(f'<circle class="curve-point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(write_text(x + 7, y + 16, f"{point['served_share']:.0%}", "start", "label"))
    if own is not None:
        x, y = place(own, bundle.evaluation.get_metric("served_share"))
        parts.append(f'<circle class="curve-own" cx="{x:.1f}" cy="{y:.1f}" r="9"/>')
        parts.append(write_text(x - 12, y - 8, "this plan", "end", "label"))
    unit = ", PKR million" if is_money else ""
    parts.append(write_text((left + width - right) / 2, height - 8, f"{name}{unit}", "middle", "tick"))
    return wrap_picture(
        parts,
        name="curve-chart",
        width=width,
        height=height,
        title=f"Share of the demand that is served, by {name}",
        description="; ".join(
            f"{format_pkr(point['value']) if is_money else point['value']}: {point['served_share']:.1%}"
            for point in points
        ),
    )


def _find_own_value(curve: Mapping[str, Any], bundle: RunBundle) -> float | None:
    """Find the value that this run has of what the sweep varies; None where it is no number."""
    value: Any = bundle.settings_as_run
    for part in str(curve["vary"]["key"]).split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if _is_number(value) else None
