"""Energy per cell, vehicle class and use from people, the fleet and the weights of the uses."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from chargeplan.demand.fleet import VehicleClass
    from chargeplan.demand.people import CellPeople
    from chargeplan.records import Floats

LOG = logging.getLogger(__name__)
_SERVED = np.array([use != ChargingUse.DEPOT for use in ChargingUse])


@dataclass(frozen=True, slots=True, eq=False)
class CellEnergy:
    """Charging energy of each cell.

    Parameters
    ----------
    kwh_day_by_use : ndarray of float64, shape (n_cells, n_classes, n_uses)
        Uses in the order of `ChargingUse`.
    kwh_day_in, depot_kwh_day_in : float
        Energy of all people that were read: what stations can serve, and depots.
    kwh_day_outside, depot_kwh_day_outside : float
        That of those outside the study area.
    figures : tuple of Figure
    """

    kwh_day_by_use: Floats
    kwh_day_in: float
    kwh_day_outside: float
    depot_kwh_day_in: float
    depot_kwh_day_outside: float
    figures: tuple[Figure, ...]

    @property
    def kwh_day(self) -> Floats:
        """Energy that stations can serve, shape (n_cells, n_classes)."""
        return np.asarray(self.kwh_day_by_use[:, :, _SERVED].sum(axis=2))


def spread_energy(people: CellPeople, fleet: tuple[VehicleClass, ...], weight: Floats) -> CellEnergy:
    """Compute the energy of the people and lay it where each use takes place.

    Parameters
    ----------
    people : CellPeople
    fleet : tuple of VehicleClass
    weight : ndarray of float64, shape (n_cells, n_uses)
        Share of each use that takes place in each cell; a column sums to 1, or is all 0 when
        nothing says where, and then that energy lies with the people.

    Notes
    -----
    ``kwh_day[cell, class, use] = people_inside x kwh_per_person[class, use] x weight[cell, use]``.
    Energy of people outside the study area stays outside.
    """
    per_person = np.array([vehicles.kwh_day_per_person for vehicles in fleet])
    inside = float(people.people.sum())
    located = np.where(weight.any(axis=0), weight * inside, people.people[:, None])
    by_use = located[:, None, :] * per_person
    served, depots = float(per_person[:, _SERVED].sum()), float(per_person[:, ~_SERVED].sum())
    in_cells = by_use.sum(axis=(0, 1))
    figures = (
        compute_figure("people in the study area", inside, "people"),
        *(figure for vehicles in fleet for figure in _explain_class(vehicles, inside)),
        *(
            compute_figure(f"{use.value} charging in the study area", kwh_day, "kWh/day")
            for use, kwh_day in zip(ChargingUse, in_cells.tolist(), strict=True)
        ),
        compute_figure("public charging of all people read", people.people_in * served, "kWh/day"),
        compute_figure("public charging outside the study area", people.people_outside * served, "kWh/day"),
        compute_figure("public charging in the study area", float(in_cells[_SERVED].sum()), "kWh/day"),
    )
    LOG.info(
        "%.0f kWh/day of public charging and %.0f kWh/day at depots in the study area",
        in_cells[_SERVED].sum(),
        in_cells[~_SERVED].sum(),
    )
    return CellEnergy(
        by_use,
        people.people_in * served,
        people.people_outside * served,
        people.people_in * depots,
        people.people_outside * depots,
        figures,
    )


def _explain_class(vehicles: VehicleClass, people: float) -> tuple[Figure, ...]:
    """Show the figures of one class, each followed by what it leads to."""
    per_1000, electric_share, km_day, kwh_km, *shares = vehicles.figures
    name = vehicles.name
    electric = vehicles.electric_per_person * people
    return (
        per_1000,
        compute_figure(f"{name}: vehicles", per_1000.value * people / 1000, "vehicles"),
        electric_share,
        compute_figure(f"{name}: electric vehicles", electric, "vehicles"),
        km_day,
        kwh_km,
        compute_figure(f"{name}: all charging", electric * vehicles.kwh_day_per_vehicle, "kWh/day"),
        *shares,
        compute_figure(f"{name}: public charging", people * vehicles.public_kwh_day_per_person, "kWh/day"),
    )
