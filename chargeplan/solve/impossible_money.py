"""Writes changes of money, numbers of stations and shares of demand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import name_rows
from chargeplan.formulation.families_money import find_money_unit_pkr
from chargeplan.plan_labels import name_equal_floors
from chargeplan.rows import count_things
from chargeplan.solve.soft_rows import Limit
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel

from chargeplan.solve.impossible_change import GINI_STEP, SHARE_DIGITS, Change, ChangeWriter, round_down


class MoneyAndShares(ChangeWriter):
    """Writes changes of money, numbers of stations and shares of demand."""

    def write_budget(self, amount: dict[int, float]) -> Change:
        """Write a change of the budgets."""
        staging = self.problem.staging
        unit = find_money_unit_pkr(self.problem, self.plan_columns)
        asked = {year: float(staging.year_budget_pkr[year]) for year in amount}
        new = {year: float(np.ceil(np.round(asked[year] + unit * amount[year], 3))) for year in amount}
        more = {year: new[year] - asked[year] for year in amount}
        total = float(staging.year_budget_pkr.sum())
        cost = sum(more.values()) / max(total, 1.0)
        if not self._has_years:
            cause = f"the budget of {format_pkr(total)}"
            advice = f"raise model.budget_pkr to {new[0]:.0f} ({more[0]:.0f} more)"
        else:
            cause = f"the budgets of model.years ({format_pkr(total)} in all)"
            advice = "raise budget_pkr in model.years, " + ", ".join(
                f"that of {staging.years[year]} to {new[year]:.0f} ({more[year]:.0f} more)" for year in new
            )
        return Change(Limit.BUDGET, new, cost, cause, advice)

    def write_count(self, amount: dict[int, float]) -> Change:
        """Write a change of the numbers of stations."""
        staging = self.problem.staging
        asked = staging.year_max_sites
        new = {year: float(asked[year] + round(each)) for year, each in amount.items()}
        cost = max(amount[year] / max(float(asked[year]), 1.0) for year in amount)
        first = next(iter(amount))
        cause = f"the limit of {count_things(int(asked[first]), 'new station')}{self._name_year(first)}"
        if not self._has_years:
            advice = f"raise model.max_sites to {new[first]:.0f} ({amount[first]:.0f} more)"
        else:
            advice = "raise max_sites in model.years, " + ", ".join(
                f"that of {staging.years[year]} to {new[year]:.0f} ({amount[year]:.0f} more)" for year in new
            )
        return Change(Limit.COUNT, new, cost, cause, advice)

    def write_floor(self, amount: dict[int, float]) -> Change:
        """Write a change of the floors of zones."""
        asked = self.problem.limits.zone_floor_share
        if Limit.FLOOR in self.elastic.together:
            return self._write_equal_floors(amount[0])
        if self.labels.zones_are_cells:  # these have one floor, and the config takes no other
            return self._write_equal_floors(max(amount.values()))
        new = {zone: round_down(float(asked[zone]) - each, SHARE_DIGITS) for zone, each in amount.items()}
        names = [f"{asked[zone]:.4g} in {self.labels.name_zone(zone)}" for zone in new]
        cause = ("the floor of " if len(new) == 1 else "the floors of ") + name_rows(names)
        changes = [
            f"model.equity.zone_floor_share.{self.labels.key_zone(zone)} to {share:.{SHARE_DIGITS}g}"
            for zone, share in new.items()
        ]
        cost = sum(amount.values()) / max(float(asked.sum()), GINI_STEP)
        return Change(Limit.FLOOR, new, cost, cause, f"lower {', '.join(changes)}")

    def _write_equal_floors(self, amount: float) -> Change:
        asked = self.problem.limits.zone_floor_share
        largest = float(asked.max())
        share = round_down(largest - amount, SHARE_DIGITS)
        zones = np.flatnonzero(asked > 0).tolist()
        cause = f"the floor of {largest:.4g} in all {len(zones)} zones"
        advice = f"lower {name_equal_floors(self.labels)} from {largest:.4g} to {share:.{SHARE_DIGITS}g}"
        return Change(Limit.FLOOR, dict.fromkeys(zones, share), amount / largest, cause, advice)

    def write_gini(self, _amount: dict[int, float]) -> Change:
        """Write a change of the Gini cap."""
        asked = self.problem.limits.gini_cap
        low, high = int(asked / GINI_STEP), round(1.0 / GINI_STEP)
        while high - low > 1:
            middle = (low + high) // 2
            if self.elastic.is_possible(self._cap_gini(middle * GINI_STEP), share=0.3):
                high = middle
            else:
                low = middle
        new = high * GINI_STEP
        return Change(
            Limit.GINI,
            {0: new},
            (new - asked) / max(asked, GINI_STEP),
            f"the Gini cap of {asked:.4g}",
            f"raise model.equity.gini_cap from {asked:.4g} to {new:.3f}",
        )

    def _cap_gini(self, cap: float) -> LinearModel:
        """Change the model to another Gini cap, which stands in the coefficients of the shares."""
        model, soft = self.elastic.model, self.elastic.soft[Limit.GINI]
        factor = np.ones(model.n_columns)
        factor[model.find_columns("share")] = cap / self.problem.limits.gini_cap
        capped = sp.csr_array(
            model.matrix[soft.row] @ sp.dia_array((factor[None], [0]), shape=(len(factor),) * 2)
        )
        others = np.setdiff1d(np.arange(model.n_rows), soft.row)
        order = np.argsort(np.concatenate([others, soft.row]), kind="stable")
        matrix = sp.csr_array(sp.vstack([model.matrix[others], capped], format="csr")[order])
        return replace(model, matrix=matrix)

    def write_backup(self, amount: dict[int, float]) -> Change:
        """Write a change of the backup share."""
        asked = self.problem.limits.backup_share
        new = round_down(asked - max(amount.values()), SHARE_DIGITS)
        return Change(
            Limit.BACKUP,
            {0: new},
            (asked - new) / asked,
            f"the backup share of {asked:.4g}",
            f"lower model.backup_share from {asked:.4g} to {new:.{SHARE_DIGITS}g}",
        )
