"""Squares, sites and requirements of the rules, against brute force in plain Python."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import toy_city

from chargeplan.config.rule_packs import read_rule_pack
from chargeplan.errors import ConfigError, RecordError
from chargeplan.geo import to_degrees, to_metric
from chargeplan.rules.build import build_rule_rows
from chargeplan.rules.evaluate import evaluate_rules
from chargeplan.rules.outlines import build_rule_outlines
from chargeplan.rules.pack import BayStep, PolicyRule, RuleFigure, RuleKind, RulePack
from chargeplan.rules.possible import (
    compute_charger_limits,
    describe_impossible,
    mark_impossible_areas,
)
from chargeplan.rules.report import _compare
from chargeplan.rules.rows import RuleRows
from chargeplan.rules.squares import find_occupied_squares
from chargeplan.store import check_records, read_record, write_records

CRS = "EPSG:32643"
ORIGIN_M = np.array([300_000.0, 3_700_000.0])


def figure(value, unit):
    return RuleFigure(value, unit, 2026, "a test", "planner")


def rule(kind, name="one", *, must=True, steps=(), site_kinds=(), classes=(), **figures):
    units = {
        "side": "m",
        "distance": "m",
        "stations": "stations",
        "share": "share",
        "vehicles_per_point": "vehicles per charging point",
        "kw_per_vehicle": "kW per vehicle",
        "bays_per_charger": "bays per charger",
        "pool_kw": "kW",
        "charger_kw": "kW",
        "chargers": "chargers",
        "due_year": "year",
    }
    made = {
        key: value if isinstance(value, RuleFigure) else figure(value, units[key])
        for key, value in figures.items()
    }
    made_steps = tuple(BayStep(bays, figure(points, "charging points")) for bays, points in steps)
    return PolicyRule("t", name, RuleKind(kind), must, "A rule.", made, made_steps, site_kinds, classes)


def squares_of(side=1000.0, people=1.0, **more):
    return rule("cell_cover", side=side, occupied_from=figure(people, "people"), **more)


def pack(*rules):
    return RulePack("t", "Test", "Pakistan", "A test.", (), rules)


def make_cells(xy_m, people, kwh_day=None):
    lon, lat = to_degrees(*(np.asarray(xy_m, float) + ORIGIN_M).T, CRS)
    n = len(lon)
    energy = np.ones(n) if kwh_day is None else np.asarray(kwh_day, float)
    base = toy_city.make_cells(np.ones(1))
    return dataclasses.replace(
        base,
        cell_id=np.array([f"cell{i:04d}" for i in range(n)]),
        lonlat=np.column_stack([lon, lat]),
        people=np.asarray(people, float),
        kwh_day=energy[:, None],
        kwh_day_by_use=energy[:, None, None],
        zone_pos=(np.arange(n) * 2) // n,
        node_pos=np.zeros(n, np.int64),
        snap_m=np.zeros(n),
        people_in=float(np.sum(people)),
        kwh_day_in=float(energy.sum()),
    )


def make_sites(xy_m, status=None, **columns):
    n = len(xy_m)
    lon, lat = to_degrees(*(np.asarray(xy_m, float) + ORIGIN_M).T, CRS)
    words = list(status or ["candidate"] * n)
    stands = [word in ("existing", "competitor") for word in words]
    given = {
        "site_id": [f"s{i:03d}" for i in range(n)],
        "name": [f"Site {i}" for i in range(n)],
        "lon": lon,
        "lat": lat,
        "existing_chargers": [2 * stand for stand in stands],
        "existing_power_kw": [100.0 * stand for stand in stands],
    }
    return toy_city.make_sites(words, **(given | columns))


def build(rules, cells, sites, **options):
    return build_rule_rows([pack(*rules)], cells, sites, crs=CRS, **({"years": (2030,)} | options))


CELLS = make_cells([(500, 500), (1500, 500), (1600, 700)], [40, 25, 35])


@pytest.mark.parametrize("seed", range(30))
def test_squares_and_their_sites_agree_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    n_cells, n_sites = int(rng.integers(1, 60)), int(rng.integers(1, 30))
    # Whole multiples of 250 m: many points lie exactly on borders and corners.
    cell_xy = rng.integers(-12, 13, (n_cells, 2)) * 250.0 + ORIGIN_M
    people = rng.integers(0, 60, n_cells).astype(float)
    energy = rng.integers(0, 9, n_cells).astype(float)
    side = float(rng.choice([500.0, 750.0, 1000.0, 3000.0]))
    by_energy = bool(rng.random() < 0.3)
    least = float(rng.choice([0.0, 5.0, 50.0]))
    expected: dict[tuple[int, int], list[int]] = {}
    for cell, (x, y) in enumerate(cell_xy):
        expected.setdefault((math.floor(y / side), math.floor(x / side)), []).append(cell)
    measure = energy if by_energy else people
    expected = {
        key: rows
        for key, rows in sorted(expected.items())
        if sum(measure[rows]) >= least and sum(measure[rows]) > 0
    }
    squares = find_occupied_squares(
        cell_xy,
        people,
        energy,
        np.zeros(n_cells, np.int64),
        side_m=side,
        occupied_from=least,
        by_energy=by_energy,
    )
    assert list(zip(squares.row, squares.column, strict=True)) == list(expected)
    assert squares.people.tolist() == [sum(people[rows]) for rows in expected.values()]
    assert squares.kwh_day.tolist() == [sum(energy[rows]) for rows in expected.values()]
    site_xy = rng.integers(-12, 13, (n_sites, 2)) * 250.0 + ORIGIN_M
    keys = list(expected)
    for found, (x, y) in zip(squares.find(site_xy), site_xy, strict=True):
        key = (math.floor(y / side), math.floor(x / side))
        assert found == (keys.index(key) if key in expected else -1)


def test_people_on_a_border_are_counted_once():
    # Four cells around the corner where four squares meet, one of them exactly on it.
    xy_m = np.array([(1000, 1000), (999, 1000), (1000, 999), (999, 999)]) + ORIGIN_M
    squares = find_occupied_squares(
        xy_m, np.full(4, 7.0), np.ones(4), np.zeros(4, int), side_m=1000.0, occupied_from=1.0, by_energy=False
    )
    assert squares.people.tolist() == [7.0] * 4
    assert squares.find(xy_m).tolist() == [3, 2, 1, 0]


def test_degrees_are_never_taken_for_metres():
    with pytest.raises(RecordError, match="degrees"):
        find_occupied_squares(
            np.array([[73.0, 33.7]]),
            np.ones(1),
            np.ones(1),
            np.zeros(1, int),
            side_m=1000.0,
            occupied_from=0.0,
            by_energy=False,
        )


def test_the_middle_of_a_square_is_where_its_people_live_and_its_zone_holds_most_of_them():
    xy_m = np.array([(100, 0), (500, 0), (900, 400)]) + ORIGIN_M
    squares = find_occupied_squares(
        xy_m,
        np.array([10.0, 0.0, 30.0]),
        np.ones(3),
        np.array([0, 1, 2]),
        side_m=1000.0,
        occupied_from=1.0,
        by_energy=False,
    )
    assert (squares.middle_xy_m - ORIGIN_M).tolist() == [[700.0, 300.0]]
    assert squares.zone_pos.tolist() == [2]


@pytest.mark.parametrize("seed", range(15))
def test_sites_within_a_distance_agree_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    cell_xy = rng.random((25, 2)) * 6000
    people = rng.integers(1, 9, 25).astype(float)
    site_xy = rng.random((20, 2)) * 6000
    sites = make_sites(site_xy)
    rows = build(
        [rule("distance_cover", distance=1800.0, side=1000.0, occupied_from=figure(2, "people"))],
        make_cells(cell_xy, people),
        sites,
    )
    middles: dict[tuple[int, int], list[int]] = {}
    for cell, (x, y) in enumerate(cell_xy + ORIGIN_M):
        middles.setdefault((math.floor(y / 1000), math.floor(x / 1000)), []).append(cell)
    expected = []
    for _, cells in sorted(middles.items()):
        if people[cells].sum() < 2:
            continue
        x, y = (cell_xy[cells] * people[cells, None]).sum(axis=0) / people[cells].sum()
        expected.append([s for s, (a, b) in enumerate(site_xy) if math.hypot(a - x, b - y) <= 1800])
    found = [rows.area_site[a:b].tolist() for a, b in zip(rows.area_start, rows.area_start[1:], strict=False)]
    assert found == expected


def test_an_area_holds_what_stands_and_what_may_open_and_nothing_else():
    sites = make_sites(
        [(100, 100), (200, 100), (300, 100), (400, 100), (5000, 5000)],
        ["candidate", "existing", "competitor", "candidate", "candidate"],
    )
    rows = build([squares_of()], CELLS, sites, may_open=np.array([True, False, False, False, True]))
    assert rows.area_label.tolist() == ["West, square 300-3700", "East, square 301-3700"]
    assert rows.area_site[rows.area_start[0] : rows.area_start[1]].tolist() == [0, 1, 2]
    assert rows.area_start[2] - rows.area_start[1] == 0
    assert rows.area_people.tolist() == [40.0, 60.0]
    assert mark_impossible_areas(rows).tolist() == [False, True]


def test_outlines_are_closed_squares_of_the_right_size_around_their_cells():
    rows = build([squares_of()], CELLS, make_sites([(100, 100)]))
    for ring in rows.area_outline_lonlat:
        x, y = to_metric(ring[:, 0], ring[:, 1], CRS)
        assert np.allclose(ring[0], ring[-1])
        signed_m2 = 0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])
        assert signed_m2 == pytest.approx(1e6, rel=1e-6)  # counter-clockwise: positive
    x, y = to_metric(*rows.area_outline_lonlat[0, 0][:, None], CRS)
    assert (x[0] - ORIGIN_M[0], y[0] - ORIGIN_M[1]) == pytest.approx((0, 0), abs=1e-3)


def test_a_share_of_sites_is_one_area_without_an_outline():
    kinds = ["fuel"] * 11 + ["parking"]
    sites = make_sites([(i * 100, 0) for i in range(12)], kind=kinds)
    rows = build([rule("share_of_sites", share=0.1, site_kinds=("fuel",))], CELLS, sites)
    assert rows.area_stations.tolist() == [2]  # 1.1 of 11, rounded up
    assert rows.area_site.tolist() == list(range(11))
    assert np.isnan(rows.area_outline_lonlat).all()
    assert rows.area_label.tolist() == ["11 sites of kind fuel"]


@pytest.mark.parametrize(
    ("count", "share", "needed"), [(30, 0.1, 3), (31, 0.1, 4), (1, 0.01, 1), (0, 0.5, 0)]
)
def test_a_share_is_rounded_up_but_not_by_floating_point(count, share, needed):
    sites = make_sites([(i * 100, 0) for i in range(count + 1)], kind=["fuel"] * count + ["mall"])
    rows = build([rule("share_of_sites", share=share, site_kinds=("fuel",))], CELLS, sites)
    assert rows.area_stations.tolist() == [needed]


def test_totals_count_the_vehicles_of_their_classes_by_period():
    cells = dataclasses.replace(
        CELLS,
        classes=("car", "bike"),
        kwh_day=np.ones((3, 2)),
        kwh_day_by_use=np.ones((3, 2, 1)),
        period_share=np.ones((2, 1, 1)),
        kwh_day_in=6.0,
    )
    vehicles = np.array([[100.0, 1000.0], [300.0, 5000.0]])
    rows = build(
        [
            rule("points_per_vehicle", vehicles_per_point=15.0),
            rule("power_per_vehicle", "kw", kw_per_vehicle=1.3, classes=("car",)),
        ],
        cells,
        make_sites([(0, 0)]),
        years=(2026, 2030),
        vehicles=vehicles,
    )
    assert rows.total_required.tolist() == [[74.0, 354.0], [130.0, 390.0]]  # 1100 / 15 = 73.3, 5300 / 15
    assert rows.total_vehicles.tolist() == [[1100.0, 5300.0], [100.0, 300.0]]
    assert rows.total_is_power.tolist() == [False, True]


def test_vehicles_that_nobody_counted_are_asked_for():
    with pytest.raises(ConfigError) as error:
        build(
            [
                rule("points_per_vehicle", vehicles_per_point=15.0),
                rule("points_per_vehicle", "two", vehicles_per_point=15.0, classes=("lorry",)),
            ],
            CELLS,
            make_sites([(0, 0)]),
        )
    assert "t/one counts vehicles, but this study has no number" in error.value.faults[0]
    assert "t/two counts lorry; the vehicle classes of this study are car" in error.value.faults[1]


def test_a_rule_binds_from_its_year_on_and_reported_rules_never():
    rules = [
        squares_of(),
        squares_of(name="later", due_year=2030.0),
        squares_of(name="soft", must=False),
    ]
    rows = build(rules, CELLS, make_sites([(0, 0)]), years=(2028, 2030, 2035))
    assert rows.must.tolist() == [[True, True, True], [False, True, True], [False, False, False]]


def test_a_warning_tells_when_cells_are_coarse_or_nothing_is_occupied():
    coarse = make_cells([(0, 0), (900, 0), (1800, 0)], [10, 10, 10])
    rows = build([squares_of(), squares_of(name="none", people=1e6)], coarse, make_sites([(0, 0)]))
    assert rows.warnings[0].startswith(
        "t/one: squares of 1000 m are fine beside demand cells about 900 m apart"
    )
    assert "t/none: no square reaches 1e+06 people" in rows.warnings[1]


def test_bays_ask_for_points_and_limit_chargers():
    sites = make_sites([(i * 100, 0) for i in range(6)], kind=["parking"] * 5 + ["mall"])
    bays = np.array([4, 5, 50, 51, np.nan, 400])
    rules = [
        rule("bays", steps=((5, 1), (51, 2), (101, 3)), site_kinds=("parking",)),
        rule("bays", "most", bays_per_charger=2.0),
    ]
    rows = build(rules, CELLS, sites, bays_at_site=bays)
    assert rows.bays_points.tolist() == [[0, 1, 1, 2, -1, 0], [0, 0, 0, 0, 0, 0]]
    least, most = compute_charger_limits(rows, period=0)
    assert least.tolist() == [0, 1, 1, 2, 0, 0]
    assert most.tolist() == [2.0, 2.0, 25.0, 25.0, np.inf, 200.0]


def test_impossible_rules_are_told_with_place_figures_and_advice():
    sites = make_sites([(100, 100), (200, 100)], ["candidate", "required"], kind=["fuel", "parking"])
    rules = [
        squares_of(),
        rule("points_per_vehicle", "points", vehicles_per_point=10.0),
        rule("min_pool_power", "pool", pool_kw=400.0, charger_kw=150.0),
        rule("share_of_sites", "share", share=1.0, site_kinds=("fuel",)),
        rule("bays", "bays", steps=((10, 4),)),
    ]
    rows = build(
        rules,
        CELLS,
        sites,
        vehicles=np.array([[70.0]]),
        bays_at_site=np.array([20.0, 20.0]),
        may_open=np.array([False, True]),
    )
    told = describe_impossible(
        rows,
        sites,
        most_chargers=np.array([3, 3]),
        most_kw=np.array([180.0, 180.0]),
        largest_charger_kw=60.0,
    )
    for words in (
        "model.rules: t/one: 1 of 2 occupied squares has no site that can hold a station: East, square 301-3700 "
        "(60 people); add a candidate",
        "model.rules: t/points: 7 charging points are needed in 2030 for 70 electric vehicles, but all sites "
        "together hold 3;",
        "model.rules: t/pool: a station needs 1 charger of 150 kW, but the strongest charger has 60 kW",
        "model.rules: t/pool: a station needs 400 kW, but required sites cannot hold so much: s001",
        "model.rules: t/share: 1 of 1 sites of kind fuel must have a station, but only 0 of them",
        "model.rules: t/bays: required sites do not have the bays or the chargers that it asks for: s001",
    ):
        assert any(text.startswith(words) for text in told), (words, told)
    assert len(told) == 6
    assert all("move the pack to model.reported_rules" in text for text in told)


def test_reported_rules_are_never_impossible():
    sites = make_sites([(100, 100)])
    rows = build([squares_of(must=False)], CELLS, sites)
    assert mark_impossible_areas(rows).any()
    assert describe_impossible(rows, sites, most_chargers=np.array([1]), most_kw=np.array([1.0])) == []


PLAN_RULES = [
    squares_of(),
    rule("points_per_vehicle", "points", vehicles_per_point=10.0),
    rule("power_per_vehicle", "power", must=False, kw_per_vehicle=5.0),
    rule("min_pool_power", "pool", pool_kw=120.0, charger_kw=60.0, chargers=2.0),
    rule("bays", "bays", steps=((5, 1), (51, 3))),
    rule("bays", "most", bays_per_charger=1.0),
]


@pytest.fixture
def plan():
    """Stations 0 (existing, 2 chargers, 100 kW), 1 and 2 in the west; 3 (east) is a competitor's."""
    sites = make_sites(
        [(100, 100), (200, 100), (300, 100), (1500, 100)],
        ["existing", "candidate", "candidate", "competitor"],
    )
    rows = build(
        PLAN_RULES,
        CELLS,
        sites,
        vehicles=np.array([[80.0]]),
        bays_at_site=np.array([np.nan, 60.0, np.nan, np.nan]),
    )
    return rows, sites


