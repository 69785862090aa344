"""Years, charger types and groups of vehicle classes of a problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records.promises import Bools, Floats, Ints, require, require_length


@dataclass(frozen=True, slots=True, eq=False)
class PlanStages:
    """Years, charger types and groups of vehicle classes of a problem that has several of any.

    Parameters
    ----------
    years : tuple of int
        Years planned for, rising; what is built stays.
    year_weight : ndarray, shape (n_years,)
        Weight of each year in the objective; sums to 1.
    year_budget_pkr : ndarray, shape (n_years,)
        Money that comes in each year; what is left goes over into the next. Infinite when not limited.
    year_max_sites : ndarray of int64, shape (n_years,)
        Most new stations by each year, -1 when not limited.
    charger_kw : ndarray, shape (n_types,)
        Power of one charger of each type; 0 when nobody said (a plain problem needs it nowhere).
    can_use : ndarray of bool, shape (n_groups, n_types)
        Charger types that the vehicles of a group can use.
    unit_kwh_day : ndarray, shape (n_years, n_cells, n_groups)
        Demand left for our stations by year, cell and group.
    open_cost_pkr : ndarray, shape (n_sites,)
        Cost of opening a new station of any size, beside that of its levels.
    """

    years: tuple[int, ...]
    year_weight: Floats
    year_budget_pkr: Floats
    year_max_sites: Ints
    charger_kw: Floats
    can_use: Bools
    unit_kwh_day: Floats
    open_cost_pkr: Floats

    def __post_init__(self) -> None:
        n_years = len(self.years)
        n_groups, n_types = self.can_use.shape
        require_length(
            n_years,
            year_weight=self.year_weight,
            year_budget_pkr=self.year_budget_pkr,
            year_max_sites=self.year_max_sites,
            unit_kwh_day=self.unit_kwh_day,
        )
        require(all(np.diff(self.years) > 0), "years must rise")
        require(abs(float(self.year_weight.sum()) - 1.0) <= 1e-9, "the weights of the years must sum to 1")
        require_length(n_types, charger_kw=self.charger_kw)
        require(self.unit_kwh_day.shape[2] == n_groups, "unit_kwh_day must have a layer per group")
        require(bool(np.all(self.unit_kwh_day >= 0)), "demand must not be negative")
        require(bool(np.all(self.open_cost_pkr >= 0)), "costs must not be negative")

    @property
    def n_years(self) -> int:
        """Number of years planned for."""
        return len(self.years)

    @property
    def n_groups(self) -> int:
        """Number of groups of vehicle classes that can use the same charger types."""
        return int(self.can_use.shape[0])

    @property
    def n_types(self) -> int:
        """Number of charger types."""
        return int(self.can_use.shape[1])
