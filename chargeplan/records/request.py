"""What the planner asks of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from chargeplan.queues import compute_load_at_target
from chargeplan.records.promises import (
    Bools,
    Floats,
    Ints,
    get_value,
    have_no_charger_types,
    have_no_figures,
    have_no_zone_floors,
    require,
)
from chargeplan.tables import (
    CHARGER_TYPES,
    FIGURES,
    ZONE_FLOORS,
    check_table,
)
from chargeplan.units import HOURS_PER_DAY
from chargeplan.words import PlanMode, PlanObjective, ServiceRule

POWER_FACTOR_FIGURE = "power_factor_share"


@dataclass(frozen=True, slots=True, eq=False)
class PlanRequest:
    """What the planner asked for, in plain numbers; a plan is verified against this.

    Parameters
    ----------
    mode : PlanMode
    budget_pkr : float
        Infinite when not limited.
    max_sites : int
        -1 when not limited.
    nearest_sites : int
        0 when not limited.
    limit_s : float
        Longest drive.
    band_up_to_min, band_quality : tuple of float
        Travel-time bands; empty when every drive within the limit is worth 1.
    station_chargers : int
        Chargers of every new station in cover mode.
    charger_power_kw, charger_cost_pkr : float
        The charger.
    hours_day, max_utilisation : float
        Opening hours, and the largest share of them in which a charger is busy.
    levels : tuple of int
        Numbers of chargers that a new station may have in allocate mode.
    gap_asked : float
        Gap at which a plan counts as proven optimal.
    year : int
        Year that is planned for; 0 when nobody said.
    outage_hours_day : float
        Hours a day without power from the grid, spread evenly over the day.
    figures : pandas.DataFrame
        Columns of `tables.FIGURES`: prices, costs and factors of the economics; without rows
        there are no economics.
    service_rule : ServiceRule
        What limits the energy that a number of chargers delivers.
    service_target_share, service_wait_share : float
        Of the rules of queues: largest share of drivers, and what is a long wait.
    peak_share : float
        Share of a day's energy that is asked for in its busiest hour; 0 when no rule needs it.
    charger_types : pandas.DataFrame
        Columns of `tables.CHARGER_TYPES`: name, power_kw, cost_pkr, levels (numbers with spaces between);
        without rows there is one type, with the fields above.
    years : tuple of int
        Years planned for; empty when it is `year` alone.
    year_budget_pkr, year_weight : tuple of float
        Money of each year (infinite when not limited), and its weight.
    year_max_sites : tuple of int
        Most new sites by each year, -1 when not limited.
    objective : PlanObjective
    target_share : float
        0 without a target.
    zone_floors : pandas.DataFrame
        Columns of `tables.ZONE_FLOORS`: zone_id and floor_share of zones with a floor.
    gini_cap : float
        Infinite when not limited.
    spacing_m, least_station_kw, largest_station_kw : float
        0, 0 and infinite when not limited.
    backup_share : float
    """

    mode: PlanMode
    budget_pkr: float
    max_sites: int
    nearest_sites: int
    limit_s: float
    band_up_to_min: tuple[float, ...]
    band_quality: tuple[float, ...]
    station_chargers: int
    charger_power_kw: float
    charger_cost_pkr: float
    hours_day: float
    max_utilisation: float
    levels: tuple[int, ...]
    gap_asked: float
    year: int = 0
    outage_hours_day: float = 0.0
    figures: pd.DataFrame = field(default_factory=have_no_figures)
    service_rule: ServiceRule = ServiceRule.UTILISATION
    service_target_share: float = 0.0
    service_wait_share: float = 0.0
    peak_share: float = 0.0
    charger_types: pd.DataFrame = field(default_factory=have_no_charger_types)
    years: tuple[int, ...] = ()
    year_budget_pkr: tuple[float, ...] = ()
    year_weight: tuple[float, ...] = ()
    year_max_sites: tuple[int, ...] = ()
    objective: PlanObjective = PlanObjective.SERVED
    target_share: float = 0.0
    zone_floors: pd.DataFrame = field(default_factory=have_no_zone_floors)
    gini_cap: float = float("inf")
    spacing_m: float = 0.0
    least_station_kw: float = 0.0
    largest_station_kw: float = float("inf")
    backup_share: float = 0.0

    def __post_init__(self) -> None:
        require(
            0 <= self.outage_hours_day < HOURS_PER_DAY,
            f"outages must last less than 24 hours a day; got {self.outage_hours_day}",
        )
        require(
            self.service_rule is ServiceRule.UTILISATION or 0 < self.peak_share <= 1,
            "a queue needs the share of the day's energy in the busiest hour",
        )
        check_table(self.charger_types, CHARGER_TYPES, "charger types")
        check_table(self.zone_floors, ZONE_FLOORS, "zone floors")
        check_table(self.figures, FIGURES, "figures")
        require(self.figures["name"].is_unique, "every figure must be there once")
        require(bool(np.all(np.isfinite(self.figures["value"]))), "figures must be finite")

    def compute_capacity_kwh_day(self, power_kw: Floats, has_backup: Bools, chargers: Ints) -> Floats:
        """Energy that equal chargers of a total power can deliver, kWh per day.

        With a rule of queues it is the load in erlang that keeps the target in the busiest hour (see
        `chargeplan.queues`), times the power of one charger, over that hour's share of the day's energy; and
        never more than all chargers deliver in all opening hours.

        Parameters
        ----------
        power_kw : ndarray
            Of all chargers together.
        has_backup : ndarray of bool
            Where outages do not count, see `CandidateSites.has_backup`.
        chargers : ndarray of int64
            Number of chargers; arrays are broadcast to one shape.
        """
        powered_share = np.where(has_backup, 1.0, 1.0 - self.outage_hours_day / HOURS_PER_DAY)
        if self.service_rule is ServiceRule.UTILISATION:
            busy_hours_day: Floats = np.asarray(self.hours_day * self.max_utilisation)
        else:
            busy_hours_day = self._compute_busy_hours_day(np.asarray(chargers, dtype=np.int64))
        return np.asarray(power_kw * powered_share * busy_hours_day, dtype=np.float64)

    def _compute_busy_hours_day(self, chargers: Ints) -> Floats:
        """Hours a day for which each of some chargers may be busy at the service target."""
        number, at = np.unique(chargers, return_inverse=True)
        load_erlang = np.zeros(len(number))
        load_erlang[number > 0] = compute_load_at_target(
            number[number > 0],
            self.service_rule,
            target_share=self.service_target_share,
            wait_of_charge=self.service_wait_share,
        )
        hours = load_erlang / np.maximum(number, 1) / self.peak_share
        return np.minimum(hours, self.hours_day)[at].reshape(chargers.shape)

    @property
    def type_power_kw(self) -> tuple[float, ...]:
        """Power of one charger of each type."""
        return tuple(map(float, self.charger_types["power_kw"])) or (self.charger_power_kw,)

    @property
    def type_names(self) -> tuple[str, ...]:
        """Name of each charger type; its power when nobody named it."""
        named = tuple(map(str, self.charger_types["name"]))
        return named or tuple(f"{kw:g} kW" for kw in self.type_power_kw)

    def get_figure(self, name: str) -> float:
        """Return the value of a figure by name.

        Raises
        ------
        KeyError
            When there is no such figure.
        """
        return get_value(self.figures, name)

    def compute_load_kva(self, power_kw: Floats) -> Floats:
        """Compute the load of stations with all chargers at full power, kVA; NaN when no power factor is given."""
        factor = self.figures["value"][self.figures["name"] == POWER_FACTOR_FIGURE].to_numpy()
        return np.asarray(power_kw / (float(factor[0]) if len(factor) else np.nan), dtype=np.float64)