def test_a_plan_is_held_to_every_rule(plan):
    rows, sites = plan
    report = evaluate_rules(rows, sites, np.array([2, 2, 1, 0]), np.array([100.0, 120.0, 60.0, 0.0]))
    places = report.places
    got = [(r["rule_id"][2:], r["place"], r["reached"], r["state"]) for r in places.to_dict("records")]
    assert got == [
        ("one", "West, square 300-3700", 3.0, "kept"),
        ("one", "East, square 301-3700", 1.0, "kept"),  # the competitor's station counts
        ("points", "all stations", 7.0, "broken"),  # 2 + 2 + 1 + 2 of 8
        ("power", "all stations", 380.0, "broken"),  # 100 + 120 + 60 + 100 of 400
        ("pool", "Site 1, site s001", 120.0, "kept"),
        ("pool", "Site 2, site s002", 60.0, "broken"),
        ("pool", "Site 1, site s001", 2.0, "kept"),
        ("pool", "Site 2, site s002", 1.0, "broken"),
        ("bays", "Site 1, site s001", 2.0, "broken"),  # 60 bays need 3
        ("bays", "Site 2, site s002", 1.0, "not known"),
        ("most", "Site 1, site s001", 2.0, "kept"),
        ("most", "Site 2, site s002", 1.0, "not known"),
    ]
    assert report.broken["rule_id"].tolist() == ["t/points", "t/pool", "t/pool", "t/bays"]
    summary = report.rules.set_index("rule_id")
    assert summary["state"].tolist() == ["kept", "broken", "broken", "broken", "broken", "not known"]
    assert summary.loc["t/one", "detail"] == "kept at 2 of 2 places with 100 % of their people"
    assert summary.loc["t/points", "detail"] == "7 of 8 charging points"
    assert "not at Site 1, site s001" in summary.loc["t/bays", "detail"]
    assert summary["must"].tolist() == [True, True, False, True, True, True]


