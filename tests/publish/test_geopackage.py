"""The GeoPackage: its layers, their figures, and the same bytes for the same plan."""

import re
import subprocess
from dataclasses import replace
from shutil import which

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from chargeplan.publish.geopackage import check_geopackage, write_geopackage


@pytest.fixture(scope="module")
def path(published):
    return published / "plan.gpkg"


def test_the_version_is_one_that_older_gdal_opens_without_a_warning(tmp_path, sample):
    path = tmp_path / "plan.gpkg"
    write_geopackage(path, sample)
    version = int.from_bytes(path.read_bytes()[60:64], "big")  # user_version of SQLite
    assert version == 10200
    ogrinfo = which("ogrinfo")
    if ogrinfo:
        told = subprocess.run([ogrinfo, path], capture_output=True, text=True, check=True)
        assert told.stderr == ""


def test_it_has_three_layers_with_every_site_cell_and_zone(path, sample):
    assert {str(name): kind for name, kind in pyogrio.list_layers(path)} == {
        "sites": "Point",
        "cells": "Polygon",
        "zones": "MultiPolygon",
        "layer_styles": None,
    }
    counts = [pyogrio.read_info(path, layer=layer)["features"] for layer in ("sites", "cells", "zones")]
    assert counts == [40, len(sample.cells.cell_id), 9]


def test_sites_that_are_not_stations_have_zero_where_it_is_true_and_nothing_else(path):
    sites = gpd.read_file(path, layer="sites").set_index("site_id")
    assert sites.crs == "EPSG:4326"
    assert int(sites["is_open"].sum()) == 12
    assert int(sites["is_new"].sum()) == 10
    closed = sites[~sites["is_open"]]
    none = ["chargers", "power_kw", "served_kwh_day", "capacity_kwh_day", "cost_pkr", "n_cells"]
    assert (closed[none] == 0).all(axis=None)
    assert closed[["rank", "utilisation_share", "mean_drive_min"]].isna().all(axis=None)
    assert sites.loc[sites["is_open"], [*none, "rank", "utilisation_share"]].notna().all(axis=None)
    assert sites.loc["n0002", ["status", "chargers", "cost_pkr"]].tolist() == ["required", 8, 34_500_000]


def test_cells_are_hexagons_around_their_centres_with_the_plan_s_energy(path, sample):
    cells = gpd.read_file(path, layer="cells")
    assert cells.crs == "EPSG:4326"
    assert cells["cell_id"].tolist() == sample.cells.cell_id.tolist()
    assert (shapely.get_num_coordinates(cells.geometry.to_numpy()) == 7).all()  # six corners and the first
    assert shapely.contains(cells.geometry.to_numpy(), shapely.points(sample.cells.lonlat)).all()
    balance = cells["demand_kwh_day"] - cells["competitor_kwh_day"] - cells["served_kwh_day"]
    assert np.allclose(cells["unserved_kwh_day"], np.maximum(balance, 0), atol=1e-9)
    assert cells["served_kwh_day"].sum() == pytest.approx(sample.evaluation.get_metric("served"))


def test_zones_add_up_to_the_plan(path, sample):
    zones = pyogrio.read_dataframe(path, layer="zones", read_geometry=False)
    assert zones["served_kwh_day"].sum() == pytest.approx(sample.evaluation.get_metric("served"))
    assert "F-8 مرکز" in set(zones["zone_name"])


def test_zones_are_the_polygons_of_their_layer_in_degrees(path, sample):
    zones = gpd.read_file(path, layer="zones")
    assert zones.crs == "EPSG:4326"
    pos = sample.cells.zone_pos
    centres = shapely.points(sample.cells.lonlat)
    assert shapely.intersects(zones.geometry.to_numpy()[pos], centres).all()
    assert zones["zone_id"].tolist() == sample.cells.zones["zone_id"].tolist()


def test_cells_in_no_zone_have_a_row_without_a_polygon(tmp_path, sample):
    write_geopackage(tmp_path / "a.gpkg", replace(sample, zone_outlines=[None, *sample.zone_outlines[1:]]))
    assert gpd.read_file(tmp_path / "a.gpkg", layer="zones").geometry.isna().tolist() == [True, *[False] * 8]


