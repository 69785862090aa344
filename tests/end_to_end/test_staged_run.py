"""A study with years, charger types, grid, fairness and rules: run, verified, shown, and spoiled in each value."""

import json
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
from staged_demo import run_staged_demo
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.errors import VerificationError
from chargeplan.evaluate.verify import PlanCase, verify_plan
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.records import Solution
from chargeplan.run_records import RECORD_TYPES, read_optional_records
from chargeplan.store import read_record
from chargeplan.units import format_pkr
from chargeplan.words import Outcome, SiteStatus

PACK = """
title: Own rules
country: Pakistan
about: For a test.
left_out: [everything else]
rules:
  power:
    kind: power_per_vehicle
    must: true
    says: Stations have 15 W for each electric vehicle.
    figures:
      kw_per_vehicle: {value: 0.015, unit: kW per vehicle, year: 2026, confidence: planner, source: "planner"}
"""
FILES = ("years.csv", "stations_by_year.csv", "zones_by_year.csv", "grid.csv", "rules.csv", "rules.geojson")


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, project_folder):
    """A coarse town, and a search that ends with its first node."""
    folder = tmp_path_factory.mktemp("staged")
    (folder / "own.yaml").write_text(PACK, encoding="utf-8")
    changes = {
        "sites.min_spacing_m": 3000,
        "model.years": "[{year: 2028, budget_pkr: 30e6, max_sites: 12}, {year: 2030, budget_pkr: 30e6, max_sites: 16}]",
        "model.spacing_m": 3500,
        "model.least_station_kw": 14,
        "model.backup_share": 0.2,
        "model.rules": f"['{folder / 'own.yaml'}']",
    }
    return run_staged_demo(folder, project_folder, **changes)


@pytest.fixture(scope="module")
def plan(run_folder) -> PlanCase:
    records = {name: read_record(run_folder / "records", name, kind) for name, kind in RECORD_TYPES.items()}
    names = ("request", "network", "demand", "sites", "travel", "problem", "solution")
    optional = read_optional_records(run_folder / "records", records["request"])
    return PlanCase(*(records[name] for name in names), **optional)


def read_plan_data(run_folder):
    page = (run_folder / "index.html").read_text(encoding="utf-8")
    start = page.index('id="plan-data">') + len('id="plan-data">')
    return json.loads(page[start : page.index("</script>", start)])


def test_a_staged_run_is_verified_from_its_files_alone(run_folder):
    done = call("verify", str(run_folder))
    assert done.exit_code == 0, done.output
    assert "rules: passed" in done.output


def test_its_tables_agree_with_each_other_and_with_the_run_record(run_folder):
    for name in FILES:
        assert (run_folder / name).is_file(), name
    years = pd.read_csv(run_folder / "years.csv")
    stations = pd.read_csv(run_folder / "stations_by_year.csv")
    zones = pd.read_csv(run_folder / "zones_by_year.csv")
    assert list(years["year"]) == [2028, 2030]
    for table in (stations, zones):
        served = table.groupby("year")["served_kwh_day"].sum()
        assert served.to_numpy() == pytest.approx(years["served_kwh_day"].to_numpy(), rel=1e-6)
    record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
    figures = {row["name"]: row["value"] for row in record["metrics"]}
    assert years["served_kwh_day"].iloc[-1] == pytest.approx(figures["served"], rel=1e-6)
    assert years["served_share"].iloc[-1] == pytest.approx(figures["served_share"], rel=1e-9)
    assert (years["left_pkr"] >= -0.5).all()
    assert set(pd.read_csv(run_folder / "rules.csv")["state"]) <= {"kept", "broken", "not known"}
    assert pd.read_csv(run_folder / "grid.csv")["is_synthetic"].all()


