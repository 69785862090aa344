"""Whether stations of the power that a config asks for can be built of its chargers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def list_station_kw(types: Iterable[tuple[float, Sequence[int]]]) -> list[float]:
    """List the powers that a station may have, rising, each once.

    Parameters
    ----------
    types : iterable of (float, sequence of int)
        Power of one charger in kW, and the numbers of such chargers that a station may have beside none.

    Examples
    --------
    >>> list_station_kw([(7.0, [2]), (60.0, [1, 2])])
    [14.0, 60.0, 74.0, 120.0, 134.0]
    """
    sums = {0.0}
    for kw, levels in types:
        sums |= {round(before + kw * level, 6) for before in sums for level in levels}
    return sorted(sums - {0.0})


def find_power_fault(least_kw: float, largest_kw: float, powers_kw: Sequence[float]) -> str:
    """Say why no station can have a power from `least_kw` to `largest_kw`; empty when one can.

    Parameters
    ----------
    least_kw, largest_kw : float
        0 and infinity where nothing was asked.
    powers_kw : sequence of float
        As from `list_station_kw`.
    """
    if least_kw > largest_kw:
        return (
            f"least_station_kw: {least_kw:g} kW is more than model.largest_station_kw of {largest_kw:g} kW, so that "
            f"no station could stand; lower the one or raise the other"
        )
    if least_kw > powers_kw[-1]:
        return (
            f"least_station_kw: {least_kw:g} kW is more than the largest station of the chargers and levels "
            f"offered, {powers_kw[-1]:g} kW; lower it or offer more chargers"
        )
    if largest_kw < powers_kw[0]:
        return (
            f"largest_station_kw: {largest_kw:g} kW is less than the smallest station of the chargers and levels "
            f"offered, {powers_kw[0]:g} kW; raise it or offer fewer or weaker chargers"
        )
    if any(least_kw <= kw <= largest_kw for kw in powers_kw):
        return ""
    below = max(kw for kw in powers_kw if kw < least_kw)
    above = min(kw for kw in powers_kw if kw > largest_kw)
    return (
        f"least_station_kw: no station of the chargers and levels offered has {least_kw:g} kW to "
        f"model.largest_station_kw of {largest_kw:g} kW; the nearest have {below:g} and {above:g} kW"
    )
