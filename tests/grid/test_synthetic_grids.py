"""The grids that are made up: they say so, they are the same on every run, and they can be read."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from chargeplan.config.load import load_settings
from chargeplan.demo_city.build import GRID_NAME
from chargeplan.demo_city.people import list_people
from chargeplan.demo_city.power_grid import draw_assets
from chargeplan.demo_city.tables import read_outskirts, read_sectors
from chargeplan.errors import DataError
from chargeplan.grid.read import read_grid_file
from chargeplan.study_check import check_contents


@pytest.fixture(scope="module")
def demo_path(project_folder: Path) -> Path:
    return project_folder / "data" / "demo" / GRID_NAME


@pytest.fixture(scope="module")
def demo(demo_path):
    return read_grid_file(demo_path, "grid.path")


def test_the_demo_grid_says_that_it_is_synthetic(demo, demo_path):
    assert demo.title.startswith("SYNTHETIC")
    assert demo.table["is_synthetic"].all()
    assert demo.table["name"].str.contains("synthetic").all()
    assert "synthetic" in demo_path.name


def test_the_demo_grid_has_three_levels_and_some_unknown_headroom(demo):
    parent_pos = demo.table["parent_pos"].to_numpy()
    depth, at = np.zeros(len(parent_pos), dtype=int), parent_pos
    while (at >= 0).any():
        depth += at >= 0
        at = np.where(at >= 0, parent_pos[at], -1)
    assert np.bincount(depth).tolist() == [5, 10, 252]
    assert 0 < demo.table["headroom_kw"].isna().mean() < 0.3


def test_a_feeder_stands_where_the_people_of_the_demo_live():
    feeders = [asset for asset in draw_assets(read_sectors(), read_outskirts()) if asset.level == "feeder"]
    people = list_people(read_sectors(), read_outskirts())
    assert sorted((asset.lon, asset.lat) for asset in feeders) == sorted(point[:2] for point in people)


def test_a_check_reads_the_grid_too(project_folder, demo_path, tmp_path):
    config = project_folder / "configs" / "demo.yaml"
    assert "grid" in check_contents(load_settings(config, [f"grid.path={demo_path}"])).read
    assert "grid" not in check_contents(load_settings(config)).read
    bad, links = tmp_path / "bad.csv", tmp_path / "links.csv"
    bad.write_text("id,parent,lon,lat,headroom_kw\na,b,73,33.7,-1\n")
    links.write_text("site,feeder_id\n")
    with pytest.raises(DataError) as caught:
        check_contents(load_settings(config, [f"grid.path={bad}", f"grid.links={links}"]))
    assert len(caught.value.faults) == 3  # a parent, a headroom, a column


@pytest.fixture(scope="module")
def headroom(project_folder):
    path = project_folder / "benchmarks" / "solve" / "grid_headroom.py"
    if not path.is_file():
        pytest.skip("the source distribution carries no benchmarks")
    specification = importlib.util.spec_from_file_location("grid_headroom", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sites():
    rng = np.random.default_rng(3)
    return np.column_stack([rng.uniform(72.9, 73.2, 300), rng.uniform(33.5, 33.75, 300)])


def test_the_headroom_of_benchmarks_says_that_it_is_synthetic(headroom, sites, tmp_path):
    grid = headroom.make_headroom(sites, np.full(300, 100.0), seed=1)
    assert grid.is_synthetic
    assert "SYNTHETIC" in grid.title
    path = tmp_path / "grid.geojson"
    path.write_text(headroom.write_geojson(grid), encoding="utf-8")
    file = read_grid_file(path, "grid.path")
    assert file.title == grid.title
    assert file.table.drop(columns=["lon", "lat"]).equals(grid.table.drop(columns=["lon", "lat"]))


def test_the_headroom_of_benchmarks_is_seeded_and_as_tight_as_asked(headroom, sites):
    site_kw = np.full(300, 100.0)
    once, again, tight = (
        headroom.make_headroom(sites, site_kw, seed=1, tightness=tightness) for tightness in (1.0, 1.0, 2.0)
    )
    assert once.table.equals(again.table)
    assert not once.table.equals(headroom.make_headroom(sites, site_kw, seed=2).table)
    known = ~np.isnan(once.headroom_kw)
    np.testing.assert_allclose(tight.headroom_kw[known], once.headroom_kw[known] / 2, atol=0.5)
    # Headroom is a share of 0 to 1.5 of what is wanted below: some of it binds, not all.
    wanted_kw = once.sum_below(site_kw)[known]
    assert (once.headroom_kw[known] <= 1.5 * wanted_kw + 0.5).all()
    assert 0.4 < (once.headroom_kw[known] < wanted_kw).mean() < 0.9
