"""What the energy that a plan maximises is called, where it is not the energy served in the last year."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chargeplan.config.settings import Settings


def name_measure(several: Iterable[Settings]) -> str:
    """Name the energy that plans maximise: graded, mean-of-years, both, or empty for the plain energy.

    Parameters
    ----------
    several : iterable of Settings
        Of plans that are compared.
    """
    models = [settings.model for settings in several]
    words = []
    if any(band.quality < 1.0 for model in models for band in model.bands):
        words.append("graded")
    if any(len(model.years) > 1 for model in models):
        words.append("mean-of-years")
    return " ".join(words)


def name_unit(measure: str) -> str:
    """Write the unit of that energy with its name.

    Examples
    --------
    >>> name_unit("graded"), name_unit("")
    ('graded kWh/day', 'kWh/day')
    """
    return f"{measure} kWh/day".strip()
