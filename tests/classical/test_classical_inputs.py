"""What the classical problems take, and how they refuse what they cannot use."""

import geopandas as gpd
import numpy as np
import pytest
import scipy.sparse as sp
from shapely import LineString, Point

from chargeplan import (
    solve_backup_cover,
    solve_capacitated_mclp,
    solve_cflp,
    solve_lscp,
    solve_mclp,
    solve_p_center,
    solve_p_dispersion,
    solve_p_median,
    solve_set_cover,
)
from chargeplan.errors import DataError, InfeasibleError
from chargeplan.words import Outcome

pytestmark = pytest.mark.usefixtures("solver_here")

UTM = "EPSG:32643"
# Four cells on a line at 0, 2, 3 and 10 m, sites at 0, 3 and 9 m.
CELL_X, SITE_X = [0.0, 2.0, 3.0, 10.0], [0.0, 3.0, 9.0]
DISTANCE = np.abs(np.array(CELL_X)[:, None] - np.array(SITE_X)[None, :])
WEIGHT = [1.0, 1.0, 2.0, 4.0]


def make_points(xs, crs=UTM, **columns):
    return gpd.GeoDataFrame(columns, geometry=[Point(x, 0.0) for x in xs], crs=crs)


def list_forms():
    """The same distances in each of the forms that can be given."""
    cell, site = np.nonzero(DISTANCE < 5)
    return {
        "array": DISTANCE,
        "list": DISTANCE.tolist(),
        "points": (make_points(CELL_X), make_points(SITE_X)),
        "sparse": sp.coo_array((DISTANCE[cell, site], (cell, site)), shape=DISTANCE.shape),
        "triplets": (cell, site, DISTANCE[cell, site]),
    }


@pytest.mark.parametrize("form", list_forms())
def test_every_form_gives_the_same_answers(form):
    distance = list_forms()[form]
    assert solve_mclp(WEIGHT, distance, radius=1, p=2).sites.tolist() == [1, 2]
    assert solve_lscp(distance, radius=2).objective == 3  # 0 m is 3 m from the site at 3 m
    assert solve_lscp(distance, radius=3).objective == 2
    assert solve_p_center(distance, p=2).objective == 3
    median = solve_p_median(distance, p=2, weight=WEIGHT)
    assert (median.objective, median.sites.tolist(), median.cells.tolist()) == (8.0, [1, 2], [1, 1, 1, 2])
    backup = solve_backup_cover(WEIGHT, distance, radius=3, p=3)
    assert backup.objective == 4.0  # the cells at 0, 2 and 3 m have two sites
    assert solve_capacitated_mclp(WEIGHT, distance, 3, radius=1, p=2).objective == 6.0


def test_a_stored_zero_is_a_distance_and_a_missing_entry_is_none():
    """Cell 0 lies on site 0 (a stored 0); cell 1 has no way to it (nothing stored)."""
    distance = sp.coo_array(([0.0, 1.0], ([0, 1], [0, 1])), shape=(2, 2))
    assert solve_p_median(distance, p=2).objective == 1.0
    with pytest.raises(InfeasibleError, match="no 1 sites reach every cell"):
        solve_p_median(distance, p=1)


def test_cells_without_any_pair_count_when_weights_tell_of_them():
    result = solve_mclp([1.0, 2.0, 3.0], ([0], [0], [1.0]), radius=5, p=1)
    assert result.cells.tolist() == [0, -1, -1]


def test_columns_of_the_frames_are_weights_and_capacities():
    cells = make_points(CELL_X, people=WEIGHT)
    sites = make_points(SITE_X, room=[9.0, 9.0, 3.0], price=[1.0, 2.0, 3.0])
    assert solve_mclp("people", (cells, sites), radius=1, p=1).sites.tolist() == [2]
    assert solve_capacitated_mclp("people", (cells, sites), "room", radius=1, p=1).objective == 3
    result = solve_cflp((cells, sites), "people", "room", "price")
    # All sites open; the one at 9 m has room for 3 of 4: the quarter left goes 7 m to the one at 3 m.
    assert result.objective == pytest.approx((1 + 2 + 3) + 1 * 1 + 3 * 1 + 1 * 7)
    assert result.shares.toarray()[3] == pytest.approx([0, 0.25, 0.75])
    with pytest.raises(DataError, match="there is no column 'persons'"):
        solve_mclp("persons", (cells, sites), radius=1, p=1)


def test_points_in_degrees_or_without_a_crs_are_refused():
    degrees, bare = make_points(SITE_X, "EPSG:4326"), make_points(CELL_X, None)
    with pytest.raises(DataError) as caught:
        solve_p_center((bare, degrees), p=1)
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "distance: the cells have no CRS",
        "distance: the sites are in EPSG:4326, which counts in degrees",
    ]
    with pytest.raises(DataError, match="EPSG:4326, which counts in degrees"):
        solve_p_dispersion(degrees, p=2)


def test_two_projected_crs_and_things_that_are_no_points_are_refused():
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs="EPSG:32642")
    with pytest.raises(DataError) as caught:
        solve_lscp((make_points(CELL_X), lines), radius=1)
    assert len(caught.value.faults) == 2
    assert "bring both to one CRS" in caught.value.faults[0]
    assert "the sites at rows 0 are no points" in caught.value.faults[1]


