"""The vehicle classes of a fleet: their number and what they charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.charger_types import ANY_POWER_KW
from chargeplan.demand.class_figures import SHARE_QUANTITIES
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from chargeplan.demand.explain import Figure
    from chargeplan.records import Floats

IS_SERVED = np.array([use != ChargingUse.DEPOT for use in ChargingUse])


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """One class of vehicles in the study's year.

    Parameters
    ----------
    name : str
    vehicles : Figure
        Unit "vehicles per 1,000 people", or "vehicles" among all people that the study reads.
    electric_share : Figure
        Of the vehicles on the road.
    figures : dict of str to Figure
        One for each of `QUANTITIES`.
    home_to_fast_share : float
        Share of the energy otherwise charged at a plug of one's own that is charged fast.
    lead : tuple of Figure
        What leads to the number of vehicles and their electric share.
    charger_types : Figure
        How many types of chargers the class can use; its source names them.
    charger_kw : tuple of float
        Powers of the weakest and the strongest of them that has a plug, kW.
    """

    name: str
    vehicles: Figure
    electric_share: Figure
    figures: dict[str, Figure]
    home_to_fast_share: float
    lead: tuple[Figure, ...]
    charger_types: Figure
    charger_kw: tuple[float, float] = ANY_POWER_KW

    def count_per_person(self, people_read: float) -> float:
        """Vehicles per person; `people_read` matters when the planner gave a number of vehicles."""
        if self.vehicles.unit == "vehicles":
            return self.vehicles.value / people_read if people_read > 0 else 0.0
        return self.vehicles.value / 1000

    @property
    def use_shares(self) -> Floats:
        """Share of the energy taken from a plug by use, shape (n_uses,), in the order of `ChargingUse`."""
        return np.asarray(
            self._shares_of_uses * np.where(IS_SERVED, 1.0 - self.figures["swap_share"].value, 1.0)
        )

    @property
    def swapped_share(self) -> float:
        """Share of the energy that is taken as swapped batteries instead of at a public station."""
        return float(self._shares_of_uses[IS_SERVED].sum()) * self.figures["swap_share"].value

    @property
    def _shares_of_uses(self) -> Floats:
        shares = np.array([self.figures[quantity].value for quantity in SHARE_QUANTITIES])
        at_home = max(1.0 - float(shares.sum()), 0.0)
        shares[list(ChargingUse).index(ChargingUse.FAST)] += at_home * self.home_to_fast_share
        return shares

    @property
    def kwh_day_per_vehicle(self) -> float:
        """Energy that one electric vehicle needs a day, kWh, wherever it is charged."""
        return self.figures["km_day"].value * self.figures["kwh_km"].value

    def compute_kwh_day_per_person(self, people_read: float) -> Floats:
        """Energy per person and day by use, shape (n_uses,), kWh."""
        electric = self.count_per_person(people_read) * self.electric_share.value
        return np.asarray(electric * self.kwh_day_per_vehicle * self.use_shares)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The vehicles of a study.

    Parameters
    ----------
    classes : tuple of VehicleClass
        Sorted by name.
    rule, comparison : tuple of Figure
        What shares the national stock, and the national fleet beside the policy's targets and what
        was recorded.
    """

    classes: tuple[VehicleClass, ...]
    rule: tuple[Figure, ...] = ()
    comparison: tuple[Figure, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(vehicles.name for vehicles in self.classes)

    def compute_kwh_day_per_person(self, people_read: float) -> Floats:
        """Energy per person and day, shape (n_classes, n_uses), kWh."""
        return np.array([vehicles.compute_kwh_day_per_person(people_read) for vehicles in self.classes])
