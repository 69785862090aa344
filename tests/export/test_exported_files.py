"""Each exported file read back by another program: what it says is what the plan says."""

import csv
import io
import json
import zipfile

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely
from geojson_pydantic import FeatureCollection

from chargeplan.export.columns import LAYER_COLUMNS, list_names
from chargeplan.export.run import export_run
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.publish.report.grounds import collect_figures
from chargeplan.text import clean_text

SHIFT_DEG = 1.0e-7 + 1e-12  # 1.1 cm; the rest is of comparing binary fractions
LAYERS = ("stations", "sites", "cells", "zones")


@pytest.fixture(scope="session", params=["plain", "hard"])
def case(request, plan, hard_plan, exported, hard_exported):
    """A plan and the folder of its exports, with usual names and with hard ones."""
    return (plan, exported) if request.param == "plain" else (hard_plan, hard_exported)


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def assert_same_points(found, table):
    assert len(found) == len(table)
    for (lon, lat), row in zip(found, table.itertuples(), strict=True):
        assert abs(lon - row.lon) <= SHIFT_DEG
        assert abs(lat - row.lat) <= SHIFT_DEG


def test_every_format_is_there(exported):
    names = sorted(path.name for path in exported.iterdir())
    layered = [f"sample-{layer}.{ending}" for layer in LAYERS for ending in ("geojson", "parquet", "csv")]
    alone = [
        "sample.gpkg",
        "sample.xlsx",
        "sample.kml",
        "sample-ocpi-locations.json",
        "sample-ocm-planned.json",
    ]
    assert names == sorted([*layered, *alone, "README.txt", "export.json"])


def test_the_same_run_gives_the_same_bytes(tmp_path, hard_run_folder, hard_exported, hard_plan):
    export_run(hard_run_folder, hard_plan.options, out=tmp_path / "again")
    for path in hard_exported.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("layer", LAYERS)
def test_geojson_is_valid_to_another_library(layer, case):
    plan, folder = case
    text = (folder / f"sample-{layer}.geojson").read_text(encoding="utf-8")
    collection = FeatureCollection.model_validate_json(text)
    assert len(collection.features) == len(plan.get_table(layer))
    assert find_geojson_faults(text) == []
    shapes = [shapely.from_geojson(each.geometry.model_dump_json()) for each in collection.features]
    assert all(shape.is_valid for shape in shapes)
    if layer in ("stations", "sites"):
        assert_same_points([(shape.x, shape.y) for shape in shapes], plan.get_table(layer))


def test_geojson_of_stations_is_the_published_one(exported, run_folder):
    assert (exported / "sample-stations.geojson").read_bytes() == (run_folder / "sites.geojson").read_bytes()


def test_geojson_tells_the_plan_beside_each_layer(exported):
    told = read_json(exported / "sample-cells.geojson")["chargeplan"]
    assert told["is_schematic"] is True
    assert "OpenStreetMap" in told["attribution"]


@pytest.mark.parametrize("layer", LAYERS)
def test_geoparquet_names_its_version_and_holds_the_shapes(layer, case):
    plan, folder = case
    table = pq.read_table(folder / f"sample-{layer}.parquet")
    described = json.loads(table.schema.metadata[b"geo"])
    assert described["version"] == "1.1.0"
    assert described["columns"]["geometry"]["encoding"] == "WKB"
    origin = json.loads(table.schema.metadata[b"chargeplan"])
    assert origin["planned"] is True
    assert "OpenStreetMap" in origin["attribution"]
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    if layer in ("stations", "sites"):
        assert_same_points([(shape.x, shape.y) for shape in shapes], plan.get_table(layer))
    assert [name for name in table.column_names if name != "geometry"] == list_names(LAYER_COLUMNS[layer])


@pytest.mark.parametrize("layer", LAYERS)
def test_csv_has_a_mark_for_excel_and_no_cell_that_runs(layer, case):
    plan, folder = case
    path = folder / f"sample-{layer}.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read_csv(path)
    assert len(rows) == len(plan.get_table(layer))
    numbers = {each.name for each in LAYER_COLUMNS[layer] if each.type in ("number", "whole")}
    for row in rows:
        for name, cell in row.items():
            if name not in numbers:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell
            assert "\n" not in cell
    if layer in ("stations", "sites"):
        assert_same_points([(float(row["lon"]), float(row["lat"])) for row in rows], plan.get_table(layer))


