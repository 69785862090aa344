"""The reference page of exports and the exports themselves: each names what the other has."""

import json
import re

import pytest

from chargeplan.export.columns import LAYER_COLUMNS, list_names
from chargeplan.export.kml import _RENAMED
from chargeplan.export.ocm import build_places
from chargeplan.export.ocpi import build_locations
from chargeplan.export.options import ExportFormat, ExportLayer
from chargeplan.export.plan import describe_origin


@pytest.fixture(scope="module")
def sections(project_folder):
    """The first column of the tables of each section, by its heading."""
    page = (project_folder / "docs" / "reference" / "exports.md").read_text(encoding="utf-8")
    parts = re.findall(r"^##+ ([^\n]+)\n(.*?)(?=^##+ |\Z)", page, re.DOTALL | re.MULTILINE)
    return {title: re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) for title, text in parts}


def list_members(data, prefix=""):
    """List the members of plain data, those of lists and objects within by their path."""
    found = {}
    for each in data if isinstance(data, list) else [data]:
        for name, value in each.items():
            found[prefix + name] = None
            if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
                found |= dict.fromkeys(list_members(value, f"{prefix}{name}."))
    return set(found)


@pytest.mark.parametrize(
    ("title", "layer"), [("Stations and sites", "sites"), ("Cells", "cells"), ("Zones", "zones")]
)
def test_columns_are_those_of_the_page_in_their_order(title, layer, sections):
    assert sections[title] == list_names(LAYER_COLUMNS[layer])


def test_every_format_and_layer_is_on_the_page(sections):
    assert sections["Formats"] == [each.value for each in ExportFormat]
    assert sections["Layers"] == [each.value for each in ExportLayer]


def test_members_of_ocpi_are_those_of_the_page(sections, yearly_plan, plan):
    written = list_members(build_locations(yearly_plan)) | list_members(build_locations(plan))
    # A location in a car park has a type of parking; the sample may have none.
    assert written | {"parking_type", "facilities", "opening_times"} == {
        *sections["OCPI 2.2.1"],
        *({"opening_times.twentyfourseven"} & written),
    }


def test_members_of_open_charge_map_are_those_of_the_page(sections, yearly_plan):
    assert list_members(build_places(yearly_plan)) == set(sections["Open Charge Map"])


def test_metadata_of_geoparquet_are_those_of_the_page(sections, plan):
    assert list(describe_origin(plan)) == sections["GeoParquet"]


def test_sheets_of_the_workbook_are_those_of_the_page(sections, plan):
    from chargeplan.export.workbook import build_sheets

    names = [sheet.name for sheet in build_sheets(plan)]
    by_year = ["Stations by year", "Zones by year", "Grid"]  # as a plan over years has them
    at = names.index("Years") + 1
    assert [*names[:at], *by_year, *names[at:]] == sections["Excel"]


def test_the_name_that_kml_changes_is_told(project_folder):
    page = (project_folder / "docs" / "reference" / "exports.md").read_text(encoding="utf-8")
    assert all(f"`{new}`" in page for new in _RENAMED.values())


def test_names_are_short_and_of_one_kind(plan):
    for columns in LAYER_COLUMNS.values():
        for name in list_names(columns):
            assert re.fullmatch(r"[a-z][a-z0-9_]{1,19}", name)


def test_schemas_are_json_with_a_description(project_folder):
    for path in (project_folder / "chargeplan" / "export" / "schemas").glob("*.json"):
        assert "description" in json.loads(path.read_text(encoding="utf-8"))
