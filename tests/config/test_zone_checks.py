"""Zones that a config speaks of: named ones must be there, and what stands in for them is said."""

import json

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.config.load import load_settings
from chargeplan.study_check import list_assumptions
from chargeplan.zone_words import describe_stand_ins, describe_unknown_zones


@pytest.fixture
def demo(project_folder):
    return project_folder / "configs" / "demo.yaml"


def check(config, *changes):
    options = [part for change in changes for part in ("--set", change)]
    return CliRunner().invoke(app, ["check", str(config), *options])


def test_check_names_every_unknown_zone_beside_the_other_faults(demo):
    done = check(
        demo, "model.equity.zone_floor_share={Tarnl: 0.1, Foo: 0.2, Tarnol: 0.1}", "grid.path=nowhere.csv"
    )
    assert done.exit_code == 2
    assert (
        'model.equity.zone_floor_share.Tarnl: zones.geojson has no zone Tarnl (did you mean "Tarnol"?)'
        in (done.stderr)
    )
    assert "model.equity.zone_floor_share.Foo: zones.geojson has no zone Foo, only" in done.stderr
    assert "zone_floor_share.Tarnol" not in done.stderr
    assert "grid.path: no file at" in done.stderr
    assert "3 faults; nothing was run" in done.stderr


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("model.equity.floor_share=0.1", "model.equity.floor_share"),
        ("model.equity.gini_cap=0.3", "model.equity.gini_cap"),
        ("model.objective=worst_zone", "model.objective worst_zone"),
    ],
)
def test_hexagons_in_place_of_zones_are_told(demo, change, key):
    words = "the plan has rules about zones, and the study has none: hexagons some 7 km across"
    without = load_settings(demo, [change, "study.zones=null"]).settings
    assert list_assumptions(without)[0].startswith(words)
    assert list_assumptions(without)[0].endswith(f"(study.zones; asked for by {key})")
    assert list_assumptions(load_settings(demo, [change]).settings) == ()


def test_check_tells_assumptions_in_words_and_as_json(demo):
    changes = ("study.zones=null", "model.equity.floor_share=0.1")
    done = check(demo, *changes)
    assert done.exit_code == 0
    assert "asked for by model.equity.floor_share)" in done.stderr
    options = [part for change in changes for part in ("--set", change)]
    done = CliRunner().invoke(app, ["check", str(demo), *options, "--json"])
    assert len(json.loads(done.stdout)["assumptions"]) == 1


def test_two_settings_that_speak_of_zones_are_one_assumption():
    told = describe_stand_ins(["a", "b"])
    assert told.startswith("the plan has rules about zones, and the study has none")
    assert told.endswith("(study.zones; asked for by a and b)")
    assert describe_stand_ins([]) == ""


def test_of_many_zones_only_some_are_listed():
    known = [f"z{number}" for number in range(23)]
    (text,) = describe_unknown_zones(["none"], known, "the layer")
    assert text.endswith("z18, z19 and 3 more")