def test_workbook_holds_texts_and_no_formula(case):
    plan, folder = case
    book = openpyxl.load_workbook(folder / "sample.xlsx")
    expected = [
        "Plan",
        "Stations",
        "Zones",
        "Years",
        "Economics",
        "Cash flow",
        "Sources",
        "Warnings",
        "Columns",
    ]
    assert book.sheetnames == expected
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        assert not sheet._hyperlinks
    header, *rows = book["Stations"].iter_rows()
    column = {cell.value: at for at, cell in enumerate(header)}
    assert [row[column["title"]].value or "" for row in rows] == plan.stations["title"].tolist()
    assert_same_points([(row[column["lon"]].value, row[column["lat"]].value) for row in rows], plan.stations)
    assert rows[0][column["cost_pkr"]].number_format == '"PKR" #,##0'
    assert rows[0][column["chargers"]].value == plan.stations["chargers"].iloc[0]
    warnings = [row[1].value for row in book["Warnings"].iter_rows(min_row=2)]
    expected = [clean_text(text, 2000) for text in plan.bundle.evaluation.warnings]
    assert [text or "" for text in warnings] == expected


def test_workbook_has_no_clock(exported):
    with zipfile.ZipFile(exported / "sample.xlsx") as book:
        assert {info.date_time[0] for info in book.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_workbook_tells_what_is_planned_and_whose_data_it_is(exported):
    sheet = openpyxl.load_workbook(exported / "sample.xlsx")["Plan"]
    told = " ".join(str(row[1].value) for row in sheet.iter_rows(min_row=2))
    assert "PLANNED for 2030" in told
    assert "SCHEMATIC" in told
    assert "OpenStreetMap" in told


def test_the_sheet_plan_has_the_words_and_the_counts_of_the_report(exported, plan):
    sheet = openpyxl.load_workbook(exported / "sample.xlsx")["Plan"]
    rows = {row[4].value: row for row in sheet.iter_rows(min_row=2) if row[4].value}
    metrics = plan.bundle.evaluation.metrics
    assert set(metrics["name"]) <= set(rows)
    for name, value, unit in metrics[["name", "value", "unit"]].itertuples(index=False):
        what, shown, _, _, _ = rows[name]
        assert "_" not in what.value
        assert what.value[0].isupper()
        assert shown.number_format != "General", (name, unit)
        if np.isfinite(value):
            assert shown.value == pytest.approx(value, abs=0.5)
            assert shown.value == round(shown.value, 4)
    assert rows["new_sites"][0].value == "New stations"
    figures = collect_figures(plan.bundle)
    assumed = int((figures["confidence"] == "assumption").sum())
    new, chargers = (int(plan.bundle.evaluation.get_metric(name)) for name in ("new_sites", "new_chargers"))
    told = " ".join(str(row[1].value) for row in sheet.iter_rows(min_row=2))
    readme = " ".join((exported / "README.txt").read_text(encoding="utf-8").split())
    for text in (told, readme):
        assert f"{assumed} of the {len(figures)} figures behind the plan" in text
        assert f"New stations {new}, new chargers {chargers}, existing stations" in text


def test_names_are_the_same_in_every_format(hard_exported, hard_plan, call_gdal):
    """The local name of each station: cleaned once, in one way."""
    expected = dict(zip(hard_plan.stations["site_id"], hard_plan.stations["name"], strict=True))
    folder = hard_exported
    features = read_json(folder / "sample-stations.geojson")["features"]
    assert {each["id"]: each["properties"]["name"] for each in features} == expected
    table = pq.read_table(folder / "sample-stations.parquet").to_pydict()
    assert dict(zip(table["site_id"], table["name"], strict=True)) == expected
    guarded = {row["site_id"]: row["name"] for row in read_csv(folder / "sample-stations.csv")}
    assert {key: name.removeprefix("'") for key, name in guarded.items()} == expected
    header, *rows = openpyxl.load_workbook(folder / "sample.xlsx")["Stations"].iter_rows(values_only=True)
    at = header.index("name")
    assert {row[header.index("site_id")]: row[at] or "" for row in rows} == expected
    for name in ("sample.kml", "sample.gpkg"):
        layers = ["New stations", "New stations, required", "Existing stations"]
        text = "".join(
            call_gdal("ogr2ogr", "-f", "CSV", "/vsistdout/", folder / name, layer)
            for layer in (layers if name.endswith("kml") else ["sites"])
        )
        found = {row[0]: row[1] for row in list_named(text)}
        assert {key: found[key] for key in expected} == expected, name


def list_named(text):
    """List site id and name of each row of CSV texts one after the other, each with its heading."""
    at = None
    for row in csv.reader(io.StringIO(text)):
        if "site_id" in row:
            # KML has a name of its own.
            at = row.index("site_id"), row.index("name_local" if "name_local" in row else "name")
        elif row:
            yield row[at[0]], row[at[1]]


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("sample.gpkg", {"sites": "sites", "cells": "cells", "zones": "zones"}),
        ("sample-stations.geojson", {"sample-stations": "stations"}),
        ("sample-sites.geojson", {"sample-sites": "sites"}),
        ("sample-cells.geojson", {"sample-cells": "cells"}),
        ("sample-zones.geojson", {"sample-zones": "zones"}),
        ("sample-stations.csv", {"sample-stations": "stations"}),
        ("sample-cells.csv", {"sample-cells": "cells"}),
        ("sample.xlsx", {"Stations": "stations", "Zones": "zones"}),
    ],
)
def test_gdal_reads_as_many_rows_as_the_plan_has(name, layers, case, call_gdal):
    plan, folder = case
    for layer, ours in layers.items():
        told = call_gdal("ogrinfo", "-so", folder / name, layer)
        assert f"Feature Count: {len(plan.get_table(ours))}" in told


