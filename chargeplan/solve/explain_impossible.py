"""Why no plan keeps every limit, and the least changes of which each makes one possible.

A limit whose loosening alone brings a plan is part of every conflict, so that the limits named here are the cause
and not a guess. Where no single kind is enough, the changes that are needed together are told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import name_rows
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.families_money import find_money_unit_pkr
from chargeplan.plan_labels import PlanLabels
from chargeplan.rows import count_things
from chargeplan.solve.elastic import Elastic, Relief
from chargeplan.solve.soft_rows import Limit
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.linear_model import Ints, LinearModel
    from chargeplan.records import PlanProblem
    from chargeplan.solve.elastic import AskStop, RunMilp

CONFIRMED = "(the solver and its second opinion both prove that there is no plan)"
GENERAL_WORDS = "no plan can keep every limit"
_LARGEST_S, _LEAST_S = 60.0, 20.0
_SHARE_DIGITS, _GINI_STEP = 4, 0.001
_SHORT = 1e-9
_MANY_ZONES = 3
_POLICY_COST = (
    2.0  # a rule of policy is named after the config's own numbers, up to three times what was asked
)
_ORDER = tuple(Limit)


_KEYS = {
    Limit.BUDGET: "the budget",
    Limit.COUNT: "the number of stations",
    Limit.FLOOR: "the floors",
    Limit.GINI: "the Gini cap",
    Limit.BACKUP: "the backup share",
    Limit.GRID: "the grid",
    Limit.SPACING: "the spacing",
    Limit.AREA: "the rules about areas",
    Limit.TOTAL: "the rules about totals",
    Limit.STATION: "the least size of stations",
    Limit.POWER: "the largest power of stations",
    Limit.BAYS: "the bays",
    Limit.REQUIRED: "the required sites",
}


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


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no plan.

    Parameters
    ----------
    text : str
        The first line names the limits that contradict each other and the cheapest change.
    single : tuple of Change
        Changes of which each is enough, the cheapest first.
    together : tuple of Change
        When none is: changes that are enough together.
    """

    text: str
    single: tuple[Change, ...]
    together: tuple[Change, ...]


def explain_impossible(
    problem: PlanProblem,
    model: LinearModel,
    *,
    run: RunMilp,
    limit_s: float,
    labels: PlanLabels | None = None,
    threads: int = 1,
    seed: int = 1,
    should_stop: AskStop = lambda: False,
) -> Explanation:
    """Explain why a model has no plan.

    Parameters
    ----------
    problem, model : PlanProblem, LinearModel
        Of which is known that there is no plan.
    run : callable
        Runs one MILP.
    limit_s : float
        Time; up to 60 s are taken, and 20 s where there are fewer.
    labels : PlanLabels, optional
    threads, seed : int
    should_stop : callable
    """
    limit_s = float(np.clip(limit_s, _LEAST_S, _LARGEST_S))
    elastic = Elastic(
        problem, model, run=run, limit_s=limit_s, threads=threads, seed=seed, should_stop=should_stop
    )
    words = _Words(problem, model, labels or PlanLabels(), elastic)
    kinds = [limit for limit in _ORDER if limit in elastic.soft]
    single = []
    for number, limit in enumerate(kinds):
        relief = elastic.relieve((limit,), share=1.0 / (len(kinds) - number + 1))
        if relief is not None and _lowers_many_alike(relief, problem):
            elastic.lower_together(limit)
            relief = elastic.relieve((limit,), share=1.0 / (len(kinds) - number + 1))
        if relief is not None and relief.amount:
            single += words.describe(relief)
    single.sort(key=lambda change: change.cost)
    if single:
        others = _find_opponents(single, kinds, elastic, words)
        return Explanation(_tell_single(single, others, words), tuple(single), ())
    relief = elastic.relieve(tuple(kinds)) if kinds else None
    together = [] if relief is None or not relief.amount else words.describe(relief)
    if not together:
        unknown = _tell_unknown(elastic)
        return Explanation("; ".join([GENERAL_WORDS, *unknown]), (), ())
    causes = _join([change.cause for change in together])
    advice = "; and ".join(change.advice for change in together)
    text = f"no plan keeps {causes}, and no single change is enough: {advice}"
    return Explanation(text, (), tuple(together))


def _lowers_many_alike(relief: Relief, problem: PlanProblem) -> bool:
    """Tell whether so many equal floors give way that one lower number for all is the plainer change."""
    floor = problem.limits.zone_floor_share
    zones = [item for limit, item in relief.amount if limit is Limit.FLOOR]
    return len(zones) > _MANY_ZONES and len(np.unique(floor[floor > 0])) == 1


