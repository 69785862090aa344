"""The planning problem of the toy city, and its demand after competitors, worked out by hand."""

import numpy as np
import pytest
import toy_city

from chargeplan.model.competitors import compute_competitor_kwh_day
from chargeplan.model.problem import build_problem, grade_drives
from chargeplan.words import PlanMode


def build(mode=PlanMode.ALLOCATE, sites=None, cells=None, **asked):
    return build_problem(
        toy_city.make_cells() if cells is None else cells,
        toy_city.make_sites() if sites is None else sites,
        toy_city.make_travel(),
        toy_city.make_request(mode, **({"max_sites": 2} | asked)),
    )


def test_the_problem_is_the_one_written_by_hand():
    for mode in PlanMode:
        expected = toy_city.make_problem(toy_city.make_request(mode, max_sites=2))
        problem = build(mode)
        for name in type(problem).__dataclass_fields__:
            if name not in {"level_cost_pkr", "limits"}:
                np.testing.assert_array_equal(getattr(problem, name), getattr(expected, name), err_msg=name)
        np.testing.assert_allclose(problem.level_cost_pkr, expected.level_cost_pkr)
        assert problem.is_plain
        assert not problem.limits.has_any


def test_a_competitor_takes_the_nearest_demand_up_to_its_capacity():
    """s2 as competitor with 10 kW delivers 20: C at 0 s wants 20, so C is gone and B, D stay whole."""
    sites = toy_city.make_sites(
        ("candidate", "competitor", "candidate"),
        existing_power_kw=[0.0, 10.0, 0.0],
        existing_chargers=[0, 1, 0],
    )
    problem = build(sites=sites)
    np.testing.assert_allclose(problem.competitor_kwh_day, [0, 0, 20, 0, 0])
    np.testing.assert_allclose(problem.demand_kwh_day, [35, 10, 0, 10, 30])
    assert not problem.is_open_allowed[1]
    assert not np.any(problem.pair_site == 1)
    assert not np.any(problem.pair_cell == 2)  # nothing left to serve there


def test_a_competitor_with_power_left_goes_on_to_the_next_nearest():
    """15 kW deliver 30: 20 at C, then 10 of B (cell before D at equal time); nothing for D."""
    sites = toy_city.make_sites(
        ("candidate", "competitor", "candidate"),
        existing_power_kw=[0.0, 15.0, 0.0],
        existing_chargers=[0, 1, 0],
    )
    np.testing.assert_allclose(build(sites=sites).competitor_kwh_day, [0, 10, 20, 0, 0])


def test_two_competitors_share_by_driving_time():
    """By hand: (cell 1, site 1, 10 s) takes 5 of 8; (cell 0, site 0, 20 s) takes 4, all there is at
    the site; (cell 1, site 0, 30 s) finds it empty; (cell 0, site 1, 40 s) too."""
    taken = compute_competitor_kwh_day(
        np.array([6.0, 8.0]),
        np.array([4.0, 5.0]),
        pair_cell=np.array([0, 0, 1, 1]),
        pair_site=np.array([0, 1, 0, 1]),
        pair_seconds=np.array([20.0, 40.0, 30.0, 10.0]),
    )
    np.testing.assert_allclose(taken, [4.0, 5.0])


def test_existing_sites_are_open_free_and_not_counted():
    sites = toy_city.make_sites(
        ("existing", "required", "candidate"), existing_power_kw=[30.0, 0, 0], existing_chargers=[2, 0, 0]
    )
    problem = build(sites=sites)
    assert problem.is_forced_open.tolist() == [True, True, False]
    assert problem.is_counted.tolist() == [False, True, True]
    assert problem.level_allowed.tolist() == [[False] * 3, [True] * 3, [True] * 3]
    assert problem.level_cost_pkr[0].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(problem.existing_capacity_kwh_day, [60.0, 0, 0])  # 30 kW x 10 h x 0.2
    assert np.isposinf(build(PlanMode.COVER, sites).existing_capacity_kwh_day[0])


def test_an_existing_site_without_chargers_serves_nothing():
    sites = toy_city.make_sites(("existing", "candidate", "candidate"))
    for mode in PlanMode:
        assert not np.any(build(mode, sites).pair_site == 0)


def test_levels_must_fit_the_bays():
    sites = toy_city.make_sites(max_chargers=[1, 2, 0])
    problem = build(sites=sites)
    assert problem.level_allowed.tolist() == [[True, False, False], [True, True, False], [False] * 3]
    assert problem.is_open_allowed.tolist() == [True, True, False]
    assert not np.any(problem.pair_site == 2)
    assert build(PlanMode.COVER, sites).level_allowed[:, 0].tolist() == [False, True, False]