def test_all_the_money_is_the_same_number_everywhere_with_its_parts_named(run_folder):
    """The search counts the risk charge and grid upgrades against the budget, so every output does."""
    record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
    figures = {row["name"]: row["value"] for row in record["metrics"]}
    last = pd.read_csv(run_folder / "years.csv").iloc[-1]
    parts = ("site_cost", "charger_cost", "grid_upgrades", "grid_risk")
    assert figures["grid_risk"] > 0  # else this test tells nothing
    assert figures["cost"] == pytest.approx(sum(figures[name] for name in parts), rel=1e-9)
    assert last["cost_pkr"] == pytest.approx(figures["cost"], rel=1e-9)
    assert last["stations_pkr"] + last["risk_pkr"] + last["upgrades_pkr"] == pytest.approx(last["cost_pkr"])
    assert last["left_pkr"] == pytest.approx(last["money_pkr"] - last["cost_pkr"], abs=1)
    told = json.loads((run_folder / "sites.geojson").read_text(encoding="utf-8"))
    assert told["chargeplan"]["metrics"]["cost"] == pytest.approx(figures["cost"])
    stations = sum(feature["properties"]["cost_pkr"] for feature in told["features"])
    assert stations == pytest.approx(figures["site_cost"] + figures["charger_cost"])
    shown = {figure[0]: figure[1:] for figure in read_plan_data(run_folder)["figures"]}
    money, small = shown["Money to spend"]
    assert money == format_pkr(figures["cost"] - figures["grid_risk"])
    assert f"risk charge of {format_pkr(figures['grid_risk'])} for unknown headroom, not spent" in small
    assert f"both {format_pkr(figures['cost'])} of " in small
    stations = read_plan_data(run_folder)["openSites"]
    assert sum(site["riskPkr"] for site in stations) == pytest.approx(figures["grid_risk"], abs=len(stations))


def test_the_served_share_is_of_all_demand_in_every_table(run_folder):
    """A third of the demand is of classes that no charger of the plan fits: the two shares differ."""
    for name in ("years.csv", "zones_by_year.csv"):
        table = pd.read_csv(run_folder / name)
        table = table[table["usable_kwh_day"] > 0]
        assert (table["usable_kwh_day"] <= table["demand_kwh_day"] * (1 + 1e-9)).all()
        assert (table["usable_kwh_day"] < table["demand_kwh_day"] * 0.99).any()
        share = table["served_kwh_day"] / table["demand_kwh_day"]
        assert table["served_share"].to_numpy() == pytest.approx(share.to_numpy(), abs=1e-9)
        usable = table["served_kwh_day"] / table["usable_kwh_day"]
        assert table["served_usable_share"].to_numpy() == pytest.approx(usable.to_numpy(), abs=1e-9)
    zones = pd.read_csv(run_folder / "zones_by_year.csv")
    last = zones[zones["year"] == 2030].set_index("zone_id")["served_share"]
    layer = geopandas.read_file(run_folder / "plan.gpkg", layer="zones").set_index("zone_id")["served_share"]
    assert last.reindex(layer.index).to_numpy() == pytest.approx(layer.to_numpy(), abs=1e-6)


def test_the_map_says_of_which_year_its_figures_are(run_folder):
    data = read_plan_data(run_folder)
    years = pd.read_csv(run_folder / "years.csv")
    served = [f"{value:,.0f}" for value in years["served_kwh_day"]]
    assert data["proofs"][0] == f"The plan serves {served[1]} in 2030 (kWh/day), {served[0]} in 2028."
    mean = f"{data['outcome']['objective_kwh_day']:,.0f} kWh/day"
    assert data["proofs"][1].startswith("The mean of the years, by their weights")
    assert mean in data["proofs"][1]
    assert data["figures"] == data["figuresByYear"][-1]
    for figures, row in zip(data["figuresByYear"], years.to_dict("records"), strict=True):
        shown = {figure[0]: figure[1] for figure in figures}
        assert shown["Demand served"] == f"{row['served_share']:.1%}"
        assert shown["New stations"] == f"{row['new_sites']:,}"
        assert shown["Money to spend"] == format_pkr(row["cost_pkr"] - row["risk_pkr"])


