"""The one form of every layer: a weight per cell, and how it came about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.errors import DataError, FaultCollector, RecordError
from chargeplan.records import CONSERVATION_RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles
    from chargeplan.records import Floats
    from chargeplan.words import LayerName

_QUANTITIES = ("fast_at_fuel_share", "industry_weight_per_ha", "estate_area_ha", "betweenness_sources")


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A weight for each cell of a cover.

    Parameters
    ----------
    name : LayerName
    weight : ndarray of float64, shape (n_cells,)
        Finite and not negative, in `unit`.
    unit : str
    total : float
        All weight that was read: that in cells and that outside.
    outside : float
        Weight in no cell of the study.
    figures : tuple of Figure
        How it came about; each step begins with the layer's name.
    """

    name: LayerName
    weight: Floats
    unit: str
    total: float
    outside: float
    figures: tuple[Figure, ...]

    def __post_init__(self) -> None:
        if not (np.isfinite(self.weight) & (self.weight >= 0)).all():
            msg = f"layer {self.name}: weights must be finite and not negative"
            raise RecordError(msg)
        parts = float(self.weight.sum()) + self.outside
        if not abs(self.total - parts) <= CONSERVATION_RELATIVE_TOLERANCE * max(self.total, 1.0):
            msg = f"layer {self.name} is not conserved: {self.total} in, {parts} in cells and outside"
            raise RecordError(msg)
        if not self.figures or not all(figure.step.startswith(self.name.value) for figure in self.figures):
            msg = f"layer {self.name} must be named in each of its figures"
            raise RecordError(msg)

    @property
    def inside(self) -> float:
        """Weight in the cells."""
        return float(self.weight.sum())


def read_layer_figures(own: FigureFiles | None = None) -> dict[str, Figure]:
    """Read data/demand/layers.csv, or the planner's file in its place, by quantity.

    Raises
    ------
    DataError
        When a value is no number of at least 0, a share above 1, or a quantity is missing.
    """
    name = name_figures("layers", own)
    faults = FaultCollector(DataError)
    columns = ("quantity", "value", "unit", "source", "confidence")
    figures = {
        row["quantity"]: Figure(
            row["quantity"].replace("_", " "),
            parse_not_negative(
                row["value"], f"{where}: value", faults, largest=1.0 if row["unit"] == "share" else math.inf
            ),
            row["unit"],
            f"{name}: {row['source']}",
            row["confidence"],
        )
        for where, row in read_figures("layers", own, columns)
    }
    missing = [quantity for quantity in _QUANTITIES if quantity not in figures]
    if missing:
        faults.add(f"{name} has no line for {', '.join(missing)}; add them")
    faults.raise_if_any()
    return figures