@pytest.mark.parametrize(
    ("reached", "required", "told"),
    [
        (3376.0, 5713.504191, "3,376 of 5,713.5"),
        (5713.5041, 5713.504191, "5,713.5041 of 5,713.504191"),  # rounded they would look kept
        (8.0, 8.0, "8 of 8"),
    ],
)
def test_numbers_of_a_rule_are_rounded_but_never_look_kept_when_broken(reached, required, told):
    assert _compare(reached, required) == told


def test_types_of_chargers_are_counted_by_their_power(plan):
    rows, sites = plan
    chargers = np.array([[0, 0], [1, 1], [0, 2], [0, 0]])  # of 22 and of 120 kW
    type_kw = np.array([22.0, 120.0])
    report = evaluate_rules(
        rows, sites, chargers.sum(axis=1), chargers @ type_kw, type_kw=type_kw, chargers_by_type=chargers
    )
    pool = report.places[report.places["rule_id"] == "t/pool"]
    assert pool["reached"].tolist() == [142.0, 240.0, 1.0, 2.0]
    assert pool["state"].tolist() == ["kept", "kept", "broken", "kept"]


def test_a_plan_without_new_stations_is_held_to_the_places_alone(plan):
    rows, sites = plan
    report = evaluate_rules(rows, sites, np.zeros(4), np.zeros(4))
    assert set(report.places["rule_id"]) == {"t/one", "t/points", "t/power"}
    assert report.places["reached"].tolist() == [1.0, 1.0, 4.0, 200.0]
    empty = report.rules.set_index("rule_id").loc["t/pool"]
    assert (empty["state"], empty["detail"]) == ("kept", "asks nothing of this plan")


