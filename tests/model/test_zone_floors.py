"""Which zones the common floor holds for, and how floors are lowered where hexagons stand in for zones."""

import json
from dataclasses import replace

import pytest
import toy_city
from impossible_problems import LABELS, floors, make_limited

from chargeplan.config.settings import ModelSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.request import _list_zone_floors
from chargeplan.solve.explain_impossible import explain_impossible
from chargeplan.solve.process import run_milp


def list_floors(**equity):
    model = ModelSettings.model_validate_json(
        json.dumps({"mode": "allocate", "max_sites": 1, "equity": equity})
    )
    table = _list_zone_floors(model, toy_city.make_cells())
    return dict(zip(table["zone_id"], table["floor_share"], strict=True))


def test_the_common_floor_leaves_out_zones_that_want_less():
    wanted = toy_city.make_cells().sum_zones_kwh_day()  # West 65, East 40 kWh/day
    assert wanted == pytest.approx([65.0, 40.0])
    assert list_floors(floor_share=0.2) == {"w": 0.2, "e": 0.2}
    assert list_floors(floor_share=0.2, floor_least_kwh_day=40.0) == {"w": 0.2, "e": 0.2}
    assert list_floors(floor_share=0.2, floor_least_kwh_day=40.1) == {"w": 0.2}


def test_a_named_zone_keeps_its_floor_whatever_it_wants():
    equity = {"floor_share": 0.2, "zone_floor_share": {"e": 0.1}, "floor_least_kwh_day": 1000.0}
    assert list_floors(**equity) == {"e": 0.1}


@pytest.mark.parametrize(
    ("are_cells", "key"),
    [(True, "lower model.equity.floor_share from 0.6 to "), (False, "model.equity.zone_floor_share.w to ")],
)
def test_the_search_lowers_the_key_that_the_config_takes(are_cells, key):
    problem = make_limited(budget=(150.0,), **floors(0.6, 0.0))
    labels = replace(LABELS, zones_are_cells=are_cells)
    text = explain_impossible(
        problem, build_linear_model(problem), run=run_milp, limit_s=20.0, labels=labels
    ).text
    assert key in text
    assert ("zone_floor_share" in text) is not are_cells
