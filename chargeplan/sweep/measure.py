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
    is_graded = any(band.quality < 1.0 for model in models for band in model.bands)
    return _join_words(is_graded, any(len(model.years) > 1 for model in models))


def name_energy(*, is_graded: bool, has_years: bool) -> str:
    """Write the unit of the energy that a plan maximises.

    Examples
    --------
    >>> name_energy(is_graded=True, has_years=True), name_energy(is_graded=False, has_years=False)
    ('graded mean-of-years kWh/day', 'kWh/day')
    """
    return name_unit(_join_words(is_graded, has_years))


def name_unit(measure: str) -> str:
    """Write the unit of that energy with its name.

    Examples
    --------
    >>> name_unit("graded"), name_unit("")
    ('graded kWh/day', 'kWh/day')
    """
    return f"{measure} kWh/day".strip()


def _join_words(is_graded: bool, has_years: bool) -> str:
    return " ".join(["graded"] * is_graded + ["mean-of-years"] * has_years)
