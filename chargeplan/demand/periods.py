"""When charging starts: shares of the energy by period of the day, class and use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.errors import DataError, FaultCollector
from chargeplan.words import ChargingUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.config.settings import FigureFiles
    from chargeplan.records import Floats

# Periods of the day in their order, and the hours that each one lasts.
PERIOD_HOURS = {"00-06": 6.0, "06-10": 4.0, "10-14": 4.0, "14-18": 4.0, "18-22": 4.0, "22-24": 2.0}
ANY_CLASS = "any"
_TOLERANCE = 1e-9


def read_period_shares(classes: Sequence[str], own: FigureFiles | None = None) -> Floats:
    """Read the arrival profile: the share of the energy whose charging starts in each period.

    A class and use without a line of its own takes the line of the class "any".

    Parameters
    ----------
    classes : sequence of str
        Names of the vehicle classes.
    own : FigureFiles or None
        The planner's file in place of data/fleet/arrivals.csv: columns class, use, one for each
        period, unit, year, source, confidence.

    Returns
    -------
    ndarray of float64, shape (n_classes, n_uses, n_periods)
        Uses in the order of `ChargingUse`; sums to 1 over the periods.

    Raises
    ------
    DataError
        When shares are negative or do not add up, a line is repeated or "any" lacks a use; every
        line at fault is named.
    """
    columns = ("class", "use", *PERIOD_HOURS, "unit", "year", "source", "confidence")
    faults = FaultCollector(DataError)
    shares: dict[tuple[str, str], list[float]] = {}
    for where, row in read_figures("arrivals", own, columns):
        if row["use"] not in set(ChargingUse):
            faults.add(f'{where}: "{row["use"]}" is no use; expected {", ".join(ChargingUse)}')
        if (row["class"], row["use"]) in shares:
            faults.add(f"{where}: {row['use']} of {row['class']} is there already")
        values = [parse_not_negative(row[name], f"{where}: {name}", faults) for name in PERIOD_HOURS]
        if abs(sum(values) - 1) > _TOLERANCE:
            faults.add(f"{where}: the shares add up to {sum(values):g}; expected 1")
        shares[row["class"], row["use"]] = values
    missing = [use.value for use in ChargingUse if (ANY_CLASS, use.value) not in shares]
    if missing:
        faults.add(
            f'{name_figures("arrivals", own)} has no line of the class "{ANY_CLASS}" for {", ".join(missing)}'
        )
    faults.raise_if_any()
    return np.array(
        [
            [shares.get((name, use.value), shares[ANY_CLASS, use.value]) for use in ChargingUse]
            for name in classes
        ]
    )
