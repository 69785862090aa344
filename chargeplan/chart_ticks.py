"""Round values for the scale of a chart."""

from __future__ import annotations

import math

_N_TICKS = 5
_ROUND_STEPS = (1.0, 2.0, 5.0, 10.0)
_SLACK = 1e-9  # of a step: a value on the edge is within


def find_ticks(low: float, high: float) -> list[float]:
    """Find round values from `low` to `high`, about five of them.

    Returns
    -------
    list of float
        In order; `low` alone where `high` is not above it.

    Examples
    --------
    >>> find_ticks(72.0, 151.0)
    [80.0, 100.0, 120.0, 140.0]
    >>> find_ticks(0.0, 1600.0)
    [0.0, 500.0, 1000.0, 1500.0]
    >>> find_ticks(-30.0, 0.0)
    [-30.0, -20.0, -10.0, 0.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / _N_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _ROUND_STEPS if factor * power >= rough * (1 - _SLACK))
    first, last = math.ceil(low / step - _SLACK), math.floor(high / step + _SLACK)
    return [number * step for number in range(first, last + 1)]