@pytest.mark.parametrize("seed", range(10))
def test_more_chargers_never_break_a_square_or_a_total(plan, seed):
    rows, sites = plan
    rng = np.random.default_rng(seed)
    few = rng.integers(0, 3, 4)
    more = few + rng.integers(0, 3, 4)
    before, after = (evaluate_rules(rows, sites, n, 60.0 * n).places for n in (few, more))
    for rule_id in ("t/one", "t/points", "t/power"):
        kept_before = (before[before["rule_id"] == rule_id]["state"] == "kept").to_numpy()
        kept_after = (after[after["rule_id"] == rule_id]["state"] == "kept").to_numpy()
        assert (kept_after | ~kept_before).all()


def test_wrong_shapes_are_refused(plan):
    rows, sites = plan
    with pytest.raises(RecordError, match="each of 4 sites"):
        evaluate_rules(rows, sites, np.zeros(3), np.zeros(3))


def test_no_rules_give_empty_tables():
    sites = make_sites([(0, 0)])
    rows = build([], CELLS, sites)
    report = evaluate_rules(rows, sites, np.ones(1), np.ones(1))
    assert (len(report.rules), len(report.places), len(report.broken)) == (0, 0, 0)
    assert build_rule_outlines(rows, report) == {"type": "FeatureCollection", "features": []}


