"""The GeoPackage: its layers, their figures, and the same bytes for the same plan."""

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from chargeplan.publish.geopackage import check_geopackage, write_geopackage


@pytest.fixture(scope="module")
def path(published):
    return published / "plan.gpkg"


def test_it_has_three_layers_with_every_site_cell_and_zone(path, sample):
    assert {str(name): kind for name, kind in pyogrio.list_layers(path)} == {
        "sites": "Point",
        "cells": "Polygon",
        "zones": None,
    }
    counts = [pyogrio.read_info(path, layer=layer)["features"] for layer in ("sites", "cells", "zones")]
    assert counts == [40, len(sample.cells.cell_id), 9]


def test_sites_that_are_not_stations_have_no_figures(path):
    sites = gpd.read_file(path, layer="sites").set_index("site_id")
    assert sites.crs == "EPSG:4326"
    assert int(sites["is_open"].sum()) == 12
    assert int(sites["is_new"].sum()) == 10
    assert sites.loc[~sites["is_open"], "served_kwh_day"].isna().all()
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
    for name in ("sites", "cells", "zones"):
        frame = pyogrio.read_dataframe(path, layer=name, read_geometry=name != "zones")
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
    ],
)
def test_what_does_not_read_back_as_the_plan_is_found(layer, change, words, path, sample, tmp_path):
    faults = check_geopackage(spoil(path, tmp_path, layer, change), sample)
    assert len(faults) == 1
    assert words in faults[0]


def test_a_damaged_file_is_a_fault_and_not_a_crash(path, sample, tmp_path):
    copy = tmp_path / "plan.gpkg"
    copy.write_bytes(path.read_bytes()[:5000])
    faults = check_geopackage(copy, sample)
    assert len(faults) == 1
    assert "plan.gpkg" in faults[0]