def test_stations_say_their_types_their_year_and_what_is_not_known(run_folder):
    features = json.loads((run_folder / "sites.geojson").read_text(encoding="utf-8"))["features"]
    rows = pd.read_csv(run_folder / "stations_by_year.csv")
    first = rows.groupby("site_id")["year"].min()
    for feature in features:
        station = feature["properties"]
        assert sum(station["chargers_by_type"].values()) == station["chargers"]
        assert station["headroom_unknown"] in (True, False)
        assert station["opened_year"] == (first[station["site_id"]] if station["is_new"] else None)
    sites = geopandas.read_file(run_folder / "plan.gpkg", layer="sites")
    opened = sites[sites["is_new"]].set_index("site_id")["opened_year"]
    assert opened.astype(int).to_dict() == {name: first[name] for name in opened.index}
    assert json.loads(sites[sites["is_open"]]["chargers_by_type"].iloc[0])
    assert find_geojson_faults((run_folder / "rules.geojson").read_text(encoding="utf-8")) == []


def test_the_page_shows_years_rules_and_that_the_grid_is_synthetic(run_folder):
    data = read_plan_data(run_folder)
    assert [year[0] for year in data["years"]] == [2028, 2030]
    assert data["grid"]["is_synthetic"]
    states = {rule[0]: (rule[2], rule[3]) for rule in data["rules"]["rules"]}
    assert states["own/power"] == (True, "kept")
    assert states["in-mop-2022/cells"][0] is False
    assert data["rules"]["squares"]
    new = next(site for site in data["openSites"] if site["status"] == "candidate")
    assert new["byYear"]
    assert new["openedYear"] in (2028, 2030)


@pytest.mark.parametrize("name", FILES)
def test_a_published_table_that_was_changed_is_found(name, run_folder):
    path = run_folder / name
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"\n")
        done = call("verify", str(run_folder))
    finally:
        path.write_bytes(content)
    assert done.exit_code != 0
    assert name in done.output


def change(plan: PlanCase, **fields) -> Solution:
    return replace(plan.solution, **fields)


def with_chargers(plan: PlanCase, year, slot, number) -> Solution:
    chargers = plan.solution.slot_chargers.copy()
    chargers[year, slot] = number
    shown = chargers[-1].reshape(len(plan.sites.table), -1).sum(axis=1)
    return change(plan, slot_chargers=chargers, chargers=shown)


def with_share(plan: PlanCase, at, share) -> Solution:
    shares = plan.solution.flow_share.copy()
    shares[at] = share
    return change(plan, flow_share=shares)


def read_flows(plan: PlanCase):
    """Year, pair, group and type of each flow, by the layout that `Solution` documents."""
    n_groups, n_types = plan.problem.staging.can_use.shape
    shape = (plan.problem.staging.n_years, plan.problem.n_pairs, n_groups, n_types)
    return np.unravel_index(plan.solution.flow_at, shape), shape


def find_new_slot(plan: PlanCase, year=-1) -> int:
    """Find the slot of the new charger type with the most flow in a year."""
    (years, pair, _, kind), shape = read_flows(plan)
    slot = plan.problem.pair_site[pair] * shape[3] + kind
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING)[plan.problem.pair_site[pair]]
    used = is_new & (years == np.arange(shape[0])[year])
    return int(np.bincount(slot[used], plan.solution.flow_share[used]).argmax())


def repeat_flow(plan):
    at = plan.solution.flow_at.copy()
    at[1] = at[0]
    return change(plan, flow_at=at)


def charge_where_it_does_not_fit(plan):
    (year, pair, _, _), shape = read_flows(plan)
    group, kind = (int(each[0]) for each in np.nonzero(~plan.problem.staging.can_use))
    at = plan.solution.flow_at.copy()
    at[0] = np.ravel_multi_index((year[0], pair[0], group, kind), shape)
    return change(plan, flow_at=at)


def with_steps(plan, year, number):
    steps = plan.solution.asset_steps.copy()
    free = int(np.flatnonzero((steps == 0).all(axis=0) & (plan.grid.max_steps > 0))[0])
    steps[year, free] = number
    return change(plan, asset_steps=steps)


def overload_a_feeder(plan):
    known = ~plan.grid.is_headroom_unknown & ~plan.sites.has_status(SiteStatus.EXISTING)
    site = int(np.flatnonzero(known & (plan.solution.chargers > 0))[0])
    return with_chargers(plan, slice(None), 2 * site + 1, 500)


def open_everything(plan):
    new = np.flatnonzero(plan.sites.has_status(SiteStatus.CANDIDATE))
    return with_chargers(plan, slice(None), 2 * new, 2)


