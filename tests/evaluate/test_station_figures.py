"""Wait, loss without it, load, bays and feeder of each station are those worked out on paper or by brute force."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp
import toy_city
from sample_bundle import build_sample_bundle
from scipy.optimize import linprog
from staged_toy_city import make_staged_case

from chargeplan.errors import VerificationError
from chargeplan.evaluate.closing import (
    ServingNetwork,
    build_serving_network,
    compute_dropped_losses,
    sum_alone_kwh_day,
)
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.site_figures import describe_stations
from chargeplan.evaluate.station_peak import compute_station_peaks
from chargeplan.evaluate.verify import PlanCase
from chargeplan.run_records import compare_evaluations
from chargeplan.solve.settle import fit_shares
from chargeplan.tables import FIGURES, make_table
from chargeplan.why.plain import PlainHand
from chargeplan.words import PlanMode

FIGURES_TOY = make_table(
    FIGURES,
    {
        "name": ["charge_battery_share", "power_factor_share"],
        "value": [0.5, 0.8],
        "unit": ["share", "share"],
        "source": ["toy", "toy"],
        "confidence": ["low", "low"],
    },
)
# Pairs of the toy city in order: (A,s1) (B,s1) (B,s2) (C,s1) (C,s2) (C,s3) (D,s2) (D,s3) (E,s3)
FILLED = [1.0, 1.0, 0.0, 0.75, 0.0, 0.0, 0.0, 1.0, 1.0]  # s1 gives 60, s3 gives 40


def make_plan(chargers=(3, 0, 3), share=FILLED, *, cells=None, **request_changes) -> PlanCase:
    request = toy_city.make_request(**({"figures": FIGURES_TOY} | request_changes))
    return PlanCase(
        request,
        toy_city.make_network(),
        cells or toy_city.make_cells(),
        toy_city.make_sites(),
        toy_city.make_travel(),
        toy_city.make_problem(request),
        toy_city.make_solution(chargers, share, 100.0),
    )


def make_timed_cells(period_share, kwh_day, battery_kwh, periods) -> object:
    """Cells of the toy city whose classes start charging in given periods."""
    kwh_day = np.asarray(kwh_day, float)
    return dataclasses.replace(
        toy_city.make_cells(kwh_day.sum(axis=1)),
        kwh_day=kwh_day,
        kwh_day_by_use=kwh_day[:, :, None],
        classes=tuple(f"class{number}" for number in range(kwh_day.shape[1])),
        periods=periods,
        period_share=np.asarray(period_share, float)[:, None, :],
        battery_kwh=np.asarray(battery_kwh, float),
    )


def count_in_line(chargers: int, load: float, longest=4000) -> float:
    """Count the drivers in line on average, from the chances of each number of drivers (birth and death)."""
    chance = [1.0]
    for drivers in range(1, longest):
        chance.append(chance[-1] * load / min(drivers, chargers))
    chance = np.array(chance) / sum(chance)
    return float(np.maximum(np.arange(longest) - chargers, 0) @ chance)


def test_wait_busy_and_blocked_share_are_those_worked_out_on_paper():
    """50 kWh in one hour, 2 chargers of 50 kW: 1 erlang, B = 0.2, C = 1/3; 20 kWh a visit last 24 min."""
    cells = make_timed_cells(
        [[1.0, 0.0]], [[35.0], [10.0], [20.0], [10.0], [30.0]], [40.0], ("17-18", "18-24")
    )
    share = [1.0, 1.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]  # 35 + 10 + 5
    plan = make_plan((2, 0, 0), share, cells=cells, charger_power_kw=50.0)
    peak = compute_station_peaks(plan)
    assert peak.wait_min[0] == pytest.approx(8.0)
    assert peak.busy_share[0] == pytest.approx(1 / 3)
    assert peak.blocked_share[0] == pytest.approx(0.2)
    assert np.isnan(peak.wait_min[1:]).all()
    assert np.isnan(peak.busy_share[1:]).all()
    assert np.isnan(peak.blocked_share[1:]).all()


def test_one_charger_is_found_busy_as_often_as_it_is_busy():
    """Drivers who come at random see the mean: with one charger and 0.585 erlang 58.5 % find it busy."""
    cells = make_timed_cells([[1.0]], [[5.85], [0.0], [0.0], [0.0], [0.0]], [8.0], ("17-18",))
    plan = make_plan((1, 0, 0), [1.0, *([0.0] * 8)], cells=cells)
    plan = dataclasses.replace(
        plan, problem=dataclasses.replace(plan.problem, demand_kwh_day=cells.total_kwh_day)
    )
    peak = compute_station_peaks(plan)
    assert peak.busy_share[0] == pytest.approx(0.585)
    assert peak.blocked_share[0] == pytest.approx(0.585 / 1.585)


@pytest.mark.parametrize(("chargers", "load"), [(1, 0.9), (2, 1.4), (3, 1.0), (3, 2.95)])
def test_the_wait_is_that_of_the_chances_of_every_length_of_the_line(chargers, load):
    """Little: drivers in line on average = drivers an hour times their mean wait."""
    cells = make_timed_cells([[1.0]], [[load * 10.0], [0.0], [0.0], [0.0], [0.0]], [8.0], ("17-18",))
    plan = make_plan((chargers, 0, 0), [1.0, *([0.0] * 8)], cells=cells)
    plan = dataclasses.replace(
        plan, problem=dataclasses.replace(plan.problem, demand_kwh_day=cells.total_kwh_day)
    )
    in_line = count_in_line(chargers, load)
    drivers_h = load * 10.0 / 4.0
    assert compute_station_peaks(plan).wait_min[0] == pytest.approx(in_line / drivers_h * 60.0, rel=1e-6)


def test_without_a_steady_state_there_is_no_wait_and_the_blocked_share_tells():
    cells = make_timed_cells([[1.0]], [[35.0], [10.0], [20.0], [10.0], [30.0]], [40.0], ("17-18",))
    peak = compute_station_peaks(make_plan((3, 0, 3), cells=cells))  # 60 kWh an hour at 3 chargers of 10 kW
    assert np.isnan(peak.wait_min[0])
    assert np.isnan(peak.busy_share[0])
    assert peak.blocked_share[0] > 0.5


def test_the_busiest_hour_is_that_of_the_cells_a_station_serves():
    """A wants all in one morning hour, E in four evening hours: 35 and 30 / 4 kWh an hour at 3 x 50 kW."""
    kwh_day = [[35.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 30.0]]
    cells = make_timed_cells([[1.0, 0.0], [0.0, 1.0]], kwh_day, [40.0, 8.0], ("08-09", "18-22"))
    plan = make_plan((3, 0, 3), [1.0, 0, 0, 0, 0, 0, 0, 0, 1.0], cells=cells, charger_power_kw=50.0)
    plan = dataclasses.replace(
        plan, problem=dataclasses.replace(plan.problem, demand_kwh_day=cells.total_kwh_day)
    )
    blocked = compute_station_peaks(plan).blocked_share
    for site, load in ((0, 35.0 / 50.0), (2, 7.5 / 50.0)):
        assert blocked[site] == pytest.approx(load**3 / 6 / (1 + load + load**2 / 2 + load**3 / 6))


def test_without_batteries_the_wait_is_not_known_and_the_shares_are():
    peak = compute_station_peaks(make_plan())
    assert np.isnan(peak.wait_min).all()
    assert np.isfinite(peak.blocked_share[[0, 2]]).all()
    assert np.isfinite(peak.busy_share[[0, 2]]).all()


def test_demand_that_reaches_no_other_open_station_is_counted():
    """s2 is closed: A and B reach s1 alone, D and E reach s3 alone, C reaches both."""
    network = build_serving_network(make_plan())
    assert sum_alone_kwh_day(network).tolist() == [45.0, 0.0, 40.0]


@pytest.mark.parametrize(
    ("chargers", "losses"),
    [
        ((3, 0, 2), [60.0, 0.0, 40.0]),  # both are full: 60 and 40 kWh/day
        ((3, 0, 3), [45.0, 0.0, 40.0]),  # s3 has 20 left for the 15 of C
        ((3, 3, 3), [35.0, 0.0, 30.0]),  # s2, idle, takes B, C and D
    ],
)
def test_the_loss_of_a_closed_station_is_what_others_cannot_take(chargers, losses):
    assert compute_dropped_losses(build_serving_network(make_plan(chargers))).tolist() == pytest.approx(
        losses
    )


def test_drivers_of_a_full_station_make_room():
    """s1 closes: C (15) could go to s2 alone, which is full of D; D moves on to s3."""
    plan = make_plan((3, 1, 3), [1.0, 1.0, 0, 0.75, 0, 0, 1.0, 0, 1.0])  # s2: D 10; s3: E 30
    travel_without = plan.problem.pair_cell * 3 + plan.problem.pair_site != 2 * 3 + 2  # C does not reach s3
    problem = dataclasses.replace(
        plan.problem,
        **{
            name: getattr(plan.problem, name)[travel_without]
            for name in ("pair_cell", "pair_site", "pair_quality", "pair_seconds")
        },
    )
    solution = dataclasses.replace(plan.solution, pair_share=plan.solution.pair_share[travel_without])
    network = build_serving_network(dataclasses.replace(plan, problem=problem, solution=solution))
    # s2 holds 20: 10 spare and 10 of D, who goes to s3 (30 spare). B and C want 25 there: 20 fit.
    assert compute_dropped_losses(network)[0] == pytest.approx(60.0 - 20.0)


def test_in_cover_mode_only_what_reaches_no_other_station_is_lost():
    plan = make_plan((2, 0, 2), [1.0, 1.0, 0, 1.0, 0, 0, 0, 1.0, 1.0], mode=PlanMode.COVER)
    assert compute_dropped_losses(build_serving_network(plan)).tolist() == pytest.approx([45.0, 0.0, 40.0])


def serve_most(network: ServingNetwork, is_open) -> tuple[float, np.ndarray]:
    """Serve as much as possible by linear programming: energy and the flow of each reach."""
    unit, slot = network.reach.nonzero()
    used = np.flatnonzero(is_open[network.slot_site[slot]])
    of_unit = sp.csr_array((np.ones(len(used)), (unit[used], np.arange(len(used)))), (8, len(used)))
    of_slot = sp.csr_array(
        (np.ones(len(used)), (slot[used], np.arange(len(used)))), (len(network.slot_site), len(used))
    )
    result = linprog(
        -np.ones(len(used)),
        A_ub=sp.vstack([of_unit, of_slot]),
        b_ub=np.concatenate([network.unit_kwh_day, network.slot_kwh_day]),
    )
    flow = np.zeros(len(unit))
    flow[used] = result.x
    return -result.fun, flow


@pytest.mark.parametrize("seed", range(40))
def test_the_loss_is_that_of_serving_anew_without_the_station(seed):
    """Of a plan that serves the most, the loss is the difference of two linear programs."""
    rng = np.random.default_rng(seed)
    slot_site = np.array([0, 0, 1, 2, 3, 4])
    reach = sp.csr_array((rng.random((8, 6)) < 0.45).astype(float))
    capacity = rng.uniform(0, 60, 6) * (rng.random(6) < 0.8)
    network = ServingNetwork(rng.uniform(0, 30, 8), slot_site, capacity, reach, sp.csc_array((8, 6)), 5)
    most, flow = serve_most(network, np.ones(5, bool))
    unit, slot = reach.nonzero()
    network = dataclasses.replace(network, flow_kwh_day=sp.csc_array((flow, (unit, slot)), shape=(8, 6)))
    for site, loss in enumerate(compute_dropped_losses(network)):
        without, _ = serve_most(network, np.arange(5) != site)
        assert loss == pytest.approx(most - without, abs=1e-6 * max(most, 1.0))


def test_why_finds_the_same_loss():
    """`chargeplan why` serves everybody anew by a transport problem."""
    sample = build_sample_bundle()
    problem, chargers = sample.problem, sample.solution.chargers
    # The sample is filled from the nearest cells; a plan serves the most.
    level_pos = np.where(
        problem.is_counted & (chargers > 0), np.searchsorted(problem.level_chargers, chargers), -1
    )
    solution = dataclasses.replace(sample.solution, pair_share=fit_shares(problem, level_pos))
    hand = PlainHand(problem, solution)
    plan = PlanCase(
        sample.request, sample.network, sample.cells, sample.sites, sample.travel, problem, solution
    )
    losses = compute_dropped_losses(build_serving_network(plan))
    new = np.flatnonzero(problem.is_counted & (chargers > 0))
    served = hand.plan.objective_kwh_day
    expected = [served - hand.close(site) for site in new.tolist()]
    assert losses[new].tolist() == pytest.approx(expected, abs=1e-6 * served)
    assert max(expected) > 0


@pytest.fixture(scope="module")
def staged():
    return evaluate_plan(make_staged_case())


def test_a_feeder_has_what_its_headroom_and_upgrades_leave(staged):
    """s1 (30 kW) hangs on g2 (20 kW and a step of 10), which hangs on g1 with s3 (20 kW); g1 has 100."""
    rows = staged.sites.set_index("site_id")
    assert rows["feeder_id"].to_dict() == {"s1": "g2", "s3": "g1"}
    assert rows["feeder_name"].to_dict() == {"s1": "", "s3": "substation"}
    assert rows["feeder_headroom_kw"].to_dict() == {"s1": 20.0, "s3": 100.0}
    assert rows["feeder_left_kw"].to_dict() == {"s1": 0.0, "s3": 50.0}
    assert rows["zone_name"].to_dict() == {"s1": "West", "s3": "East"}


def test_the_figures_of_a_plan_with_years_are_those_of_the_last(staged):
    """In 2030 s1 and s3 are full, so that each loses all that it serves; a charger takes a bay."""
    rows = staged.sites.set_index("site_id")
    assert rows["dropped_loss_kwh_day"].to_dict() == pytest.approx({"s1": 60.0, "s3": 40.0})
    assert rows["alone_kwh_day"].to_dict() == pytest.approx({"s1": 45.0, "s3": 40.0})
    assert rows["bays"].to_dict() == {"s1": 3.0, "s3": 2.0}


def test_load_is_power_over_the_power_factor():
    plan = make_plan((3, 0, 2))
    described = describe_stations(plan, np.array([30.0, 0.0, 20.0]))
    assert described["load_kva"][[0, 2]].tolist() == pytest.approx([37.5, 25.0])
    assert np.isnan(described["load_kva"][1])
    nobody_said = make_plan((3, 0, 2), figures=FIGURES_TOY.iloc[:0])
    assert np.isnan(describe_stations(nobody_said, np.array([30.0, 0.0, 20.0]))["load_kva"]).all()


def test_without_a_grid_no_feeder_is_named():
    described = describe_stations(make_plan(), np.zeros(3))
    assert described["feeder_id"] == described["feeder_name"] == ["", "", ""]
    assert np.isnan(described["feeder_left_kw"]).all()


@pytest.mark.parametrize(
    "column",
    [
        "peak_wait_min",
        "peak_busy_share",
        "peak_blocked_share",
        "alone_kwh_day",
        "dropped_loss_kwh_day",
        "load_kva",
        "bays",
        "feeder_headroom_kw",
        "feeder_left_kw",
        "feeder_id",
        "feeder_name",
        "zone_name",
    ],
)
def test_a_changed_figure_is_found(staged, column):
    sites = staged.sites.copy()
    old = sites.loc[0, column]
    sites.loc[0, column] = "x" if isinstance(old, str) else 7.25
    with pytest.raises(VerificationError, match=column):
        compare_evaluations(dataclasses.replace(staged, sites=sites), staged)
    if not isinstance(old, str) and np.isfinite(old):
        sites.loc[0, column] = np.nan
        with pytest.raises(VerificationError, match=column):
            compare_evaluations(dataclasses.replace(staged, sites=sites), staged)
