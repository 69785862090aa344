"""The independent check of one point of a curve."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chargeplan.study_surroundings import build_surroundings

if TYPE_CHECKING:
    from chargeplan.study_records import StudyRecords
    from chargeplan.sweep.records import CurvePoint


def evaluate_point(point: CurvePoint, records: StudyRecords) -> int:
    """Verify the plans of a point; return the number of checks."""
    from chargeplan.evaluate.metrics import evaluate_plan
    from chargeplan.evaluate.verify import PlanCase

    if point.solved is None or point.solution is None or point.request is None:
        return 0
    case = PlanCase(
        point.request,
        records.network,
        records.cells,
        records.sites,
        records.travel,
        point.solved.problem,
        point.solution,
        records.data_limits,
        earlier_cells=records.cells_by_year[:-1],
        grid=records.grid,
        rules=build_surroundings(point.settings, records).rules,
    )
    point.evaluation = evaluate_plan(case)
    n_checks = len(point.evaluation.checks)
    if point.solution is not point.solved.solution:
        n_checks += len(evaluate_plan(replace(case, solution=point.solved.solution)).checks)
    return n_checks
