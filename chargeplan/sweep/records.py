"""What a sweep hands on: its points, its curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chargeplan.config.settings import Settings
    from chargeplan.records import Evaluation, PlanRequest, Solution
    from chargeplan.study_records import StudyRecords
    from chargeplan.sweep.carry import Solved
    from chargeplan.sweep.knee import Knee
    from chargeplan.sweep.values import Number, Vary

NOT_SEARCHED = "NOT SEARCHED"


@dataclass(slots=True)
class CurvePoint:
    """One value of the setting and what came of it.

    Parameters
    ----------
    value : int or float
    settings : Settings
        Of this point.
    request : PlanRequest or None
        None where the problem could not be posed.
    solved : Solved or None
        The best plan; None without one.
    evaluation : Evaluation or None
        Of the plan that is shown.
    word : str
        Outcome where there is no plan: IMPOSSIBLE, NO PLAN FOUND or NOT SEARCHED.
    reason : str
        Why there is no plan.
    nested : Solution or None
        The plan that keeps the stations of the smaller points, with the bound of all plans.
    wall_s : float
        Of the searches of this point.
    """

    value: Number
    settings: Settings
    request: PlanRequest | None = None
    solved: Solved | None = None
    evaluation: Evaluation | None = None
    word: str = NOT_SEARCHED
    reason: str = "the search was stopped before it"
    nested: Solution | None = None
    wall_s: float = 0.0

    @property
    def solution(self) -> Solution | None:
        """The plan that is shown: nested when that was asked for."""
        if self.nested is not None or self.solved is None:
            return self.nested
        return self.solved.solution

    @property
    def outcome_text(self) -> str:
        """How the search ended, in the words that every output uses."""
        return self.word if self.solution is None else self.solution.outcome_text

    def get_metric(self, name: str) -> float:
        """Return a figure of the plan, NaN without one."""
        return np.nan if self.evaluation is None else self.evaluation.get_metric(name)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A finished sweep: every plan verified.

    Parameters
    ----------
    vary : Vary
    is_nested : bool
        Whether each larger plan keeps the stations and chargers of the smaller.
    records : StudyRecords
    points : tuple of CurvePoint
        By rising value.
    knee : Knee
    knee_axis : str
        What the knee was computed over, in words.
    settings_as_run : mapping
        Of the study, without the varied key's values.
    was_stopped : bool
        Whether the user ended it before the last point.
    phase_s : mapping
        Seconds by stage.
    """

    vary: Vary
    is_nested: bool
    records: StudyRecords
    points: tuple[CurvePoint, ...]
    knee: Knee
    knee_axis: str
    settings_as_run: Mapping[str, Any]
    was_stopped: bool = False
    phase_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def demand_kwh_day(self) -> float:
        """Public demand of the study."""
        return float(np.sum(self.records.cells.total_kwh_day))

    @property
    def main_point(self) -> CurvePoint:
        """The knee or, without one, the last point with a plan."""
        if self.knee.pos is not None:
            return self.points[self.knee.pos]
        return next(point for point in reversed(self.points) if point.solution is not None)
