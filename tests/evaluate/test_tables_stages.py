"""The tables of a plan with years and a grid are those worked out on paper; plain plans have none."""

import dataclasses
import re

import numpy as np
import pytest
import toy_city
from staged_toy_city import LAST_SHARE, make_grid, make_staged_case

from chargeplan.errors import VerificationError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.tables_stages import (
    GRID_YEARS,
    RULE_PLACES,
    STATION_YEARS,
    YEARS,
    ZONE_YEARS,
    compute_stage_metrics,
    tabulate_stages,
)
from chargeplan.evaluate.verify import PlanCase
from chargeplan.run_records import compare_evaluations
from chargeplan.words import Outcome, ServiceRule

PAIR_FIELDS = ("pair_cell", "pair_site", "pair_quality", "pair_seconds")
TABLES = ("years", "station_years", "zone_years", "grid_years", "rule_places")


@pytest.fixture(scope="module")
def evaluation():
    return evaluate_plan(make_staged_case())


def test_years_hold_what_is_served_built_and_spent_until_then(evaluation):
    first, last = evaluation.years.to_dict("records")
    assert (first["year"], last["year"]) == (2026, 2030)
    assert first["served_kwh_day"] == pytest.approx(60.0)
    assert last["served_share"] == pytest.approx(100 / 105)
    assert [last[name] for name in ("new_sites", "new_chargers", "new_power_kw")] == [2, 5, 50.0]
    money = ("money_pkr", "stations_pkr", "risk_pkr", "upgrades_pkr", "left_pkr")
    assert [first[name] for name in money] == pytest.approx([255, 250, 0, 5, 0])
    assert [last[name] for name in money] == pytest.approx([505, 450, 0, 5, 50])


def test_fairness_of_a_year_is_that_of_its_zones(evaluation):
    """West wants 65 and gets 60; East wants 40 and gets 0 in 2026. Gini there: East's part of the demand."""
    first, last = evaluation.years.to_dict("records")
    assert (first["worst_zone_id"], first["worst_zone_share"]) == ("e", 0.0)
    assert first["gini"] == pytest.approx(40 / 105)
    assert (last["worst_zone_id"], last["worst_zone_share"]) == ("w", pytest.approx(60 / 65))
    zones = evaluation.zone_years.set_index(["year", "zone_id"])
    assert zones.loc[(2026, "w"), "served_kwh_day"] == pytest.approx(60.0)
    assert zones.loc[(2030, "e"), "demand_kwh_day"] == pytest.approx(40.0)
    assert zones.loc[(2030, "w"), "floor_share"] == 0.5
    assert np.isnan(zones.loc[(2030, "e"), "floor_share"])


def test_a_zone_that_no_site_reaches_is_not_the_worst():
    """Nobody may drive from D and E: East wants 40 and no site is in reach."""
    case = make_staged_case()
    reached = case.problem.pair_cell < 3
    problem = dataclasses.replace(
        case.problem,
        **{name: getattr(case.problem, name)[reached] for name in PAIR_FIELDS},
    )
    solution = dataclasses.replace(
        case.solution,
        pair_share=case.solution.pair_share[reached],
        flow_at=np.array([0, 1, 3, 6 + 0, 6 + 1, 6 + 3]),
        flow_share=np.array([1.0, 1.0, 0.75, 1.0, 1.0, 0.75]),
    )
    tables = tabulate_stages(dataclasses.replace(case, problem=problem, solution=solution))
    assert list(tables.years["worst_zone_id"]) == ["w", "w"]


def test_stations_have_a_row_per_year_in_which_they_have_chargers(evaluation):
    rows = evaluation.station_years
    assert list(zip(rows["year"], rows["site_id"], rows["chargers"], strict=True)) == [
        (2026, "s1", 3),
        (2030, "s1", 3),
        (2030, "s3", 2),
    ]
    assert set(rows["charger_type"]) == {"10 kW"}
    assert list(rows["served_kwh_day"]) == pytest.approx([60.0, 60.0, 40.0])
    assert list(rows["capacity_kwh_day"]) == pytest.approx([60.0, 60.0, 40.0])
    assert list(rows["power_kw"]) == [10.0, 10.0, 10.0]


def test_the_grid_carries_each_station_on_every_asset_above_it(evaluation):
    rows = evaluation.grid_years.set_index(["year", "asset_id"])
    assert rows["load_kw"].to_dict() == {
        (2026, "g1"): 30.0,
        (2026, "g2"): 30.0,
        (2030, "g1"): 50.0,
        (2030, "g2"): 30.0,
    }
    feeder = rows.loc[(2030, "g2")]
    assert (feeder["parent_id"], feeder["steps"], feeder["limit_kw"]) == ("g1", 1, 30.0)
    assert feeder["is_synthetic"]
    assert rows.loc[(2026, "g1"), "parent_id"] == ""
    assert evaluation.get_metric("grid_upgrades") == 5.0
    assert evaluation.get_metric("grid_risk") == 0.0
    assert any("SYNTHETIC" in warning for warning in evaluation.warnings)


