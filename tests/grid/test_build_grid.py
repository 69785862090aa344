"""Which asset a site hangs on: the one it names, else the nearest that feeds no other, else none."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, GridSettings, StudySettings
from chargeplan.errors import DataError
from chargeplan.geo import to_degrees
from chargeplan.grid.attach import attach_sites
from chargeplan.grid.build import build_grid, read_grid
from chargeplan.grid.figures import find_unknown_headroom_figure
from chargeplan.records import CandidateSites
from chargeplan.tables import REMOVED_SITES, SITES, make_table

CRS = "EPSG:32643"
CORNER_M = np.array([320_000.0, 3_728_000.0])


def lonlat(xy_m):
    points = np.asarray(xy_m, dtype=float).reshape(-1, 2) + CORNER_M
    return np.column_stack(to_degrees(points[:, 0], points[:, 1], CRS))


def make_area():
    west, south = lonlat([0, 0])[0].tolist()
    east, north = lonlat([4000, 4000])[0].tolist()
    area = AreaSettings(box=[west, south, east, north])
    return build_study_area(StudySettings(name="drawn", title="Drawn City", year=2026, area=area))


def make_sites(xy_m, ids=None):
    places = lonlat(xy_m)
    n_sites = len(places)
    kinds = {"text": "", "whole": 0, "number": 0.0, "flag": False}
    data = {column.name: [kinds[column.type]] * n_sites for column in SITES}
    data |= {
        "site_id": ids or [f"s{row:03d}" for row in range(n_sites)],
        "lon": places[:, 0],
        "lat": places[:, 1],
        "max_chargers": [4] * n_sites,
    }
    return CandidateSites(
        make_table(SITES, data), make_table(REMOVED_SITES, {column.name: [] for column in REMOVED_SITES})
    )


def write_grid(path, rows):
    """Write assets of (id, parent, x_m, y_m, headroom) and return the path."""
    lines = ["id,parent,lon,lat,headroom_kw,step_kw,step_pkr"]
    for asset_id, parent, x_m, y_m, headroom in rows:
        lon, lat = lonlat([x_m, y_m])[0].tolist()
        lines.append(f"{asset_id},{parent},{lon!r},{lat!r},{headroom},,")
    path.write_text("\n".join(lines) + "\n")
    return path


ROWS = [
    ("S", "", 1000, 1000, 900),  # nearest to the first site, but it feeds others
    ("A", "S", 1300, 1000, 100),
    ("B", "S", 3000, 1000, ""),
]


def test_sites_hang_on_the_nearest_leaf_within_reach(tmp_path):
    path = write_grid(tmp_path / "grid.csv", ROWS)
    grid = build_grid(
        make_area(), make_sites([[1000, 1000], [3100, 1000], [1300, 3500]]), GridSettings(path=path)
    )
    assert grid.table["asset_id"].tolist() == ["A", "B", "S"]
    assert grid.site_asset_pos.tolist() == [0, 1, -1]
    # Metres in the plane of the UTM zone, by hand.
    assert grid.site_asset_m == pytest.approx([300, 100, 2500], abs=0.01)
    assert grid.is_headroom_unknown.tolist() == [False, True, True]
    # 15,000 PKR per kW: data/costs/grid.csv, an assumption.
    assert grid.site_risk_pkr_kw.tolist() == [0.0, 15_000.0, 15_000.0]
    assert grid.sum_below(np.array([1.0, 2.0, 4.0])).tolist() == [1.0, 2.0, 3.0]


def test_the_limit_and_the_risk_are_the_planners(tmp_path):
    path = write_grid(tmp_path / "grid.csv", ROWS)
    settings = GridSettings(path=path, max_distance_m=2600.0, unknown_headroom_pkr_kw=5.0)
    grid = build_grid(make_area(), make_sites([[1300, 3500]]), settings)
    assert grid.site_asset_pos.tolist() == [0]
    assert (grid.max_distance_m, grid.unknown_headroom_pkr_kw) == (2600.0, 5.0)
    assert find_unknown_headroom_figure(5.0).confidence == "planner"
    assert find_unknown_headroom_figure(None).confidence == "assumption"


def test_a_site_that_names_its_asset_hangs_on_it(tmp_path, caplog):
    path = write_grid(tmp_path / "grid.csv", ROWS)
    links = tmp_path / "sites.csv"
    links.write_text("site_id,name,feeder_id\ns000,Mall,S\ns001,,\ngone,,B\n")
    settings = GridSettings(path=path, links=links)
    with caplog.at_level("WARNING"):
        grid = build_grid(make_area(), make_sites([[1300, 1000], [1300, 1000]]), settings)
    assert grid.site_asset_pos.tolist() == [2, 0]  # also on an asset that feeds others
    assert grid.is_linked.tolist() == [True, False]
    assert grid.site_asset_m == pytest.approx([300, 0], abs=0.01)
    assert "1 site is not among the sites of the study and left out (gone)" in caplog.text


def test_a_named_asset_may_have_no_position(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text("id,parent,lon,lat,headroom_kw\nA,,,,5\n")
    links = tmp_path / "sites.csv"
    links.write_text("site_id,feeder_id\ns000,A\n")
    grid = build_grid(make_area(), make_sites([[0, 0], [9, 9]]), GridSettings(path=path, links=links))
    assert grid.site_asset_pos.tolist() == [0, -1]
    assert np.isnan(grid.site_asset_m).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("site_id,feeder_id\ns000,X\ns001,X\n", "feeder_id in lines 2, 3 is no asset of grid.path ('X')"),
        (
            "site_id,feeder_id\ns000,A\ns000,B\n",
            "another feeder_id than before for the same site ('s000') in line 3",
        ),
        ("site_id,feeder\ns000,A\n", "has no column 'feeder_id' (id of its asset in grid.path)"),
        ("site_id,feeder_id\ns000,A,B\n", "another number of fields than the header (2) in line 2"),
    ],
)
def test_faults_of_links_are_told(tmp_path, text, words):
    links = tmp_path / "sites.csv"
    links.write_text(text)
    settings = GridSettings(path=write_grid(tmp_path / "grid.csv", ROWS), links=links)
    with pytest.raises(DataError) as caught:
        read_grid(settings)
    assert words in str(caught.value)
    assert caught.value.faults[0].startswith("grid.links: sites.csv")


def test_faults_of_both_files_are_told_at_once(tmp_path):
    links = tmp_path / "sites.csv"
    links.write_text("site_id\ns000\n")
    path = tmp_path / "grid.csv"
    path.write_text("id,parent,lon,lat,headroom_kw\nA,B,73,33.7,5\n")
    with pytest.raises(DataError) as caught:
        read_grid(GridSettings(path=path, links=links))
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["grid.links", "grid.path"]


def test_a_grid_of_another_city_is_refused(tmp_path):
    path = write_grid(tmp_path / "grid.csv", [("A", "", 90_000, 1000, 5)])
    with pytest.raises(DataError, match=r"no site lies within 1000 m .* \(the nearest is 89,000 m away\)"):
        build_grid(make_area(), make_sites([[1000, 1000]]), GridSettings(path=path))


def test_the_order_of_the_file_does_not_matter(tmp_path):
    sites = make_sites([[1000, 1000], [3100, 1000], [2150, 1000]])
    one = build_grid(make_area(), sites, GridSettings(path=write_grid(tmp_path / "one.csv", ROWS)))
    other = build_grid(make_area(), sites, GridSettings(path=write_grid(tmp_path / "two.csv", ROWS[::-1])))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.site_asset_pos.tolist() == other.site_asset_pos.tolist()


def test_a_site_hangs_on_the_nearest_point_of_a_line_and_inside_an_area(tmp_path):
    line = {"type": "LineString", "coordinates": lonlat([[0, 500], [4000, 500]]).tolist()}
    ring = lonlat([[0, 1000], [4000, 1000], [4000, 4000], [0, 4000], [0, 1000]]).tolist()
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "parent": "", "headroom_kw": 1},
            "geometry": geometry,
        }
        for name, geometry in (("line", line), ("area", {"type": "Polygon", "coordinates": [ring]}))
    ]
    path = tmp_path / "grid.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    grid = build_grid(make_area(), make_sites([[3900, 400], [100, 3900]]), GridSettings(path=path))
    assert grid.site_asset_pos.tolist() == [1, 0]
    # A straight line in degrees bends a little in the plane.
    assert grid.site_asset_m == pytest.approx([100, 0], abs=2.0)


places_m = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda xy: (xy[0] * 100.0, xy[1] * 100.0))


@given(st.lists(places_m, min_size=1, max_size=8), st.lists(places_m, min_size=1, max_size=8), st.data())
def test_the_nearest_is_found_as_by_measuring_all(assets_m, sites_m, data):
    may_feed = np.array(data.draw(st.lists(st.booleans(), min_size=len(assets_m), max_size=len(assets_m))))
    limit_m = data.draw(st.sampled_from([50.0, 550.0, 1e9]))
    geometry = np.asarray(shapely.points(lonlat(assets_m)))
    found = attach_sites(geometry, may_feed, lonlat(sites_m), crs=CRS, max_distance_m=limit_m)
    for row, site in enumerate(sites_m):
        metres = [
            np.hypot(*np.subtract(site, asset)) if may else np.inf
            for asset, may in zip(assets_m, may_feed, strict=True)
        ]
        least = min(metres)
        if least > limit_m:
            assert found.asset_pos[row] == -1
        else:
            # Squares of whole hundreds: equal distances differ by rounding alone.
            assert metres[found.asset_pos[row]] == pytest.approx(least, abs=1e-3)
            assert may_feed[found.asset_pos[row]]
        assert found.distance_m[row] == pytest.approx(least, abs=1e-3)


def test_at_one_place_the_first_asset_feeds():
    geometry = np.asarray(shapely.points(lonlat([[0, 0], [9, 9], [9, 9]])))
    found = attach_sites(geometry, np.ones(3, bool), lonlat([[10, 10]]), crs=CRS, max_distance_m=10.0)
    assert found.asset_pos.tolist() == [1]


def test_no_assets_and_no_sites_are_no_fault_of_attaching():
    nothing = np.full(1, None, dtype=object)
    found = attach_sites(nothing, np.ones(1, bool), lonlat([[0, 0]]), crs=CRS, max_distance_m=9.0)
    assert (found.asset_pos.tolist(), found.distance_m.tolist()) == ([-1], [np.inf])
    assert (
        len(attach_sites(nothing, np.ones(1, bool), np.zeros((0, 2)), crs=CRS, max_distance_m=9.0).asset_pos)
        == 0
    )
