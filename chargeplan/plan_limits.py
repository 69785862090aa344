"""What a plan must respect beside budget, count and capacity: one record of plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _no_floats() -> Floats:
    return np.zeros(0, dtype=np.float64)


def _no_table() -> Floats:
    return np.zeros((0, 0), dtype=np.float64)


def _no_ints() -> Ints:
    return np.zeros(0, dtype=np.int64)


def _no_sets() -> Ints:
    return np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class PlanLimits:
    """Limits of a plan; an array without entries is a limit that was not asked for.

    Sets of sites are stored as starts and members: set s is ``site[start[s]:start[s + 1]]``.

    Parameters
    ----------
    bays : ndarray of int64, shape (n_sites,) or (0,)
        Most chargers of all types together at a site (BAYS).
    largest_kw : ndarray, shape (n_sites,) or (0,)
        Most power of a new station (POWER); infinite where not limited.
    site_asset : ndarray of int64, shape (n_sites,) or (0,)
        Grid asset that feeds a site, -1 where nobody knows.
    asset_parent : ndarray of int64, shape (n_assets,)
        Asset above, -1 at the top.
    asset_headroom_kw : ndarray, shape (n_assets,)
        Power that new stations may draw below it; NaN where nobody knows (then it limits nothing).
    asset_step_kw, asset_step_pkr : ndarray, shape (n_assets,)
        Headroom and price of one upgrade.
    asset_max_steps : ndarray of int64, shape (n_assets,)
    unknown_headroom_pkr_kw : float
        Risk charged for each kW of a new station that some asset above it, or all, are not known to bear.
    clique_start, clique_site : ndarray of int64
        Sets of sites of which at most one may be open as a new station (SPACING).
    cover_start, cover_site : ndarray of int64
        Sets of sites of which some must be open, existing ones included (RULES).
    cover_least, cover_year_pos : ndarray of int64, shape (n_sets,)
        How many, and the row of the first year in which it holds.
    total_amount : ndarray, shape (n_totals, n_types)
        What a new charger of each type adds to a total over all stations: 1 for a count, kW for power (RULES).
    total_least : ndarray, shape (n_totals, n_years)
        Least total of new chargers by year, what stands taken off.
    station_amount : ndarray, shape (n_station_rules, n_types)
        What a charger of each type adds to an amount of its station: 1, kW, or 0 where it does not count (RULES).
    station_least : ndarray, shape (n_station_rules, n_sites)
        Least amount of each new station; 0 where not asked for.
    cell_zone : ndarray of int64, shape (n_cells,) or (0,)
        Zone of each cell, for equity.
    zone_floor_share : ndarray, shape (n_zones,) or (0,)
        Least share of a zone's demand that must be served, in every year (EQUITY).
    gini_cap : float
        Largest Gini coefficient of the served shares of zones, weighted by their demand, in every
        year (EQUITY); infinite when not asked for.
    backup_share : float
        Least share of the demand that reaches two open stations (BACKUP); 0 when not asked for.
    """

    bays: Ints = field(default_factory=_no_ints)
    largest_kw: Floats = field(default_factory=_no_floats)
    site_asset: Ints = field(default_factory=_no_ints)
    asset_parent: Ints = field(default_factory=_no_ints)
    asset_headroom_kw: Floats = field(default_factory=_no_floats)
    asset_step_kw: Floats = field(default_factory=_no_floats)
    asset_step_pkr: Floats = field(default_factory=_no_floats)
    asset_max_steps: Ints = field(default_factory=_no_ints)
    unknown_headroom_pkr_kw: float = 0.0
    clique_start: Ints = field(default_factory=_no_sets)
    clique_site: Ints = field(default_factory=_no_ints)
    cover_start: Ints = field(default_factory=_no_sets)
    cover_site: Ints = field(default_factory=_no_ints)
    cover_least: Ints = field(default_factory=_no_ints)
    cover_year_pos: Ints = field(default_factory=_no_ints)
    total_amount: Floats = field(default_factory=_no_table)
    total_least: Floats = field(default_factory=_no_table)
    station_amount: Floats = field(default_factory=_no_table)
    station_least: Floats = field(default_factory=_no_table)
    cell_zone: Ints = field(default_factory=_no_ints)
    zone_floor_share: Floats = field(default_factory=_no_floats)
    gini_cap: float = float("inf")
    backup_share: float = 0.0

    @property
    def has_any(self) -> bool:
        """Tell whether any limit was asked for."""
        return (
            any(
                len(each) > 0
                for each in (
                    self.bays,
                    self.largest_kw,
                    self.site_asset,
                    self.clique_site,
                    self.cover_least,
                    self.total_least,
                    self.station_least,
                    self.zone_floor_share,
                )
            )
            or np.isfinite(self.gini_cap)
            or self.backup_share > 0
        )
