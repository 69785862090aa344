"""Each constraint family on a case where it matters: as LP text, in its effect, in the config, on paper.

The cases and their optima are worked out by hand in `family_cases`; the LP texts were read against
them. After a change that is meant, run with UPDATE_GOLDEN=1 and read the difference.
"""

import importlib
import inspect
import math
import os
import pkgutil
import re
import typing
from dataclasses import replace
from pathlib import Path

import family_cases
import numpy as np
import pytest
import toy_city
from pydantic import BaseModel

import chargeplan.formulation
from chargeplan.config.settings import Settings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.pulp_problem import build_pulp_problem
from chargeplan.words import PlanMode

GOLDEN = Path(__file__).parent / "golden"
MODEL_PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "model.md"
CASES = family_cases.CASES
# Family: the function that builds it, and the keys of a config by which a planner moves it.
FAMILIES = {
    "assign": ("build_assign_rows", ("travel.limit_min", "model.nearest_sites")),
    "link": ("build_link_rows", ("travel.limit_min", "model.nearest_sites")),
    "capacity": ("build_capacity_rows", ("model.charger.max_utilisation", "model.charger.service.rule")),
    "level": ("build_level_rows", ("model.charger.levels", "model.chargers.levels")),
    "cover": ("build_cover_rows", ("model.mode", "model.bands.quality")),
    "budget": ("build_budget_rows", ("model.budget_pkr", "model.years.budget_pkr")),
    "count": ("build_count_rows", ("model.max_sites", "model.years.max_sites")),
    "persist": ("build_persist_rows", ("model.years.year",)),
    "bays": ("build_bays_rows", ("model.chargers.name",)),
    "power": ("build_power_rows", ("model.largest_station_kw",)),
    "grid": ("build_grid_rows", ("grid.path", "grid.max_distance_m")),
    "spacing": ("build_spacing_rows", ("model.spacing_m",)),
    "rules": ("build_rule_rows", ("model.rules", "model.least_station_kw")),
    "equity": (
        "build_equity_rows",
        (
            "model.equity.floor_share",
            "model.equity.zone_floor_share",
            "model.equity.gini_cap",
            "model.objective",
        ),
    ),
    "backup": ("build_backup_rows", ("model.backup_share",)),
    "target": ("build_target_rows", ("model.target_share", "model.objective")),
}


def build_toy_model(mode: PlanMode):
    """Site s2 exists with one charger, s3 is required, s1 is a candidate."""
    n_levels = 1 if mode is PlanMode.COVER else 2
    request = toy_city.make_request(mode, budget_pkr=450.0, max_sites=2, levels=(1, 3))
    problem = toy_city.make_problem(
        request,
        is_forced_open=np.array([False, True, True]),
        is_counted=np.array([True, False, True]),
        level_allowed=np.array([[True] * n_levels, [False] * n_levels, [True] * n_levels]),
        existing_capacity_kwh_day=np.array([0.0, np.inf if mode is PlanMode.COVER else 20.0, 0.0]),
        existing_chargers=np.array([0, 1, 0]),
    )
    return build_linear_model(problem)


def take_rows(model, rows):
    return replace(
        model,
        matrix=model.matrix[rows],
        row_lower=model.row_lower[rows],
        row_upper=model.row_upper[rows],
        row_family=model.row_family[rows],
        row_number=model.row_number[rows],
    )


def find_optimum(model, *, is_relaxed: bool) -> float:
    if is_relaxed:
        model = replace(model, is_integer=np.zeros(model.n_columns, dtype=bool))
    result = solve_milp(MilpRequest(model, None, 0.0, math.inf, 60.0, None, 1, 1))
    assert result.status is MilpStatus.OPTIMAL
    return result.objective_kwh_day


def list_build_functions() -> dict[str, typing.Callable]:
    """List all that builds a family: build_*_rows of the modules families_*."""
    found = {}
    for module in pkgutil.iter_modules(chargeplan.formulation.__path__):
        if module.name.startswith("families_"):
            place = importlib.import_module(f"chargeplan.formulation.{module.name}")
            functions = dict(inspect.getmembers(place, inspect.isfunction))
            found |= {name: each for name, each in functions.items() if each.__module__ == place.__name__}
    return {name: each for name, each in found.items() if re.fullmatch(r"build_\w+_rows", name)}


def has_key(section: type[BaseModel], key: str) -> bool:
    """Tell whether a config may have a key, through optional sections, lists and dictionaries."""
    name, _, rest = key.partition(".")
    if name not in section.model_fields:
        return False
    return not rest or any(
        has_key(each, rest) for each in list_sections(section.model_fields[name].annotation)
    )


def list_sections(annotation) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in typing.get_args(annotation) for section in list_sections(part)]


@pytest.mark.parametrize("name", CASES)
def test_a_family_reads_as_its_golden_text(name, tmp_path):
    model = build_linear_model(CASES[name].problem)
    path = tmp_path / "model.lp"
    build_pulp_problem(take_rows(model, model.find_rows(CASES[name].family)))[0].writeLP(str(path))
    text = path.read_text(encoding="utf-8")
    golden = GOLDEN / f"{name}.lp"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_a_family_changes_the_optimum_as_worked_out_by_hand(name):
    case = CASES[name]
    model = build_linear_model(case.problem)
    others = np.setdiff1d(np.arange(model.n_rows), model.find_rows(case.family))
    assert find_optimum(model, is_relaxed=case.is_relaxed) == pytest.approx(case.best, rel=1e-9)
    without = find_optimum(take_rows(model, others), is_relaxed=case.is_relaxed)
    assert without == pytest.approx(case.best_without, rel=1e-9)
    assert case.best_without > case.best


def test_every_family_has_a_function_and_every_function_a_family():
    built = {name for mode in PlanMode for name in build_toy_model(mode).row_families}
    assert built == set(FAMILIES)
    assert {function for function, _ in FAMILIES.values()} == set(list_build_functions())


def test_every_family_has_a_case_and_a_golden_text():
    assert {case.family for case in CASES.values()} == set(FAMILIES)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CASES)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_an_option_of_the_config(family):
    for key in FAMILIES[family][1]:
        assert has_key(Settings, key), key


def test_a_key_that_no_config_may_have_is_noticed():
    assert not has_key(Settings, "model.spacing_km")
    assert not has_key(Settings, "model.charger.levels.first")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_line_on_the_page_of_the_model(family):
    """A row of a table there, with the name that the function's own words give it."""
    name = (list_build_functions()[FAMILIES[family][0]].__doc__ or "").partition(":")[0]
    assert name
    assert name.isupper()
    rows = [line for line in MODEL_PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    line = next((row for row in rows if row.split("|")[1].strip() == name), "")
    assert FAMILIES[family][0] in line


def test_required_sites_are_fixed_open_and_existing_ones_have_no_column():
    model = build_toy_model(PlanMode.ALLOCATE)
    opens = model.find_columns("open")
    assert model.column_number[opens].tolist() == [0, 2]
    assert model.column_lower[opens].tolist() == [0.0, 1.0]
