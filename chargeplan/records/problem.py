"""The planning problem as arrays: all that the model and the search read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chargeplan.plan_limits import PlanLimits
from chargeplan.records.promises import Bools, Floats, Ints, require, require_length
from chargeplan.records.stages import PlanStages
from chargeplan.words import PlanMode, PlanObjective


@dataclass(frozen=True, slots=True, eq=False)
class PlanProblem:
    """The planning problem, free of any solver; the mathematics are in docs/explanation/model.md.

    A *plain* problem has one year, one charger type, one group of vehicle classes and no `limits`;
    the fields after `nearest_sites` then follow from those before it. Otherwise ``demand_kwh_day`` is that of
    the last year and of all groups.

    A *slot* is a site and a charger type: slot ``site * n_types + type``. Sites that are competitors are
    not in the problem; their sites keep their row with ``is_open_allowed`` false, so that
    positions are those of `CandidateSites`.

    Parameters
    ----------
    mode : PlanMode
    demand_kwh_day : ndarray, shape (n_cells,)
        Demand left for our stations (after competitors).
    competitor_kwh_day : ndarray, shape (n_cells,)
        Demand that competitors take first.
    pair_cell, pair_site : ndarray of int64, shape (k,)
        Pairs a cell may use: within the limit, and among its nearest sites when asked; sorted
        by cell and site.
    pair_quality : ndarray, shape (k,)
        Worth of demand served by the pair, 0 to 1 and > 0.
    pair_seconds : ndarray, shape (k,)
    is_open_allowed : ndarray of bool, shape (n_sites,)
        False for competitors.
    is_forced_open : ndarray of bool, shape (n_sites,)
        True for existing and required sites.
    is_counted : ndarray of bool, shape (n_sites,)
        Sites that count against max_sites: not existing ones.
    level_chargers : ndarray of int64, shape (n_levels,)
        Numbers of chargers a new station may have of a type, rising. One level in cover mode.
    level_allowed : ndarray of bool, shape (n_slots, n_levels)
        Levels that fit a slot; all false for existing sites, whose size is fixed.
    level_cost_pkr : ndarray, shape (n_slots, n_levels)
        Cost of the chargers of a level, with that of opening the site when `open_cost_pkr` is 0. Zero
        for existing sites.
    level_capacity_kwh_day : ndarray, shape (n_slots, n_levels)
        Energy a level can deliver, less where outages stop it; infinite in cover mode.
    existing_capacity_kwh_day : ndarray, shape (n_slots,)
        Energy an existing station can deliver; 0 for others.
    existing_chargers : ndarray of int64, shape (n_slots,)
    budget_pkr : float
        For all years together; infinite when not limited.
    max_sites : int
        In the last year; -1 when not limited.
    nearest_sites : int
        0 when not limited.
    stages : PlanStages or None
        Years, charger types and groups when there are several; None in a plain problem, see `staging`.
    limits : PlanLimits
    objective : PlanObjective
    target_share : float
        Share of the demand of each year that must be served, weighted by its worth; 0 when not asked for.
        The objective `COST` needs it; its budgets, when there are any, are ceilings.
    """

    mode: PlanMode
    demand_kwh_day: Floats
    competitor_kwh_day: Floats
    pair_cell: Ints
    pair_site: Ints
    pair_quality: Floats
    pair_seconds: Floats
    is_open_allowed: Bools
    is_forced_open: Bools
    is_counted: Bools
    level_chargers: Ints
    level_allowed: Bools
    level_cost_pkr: Floats
    level_capacity_kwh_day: Floats
    existing_capacity_kwh_day: Floats
    existing_chargers: Ints
    budget_pkr: float
    max_sites: int
    nearest_sites: int
    stages: PlanStages | None = None
    limits: PlanLimits = field(default_factory=PlanLimits)
    objective: PlanObjective = PlanObjective.SERVED
    target_share: float = 0.0

    def __post_init__(self) -> None:
        n_slots, n_levels = self.level_cost_pkr.shape
        n_types = 1 if self.stages is None else self.stages.n_types
        require(n_slots == self.n_sites * n_types, "there must be a slot per site and charger type")
        require_length(len(self.demand_kwh_day), competitor_kwh_day=self.competitor_kwh_day)
        require_length(
            len(self.pair_cell),
            pair_site=self.pair_site,
            pair_quality=self.pair_quality,
            pair_seconds=self.pair_seconds,
        )
        require_length(
            self.n_sites,
            is_open_allowed=self.is_open_allowed,
            is_forced_open=self.is_forced_open,
            is_counted=self.is_counted,
        )
        require_length(
            n_slots,
            existing_capacity_kwh_day=self.existing_capacity_kwh_day,
            existing_chargers=self.existing_chargers,
        )
        require_length(n_levels, level_chargers=self.level_chargers)
        require(self.level_allowed.shape == (n_slots, n_levels), "level_allowed must match level_cost_pkr")
        require(
            self.level_capacity_kwh_day.shape == (n_slots, n_levels),
            "level_capacity_kwh_day must match level_cost_pkr",
        )
        require(bool(np.all(self.demand_kwh_day >= 0)), "demand must not be negative")
        require(bool(np.all((self.pair_quality > 0) & (self.pair_quality <= 1))), "quality must be in (0, 1]")
        if self.stages is not None:
            self._check_stages(self.stages)
        require(self.mode is PlanMode.ALLOCATE or n_levels == 1, "cover mode has one level")

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.demand_kwh_day)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.is_open_allowed)

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return len(self.pair_cell)

    @property
    def staging(self) -> PlanStages:
        """Years, charger types and groups: those given, or one of each."""
        if self.stages is not None:
            return self.stages
        return PlanStages(
            years=(0,),
            year_weight=np.ones(1),
            year_budget_pkr=np.array([self.budget_pkr]),
            year_max_sites=np.array([self.max_sites], dtype=np.int64),
            charger_kw=np.zeros(1),
            can_use=np.ones((1, 1), dtype=np.bool_),
            unit_kwh_day=self.demand_kwh_day[None, :, None],
            open_cost_pkr=np.zeros(self.n_sites),
        )

    @property
    def is_plain(self) -> bool:
        """Tell whether there is one year, one type, one group, the usual objective and no further limit."""
        return (
            self.stages is None
            and not self.limits.has_any
            and self.objective is PlanObjective.SERVED
            and self.target_share <= 0
        )

    def _check_stages(self, stages: PlanStages) -> None:
        require_length(self.n_sites, open_cost_pkr=stages.open_cost_pkr)
        require(stages.unit_kwh_day.shape[1] == self.n_cells, "unit_kwh_day must have a column per cell")
        last = stages.unit_kwh_day[-1].sum(axis=1)
        require(
            bool(np.allclose(last, self.demand_kwh_day, rtol=1e-9, atol=1e-9)),
            "demand_kwh_day must be that of the last year and of all groups",
        )
        require(
            float(stages.year_budget_pkr.sum()) == self.budget_pkr
            or abs(float(stages.year_budget_pkr.sum()) - self.budget_pkr) <= 1e-9 * self.budget_pkr,
            "budget_pkr must be the sum of the budgets of the years",
        )
        require(int(stages.year_max_sites[-1]) == self.max_sites, "max_sites must be that of the last year")
