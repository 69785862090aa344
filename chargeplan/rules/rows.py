"""The rules of a study as plain arrays, for the model and for the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chargeplan.errors import RecordError
from chargeplan.records import Bools, Floats, Ints

OUTLINE_POINTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class RuleRows:
    """Every rule of a study as arrays; ``_rule`` fields are rows of `rules`.

    Parameters
    ----------
    rules : pandas.DataFrame
        One row per rule: rule_id, pack, kind, must, due_year (0 for always), says, source, year,
        confidence (the weakest of its figures).
    years : ndarray of int64, shape (n_periods,)
        Years that are planned for.
    must : ndarray of bool, shape (n_rules, n_periods)
        Rules that a plan has to keep in a period: hard and due by then.
    area_rule : ndarray of int64, shape (n_areas,)
        Rule of each area; an area is an occupied square, or all sites of some kinds.
    area_label : ndarray of str, shape (n_areas,)
        Zone and square, such as ``Nilore, square 105-1244``.
    area_stations : ndarray of int64, shape (n_areas,)
        Stations that must stand among the sites of the area.
    area_start : ndarray of int64, shape (n_areas + 1,)
        Sites of area a: ``area_site[area_start[a]:area_start[a + 1]]``.
    area_site : ndarray of int64
        Rising within an area; standing stations, of competitors too, and sites that may open.
    area_outline_lonlat : ndarray, shape (n_areas, 5, 2)
        Closed ring, counter-clockwise, EPSG:4326; NaN where an area is no square.
    area_people, area_kwh_day : ndarray, shape (n_areas,)
        Of the square; NaN where an area is no square.
    total_rule : ndarray of int64, shape (n_totals,)
        Rule of each total over all stations.
    total_is_power : ndarray of bool, shape (n_totals,)
        True for kW, False for charging points.
    total_required : ndarray, shape (n_totals, n_periods)
    total_vehicles : ndarray, shape (n_totals, n_periods)
        Vehicles that were counted.
    station_rule : ndarray of int64, shape (n_station_rules,)
        Rule about the power of each new station.
    station_kw, station_charger_kw : ndarray, shape (n_station_rules,)
        Least power of the station, and of a charger that counts (0 for any).
    station_chargers : ndarray of int64, shape (n_station_rules,)
        Least number of such chargers.
    bays_rule : ndarray of int64, shape (n_bays_rules,)
        Rule about bays.
    bays_per_charger : ndarray, shape (n_bays_rules,)
        Bays that a charger takes, 0 where the rule does not say.
    bays_points : ndarray of int64, shape (n_bays_rules, n_sites)
        Least charging points of a new station; 0 for none, -1 where the bays are not known.
    site_bays : ndarray, shape (n_sites,)
        Parking bays, NaN where not known.
    site_stands, site_may_open : ndarray of bool, shape (n_sites,)
        Stations that stand with chargers (also of competitors), and sites that can be opened.
    standing_chargers, standing_kw : ndarray, shape (n_sites,)
        What stands there, else 0.
    warnings : tuple of str
    """

    rules: pd.DataFrame
    years: Ints
    must: Bools
    area_rule: Ints
    area_label: NDArray[np.str_]
    area_stations: Ints
    area_start: Ints
    area_site: Ints
    area_outline_lonlat: Floats
    area_people: Floats
    area_kwh_day: Floats
    total_rule: Ints
    total_is_power: Bools
    total_required: Floats
    total_vehicles: Floats
    station_rule: Ints
    station_kw: Floats
    station_charger_kw: Floats
    station_chargers: Ints
    bays_rule: Ints
    bays_per_charger: Floats
    bays_points: Ints
    site_bays: Floats
    site_stands: Bools
    site_may_open: Bools
    standing_chargers: Floats
    standing_kw: Floats
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_areas, n_sites = len(self.area_rule), len(self.site_stands)
        for name, size, length in (
            ("must", self.must.shape, (len(self.rules), len(self.years))),
            ("area_start", self.area_start.shape, (n_areas + 1,)),
            ("area_outline_lonlat", self.area_outline_lonlat.shape, (n_areas, OUTLINE_POINTS, 2)),
            ("total_required", self.total_required.shape, (len(self.total_rule), len(self.years))),
            ("bays_points", self.bays_points.shape, (len(self.bays_rule), n_sites)),
        ):
            if size != length:
                raise RecordError(f"{name} has the shape {size}, expected {length}")
        if len(self.area_site) and not 0 <= self.area_site.min() <= self.area_site.max() < n_sites:
            raise RecordError("area_site must hold rows of the sites")

    @property
    def n_areas(self) -> int:
        """Number of areas."""
        return len(self.area_rule)

    @property
    def area_of_entry(self) -> Ints:
        """Area of each entry of `area_site`."""
        return np.repeat(np.arange(self.n_areas), np.diff(self.area_start))

    def count_in_areas(self, is_counted: Bools) -> Ints:
        """Count the sites of a kind in each area, shape (n_areas,)."""
        counted = self.area_of_entry[is_counted[self.area_site]]
        return np.bincount(counted, minlength=self.n_areas).astype(np.int64)
