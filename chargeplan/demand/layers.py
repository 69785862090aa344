"""Where layers and uses meet: which layer tells where each use of charging takes place."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.layer import Layer, read_layer_figures
from chargeplan.words import ChargingUse, LayerName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.config.settings import LayerSettings
    from chargeplan.records import Floats

LOG = logging.getLogger(__name__)
# Layers that tell where each use takes place.
LAYERS_OF_USE = {
    ChargingUse.OVERNIGHT: (LayerName.PEOPLE,),
    ChargingUse.DESTINATION: (LayerName.PLACES, LayerName.INDUSTRY),
    ChargingUse.FAST: (LayerName.TRAFFIC, LayerName.FUEL),
    ChargingUse.DEPOT: (LayerName.DEPOTS,),
}


@dataclass(frozen=True, slots=True, eq=False)
class UseWeights:
    """Share of each use that takes place in each cell.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_cells, n_uses)
        Uses in the order of `ChargingUse`. A column sums to 1, or is all 0 when no layer tells
        where, and then that energy lies with the people.
    figures : tuple of Figure
        Which layer told how much of each use.
    """

    weight: Floats
    figures: tuple[Figure, ...]


def weigh_uses(layers: Mapping[LayerName, Layer], settings: LayerSettings) -> UseWeights:
    """Mix the layers into a weight per cell and use.

    Overnight charging is where people live. Destination charging is at places and industrial
    land, which are in one unit (weight times hours parked) and are added. Fast charging is shared
    between the traffic on main roads and fuel stations by `fast_at_fuel_share` of
    data/demand/layers.csv. Depots charge at depots. The planner's weight of each layer multiplies
    its part; a layer that is empty leaves its part to the others.

    Parameters
    ----------
    layers : mapping of LayerName to Layer
        All layers of `LAYERS_OF_USE`.
    settings : LayerSettings

    Raises
    ------
    DataError
        When data/demand/layers.csv cannot be used.
    """
    at_fuel = read_layer_figures()["fast_at_fuel_share"]
    factors = _find_factors(layers, settings, at_fuel.value)
    figures = [at_fuel.rename("share of fast charging at fuel stations, before the weights of the layers")]
    columns = []
    for use in ChargingUse:
        names = LAYERS_OF_USE[use]
        parts = [layers[name].weight * factors[name] for name in names]
        column, told = _mix(use, names, parts)
        columns.append(column)
        figures += told
    return UseWeights(np.column_stack(columns), tuple(figures))


def _find_factors(
    layers: Mapping[LayerName, Layer], settings: LayerSettings, at_fuel_share: float
) -> dict[LayerName, float]:
    """Find what each layer's weight is multiplied by before it is added to others."""

    def scale(name: LayerName) -> float:
        return 1.0 / layers[name].inside if layers[name].inside > 0 else 0.0

    return {
        LayerName.PEOPLE: settings.people,
        LayerName.PLACES: settings.places,
        LayerName.INDUSTRY: settings.industry,
        LayerName.TRAFFIC: settings.traffic * (1 - at_fuel_share) * scale(LayerName.TRAFFIC),
        LayerName.FUEL: settings.places * at_fuel_share * scale(LayerName.FUEL),
        LayerName.DEPOTS: 1.0,
    }


def _mix(use: ChargingUse, names: tuple[LayerName, ...], parts: list[Floats]) -> tuple[Floats, list[Figure]]:
    """Add the parts of a use and say the share of each."""
    sums = [float(part.sum()) for part in parts]
    total = sum(sums)
    if not total > 0:
        why = f"{' and '.join(names)}: nothing in the study area, or weighed with 0 in demand.layers"
        LOG.warning("%s charging: %s; its energy lies where people live", use.value, why)
        step = f"{use.value} charging laid where people live, for want of a layer"
        return np.zeros_like(parts[0]), [compute_figure(step, 1.0, "share", why)]
    column = np.sum(parts, axis=0) / total
    told = [
        compute_figure(
            f"{use.value} charging told by the layer {name}",
            part / total,
            "share",
            "computed; weights in demand.layers",
        )
        for name, part in zip(names, sums, strict=True)
    ]
    return np.asarray(column / column.sum(), dtype=np.float64), told
