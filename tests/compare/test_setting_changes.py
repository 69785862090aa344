"""The settings that differ, as a planner reads them."""

from dataclasses import replace

import pytest
from sample_comparison import name_runs, vary_run

from chargeplan.compare.caveats import find_caveats, is_barred, select_caveats
from chargeplan.compare.setting_changes import SettingChange, describe_variant, find_changes


def test_where_a_file_lies_and_what_the_run_is_called_is_no_difference(plan):
    other = vary_run(
        plan,
        settings={
            "network.path": "C:\\maps\\roads.osm.pbf",
            "study.name": "another",
            "publish.online_tiles": True,
        },
    )
    assert find_changes(name_runs(plan, other)) == ()


def test_a_file_of_the_same_name_with_other_bytes_is_a_difference(plan):
    (source,) = plan.sources
    other = replace(plan, sources=(replace(source, sha256="f" * 64, data_date="2027-02-01"),))
    (change,) = find_changes(name_runs(plan, other))
    assert change.key == "network.path (contents)"
    assert change.shown == (
        "sample.osm, data of 2026-01-31, checksum 00000000",
        "sample.osm, data of 2027-02-01, checksum ffffffff",
    )


def test_a_setting_that_only_one_run_has_is_shown_as_not_set(plan):
    (change,) = find_changes(name_runs(plan, vary_run(plan, settings={"model.spacing_m": 500.0})))
    assert change == SettingChange("model.spacing_m", ("not set", "500"))


def test_money_is_shown_as_money_and_nested_values_without_braces(plan):
    bands = [{"up_to_min": 4.0, "quality": 1.0}, {"up_to_min": 8.0, "quality": 0.5}]
    changes = find_changes(
        name_runs(plan, vary_run(plan, settings={"model.budget_pkr": 80e6, "model.bands": bands}))
    )
    assert [change.shown[1] for change in changes] == [
        "quality 1, up to 4 min; quality 0.5, up to 8 min",
        "PKR 80 M",
    ]
    assert describe_variant(changes, 1) == "Budget PKR 80 M"


def give_years(plan, *budgets, max_sites=None):
    years = [
        {"year": year, "budget_pkr": budget, "max_sites": max_sites, "weight": 1.0}
        for year, budget in zip((2027, 2029), budgets, strict=True)
    ]
    return vary_run(plan, settings={"model.years": years})


def test_the_years_of_a_staged_plan_are_read_in_words(plan):
    (change,) = find_changes(name_runs(plan, give_years(plan, 60e6, 80.5e6)))
    assert change.shown[1] == "year 2027, budget PKR 60 M, weight 1; year 2029, budget PKR 80.5 M, weight 1"


def test_the_years_are_shown_in_full_where_short_they_are_the_same(plan):
    runs = [give_years(plan, 60e6, amount) for amount in (230_010_000.0, 230_020_000.0)]
    (change,) = find_changes(name_runs(*runs))
    assert change.shown[1] == (
        "year 2027, budget PKR 60,000,000, max sites not set, weight 1; "
        "year 2029, budget PKR 230,020,000, max sites not set, weight 1"
    )


def test_no_setting_that_is_the_same_is_listed(plan):
    assert find_changes(name_runs(plan, plan, plan)) == ()


def bar(key, metric):
    caveats = find_caveats([SettingChange(key, ("1", "2"))])
    return is_barred(metric, [caveat for caveat in caveats if metric in caveat.metrics])


def test_other_bands_bar_the_objective_but_not_the_energy_served():
    assert bar("model.bands", "objective")
    assert bar("model.bands", "bound")
    assert not bar("model.bands", "served_share")


def test_another_travel_limit_bars_nothing():
    assert not any(bar("travel.limit_min", metric) for metric in ("served_share", "objective", "mean_drive"))


def test_cover_against_allocate_bars_what_is_served():
    assert bar("model.mode", "served_share")
    assert not bar("model.mode", "cost")


def test_a_setting_of_no_rule_has_no_caveat():
    assert find_caveats([SettingChange("model.budget_pkr", ("1", "2"))]) == ()
    assert find_caveats([SettingChange("model.bands_of_our_own", ("1", "2"))]) == ()


def test_a_caveat_counts_only_for_the_runs_whose_settings_differ():
    changes = [SettingChange("model.bands", ("one", "one", "two"))]
    caveats = find_caveats(changes)
    assert select_caveats(caveats, changes, 0, 1) == ()
    assert len(select_caveats(caveats, changes, 0, 2)) == 1