def test_outlines_are_geojson_with_pass_or_fail(plan):
    rows, sites = plan
    report = evaluate_rules(rows, sites, np.array([2, 0, 0, 0]), np.array([100.0, 0, 0, 0]))
    collection = build_rule_outlines(rows, report)
    first = collection["features"][0]
    ring = first["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    assert first["properties"]["title"] == "West, square 300-3700"
    assert first["properties"]["state"] == "kept"
    assert first["properties"]["stations_required"] == 1
    west, south, east, north = collection["bbox"]
    assert west < east
    assert south < north


def test_rows_and_report_come_back_from_the_disk(plan, tmp_path):
    rows, sites = plan
    report = evaluate_rules(rows, sites, np.array([2, 2, 1, 0]), np.array([100.0, 120.0, 60.0, 0.0]))
    write_records(tmp_path, {"rules": rows, "rule_report": report})
    check_records(tmp_path)
    again = read_record(tmp_path, "rules", RuleRows)
    for name in (field.name for field in dataclasses.fields(RuleRows)):
        left, right = getattr(rows, name), getattr(again, name)
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right)
        elif isinstance(left, np.ndarray):
            np.testing.assert_array_equal(left, right)
        else:
            assert left == right
    pd.testing.assert_frame_equal(read_record(tmp_path, "rule_report", type(report)).places, report.places)


