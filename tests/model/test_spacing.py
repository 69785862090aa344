"""Spacing: cliques hold exactly the conflicting pairs; what is fixed blocks or clashes by name."""

import itertools

import numpy as np
import pytest
import toy_city

from chargeplan.errors import RecordError
from chargeplan.model.cliques import cover_with_cliques
from chargeplan.model.spacing import build_site_spacing, build_spacing, describe_clashes

ORIGIN_M = np.array([300_000.0, 3_700_000.0])


def space(xy_m, spacing_m, *, standing=(), required=(), out=()):
    """Sites are free to open unless they are named."""
    n = len(xy_m)
    mask = {
        name: np.isin(np.arange(n), rows)
        for name, rows in (("standing", standing), ("required", required), ("out", out))
    }
    free = ~(mask["standing"] | mask["required"] | mask["out"])
    return build_spacing(
        np.asarray(xy_m, float) + ORIGIN_M,
        spacing_m,
        is_free=free,
        is_standing=mask["standing"],
        is_required=mask["required"],
    )


def list_cliques(spacing):
    return [tuple(spacing.site[a:b].tolist()) for a, b in itertools.pairwise(spacing.start.tolist())]


def list_pairs(spacing):
    return {pair for clique in list_cliques(spacing) for pair in itertools.combinations(clique, 2)}


def find_pairs_by_brute_force(xy_m, spacing_m, rows):
    return {
        (i, j)
        for i, j in itertools.combinations(rows, 2)
        if np.hypot(*(np.asarray(xy_m[i]) - np.asarray(xy_m[j]))) < spacing_m
    }


