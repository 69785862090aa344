"""Every figure of data/fleet/ has its source, and what is computed is computed again here."""

import ast
import csv
import operator

import pytest

FILES = [
    "arrivals.csv",
    "charger_types.csv",
    "city_electric.csv",
    "city_registrations.csv",
    "policy_targets.csv",
    "recorded.csv",
    "sales.csv",
    "sharing.csv",
    "stock.csv",
    "vehicles.csv",
]
CLASSES = {"two_wheeler", "three_wheeler", "car", "taxi", "bus", "truck"}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def compute(node) -> float:
    """The value of an expression of numbers and + - * / **."""
    if isinstance(node, ast.Expression):
        return compute(node.body)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](compute(node.left), compute(node.right))
    assert isinstance(node, ast.Constant), ast.dump(node)
    return float(node.value)


def read_rows(folder, name):
    with (folder / "data" / "fleet" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_tested(project_folder):
    assert sorted(path.name for path in (project_folder / "data" / "fleet").glob("*.csv")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_every_figure_has_unit_year_source_and_confidence(project_folder, name):
    for row in read_rows(project_folder, name):
        assert row["unit"], row
        assert row["source"], row
        assert 2014 <= int(row["year"]) <= 2030, row
        assert row["confidence"] in {"high", "med", "low", "assumption"}, row
        assert (row["confidence"] == "assumption") == ("no source found" in row["source"]), row


@pytest.mark.parametrize("name", FILES)
def test_computed_figures_are_what_their_formula_gives(project_folder, name):
    for row in read_rows(project_folder, name):
        if not row["source"].startswith("computed: "):
            continue
        formula = row["source"].removeprefix("computed: ").partition(";")[0]
        assert float(row["value"]) == pytest.approx(compute(ast.parse(formula, mode="eval")), rel=1e-9), row
        if "nation: (" in row["source"]:
            nation = row["source"].partition("nation: ")[2].partition(",")[0]
            assert float(row["nation_value"]) == pytest.approx(
                compute(ast.parse(nation, mode="eval")), rel=1e-9
            )


def test_six_classes_are_in_every_file_by_class(project_folder):
    for name in ("sales.csv", "stock.csv", "vehicles.csv", "charger_types.csv"):
        assert {row["class"] for row in read_rows(project_folder, name)} == CLASSES


def test_policys_class_targets_sum_to_what_its_total_says(project_folder):
    """2,158,339 by class against 2.2 million in all: the policy's own figures differ by 2 %."""
    targets = {row["class"]: float(row["value"]) for row in read_rows(project_folder, "policy_targets.csv")}
    assert targets.pop("all") == 2.2e6
    assert sum(targets.values()) == 2158339
