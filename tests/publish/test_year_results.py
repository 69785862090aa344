"""What the map shows of each year is what the evaluation has, in its tables and its last year."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sample_bundle import build_sample_bundle

from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.map_data import build_plan_data
from chargeplan.publish.map_figures import list_figures_by_year
from chargeplan.publish.map_places import list_zones
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.publish.stage_results import describe_station_stages
from chargeplan.publish.year_results import (
    compute_mean_drives,
    describe_earlier_stations,
    describe_earlier_zones,
    tabulate_sites_by_year,
)
from chargeplan.units import format_pkr
from chargeplan.words import SiteStatus

SAME_FIGURES = (
    "chargers",
    "power_kw",
    "served_kwh_day",
    "utilisation_share",
    "cost_pkr",
    "mean_drive_min",
    "n_cells",
)


@pytest.fixture(scope="module")
def bundle(staged_demo):
    return read_finished_run(staged_demo)


@pytest.fixture(scope="module")
def tables(bundle):
    return tabulate_sites_by_year(bundle)


def test_the_last_year_is_what_the_evaluation_says(bundle, tables):
    expected = bundle.evaluation.sites.set_index("site_id")
    last = tables[-1].loc[expected.index]
    for name in SAME_FIGURES:
        found = last[name].fillna(0.0).to_numpy()
        assert found == pytest.approx(expected[name].to_numpy(), rel=1e-9, abs=1e-9), name
    left = (last["limit_kw"] - last["load_kw"]).to_numpy()
    assert left == pytest.approx(expected["feeder_left_kw"].to_numpy(), nan_ok=True)
    assert compute_mean_drives(bundle)[-1] == pytest.approx(bundle.evaluation.get_metric("mean_drive"))


def test_each_year_agrees_with_the_tables_of_the_run(bundle, tables):
    years, stations = bundle.evaluation.years, bundle.evaluation.station_years
    assert len(tables) == len(years) == 2
    for row, table in zip(years.to_dict("records"), tables, strict=True):
        now = stations[stations["year"] == row["year"]].groupby("site_id")
        assert table["served_kwh_day"].sum() == pytest.approx(row["served_kwh_day"])
        assert table["cost_pkr"].sum() == pytest.approx(row["stations_pkr"])
        assert table["risk_pkr"].sum() == pytest.approx(row["risk_pkr"])
        for name in ("served_kwh_day", "chargers"):
            summed = now[name].sum()
            assert table.loc[summed.index, name].to_numpy() == pytest.approx(summed.to_numpy()), name
            assert table[name].sum() == pytest.approx(summed.sum()), name


def test_an_earlier_year_leaves_out_what_does_not_stand_yet(bundle, tables):
    ranked = sort_by_rank(build_site_results(bundle))
    [first] = describe_earlier_stations(bundle, ranked)
    is_existing = bundle.sites.has_status(SiteStatus.EXISTING)[ranked.index]
    stands = (tables[0]["chargers"].to_numpy()[ranked.index] > 0) | is_existing
    assert 0 < stands.sum() < len(stands)  # else this test tells nothing
    assert [row != 0 for row in first] == stands.tolist()


def test_zones_of_an_earlier_year_are_those_of_its_table(bundle):
    [first] = describe_earlier_zones(bundle)
    table = bundle.evaluation.zone_years
    expected = table[table["year"] == 2028].set_index("zone_id").loc[bundle.cells.zones["zone_id"]]
    assert [row[0] for row in first] == pytest.approx(expected["demand_kwh_day"].tolist(), abs=0.051)
    assert [row[1] for row in first] == pytest.approx(expected["served_share"].tolist(), abs=5.1e-5)
    assert [row[2] for row in first] == pytest.approx(expected["served_usable_share"].tolist(), abs=5.1e-5)
    assert [row[:2] for row in first] != [zone[2:4] for zone in list_zones(bundle)]


def test_what_is_spent_in_each_year_sums_to_what_is_spent_in_all(bundle):
    years, by_year = bundle.evaluation.years, list_figures_by_year(bundle)
    until = (years["cost_pkr"] - years["risk_pkr"]).to_numpy()
    found = [{name: value for name, value, _ in figures} for figures in by_year]
    assert found[0]["Of it in 2028"] == found[0]["Money to spend"] == format_pkr(until[0])
    assert found[1]["Of it in 2030"] == format_pkr(np.diff(until)[0])
    names = [[name.partition(" in ")[0] for name in figures] for figures in found]
    assert names[0] == names[1]


def test_money_of_a_station_has_lakh_or_crore_in_every_year(bundle):
    """What a station and its risk charge cost: in million and in lakh or crore, whatever the year."""
    unknown = bundle.grid.table.assign(headroom_kw=np.nan)
    bundle = replace(bundle, grid=replace(bundle.grid, table=unknown))
    ranked = sort_by_rank(build_site_results(bundle))
    last = build_plan_data(bundle)["openSites"]
    stages = describe_station_stages(bundle)
    [first] = describe_earlier_stations(bundle, ranked)
    at = {"cost": 3, "risk": 8}  # of a station in an earlier year
    earlier = {name: [row[pos] for row in first if row and row[pos]] for name, pos in at.items()}
    now = {
        "cost": [site["costText"] for site in last if site["costText"]],
        "risk": [row["riskText"] for row in stages.values() if row["riskText"]],
    }
    for name in at:
        assert earlier[name]
        assert now[name]
        for text in (*earlier[name], *now[name]):  # none of them costs less than a lakh
            assert re.fullmatch(r"PKR [\d.,]+( M)? \([\d.,]+ (lakh|crore)\)", text)


def test_what_is_spent_in_a_year_has_lakh_or_crore_as_the_money_to_spend_has(bundle):
    for figures in list_figures_by_year(bundle):
        small = {name.partition(" in ")[0]: print_ for name, _, print_ in figures}
        assert re.fullmatch(r"[\d.,]+ (lakh|crore)", small["Of it"])
        assert re.match(r"[\d.,]+ (lakh|crore);", small["Money to spend"])


def test_a_table_that_lacks_a_year_is_refused(bundle):
    """Else the figures of an earlier year would vanish from the map without a word."""
    evaluation = replace(bundle.evaluation, years=bundle.evaluation.years.iloc[1:])
    with pytest.raises(ValueError, match="zip"):
        list_figures_by_year(replace(bundle, evaluation=evaluation))
    request = replace(bundle.request)
    object.__setattr__(request, "years", (2028, 2029, 2030))
    with pytest.raises(ValueError, match="zip"):
        describe_earlier_zones(replace(bundle, request=request))


def test_a_plan_of_one_year_carries_no_years():
    plain = build_sample_bundle()
    ranked = sort_by_rank(build_site_results(plain))
    assert tabulate_sites_by_year(plain) == []
    assert describe_earlier_stations(plain, ranked) == []
    assert describe_earlier_zones(plain) == []
