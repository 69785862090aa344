"""How the totals came about, figure by figure."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure on the way from people to energy.

    Parameters
    ----------
    step : str
        What the figure is.
    value : float
    unit : str
    source : str
        Where it was taken from, or "computed".
    confidence : str
        high, med, low, assumption, computed, or planner for what the config says.
    """

    step: str
    value: float
    unit: str
    source: str
    confidence: str

    def rename(self, step: str) -> Figure:
        """Give the same figure other words."""
        return replace(self, step=step)


def compute_figure(step: str, value: float, unit: str, source: str = "computed") -> Figure:
    """Make a figure that chargeplan computed."""
    return Figure(step, float(value), unit, source, "computed")


def explain(*groups: tuple[Figure, ...]) -> pd.DataFrame:
    """Put the figures of all parts into one frame, in their order, and log them for debugging.

    Returns
    -------
    pandas.DataFrame
        Columns step, value, unit, source, confidence.
    """
    import pandas as pd

    figures = [figure for group in groups for figure in group]
    for figure in figures:
        LOG.debug("%s: %g %s (%s)", figure.step, figure.value, figure.unit, figure.source)
    return pd.DataFrame(
        {
            "step": [figure.step for figure in figures],
            "value": [float(figure.value) for figure in figures],
            "unit": [figure.unit for figure in figures],
            "source": [figure.source for figure in figures],
            "confidence": [figure.confidence for figure in figures],
        }
    )
