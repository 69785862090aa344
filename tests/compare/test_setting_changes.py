"""The settings that differ, as a planner reads them."""

from dataclasses import replace

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
        "quality 1, up_to_min 4; quality 0.5, up_to_min 8",
        "PKR 80 M",
    ]
    assert describe_variant(changes, 1) == "Budget PKR 80 M"


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
