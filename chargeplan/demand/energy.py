"""Energy per cell and vehicle class from people, places and the fleet."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure

if TYPE_CHECKING:
    from chargeplan.demand.attraction import Attraction
    from chargeplan.demand.fleet import VehicleClass
    from chargeplan.demand.people import CellPeople
    from chargeplan.records import Floats

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class CellEnergy:
    """Public charging energy of each cell.

    Parameters
    ----------
    kwh_day : ndarray of float64, shape (n_cells, n_classes)
    kwh_day_in : float
        Energy of all people that were read.
    kwh_day_outside : float
        Energy of those outside the study area.
    figures : tuple of Figure
    """

    kwh_day: Floats
    kwh_day_in: float
    kwh_day_outside: float
    figures: tuple[Figure, ...]


def spread_energy(
    people: CellPeople,
    attraction: Attraction,
    fleet: tuple[VehicleClass, ...],
    *,
    places_share: float,
) -> CellEnergy:
    """Compute the energy of the people and lay it at their cells and at places.

    Notes
    -----
    For each class, kWh/day = people / 1000 x vehicles per 1,000 people x electric share
    x km/day x kWh/km x public share. The share `places_share` of it lies at cells with places,
    by weight; the rest at cells with people, by people. Without any place all of it lies with
    the people. Energy of people outside the study area stays outside.
    """
    kwh_per_person = np.array([vehicles.public_kwh_day_per_person for vehicles in fleet])
    has_places = float(attraction.weight.sum()) > 0
    share = places_share if has_places else 0.0
    if not has_places and places_share > 0:
        LOG.warning(
            "no place with a weight lies in the study area: demand.places_share of %g is not used and "
            "all energy lies where people live; name place files in demand.places.paths",
            places_share,
        )
    people_inside = float(people.people.sum())
    located = people.people * (1 - share)
    if has_places:
        located = located + people_inside * share * (attraction.weight / attraction.weight.sum())
    kwh_day = located[:, None] * kwh_per_person
    outside = people.people_outside * float(kwh_per_person.sum())
    total_in = people.people_in * float(kwh_per_person.sum())
    share_figure = Figure(
        "share of the energy that lies at places",
        share,
        "share",
        "demand.places_share" if has_places else "no place with a weight lies in the study area",
        "assumption" if has_places else "computed",
    )
    figures = (
        compute_figure("people in the study area", people_inside, "people"),
        *(figure for vehicles in fleet for figure in _explain_class(vehicles, people_inside)),
        share_figure,
        compute_figure("public charging of all people read", total_in, "kWh/day"),
        compute_figure("public charging outside the study area", outside, "kWh/day"),
        compute_figure("public charging in the study area", float(kwh_day.sum()), "kWh/day"),
    )
    LOG.info("%.0f kWh/day of public charging in the study area", kwh_day.sum())
    return CellEnergy(kwh_day, total_in, outside, figures)


def _explain_class(vehicles: VehicleClass, people: float) -> tuple[Figure, ...]:
    """Show the figures of one class, each followed by what it leads to."""
    per_1000, electric_share, km_day, kwh_km, public_share = vehicles.figures
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
        public_share,
        compute_figure(f"{name}: public charging", people * vehicles.public_kwh_day_per_person, "kWh/day"),
    )
