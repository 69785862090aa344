"""The tables of tariff, outages and costs: every computed figure computed again, every assumption named."""

import ast
import csv
import operator
import re

import pytest

from chargeplan.config.settings import EconomicsSettings
from chargeplan.evaluate.economics_figures import NEECA_LEVELS
from chargeplan.files import find_data_file
from chargeplan.words import PlaceKind

FILES = [
    ("tariff", "ev_tariff.csv"),
    ("outage", "hours.csv"),
    ("costs", "economics.csv"),
    ("costs", "fuel_replaced.csv"),
    ("costs", "land.csv"),
    ("costs", "meter_rules.csv"),
    ("costs", "neeca_levels.csv"),
    ("costs", "chargers.csv"),
    ("costs", "station_load.csv"),
]
FORMULA = re.compile(r"computed: ([-+*/(). \d]+)(?:;|$)")
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def read_rows(folder: str, name: str) -> list[dict[str, str]]:
    with find_data_file(folder, name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reckon(node: ast.expr) -> float:
    """Work out a formula of numbers, the four operations and brackets."""
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -reckon(node.operand)
    assert isinstance(node, ast.BinOp)
    return OPERATORS[type(node.op)](reckon(node.left), reckon(node.right))


def get_value(row: dict[str, str]) -> float:
    return float(row["value"] if "value" in row else row["cost_pkr"])


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_every_figure_has_unit_source_year_and_confidence(folder, name):
    for row in read_rows(folder, name):
        assert row["unit"]
        assert row["source"]
        assert 2010 <= int(row["year"]) <= 2030
        assert row["confidence"] in {"high", "med", "low", "assumption"}
        assert row["source"].startswith("assumption, no source found") == (row["confidence"] == "assumption")


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_computed_figure_is_what_its_formula_gives(folder, name):
    for row in read_rows(folder, name):
        if "computed:" not in row["source"]:
            continue
        formula = FORMULA.search(row["source"])
        assert formula, row["source"]
        expected = reckon(ast.parse(formula[1].strip(), mode="eval").body)
        assert get_value(row) == pytest.approx(expected, rel=5e-6)


def test_the_figures_that_are_computed_are_as_many_as_known():
    """A formula that no longer begins with the word would pass the test above unseen."""
    counted = {
        name: sum("computed:" in row["source"] for row in read_rows(folder, name)) for folder, name in FILES
    }
    assert counted["hours.csv"] == 19
    assert counted["economics.csv"] == 9
    assert counted["fuel_replaced.csv"] == 6
    assert counted["chargers.csv"] == 3
    assert counted["station_load.csv"] == 2


def test_the_ladder_of_chargers_has_every_rung():
    names = [row["name"] for row in read_rows("costs", "chargers.csv")]
    wanted = ("post_3kw", "ac_7kw", "ac_22kw", "dc_30kw", "dc_60kw", "dc_120kw", "dc_180kw", "dc_360kw")
    assert set(names) >= {*wanted, "swap_cabinet"}
    assert len(set(names)) == len(names)


def test_the_chargers_of_the_vehicle_classes_are_rungs_of_the_ladder():
    names = {row["name"] for row in read_rows("costs", "chargers.csv")}
    assert {row["value"] for row in read_rows("fleet", "charger_types.csv")} <= names


def test_every_kind_of_site_has_a_rent():
    assert {row["kind"] for row in read_rows("costs", "land.csv")} == {kind.value for kind in PlaceKind}


def test_every_figure_of_the_economics_can_be_set_by_the_planner():
    keys = set(EconomicsSettings.model_fields)
    quantities = {row["quantity"] for row in read_rows("costs", "economics.csv")}
    quantities |= {row["quantity"] for row in read_rows("costs", "fuel_replaced.csv")}
    quantities |= {row["quantity"] for row in read_rows("costs", "station_load.csv")}
    assert quantities <= keys
    further = {
        "tariff_category",
        "tariff_pkr_kwh",
        "fixed_charge_pkr_kw_month",
        "retail_price_pkr_kwh",
        "land_pkr_m2_month",
        "neeca_level_up_to_kw",
        "neeca_yearly_fee_pkr",
    }
    assert keys == quantities | further


def test_levels_have_rising_limits_and_a_fee_each():
    rows = read_rows("costs", "neeca_levels.csv")
    limits = [float(row["value"]) for row in rows if row["quantity"] == "up_to_kw"]
    fees = [row for row in rows if row["quantity"] == "yearly_fee_pkr"]
    assert limits == sorted(limits)
    assert (len(limits), len(fees)) == (NEECA_LEVELS - 1, NEECA_LEVELS)
