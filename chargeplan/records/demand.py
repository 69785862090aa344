"""Where vehicles want to charge, and how much."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chargeplan.records.promises import Bools, Floats, Ints, require, require_length
from chargeplan.tables import (
    ZONES,
    check_table,
)
from chargeplan.units import HOURS_PER_DAY
from chargeplan.words import ChargingUse

CONSERVATION_RELATIVE_TOLERANCE = 1e-9
_SPAN = re.compile(r"(\d\d)-(\d\d)")


@dataclass(frozen=True, slots=True, eq=False)
class DemandCells:
    """Hexagons that want energy.

    Parameters
    ----------
    cell_id : ndarray of str, shape (n,)
        H3 cell ids, rising.
    lonlat : ndarray of float64, shape (n, 2)
        Cell centres, EPSG:4326.
    people : ndarray of float64, shape (n,)
    kwh_day : ndarray of float64, shape (n, n_classes)
        Energy that public stations can serve by vehicle class, kWh per day, finite and >= 0: the
        sum of `kwh_day_by_use` over all uses but depots.
    classes : tuple of str
        Names of the vehicle classes.
    uses : tuple of str
        Words of `ChargingUse`.
    kwh_day_by_use : ndarray of float64, shape (n, n_classes, n_uses)
        Energy by vehicle class and use, kWh per day; that of depots is a fixed load.
    periods : tuple of str
        Names of the periods of the day, in their order.
    period_share : ndarray of float64, shape (n_classes, n_uses, n_periods)
        Share of the energy of a class and use whose charging starts in each period; sums to 1.
    zone_pos : ndarray of int64, shape (n,)
        Row in `zones`.
    zones : pandas.DataFrame
        Columns of `tables.ZONES`.
    zones_are_cells : bool
        True when H3 cells of resolution 6 stand in for a zone layer.
    node_pos : ndarray of int64, shape (n,)
        Network node of the cell, -1 when it is beyond the snap limit.
    snap_m : ndarray of float64, shape (n,)
        Distance to the nearest joinable node.
    people_in, people_outside : float
        ``people_in == sum(people) + people_outside`` (relative 1e-9).
    kwh_day_in, kwh_day_outside : float
        The same for energy that stations can serve, over all classes.
    depot_kwh_day_in, depot_kwh_day_outside : float
        The same for the energy of depots.
    explanation : pandas.DataFrame
        How the totals came about, one row per figure: step, value, unit, source, confidence.
    kwh_km : ndarray of float64, shape (n_classes,) or (0,)
        Energy per kilometre of each vehicle class; empty when nobody said.
    charger_kw : ndarray of float64, shape (n_classes, 2) or (0, 2)
        Powers of the weakest and the strongest charger that each class can use; empty when nobody said.
    warnings : tuple of str
        How much energy lies where it does for want of a layer or a depot.
    battery_kwh : ndarray of float64, shape (n_classes,) or (0,)
        Battery of a vehicle of each class; empty when nobody said.
    """

    cell_id: NDArray[np.str_]
    lonlat: Floats
    people: Floats
    kwh_day: Floats
    classes: tuple[str, ...]
    uses: tuple[str, ...]
    kwh_day_by_use: Floats
    periods: tuple[str, ...]
    period_share: Floats
    zone_pos: Ints
    zones: pd.DataFrame
    zones_are_cells: bool
    node_pos: Ints
    snap_m: Floats
    people_in: float
    people_outside: float
    kwh_day_in: float
    kwh_day_outside: float
    depot_kwh_day_in: float
    depot_kwh_day_outside: float
    explanation: pd.DataFrame
    kwh_km: Floats = field(default_factory=lambda: np.zeros(0))
    charger_kw: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    warnings: tuple[str, ...] = ()
    battery_kwh: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        n_cells = len(self.cell_id)
        require(n_cells >= 1, "there must be a demand cell")
        require_length(
            n_cells,
            lonlat=self.lonlat,
            people=self.people,
            kwh_day=self.kwh_day,
            zone_pos=self.zone_pos,
            node_pos=self.node_pos,
            snap_m=self.snap_m,
        )
        require(
            self.kwh_day.shape == (n_cells, len(self.classes)), "kwh_day must have a column per vehicle class"
        )
        require(
            bool(np.all(np.isfinite(self.kwh_day) & (self.kwh_day >= 0))),
            "demand must be finite and not negative",
        )
        require(
            bool(np.all(np.isfinite(self.people) & (self.people >= 0))),
            "people must be finite and not negative",
        )
        self._check_uses_and_periods(n_cells)
        require(
            len(self.kwh_km) in {0, len(self.classes)}
            and bool(np.all(np.isfinite(self.kwh_km) & (self.kwh_km >= 0))),
            "kwh_km must have a finite figure >= 0 per vehicle class, or none at all",
        )
        require(
            len(self.battery_kwh) in {0, len(self.classes)}
            and bool(np.all(np.isfinite(self.battery_kwh) & (self.battery_kwh > 0))),
            "battery_kwh must have a finite figure above 0 per vehicle class, or none at all",
        )
        require(
            self.charger_kw.shape in {(0, 2), (len(self.classes), 2)},
            "charger_kw must have a weakest and a strongest power per vehicle class, or none at all",
        )
        require(bool(np.all(self.cell_id[1:] > self.cell_id[:-1])), "cell ids must rise without repeats")
        check_table(self.zones, ZONES, "zones")
        require(
            bool(np.all((self.zone_pos >= 0) & (self.zone_pos < len(self.zones)))),
            "every cell must lie in a zone",
        )
        for what, total, parts in (
            ("people", self.people_in, float(self.people.sum()) + self.people_outside),
            ("kWh/day", self.kwh_day_in, float(self.kwh_day.sum()) + self.kwh_day_outside),
            (
                "kWh/day of depots",
                self.depot_kwh_day_in,
                float(self.depot_kwh_day.sum()) + self.depot_kwh_day_outside,
            ),
        ):
            require(
                abs(total - parts) <= CONSERVATION_RELATIVE_TOLERANCE * max(total, 1.0),
                f"{what} is not conserved: {total} in, {parts} in cells and outside",
            )

    def _check_uses_and_periods(self, n_cells: int) -> None:
        n_classes, n_uses, n_periods = len(self.classes), len(self.uses), len(self.periods)
        require(
            set(self.uses) <= set(ChargingUse) and len(set(self.uses)) == n_uses,
            f"uses must be words of ChargingUse without repeats; got {self.uses}",
        )
        require(
            self.kwh_day_by_use.shape == (n_cells, n_classes, n_uses),
            "kwh_day_by_use must have a row per cell, a column per vehicle class and a layer per use",
        )
        require(
            bool(np.all(np.isfinite(self.kwh_day_by_use) & (self.kwh_day_by_use >= 0))),
            "demand by use must be finite and not negative",
        )
        at_stations = self.kwh_day_by_use[:, :, self._is_served_at_stations].sum(axis=2)
        scale = max(float(self.kwh_day.max(initial=0.0)), 1.0)
        require(
            bool(np.all(np.abs(at_stations - self.kwh_day) <= CONSERVATION_RELATIVE_TOLERANCE * scale)),
            "kwh_day must be the sum of the uses that stations can serve",
        )
        require(
            self.period_share.shape == (n_classes, n_uses, n_periods),
            "period_share must have a row per vehicle class, a column per use and a layer per period",
        )
        require(
            bool(np.all(np.isfinite(self.period_share) & (self.period_share >= 0)))
            and bool(np.allclose(self.period_share.sum(axis=2), 1.0, rtol=0, atol=1e-9)),
            "the shares of the periods must not be negative and sum to 1 for each class and use",
        )

    @property
    def _is_served_at_stations(self) -> Bools:
        return np.array([use != ChargingUse.DEPOT for use in self.uses], dtype=np.bool_)

    @property
    def depot_kwh_day(self) -> Floats:
        """Energy of depots by vehicle class, shape (n, n_classes), kWh per day."""
        depots = self.kwh_day_by_use[:, :, ~self._is_served_at_stations]
        return np.asarray(depots.sum(axis=2), dtype=np.float64)

    @property
    def kwh_day_by_period(self) -> Floats:
        """Energy that stations can serve by class and period, shape (n, n_classes, n_periods)."""
        served = self._is_served_at_stations
        return np.asarray(
            np.einsum("jvu,vut->jvt", self.kwh_day_by_use[:, :, served], self.period_share[:, served])
        )

    @property
    def depot_kwh_day_by_period(self) -> Floats:
        """Energy of depots by class and period, shape (n, n_classes, n_periods)."""
        at_depots = ~self._is_served_at_stations
        return np.asarray(
            np.einsum("jvu,vut->jvt", self.kwh_day_by_use[:, :, at_depots], self.period_share[:, at_depots])
        )

    @property
    def peak_hour_share(self) -> float:
        """Share of a day's energy at stations whose charging starts in its busiest hour.

        Over all classes; within a period of the day the hours are alike.
        """
        energy = self.kwh_day_by_period.sum(axis=(0, 1))
        total = float(energy.sum())
        return float((energy / self.period_hours).max() / total) if total > 0 else 1.0 / 24.0

    @property
    def period_hours(self) -> Floats:
        """Length of each period of the day in hours, shape (n_periods,).

        ``06-10`` has four; a period whose name tells no hours (``all day``) has an equal part of the day.
        """
        spans = [_SPAN.fullmatch(name) for name in self.periods]
        part = HOURS_PER_DAY / max(len(spans), 1)
        return np.array([part if span is None else float(span[2]) - float(span[1]) for span in spans])

    def can_use(self, power_kw: float) -> Bools:
        """Tell which classes can use a charger of a power, shape (n_classes,); all when nobody said."""
        if len(self.charger_kw) == 0:
            return np.ones(len(self.classes), dtype=np.bool_)
        return np.asarray((self.charger_kw[:, 0] <= power_kw) & (power_kw <= self.charger_kw[:, 1]))

    @property
    def total_kwh_day(self) -> Floats:
        """Energy over all classes, shape (n,), kWh per day."""
        return np.asarray(self.kwh_day.sum(axis=1), dtype=np.float64)

    def sum_zones_kwh_day(self) -> Floats:
        """Sum the energy of each zone over all classes, shape (n_zones,), kWh per day."""
        summed = np.bincount(self.zone_pos, self.total_kwh_day, len(self.zones))
        return np.asarray(summed, dtype=np.float64)
