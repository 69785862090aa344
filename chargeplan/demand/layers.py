"""Where layers and uses meet: which layer tells where each use of charging takes place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.layer import Layer, read_layer_figures
from chargeplan.words import ChargingUse, LayerName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chargeplan.config.settings import FigureFiles, LayerSettings
    from chargeplan.demand.layer_depots import Depots
    from chargeplan.records import Floats

# Layers that tell where each use takes place; depots tell of each vehicle class apart.
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
    weight : ndarray of float64, shape (n_cells, n_classes, n_uses)
        Uses in the order of `ChargingUse`. It sums to 1 over the cells, or is all 0 when no layer tells
        where, and then that energy lies with the people.
    figures : tuple of Figure
        Which layer told how much of each use.
    lacking : dict of ChargingUse to str
        Why nothing tells where a use takes place.
    """

    weight: Floats
    figures: tuple[Figure, ...]
    lacking: dict[ChargingUse, str]


def weigh_uses(
    layers: Mapping[LayerName, Layer],
    depots: Mapping[str, Depots],
    settings: LayerSettings,
    *,
    classes: Sequence[str],
    own: FigureFiles | None = None,
) -> UseWeights:
    """Mix the layers into a weight per cell and use.

    Overnight charging is where people live. Destination charging is at places and industrial
    land, which are in one unit (weight times hours parked) and are added. Fast charging is shared
    between the traffic on main roads and fuel stations by `fast_at_fuel_share` of
    data/demand/layers.csv. The planner's weight of each layer multiplies its part; a layer that is
    empty leaves its part to the others. Each vehicle class has depots of its own.

    Parameters
    ----------
    layers : mapping of LayerName to Layer
        All layers of `LAYERS_OF_USE` but that of the depots.
    depots : mapping of str to Depots
        By vehicle class; a class that is not there charges at no depot.
    settings : LayerSettings
    classes : sequence of str
    own : FigureFiles or None
        The planner's files of figures.

    Raises
    ------
    DataError
        When data/demand/layers.csv cannot be used.
    """
    at_fuel = read_layer_figures(own)["fast_at_fuel_share"]
    factors = _find_factors(layers, settings, at_fuel.value)
    figures = [at_fuel.rename("share of fast charging at fuel stations, before the weights of the layers")]
    lacking: dict[ChargingUse, str] = {}
    weight = np.zeros((len(layers[LayerName.PEOPLE].weight), len(classes), len(ChargingUse)))
    for number, use in enumerate(ChargingUse):
        if use is ChargingUse.DEPOT:
            for at, name in enumerate(classes):
                if name in depots:
                    weight[:, at, number] = _normalise(depots[name].layer.weight)
            continue
        names = LAYERS_OF_USE[use]
        parts = [layers[name].weight * factors[name] for name in names]
        weight[:, :, number] = _normalise(np.sum(parts, axis=0))[:, None]
        if not weight[:, :, number].any():
            lacking[use] = (
                f"{' and '.join(names).replace('_', ' ')}: nothing in the study area, or weighed with 0: demand.layers"
            )
        figures += _tell_parts(use, names, parts)
    return UseWeights(weight, tuple(figures), lacking)


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
    }


def _normalise(weight: Floats) -> Floats:
    """Make weights sum to 1; leave them alone when they are all 0."""
    total = float(weight.sum())
    share = weight / total if total > 0 else weight
    return np.asarray(share / share.sum() if total > 0 else share, dtype=np.float64)


def _tell_parts(use: ChargingUse, names: tuple[LayerName, ...], parts: list[Floats]) -> list[Figure]:
    """Say the share of each layer in a use."""
    sums = [float(part.sum()) for part in parts]
    total = sum(sums)
    if not total > 0:
        step = f"{use.value} charging laid where people live, for want of a layer"
        return [compute_figure(step, 1.0, "share", f"nothing told by {' and '.join(names)}")]
    return [
        compute_figure(
            f"{use.value} charging told by the layer {name}",
            part / total,
            "share",
            "computed; weights in demand.layers",
        )
        for name, part in zip(names, sums, strict=True)
    ]
