"""Limits that arithmetic proves impossible: the figures, and no false alarm."""

from dataclasses import replace

import numpy as np
import pytest
import staged_problems
from impossible_problems import LABELS, YEARS, apart, areas, floors, grid, least_kw, make_limited, points

from chargeplan.model.precheck_limits import check_limits
from chargeplan.plan_labels import PlanLabels

# Capacities: 10 kW deliver 20 kWh/day, three chargers 60 at a site; West wants 65, East 40, 105 in all.
CASES = {
    "a floor above the capacity": (
        make_limited(max_chargers=(1, 0, 3), **floors(1.0, 0.0)),
        # s1 with one charger and s3 with three reach the West (C): 80 kWh/day, but the East only s3: fine.
        [],
    ),
    "a floor above what chargers deliver": (
        make_limited(max_chargers=(1, 1, 0), **floors(0.7, 0.0)),
        ["1 zone asks for more", "West (w) (40.0 of 65.0 kWh/day, 61.5%, its floor is 70.0%)", "{w: 0.6153}"],
    ),
    "a floor of a zone that nobody reaches": (
        make_limited(max_chargers=(3, 0, 0), **floors(0.0, 0.5)),
        [
            "East (e) (0.0 of 40.0 kWh/day, 0.0%, its floor is 50.0%)",
            "model.equity.zone_floor_share to {e: 0}",
        ],
    ),
    "floors of two zones": (
        make_limited(max_chargers=(0, 1, 0), **floors(0.6, 0.6)),
        ["2 zones ask for more", "West (w) (20.0 of 65.0", "East (e) (10.0 of 40.0", "{e: 0.25, w: 0.3076}"],
    ),
    "a share with two stations": (
        make_limited(max_chargers=(3, 0, 3), backup_share=0.5),
        # C alone reaches s1 and s3: 20 of 105.
        [
            "model.backup_share asks that 50.0%",
            "only 19.0% has two sites",
            "lower model.backup_share to 0.1904",
        ],
    ),
    "a least power above the largest": (
        make_limited(largest_kw=np.full(3, 20.0), **least_kw(30.0)),
        [
            "none of 3 sites can hold a station",
            "model.least_station_kw asks for 30",
            "lower model.least_station_kw to 20, or raise model.largest_station_kw to 30",
        ],
    ),
    "a least power above the bays of a required site": (
        make_limited(max_chargers=(3, 1, 3), required=(1,), **least_kw(20.0)),
        [
            "1 required site can hold no station: s2",
            "lower model.least_station_kw to 10",
            "make them candidates",
        ],
    ),
    "required sites below a feeder": (
        make_limited(required=(0, 1), **grid(60, 10, 60)),
        [
            "grid asset F1 bears 10 kW",
            "(s1, s2) draw 20 kW",
            "raise its headroom_kw in the file of grid.path to 20",
        ],
    ),
    "required sites below a feeder with a step": (
        make_limited(required=(0, 1), **grid(60, 0, 60, step_kw=15, steps=1)),
        ["grid asset F1 bears 15 kW with 1 step", "to 5,"],
    ),
    "required sites too close": (
        make_limited(required=(0, 1), **apart((0, 1))),
        ["required sites are closer than model.spacing_m: s1 and s2"],
    ),
    "an area without a site": (
        make_limited(max_chargers=(3, 0, 3), **areas(((1,), 1), ((2,), 1))),
        ["model.rules: squares: 1 area has too few sites", "West, square 1 (0 sites for 1 station)"],
    ),
    "an area with too few sites": (
        make_limited(**areas(((0, 1), 3))),
        ["West, square 1 (2 sites for 3 stations)"],
    ),
    "points above all bays": (
        make_limited(**points(10)),
        [
            "model.rules: points needs 10 charging points",
            "all 3 sites together hold 9",
            "ask for 9 charging points in a pack of your own",
        ],
    ),
    "areas above the count": (
        make_limited(max_sites=(1,), **areas(((0, 1), 1), ((2,), 1))),
        ["model.max_sites allows 1 new station, but 2 stations must open", "raise it to 2"],
    ),
    "areas above the money": (
        make_limited(budget=(299.0,), **areas(((0, 1), 1), ((2,), 1))),
        [
            "2 stations that must open (2 in areas of rules) cost PKR 300",
            "raise model.budget_pkr to 300 (1 more)",
        ],
    ),
    # Five chargers need two sites: 5 x 50 and two thirds of 100 each at the least.
    "points above the money": (
        make_limited(budget=(300.0,), **points(5)),
        [
            "the 5 asked for by model.rules: points cost PKR 417 at least",
            "raise model.budget_pkr to 417 (117 more)",
        ],
    ),
    # 90 % of both zones are 94.5 kWh/day; 3 chargers and their site cost 250 for 60 kWh/day, so 393.75 at the least.
    # 95 % of the West are 61.75 kWh/day; three chargers at s1 deliver 60.
    "a floor above the count": (
        make_limited(max_sites=(1,), **floors(0.95, 0.0)),
        [
            "model.max_sites allows 1 new station, but 2 stations must open: 2 in West (w) for the floors of zones",
            "raise it to 2, or lower floors of zones",
        ],
    ),
    "floors above the money": (
        make_limited(budget=(250.0,), **floors(0.9, 0.9)),
        [
            "the floors of all zones ask for 94 of 105 kWh/day",
            "cost PKR 394 at the very least",
            "buys 60 kWh/day at most, 57.1% of the demand",
            "raise model.budget_pkr from 250 to 394 or more",
        ],
    ),
    "a year without the money": (
        make_limited(budget=(150.0, 100.0), max_sites=(-1, -1), **areas(((0,), 1), ((2,), 1), years=(0, 1))),
        [
            "2 stations that must open (2 in areas of rules) cost PKR 300 at least by 2028",
            "budget_pkr of 2028 in model.years to 150 (50 more)",
        ],
    ),
    "a year with too few stations": (
        make_limited(budget=(np.inf, np.inf), max_sites=(1, 3), **areas(((0,), 1), ((2,), 1), years=(0, 0))),
        ["max_sites of 2027 in model.years allows 1 new station, but 2 stations must open by 2027"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_arithmetic_shows_is_said_with_its_figures(name):
    problem, expected = CASES[name]
    told = check_limits(problem, YEARS if problem.staging.n_years > 1 else LABELS)
    if not expected:
        assert told == []
        return
    assert len(told) == 1, told
    for words in expected:
        assert words in told[0]


def test_reach_counts_only_chargers_that_the_vehicles_can_use():
    """The one group can use 25 kW chargers only, and no site has room for one."""
    problem = make_limited(types_kw=(10.0, 25.0), **floors(0.1, 0.0))
    allowed = problem.level_allowed.copy()
    allowed[1::2] = False
    stages = replace(problem.stages, can_use=np.array([[False, True]]))
    told = check_limits(replace(problem, level_allowed=allowed, stages=stages), LABELS)
    assert "West (w) (0.0 of 65.0 kWh/day" in told[0]


def test_no_random_problem_with_a_plan_is_refused():
    """Brute force finds none that serves anything where one is refused; 120 draws of all families."""
    n_refused = 0
    for seed in range(120):
        problem = staged_problems.make_staged_problem(seed)
        told = check_limits(problem, PlanLabels())
        if told:
            n_refused += 1
            assert not staged_problems.solve_by_brute_force(problem), (seed, told)
    assert n_refused > 15


def label_hexagons(*, wanted, floor_share=0.5):
    """Labels of two hexagons that stand in for zones."""
    return replace(
        LABELS,
        zone_id=("86w", "86e"),
        zone_name=("near G-9", "near I-8"),
        zones_are_cells=True,
        zone_kwh_day=np.array(wanted),
        floor_share=floor_share,
    )


# s2 and s3 can hold nothing, so that D and E of the East are out of reach; the West wants 65 kWh/day.
def reach_only_the_west(east_kwh_day, floor=0.5):
    demand = np.array([25.0, 20.0, 20.0, east_kwh_day / 2, east_kwh_day / 2])
    return make_limited(max_chargers=(3, 0, 0), demand=demand, **floors(floor, floor))


def test_a_sliver_out_of_reach_is_left_out_by_its_demand():
    labels = label_hexagons(wanted=(65.0, 0.02))
    (told,) = check_limits(reach_only_the_west(0.02), labels)
    assert told.startswith(
        "1 zone asks for more than all sites within reach can serve: near I-8 (0.0 of 0.02 "
    )
    assert "86e" not in told
    # Rounded up from 0.02 to two digits, so that it is left out; no other key can be lowered to more than 0.
    assert (
        "; set model.equity.floor_least_kwh_day to 0.021 (floor_share then leaves out 1 zone with 0.02 of 65 "
        in told
    )
    assert "or leave model.equity.floor_share out, or give study.zones" in told
    assert "zone_floor_share" not in told
    assert told.endswith("or raise travel.limit_min (the least that is needed; other limits may need more)")


def test_a_hexagon_that_wants_much_is_not_left_out():
    labels = label_hexagons(wanted=(65.0, 40.0))
    (told,) = check_limits(reach_only_the_west(40.0), labels)
    assert "floor_least_kwh_day" not in told
    assert "; leave model.equity.floor_share out, or give study.zones" in told


def test_hexagons_lower_the_floor_that_they_share():
    # s1 with two chargers delivers 40 of the 65 kWh/day of the West: 61.53 %.
    problem = make_limited(
        max_chargers=(2, 0, 0), demand=np.array([25.0, 20.0, 20.0, 0.0, 0.0]), **floors(0.7, 0.7)
    )
    (told,) = check_limits(problem, label_hexagons(wanted=(65.0, 0.0), floor_share=0.7))
    assert "; lower model.equity.floor_share from 0.7 to 0.6153, or give study.zones" in told


def test_a_zone_of_a_layer_gets_a_floor_of_its_own_below_the_common_one():
    labels = replace(LABELS, floor_share=0.5, zone_kwh_day=np.array([65.0, 40.0]))
    (told,) = check_limits(reach_only_the_west(40.0), labels)
    assert "; set model.equity.zone_floor_share to {e: 0}, or add sites there" in told


def test_zones_without_demand_never_stand_in_the_way():
    assert check_limits(reach_only_the_west(0.0), label_hexagons(wanted=(65.0, 0.0))) == []


def test_a_rule_about_vehicles_names_the_figure_to_set():
    # All three sites hold 9 points; one stands. 100 vehicles by 10 points are 10 vehicles per point.
    labels = replace(LABELS, total_vehicles=np.array([[100.0]]), total_standing=np.array([1.0]))
    (told,) = check_limits(make_limited(**points(10)), labels)
    assert (
        "add sites or bays, raise vehicles_per_point to 10 of points in a pack of your own, or move" in told
    )
    # 100 / 9.0 = 11.11...; rounded up, so that 9 points are enough.
    labels = replace(labels, total_standing=np.array([0.0]))
    assert (
        "raise vehicles_per_point to 11.12 of points" in check_limits(make_limited(**points(10)), labels)[0]
    )