@pytest.mark.parametrize("name", ["sample.gpkg", "sample-sites.geojson"])
def test_gdal_finds_the_sites_where_they_are(name, exported, plan, call_gdal):
    layer = "sites" if name.endswith("gpkg") else "sample-sites"
    text = call_gdal(
        "ogr2ogr", "-f", "CSV", "/vsistdout/", exported / name, layer, "-lco", "GEOMETRY=AS_XY",
        "-select", "site_id",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = plan.sites.set_index("site_id")
    ordered = [expected.loc[row["site_id"]] for row in rows]
    assert len(rows) == len(expected)
    for row, site in zip(rows, ordered, strict=True):
        assert abs(float(row["X"]) - site["lon"]) <= SHIFT_DEG
        assert abs(float(row["Y"]) - site["lat"]) <= SHIFT_DEG


def test_gdal_finds_the_placemarks_where_the_stations_are(exported, plan, call_gdal):
    found = {}
    for layer in ("New stations", "New stations, required", "Existing stations"):
        text = call_gdal(
            "ogr2ogr", "-f", "CSV", "/vsistdout/", exported / "sample.kml", layer, "-lco", "GEOMETRY=AS_XY"
        )
        found |= {row["site_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert sorted(found) == sorted(plan.stations["site_id"])
    points = [(float(found[each]["X"]), float(found[each]["Y"])) for each in plan.stations["site_id"]]
    assert_same_points(points, plan.stations)


def test_kml_shows_no_text_of_data_as_markup(hard_exported):
    from xml.etree import ElementTree as Xml

    root = Xml.fromstring((hard_exported / "sample.kml").read_bytes())
    space = {"k": "http://www.opengis.net/kml/2.2"}
    told = [each.text or "" for each in root.findall(".//k:description", space)]
    assert any("PLANNED, not built" in text for text in told)
    for text in told:
        assert "<" not in text.replace("<br>", "")
    assert "http" not in " ".join(each.text or "" for each in root.iter() if each.tag.endswith("href"))


def test_readme_says_that_nothing_is_built_or_uploaded(exported):
    text = " ".join((exported / "README.txt").read_text(encoding="utf-8").split())
    assert "PLANNED for 2030; no new station of it is built" in text
    assert "never uploaded to OpenStreetMap or Open Charge Map" in text
    assert "ODbL" in text
    for path in exported.iterdir():
        assert path.name in text or path.name in ("README.txt", "export.json")
