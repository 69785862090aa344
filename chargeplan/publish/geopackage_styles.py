"""The table `layer_styles` of plan.gpkg, in which QGIS looks for the styles of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

import pandas as pd

from chargeplan.publish.qgis_style import write_outline_qml, write_point_qml, write_polygon_qml
from chargeplan.publish.sld_style import write_sld
from chargeplan.publish.style_rules import list_cell_rules, list_kind_rules, list_site_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.records import Floats

STYLES_TABLE = "layer_styles"
# The id of a row, as QGIS names it.
STYLES_ID = "id"
GEOMETRY_COLUMN = "geom"  # what GDAL calls it in every GeoPackage
FIXED_TIME = "2000-01-01T00:00:00Z"
_RANK = 'CASE WHEN "is_open" THEN to_string("rank") END'


def build_style_table(
    open_kinds: Sequence[str], demand_kwh_day: Floats, *, has_zone_names: bool
) -> pd.DataFrame:
    """Build the rows: of each layer the style that QGIS opens it in, and of sites one by kind too.

    Parameters
    ----------
    open_kinds : sequence of str
        Kinds of places with a station.
    demand_kwh_day : ndarray
        Of each cell.
    has_zone_names : bool
        False where hexagons stand in for zones.
    """
    sites, kinds = list_site_rules(), list_kind_rules(sorted(set(open_kinds)))
    cells = list_cell_rules(demand_kwh_day)
    rows = [
        (
            "sites",
            "by status",
            write_point_qml(sites, label=_RANK),
            write_sld("sites", sites, is_point=True),
            True,
            "Stations by status, larger with more power, with their rank",
        ),
        (
            "cells",
            "demand",
            write_polygon_qml(cells),
            write_sld("cells", cells, is_point=False),
            True,
            "Demand of each cell, blue where half of it or more is served, else orange and hatched",
        ),
        (
            "zones",
            "outlines",
            write_outline_qml(label='"zone_name"' if has_zone_names else ""),
            write_sld("zones", [], is_point=False),
            True,
            "Zones as outlines, with their names where they have any",
        ),
        (
            "sites",
            "by kind",
            write_point_qml(kinds, label=_RANK),
            write_sld("sites", kinds, is_point=True),
            False,
            "Stations by what stands there",
        ),
    ]
    names = ["f_table_name", "styleName", "styleQML", "styleSLD", "useAsDefault", "description"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "f_table_catalog", "")
    table.insert(1, "f_table_schema", "")
    table.insert(3, "f_geometry_column", GEOMETRY_COLUMN)
    table["owner"] = ""
    table["ui"] = ""
    table["update_time"] = pd.Timestamp(FIXED_TIME)
    return table


def find_style_faults(table: pd.DataFrame, layers: Sequence[str]) -> list[str]:
    """List what is wrong with a table of styles that was read back."""
    faults = []
    for row in table.itertuples():
        for name, text in (("styleQML", row.styleQML), ("styleSLD", row.styleSLD)):
            try:
                Xml.fromstring(text)  # noqa: S314 - our own text, written a moment ago
            except (Xml.ParseError, TypeError) as error:
                faults.append(f"{STYLES_TABLE}: {name} of {row.f_table_name} is not XML ({error})")
    usual = table.loc[table["useAsDefault"].astype(bool), "f_table_name"].tolist()
    if sorted(usual) != sorted(layers):
        faults.append(f"{STYLES_TABLE}: opens {sorted(usual)}, expected {sorted(layers)}")
    return faults