def test_every_shipped_pack_gives_rows_for_a_study():
    names = ("delhi-2022", "eu-afir", "in-mop-2022", "in-mop-2024", "pk-neeca", "pk-nev", "us-nevi")
    cells = dataclasses.replace(
        CELLS,
        classes=("car", "taxi"),
        people=CELLS.people * 100,
        people_in=10_000.0,
        kwh_day=np.ones((3, 2)),
        kwh_day_by_use=np.ones((3, 2, 1)),
        period_share=np.ones((2, 1, 1)),
        kwh_day_in=6.0,
    )
    sites = make_sites([(100, 100), (1500, 100)], kind=["fuel", "parking"])
    rows = build_rule_rows(
        [read_rule_pack(name) for name in names],
        cells,
        sites,
        crs=CRS,
        years=(2028, 2030),
        vehicles=np.array([[20.0, 10.0], [30.0, 20.0]]),
        bays_at_site=np.array([np.nan, 120.0]),
    )
    assert len(rows.rules) == 11
    assert rows.must.sum(axis=0).tolist() == [5, 7]  # the rules of 2030 come on top
    assert rows.total_required[0].tolist() == [2.0, 4.0]  # 30 / 15, 50 / 15
    assert rows.bays_points.max() == 3
    report = evaluate_rules(rows, sites, np.array([2, 3]), np.array([120.0, 180.0]), period=1)
    state = report.rules.set_index("rule_id")["state"]
    assert state["in-mop-2022/cells"] == "kept"
    assert state["pk-neeca/car-parks"] == "kept"
    assert state["us-nevi/station"] == "broken"
    assert set(report.rules["confidence"]) <= {"high", "med", "low", "assumption"}
