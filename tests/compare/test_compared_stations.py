"""Stations kept, added, dropped and of another size."""

from dataclasses import replace

from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.page_data import build_compare_data
from chargeplan.compare.stations import StationChange, count_changes
from chargeplan.compare.words import describe_stations
from chargeplan.publish.map_data import build_plan_data

# Of the sample plan (rows of the sites): 0 and 1 stand with 2 chargers; 2 has 8, 3 has 8, 6 has 2; 30 is closed.


def find_changes(comparison, first=0, second=1):
    return {
        station.site_id: station.find_change(first, second)
        for station in comparison.stations
        if station.find_change(first, second) not in (None, StationChange.KEPT)
    }


def test_the_cost_of_a_station_has_lakh_or_crore_as_on_its_own_map(plan):
    """Sample stations: 8 chargers of 4 M and a place of 2.5 M, as `format_pkr_twice` writes it on the map."""
    own = {site["id"]: site["costText"] for site in build_plan_data(plan)["openSites"]}
    data = build_compare_data(compare_runs(name_runs(plan, vary_run(plan, chargers={2: 4}))))
    shown = {station["id"]: [size["costText"] for size in station["sizes"]] for station in data["stations"]}
    assert shown["n0002"] == ["PKR 34.5 M (3.45 crore)", "PKR 18.5 M (1.85 crore)"]
    assert {site_id: texts[0] for site_id, texts in shown.items()} == own


def test_every_kind_of_change_is_told_by_site(plan):
    other = vary_run(plan, chargers={2: 4, 3: 0, 6: 8, 30: 4})
    comparison = compare_runs(name_runs(plan, other))
    assert find_changes(comparison) == {
        "n0002": StationChange.SMALLER,
        "n0003": StationChange.DROPPED,
        "n0006": StationChange.LARGER,
        "n0030": StationChange.ADDED,
    }
    assert find_changes(comparison, 1, 0) == {
        "n0002": StationChange.LARGER,
        "n0003": StationChange.ADDED,
        "n0006": StationChange.SMALLER,
        "n0030": StationChange.DROPPED,
    }
    kept = len(plan.evaluation.sites) - 3
    assert describe_stations(comparison, 0, 1) == (
        f"Stations: 1 added, 1 dropped, 1 larger, 1 smaller and {kept} kept as they are."
    )


def test_the_same_plan_keeps_every_station(plan):
    comparison = compare_runs(name_runs(plan, plan))
    counts = count_changes(comparison.stations, 0, 1)
    assert counts.pop(StationChange.KEPT) == len(plan.evaluation.sites)
    assert set(counts.values()) == {0}
    assert "the same stations" in describe_stations(comparison, 0, 1)


def test_a_station_of_neither_run_is_no_change(plan):
    comparison = compare_runs(name_runs(plan, plan, vary_run(plan, chargers={30: 4})))
    assert sum(count_changes(comparison.stations, 0, 1).values()) == len(plan.evaluation.sites)
    assert count_changes(comparison.stations, 0, 2)[StationChange.ADDED] == 1


def test_the_same_id_at_another_place_is_another_station(plan):
    table = plan.sites.table.copy()
    table.loc[2, "lon"] += 0.01  # some 900 m
    comparison = compare_runs(name_runs(plan, replace(plan, sites=replace(plan.sites, table=table))))
    found = [station.find_change(0, 1) for station in comparison.stations if station.site_id == "n0002"]
    assert sorted(found) == [StationChange.ADDED, StationChange.DROPPED]
