"""Energy per cell, vehicle class and use from people, the fleet and the weights of the uses."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.class_figures import SHARE_QUANTITIES
from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from chargeplan.demand.people import CellPeople
    from chargeplan.demand.vehicle_classes import Fleet, VehicleClass
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


def spread_energy(people: CellPeople, fleet: Fleet, weight: Floats) -> CellEnergy:
    """Compute the energy of the people and lay it where each use takes place.

    Parameters
    ----------
    people : CellPeople
    fleet : Fleet
    weight : ndarray of float64, shape (n_cells, n_classes, n_uses)
        Share of each use that takes place in each cell; it sums to 1 over the cells, or is all 0
        when nothing says where, and then that energy lies with the people.

    Notes
    -----
    ``kwh_day[cell, class, use] = people_inside x kwh_per_person[class, use] x weight[cell, class, use]``.
    Energy of people outside the study area stays outside.
    """
    per_person = fleet.compute_kwh_day_per_person(people.people_in)
    inside = float(people.people.sum())
    located = np.where(weight.any(axis=0), weight * inside, people.people[:, None, None])
    by_use = located * per_person
    served, depots = float(per_person[:, _SERVED].sum()), float(per_person[:, ~_SERVED].sum())
    in_cells = by_use.sum(axis=(0, 1))
    figures = (
        compute_figure("people in the study area", inside, "people"),
        *fleet.rule,
        *(
            figure
            for vehicles in fleet.classes
            for figure in _explain_class(vehicles, inside, people.people_in)
        ),
        *(
            compute_figure(f"{use.value} charging in the study area", kwh_day, "kWh/day")
            for use, kwh_day in zip(ChargingUse, in_cells.tolist(), strict=True)
        ),
        compute_figure("public charging of all people read", people.people_in * served, "kWh/day"),
        compute_figure("public charging outside the study area", people.people_outside * served, "kWh/day"),
        compute_figure("public charging in the study area", float(in_cells[_SERVED].sum()), "kWh/day"),
        *fleet.comparison,
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


def _explain_class(vehicles: VehicleClass, inside: float, people_read: float) -> tuple[Figure, ...]:
    """Show the figures of one class in the study area, each followed by what it leads to."""
    name, figures = vehicles.name, vehicles.figures
    count = vehicles.count_per_person(people_read) * inside
    electric = count * vehicles.electric_share.value
    by_use = vehicles.compute_kwh_day_per_person(people_read) * inside
    served = float(by_use[_SERVED].sum())
    swapped = electric * vehicles.kwh_day_per_vehicle * vehicles.swapped_share
    at_plugs = "computed: without what is swapped" if swapped > 0 else "computed"
    return (
        *vehicles.lead,
        vehicles.vehicles,
        compute_figure(f"{name}: vehicles", count, "vehicles"),
        vehicles.electric_share,
        compute_figure(f"{name}: electric vehicles", electric, "vehicles"),
        figures["km_day"],
        figures["kwh_km"],
        compute_figure(f"{name}: all charging", electric * vehicles.kwh_day_per_vehicle, "kWh/day"),
        *(figures[quantity] for quantity in SHARE_QUANTITIES),
        figures["swap_share"],
        *(
            compute_figure(
                f"{name}: {use.value} charging",
                kwh_day,
                "kWh/day",
                at_plugs if use != ChargingUse.DEPOT else "computed",
            )
            for use, kwh_day in zip(ChargingUse, by_use.tolist(), strict=True)
        ),
        compute_figure(f"{name}: public charging", served, "kWh/day", at_plugs),
        compute_figure(f"{name}: energy of swapped batteries", swapped, "kWh/day"),
        figures["battery_kwh"],
        compute_figure(f"{name}: batteries swapped", swapped / figures["battery_kwh"].value, "batteries/day"),
        vehicles.charger_types,
    )
