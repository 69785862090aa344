"""Each constraint family on the toy city, as LP text; read the files to read the model.

The stored texts were checked by eye against the drawing in `toy_city`: s1 sees A, B, C; s2 sees
B, C, D; s3 sees C, D, E. After a change that is meant, run with UPDATE_GOLDEN=1 and read the diff.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy_city

from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.pulp_problem import build_pulp_problem
from chargeplan.words import PlanMode

GOLDEN = Path(__file__).parent / "golden"
FAMILIES = {
    "assign": PlanMode.ALLOCATE,
    "link": PlanMode.ALLOCATE,
    "capacity": PlanMode.ALLOCATE,
    "level": PlanMode.ALLOCATE,
    "cover": PlanMode.COVER,
    "budget": PlanMode.ALLOCATE,
    "count": PlanMode.ALLOCATE,
}


def build_model(mode: PlanMode):
    """Site s2 exists with one charger, s3 is required, s1 is a candidate."""
    is_cover = mode is PlanMode.COVER
    request = toy_city.make_request(mode, budget_pkr=450.0, max_sites=2, levels=(1, 3))
    problem = toy_city.make_problem(
        request,
        pair_quality=np.array([1.0, 0.5, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0]) if is_cover else np.ones(9),
        is_forced_open=np.array([False, True, True]),
        is_counted=np.array([True, False, True]),
        level_allowed=np.array([[True] * (1 if is_cover else 2), [False] * (1 if is_cover else 2)] * 2)[:3],
        existing_capacity_kwh_day=np.array([0.0, np.inf if is_cover else 20.0, 0.0]),
        existing_chargers=np.array([0, 1, 0]),
    )
    return build_linear_model(problem)


def keep_family(model, family: str):
    rows = model.find_rows(family)
    return replace(
        model,
        matrix=model.matrix[rows],
        row_lower=model.row_lower[rows],
        row_upper=model.row_upper[rows],
        row_family=model.row_family[rows],
        row_number=model.row_number[rows],
    )


def write_lp(model, path: Path) -> str:
    build_pulp_problem(model)[0].writeLP(str(path))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_reads_as_its_golden_text(family, tmp_path):
    text = write_lp(keep_family(build_model(FAMILIES[family]), family), tmp_path / "model.lp")
    golden = GOLDEN / f"{family}.lp"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_family_has_a_golden_text():
    built = {name for mode in PlanMode for name in build_model(mode).row_families}
    assert built == set(FAMILIES)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(FAMILIES)


def test_required_sites_are_fixed_open_and_existing_ones_have_no_column():
    model = build_model(PlanMode.ALLOCATE)
    opens = model.find_columns("open")
    assert model.column_number[opens].tolist() == [0, 2]
    assert model.column_lower[opens].tolist() == [0.0, 1.0]
