"""Names for what a planning problem knows by position only, for messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chargeplan.rules.figures_to_set import name_total_figure

Floats = NDArray[np.float64]


def _no_places() -> Floats:
    return np.zeros((0, 2), dtype=np.float64)


def _no_demand() -> Floats:
    return np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class PlanLabels:
    """Names of sites, zones, assets and rules; what has none is named by its position.

    Parameters
    ----------
    site_id, site_name, zone_id, zone_name, asset_id : tuple of str
    zones_are_cells : bool
        Whether hexagons stand in for zones; the config then takes no floors of single ones.
    zone_kwh_day : ndarray, shape (n_zones,) or (0,)
        What each zone wants, competitors not taken off.
    floor_share : float
        `model.equity.floor_share`, 0 when not asked for.
    has_years : bool
        Whether the config plans for `model.years`, which have budgets and counts of their own.
    area_label, area_rule : tuple of str
        Of each set of sites of `PlanLimits.cover_start`: what it is and which rule asks for it.
    total_unit, total_rule : tuple of str
        Of each total of `PlanLimits.total_least`.
    total_vehicles : ndarray, shape (n_totals, n_years) or (0, 0)
        Vehicles that the rule of each total counts.
    total_standing : ndarray, shape (n_totals,) or (0,)
        What stands, which is taken off what the rule asks for.
    station_key : tuple of str
        Rule or config key of each row of `PlanLimits.station_least`.
    site_xy_m : ndarray, shape (n_sites, 2) or (0, 2)
        Coordinates in a metric CRS, from which a spacing that is possible is found.
    spacing_m : float
        0 when not asked for.
    """

    site_id: tuple[str, ...] = ()
    site_name: tuple[str, ...] = ()
    zone_id: tuple[str, ...] = ()
    zone_name: tuple[str, ...] = ()
    asset_id: tuple[str, ...] = ()
    zones_are_cells: bool = False
    zone_kwh_day: Floats = field(default_factory=_no_demand)
    floor_share: float = 0.0
    has_years: bool = False
    area_label: tuple[str, ...] = ()
    area_rule: tuple[str, ...] = ()
    total_unit: tuple[str, ...] = ()
    total_rule: tuple[str, ...] = ()
    total_vehicles: Floats = field(default_factory=_no_places)
    total_standing: Floats = field(default_factory=_no_demand)
    station_key: tuple[str, ...] = ()
    site_xy_m: Floats = field(default_factory=_no_places)
    spacing_m: float = 0.0

    def name_site(self, site: int) -> str:
        """Name a site by its place, with its id where that is another word."""
        return _join(self.site_name, site, _name(self.site_id, site, "site at row"))

    def name_asset(self, asset: int) -> str:
        """Name a grid asset."""
        return _name(self.asset_id, asset, "asset at row")

    def name_zone(self, zone: int) -> str:
        """Name a zone, with its id where that is another word and a key of the config; hexagons have none."""
        if self.zones_are_cells and zone < len(self.zone_name):
            return self.zone_name[zone]
        return _join(self.zone_name, zone, self.key_zone(zone))

    def key_zone(self, zone: int) -> str:
        """Name a zone as `model.equity.zone_floor_share` does."""
        return _name(self.zone_id, zone, "zone at row")

    def name_area(self, area: int) -> str:
        """Name a set of sites of which some must be open."""
        return _name(self.area_label, area, "area at row")

    def name_area_rule(self, area: int) -> str:
        """Name the rule of such a set."""
        return _name(self.area_rule, area, "rule of area")

    def name_total(self, total: int) -> str:
        """Name the rule of a total."""
        return _name(self.total_rule, total, "total at row")

    def advise_total(self, total: int, year: int, amount: float) -> str:
        """Say how the pack of a rule asks for no more than an amount of new chargers by a year."""
        unit = self.total_unit[total] if total < len(self.total_unit) else "in all"
        rule = self.name_total(total).removeprefix("model.rules: ")
        if total < len(self.total_vehicles) and self.total_vehicles[total, year] > 0:
            vehicles, standing = float(self.total_vehicles[total, year]), float(self.total_standing[total])
            figure = name_total_figure(vehicles, amount + standing, is_power=unit == "kW")
            return f"{figure or 'leave out the rule'} of {rule} in a pack of your own"
        return f"ask for {amount:,.10g} {unit} in a pack of your own"

    def name_station_rule(self, rule: int) -> str:
        """Name the rule or key that asks for an amount at each station."""
        return _name(self.station_key, rule, "station rule at row")


def _name(names: tuple[str, ...], at: int, otherwise: str) -> str:
    return names[at] if at < len(names) else f"{otherwise} {at}"


def _join(names: tuple[str, ...], at: int, ident: str) -> str:
    """Put an id after a name that does not hold it already."""
    name = names[at].strip() if at < len(names) else ""
    if not name:
        return ident
    return name if ident in name else f"{name} ({ident})"


def name_equal_floors(labels: PlanLabels) -> str:
    """Name the key that holds floors which are all the same."""
    if labels.floor_share > 0 or labels.zones_are_cells or not labels.zone_id:
        return "model.equity.floor_share"
    return "each of model.equity.zone_floor_share"


NameThings = Callable[[], PlanLabels]