def _find_opponents(
    single: list[Change], kinds: list[Limit], elastic: Elastic, words: _Words
) -> list[Change]:
    """Find what one limit contradicts that is part of every conflict, when no other limit is."""
    others = tuple(limit for limit in kinds if limit is not single[0].limit)
    if len(single) > 1 or not others:
        return []
    relief = elastic.relieve(others)
    return [] if relief is None or not relief.amount else words.describe(relief)


def _tell_single(single: list[Change], others: list[Change], words: _Words) -> str:
    named = sorted([*single, *others], key=lambda each: _ORDER.index(each.limit))
    cause = _join([change.cause for change in named])
    first, *more = [change.advice for change in single]
    figures = words.tell_stations(single)
    lines = [f"no plan keeps {cause}{figures}: {first}", *(f"or {advice}" for advice in more)]
    lines += _tell_unknown(words.elastic)
    if others:
        lines.append("or " + "; and ".join(change.advice for change in others))
    return "\n".join(lines)


def _tell_unknown(elastic: Elastic) -> list[str]:
    """Say which kinds of changes might help too: the time did not tell."""
    kinds = {limit for limits in elastic.unknown for limit in limits}
    if not kinds:
        return []
    names = name_rows([_KEYS[limit] for limit in _ORDER if limit in kinds], len(_KEYS))
    return [
        f"whether changes of {names} help was not found out in the time; raise solve.time_limit_s to know"
    ]


def _join(texts: list[str]) -> str:
    """Join what contradicts each other."""
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])} and {texts[-1]} together"


