"""Faults of every kind are told in one round, each once, and none that only a stand-in would cause."""

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.config.load import BrokenConfigError, load_settings
from chargeplan.config.settings import ModelSettings
from chargeplan.errors import ConfigError


@pytest.fixture
def demo(project_folder):
    return project_folder / "configs" / "demo.yaml"


def check(config, *changes):
    options = [part for change in changes for part in ("--set", change)]
    return CliRunner().invoke(app, ["check", str(config), *options]).stderr


def list_faults(config, *changes):
    with pytest.raises(ConfigError) as caught:
        load_settings(config, changes)
    return caught.value.faults


def test_keys_that_clash_do_not_hide_each_other(demo):
    faults = list_faults(
        demo,
        "model.years=[{year: 2032, budget_pkr: 10e6}, {year: 2029}]",
        "model.bands=[{up_to_min: 80, quality: 0.2}, {up_to_min: 40, quality: 0.7}]",
        "model.objective=cost",
        "model.chargers=[{name: slow, power_kw: 22}, {name: slow, power_kw: 60}]",
        "study.zones=null",
        "model.equity.zone_floor_share={Tarnol: 0.1}",
        "study.year=2030",
    )
    for words in (
        "years have budgets and limits of their own",
        "model.years: give budget_pkr for every one of them",
        "years must rise without repeats; got [2032, 2029]",
        "the last one is 2029, study.year is 2030",
        "bands must rise in up_to_min",
        "bands must not rise in quality",
        "the last band ends at 40.0 min",
        "target_share and objective: cost go together",
        "chargers must have different names",
        "names zones, but the study has none",
    ):
        assert sum(words in fault for fault in faults) == 1, (words, faults)
    assert len(faults) == 10


def test_clashes_are_told_beside_values_that_are_wrong(demo):
    faults = list_faults(
        demo,
        "model.mode=alocate",
        "model.bands=[{up_to_min: 8, quality: 0.7}, {up_to_min: 4, quality: 1.2}]",
        "travel.limit_min=0",
        "study.name=my study!",
    )
    assert any("bands must rise in up_to_min" in fault for fault in faults)
    assert len(faults) == 5  # nothing of the qualities or of the limit, which are at fault themselves


def test_a_misspelt_limit_is_not_missing_as_well(demo):
    faults = list_faults(demo, "model.budget_pkr=null", "model.max_sites=null", "model.budget_pkrs=5e6")
    assert ["budget_pkrs: unknown key" in fault for fault in faults] == [True]


@pytest.mark.parametrize(
    "broken", ["study=5", "model=5", "demand.population=null", "sites.kinds=[fuel, x, y]"]
)
def test_whole_sections_have_stand_ins(demo, broken):
    with pytest.raises(BrokenConfigError) as caught:
        load_settings(
            demo, [broken, "model.bands=[{up_to_min: 9, quality: 0.2}, {up_to_min: 4, quality: 0.1}]"]
        )
    assert broken.partition("=")[0] in caught.value.replaced


def test_names_and_tables_are_told_beside_wrong_values(demo, tmp_path):
    grid = tmp_path / "grid.csv"
    grid.write_text("id,parent,lon,latt,headroom_kw\nA,,73.0,33.7,-5\n")
    text = check(
        demo,
        "model.backup_share=20%",
        "study.city=islambad",
        "demand.scenario=nev-2031",
        "model.rules=[in-mop-2020, own.yaml]",
        "network.path=nowhere.osm.pbf",
        f"grid.path={grid}",
    )
    for words in (
        "model.backup_share: got",
        'no city "islambad"',
        'no scenario "nev-2031"',
        'model.rules[0]: no rule pack "in-mop-2020"',
        "model.rules[1]: no file at",
        "network.path: no file at",
        "column 'latt' is not known; did you mean 'lat'?",
        "headroom_kw: out of range in line 2",
    ):
        assert text.count(words) == 1, (words, text)
    assert "has no column 'lat'" not in text
    assert "8 faults; nothing was run" in text


def test_city_and_scenario_are_each_told_once(demo):
    text = check(demo, "study.city=islambad", "demand.scenario=nev-2031")
    assert text.count("islambad") == 2  # the change and its fault
    assert text.count('no scenario "nev-2031"') == 1
    assert "2 faults; nothing was run" in text


def test_settings_made_in_code_are_refused_with_every_clash():
    with pytest.raises(
        ValueError, match=r"give budget_pkr, max_sites or both.*; target_share and objective: cost"
    ):
        ModelSettings.model_validate_json('{"mode": "allocate", "target_share": 0.5}')
