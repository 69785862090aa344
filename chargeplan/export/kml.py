"""KML 2.2 for Google Earth and phones: the stations with styles by status.

Google Earth shows descriptions as HTML, so text from data goes through the same escape as on the
map before it is written as XML.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

import pandas as pd

from chargeplan.export.chargers import describe_growth, list_planned_chargers
from chargeplan.export.columns import SITE_COLUMNS
from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.plan import describe_rights, describe_standing
from chargeplan.publish.geojson import MARKER_COLOURS
from chargeplan.text import clean_text, safe_html
from chargeplan.units import format_pkr
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chargeplan.export.plan import ExportPlan

NAMESPACE = "http://www.opengis.net/kml/2.2"
_FOLDERS = {
    SiteStatus.CANDIDATE: "New stations",
    SiteStatus.REQUIRED: "New stations, required",
    SiteStatus.EXISTING: "Existing stations",
}
_IN_GEOMETRY = {"lon", "lat"}
# Readers give the name of a placemark to what is called so, whatever its case.
_RENAMED = {"name": "name_local"}


def list_kml_files(plan: ExportPlan) -> list[OutputFile]:
    """List the one file."""
    return [
        OutputFile(
            f"{plan.study}.kml",
            ExportFormat.KML,
            "stations for Google Earth and phones",
            partial(_write, plan=plan),
            partial(_check, plan=plan),
        )
    ]


def build_kml(plan: ExportPlan) -> str:
    """Build the document, a folder for each status."""
    root = Xml.Element("kml", xmlns=NAMESPACE)
    document = Xml.SubElement(root, "Document")
    _add(document, "name", clean_text(plan.bundle.area.title))
    about = [*describe_standing(plan), f"Data: {describe_rights(plan)}"]
    _add(document, "description", "<br>".join(safe_html(line) for line in about))
    for status in _FOLDERS:
        document.append(_build_style(status))
    rows = plan.stations.astype(object).to_dict("records")
    has_years = not plan.bundle.evaluation.station_years.empty
    chargers = list_planned_chargers(plan.bundle) if has_years else {}
    growth = {site_id: describe_growth(groups) for site_id, groups in chargers.items()}
    when = f" in {plan.bundle.year}" if has_years else ""
    for status, title in _FOLDERS.items():
        placed = [row for row in rows if row["status"] == status.value]
        if placed:
            folder = Xml.SubElement(document, "Folder")
            _add(folder, "name", title)
            for row in placed:
                told = list(_describe_station(row, when=when, growth=growth.get(row["site_id"], "")))
                folder.append(_build_placemark(row, status, told, has_years=has_years))
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _build_style(status: SiteStatus) -> Xml.Element:
    red, green, blue = (MARKER_COLOURS[status][at : at + 2] for at in (1, 3, 5))
    style = Xml.Element("Style", id=status.value)
    icon = Xml.SubElement(style, "IconStyle")
    _add(icon, "color", f"ff{blue}{green}{red}")  # KML counts from opacity to red
    # No picture from the internet: each program shows its own pin in this colour.
    return style


def _build_placemark(
    row: dict[str, Any], status: SiteStatus, told: list[str], *, has_years: bool
) -> Xml.Element:
    placemark = Xml.Element("Placemark")
    _add(placemark, "name", f"{row['rank']}. {row['title']}" if not pd.isna(row["rank"]) else row["title"])
    _add(placemark, "description", "<br>".join(told))
    if has_years and not pd.isna(row["opened_year"]):
        _add(Xml.SubElement(placemark, "TimeSpan"), "begin", str(row["opened_year"]))
    _add(placemark, "styleUrl", f"#{status.value}")
    data = Xml.SubElement(placemark, "ExtendedData")
    for column in SITE_COLUMNS:
        if column.name not in _IN_GEOMETRY and not pd.isna(row[column.name]):
            cell = Xml.SubElement(data, "Data", name=_RENAMED.get(column.name, column.name))
            _add(cell, "value", _write_value(row[column.name]))
    _add(Xml.SubElement(placemark, "Point"), "coordinates", f"{row['lon']:.7f},{row['lat']:.7f}")
    return placemark


def _describe_station(row: dict[str, Any], *, when: str, growth: str) -> Iterator[str]:
    yield "PLANNED, not built" if row["is_new"] else "Built"
    yield f"{row['chargers']} chargers, {row['power_kw']:g} kW{when}"
    if growth:
        yield growth
    yield f"{row['served_kwh_day']:,.0f} kWh/day{when}"
    if row["cost_pkr"] > 0:
        yield f"{format_pkr(row['cost_pkr'])}{when.replace(' in', ' till')}"
    if isinstance(row["zone_name"], str) and row["zone_name"]:
        yield safe_html(row["zone_name"])


def _write_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _add(parent: Xml.Element, tag: str, text: str) -> None:
    Xml.SubElement(parent, tag).text = text


def _write(path: Path, *, plan: ExportPlan) -> None:
    path.write_bytes(build_kml(plan).encode())


def _check(path: Path, *, plan: ExportPlan) -> list[str]:
    space = {"k": NAMESPACE}
    try:
        root = Xml.fromstring(path.read_bytes())  # noqa: S314 - our own file, written a moment ago
    except Xml.ParseError as error:
        return [f"is not XML: {error}"]
    placemarks = root.findall(".//k:Placemark", space)
    found = {
        mark.findtext("k:ExtendedData/k:Data[@name='site_id']/k:value", "", space): (
            mark.findtext("k:ExtendedData/k:Data[@name='title']/k:value", "", space),
            mark.findtext("k:Point/k:coordinates", "", space),
        )
        for mark in placemarks
    }
    expected = plan.stations
    if len(placemarks) != len(found) or set(found) != set(expected["site_id"]):
        return [f"{len(placemarks)} placemarks, expected the {len(expected)} stations"]
    faults = [
        f"{site_id}: the name does not read back"
        for site_id, title in zip(expected["site_id"], expected["title"], strict=True)
        if found[site_id][0] != title
    ]
    points = [found[site_id][1].split(",") for site_id in expected["site_id"]]
    lon, lat = [float(point[0]) for point in points], [float(point[1]) for point in points]
    return faults[:5] + find_shifted(lon, lat, expected["lon"], expected["lat"])
