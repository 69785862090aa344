"""Layer: where people live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.demand.explain import compute_figure
from chargeplan.demand.layer import Layer
from chargeplan.words import LayerName

if TYPE_CHECKING:
    from chargeplan.demand.people import CellPeople


def weigh_people(people: CellPeople) -> Layer:
    """Weigh each cell by the people who live there."""
    name = LayerName.PEOPLE
    figure = compute_figure(f"{name}: who live in the study area", float(people.people.sum()), "people")
    return Layer(name, people.people, "people", people.people_in, people.people_outside, (figure,))