def test_amounts_that_differ_in_digits_not_shown_in_short_are_shown_in_full(plan):
    runs = [
        vary_run(plan, settings={"model.budget_pkr": amount}) for amount in (230_010_000.0, 230_020_000.0)
    ]
    (change,) = find_changes(name_runs(*runs))
    assert change.shown == ("PKR 230,010,000", "PKR 230,020,000")  # both are PKR 230 M in short
    assert change.differs(0, 1)


def test_numbers_that_differ_in_the_last_digit_are_a_difference(plan):
    runs = [vary_run(plan, settings={"travel.limit_min": value}) for value in (0.1 + 0.2, 0.3)]
    (change,) = find_changes(name_runs(*runs))
    assert change.shown == ("0.30000000000000004", "0.3")


def test_one_as_a_whole_number_is_no_other_value(plan):
    runs = [vary_run(plan, settings={"travel.limit_min": value}) for value in (8, 8.0)]
    assert find_changes(name_runs(*runs)) == ()


def test_lists_too_long_to_show_are_told_apart_by_their_checksum(plan):
    names = [f"estate number {number}" for number in range(400)]
    runs = [vary_run(plan, settings={"demand.names": [*names, last]}) for last in ("one", "two")]
    (change,) = find_changes(name_runs(*runs))
    assert change.differs(0, 1)
    assert all("checksum" in shown for shown in change.shown)


def test_the_folders_of_files_inside_a_list_are_no_difference(plan):
    runs = [
        vary_run(plan, settings={"study.files": [{"path": f"{folder}/a.csv", "status": "existing"}]})
        for folder in ("/home/one", "../two")
    ]
    assert find_changes(name_runs(*runs)) == ()


def read_files(plan, *files):
    """Give a run the input files of these keys, names and first letters of checksums."""
    (source,) = plan.sources
    return replace(
        plan,
        sources=tuple(
            replace(source, key=key, file_name=name, sha256=letter * 64) for key, name, letter in files
        ),
    )


def test_a_file_that_only_two_of_three_runs_read_is_compared_between_these(plan):
    runs = [
        read_files(plan, ("sites.costs", "prices.csv", "a")),
        read_files(plan, ("sites.costs", "prices.csv", "b")),
        read_files(plan),
    ]
    (change,) = find_changes(name_runs(*runs))
    assert change.key == "sites.costs (contents)"
    assert change.shown == (
        "prices.csv, data of 2026-01-31, checksum aaaaaaaa",
        "prices.csv, data of 2026-01-31, checksum bbbbbbbb",
        "prices.csv not read",
    )


def test_a_file_that_one_run_alone_reads_is_listed_unless_the_setting_that_names_it_is(plan):
    bare, priced = read_files(plan), read_files(plan, ("sites.paths[1]", "places.geojson", "a"))
    assert [change.key for change in find_changes(name_runs(bare, priced))] == ["sites.paths (contents)"]
    settings = vary_run(plan, settings={"network.path": "other.osm.pbf"}).settings_as_run
    other = replace(
        read_files(plan, ("network.path", "other.osm.pbf", "b")),
        settings_as_run=settings,
    )
    first = read_files(plan, ("network.path", "roads.osm.pbf", "a"))
    assert [change.key for change in find_changes(name_runs(first, other))] == ["network.path"]


def test_a_file_that_moved_in_its_list_is_no_difference(plan):
    runs = [read_files(plan, (key, "a.geojson", "a")) for key in ("sites.paths[0]", "sites.paths[1]")]
    assert find_changes(name_runs(*runs)) == ()


@pytest.mark.parametrize(
    ("key", "metric"),
    [
        ("sites.costs (contents)", "cost"),
        ("sites.files (contents)", "served_share"),
        ("sites.files[0].path (contents)", "served_share"),
        ("sites.paths[0] (contents)", "served_share"),
        ("grid.path (contents)", "grid_upgrades"),
        ("grid (contents)", "grid_upgrades"),
        ("network.path (contents)", "mean_drive"),
    ],
)
def test_other_contents_of_a_file_have_the_caveat_of_the_setting_that_names_it(key, metric):
    caveats = find_caveats([SettingChange(key, ("1", "2"))])
    assert any(metric in caveat.metrics for caveat in caveats)
    assert caveats[0].keys == (key,)
