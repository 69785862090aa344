"""Layer: depots, whose vehicles charge there and at no public station."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.kind_figures import read_kind_figures
from chargeplan.demand.layer import Layer
from chargeplan.words import LayerName

if TYPE_CHECKING:
    from chargeplan.demand.attraction import Attraction

UNIT = "relative energy of depots"


def weigh_depots(attraction: Attraction) -> Layer:
    """Weigh bus stations, stands of taxis and rickshaws, fleet yards and truck terminals.

    Raises
    ------
    DataError
        When data/demand/depot_weights.csv cannot be used.
    """
    name = LayerName.DEPOTS
    of_kind = read_kind_figures("depot_weights.csv", "weight", all_kinds=False)
    kind = attraction.table["kind"]
    draw = np.nan_to_num(kind.map({key.value: value for key, value in of_kind.items()}).to_numpy(np.float64))
    weight, outside = attraction.sum_by_cell(draw)
    inside = kind[(attraction.table["cell_pos"] >= 0).to_numpy()]
    counts = (
        compute_figure(f"{name}: {word.value.replace('_', ' ')}", int((inside == word.value).sum()), "places")
        for word in of_kind
    )
    total = Figure(
        f"{name}: fixed loads that no station serves",
        float(weight.sum()),
        UNIT,
        "data/demand/depot_weights.csv",
        "assumption",
    )
    return Layer(name, weight, UNIT, float(draw.sum()), outside, (*counts, total))