def close_everything(plan):
    new = np.flatnonzero(~plan.sites.has_status(SiteStatus.EXISTING))
    return with_chargers(plan, slice(None), np.concatenate([2 * new, 2 * new + 1]), 0)


def change_existing(plan):
    site = int(np.flatnonzero(plan.sites.has_status(SiteStatus.EXISTING))[0])
    return with_chargers(plan, -1, 2 * site, 9)


def show_one_more(plan):
    shown = plan.solution.chargers.copy()
    shown[0] += 1
    return change(plan, chargers=shown)


def leave_one_slow_charger(plan):
    site = find_new_slot(plan) // 2
    return with_chargers(plan, slice(None), [2 * site, 2 * site + 1], [1, 0])


SPOILED = {
    "a share above one": (lambda plan: with_share(plan, 0, 1.5), "flows: shares outside 0 to 1"),
    "a negative share": (lambda plan: with_share(plan, 0, -0.5), "flows: shares outside 0 to 1"),
    "a share that is no number": (lambda plan: with_share(plan, 0, np.nan), "flows: shares outside 0 to 1"),
    "a flow that is there twice": (repeat_flow, "flows are repeated"),
    "a class at a charger it cannot use": (charge_where_it_does_not_fit, "classes charge where they cannot"),
    "a charger that is not there": (
        lambda plan: with_chargers(plan, slice(None), find_new_slot(plan), 0),
        "chargers that are not there serve",
    ),
    "a charger more than is shown": (
        show_one_more,
        "years: the chargers shown are not those of the last year",
    ),
    "a charger taken down": (
        lambda plan: with_chargers(plan, 0, find_new_slot(plan), 99), "persistence: chargers are taken down"
    ),
    "a number that was not offered": (
        lambda plan: with_chargers(plan, slice(None), find_new_slot(plan), 3),
        "levels: numbers of chargers that were not offered",
    ),
    "more chargers than bays": (
        lambda plan: with_chargers(plan, slice(None), find_new_slot(plan), 900), "more chargers than bays"
    ),
    "an existing station that grew": (change_existing, "existing sites changed"),
    "all energy of a year at once": (
        lambda plan: with_share(plan, slice(None), 1.0), "capacity: chargers deliver more than they can"
    ),
    "too many stations for the money": (open_everything, "budget: by 2028 the plan costs"),
    "too many stations": (open_everything, "count: "),
    "stations too near": (open_everything, "spacing: "),
    "an upgrade below none": (lambda plan: with_steps(plan, -1, -1), "grid: more grid upgrades than"),
    "more upgrades than there are": (lambda plan: with_steps(plan, -1, 99), "grid: more grid upgrades than"),
    "an upgrade taken back": (lambda plan: with_steps(plan, 0, 1), "grid upgrades are taken back"),
    "a feeder that carries too much": (overload_a_feeder, "grid assets carry more than they can"),
    "a station with less power": (
        leave_one_slow_charger,
        "power: less power than a station may have",
    ),
    "a zone that nobody serves": (lambda plan: with_share(plan, slice(None), 0.0), "equity: in 2028"),
    "nobody reaches two stations": (close_everything, "backup: in 2028"),
    "a rule that is not kept": (close_everything, "rules: in 2030 rules are broken"),
    "another objective": (
        lambda plan: change(plan, objective_kwh_day=plan.solution.objective_kwh_day * 0.99), "objective: "
    ),
    "another word for the outcome": (lambda plan: change(plan, outcome=Outcome.WITHIN_GAP), "proof: the outcome"),
    "a bound of the worst zone below it": (
        lambda plan: change(plan, worst_share=0.9, worst_share_bound=0.5), "the bound of the worst zone is below"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_value_is_found_by_its_check(what, plan):
    spoil, words = SPOILED[what]
    with pytest.raises(VerificationError) as caught:
        verify_plan(replace(plan, solution=spoil(plan)))
    assert words in str(caught.value)


def test_the_plan_as_it_was_passes(plan):
    assert verify_plan(plan)["passed"].all()


def test_demand_of_an_earlier_year_that_was_changed_is_found(plan):
    with pytest.raises(VerificationError, match="cells were planned with another demand"):
        verify_plan(replace(plan, earlier_cells=(plan.cells,)))