def test_all_faults_are_told_at_once():
    with pytest.raises(DataError) as caught:
        solve_p_median([[1.0, np.nan], [-1.0, 2.0]], p=3, weight=[1.0, -1.0], gap=-1)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "distance",
        "distance",
        "weight",
        "p",
        "gap",
    ]
    with pytest.raises(DataError) as caught:
        solve_cflp([[1.0]], [np.inf], [-2.0, 1.0], [np.nan])
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["demand", "capacity", "opening_cost"]
    with pytest.raises(DataError) as caught:
        solve_backup_cover([1.0], [[1.0]], radius=np.nan, p=0, first_share=-0.1)
    assert len(caught.value.faults) == 3
    with pytest.raises(DataError, match="from 0 to 1"):
        solve_backup_cover([1.0], [[1.0]], radius=1, p=1, first_share=1.5)


@pytest.mark.parametrize("p", [1.5, np.nan, "two", None, -1])
def test_a_number_of_sites_that_is_none_is_refused(p):
    with pytest.raises(DataError, match="p: got"):
        solve_p_center(DISTANCE, p=p)


def test_more_sites_than_there_are_is_refused():
    for solve in (
        lambda: solve_mclp(WEIGHT, DISTANCE, radius=1, p=4),
        lambda: solve_p_median(DISTANCE, p=4),
        lambda: solve_p_center(DISTANCE, p=4),
        lambda: solve_backup_cover(WEIGHT, DISTANCE, radius=1, p=4),
    ):
        with pytest.raises(DataError, match="p: got 4, but there are 3 sites"):
            solve()


def test_shapes_and_pairs_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="expected \\(n_cells, n_sites\\)"):
        solve_lscp([1.0, 2.0], radius=1)
    with pytest.raises(DataError, match="0 cells and 2 sites"):
        solve_p_median(np.zeros((0, 2)), p=1)
    with pytest.raises(DataError, match="more than once"):
        solve_lscp(([0, 0], [1, 1], [2.0, 3.0]), radius=1)
    with pytest.raises(DataError, match="negative row"):
        solve_lscp(([0, -1], [1, 1], [2.0, 3.0]), radius=1)
    with pytest.raises(DataError, match="whole numbers"):
        solve_lscp(([0, 0.5], [1, 1], [2.0, 3.0]), radius=1)
    with pytest.raises(DataError, match="three arrays of one length"):
        solve_lscp(([0, 0], [1], [2.0, 3.0]), radius=1)
    with pytest.raises(DataError, match="cannot be read as numbers"):
        solve_lscp([["near", "far"]], radius=1)
    with pytest.raises(DataError, match="as many rows as columns"):
        solve_p_dispersion(DISTANCE, p=2)
    with pytest.raises(DataError, match="rows 0, 1 differ from the columns"):
        solve_p_dispersion([[0, 1.0], [2.0, 0]], p=2)


def test_cells_that_no_site_reaches_are_named():
    with pytest.raises(InfeasibleError, match=r"radius of 0\.5 of the cells at rows 1, 3"):
        solve_lscp(DISTANCE, radius=0.5)
    with pytest.raises(InfeasibleError, match="no column covers the rows 1;"):
        solve_set_cover([[1, 0], [0, 0]])
    with pytest.raises(InfeasibleError, match="cells at rows 0"):
        solve_p_center([[np.inf], [1.0]], p=1)
    with pytest.raises(InfeasibleError, match="cells at rows 1"):
        solve_cflp([[1.0], [np.inf]], 1, 9, 1)


def test_what_is_impossible_says_by_how_much():
    with pytest.raises(InfeasibleError, match="can serve 5 of a demand of 8"):
        solve_cflp(DISTANCE, WEIGHT, [1, 2, 2], 1)
    with pytest.raises(InfeasibleError, match="takes at least 3 sites and p is 2"):
        solve_backup_cover(WEIGHT, DISTANCE, radius=2, p=2)


def test_cells_of_one_site_too_small_for_them_cannot_be_served():
    with pytest.raises(InfeasibleError, match="even with all sites open"):
        solve_cflp([[1.0, np.inf], [1.0, 1.0]], [4.0, 1.0], [2.0, 9.0], 1)


def test_a_gap_that_was_asked_for_is_not_called_a_proof_of_the_best():
    rng = np.random.default_rng(5)
    points = rng.random((120, 2))
    distance = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    result = solve_p_median(distance, p=10, gap=0.2)
    assert result.gap <= 0.2
    assert (result.outcome is Outcome.PROVEN_OPTIMAL) == (result.gap <= 2e-8)
    best = solve_p_median(distance, p=10)
    assert result.bound <= best.objective <= result.objective


def test_the_same_call_gives_the_same_plan():
    rng = np.random.default_rng(7)
    distance = rng.integers(1, 100, (80, 80)).astype(float)
    first, second = (solve_p_median(distance, p=8) for _ in range(2))
    assert first.sites.tolist() == second.sites.tolist()
    assert (first.objective, first.bound) == (second.objective, second.bound)


def test_when_time_is_up_there_is_a_plan_with_a_true_bound():
    rng = np.random.default_rng(11)
    distance = rng.random((150, 150))
    result = solve_p_median(distance, p=12, time_limit_s=0.2)
    assert result.bound <= result.objective
    assert result.objective == pytest.approx(distance[:, result.sites].min(axis=1).sum())
    cover = solve_set_cover(rng.random((200, 400)) < 0.05, rng.integers(1, 9, 400), time_limit_s=0.2)
    assert 0 < cover.bound <= cover.objective