def test_hexagons_that_stand_in_for_zones_are_drawn(tmp_path, sample):
    parents = sorted({h3.cell_to_parent(str(cell), 6) for cell in sample.cells.cell_id})
    names = pd.DataFrame({"zone_id": parents, "zone_name": parents})
    zone_pos = np.array([parents.index(h3.cell_to_parent(str(cell), 6)) for cell in sample.cells.cell_id])
    cells = replace(sample.cells, zones=names, zone_pos=zone_pos, zones_are_cells=True)
    table = sample.evaluation.zones.iloc[: len(parents)].assign(zone_id=parents, zone_name=parents)
    evaluation = replace(sample.evaluation, zones=table)
    write_geopackage(
        tmp_path / "a.gpkg", replace(sample, cells=cells, evaluation=evaluation, zone_outlines=())
    )
    zones = gpd.read_file(tmp_path / "a.gpkg", layer="zones")
    middles = shapely.points([h3.cell_to_latlng(parent)[::-1] for parent in parents])
    assert shapely.contains(zones.geometry.to_numpy(), middles).all()


def test_every_column_is_documented_and_every_documented_one_is_there(project_folder, path):
    page = (project_folder / "docs" / "reference" / "geopackage.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## Layer `(\w+)`[^\n]*\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    documented = {layer: re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) for layer, text in sections}
    assert documented == {layer: list(pyogrio.read_info(path, layer=layer)["fields"]) for layer in documented}
    assert set(documented) == {"sites", "cells", "zones"}


def test_two_files_are_the_same_bytes(tmp_path, sample, path):
    write_geopackage(tmp_path / "plan.gpkg", sample)
    assert (tmp_path / "plan.gpkg").read_bytes() == path.read_bytes()


def test_the_clock_of_gdal_is_set_free_again(tmp_path, sample):
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    write_geopackage(tmp_path / "plan.gpkg", sample)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_a_whole_file_has_no_fault(path, sample):
    assert check_geopackage(path, sample) == []


def spoil(path, folder, layer, change):
    """Copy a GeoPackage with one layer changed, or left out when `change` gives None."""
    copy = folder / path.name
    for name in ("sites", "cells", "zones", "layer_styles"):
        has_shapes = name in ("sites", "cells")
        frame = pyogrio.read_dataframe(path, layer=name, read_geometry=has_shapes)
        frame = change(frame) if name == layer else frame
        if frame is not None:
            pyogrio.write_dataframe(frame, copy, layer=name, driver="GPKG", append=copy.exists())
    return copy


def serve_more(frame):
    return frame.assign(served_kwh_day=frame["served_kwh_day"] + 0.01)


@pytest.mark.parametrize(
    ("layer", "change", "words"),
    [
        ("zones", lambda frame: None, "layers are"),
        ("sites", lambda frame: frame.iloc[:-1], "layer sites has 39 rows, expected 40"),
        ("cells", lambda frame: frame.iloc[1:], "layer cells has"),
        ("zones", lambda frame: frame.iloc[1:], "layer zones has 8 rows, expected 9"),
        ("cells", serve_more, "does not hold the plan's served energy"),
        ("layer_styles", lambda frame: frame.iloc[1:], "layer_styles: opens ['cells', 'zones']"),
        ("layer_styles", lambda frame: frame.assign(styleQML="<qgis>"), "styleQML of sites is not XML"),
    ],
)
def test_what_does_not_read_back_as_the_plan_is_found(layer, change, words, path, sample, tmp_path):
    faults = check_geopackage(spoil(path, tmp_path, layer, change), sample)
    assert faults
    assert words in faults[0]


def test_a_damaged_file_is_a_fault_and_not_a_crash(path, sample, tmp_path):
    copy = tmp_path / "plan.gpkg"
    copy.write_bytes(path.read_bytes()[:5000])
    faults = check_geopackage(copy, sample)
    assert len(faults) == 1
    assert "plan.gpkg" in faults[0]
