"""Layer: land where no station can be built; demand there stays and is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.layer import Layer
from chargeplan.demand.overlap import draw_cells, measure_overlap
from chargeplan.land import unite_land
from chargeplan.units import SQUARE_METRES_PER_KM2
from chargeplan.words import LayerName

if TYPE_CHECKING:
    import shapely

    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Floats, LandAreas


def measure_exclusion(land: LandAreas, cover: CellCover) -> Layer:
    """Measure the excluded land in each cell, square metres; land drawn twice counts once.

    Parameters
    ----------
    land : LandAreas
        What `chargeplan.land.gather_excluded_land` gives.
    cover : CellCover
    """
    name = LayerName.EXCLUSION
    area_m2, outside_m2 = measure_overlap(unite_land(land), cover)
    counts = land.table["kind"].value_counts().sort_index()
    figures = (
        compute_figure(
            f"{name}: no station can be built there",
            float(area_m2.sum()) / SQUARE_METRES_PER_KM2,
            "km2",
            "computed; "
            + (", ".join(f"{n} {kind}" for kind, n in counts.items()) or "no such land was read"),
        ),
    )
    return Layer(name, area_m2, "m2", float(area_m2.sum()) + outside_m2, outside_m2, figures)


def tell_demand_there(layer: Layer, cover: CellCover, people: Floats, kwh_day: Floats) -> tuple[Figure, ...]:
    """Tell how many people and how much energy lie on excluded land, by its part of each cell.

    Parameters
    ----------
    layer : Layer
        Of `measure_exclusion`.
    cover : CellCover
    people, kwh_day : ndarray of float64, shape (n_cells,)
    """
    name = LayerName.EXCLUSION
    touched = np.flatnonzero(layer.weight > 0)
    hexagons: list[shapely.Polygon] = list(draw_cells(cover, touched))
    share = np.array([hexagon.area for hexagon in hexagons])
    share = np.minimum(layer.weight[touched] / share, 1.0) if touched.size else np.zeros(0)
    return (
        compute_figure(
            f"{name}: people there, if evenly over their cells", float(share @ people[touched]), "people"
        ),
        compute_figure(
            f"{name}: public charging there, kept in the demand", float(share @ kwh_day[touched]), "kWh/day"
        ),
    )
