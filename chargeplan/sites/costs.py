"""What one charger costs, by its power."""

from __future__ import annotations

import csv
import logging
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from chargeplan.errors import DataError
from chargeplan.files import find_data_file

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChargerCost:
    """The price of one charger and where it comes from.

    Parameters
    ----------
    power_kw : float
    cost_pkr : float
    source : str
        Source of the row, or which two powers it was interpolated between.
    confidence : str
        Confidence of the row, or the lower one of the two rows.
    """

    power_kw: float
    cost_pkr: float
    source: str
    confidence: str


_CONFIDENCES_FALLING = ("high", "med", "low", "assumption")


@lru_cache(maxsize=1)
def _read_charger_table() -> tuple[ChargerCost, ...]:
    with find_data_file("costs", "chargers.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            ChargerCost(float(row["power_kw"]), float(row["cost_pkr"]), row["source"], row["confidence"])
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda row: row.power_kw))


def find_charger_cost(power_kw: float) -> ChargerCost:
    """Find the price of a charger in data/costs/chargers.csv, with its source.

    A power between two rows gets the linear interpolation of their prices, and `source`
    says so.

    Raises
    ------
    DataError
        When the power is below the smallest or above the largest one of the table.

    Examples
    --------
    >>> find_charger_cost(55).source
    'interpolated between 50 and 60 kW of data/costs/chargers.csv'
    """
    table = _read_charger_table()
    powers_kw = [row.power_kw for row in table]
    if not powers_kw[0] <= power_kw <= powers_kw[-1]:
        raise DataError(
            f"model.charger.power_kw: data/costs/chargers.csv has no price for {power_kw:g} kW, only for "
            f"{powers_kw[0]:g} to {powers_kw[-1]:g} kW; set model.charger.cost_pkr"
        )
    at = bisect_left(powers_kw, power_kw)
    above = table[at]
    if above.power_kw == power_kw:
        return above
    below = table[at - 1]
    share = (power_kw - below.power_kw) / (above.power_kw - below.power_kw)
    return ChargerCost(
        power_kw,
        below.cost_pkr + share * (above.cost_pkr - below.cost_pkr),
        f"interpolated between {below.power_kw:g} and {above.power_kw:g} kW of data/costs/chargers.csv",
        max(below.confidence, above.confidence, key=_CONFIDENCES_FALLING.index),
    )


def read_charger_cost_pkr(power_kw: float) -> float:
    """Read the price of one charger from data/costs/chargers.csv, in PKR.

    An interpolated price is told in the log; `find_charger_cost` also returns its source.

    Raises
    ------
    DataError
        When the power is outside the table.
    """
    cost = find_charger_cost(power_kw)
    LOG.info("charger of %g kW: PKR %s, %s", power_kw, f"{cost.cost_pkr:,.0f}", cost.source)
    return cost.cost_pkr