@pytest.mark.parametrize("seed", range(60))
def test_cliques_hold_every_conflicting_pair_and_no_other(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    # Half the cases on a lattice, with many equal distances and sites at one point.
    xy_m = rng.random((n, 2)) * 1000 if seed % 2 else rng.integers(0, 11, (n, 2)) * 100.0
    spacing_m = float(rng.choice([100.0, 150.0, 300.0, 600.0]))
    spacing = space(xy_m, spacing_m)
    expected = find_pairs_by_brute_force(xy_m, spacing_m, range(n))
    assert list_pairs(spacing) == expected
    assert spacing.n_pairs == len(expected)
    assert spacing.n_cliques <= len(expected)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_sets_of_stations_keep_cliques_and_pairs(seed):
    rng = np.random.default_rng(seed)
    xy_m = rng.random((9, 2)) * 500
    spacing = space(xy_m, 200.0)
    conflicts = find_pairs_by_brute_force(xy_m, 200.0, range(9))
    for opened in itertools.product([0, 1], repeat=9):
        keeps_pairs = all(opened[i] + opened[j] <= 1 for i, j in conflicts)
        keeps_cliques = all(sum(opened[i] for i in clique) <= 1 for clique in list_cliques(spacing))
        assert keeps_pairs == keeps_cliques


@pytest.mark.parametrize("seed", range(10))
def test_cliques_are_maximal_and_none_is_needless(seed):
    xy_m = np.random.default_rng(seed).random((80, 2)) * 1000
    spacing = space(xy_m, 180.0)
    conflicts = find_pairs_by_brute_force(xy_m, 180.0, range(80))
    cliques = list_cliques(spacing)
    for clique in cliques:
        for site in set(range(80)) - set(clique):
            assert not all(tuple(sorted((site, other))) in conflicts for other in clique)
    for left_out in cliques:
        rest = {p for c in cliques if c != left_out for p in itertools.combinations(c, 2)}
        assert rest != conflicts


def test_a_crowd_at_one_place_is_one_clique():
    assert list_cliques(space(np.zeros((40, 2)), 100.0)) == [tuple(range(40))]


def test_a_line_of_sites_needs_a_row_for_each_neighbouring_pair():
    line = np.column_stack([np.arange(6) * 90.0, np.zeros(6)])
    assert list_cliques(space(line, 100.0)) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_exactly_the_spacing_apart_is_far_enough():
    assert space([(0, 0), (100, 0)], 100.0).n_cliques == 0
    assert space([(0, 0), (100, 0)], 100.0 + 1e-6).n_cliques == 1


def test_no_spacing_asks_nothing():
    spacing = space(np.zeros((5, 2)), 0.0)
    assert (spacing.n_cliques, spacing.n_pairs, spacing.is_blocked.any()) == (0, 0, False)


def test_order_and_place_do_not_change_the_pairs():
    rng = np.random.default_rng(3)
    xy_m = rng.random((50, 2)) * 800
    order = rng.permutation(50)
    moved = {
        tuple(sorted((int(order[i]), int(order[j]))))
        for i, j in list_pairs(space(xy_m[order] + 12_345.0, 150.0))
    }
    assert moved == list_pairs(space(xy_m, 150.0))


def test_the_same_input_gives_the_same_cliques():
    xy_m = np.random.default_rng(8).random((300, 2)) * 2000
    first, second = space(xy_m, 200.0), space(xy_m.copy(), 200.0)
    assert list_cliques(first) == list_cliques(second)
    assert list_cliques(first) == sorted(list_cliques(first))


def test_a_candidate_near_a_standing_station_is_blocked_and_in_no_clique():
    spacing = space([(0, 0), (60, 0), (140, 0), (500, 0)], 100.0, standing=[0])
    assert spacing.blocker.tolist() == [-1, 0, -1, -1]
    assert spacing.blocker_m.tolist() == [np.inf, 60.0, np.inf, np.inf]
    assert spacing.n_cliques == 0  # 1 and 2 conflict, but 1 cannot open anyway
    assert len(spacing.clash) == 0


def test_the_nearest_of_several_blockers_is_named():
    spacing = space([(0, 0), (90, 0), (120, 0)], 100.0, standing=[0], required=[2])
    assert spacing.blocker.tolist() == [-1, 2, -1]
    assert spacing.blocker_m[1] == 30.0


def test_two_standing_stations_may_be_as_near_as_they_are():
    spacing = space([(0, 0), (10, 0)], 100.0, standing=[0, 1])
    assert len(spacing.clash) == 0
    assert not spacing.is_blocked.any()


def test_sites_that_play_no_part_ask_nothing():
    spacing = space([(0, 0), (10, 0)], 100.0, out=[0])
    assert spacing.n_cliques == 0
    assert not spacing.is_blocked.any()


def test_required_sites_clash_with_each_other_and_with_standing_ones():
    spacing = space([(0, 0), (40, 0), (90, 0)], 100.0, standing=[0], required=[1, 2])
    assert spacing.clash.tolist() == [[1, 0], [2, 0], [1, 2]]
    assert spacing.clash_m.tolist() == [40.0, 90.0, 50.0]


def test_degrees_are_never_taken_for_metres():
    # The peer's fault: centroids in degrees against 300 "metres" made every pair too close.
    free = np.ones(3, bool)
    lonlat = np.array([[73.0, 33.7], [73.1, 33.7], [73.2, 33.7]])
    with pytest.raises(RecordError, match="degrees"):
        build_spacing(lonlat, 300.0, is_free=free, is_standing=~free, is_required=~free)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_a_spacing_that_is_no_length_is_refused(bad):
    with pytest.raises(RecordError, match="spacing"):
        space([(0, 0), (1, 1)], bad)


def test_the_sites_of_a_study_are_spaced_in_metres():
    # 0.01 degrees of longitude at 33.7 N are 927 m: cos(33.7 deg) * 111.4 km / 100.
    sites = toy_city.make_sites(("existing", "candidate", "competitor"))
    assert build_site_spacing(sites, 900.0, crs="EPSG:32643").blocker.tolist() == [-1, -1, -1]
    spacing = build_site_spacing(sites, 950.0, crs="EPSG:32643")
    assert spacing.blocker.tolist() == [-1, 0, -1]  # the competitor neither blocks nor is blocked
    assert 925 < spacing.blocker_m[1] < 930


def test_clashes_are_told_by_name_with_the_change_that_helps():
    sites = toy_city.make_sites(("required", "required", "candidate"))
    spacing = build_site_spacing(sites, 950.0, crs="EPSG:32643")
    (told,) = describe_clashes(spacing, sites, key="model.spacing_m")
    assert told.startswith("model.spacing_m is 950 m, but 2 sites that must be open are closer")
    for words in ("s1 (Site 1)", "s2 (Site 2)", "lower model.spacing_m to 92"):
        assert words in told
    assert describe_clashes(build_site_spacing(sites, 900.0, crs="EPSG:32643"), sites, key="k") == []


def test_no_pairs_give_no_cliques():
    start, site = cover_with_cliques(np.zeros(0, np.int64), np.zeros(0, np.int64), 4)
    assert start.tolist() == [0]
    assert site.tolist() == []