def test_a_cell_keeps_its_nearest_sites_with_ties_by_row():
    """C reaches s2 in 0 s, s1 and s3 in 120 s: with one site s2 stays, with two s2 and s1."""
    one, two = build(nearest_sites=1), build(nearest_sites=2)
    assert one.pair_site[one.pair_cell == 2].tolist() == [1]
    assert two.pair_site[two.pair_cell == 2].tolist() == [0, 1]
    assert (one.nearest_sites, build().nearest_sites) == (1, 0)


def test_competitors_take_no_place_among_the_nearest():
    sites = toy_city.make_sites(("candidate", "competitor", "candidate"))  # without power: takes nothing
    problem = build(sites=sites, nearest_sites=1)
    assert problem.pair_site[problem.pair_cell == 2].tolist() == [0]


def test_a_site_with_too_few_bays_takes_no_place_among_the_nearest():
    """C is at the door of s2, which has no bays: its nearest site is s1; cover wants two bays."""
    for mode, bays in ((PlanMode.ALLOCATE, [3, 0, 3]), (PlanMode.COVER, [3, 1, 3])):
        problem = build(mode, toy_city.make_sites(max_chargers=bays), nearest_sites=1)
        assert problem.pair_site[problem.pair_cell == 2].tolist() == [0]


def test_an_existing_station_without_power_takes_a_place_in_cover_mode_only():
    """Cover mode knows no capacity; in allocate mode such a station delivers nothing."""
    sites = toy_city.make_sites(("candidate", "existing", "candidate"), existing_chargers=[0, 2, 0])
    for mode, nearest in ((PlanMode.ALLOCATE, 0), (PlanMode.COVER, 1)):
        problem = build(mode, sites, nearest_sites=1)
        assert problem.pair_site[problem.pair_cell == 2].tolist() == [nearest]


def test_an_existing_station_without_chargers_takes_no_place_among_the_nearest():
    sites = toy_city.make_sites(("candidate", "existing", "candidate"), existing_power_kw=[0, 50.0, 0])
    for mode in PlanMode:
        problem = build(mode, sites, nearest_sites=1)
        assert problem.pair_site[problem.pair_cell == 2].tolist() == [0]


def test_bands_end_inclusively_and_pairs_beyond_the_last_are_dropped():
    request = toy_city.make_request(band_up_to_min=(1.0, 2.0), band_quality=(1.0, 0.5))
    graded = grade_drives(request, np.array([0.0, 60.0, 60.1, 120.0, 120.1]))
    assert graded.tolist() == [1.0, 1.0, 0.5, 0.5, 0.0]
    near = build(band_up_to_min=(1.0,), band_quality=(1.0,))
    assert near.pair_seconds.tolist() == [0.0, 0.0, 0.0]


def test_no_budget_and_no_count_are_infinite_and_minus_one():
    assert np.isposinf(build().budget_pkr)
    assert build(max_sites=-1, budget_pkr=450.0).max_sites == -1


@pytest.mark.parametrize("seed", range(5))
def test_competitors_never_take_more_than_there_is(seed):
    rng = np.random.default_rng(seed)
    cell, site = np.nonzero(rng.random((30, 6)) < 0.4)
    demand, capacity = rng.random(30) * 10, rng.random(6) * 40
    seconds = rng.random(len(cell)) * 600
    taken = compute_competitor_kwh_day(demand, capacity, pair_cell=cell, pair_site=site, pair_seconds=seconds)
    assert np.all((taken >= 0) & (taken <= demand))
    reached = np.isin(np.arange(30), cell)
    assert taken[~reached].sum() == 0
    assert taken.sum() <= capacity.sum() + 1e-9


def test_outages_lower_what_a_site_delivers_unless_something_bridges_them():
    """6 of 24 hours dark: a charger's 20 kWh/day become 15, the 60 of 30 kW that stand become 45."""
    sites = toy_city.make_sites(
        ("existing", "candidate", "candidate"),
        existing_power_kw=[30.0, 0, 0],
        existing_chargers=[2, 0, 0],
        feeder_exempt=[False, False, True],
    )
    problem = build(sites=sites, outage_hours_day=6.0)
    np.testing.assert_allclose(problem.level_capacity_kwh_day[1:], [[15, 30, 45], [20, 40, 60]])
    np.testing.assert_allclose(problem.existing_capacity_kwh_day, [45.0, 0, 0])
    stored = toy_city.make_sites(
        ("existing", "candidate", "candidate"),
        existing_power_kw=[30.0, 0, 0],
        existing_chargers=[2, 0, 0],
        has_storage=[True, False, False],
    )
    problem = build(sites=stored, outage_hours_day=6.0)
    np.testing.assert_allclose(problem.existing_capacity_kwh_day, [60.0, 0, 0])
    np.testing.assert_allclose(problem.level_capacity_kwh_day[2], [15, 30, 45])
