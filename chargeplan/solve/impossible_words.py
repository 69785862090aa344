"""Reliefs in the words and numbers of a config."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.plan_labels import PlanLabels
from chargeplan.rows import count_things
from chargeplan.solve.soft_rows import Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.solve.elastic import Elastic, Relief

from chargeplan.solve.impossible_change import Change
from chargeplan.solve.impossible_money import MoneyAndShares
from chargeplan.solve.impossible_places import Places
from chargeplan.solve.impossible_rules import Rules


class Words(MoneyAndShares, Places, Rules):
    """Writes reliefs in the words and numbers of a config."""

    def __init__(
        self, problem: PlanProblem, model: LinearModel, labels: PlanLabels, elastic: Elastic
    ) -> None:
        super().__init__(problem, model, labels, elastic)
        self.write: dict[Limit, Callable[[dict[int, float]], Change]] = {
            Limit.BUDGET: self.write_budget,
            Limit.COUNT: self.write_count,
            Limit.FLOOR: self.write_floor,
            Limit.GINI: self.write_gini,
            Limit.BACKUP: self.write_backup,
            Limit.GRID: self.write_grid,
            Limit.SPACING: self.write_spacing,
            Limit.AREA: self.write_area,
            Limit.TOTAL: self.write_total,
            Limit.STATION: self.write_station,
            Limit.POWER: self.write_power,
            Limit.BAYS: self.write_bays,
            Limit.REQUIRED: self.write_required,
        }

    def describe(self, relief: Relief) -> list[Change]:
        """Describe what gives way, kind by kind."""
        changes = []
        for limit in relief.limits:
            amount = {item: value for (kind, item), value in relief.amount.items() if kind is limit}
            if amount:
                self.relief[limit] = relief
                change = self.write[limit](amount)
                if not relief.is_least:
                    change = replace(change, advice=f"{change.advice}, where less may be enough")
                changes.append(change)
        return changes

    def tell_stations(self, single: list[Change]) -> str:
        """Say how many stations the money buys at most, and how many the cheapest plan without that limit has."""
        relief = self.relief.get(Limit.BUDGET)
        if relief is None or len(single) < 2:
            return ""
        affordable = self._count_affordable()
        last = self.plan_columns.open_of[-1]
        opened = int((relief.values[last[last >= 0]] > 0.5).sum())
        if opened <= affordable:
            return ""
        return (
            f" (the money buys at most {count_things(affordable, 'new station')}, the cheapest plan that keeps "
            f"the rest has {opened})"
        )

    def _count_affordable(self) -> int:
        problem, staging = self.problem, self.problem.staging
        cost = np.where(problem.level_allowed, problem.level_cost_pkr, np.inf).min(axis=1)
        by_site = cost.reshape(problem.n_sites, -1).min(axis=1) + staging.open_cost_pkr
        cheapest = np.sort(by_site[np.isfinite(by_site)])
        money = float(staging.year_budget_pkr.sum())
        return int(np.searchsorted(np.cumsum(cheapest), money * (1 + 1e-9), side="right"))
