"""The figure of a rule that a plan can keep, as a pack takes it."""

from __future__ import annotations

import math

_DIGITS = 4


def name_total_figure(vehicles: float, amount: float, *, is_power: bool) -> str:
    """Name the figure of a rule about vehicles with which no more than an amount is asked for.

    Parameters
    ----------
    vehicles : float
        That the rule counts.
    amount : float
        kW, or charging points, standing ones among them.
    is_power : bool

    Examples
    --------
    >>> name_total_figure(1000.0, 333.0, is_power=True)
    'lower kw_per_vehicle to 0.333'
    >>> name_total_figure(1000.0, 30.5, is_power=False)
    'raise vehicles_per_point to 33.34'
    >>> name_total_figure(1000.0, 0.0, is_power=False)
    ''
    """
    if is_power:
        return f"lower kw_per_vehicle to {_round(amount / vehicles, math.floor):.10g}" if amount > 0 else ""
    points = math.floor(amount + 1e-9)
    return f"raise vehicles_per_point to {_round(vehicles / points, math.ceil):.10g}" if points else ""


def _round(value: float, direction: object) -> float:
    """Round to a few digits, always down or always up."""
    digits = _DIGITS - 1 - math.floor(math.log10(value))
    number = value * 10.0**digits
    whole = math.floor(number + 1e-9) if direction is math.floor else math.ceil(number - 1e-9)
    return whole / 10.0**digits
