"""Plans with nothing in some part, and any text at all."""

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
import shapely
from geojson_pydantic import FeatureCollection
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.export.delimited import guard_cell
from chargeplan.export.geojson import list_geojson_files
from chargeplan.export.kml import build_kml, list_kml_files
from chargeplan.export.ocm import list_ocm_files
from chargeplan.export.ocpi import list_ocpi_files
from chargeplan.export.options import ExportLayer
from chargeplan.export.parquet import list_parquet_files
from chargeplan.export.workbook import list_workbook_files
from chargeplan.text import clean_text


def write_and_check(files, folder):
    for file in files:
        file.write(folder / file.name)
        assert file.check(folder / file.name) == [], file.name


@pytest.mark.parametrize(
    "list_files", [list_workbook_files, list_ocpi_files, list_ocm_files, list_kml_files, list_parquet_files]
)
def test_a_plan_without_stations_can_be_exported(list_files, plan, tmp_path):
    empty = replace(
        plan,
        stations=plan.stations.iloc[:0],
        options=replace(plan.options, layers=(ExportLayer.STATIONS,)),
    )
    write_and_check(list_files(empty), tmp_path)


def test_a_zone_without_a_polygon_has_no_geometry(plan, tmp_path):
    outlines = [None, *plan.bundle.zone_outlines[1:]]
    bundle = replace(plan.bundle, zone_outlines=outlines)
    options = replace(plan.options, layers=(ExportLayer.ZONES,))
    without = replace(plan, bundle=bundle, options=options)
    write_and_check([*list_geojson_files(without), *list_parquet_files(without)], tmp_path)
    text = (tmp_path / "sample-zones.geojson").read_text(encoding="utf-8")
    assert FeatureCollection.model_validate_json(text).features[0].geometry is None


def test_holes_and_parts_of_zones_stay_and_turn_the_right_way(plan, tmp_path):
    ring = shapely.Polygon(
        [(73, 33.6), (73, 33.7), (73.1, 33.7), (73.1, 33.6)],  # clockwise
        [[(73.04, 33.64), (73.06, 33.64), (73.06, 33.66), (73.04, 33.66)]],  # counter-clockwise
    )
    island = shapely.box(73.2, 33.6, 73.3, 33.7)
    speck = shapely.box(73.4, 33.6, 73.4 + 1e-9, 33.6 + 1e-9)  # below seven decimals
    shape = shapely.MultiPolygon([ring, island, speck])
    bundle = replace(plan.bundle, zone_outlines=[shape, *plan.bundle.zone_outlines[1:]])
    options = replace(plan.options, layers=(ExportLayer.ZONES,))
    write_and_check(list_geojson_files(replace(plan, bundle=bundle, options=options)), tmp_path)
    data = json.loads((tmp_path / "sample-zones.geojson").read_text(encoding="utf-8"))
    found = shapely.from_geojson(json.dumps(data["features"][0]["geometry"]))
    assert found.equals(shapely.MultiPolygon([ring, island]))


@pytest.mark.parametrize(
    ("list_files", "old", "new"),
    [
        (list_kml_files, "73.0", "73.1"),
        (list_ocpi_files, "PLANNED", "AVAILABLE"),
        (list_ocpi_files, '"longitude": "73.0', '"longitude": "73.1'),
        (list_ocm_files, '"Quantity": ', '"Quantity": 1'),
        (list_ocm_files, '"StatusTypeID": 150', '"StatusTypeID": 50'),
    ],
)
def test_a_file_that_does_not_say_what_the_plan_says_is_found(list_files, old, new, plan, tmp_path):
    (file,) = list_files(plan)
    path = tmp_path / file.name
    file.write(path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert file.check(path) != []


@given(st.text(max_size=40))
def test_any_text_comes_back_from_a_csv_cell_that_no_spreadsheet_runs(text):
    cell = guard_cell(clean_text(text))
    written = io.StringIO(newline="")
    csv.writer(written).writerow([cell, "end"])
    (row,) = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert row == [cell, "end"]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == clean_text(text).removeprefix("'")


@given(st.text(max_size=40))
def test_any_text_can_stand_in_kml(text):
    element = Xml.Element("value")
    element.text = clean_text(text)
    assert (Xml.fromstring(Xml.tostring(element, encoding="unicode").encode()).text or "") == clean_text(text)


def test_kml_of_a_plan_over_years_has_spans_and_that_of_one_year_has_none(plan, yearly_plan):
    assert "<TimeSpan>" not in build_kml(plan)
    assert build_kml(yearly_plan).count("<begin>2028</begin>") == 10