def test_an_unknown_headroom_is_blank_limits_nothing_and_costs_its_risk():
    grid = make_grid(headroom_kw=[np.nan, 20.0])
    evaluation = evaluate_plan(make_staged_case(grid, year_budget_pkr=(285.0, 250.0), budget_pkr=535.0))
    rows = evaluation.grid_years.set_index(["year", "asset_id"])
    root = rows.loc[(2030, "g1")]
    assert np.isnan(root["headroom_kw"])
    assert np.isnan(root["limit_kw"])
    assert root["is_unknown"]
    assert not rows.loc[(2030, "g2"), "is_unknown"]
    # 30 kW and then 50 kW below an unknown headroom, 1 PKR per kW
    assert list(evaluation.years["risk_pkr"]) == [30.0, 50.0]
    # 450 for the stations, 5 for the upgrade and the risk of 50: all of it counts, by name
    assert list(evaluation.years["cost_pkr"]) == [250 + 5 + 30.0, 450 + 5 + 50.0]
    parts = ("cost", "site_cost", "charger_cost", "grid_upgrades", "grid_risk")
    assert [evaluation.get_metric(name) for name in parts] == [505.0, 200.0, 250.0, 5.0, 50.0]


def test_money_that_is_not_limited_is_blank():
    unlimited = (float("inf"), float("inf"))
    years = evaluate_plan(make_staged_case(year_budget_pkr=unlimited, budget_pkr=float("inf"))).years
    assert years[["money_pkr", "left_pkr"]].isna().all().all()


def test_worst_zone_and_its_proven_bound_are_figures_of_the_plan():
    case = make_staged_case()
    solution = dataclasses.replace(case.solution, worst_share=0.0, worst_share_bound=0.25)
    solution = dataclasses.replace(solution, outcome=Outcome.WITHIN_GAP)  # what comes first is not proven
    evaluation = evaluate_plan(dataclasses.replace(case, solution=solution))
    assert evaluation.get_metric("worst_zone_share") == 0.0
    assert evaluation.get_metric("worst_zone_share_bound") == 0.25


def test_a_queue_names_its_target_and_the_share_of_the_busiest_hour():
    request = toy_city.make_request(
        budget_pkr=450.0, service_rule=ServiceRule.WAITING, service_target_share=0.9, peak_share=0.04
    )
    problem = toy_city.make_problem(request)
    capacity = request.compute_capacity_kwh_day(10.0 * request.levels[0], np.zeros(1, bool), np.array([1]))
    assert capacity[0] > 0
    delivers = np.array(
        [request.compute_capacity_kwh_day(10.0 * n, np.zeros(1, bool), np.array([n]))[0] for n in (1, 2, 3)]
    )
    problem = dataclasses.replace(problem, level_capacity_kwh_day=np.tile(delivers, (3, 1)))
    plan = PlanCase(
        request,
        toy_city.make_network(),
        toy_city.make_cells(),
        toy_city.make_sites(),
        toy_city.make_travel(),
        problem,
        toy_city.make_solution([3, 0, 2], LAST_SHARE, 100.0),
    )
    figures = {name: value for name, value, _, _ in compute_stage_metrics(plan, tabulate_stages(plan))}
    assert (figures["peak_share"], figures["service_target"]) == (0.04, 0.9)


def test_a_plain_plan_has_no_rows():
    case = make_staged_case()
    request = toy_city.make_request(budget_pkr=450.0)
    plain = dataclasses.replace(
        case,
        request=request,
        problem=toy_city.make_problem(request),
        solution=toy_city.make_solution([3, 0, 2], LAST_SHARE, 100.0),
        earlier_cells=(),
        grid=None,
    )
    evaluation = evaluate_plan(plain)
    for name in TABLES:
        assert getattr(evaluation, name).empty, name
    assert not {"grid_risk", "worst_zone_share", "peak_share"} & set(evaluation.metrics["name"])


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("years", "money_pkr"),
        ("station_years", "served_kwh_day"),
        ("zone_years", "floor_share"),
        ("grid_years", "load_kw"),
    ],
)
def test_a_stored_figure_that_was_changed_is_found(name, column, evaluation):
    table = getattr(evaluation, name).copy()
    table.loc[0, column] += 1.0
    with pytest.raises(VerificationError, match=name):
        compare_evaluations(dataclasses.replace(evaluation, **{name: table}), evaluation)


def test_every_column_of_the_published_tables_is_documented_and_no_other(project_folder):
    page = (project_folder / "docs" / "reference" / "plan-tables.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `([^`]+)`[^\n]*\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    for name, columns in (
        ("years.csv", YEARS),
        ("stations_by_year.csv", STATION_YEARS),
        ("zones_by_year.csv", ZONE_YEARS),
        ("grid.csv", GRID_YEARS),
        ("rules.csv", RULE_PLACES),
    ):
        assert re.findall(r"^\| `([^`]+)` \|", sections[name], re.MULTILINE) == list(columns), name
