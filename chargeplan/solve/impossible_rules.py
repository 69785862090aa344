"""Writes changes of rules of policy and of what each station must be."""

from __future__ import annotations

from chargeplan.errors import name_rows
from chargeplan.rows import count_things
from chargeplan.solve.impossible_change import POLICY_COST, Change, ChangeWriter, round_down
from chargeplan.solve.soft_rows import Limit

_SHORT = 1e-9


class Rules(ChangeWriter):
    """Writes changes of rules of policy and of what each station must be."""

    def write_area(self, amount: dict[int, float]) -> Change:
        """Write a change of rules about areas."""
        limits, labels = self.problem.limits, self.labels
        least = limits.cover_least
        new = {area: float(least[area] - round(each)) for area, each in amount.items()}
        names = [
            f"{count_things(int(least[area]), 'station')} in {labels.name_area(area)}"
            f"{self._name_year(int(limits.cover_year_pos[area]))} ({labels.name_area_rule(area)})"
            for area in new
        ]
        rules = name_rows(sorted({labels.name_area_rule(area) for area in new}))
        missing = sum(amount.values())
        advice = (
            f"ask for {count_things(round(missing), 'station')} less there in a pack of your own, or move the pack "
            f"of {rules} to model.reported_rules"
        )
        cost = missing / max(float(least.sum()), 1.0)
        return Change(
            Limit.AREA, new, POLICY_COST + cost, f"the rule that asks for {name_rows(names)}", advice
        )

    def write_total(self, amount: dict[int, float]) -> Change:
        """Write a change of rules about totals."""
        staging, limits, labels = self.problem.staging, self.problem.limits, self.labels
        new, names, advice = {}, [], []
        for row, each in amount.items():
            total, year = divmod(row, staging.n_years)
            asked = float(limits.total_least[total, year])
            new[row] = round_down(asked - each, 3)
            unit = labels.total_unit[total] if total < len(labels.total_unit) else "in total"
            names.append(f"{asked:,.10g} {unit}{self._name_year(year)} ({labels.name_total(total)})")
            advice.append(labels.advise_total(total, year, new[row]))
        asked_in_all = max(float(limits.total_least.sum()), 1.0)
        return Change(
            Limit.TOTAL,
            new,
            POLICY_COST + sum(amount.values()) / asked_in_all,
            f"the rule that asks for {name_rows(names)} more",
            f"{name_rows(list(dict.fromkeys(advice)))}, or move the pack to model.reported_rules",
        )

    def write_station(self, amount: dict[int, float]) -> Change:
        """Write a change of what each station must be."""
        limits, labels = self.problem.limits, self.labels
        asked = {rule: float(limits.station_least[rule].max()) for rule in amount}
        new = {rule: round_down(self._find_smallest_station(rule), 1) for rule in amount}
        names = [f"{labels.name_station_rule(rule)} of {asked[rule]:.10g} at every station" for rule in new]
        advice = [f"{labels.name_station_rule(rule)} to {value:.10g}" for rule, value in new.items()]
        cost = max((asked[rule] - new[rule]) / max(asked[rule], 1.0) for rule in amount)
        return Change(Limit.STATION, new, cost, name_rows(names), f"lower {name_rows(advice)}")

    def _find_smallest_station(self, rule: int) -> float:
        """Find the least amount of a station among those that fall short of a rule about each of them."""
        soft, limits = self.elastic.soft[Limit.STATION], self.problem.limits
        rows = soft.row[soft.item == rule]
        missing = self.model.matrix[rows] @ self.relief[Limit.STATION].values
        n_fixed = len(limits.cover_least) + len(limits.total_least) * self.problem.staging.n_years
        site = (self.model.row_number[rows] - n_fixed) % self.problem.n_sites
        short = missing < -_SHORT
        return float((limits.station_least[rule, site] + missing)[short].min())
