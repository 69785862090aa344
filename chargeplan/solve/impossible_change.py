"""One change that makes a plan possible, and what the writers of such changes have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.columns import plan_columns
from chargeplan.plan_labels import PlanLabels
from chargeplan.solve.soft_rows import Limit

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.solve.elastic import Elastic, Relief

SHARE_DIGITS, GINI_STEP = 4, 0.001
POLICY_COST = (
    2.0  # a rule of policy is named after the config's own numbers, up to three times what was asked
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change that makes a plan possible.

    Parameters
    ----------
    limit : Limit
    new : dict of int to float
        New value of each item that gives way: PKR of a year, stations of a year, share of a zone, kW
        of an asset, stations of an area, amount of a total, ...
    cost : float
        How large it is beside what was asked; the smallest is named first.
    cause, advice : str
        What is broken, and what to write in the config instead.
    """

    limit: Limit
    new: dict[int, float]
    cost: float
    cause: str
    advice: str


class ChangeWriter:
    """What is known of a problem and of the reliefs found for it."""

    def __init__(
        self, problem: PlanProblem, model: LinearModel, labels: PlanLabels, elastic: Elastic
    ) -> None:
        self.problem, self.model, self.labels, self.elastic = problem, model, labels, elastic
        self.plan_columns = plan_columns(problem)
        self.relief: dict[Limit, Relief] = {}

    @property
    def _has_years(self) -> bool:
        return self.labels.has_years or self.problem.staging.n_years > 1

    def _name_year(self, year: int) -> str:
        return f" by {self.problem.staging.years[year]}" if self._has_years else ""


def round_down(value: float, digits: int) -> float:
    """Round down to some digits behind the point, not below 0."""
    factor = 10.0**digits
    return max(float(np.floor(value * factor + 1e-6) / factor), 0.0)


def round_up(value: float, digits: int) -> float:
    """Round up to some digits behind the point."""
    factor = 10.0**digits
    return float(np.ceil(value * factor - 1e-6) / factor)
