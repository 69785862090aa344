"""Layers: places where vehicles are parked for a while, and fuel stations on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures
from chargeplan.demand.kind_figures import read_kind_figures
from chargeplan.demand.layer import Layer
from chargeplan.words import LayerName, PlaceKind

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles, PlacesSettings
    from chargeplan.demand.attraction import Attraction

UNIT = "weight x hours"


def read_dwell_h(settings: PlacesSettings, own: FigureFiles | None = None) -> dict[PlaceKind, float]:
    """Read how many hours a vehicle is parked at each kind of place.

    Raises
    ------
    DataError
        When the project's own table names a kind twice, an unknown one, or not all.
    """
    return read_kind_figures("place_dwell", "dwell_h", own, settings.dwell_h)


def weigh_visits(attraction: Attraction, settings: PlacesSettings, own: FigureFiles | None = None) -> Layer:
    """Weigh each place by its kind and by the hours that a vehicle is parked there.

    A charger delivers energy for as long as the vehicle stands, so a place draws charging in
    proportion to its visitors (the weight) times their stay.
    """
    name = LayerName.PLACES
    of_kind = {kind.value: hours for kind, hours in read_dwell_h(settings, own).items()}
    dwell_h = attraction.table["kind"].map(of_kind)
    visits = attraction.table["weight"].to_numpy() * dwell_h.to_numpy(dtype=np.float64)
    weight, outside = attraction.sum_by_cell(visits)
    inside = (attraction.table["cell_pos"] >= 0).to_numpy() & (visits > 0)
    changed = " and demand.places.dwell_h" if settings.dwell_h else ""
    figures = (
        compute_figure(f"{name}: with visitors who charge", int(inside.sum()), "places"),
        Figure(
            f"{name}: weight by kind times hours parked",
            float(weight.sum()),
            UNIT,
            f"{name_figures('place_weights', own)} and {name_figures('place_dwell', own)}{changed}",
            "assumption",
        ),
    )
    return Layer(name, weight, UNIT, float(visits.sum()), outside, figures)


def weigh_fuel_places(attraction: Attraction) -> Layer:
    """Weigh the fuel stations, where drivers stop on the way."""
    name = LayerName.FUEL
    is_fuel = (attraction.table["kind"] == PlaceKind.FUEL.value).to_numpy()
    draw = np.where(is_fuel, attraction.table["weight"].to_numpy(), 0.0)
    weight, outside = attraction.sum_by_cell(draw)
    n_inside = int((is_fuel & (attraction.table["cell_pos"] >= 0).to_numpy()).sum())
    figure = compute_figure(f"{name}: in the study area", n_inside, "places")
    return Layer(name, weight, "weight", float(draw.sum()), outside, (figure,))