class _Words:
    """Writes reliefs in the words and numbers of a config."""

    def __init__(
        self, problem: PlanProblem, model: LinearModel, labels: PlanLabels, elastic: Elastic
    ) -> None:
        self.problem, self.model, self.labels, self.elastic = problem, model, labels, elastic
        self.plan_columns = plan_columns(problem)
        self.relief: dict[Limit, Relief] = {}
        self.write: dict[Limit, Callable[[dict[int, float]], Change]] = {
            Limit.BUDGET: self._write_budget,
            Limit.COUNT: self._write_count,
            Limit.FLOOR: self._write_floor,
            Limit.GINI: self._write_gini,
            Limit.BACKUP: self._write_backup,
            Limit.GRID: self._write_grid,
            Limit.SPACING: self._write_spacing,
            Limit.AREA: self._write_area,
            Limit.TOTAL: self._write_total,
            Limit.STATION: self._write_station,
            Limit.POWER: self._write_power,
            Limit.BAYS: self._write_bays,
            Limit.REQUIRED: self._write_required,
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

    @property
    def _has_years(self) -> bool:
        return self.labels.has_years or self.problem.staging.n_years > 1

    def _name_year(self, year: int) -> str:
        return f" by {self.problem.staging.years[year]}" if self._has_years else ""

    def _write_budget(self, amount: dict[int, float]) -> Change:
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

    def _write_count(self, amount: dict[int, float]) -> Change:
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

    def _write_floor(self, amount: dict[int, float]) -> Change:
        asked = self.problem.limits.zone_floor_share
        if not self.elastic.soft[Limit.FLOOR].item.any() and np.count_nonzero(asked) > _MANY_ZONES:
            return self._write_equal_floors(amount[0])
        new = {zone: _round_down(float(asked[zone]) - each, _SHARE_DIGITS) for zone, each in amount.items()}
        names = [f"{asked[zone]:.4g} in {self.labels.name_zone(zone)}" for zone in new]
        cause = ("the floor of " if len(new) == 1 else "the floors of ") + name_rows(names)
        changes = [
            f"model.equity.zone_floor_share.{self.labels.key_zone(zone)} to {share:.{_SHARE_DIGITS}g}"
            for zone, share in new.items()
        ]
        cost = sum(amount.values()) / max(float(asked.sum()), _GINI_STEP)
        return Change(Limit.FLOOR, new, cost, cause, f"lower {', '.join(changes)}")

    def _write_equal_floors(self, amount: float) -> Change:
        asked = self.problem.limits.zone_floor_share
        largest = float(asked.max())
        share = _round_down(largest - amount, _SHARE_DIGITS)
        zones = np.flatnonzero(asked > 0).tolist()
        cause = f"the floor of {largest:.4g} in all {len(zones)} zones"
        advice = f"lower model.equity.floor_share to {share:.{_SHARE_DIGITS}g}"
        return Change(Limit.FLOOR, dict.fromkeys(zones, share), amount / largest, cause, advice)

    def _write_gini(self, _amount: dict[int, float]) -> Change:
        asked = self.problem.limits.gini_cap
        low, high = int(asked / _GINI_STEP), round(1.0 / _GINI_STEP)
        while high - low > 1:
            middle = (low + high) // 2
            if self.elastic.is_possible(self._cap_gini(middle * _GINI_STEP), share=0.3):
                high = middle
            else:
                low = middle
        new = high * _GINI_STEP
        return Change(
            Limit.GINI,
            {0: new},
            (new - asked) / max(asked, _GINI_STEP),
            f"the Gini cap of {asked:.4g}",
            f"raise model.equity.gini_cap to {new:.3f}",
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

    def _write_backup(self, amount: dict[int, float]) -> Change:
        asked = self.problem.limits.backup_share
        new = _round_down(asked - max(amount.values()), _SHARE_DIGITS)
        return Change(
            Limit.BACKUP,
            {0: new},
            (asked - new) / asked,
            f"the backup share of {asked:.4g}",
            f"lower model.backup_share to {new:.{_SHARE_DIGITS}g}",
        )

    def _write_grid(self, amount: dict[int, float]) -> Change:
        asked = self.problem.limits.asset_headroom_kw
        new = {asset: _round_up(float(asked[asset]) + kw, 1) for asset, kw in amount.items()}
        name = self.labels.name_asset
        names = [f"{name(asset)} ({asked[asset]:.10g} kW)" for asset in new]
        advice = ", ".join(f"that of {name(asset)} to {kw:.10g} kW" for asset, kw in new.items())
        cost = sum(amount.values()) / max(sum(float(asked[asset]) for asset in new), 1.0)
        return Change(
            Limit.GRID,
            new,
            cost,
            f"the headroom of the grid asset{'s' if len(new) > 1 else ''} {name_rows(names)}",
            f"raise headroom_kw (or the steps) in the file of grid.path, {advice}",
        )

    def _write_spacing(self, amount: dict[int, float]) -> Change:
        limits, labels = self.problem.limits, self.labels
        start = limits.clique_start
        groups = [limits.clique_site[start[clique] : start[clique + 1]] for clique in amount]
        names = [" / ".join(labels.name_site(int(site)) for site in group[:4]) for group in groups]
        asked = labels.spacing_m
        cause = (
            f"the spacing{f' of {asked:g} m' if asked else ''} (too many stations among {name_rows(names)})"
        )
        possible_m = self._find_spacing_m()
        advice = (
            "leave model.spacing_m out" if possible_m < 1 else f"lower model.spacing_m to {possible_m:.0f}"
        )
        cost = 1.0 - possible_m / asked if asked else 1.0
        return Change(Limit.SPACING, {0: possible_m}, cost, cause, advice)

    def _find_spacing_m(self) -> float:
        """Find the largest spacing in whole metres that has a plan, by halving the list of distances."""
        pairs = list_conflicts(self.problem)
        if len(self.labels.site_xy_m) == 0:
            return 0.0
        xy = self.labels.site_xy_m
        metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
        steps = np.unique(np.floor(metres))
        low, high = 0, len(steps)
        while high - low > 1:
            middle = (low + high) // 2
            chosen = pairs[metres < steps[middle]]
            if self.elastic.is_possible(self._space(chosen), share=0.3):
                low = middle
            else:
                high = middle
        return float(steps[low])

    def _space(self, pairs: Ints) -> LinearModel:
        """Change the model to other pairs that may not both open, in place of the spacing rows."""
        model, whole = self.elastic.model, self.model
        is_kept = np.ones(whole.n_rows, dtype=np.bool_)
        is_kept[whole.find_rows("spacing")] = False
        kept = np.flatnonzero(is_kept[self.elastic.rows])
        last = self.plan_columns.open_of[-1]
        column = last[pairs]
        column = column[(column >= 0).all(axis=1)]
        at = np.searchsorted(self.elastic.columns, column)
        n_new = len(at)
        row = np.repeat(np.arange(n_new), 2)
        matrix = sp.csr_array((np.ones(2 * n_new), (row, at.ravel())), shape=(n_new, model.n_columns))
        spacing = model.row_families.index("spacing")
        return replace(
            model,
            matrix=sp.csr_array(sp.vstack([model.matrix[kept], matrix], format="csr")),
            row_lower=np.concatenate([model.row_lower[kept], np.full(n_new, -np.inf)]),
            row_upper=np.concatenate([model.row_upper[kept], np.ones(n_new)]),
            row_family=np.concatenate([model.row_family[kept], np.full(n_new, spacing)]),
            row_number=np.concatenate([model.row_number[kept], np.arange(n_new)]),
        )

    def _write_area(self, amount: dict[int, float]) -> Change:
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
            Limit.AREA, new, _POLICY_COST + cost, f"the rule that asks for {name_rows(names)}", advice
        )

    def _write_total(self, amount: dict[int, float]) -> Change:
        staging, limits, labels = self.problem.staging, self.problem.limits, self.labels
        new, names, advice = {}, [], []
        for row, each in amount.items():
            total, year = divmod(row, staging.n_years)
            asked = float(limits.total_least[total, year])
            new[row] = _round_down(asked - each, 3)
            unit = labels.total_unit[total] if total < len(labels.total_unit) else "in total"
            names.append(f"{asked:,.10g} {unit}{self._name_year(year)} ({labels.name_total(total)})")
            advice.append(f"{new[row]:,.10g} {unit}{self._name_year(year)}")
        asked_in_all = max(float(limits.total_least.sum()), 1.0)
        return Change(
            Limit.TOTAL,
            new,
            _POLICY_COST + sum(amount.values()) / asked_in_all,
            f"the rule that asks for {name_rows(names)} more",
            f"ask for {name_rows(advice)} in a pack of your own, or move the pack to model.reported_rules",
        )

    def _write_station(self, amount: dict[int, float]) -> Change:
        limits, labels = self.problem.limits, self.labels
        asked = {rule: float(limits.station_least[rule].max()) for rule in amount}
        new = {rule: _round_down(self._find_smallest_station(rule), 1) for rule in amount}
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

    def _write_power(self, amount: dict[int, float]) -> Change:
        limited = self.problem.limits.largest_kw
        asked = float(limited[np.isfinite(limited)].min())
        more = max(amount.values())
        new = _round_up(asked + more, 1)
        return Change(
            Limit.POWER,
            {0: new},
            more / asked,
            f"model.largest_station_kw of {asked:.10g}",
            f"raise model.largest_station_kw to {new:.10g}",
        )

    def _write_bays(self, amount: dict[int, float]) -> Change:
        bays, name = self.problem.limits.bays, self.labels.name_site
        new = {site: float(bays[site] + round(each)) for site, each in amount.items()}
        names = [f"{name(site)} ({count_things(int(bays[site]), 'bay')})" for site in new]
        advice = [f"{name(site)} to {count:.0f}" for site, count in new.items()]
        cost = sum(amount.values()) / max(float(sum(bays[site] for site in new)), 1.0)
        return Change(
            Limit.BAYS,
            new,
            cost,
            f"the bays of {name_rows(names)}",
            f"raise max_chargers in a file of sites.files, {name_rows(advice)}",
        )

    def _write_required(self, amount: dict[int, float]) -> Change:
        problem = self.problem
        n_required = int((problem.is_forced_open & problem.is_counted).sum())
        names = name_rows([self.labels.name_site(site) for site in amount])
        return Change(
            Limit.REQUIRED,
            dict.fromkeys(amount, 0.0),
            max(len(amount) / max(n_required, 1), 0.5),
            f"the {count_things(n_required, 'required site')}",
            f"make {count_things(len(amount), 'required site')} a candidate: {names}"
            if len(amount) == 1
            else f"make {count_things(len(amount), 'required site')} candidates: {names}",
        )


def list_conflicts(problem: PlanProblem) -> Ints:
    """List the pairs of sites that may not both open, shape (n_pairs, 2)."""
    start, site = problem.limits.clique_start, problem.limits.clique_site
    pairs = []
    for first, end in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        members = site[first:end]
        left, right = np.triu_indices(len(members), 1)
        pairs.append(np.column_stack([members[left], members[right]]))
    found = np.sort(np.concatenate(pairs), axis=1) if pairs else np.zeros((0, 2), dtype=np.int64)
    return np.unique(found, axis=0)


def _round_down(value: float, digits: int) -> float:
    factor = 10.0**digits
    return max(float(np.floor(value * factor + 1e-6) / factor), 0.0)


def _round_up(value: float, digits: int) -> float:
    factor = 10.0**digits
    return float(np.ceil(value * factor - 1e-6) / factor)
